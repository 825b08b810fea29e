//! Run of an evaluation: rows are tried from the top, and each segment and key is decided once.

use std::cell::Cell;
use std::hint::select_unpredictable;

use super::bucket::Bucketer;
use super::compiled::Compiled;
use super::era::Era;
use super::evaluation::Outcome;
use super::key_group::SlotRef;
use super::lookup::Lookup;
use super::measure::Measure;
use super::memo::{Memo, Segments};
use super::misfit::Misfit;
use super::operand::Operand;
use super::plan::Plan;
use super::plan_row::{ALL, By, PlanRow, PlanSplit};
use super::program::{Environment, NULL};
use super::served::ServedRow;
use super::tape::{Decision, NO_ROW};
use crate::clock::Clock;
use crate::limits::CHAIN_DEPTH;
use crate::model::{
    Answer, AttributeName, Context, Decided, FittedContext, KeyId, ListId, Measured, Reason, Room,
    SegmentId, Timestamp, Value,
};
use crate::stack;

/// The instant of an evaluation.
#[derive(Clone, Debug)]
pub(crate) enum Moment<'c> {
    /// A given one.
    At(Timestamp),
    /// The one that a clock shows when it is first asked for, but none before an earliest one. Few
    /// evaluations depend on the time, and most clocks cost as much as an evaluation.
    Clock { clock: &'c Clock, earliest: Timestamp, shown: Cell<Option<Timestamp>> },
}

impl<'c> Moment<'c> {
    pub(crate) fn of_clock(clock: &'c Clock, earliest: Timestamp) -> Self {
        Self::Clock { clock, earliest, shown: Cell::new(None) }
    }

    fn instant(&self) -> Timestamp {
        match self {
            Self::At(at) => *at,
            Self::Clock { clock, earliest, shown } => shown.get().unwrap_or_else(|| {
                let now = clock.now().max(*earliest);
                shown.set(Some(now));
                now
            }),
        }
    }
}

/// Evaluation of keys for a user at an instant.
pub(super) struct Run<'a> {
    pub(super) snapshot: &'a Compiled,
    pub(super) context: &'a Context,
    /// The same with the attributes that are taken as missing, where it is to be told how an evaluation came about.
    given: Option<&'a Context>,
    moment: Moment<'a>,
    /// Room for what is decided: for many contexts the first evaluation is the last, and makes none.
    room: Room,
    /// Whether what is being decided depends on more than the attributes of the user, the segments and the lists: on
    /// the instant, events, keys, or where a chain was cut. Such a decision is for this run alone.
    momentary: Cell<bool>,
    /// Number of conditions that wait for one that they refer to.
    depth: usize,
    /// Segments and keys that a condition referred to: each is decided once, or a chain in which each
    /// refers twice to the one before it would take exponential time.
    segments: Segments,
    keys: Memo<KeyId, &'a Value>,
    /// What was measured of the events, by the numbers of the questions; kept only where it is to be told how:
    /// who is asked twice has the answer ready.
    findings: Option<Vec<(u64, Measured<'a>)>>,
}

impl<'a> Run<'a> {
    /// For the evaluation of one key.
    pub(super) fn new(snapshot: &'a Compiled, context: &'a Context, moment: Moment<'a>) -> Self {
        Self {
            snapshot,
            context,
            given: None,
            moment,
            room: if context.begin(snapshot.numbering()) { Room::There } else { Room::Made },
            momentary: Cell::new(false),
            depth: 0,
            segments: Segments::Few(Memo::new()),
            keys: Memo::new(),
            findings: None,
        }
    }

    /// For the only evaluation of a context.
    pub(super) fn once(snapshot: &'a Compiled, context: &'a Context, moment: Moment<'a>) -> Self {
        Self { room: Room::Nowhere, ..Self::new(snapshot, context, moment) }
    }

