//! `SHOW VERSIONS`: the versions of an object.

use std::fmt;

use super::canonical::kind;
use super::{Filter, Help, named};
use crate::error::{Error, Result};
use crate::model::{Name, ObjectKind, Spanned};
use crate::syntax::Node;

/// `SHOW VERSIONS OF CONFIG | SEGMENT | KEY name …`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowVersions {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: Spanned<Name>,
    /// Which of its versions.
    pub filter: Filter,
}

impl ShowVersions {
    /// Lists the versions of an object.
    pub fn new<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { kind, name: named(name)?, filter: Filter::default() })
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let (kind, name) = children.object()?;
        Ok(Self { kind, name, filter: Filter::build(&mut children)? })
    }
}

impl fmt::Display for ShowVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHOW VERSIONS OF {} {}{}", kind(self.kind), self.name, self.filter)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SHOW VERSIONS",
    syntax: "SHOW VERSIONS OF CONFIG | SEGMENT | KEY <name> [WHERE …] [ORDER BY …] [LIMIT <n>]",
    summary: "lists the versions of an object",
    example: "SHOW VERSIONS OF CONFIG dark_mode",
};
