//! `CREATE SEGMENT`: a new named condition over users.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::Clauses;
use super::effect::{Effect, Operation};
use super::find::already_exists;
use super::plan::Plan;
use super::{Help, Text, chain, named, text};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Change, Expr, Literal, Name, ObjectKind, Reference, Segment, Spanned};
use crate::syntax::{self, Node, Rule};

/// `CREATE SEGMENT name [DESCRIPTION '…'] WHERE condition`
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSegment {
    /// The name.
    pub name: Spanned<Name>,
    /// What it is for.
    pub description: Option<Text>,
    /// Who is in it.
    pub condition: Expr,
}

impl CreateSegment {
    /// A segment with its condition, as text.
    pub fn new<N>(name: N, condition: &str) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let condition = syntax::condition(condition, false)?;
        Ok(Self { name: named(name)?, description: None, condition })
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<Literal>) -> Self {
        self.description = Some(text(description));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let name = children.name()?;
        let description = children.literal_after(Rule::k_description)?;
        Ok(Self { name, description, condition: children.condition()? })
    }
}

impl fmt::Display for CreateSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses = Clauses::new(format!("CREATE SEGMENT {}", self.name));
        clauses.text("DESCRIPTION", self.description.as_ref());
        clauses.push(format!("WHERE {}", self.condition));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "CREATE SEGMENT",
    syntax: "CREATE SEGMENT <name> [DESCRIPTION '…'] WHERE <condition>",
    summary: "names a condition over users",
    example: "CREATE SEGMENT ny_phones WHERE device = 'iPhone' AND city = 'New York'",
};

impl CreateSegment {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let name = &self.name.node;
        if name.as_str() == "EVERYONE" {
            return Err(Error::from(ErrorKind::EveryoneIsBuiltIn).at(self.name.span));
        }
        if let Some(old) = binder.catalog.segment_named(name.as_str()) {
            return Err(already_exists(ObjectKind::Segment, &self.name, old.archived));
        }
        let segment = self.segment(binder)?;
        let node = Reference::Segment(segment.id);
        let mut draft = binder.draft();
        draft.push(Change::Segment(Arc::new(segment)))?;
        chain::refuse_cycles(&draft.after, [node], binder.now).map_err(|e| e.at(self.name.span))?;
        Ok(draft.end(Effect::of(Operation::Created, ObjectKind::Segment, name).with_version(1)))
    }

    /// The segment that it makes, whether or not there is one of that name.
    pub(super) fn segment(&self, binder: &Binder<'_>) -> Result<Segment> {
        Ok(Segment {
            id: binder.catalog.next_segment(),
            name: self.name.node.clone(),
            condition: binder.condition(&self.condition)?,
            description: binder.parameters.optional(self.description.as_ref())?,
            archived: false,
            version: 1,
        })
    }
}
