//! `DIFF`: what differs between two versions.

use std::fmt;

use super::canonical::{object, optional};
use super::{Help, given, named};
use crate::error::{Error, Result};
use crate::model::{Given, Name, ObjectKind, Spanned};
use crate::syntax::{Node, Rule};

/// `DIFF CONFIG | SEGMENT | KEY | ATTRIBUTE name [VERSION a [TO b]]`
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: Spanned<Name>,
    /// The version to start from; `None` is what is live of a config, and the one before the newest of what is at once
    /// in force.
    pub from: Option<Spanned<Given<u64>>>,
    /// The version to compare it with; `None` is the newest.
    pub to: Option<Spanned<Given<u64>>>,
}

impl Diff {
    /// Compares two versions of a config.
    pub fn new<N>(config: N, from: u64, to: u64) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let (from, to) = (Some(given(from)), Some(given(to)));
        Ok(Self { from, to, ..Self::object(ObjectKind::Config, config)? })
    }

    /// Compares what is live of a config with its newest version, or the last two versions of any other object.
    pub fn object<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { kind, name: named(name)?, from: None, to: None })
    }

    /// The version to start from.
    #[must_use]
    pub fn from(mut self, from: u64) -> Self {
        self.from = Some(given(from));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_diff);
        let (kind, name) = children.object()?;
        let from = children.whole_after(Rule::k_version)?;
        Ok(Self { kind, name, from, to: children.whole_after(Rule::k_to)? })
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DIFF {}", object(self.kind, &self.name.node))?;
        optional(f, "VERSION", self.from.as_ref())?;
        optional(f, "TO", self.to.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "DIFF",
    syntax: "DIFF CONFIG | SEGMENT | KEY | ATTRIBUTE <name> [VERSION <a> [TO <b>]]",
    summary: "shows what differs between two versions; if none is named, between what is live and the newest",
    example: "DIFF CONFIG dark_mode VERSION 1 TO 2",
};
