//! What stands in a statement itself, or is given by its caller as a parameter.

use std::fmt;
use std::sync::Arc;

use super::{Duration, Literal, Spanned};

/// A thing that stands in the statement, or a parameter that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given<T> {
    /// The thing itself.
    Here(T),
    /// `:name`, given by the caller.
    Parameter(Arc<str>),
}

impl<T> From<T> for Given<T> {
    fn from(thing: T) -> Self {
        Self::Here(thing)
    }
}

impl<T: fmt::Display> fmt::Display for Given<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(thing) => thing.fmt(f),
            Self::Parameter(name) => write!(f, ":{name}"),
        }
    }
}

/// An instant as a statement says it: `'2026-12-01T09:00:00Z'`, `NOW() + 2 HOURS`.
#[derive(Clone, Debug, PartialEq)]
pub enum Instant {
    /// A text that names it.
    Text(Literal),
    /// `NOW()`: that at which the statement is run.
    Now,
    /// `NOW() + duration`
    After(Spanned<Given<Duration>>),
    /// `NOW() - duration`
    Before(Spanned<Given<Duration>>),
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Now => f.write_str("NOW()"),
            Self::After(duration) => write!(f, "NOW() + {duration}"),
            Self::Before(duration) => write!(f, "NOW() - {duration}"),
        }
    }
}
