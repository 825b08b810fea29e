//! Questions of what users did, and the answers to them.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Duration, Object, Path, Timestamp, Value};

/// A function over the events of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Whether there are any.
    Did,
    /// How many there are.
    Count,
    /// On how many different days they are.
    Days,
    /// The sum of a property.
    Sum,
    /// The arithmetic mean of a property.
    Average,
    /// The least value of a property.
    Minimum,
    /// The greatest value of a property.
    Maximum,
    /// The time of the first.
    First,
    /// The time of the last.
    Last,
    /// How many different values a property has.
    Distinct,
    /// The most frequent value of a property; of equals the one seen last.
    Favorite,
    /// The share of those whose property has a value.
    Share,
}

impl Aggregate {
    /// Every function.
    pub const ALL: [Self; 12] = [
        Self::Did,
        Self::Count,
        Self::Days,
        Self::Sum,
        Self::Average,
        Self::Minimum,
        Self::Maximum,
        Self::First,
        Self::Last,
        Self::Distinct,
        Self::Favorite,
        Self::Share,
    ];

    /// Whether it is about a property of the events, and not about the events alone.
    #[must_use]
    pub fn needs_property(self) -> bool {
        !matches!(self, Self::Did | Self::Count | Self::Days | Self::First | Self::Last)
    }

    /// The word of the language for it.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Did => "DID",
            Self::Count => "COUNT",
            Self::Days => "DAYS",
            Self::Sum => "SUM",
            Self::Average => "AVG",
            Self::Minimum => "MIN",
            Self::Maximum => "MAX",
            Self::First => "FIRST",
            Self::Last => "LAST",
            Self::Distinct => "DISTINCT",
            Self::Favorite => "FAVORITE",
            Self::Share => "SHARE",
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

/// The time that a function over events looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Frame {
    /// Everything up to the instant of the evaluation.
    All,
    /// `(t − d, t]`.
    Within(Duration),
    /// `[ts, t]`.
    Since(Timestamp),
    /// `[from, to)`, and never past `t`.
    Span(Timestamp, Timestamp),
}

impl Frame {
    /// The first and the last microsecond in it at an instant; it is empty if the first is after the last.
    pub(crate) fn bounds(self, at: Timestamp) -> (i64, i64) {
        let at = at.as_micros();
        match self {
            Self::All => (i64::MIN, at),
            Self::Within(duration) => {
                (at.saturating_sub(duration.as_micros()).saturating_add(1), at)
            }
            Self::Since(from) => (from.as_micros(), at),
            Self::Span(from, to) => (from.as_micros(), at.min(to.as_micros().saturating_sub(1))),
        }
    }
}

/// A function over events made ready: what is asked of the past of a user.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Differs from that of every other question of the process.
    pub(crate) number: u64,
    pub(crate) aggregate: Aggregate,
    pub(crate) event: Arc<str>,
    /// The property that it is about.
    pub(crate) of: Option<Path>,
    pub(crate) frame: Frame,
    /// The zone whose days `DAYS` counts.
    pub(crate) zone: TimeZone,
    /// The canonical text of what the events have to meet; questions of the same event, property and text
    /// are about the same events. `None` if that depends on the instant of the evaluation.
    pub(crate) filter: Option<Arc<str>>,
}

/// Judge of single events, for a question.
pub(crate) trait Judge {
    /// Whether an event with these properties counts.
    fn passes(&self, properties: &Object) -> bool;

    /// Whether a value is the one that `SHARE` looks for.
    fn is_wanted(&self, value: &Value) -> bool;
}

/// Answer of a function over events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer<'h> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Instant(Timestamp),
    Value(&'h Value),
}

/// Answer of a function over events, and how it was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured<'h> {
    pub(crate) answer: Answer<'h>,
    /// The first instant after that of the evaluation at which the answer may be another one, if no more
    /// events come.
    pub(crate) until: Timestamp,
    /// Number of events that are in the window and pass.
    pub(crate) events: usize,
    /// Whether it was told from what is kept ready, or the events were gone through one by one.
    pub(crate) ready: bool,
}

/// Past of a user: what the user did.
pub(crate) trait Past: fmt::Debug + Send + Sync {
    /// Answers a question as of an instant: what is later is not seen.
    fn measure<'h>(&'h self, question: &Question, judge: &dyn Judge, at: Timestamp)
    -> Measured<'h>;
}

impl Answer<'_> {
    /// Answer for a user who did nothing.
    pub(crate) fn of_nothing(aggregate: Aggregate) -> Self {
        match aggregate {
            Aggregate::Did => Self::Boolean(false),
            Aggregate::Count | Aggregate::Days | Aggregate::Distinct => Self::Integer(0),
            _ => Self::Null,
        }
    }
}

/// An answer that was found before it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ready {
    /// The number of the question.
    pub(crate) question: u64,
    /// From when on it holds.
    pub(crate) from: Timestamp,
    /// Until when, itself not included.
    pub(crate) until: Timestamp,
    pub(crate) answer: KeptAnswer,
}

/// An answer that stands by itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum KeptAnswer {
    /// One that refers to nothing.
    Plain(Answer<'static>),
    Value(Value),
}

impl KeptAnswer {
    pub(crate) fn new(answer: Answer<'_>) -> Self {
        match answer {
            Answer::Null => Self::Plain(Answer::Null),
            Answer::Boolean(b) => Self::Plain(Answer::Boolean(b)),
            Answer::Integer(n) => Self::Plain(Answer::Integer(n)),
            Answer::Double(n) => Self::Plain(Answer::Double(n)),
            Answer::Instant(at) => Self::Plain(Answer::Instant(at)),
            Answer::Value(value) => Self::Value(value.clone()),
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> Answer<'_> {
        match self {
            Self::Plain(answer) => *answer,
            Self::Value(value) => Answer::Value(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    #[test]
    fn frames_are_half_open() {
        let at = t(1_000);
        assert_eq!(Frame::All.bounds(at), (i64::MIN, 1_000));
        assert_eq!(Frame::Within(Duration::from_micros(100)).bounds(at), (901, 1_000));
        assert_eq!(Frame::Since(t(5)).bounds(at), (5, 1_000));
        assert_eq!(Frame::Span(t(5), t(10)).bounds(at), (5, 9));
        assert_eq!(Frame::Span(t(5), t(2_000)).bounds(at), (5, 1_000));
    }
}
