//! Statements that are parsed once and run often.

use super::{Outcome, Session};
use crate::error::Result;
use crate::statement::{Parameters, Statement};

/// A statement that was parsed, to be run with other parameters each time.
///
/// It has a session of its own, outside any transaction.
#[derive(Debug)]
pub struct Prepared {
    session: Session,
    statement: Statement,
}

impl Prepared {
    pub(super) fn new(session: Session, text: &str) -> Result<Self> {
        let statement = Statement::parse(text)?;
        Ok(Self { session, statement })
    }

    /// Runs the statement.
    ///
    /// # Errors
    ///
    /// `unknown-parameter` if a parameter has no value; otherwise those of the statement.
    pub fn run(&self, parameters: &Parameters) -> Result<Outcome> {
        self.session.fork(parameters.clone()).run(&self.statement)
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
}
