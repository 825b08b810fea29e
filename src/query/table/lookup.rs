//! Lookups: the only values that a query lets some columns of a table have, so that other rows are not made.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::Table;
use crate::model::{Datum, Timestamp, Value};
use crate::query::relation::Ids;
use crate::query::rows::{Column, ColumnKind};

/// What a condition lets a column have.
#[derive(Debug)]
pub(in crate::query) enum Wish {
    /// One of these.
    Among(Vec<Datum>),
    /// What is not below, or above, a value.
    Within(Bound<Datum>, Bound<Datum>),
}

/// Columns of a table of which only some values are wanted.
#[derive(Debug, Default)]
pub(in crate::query) struct Lookups(Vec<Lookup>);

/// The only values of a column that are wanted: those in a range, or some of them.
#[derive(Debug)]
pub(super) struct Lookup {
    column: &'static str,
    only: Option<BTreeSet<Datum>>,
    from: Bound<Datum>,
    to: Bound<Datum>,
}

impl Lookups {
    /// Says that only some values of a column are wanted, if the table has a use for that. What is of another kind than
    /// the column is left to the condition.
    pub(in crate::query) fn add(&mut self, table: &Table, place: usize, wish: Wish) {
        let Some(column) = table.columns.get(place) else { return };
        let name = column.name();
        let has_use = (table.looked_up)(self).contains(&name) || table.tested.contains(&name);
        if !has_use || !wish.is_like(column) {
            return;
        }
        let known = self.0.iter().position(|lookup| lookup.column == name);
        let known = known.unwrap_or_else(|| {
            let (from, to) = (Bound::Unbounded, Bound::Unbounded);
            self.0.push(Lookup { column: name, only: None, from, to });
            self.0.len() - 1
        });
        if let Some(lookup) = self.0.get_mut(known) {
            lookup.narrow(wish);
        }
    }

    /// The columns, in the order of the conditions.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|lookup| lookup.column)
    }

    pub(super) fn of(&self, column: &str) -> Option<&Lookup> {
        self.0.iter().find(|lookup| lookup.column == column)
    }

    /// The only values of a column that are wanted, in order, if they are named.
    pub(super) fn only(&self, column: &str) -> Option<impl Iterator<Item = &Datum>> {
        let lookup = self.of(column)?;
        Some(lookup.only.as_ref()?.iter().filter(|value| lookup.has(value)))
    }

    /// The same of a column of texts.
    pub(super) fn only_texts(&self, column: &str) -> Option<impl Iterator<Item = &str>> {
        Some(self.only(column)?.filter_map(|datum| text(datum)))
    }

    /// Whether a text of a column is wanted.
    pub(super) fn wants(&self, column: &str, text: &str) -> bool {
        self.of(column).is_none_or(|lookup| lookup.has(&Value::from(text).into()))
    }

    /// Whether a number of a column is wanted.
    pub(super) fn wants_number(&self, column: &str, number: u32) -> bool {
        self.wants_value(column, &Value::from(number))
    }

    /// Whether a value of a column is wanted.
    pub(super) fn wants_value(&self, column: &str, value: &Value) -> bool {
        self.of(column).is_none_or(|lookup| lookup.has(&value.clone().into()))
    }

    /// Whether an instant of a column is wanted.
    pub(super) fn wants_time(&self, column: &str, at: Timestamp) -> bool {
        self.of(column).is_none_or(|lookup| lookup.has(&at.into()))
    }

    /// The first and the last id that may be wanted of a column of users.
    pub(super) fn ids(&self, column: &str) -> Ids<'_> {
        let Some(lookup) = self.of(column) else { return Ids::default() };
        Ids { first: text_of(&lookup.from), last: text_of(&lookup.to) }
    }

    /// The first and the last instant that may be wanted of a column.
    pub(super) fn span(&self, column: &str) -> (Option<Timestamp>, Option<Timestamp>) {
        let at = |bound: &Bound<Datum>| match bound {
            Bound::Included(Datum::Time(at)) | Bound::Excluded(Datum::Time(at)) => Some(*at),
            _ => None,
        };
        let time = |datum: &Datum| if let Datum::Time(at) = datum { Some(*at) } else { None };
        let Some(lookup) = self.of(column) else { return (None, None) };
        let only = lookup.only.as_ref();
        let first = only.and_then(BTreeSet::first).and_then(time);
        let last = only.and_then(BTreeSet::last).and_then(time);
        let until = [at(&lookup.to), last].into_iter().flatten().min();
        (at(&lookup.from).max(first), until)
    }
}

