//! Compiled state of the store: the plans of keys and the programs of segments that evaluations run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use imbl::{OrdMap, OrdSet};

use super::compile::{compile_plain, compile_with};
use super::counted::{Counted, Meter, NoMeter, Replaced};
use super::declared::Declarations;
use super::entry::RowSet;
use super::field::Fields;
use super::key_group::{SlotIndex, SlotRef};
use super::keys::Keys;
use super::measure::Measure;
use super::plan::{Plan, claimants};
use super::plan_row::PlanRow;
use super::program::Program;
use super::schedule::{Schedule, ScheduleChange};
use super::scope::CatalogScope;
use super::tape::Tape;
use super::trie::Trie;
use crate::error::{Error, ErrorKind, Result};
use crate::listing::Lists;
use crate::model::{
    Catalog, Change, Condition, ConfigId, Context, FittedContext, KeyId, Numbering, Reference,
    Referrer, Segment, SegmentId, Stamped,
};

/// State of the store, compiled.
#[derive(Clone, Default)]
pub(super) struct Compiled {
    pub(super) catalog: Catalog,
    keys: Keys,
    segments: Trie<Arc<CompiledSegment>>,
    schedules: OrdMap<ConfigId, Arc<Schedule>>,
    /// What the values of attributes may be; `None` if they may be anything.
    pub(super) declarations: Option<Arc<Declarations>>,
    /// The attributes and functions over events of all conditions.
    fields: Arc<Fields>,
    /// The lists of users that conditions refer to.
    pub(super) lists: Arc<Lists>,
    /// The segments whose conditions have a function over events.
    pub(super) asking: OrdSet<SegmentId>,
    /// The functions over events that may decide over a key.
    pub(super) questions: OnceLock<Box<[Arc<Measure>]>>,
    /// The config that has a version live only in this state, for questions of what would be.
    pretended: Option<ConfigId>,
    /// The same number in all states that were made from one another: those of one opened store.
    pub(super) lineage: u64,
    /// States have the same one only if they have the same segments and lists.
    stamped: Stamped,
}

/// Condition of a segment, and the program for it.
#[derive(Debug)]
pub(super) struct CompiledSegment {
    pub(super) condition: Condition,
    /// Made when it is first needed: opening a store compiles nothing. `None`: it cannot be compiled, which
    /// only a damaged store brings about; then nobody is in the segment.
    program: OnceLock<Option<Program>>,
}

/// Objects that have to be compiled anew.
#[derive(Debug, Default)]
struct Touched {
    keys: BTreeSet<KeyId>,
    segments: BTreeSet<SegmentId>,
    configs: BTreeMap<ConfigId, ScheduleChange>,
}

impl Touched {
    fn by(changes: &[Change]) -> Self {
        let mut touched = Self::default();
        for change in changes {
            match change {
                Change::Key(key) => drop(touched.keys.insert(key.id)),
                Change::Segment(segment) => drop(touched.segments.insert(segment.id)),
                Change::Config { head, .. } => touched.whole(head.id),
                Change::Salt { config, .. } | Change::Cancel { config, .. } => {
                    touched.published(*config, None);
                }
                Change::Version(version) => touched.published(version.config, None),
                Change::Publication(publication) => {
                    touched.published(publication.config, Some(publication.version));
                }
                Change::Keep { .. }
                | Change::Attribute(_)
                | Change::Strict(_)
                | Change::Record(_) => {}
            }
        }
        touched
    }

    fn everything(catalog: &Catalog) -> Self {
        Self {
            keys: catalog.keys().map(|key| key.id).collect(),
            segments: catalog.segments().map(|segment| segment.id).collect(),
            configs: catalog.configs().map(|c| (c.head.id, ScheduleChange::Whole)).collect(),
        }
    }

