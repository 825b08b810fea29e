//! Numbers of the ids of users, found by the hashes of the ids.

use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::model::UserIds;

/// The tag of a free slot.
const FREE: u8 = 0;

/// Ids and their numbers, which count them in the order in which they were met.
///
/// A hash table: where an id belongs another may be, then it is in the next free slot. Of each slot there is a byte
/// of the hash, the tag, apart from the number: so who looks for an id that is not there mostly looks into one line
/// of the processor's cache. A third of the slots is free, however many ids there are: a table that doubles would
/// take up to 11 bytes an id instead of 7.5.
#[derive(Debug, Default)]
pub(super) struct Interner {
    ids: UserIds,
    tags: Box<[u8]>,
    /// As many as tags.
    numbers: Box<[u32]>,
}

impl Interner {
    fn new(mut ids: UserIds) -> Result<Self> {
        ids.shrink();
        let slots = ids.len() + ids.len() / 2 + 1;
        let mut tags = vec![FREE; slots].into_boxed_slice();
        let mut numbers = vec![0; slots].into_boxed_slice();
        for (id, number) in ids.iter().zip(0..) {
            let hash = xxh3_64(id.as_bytes());
            let free = around(&tags, start(hash, slots)).find(|(_, tag)| *tag == FREE);
            let free = free.and_then(|(slot, _)| tags.get_mut(slot).zip(numbers.get_mut(slot)));
            let free = free.ok_or_else(|| Error::bug("an id of a list finds no free slot"))?;
            (*free.0, *free.1) = (tag(hash), number);
        }
        Ok(Self { ids, tags, numbers })
    }

    /// Number of ids.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of an id.
    #[inline]
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        let hash = xxh3_64(id.as_bytes());
        let wanted = tag(hash);
        let taken = around(&self.tags, start(hash, self.tags.len()));
        let like = taken.take_while(|(_, tag)| *tag != FREE).filter(|(_, tag)| *tag == wanted);
        let mut numbers = like.filter_map(|(slot, _)| self.numbers.get(slot).copied());
        numbers.find(|number| self.ids.get(*number as usize) == Some(id))
    }

    /// The id with a number.
    pub(super) fn get(&self, number: u32) -> Option<&str> {
        self.ids.get(number as usize)
    }

    /// The numbers of ids, which are distinct, and the interner that has them, unless this one does.
    pub(super) fn with(&self, ids: &UserIds) -> Result<(Option<Self>, RoaringBitmap)> {
        let (mut numbers, mut new) = (Vec::with_capacity(ids.len()), Vec::new());
        for id in ids.iter() {
            match self.find(id) {
                Some(number) => numbers.push(number),
                None => new.push(id),
            }
        }
        let first = u32::try_from(self.len()).unwrap_or(u32::MAX);
        numbers.extend(new.iter().zip(first..).map(|(_, number)| number));
        numbers.sort_unstable();
        let with_new = if new.is_empty() { None } else { Some(Self::new(self.ids.with(&new)?)?) };
        Ok((with_new, bitmap(numbers)))
    }

    /// The ids of some of the numbers, numbered anew in the same order.
    pub(super) fn only(&self, numbers: &RoaringBitmap) -> Result<Self> {
        let mut ids = UserIds::default();
        for number in numbers {
            let id = self.ids.get(number as usize);
            ids.push(id.ok_or_else(|| Error::bug("a number in a list has no id"))?)?;
        }
        Self::new(ids)
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.ids.bytes() + self.tags.len() * (1 + size_of::<u32>())
    }
}

/// A bitmap of numbers, which come in order.
pub(super) fn bitmap(numbers: impl IntoIterator<Item = u32>) -> RoaringBitmap {
    let mut bitmap = RoaringBitmap::new();
    for number in numbers {
        bitmap.insert(number);
    }
    bitmap.optimize();
    bitmap
}

/// The slot in which an id belongs, by its hash; any would do that is always the same.
#[inline]
fn start(hash: u64, slots: usize) -> usize {
    // the upper half of the hash as a fraction of the slots
    usize::try_from(((hash >> 32) * slots as u64) >> 32).unwrap_or_default()
}

/// The byte of a hash that is kept; it says nothing of the slot.
#[inline]
fn tag(hash: u64) -> u8 {
    let [low, ..] = hash.to_le_bytes();
    low.max(1)
}

/// The tags from a slot on, once around.
#[inline]
fn around(tags: &[u8], start: usize) -> impl Iterator<Item = (usize, u8)> {
    let start = start.min(tags.len());
    let (before, after) = tags.split_at(start);
    (start..).zip(after.iter().copied()).chain((0..).zip(before.iter().copied()))
}
