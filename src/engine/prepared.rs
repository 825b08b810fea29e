//! Statements that are parsed once and run often.

use std::sync::Arc;

use super::{Database, Outcome, Session};
use crate::error::Result;
use crate::statement::{Parameters, Parsed, Statement};

/// A statement that was parsed, to be run with other parameters each time.
///
/// It has a session of its own, outside any transaction.
#[derive(Debug)]
pub struct Prepared {
    session: Session,
    statement: Statement,
    /// The names of its parameters.
    parameters: Vec<Arc<str>>,
}

impl Prepared {
    pub(super) fn new(session: Session, text: &str) -> Result<Self> {
        let parsed = Parsed::parse(text)?;
        let parameters = parsed.parameters();
        Ok(Self { session, statement: parsed.result?, parameters })
    }

    /// Runs the statement.
    ///
    /// # Errors
    ///
    /// `unknown-parameter` if a parameter has no value; otherwise those of the statement.
    pub fn run(&self, parameters: &Parameters) -> Result<Outcome> {
        let mut session = self.session.fork(parameters.clone());
        session.run_named(&self.statement, || self.parameters.clone())
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
}

impl Database {
    /// Parses one statement, to be run any number of times with other parameters.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY limit_rate INTEGER DEFAULT 10;")?;
    /// let get = db.prepare("GET limit_rate FOR USER :id WITH :attributes")?;
    /// let attributes = pcq::Value::from_json(r#"{"plan": "pro"}"#).unwrap();
    /// let outcome = get.run(&pcq::Parameters::new().with("id", "u1").with("attributes", attributes))?;
    /// assert_eq!(outcome.rows().unwrap().value(0, "value"), Some(&pcq::Value::from(10)));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    pub fn prepare(&self, statement: &str) -> Result<Prepared> {
        Prepared::new(self.session(), statement)
    }
}
