//! A permit cannot be written down: its fields are the gate's own.

use tollgate::capability::forum::Post;
use tollgate::gate::Permit;

fn forged(post: std::sync::Arc<Post>) -> Permit<Post> {
    Permit { action: post }
}

fn main() {}
