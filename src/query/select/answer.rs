//! Answers of the queries within a query, which are asked before it.

use std::cell::Cell;
use std::collections::HashSet;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Truth, is_member};
use crate::model::{Datum, Span, Value};
use crate::query::budget::Budget;

/// What is wanted of a query within a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The value of its one row.
    Value,
    /// Whether it has a row.
    Existence,
    /// Which values it has.
    Members,
}

/// Answers, in the order in which the queries were found.
#[derive(Debug, Default)]
pub(super) struct Answers {
    answers: Vec<Answer>,
    /// The place of a query of which one row is wanted and that has more, when a row has asked it.
    crowded: Cell<Option<Span>>,
}

#[derive(Debug)]
enum Answer {
    Value(Datum),
    /// There are more rows than one.
    Crowd(Span),
    Members(Members),
}

/// The values of a query, for `IN`.
#[derive(Debug, Default)]
struct Members {
    values: HashSet<Datum>,
    has_null: bool,
    has_times: bool,
    has_others: bool,
}

impl Answers {
    /// Adds what a query found, the first columns of its rows.
    pub(super) fn add(
        &mut self,
        wanted: Wanted,
        mut found: Vec<Datum>,
        span: Span,
        budget: &Budget<'_>,
    ) -> Result<()> {
        self.answers.push(match wanted {
            Wanted::Existence => Answer::Value(Value::from(!found.is_empty()).into()),
            Wanted::Value if found.len() > 1 => Answer::Crowd(span),
            Wanted::Value => Answer::Value(found.pop().unwrap_or(Datum::NULL)),
            Wanted::Members => Answer::Members(Members::new(found, budget)?),
        });
        Ok(())
    }

    /// The value that a query found.
    pub(super) fn value(&self, answer: usize) -> Option<&Datum> {
        match self.answers.get(answer)? {
            Answer::Value(value) => Some(value),
            Answer::Crowd(span) => {
                self.crowded.set(Some(*span));
                None
            }
            Answer::Members(_) => None,
        }
    }

    /// Whether a value is one of those that a query found.
    pub(super) fn has(&self, answer: usize, value: &Datum) -> Truth {
        match self.answers.get(answer)? {
            Answer::Members(members) => members.has(value),
            Answer::Value(_) | Answer::Crowd(_) => None,
        }
    }

    /// Fails if a row asked for the one value of a query that has more.
    pub(super) fn check(&self) -> Result<()> {
        self.crowded.get().map_or(Ok(()), |span| Err(Error::from(ErrorKind::TooManyRows).at(span)))
    }
}

impl Members {
    fn new(found: Vec<Datum>, budget: &Budget<'_>) -> Result<Self> {
        let mut members = Self::default();
        for value in found {
            budget.step()?;
            match &value {
                Datum::Value(Value::Null) => members.has_null = true,
                Datum::Time(_) => members.has_times = true,
                Datum::Value(_) => members.has_others = true,
            }
            members.values.insert(value);
        }
        Ok(members)
    }

    fn has(&self, value: &Datum) -> Truth {
        if self.values.is_empty() {
            return Some(false);
        }
        if value.is_null() {
            return None;
        }
        // a text beside an instant is read as one
        let is_read =
            if matches!(value, Datum::Time(_)) { self.has_others } else { self.has_times };
        if is_read {
            let mut truths = self.values.iter().map(|member| is_member(value, member));
            let mut is_unknown = false;
            let found = truths.any(|truth| {
                is_unknown |= truth.is_none();
                truth == Some(true)
            });
            return if found { Some(true) } else { (!is_unknown).then_some(false) };
        }
        if self.values.contains(value) { Some(true) } else { (!self.has_null).then_some(false) }
    }
}
