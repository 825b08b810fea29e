//! Rebuilding: the contents of a store put into an empty one, with times of commits that are brought down to an instant.
//!
//! Times of commits never go back, so one commit under a clock that was ahead holds all that follow at its instant.
//! Here every time that is later than a latest one becomes that: the order of times stays one that never goes back, and
//! revisions keep their numbers. A publication for its own commit moves with it; one for a time that somebody wrote
//! stays, and so do the ends of windows. Facts about users that are later move as well, and those of one
//! user keep their order. Deliveries stay under the minutes in which they were counted.
//!
//! All that is derived from the log is made anew, by the same code that wrote it at first.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::Store;
use super::backup::copy_deliveries;
use super::failure::OrFail;
use super::load::Loader;
use super::reader::Reader;
use super::tables::{BATCH_KEY, META};
use super::traffic::{self, ContextRange};
use super::user::Batch;
use crate::error::{Error, Result};
use crate::model::{Catalog, Change, Entry, ListId, Publication, Revision, Timestamp};

/// How many users are read at a time.
const PAGE: usize = 256;
/// How many entries are written at once.
const BATCH: usize = if cfg!(test) { 8 } else { 65_536 };
/// How many ids of a list are written at once.
const IDS: usize = 65_536;

/// What is later than an instant in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Later {
    /// Revisions.
    pub(crate) revisions: u64,
    /// Publications that took effect with their commits.
    pub(crate) publications: u64,
    /// Publications for a time, and windows with an end, that somebody wrote and did not cancel: they stay.
    pub(crate) scheduled: u64,
    /// Events and attributes of users.
    pub(crate) facts: u64,
    /// Recorded contexts.
    pub(crate) contexts: u64,
}

/// The latest time that stays as it is, and what was later so far.
struct Retimer {
    latest: Timestamp,
    later: Later,
    /// The publications with a time that somebody wrote, but for those that were cancelled.
    scheduled: BTreeSet<u64>,
}

impl Retimer {
    fn new(latest: Timestamp) -> Self {
        Self { latest, later: Later::default(), scheduled: BTreeSet::new() }
    }

    /// A revision and its changes with their times brought down.
    fn revision(
        &mut self,
        revision: Revision,
        mut changes: Vec<Change>,
    ) -> (Revision, Vec<Change>) {
        self.later.revisions += u64::from(revision.time > self.latest);
        let time = revision.time.min(self.latest);
        for change in &mut changes {
            match change {
                Change::Publication(publication) => self.publication(publication),
                Change::Cancel { sequence, .. } => drop(self.scheduled.remove(sequence)),
                _ => {}
            }
        }
        (Revision { time, ..revision }, changes)
    }

    fn publication(&mut self, publication: &mut Publication) {
        let written = if publication.scheduled { Some(publication.effective) } else { None };
        let written = [written, publication.until].into_iter().flatten();
        if written.max().is_some_and(|at| at > self.latest) {
            self.scheduled.insert(publication.sequence);
        }
        if !publication.scheduled && publication.effective > self.latest {
            publication.effective = self.latest;
            self.later.publications += 1;
        }
    }

    /// What was later.
    fn later(self) -> Later {
        Later { scheduled: self.scheduled.len() as u64, ..self.later }
    }

    /// The entries of a user with their times brought down. What was later comes last, in the order of its times,
    /// as it would have come.
    fn entries(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let (mut early, mut late): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.at <= self.latest);
        self.later.facts += late.len() as u64;
        late.sort_by_key(|entry| entry.at);
        early.extend(late.into_iter().map(|entry| Entry { at: self.latest, ..entry }));
        early
    }
}

