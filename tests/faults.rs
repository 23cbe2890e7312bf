//! Faults at the numbered edges of a call: killed, refused by the disk, without power. Nothing happens twice, nothing happens
//! unrecorded, and what was acknowledged stays. `cargo bench --bench faults` does the same ten thousand times.

use std::sync::OnceLock;

use tollgate_faults::{
    Edge, Errno, Fault, Met, Program, Stage, Workload, beside_one_that_waits, beside_one_that_works, edges, meet,
    power_lost_beside_one_that_waits, workloads,
};

use crate::world::program;

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let program = || Program { path: program().to_owned(), first: None };
    STAGE.get_or_init(|| Stage::make(program()).unwrap_or_else(|why| panic!("{why}")))
}

fn workload(name: &str) -> Workload {
    workloads().into_iter().find(|it| it.name == name).expect("a workload of this name")
}

fn counted(workload: &Workload) -> Vec<Edge> {
    edges(stage(), workload).unwrap_or_else(|why| panic!("{why}"))
}

/// Meets a fault and insists on every promise.
fn holds(workload: &Workload, fault: Fault) -> Met {
    let met = meet(stage(), workload, fault).unwrap_or_else(|why| panic!("{}, {fault:?}: {why}", workload.name));
    assert!(met.found.broken.is_empty(), "{}, {fault:?}: {met:#?}", workload.name);
    assert!(met.found.doubts.is_empty(), "effects in the same database are never in doubt: {met:#?}");
    met
}

/// Meets many faults, two at a time, and looks at each run.
fn all_hold(workload: &Workload, faults: &[Fault], mut look: impl FnMut(&Met)) {
    for pair in faults.chunks(2) {
        let both: Vec<Met> = std::thread::scope(|scope| {
            let threads: Vec<_> = pair.iter().map(|fault| scope.spawn(|| holds(workload, *fault))).collect();
            threads.into_iter().map(|it| it.join().unwrap_or_else(|e| std::panic::resume_unwind(e))).collect()
        });
        both.iter().for_each(&mut look);
    }
}

#[test]
fn s31_killed_in_the_middle_of_a_post_it_is_there_once_or_not_at_all() {
    let post = workload("post");
    let all = counted(&post);
    assert!(all.len() >= 60, "{all:?}");
    let faults: Vec<_> =
        all.iter().flat_map(|edge| [Fault::KillBefore(edge.number), Fault::KillAfter(edge.number)]).collect();
    let (mut killed, mut acknowledged) = (0, 0);
    all_hold(&post, &faults, |met| {
        killed += usize::from(met.ran.code.is_none());
        acknowledged += usize::from(met.found.acknowledged);
    });
    // The signature of each second may fall into a run and move its edges; it does so rarely.
    assert!(killed + 8 >= faults.len(), "{killed} kills at {} edges", all.len());
    assert!(acknowledged >= 1, "none died after its answer");
}

#[test]
fn s31_killed_in_the_middle_of_an_answer_one_yes_makes_one_post() {
    // Asked in one process, answered in another, its result fetched in a third: each is killed, and then the story goes on.
    for (name, stride) in [("asked post", 12), ("yes to a post", 12), ("result of a post", 24)] {
        let story = workload(name);
        let last = counted(&story).len() as u64;
        assert!(last >= 30, "{name}: {last} edges");
        let some = (1..=last).filter(|edge| edge % stride == 0 || *edge == last);
        let faults: Vec<_> =
            some.map(|edge| if edge % 8 == 0 { Fault::KillAfter(edge) } else { Fault::KillBefore(edge) }).collect();
        let (mut killed, mut done) = (0, 0);
        all_hold(&story, &faults, |met| {
            killed += usize::from(met.ran.code.is_none());
            done += usize::from(met.found.asked > 0 && met.found.undone == 0);
        });
        assert!(killed + 1 >= faults.len() && done >= 1, "{name}: {killed} of {} killed, {done} done", faults.len());
    }
}

