//! Verification of everything that must hold of a file: every page and record can be read, the log keeps to the rules,
//! and what is derived from the log is what the log says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{Database, ReadableTable, ReadableTableMetadata, StorageBackend as _, TableDefinition};

use super::chain;
use super::checkpoint::Checkpoint;
use super::delivery;
use super::failure::{OrFail, Place, corrupt, file_failure, guarded};
use super::handle::Handle;
use super::head;
use super::image::Image;
use super::index::{Indexed, indexed};
use super::list;
use super::object::Object;
use super::page::damaged_pages;
use super::report::VerifyReport;
use super::rules::{broken, unreadable};
use super::shared::Shared;
use super::tables::{
    CHANGES, HEADS, HISTORY, KEPT, KEPT_PUBLICATIONS, KEY_CONFIGS, NAMES, PUBLICATIONS, REVISIONS,
    TIMELINES, TIMES, VERSIONS,
};
use super::traffic;
use super::user;
use super::walk::{Direction, Walk};
use super::watch::Watch;
use super::write::{of_timeline, touched};
use crate::error::Result;
use crate::model::{Catalog, Change, Config, ListId, ObjectKind, Revision};

/// Checks the pages, then what they hold.
pub(super) fn verify(
    shared: &Shared,
    from: Option<&str>,
    watch: &Watch<'_>,
) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    let checked = guarded(&shared.place, || pages(shared, &mut report, watch));
    report.pages_checked = report.note(checked)?.unwrap_or(true);
    if !report.problems.is_empty() {
        return Ok(report);
    }
    let contents = guarded(&shared.place, || {
        let image = shared.image()?;
        let mut verifier = Verifier::new(&image, &mut report, watch);
        verifier.run(&shared.place)?;
        chain::check(&image, from, &mut report)
    });
    report.note(contents)?;
    Ok(report)
}

/// Compares the checksums of all pages; `false` if others are in the way.
fn pages(shared: &Shared, report: &mut VerifyReport, watch: &Watch<'_>) -> Result<bool> {
    let image = shared.image()?;
    if let Handle::ReadOnly(_, file) = image.handle() {
        watch.begin("bytes", file.len().map_err(file_failure)?);
        damaged_pages(file, &|bytes| watch.step(bytes).is_ok(), |problem| {
            report.problem(problem);
            !report.is_full()
        })
        .map_err(file_failure)?;
        watch.check()?;
        return Ok(true);
    }
    drop(image);
    watch.begin("pages", 0);
    match &mut *shared.handle_mut() {
        Handle::ReadOnly(..) => Ok(false),
        Handle::Database(database, _) | Handle::Repaired(database, _) => {
            match Arc::get_mut(database).map(Database::check_integrity) {
                // somebody waits to write
                None | Some(Err(redb::DatabaseError::TransactionInProgress)) => Ok(false),
                Some(Ok(false)) => {
                    Err(corrupt("the lists of free pages were wrong, and are right now"))
                }
                Some(checked) => checked.or_fail(),
            }
        }
    }
}

/// Replays the log and compares.
struct Verifier<'a> {
    image: &'a Image,
    report: &'a mut VerifyReport,
    watch: &'a Watch<'a>,
    catalog: Catalog,
    /// Whether every revision could be read, so that the catalog is what the log says.
    whole: bool,
    timelines: u64,
    /// Of each config, how far the list of its timeline is behind.
    checkpoints: BTreeMap<u32, Checkpoint>,
    history: u64,
    /// How many versions and publications the configs keep.
    kept: (u64, u64),
    names: BTreeSet<(u8, String)>,
    key_configs: BTreeSet<(u32, u32)>,
    /// The lists that segments referred to.
    lists: BTreeSet<ListId>,
}

impl<'a> Verifier<'a> {
    fn new(image: &'a Image, report: &'a mut VerifyReport, watch: &'a Watch<'a>) -> Self {
        Self {
            image,
            report,
            watch,
            catalog: Catalog::default(),
            whole: true,
            timelines: 0,
            checkpoints: BTreeMap::new(),
            history: 0,
            kept: (0, 0),
            names: BTreeSet::new(),
            key_configs: BTreeSet::new(),
            lists: BTreeSet::new(),
        }
    }

