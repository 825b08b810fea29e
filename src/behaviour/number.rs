//! Numbers among properties, and summaries of many of them.

use std::cmp::Ordering;

use crate::model::{Answer, Value, compare_numbers};

use super::exact::ExactSum;

/// A property that is a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Integer(i64),
    Double(f64),
}

impl Number {
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(n) => Some(Self::Integer(*n)),
            Value::Double(n) => Some(Self::Double(*n)),
            _ => None,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        compare_numbers(&self.value(), &other.value())
    }

    fn value(self) -> Value {
        match self {
            Self::Integer(n) => Value::Integer(n),
            Self::Double(n) => Value::Double(n),
        }
    }

    fn answer(self) -> Answer<'static> {
        match self {
            Self::Integer(n) => Answer::Integer(n),
            Self::Double(n) => Answer::Double(n),
        }
    }
}

/// A summary of numbers in a row, and of rows that follow each other.
pub(super) trait Summary: Clone + Default {
    /// Takes in the number after those that are in it.
    fn add(&mut self, number: Number);

    /// Takes in the numbers after those that are in it.
    fn merge(&mut self, later: &Self);
}

/// The sum, kept exactly.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    /// Number of numbers.
    count: u32,
    /// Whether a double is among them.
    has_doubles: bool,
    integers: i128,
    doubles: ExactSum,
}

impl Summary for Sum {
    fn add(&mut self, number: Number) {
        self.count += 1;
        match number {
            Number::Integer(n) => self.integers += i128::from(n),
            Number::Double(n) => {
                self.has_doubles = true;
                self.doubles.add(n);
            }
        }
    }

    fn merge(&mut self, later: &Self) {
        self.count += later.count;
        self.integers += later.integers;
        if later.has_doubles {
            self.has_doubles = true;
            self.doubles.merge(&later.doubles);
        }
    }
}

impl Sum {
    /// An integer if all are, else the nearest double; `NULL` of nothing and of what is past their range.
    pub(super) fn total(self) -> Answer<'static> {
        match self.count {
            0 => Answer::Null,
            _ if self.has_doubles => finite(self.round()),
            _ => i64::try_from(self.integers).map_or(Answer::Null, Answer::Integer),
        }
    }

    pub(super) fn mean(self) -> Answer<'static> {
        let count = f64::from(self.count);
        if self.count == 0 { Answer::Null } else { finite(self.round() / count) }
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest double is wanted")]
    fn round(self) -> f64 {
        if !self.has_doubles {
            return self.integers as f64;
        }
        let mut all = self.doubles;
        all.add_integer(self.integers);
        all.round()
    }
}

fn finite(number: f64) -> Answer<'static> {
    if number.is_finite() { Answer::Double(number) } else { Answer::Null }
}

/// The least and the greatest; of equals the earliest.
#[derive(Clone, Debug, Default)]
pub(super) struct Extremes {
    least: Option<Number>,
    greatest: Option<Number>,
}

impl Summary for Extremes {
    fn add(&mut self, number: Number) {
        replace_if(&mut self.least, number, Ordering::Less);
        replace_if(&mut self.greatest, number, Ordering::Greater);
    }

    fn merge(&mut self, later: &Self) {
        if let (Some(least), Some(greatest)) = (later.least, later.greatest) {
            replace_if(&mut self.least, least, Ordering::Less);
            replace_if(&mut self.greatest, greatest, Ordering::Greater);
        }
    }
}

impl Extremes {
    pub(super) fn least(self) -> Answer<'static> {
        self.least.map_or(Answer::Null, Number::answer)
    }

    pub(super) fn greatest(self) -> Answer<'static> {
        self.greatest.map_or(Answer::Null, Number::answer)
    }
}

fn replace_if(old: &mut Option<Number>, new: Number, order: Ordering) {
    if old.is_none_or(|old| new.compare(old) == Some(order)) {
        *old = Some(new);
    }
}