#[test]
fn s32_the_disk_is_full_or_fails_and_no_post_is_there_that_was_denied() {
    let post = workload("post");
    let all = counted(&post);
    // Each sync, and every fifth of the others; the benchmark takes them all.
    let some = all.iter().filter(|edge| edge.does == "sync" || edge.number % 5 == 0);
    let both = |edge: &Edge| [Errno::Io, Errno::NoSpace].map(|errno| (edge.number, errno));
    let faults: Vec<_> =
        some.flat_map(both).flat_map(|(edge, errno)| [Fault::Fail(edge, errno), Fault::FailFrom(edge, errno)]).collect();
    let (mut refused, mut acknowledged) = (0, 0);
    all_hold(&post, &faults, |met| {
        refused += usize::from(met.ran.code == Some(3));
        acknowledged += usize::from(met.found.acknowledged);
    });
    assert!(refused >= 10 && acknowledged >= 10, "{refused} refused, {acknowledged} acknowledged");
}

#[test]
fn s32_a_question_of_which_nobody_knows_whether_it_was_asked_is_not_denied() {
    let asked = workload("asked post");
    let syncs = counted(&asked).into_iter().filter(|edge| edge.does == "sync");
    let faults: Vec<_> = syncs.map(|edge| Fault::FailFrom(edge.number, Errno::Io)).collect();
    let mut there = 0;
    all_hold(&asked, &faults, |met| {
        if !met.ran.stdout.contains("whether this was asked is not known") {
            return;
        }
        let report = met.ran.report().expect("a report");
        let [refusal, _end] = &report["refusals"].as_array().expect("refusals")[..] else { panic!("{report}") };
        assert_eq!((&refusal["stage"], &refusal["reason"]), (&"effect".into(), &"in-doubt".into()), "{report}");
        assert_eq!((met.ran.code, met.found.undone), (Some(3), 0), "if it was asked, a yes did it: {met:#?}");
        there += met.found.asked;
    });
    assert!(there >= 1, "{} syncs, and the commit of a question that is there is none of them", faults.len());
}

#[test]
fn s32_a_sync_that_fails_is_not_called_durable() {
    let post = workload("post");
    let syncs = counted(&post).iter().filter(|edge| edge.does == "sync").count() as u64;
    assert!(syncs >= 5, "{syncs} syncs");
    let faults: Vec<_> = (1..=syncs).flat_map(|sync| [Fault::FailSync(sync), Fault::FailSyncLose(sync)]).collect();
    let mut refused = 0;
    all_hold(&post, &faults, |met| {
        refused += usize::from(met.ran.stdout.contains("record.unavailable") || met.ran.code == Some(3))
    });
    assert!(refused >= 3, "{refused} refused: the syncs of its three commits");
}

#[test]
fn s31_what_was_acknowledged_before_the_power_went_is_there_after_it() {
    let lost = |fault| {
        let met = power_lost_beside_one_that_waits(stage(), fault).unwrap_or_else(|why| panic!("{fault:?}: {why}"));
        assert!(met.found.broken.is_empty(), "{fault:?}: {met:#?}");
        met
    };
    let last = lost(Fault::Count).edges;
    assert!(last >= 40, "{last} edges");
    // Every seventh edge; and the answer, which comes last but for the lock. By chance, some of what was not synced is there.
    let mut acknowledged = 0;
    for edge in (1..=last).filter(|edge| edge % 7 == 0 || edge + 2 > last) {
        for seed in [0, edge] {
            let met = lost(Fault::Lose(edge, seed));
            assert_eq!(met.ran.code, None, "the power went");
            acknowledged += u32::from(met.found.acknowledged);
        }
    }
    assert!(acknowledged >= 2, "none lost its power after its answer");
}

#[test]
fn s31_beside_one_that_is_killed_another_goes_on_and_keeps_what_is_its_own() {
    for edge in [13, 20, 30, 40, 50] {
        let met = beside_one_that_works(stage(), Fault::KillBefore(edge)).unwrap_or_else(|why| panic!("{why}"));
        assert!(met.found.broken.is_empty(), "{edge}: {met:#?}");
        let met = beside_one_that_waits(stage(), Fault::KillBefore(edge)).unwrap_or_else(|why| panic!("{why}"));
        assert!(met.found.broken.is_empty(), "{edge}: {met:#?}");
        assert_eq!(met.ran.code, None, "it was killed");
    }
}
