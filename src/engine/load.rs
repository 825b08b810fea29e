//! Loading a dump: the log of another store, revision by revision, into an empty one.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::dump::FORMAT;
use super::session::done;
use super::{Outcome, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Catalog, Change, ConfigId, ExprKind, ListId, Revision, Timestamp, Version, Versions,
    check_user_id,
};
use crate::statement::scene::Scene;
use crate::statement::{CreateSegment, Listed, Load, Parameters, rules};
use crate::store::Loader;

/// A dump on its way into the store; nothing of it is there before its end.
#[derive(Debug)]
pub(super) struct Loading {
    manual_clock: bool,
    loader: Loader,
    catalog: Catalog,
    revision: Option<Revision>,
    changes: Vec<Change>,
    /// How many lists of users were loaded.
    lists: u32,
    /// The last id of the last of them.
    last_id: Option<Arc<str>>,
    /// The lists that segments refer to.
    referred: BTreeSet<ListId>,
    /// The versions among the changes.
    versions: HashMap<(ConfigId, u32), Arc<Version>>,
}

/// One statement of a dump, checked.
pub(super) enum LoadStep {
    Start {
        manual_clock: bool,
    },
    Revision(Revision),
    Change(Change),
    /// Ids of a list, in order.
    Ids(ListId, Vec<Arc<str>>),
    /// A segment of a list, out of a dump of what stands today.
    Listed(Box<Listed>, ListId),
    End {
        clock: Option<Timestamp>,
    },
}

/// The versions that were loaded, those of the revision that is being loaded too.
struct LoadVersions<'l>(&'l Loading);

impl Versions for LoadVersions<'_> {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        match self.0.versions.get(&(config, number)) {
            Some(version) => Ok(Some(Arc::clone(version))),
            None => self.0.loader.version(config, number),
        }
    }
}

impl Session {
    /// Finds out whether a statement of a dump can stand where it does.
    pub(super) fn check_load(&self, load: &Load) -> Result<LoadStep> {
        self.database().refuse_read_only()?;
        match (load, &self.loading) {
            (Load::Store { format, manual_clock }, None) => {
                self.check_start(*format)?;
                Ok(LoadStep::Start { manual_clock: *manual_clock })
            }
            (Load::Store { .. }, Some(_)) => Err(refused("LOAD STORE stands once, at the start")),
            (Load::List { number, ids }, None) => self.check_ids(*number, ids),
            (Load::Segment { segment, .. }, None) if !self.lists.is_empty() => {
                self.check_listed(segment)
            }
            (_, None) => Err(refused("a dump begins with LOAD STORE")),
            (_, Some(loading)) => loading.step(load, &self.parameters),
        }
    }

    fn check_start(&self, format: u64) -> Result<()> {
        if self.transaction.is_some() {
            return Err(refused("a dump cannot be loaded in a transaction"));
        }
        if self.database().revision() > 0 {
            return Err(refused("only an empty store takes a dump, and this one is not"));
        }
        if format != FORMAT {
            let hint = "it may have been made by a newer version of pcq";
            return Err(
                refused("this version of pcq does not know the format of the dump").hint(hint)
            );
        }
        Ok(())
    }

    /// Does what a statement of a dump was found to do.
    pub(super) fn load(&mut self, step: LoadStep) -> Result<Outcome> {
        match (step, &mut self.loading) {
            (LoadStep::Start { manual_clock }, _) => {
                let db = self.database().clone();
                let _lists =
                    db.try_lock_lists().ok_or_else(|| refused("a list is being loaded"))?;
                let _writer = db.lock_writer();
                let clock = manual_clock.then(|| db.now());
                self.loading = Some(Loading {
                    manual_clock,
                    loader: db.shared.store.begin_load(clock)?,
                    catalog: Catalog::default(),
                    revision: None,
                    changes: Vec::new(),
                    lists: 0,
                    last_id: None,
                    referred: BTreeSet::new(),
                    versions: HashMap::new(),
                });
                Ok(done("loading a dump"))
            }
            (LoadStep::Revision(revision), Some(loading)) => loading.start_revision(revision),
            (LoadStep::Change(change), Some(loading)) => loading.add(change),
            (LoadStep::Ids(list, ids), Some(loading)) => loading.add_ids(list, &ids),
            (LoadStep::Ids(list, ids), None) => self.keep_ids(list, &ids),
            (LoadStep::Listed(listed, list), None) => self.end_listed(&listed, list),
            (LoadStep::Listed(..), Some(_)) => Err(refused("LOAD REVISION comes before it")),
            (LoadStep::End { clock }, Some(_)) => self.end_load(clock),
            (_, None) => Err(refused("a dump begins with LOAD STORE")),
        }
    }

