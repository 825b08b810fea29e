//! Answers of the queries within a query, which are asked before it.

use std::cell::{Cell, OnceCell};

use super::hashed::{Hashed, Set};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Truth, instant, is_member};
use crate::model::{Datum, Span, Timestamp, Value};
use crate::query::budget::{Budget, PLACE};
use crate::query::bulk::Bulk;

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
    values: Bulk<Set<Datum>>,
    has_null: bool,
    /// Those that are instants.
    times: Set<Timestamp>,
    /// All of them beside an instant, once one was looked for.
    read: OnceCell<Read>,
}

/// Values as they are beside an instant: a text is read as one then.
#[derive(Debug)]
struct Read {
    instants: Set<Timestamp>,
    /// Whether it is unknown of some whether they are an instant.
    has_unknown: bool,
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
            budget.take(PLACE)?;
            members.has_null |= value.is_null();
            if let Datum::Time(at) = value {
                members.times.insert(Hashed::new(at));
            }
            members.values.insert(Hashed::new(value));
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
        let (is_in, is_unknown) = match value {
            Datum::Time(at) => {
                let read = self.read.get_or_init(|| Read::new(&self.values));
                (read.instants.contains(&Hashed::new(*at)), read.has_unknown)
            }
            Datum::Value(_) => {
                let is_time =
                    || instant(value).is_some_and(|at| self.times.contains(&Hashed::new(at)));
                let is_unread = || !compares_with_instants(value);
                let has_times = !self.times.is_empty();
                (
                    self.values.contains(&Hashed::new(value.clone())) || has_times && is_time(),
                    self.has_null || has_times && is_unread(),
                )
            }
        };
        if is_in { Some(true) } else { (!is_unknown).then_some(false) }
    }
}

impl Read {
    fn new(values: &Set<Datum>) -> Self {
        Self {
            instants: values.iter().filter_map(|v| instant(v.value())).map(Hashed::new).collect(),
            has_unknown: !values.iter().all(|value| compares_with_instants(value.value())),
        }
    }
}

/// Whether it is known how a value compares with instants: it is not of `NULL`, nor of a text that says none.
fn compares_with_instants(value: &Datum) -> bool {
    is_member(&Datum::Time(Timestamp::MIN), value).is_some()
}
