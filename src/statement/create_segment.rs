//! `CREATE SEGMENT`: a new named condition over users.

use std::fmt;
use std::sync::Arc;

use super::alter_segment::become_segment;
use super::binder::Binder;
use super::create_mode::there_already;
use super::effect::{Effect, Operation};
use super::find::refuse_used_segment_name;
use super::layout::{Clause, Clauses};
use super::plan::Plan;
use super::{CreateMode, Help, Text, chain, named, text};
use crate::error::{Error, Result};
use crate::model::{
    Change, Condition, Expr, Literal, Name, ObjectKind, Reference, Role, Segment, Spanned, parts,
};
use crate::syntax::{self, Node, Rule};

/// `CREATE [OR ALTER] SEGMENT [IF NOT EXISTS] name [DESCRIPTION '…'] WHERE condition`
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSegment {
    /// What is done if there is one of the name.
    pub mode: CreateMode,
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
        Ok(Self { mode: CreateMode::New, name: named(name)?, description: None, condition })
    }

    /// What is done if there is a segment of the name.
    #[must_use]
    pub fn mode(mut self, mode: CreateMode) -> Self {
        self.mode = mode;
        self
    }

    /// The role that it needs.
    pub(super) fn role(&self) -> Role {
        self.mode.role()
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<Literal>) -> Self {
        self.description = Some(text(description));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let mode = CreateMode::build(&mut children, Rule::k_segment);
        let name = children.name()?;
        let description = children.literal_after(Rule::k_description)?;
        Ok(Self { mode, name, description, condition: children.condition()? })
    }
}

impl fmt::Display for CreateSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses =
            Clauses::new(format!("{} {}", self.mode.head(ObjectKind::Segment), self.name));
        clauses.text("DESCRIPTION", self.description.as_ref());
        clauses.push(Clause::of_condition("WHERE", parts(&self.condition)));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "CREATE SEGMENT",
    syntax: "CREATE [OR ALTER] SEGMENT [IF NOT EXISTS] <name> [DESCRIPTION '…'] WHERE <condition>",
    summary: "names a condition over users",
    example: "CREATE SEGMENT ny_phones WHERE device = 'iPhone' AND city = 'New York'",
};

impl CreateSegment {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let name = &self.name.node;
        if let Some(old) = binder.catalog.segment_ever_named(name.as_str()) {
            match self.mode {
                CreateMode::IfNotExists => {
                    return Ok(there_already(ObjectKind::Segment, name, &old.name));
                }
                CreateMode::OrAlter if old.name == *name => return self.alter(binder),
                CreateMode::OrAlter | CreateMode::New => {}
            }
        }
        refuse_used_segment_name(binder.catalog, &self.name, None)?;
        let segment = self.segment(binder)?;
        let node = Reference::Segment(segment.id);
        let mut draft = binder.draft();
        draft.push(Change::Segment(Arc::new(segment)))?;
        chain::refuse_cycles(&draft.after, [node], binder.now).map_err(|e| e.at(self.name.span))?;
        Ok(draft.end(Effect::of(Operation::Created, ObjectKind::Segment, name).with_version(1)))
    }

    /// Makes the segment that is there what is written.
    fn alter(&self, binder: &Binder<'_>) -> Result<Plan> {
        let old = binder.usable_segment(&self.name)?;
        let condition = binder.condition_over(&self.condition, &old.condition)?;
        let segment =
            Segment { id: old.id, version: old.version, ..self.segment_with(binder, condition)? };
        become_segment(binder, &self.name, segment)
    }

    /// The segment that it makes, whether or not there is one of that name.
    pub(crate) fn segment(&self, binder: &Binder<'_>) -> Result<Segment> {
        self.segment_with(binder, binder.condition(&self.condition)?)
    }

    fn segment_with(&self, binder: &Binder<'_>, condition: Condition) -> Result<Segment> {
        Ok(Segment {
            id: binder.catalog.next_segment(),
            name: self.name.node.clone(),
            condition,
            description: binder.parameters.optional(self.description.as_ref())?,
            archived: false,
            version: 1,
        })
    }
}
