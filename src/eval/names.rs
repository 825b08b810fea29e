//! The numbers of the keys by their names: a hash table in pages that its copies share.
//!
//! A key that was made keeps its name and number for ever, so nothing is ever taken out.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::KeyId;

/// How many slots a page has: making a key copies one page.
const SLOTS: usize = 1024;

/// A hash and a number; the number 0 is no key's.
type Slot = (u32, u32);

/// The keys by name. What it finds is to be compared by name: it keeps hashes only.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pages: Vec<Arc<[Slot; SLOTS]>>,
    count: usize,
}

impl Names {
    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// What is found by the number of a key whose name has the hash of a name; at the first that finds
    /// something.
    #[inline]
    pub(super) fn find<T>(&self, name: &str, find: impl Fn(KeyId) -> Option<T>) -> Option<T> {
        let mask = (self.pages.len() * SLOTS).checked_sub(1)?;
        let hash = hash(name);
        let mut at = hash as usize;
        loop {
            let (slot, number) = self.slot(at & mask)?;
            if number == 0 {
                return None;
            }
            if slot == hash
                && let Some(found) = find(KeyId(number))
            {
                return Some(found);
            }
            at += 1;
        }
    }

    /// Adds a key that is not there.
    pub(super) fn add(&mut self, name: &str, key: KeyId) {
        // at most half of the slots are taken, so that searches are short
        if (self.count + 1) * 2 > self.pages.len() * SLOTS {
            self.grow();
        }
        self.put((hash(name), key.0));
        self.count += 1;
    }

    fn grow(&mut self) {
        let pages = (self.pages.len() * 2).max(1);
        let empty = (0..pages).map(|_| Arc::new([(0, 0); SLOTS])).collect();
        let old = std::mem::replace(&mut self.pages, empty);
        for slot in old.iter().flat_map(|page| page.iter()).filter(|(_, number)| *number > 0) {
            self.put(*slot);
        }
    }

    fn put(&mut self, slot: Slot) {
        let mask = self.pages.len() * SLOTS - 1;
        let mut at = slot.0 as usize & mask;
        while self.slot(at).is_some_and(|(_, number)| number > 0) {
            at = (at + 1) & mask;
        }
        let page = self.pages.get_mut(at / SLOTS).map(Arc::make_mut);
        if let Some(free) = page.and_then(|page| page.get_mut(at % SLOTS)) {
            *free = slot;
        }
    }

    #[inline]
    fn slot(&self, at: usize) -> Option<Slot> {
        self.pages.get(at / SLOTS)?.get(at % SLOTS).copied()
    }
}

/// Not keyed: those who name keys can slow down nobody but themselves.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "every half of it is a hash, too")]
fn hash(name: &str) -> u32 {
    xxh3_64(name.as_bytes()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        let name = |n: u32| format!("key{n}");
        let is = |n: u32| move |key: KeyId| (key.0 == n).then_some(n);
        let mut names = Names::default();
        let empty = names.clone();
        for n in 1..2_000 {
            assert_eq!(names.find(&name(n), is(n)), None);
            names.add(&name(n), KeyId(n));
        }
        for n in 1..2_000 {
            assert_eq!(names.find(&name(n), is(n)), Some(n));
            assert_eq!(names.find(&name(n), is(n + 1)), None);
        }
        assert_eq!((names.len(), empty.find("key1", is(1))), (1_999, None));
    }
}
