//! A forum in another process, over HTTP: whoever of the two is killed, and when, a post is there once or not at all, and what
//! nobody knows is found out as its class allows. `cargo bench --bench faults` does the same a thousand times.

use std::path::Path;
use std::sync::OnceLock;

use tollgate_faults::{Class, Edge, Fault, Met, Mishap, Program, Stage, Workload, edges, meet, workloads_elsewhere};

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let program = || Program { path: Path::new(env!("CARGO_BIN_EXE_elsewhere")).to_owned(), first: None };
    STAGE.get_or_init(|| Stage::make(program()).unwrap_or_else(|why| panic!("{why}")))
}

fn post(class: Class) -> Workload {
    let of = |it: &Workload| it.forum.is_some_and(|terms| terms.class == class);
    workloads_elsewhere().into_iter().find(of).expect("a workload of this class")
}

fn counted(workload: &Workload) -> Vec<Edge> {
    edges(stage(), workload).unwrap_or_else(|why| panic!("{why}"))
}

/// Meets a fault and insists on every promise.
fn holds(workload: &Workload, fault: Fault) -> Met {
    let met = meet(stage(), workload, fault).unwrap_or_else(|why| panic!("{}, {fault:?}: {why}", workload.name));
    assert!(met.found.broken.is_empty(), "{}, {fault:?}: {met:#?}", workload.name);
    met
}

#[test]
fn s31_killed_around_a_post_elsewhere_it_is_there_once_or_not_at_all() {
    for class in Class::ALL {
        let post = post(class);
        let all = counted(&post);
        println!("{}", all.iter().map(|e| format!("{} {} {}", e.number, e.does, e.to)).collect::<Vec<_>>().join("\n"));
        let sent = all.iter().rfind(|edge| edge.does == "send").expect("it sends").number;
        for edge in sent - 1..sent + 3 {
            for fault in [Fault::KillBefore(edge), Fault::KillAfter(edge)] {
                let met = holds(&post, fault);
                println!("{class:?} {fault:?} {:?}", met.found);
            }
        }
        for mishap in Mishap::ALL {
            let met = holds(&post, Fault::Forum(mishap));
            println!("{class:?} {mishap:?} {:?} {:?}", met.found, met.ran);
        }
    }
}