    /// Ids of a list outside of a dump with history.
    fn check_ids(&self, number: u64, ids: &[Arc<str>]) -> Result<LoadStep> {
        if self.transaction.is_some() {
            return Err(refused("a list cannot be loaded in a transaction"));
        }
        ids.iter().try_for_each(|id| check_user_id(id))?;
        Ok(LoadStep::Ids(list_number(number)?, ids.to_vec()))
    }

    /// A segment outside of a dump with history: its list was loaded before it, and goes to the store with it.
    fn check_listed(&self, segment: &CreateSegment) -> Result<LoadStep> {
        let ExprKind::InList(list) = segment.condition.node else {
            return Err(refused("outside of a dump with history LOAD SEGMENT is for lists alone"));
        };
        if !self.lists.contains_key(&list) {
            return Err(refused("LOAD LIST comes before the segment"));
        }
        let listed =
            Listed { segment: segment.name.clone(), description: segment.description.clone() };
        self.check(self.now(), |scene| listed.checked(scene, list))?;
        Ok(LoadStep::Listed(Box::new(listed), list))
    }

    fn keep_ids(&mut self, list: ListId, ids: &[Arc<str>]) -> Result<Outcome> {
        let kept = self.lists.entry(list).or_default();
        ids.iter().try_for_each(|id| super::list::push(kept, id))?;
        Ok(done("loading a list"))
    }

    fn end_listed(&mut self, listed: &Listed, list: ListId) -> Result<Outcome> {
        let ids = self.lists.remove(&list).unwrap_or_default().sorted();
        self.put_list(listed, &ids)
    }

    fn end_load(&mut self, clock: Option<Timestamp>) -> Result<Outcome> {
        let db = self.database().clone();
        let _writer = db.lock_writer();
        let Some(loading) = &mut self.loading else { return Ok(done("nothing was loaded")) };
        if db.revision() > 0 {
            return Err(refused("another session wrote to the store meanwhile"));
        }
        loading.hold_to_rules()?;
        loading.refuse_stray_lists()?;
        loading.end_revision()?;
        let Some(loading) = self.loading.take() else { return Ok(done("nothing was loaded")) };
        let count = loading.catalog.revision;
        loading.loader.finish(clock)?;
        db.reload()?;
        let revisions = if count == 1 { "revision" } else { "revisions" };
        Ok(Outcome::Changed {
            message: format!("loaded {count} {revisions}"),
            revision: Some(count),
        })
    }
}

impl Loading {
    fn step(&self, load: &Load, parameters: &Parameters) -> Result<LoadStep> {
        match load {
            Load::Revision { number, time, actor, comment } => {
                let revision = Revision {
                    number: *number,
                    time: parameters.timestamp(time)?,
                    actor: parameters.optional(actor.as_ref())?,
                    comment: parameters.optional(comment.as_ref())?,
                };
                self.check_revision(&revision)?;
                Ok(LoadStep::Revision(revision))
            }
            Load::End { clock } => {
                let clock = clock.as_ref().map(|at| parameters.timestamp(at)).transpose()?;
                self.check_end(clock)?;
                Ok(LoadStep::End { clock })
            }
            Load::List { number, ids } => {
                let list = list_number(*number)?;
                self.check_ids(list, ids)?;
                Ok(LoadStep::Ids(list, ids.clone()))
            }
            _ => {
                let Some(revision) = &self.revision else {
                    return Err(refused("LOAD REVISION comes before what it changed"));
                };
                let versions = LoadVersions(self);
                let (catalog, now) = (&self.catalog, revision.time);
                let lists = self.lists;
                let scene = Scene { catalog, now, parameters, versions: &versions, lists };
                load.change(&scene).map(LoadStep::Change)
            }
        }
    }

