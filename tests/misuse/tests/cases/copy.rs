//! A permit is spent once: it cannot be copied.

use tollgate::capability::forum::Post;
use tollgate::gate::Permit;

fn twice(permit: Permit<Post>) -> (Permit<Post>, Permit<Post>) {
    (permit.clone(), permit)
}

fn main() {}
