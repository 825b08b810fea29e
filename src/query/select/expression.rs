//! Expressions of a query, bound to the places of its rows and compiled.

use super::answer::Answers;
use super::slot::Slot;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Environment, Lookup, Program, Scope, Truth, Type};
use crate::model::{
    AttributeName, Datum, Expr, KeyId, KeyType, Name, ObjectKind, Path, SegmentId, Span, Spanned,
    Timestamp,
};

/// Row within a query.
pub(super) type Row = Vec<Datum>;

/// Expression that is ready to be evaluated.
#[derive(Debug)]
pub(super) enum Expression {
    /// What stands at a place of the row.
    Place(usize),
    /// What a program makes of it, at an instant.
    Made(Box<Program>, Timestamp),
}

impl Expression {
    /// Compiles an expression that was checked.
    pub(super) fn new(expr: &Expr, now: Timestamp) -> Result<Self> {
        if let Some(place) = Slot::whole_place(expr) {
            return Ok(Self::Place(place));
        }
        let program = eval::compile_asked(expr, &AskedScope(None))?;
        Ok(Self::Made(Box::new(program), now))
    }

    /// Its value in a row.
    pub(super) fn value(&self, row: &[Datum], answers: &Answers) -> Datum {
        match self {
            Self::Place(place) => row.get(*place).cloned().unwrap_or(Datum::NULL),
            Self::Made(program, now) => {
                program.datum(&mut Surroundings { row, answers, now: *now })
            }
        }
    }

    /// Whether it is true in a row.
    pub(super) fn holds(&self, row: &[Datum], answers: &Answers) -> bool {
        match self {
            Self::Place(place) => {
                matches!(row.get(*place), Some(Datum::Value(crate::model::Value::Boolean(true))))
            }
            Self::Made(program, now) => {
                program.evaluate(&mut Surroundings { row, answers, now: *now }) == Some(true)
            }
        }
    }
}

/// What is known of slots where an expression is bound.
pub(super) trait Slots {
    /// The type of what is asked of users and of queries.
    fn type_of(&self, slot: Slot) -> Option<Type>;

    /// The type of a column.
    fn type_of_column(&self, place: usize) -> Option<Type>;

    /// What a bound expression was written as, unless there is a query in it.
    fn written(&self, bound: &Expr) -> Option<String>;
}

/// Scope of a bound expression: its names are slots, of which something may be known.
pub(super) struct AskedScope<'s>(pub(super) Option<&'s dyn Slots>);

impl Scope for AskedScope<'_> {
    /// What is asked of users was made a place of the row.
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        Err(unknown(ObjectKind::Key, name))
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        Err(unknown(ObjectKind::Segment, name))
    }

    fn asks(&self) -> bool {
        true
    }

    fn written(&self, expr: &Expr) -> Option<String> {
        self.0?.written(expr)
    }

    fn attribute(&self, path: &Path, _span: Span) -> Result<Option<Type>> {
        Ok(self.0.zip(Slot::whole(path)).and_then(|(slots, slot)| slots.type_of(slot)))
    }

    fn column(&self, path: &Path) -> Option<Type> {
        match Slot::whole(path)? {
            Slot::Place(place) => self.0?.type_of_column(place),
            Slot::Answer(_) => None,
        }
    }
}

fn unknown(kind: ObjectKind, name: &Spanned<Name>) -> Error {
    Error::new(ErrorKind::Unknown { kind, name: name.node.clone() }).at(name.span)
}

/// A row and the answers of queries, as an expression sees them.
struct Surroundings<'r> {
    row: &'r [Datum],
    answers: &'r Answers,
    now: Timestamp,
}

impl<'r> Environment<'r> for Surroundings<'r> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'r> {
        let found = match Slot::of(name.as_str()) {
            Some(Slot::Place(place)) => self.row.get(place),
            Some(Slot::Answer(answer)) => self.answers.value(answer),
            None => None,
        };
        match found {
            None => Lookup::Missing,
            Some(Datum::Value(value)) => Lookup::Value(value),
            Some(Datum::Time(at)) => Lookup::Instant(*at),
        }
    }

    fn is_among(&self, value: &Datum, answer: usize) -> Truth {
        self.answers.has(answer, value)
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}
