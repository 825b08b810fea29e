//! Series: the events that questions of one kind are about, kept with a summary, so that answers are fast.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::tz::TimeZone;

use crate::model::{Aggregate, Answer, Judge, Object, Question, Timestamp, Value};

use super::answer::{SeriesAnswer, integer};
use super::interval::Interval;
use super::number::{Extremes, Number, Sum};
use super::runs::Runs;
use super::values::Values;

/// Kind of summary that is kept of events, beside their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum SummaryKind {
    Times,
    Sums,
    Extremes,
    Values,
}

impl SummaryKind {
    pub(super) fn of(aggregate: Aggregate) -> Self {
        match aggregate {
            Aggregate::Did
            | Aggregate::Count
            | Aggregate::Days
            | Aggregate::First
            | Aggregate::Last => Self::Times,
            Aggregate::Sum | Aggregate::Average => Self::Sums,
            Aggregate::Minimum | Aggregate::Maximum => Self::Extremes,
            Aggregate::Distinct | Aggregate::Favorite | Aggregate::Share => Self::Values,
        }
    }
}

/// The events that pass, in order of time, then receipt.
#[derive(Clone, Debug)]
pub(super) struct Series {
    times: Vec<i64>,
    summaries: Summaries,
}

/// Summaries of the events of a series, of one kind.
#[derive(Clone, Debug)]
enum Summaries {
    Times,
    Sums(Runs<Sum>),
    Extremes(Runs<Extremes>),
    Values(Box<Values>),
}

impl Series {
    pub(super) fn new(kind: SummaryKind) -> Self {
        let summaries = match kind {
            SummaryKind::Times => Summaries::Times,
            SummaryKind::Sums => Summaries::Sums(Runs::default()),
            SummaryKind::Extremes => Summaries::Extremes(Runs::default()),
            SummaryKind::Values => Summaries::Values(Box::default()),
        };
        Self { times: Vec::new(), summaries }
    }

    /// Appends an event that passes, by its time, its index and the property that matters.
    pub(super) fn push(&mut self, time: i64, index: usize, property: Option<&Value>) {
        self.times.push(time);
        match &mut self.summaries {
            Summaries::Times => {}
            Summaries::Sums(runs) => runs.push(property.and_then(Number::of)),
            Summaries::Extremes(runs) => runs.push(property.and_then(Number::of)),
            Summaries::Values(values) => values.push(index, property),
        }
    }

    /// Forgets the events after an instant, or all.
    pub(super) fn truncate(&mut self, last: Option<i64>) {
        let len = last.map_or(0, |last| self.times.partition_point(|time| *time <= last));
        self.times.truncate(len);
        match &mut self.summaries {
            Summaries::Times => {}
            Summaries::Sums(runs) => runs.truncate(len),
            Summaries::Extremes(runs) => runs.truncate(len),
            Summaries::Values(values) => values.truncate(len),
        }
    }

    pub(super) fn times(&self) -> &[i64] {
        &self.times
    }

    /// The events in an interval.
    pub(super) fn range(&self, interval: Interval) -> Range<usize> {
        let start = self.times.partition_point(|time| *time < interval.first);
        let end = self.times.partition_point(|time| *time <= interval.last);
        start..end.max(start)
    }

    pub(super) fn answer(
        &self,
        question: &Question,
        judge: &dyn Judge,
        range: Range<usize>,
    ) -> SeriesAnswer {
        if range.is_empty() {
            return SeriesAnswer::Answer(Answer::of_nothing(question.aggregate));
        }
        match &self.summaries {
            Summaries::Times => SeriesAnswer::Answer(self.answer_of_times(question, range)),
            Summaries::Sums(runs) => {
                SeriesAnswer::Answer(answer_of_sum(question.aggregate, runs.summary(range)))
            }
            Summaries::Extremes(runs) => {
                SeriesAnswer::Answer(answer_of_extremes(question.aggregate, runs.summary(range)))
            }
            Summaries::Values(values) => values.answer(question, judge, range),
        }
    }

    fn answer_of_times(&self, question: &Question, range: Range<usize>) -> Answer<'static> {
        let instant = |time: Option<&i64>| {
            time.map_or(Answer::Null, |time| Answer::Instant(Timestamp::clamped(*time)))
        };
        let times = self.times.get(range).unwrap_or_default();
        match question.aggregate {
            Aggregate::Did => Answer::Boolean(true),
            Aggregate::Days => integer(days(times, &question.zone)),
            Aggregate::First => instant(times.first()),
            Aggregate::Last => instant(times.last()),
            _ => integer(times.len()),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let summaries = match &self.summaries {
            Summaries::Times => 0,
            Summaries::Sums(runs) => runs.bytes(),
            Summaries::Extremes(runs) => runs.bytes(),
            Summaries::Values(values) => values.bytes(),
        };
        size_of::<Self>() + self.times.capacity() * size_of::<i64>() + summaries
    }
}

/// On how many days of a zone there are times, which are in order. A date may come twice, if the clocks go back past
/// midnight.
fn days(mut times: &[i64], zone: &TimeZone) -> usize {
    let mut days = BTreeSet::new();
    while let Some(first) = times.first() {
        let (day, end) = Timestamp::clamped(*first).local_day(zone);
        days.insert(day);
        times = times.get(times.partition_point(|time| *time < end)..).unwrap_or_default();
    }
    days.len()
}

fn answer_of_sum(aggregate: Aggregate, sum: Sum) -> Answer<'static> {
    if aggregate == Aggregate::Sum { sum.total() } else { sum.mean() }
}

fn answer_of_extremes(aggregate: Aggregate, extremes: Extremes) -> Answer<'static> {
    if aggregate == Aggregate::Minimum { extremes.least() } else { extremes.greatest() }
}

/// The value that a path leads to among properties; `NULL` is none.
pub(super) fn property<'p>(
    properties: &'p Object,
    path: &[std::sync::Arc<str>],
) -> Option<&'p Value> {
    let (first, rest) = path.split_first()?;
    properties.get(first)?.dig(rest).filter(|value| **value != Value::Null)
}
