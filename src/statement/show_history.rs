//! `SHOW HISTORY`: who changed what, when and why.

use std::fmt;

use super::canonical::{count_of, object};
use super::{Filter, Help, named};
use crate::error::{Error, Result};
use crate::model::{Name, ObjectKind, Spanned};
use crate::syntax::{Node, Rule};

/// `SHOW HISTORY [OF CONFIG | SEGMENT | KEY | ATTRIBUTE name] …`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowHistory {
    /// Whose history; `None` is that of the store.
    pub of: Option<(ObjectKind, Spanned<Name>)>,
    /// Which of its commits.
    pub filter: Filter,
    /// Whether the rows are only counted.
    pub count: bool,
}

impl ShowHistory {
    /// Lists all commits.
    #[must_use]
    pub fn all() -> Self {
        Self { of: None, filter: Filter::default(), count: false }
    }

    /// Lists the commits that changed an object.
    pub fn of<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { of: Some((kind, named(name)?)), filter: Filter::default(), count: false })
    }

    /// Only counts the commits.
    #[must_use]
    pub fn counted(self) -> Self {
        Self { count: true, ..self }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let count = children.counts();
        children.saw(Rule::k_history);
        let of = if children.saw(Rule::k_of) { Some(children.object()?) } else { None };
        Ok(Self { of, filter: Filter::build(&mut children)?, count })
    }
}

impl fmt::Display for ShowHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SHOW ")?;
        f.write_str(count_of(self.count))?;
        f.write_str("HISTORY")?;
        if let Some((of, name)) = &self.of {
            write!(f, " OF {}", object(*of, &name.node))?;
        }
        self.filter.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SHOW HISTORY",
    syntax: "SHOW [COUNT OF] HISTORY [OF CONFIG | SEGMENT | KEY | ATTRIBUTE <name>] [WHERE …] [ORDER BY …] [LIMIT <n>]",
    summary: "lists who changed what, when and why, newest first",
    example: "SHOW HISTORY OF CONFIG dark_mode LIMIT 5",
};
