//! Executor: every statement, from the shell, a script or the library, comes through here.
//!
//! A statement is resolved, which checks it, answers it if it is a query, and changes nothing; then what it was found
//! to do is done. `ASSERT ERROR` takes the first step alone.

use std::sync::Arc;

use super::commit::Ground;
use super::control::CheckedControl;
use super::session::{changed, done, planned};
use super::strictness::Slips;
use super::{Outcome, Session};
use crate::error::{Error, ErrorKind, Note, Result};
use crate::model::{Entry, Spanned};
use crate::query::{self, Answer, RowSink, View};
use crate::script::ScriptStatement;
use crate::statement::{
    Command, CommandKind, Effect, Parameters, Plan, Query, Statement, also, slip,
};
use crate::transfer::LoadStep;

/// What is said of an assertion.
const HOLDS: &str = "the assertion holds";

/// What a statement does, found right.
pub(super) enum Resolved {
    /// A query, and its answer.
    Answer(Answer),
    /// A write of objects.
    Write(Plan),
    /// A fact about a user.
    Record(Entry),
    /// A step of the session.
    Control(CheckedControl),
    /// A step of the loading of a dump.
    Load(LoadStep),
}

impl Session {
    /// Runs one statement, parsed or built.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the statement; the transaction, if one is open, is as it was before.
    pub fn run(&mut self, statement: &Statement) -> Result<Outcome> {
        let unplaced = || statement.parameters().into_iter().map(Spanned::unplaced).collect();
        self.run_named(statement, unplaced)
    }

    /// Runs a statement the names of whose parameters are known to others.
    pub(super) fn run_named(
        &mut self,
        statement: &Statement,
        parameters: impl FnOnce() -> Vec<Spanned<Arc<str>>>,
    ) -> Result<Outcome> {
        self.perform(statement).map_err(|error| self.weigh(parameters, error))
    }

    fn perform(&mut self, statement: &Statement) -> Result<Outcome> {
        self.look(statement)?;
        let outcome = self.perform_in_sight(statement);
        self.look_away();
        // in a transaction nothing is committed yet
        if self.in_transaction() {
            outcome
        } else {
            outcome.map(|done| self.database().with_notes(done))
        }
    }

    fn perform_in_sight(&mut self, statement: &Statement) -> Result<Outcome> {
        let is_alone = statement.kind() == CommandKind::Write && !self.in_transaction();
        if is_alone && !statement.may_declare() {
            return self.commit_write(None, |ground| self.plan_write(statement, ground));
        }
        match self.resolve(statement)? {
            Resolved::Answer(answer) => Ok(self.deliver(answer)),
            Resolved::Write(plan) => {
                // profiles are counted while nobody waits for it, and before anything is written
                let notes = query::misfits(&self.view(), plan.changes())?;
                let outcome = match &mut self.transaction {
                    Some(transaction) => Self::write(transaction, plan),
                    None => self.commit_write(None, |ground| self.plan_write(statement, ground)),
                };
                outcome.map(|outcome| outcome.noting(notes))
            }
            Resolved::Record(entry) => self.record(entry),
            Resolved::Control(checked) => self.control(checked),
            Resolved::Load(step) => self.load(step),
        }
    }

    /// Runs a query with other parameters than those of the session, which has no sight.
    pub(super) fn ask(&self, query: &Statement, parameters: &Parameters) -> Result<Outcome> {
        match self.resolve_with(query, parameters)? {
            Resolved::Answer(answer) => Ok(self.deliver(answer)),
            _ => Err(ErrorKind::Bug { what: format!("{query} is no query") }.into()),
        }
    }

    /// Hands the rows of a query over as they are found, all of them as they are at one instant; gives what is to be said of
    /// them.
    pub(super) fn hand_over(
        &mut self,
        query: &Statement,
        parameters: impl FnOnce() -> Vec<Spanned<Arc<str>>>,
        sink: &mut dyn RowSink,
    ) -> Result<Vec<Note>> {
        let done = self.look(query).and_then(|()| self.hand_over_in_sight(query, sink));
        self.look_away();
        done.map_err(|error| self.weigh(parameters, error))
    }

    fn hand_over_in_sight(&self, query: &Statement, sink: &mut dyn RowSink) -> Result<Vec<Note>> {
        let view = self.view();
        let Command::Query(asked @ Query::Select(select)) = self.check(query, &view)? else {
            return Err(Error::bug("the rows of another statement were to be handed over"));
        };
        let view = if asked.reads_deliveries() {
            self.database().flush()?;
            self.view()
        } else {
            view
        };
        query::hand_over(&view.pinned()?, select, sink)
    }

    /// Plans a write of its own against the state that it is committed on.
    fn plan_write(&self, statement: &Statement, ground: &Ground<'_>) -> Result<Plan> {
        match self.check(statement, &self.view_on(ground))? {
            Command::Write(plan) => Ok(plan),
            _ => Err(ErrorKind::Bug { what: format!("{statement} is no write") }.into()),
        }
    }

