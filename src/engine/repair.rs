//! Repair of a clock: a store that was written under a clock that was ahead is taken out of the future.

use std::path::Path;

use super::{Builder, Database};
use crate::clock::Clock;
use crate::error::{ErrorKind, Result};
use crate::model::{Role, Timestamp};
use crate::store::{self, Later, Store};

/// What of a store is later than an instant, and what becomes of it by [`Database::repair_clock`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClockRepair {
    /// How many revisions come down to the instant.
    pub revisions: u64,
    /// How many publications come down with their revisions.
    pub publications: u64,
    /// How many publications stay that were for a later time, or until one: somebody wrote that time.
    pub scheduled: u64,
    /// How many events and attributes of users come down.
    pub facts: u64,
    /// Recorded contexts.
    pub contexts: u64,
}

impl ClockRepair {
    fn of(later: Later) -> Self {
        let Later { revisions, publications, scheduled, facts, contexts } = later;
        Self { revisions, publications, scheduled, facts, contexts }
    }

    /// Whether nothing has to come down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revisions + self.publications + self.facts + self.contexts == 0
    }
}

impl Database {
    /// Finds out what [`Database::repair_clock`] would do.
    ///
    /// # Errors
    ///
    /// `io` or `store-corrupt` if the store cannot be read, `not-allowed`.
    pub fn survey_clock(&self, latest: Option<Timestamp>) -> Result<ClockRepair> {
        self.require(Role::Read)?;
        self.shared.store.later_than(instant(latest)).map(ClockRepair::of)
    }

    /// Writes a copy of the store in which nothing was committed after an instant: now by the system's clock, if none
    /// is said. This one stays as it is.
    ///
    /// Revisions keep their numbers and their order; those that were later have that instant. Publications come
    /// down with their revisions, but a time that somebody wrote stays: that of a schedule, and the end of a window.
    /// Events and attributes of users that are later come down, too. What was delivered stays under the minutes
    /// in which it was counted. The copy is made and verified in memory before it is written.
    ///
    /// ```
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let far = pcq::Timestamp::parse("2036-01-01T00:00:00Z")?;
    /// # let now = pcq::Timestamp::parse("2026-01-01T00:00:00Z")?;
    /// let db = pcq::Database::builder().manual_clock(far).in_memory()?;
    /// db.execute("CREATE KEY limit_rate INTEGER DEFAULT 10;")?;
    /// let copy = directory.path().join("repaired.pcdb");
    /// assert_eq!(db.repair_clock(&copy, Some(now))?.revisions, 1);
    /// assert_eq!(pcq::Database::open(&copy)?.now(), now);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `io` if the file exists or cannot be written, `store-corrupt` if the store is damaged, `not-allowed`.
    pub fn repair_clock(
        &self,
        to: impl AsRef<Path>,
        latest: Option<Timestamp>,
    ) -> Result<ClockRepair> {
        let (copy, later) = self.brought_down(latest)?;
        copy.backup(to.as_ref())?;
        Ok(ClockRepair::of(later))
    }

    /// The same, with the repaired store in the place of this one. Who only reads follows to it; this one is written no
    /// more, and is to be opened again. A store in memory stays as it is.
    ///
    /// # Errors
    ///
    /// `io` if it cannot be written, `read-only`, `store-corrupt` if the store is damaged, `not-allowed`.
    pub fn repair_clock_in_place(&self, latest: Option<Timestamp>) -> Result<ClockRepair> {
        let (copy, later) = self.brought_down(latest)?;
        self.shared.store.replace_by(&copy)?;
        Ok(ClockRepair::of(later))
    }

    /// A copy in memory with its times brought down, and what was later.
    fn brought_down(&self, latest: Option<Timestamp>) -> Result<(Store, Later)> {
        self.require(Role::Admin)?;
        self.flush()?;
        let latest = instant(latest);
        let manual_clock = self.shared.clock.is_manual().then_some(latest);
        let options = store::Options { manual_clock, ..Builder::default().options() };
        let copy = Store::in_memory(&options)?;
        let later = copy.rebuild(&self.shared.store, latest)?;
        if let Some(what) = copy.verify(None)?.problems.into_iter().next() {
            return Err(ErrorKind::Corrupt { what }.into());
        }
        Ok((copy, later))
    }
}

/// The instant that is meant: now by the system's clock, if none is said.
fn instant(latest: Option<Timestamp>) -> Timestamp {
    latest.unwrap_or_else(|| Clock::system().now())
}
