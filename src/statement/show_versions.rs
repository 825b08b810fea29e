//! `SHOW VERSIONS`: the versions of an object.

use std::fmt;

use super::canonical::{count_of, object};
use super::{Filter, Help, named};
use crate::error::{Error, Result};
use crate::model::{Name, ObjectKind, Spanned};
use crate::syntax::Node;

/// `SHOW VERSIONS OF CONFIG | SEGMENT | KEY | ATTRIBUTE name …`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowVersions {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: Spanned<Name>,
    /// Which of its versions.
    pub filter: Filter,
    /// Whether the rows are only counted.
    pub count: bool,
}

impl ShowVersions {
    /// Lists the versions of an object.
    pub fn new<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { kind, name: named(name)?, filter: Filter::default(), count: false })
    }

    /// Only counts the versions.
    #[must_use]
    pub fn counted(self) -> Self {
        Self { count: true, ..self }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let count = children.counts();
        let (kind, name) = children.object()?;
        Ok(Self { kind, name, filter: Filter::build(&mut children)?, count })
    }
}

impl fmt::Display for ShowVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = count_of(self.count);
        write!(f, "SHOW {count}VERSIONS OF {}{}", object(self.kind, &self.name.node), self.filter)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SHOW VERSIONS",
    syntax: "SHOW [COUNT OF] VERSIONS OF CONFIG | SEGMENT | KEY | ATTRIBUTE <name> [WHERE …] [ORDER BY …] [LIMIT <n>]",
    summary: "lists the versions of an object",
    example: "SHOW VERSIONS OF CONFIG dark_mode",
};
