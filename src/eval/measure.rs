//! Functions over events, compiled: what is asked of the past of a user, and which events count.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::tz::TimeZone;

use super::literal::{self, mismatch, timestamp, unknown_parameter};
use super::lookup::Lookup;
use super::operand::{Operand, Truth};
use super::pattern::Pattern;
use super::program::{Environment, Program};
use crate::error::Result;
use crate::model::{
    Answer, AttributeName, Behaviour, CompareOp, Context, Frame, Given, Judge, KeptAnswer, Literal,
    Measured, Object, Past, Question, Ready, Spanned, Timestamp, Value, Window,
};

/// A function over events that can be measured. The same text is the same one in all conditions of a
/// lineage of snapshots.
#[derive(Debug)]
pub(crate) struct Measure {
    question: Question,
    filter: Option<Program>,
    /// The value that `SHARE` looks for.
    wanted: Option<Value>,
}

impl Measure {
    /// Makes a function ready that was checked; its filter is compiled already.
    pub(super) fn new(behaviour: &Behaviour, filter: Option<Program>) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let question = Question {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            aggregate: behaviour.aggregate,
            event: text("EVENT", &behaviour.event)?,
            of: behaviour.of.clone(),
            frame: frame(behaviour.window.as_ref())?,
            zone: zone(behaviour.zone.as_ref())?,
            filter: filter_text(behaviour, filter.as_ref()),
        };
        let wanted = behaviour.equals.as_ref().map(|literal| value(literal).cloned());
        Ok(Self { question, filter, wanted: wanted.transpose()? })
    }

    /// The question that it asks.
    pub(crate) fn question(&self) -> &Question {
        &self.question
    }

    /// Answers for a user with a past, as of an instant.
    pub(crate) fn measure<'h>(&self, past: &'h dyn Past, at: Timestamp) -> Measured<'h> {
        past.measure(&self.question, &Bench { measure: self, at }, at)
    }

    /// Answers for a user: from what was found before, if that holds at the instant. Nobody did nothing.
    #[inline]
    pub(super) fn answer<'a>(
        &'a self,
        context: &'a Context,
        at: impl Fn() -> Timestamp,
    ) -> Answer<'a> {
        let ready = context.ready(self.question.number, &at);
        ready.unwrap_or_else(|| match context.past() {
            Some(past) => self.measure(past, at()).answer,
            None => self.of_nothing(),
        })
    }

    /// Answers before it is asked for.
    pub(crate) fn ready(&self, past: &dyn Past, at: Timestamp) -> Ready {
        let measured = self.measure(past, at);
        // what depends on the instant itself holds for no other
        let until = match self.question.filter {
            Some(_) => measured.until,
            None => Timestamp::clamped(at.as_micros().saturating_add(1)),
        };
        let answer = KeptAnswer::new(measured.answer);
        Ready { question: self.question.number, from: at, until, answer }
    }

    /// The answer for a user who did nothing.
    pub(super) fn of_nothing(&self) -> Answer<'static> {
        Answer::of_nothing(self.question.aggregate)
    }

    /// The regexes of its filter.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Arc<Pattern>> {
        self.filter.iter().flat_map(Program::patterns)
    }
}

/// The text of the filter, unless what it says depends on the instant.
fn filter_text(behaviour: &Behaviour, filter: Option<&Program>) -> Option<Arc<str>> {
    let timeless = !filter.is_some_and(Program::is_timely);
    let text = || behaviour.filter.as_ref().map_or_else(|| "".into(), |f| f.to_string().into());
    timeless.then(text)
}

/// The value of a literal; its parameters are bound before.
pub(super) fn value(literal: &Spanned<Literal>) -> Result<&Value> {
    match &literal.node {
        Literal::Value(value) => Ok(value),
        Literal::Parameter(name) => Err(unknown_parameter(name).at(literal.span)),
    }
}

/// The text of a literal.
pub(super) fn text(place: &str, literal: &Spanned<Literal>) -> Result<Arc<str>> {
    match value(literal)? {
        Value::String(text) => Ok(Arc::clone(text)),
        other => {
            let found = format!("a {}", other.kind());
            Err(mismatch(place, "text in single quotes", found, literal.span))
        }
    }
}

