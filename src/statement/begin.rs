//! `BEGIN`: opens a transaction.

use std::fmt;

use super::Help;
use crate::error::Result;
use crate::syntax::Node;

/// `BEGIN`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begin;

impl Begin {
    #[expect(clippy::unnecessary_wraps, reason = "the table builds every node in one way")]
    pub(super) fn build(_node: &Node<'_>) -> Result<Self> {
        Ok(Self)
    }
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BEGIN")
    }
}

/// Help for the statement.
pub(super) const HELP: Help =
    Help { name: "BEGIN", syntax: "BEGIN", summary: "opens a transaction", example: "BEGIN" };