    /// A segment with another name: configs tell it with what they give.
    fn renamed(&mut self, before: &Catalog, after: &Catalog) {
        let name = |catalog: &Catalog, id| catalog.segment(id).map(|segment| segment.name.clone());
        let renamed = |id: &&SegmentId| {
            name(before, **id).is_some_and(|old| name(after, **id).is_some_and(|new| new != old))
        };
        let renamed: Vec<_> = self.segments.iter().filter(renamed).copied().collect();
        for id in renamed {
            for referrer in after.referrers(Reference::Segment(id)) {
                let Referrer::Config(config) = referrer else { continue };
                self.whole(config);
                let versions = after.config(config).into_iter().flat_map(|c| c.versions.iter());
                self.keys.extend(versions.flat_map(|v| v.columns.iter().map(|c| c.key)));
            }
        }
    }

    fn whole(&mut self, config: ConfigId) {
        self.configs.insert(config, ScheduleChange::Whole);
    }

    fn published(&mut self, config: ConfigId, version: Option<u32>) {
        let none = || ScheduleChange::Published(BTreeSet::new());
        if let ScheduleChange::Published(versions) = self.configs.entry(config).or_insert_with(none)
        {
            versions.extend(version);
        }
    }
}

impl Compiled {
    /// Compiles a catalog. Conditions are left for when they are first needed.
    pub(super) fn new(
        catalog: &Catalog,
        lineage: u64,
        meter: &dyn Meter,
    ) -> Result<(Self, Replaced)> {
        let keys = Keys::with_room(u32::try_from(catalog.keys().count()).unwrap_or(u32::MAX));
        let declarations = Declarations::of(catalog);
        let mut made =
            Self { catalog: catalog.clone(), declarations, keys, lineage, ..Self::default() };
        made.stamp_anew();
        for segment in catalog.segments() {
            made.set_segment(segment.id, CompiledSegment::new(segment));
        }
        let replaced = made.plan_touched(Touched::everything(catalog), meter)?;
        Ok((made, replaced))
    }

    /// The state after changes, and with the catalog after them: only what they touch is compiled anew.
    pub(super) fn after(
        &self,
        catalog: &Catalog,
        changes: &[Change],
        meter: &dyn Meter,
    ) -> Result<(Self, Replaced)> {
        let mut touched = Touched::by(changes);
        touched.renamed(&self.catalog, catalog);
        let mut made = Self { catalog: catalog.clone(), ..self.clone() };
        for segment in touched.segments.iter().filter_map(|id| catalog.segment(*id)) {
            meter.check()?;
            let compiled = CompiledSegment::new(segment);
            compiled.try_compile(&made, segment)?;
            made.set_segment(segment.id, compiled);
            made.forget_tapes(segment.id);
        }
        if !touched.segments.is_empty() {
            made.stamp_anew();
        }
        if changes.iter().any(|change| matches!(change, Change::Attribute(_))) {
            made.declarations = Declarations::of(catalog);
        }
        let replaced = made.plan_touched(touched, meter)?;
        Ok((made, replaced))
    }

    /// The state with other lists of users.
    pub(super) fn with_lists(&self, lists: Arc<Lists>) -> Self {
        if Arc::ptr_eq(&self.lists, &lists) {
            return self.clone();
        }
        let mut made = Self { lists, ..self.clone() };
        made.stamp_anew();
        made
    }

    /// Gives the state a stamp of its own, so that no decision of an earlier one holds for it.
    fn stamp_anew(&mut self) {
        self.stamped = Stamped::new(self.catalog.next_segment().0);
    }

    /// For which states decisions about a context that do not depend on the instant are kept.
    #[inline]
    pub(super) fn stamped(&self) -> Stamped {
        self.stamped
    }

    /// Whether no attribute of a context has to be looked at for whether its value is what was declared.
    #[inline]
    pub(super) fn takes_as_it_is(&self, context: &Context) -> bool {
        self.declarations.as_ref().is_none_or(|declarations| context.fits(declarations.stamp))
    }

