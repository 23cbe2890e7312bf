//! The incident of one day, replayed: without controls, as comparable products do it, as Tollgate should, once as agreed and once
//! with every yes bound, and with `--real` on the real host through its own doors, with a clock that the replay moves. `--seeds 1-3` and `--people blind` say how much,
//! `--picture FILE` draws exposure over the day of the first seed. In a build with `--cfg tollgate_ablation`, `--ablations`
//! leaves one control of the real host out at a time. It fails where a decision is not the expected one, or a line is not passed.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its tables")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and writes a picture")]

#[cfg(tollgate_ablation)]
mod ablations;
mod asked;
mod attempt;
mod doors;
mod found;
mod lines;
mod play;
mod stage;
mod watch;

use std::process::ExitCode;
use std::time::Instant;

use tollgate_benches::Failed;
use tollgate_replay::day::{Column, Control, Outside, Rules, play};
use tollgate_replay::figures::Figures;
use tollgate_replay::people::Temper;
use tollgate_replay::picture::{Line, svg};
use tollgate_replay::table::{Rows, markdown, row, thousands};
use tollgate_replay::tasks::{self, Task};
use tollgate_replay::world::World;

use lines::Lines;

fn main() -> ExitCode {
    if let Some(code) = tollgate_benches::as_the_program() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    match Wanted::read(&words).and_then(|wanted| run(&wanted)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// What is to be played.
struct Wanted {
    seeds: Vec<u32>,
    people: Vec<Temper>,
    real: bool,
    ablations: bool,
    picture: Option<String>,
}

impl Wanted {
    fn read(words: &[String]) -> Result<Self, Failed> {
        let (people, seeds) = (Temper::ALL.to_vec(), (1..=20).collect());
        let mut wanted = Self { seeds, people, real: false, ablations: false, picture: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} of what?"));
            match word.as_str() {
                "--real" => wanted.real = true,
                "--ablations" => wanted.ablations = true,
                "--seeds" => {
                    let seeds = value()?;
                    let (first, last) = seeds.split_once('-').unwrap_or((seeds, seeds));
                    wanted.seeds = (first.parse()?..=last.parse()?).collect();
                }
                "--people" => {
                    let name = value()?;
                    wanted.people.retain(|temper| name == "all" || temper.name() == name);
                }
                "--picture" => wanted.picture = Some(value()?.clone()),
                // What cargo adds.
                "--bench" => {}
                other => return Err(format!("what is {other}? --seeds, --people, --real, --ablations, --picture").into()),
            }
        }
        Ok(wanted)
    }
}

fn figures(world: &World, tasks: &[Task], rules: Rules) -> Figures {
    Figures::of(world, tasks, &play(world, tasks, rules), rules.removal)
}

fn run(wanted: &Wanted) -> Result<bool, Failed> {
    println!(
        "The peer column and the people are a model, not a measurement of any product or of anybody. Tools cannot remove files \
         yet: `cleanup` is generated and left out of all columns.\n"
    );
    for seed in &wanted.seeds {
        let world = World::new(*seed);
        println!("seed {seed}: world {}, tasks {}", world.digest(), tasks::digest(&tasks::of(&world)));
    }
    let shared = if wanted.real || wanted.ablations { Some(stage::Shared::new()?) } else { None };
    if wanted.ablations {
        #[cfg(tollgate_ablation)]
        return ablations::run(shared.as_ref().ok_or("no threads")?, &wanted.seeds);
        #[cfg(not(tollgate_ablation))]
        return Err("this build has every control: build it with --cfg tollgate_ablation".into());
    }
    let mut held = true;
    for temper in &wanted.people {
        held &= one_kind(wanted, *temper, shared.as_ref().filter(|_| wanted.real))?;
    }
    held &= alone(wanted, shared.as_ref().filter(|_| wanted.real))?;
    model_ablations(wanted.seeds[0]);
    if let Some(file) = &wanted.picture {
        std::fs::write(file, picture(wanted.seeds[0], Temper::Blind))?;
    }
    Ok(held)
}

const NONE: &str = "none";
const PEER: &str = "peer (model)";
/// As agreed.
const EXPECTED: &str = "Tollgate, expected";
/// With every yes bound to all that the host binds it to.
const BOUND: &str = "Tollgate, every yes bound";
const REAL: &str = "Tollgate, real host";

/// All columns for people of one kind.
fn one_kind(wanted: &Wanted, temper: Temper, shared: Option<&stage::Shared>) -> Result<bool, Failed> {
    println!("\n## {} people\n", temper.name());
    let mut columns = Vec::from([NONE, PEER, EXPECTED, BOUND].map(Rows::of));
    columns.extend(shared.map(|_| Rows::of(REAL)));
    let (mut differences, mut stricter, mut decisions, mut slowest) = (Vec::new(), 0, 0, 0.0_f64);
    for seed in &wanted.seeds {
        let world = World::new(*seed);
        let tasks = tasks::of(&world);
        let agreed = Rules::of(Column::Tollgate, temper);
        let all = [Rules::of(Column::None, temper), Rules::of(Column::Peer, temper), agreed, agreed.bound()];
        for (rows, rules) in columns.iter_mut().zip(all) {
            rows.days.push((*seed, figures(&world, &tasks, rules)));
        }
        let bound = play(&world, &tasks, agreed.bound());
        decisions += bound.ends.len() + bound.questions.len();
        stricter += lines::differences(&tasks, &play(&world, &tasks, agreed), &bound).len();
        if let Some(shared) = shared {
            let began = Instant::now();
            let day = on_the_host(shared, (&world, &tasks), agreed.bound())?;
            slowest = slowest.max(began.elapsed().as_secs_f64());
            differences.extend(day.differences.iter().map(|line| format!("seed {seed}: {line}")));
            columns[4].days.push((*seed, day.figures));
        }
    }
    println!("{}", markdown(&columns, true));
    println!("{decisions} ends and questions; between the two expected columns {stricter} lines of difference\n");
    let mut lines = Lines::default();
    columns[2..].iter().for_each(|ours| lines.all(&columns[1], ours));
    if shared.is_some() {
        lines.least("decisions of the real host that are not the expected ones", differences.len() as f64, 0.0);
        lines.least("seconds that the slowest seed took on the real host", slowest, 60.0);
        differences.iter().for_each(|line| println!("difference: {line}"));
    }
    Ok(lines.print())
}

/// What the real host made of a day.
struct RealDay {
    figures: Figures,
    differences: Vec<String>,
}

fn on_the_host(shared: &stage::Shared, (world, tasks): (&World, &[Task]), rules: Rules) -> Result<RealDay, Failed> {
    let expected = play(world, tasks, rules);
    let stage = stage::Stage::open(world, shared, rules.outside == Outside::Feed)?;
    let mut real = play::Play::new(&stage, tasks, (rules, &expected));
    real.play()?;
    let record = real.found.record(world, tasks);
    let mut differences = lines::differences(tasks, &expected, &record);
    differences.append(&mut real.found.differences);
    drop(real);
    stage.close()?;
    Ok(RealDay { figures: Figures::of(world, tasks, &record, false), differences })
}

/// The scripted incident alone, with a person who widens access whether advised or not.
fn alone(wanted: &Wanted, shared: Option<&stage::Shared>) -> Result<bool, Failed> {
    let world = World::new(wanted.seeds[0]);
    let incident: Vec<Task> = tasks::of(&world).into_iter().filter(|task| task.id == "incident").collect();
    println!(
        "\n## The incident alone, seed {}\n\n| column | person-minutes | longest | of none |\n|---|---|---|---|",
        world.seed
    );
    let none = figures(&world, &incident, Rules::of(Column::None, Temper::Tired));
    let (mut lines, mut differences) = (Lines::default(), 0);
    let mut show = |name: &str, it: &Figures, most: Option<f64>| {
        let share = 100.0 * f64::from(it.exposure.objects) / f64::from(none.exposure.objects.max(1));
        println!("| {name} | {} | {} min | {share:.1} % |", thousands(it.exposure.objects), it.latency[1]);
        if let Some(most) = most {
            lines.least(&format!("{name}: percent of the exposure without controls"), share, most);
        }
    };
    show("none", &none, None);
    show("peer (model)", &figures(&world, &incident, Rules::of(Column::Peer, Temper::Tired)), None);
    for (name, outside, most) in
        [("anyway", Outside::Anyway, 12.0), ("auto", Outside::Auto, 5.0), ("feed", Outside::Feed, 1.0)]
    {
        let rules = Rules { outside, ..Rules::of(Column::Tollgate, Temper::Tired) };
        show(&format!("Tollgate, expected, {name}"), &figures(&world, &incident, rules), Some(most));
        // The real host has a feed and polls nothing.
        if let Some(shared) = shared.filter(|_| outside != Outside::Auto) {
            let day = on_the_host(shared, (&world, &incident), rules.bound())?;
            show(&format!("Tollgate, real host, {name}"), &day.figures, Some(most));
            day.differences.iter().for_each(|line| println!("difference: {line}"));
            differences += day.differences.len();
        }
    }
    println!();
    if shared.is_some() {
        lines.least("decisions of the real host that are not the expected ones", differences as f64, 0.0);
    }
    Ok(lines.print())
}

fn model_ablations(seed: u32) {
    let world = World::new(seed);
    let tasks = tasks::of(&world);
    println!("\n## One control left out of the expected column, seed {seed}\n");
    let mut text = markdown(&[], false);
    let rules = Rules::of(Column::Tollgate, Temper::Tired);
    text += &row(&seed.to_string(), "all controls", &figures(&world, &tasks, rules));
    for control in Control::ALL {
        let outside = if control == Control::Watch { Outside::Anyway } else { Outside::Advised };
        let it = figures(&world, &tasks, Rules { without: Some(control), outside, ..rules });
        text += &row(&seed.to_string(), &format!("without {}", control.name()), &it);
    }
    println!("{text}");
}

fn picture(seed: u32, temper: Temper) -> String {
    let world = World::new(seed);
    let tasks = tasks::of(&world);
    let days =
        [Column::None, Column::Peer, Column::Tollgate].map(|column| figures(&world, &tasks, Rules::of(column, temper)));
    let names = [("none", "#c0392b"), ("peer (a model)", "#e08e0b"), ("Tollgate", "#1f7a4d")];
    let of =
        |((name, colour), day): ((&'static str, &'static str), &'_ Figures)| (name, colour, day.exposure.by_minute.clone());
    let lines: Vec<_> = names.into_iter().zip(&days).map(of).collect();
    let lines: Vec<Line<'_>> = lines.iter().map(|(name, colour, by_minute)| Line { name, colour, by_minute }).collect();
    svg(
        &format!("Pairs of a person and a thing that the person may not know: seed {seed}, {} people", temper.name()),
        &lines,
    )
}
