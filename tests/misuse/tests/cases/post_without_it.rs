//! Nothing but a permit is a permit: an action that was agreed to is not yet on record.

use tollgate::capability::forum::Post;
use tollgate::gate::{Agreed, Permit};

fn effect(_permit: Permit<Post>) {}

fn early(agreed: Agreed<Post>) {
    effect(agreed);
}

fn main() {}
