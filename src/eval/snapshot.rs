//! Snapshots: one state of the store, compiled for evaluation.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use imbl::{OrdMap, OrdSet};

use super::compile::{compile_plain, compile_with};
use super::evaluation::Evaluation;
use super::field::Fields;
use super::keys::{Keys, Slot, SlotIndex};
use super::measure::Measure;
use super::plan::{Meter, NoMeter, Plan, Schedule, claimants};
use super::program::{Lookup, Program};
use super::questions::may_ask;
use super::run::{Beside, Moment, Run};
use super::scope::CatalogScope;
use super::trace::{Trace, trace};
use super::trie::Trie;
use crate::error::{Error, ErrorKind, Result};
use crate::listing::Lists;
use crate::model::{
    AttributeName, Catalog, Change, Condition, ConfigId, Context, KeyId, Segment, SegmentId,
    Timestamp, Version,
};
use crate::shard::{shards, thread_number};

/// One state of the store, compiled for evaluation: immutable, and cheap to clone.
///
/// It knows the publications to come, so it answers for every instant from its own on, until it is
/// replaced by the snapshot of a later revision.
#[derive(Clone)]
pub(crate) struct Snapshot {
    /// Evaluations keep the state that they were made of. Each thread counts its own, or the threads would
    /// wait for one another to count.
    pins: Arc<[Arc<Pin>]>,
}

/// A handle of a state that few threads share.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Pin(Arc<Compiled>);

impl Deref for Pin {
    type Target = Compiled;

    fn deref(&self) -> &Compiled {
        &self.0
    }
}

/// What a snapshot has.
#[derive(Clone, Default)]
pub(super) struct Compiled {
    pub(super) catalog: Catalog,
    keys: Keys,
    segments: Trie<Arc<CompiledSegment>>,
    schedules: OrdMap<ConfigId, Arc<Schedule>>,
    /// The attributes and functions over events of all conditions.
    fields: Arc<Fields>,
    /// The lists of users that conditions refer to.
    pub(super) lists: Arc<Lists>,
    /// The segments whose conditions may have a function over events.
    pub(super) asking: OrdSet<SegmentId>,
    /// The functions over events that may decide over a key.
    questions: OnceLock<Box<[Arc<Measure>]>>,
    /// The config of which a version is pretended to be live.
    pretended: Option<ConfigId>,
    /// Which store it is of; those that came of one another have the same.
    pub(super) lineage: u64,
}

/// A segment's condition, and the program for it.
#[derive(Debug)]
pub(super) struct CompiledSegment {
    pub(super) condition: Condition,
    /// Made when it is first needed: opening a store compiles nothing. `None`: it cannot be compiled, which
    /// only a damaged store brings about; then nobody is in the segment.
    program: OnceLock<Option<Program>>,
}

