//! Statements that are parsed once and run often.

use std::sync::Arc;

use super::session::weigh;
use super::stream::Stream;
use super::{Cursor, Outcome, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Spanned;
use crate::statement::{CommandKind, Parameters, Parsed, Statement};

/// A statement that was parsed, to be run with other parameters each time.
///
/// It has a session of its own, outside any transaction. In a database that is open for reading only, a `GET` without
/// `AS OF` and `UNDER` goes by what is in memory if it can: by the state that was seen last, as
/// [`Database::refresh`](super::Database::refresh) says.
#[derive(Debug)]
pub struct Prepared {
    session: Session,
    statement: Arc<Statement>,
    /// The names of its parameters.
    parameters: Vec<Spanned<Arc<str>>>,
}

impl Prepared {
    pub(super) fn new(session: Session, text: &str) -> Result<Self> {
        let parsed = Parsed::parse(text)?;
        let parameters = parsed.parameters();
        Ok(Self { session, statement: parsed.result?.into(), parameters })
    }

    /// Runs the statement.
    ///
    /// # Errors
    ///
    /// `unknown-parameter` if a parameter has no value; otherwise those of the statement.
    pub fn run(&self, parameters: &Parameters) -> Result<Outcome> {
        let names = || self.parameters.clone();
        // what follows a file needs a sight of it, and what does more than ask a session
        if self.statement.kind() != CommandKind::Query || self.session.db.follows() {
            let mut session = self.session.fork(parameters.clone());
            return session.run_named(&self.statement, names);
        }
        let outcome = self.session.ask(&self.statement, parameters);
        outcome.map_err(|error| weigh(parameters, names, error))
    }

    /// Asks a question, as [`Database::query`](super::Database::query) does.
    ///
    /// # Errors
    ///
    /// Those of [`Prepared::run`]; `syntax` if it gives no rows, before anything is done.
    pub fn query(&self, parameters: &Parameters) -> Result<Cursor> {
        let no_rows = || {
            let (what, why) = ("this statement".to_owned(), "it gives no rows");
            Error::from(ErrorKind::Misplaced { what, why })
        };
        // another thread would wait for who waits for a listener
        let is_streamed = matches!(*self.statement, Statement::Select(_))
            && !self.session.db.shared.listeners.is_calling();
        if is_streamed {
            let session = self.session.fork(parameters.clone());
            let (statement, names) = (Arc::clone(&self.statement), self.parameters.clone());
            let (stream, columns) = Stream::begin(session, statement, names)?;
            return Ok(Cursor::running(stream, columns, self.session.db.shared.query_bytes));
        }
        if self.statement.kind() != CommandKind::Query {
            return Err(no_rows());
        }
        match self.run(parameters)? {
            Outcome::Rows(rows) => Ok(Cursor::held(rows)),
            _ => Err(no_rows()),
        }
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
}
