//! What concerns the session: its transaction, its settings, its clock, its assertions.
//!
//! That a step can be taken is found out first, by [`Session::check_control`], which changes nothing.

use std::sync::Arc;

use super::session::{done, no_transaction};
use super::{Outcome, Session};
use crate::error::{Error, ErrorKind, Result, TransactionState};
use crate::model::{Duration, Spanned, Timestamp};
use crate::statement::{AssertError, Begin, Commit, Control, Rollback, SetClock};

/// Step of a session that was found right.
pub(super) enum Step {
    Begin,
    Commit,
    Rollback,
    Actor(Arc<str>),
    Comment(Arc<str>),
    Clock(Timestamp),
    /// An assertion holds: the statement fails with this code.
    Fails(Arc<str>),
}

impl Session {
    /// Finds out what step a statement asks for, and whether it can be taken.
    pub(super) fn check_control(&self, control: Control<'_>) -> Result<Step> {
        match control {
            Control::Begin(Begin) => self.check_begin().map(|()| Step::Begin),
            Control::Commit(Commit) => self.check_commit().map(|()| Step::Commit),
            Control::Rollback(Rollback) if self.in_transaction() => Ok(Step::Rollback),
            Control::Rollback(Rollback) => Err(no_transaction()),
            Control::SetActor(set) => self.parameters.text(&set.actor).map(Step::Actor),
            Control::SetComment(set) => self.parameters.text(&set.comment).map(Step::Comment),
            Control::SetClock(set) => self.check_set_clock(set).map(Step::Clock),
            Control::AdvanceClock(advance) => self.check_advance(&advance.by).map(Step::Clock),
            Control::AssertError(assertion) => self.assert_error(assertion).map(Step::Fails),
        }
    }

    /// Takes a step.
    pub(super) fn control(&mut self, step: Step) -> Result<Outcome> {
        match step {
            Step::Begin => Ok(self.begin()),
            Step::Commit => self.commit(),
            Step::Rollback => Ok(self.rollback()),
            Step::Actor(actor) => {
                let message = format!("the actor is {actor}");
                self.actor = Some(actor);
                Ok(done(message))
            }
            Step::Comment(comment) => {
                let message = format!("the comment is {comment}");
                self.comment = Some(comment);
                Ok(done(message))
            }
            Step::Clock(to) => {
                self.database().move_clock(to)?;
                Ok(done(format!("the clock shows {to}")))
            }
            Step::Fails(code) => Ok(done(format!("failed with {code}, as asserted"))),
        }
    }

    fn check_begin(&self) -> Result<()> {
        if self.in_transaction() {
            return Err(TransactionState::OpenAlready.into());
        }
        Ok(())
    }

    fn check_set_clock(&self, set: &SetClock) -> Result<Timestamp> {
        self.check_clock()?;
        let to = self.parameters.timestamp(&set.to)?;
        let now = self.now();
        if to < now {
            return Err(Error::from(ErrorKind::ClockBack { now, to }).at(set.to.span));
        }
        Ok(to)
    }

    fn check_advance(&self, by: &Spanned<Duration>) -> Result<Timestamp> {
        self.check_clock()?;
        let to = self.now().checked_add(by.node);
        to.ok_or_else(|| Error::from(ErrorKind::ClockOverrun).at(by.span))
    }

    fn check_clock(&self) -> Result<()> {
        if !self.database().is_clock_manual() {
            let hint = "start with `--clock '2026-03-01T09:00:00Z'` and a new store";
            return Err(Error::from(ErrorKind::ClockNotManual).hint(hint));
        }
        if self.in_transaction() {
            return Err(TransactionState::ClockInside.into());
        }
        self.database().refuse_read_only()
    }

    /// The code with which a statement fails, if it is the one that is asserted.
    fn assert_error(&self, assertion: &AssertError) -> Result<Arc<str>> {
        let wanted = self.parameters.text(&assertion.code)?;
        let result = match &assertion.statement.result {
            Ok(statement) => {
                let parameters = || assertion.statement.parameters();
                self.check_whole(statement).map_err(|error| self.weigh(parameters, error))
            }
            Err(error) => Err(error.clone()),
        };
        let got = match result {
            Err(error) if error.code() == &*wanted => return Ok(wanted),
            Err(error) => format!("`{}`: {error}", error.code()),
            Ok(()) => "no error".to_owned(),
        };
        let wanted = format!("an error `{wanted}`");
        Err(Error::from(ErrorKind::AssertionFailed { wanted, got }).at(assertion.code.span))
    }
}
