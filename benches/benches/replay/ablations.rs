//! The real host with one control left out at a time: each must move its figure, or the replay would not notice its loss.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its tables")]

use tollgate::ablation::{Control as Host, leave_out};
use tollgate_benches::Failed;
use tollgate_replay::day::{Column, Control, Outside, Rules};
use tollgate_replay::figures::Figures;
use tollgate_replay::people::Temper;
use tollgate_replay::table::{markdown, row};
use tollgate_replay::tasks;
use tollgate_replay::world::World;

use super::{on_the_host, stage};

/// A control's name, and the figure that its loss must move.
type Bitten = (&'static str, Option<(Host, Control)>, fn(&Figures) -> u32);

/// Exposure above this is no longer that of a day with every control.
const WATCHED: u32 = 100_000;

const CONTROLS: [Bitten; 6] = [
    ("all controls", None, |it| it.unconsented.iter().sum::<u32>() + it.violations + it.standing),
    ("without labels", Some((Host::Labels, Control::Labels)), |it| it.violations),
    ("without consent", Some((Host::Consent, Control::Consent)), |it| it.unconsented[0]),
    ("without digests", Some((Host::Digests, Control::Digests)), |it| it.unconsented[0]),
    ("without leases", Some((Host::Leases, Control::Leases)), |it| it.standing),
    ("without watch", Some((Host::Watch, Control::Watch)), |it| it.exposure.objects.saturating_sub(WATCHED)),
];

/// Plays the first seed with each control left out; false if a figure stays where it was.
pub fn run(shared: &stage::Shared, seeds: &[u32]) -> Result<bool, Failed> {
    let seed = *seeds.first().ok_or("no seed")?;
    let world = World::new(seed);
    let tasks = tasks::of(&world);
    let (mut text, mut held) = (markdown(&[], false), true);
    let mut verdicts = String::new();
    for (name, control, figure) in CONTROLS {
        let (host, without) = control.unzip();
        leave_out(host);
        let outside = if without == Some(Control::Watch) { Outside::Anyway } else { Outside::Advised };
        let rules = Rules { outside, without, ..Rules::of(Column::Tollgate, Temper::Tired) }.bound();
        let day = on_the_host(shared, (&world, &tasks), rules);
        leave_out(None);
        let day = day?;
        text += &row(&seed.to_string(), name, &day.figures);
        let moved = figure(&day.figures);
        let as_it_must = (moved > 0) == control.is_some();
        verdicts += &format!("- {name}: {moved}: {}\n", if as_it_must { "as it must" } else { "NOT as it must" });
        held &= as_it_must;
    }
    println!("\n## One control left out of the real host, seed {seed}\n\n{text}\n{verdicts}");
    Ok(held)
}
