//! `DIFF CONFIG`: what differs between two versions.

use std::fmt;

use super::{Help, named};
use crate::error::{Error, Result};
use crate::model::{Name, Spanned};
use crate::syntax::Node;

/// `DIFF CONFIG name VERSION a TO b`
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// Which config.
    pub config: Spanned<Name>,
    /// The version to start from.
    pub from: Spanned<u64>,
    /// The version to compare it with.
    pub to: Spanned<u64>,
}

impl Diff {
    /// Compares two versions of a config.
    pub fn new<N>(config: N, from: u64, to: u64) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { config: named(config)?, from: from.into(), to: to.into() })
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let config = children.name()?;
        Ok(Self { config, from: children.integer()?, to: children.integer()? })
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DIFF CONFIG {} VERSION {} TO {}", self.config, self.from, self.to)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "DIFF CONFIG",
    syntax: "DIFF CONFIG <name> VERSION <a> TO <b>",
    summary: "shows what differs between two versions",
    example: "DIFF CONFIG dark_mode VERSION 1 TO 2",
};
