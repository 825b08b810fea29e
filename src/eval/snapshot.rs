//! Snapshots: one state of the store, compiled for evaluation.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::compiled::Compiled;
use super::counted::{Meter, Replaced};
use super::evaluation::{Evaluation, Outcome};
use super::key_group::SlotRef;
use super::lookup::Lookup;
use super::measure::Measure;
use super::misfit::Misfit;
use super::pin::Pins;
use super::program::Environment as _;
use super::program::Program;
use super::run::{Beside, Moment, Run};
use super::schedule::Schedule;
use super::tally::Tally;
use super::trace::Tracer;
use crate::error::{Error, Result};
use crate::listing::Lists;
use crate::model::{
    AttributeName, Catalog, Change, ConfigId, Context, Datum, FittedContext, KeyId, Name, Secrets,
    SegmentId, Timestamp, Value, Version,
};

/// One state of the store, compiled for evaluation: immutable, and cheap to clone.
///
/// It knows the publications to come, so it answers for every instant from its own on, until it is
/// replaced by the snapshot of a later revision.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pins: Pins,
}

/// What decides over a key at an instant.
pub(crate) struct Decider<'s> {
    /// The config.
    pub(crate) config: &'s Name,
    /// The number of its live version.
    pub(crate) version: u32,
    /// The segments of the rows that have a value of the key.
    pub(crate) segments: Vec<&'s Name>,
}

