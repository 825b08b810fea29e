//! Entries of one user together in a record.

use redb::{Key, Table, WriteTransaction};

use super::intern::EventNames;
use crate::error::Result;
use crate::model::{Entry, Value, What};
use crate::store::codec::{encode, pack, unpack};
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BlockRecord, EntryRecord, Packed};
use crate::store::tables::Bytes;

/// The most entries of a block.
const BLOCK_ENTRIES: u32 = 256;
/// The most bytes of a block of more than one entry. A fold writes the last block of a user once more, so it
/// should be short, and some fit into one page; the blocks of a user are next to each other all the same.
const BLOCK_BYTES: usize = 2_048;

impl BlockRecord {
    /// Appends the entries of another block. If both are too much for one, the other takes its place, and
    /// what it was is given back.
    pub(super) fn extend(&mut self, other: Self) -> Option<Self> {
        let count = self.count.saturating_add(other.count);
        let fits =
            count <= BLOCK_ENTRIES && self.packed.0.len() + other.packed.0.len() <= BLOCK_BYTES;
        if fits || self.count == 0 {
            self.count = count;
            self.packed.0.extend(other.packed.0);
            return None;
        }
        Some(std::mem::replace(self, other))
    }

    /// A block of the entries that a function lets stay; `place` names the table and the key.
    pub(super) fn retained(
        &self,
        place: impl Fn() -> String,
        mut stays: impl FnMut(&EntryRecord<'_>) -> bool,
    ) -> Result<Self> {
        let mut kept = Self::default();
        self.each(place, |entry| {
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

    /// Calls a function with each entry; `place` names the table and the key.
    pub(super) fn each<'b>(
        &'b self,
        place: impl Fn() -> String,
        mut each: impl FnMut(EntryRecord<'b>) -> Result<()>,
    ) -> Result<()> {
        let damaged = || corrupt(format!("{}: these are no entries", place()));
        let mut rest = self.packed.0.as_slice();
        for _ in 0..self.count {
            each(unpack(&mut rest).ok_or_else(damaged)?)?;
        }
        if rest.is_empty() { Ok(()) } else { Err(damaged()) }
    }
}

/// Writes a block.
pub(super) fn put_block<K: Key + 'static>(
    table: &mut Table<'_, K, Bytes>,
    key: K::SelfType<'_>,
    block: &BlockRecord,
) -> Result<()> {
    table.insert(key, encode(block)?.as_slice()).or_fail().map(drop)
}

/// Makes blocks of entries.
pub(super) struct Packer<'t> {
    names: EventNames<'t>,
}

impl<'t> Packer<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self { names: EventNames::open(transaction)? })
    }

    /// Makes a block of one entry.
    pub(super) fn pack(&mut self, entry: &Entry) -> Result<BlockRecord> {
        let (members, name) = match &entry.what {
            What::Event { name, properties, .. } => (properties, self.names.number(name)?),
            What::Profile(attributes) => (attributes, 0),
            What::Forget => return Ok(BlockRecord::default()),
        };
        let json = Value::Object(members.clone()).to_string();
        let mut packed = Vec::with_capacity(json.len() + 64);
        if let Some(record) = EntryRecord::new(entry, &json, name) {
            pack(&record, &mut packed)?;
        }
        Ok(BlockRecord { count: 1, packed: Packed(packed) })
    }
}
