//! Pending writes: those of the open transaction, which nobody else sees.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::behaviour::UserHistory;
use crate::eval::Draft;
use crate::model::{Change, ConfigId, Entry, Revision, Version, What};

/// Writes of the open transaction, laid over what the store has.
#[derive(Clone, Debug)]
pub(crate) struct Pending<'t> {
    /// The state with them.
    pub(crate) draft: &'t Draft,
    pub(crate) changes: &'t [Change],
    /// The versions among the changes.
    pub(crate) versions: &'t HashMap<(ConfigId, u32), Arc<Version>>,
    /// The facts about users.
    pub(crate) facts: &'t PendingFacts,
    /// The revision that it may become.
    pub(crate) revision: Arc<Revision>,
}

/// Facts about users that a transaction says, in order of receipt. Of one user, or with one id, they are found
/// without a look at all others.
#[derive(Debug, Default)]
pub(crate) struct PendingFacts {
    entries: Vec<Entry>,
    users: HashMap<Arc<str>, OfUser>,
    /// The last event with an id, by its index.
    ids: HashMap<Arc<str>, usize>,
}

/// What a transaction says of one user.
#[derive(Debug, Default)]
struct OfUser {
    /// The indexes of the entries.
    entries: Vec<usize>,
    /// The index of the last one that forgets the user.
    forgotten: Option<usize>,
    grown: Mutex<Option<Grown>>,
}

/// A history of the store with the first entries of its user: it grows as they do.
#[derive(Debug)]
struct Grown {
    base: Arc<UserHistory>,
    history: Arc<UserHistory>,
    /// How many entries are in it.
    entries: usize,
}

impl PendingFacts {
    /// Appends an entry.
    pub(crate) fn push(&mut self, entry: Entry) {
        let index = self.entries.len();
        let own = self.users.entry(Arc::clone(&entry.user)).or_default();
        own.entries.push(index);
        match &entry.what {
            What::Forget => own.forgotten = Some(index),
            What::Event { id: Some(id), .. } => drop(self.ids.insert(Arc::clone(id), index)),
            What::Event { .. } | What::Profile(_) => {}
        }
        self.entries.push(entry);
    }

    /// The entries, in order of receipt.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether a user is forgotten, whatever is said of the user after that.
    pub(crate) fn forgets(&self, user: &str) -> bool {
        self.users.get(user).is_some_and(|own| own.forgotten.is_some())
    }

    /// Whether there is an event with an id, or there was one of a user who is forgotten since (`false`); `None` if
    /// there never was one.
    pub(crate) fn has_event(&self, id: &str) -> Option<bool> {
        let index = *self.ids.get(id)?;
        let own = self.users.get(&self.entries.get(index)?.user)?;
        Some(own.forgotten.is_none_or(|forgotten| forgotten < index))
    }

    /// A history with the entries of its user.
    fn over(&self, user: &str, base: Arc<UserHistory>) -> Arc<UserHistory> {
        let Some(own) = self.users.get(user) else { return base };
        let mut kept = own.grown.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.take().filter(|grown| Arc::ptr_eq(&grown.base, &base));
        let mut grown =
            known.unwrap_or_else(|| Grown { history: Arc::clone(&base), base, entries: 0 });
        let more = own.entries.iter().skip(grown.entries);
        let more: Vec<_> = more.filter_map(|index| self.entries.get(*index).cloned()).collect();
        if !more.is_empty() {
            grown.entries += more.len();
            Arc::make_mut(&mut grown.history).extend(more);
        }
        Arc::clone(&kept.insert(grown).history)
    }
}

impl Pending<'_> {
    /// A history with the entries of its user.
    pub(super) fn over(&self, user: &str, history: Arc<UserHistory>) -> Arc<UserHistory> {
        self.facts.over(user, history)
    }

    /// Whether one of its entries is of a user.
    pub(super) fn is_told_of(&self, user: &str) -> bool {
        self.facts.users.contains_key(user)
    }

    /// The users of its entries, in byte order.
    pub(super) fn users(&self) -> BTreeSet<Arc<str>> {
        self.facts.users.keys().map(Arc::clone).collect()
    }
}
