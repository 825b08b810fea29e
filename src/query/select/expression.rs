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
        let program = eval::compile_asked(expr, &AskedScope { types: &|_| None })?;
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

/// Scope of a bound expression: its names are slots.
pub(super) struct AskedScope<'t> {
    /// The types of slots, as far as they are known.
    pub(super) types: &'t dyn Fn(Slot) -> Option<Type>,
}

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

    fn attribute(&self, path: &Path, _span: Span) -> Result<Option<Type>> {
        let slot =
            if path.len() == 1 { path.first().and_then(|name| Slot::of(name)) } else { None };
        Ok(slot.and_then(|slot| (self.types)(slot)))
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
