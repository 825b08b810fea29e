//! `ADVANCE CLOCK`: moves a manual clock on.

use std::fmt;

use super::{Help, given};
use crate::error::Result;
use crate::model::{Duration, Given, Spanned};
use crate::syntax::Node;

/// `ADVANCE CLOCK duration`
#[derive(Clone, Debug, PartialEq)]
pub struct AdvanceClock {
    /// By how much.
    pub by: Spanned<Given<Duration>>,
}

impl AdvanceClock {
    /// Moves a manual clock on; a part of a second that the language cannot write is cut off.
    #[must_use]
    pub fn new(by: Duration) -> Self {
        Self { by: given(Duration::from_micros(by.as_micros() / 1_000_000 * 1_000_000)) }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Ok(Self { by: node.children().length()? })
    }
}

impl fmt::Display for AdvanceClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ADVANCE CLOCK {}", self.by)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ADVANCE CLOCK",
    syntax: "ADVANCE CLOCK <n> SECONDS | MINUTES | HOURS | DAYS | WEEKS",
    summary: "moves a manual clock on",
    example: "ADVANCE CLOCK 30 DAYS",
};