    /// A list is the one that was begun last or the next one, and its ids are in order.
    fn check_ids(&self, list: ListId, ids: &[Arc<str>]) -> Result<()> {
        ids.iter().try_for_each(|id| check_user_id(id))?;
        let goes_on = list.0 == self.lists && !self.referred.contains(&list);
        if !goes_on && Some(list.0) != self.lists.checked_add(1) {
            return Err(refused("lists come one after the other, from 1, each before its segment"));
        }
        let before = self.last_id.iter().filter(|_| goes_on);
        if !before.chain(ids).is_sorted_by(|a, b| a < b) {
            return Err(refused("the ids of a list are in order, each once"));
        }
        Ok(())
    }

    fn add_ids(&mut self, list: ListId, ids: &[Arc<str>]) -> Result<Outcome> {
        self.loader.ids(list, ids.iter().map(|id| &**id))?;
        if list.0 > self.lists {
            self.last_id = None;
        }
        self.lists = list.0;
        self.last_id = ids.last().cloned().or(self.last_id.take());
        Ok(done("loading a list"))
    }

    /// A list that no segment refers to would be in no revision.
    fn refuse_stray_lists(&self) -> Result<()> {
        if self.referred.len() < self.lists as usize {
            return Err(refused("there is a list that no segment refers to"));
        }
        Ok(())
    }

    fn check_revision(&self, revision: &Revision) -> Result<()> {
        let (last, time) = match &self.revision {
            Some(open) => (open.number, Some(open.time)),
            None => (self.catalog.revision, self.catalog.time),
        };
        if revision.number != last + 1 {
            return Err(refused("revisions come one after the other, from 1"));
        }
        if time.is_some_and(|time| revision.time < time) {
            return Err(refused("the time of a revision is not before the one of the last"));
        }
        Ok(())
    }

    /// A manual clock stands at or after the last revision; any other clock stands nowhere.
    fn check_end(&self, clock: Option<Timestamp>) -> Result<()> {
        let last = self.revision.as_ref().map(|revision| revision.time).or(self.catalog.time);
        if clock.is_some() != self.manual_clock {
            return Err(refused("LOAD END says CLOCK if and only if LOAD STORE says CLOCK MANUAL"));
        }
        if clock.zip(last).is_some_and(|(clock, last)| clock < last) {
            return Err(refused("the clock is not before the last revision"));
        }
        Ok(())
    }

    fn start_revision(&mut self, revision: Revision) -> Result<Outcome> {
        self.end_revision()?;
        self.revision = Some(revision);
        Ok(done("loading a revision"))
    }

    fn add(&mut self, change: Change) -> Result<Outcome> {
        let now = self.revision.as_ref().map_or(Timestamp::MIN, |revision| revision.time);
        let mut catalog = self.catalog.clone();
        catalog.apply(std::slice::from_ref(&change), now, &LoadVersions(self))?;
        self.catalog = catalog;
        if let Change::Segment(segment) = &change {
            self.referred.extend(segment.condition.lists());
        }
        if let Change::Version(version) = &change {
            self.versions.insert((version.config, version.number), Arc::clone(version));
        }
        self.changes.push(change);
        Ok(done("loading a change"))
    }

    fn end_revision(&mut self) -> Result<()> {
        let Some(revision) = self.revision.take() else { return Ok(()) };
        self.catalog.revision = revision.number;
        self.catalog.time = Some(revision.time);
        let changes = std::mem::take(&mut self.changes);
        self.versions.clear();
        self.loader.revision(&revision, &changes, &self.catalog)
    }

    /// The rules over the whole, which a dump that was edited by hand may break.
    fn hold_to_rules(&self) -> Result<()> {
        let open = self.revision.as_ref().map(|revision| revision.time);
        let now = open.or(self.catalog.time).unwrap_or(Timestamp::MIN);
        for config in self.catalog.configs() {
            if config.newest().is_none() {
                return Err(refused("a config has at least one version"));
            }
            if !config.head.archived {
                rules::refuse_invalid(&self.catalog, config, config.used(now), now)?;
            }
        }
        let segments = self.catalog.segments().map(|s| crate::model::Reference::Segment(s.id));
        rules::refuse_cycles(&self.catalog, segments, now)
    }
}

fn list_number(number: u64) -> Result<ListId> {
    let number = u32::try_from(number).ok().filter(|number| (1..u32::MAX).contains(number));
    number.map(ListId).ok_or_else(|| refused("that is no number of a list"))
}

fn refused(why: &'static str) -> Error {
    ErrorKind::TransactionState(why).into()
}
