//! The words come in order: what is not paid for cannot be cleared.

use tollgate::capability::forum::Post;
use tollgate::gate::Covered;
use tollgate::label::Label;

fn free(covered: Covered<Post>, label: &Label) {
    let _ = covered.clear(label);
}

fn main() {}
