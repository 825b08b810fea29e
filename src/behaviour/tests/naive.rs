//! The functions over events as the language tells of them, one event after the other.

use super::*;
use crate::model::compare_numbers;

/// Events in order of receipt, as a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Naive(pub(super) Vec<Entry>);

impl Naive {
    /// The properties of the events that count, in order of time, then receipt.
    fn seen(&self, question: &Question, judge: &Like, at: i64) -> Vec<(i64, &Object)> {
        let mut seen: Vec<_> = self
            .0
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Event { name, properties, .. } if *name == question.event => {
                    Some((entry.at.as_micros(), properties.as_ref()))
                }
                _ => None,
            })
            .collect();
        seen.retain(|(time, p)| within(question.frame, *time, at) && judge.passes(p));
        seen.sort_by_key(|(time, _)| *time);
        seen
    }

    /// The answer, values as they are, and the number of events.
    pub(super) fn measure(&self, question: &Question, judge: &Like, at: i64) -> (Value, usize) {
        let seen = self.seen(question, judge, at);
        let of = question.of.clone().unwrap();
        let found: Vec<&Value> =
            seen.iter().filter_map(|(_, p)| p.get(&of[0])?.dig(&of[1..])).collect();
        let found: Vec<&Value> = found.into_iter().filter(|v| **v != Value::Null).collect();
        let time = |event: Option<&(i64, _)>| event.map_or(Value::Null, |e| Value::Integer(e.0));
        let answer = match question.aggregate {
            Aggregate::Did => Value::Boolean(!seen.is_empty()),
            Aggregate::Count => count(seen.len()),
            Aggregate::Days => {
                let local = |time| jiff::Timestamp::from_microsecond(time).unwrap();
                let dates =
                    seen.iter().map(|(time, _)| question.zone.to_datetime(local(*time)).date());
                count(dates.collect::<std::collections::HashSet<_>>().len())
            }
            Aggregate::First => time(seen.first()),
            Aggregate::Last => time(seen.last()),
            Aggregate::Sum => sum(&numbers(&found)),
            Aggregate::Average => average(&numbers(&found)),
            Aggregate::Minimum => extreme(&numbers(&found), std::cmp::Ordering::Less),
            Aggregate::Maximum => extreme(&numbers(&found), std::cmp::Ordering::Greater),
            Aggregate::Distinct => count(groups(&found).len()),
            Aggregate::Favorite => groups(&found)
                .into_iter()
                .max_by_key(|(_, count, last)| (*count, *last))
                .map_or(Value::Null, |(value, ..)| value.clone()),
            Aggregate::Share => share(&found, seen.len(), judge),
        };
        (answer, seen.len())
    }
}

/// What the answer is as a value; instants are microseconds.
pub(super) fn plain(answer: Answer<'_>) -> Value {
    match answer {
        Answer::Null => Value::Null,
        Answer::Boolean(b) => Value::Boolean(b),
        Answer::Integer(n) => Value::Integer(n),
        Answer::Double(n) => Value::Double(n),
        Answer::Instant(at) => Value::Integer(at.as_micros()),
        Answer::Value(value) => value.clone(),
    }
}

fn within(frame: Frame, time: i64, at: i64) -> bool {
    time <= at
        && match frame {
            Frame::All => true,
            Frame::Within(d) => time > at - d.as_micros(),
            Frame::Since(from) => time >= from.as_micros(),
            Frame::Span(from, to) => time >= from.as_micros() && time < to.as_micros(),
        }
}

fn count(n: usize) -> Value {
    Value::Integer(i64::try_from(n).unwrap())
}

fn numbers<'v>(values: &[&'v Value]) -> Vec<&'v Value> {
    values.iter().copied().filter(|v| v.as_double().is_some()).collect()
}

/// Each value with its count and where it is last.
fn groups<'v>(values: &[&'v Value]) -> Vec<(&'v Value, usize, usize)> {
    let mut groups: Vec<(&Value, usize, usize)> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match groups.iter_mut().find(|(group, ..)| group.same(value)) {
            Some((_, count, last)) => (*count, *last) = (*count + 1, index),
            None => groups.push((value, 1, index)),
        }
    }
    groups
}

#[expect(clippy::cast_precision_loss)]
fn share(values: &[&Value], all: usize, judge: &Like) -> Value {
    let wanted = values.iter().filter(|v| judge.is_wanted(v)).count();
    if all == 0 { Value::Null } else { Value::Double(wanted as f64 / all as f64) }
}

fn extreme(numbers: &[&Value], order: std::cmp::Ordering) -> Value {
    let best = numbers.iter().copied().reduce(|best, number| {
        if compare_numbers(number, best) == Some(order) { number } else { best }
    });
    best.cloned().unwrap_or_default()
}

fn sum(numbers: &[&Value]) -> Value {
    let integers: Vec<i64> = numbers.iter().filter_map(|n| n.as_integer()).collect();
    if numbers.is_empty() {
        Value::Null
    } else if integers.len() == numbers.len() {
        let sum: i128 = integers.iter().map(|n| i128::from(*n)).sum();
        i64::try_from(sum).map_or(Value::Null, Value::Integer)
    } else {
        Value::from(decimal_sum(numbers))
    }
}

#[expect(clippy::cast_precision_loss)]
fn average(numbers: &[&Value]) -> Value {
    if numbers.is_empty() {
        return Value::Null;
    }
    Value::from(decimal_sum(numbers) / numbers.len() as f64)
}

/// Adds decimal digits, for which no double needs more than 1074 places, and has the sum read again.
pub(super) fn decimal_sum(numbers: &[&Value]) -> f64 {
    const PLACES: usize = 1074;
    let mut digits = [0_i64; PLACES + 340];
    for number in numbers {
        let text = match number {
            Value::Double(n) => format!("{n:.PLACES$}"),
            other => format!("{other}.{}", "0".repeat(PLACES)),
        };
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let figures = text.bytes().rev().filter(u8::is_ascii_digit);
        digits.iter_mut().zip(figures).for_each(|(sum, d)| *sum += sign * i64::from(d - b'0'));
    }
    if carry(&mut digits) < 0 {
        for digit in &mut digits {
            *digit = -*digit;
        }
        // the borrow of the carry above stands for 10 to the power of the length
        let carried = carry(&mut digits);
        assert_eq!(carried, -1 + i64::from(digits.iter().all(|d| *d == 0)));
        return -read(&digits, PLACES);
    }
    read(&digits, PLACES)
}

fn carry(digits: &mut [i64]) -> i64 {
    digits.iter_mut().fold(0, |carry, digit| {
        let sum = *digit + carry;
        *digit = sum.rem_euclid(10);
        sum.div_euclid(10)
    })
}

fn read(digits: &[i64], places: usize) -> f64 {
    let mut text: String = digits.iter().rev().map(ToString::to_string).collect();
    text.insert(digits.len() - places, '.');
    text.parse().unwrap()
}