    /// For the evaluation of many keys: what rows have in common is decided once, too.
    pub(super) fn of_many(snapshot: &'a Compiled, context: &'a Context, at: Timestamp) -> Self {
        let segments = Segments::Many(Vec::new());
        Self { segments, ..Self::new(snapshot, context, Moment::At(at)) }
    }

    /// For evaluations of which it is told how they came about.
    pub(super) fn traced(
        snapshot: &'a Compiled,
        given: &'a Context,
        fitted: Option<&'a FittedContext>,
        at: Timestamp,
    ) -> Self {
        let context = fitted.map_or(given, |fitted| &fitted.context);
        let run = Self::of_many(snapshot, context, at);
        Self { findings: Some(Vec::new()), given: Some(given), ..run }
    }

    /// The same user at the same instant, with all that this run has decided, for a program that lives shorter.
    pub(super) fn again<'b>(&self) -> Run<'b>
    where
        'a: 'b,
    {
        let (findings, segments) = (self.findings.clone(), self.segments.clone());
        let run = Run::new(self.snapshot, self.context, self.moment.clone());
        let mut run = Run { segments, findings, given: self.given, ..run };
        self.keys.entries().for_each(|(key, value)| run.keys.set(key, value));
        run
    }

    /// Decides over a key by what is kept of the user, which is all that most evaluations need.
    #[inline]
    pub(super) fn recall(snapshot: &Compiled, context: &Context, slot: SlotRef<'_>) -> Decision {
        let decided = || context.decided(snapshot.stamped());
        if let Some(tape) = slot.tape() {
            let Some(user) = context.numbered(snapshot.numbering()) else { return Decision::Open };
            let in_segment = |segment| decided().about(segment).answer();
            return tape.decide(user, in_segment, |row| is_covered_at(context, slot, row));
        }
        match slot.segments() {
            Some(segments) => Self::recall_rows(decided(), context, slot, segments),
            None => Decision::Open,
        }
    }

    /// Decides over a key by what was decided about the segments of its rows.
    ///
    /// All rows are looked at, and which of them wins is calculated: to go on as soon as one does would be to branch on
    /// what nobody can foretell, and a processor that foretells wrong has to wait for what it has read of the key. As it
    /// is, the next evaluation begins while memory is asked for this one.
    #[inline]
    fn recall_rows(
        decided: Decided<'_>,
        context: &Context,
        slot: SlotRef<'_>,
        segments: &[u16],
    ) -> Decision {
        let (mut won, mut open) = (0, 0);
        for (segment, row) in segments.iter().zip(0..) {
            let known = decided.about(SegmentId((*segment).into()));
            won |= u32::from(known.is_in()) << row;
            open |= u32::from(!known.is_decided()) << row;
        }
        loop {
            let first = (won | open) & (won | open).wrapping_neg();
            let row = first.trailing_zeros();
            if open & first > 0 {
                return Decision::Open;
            }
            if slot.rollouts() & first == 0 || is_covered_at(context, slot, row) {
                return Decision::Row(select_unpredictable(first == 0, NO_ROW, row));
            }
            won ^= first;
        }
    }

    /// Decides over a key; most keys are decided without a look at their plans.
    pub(super) fn find(&mut self, slot: SlotRef<'a>) -> Outcome {
        if let Some(found) = self.find_by_tape(slot) {
            return found;
        }
        let Some(segments) = slot.segments() else {
            return self.find_in(slot.plan());
        };
        for (segment, row) in segments.iter().zip(0..) {
            if self.in_row_segment(SegmentId((*segment).into()))
                && (slot.rollouts() >> row & 1 == 0 || is_covered_at(self.context, slot, row))
            {
                return Outcome::of_row(row);
            }
        }
        Outcome::without_row(slot.without_row(), 0, 0)
    }

