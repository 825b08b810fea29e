//! Table of the keys by name and by number: a hash table of their plans, in pages that its copies share.
//!
//! A key that was made keeps its name and number for ever, so nothing is ever taken out.

use std::sync::{Arc, OnceLock};

use xxhash_rust::xxh3::xxh3_64;

use super::counted::Counted as _;
use super::plan::Plan;
use super::plan_row::ALL;
use super::tape::Tape;
use super::trie::Trie;
use crate::model::{KeyId, Reason, SegmentId, Short, Value};

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

/// A key in one state of the keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotRef<'s> {
    pub(super) index: SlotIndex,
    pub(super) slot: &'s Slot,
}

/// A key.
///
/// In a store of very many keys little of them is in the caches, and a line of memory takes longer to come
/// than the rest of an evaluation. So what decides over most keys is in one line with the name, and what most of them
/// give in the line after it, which comes with the first; else the plan is looked at.
#[derive(Clone, Debug)]
#[repr(C, align(128))]
pub(super) struct Slot {
    /// The name in a form that is compared at once; `None` if it is a long one.
    short: Option<Short>,
    pub(super) plan: Arc<Plan>,
    /// The tests of the rows, if some are of this key alone.
    tape: Option<Arc<TapeCell>>,
    /// The segments of the rows.
    segments: [SegmentId; ROWS],
    /// The first of the counters of its evaluations.
    pub(super) first_counter: u32,
    /// Why a value is given if no row gives it.
    pub(super) without_row: Reason,
    /// Number of rows; `None` if more than that decides, and the plan is to be asked.
    count: Option<u8>,
    /// The rows that have a rollout, a bit for each.
    rollouts: u8,
    /// The default, and the values of the first rows.
    near: [Value; NEAR],
}

/// Number of rows that are in a slot.
const ROWS: usize = 4;
/// Number of values that are in a slot.
const NEAR: usize = 3;

/// Rows of a plan, a bit for each of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowSet(u32);

impl RowSet {
    /// Number of rows that there can be.
    pub(super) const ROWS: usize = 32;

    /// The rows for which something holds.
    pub(super) fn of(rows: impl Iterator<Item = bool>) -> Self {
        let bits = rows.take(Self::ROWS).zip(0..).map(|(is_in, row)| u32::from(is_in) << row);
        Self(bits.fold(0, |all, bit| all | bit))
    }

    pub(super) fn has(self, row: u32) -> bool {
        self.0.checked_shr(row).is_some_and(|bits| bits & 1 > 0)
    }
}

/// Tape of a key, made when it is first needed.
#[derive(Debug)]
struct TapeCell {
    /// The rows whose segments no other key asks.
    own: RowSet,
    /// Empty if there is none.
    tape: OnceLock<Tape>,
}

impl Slot {
    /// Slot of a key; `own` are the rows whose segments no other key asks.
    fn new(plan: Arc<Plan>, own: RowSet) -> Self {
        let rows = plan.plain_rows().filter(|rows| rows.len() <= ROWS);
        let mut segments = [SegmentId(0); ROWS];
        for (segment, row) in segments.iter_mut().zip(rows.unwrap_or_default()) {
            *segment = row.test.segment;
        }
        let rollouts = rows.unwrap_or_default().iter().zip(0..);
        let rollouts = rollouts.map(|(row, n)| u8::from(row.test.rollout != ALL) << n);
        let value = |row| plan.plain_value(row).map_or(Value::Null, Value::clone);
        Self {
            short: Short::new(plan.key.as_str()),
            tape: TapeCell::new(own),
            segments,
            first_counter: plan.first_counter(),
            without_row: plan.without_row(),
            count: rows.and_then(|rows| u8::try_from(rows.len()).ok()),
            rollouts: rollouts.fold(0, |all, bit| all | bit),
            near: [plan.default().clone(), value(0), value(1)],
            plan,
        }
    }

    /// The segment of each row, if no more decides than that and rollouts: nothing is scheduled and no row has a split.
    #[inline]
    pub(super) fn segments(&self) -> Option<&[SegmentId]> {
        self.segments.get(..self.count?.into())
    }

    /// Whether a row of those has a rollout.
    #[inline]
    pub(super) fn has_rollout(&self, row: u32) -> bool {
        self.rollouts >> row & 1 > 0
    }

