//! Loads of dumps: the log of another store, revision by revision, into an empty one.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::dump::FORMAT;
use crate::error::{Error, Result, TransactionState};
use crate::model::{
    Catalog, Change, ConfigId, Entry, ListId, Reference, Revision, Role, Timestamp, Version,
    VersionReader, check_user_id,
};
use crate::statement::binder::{Binder, Origin};
use crate::statement::{Listed, Load, Parameters, chain, rules};
use crate::store::Loader;

/// A dump on its way into the store; nothing of it is there before its end.
#[derive(Debug)]
pub(crate) struct Loading {
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
pub(crate) enum LoadStep {
    Start {
        manual_clock: bool,
    },
    Revision(Revision),
    Change(Change),
    /// Attributes of a user.
    User(Entry),
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

impl VersionReader for LoadVersions<'_> {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        match self.0.versions.get(&(config, number)) {
            Some(version) => Ok(Some(Arc::clone(version))),
            None => self.0.loader.version(config, number),
        }
    }
}

impl Loading {
    /// Begins to load a dump of a format that was found to be known.
    pub(crate) fn new(loader: Loader, manual_clock: bool) -> Self {
        Self {
            manual_clock,
            loader,
            catalog: Catalog::default(),
            revision: None,
            changes: Vec::new(),
            lists: 0,
            last_id: None,
            referred: BTreeSet::new(),
            versions: HashMap::new(),
        }
    }

    /// Finds out whether a statement can stand here, and changes nothing.
    pub(crate) fn check(&self, load: &Load, parameters: &Parameters) -> Result<LoadStep> {
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
            Load::User(_) => Err(users_come_last()),
            Load::List { number, ids } => {
                let list = list_number(*number)?;
                self.check_ids(list, ids)?;
                Ok(LoadStep::Ids(list, ids.clone()))
            }
            _ => {
                let Some(revision) = &self.revision else {
                    return Err(TransactionState::Late {
                        first: "LOAD REVISION",
                        then: "what it changed",
                    }
                    .into());
                };
                let versions = LoadVersions(self);
                let (catalog, now) = (&self.catalog, revision.time);
                let origin = Origin::Dump { lists: self.lists };
                let role = Role::Admin;
                let binder = Binder { catalog, now, parameters, versions: &versions, role, origin };
                load.change(&binder).map(LoadStep::Change)
            }
        }
    }

    /// Takes in what a statement was found to say.
    pub(crate) fn take(&mut self, step: LoadStep) -> Result<&'static str> {
        match step {
            LoadStep::Revision(revision) => self.start_revision(revision),
            LoadStep::Change(change) => self.add(change),
            LoadStep::Ids(list, ids) => self.add_ids(list, &ids),
            LoadStep::User(_) => Err(users_come_last()),
            LoadStep::Listed(..) => {
                Err(TransactionState::Late { first: "LOAD REVISION", then: "it" }.into())
            }
            LoadStep::Start { .. } | LoadStep::End { .. } => {
                Err(TransactionState::StoreOnce.into())
            }
        }
    }

    /// Ends the last revision, if the whole holds together.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.hold_to_rules()?;
        self.refuse_stray_lists()?;
        self.end_revision()
    }

    /// Makes the dump durable after its end, and returns the number of its revisions.
    pub(crate) fn finish(self, clock: Option<Timestamp>) -> Result<u64> {
        self.loader.finish(clock)?;
        Ok(self.catalog.revision)
    }

    /// A list is the one that was begun last or the next one, and its ids are in order.
    fn check_ids(&self, list: ListId, ids: &[Arc<str>]) -> Result<()> {
        ids.iter().try_for_each(|id| check_user_id(id))?;
        let goes_on = list.0 == self.lists && !self.referred.contains(&list);
        if !goes_on && Some(list.0) != self.lists.checked_add(1) {
            return Err(TransactionState::ListOrder.into());
        }
        let before = self.last_id.iter().filter(|_| goes_on);
        if !before.chain(ids).is_sorted_by(|a, b| a < b) {
            return Err(TransactionState::IdOrder.into());
        }
        Ok(())
    }

    fn add_ids(&mut self, list: ListId, ids: &[Arc<str>]) -> Result<&'static str> {
        self.loader.ids(list, ids.iter().map(|id| &**id))?;
        if list.0 > self.lists {
            self.last_id = None;
        }
        self.lists = list.0;
        self.last_id = ids.last().cloned().or(self.last_id.take());
        Ok("loading a list")
    }

    /// A list that no segment refers to would be in no revision.
    fn refuse_stray_lists(&self) -> Result<()> {
        if self.referred.len() < self.lists as usize {
            return Err(TransactionState::StrayList.into());
        }
        Ok(())
    }

    fn check_revision(&self, revision: &Revision) -> Result<()> {
        let (last, time) = match &self.revision {
            Some(open) => (open.number, Some(open.time)),
            None => (self.catalog.revision, self.catalog.time),
        };
        if revision.number != last + 1 {
            return Err(TransactionState::RevisionOrder.into());
        }
        if time.is_some_and(|time| revision.time < time) {
            return Err(TransactionState::RevisionTime.into());
        }
        Ok(())
    }

    /// A manual clock stands at or after the last revision; any other clock stands nowhere.
    fn check_end(&self, clock: Option<Timestamp>) -> Result<()> {
        let last = self.revision.as_ref().map(|revision| revision.time).or(self.catalog.time);
        if clock.is_some() != self.manual_clock {
            return Err(TransactionState::EndClock.into());
        }
        if clock.zip(last).is_some_and(|(clock, last)| clock < last) {
            return Err(TransactionState::ClockBeforeRevision.into());
        }
        Ok(())
    }

    fn start_revision(&mut self, revision: Revision) -> Result<&'static str> {
        self.end_revision()?;
        self.revision = Some(revision);
        Ok("loading a revision")
    }

    fn add(&mut self, change: Change) -> Result<&'static str> {
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
        Ok("loading a change")
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
                return Err(TransactionState::ConfigWithoutVersion.into());
            }
            if !config.head.archived {
                rules::refuse_invalid(&self.catalog, config, config.used(now), now)?;
            }
        }
        let segments = self.catalog.segments().map(|s| Reference::Segment(s.id));
        chain::refuse_cycles(&self.catalog, segments, now)
    }
}

/// The number of a list, as a dump has it.
pub(crate) fn list_number(number: u64) -> Result<ListId> {
    let number = u32::try_from(number).ok().filter(|number| (1..u32::MAX).contains(number));
    number.map(ListId).ok_or_else(|| TransactionState::ListNumber.into())
}

/// Finds out whether a dump of a format can be loaded.
pub(crate) fn check_format(format: u64) -> Result<()> {
    if format != FORMAT {
        let hint = "it may have been made by a newer version of pcq";
        return Err(Error::from(TransactionState::UnknownFormat).hint(hint));
    }
    Ok(())
}

fn users_come_last() -> Error {
    TransactionState::Late { first: "LOAD END", then: "what is known of users" }.into()
}
