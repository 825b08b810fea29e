//! `DESCRIBE`: all there is to say of an object.

use std::fmt;

use super::canonical::{object, optional};
use super::{Help, When, given, named, when};
use crate::error::{Error, Result};
use crate::model::{Given, Name, ObjectKind, Spanned, Timestamp};
use crate::syntax::{Node, Rule};

/// `DESCRIBE CONFIG | SEGMENT | KEY | ATTRIBUTE name [VERSION n] [AS OF timestamp] [AS STATEMENT]`
#[derive(Clone, Debug, PartialEq)]
pub struct Describe {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: Spanned<Name>,
    /// Which version; `None` is the newest.
    pub version: Option<Spanned<Given<u64>>>,
    /// The instant to look from; `None` is now.
    pub as_of: Option<When>,
    /// Whether it is described by the statement that makes it, and by nothing else.
    pub as_statement: bool,
}

impl Describe {
    /// Says all there is to say of an object.
    pub fn new<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { kind, name: named(name)?, version: None, as_of: None, as_statement: false })
    }

    /// Which version.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.version = Some(given(version));
        self
    }

    /// The instant to look from.
    #[must_use]
    pub fn as_of(mut self, as_of: Timestamp) -> Self {
        self.as_of = Some(when(as_of));
        self
    }

    /// Describes it by the statement that makes it, and by nothing else.
    #[must_use]
    pub fn as_statement(self) -> Self {
        Self { as_statement: true, ..self }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_describe);
        let (kind, name) = children.object()?;
        let version = children.whole_after(Rule::k_version)?;
        let as_of = children.accept(Rule::as_of).map(|as_of| as_of.children().instant());
        let as_statement = children.saw(Rule::as_statement);
        Ok(Self { kind, name, version, as_of: as_of.transpose()?, as_statement })
    }
}

impl fmt::Display for Describe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DESCRIBE {}", object(self.kind, &self.name.node))?;
        optional(f, "VERSION", self.version.as_ref())?;
        optional(f, "AS OF", self.as_of.as_ref())?;
        f.write_str(if self.as_statement { " AS STATEMENT" } else { "" })
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "DESCRIBE",
    syntax: "DESCRIBE CONFIG | SEGMENT | KEY | ATTRIBUTE <name> [VERSION <n>] [AS OF <timestamp>] [AS STATEMENT]",
    summary: "says all there is to say of an object: of a config as a matrix",
    example: "DESCRIBE CONFIG dark_mode VERSION 2",
};
