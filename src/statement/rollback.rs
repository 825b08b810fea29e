//! `ROLLBACK`: undoes a transaction.

use std::fmt;

use super::Help;
use crate::error::Result;
use crate::syntax::Node;

/// `ROLLBACK`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rollback;

impl Rollback {
    #[expect(clippy::unnecessary_wraps, reason = "the table builds every node in one way")]
    pub(super) fn build(_node: &Node<'_>) -> Result<Self> {
        Ok(Self)
    }
}

impl fmt::Display for Rollback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ROLLBACK")
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ROLLBACK",
    syntax: "ROLLBACK",
    summary: "undoes a transaction",
    example: "ROLLBACK",
};
