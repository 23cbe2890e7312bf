//! The figures that everybody who builds this day must get, to the digit.

use tollgate_replay::day::{Column, Control, Outside, Rules, Session, play};
use tollgate_replay::figures::{Figures, median};
use tollgate_replay::people::Temper;
use tollgate_replay::stream::Stream;
use tollgate_replay::tasks::{self, Task};
use tollgate_replay::world::World;

fn figures(world: &World, tasks: &[Task], rules: Rules) -> Figures {
    Figures::of(world, tasks, &play(world, tasks, rules), rules.removal)
}

fn tired(column: Column) -> Rules {
    Rules { removal: true, ..Rules::of(column, Temper::Tired) }
}

/// F1, F2, standing, F3 of objects and posts, did, F7 in tenths of a percent, F8 in thousandths.
fn row(it: &Figures) -> ([u32; 3], [u32; 7]) {
    let e = &it.exposure;
    (it.unconsented, [it.violations, it.standing, e.objects, e.posts, e.did, it.false_refusals(), it.questions_per_act()])
}

/// F8 as it is shown.
fn in_hundredths((first, mut second): ([u32; 3], [u32; 7])) -> ([u32; 3], [u32; 7]) {
    second[6] = (second[6] + 5) / 10;
    (first, second)
}

#[test]
fn streams_worlds_and_tasks_are_the_agreed_ones() {
    let mut clear = Stream::named(1, "clear");
    assert_eq!([clear.draw(), clear.draw()], [5_416_416_511_072_800_250, 14_988_466_429_515_752_339]);
    for (seed, digest, lines) in [
        (1, "4c8bc89b49984ec9", "cc1019207c52cdd2"),
        (2, "b1530b1e8a7a3b0d", "2ad4c8fb08864ec2"),
        (3, "098e0ee2fd19bb13", "551ddb4347b02e6d"),
    ] {
        let world = World::new(seed);
        assert_eq!((world.digest(), tasks::digest(&tasks::of(&world))), (digest.to_owned(), lines.to_owned()), "{seed}");
    }
}

#[test]
fn the_columns_of_seed_1_are_the_agreed_ones() {
    let world = World::new(1);
    let tasks = tasks::of(&world);
    let of = |rules| in_hundredths(row(&figures(&world, &tasks, rules)));
    assert_eq!(of(tired(Column::None)), ([182, 40, 3093], [118, 106, 840_411, 1_012_715, 3846, 0, 0]));
    assert_eq!(of(tired(Column::Peer)), ([6, 4, 2971], [78, 101, 668_875, 707_214, 2854, 0, 208]));
    assert_eq!(of(tired(Column::Tollgate)), ([0, 0, 0], [0, 0, 47_181, 64_200, 253, 11, 168]));
    let peer = of(Rules::of(Column::Peer, Temper::Tired));
    assert_eq!(peer, ([6, 4, 0], [76, 101, 662_395, 693_774, 2811, 0, 184]));
    let tollgate = of(Rules::of(Column::Tollgate, Temper::Tired));
    assert_eq!(tollgate, ([0, 0, 0], [0, 0, 47_181, 64_200, 253, 13, 152]));
}

#[test]
fn the_incident_alone_is_closed_as_agreed() {
    let world = World::new(1);
    let incident: Vec<Task> = tasks::of(&world).into_iter().filter(|task| task.id == "incident").collect();
    let exposed = |column, outside| figures(&world, &incident, Rules { outside, ..tired(column) }).exposure.objects;
    assert_eq!([exposed(Column::None, Outside::Advised), exposed(Column::Peer, Outside::Advised)], [497_280; 2]);
    let tollgate = [Outside::Anyway, Outside::Auto, Outside::Feed].map(|outside| exposed(Column::Tollgate, outside));
    assert_eq!(tollgate, [45_269, 20_720, 4_144]);
}

#[test]
fn every_control_that_is_left_out_moves_its_figure() {
    let world = World::new(1);
    let tasks = tasks::of(&world);
    let of =
        |control, outside| figures(&world, &tasks, Rules { without: Some(control), outside, ..tired(Column::Tollgate) });
    assert_eq!(of(Control::Labels, Outside::Advised).violations, 93);
    assert_eq!(of(Control::Consent, Outside::Advised).unconsented, [146, 0, 3093]);
    assert_eq!(of(Control::Digests, Outside::Advised).unconsented, [5, 0, 0]);
    assert_eq!(of(Control::Leases, Outside::Advised).standing, 82);
    assert_eq!(of(Control::Watch, Outside::Anyway).exposure.objects, 561_120);
}

