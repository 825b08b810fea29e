//! Numbers in place of the ids of users: found without a text of its own for each, or a list of equal hashes.

use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

use crate::error::Result;
use crate::model::UserIds;

/// The tag of a place in which there is no id.
const FREE: u8 = 0;

/// Ids and their numbers: the places in which they were first met.
///
/// They are found by their hashes: where an id belongs another may be, then it is in the next free place. A third
/// of the places is free. Of each place there is a byte of the hash, apart from the numbers: so who looks for an id
/// that is not there mostly looks into one line of the processor's cache.
#[derive(Debug, Default)]
pub(super) struct Interner {
    ids: UserIds,
    tags: Box<[u8]>,
    /// The numbers in the places; as many as tags.
    numbers: Box<[u32]>,
}

impl Interner {
    fn new(mut ids: UserIds) -> Self {
        ids.shrink();
        let places = ids.len() + ids.len() / 2 + 1;
        let mut tags = vec![FREE; places].into_boxed_slice();
        let mut numbers = vec![0; places].into_boxed_slice();
        for (id, number) in ids.iter().zip(0..) {
            let hash = xxh3_64(id.as_bytes());
            let free = around(&tags, place(hash, places)).find(|(_, tag)| *tag == FREE);
            let free = free.map_or(0, |(place, _)| place); // there always is one
            tags[free] = tag(hash);
            numbers[free] = number;
        }
        Self { ids, tags, numbers }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of an id.
    #[inline]
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        let hash = xxh3_64(id.as_bytes());
        let wanted = tag(hash);
        let taken = around(&self.tags, place(hash, self.tags.len()));
        let like = taken.take_while(|(_, tag)| *tag != FREE).filter(|(_, tag)| *tag == wanted);
        let mut numbers = like.filter_map(|(place, _)| self.numbers.get(place).copied());
        numbers.find(|number| self.ids.get(*number as usize) == Some(id))
    }

    /// The numbers of ids, which are distinct, and the interner that has them, unless this one does.
    pub(super) fn with(&self, ids: &UserIds) -> Result<(Option<Self>, RoaringBitmap)> {
        let (mut numbers, mut new) = (Vec::with_capacity(ids.len()), UserIds::default());
        for id in ids.iter() {
            match self.find(id) {
                Some(number) => numbers.push(number),
                None => new.push(id)?,
            }
        }
        if new.len() == 0 {
            numbers.sort_unstable();
            return Ok((None, bitmap(numbers)));
        }
        let mut all = self.ids.clone();
        for id in new.iter() {
            numbers.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
            all.push(id)?;
        }
        numbers.sort_unstable();
        Ok((Some(Self::new(all)), bitmap(numbers)))
    }

    /// The ids of some of the numbers, numbered anew in the same order.
    pub(super) fn only(&self, numbers: &RoaringBitmap) -> Result<Self> {
        let mut ids = UserIds::default();
        for number in numbers {
            ids.push(self.ids.get(number as usize).unwrap_or_default())?;
        }
        Ok(Self::new(ids))
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

/// Where an id belongs, by its hash.
#[inline]
fn place(hash: u64, places: usize) -> usize {
    // the upper half of the hash as a fraction of the places
    usize::try_from(((hash >> 32) * places as u64) >> 32).unwrap_or_default()
}

/// The byte of a hash that is kept; it says nothing of the place.
#[inline]
fn tag(hash: u64) -> u8 {
    let [low, ..] = hash.to_le_bytes();
    low.max(1)
}

/// The tags from a place on, once around.
#[inline]
fn around(tags: &[u8], start: usize) -> impl Iterator<Item = (usize, u8)> {
    let (before, after) = tags.split_at_checked(start).unwrap_or_default();
    (start..).zip(after.iter().copied()).chain((0..).zip(before.iter().copied()))
}
