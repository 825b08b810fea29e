//! Loading a dump: the log of another store, revision by revision, into an empty one.

use std::collections::HashMap;
use std::sync::Arc;

use super::dump::FORMAT;
use super::session::done;
use super::{Outcome, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Catalog, Change, ConfigId, Revision, Timestamp, Version, Versions};
use crate::statement::scene::Scene;
use crate::statement::{Load, Parameters, rules};
use crate::store::Loader;

/// A dump on its way into the store; nothing of it is there before its end.
#[derive(Debug)]
pub(super) struct Loading {
    manual_clock: bool,
    loader: Loader,
    catalog: Catalog,
    revision: Option<Revision>,
    changes: Vec<Change>,
    /// The versions among the changes.
    versions: HashMap<(ConfigId, u32), Arc<Version>>,
}

/// One statement of a dump, checked.
pub(super) enum LoadStep {
    Start { manual_clock: bool },
    Revision(Revision),
    Change(Change),
    End { clock: Option<Timestamp> },
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
                let _writer = db.lock_writer();
                let clock = manual_clock.then(|| db.now());
                self.loading = Some(Loading {
                    manual_clock,
                    loader: db.shared.store.begin_load(clock)?,
                    catalog: Catalog::default(),
                    revision: None,
                    changes: Vec::new(),
                    versions: HashMap::new(),
                });
                Ok(done("loading a dump"))
            }
            (LoadStep::Revision(revision), Some(loading)) => loading.start_revision(revision),
            (LoadStep::Change(change), Some(loading)) => loading.add(change),
            (LoadStep::End { clock }, Some(_)) => self.end_load(clock),
            (_, None) => Err(refused("a dump begins with LOAD STORE")),
        }
    }

    fn end_load(&mut self, clock: Option<Timestamp>) -> Result<Outcome> {
        let db = self.database().clone();
        let _writer = db.lock_writer();
        let Some(loading) = &mut self.loading else { return Ok(done("nothing was loaded")) };
        if db.revision() > 0 {
            return Err(refused("another session wrote to the store meanwhile"));
        }
        loading.hold_to_rules()?;
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
            _ => {
                let Some(revision) = &self.revision else {
                    return Err(refused("LOAD REVISION comes before what it changed"));
                };
                let versions = LoadVersions(self);
                let (catalog, now) = (&self.catalog, revision.time);
                let scene = Scene { catalog, now, parameters, versions: &versions };
                load.change(&scene).map(LoadStep::Change)
            }
        }
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

fn refused(why: &'static str) -> Error {
    ErrorKind::TransactionState(why).into()
}