/// The medians of twenty seeds: F1, then the rest of a row as it is shown, and the worst F7.
fn medians(rules: Rules) -> ([u32; 3], String, u32) {
    let rows: Vec<_> = (1..=20)
        .map(|seed| {
            let world = World::new(seed);
            row(&figures(&world, &tasks::of(&world), rules))
        })
        .collect();
    let of = |at: usize| median(rows.iter().map(|row| row.1[at]).collect());
    let counts: Vec<String> = (0..5).map(|at| format!("{}", of(at).floor())).collect();
    let shown = format!("{} {:.1} {:.2}", counts.join(" "), of(5) / 10.0, of(6) / 1000.0);
    let first = |at: usize| median(rows.iter().map(|row| row.0[at]).collect()) as u32;
    (std::array::from_fn(first), shown, rows.iter().map(|row| row.1[5]).max().unwrap_or_default())
}

#[test]
fn the_medians_of_twenty_seeds_are_the_agreed_ones() {
    let of = |column| {
        let (first, shown, _) = medians(tired(column));
        (first, shown)
    };
    assert_eq!(of(Column::None), ([201, 48, 2342], "128 109 927224 1388464 4786 0.0 0.00".to_owned()));
    assert_eq!(of(Column::Peer), ([9, 5, 2248], "77 105 643278 908543 3070 0.0 2.01".to_owned()));
    assert_eq!(of(Column::Tollgate), ([0, 0, 0], "0 0 7104 119040 295 1.1 1.61".to_owned()));
}

#[test]
fn the_medians_without_removal_are_the_agreed_ones() {
    let last = |column, temper| {
        let (_, shown, worst) = medians(Rules::of(column, temper));
        (shown.split(' ').skip(5).collect::<Vec<_>>().join(" "), worst)
    };
    let [peer, tollgate] = [Column::Peer, Column::Tollgate].map(|column| Temper::ALL.map(|temper| last(column, temper)));
    // The reference shows 1.88 for perfect people: 1.8748, rounded somewhere on the way.
    assert_eq!(peer, [("0.0 1.69", 0), ("0.0 1.81", 0), ("0.0 1.87", 0)].map(|(shown, worst)| (shown.to_owned(), worst)));
    let agreed = [("1.1 1.52", 26), ("1.1 1.49", 26), ("1.1 1.46", 26)];
    assert_eq!(tollgate, agreed.map(|(shown, worst)| (shown.to_owned(), worst)));
}

#[test]
fn one_session_for_all_that_a_person_does_refuses_more() {
    let (_, shown, worst) = medians(Rules { session: Session::Pair, ..tired(Column::Tollgate) });
    assert_eq!((shown.split(' ').nth(5), worst), (Some("5.7"), 84));
}

/// The keys of questions that one column has and the other has not.
fn only_in(one: &Rules, other: &Rules, seed: u32) -> Vec<String> {
    let world = World::new(seed);
    let tasks = tasks::of(&world);
    let [one, other] = [one, other].map(|rules| play(&world, &tasks, *rules).questions);
    one.into_iter().map(|it| it.key).filter(|key| !other.iter().any(|it| it.key == *key)).collect()
}

#[test]
fn a_yes_that_is_bound_is_asked_for_anew_where_its_act_is_another() {
    let agreed = Rules::of(Column::Tollgate, Temper::Blind);
    // Released once more for other bytes, and asked once more about somebody who gains when another lease has ended.
    assert_eq!(only_in(&agreed.bound(), &agreed, 2), ["dm206"]);
    assert_eq!(only_in(&agreed.bound(), &agreed, 12), ["dm389", "rn438"]);
    // Released once more for other people.
    assert_eq!(only_in(&agreed.bound(), &agreed, 4), ["dr48", "drr48", "rr48"]);
    // Who owns what stands in the way and is the initiator is asked once.
    assert_eq!(only_in(&agreed, &agreed.bound(), 1), ["306"]);
}

#[test]
fn binding_every_yes_moves_no_verdict() {
    for (seed, temper) in (1..=20).flat_map(|seed| Temper::ALL.map(|temper| (seed, temper))) {
        let world = World::new(seed);
        let tasks = tasks::of(&world);
        let peer = figures(&world, &tasks, Rules::of(Column::Peer, temper));
        let it = figures(&world, &tasks, Rules::of(Column::Tollgate, temper).bound());
        assert_eq!((it.unconsented, it.violations, it.standing), ([0; 3], 0, 0), "{seed} {}", temper.name());
        assert!(it.false_refusals() <= 40 && it.questions_per_act() < peer.questions_per_act(), "{seed} {}", temper.name());
    }
}
