//! `ASSERT <condition>`: fails unless what queries find is so.

use std::fmt;

use super::Help;
use crate::error::Result;
use crate::model::{Expr, asked};
use crate::syntax::{Node, Rule};

/// `ASSERT <condition>`
#[derive(Clone, Debug, PartialEq)]
pub struct AssertCondition {
    /// What must be true: a condition over the answers of queries.
    pub condition: Expr,
}

impl AssertCondition {
    /// Asserts a condition.
    #[must_use]
    pub fn new(condition: Expr) -> Self {
        Self { condition }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_assert);
        children.asserted().map(Self::new)
    }
}

impl fmt::Display for AssertCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ASSERT {}", asked(&self.condition))
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ASSERT",
    syntax: "ASSERT <condition>",
    summary: "fails unless a condition over the answers of queries is true",
    example: "ASSERT NOT EXISTS (SELECT key FROM keys WHERE status = 'archived')",
};
