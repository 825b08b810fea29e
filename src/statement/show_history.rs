//! `SHOW HISTORY`: who changed what, when and why.

use std::fmt;

use super::canonical::kind;
use super::{Filter, Help, named};
use crate::error::{Error, Result};
use crate::model::{Name, ObjectKind, Spanned};
use crate::syntax::{Node, Rule};

/// `SHOW HISTORY [OF CONFIG | SEGMENT | KEY name] …`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowHistory {
    /// Whose history; `None` is that of the store.
    pub of: Option<(ObjectKind, Spanned<Name>)>,
    /// Which of its commits.
    pub filter: Filter,
}

impl ShowHistory {
    /// Lists all commits.
    #[must_use]
    pub fn all() -> Self {
        Self { of: None, filter: Filter::default() }
    }

    /// Lists the commits that changed an object.
    pub fn of<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { of: Some((kind, named(name)?)), filter: Filter::default() })
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_history);
        let of = if children.saw(Rule::k_of) { Some(children.object()?) } else { None };
        Ok(Self { of, filter: Filter::build(&mut children)? })
    }
}

impl fmt::Display for ShowHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SHOW HISTORY")?;
        if let Some((of, name)) = &self.of {
            write!(f, " OF {} {name}", kind(*of))?;
        }
        self.filter.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SHOW HISTORY",
    syntax: "SHOW HISTORY [OF CONFIG | SEGMENT | KEY <name>] [WHERE …] [ORDER BY …] [LIMIT <n>]",
    summary: "lists who changed what, when and why, newest first",
    example: "SHOW HISTORY OF CONFIG dark_mode LIMIT 5",
};
