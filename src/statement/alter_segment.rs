//! `ALTER SEGMENT`: a new condition or description of a segment.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::Clauses;
use super::effect::{Effect, Operation};
use super::plan::Plan;
use super::{Help, Text, chain, named, text};
use crate::error::{Error, Result};
use crate::model::{Change, Expr, Literal, Name, ObjectKind, Reference, Segment, Spanned};
use crate::syntax::{self, Node, Rule};

/// `ALTER SEGMENT name [SET DESCRIPTION '…'] [WHERE condition]`
#[derive(Clone, Debug, PartialEq)]
pub struct AlterSegment {
    /// Which segment.
    pub name: Spanned<Name>,
    /// What it is for from now on.
    pub description: Option<Text>,
    /// Who is in it from now on.
    pub condition: Option<Expr>,
}

impl AlterSegment {
    /// A change of a segment, of nothing yet.
    pub fn new<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { name: named(name)?, description: None, condition: None })
    }

    /// A new description.
    #[must_use]
    pub fn description(mut self, description: impl Into<Literal>) -> Self {
        self.description = Some(text(description));
        self
    }

    /// A new condition, as text.
    pub fn condition(mut self, condition: &str) -> Result<Self> {
        self.condition = Some(syntax::condition(condition, false)?);
        Ok(self)
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let name = children.name()?;
        children.saw(Rule::k_set);
        let description = children.literal_after(Rule::k_description)?;
        let conditional = children.saw(Rule::k_where);
        let condition = if conditional { Some(children.condition()?) } else { None };
        Ok(Self { name, description, condition })
    }
}

impl fmt::Display for AlterSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses = Clauses::new(format!("ALTER SEGMENT {}", self.name));
        clauses.text("SET DESCRIPTION", self.description.as_ref());
        clauses.extend(self.condition.iter().map(|condition| format!("WHERE {condition}")));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ALTER SEGMENT",
    syntax: "ALTER SEGMENT <name> [SET DESCRIPTION '…'] [WHERE <condition>]",
    summary: "changes the condition or the description of a segment",
    example: "ALTER SEGMENT ny_phones WHERE device = 'iPhone' AND city IN ('New York', 'Newark')",
};

impl AlterSegment {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let old = binder.usable_segment(&self.name)?;
        let mut segment = Segment::clone(old);
        if let Some(description) = &self.description {
            segment.description = Some(binder.parameters.text(description)?);
        }
        if let Some(condition) = &self.condition {
            segment.condition = binder.condition(condition)?;
        }
        if segment == **old {
            return Ok(Plan::unchanged(format!("segment {} is like that already", segment.name)));
        }
        segment.version += 1;
        let (node, version) = (Reference::Segment(segment.id), segment.version);
        let mut draft = binder.draft();
        draft.push(Change::Segment(Arc::new(segment)))?;
        chain::refuse_cycles(&draft.after, [node], binder.now).map_err(|e| e.at(self.name.span))?;
        let effect = Effect::of(Operation::Altered, ObjectKind::Segment, &old.name);
        Ok(draft.end(effect.with_version(version)))
    }
}