impl Snapshot {
    /// Compiles all of a catalog. Conditions are compiled when they are first needed.
    pub(crate) fn compile(catalog: &Catalog, meter: &dyn Meter) -> Result<(Self, Replaced)> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let lineage = NEXT.fetch_add(1, Ordering::Relaxed);
        let (compiled, replaced) = Compiled::new(catalog, lineage, meter)?;
        Ok((Self::new(compiled), replaced))
    }

    /// The same state with other lists of users, those that its conditions refer to.
    pub(crate) fn with_lists(&self, lists: Arc<Lists>) -> Self {
        Self::new(self.compiled().with_lists(lists))
    }

    /// A state that is not counted.
    #[cfg(test)]
    pub(crate) fn uncounted(catalog: &Catalog) -> Self {
        Self::compile(catalog, &super::counted::NoMeter).unwrap().0
    }

    /// Compiles what changes touched; the catalog is the one after them. Conditions were checked when they
    /// were stored, so it fails only if the catalog is damaged.
    pub(crate) fn update(
        &self,
        catalog: &Catalog,
        changes: &[Change],
        meter: &dyn Meter,
    ) -> Result<(Self, Replaced)> {
        let (compiled, replaced) = self.compiled().after(catalog, changes, meter)?;
        Ok((Self::new(compiled), replaced))
    }

    /// Pretends that a version were live at every instant, whatever the switches of its config say and
    /// whoever has its keys.
    pub(crate) fn under(
        &self,
        catalog: &Catalog,
        config: ConfigId,
        version: &Arc<Version>,
    ) -> Self {
        let Some(known) = catalog.config(config) else { return self.clone() };
        let schedule = Schedule::pretend(catalog, known, version);
        Self::new(self.compiled().pretending(schedule, config))
    }

    fn new(mut compiled: Compiled) -> Self {
        // what was found for the state that it came of may not hold for it
        compiled.questions = OnceLock::new();
        Self { pins: Pins::new(compiled) }
    }

    #[inline]
    pub(super) fn compiled(&self) -> &Compiled {
        self.pins.state()
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
        self.named(name).map(|key| key.plan().id)
    }

    /// Which store it is of: the numbers of keys mean the same in all snapshots that have the same lineage.
    #[inline]
    pub(crate) fn lineage(&self) -> u64 {
        self.compiled().lineage
    }

    /// The key with a name.
    #[inline]
    pub(crate) fn named(&self, name: &str) -> Option<SlotRef<'_>> {
        self.compiled().key_named(name)
    }

    /// The key with a number.
    #[inline]
    pub(crate) fn numbered(&self, key: KeyId) -> Option<SlotRef<'_>> {
        self.compiled().key(key)
    }

    /// Evaluates one of its keys for a user at an instant.
    ///
    /// The instant is that of the revision or a later one. For an earlier one the answer is that of the
    /// revision's own instant.
    #[must_use]
    #[inline]
    pub(crate) fn evaluate<'s>(
        &'s self,
        key: SlotRef<'s>,
        context: &Context,
        moment: Moment<'_>,
    ) -> Evaluation<'s> {
        // each way makes the whole of it: what comes together from both would have to be written before it is read
        match self.recall(key, context) {
            Some(outcome) => Evaluation::lent(&self.pins, key, outcome),
            None => Evaluation::lent(&self.pins, key, self.outcome(key, context, moment)),
        }
    }

    /// The same for an evaluation that keeps the state.
    #[must_use]
    #[inline]
    pub(crate) fn evaluate_kept(
        &self,
        key: SlotRef<'_>,
        context: &Context,
        moment: Moment<'_>,
    ) -> Evaluation<'static> {
        match self.recall(key, context) {
            Some(outcome) => Evaluation::kept(&self.pins, key, outcome),
            None => Evaluation::kept(&self.pins, key, self.outcome(key, context, moment)),
        }
    }

    /// Decides over a key by what is kept of the user, if that will do.
    #[inline]
    fn recall(&self, key: SlotRef<'_>, context: &Context) -> Option<Outcome> {
        let state = self.compiled();
        if state.takes_as_it_is(context) {
            Outcome::of(Run::recall(state, context, key), key)
        } else {
            None
        }
    }

    /// Decides over a key.
    #[cold]
    fn outcome(&self, key: SlotRef<'_>, context: &Context, moment: Moment<'_>) -> Outcome {
        let state = self.compiled();
        let fitted = state.fitted(context);
        let context = fitted.as_ref().map_or(context, |fitted| &fitted.context);
        Run::new(state, context, moment).find(key)
    }

    /// Evaluates a key for a user at an instant; `None` if there is no such key.
    #[cfg(test)]
    pub(crate) fn evaluate_at(
        &self,
        key: &str,
        context: &Context,
        moment: Moment<'_>,
    ) -> Option<Evaluation<'_>> {
        Some(self.evaluate(self.named(key)?, context, moment))
    }

    /// Evaluates a key by its number, for a context that was made for this and is not evaluated for again: nothing is kept
    /// in it.
    pub(crate) fn evaluate_once(
        &self,
        key: KeyId,
        context: &Context,
        at: Timestamp,
    ) -> Option<Evaluation<'_>> {
        let (state, key) = (self.compiled(), self.numbered(key)?);
        let fitted = state.fitted(context);
        let context = fitted.as_ref().map_or(context, |fitted| &fitted.context);
        let outcome = Run::once(state, context, Moment::At(at)).find(key);
        Some(Evaluation::lent(&self.pins, key, outcome))
    }

    /// Evaluates a key by its number.
    #[cfg(test)]
    pub(crate) fn evaluate_id(
        &self,
        key: KeyId,
        context: &Context,
        moment: Moment<'_>,
    ) -> Option<Evaluation<'_>> {
        Some(self.evaluate(self.numbered(key)?, context, moment))
    }

    /// Evaluates many keys for a user at an instant. What they have in common is decided once; keys that
    /// do not exist are left out.
    pub(crate) fn evaluate_many<'a>(
        &'a self,
        keys: impl IntoIterator<Item = KeyId> + 'a,
        context: &'a Context,
        at: Timestamp,
    ) -> impl Iterator<Item = Evaluation<'a>> + 'a {
        let state = self.compiled();
        let (mut fit, mut fitted) = (None, None);
        match state.fitted(context) {
            None => fit = Some((Run::of_many(state, context, at), keys)),
            Some(found) => {
                let mut run = Run::of_many(state, &found.context, at);
                let found = keys.into_iter().filter_map(|key| find(state, &mut run, key));
                fitted = Some(found.collect::<Vec<_>>());
            }
        }
        let lazily = fit.into_iter().flat_map(move |(mut run, keys)| {
            keys.into_iter().filter_map(move |key| find(state, &mut run, key))
        });
        let found = lazily.chain(fitted.into_iter().flatten());
        found.map(|(key, outcome)| Evaluation::lent(&self.pins, key, outcome))
    }

    /// The keys that are not archived, in the order in which they were made.
    pub(crate) fn keys(&self) -> impl Iterator<Item = KeyId> + '_ {
        let compiled = self.compiled();
        let keys = (1..=compiled.last_key()).filter_map(|number| compiled.key(KeyId(number)));
        keys.map(SlotRef::plan).filter(|plan| !plan.archived).map(|plan| plan.id)
    }

    /// The keys that a config may have, now or by what is scheduled.
    pub(crate) fn keys_of(&self, config: ConfigId) -> BTreeSet<KeyId> {
        self.compiled().keys_of(config)
    }

    /// What decides over a key at an instant; `None` if no live version has it.
    pub(crate) fn decider(&self, key: KeyId, at: Timestamp) -> Option<Decider<'_>> {
        let plan = self.numbered(key)?.plan();
        let era = plan.era(plan.era_at(|| at));
        let live = era.live.as_ref()?;
        let rows = era.rows.iter().filter_map(|row| era.served(row));
        let segments = rows.map(|row| &row.name).collect();
        Some(Decider { config: &live.config, version: live.version.number, segments })
    }

    /// The functions over events that may decide over a key, now or by what is scheduled. Found when they are
    /// first asked for; a state without any costs nothing.
    pub(crate) fn questions(&self) -> &[Arc<Measure>] {
        let compiled = self.compiled();
        compiled.questions.get_or_init(|| compiled.find_questions())
    }

    /// A tally of evaluations of the state.
    pub(crate) fn tally(&self) -> Tally {
        Tally::new(self.pins.own())
    }

    /// Tells how the values of keys come about for a user at an instant, without telling secrets.
    pub(crate) fn tracer<'a>(
        &'a self,
        context: &'a Context,
        fitted: Option<&'a FittedContext>,
        at: Timestamp,
        secrets: Secrets<'a>,
    ) -> Tracer<'a> {
        let run = Run::traced(self.compiled(), context, fitted, at);
        Tracer::new(&self.pins, run, secrets)
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
        let fitted = self.compiled().fitted(context);
        let context = fitted.as_ref().map_or(context, |fitted| &fitted.context);
        let run = Run::new(self.compiled(), context, Moment::At(at));
        program.evaluate(&mut Beside { run, column: &|name| column(name) })
    }

    /// The value of what is asked of a user at an instant, in this state.
    pub(crate) fn ask(&self, program: &Program, context: &Context, at: Timestamp) -> Datum {
        let fitted = self.compiled().fitted(context);
        let context = fitted.as_ref().map_or(context, |fitted| &fitted.context);
        program.datum(&mut Run::new(self.compiled(), context, Moment::At(at)))
    }

    /// Those of some segments that a user is in at an instant.
    pub(crate) fn memberships<T: FromIterator<SegmentId>>(
        &self,
        segments: impl Iterator<Item = SegmentId>,
        context: &Context,
        at: Timestamp,
    ) -> T {
        let fitted = self.compiled().fitted(context);
        let context = fitted.as_ref().map_or(context, |fitted| &fitted.context);
        let mut run = Run::of_many(self.compiled(), context, at);
        segments.filter(|segment| run.in_segment(*segment)).collect()
    }

    /// What a context is without the attributes whose values are not what was declared; `None` if all are.
    pub(crate) fn fitted(&self, context: &Context) -> Option<Arc<FittedContext>> {
        self.compiled().fitted(context)
    }

    /// Why the value of an attribute is taken as missing; `None` if it is not.
    pub(crate) fn misfit(&self, name: &Arc<str>, value: &Value) -> Option<Misfit> {
        self.compiled().declarations.as_ref()?.misfit(name, value)
    }

    /// The segments whose conditions cannot be compiled, each with the reason: none, if the store is sound.
    pub(crate) fn flaws(&self) -> Vec<Error> {
        self.compiled().flaws()
    }

    /// Evaluates a condition for a user, in this state.
    pub(crate) fn holds(
        &self,
        program: &Program,
        context: &Context,
        at: Timestamp,
    ) -> Option<bool> {
        let fitted = self.compiled().fitted(context);
        let context = fitted.as_ref().map_or(context, |fitted| &fitted.context);
        program.evaluate(&mut Run::new(self.compiled(), context, Moment::At(at)))
    }
}

/// Decides over a key by its number, in a run for many.
fn find<'r, 's: 'r>(
    state: &'s Compiled,
    run: &mut Run<'r>,
    key: KeyId,
) -> Option<(SlotRef<'s>, Outcome)> {
    let key = state.key(key)?;
    Some((key, run.find(key)))
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