    /// What a context is without the attributes whose values are not what was declared; `None` if all are.
    #[inline]
    pub(super) fn fitted(&self, context: &Context) -> Option<Arc<FittedContext>> {
        if self.takes_as_it_is(context) {
            None
        } else {
            self.declarations.as_ref()?.fitted(context)
        }
    }

    /// Numbering of the names of attributes.
    #[inline]
    pub(super) fn numbering(&self) -> Numbering {
        self.fields.numbering
    }

    /// The state in which a version is live at every instant.
    pub(super) fn pretending(&self, schedule: Schedule, config: ConfigId) -> Self {
        let mut made = self.clone();
        let mut keys = schedule.keys();
        let old = made.schedules.insert(config, Arc::new(schedule));
        keys.extend(old.iter().flat_map(|old| old.keys()));
        made.pretended = Some(config);
        for key in keys {
            made.plan_key(key, &NoMeter, &mut Replaced::default());
        }
        made
    }

    fn set_segment(&mut self, id: SegmentId, segment: CompiledSegment) {
        if segment.condition.reads_events() {
            self.asking.insert(id);
        } else {
            self.asking.remove(&id);
        }
        self.segments.set(id.0, Arc::new(segment));
    }

    /// The keys that a config may have, in the present or later.
    pub(super) fn keys_of(&self, config: ConfigId) -> BTreeSet<KeyId> {
        self.schedules.get(&config).map(|schedule| schedule.keys()).unwrap_or_default()
    }

    /// Whether a config has, or will have, a row for a segment.
    pub(super) fn serves(&self, config: ConfigId, segment: SegmentId) -> bool {
        self.schedules.get(&config).is_some_and(|schedule| schedule.has_row(segment))
    }

    /// Makes the schedules and plans anew that a change touched.
    fn plan_touched(&mut self, mut touched: Touched, meter: &dyn Meter) -> Result<Replaced> {
        for key in &touched.keys {
            // what versions give it later is compiled with the key
            let scheduled = claimants(&self.catalog, *key);
            let scheduled =
                scheduled.filter(|id| self.schedules.get(id).is_some_and(|s| s.next().is_some()));
            touched.configs.extend(scheduled.map(|id| (id, ScheduleChange::Whole)));
        }
        let (mut keys, mut replaced) = (touched.keys, Replaced::default());
        for (id, change) in touched.configs {
            meter.check()?;
            let Some(config) = self.catalog.config(id) else { continue };
            let before = self.schedules.get(&id);
            let (catalog, made) = (&self.catalog, &mut replaced);
            let schedule = Schedule::new(catalog, config, before, &change, meter, made);
            let schedule = Arc::new(schedule);
            let old = self.schedules.insert(id, Arc::clone(&schedule));
            if old.as_ref().is_some_and(|old| schedule.decides_as(old)) {
                continue;
            }
            keys.extend(schedule.keys());
            keys.extend(old.iter().flat_map(|old| old.keys()));
        }
        for key in keys {
            meter.check()?;
            self.plan_key(key, meter, &mut replaced);
        }
        Ok(replaced)
    }

    /// Makes the plan of a key anew.
    fn plan_key(&mut self, key: KeyId, meter: &dyn Meter, replaced: &mut Replaced) {
        let Some(key) = self.catalog.key(key) else { return };
        let claimants = claimants(&self.catalog, key.id).filter(|id| Some(*id) != self.pretended);
        let configs = self.pretended.into_iter().chain(claimants);
        let plan = Plan::new(key, configs.filter_map(|id| self.schedules.get(&id)), meter);
        let (own, plan) = (self.own_rows(&plan), Arc::new(plan));
        let old = self.keys.set(Arc::clone(&plan), own);
        replaced.gone.extend(old.map(|old| old as Arc<dyn Counted>));
        replaced.made.push(plan);
    }

