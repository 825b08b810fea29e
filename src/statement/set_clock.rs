//! `SET CLOCK`: sets a manual clock.

use std::fmt;

use super::{Help, When, when};
use crate::error::Result;
use crate::model::Timestamp;
use crate::syntax::Node;

/// `SET CLOCK timestamp`
#[derive(Clone, Debug, PartialEq)]
pub struct SetClock {
    /// To which instant.
    pub to: When,
}

impl SetClock {
    /// Sets a manual clock.
    #[must_use]
    pub fn new(to: Timestamp) -> Self {
        Self { to: when(to) }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Ok(Self { to: node.children().instant()? })
    }
}

impl fmt::Display for SetClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SET CLOCK {}", self.to)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SET CLOCK",
    syntax: "SET CLOCK <timestamp>",
    summary: "sets a manual clock",
    example: "SET CLOCK '2026-03-10T04:00:00Z'",
};