/// The plans that a change made, and those that they replace.
#[derive(Debug, Default)]
pub(crate) struct Replaced {
    pub(crate) made: Vec<Arc<Plan>>,
    pub(crate) gone: Vec<Arc<Plan>>,
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
                Change::Keep { .. } => {}
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
    /// Takes up all of a catalog. Conditions are compiled when they are first needed.
    pub(crate) fn compile(catalog: &Catalog, meter: &dyn Meter) -> (Self, Replaced) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let lineage = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut made = Compiled { catalog: catalog.clone(), lineage, ..Compiled::default() };
        for segment in catalog.segments() {
            made.set_segment(segment.id, CompiledSegment::new(segment));
        }
        let replaced = made.plan_touched(Touched::everything(catalog), meter);
        (Self::new(made), replaced)
    }

    /// The same state with other lists of users, those that its conditions refer to.
    pub(crate) fn with_lists(&self, lists: Arc<Lists>) -> Self {
        Self::new(Compiled { lists, ..self.compiled().clone() })
    }

    /// A state that is not counted: of the past, or pretended.
    pub(crate) fn uncounted(catalog: &Catalog) -> Self {
        Self::compile(catalog, &NoMeter).0
    }

    /// Compiles what changes touched; the catalog is the one after them. Conditions were checked when they
    /// were stored, so it fails only if the catalog is damaged.
    pub(crate) fn update(
        &self,
        catalog: &Catalog,
        changes: &[Change],
        meter: &dyn Meter,
    ) -> Result<(Self, Replaced)> {
        let touched = Touched::by(changes);
        let mut made = Compiled { catalog: catalog.clone(), ..self.compiled().clone() };
        for segment in touched.segments.iter().filter_map(|id| catalog.segment(*id)) {
            let compiled = CompiledSegment::new(segment);
            compiled.try_compile(&made, segment)?;
            made.set_segment(segment.id, compiled);
        }
        let replaced = made.plan_touched(touched, meter);
        Ok((Self::new(made), replaced))
    }

    /// Pretends that a version were live at every instant, whatever the switches of its config say and
    /// whoever has its keys.
    pub(crate) fn under(
        &self,
        catalog: &Catalog,
        config: ConfigId,
        version: &Arc<Version>,
    ) -> Self {
        let mut made = self.compiled().clone();
        let Some(known) = catalog.config(config) else {
            return self.clone();
        };
        let schedule = Arc::new(Schedule::pretend(catalog, known, version));
        let mut keys = schedule.keys();
        keys.extend(made.schedules.get(&config).iter().flat_map(|old| old.keys()));
        made.schedules.insert(config, schedule);
        made.pretended = Some(config);
        for key in keys {
            made.plan_key(key, &NoMeter, &mut Replaced::default());
        }
        Self::new(made)
    }

    fn new(compiled: Compiled) -> Self {
        // what was found for the state that it came of may not hold for it
        let compiled = Arc::new(Compiled { questions: OnceLock::new(), ..compiled });
        let pin = |_| Arc::new(Pin(Arc::clone(&compiled)));
        Self { pins: (0..shards()).map(pin).collect() }
    }

    pub(super) fn compiled(&self) -> &Compiled {
        match self.pins.first() {
            Some(pin) => pin,
            None => Compiled::none(), // there is always one
        }
    }

    /// The handle that is this thread's.
    #[inline]
    fn pin(&self) -> Option<&Arc<Pin>> {
        self.pins.get(thread_number() & (self.pins.len() - 1))
    }

    /// The catalog that it was compiled from.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.compiled().catalog
    }

    /// The lists of users that its conditions refer to.
    pub(crate) fn lists(&self) -> &Arc<Lists> {
        &self.compiled().lists
    }

    /// The number of the revision that it is the state of.
    #[must_use]
    pub(crate) fn revision(&self) -> u64 {
        self.compiled().catalog.revision
    }

    /// The instant of that revision; the first of all if there is none.
    #[must_use]
    #[inline]
    pub(crate) fn time(&self) -> Timestamp {
        self.compiled().catalog.time.unwrap_or(Timestamp::MIN)
    }

    /// The number of a key.
    pub(crate) fn key_named(&self, name: &str) -> Option<KeyId> {
        self.compiled().key_named(name).map(|(_, slot)| slot.plan.id)
    }

    /// Which store it is of: the numbers of keys mean the same in all snapshots that have the same lineage.
    #[inline]
    pub(crate) fn lineage(&self) -> u64 {
        self.compiled().lineage
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
        moment: Moment<'_>,
    ) -> Option<Evaluation> {
        let pin = self.pin()?;
        let key = pin.key_named(key)?;
        let outcome = Run::new(pin, context, moment).find(key.1);
        Some(Evaluation::new(Arc::clone(pin), key, outcome))
    }

    /// [`Self::evaluate_at`], by the number of the key.
    pub(crate) fn evaluate_id(
        &self,
        key: KeyId,
        context: &Context,
        moment: Moment<'_>,
    ) -> Option<Evaluation> {
        let pin = self.pin()?;
        let key = pin.key(key)?;
        let outcome = Run::new(pin, context, moment).find(key.1);
        Some(Evaluation::new(Arc::clone(pin), key, outcome))
    }

    /// Evaluates many keys for a user at an instant. What they have in common is decided once; keys that
    /// do not exist are left out.
    pub(crate) fn evaluate_many<'a>(
        &'a self,
        keys: impl IntoIterator<Item = KeyId> + 'a,
        context: &'a Context,
        at: Timestamp,
    ) -> impl Iterator<Item = Evaluation> + 'a {
        let pin = self.pin();
        let mut run = pin.map(|pin| Run::of_many(pin, context, at));
        keys.into_iter().filter_map(move |key| {
            let key = pin?.key(key)?;
            let outcome = run.as_mut()?.find(key.1);
            Some(Evaluation::new(Arc::clone(pin?), key, outcome))
        })
    }

    /// The keys that are not archived, in the order in which they were made.
    pub(crate) fn keys(&self) -> impl Iterator<Item = KeyId> + '_ {
        let compiled = self.compiled();
        let keys = (1..=compiled.last_key()).filter_map(|number| compiled.key(KeyId(number)));
        keys.map(|(_, slot)| &slot.plan).filter(|plan| !plan.archived).map(|plan| plan.id)
    }

    /// The functions over events that may decide over a key, now or by what is scheduled. Found when they are
    /// first asked for; a state without any costs nothing.
    pub(crate) fn questions(&self) -> &[Arc<Measure>] {
        let compiled = self.compiled();
        compiled.questions.get_or_init(|| compiled.find_questions())
    }

    /// Evaluates a key, and says of each row why it won or lost.
    pub(crate) fn trace_at(&self, key: KeyId, context: &Context, at: Timestamp) -> Option<Trace> {
        let pin = self.pin()?;
        let key = pin.key(key)?;
        let mut run = Run::traced(pin, context, at);
        let outcome = run.find(key.1);
        let evaluation = Evaluation::new(Arc::clone(pin), key, outcome);
        Some(trace(run, &key.1.plan, outcome, evaluation))
    }

    /// Evaluates a condition over a row about a user, in this state: names are columns, and `KEY(…)`, `IN
    /// SEGMENT` and what users did are of the user.
    pub(crate) fn holds_beside<'a>(
        &'a self,
        program: &'a Program,
        context: &'a Context,
        at: Timestamp,
        column: &'a dyn Fn(&AttributeName) -> Lookup<'a>,
    ) -> Option<bool> {
        let run = Run::new(self.compiled(), context, Moment::At(at));
        program.evaluate(&mut Beside { run, column })
    }

    /// The segments whose conditions cannot be compiled, each with the reason: none, if the store is sound.
    pub(crate) fn flaws(&self) -> Vec<Error> {
        let compiled = self.compiled();
        let flaw = |segment: &Arc<Segment>| {
            CompiledSegment::new(segment).try_compile(compiled, segment).err()
        };
        compiled.catalog.segments().filter_map(flaw).collect()
    }

    /// Evaluates a condition for a user, in this state.
    #[cfg(test)]
    pub(crate) fn holds(
        &self,
        program: &Program,
        context: &Context,
        at: Timestamp,
    ) -> Option<bool> {
        program.evaluate(&mut Run::new(self.compiled(), context, Moment::At(at)))
    }
}

