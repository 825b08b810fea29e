//! Instants as statements say them: a text, or so long from now.

use std::fmt;

use super::{Duration, Given, Literal, Spanned};

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
