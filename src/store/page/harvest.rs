//! Harvest of a damaged file: what its sound pages hold, tree by tree, around those that are damaged.
//!
//! Trees are found by the list of tables of a commit: the newest, or else that of the commit before, or else the best
//! one that lies in a page that is free. A page counts as sound if its sum is that in the page above it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use redb::StorageBackend;

use super::header::{HEADER_BYTES, Header, Slot};
use super::node::{Child, Widths, children, leaf_end, pairs, summed};
use super::number::{Geometry, PAGE_BYTES};
use super::tree::{Expected, Tree, tables};
use super::walk::is_sound;
use crate::error::Result;

/// The longest leaf that is looked for outside of the trees.
const STRAY_BYTES: usize = 16 << 20;
/// The table whose length says which of two lists of tables is newer.
const LOG: &str = "pcq.revisions";

/// Harvest of a file.
pub(in crate::store) struct Harvest<B> {
    file: B,
    length: u64,
    geometry: Geometry,
    source: Source,
    tables: BTreeMap<String, Listed>,
}

/// List of tables by which trees are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Source {
    /// That of the newest commit.
    Newest,
    /// That of the commit before it.
    Before,
    /// An older one, in a page that is free.
    Older,
}

/// Table in the list.
struct Listed {
    tree: Arc<Tree>,
    entries: u64,
    root: Option<Child>,
}

/// Gap in a table: the keys around damaged pages. At an end of the table there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Gap {
    pub(in crate::store) after: Option<Vec<u8>>,
    pub(in crate::store) before: Option<Vec<u8>>,
}

/// What was read of a tree: a leaf, or that a page is damaged.
enum Found {
    Leaf(Vec<u8>),
    Damage,
}

impl<B: StorageBackend> Harvest<B> {
    /// Finds the list of tables; `None` if there is none.
    pub(in crate::store) fn new(file: B) -> io::Result<Option<Self>> {
        let length = file.len()?;
        let mut harvest = Self {
            file,
            length,
            geometry: Geometry::USUAL,
            source: Source::Newest,
            tables: BTreeMap::new(),
        };
        Ok((harvest.by_header() || harvest.by_search()).then_some(harvest))
    }

    pub(in crate::store) fn source(&self) -> Source {
        self.source
    }

    /// How many entries a table has by the list; `None` if it is not in there.
    pub(in crate::store) fn entries(&self, table: &str) -> Option<u64> {
        self.tables.get(table).map(|listed| listed.entries)
    }

    /// Calls a function with each key and value of a table in the sound pages, in order; gives the gaps between.
    /// One whose keys or values have other widths is not what is meant, and has none.
    pub(in crate::store) fn each(
        &self,
        table: &str,
        widths: (Option<usize>, Option<usize>),
        mut take: impl FnMut(&[u8], &[u8]) -> Result<()>,
    ) -> Result<Vec<Gap>> {
        let mut gaps: Vec<Gap> = Vec::new();
        let widths = Widths::new(widths);
        let listed = self.tables.get(table).filter(|listed| listed.tree.widths() == widths);
        let Some(listed) = listed else { return Ok(gaps) };
        let (mut last, mut is_open) = (None, false);
        let mut walk = Tour::new(self, listed.root, &listed.tree);
        while let Some(found) = walk.next() {
            let Found::Leaf(page) = found else {
                if !is_open {
                    gaps.push(Gap { after: last.clone(), before: None });
                }
                is_open = true;
                continue;
            };
            for (key, value) in pairs(&page, listed.tree.widths()) {
                if let (true, Some(gap)) = (std::mem::take(&mut is_open), gaps.last_mut()) {
                    gap.before = Some(key.to_vec());
                }
                take(key, value)?;
                last = Some(key.to_vec());
            }
        }
        Ok(gaps)
    }

    /// Calls a function with each key and value of what looks like a leaf of some widths, wherever it is: it may be of
    /// another table, or an earlier state, or of no commit at all.
    pub(in crate::store) fn strays(&self, key: usize, mut take: impl FnMut(&[u8], &[u8])) {
        let widths = Widths::new((Some(key), None));
        for offset in self.places() {
            if let Some(page) = self.stray(offset, widths) {
                pairs(&page, widths).for_each(|(key, value)| take(key, value));
            }
        }
    }

    fn stray(&self, offset: u64, widths: Widths) -> Option<Vec<u8>> {
        let page = self.read(offset, PAGE_BYTES)?;
        let end = leaf_end(&page, widths).filter(|end| *end <= STRAY_BYTES)?;
        let page = if end > page.len() { self.read(offset, end as u64)? } else { page };
        summed(&page, widths).is_some().then_some(page)
    }

    /// Where pages may begin.
    fn places(&self) -> impl Iterator<Item = u64> + use<B> {
        (1..self.length / PAGE_BYTES).map(|page| page * PAGE_BYTES)
    }

    /// A part of the file; `None` if it cannot be read.
    fn read(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        let end = offset.checked_add(length).filter(|end| *end <= self.length)?;
        let mut page = vec![0; usize::try_from(end - offset).ok()?];
        self.file.read(offset, &mut page).ok()?;
        Some(page)
    }

