//! Sights: what a part of a condition looked at, and what it found there.

use std::collections::HashMap;
use std::fmt::{self, Write};

use super::flaw::Flaw;
use crate::eval::misfit::Misfit;
use crate::eval::operand::Operand;
use crate::limits::{TRACE_TEXT_CHARS, TRACE_VALUE_CHARS};

/// Something that a part of a condition looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// What it is, as it is written.
    pub(crate) what: String,
    pub(crate) state: State,
    /// Why the part is unknown, if this is why.
    pub(crate) flaw: Option<Flaw>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A value as a literal, cut off if it is long.
    Value(String),
    Missing,
    /// What is there and not as it was declared, so that it is taken as missing.
    Misfit(Misfit),
    /// The `null` of JSON, which is there.
    Null,
    /// The id of the user, of whom there is none.
    NoUser,
    /// The answer of a function over events, and how it was found.
    Answer {
        value: String,
        found: String,
    },
    /// The list that `IN LIST` asks, and how many ids it has.
    List(u64),
    /// What `ANY` goes through, where that is not the list itself.
    Elements(String),
}

impl Sight {
    /// Whether it is an operation without a result.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.state, State::Value(value) if value == "NULL")
    }

    /// It as a clause of a part, the text of which is not said again.
    pub(crate) fn said_of(&self, part: &str) -> String {
        match &self.state {
            State::Answer { found, .. } if self.what == part && self.flaw.is_none() => {
                found.clone()
            }
            _ => self.to_string(),
        }
    }

    /// Whether it is why the part is unknown.
    pub(crate) fn is_why(&self) -> bool {
        let state = &self.state;
        self.flaw.is_some()
            || matches!(state, State::Missing | State::Misfit(_) | State::Null | State::NoUser)
    }
}

/// Writes it as a clause: `age is 'old', a string and not a number`.
impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, state, flaw } = self;
        match state {
            State::Value(value) => write!(f, "{what} is {value}")?,
            State::Missing => write!(f, "{what} is missing")?,
            State::Misfit(misfit) => write!(f, "{what} is {misfit}, so it is taken as missing")?,
            State::Null => write!(f, "{what} is JSON null")?,
            State::NoUser => write!(f, "{what} is missing: there is no user")?,
            State::Answer { value, found } => write!(f, "{what} is {value}: {found}")?,
            State::List(1) => f.write_str("the list has 1 id")?,
            State::List(length) => write!(f, "the list has {length} ids")?,
            State::Elements(elements) => write!(f, "{what} leads to {elements}")?,
        }
        match flaw {
            Some(flaw) => write!(f, ", {flaw}"),
            None => Ok(()),
        }
    }
}

/// The sights of a part, each there once, in the order in which they were seen.
#[derive(Debug, Default)]
pub(super) struct Sights {
    seen: Vec<Sight>,
    places: HashMap<String, usize>,
}

impl Sights {
    /// Notes what was found, unless it is known.
    pub(super) fn note(&mut self, what: String, state: State) {
        self.at(what, state);
    }

    /// Notes that there is nothing, whatever is known of it.
    pub(super) fn lack(&mut self, what: String, state: State) {
        let place = self.at(what, State::Missing);
        if let Some(sight) = self.seen.get_mut(place) {
            sight.state = state;
        }
    }

    /// Notes what was found, and why it makes the part unknown.
    pub(super) fn blame(&mut self, what: String, state: State, flaw: Flaw) {
        let place = self.at(what, state);
        if let Some(sight) = self.seen.get_mut(place) {
            sight.flaw.get_or_insert(flaw);
        }
    }

    fn at(&mut self, what: String, state: State) -> usize {
        if let Some(known) = self.places.get(&what) {
            return *known;
        }
        self.places.insert(what.clone(), self.seen.len());
        self.seen.push(Sight { what, state, flaw: None });
        self.seen.len() - 1
    }

    /// The sights.
    pub(super) fn into_vec(self) -> Vec<Sight> {
        self.seen
    }
}

/// The text of a part of a condition, cut off if it is long.
pub(super) fn written(part: &dyn fmt::Display) -> String {
    cut(part, TRACE_TEXT_CHARS)
}

/// A value as a literal, cut off if it is long.
pub(super) fn told(value: &Operand<'_>) -> String {
    cut(value, TRACE_VALUE_CHARS)
}

/// Some values as literals, cut off if they are many.
pub(super) fn told_all(values: &[Operand<'_>]) -> String {
    cut(&Joined(values), TRACE_VALUE_CHARS)
}

struct Joined<'a>(&'a [Operand<'a>]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, value)| {
            f.write_str(if index == 0 { "" } else { ", " })?;
            value.fmt(f)
        })
    }
}

/// Writes so many characters at most: what is long is not written to its end, only to throw it away.
fn cut(what: &dyn fmt::Display, chars: usize) -> String {
    let mut cut = Cut { text: String::new(), left: chars };
    if write!(cut, "{what}").is_err() {
        cut.text.push('…');
    }
    cut.text
}

struct Cut {
    text: String,
    left: usize,
}

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Some((end, _)) = text.char_indices().nth(self.left) {
            self.text.push_str(text.get(..end).unwrap_or_default());
            self.left = 0;
            return Err(fmt::Error);
        }
        self.left -= text.chars().count();
        self.text.push_str(text);
        Ok(())
    }
}