impl Compiled {
    /// What has nothing.
    fn none<'a>() -> &'a Self {
        static NONE: OnceLock<Compiled> = OnceLock::new();
        NONE.get_or_init(Self::default)
    }

    fn set_segment(&mut self, id: SegmentId, segment: CompiledSegment) {
        if may_ask(&segment.condition) {
            self.asking.insert(id);
        } else {
            self.asking.remove(&id);
        }
        self.segments.set(id.0, Arc::new(segment));
    }

    /// Whether a config has, or will have, a row for a segment.
    pub(super) fn serves(&self, config: ConfigId, segment: SegmentId) -> bool {
        self.schedules.get(&config).is_some_and(|schedule| schedule.has_row(segment))
    }

    /// Makes the schedules and plans anew that a change touched.
    fn plan_touched(&mut self, touched: Touched, meter: &dyn Meter) -> Replaced {
        let mut keys = touched.keys;
        for id in touched.configs {
            let Some(config) = self.catalog.config(id) else { continue };
            let schedule = Arc::new(Schedule::new(&self.catalog, config));
            keys.extend(schedule.keys());
            let old = self.schedules.insert(id, schedule);
            keys.extend(old.iter().flat_map(|old| old.keys()));
        }
        let mut replaced = Replaced::default();
        for key in keys {
            self.plan_key(key, meter, &mut replaced);
        }
        replaced
    }

