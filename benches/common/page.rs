//! The layer that checks pages, of the library's own files: what is needed to read through it.

#[path = "../../src/store/page/checked.rs"]
mod checked;
#[path = "../../src/store/page/damage.rs"]
mod damage;
#[path = "../../src/store/page/header.rs"]
mod header;
#[path = "../../src/store/page/known.rs"]
mod known;
#[path = "../../src/store/page/node.rs"]
mod node;
#[path = "../../src/store/page/number.rs"]
mod number;
#[path = "../../src/store/page/tree.rs"]
mod tree;
#[path = "../../src/store/page/walk.rs"]
mod walk;

pub(super) use checked::{Checked, Role};
pub(super) use damage::Damage;
