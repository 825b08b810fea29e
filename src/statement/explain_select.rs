//! `EXPLAIN SELECT`: how a query is answered.

use std::fmt;

use super::Help;
use crate::error::Result;
use crate::model::Query;
use crate::syntax::{Node, Rule};

/// `EXPLAIN SELECT …`
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainSelect {
    /// What is explained.
    pub query: Query,
}

impl ExplainSelect {
    /// Explains how a query is answered.
    #[must_use]
    pub fn new(query: Query) -> Self {
        Self { query }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_explain);
        children.query().map(Self::new)
    }
}

impl fmt::Display for ExplainSelect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EXPLAIN {}", self.query)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "EXPLAIN SELECT",
    syntax: "EXPLAIN SELECT …",
    summary: "shows how a query is answered, and asks nothing",
    example: "EXPLAIN SELECT key FROM keys WHERE key = 'dark'",
};
