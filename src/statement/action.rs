//! Actions of `ALTER CONFIG`, and the places that rows go to.

use std::fmt;

use super::canonical;
use super::layout::Clause;
use super::spec::rows;
use super::{ColumnSpec, RolloutSpec, RowSpec, SegmentRef, Text, segment};
use crate::error::{Error, Result};
use crate::model::{Name, Spanned};
use crate::syntax::{Cursor, Node, Rule};

/// One action of `ALTER CONFIG`.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `SET DESCRIPTION '…'`
    SetDescription(Text),
    /// `RENAME TO name`
    Rename(Spanned<Name>),
    /// `SET SEGMENTS segment, …`: the whole list.
    SetSegments(Vec<RowSpec>),
    /// `ADD SEGMENT segment … [position]`
    AddSegment {
        /// The new row.
        row: RowSpec,
        /// Where it goes; `None` is last.
        position: Option<Position>,
    },
    /// `MOVE SEGMENT segment position`
    MoveSegment {
        /// Whose row.
        segment: SegmentRef,
        /// Where it goes.
        position: Position,
    },
    /// `DROP SEGMENT segment`
    DropSegment(SegmentRef),
    /// `SET ROLLOUT segment = share [BY attribute]`
    SetRollout {
        /// Whose row.
        segment: SegmentRef,
        /// The share of its users who get it; it goes by what it went by unless another attribute is said.
        rollout: RolloutSpec,
    },
    /// `ADD KEY key …`
    AddKey(ColumnSpec),
    /// `DROP KEY key`
    DropKey(Spanned<Name>),
    /// `SET key = cell` or `SET key VALUES (…)`; never [`CellsSpec::Blank`](crate::statement::CellsSpec::Blank).
    SetKey(ColumnSpec),
}

/// A place among the segments of a config.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// Before all others.
    First,
    /// After all others but `EVERYONE`.
    Last,
    /// Right before a segment.
    Before(SegmentRef),
    /// Right after a segment.
    After(SegmentRef),
}

impl Action {
    pub(super) fn build(mut children: Cursor<'_>) -> Result<Self> {
        let verb = children.node()?.rule();
        let about_segment = children.saw(Rule::k_segment);
        Ok(match (verb, about_segment) {
            (Rule::k_set, _) => Self::build_set(&children.node()?)?,
            (Rule::k_rename, _) => Self::Rename(children.name()?),
            (Rule::k_add, true) => {
                let row = RowSpec::build(&children.node()?)?;
                let position = children.next().map(|node| Position::build(node.children()));
                Self::AddSegment { row, position: position.transpose()? }
            }
            (Rule::k_add, false) => Self::AddKey(ColumnSpec::build(&children.operand()?)?),
            (Rule::k_move, _) => {
                let segment = children.segment()?;
                let position = Position::build(children.node()?.children())?;
                Self::MoveSegment { segment, position }
            }
            (_, true) => Self::DropSegment(children.segment()?),
            (_, false) => Self::DropKey(children.name()?),
        })
    }

    /// What stands after `SET`.
    fn build_set(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        Ok(match node.rule() {
            Rule::set_description => Self::SetDescription(children.literal()?),
            Rule::set_segments => Self::SetSegments(rows(&children.operand()?)?),
            Rule::set_rollout => {
                let segment = segment_after(&mut children, Rule::k_rollout)?;
                children.saw(Rule::equals);
                Self::SetRollout { segment, rollout: RolloutSpec::build(&children.node()?)? }
            }
            _ => Self::SetKey(ColumnSpec::build(node)?),
        })
    }
}

fn segment_after(children: &mut Cursor<'_>, keyword: Rule) -> Result<SegmentRef> {
    children.saw(keyword);
    children.segment()
}

impl Action {
    /// The action as a clause, whose list may have a line for each item.
    pub(super) fn clause(&self) -> Clause {
        match self {
            Self::SetSegments(rows) => Clause::of_list("SET SEGMENTS".to_owned(), rows, ""),
            Self::AddKey(column) => column.clause("ADD KEY "),
            Self::SetKey(column) => column.clause("SET "),
            other => other.to_string().into(),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetDescription(text) => write!(f, "SET DESCRIPTION {text}"),
            Self::Rename(name) => write!(f, "RENAME TO {name}"),
            Self::SetSegments(_) | Self::AddKey(_) | Self::SetKey(_) => self.clause().fmt(f),
            Self::AddSegment { row, position } => {
                write!(f, "ADD SEGMENT {row}")?;
                position.iter().try_for_each(|position| write!(f, " {position}"))
            }
            Self::MoveSegment { segment, position } => {
                write!(f, "MOVE SEGMENT {} {position}", canonical::segment(segment))
            }
            Self::DropSegment(segment) => write!(f, "DROP SEGMENT {}", canonical::segment(segment)),
            Self::SetRollout { segment, rollout } => {
                write!(f, "SET ROLLOUT {} = {rollout}", canonical::segment(segment))
            }
            Self::DropKey(key) => write!(f, "DROP KEY {key}"),
        }
    }
}

impl Position {
    /// Right before a segment.
    pub fn before<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self::Before(segment(name)?))
    }

    /// Right after a segment.
    pub fn after<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self::After(segment(name)?))
    }

    fn build(mut children: Cursor<'_>) -> Result<Self> {
        Ok(match children.node()?.rule() {
            Rule::k_first => Self::First,
            Rule::k_last => Self::Last,
            Rule::k_before => Self::Before(children.segment()?),
            _ => Self::After(children.segment()?),
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("FIRST"),
            Self::Last => f.write_str("LAST"),
            Self::Before(segment) => write!(f, "BEFORE {}", canonical::segment(segment)),
            Self::After(segment) => write!(f, "AFTER {}", canonical::segment(segment)),
        }
    }
}
