//! Table of the keys by name and by number: a hash table of their plans, in groups that its copies share.
//!
//! A key that was made keeps its name and number for ever, so nothing is ever taken out.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::entry::{Entry, RowSet};
use super::group::{Group, ROOM, Tag};
use super::key_group::{KeyGroup, SlotIndex, SlotRef};
use super::plan::Plan;
use super::pool::Pools;
use super::slot::Slot;
use super::trie::Trie;
use crate::model::{KeyId, Short};

/// The keys: slots by the hashes of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    groups: Trie<KeyGroup>,
    /// Number of groups that hashes lead to: 0 or a power of two.
    capacity: u32,
    count: u32,
    by_number: Trie<SlotIndex>,
    /// The pools that groups took lately.
    pools: Pools,
}

/// Name of a key as it is looked for.
#[derive(Clone, Copy)]
struct Sought<'n> {
    name: &'n str,
    short: Option<Short>,
    hash: u64,
}

impl<'n> Sought<'n> {
    /// Not keyed: those who name keys can slow down nobody but themselves.
    #[inline]
    fn new(name: &'n str) -> Self {
        let short = Short::new(name);
        let hash = short.map_or_else(|| long_hash(name), Short::hash);
        Self { name, short, hash }
    }

    #[inline]
    fn is<'e>(self, slot: &Slot, entry: impl FnOnce() -> Option<&'e Entry>) -> bool {
        match slot.short() {
            None => entry().is_some_and(|entry| entry.plan.key.as_str() == self.name),
            known => known == self.short,
        }
    }
}

impl Keys {
    /// No keys, and room for a number of them.
    pub(super) fn with_room(count: u32) -> Self {
        let mut keys = Self::default();
        while !keys.has_room_for(count) {
            keys.capacity = keys.capacity.saturating_mul(2).max(1);
        }
        keys.make_groups();
        keys
    }

    /// Number of keys.
    pub(super) fn len(&self) -> u32 {
        self.count
    }

    /// The key with a name.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<SlotRef<'_>> {
        let sought = Sought::new(name);
        let (tag, mut at) = (Tag::of(sought.hash), self.start(sought)?);
        while let Some(group) = self.groups.get(at) {
            let is_it = |place, slot: &Slot| sought.is(slot, || group.entry(place));
            if let Some(place) = group.find(tag, is_it) {
                return SlotRef::at(group, place);
            }
            if !group.is_full() {
                break;
            }
            at = self.after(at);
        }
        None
    }

    /// Index of the key with a number.
    #[inline]
    pub(super) fn numbered(&self, key: KeyId) -> Option<SlotIndex> {
        self.by_number.get(key.0).copied()
    }

    #[inline]
    pub(super) fn at(&self, index: SlotIndex) -> Option<SlotRef<'_>> {
        SlotRef::at(self.groups.get(index.group())?, index.place())
    }

    /// Puts in a plan, in place of the one that the key has, and returns that; `own` are the rows whose segments no
    /// other key asks.
    pub(super) fn set(&mut self, plan: Arc<Plan>, own: RowSet) -> Option<Arc<Plan>> {
        let (id, entry) = (plan.id, Entry::new(plan, own));
        if let Some(index) = self.numbered(id) {
            let group = self.groups.get_mut(index.group())?;
            return group.exchange(index.place(), entry, &mut self.pools).map(|entry| entry.plan);
        }
        if !self.has_room_for(self.count + 1) {
            self.grow();
        }
        self.count += 1;
        self.put(entry);
        None
    }

    /// Forgets the tape of a key: it is to be made of other conditions.
    pub(super) fn forget_tape(&mut self, key: KeyId) {
        let Some(index) = self.numbered(key) else { return };
        let known = self.groups.get(index.group()).and_then(|group| group.entry(index.place()));
        if let Some(entry) = known.map(Entry::renewed)
            && let Some(group) = self.groups.get_mut(index.group())
        {
            group.exchange(index.place(), entry, &mut self.pools);
        }
    }

    /// Whether so many keys take at most seven eighths of the room, so that few are not in the group that their hash
    /// leads to.
    fn has_room_for(&self, count: u32) -> bool {
        u64::from(count) * 8 <= u64::from(self.capacity) * u64::from(ROOM) * 7
    }

    fn grow(&mut self) {
        let (old, groups) = (std::mem::take(&mut self.groups), 0..self.capacity);
        self.capacity = self.capacity.saturating_mul(2).max(1);
        self.make_groups();
        for group in groups.filter_map(|index| old.get(index)) {
            group.entries().for_each(|entry| self.put(entry.clone()));
        }
    }

    /// Makes all groups, without keys.
    fn make_groups(&mut self) {
        for (number, group) in KeyGroup::empty(self.capacity) {
            self.groups.set(number, group);
        }
    }

    /// Puts a key where there is room.
    fn put(&mut self, entry: Entry) {
        let (id, sought) = (entry.plan.id, Sought::new(entry.plan.key.as_str()));
        let (tag, Some(mut at)) = (Tag::of(sought.hash), self.start(sought)) else { return };
        while self.groups.get(at).is_some_and(Group::is_full) {
            at = self.after(at);
        }
        if let Some(group) = self.groups.get_mut(at) {
            let index = group.add(tag, entry, &mut self.pools);
            self.by_number.set(id.0, index);
        }
    }

    /// Index of the group in which a name is looked for first.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "every half of it is a hash, too")]
    fn start(&self, sought: Sought<'_>) -> Option<u32> {
        let mask = self.capacity.checked_sub(1)?;
        Some(sought.hash as u32 & mask)
    }

    #[inline]
    fn after(&self, group: u32) -> u32 {
        (group + 1) & (self.capacity - 1)
    }
}

/// A hash of a long name: few names are, and what takes its place in others' code makes that slower.
#[cold]
fn long_hash(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Name;

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
            let index = keys.find(&name(n)).map(SlotRef::index);
            assert_eq!(index, keys.numbered(KeyId(n)));
            let plan = index.and_then(|index| keys.at(index)).map(SlotRef::plan);
            assert_eq!(
                plan.map(|plan| (plan.id, plan.key.clone())),
                Some((KeyId(n), Name::lossy(&name(n))))
            );
        }
        assert!(empty.find(&name(1)).is_none());
        assert_eq!((keys.len(), empty.len()), (1_999, 0));
    }
}
