//! Ticker: what turns as time goes on in some conditions, and when.

use super::search::{Comparison, Found};
use super::step::{MINUTE, next_multiple, turn};
use crate::behaviour::UserHistory;
use crate::eval::measure::truth_of_event;
use crate::eval::program::Program;
use crate::eval::run::{Moment, Run};
use crate::eval::snapshot::Snapshot;
use crate::model::{Catalog, Context, Expr, Timestamp};

/// What turns as time goes on in some conditions.
#[derive(Default)]
pub(crate) struct Ticker(Found);

/// User in a state of the store, of whom nothing changes but the instant.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) context: &'a Context,
    pub(crate) history: &'a UserHistory,
}

/// What happens beside the clock at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing that is known.
    Nothing,
    /// Events, or turns of what is served.
    Something,
}

impl Ticker {
    /// Adds a condition; whether it has to be looked at each minute.
    pub(crate) fn add(&mut self, condition: &Expr, catalog: &Catalog) -> bool {
        let before = std::mem::take(&mut self.0.by_minute);
        self.0.add(condition, catalog);
        let is_by_minute = self.0.by_minute;
        self.0.by_minute |= before;
        is_by_minute
    }

    /// Whether each full minute is one of its ticks.
    pub(crate) fn is_by_minute(&self) -> bool {
        self.0.by_minute
    }

    /// The first tick after one instant and before another, if there is one.
    pub(crate) fn next(
        &self,
        of: &Standing<'_>,
        at: Timestamp,
        end: Timestamp,
    ) -> Option<Timestamp> {
        let mut first = self.first_step(at).into_iter().chain([end]).min()?;
        // what one compares with may depend on the turn of another: up to the first turn of all none does
        while let Some(turn) = self.first_turn(of, at, first, &|_| true) {
            first = turn;
        }
        (first < end).then_some(first)
    }

    /// Whether an instant is a tick. Of what else happens at it the turn of a comparison may come as well.
    pub(crate) fn ticks(&self, of: &Standing<'_>, at: Timestamp, beside: Beside) -> bool {
        let before = Timestamp::clamped(at.as_micros() - 1);
        let after = Timestamp::clamped(at.as_micros() + 1);
        let counts = |one: &Comparison| one.is_plain || beside == Beside::Nothing;
        self.first_step(before) == Some(at) || self.first_turn(of, before, after, &counts).is_some()
    }

    /// The first end of a part of the day, or full minute, after an instant.
    fn first_step(&self, at: Timestamp) -> Option<Timestamp> {
        let steps = self.0.steps.iter().map(|step| step.next(at));
        steps.chain(self.0.by_minute.then(|| next_multiple(at, MINUTE))).min()
    }

    fn first_turn(
        &self,
        of: &Standing<'_>,
        at: Timestamp,
        end: Timestamp,
        counts: &dyn Fn(&Comparison) -> bool,
    ) -> Option<Timestamp> {
        let fitted = of.snapshot.fitted(of.context);
        let context = fitted.as_ref().map_or(of.context, |fitted| &fitted.context);
        let truth = |program: &Program, at| {
            program.evaluate(&mut Run::once(of.snapshot.compiled(), context, Moment::At(at)))
        };
        let own = self.0.comparisons.iter().filter(|one| counts(one));
        let own = own.filter_map(|one| turn(|at| truth(&one.program, at), at, end));
        let events = self.0.of_events.iter().flat_map(|(name, program)| {
            let events = of.history.events_named(name);
            events.filter_map(move |event| turn(|at| truth_of_event(program, event, at), at, end))
        });
        own.chain(events).min()
    }
}
