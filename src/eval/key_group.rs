//! Groups of the table of keys.

use std::sync::Arc;

use super::counted::{Counted as _, UNCOUNTED};
use super::entry::{Entry, RowSet};
use super::group::{Group, ROOM, Tag};
use super::plan::Plan;
use super::pool::{PlaceSet, Pool, Pools};
use super::slot::Slot;
use super::tape::Tape;
use crate::model::{Reason, Value};

/// Keys whose hashes lead to the same place.
pub(super) type KeyGroup = Group<Slot, Beside>;

/// What the keys of a group have beside their slots.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    pool: Pool,
    entries: Arc<Entries>,
    /// The number of the group.
    number: u32,
}

/// The keys of a group in their order.
#[derive(Clone, Debug)]
struct Entries {
    /// The first of the counters of the evaluations of each.
    first_counters: [u32; ROOM as usize],
    entries: [Option<Entry>; ROOM as usize],
}

/// Index of a key in one state of the keys: that of its group, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotIndex(u32);

/// A key in one state of the keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotRef<'s> {
    // two words, so that it is handed on in registers; the place is not in the slot, so that what lies beside that is asked
    // for together with it
    group: &'s KeyGroup,
    place: u32,
}

impl KeyGroup {
    /// Groups without keys, by their numbers; all that each of them makes is the room for its slots.
    pub(super) fn empty(count: u32) -> impl Iterator<Item = (u32, Self)> {
        let entries = Arc::new(Entries::default());
        (0..count).map(move |number| {
            let entries = Arc::clone(&entries);
            (number, Self::new(Beside { pool: Pool::default(), entries, number }))
        })
    }

    /// Adds a key behind the others, for which there has to be room; its index.
    pub(super) fn add(&mut self, tag: Tag, entry: Entry, pools: &mut Pools) -> SlotIndex {
        let place = self.len();
        let slot = self.slot(&entry, place, pools);
        self.push(tag, slot);
        self.beside.set(place, entry);
        SlotIndex::new(self.beside.number, place)
    }

    /// Puts a key in the place of what is there, and returns that.
    pub(super) fn exchange(
        &mut self,
        place: u32,
        entry: Entry,
        pools: &mut Pools,
    ) -> Option<Entry> {
        let slot = self.slot(&entry, place, pools);
        self.replace(place, slot);
        self.beside.set(place, entry)
    }

    /// Slot of a key at a place, beside those of the others.
    fn slot(&mut self, entry: &Entry, place: u32, pools: &mut Pools) -> Slot {
        let others = (0..).zip(self.things()).filter(|(other, _)| *other != place);
        let used: PlaceSet = others.flat_map(|(_, slot)| slot.values()).collect();
        let slot = Slot::new(entry, &mut self.beside.pool, used);
        pools.share(&mut self.beside.pool);
        slot
    }

    /// The key at a place.
    pub(super) fn entry(&self, place: u32) -> Option<&Entry> {
        self.beside.entry(place)
    }

    /// The keys in their order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.beside.entries.entries.iter().map_while(Option::as_ref)
    }
}

impl Beside {
    #[inline]
    fn entry(&self, place: u32) -> Option<&Entry> {
        self.entries.entries.get(place as usize)?.as_ref()
    }

    /// Puts a key at a place, and returns the one that was there.
    fn set(&mut self, place: u32, entry: Entry) -> Option<Entry> {
        let entries = Arc::make_mut(&mut self.entries);
        *entries.first_counters.get_mut(place as usize)? = entry.plan.first_counter();
        entries.entries.get_mut(place as usize)?.replace(entry)
    }
}

impl Default for Entries {
    fn default() -> Self {
        let entries = [const { None }; ROOM as usize];
        Self { first_counters: [UNCOUNTED; ROOM as usize], entries }
    }
}

impl<'s> SlotRef<'s> {
    /// The key at a place of a group.
    #[inline]
    pub(super) fn at(group: &'s KeyGroup, place: u32) -> Option<Self> {
        group.thing(place).map(|_| Self { group, place })
    }

    #[inline]
    fn slot(self) -> &'s Slot {
        self.group.thing(self.place).unwrap_or(Slot::none())
    }

    #[inline]
    pub(super) fn index(self) -> SlotIndex {
        SlotIndex::new(self.group.beside.number, self.place)
    }

    #[inline]
    pub(super) fn plan(self) -> &'s Plan {
        self.entry().map_or(Plan::none(), |entry| &entry.plan)
    }

    #[inline]
    fn entry(self) -> Option<&'s Entry> {
        self.group.beside.entry(self.place)
    }

    /// The number of the segment of each row, if no more decides than that and rollouts.
    #[inline]
    pub(super) fn segments(self) -> Option<&'s [u16]> {
        self.slot().segments()
    }

    /// The rows of those that have a rollout, a bit for each.
    #[inline]
    pub(super) fn rollouts(self) -> u32 {
        self.slot().rollouts()
    }

    /// Why a value is given if no row gives it.
    #[inline]
    pub(super) fn without_row(self) -> Reason {
        self.slot().without_row()
    }

    /// The first of the counters of its evaluations in an era.
    #[inline]
    pub(super) fn first_counter(self, era: u32) -> u32 {
        let counters = &self.group.beside.entries.first_counters;
        match counters.get(self.place as usize) {
            Some(first) if era == 0 => *first,
            _ => self.plan().first_counter_of(era),
        }
    }

    /// The value of a row of the first era that has no split, or the default for [`NO_ROW`](super::tape::NO_ROW), if it
    /// is in the pool.
    #[inline]
    pub(super) fn plain_value(self, row: u32) -> Option<&'s Value> {
        self.group.beside.pool.get(self.slot().value(row)?)
    }

    /// The tape, if it was made.
    #[inline]
    pub(super) fn tape(self) -> Option<&'s Tape> {
        if self.slot().may_have_tape() { self.entry()?.tape() } else { None }
    }

    /// The tape, if there is to be one; it is made of the rows that no other key asks.
    pub(super) fn tape_by(self, make: impl FnOnce(RowSet) -> Option<Tape>) -> Option<&'s Tape> {
        self.entry()?.tape_by(make)
    }
}

impl SlotIndex {
    #[inline]
    fn new(group: u32, place: u32) -> Self {
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