    /// Decides over a key by its tape, if it has one.
    fn find_by_tape(&mut self, slot: SlotRef<'a>) -> Option<Outcome> {
        let (snapshot, context) = (self.snapshot, self.context);
        let tape = slot.tape_by(|own| snapshot.tape(slot.plan(), own))?;
        let user = context.numbered(snapshot.numbering())?;
        let in_segment = |segment| Some(self.in_row_segment(segment));
        let is_covered = |row| is_covered_at(context, slot, row);
        Outcome::of(tape.decide(user, in_segment, is_covered), slot)
    }

    /// Tries the rows of a plan.
    fn find_in(&mut self, plan: &'a Plan) -> Outcome {
        let number = plan.era_at(|| self.moment.instant());
        let era = plan.era(number);
        for (row, row_number) in era.rows.iter().zip(0..) {
            if self.in_row_segment(row.test.segment)
                && let Some((reason, arm)) = self.try_row(era, row)
            {
                let counter = era.counter + row.counter + arm;
                return Outcome { reason, era: number, row: row_number, arm, counter };
            }
        }
        Outcome::without_row(era.without_row, number, era.counter)
    }

    /// The arm that a row gives to a user of its segment, or its value; `None` if it gives nothing.
    fn try_row(&self, era: &'a Era, row: &'a PlanRow) -> Option<(Reason, u32)> {
        if row.test.rollout != ALL && !is_covered(self.context, era, row) {
            return None;
        }
        let Some(split) = &row.split else {
            return Some((Reason::TargetingMatch, 0));
        };
        let bucket = self.split_bucket(era.served(row)?, split)?;
        split.arm(bucket).map(|arm| (Reason::Split, arm))
    }

    /// Whether the user is in the segment of a row. A version has each segment in one row, so that for one
    /// key nothing need be noted.
    fn in_row_segment(&mut self, segment: SegmentId) -> bool {
        if segment.is_everyone() {
            return true;
        }
        if let Some(known) = self.known(segment) {
            return known;
        }
        let found = self.decide(segment);
        if matches!(self.segments, Segments::Many(_)) {
            self.segments.set(segment, found);
        }
        found
    }

    /// Whether the user is in a segment, if that was decided.
    #[inline]
    fn known(&self, segment: SegmentId) -> Option<bool> {
        let kept = self.context.decided(self.snapshot.stamped()).about(segment);
        kept.answer().or_else(|| {
            let known = self.segments.get(segment)?;
            self.momentary.set(true);
            Some(known)
        })
    }

    /// The bucket of a split; `None` if what it goes by is missing.
    pub(super) fn split_bucket(&self, row: &ServedRow, split: &PlanSplit) -> Option<u32> {
        bucket_of(self.context, split.by.as_ref(), row.split_salt)
    }

    /// Evaluates the condition of a segment. What is found is kept if it is true at every instant.
    fn decide(&mut self, segment: SegmentId) -> bool {
        let program = self.snapshot.segment(segment).and_then(|s| s.program(self.snapshot));
        let Some(program) = program else { return false };
        let around = self.momentary.replace(false);
        let found = program.holds(self);
        if !self.momentary.get() && self.room != Room::Nowhere {
            self.context.keep_decision(self.snapshot.stamped(), segment, found, self.room);
        }
        self.momentary.set(around || self.momentary.get());
        found
    }
}

/// Whether the rollout of a row of the first era covers a user.
fn is_covered_at(context: &Context, slot: SlotRef<'_>, row: u32) -> bool {
    let era = slot.plan().era(0);
    era.rows.get(row as usize).is_some_and(|row| is_covered(context, era, row))
}

/// Whether the rollout of a row covers a user.
fn is_covered(context: &Context, era: &Era, row: &PlanRow) -> bool {
    let bucket = era.served(row).and_then(|served| rollout_bucket(context, served));
    bucket.is_some_and(|bucket| bucket < row.test.rollout)
}

/// The bucket of a user in the rollout of a row; `None` if what it goes by is missing.
pub(super) fn rollout_bucket(context: &Context, row: &ServedRow) -> Option<u32> {
    bucket_of(context, row.by.as_deref(), row.rollout_salt)
}

