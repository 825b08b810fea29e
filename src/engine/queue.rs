//! Queue of commits: writers who wait while one group of commits becomes durable go together into the next.
//!
//! A writer checks its write against the state after all that is queued, queues it and waits. Whoever finds nobody
//! at work takes all that is queued to the log, as one group, and says to each writer how it went. So a write costs
//! a share of one durable commit when many write, and a whole one when nobody else does.
//!
//! What cannot go with others, such as a batch of events, waits to be alone. Those who wait to queue a commit and those who wait
//! to be alone let one another go in the order in which they came, so that neither kind waits for ever.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};

use super::next::Next;
use super::sync::{Condvar, Mutex, MutexGuard};
use crate::error::{Error, ErrorKind};
use crate::eval::Snapshot;
use crate::model::{Catalog, Change, ConfigId, Entry, Revision, Version};
use crate::store::{Added, Append, Step};

/// Versions that are not in the store yet.
pub(super) type Versions = HashMap<(ConfigId, u32), Arc<Version>>;

/// Changes that are not in the store yet, in their order, each with the ticket of its commit.
pub(super) type Underway = Vec<(u64, Change)>;

/// Queue of the commits of a database.
#[derive(Default)]
pub(super) struct Queue {
    line: Mutex<Line>,
    moved: Condvar,
}

/// What is queued, and who is at work.
#[derive(Default)]
pub(super) struct Line {
    queued: Vec<Queued>,
    /// The state after all that is queued or at work; none if that is the state that is seen.
    tail: Option<Snapshot>,
    /// The versions in what is queued or at work.
    versions: Versions,
    /// The changes in it, in their order, each with the ticket of its commit.
    changes: Underway,
    /// Whether a group is on its way to the log.
    working: bool,
    /// Whether a writer is alone.
    alone: bool,
    /// Those who wait, in the order in which they came.
    waiting: BTreeMap<u64, Wish>,
    last_came: u64,
    last_ticket: u64,
    /// The last ticket of which it is known how it went; they are settled in order.
    settled: u64,
    /// How many groups did not happen, or not all of them.
    failures: u64,
    verdicts: HashMap<u64, Verdict>,
}

/// What a writer waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// To queue a commit.
    Join,
    /// That nothing is queued or at work.
    BeAlone,
}

/// Keeps others from queueing a commit as long as it lives.
pub(super) struct Alone<'q>(&'q Queue);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.lock().alone = false;
        self.0.moved.notify_all();
    }
}

/// Commit that is to be made durable.
pub(super) struct Queued {
    ticket: u64,
    pub(super) revision: Option<(Revision, Vec<Change>)>,
    pub(super) entries: Vec<Entry>,
    /// The state after it, if that is another one.
    pub(super) next: Option<Next>,
}

/// How it went with a commit.
pub(super) enum Verdict {
    /// It is durable, and is seen.
    Done(Added),
    /// It did not happen.
    Failed(Error),
    /// It did not happen, because one before it did not: it has to be checked anew.
    Again,
    /// It is durable, and is seen, but a listener panicked.
    Panicked(Box<dyn Any + Send>),
}

impl Queued {
    pub(super) fn new(
        revision: Option<(Revision, Vec<Change>)>,
        entries: Vec<Entry>,
        next: Option<Next>,
    ) -> Self {
        Self { ticket: 0, revision, entries, next }
    }

    /// What the log gets of it; `before` is the catalog without it.
    pub(super) fn append<'q>(&'q self, before: &'q Catalog) -> Append<'q> {
        let revision = self.revision.as_ref().zip(self.after());
        let revision =
            revision.map(|((revision, changes), after)| Step { revision, changes, before, after });
        Append { revision, entries: &self.entries }
    }

    /// The catalog after it, if that is another one.
    pub(super) fn after(&self) -> Option<&Catalog> {
        self.next.as_ref().and_then(Next::catalog)
    }

    fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        let changes = self.revision.iter().flat_map(|(_, changes)| changes);
        changes.filter_map(|change| match change {
            Change::Version(version) => Some(version),
            _ => None,
        })
    }
}

impl Line {
    /// The state after all that is queued; none if that is the state that is seen.
    pub(super) fn tail(&self) -> Option<&Snapshot> {
        self.tail.as_ref()
    }

    /// The versions in what is queued or at work.
    pub(super) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The changes in what is queued or at work.
    pub(super) fn changes(&self) -> &Underway {
        &self.changes
    }

    /// Whether a writer has what it waits for: nobody who came before it waits for the other.
    fn grants(&self, wish: Wish, came: u64) -> bool {
        let is_free = match wish {
            Wish::Join => !self.alone,
            Wish::BeAlone => !self.alone && !self.working && self.queued.is_empty(),
        };
        is_free && self.waiting.range(..came).all(|(_, other)| *other == wish)
    }

