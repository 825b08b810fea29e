//! Snapshots: one state of the store, compiled for evaluation.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use imbl::{HashMap, OrdMap, Vector};

use super::compile::compile;
use super::evaluation::Evaluation;
use super::plan::{Plan, Schedule, claimants};
use super::program::Program;
use super::run::Run;
use super::scope::{CatalogScope, Scope};
use super::trace::{Trace, trace};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Catalog, Change, Condition, ConfigId, Context, KeyId, Name, Segment, SegmentId, Timestamp,
    Version,
};

/// One state of the store, compiled for evaluation: immutable, and cheap to clone.
///
/// It knows the publications to come, so it answers for every instant from its own on, until it is
/// replaced by the snapshot of a later revision.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    revision: u64,
    names: HashMap<Name, KeyId>,
    /// The plans of the keys, by number.
    plans: Vector<Option<Arc<Plan>>>,
    /// The conditions of the segments, by number.
    segments: Vector<Option<Arc<CompiledSegment>>>,
    schedules: OrdMap<ConfigId, Arc<Schedule>>,
    /// The config of which a version is pretended to be live.
    pretended: Option<ConfigId>,
}

/// A segment's condition, and what it was compiled from.
#[derive(Debug)]
pub(super) struct CompiledSegment {
    pub(super) condition: Condition,
    pub(super) program: Program,
}

/// What has to be compiled anew.
#[derive(Debug, Default)]
struct Touched {
    keys: BTreeSet<KeyId>,
    segments: BTreeSet<SegmentId>,
    configs: BTreeSet<ConfigId>,
}

impl Touched {
    fn by(changes: &[Change]) -> Self {
        let mut touched = Self::default();
        for change in changes {
            match change {
                Change::Key(key) => drop(touched.keys.insert(key.id)),
                Change::Segment(segment) => drop(touched.segments.insert(segment.id)),
                Change::Config { head, .. } => drop(touched.configs.insert(head.id)),
                Change::Salt { config, .. } | Change::Cancel { config, .. } => {
                    touched.configs.insert(*config);
                }
                Change::Version(version) => drop(touched.configs.insert(version.config)),
                Change::Publication(publication) => {
                    touched.configs.insert(publication.config);
                }
            }
        }
        touched
    }

    fn everything(catalog: &Catalog) -> Self {
        Self {
            keys: catalog.keys().map(|key| key.id).collect(),
            segments: catalog.segments().map(|segment| segment.id).collect(),
            configs: catalog.configs().map(|config| config.head.id).collect(),
        }
    }
}

impl Snapshot {
    /// Compiles all of a catalog. Conditions were checked when they were stored, so it fails only if the
    /// catalog is damaged.
    pub(crate) fn compile(catalog: &Catalog) -> Result<Self> {
        Self::default().with(catalog, Touched::everything(catalog))
    }

    /// Compiles what changes touched; the catalog is the one after them.
    pub(crate) fn update(&self, catalog: &Catalog, changes: &[Change]) -> Result<Self> {
        self.with(catalog, Touched::by(changes))
    }

    /// Pretends that a version were live at every instant, whatever the switches of its config say and
    /// whoever has its keys.
    pub(crate) fn under(
        &self,
        catalog: &Catalog,
        config: ConfigId,
        version: &Arc<Version>,
    ) -> Self {
        let mut made = self.clone();
        let Some(known) = catalog.config(config) else {
            return made;
        };
        let schedule = Arc::new(Schedule::pretend(catalog, known, version));
        let mut keys = schedule.keys();
        keys.extend(made.schedules.get(&config).iter().flat_map(|old| old.keys()));
        made.schedules.insert(config, schedule);
        made.pretended = Some(config);
        for key in keys {
            made.plan_key(catalog, key);
        }
        made
    }