    fn run(&mut self, place: &Place) -> Result<()> {
        self.report.note(self.image.clock())?;
        // what is wrong with the table is found below
        self.watch.begin("revisions", self.image.newest().unwrap_or_default());
        for item in Walk::begin(self.image, place, 1, u64::MAX, Direction::OldestFirst)? {
            match self.report.note(item)? {
                Some((revision, changes)) => self.revision(&revision, &changes)?,
                None => self.whole = false,
            }
            self.watch.step(1)?;
            if self.report.is_full() {
                return Ok(());
            }
        }
        if self.whole {
            self.counts()?;
            self.heads()?;
            self.settings()?;
            delivery::check(self.image, &self.catalog, self.report)?;
            list::check(self.image, &self.lists, self.report)?;
        }
        traffic::check(self.image, self.report, self.watch)?;
        user::check(self.image, self.report, self.watch)
    }

    fn revision(&mut self, revision: &Revision, changes: &[Change]) -> Result<()> {
        let number = revision.number;
        self.report.revisions += 1;
        if self.catalog.time.is_some_and(|last| last > revision.time) {
            self.report.problem(format!("revision {number} is older than the one before it"));
        }
        let timed = self.image.table(TIMES)?.get((revision.time.as_micros(), number)).or_fail()?;
        if timed.is_none() {
            self.report.problem(format!("table `pcq.revision_times` lacks revision {number}"));
        }
        self.catalog.revision = number;
        self.catalog.time = Some(revision.time);
        for (index, change) in (0..).zip(changes) {
            self.change(revision, index, change)?;
        }
        self.timelines(revision, changes)
    }

    fn change(&mut self, revision: &Revision, index: u32, change: &Change) -> Result<()> {
        let number = revision.number;
        self.report.changes += 1;
        for problem in
            broken(change, &self.catalog).into_iter().chain(unreadable(change, self.image.parser()))
        {
            self.report.problem(format!("revision {number}: {problem}"));
        }
        for entry in indexed(change, (number, index)) {
            self.index(&entry)?;
        }
        if let Change::Segment(segment) = change {
            self.lists.extend(segment.condition.lists());
        }
        let change = std::slice::from_ref(change);
        let applied = self.catalog.apply(change, revision.time, self.image);
        self.report.note(applied)?;
        Ok(())
    }

    /// Looks an entry of the log up in its index.
    fn index(&mut self, entry: &Indexed) -> Result<()> {
        let there = match entry {
            Indexed::History(key) => {
                self.history += 1;
                self.image.table(HISTORY)?.get(key).or_fail()?.is_some()
            }
            Indexed::Version(key, at) => {
                self.report.versions += 1;
                self.image.table(VERSIONS)?.get(key).or_fail()?.is_some_and(|v| v.value() == *at)
            }
            Indexed::Publication(key, at) => {
                self.report.publications += 1;
                self.image
                    .table(PUBLICATIONS)?
                    .get(key)
                    .or_fail()?
                    .is_some_and(|v| v.value() == *at)
            }
            Indexed::Name((kind, name), id) => {
                self.names.insert((*kind, name.clone()));
                let found = self.image.table(NAMES)?.get((*kind, name.as_str())).or_fail()?;
                found.is_some_and(|v| v.value() == *id)
            }
            Indexed::KeyConfig(pair) => {
                self.key_configs.insert(*pair);
                self.image.table(KEY_CONFIGS)?.get(pair).or_fail()?.is_some()
            }
        };
        if !there {
            self.report
                .problem(format!("an index lacks or contradicts what the log says: {entry:?}"));
        }
        Ok(())
    }

    /// Compares the timelines after a revision that are listed with it.
    fn timelines(&mut self, revision: &Revision, changes: &[Change]) -> Result<()> {
        for ((kind, id), changes) in touched(changes) {
            let Some(Object::Config(config)) = Object::find(&self.catalog, kind, id) else {
                continue;
            };
            let checkpoint = self.checkpoints.entry(id).or_default();
            let is_due = checkpoint.advance(of_timeline(&changes).count());
            let at = (id, revision.number);
            if self.image.table(TIMELINES)?.get(at).or_fail()?.is_some() {
                *checkpoint = Checkpoint::listing(config.timeline.len());
                self.timelines += 1;
                self.config_at(revision, config)?;
            } else if is_due {
                self.report.problem(format!("table `pcq.timelines` lacks {at:?}"));
            }
        }
        Ok(())
    }

    /// Compares a config as it is read as of a revision with the replay.
    fn config_at(&mut self, revision: &Revision, config: Arc<Config>) -> Result<()> {
        let (id, number) = (config.head.id, revision.number);
        let found = self.image.config_at(id, number, revision.time);
        let Some(found) = self.report.note(found)? else { return Ok(()) };
        let replayed = Object::Config(config).pruned(revision.time);
        if found.map(|found| Object::Config(found).pruned(revision.time)) != Some(replayed) {
            let what = "is not what the log says of that revision";
            self.report.problem(format!("config {id} as of revision {number} {what}"));
        }
        Ok(())
    }

