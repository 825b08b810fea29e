//! What is known of pages: the sum that each must have, and what it belongs to.

use std::sync::Arc;

use super::node::Child;
use super::number::{Geometry, PAGE_BYTES};
use super::tree::{Expected, Tree};

/// How many smallest pages are kept together: 4 KiB of memory for 1 MiB of the file.
const TOGETHER: usize = 256;

/// How many trees a file has at most: some times as many as pcq makes.
const TREES: usize = 1_000;

/// What is known of the pages of a file, as far as they were reached: 16 bytes for each 4 KiB of the file, or 0.4 %.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) geometry: Geometry,
    /// Of the file, so that nothing is kept of pages that cannot be there.
    pub(super) length: u64,
    /// The roots of the one commit that is read, as long as no other can be: then no page has two parents.
    one_commit: Option<Roots>,
    trees: Vec<Arc<Tree>>,
    parts: Vec<Option<Box<Part>>>,
}

type Part = [Mark; TOGETHER];
type Roots = [Option<Child>; 2];

/// What is known of the page that begins at a smallest page.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    sum: u64,
    /// The index of its tree, from 1; 0: nothing is known.
    tree: u16,
    order: u8,
    /// The number of the smallest page at which the page above it begins.
    parent: u32,
}

impl Known {
    /// Whether a page is within the file.
    pub(super) fn holds(&self, child: Child) -> bool {
        child.page.place(self.geometry).end <= self.length
    }

    /// Keeps what a page must be, in the place of what was known of it, and the place of the page that says so. Returns
    /// whether no other page says the same, where there can be none.
    pub(super) fn learn(&mut self, child: Child, tree: &Arc<Tree>, parent: u64) -> bool {
        let place = child.page.place(self.geometry);
        let order = ((place.end - place.start) / PAGE_BYTES).trailing_zeros();
        let (true, Ok(order)) = (self.holds(child), order.try_into()) else { return true };
        let Some(tree) = self.number(tree) else { return self.one_commit.is_none() };
        let parent = u32::try_from(parent / PAGE_BYTES).unwrap_or(u32::MAX);
        let (part, within) = split(place.start);
        if self.parts.len() <= part {
            self.parts.resize(part + 1, None);
        }
        let Some(part) = self.parts.get_mut(part) else { return true };
        let part = part.get_or_insert_with(|| Box::new([Mark::default(); TOGETHER]));
        let Some(mark) = part.get_mut(within) else { return true };
        let before = std::mem::replace(mark, Mark { sum: child.sum, tree, order, parent });
        self.one_commit.is_none() || before.tree == 0 || before.parent == parent
    }

    /// Notes the commit that is read from now on, and whether it is the only one that can be. Of two that are read at
    /// one time, as by who follows a writer, parents share what is the same.
    pub(super) fn begin(&mut self, roots: Roots, is_only: bool) {
        let is_first = self.trees.is_empty();
        let is_same = is_first || self.one_commit == Some(roots);
        self.one_commit = (is_only && is_same).then_some(roots);
    }

    /// What a page must be, if that is known. One of another length is another page.
    pub(super) fn find(&self, offset: u64, length: usize) -> Option<Expected> {
        let (part, within) = split(offset);
        let mark = self.parts.get(part)?.as_ref()?.get(within)?;
        let tree = self.trees.get(usize::from(mark.tree).checked_sub(1)?)?;
        let is_same = length as u64 == PAGE_BYTES << mark.order;
        is_same.then(|| Expected { sum: mark.sum, tree: Arc::clone(tree) })
    }

    /// Forgets the page that begins somewhere. Others that overlapped it are not read again before they were
    /// written, or a new parent of theirs was read.
    pub(super) fn forget(&mut self, offset: u64) {
        let (part, within) = split(offset);
        let part = self.parts.get_mut(part).and_then(Option::as_mut);
        if let Some(mark) = part.and_then(|part| part.get_mut(within)) {
            *mark = Mark::default();
        }
    }

    /// The number of a tree, from 1; of very many, which only a forged file has, `None`.
    fn number(&mut self, tree: &Arc<Tree>) -> Option<u16> {
        let known = self.trees.iter().position(|known| known == tree);
        let index = known.unwrap_or(self.trees.len());
        if index >= TREES {
            return None;
        }
        let number = u16::try_from(index + 1).ok()?;
        if known.is_none() {
            self.trees.push(Arc::clone(tree));
        }
        Some(number)
    }
}

/// The part that has the smallest page at an offset, and its place in that.
fn split(offset: u64) -> (usize, usize) {
    let page = usize::try_from(offset / PAGE_BYTES).unwrap_or(usize::MAX);
    (page / TOGETHER, page % TOGETHER)
}
