//! `SET ACTOR`: who is recorded with each commit.

use std::fmt;

use super::{Help, Text, text};
use crate::error::Result;
use crate::model::Literal;
use crate::syntax::Node;

/// `SET ACTOR '…' | NULL`
#[derive(Clone, Debug, PartialEq)]
pub struct SetActor {
    /// Who; `NULL` is nobody.
    pub actor: Text,
}

impl SetActor {
    /// Sets it, until it is set again.
    #[must_use]
    pub fn new(actor: impl Into<Literal>) -> Self {
        Self { actor: text(actor) }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Ok(Self { actor: node.children().literal()? })
    }
}

impl fmt::Display for SetActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SET ACTOR {}", self.actor)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SET ACTOR",
    syntax: "SET ACTOR '…' | NULL",
    summary: "says who is recorded with each commit",
    example: "SET ACTOR 'release-team'",
};