    /// Makes the plan of a key anew.
    fn plan_key(&mut self, key: KeyId, meter: &dyn Meter, replaced: &mut Replaced) {
        let Some(key) = self.catalog.key(key) else { return };
        let claimants = claimants(&self.catalog, key.id).filter(|id| Some(*id) != self.pretended);
        let configs = self.pretended.into_iter().chain(claimants);
        let plan = Plan::new(key, configs.filter_map(|id| self.schedules.get(&id)), meter);
        let plan = Arc::new(plan);
        replaced.gone.extend(self.keys.set(Arc::clone(&plan)));
        replaced.made.push(plan);
    }

    fn last_key(&self) -> u32 {
        self.catalog.next_key().0.saturating_sub(1)
    }

    /// The key with a name, and where it is.
    #[inline]
    fn key_named(&self, name: &str) -> Option<(SlotIndex, &Slot)> {
        let place = self.keys.find(name)?;
        Some((place, self.keys.at(place)?))
    }

    /// The key with a number, and where it is.
    #[inline]
    pub(super) fn key(&self, key: KeyId) -> Option<(SlotIndex, &Slot)> {
        let place = self.keys.place(key)?;
        Some((place, self.keys.at(place)?))
    }

    /// What decides over a key that is in a place.
    pub(super) fn plan_at(&self, place: SlotIndex) -> Option<&Plan> {
        self.keys.at(place).map(|slot| &*slot.plan)
    }

    #[inline]
    pub(super) fn segment(&self, segment: SegmentId) -> Option<&CompiledSegment> {
        self.segments.get(segment.0).map(|segment| &**segment)
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        Self::new(Compiled::default())
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.compiled().fmt(f)
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("revision", &self.catalog.revision)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl CompiledSegment {
    fn new(segment: &Segment) -> Self {
        Self { condition: segment.condition.clone(), program: OnceLock::new() }
    }

    /// The program, if the condition can be compiled.
    #[inline]
    pub(super) fn program(&self, state: &Compiled) -> Option<&Program> {
        self.program.get_or_init(|| self.compile(state).ok()).as_ref()
    }

    /// Compiles the condition now.
    fn try_compile(&self, state: &Compiled, segment: &Segment) -> Result<()> {
        let program = self.compile(state).map_err(|error| {
            let what = format!("the condition of segment `{}`: {error}", segment.name.as_str());
            Error::new(ErrorKind::Corrupt { what }).because(error)
        })?;
        let _ = self.program.set(Some(program)); // it is not there yet
        Ok(())
    }

    fn compile(&self, state: &Compiled) -> Result<Program> {
        let scope = CatalogScope(&state.catalog);
        self.condition.look(|expr| compile_with(expr, &scope, &state.fields))
    }

    /// A program with a node for each part of the condition.
    pub(super) fn plain_program(&self, state: &Compiled) -> Option<Program> {
        let scope = CatalogScope(&state.catalog);
        self.condition.look(|expr| compile_plain(expr, &scope, &state.fields)).ok()
    }
}
