//! Statements about the session itself: its transaction, its settings, its clock, its assertions.
//!
//! Each is checked first, by [`Session::check_control`], which changes nothing, and then carried out.

use std::sync::Arc;

use super::session::{done, no_transaction};
use super::{Outcome, Session};
use crate::error::{Error, ErrorKind, Result, TransactionState};
use crate::model::{Duration, Given, Literal, Spanned, Timestamp};
use crate::statement::{AssertError, Begin, Commit, Control, Rollback, SetClock, Text};

/// Control statement that was checked: nothing is left but to carry it out.
pub(super) enum CheckedControl {
    Begin,
    Commit,
    Rollback,
    Actor(Option<Arc<str>>),
    Comment(Option<Arc<str>>),
    Clock(Timestamp),
    /// An assertion holds: the statement fails with this code.
    Fails(Arc<str>),
}

impl Session {
    /// Checks a control statement against the session, and changes nothing.
    pub(super) fn check_control(&self, control: Control<'_>) -> Result<CheckedControl> {
        match control {
            Control::Begin(Begin) => self.check_begin().map(|()| CheckedControl::Begin),
            Control::Commit(Commit) => self.check_commit().map(|()| CheckedControl::Commit),
            Control::Rollback(Rollback) if self.in_transaction() => Ok(CheckedControl::Rollback),
            Control::Rollback(Rollback) => Err(no_transaction()),
            Control::SetActor(set) => {
                self.parameters.nullable(&set.actor).map(CheckedControl::Actor)
            }
            Control::SetComment(set) => {
                self.parameters.nullable(&set.comment).map(CheckedControl::Comment)
            }
            Control::SetClock(set) => self.check_set_clock(set).map(CheckedControl::Clock),
            Control::AdvanceClock(advance) => {
                self.check_advance(&advance.by).map(CheckedControl::Clock)
            }
            Control::AssertError(assertion) => {
                self.assert_error(assertion).map(CheckedControl::Fails)
            }
        }
    }

    /// Carries a control statement out.
    pub(super) fn control(&mut self, control: CheckedControl) -> Result<Outcome> {
        match control {
            CheckedControl::Begin => Ok(self.begin()),
            CheckedControl::Commit => self.commit(),
            CheckedControl::Rollback => Ok(self.rollback()),
            CheckedControl::Actor(actor) => {
                let message = said("actor", actor.as_ref());
                self.actor = actor;
                Ok(done(message))
            }
            CheckedControl::Comment(comment) => {
                let message = said("comment", comment.as_ref());
                self.comment = comment;
                Ok(done(message))
            }
            CheckedControl::Clock(to) => {
                self.database().move_clock(to)?;
                Ok(done(format!("the clock shows {to}")))
            }
            CheckedControl::Fails(code) => Ok(done(format!("failed with {code}, as asserted"))),
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
        let now = self.now();
        let to = self.parameters.instant(&set.to, now)?;
        if to < now {
            return Err(Error::from(ErrorKind::ClockBack { now, to }).at(set.to.span));
        }
        Ok(to)
    }

    fn check_advance(&self, by: &Spanned<Given<Duration>>) -> Result<Timestamp> {
        self.check_clock()?;
        let to = self.now().checked_add(self.parameters.duration(by)?);
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
        self.database().refuse_write()
    }

    /// The code with which a statement fails, if it is the one that is asserted. Of assertions in one another each
    /// is about the next one inside.
    fn assert_error(&self, assertion: &AssertError) -> Result<Arc<str>> {
        let statement = &assertion.statement;
        let is_missing = |name: &Spanned<Arc<str>>| self.parameters.value(&name.node).is_none();
        let mut missing: Vec<_> =
            statement.parameters().into_iter().find(is_missing).into_iter().collect();
        let checked = statement.result.as_ref().map_err(Error::clone).and_then(|statement| {
            self.resolve(statement).map(drop).map_err(|error| self.weigh(|| missing.clone(), error))
        });
        let concealed = checked.map_err(|error| self.conceal_inner(&statement.text, error));
        let mut result = concealed.map(|()| Arc::default());
        for code in &assertion.codes {
            if let Literal::Parameter(name) = &code.node {
                let name = Spanned::new(Arc::clone(name), code.span);
                missing = if is_missing(&name) { vec![name] } else { missing };
            }
            let asserted = self.assert_code(code, result);
            result = asserted.map_err(|error| self.weigh(|| missing.clone(), error));
        }
        // what stands inside has its place in the text of its own
        result.map_err(|error| match error.kind() {
            ErrorKind::UnknownParameter { .. } => error.unplaced(),
            _ => error,
        })
    }

    /// The code that is asserted, if it is that of an error.
    fn assert_code(&self, code: &Text, result: Result<Arc<str>>) -> Result<Arc<str>> {
        let wanted = self.parameters.text(code)?;
        let got = match result {
            Err(error) if error.code() == &*wanted => return Ok(wanted),
            Err(error) => format!("`{}`: {error}", error.code()),
            Ok(_) => "no error".to_owned(),
        };
        let wanted = format!("an error `{wanted}`");
        Err(Error::from(ErrorKind::AssertionFailed { wanted, got }).at(code.span))
    }
}

/// What is recorded with each commit from now on.
fn said(what: &str, text: Option<&Arc<str>>) -> String {
    text.map_or_else(|| format!("there is no {what}"), |text| format!("the {what} is {text}"))
}