    /// Finds out what a statement of a script would do as things stand, and does nothing: a write has the effect and the
    /// notes that it would have, and no revision; of a step of the session it is known that it can be done.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// let mut session = db.session();
    /// let statement = pcq::Script::new(&b"CREATE KEY a INTEGER DEFAULT 1;"[..]).next().unwrap()?;
    /// assert_eq!(session.dry_run(&statement)?.message().as_deref(), Some("created key a"));
    /// assert_eq!(db.revision(), 0);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of running it.
    pub fn dry_run(&mut self, statement: &ScriptStatement) -> Result<Outcome> {
        let node = statement.result().map_err(Error::clone)?;
        self.look(node)?;
        let outcome = self.resolve(node).and_then(|resolved| self.outcome_if_run(resolved));
        self.look_away();
        let outcome = outcome.map_err(|error| self.weigh(|| statement.parameters(), error));
        match outcome {
            Ok(outcome) => {
                Ok(outcome.with_each_note(|note| self.conceal_note(statement.locate_note(note))))
            }
            Err(error) => Err(self.conceal(statement.locate(error))),
        }
    }

    /// What comes of a statement that is found right.
    fn outcome_if_run(&self, resolved: Resolved) -> Result<Outcome> {
        Ok(match resolved {
            Resolved::Answer(Answer::Rows(rows) | Answer::Delivery(rows, ..)) => {
                Outcome::Rows(rows)
            }
            Resolved::Answer(Answer::Holds) => done(HOLDS),
            Resolved::Write(plan) => planned(plan),
            Resolved::Record(entry) => {
                self.unknown(&entry)?.unwrap_or_else(|| changed(Effect::of_entry(&entry)))
            }
            Resolved::Control(_) | Resolved::Load(_) => done("it can be run"),
        })
    }

    /// Finds out what a statement does, and does nothing: a query is answered, of all else it is known that it can
    /// be done.
    pub(super) fn resolve(&self, statement: &Statement) -> Result<Resolved> {
        self.resolve_with(statement, &self.parameters)
    }

    fn resolve_with(&self, statement: &Statement, parameters: &Parameters) -> Result<Resolved> {
        // a query is checked and answered over one view
        let view = self.view_with(parameters);
        Ok(match self.check(statement, &view)? {
            Command::Write(plan) => Resolved::Write(plan),
            Command::Record(entry) => Resolved::Record(entry),
            Command::Query(query) => Resolved::Answer(self.answer(&view, query)?),
            Command::Preview(preview, notes) if preview.may_read_traffic() => {
                self.database().shared.deliveries.flush_contexts()?;
                Resolved::Answer(self.foresee(&self.view_with(parameters), preview, notes)?)
            }
            Command::Preview(preview, notes) => {
                Resolved::Answer(self.foresee(&view, preview, notes)?)
            }
            Command::Control(control) => Resolved::Control(self.check_control(control)?),
            Command::Load(load) => Resolved::Load(self.check_load(load)?),
        })
    }

    /// Checks a statement over a view: whether the session may run it, before all else, and what it says.
    fn check<'s>(&self, statement: &'s Statement, view: &View<'_>) -> Result<Command<'s>> {
        self.database().require(statement.role())?;
        if statement.kind().writes() {
            self.check_writable()?;
        }
        self.bind(view, |binder| {
            // found first, so that the names of attributes that this reads are kept in step by what the check makes
            let slips = slip::slips(statement, binder);
            let command = statement.check(binder);
            let command = command.map_err(|error| also::with_others(error, statement, binder))?;
            match self.refused(&slips) {
                Some(error) => Err(error),
                None => Ok(command.noting(slips)),
            }
        })
    }

    /// The error that the first of some slips is, if they are errors.
    pub(super) fn refused(&self, slips: &[Note]) -> Option<Error> {
        slips.iter().find_map(Note::as_error).filter(|_| self.slips == Slips::Refused)
    }

    /// Answers a query over a view, or, if it is about deliveries, over one in which those counted so far are.
    fn answer(&self, view: &View<'_>, query: Query<'_>) -> Result<Answer> {
        if !query.reads_deliveries() {
            return query::answer(view, query);
        }
        self.database().flush()?;
        query::answer(&self.view_with(view.parameters()), query)
    }

    /// Counts what an answer delivers, and gives what it says.
    fn deliver(&self, answer: Answer) -> Outcome {
        match answer {
            Answer::Rows(rows) => Outcome::Rows(rows),
            Answer::Delivery(rows, tally, asker) => {
                self.database().shared.deliveries.count_all(&tally, &asker);
                Outcome::Rows(rows)
            }
            Answer::Holds => done(HOLDS),
        }
    }
}
