//! Faults at the numbered edges of a call: killed, refused by the disk, without power. Nothing happens twice, nothing happens
//! unrecorded, and what was acknowledged stays. `cargo bench --bench faults` does the same ten thousand times.

use std::sync::OnceLock;

use tollgate_faults::{Edge, Errno, Fault, Met, Program, Stage, Workload, edges, meet, workloads};

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

#[test]
fn killed_at_every_edge_of_a_post_it_is_there_once_or_not_at_all() {
    let post = workload("post");
    let all = counted(&post);
    assert!(all.len() >= 60, "{all:?}");
    let (mut killed, mut acknowledged) = (0, 0);
    for edge in &all {
        for fault in [Fault::KillBefore(edge.number), Fault::KillAfter(edge.number)] {
            let met = holds(&post, fault);
            killed += u32::from(met.ran.code.is_none());
            acknowledged += u32::from(met.found.acknowledged);
        }
    }
    // A signature that falls into the second that a run takes moves edges; it does so rarely.
    assert!(killed + 4 >= 2 * all.len() as u32, "{killed} kills at {} edges", all.len());
    assert!(acknowledged >= 1, "none died after its answer");
}
