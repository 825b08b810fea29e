//! The header: which of its two slots has the newest commit, and where the trees of that begin.
//!
//! Each slot has a sum of its own; what is outside of them has none. That is the magic, the byte of flags, the
//! size of pages, the geometry of regions, which never changes, and how much of them there is. Of a file that was
//! closed properly all of this follows from something else, and is compared with it: the newest commit is the
//! one with the higher number, and how much there is from the length of the file. Another geometry gives
//! other places of pages, so the sums of those tell; where it does not, it makes no difference to what is read.
//! The rest is not used.
//!
//! After a repair that was cut short, too, the file seems closed, and names the older commit or one that may not be
//! on the disk yet. So the newer commit is the one where it is whole, the other one where it is not; then the file
//! is checked as one that was not closed. The same is done where a file that was not closed names the older of two
//! commits and says that it needs no check: it was killed between two writes of the header, or that was damaged.

use super::node::{Child, number_at, offset_at, root_at, whole_sum};
use super::number::{Geometry, PAGE_BYTES};

/// The bytes of the header.
pub(super) const HEADER_BYTES: usize = 320;

const MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";
/// Where the flags are, and what they are: which slot is the primary, whether the file was not closed properly,
/// whether the primary was on the disk before it was named, and whether that it is named is not on the disk yet.
pub(super) const FLAGS: usize = 9;
const PRIMARY: u8 = 1;
const OPEN: u8 = 2;
const TWO_PHASES: u8 = 4;
const UNFLUSHED: u8 = 8;
const PAGE_SIZE: usize = 12;
const REGION_HEADER_PAGES: usize = 16;
const REGION_DATA_PAGES: usize = 20;
const FULL_REGIONS: usize = 24;
const TRAILING_PAGES: usize = 28;
pub(super) const SLOTS: [usize; 2] = [64, 192];
pub(super) const SLOT_BYTES: usize = 128;
/// Where things are in a slot: whether there are trees, those, the number of the commit, the sum of all before it.
const HAS_ROOT: [usize; 2] = [1, 2];
const ROOTS: [usize; 2] = [8, 40];
const COMMIT: usize = 104;
pub(super) const SLOT_SUM: usize = 112;

/// Header of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) geometry: Geometry,
    flags: u8,
    full_regions: u32,
    trailing_pages: u32,
    /// The slots whose sums are right.
    slots: [Option<Slot>; 2],
}

/// Slot of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// The number of the commit.
    pub(super) commit: u64,
    /// The roots of the tree of tables, and of that of redb's own tables; an empty tree has none.
    pub(super) roots: [Option<Child>; 2],
}

impl Header {
    /// Reads a header; `None` if it is none that redb would go on with.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let is_ours = bytes.starts_with(MAGIC)
            && offset_at(bytes, PAGE_SIZE).map(u64::from) == Some(PAGE_BYTES);
        if !is_ours {
            return None;
        }
        let geometry = Geometry {
            header_pages: offset_at(bytes, REGION_HEADER_PAGES)?,
            data_pages: offset_at(bytes, REGION_DATA_PAGES)?,
        };
        Some(Self {
            geometry,
            flags: *bytes.get(FLAGS)?,
            full_regions: offset_at(bytes, FULL_REGIONS)?,
            trailing_pages: offset_at(bytes, TRAILING_PAGES)?,
            slots: SLOTS.map(|at| Slot::read(bytes.get(at..at + SLOT_BYTES)?)),
        })
    }

    /// The slots of whatever is in the place of a header, as far as their sums are right: that which it names, and the
    /// other.
    pub(super) fn slots_of(bytes: &[u8]) -> [Option<Slot>; 2] {
        let mut slots = SLOTS.map(|at| Slot::read(bytes.get(at..at + SLOT_BYTES)?));
        if bytes.get(FLAGS).is_some_and(|flags| flags & PRIMARY != 0) {
            slots.reverse();
        }
        slots
    }

    /// Whether the file was closed properly, and nobody writes.
    pub(super) fn is_closed(&self) -> bool {
        self.flags & OPEN == 0
    }

    /// Whether redb believes the header, and goes on with the commit that it names without a look at the other one.
    pub(super) fn is_believed(&self) -> bool {
        self.is_closed() || self.flags & TWO_PHASES != 0
    }

    /// The slots whose sums are right.
    pub(super) fn slots(&self) -> [Option<&Slot>; 2] {
        self.slots.each_ref().map(Option::as_ref)
    }

    /// The slot of the newest commit that is on the disk, if its sum is right.
    pub(super) fn newest(&self) -> Option<&Slot> {
        let primary = self.flags & PRIMARY;
        let unflushed = u8::from(self.flags & UNFLUSHED != 0);
        self.slots.get(usize::from(primary ^ unflushed))?.as_ref()
    }

    /// What is wrong with the header of a file of a length that was closed properly.
    pub(super) fn problem(&self, length: u64) -> Option<String> {
        let expected = self.geometry.length(self.full_regions, self.trailing_pages);
        if expected != Some(length) {
            let expected = expected.map_or("impossible".to_owned(), |bytes| bytes.to_string());
            return Some(format!(
                "the file has {length} bytes, and by its header it would have {expected}"
            ));
        }
        self.named().is_none().then(|| "the newest commit in its header is damaged".into())
    }

    /// The slot that the header names, if its sum is right.
    pub(super) fn named(&self) -> Option<&Slot> {
        self.slots.get(usize::from(self.flags & PRIMARY))?.as_ref()
    }

    /// The slot with the higher number, if a header that is believed does not simply name that. Nobody writes.
    pub(super) fn doubted(&self) -> Option<&Slot> {
        let named = self.named()?;
        let newest = self.slots.iter().flatten().max_by_key(|slot| slot.commit)?;
        let is_flushed = self.flags & UNFLUSHED == 0 || !self.is_closed();
        let is_simple = is_flushed && named == newest;
        (self.is_believed() && !is_simple).then_some(newest)
    }

    /// The flags with which the header names the newer commit, or else the other one, of a file that was not closed.
    pub(super) fn reopened(&self, newer: bool) -> u8 {
        let [first, second] = self.slots.each_ref().map(|slot| slot.as_ref().map(|s| s.commit));
        let names_second = if newer { second > first } else { second < first };
        (self.flags | OPEN) & !(PRIMARY | UNFLUSHED) | if names_second { PRIMARY } else { 0 }
    }
}

impl Slot {
    fn read(bytes: &[u8]) -> Option<Self> {
        // all of it, as redb does: which slot it goes on with must be told as redb tells it
        if bytes.get(SLOT_SUM..)? != whole_sum(bytes.get(..SLOT_SUM)?) {
            return None;
        }
        let root = |n: usize| {
            let has_root = *bytes.get(*HAS_ROOT.get(n)?)? != 0;
            has_root.then(|| root_at(bytes, *ROOTS.get(n)?)).flatten()
        };
        Some(Self { commit: number_at(bytes, COMMIT)?, roots: [root(0), root(1)] })
    }
}