    fn with(&self, catalog: &Catalog, touched: Touched) -> Result<Self> {
        let mut made = self.clone();
        made.revision = catalog.revision;
        for segment in touched.segments.iter().filter_map(|id| catalog.segment(*id)) {
            let compiled = CompiledSegment::new(segment, &CatalogScope(catalog))?;
            put(&mut made.segments, segment.id.0, Arc::new(compiled));
        }
        let mut keys = touched.keys;
        for config in touched.configs.iter().filter_map(|id| catalog.config(*id)) {
            let schedule = Arc::new(Schedule::new(catalog, config));
            keys.extend(schedule.keys());
            let old = made.schedules.insert(config.head.id, schedule);
            keys.extend(old.iter().flat_map(|old| old.keys()));
        }
        for key in keys {
            made.plan_key(catalog, key);
        }
        Ok(made)
    }

    /// Makes the plan of a key anew.
    fn plan_key(&mut self, catalog: &Catalog, key: KeyId) {
        let Some(key) = catalog.key(key) else { return };
        let claimants = claimants(catalog, key.id).filter(|id| Some(*id) != self.pretended);
        let configs = self.pretended.into_iter().chain(claimants);
        let plan = Plan::new(key, configs.filter_map(|id| self.schedules.get(&id)));
        self.names.insert(key.name.clone(), key.id);
        put(&mut self.plans, key.id.0, Arc::new(plan));
    }

    /// The number of the revision that it is the state of.
    #[must_use]
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Evaluates a key for a user at an instant; `None` if there is no such key.
    ///
    /// The instant is that of the revision or a later one. For an earlier one the answer is that of the
    /// revision's own instant.
    #[must_use]
    pub(crate) fn evaluate_at(
        &self,
        key: &str,
        context: &Context,
        at: Timestamp,
    ) -> Option<Evaluation> {
        self.evaluate_id(*self.names.get(key)?, context, at)
    }

    /// Evaluates a key; one that does not exist is `NULL` with `UNKNOWN_KEY`.
    pub(crate) fn evaluate_or_unknown(
        &self,
        key: &str,
        context: &Context,
        at: Timestamp,
    ) -> Evaluation {
        self.evaluate_at(key, context, at).unwrap_or_else(|| Evaluation::unknown(key))
    }

    /// [`Self::evaluate_at`], by the number of the key.
    pub(crate) fn evaluate_id(
        &self,
        key: KeyId,
        context: &Context,
        at: Timestamp,
    ) -> Option<Evaluation> {
        let plan = self.plan(key)?;
        let outcome = Run::new(self, context, at).find(plan);
        Some(Evaluation::new(Arc::clone(plan), outcome))
    }

    /// Evaluates a key, and says of each row why it won or lost.
    pub(crate) fn trace_at(&self, key: &str, context: &Context, at: Timestamp) -> Option<Trace> {
        let plan = self.plan(*self.names.get(key)?)?;
        Some(trace(Run::new(self, context, at), plan, at))
    }

    /// Evaluates a condition for a user, in this state.
    #[cfg(test)]
    pub(crate) fn holds(
        &self,
        program: &Program,
        context: &Context,
        at: Timestamp,
    ) -> Option<bool> {
        program.evaluate(&mut Run::new(self, context, at))
    }

    pub(super) fn plan(&self, key: KeyId) -> Option<&Arc<Plan>> {
        self.plans.get(key.0 as usize)?.as_ref()
    }

    pub(super) fn segment(&self, segment: SegmentId) -> Option<&CompiledSegment> {
        self.segments.get(segment.0 as usize)?.as_deref()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("revision", &self.revision)
            .field("keys", &self.names.len())
            .finish_non_exhaustive()
    }
}

impl CompiledSegment {
    fn new(segment: &Segment, scope: &dyn Scope) -> Result<Self> {
        let condition = segment.condition.clone();
        let program = compile(condition.expr(), scope).map_err(|error| {
            let what = format!("the condition of segment `{}`: {error}", segment.name.as_str());
            Error::new(ErrorKind::Corrupt { what }).because(error)
        })?;
        Ok(Self { condition, program })
    }
}

/// Puts something in its place, and leaves the places before it that are not there yet empty.
fn put<T>(all: &mut Vector<Option<Arc<T>>>, number: u32, one: Arc<T>) {
    let index = number as usize;
    while all.len() <= index {
        all.push_back(None);
    }
    all.set(index, Some(one));
}
