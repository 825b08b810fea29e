//! Checks of scripts: what is wrong with their statements, found without a store or on a copy of one.

use super::{Builder, Session};
use crate::clock::Clock;
use crate::error::{Error, ErrorCode, ErrorKind, Note, Result, ScriptEnd, TransactionState};
use crate::script::ScriptStatement;
use crate::statement::binder::Binder;
use crate::statement::{CommandKind, alone};

/// Checker of scripts: finds what is wrong with each statement, one after the other, and runs none on a store.
///
/// What a statement makes is there for those after it, in a store in memory or on a copy of one. Without a store nothing
/// is said of names that a script does not make itself, nor of what depends on what is there.
///
/// ```
/// let script = "CREATE SEGMENT s WHERE age BETWEEN 20 AND 10 AND city MATCHES '(';
///     CREATE CONFIG c SEGMENTS t, u KEY k = SPLIT (50% 1, 60% 2);";
/// let mut checker = pcq::Checker::new()?;
/// let mut codes = Vec::new();
/// for statement in pcq::Script::new(script.as_bytes()) {
///     let found = checker.check(&statement?);
///     codes.extend(found.errors.iter().map(pcq::Error::code));
/// }
/// assert_eq!(codes, ["bad-literal", "bad-split"]);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Debug)]
pub struct Checker {
    session: Session,
    /// Whether what a script does not make itself is in the store or nowhere.
    knows_all: bool,
}

/// What was found of a statement.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What is wrong with it.
    pub errors: Vec<Error>,
    /// What is worth knowing of it: what is likely a slip, and, with a store, what it would do.
    pub notes: Vec<Note>,
}

impl Checker {
    /// Checks scripts without a store.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::in_memory`].
    pub fn new() -> Result<Self> {
        let clock = Clock::system().now();
        let database = Builder::default().manual_clock(clock).in_memory()?;
        Ok(Self { session: database.session(), knows_all: false })
    }

    /// Checks scripts by a session of a store, in which what they make is written. It is to be one of a copy:
    /// [`Builder::dry_run`].
    #[must_use]
    pub fn of(session: Session) -> Self {
        Self { session, knows_all: true }
    }

    /// Finds what is wrong with a statement that goes after those checked before.
    pub fn check(&mut self, statement: &ScriptStatement) -> Checked {
        let node = match statement.result() {
            Ok(node) => node,
            Err(error) => return Checked { errors: vec![error.clone()], notes: Vec::new() },
        };
        let outcome = match node.kind() {
            // a dump was checked when it was written, and is no part of a store until all of it is there
            CommandKind::Load => return Checked::default(),
            CommandKind::Write | CommandKind::Control => self.session.run_parsed(statement),
            CommandKind::Query | CommandKind::Preview | CommandKind::Record => {
                self.session.dry_run(statement)
            }
        };
        match outcome {
            Ok(outcome) => Checked { errors: Vec::new(), notes: outcome.notes().to_vec() },
            Err(error) if self.is_certain(&error) => {
                Checked { errors: vec![error], notes: Vec::new() }
            }
            Err(_) if self.knows_all => Checked::default(),
            Err(_) => self.check_alone(statement),
        }
    }

    /// Ends a script, and tells what is wrong with its end: a transaction that is still open.
    pub fn end(&mut self) -> Option<Error> {
        let is_open = self.session.in_transaction();
        if is_open {
            self.session.rollback();
        }
        is_open.then(|| TransactionState::LeftOpen(ScriptEnd::File).into())
    }

    /// Whether an error is one whatever the parameters are, and, without a store, whatever is in that.
    fn is_certain(&self, error: &Error) -> bool {
        use ErrorCode as C;
        let code = error.kind().error_code();
        match code {
            C::UnknownParameter | C::AssertionFailed => false,
            _ if self.knows_all => true,
            C::BadTime => {
                !matches!(error.kind(), ErrorKind::Past { .. } | ErrorKind::ClockBack { .. })
            }
            C::Syntax
            | C::Duplicate
            | C::UnknownFunction
            | C::UnknownColumn
            | C::AmbiguousColumn
            | C::UnknownTable
            | C::NotGrouped
            | C::ColumnCount
            | C::TypeMismatch
            | C::CheckFailed
            | C::BadLiteral
            | C::BadSplit
            | C::BadOrder
            | C::Cycle
            | C::Limit
            | C::Suspicious
            | C::TransactionState
            | C::Bug => true,
            _ => false,
        }
    }

    /// What can be found of a statement by itself that names what is not there.
    fn check_alone(&self, statement: &ScriptStatement) -> Checked {
        let Ok(node) = statement.result() else { return Checked::default() };
        let view = self.session.view();
        let found =
            self.session.bind(&view, |binder: &Binder<'_>| Ok(alone::findings(node, binder)));
        let (errors, notes) = found.unwrap_or_default();
        let errors = errors.into_iter().filter(|error| self.is_certain(error));
        Checked {
            errors: errors.map(|error| statement.locate(error)).collect(),
            notes: notes.into_iter().map(|note| statement.locate_note(note)).collect(),
        }
    }
}