    /// Compares how much is in each table with how much the log accounts for.
    fn counts(&mut self) -> Result<()> {
        let heads = self.catalog.keys().count() as u64;
        self.report.keys = heads;
        self.report.segments = self.catalog.segments().count() as u64;
        self.report.configs = self.catalog.configs().count() as u64;
        self.report.attributes = self.catalog.attributes().count() as u64;
        let heads = heads + self.report.segments + self.report.configs + self.report.attributes;
        let (revisions, changes) = (self.report.revisions, self.report.changes);
        let (versions, publications) = (self.report.versions, self.report.publications);
        self.count(REVISIONS, "pcq.revisions", revisions)?;
        self.count(TIMES, "pcq.revision_times", revisions)?;
        self.count(CHANGES, "pcq.changes", changes)?;
        self.count(HISTORY, "pcq.object_history", self.history)?;
        self.count(VERSIONS, "pcq.versions", versions)?;
        self.count(PUBLICATIONS, "pcq.publications", publications)?;
        self.count(TIMELINES, "pcq.timelines", self.timelines)?;
        self.count(NAMES, "pcq.names", self.names.len() as u64)?;
        self.count(KEY_CONFIGS, "pcq.key_configs", self.key_configs.len() as u64)?;
        self.count(HEADS, "pcq.heads", heads)
    }

    fn count<K: redb::Key + 'static, V: redb::Value + 'static>(
        &mut self,
        table: TableDefinition<K, V>,
        name: &str,
        wanted: u64,
    ) -> Result<()> {
        let table = self.image.table(table)?;
        let found = table.len().or_fail()?;
        // the length is kept apart from the entries: walk them, so that each page is read
        let mut walked = 0;
        for entry in table.iter().or_fail()? {
            entry.or_fail()?;
            walked += 1;
        }
        if found != wanted || walked != wanted {
            let what = format!("has {walked} entries, and the log accounts for {wanted}");
            self.report.problem(format!("table `{name}` {what}"));
        }
        Ok(())
    }

    /// Compares the heads with the replay.
    fn heads(&mut self) -> Result<()> {
        let keys = self.catalog.keys().map(|key| (ObjectKind::Key, key.id.0));
        let segments = self.catalog.segments().map(|segment| (ObjectKind::Segment, segment.id.0));
        let configs = self.catalog.configs().map(|config| (ObjectKind::Config, config.head.id.0));
        let attributes = self.catalog.attributes().map(|a| (ObjectKind::Attribute, a.id.0));
        let objects: Vec<_> = keys.chain(segments).chain(configs).chain(attributes).collect();
        objects.into_iter().try_for_each(|(kind, id)| self.head(kind, id))?;
        let (versions, publications) = self.kept;
        self.count(KEPT, "pcq.kept_versions", versions)?;
        // in earlier formats they are in the heads
        if self.image.optional_table(KEPT_PUBLICATIONS)?.is_some() {
            self.count(KEPT_PUBLICATIONS, "pcq.kept_publications", publications)?;
        }
        Ok(())
    }

    /// Compares what is not about one object.
    fn settings(&mut self) -> Result<()> {
        let found = self.report.note(head::retention(self.image))?;
        if found.is_some_and(|found| found != self.catalog.retention) {
            self.report.problem("table `pcq.retention` is not what the log says");
        }
        let found = self.report.note(head::strict(self.image))?;
        if found.is_some_and(|found| found != self.catalog.strict) {
            self.report.problem("`strict` in table `pcq.meta` is not what the log says");
        }
        let found = self.report.note(head::recording(self.image))?;
        if found.is_some_and(|found| found != self.catalog.recording) {
            self.report.problem("`recording` in table `pcq.meta` is not what the log says");
        }
        Ok(())
    }

    fn head(&mut self, kind: ObjectKind, id: u32) -> Result<()> {
        let now = self.catalog.time.unwrap_or(crate::model::Timestamp::MIN);
        let replayed = Object::find(&self.catalog, kind, id).map(|object| object.pruned(now));
        let Some(found) = self.report.note(head::find(self.image, kind, id))? else {
            return Ok(());
        };
        if let Some(Object::Config(config)) = &found {
            self.kept.0 += config.versions.len() as u64;
            self.kept.1 += config.timeline.len() as u64;
        }
        let is_same =
            |(found, replayed): (Object, Object)| found.pruned(now).agrees_with(&replayed);
        if !found.zip(replayed).is_some_and(is_same) {
            self.report.problem(format!("table `pcq.heads`: {kind} {id} is not what the log says"));
        }
        Ok(())
    }
}
