//! The executor: every statement, from the shell, a script or the library, comes through here.
//!
//! A statement is done in two steps: [`Session::effect`] finds out what it would do, or why it cannot be
//! done, and changes nothing; [`Session::perform`] does it. `ASSERT ERROR` takes the first step alone. Only
//! writes are checked and done in one, under the writer's lock: [`Session::write`].

use std::sync::Arc;

use super::session::{done, no_transaction};
use super::{Outcome, Rows, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Evaluation;
use crate::model::{Context, Duration, Span, Spanned, Timestamp};
use crate::statement::{AssertError, SetClock, Statement};
use crate::transfer::LoadStep;

/// What a statement will do, now that it is known to be right.
pub(super) enum Effect {
    /// Nothing more: this is what it found.
    Answer(Outcome),
    /// The rows are delivered to a user, which is counted.
    Deliver(Rows, Vec<Evaluation>, Context),
    Begin,
    Commit,
    Rollback,
    Actor(Arc<str>),
    Comment(Arc<str>),
    Clock(Timestamp),
    Load(Box<LoadStep>),
}

impl Session {
    /// Finds out what a statement would do, and does nothing. Of a write it finds whether it would be done.
    pub(super) fn effect(&self, statement: &Statement) -> Result<Effect> {
        use Statement as S;
        match statement {
            S::Get(get) => self.get(get),
            S::Explain(explain) => self.explain(explain).map(Effect::Answer),
            S::Show(show) => self.show(show).map(Effect::Answer),
            S::ShowVersions(show) => self.show_versions(show).map(Effect::Answer),
            S::ShowHistory(show) => self.show_history(show).map(Effect::Answer),
            S::ShowStats(show) => self.show_stats(show).map(Effect::Answer),
            S::Describe(describe) => self.describe(describe).map(Effect::Answer),
            S::Diff(diff) => self.diff(diff).map(Effect::Answer),
            S::AssertGet(assertion) => self.assert_get(assertion).map(Effect::Answer),
            S::AssertError(assertion) => self.assert_error(assertion).map(Effect::Answer),
            S::Begin(_) => self.check_begin(),
            S::Commit(_) => self.check_commit().map(|()| Effect::Commit),
            S::Rollback(_) if self.in_transaction() => Ok(Effect::Rollback),
            S::Rollback(_) => Err(no_transaction()),
            S::SetActor(set) => self.parameters.text(&set.actor).map(Effect::Actor),
            S::SetComment(set) => self.parameters.text(&set.comment).map(Effect::Comment),
            S::SetClock(set) => self.check_set_clock(set),
            S::AdvanceClock(advance) => self.check_advance(&advance.by),
            S::Load(load) => self.check_load(load).map(|step| Effect::Load(Box::new(step))),
            S::SetUser(_) | S::Track(_) | S::ForgetUser(_) => {
                self.entry(statement)?;
                Ok(Effect::Answer(done("it would be stored")))
            }
            _ => {
                let checked = self.check(self.now(), |scene| statement.checked(scene))?;
                Ok(Effect::Answer(done(checked.message)))
            }
        }
    }

    /// Does what a statement was found to do.
    pub(super) fn perform(&mut self, effect: Effect) -> Result<Outcome> {
        match effect {
            Effect::Answer(outcome) => Ok(outcome),
            Effect::Deliver(rows, evaluations, context) => {
                let deliveries = &self.database().shared.deliveries;
                for evaluation in &evaluations {
                    deliveries.count(evaluation, &context);
                }
                Ok(Outcome::Rows(rows))
            }
            Effect::Begin => Ok(self.begin()),
            Effect::Commit => self.commit(),
            Effect::Rollback => Ok(self.rollback()),
            Effect::Actor(actor) => {
                let message = format!("the actor is {actor}");
                self.actor = Some(actor);
                Ok(done(message))
            }
            Effect::Comment(comment) => {
                let message = format!("the comment is {comment}");
                self.comment = Some(comment);
                Ok(done(message))
            }
            Effect::Clock(to) => {
                self.database().move_clock(to)?;
                Ok(done(format!("the clock shows {to}")))
            }
            Effect::Load(step) => self.load(*step),
        }
    }

    fn check_begin(&self) -> Result<Effect> {
        if self.in_transaction() {
            return Err(ErrorKind::TransactionState("a transaction is open already").into());
        }
        Ok(Effect::Begin)
    }

    fn check_set_clock(&self, set: &SetClock) -> Result<Effect> {
        self.check_clock()?;
        let to = self.parameters.timestamp(&set.to)?;
        let now = self.now();
        if to < now {
            return Err(Error::from(ErrorKind::ClockBack { now, to }).at(set.to.span));
        }
        Ok(Effect::Clock(to))
    }

    fn check_advance(&self, by: &Spanned<Duration>) -> Result<Effect> {
        self.check_clock()?;
        match self.now().checked_add(by.node) {
            Some(to) => Ok(Effect::Clock(to)),
            None => Err(overrun(by.span)),
        }
    }

    fn check_clock(&self) -> Result<()> {
        if !self.database().is_clock_manual() {
            let hint = "start with `--clock '2026-03-01T09:00:00Z'` and a new store";
            return Err(Error::from(ErrorKind::ClockNotManual).hint(hint));
        }
        if self.in_transaction() {
            let message = "the clock does not move in a transaction";
            return Err(ErrorKind::TransactionState(message).into());
        }
        self.database().refuse_read_only()
    }

    fn assert_error(&self, assertion: &AssertError) -> Result<Outcome> {
        let wanted = self.parameters.text(&assertion.code)?;
        let result = match &assertion.statement.result {
            Ok(statement) => {
                self.effect(statement).map(drop).map_err(|error| self.weigh(statement, error))
            }
            Err(error) => Err(error.clone()),
        };
        let got = match result {
            Err(error) if error.code() == &*wanted => {
                return Ok(done(format!("failed with {wanted}, as asserted")));
            }
            Err(error) => format!("`{}`: {error}", error.code()),
            Ok(()) => "no error".to_owned(),
        };
        let wanted = format!("an error `{wanted}`");
        Err(Error::from(ErrorKind::AssertionFailed { wanted, got }).at(assertion.code.span))
    }
}

fn overrun(span: Span) -> Error {
    Error::from(ErrorKind::ClockOverrun).at(span)
}
