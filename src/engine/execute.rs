//! Executor: every statement, from the shell, a script or the library, comes through here.
//!
//! A statement is checked, which gives a [`Command`] and changes nothing, and the command is carried out.
//! `ASSERT ERROR` takes the first step alone.

use std::sync::Arc;

use super::session::done;
use super::{Outcome, Session};
use crate::error::Result;
use crate::query::{self, Answer};
use crate::statement::{Command, CommandKind, Query, Statement};

impl Session {
    /// Runs one statement, parsed or built.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the statement; the transaction, if one is open, is as it was before.
    pub fn run(&mut self, statement: &Statement) -> Result<Outcome> {
        self.run_named(statement, || statement.parameters())
    }

    /// Runs a statement the names of whose parameters are known to others.
    pub(super) fn run_named(
        &mut self,
        statement: &Statement,
        parameters: impl FnOnce() -> Vec<Arc<str>>,
    ) -> Result<Outcome> {
        self.perform(statement).map_err(|error| self.weigh(parameters, error))
    }

    fn perform(&mut self, statement: &Statement) -> Result<Outcome> {
        let db = self.database().clone();
        // a write of its own is checked against the state that it is committed on
        let commits = statement.kind() == CommandKind::Write && !self.in_transaction();
        let _writer = commits.then(|| db.lock_writer()).transpose()?;
        match self.check(statement)? {
            Command::Write(plan) => self.write(plan),
            Command::Record(entry) => self.record(entry),
            Command::Query(query) => self.answer(query).map(|answer| self.deliver(answer)),
            Command::Control(control) => {
                let checked = self.check_control(control)?;
                self.control(checked)
            }
            Command::Load(load) => {
                let step = self.check_load(load)?;
                self.load(step)
            }
        }
    }

    /// Finds out whether a statement could be run, and does nothing.
    pub(super) fn check_whole(&self, statement: &Statement) -> Result<()> {
        match self.check(statement)? {
            Command::Write(_) | Command::Record(_) => Ok(()),
            Command::Query(query) => self.answer(query).map(drop),
            Command::Control(control) => self.check_control(control).map(drop),
            Command::Load(load) => self.check_load(load).map(drop),
        }
    }

    /// Checks a statement against the state that the session sees.
    fn check<'s>(&self, statement: &'s Statement) -> Result<Command<'s>> {
        if statement.kind().writes() {
            self.check_writable()?;
        }
        self.bind(|binder| statement.check(binder))
    }

    /// Answers a query over what the session sees.
    fn answer(&self, query: Query<'_>) -> Result<Answer> {
        if query.reads_deliveries() {
            self.database().flush()?;
        }
        query::answer(&self.view(), query)
    }

    /// Counts what an answer delivers, and gives what it says.
    fn deliver(&self, answer: Answer) -> Outcome {
        match answer {
            Answer::Rows(rows) => Outcome::Rows(rows),
            Answer::Delivery(rows, evaluations, context) => {
                let deliveries = &self.database().shared.deliveries;
                for evaluation in &evaluations {
                    deliveries.count(evaluation, &context);
                }
                Outcome::Rows(rows)
            }
            Answer::Holds => done("the assertion holds"),
        }
    }
}
