//! Comparison of two states: what each gives to a person.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::gathered::Found;
use super::key::{Instants, Key, Keys, differ};
use super::people::{People, Person};
use super::touched::all_keys;
use crate::error::Result;
use crate::eval::{Evaluation, Snapshot};
use crate::model::{KeyId, Timestamp};
use crate::query::course::{Deciding, Reach};
use crate::query::view::View;

/// Comparison of two states.
pub(super) struct Comparison<'s> {
    states: [&'s Snapshot; 2],
    /// The keys that are compared.
    keys: Keys,
    /// Every key, which are compared for those of whom more is known after than before.
    all: Keys,
    pub(super) people: People,
}

impl<'s> Comparison<'s> {
    /// Comparison of states in some keys.
    pub(super) fn new(
        view: &View<'_>,
        states: [&'s Snapshot; 2],
        keys: &BTreeSet<KeyId>,
        mut people: People,
    ) -> Self {
        let catalogs = states.map(Snapshot::catalog);
        let reach = |catalog| Reach::of(catalog, keys.iter().copied(), Deciding::EverLive);
        if catalogs.into_iter().any(|catalog| !reach(catalog).events.is_empty()) {
            people.read_events();
        }
        let all = if people.may_be_told_of() { all_keys(catalogs) } else { BTreeSet::new() };
        let [keys, all] = [keys, &all].map(|ids| Keys::new(view, states, ids));
        Self { states, keys, all, people }
    }

    /// Finds for whom what changes.
    pub(super) fn find(&self, view: &View<'_>, at: Instants, found: &mut Found<'_>) -> Result<()> {
        self.people.each(view, |person| {
            if self.compare(person, at, |key, values| found.add(person, key, values))? {
                found.count_person(person);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The first of some instants, which are in order, at which anything changes for anybody.
    pub(super) fn first_turn(
        &self,
        view: &View<'_>,
        turns: &[Timestamp],
    ) -> Result<Option<Timestamp>> {
        let (mut first, mut found) = (turns, None);
        if self.keys.are_none() && !self.people.may_be_told_of() {
            return Ok(None);
        }
        self.people.each(view, |person| {
            for (index, turn) in first.iter().enumerate() {
                view.watch.check()?;
                if self.changes(person, Instants::one(*turn))? {
                    found = Some(*turn);
                    first = first.get(..index).unwrap_or_default();
                    break;
                }
            }
            Ok(if first.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    /// Whether anything changes for a person.
    fn changes(&self, person: &Person, at: Instants) -> Result<bool> {
        let mut changes = false;
        self.compare(person, at, |_, values| {
            changes |= differ(values);
            Ok(())
        })?;
        Ok(changes)
    }

    /// Compares what a person is given; returns whether the person is one of whom it is told.
    fn compare(
        &self,
        person: &Person,
        at: Instants,
        take: impl FnMut(&Key, [Option<&Evaluation<'_>>; 2]) -> Result<()>,
    ) -> Result<bool> {
        let [before, _] = self.states;
        let old = person.context(0, at.before);
        if !self.people.have(before, &old, at.before) {
            return Ok(false);
        }
        let is_told_of = person.is_told_of();
        let keys = if is_told_of { &self.all } else { &self.keys };
        let is_same = !is_told_of && at.before == at.after;
        let new = (!is_same).then(|| person.context(1, at.after));
        keys.compare(self.states, [&old, new.as_ref().unwrap_or(&old)], at, take)?;
        Ok(true)
    }
}