/// The bucket of a user, or of the attribute that is hashed instead.
fn bucket_of(context: &Context, by: Option<&By>, salt: Bucketer) -> Option<u32> {
    let Some(By { name, path }) = by else {
        return context.user_id().map(|id| salt.bucket(id));
    };
    let by = context.find(name)?.value().dig(path.get(1..)?)?;
    Operand::from(by).with_text(|by| salt.bucket(by))
}

impl<'a> Environment<'a> for Run<'a> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'a> {
        self.context.find(name).into()
    }

    fn misfit(&self, name: &AttributeName) -> Option<Misfit> {
        let value = self.given?.find(name)?.value();
        self.snapshot.declarations.as_ref()?.misfit(name.text(), value)
    }

    /// The value for a key. While it is looked for it is `NULL`, so that a cycle ends.
    fn key_value(&mut self, key: KeyId) -> &'a Value {
        self.momentary.set(true);
        if let Some(known) = self.keys.get(key) {
            return known;
        }
        let snapshot = self.snapshot;
        let Some(slot) = snapshot.key(key).filter(|_| self.depth < CHAIN_DEPTH) else {
            return &NULL;
        };
        self.keys.set(key, &NULL);
        self.depth += 1;
        let outcome = stack::step(|| self.find(slot));
        self.depth -= 1;
        let value = slot.value(&outcome);
        self.keys.set(key, value);
        value
    }

    /// Whether the user is in a segment. While it is decided nobody is, so that a cycle ends.
    fn in_segment(&mut self, segment: SegmentId) -> bool {
        if segment.is_everyone() {
            return true;
        }
        if let Some(known) = self.known(segment) {
            return known;
        }
        if self.depth >= CHAIN_DEPTH {
            self.momentary.set(true);
            return false;
        }
        self.segments.set(segment, false);
        self.depth += 1;
        let found = stack::step(|| self.decide(segment));
        self.depth -= 1;
        self.segments.set(segment, found);
        found
    }

    fn in_list(&self, list: ListId) -> bool {
        self.context.user_id().is_some_and(|user| self.snapshot.lists.contains(list, user))
    }

    fn list_length(&self, list: ListId) -> Option<u64> {
        self.snapshot.lists.length(list)
    }

    fn answer(&mut self, measure: &'a Measure) -> Answer<'a> {
        self.momentary.set(true);
        if self.findings.is_some() {
            let found = self.measured(measure);
            return found.map_or_else(|| measure.of_nothing(), |found| found.answer);
        }
        measure.answer(self.context, || self.moment.instant())
    }

    fn measured(&mut self, measure: &'a Measure) -> Option<Measured<'a>> {
        self.momentary.set(true);
        let number = measure.question().number;
        let known = self.findings.iter().flatten().find(|(known, _)| *known == number);
        if let Some((_, known)) = known {
            return Some(*known);
        }
        let found = measure.measure(self.context.past()?, self.moment.instant());
        if let Some(findings) = &mut self.findings {
            findings.push((number, found));
        }
        Some(found)
    }

    fn now(&self) -> Timestamp {
        self.momentary.set(true);
        self.moment.instant()
    }
}

/// A row of a table about a user: names are its columns, all else is of the user.
pub(super) struct Beside<'a> {
    pub(super) run: Run<'a>,
    pub(super) column: &'a dyn Fn(&AttributeName) -> Lookup<'a>,
}

impl<'a> Environment<'a> for Beside<'a> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'a> {
        (self.column)(name)
    }

    fn key_value(&mut self, key: KeyId) -> &'a Value {
        self.run.key_value(key)
    }

    fn in_segment(&mut self, segment: SegmentId) -> bool {
        self.run.in_segment(segment)
    }

    fn in_list(&self, list: ListId) -> bool {
        self.run.in_list(list)
    }

    fn answer(&mut self, measure: &'a Measure) -> Answer<'a> {
        self.run.answer(measure)
    }

    fn now(&self) -> Timestamp {
        self.run.now()
    }
}
