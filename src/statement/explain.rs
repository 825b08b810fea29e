//! `EXPLAIN GET`: how values come about.

use std::fmt;

use super::{Get, Help};
use crate::error::Result;
use crate::syntax::Node;

/// `EXPLAIN GET …`
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    /// What is explained.
    pub get: Get,
}

impl Explain {
    /// Explains what a `GET` reads.
    #[must_use]
    pub fn new(get: Get) -> Self {
        Self { get }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Get::build(node).map(Self::new)
    }
}

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EXPLAIN {}", self.get)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "EXPLAIN",
    syntax: "EXPLAIN GET …",
    summary: "shows how values come about: rows, conditions, buckets",
    example: "EXPLAIN GET dark FOR USER 'u1'",
};
