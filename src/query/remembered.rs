//! Remembered states of the past: one that was made lately is not made again, and a near one is where the next begins.
//!
//! What was committed never changes, so a state of a revision stays right. It answers for every instant from its
//! revision up to the next one.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::eval::Snapshot;
use crate::limits::{PAST_CELLS, PAST_STATES};
use crate::model::{Catalog, Name};

/// Part of the store that a state has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Every object.
    All,
    /// These keys and what decides them.
    Keys(Box<[Name]>),
    /// A config, its keys, and what decides them.
    Config(Name),
}

/// State of the past, without lists of users.
#[derive(Clone, Debug)]
struct Remembered {
    /// The store that it is of, as its snapshots say.
    lineage: u64,
    revision: u64,
    part: Part,
    state: Snapshot,
    cells: usize,
}

/// States of the past that were asked for lately, the last of them in front.
#[derive(Debug, Default)]
pub(crate) struct PastStates(Mutex<VecDeque<Remembered>>);

impl PastStates {
    /// The state of a part at a revision.
    pub(super) fn get(&self, lineage: u64, revision: u64, part: &Part) -> Option<Snapshot> {
        let mut states = self.lock();
        let is_it = |known: &Remembered| {
            (known.lineage, known.revision) == (lineage, revision) && known.part == *part
        };
        let place = states.iter().position(is_it)?;
        let found = states.remove(place)?;
        let state = found.state.clone();
        states.push_front(found);
        Some(state)
    }

    /// The last state of every object that is not after a revision.
    pub(super) fn before(&self, lineage: u64, revision: u64) -> Option<Snapshot> {
        let states = self.lock();
        let all = states.iter().filter(|known| known.part == Part::All && known.lineage == lineage);
        let last =
            all.filter(|known| known.revision <= revision).max_by_key(|known| known.revision);
        last.map(|known| known.state.clone())
    }

    /// Remembers a state, in place of those that were not asked for longest.
    pub(super) fn keep(&self, lineage: u64, part: Part, state: &Snapshot) {
        let cells = cells_of(state.catalog());
        if cells > PAST_CELLS {
            return;
        }
        let revision = state.revision();
        let mut states = self.lock();
        states.push_front(Remembered { lineage, revision, part, state: state.clone(), cells });
        states.truncate(PAST_STATES);
        while states.iter().map(|known| known.cells).sum::<usize>() > PAST_CELLS {
            states.pop_back();
        }
    }

    /// Takes all states out, and puts others in.
    #[cfg(test)]
    pub(crate) fn replace(&self, others: Self) -> Self {
        Self(Mutex::new(std::mem::replace(
            &mut *self.lock(),
            others.0.into_inner().unwrap_or_default(),
        )))
    }

    /// The state that was asked for last.
    #[cfg(test)]
    pub(crate) fn newest(&self) -> Option<Snapshot> {
        self.lock().front().map(|known| known.state.clone())
    }

    /// How many states there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// A panic elsewhere leaves the states whole.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many cells a catalog has; any object takes as much memory as some of them.
fn cells_of(catalog: &Catalog) -> usize {
    const OBJECT: usize = 16;
    let versions = catalog.configs().flat_map(|config| config.versions.iter());
    let cells: usize = versions.map(|version| version.rows.len() * version.columns.len()).sum();
    let objects = catalog.keys().count() + catalog.segments().count() + catalog.configs().count();
    cells + (objects + 1) * OBJECT
}
