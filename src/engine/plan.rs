//! Plans: what would have to change so that a store is as state files say.

use std::fmt;

use super::conceal::Declared;
use super::{Database, Outcome, Session};
use crate::error::{ErrorKind, Note, Result, TransactionState};
use crate::model::Role;
use crate::script::{Script, ScriptStatement};
use crate::statement::{Begin, Commit, Parameters, Statement, slip};
use crate::transfer::{Group, Planned, Planner, Prune, Reading, State};

/// Plan: the statements that make a store what a state says, in an order that works. None of them is run yet.
///
/// `Display` writes it as a script of one transaction.
#[derive(Debug)]
pub struct Plan {
    session: Session,
    /// The revision on which it was made.
    revision: u64,
    statements: Vec<Statement>,
    groups: Vec<Group>,
    notes: Vec<Note>,
}

impl Plan {
    /// The statements; none if the store is as the state says.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// What of the state is likely a slip, what it does not say and stays, and what else is worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Runs the statements in one transaction, and returns what each did and what the commit did.
    ///
    /// # Errors
    ///
    /// `conflict` if the store was changed since the plan was made: then nothing is done, and a new plan is needed. And
    /// whatever a commit may fail with.
    pub fn apply(mut self) -> Result<Vec<Outcome>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        self.session.run(&Begin.into())?;
        let now = self.session.begun_at().unwrap_or(self.revision);
        if now != self.revision {
            return Err(ErrorKind::PlanConflict { began: self.revision, now }.into());
        }
        let statements = self.statements.iter().cloned().chain([Commit.into()]);
        statements.map(|statement| self.session.run(&statement)).collect()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        writeln!(f, "BEGIN;")?;
        let mut last = None;
        for (group, statement) in self.groups.iter().zip(&self.statements) {
            if last != Some(group) {
                writeln!(f, "\n-- {}", group.title())?;
                last = Some(group);
            }
            writeln!(f, "{statement};")?;
        }
        writeln!(f, "\nCOMMIT;")
    }
}

impl Database {
    /// Finds out what would have to change so that the store is as the text of a state file says; nothing is run.
    ///
    /// A state file has `CREATE` statements of attributes, keys, segments and configs, `PUBLISH CONFIG` for those that are to
    /// be live, `ALTER CONFIG` for a version after that which is not, `DISABLE CONFIG`, `ARCHIVE`, `ALTER ATTRIBUTES`, and
    /// `BEGIN` and `COMMIT` around it all, and nothing else: [`DumpKind::State`](crate::DumpKind::State) writes one. What it
    /// does not name stays as it is, and so does what it creates `IF NOT EXISTS` and is there.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// let state = "CREATE KEY theme STRING DEFAULT 'light';
    ///     CREATE CONFIG look SEGMENTS EVERYONE 10% KEY theme = 'dark';
    ///     PUBLISH CONFIG look;";
    /// let plan = db.plan(state)?;
    /// assert_eq!(plan.statements().len(), 3);
    /// plan.apply()?;
    /// assert!(db.plan(state)?.is_empty());
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `not-a-state` if a statement is another, or names an instant by the time of the day, as `NOW() + 2 DAYS` does; and
    /// whatever is wrong with the state itself, or with what it would do to the store.
    pub fn plan(&self, state: &str) -> Result<Plan> {
        let (session, script) = (self.session(), Script::lenient(state.as_bytes()));
        let statements = script.collect::<Result<Vec<_>>>();
        let statements = statements.map_err(|error| session.conceal(error))?;
        session.plan(statements, Prune::No)
    }
}

impl Session {
    /// Finds out what would have to change so that the store is as the statements of state files say, with the parameters of
    /// the session, as [`Database::plan`] does. The plan is applied with its actor and comment.
    ///
    /// # Errors
    ///
    /// Those of [`Database::plan`], and `transaction-state` in a transaction.
    pub fn plan(
        self,
        statements: impl IntoIterator<Item = ScriptStatement>,
        prune: Prune,
    ) -> Result<Plan> {
        self.database().require(Role::Publish)?;
        if self.in_transaction() {
            return Err(TransactionState::OpenAlready.into());
        }
        let statements: Vec<_> = statements.into_iter().collect();
        let declared = declared(&statements);
        let mut notes = self.state_slips(&statements, &declared);
        let found = self.find_plan(statements, prune);
        let (planned, revision) = found.map_err(|error| self.conceal_among(&declared, error))?;
        if let Some(error) = self.refused(&notes) {
            return Err(error);
        }
        notes.extend(planned.notes);
        let statements = planned.statements;
        let (groups, statements) = statements.into_iter().unzip();
        Ok(Plan { session: self, revision, statements, groups, notes })
    }

    /// The slips of state files.
    fn state_slips(&self, statements: &[ScriptStatement], declared: &Declared) -> Vec<Note> {
        let view = self.view();
        let of_one = |statement: &ScriptStatement| {
            let node = statement.result().ok()?;
            let found = self.bind(&view, |binder| Ok(slip::slips(node, binder))).ok()?;
            let told = |note| self.conceal_note_among(declared, statement.locate_note(note));
            Some(found.into_iter().map(told).collect::<Vec<_>>())
        };
        statements.iter().filter_map(of_one).flatten().collect()
    }

    fn find_plan(&self, statements: Vec<ScriptStatement>, prune: Prune) -> Result<(Planned, u64)> {
        let view = self.view();
        let catalog = view.catalog().clone();
        let (revision, now) = (catalog.revision, view.now());
        let state = State::read(statements, &Reading { parameters: &self.parameters, now })?;
        // a plan is a script of its own: its statements have values where the files have parameters
        let (role, parameters) = (self.database().role(), &Parameters::new());
        let start = Planner::new(catalog, now, parameters, &view, role);
        Ok((start.plan(&state, prune)?, revision))
    }

    /// The revision at which the open transaction began.
    fn begun_at(&self) -> Option<u64> {
        self.transaction.as_ref().map(|open| open.base.revision())
    }
}

/// The names of the sensitive keys and attributes that statements declare.
fn declared(statements: &[ScriptStatement]) -> Declared {
    let sensitive = |statement: &ScriptStatement| match statement.result().ok()? {
        Statement::CreateKey(key) => key.sensitive.then(|| key.name.node.to_arc()),
        Statement::CreateAttribute(attribute) => {
            attribute.sensitive.then(|| attribute.name.node.to_arc())
        }
        _ => None,
    };
    statements.iter().filter_map(sensitive).collect()
}
