//! Loads of dumps: many revisions in one transaction of redb.
//!
//! redb's write transaction owns what it needs and reads go on beside it, so the loader simply holds one
//! over its calls; tables are opened anew for each revision because they borrow from it. What it wrote
//! is paged out to the file as the cache fills, so memory does not grow with the dump.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use redb::WriteTransaction;

use super::failure::{corrupt, guarded, release};
use super::log::Step;
use super::options::ClockMode;
use super::shared::Shared;
use super::write::{Tables, put_clock};
use super::{list, user};
use crate::error::{Result, TransactionState};
use crate::model::{
    Catalog, Change, ConfigId, ListId, Revision, Timestamp, Version, VersionReader,
};

/// A dump on its way into an empty store. Dropped before [`Loader::finish`], nothing has happened.
pub(crate) struct Loader {
    shared: Arc<Shared>,
    transaction: Option<WriteTransaction>,
    clock: ClockMode,
    /// The catalog after the last revision.
    before: Catalog,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl Loader {
    /// Begins; the flag refuses other writes, which would wait for this transaction, on one thread for
    /// ever.
    pub(super) fn begin(shared: &Arc<Shared>, manual_clock: Option<Timestamp>) -> Result<Self> {
        let transaction = shared.begin_write()?;
        if shared.loading.swap(true, Ordering::AcqRel) {
            return Err(TransactionState::Loading { what: "dump" }.into());
        }
        let clock = manual_clock.map_or_else(|| shared.clock(), ClockMode::Manual);
        let (shared, transaction) = (Arc::clone(shared), Some(transaction));
        let loader = Self { shared, transaction, clock, before: Catalog::default() };
        let is_empty = |transaction: &WriteTransaction| {
            Ok(Tables::open(transaction)?.is_empty()? && user::is_empty(transaction)?)
        };
        if !loader.run(is_empty)? {
            return Err(TransactionState::NotEmpty.into());
        }
        // what of a list was left here must not mix with those of the dump
        loader.run(list::next)?;
        Ok(loader)
    }

    /// Appends ids to a list that no revision refers to yet.
    pub(crate) fn ids<'i>(
        &mut self,
        list: ListId,
        ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<()> {
        self.run(|transaction| list::append(transaction, list, ids))
    }

    /// Appends a revision; `after` is the catalog after it.
    pub(crate) fn revision(
        &mut self,
        revision: &Revision,
        changes: &[Change],
        after: &Catalog,
    ) -> Result<()> {
        let step = Step { revision, changes, before: &self.before, after };
        self.run(|transaction| {
            list::seal(transaction, changes)?;
            Tables::open(transaction)?.append(&step)
        })?;
        self.before = after.clone();
        Ok(())
    }

    /// Makes it all durable. `clock`: the instant at which a manual clock stands afterwards.
    pub(crate) fn finish(mut self, clock: Option<Timestamp>) -> Result<()> {
        let clock = clock.map_or(self.clock, ClockMode::Manual);
        self.run(|transaction| put_clock(transaction, clock))?;
        if let Some(transaction) = self.transaction.take() {
            guarded(&self.shared.place, || self.shared.commit(transaction))?;
        }
        self.shared.set_clock(clock);
        Ok(())
    }

    fn run<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        let transaction = self.transaction.as_ref().ok_or_else(|| corrupt("the load is over"))?;
        guarded(&self.shared.place, || work(transaction))
    }
}

impl VersionReader for Loader {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        let parser = self.shared.parser;
        self.run(|transaction| Tables::open(transaction)?.version(config, number, parser))
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        // the transaction first: a commit that is let in must not wait for it
        if let Some(transaction) = self.transaction.take() {
            release(&self.shared.place, transaction);
        }
        self.shared.loading.store(false, Ordering::Release);
    }
}
