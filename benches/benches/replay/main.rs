//! The incident of one day, replayed: without controls, as comparable products do it, and on the real host through its own
//! doors with a clock that the replay moves. `cargo bench --bench replay -- --real` plays every seed on the real host;
//! `--seeds 1-3`, `--people blind`, `--quick` (seed 1) say how much.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its tables")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod doors;
mod found;
mod play;
mod stage;

use std::process::ExitCode;
use std::time::Instant;

use tollgate_benches::Failed;
use tollgate_replay::day::{Column, Rules, play};
use tollgate_replay::figures::Figures;
use tollgate_replay::people::Temper;
use tollgate_replay::tasks;
use tollgate_replay::world::World;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("compile-child") => return tollgate::cli::main(std::env::args_os().collect()),
        Some("tollgate") => return tollgate::cli::main(std::env::args_os().skip(1).collect()),
        _ => {}
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(_arguments: &[String]) -> Result<(), Failed> {
    let shared = stage::Shared::new()?;
    let world = World::new(1);
    let tasks = tasks::of(&world);
    let rules = Rules::of(Column::Tollgate, Temper::Tired);
    let expected = play(&world, &tasks, rules);
    let began = Instant::now();
    let stage = stage::Stage::open(&world, &shared)?;
    println!("open {:?}", began.elapsed());
    let mut real = play::Play::new(&stage, &tasks, (rules, &expected));
    real.play()?;
    println!("played {:?}", began.elapsed());
    let record = real.found.record(&world, &tasks);
    for (key, end) in &expected.ends {
        if record.ends.get(key) != Some(end) {
            println!("{key}: expected {end:?}, got {:?}", record.ends.get(key));
        }
    }
    println!("{:#?}\n{:?}", real.found.differences, real.found.others);
    let show = |mut it: Figures| {
        it.exposure.by_minute.clear();
        println!("{it:?}");
    };
    show(Figures::of(&world, &tasks, &record, false));
    show(Figures::of(&world, &tasks, &expected, false));
    stage.close()?;
    Ok(())
}
