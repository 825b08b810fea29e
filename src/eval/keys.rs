//! Table of the keys by name and by number: a hash table of their plans, in pages that its copies share.
//!
//! A key that was made keeps its name and number for ever, so nothing is ever taken out.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::counted::Counted as _;
use super::plan::Plan;
use super::plan_row::RowTest;
use super::trie::Trie;
use crate::model::{KeyId, Reason, SegmentId, Short};

/// The keys: slots by the hashes of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    slots: Trie<Slot>,
    /// Number of slots, taken or not: 0 or a power of two.
    capacity: u32,
    count: u32,
    by_number: Trie<SlotIndex>,
}

/// Index of the slot of a key, in one state of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotIndex(u32);

/// A key.
///
/// In a store of very many keys little of them is in the caches, and a line of memory takes longer to come
/// than the rest of an evaluation. So what decides over most keys is in one line with the name; the plan is
/// looked at for what they give.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Slot {
    /// The name in a form that is compared at once; `None` if it is a long one.
    short: Option<Short>,
    pub(super) plan: Arc<Plan>,
    /// The first of the counters of its evaluations.
    pub(super) first_counter: u32,
    /// Why a value is given if no row gives it.
    pub(super) without_row: Reason,
    /// Number of tests; `None` if more than that decides, and the plan is to be asked.
    count: Option<u8>,
    tests: [RowTest; TESTS],
}

const TESTS: usize = 4;

impl Slot {
    fn new(plan: Arc<Plan>) -> Self {
        let rows = plan.plain_rows().filter(|rows| rows.len() <= TESTS);
        let mut tests = [RowTest { segment: SegmentId(0), rollout: 0 }; TESTS];
        for (test, row) in tests.iter_mut().zip(rows.unwrap_or_default()) {
            *test = row.test;
        }
        Self {
            short: Short::new(plan.key.as_str()),
            first_counter: plan.first_counter(),
            without_row: plan.without_row(),
            count: rows.and_then(|rows| u8::try_from(rows.len()).ok()),
            tests,
            plan,
        }
    }

    /// For each row whom it is for, if that is all that decides: nothing is scheduled and no row has a split.
    #[inline]
    pub(super) fn tests(&self) -> Option<&[RowTest]> {
        self.tests.get(..self.count?.into())
    }

    #[inline]
    fn is_of(&self, name: &str, short: Option<Short>) -> bool {
        match self.short {
            None => self.plan.key.as_str() == name,
            known => known == short,
        }
    }
}

impl Keys {
    /// Number of keys.
    pub(super) fn len(&self) -> u32 {
        self.count
    }

    /// Index of the key with a name.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<SlotIndex> {
        let short = Short::new(name);
        let mut index = self.start(name)?;
        while let Some(slot) = self.slots.get(index.0) {
            if slot.is_of(name, short) {
                return Some(index);
            }
            index = self.after(index);
        }
        None
    }

    /// Index of the key with a number.
    #[inline]
    pub(super) fn numbered(&self, key: KeyId) -> Option<SlotIndex> {
        self.by_number.get(key.0).copied()
    }

    #[inline]
    pub(super) fn at(&self, index: SlotIndex) -> Option<&Slot> {
        self.slots.get(index.0)
    }

    /// Puts in a plan, in place of the one that the key has, and returns that.
    pub(super) fn set(&mut self, plan: Arc<Plan>) -> Option<Arc<Plan>> {
        if let Some(index) = self.numbered(plan.id) {
            return self.slots.set(index.0, Slot::new(plan)).map(|old| old.plan);
        }
        // at most half of the slots are taken, so that searches are short
        if (self.count + 1).saturating_mul(2) > self.capacity {
            self.grow();
        }
        self.count += 1;
        self.put(Slot::new(plan));
        None
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        let taken = (0..self.capacity).filter_map(|index| old.get(index));
        self.capacity = self.capacity.saturating_mul(2).max(64);
        for slot in taken {
            self.put(slot.clone());
        }
    }

    /// Puts a key where there is room.
    fn put(&mut self, slot: Slot) {
        let Some(mut index) = self.start(slot.plan.key.as_str()) else { return };
        while self.slots.get(index.0).is_some() {
            index = self.after(index);
        }
        self.by_number.set(slot.plan.id.0, index);
        self.slots.set(index.0, slot);
    }

    /// Index at which a name is looked for first. Not keyed: those who name keys can slow down nobody but themselves.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "every half of it is a hash, too")]
    fn start(&self, name: &str) -> Option<SlotIndex> {
        let mask = self.capacity.checked_sub(1)?;
        Some(SlotIndex(xxh3_64(name.as_bytes()) as u32 & mask))
    }

    #[inline]
    fn after(&self, index: SlotIndex) -> SlotIndex {
        SlotIndex((index.0 + 1) & (self.capacity - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Name;

    #[test]
    fn a_slot_is_one_line() {
        assert_eq!(size_of::<Option<Slot>>(), 64);
    }

    #[test]
    fn every_key_is_found() {
        let name = |n: u32| format!("{}{n}", "long name of ".repeat(n as usize % 3));
        let plan = |n: u32| {
            let mut plan = Plan::unknown(&name(n));
            plan.id = KeyId(n);
            Arc::new(plan)
        };
        let mut keys = Keys::default();
        let empty = keys.clone();
        for n in 1..2_000 {
            assert!(keys.find(&name(n)).is_none() && keys.numbered(KeyId(n)).is_none());
            assert!(keys.set(plan(n)).is_none());
            assert_eq!(keys.set(plan(n)).map(|old| old.id), Some(KeyId(n)));
        }
        for n in 1..2_000 {
            let index = keys.find(&name(n));
            assert_eq!(index, keys.numbered(KeyId(n)));
            let plan = index.and_then(|index| keys.at(index)).map(|slot| &slot.plan);
            assert_eq!(
                plan.map(|plan| (plan.id, plan.key.clone())),
                Some((KeyId(n), Name::lossy(&name(n))))
            );
        }
        assert_eq!((keys.len(), empty.find(&name(1)), empty.len()), (1_999, None, 0));
    }
}