    /// The rows of a plan whose segments nothing else asks, as far as the catalog tells: their tests are on the tape
    /// of the key.
    fn own_rows(&self, plan: &Plan) -> RowSet {
        let rows = plan.plain_rows().filter(|rows| rows.len() <= RowSet::ROWS);
        let is_own = |row: &PlanRow| {
            let segment = row.test.segment;
            let referrers = self.catalog.referrers(Reference::Segment(segment));
            !segment.is_everyone()
                && referrers.take(2).count() == 1
                && plan.live().is_some_and(|served| served.has_one_cell(row.row))
        };
        RowSet::of(rows.unwrap_or_default().iter().map(is_own))
    }

    /// The tape of a key; `own` are the rows that it may test.
    pub(super) fn tape(&self, plan: &Plan, own: RowSet) -> Option<Tape> {
        let is_own = |row: usize| u32::try_from(row).is_ok_and(|row| own.has(row));
        Tape::new(plan.plain_rows()?, |row, segment| {
            let segment = self.segment(segment).filter(|_| is_own(row))?;
            segment.program(self).map(|program| &program.flow)
        })
    }

    /// Forgets the tapes that may test the condition of a segment.
    fn forget_tapes(&mut self, segment: SegmentId) {
        let referrers = self.catalog.referrers(Reference::Segment(segment));
        let schedules = referrers.filter_map(|referrer| match referrer {
            Referrer::Config(config) => self.schedules.get(&config),
            Referrer::Segment(_) => None,
        });
        for key in schedules.flat_map(|schedule| schedule.keys()).collect::<Vec<_>>() {
            self.keys.forget_tape(key);
        }
    }

    /// The segments whose conditions cannot be compiled, each with the reason: none, if the store is sound.
    pub(super) fn flaws(&self) -> Vec<Error> {
        let (scope, fields) = (CatalogScope(&self.catalog), Fields::default());
        let check = |expr: &_| {
            let program = compile_with(expr, &scope, &fields)?;
            program.check_patterns()
        };
        let flaw = |segment: &Arc<Segment>| {
            segment.condition.look(check).map_err(|error| damaged(segment, error)).err()
        };
        self.catalog.segments().filter_map(flaw).collect()
    }

    /// The number of the newest key.
    pub(super) fn last_key(&self) -> u32 {
        self.catalog.next_key().0.saturating_sub(1)
    }

    /// The key with a name, and where it is.
    #[inline]
    pub(super) fn key_named(&self, name: &str) -> Option<SlotRef<'_>> {
        self.keys.find(name)
    }

    /// The key with a number, and where it is.
    #[inline]
    pub(super) fn key(&self, key: KeyId) -> Option<SlotRef<'_>> {
        self.keys.at(self.keys.numbered(key)?)
    }

    /// The key in a slot.
    #[inline]
    pub(super) fn slot_at(&self, index: SlotIndex) -> Option<SlotRef<'_>> {
        self.keys.at(index)
    }

    #[inline]
    pub(super) fn segment(&self, segment: SegmentId) -> Option<&CompiledSegment> {
        self.segments.get(segment.0).map(|segment| &**segment)
    }
}

/// The error of a segment whose condition cannot be compiled.
fn damaged(segment: &Segment, error: Error) -> Error {
    let what = format!("the condition of segment `{}`: {error}", segment.name.as_str());
    Error::new(ErrorKind::Corrupt { what }).because(error)
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
        let program = self.compile(state).map_err(|error| damaged(segment, error))?;
        let _ = self.program.set(Some(program)); // it is not there yet
        Ok(())
    }

    fn compile(&self, state: &Compiled) -> Result<Program> {
        let scope = CatalogScope(&state.catalog);
        let program = self.condition.look(|expr| compile_with(expr, &scope, &state.fields))?;
        Ok(program.for_truth())
    }

    /// A program with a node for each part of the condition.
    pub(super) fn plain_program(&self, state: &Compiled) -> Option<Program> {
        let scope = CatalogScope(&state.catalog);
        self.condition.look(|expr| compile_plain(expr, &scope, &state.fields)).ok()
    }
}
