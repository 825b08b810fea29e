//! `ALTER ATTRIBUTES`: whether new conditions may only read declared attributes.

use std::fmt;

use super::Help;
use super::binder::Binder;
use super::effect::{Effect, Operation, Target};
use super::plan::Plan;
use crate::error::Result;
use crate::model::Change;
use crate::syntax::{Cursor, Node, Rule};

/// `ALTER ATTRIBUTES STRICT | OPEN`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlterAttributes {
    /// Whether new conditions may only read declared attributes.
    pub strict: bool,
}

impl AlterAttributes {
    /// New conditions may only read declared attributes.
    #[must_use]
    pub fn strict() -> Self {
        Self { strict: true }
    }

    /// New conditions may read any attribute.
    #[must_use]
    pub fn open() -> Self {
        Self { strict: false }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Self::build_body(&mut node.children())
    }

    /// Builds what stands after `ALTER`, or after `LOAD` in a dump.
    pub(super) fn build_body(children: &mut Cursor<'_>) -> Result<Self> {
        children.saw(Rule::k_attributes);
        Ok(Self { strict: children.node()?.rule() == Rule::k_strict })
    }

    /// What stands after `ALTER`, or after `LOAD` in a dump.
    pub(super) fn body(self) -> &'static str {
        if self.strict { "ATTRIBUTES STRICT" } else { "ATTRIBUTES OPEN" }
    }
}

impl fmt::Display for AlterAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER {}", self.body())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ALTER ATTRIBUTES",
    syntax: "ALTER ATTRIBUTES STRICT | OPEN",
    summary: "says whether new conditions may only read declared attributes",
    example: "ALTER ATTRIBUTES STRICT",
};

impl AlterAttributes {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(self, binder: &Binder<'_>) -> Result<Plan> {
        if binder.catalog.strict == self.strict {
            let now = if self.strict { "strict" } else { "open" };
            return Ok(Plan::unchanged(format!("attributes are {now} already")));
        }
        let mut draft = binder.draft();
        draft.push(Change::Strict(self.strict))?;
        let operation = Operation::Restricted { strict: self.strict };
        Ok(draft.end(Effect::on(operation, Target::Attributes)))
    }
}
