//! Slots: what of a key most evaluations ask, packed for it.

use super::entry::Entry;
use super::plan_row::{ALL, PlanRow};
use super::pool::{Place, PlaceSet, Pool};
use crate::model::{Reason, Short};

/// What decides over most keys.
///
/// In a store of very many keys little of them is in the caches, and memory takes longer to come than the rest of an
/// evaluation. So a slot is half a line of it, with the name and what is asked of most keys; what they give to most
/// users is in the pool of their group.
#[derive(Clone, Debug)]
#[repr(C, align(32))]
pub(super) struct Slot {
    /// The name in a form that is compared at once; `None` if it is a long one.
    short: Option<Short>,
    /// The numbers of the segments of the rows.
    segments: [u16; ROWS],
    /// Where in the pool the default is, and the values of the rows.
    values: [Place; 1 + ROWS],
    rows: Rows,
    /// Why a value is given if no row gives it.
    without_row: Reason,
}

/// What a slot says of rows: their number in the lowest bits, [`MANY`] if more decides than a slot has room for; then
/// whether there may be a tape, and which rows have a rollout.
#[derive(Clone, Copy, Debug, Default)]
struct Rows(u8);

/// Number of rows that are in a slot.
const ROWS: usize = 4;
/// More rows than that, or what is no row, or a segment with a large number: the plan is to be asked.
const MANY: u8 = 7;
const TAPE: u8 = 1 << 3;
const ROLLOUTS: u32 = 4;

impl Slot {
    /// Slot of a key in a group, whose pool takes in its values beside those in use.
    pub(super) fn new(entry: &Entry, pool: &mut Pool, used: PlaceSet) -> Self {
        let plan = &entry.plan;
        let rows = plan.plain_rows();
        let value = |place: usize| match place.checked_sub(1) {
            None => Some(plan.default()),
            Some(row) => plan.plain_value(row),
        };
        let segments = rows.and_then(numbers);
        let rows = segments.and(rows).map_or(Rows(MANY), Rows::of);
        Self {
            short: Short::new(plan.key.as_str()),
            segments: segments.unwrap_or_default(),
            values: pool.take_in(used, std::array::from_fn(value)),
            rows: if entry.may_have_tape() { Rows(rows.0 | TAPE) } else { rows },
            without_row: plan.without_row(),
        }
    }

    /// The slot of no key.
    #[inline]
    pub(super) fn none() -> &'static Self {
        static NONE: Slot = Slot {
            short: None,
            segments: [0; ROWS],
            values: [Place::NONE; 1 + ROWS],
            rows: Rows(MANY),
            without_row: Reason::Static,
        };
        &NONE
    }

    /// The name, if it is short.
    #[inline]
    pub(super) fn short(&self) -> Option<Short> {
        self.short
    }

    /// The numbers of the segments of the rows, if no more decides than that and rollouts: nothing is scheduled and no
    /// row has a split.
    #[inline]
    pub(super) fn segments(&self) -> Option<&[u16]> {
        self.segments.get(..usize::from(self.rows.0 & MANY))
    }

    /// The rows of those that have a rollout, a bit for each.
    #[inline]
    pub(super) fn rollouts(&self) -> u32 {
        u32::from(self.rows.0) >> ROLLOUTS
    }

    /// Whether there may be a tape.
    #[inline]
    pub(super) fn may_have_tape(&self) -> bool {
        self.rows.0 & TAPE > 0
    }

    /// Why a value is given if no row gives it.
    #[inline]
    pub(super) fn without_row(&self) -> Reason {
        self.without_row
    }

    /// Where in the pool the value of a row is, or the default for [`NO_ROW`](super::tape::NO_ROW), if it is there.
    #[inline]
    pub(super) fn value(&self, row: u32) -> Option<Place> {
        // picked by number, for which row it is can hardly be foretold
        self.values.get(row.wrapping_add(1) as usize).copied()
    }

    /// The places of all values.
    pub(super) fn values(&self) -> impl Iterator<Item = Place> + use<> {
        self.values.into_iter()
    }
}

/// The numbers of the segments of rows, if there is room for them.
fn numbers(rows: &[PlanRow]) -> Option<[u16; ROWS]> {
    let mut numbers = [0; ROWS];
    for (place, row) in rows.iter().enumerate() {
        *numbers.get_mut(place)? = u16::try_from(row.test.segment.0).ok()?;
    }
    Some(numbers)
}

impl Rows {
    /// The rows of a plan, as many as there is room for.
    fn of(rows: &[PlanRow]) -> Self {
        let rollouts = rows.iter().zip(ROLLOUTS..);
        let rollouts = rollouts.map(|(row, bit)| u8::from(row.test.rollout != ALL) << bit);
        Self(rollouts.fold(u8::try_from(rows.len()).unwrap_or(MANY), |all, bit| all | bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_half_a_line_of_memory() {
        assert_eq!((size_of::<Option<Slot>>(), align_of::<Slot>()), (32, 32));
    }
}
