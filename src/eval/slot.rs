//! Slots: what of a key most evaluations ask, packed for it.

use std::sync::{Arc, OnceLock};

use super::counted::{Counted as _, UNCOUNTED};
use super::group::{Group, ROOM};
use super::plan::Plan;
use super::plan_row::ALL;
use super::tape::Tape;
use crate::model::{KeyId, Name, Reason, SegmentId, Short, Value};

/// A key.
///
/// In a store of very many keys little of them is in the caches, and a line of memory takes longer to come
/// than the rest of an evaluation. So a slot is one line, which has the name, what decides over most keys, and what they
/// give to most users; else the rest of the slot is looked at.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Slot {
    /// The name in a form that is compared at once; `None` if it is a long one.
    short: Option<Short>,
    default: Value,
    /// The segments of the rows.
    segments: [SegmentId; ROWS],
    /// The first of the counters of its evaluations.
    first_counter: u32,
    /// Why a value is given if no row gives it.
    without_row: Reason,
    /// Number of rows; [`MANY`] if more than that decides, and the plan is to be asked.
    count: u8,
    /// The rows that have a rollout, a bit for each.
    rollouts: u8,
    /// Whether some of the rows are of this key alone, so that it has a tape.
    is_taped: bool,
}

/// Number of rows that are in a slot.
const ROWS: usize = 4;
/// More rows than that, or what is no row.
const MANY: u8 = u8::MAX;

/// The rest of a slot.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    plan: Arc<Plan>,
    /// The tests of the rows, if some are of this key alone.
    tape: Option<Arc<TapeCell>>,
    /// The values of the rows.
    values: [Value; ROWS],
}

/// Index of the slot of a key, in one state of the keys: that of its group, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotIndex(u32);

/// A key in one state of the keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotRef<'s> {
    // two words, so that it is handed on in registers
    pub(super) group: &'s Group<Slot, Rest>,
    pub(super) index: SlotIndex,
}

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
    pub(super) fn new(plan: Arc<Plan>, own: RowSet) -> (Self, Rest) {
        let rows = plan.plain_rows().filter(|rows| rows.len() <= ROWS);
        let count = rows.and_then(|rows| u8::try_from(rows.len()).ok());
        let mut segments = [SegmentId(0); ROWS];
        for (segment, row) in segments.iter_mut().zip(rows.unwrap_or_default()) {
            *segment = row.test.segment;
        }
        let rollouts = rows.unwrap_or_default().iter().zip(0..);
        let rollouts = rollouts.map(|(row, n)| u8::from(row.test.rollout != ALL) << n);
        let tape = TapeCell::new(own);
        let slot = Self {
            short: Short::new(plan.key.as_str()),
            default: plan.default().clone(),
            segments,
            first_counter: plan.first_counter(),
            without_row: plan.without_row(),
            count: count.unwrap_or(MANY),
            rollouts: rollouts.fold(0, |all, bit| all | bit),
            is_taped: tape.is_some(),
        };
        let value = |row| plan.plain_value(row).map_or(Value::Null, Value::clone);
        let values = std::array::from_fn(value);
        (slot, Rest { plan, tape, values })
    }

    /// The name, if it is short.
    #[inline]
    pub(super) fn short(&self) -> Option<Short> {
        self.short
    }
}

impl Rest {
    pub(super) fn into_plan(self) -> Arc<Plan> {
        self.plan
    }

    pub(super) fn id(&self) -> KeyId {
        self.plan.id
    }

    /// The name of the key.
    pub(super) fn name(&self) -> &Name {
        &self.plan.key
    }
}

impl<'s> SlotRef<'s> {
    #[inline]
    fn slot(self) -> Option<&'s Slot> {
        self.group.thing(self.index.place())
    }

    #[inline]
    fn rest(self) -> Option<&'s Rest> {
        self.group.rest(self.index.place())
    }

    #[inline]
    pub(super) fn plan(self) -> &'s Plan {
        self.rest().map_or_else(|| Plan::none(), |rest| &*rest.plan) // there always is one
    }

    /// The segment of each row, if no more decides than that and rollouts: nothing is scheduled and no row has a split.
    #[inline]
    pub(super) fn segments(self) -> Option<&'s [SegmentId]> {
        let slot = self.slot()?;
        slot.segments.get(..slot.count.into())
    }

    /// The rows of those that have a rollout, a bit for each.
    #[inline]
    pub(super) fn rollouts(self) -> u32 {
        self.slot().map_or(0, |slot| slot.rollouts.into())
    }

    /// Why a value is given if no row gives it.
    #[inline]
    pub(super) fn without_row(self) -> Reason {
        self.slot().map_or(Reason::UnknownKey, |slot| slot.without_row)
    }

    /// The first of the counters of its evaluations in an era.
    #[inline]
    pub(super) fn first_counter(self, era: u32) -> u32 {
        match era {
            0 => self.slot().map_or(UNCOUNTED, |slot| slot.first_counter),
            later => self.plan().first_counter_of(later),
        }
    }

    /// The value of a row of the first era that has no split, or the default for [`NO_ROW`](super::tape::NO_ROW), if it
    /// is in the slot.
    #[inline]
    pub(super) fn plain_value(self, row: u32) -> Option<&'s Value> {
        let [first, second, third, fourth] = &self.rest()?.values;
        // picked by number, for which row it is can hardly be foretold
        let values = [&self.slot()?.default, first, second, third, fourth];
        values.get(row.wrapping_add(1) as usize).copied()
    }

    /// The tape, if it was made.
    #[inline]
    pub(super) fn tape(self) -> Option<&'s Tape> {
        if !self.slot()?.is_taped {
            return None;
        }
        self.rest()?.tape.as_ref()?.tape.get().filter(|tape| !tape.is_empty())
    }

    /// The tape, if there is to be one; it is made of the rows that no other key asks.
    pub(super) fn tape_by(self, make: impl FnOnce(RowSet) -> Option<Tape>) -> Option<&'s Tape> {
        let cell = self.rest()?.tape.as_ref()?;
        let tape = cell.tape.get_or_init(|| make(cell.own).unwrap_or_default());
        (!tape.is_empty()).then_some(tape)
    }

    /// The same, but for the tape, which is to be made anew; `None` if it has none.
    pub(super) fn renewed(self) -> Option<(Slot, Rest)> {
        let rest = self.rest()?;
        let tape = TapeCell::new(rest.tape.as_ref()?.own);
        Some((self.slot()?.clone(), Rest { tape, ..rest.clone() }))
    }
}

impl SlotIndex {
    #[inline]
    pub(super) fn new(group: u32, place: u32) -> Self {
        Self(group * ROOM + place)
    }

    #[inline]
    pub(super) fn group(self) -> u32 {
        self.0 / ROOM
    }

    #[inline]
    pub(super) fn place(self) -> u32 {
        self.0 % ROOM
    }
}

impl TapeCell {
    fn new(own: RowSet) -> Option<Arc<Self>> {
        (own != RowSet::default()).then(|| Arc::new(Self { own, tape: OnceLock::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_a_line_of_memory() {
        assert_eq!((size_of::<Slot>(), align_of::<Slot>()), (64, 64));
    }
}
