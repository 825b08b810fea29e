//! `SET COMMENT`: why, as recorded with each commit.

use std::fmt;

use super::{Help, Text, text};
use crate::error::Result;
use crate::model::Literal;
use crate::syntax::Node;

/// `SET COMMENT '…' | NULL`
#[derive(Clone, Debug, PartialEq)]
pub struct SetComment {
    /// Why; `NULL` is no reason.
    pub comment: Text,
}

impl SetComment {
    /// Sets it, until it is set again.
    #[must_use]
    pub fn new(comment: impl Into<Literal>) -> Self {
        Self { comment: text(comment) }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Ok(Self { comment: node.children().literal()? })
    }
}

impl fmt::Display for SetComment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SET COMMENT {}", self.comment)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SET COMMENT",
    syntax: "SET COMMENT '…' | NULL",
    summary: "says why, as recorded with each commit",
    example: "SET COMMENT 'spring launch'",
};