/// The time that a window means.
pub(super) fn frame(window: Option<&Window>) -> Result<Frame> {
    let instant = |place, literal| timestamp(&text(place, literal)?, literal.span);
    Ok(match window {
        None => Frame::All,
        Some(Window::Within(duration)) => match &duration.node {
            Given::Here(duration) => Frame::Within(*duration),
            Given::Parameter(name) => return Err(unknown_parameter(name).at(duration.span)),
        },
        Some(Window::Since(from)) => Frame::Since(instant("SINCE", from)?),
        Some(Window::Span { from, to }) => Frame::Span(instant("FROM", from)?, instant("TO", to)?),
    })
}

/// The zone whose days are counted: UTC if none is said.
pub(super) fn zone(zone: Option<&Spanned<Literal>>) -> Result<TimeZone> {
    match zone {
        None => Ok(TimeZone::UTC),
        Some(zone) => literal::zone(&text("DAYS", zone)?, zone.span),
    }
}

/// A function that looks at events at an instant.
struct Bench<'m> {
    measure: &'m Measure,
    at: Timestamp,
}

impl Judge for Bench<'_> {
    fn passes(&self, properties: &Object) -> bool {
        let mut event = Properties { properties, at: self.at };
        self.measure.filter.as_ref().is_none_or(|filter| filter.holds(&mut event))
    }

    fn is_wanted(&self, value: &Value) -> bool {
        let is = |wanted| Operand::from(value).compare(CompareOp::Equal, &Operand::from(wanted));
        self.measure.wanted.as_ref().and_then(is) == Some(true)
    }
}

/// Whether a condition over the properties of an event is true, false or unknown.
pub(super) fn truth_of_event(program: &Program, properties: &Object, at: Timestamp) -> Truth {
    program.evaluate(&mut Properties { properties, at })
}

/// Environment of a condition over an event: its properties.
struct Properties<'p> {
    properties: &'p Object,
    at: Timestamp,
}

impl<'p> Environment<'p> for Properties<'p> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'p> {
        self.properties.get(name.as_str()).into()
    }

    fn now(&self) -> Timestamp {
        self.at
    }
}

impl<'a> From<Answer<'a>> for Operand<'a> {
    fn from(answer: Answer<'a>) -> Self {
        match answer {
            Answer::Null => Self::Null,
            Answer::Boolean(b) => Self::Boolean(b),
            Answer::Integer(n) => Self::Integer(n),
            Answer::Double(d) => Self::finite(d),
            Answer::Instant(at) => Self::Timestamp(at),
            Answer::Value(value) => Self::from(value),
        }
    }
}

/// Answer to a question, and how it was found.
pub(super) struct Finding<'m> {
    pub(super) measure: &'m Measure,
    /// `None` if the user has no past.
    pub(super) measured: Option<Measured<'m>>,
    pub(super) at: Timestamp,
}

impl Finding<'_> {
    /// The answer itself.
    pub(super) fn answer(&self) -> Operand<'_> {
        self.measured.map_or_else(|| self.measure.of_nothing(), |found| found.answer).into()
    }
}

/// Writes how many events there are, of which time, and where they were found.
impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Measured { events, ready, .. }) = self.measured else {
            return f.write_str("no events are known of the user");
        };
        let ending = if events == 1 { "" } else { "s" };
        write!(f, "{events} event{ending} {}", Seen(self.measure.question.frame, self.at))?;
        f.write_str(if ready {
            ", from what is kept ready"
        } else {
            ", by going through the events"
        })
    }
}

/// Writes a frame as seen at an instant: what stands at a bracket belongs to it, at a parenthesis it does not.
struct Seen(Frame, Timestamp);

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(frame, at) = *self;
        let (first, last) = frame.bounds(at);
        if first > last {
            return f.write_str("in an empty window");
        }
        match frame {
            Frame::Span(from, to) if to <= at => write!(f, "in [{from}, {to})"),
            Frame::Since(from) | Frame::Span(from, _) => write!(f, "in [{from}, {at}]"),
            Frame::Within(duration) if at.checked_sub(duration).is_some() => {
                write!(f, "in ({}, {at}]", Timestamp::clamped(first - 1))
            }
            Frame::All | Frame::Within(_) => write!(f, "up to {at}"),
        }
    }
}
