//! Aggregates over the rows of a group.

use super::answer::Answers;
use super::expression::Expression;
use super::hashed::{Hashed, Set};
use crate::behaviour::ExactSum;
use crate::error::Result;
use crate::model::{Datum, Fold, Value};
use crate::query::budget::{Budget, PLACE};
use crate::query::bulk::Bulk;

/// Aggregate of a query, ready to take rows.
#[derive(Debug)]
pub(super) struct Folding {
    pub(super) fold: Fold,
    pub(super) distinct: bool,
    /// What it takes of a row; nothing for `COUNT(*)`.
    pub(super) operand: Option<Expression>,
    /// Which rows it takes.
    pub(super) filter: Option<Expression>,
}

/// What an aggregate has of the rows so far.
#[derive(Debug)]
pub(super) struct State {
    seen: Option<Bulk<Set<Datum>>>,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Count(i64),
    Sum(Total),
    Average(Total),
    Least(Option<Datum>),
    Greatest(Option<Datum>),
    List(Bulk<Vec<Value>>),
}

/// Sum without rounding.
#[derive(Debug, Default)]
struct Total {
    sum: ExactSum,
    /// The sum of the integers among them, as long as there are only such.
    integers: Option<i128>,
    count: u64,
}

impl Folding {
    /// The state before any row.
    pub(super) fn begin(&self) -> State {
        let found = match self.fold {
            Fold::Count => Found::Count(0),
            Fold::Sum => Found::Sum(Total::new()),
            Fold::Avg => Found::Average(Total::new()),
            Fold::Min => Found::Least(None),
            Fold::Max => Found::Greatest(None),
            Fold::List => Found::List(Bulk::default()),
        };
        State { seen: self.distinct.then(Bulk::default), found }
    }

    /// Takes a row.
    pub(super) fn take(
        &self,
        state: &mut State,
        row: &[Datum],
        answers: &Answers,
        budget: &Budget,
    ) -> Result<()> {
        if self.filter.as_ref().is_some_and(|filter| !filter.holds(row, answers)) {
            return Ok(());
        }
        let Some(operand) = &self.operand else {
            return state.found.add(Datum::NULL, budget);
        };
        let value = operand.value(row, answers);
        if value.is_null() {
            return Ok(());
        }
        if let Some(seen) = &mut state.seen {
            let value = Hashed::new(value.clone());
            if seen.contains(&value) {
                return Ok(());
            }
            budget.take(value.value().weight() + PLACE)?;
            seen.insert(value);
        }
        state.found.add(value, budget)
    }
}

impl Found {
    fn add(&mut self, value: Datum, budget: &Budget) -> Result<()> {
        match self {
            Self::Count(count) => *count += 1,
            Self::Sum(total) | Self::Average(total) => total.add(&value),
            Self::Least(least) => {
                if least.as_ref().is_none_or(|least| value < *least) {
                    replace(least, value, budget)?;
                }
            }
            Self::Greatest(greatest) => {
                if greatest.as_ref().is_none_or(|greatest| value > *greatest) {
                    replace(greatest, value, budget)?;
                }
            }
            Self::List(list) => {
                budget.take(value.weight())?;
                list.push(value.into_value());
            }
        }
        Ok(())
    }
}

/// Keeps a value in the place of another.
fn replace(kept: &mut Option<Datum>, value: Datum, budget: &Budget) -> Result<()> {
    budget.take_row(std::slice::from_ref(&value))?;
    if let Some(before) = kept.replace(value) {
        budget.give_back(std::slice::from_ref(&before));
    }
    Ok(())
}

impl State {
    /// The value of the aggregate.
    pub(super) fn finish(self) -> Datum {
        match self.found {
            Found::Count(count) => Value::Integer(count).into(),
            Found::Sum(total) => total.sum().into(),
            Found::Average(total) => total.average().into(),
            Found::Least(found) | Found::Greatest(found) => found.unwrap_or(Datum::NULL),
            Found::List(list) => Value::from(list.into_inner()).into(),
        }
    }
}

impl Total {
    fn new() -> Self {
        Self { integers: Some(0), ..Self::default() }
    }

    /// Adds a number; what is none is passed over.
    fn add(&mut self, value: &Datum) {
        match value {
            Datum::Value(Value::Integer(number)) => {
                self.sum.add_integer((*number).into());
                self.integers = self.integers.map(|sum| sum + i128::from(*number));
            }
            Datum::Value(Value::Double(number)) => {
                self.sum.add(*number);
                self.integers = None;
            }
            _ => return,
        }
        self.count += 1;
    }

    fn sum(&self) -> Value {
        match self.integers {
            _ if self.count == 0 => Value::Null,
            Some(sum) => i64::try_from(sum).map_or(Value::Null, Value::Integer),
            None => Value::from(self.sum.round()),
        }
    }

    fn average(&self) -> Value {
        if self.count == 0 { Value::Null } else { Value::from(self.sum.quotient(self.count)) }
    }
}
