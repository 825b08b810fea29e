//! Trees of pages: what a page belongs to, and so how it is read and what is below it.

use std::fmt;
use std::sync::Arc;

use super::node::{
    Child, Sum, Widths, children, number_at, offset_at, pairs, root_at, sum, summed,
};

/// The type of an ordinary table. The other types are not read: pcq makes none.
const ORDINARY: u8 = 3;
/// Where in the definition of a table there is what.
const ENTRIES: usize = 1;
const HAS_ROOT: usize = 9;
const ROOT: usize = 10;
const KEY_WIDTH: usize = 42;
const VALUE_WIDTH: usize = 47;

/// Tree of pages.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// Tables by their names.
    Tables,
    /// What is in a table.
    Table { name: String, widths: Widths },
}

/// What a page must be.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) sum: Sum,
    pub(super) tree: Arc<Tree>,
}

impl Expected {
    /// Whether a page is what it must be.
    pub(super) fn is_met(&self, page: &[u8]) -> bool {
        summed(page, self.tree.widths()).is_some_and(|bytes| sum(bytes) == self.sum)
    }

    /// What is wrong with the page at an offset, in words.
    pub(super) fn damaged(&self, offset: u64) -> String {
        format!("the page of {} at byte {offset} is not what was written there", self.tree)
    }

    /// The same of a page that is what it must be, and refers to another that is not in the file.
    pub(super) fn leads_outside(&self, offset: u64) -> String {
        format!("the page of {} at byte {offset} refers to one that is not in the file", self.tree)
    }

    /// The same of a page that is what it must be, and refers to one that is already below it or another.
    pub(super) fn is_tangled(&self, offset: u64) -> String {
        format!(
            "the page of {} at byte {offset} refers to one that has its place in the tree",
            self.tree
        )
    }

    /// Calls a function with each page below one that was found to be what it must be.
    pub(super) fn each_below(&self, page: &[u8], mut take: impl FnMut(Child, &Arc<Tree>)) {
        children(page).for_each(|child| take(child, &self.tree));
        if *self.tree == Tree::Tables {
            let tables = tables(page).filter_map(|table| Some((table.root?, table.tree)));
            tables.for_each(|(root, tree)| take(root, &Arc::new(tree)));
        }
    }
}

impl Tree {
    pub(super) fn widths(&self) -> Widths {
        match self {
            Self::Tables => Widths::default(),
            Self::Table { widths, .. } => *widths,
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tables => write!(f, "the list of tables"),
            Self::Table { name, .. } => write!(f, "table `{name}`"),
        }
    }
}

/// Table, as a leaf of the tree of tables has it.
pub(super) struct Table {
    pub(super) tree: Tree,
    /// How many entries it has.
    pub(super) entries: u64,
    /// It has none if it is empty.
    pub(super) root: Option<Child>,
}

/// The tables in a leaf of the tree of them, but for those of a type that is not read.
pub(super) fn tables(page: &[u8]) -> impl Iterator<Item = Table> {
    pairs(page, Widths::default()).filter_map(|(name, definition)| table(name, definition))
}

fn table(name: &[u8], definition: &[u8]) -> Option<Table> {
    if definition.first() != Some(&ORDINARY) {
        return None;
    }
    let widths =
        Widths { key: width(definition, KEY_WIDTH), value: width(definition, VALUE_WIDTH) };
    let name = String::from_utf8_lossy(name).into_owned();
    let has_root = *definition.get(HAS_ROOT)? != 0;
    let root = has_root.then(|| root_at(definition, ROOT)).flatten();
    let entries = number_at(definition, ENTRIES)?;
    Some(Table { tree: Tree::Table { name, widths }, entries, root })
}

/// A width, if there is one: a byte that says so, and four that say how much.
fn width(definition: &[u8], at: usize) -> Option<u32> {
    definition.get(at).filter(|is_fixed| **is_fixed != 0)?;
    offset_at(definition, at + 1)
}