    /// Queues a commit, and returns its ticket.
    pub(super) fn push(&mut self, queued: Queued) -> u64 {
        self.last_ticket += 1;
        for version in queued.versions() {
            self.versions.insert((version.config, version.number), Arc::clone(version));
        }
        let changes = queued.revision.iter().flat_map(|(_, changes)| changes);
        self.changes.extend(changes.map(|change| (self.last_ticket, change.clone())));
        if let Some(state) = queued.next.as_ref().and_then(Next::state) {
            self.tail = Some(state.clone());
        }
        self.queued.push(Queued { ticket: self.last_ticket, ..queued });
        self.last_ticket
    }

    /// Takes in how it went with a group. What was queued behind one that did not happen was checked in vain.
    fn end(&mut self, tickets: &[u64], verdicts: Vec<Verdict>, versions: &[(ConfigId, u32)]) {
        self.working = false;
        let happened =
            |verdict: &Verdict| matches!(verdict, Verdict::Done(_) | Verdict::Panicked(_));
        let stands = verdicts.iter().all(happened);
        self.settled = tickets.last().copied().unwrap_or(self.settled);
        self.verdicts.extend(tickets.iter().copied().zip(verdicts));
        if stands {
            for version in versions {
                self.versions.remove(version);
            }
            self.changes.retain(|(ticket, _)| *ticket > self.settled);
        } else {
            self.failures += 1;
            self.settled = self.last_ticket;
            self.versions.clear();
            self.changes.clear();
            let behind = std::mem::take(&mut self.queued);
            self.verdicts.extend(behind.iter().map(|queued| (queued.ticket, Verdict::Again)));
        }
        if self.queued.is_empty() {
            self.tail = None;
        }
    }
}

impl Queue {
    /// Waits until nothing is queued or at work, and keeps it so.
    pub(super) fn alone(&self) -> Alone<'_> {
        self.enter(Wish::BeAlone).alone = true;
        Alone(self)
    }

    /// Waits until a commit may be queued.
    pub(super) fn join(&self) -> MutexGuard<'_, Line> {
        self.enter(Wish::Join)
    }

    fn enter(&self, wish: Wish) -> MutexGuard<'_, Line> {
        let mut line = self.lock();
        line.last_came += 1;
        let came = line.last_came;
        line.waiting.insert(came, wish);
        while !line.grants(wish, came) {
            line = self.wait(line);
        }
        line.waiting.remove(&came);
        // who waits may have waited for this one alone
        if !line.waiting.is_empty() {
            self.moved.notify_all();
        }
        line
    }

    /// Waits until it is known how it went with all that is queued or at work, and tells whether all of it happened: an
    /// answer that was found on the state after it holds only then.
    pub(super) fn stands<'q>(&'q self, mut line: MutexGuard<'q, Line>) -> bool {
        let (last, failures) = (line.last_ticket, line.failures);
        while line.settled < last {
            line = self.wait(line);
        }
        line.failures == failures
    }

    /// Waits until it is known how it went with a queued commit. Whoever finds nobody at work does it for all:
    /// `work` takes a group, and gives a verdict for each of it.
    pub(super) fn settle<'q>(
        &'q self,
        mut line: MutexGuard<'q, Line>,
        ticket: u64,
        work: impl Fn(&mut [Queued]) -> Vec<Verdict>,
    ) -> Verdict {
        loop {
            if let Some(verdict) = line.verdicts.remove(&ticket) {
                return verdict;
            }
            line = if line.working { self.wait(line) } else { self.lead(line, ticket, &work) };
        }
    }

    /// Takes all that is queued to the log.
    fn lead<'q>(
        &'q self,
        mut line: MutexGuard<'q, Line>,
        ticket: u64,
        work: impl Fn(&mut [Queued]) -> Vec<Verdict>,
    ) -> MutexGuard<'q, Line> {
        line.working = true;
        let mut group = std::mem::take(&mut line.queued);
        drop(line);
        let tickets: Vec<_> = group.iter().map(|queued| queued.ticket).collect();
        let versions = group.iter().flat_map(Queued::versions);
        let versions: Vec<_> = versions.map(|version| (version.config, version.number)).collect();
        let verdicts = panic::catch_unwind(AssertUnwindSafe(|| work(&mut group)));
        drop(group);
        let verdicts = verdicts.unwrap_or_else(|panic| broken(&tickets, ticket, panic));
        let mut line = self.lock();
        line.end(&tickets, verdicts, &versions);
        self.moved.notify_all();
        line
    }

    /// How many commits are queued, and how many writers wait for their turn.
    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        let line = self.lock();
        (line.queued.len(), line.waiting.len())
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // a writer that panicked while it checked has queued nothing
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'q>(&'q self, line: MutexGuard<'q, Line>) -> MutexGuard<'q, Line> {
        self.moved.wait(line).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Verdicts on a group whose leader panicked: the panic goes on in the leader alone.
fn broken(tickets: &[u64], leader: u64, panic: Box<dyn Any + Send>) -> Vec<Verdict> {
    let mut panic = Some(panic);
    let failed = || Verdict::Failed(ErrorKind::Bug { what: "a commit panicked".to_owned() }.into());
    let verdict = |ticket: &u64| match panic.take_if(|_| *ticket == leader) {
        Some(panic) => Verdict::Panicked(panic),
        None => failed(),
    };
    tickets.iter().map(verdict).collect()
}
