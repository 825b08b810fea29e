//! Blocks: entries of one user together in a record.

use redb::TableDefinition;

use super::run::Item;
use crate::error::Result;
use crate::store::codec::{pack, unpack};
use crate::store::failure::corrupt;
use crate::store::record::{BlockRecord, EntryRecord, Packed};
use crate::store::tables::{Bytes, PageKey, RUNS};

/// The most entries of a block.
const BLOCK_ENTRIES: u32 = 256;
/// The most bytes of a block of more than one entry: two fit into one page of the file.
const BLOCK_BYTES: usize = 1_950;

impl Item for BlockRecord {
    type Key = u32;
    const TABLE: TableDefinition<'static, PageKey<u32>, Bytes> = RUNS;

    fn put(&self, bytes: &mut Vec<u8>) -> Result<()> {
        pack(&self.count, bytes)?;
        bytes.extend_from_slice(&self.packed.0);
        Ok(())
    }

    fn take(mut bytes: &[u8]) -> Option<Self> {
        Some(Self { count: unpack(&mut bytes)?, packed: Packed(bytes.to_vec()) })
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        if self.count == 0 {
            *self = later;
            return None;
        }
        let joined = self.append(later.count, &later.packed.0);
        if joined { None } else { Some(std::mem::replace(self, later)) }
    }
}

impl BlockRecord {
    /// Appends entries, unless that were too many for one block.
    fn append(&mut self, count: u32, packed: &[u8]) -> bool {
        let count = self.count.saturating_add(count);
        let fits = count <= BLOCK_ENTRIES && self.packed.0.len() + packed.len() <= BLOCK_BYTES;
        if fits {
            self.count = count;
            self.packed.0.extend_from_slice(packed);
        }
        fits
    }

    /// Appends one entry. If that is too much for one block, it begins a new one, and the full one is given back.
    pub(super) fn push(&mut self, packed: &[u8]) -> Option<Self> {
        if self.append(1, packed) {
            return None;
        }
        let full = std::mem::take(self);
        self.count = 1;
        self.packed.0.extend_from_slice(packed);
        (full.count > 0).then_some(full)
    }

    /// Takes all entries away, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.packed.0.clear();
    }

    /// A block of the entries that a function lets stay; `location` names the table and the key.
    pub(super) fn retained(
        &self,
        location: impl Fn() -> String,
        mut stays: impl FnMut(&EntryRecord<'_>) -> bool,
    ) -> Result<Self> {
        let mut kept = Self::default();
        self.each(location, |entry| {
            if stays(&entry) {
                pack(&entry, &mut kept.packed.0)?;
                kept.count += 1;
            }
            Ok(())
        })?;
        Ok(kept)
    }

    /// Whether it is within the bounds.
    pub(super) fn is_bounded(&self) -> bool {
        let short = self.count <= BLOCK_ENTRIES && self.packed.0.len() <= BLOCK_BYTES;
        self.count == 1 || (short && self.count > 0)
    }

    /// Calls a function with each entry; `location` names the table and the key.
    pub(in crate::store) fn each<'b>(
        &'b self,
        location: impl Fn() -> String,
        mut each: impl FnMut(EntryRecord<'b>) -> Result<()>,
    ) -> Result<()> {
        let damaged = || corrupt(format!("{}: these are no entries", location()));
        let mut rest = self.packed.0.as_slice();
        for _ in 0..self.count {
            each(unpack(&mut rest).ok_or_else(damaged)?)?;
        }
        if rest.is_empty() { Ok(()) } else { Err(damaged()) }
    }
}
