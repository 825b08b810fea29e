//! `ALTER SEGMENT`: a new condition, description or name of a segment.

use std::fmt;
use std::sync::Arc;

use super::binder::{Binder, of_storable_length};
use super::effect::{Effect, Operation};
use super::find::refuse_used_segment_name;
use super::layout::{Clause, Clauses};
use super::plan::Plan;
use super::{Help, Text, chain, named, text};
use crate::error::{Error, Result};
use crate::model::{
    Change, Expr, Literal, Name, ObjectKind, Reference, Referrer, Segment, Spanned, parts,
};
use crate::syntax::{self, Node, Rule};

/// `ALTER SEGMENT name [SET DESCRIPTION '…'] [WHERE condition]`, `ALTER SEGMENT name RENAME TO name`
#[derive(Clone, Debug, PartialEq)]
pub struct AlterSegment {
    /// Which segment.
    pub name: Spanned<Name>,
    /// What it is for from now on.
    pub description: Option<Text>,
    /// Who is in it from now on.
    pub condition: Option<Expr>,
    /// What it is called from now on; then the statement says nothing else.
    pub rename: Option<Spanned<Name>>,
}

impl AlterSegment {
    /// A change of a segment, of nothing yet.
    pub fn new<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { name: named(name)?, description: None, condition: None, rename: None })
    }

    /// A new name, and nothing else.
    pub fn rename<N>(self, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { name: self.name, description: None, condition: None, rename: Some(named(name)?) })
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
        if children.saw(Rule::k_rename) {
            let rename = Some(children.name()?);
            return Ok(Self { name, description: None, condition: None, rename });
        }
        children.saw(Rule::k_set);
        let description = children.literal_after(Rule::k_description)?;
        let conditional = children.saw(Rule::k_where);
        let condition = if conditional { Some(children.condition()?) } else { None };
        Ok(Self { name, description, condition, rename: None })
    }
}

impl fmt::Display for AlterSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses = Clauses::new(format!("ALTER SEGMENT {}", self.name));
        clauses.text("SET DESCRIPTION", self.description.as_ref());
        clauses.text("RENAME TO", self.rename.as_ref());
        let condition = self.condition.iter();
        clauses.extend(condition.map(|all| Clause::of_condition("WHERE", parts(all))));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ALTER SEGMENT",
    syntax: "ALTER SEGMENT <name> [SET DESCRIPTION '…'] [WHERE <condition>]; ALTER SEGMENT <name> RENAME TO <name>",
    summary: "changes the condition, the description or the name of a segment",
    example: "ALTER SEGMENT ny_phones WHERE device = 'iPhone' AND city IN ('New York', 'Newark')",
};

impl AlterSegment {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let old = binder.usable_segment(&self.name)?;
        if let Some(name) = &self.rename {
            return rename(binder, old, name);
        }
        let mut segment = Segment::clone(old);
        if let Some(description) = &self.description {
            segment.description = Some(binder.parameters.text(description)?);
        }
        if let Some(condition) = &self.condition {
            segment.condition = binder.condition_over(condition, &old.condition)?;
        }
        become_segment(binder, &self.name, segment)
    }
}

/// Makes a segment that is there another, if it is.
pub(super) fn become_segment(
    binder: &Binder<'_>,
    name: &Spanned<Name>,
    mut segment: Segment,
) -> Result<Plan> {
    let old = binder.usable_segment(name)?;
    if segment == **old {
        return Ok(Plan::unchanged(format!("segment {} is like that already", segment.name)));
    }
    segment.version += 1;
    let (node, version) = (Reference::Segment(segment.id), segment.version);
    let mut draft = binder.draft();
    draft.push(Change::Segment(Arc::new(segment)))?;
    chain::refuse_cycles(&draft.after, [node], binder.now).map_err(|e| e.at(name.span))?;
    let effect = Effect::of(Operation::Altered, ObjectKind::Segment, &old.name);
    Ok(draft.end(effect.with_version(version)))
}

/// Gives a segment another name, and to every condition that refers to it.
fn rename(binder: &Binder<'_>, old: &Segment, name: &Spanned<Name>) -> Result<Plan> {
    refuse_used_segment_name(binder.catalog, name, Some(old.id))?;
    if name.node == old.name {
        return Ok(Plan::unchanged(format!("segment {} has that name already", old.name)));
    }
    let mut draft = binder.draft();
    draft.push(Change::Segment(Arc::new(Segment { name: name.node.clone(), ..old.clone() })))?;
    for referrer in binder.catalog.referrers(Reference::Segment(old.id)) {
        let Referrer::Segment(id) = referrer else { continue };
        let Some(segment) = binder.catalog.segment(id) else { continue };
        let condition = draft.after.named_today(&segment.condition);
        let condition = of_storable_length(condition, name.span)?;
        draft.push(Change::Segment(Arc::new(Segment { condition, ..Segment::clone(segment) })))?;
    }
    let operation = Operation::Renamed { from: old.name.clone() };
    Ok(draft.done(operation, ObjectKind::Segment, &name.node))
}