    /// Goes by the header: by the newer of its commits whose tables are whole, or else by the one that it names, or else
    /// by the other one, if its list of tables can be read.
    fn by_header(&mut self) -> bool {
        let header = self.read(0, HEADER_BYTES as u64).unwrap_or_default();
        // redb's own tables say which pages are free, which is nothing to save
        let own_away = |slot: Slot| Slot { roots: [slot.roots[0], None], ..slot };
        let [named, other] = Header::slots_of(&header).map(|slot| slot.map(own_away));
        let slots: Vec<_> = named.iter().chain(&other).collect();
        let geometry = Header::read(&header).map(|header| header.geometry);
        let geometries: Vec<_> = geometry.into_iter().chain([Geometry::USUAL]).collect();
        let each = slots.iter().flat_map(|slot| geometries.iter().map(move |g| (slot, *g)));
        let mut whole: Vec<_> = each
            .clone()
            .filter(|(slot, geometry)| is_sound(&self.file, *geometry, slot).unwrap_or(false))
            .collect();
        whole.sort_by_key(|(slot, _)| Reverse(slot.commit));
        whole.into_iter().chain(each).any(|(slot, geometry)| {
            let is_before = |named: &Slot| slot.commit < named.commit && slot.roots != named.roots;
            // what a commit was that is named and cannot be read, nobody knows
            let is_before = named.as_ref().is_none_or(is_before);
            self.source = if is_before { Source::Before } else { Source::Newest };
            self.by_slot(slot, geometry)
        })
    }

    fn by_slot(&mut self, slot: &Slot, geometry: Geometry) -> bool {
        self.geometry = geometry;
        let [root, _] = slot.roots;
        let mut walk = Tour::new(self, root, &Arc::new(Tree::Tables));
        let mut listed = BTreeMap::new();
        while let Some(found) = walk.next() {
            if let Found::Leaf(page) = found {
                listed.extend(list(&page));
            }
        }
        self.tables = listed;
        self.tables.contains_key(LOG)
    }

    /// Looks for lists of tables in all pages, and goes by the newest.
    fn by_search(&mut self) -> bool {
        self.source = Source::Older;
        self.geometry = Geometry::USUAL;
        let mut best = None;
        for offset in self.places() {
            let page = self.read(offset, PAGE_BYTES).unwrap_or_default();
            if summed(&page, Widths::default()).is_none() {
                continue;
            }
            let listed: BTreeMap<_, _> = list(&page).collect();
            let Some(log) = listed.get(LOG) else { continue };
            let score = (log.entries, self.sound_roots(&listed));
            if best.as_ref().is_none_or(|(known, _)| *known < score) {
                best = Some((score, listed));
            }
        }
        let found = best.filter(|((_, sound), _)| *sound > 0).map(|(_, listed)| listed);
        self.tables = found.unwrap_or_default();
        !self.tables.is_empty()
    }

    fn sound_roots(&self, tables: &BTreeMap<String, Listed>) -> usize {
        let is_sound = |listed: &&Listed| {
            let mut walk = listed.root.map(|root| Tour::new(self, Some(root), &listed.tree));
            walk.as_mut().is_some_and(|walk| walk.page().is_some_and(|page| page.is_ok()))
        };
        tables.values().filter(is_sound).count()
    }
}

/// The tables in a leaf of the list of them, by their names.
fn list(page: &[u8]) -> impl Iterator<Item = (String, Listed)> {
    tables(page).filter_map(|table| {
        let Tree::Table { name, .. } = &table.tree else { return None };
        let name = name.clone();
        Some((name, Listed { tree: table.tree.into(), entries: table.entries, root: table.root }))
    })
}

/// Tour of a tree, in the order of its keys.
struct Tour<'h, B> {
    harvest: &'h Harvest<B>,
    tree: Arc<Tree>,
    /// The pages to come, the next one last.
    pages: Vec<Child>,
    /// How many bytes there may still be: a forged file may have the same page below many.
    left: u64,
}

impl<'h, B: StorageBackend> Tour<'h, B> {
    fn new(harvest: &'h Harvest<B>, root: Option<Child>, tree: &Arc<Tree>) -> Self {
        let pages = root.into_iter().collect();
        Self { harvest, tree: Arc::clone(tree), pages, left: harvest.length }
    }

    /// The next page; an error if it is damaged.
    fn page(&mut self) -> Option<std::result::Result<Vec<u8>, Child>> {
        let child = self.pages.pop()?;
        let place = child.page.place(self.harvest.geometry);
        let length = place.end - place.start;
        let expected = Expected { sum: child.sum, tree: Arc::clone(&self.tree) };
        let page = (length <= self.left).then(|| self.harvest.read(place.start, length)).flatten();
        let page = page.filter(|page| expected.is_met(page)).ok_or(child);
        if page.is_ok() {
            self.left -= length;
        }
        Some(page)
    }

    /// The next leaf, or damage.
    fn next(&mut self) -> Option<Found> {
        loop {
            let Ok(page) = self.page()? else { return Some(Found::Damage) };
            let below: Vec<_> = children(&page).collect();
            if below.is_empty() {
                return Some(Found::Leaf(page));
            }
            self.pages.extend(below.into_iter().rev());
        }
    }
}
