//! A permit is spent once: spending takes it away.

use tollgate::capability::forum::Post;
use tollgate::gate::Permit;

async fn twice(permit: Permit<Post>) {
    let _ = permit.spend(async |_, _, _| Ok::<u64, tollgate::journal::Unrecorded>(1), |_| None);
    let _ = permit.key();
}

fn main() {}
