//! `SELECT`: rows of tables, joined, grouped and sorted.

use std::fmt;

use super::Help;
use crate::error::Result;
use crate::model::Query;
use crate::syntax::Node;

/// `[WITH …] SELECT … [FROM …] [WHERE …] [GROUP BY …] [HAVING …] [ORDER BY …] [LIMIT …] [AS OF …]`
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// What is asked.
    pub query: Query,
}

impl Select {
    /// Asks a query.
    #[must_use]
    pub fn new(query: Query) -> Self {
        Self { query }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        node.children().query().map(Self::new)
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.query.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SELECT",
    syntax: "[WITH <name> AS (<query>), …] SELECT [DISTINCT] <expr> [[AS] <name>], … [FROM <table> [AS OF …] [[AS] <alias>] \
             [[LEFT] JOIN … ON …]] [WHERE …] [GROUP BY …] [HAVING …] [UNION [ALL] | EXCEPT | INTERSECT …] [ORDER BY …] \
             [LIMIT <n> [OFFSET <n>]] [AS OF <timestamp>]",
    summary: "asks for rows of tables, joined, grouped and sorted",
    example: "SELECT status, COUNT(*) AS configs FROM configs GROUP BY status ORDER BY configs DESC LIMIT 10",
};