impl Store {
    /// Counts what is later than an instant.
    pub(crate) fn later_than(&self, latest: Timestamp) -> Result<Later> {
        let (reader, mut retimer) = (self.reader()?, Retimer::new(latest));
        for entry in reader.changes_since(0)? {
            let (revision, changes) = entry?;
            retimer.revision(revision, changes);
        }
        each_page(&reader, |entries| {
            retimer.entries(entries);
            Ok(())
        })?;
        let all = ContextRange { users: None, oldest: None };
        reader.contexts(all, &self.desk().watch(), &mut |context| {
            retimer.later.contexts += u64::from(context.last > latest);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(retimer.later())
    }

    /// Puts all of a store into this one, which is empty, with times brought down to a latest one; gives what was
    /// later.
    pub(crate) fn rebuild(&self, from: &Self, latest: Timestamp) -> Result<Later> {
        let (reader, mut retimer) = (from.reader()?, Retimer::new(latest));
        let clock = reader.mark()?.clock().manual().map(|at| at.min(latest));
        let mut loader = self.begin_load(clock)?;
        copy_log(&reader, &mut loader, &mut retimer)?;
        loader.finish(clock)?;
        self.copy_users(&reader, &mut retimer)?;
        self.write(|transaction| {
            reader.ask(|image| copy_deliveries(image, transaction))?;
            retimer.later.contexts =
                reader.ask(|image| traffic::copy_until(image, transaction, latest))?;
            let batch = reader.ask(|image| {
                let meta = image.table(META)?;
                Ok(meta.get(BATCH_KEY).or_fail()?.map(|number| number.value().to_vec()))
            })?;
            let Some(batch) = batch else { return Ok(()) };
            let mut meta = transaction.open_table(META).or_fail()?;
            meta.insert(BATCH_KEY, batch.as_slice()).or_fail().map(drop)
        })?;
        Ok(retimer.later())
    }

    fn copy_users(&self, from: &Reader, retimer: &mut Retimer) -> Result<()> {
        let mut batch = Batch::default();
        each_page(from, |entries| {
            for entry in retimer.entries(entries) {
                batch.push(&entry)?;
                if batch.len() >= BATCH {
                    self.add_all(&mut batch)?;
                }
            }
            Ok(())
        })?;
        if batch.is_empty() { Ok(()) } else { self.add_all(&mut batch) }
    }

    fn add_all(&self, batch: &mut Batch) -> Result<()> {
        if self.add_batch(batch)?.repeated > 0 {
            return Err(Error::bug("an event was stored twice"));
        }
        batch.clear();
        Ok(())
    }
}

/// Copies the log, and the lists that it refers to.
fn copy_log(from: &Reader, loader: &mut Loader, retimer: &mut Retimer) -> Result<()> {
    let (mut catalog, mut lists) = (Catalog::default(), BTreeSet::new());
    for entry in from.changes_since(0)? {
        let (revision, changes) = entry?;
        let (revision, changes) = retimer.revision(revision, changes);
        for change in &changes {
            let Change::Segment(segment) = change else { continue };
            let new = segment.condition.lists().into_iter().filter(|list| lists.insert(*list));
            new.collect::<Vec<_>>()
                .into_iter()
                .try_for_each(|list| copy_list(from, loader, list))?;
        }
        catalog.apply(&changes, revision.time, loader)?;
        (catalog.revision, catalog.time) = (revision.number, Some(revision.time));
        loader.revision(&revision, &changes, &catalog)?;
    }
    Ok(())
}

fn copy_list(from: &Reader, loader: &mut Loader, list: ListId) -> Result<()> {
    let mut ids: Vec<String> = Vec::new();
    from.each_listed(list, |id| {
        ids.push(id.to_owned());
        if ids.len() < IDS {
            return Ok(());
        }
        let full = std::mem::take(&mut ids);
        loader.ids(list, full.iter().map(String::as_str))
    })?;
    loader.ids(list, ids.iter().map(String::as_str))
}

/// Calls a function with the entries of each user.
fn each_page(from: &Reader, mut take: impl FnMut(Vec<Entry>) -> Result<()>) -> Result<()> {
    let mut last = None;
    loop {
        let page = from.users_after(last.as_deref(), PAGE)?;
        let Some((user, _)) = page.last() else { return Ok(()) };
        last = Some(std::sync::Arc::clone(user));
        page.into_iter().try_for_each(|(_, entries)| take(entries))?;
    }
}
