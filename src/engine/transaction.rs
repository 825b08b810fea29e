//! Transactions: what a session wrote since `BEGIN`, and nobody else sees.

use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Draft, Snapshot};
use crate::model::{
    Catalog, Change, ConfigId, Entry, Publication, Revision, Timestamp, Version, VersionReader,
    What,
};
use crate::query::{Lender, Pending, PendingFacts, list};

/// Transaction of a session.
#[derive(Debug)]
pub(super) struct Transaction {
    /// The state at `BEGIN`.
    pub(super) base: Arc<Snapshot>,
    /// The state with what was written.
    pub(super) draft: Draft,
    changes: Vec<Change>,
    /// The versions among the changes; the store does not have them yet.
    versions: HashMap<(ConfigId, u32), Arc<Version>>,
    /// The facts about users.
    pub(super) facts: PendingFacts,
    /// Whether a statement of it failed.
    pub(super) has_failed: bool,
}

impl Transaction {
    /// Begins a transaction on the newest state.
    pub(super) fn new(base: Arc<Snapshot>) -> Self {
        let (draft, changes) = (Draft::new((*base).clone()), Vec::new());
        let (versions, facts, has_failed) = (HashMap::new(), PendingFacts::default(), false);
        Self { base, draft, changes, versions, facts, has_failed }
    }

    /// Whether it changes no object.
    pub(super) fn changes_nothing(&self) -> bool {
        self.changes.is_empty()
    }

    /// What it wrote, for who reads within it; `revision` is what it may become.
    pub(super) fn pending(&self, revision: Revision) -> Pending<'_> {
        Pending {
            draft: &self.draft,
            changes: &self.changes,
            versions: &self.versions,
            facts: &self.facts,
            revision: Arc::new(revision),
        }
    }

    /// Takes changes in; `after` is the catalog with them.
    pub(super) fn write(&mut self, changes: Vec<Change>, after: &Catalog) -> Result<()> {
        self.draft.write(&changes, after)?;
        for change in &changes {
            if let Change::Version(version) = change {
                self.versions.insert((version.config, version.number), Arc::clone(version));
            }
        }
        self.changes.extend(changes);
        Ok(())
    }

    /// Takes an entry in, unless it is an event that was there before, and tells whether it did.
    pub(super) fn record(&mut self, entry: Entry, lender: &dyn Lender) -> Result<bool> {
        if let What::Event { id: Some(id), .. } = &entry.what
            && self.has_event(id, lender)?
        {
            return Ok(false);
        }
        if let Some(lists) = list::without_forgotten(self.draft.lists(), slice::from_ref(&entry)) {
            self.base = Arc::new(self.base.with_lists(Arc::clone(&lists)));
            self.draft.set_lists(lists);
        }
        self.facts.push(entry);
        Ok(true)
    }

    /// Whether there is an event with an id; one of a user who is forgotten is none.
    fn has_event(&self, id: &str, lender: &dyn Lender) -> Result<bool> {
        if let Some(there) = self.facts.has_event(id) {
            return Ok(there);
        }
        let user = lender.reader()?.event_user(id)?;
        Ok(user.is_some_and(|user| !self.forgets(&user)))
    }

    /// Whether it forgets a user, whatever it says of the user after that.
    pub(super) fn forgets(&self, user: &str) -> bool {
        self.facts.forgets(user)
    }

    /// Finds out whether it can be committed at an instant, on a revision.
    pub(super) fn check(&self, newest: u64, now: Timestamp) -> Result<()> {
        let began = self.base.revision();
        if began != newest && !self.changes.is_empty() {
            let hint = "another session wrote meanwhile: ROLLBACK, look, and try again";
            return Err(Error::from(ErrorKind::RevisionConflict { began, now: newest }).hint(hint));
        }
        if let Some(at) = self.begun_publication(now) {
            let what = "the publication that is cancelled, of";
            return Err(ErrorKind::Past { what, at, now }.into());
        }
        let late = |p: &&Publication| p.scheduled && p.effective < now;
        let ended = |p: &&Publication| !p.scheduled && p.until.is_some_and(|until| until <= now);
        if let Some((at, until)) =
            self.publications().find(ended).and_then(|p| Some((now, p.until?)))
        {
            return Err(ErrorKind::EmptyWindow { at, until }.into());
        }
        match self.publications().find(late) {
            Some(p) => Err(ErrorKind::Past { what: "AT", at: p.effective, now }.into()),
            None => Ok(()),
        }
    }

    /// When a publication began that it takes back, if one began meanwhile.
    fn begun_publication(&self, now: Timestamp) -> Option<Timestamp> {
        self.changes.iter().find_map(|change| {
            let Change::Cancel { config, sequence } = change else { return None };
            let timeline = &self.base.catalog().config(*config)?.timeline;
            let own = timeline.get(*sequence)?;
            (own.effective <= now).then_some(own.effective)
        })
    }

    fn publications(&self) -> impl Iterator<Item = &Publication> {
        self.changes.iter().filter_map(|change| match change {
            Change::Publication(publication) => Some(publication),
            _ => None,
        })
    }

    /// The changes and the catalog with them as of the commit: what was published without `AT` takes effect then,
    /// not when the statement was run.
    pub(super) fn stamped(
        &self,
        now: Timestamp,
        versions: &dyn VersionReader,
    ) -> Result<(Vec<Change>, Catalog)> {
        let early = |p: &Publication| !p.scheduled && p.effective != now;
        if !self.publications().any(early) {
            return Ok((self.changes.clone(), self.draft.catalog().clone()));
        }
        let mut changes = self.changes.clone();
        for change in &mut changes {
            if let Change::Publication(publication) = change
                && early(publication)
            {
                publication.effective = now;
            }
        }
        let mut after = self.base.catalog().clone();
        after.apply(&changes, now, versions)?;
        Ok((changes, after))
    }
}
