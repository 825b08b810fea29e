//! `COMMIT`: makes a transaction last, all of it or nothing.

use std::fmt;

use super::Help;
use crate::error::Result;
use crate::syntax::Node;

/// `COMMIT`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commit;

impl Commit {
    #[expect(clippy::unnecessary_wraps, reason = "the table builds every node in one way")]
    pub(super) fn build(_node: &Node<'_>) -> Result<Self> {
        Ok(Self)
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("COMMIT")
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "COMMIT",
    syntax: "COMMIT",
    summary: "makes a transaction last, all of it or nothing",
    example: "COMMIT",
};