impl Lookup {
    fn narrow(&mut self, wish: Wish) {
        match wish {
            Wish::Among(values) => {
                let values: BTreeSet<_> = values.into_iter().collect();
                self.only = Some(match self.only.take() {
                    Some(known) => known.intersection(&values).cloned().collect(),
                    None => values,
                });
            }
            Wish::Within(from, to) => {
                if !is_within(&from, &self.from, |a, b| a < b) {
                    self.from = from;
                }
                if !is_within(&to, &self.to, |a, b| a > b) {
                    self.to = to;
                }
            }
        }
    }

    fn has(&self, value: &Datum) -> bool {
        let is_after = match &self.from {
            Bound::Included(from) => value >= from,
            Bound::Excluded(from) => value > from,
            Bound::Unbounded => true,
        };
        let is_before = match &self.to {
            Bound::Included(to) => value <= to,
            Bound::Excluded(to) => value < to,
            Bound::Unbounded => true,
        };
        is_after && is_before && self.only.as_ref().is_none_or(|only| only.contains(value))
    }
}

fn text(datum: &Datum) -> Option<&str> {
    match datum {
        Datum::Value(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The text that a bound is.
fn text_of(bound: &Bound<Datum>) -> Option<&str> {
    match bound {
        Bound::Included(datum) | Bound::Excluded(datum) => text(datum),
        Bound::Unbounded => None,
    }
}

/// Whether a bound says nothing that another one does not say. `is_wider`: whether a value lies outside of another.
fn is_within(
    bound: &Bound<Datum>,
    known: &Bound<Datum>,
    is_wider: impl Fn(&Datum, &Datum) -> bool,
) -> bool {
    match (bound, known) {
        (Bound::Unbounded, _) => true,
        (_, Bound::Unbounded) => false,
        (Bound::Included(a), Bound::Included(b) | Bound::Excluded(b))
        | (Bound::Excluded(a), Bound::Excluded(b)) => is_wider(a, b) || a == b,
        (Bound::Excluded(a), Bound::Included(b)) => is_wider(a, b),
    }
}

impl Wish {
    /// Whether the values are of the kind that a column has.
    fn is_like(&self, column: &Column) -> bool {
        let is_alike = |datum: &Datum| match (column.kind(), datum) {
            (ColumnKind::Time, datum) => matches!(datum, Datum::Time(_)),
            (ColumnKind::Text, datum) => text(datum).is_some(),
            (_, datum) => matches!(datum, Datum::Value(Value::Integer(_) | Value::Double(_))),
        };
        let is_bound = |bound: &Bound<Datum>| match bound {
            Bound::Included(datum) | Bound::Excluded(datum) => is_alike(datum),
            Bound::Unbounded => true,
        };
        match self {
            Self::Among(values) => values.iter().all(is_alike),
            Self::Within(from, to) => is_bound(from) && is_bound(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::table::delivery::DELIVERIES;

    #[test]
    fn a_span_is_as_narrow_as_what_is_wanted() {
        let [first, second, third] =
            [1, 2, 3].map(|n| Timestamp::from_micros(n * 60_000_000).unwrap());
        let mut lookups = Lookups::default();
        assert_eq!(lookups.span("time"), (None, None));
        lookups.add(&DELIVERIES, 0, Wish::Among(vec![third.into(), first.into()]));
        assert_eq!(lookups.span("time"), (Some(first), Some(third)));
        let since = Bound::Included(second.into());
        lookups.add(&DELIVERIES, 0, Wish::Within(since, Bound::Unbounded));
        assert_eq!(lookups.span("time"), (Some(second), Some(third)));
        lookups.add(&DELIVERIES, 0, Wish::Among(vec![third.into()]));
        assert_eq!(lookups.span("time"), (Some(third), Some(third)));
    }
}