    /// The value of a row of the first era that has no split, or the default for the largest number of all, if it is
    /// near.
    #[inline]
    pub(super) fn near(&self, row: u32) -> Option<&Value> {
        self.near.get(row.wrapping_add(1) as usize)
    }

    /// The tape, if it was made.
    #[inline]
    pub(super) fn tape(&self) -> Option<&Tape> {
        self.tape.as_ref()?.tape.get().filter(|tape| !tape.is_empty())
    }

    /// The tape, if there is to be one; it is made of the rows that no other key asks.
    pub(super) fn tape_by(&self, make: impl FnOnce(RowSet) -> Option<Tape>) -> Option<&Tape> {
        let cell = self.tape.as_ref()?;
        let tape = cell.tape.get_or_init(|| make(cell.own).unwrap_or_default());
        (!tape.is_empty()).then_some(tape)
    }

    /// The same slot, whose tape is to be made anew; `None` if it has none.
    fn renewed(&self) -> Option<Self> {
        let cell = self.tape.as_ref()?;
        Some(Self { tape: TapeCell::new(cell.own), ..self.clone() })
    }

    #[inline]
    fn is_of(&self, name: &str, short: Option<Short>) -> bool {
        match self.short {
            None => self.plan.key.as_str() == name,
            known => known == short,
        }
    }
}

impl TapeCell {
    fn new(own: RowSet) -> Option<Arc<Self>> {
        (own != RowSet::default()).then(|| Arc::new(Self { own, tape: OnceLock::new() }))
    }
}

impl Keys {
    /// Number of keys.
    pub(super) fn len(&self) -> u32 {
        self.count
    }

    /// Index of the key with a name.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<SlotRef<'_>> {
        let short = Short::new(name);
        let mut index = self.start(name, short)?;
        while let Some(slot) = self.slots.get(index.0) {
            if slot.is_of(name, short) {
                return Some(SlotRef { index, slot });
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

    /// Puts in a plan, in place of the one that the key has, and returns that; `own` are the rows whose segments no
    /// other key asks.
    pub(super) fn set(&mut self, plan: Arc<Plan>, own: RowSet) -> Option<Arc<Plan>> {
        if let Some(index) = self.numbered(plan.id) {
            return self.slots.set(index.0, Slot::new(plan, own)).map(|old| old.plan);
        }
        // at most half of the slots are taken, so that searches are short
        if (self.count + 1).saturating_mul(2) > self.capacity {
            self.grow();
        }
        self.count += 1;
        self.put(Slot::new(plan, own));
        None
    }

    /// Forgets the tape of a key: it is to be made of other conditions.
    pub(super) fn forget_tape(&mut self, key: KeyId) {
        let Some(index) = self.numbered(key) else { return };
        if let Some(slot) = self.at(index).and_then(Slot::renewed) {
            self.slots.set(index.0, slot);
        }
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
        let Some(mut index) = self.start(slot.plan.key.as_str(), slot.short) else { return };
        while self.slots.get(index.0).is_some() {
            index = self.after(index);
        }
        self.by_number.set(slot.plan.id.0, index);
        self.slots.set(index.0, slot);
    }

    /// Index at which a name is looked for first. Not keyed: those who name keys can slow down nobody but themselves.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "every half of it is a hash, too")]
    fn start(&self, name: &str, short: Option<Short>) -> Option<SlotIndex> {
        let mask = self.capacity.checked_sub(1)?;
        let hash = short.map_or_else(|| xxh3_64(name.as_bytes()), Short::hash);
        Some(SlotIndex(hash as u32 & mask))
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
    fn a_slot_is_two_lines() {
        assert_eq!(size_of::<Option<Slot>>(), 128);
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
            assert!(keys.set(plan(n), RowSet::default()).is_none());
            assert_eq!(keys.set(plan(n), RowSet::default()).map(|old| old.id), Some(KeyId(n)));
        }
        for n in 1..2_000 {
            let index = keys.find(&name(n)).map(|found| found.index);
            assert_eq!(index, keys.numbered(KeyId(n)));
            let plan = index.and_then(|index| keys.at(index)).map(|slot| &slot.plan);
            assert_eq!(
                plan.map(|plan| (plan.id, plan.key.clone())),
                Some((KeyId(n), Name::lossy(&name(n))))
            );
        }
        assert!(empty.find(&name(1)).is_none());
        assert_eq!((keys.len(), empty.len()), (1_999, 0));
    }
}
