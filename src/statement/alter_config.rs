//! `ALTER CONFIG`: edits that make one new version of a config.

use std::fmt;
use std::sync::Arc;

use super::create_config::{hold_to_rules, refuse_used_name};
use super::effect::{Effect, Operation};
use super::matrix::Matrix;
use super::plan::Plan;
use super::scene::Scene;
use super::spec::rows;
use super::write::{self, Clauses, join};
use super::{ColumnSpec, Help, RowSpec, SegmentRef, Text, named, segment, text};
use crate::error::{Error, ErrorKind, ObjectKind, Result};
use crate::model::{Change, Config, ConfigHead, Literal, Name, Share, Spanned};
use crate::syntax::{Cursor, Node, Rule};

/// `ALTER CONFIG name [IF VERSION n] action, …`
#[derive(Clone, Debug, PartialEq)]
pub struct AlterConfig {
    /// Which config.
    pub name: Spanned<Name>,
    /// The number that the newest version must have.
    pub if_version: Option<Spanned<u64>>,
    /// What is done, in this order.
    pub actions: Vec<Spanned<Action>>,
}

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
    /// `SET ROLLOUT segment = share`
    SetRollout {
        /// Whose row.
        segment: SegmentRef,
        /// The share of its users who get it.
        share: Spanned<Share>,
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

impl AlterConfig {
    /// An edit of a config, without actions yet.
    pub fn new<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { name: named(name)?, if_version: None, actions: Vec::new() })
    }

    /// Refuses the edit unless this is the newest version.
    #[must_use]
    pub fn if_version(mut self, version: u64) -> Self {
        self.if_version = Some(version.into());
        self
    }

    /// What is done next.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action.into());
        self
    }

    /// A new description.
    #[must_use]
    pub fn description(self, description: impl Into<Literal>) -> Self {
        self.action(Action::SetDescription(text(description)))
    }

    /// A new name.
    pub fn rename<N>(self, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.action(Action::Rename(named(name)?)))
    }

    /// The whole list of segments, in order.
    pub fn segments<R>(self, rows: impl IntoIterator<Item = R>) -> Result<Self>
    where
        R: TryInto<RowSpec, Error: Into<Error>>,
    {
        Ok(self.action(Action::SetSegments(rows.into_iter().map(row).collect::<Result<_>>()?)))
    }

    /// One more segment; last if no position is given.
    pub fn add_segment<R>(self, row_spec: R, position: Option<Position>) -> Result<Self>
    where
        R: TryInto<RowSpec, Error: Into<Error>>,
    {
        Ok(self.action(Action::AddSegment { row: row(row_spec)?, position }))
    }

    /// Another place for a segment.
    pub fn move_segment<N>(self, name: N, position: Position) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.action(Action::MoveSegment { segment: segment(name)?, position }))
    }

    /// One segment less.
    pub fn drop_segment<N>(self, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.action(Action::DropSegment(segment(name)?)))
    }

    /// Another share of a segment's users.
    pub fn rollout<N>(self, name: N, share: Share) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.action(Action::SetRollout { segment: segment(name)?, share: share.into() }))
    }

    /// One key less.
    pub fn drop_key<N>(self, key: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.action(Action::DropKey(named(key)?)))
    }

    /// One more key.
    #[must_use]
    pub fn add_key(self, column: ColumnSpec) -> Self {
        self.action(Action::AddKey(column))
    }

    /// Other cells of a key; it must have some ([`ColumnSpec::all`], [`ColumnSpec::cell`]).
    #[must_use]
    pub fn key(self, column: ColumnSpec) -> Self {
        self.action(Action::SetKey(column))
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let name = children.name()?;
        children.saw(Rule::k_if);
        let if_version = children.integer_after(Rule::k_version)?;
        let actions = children.filter(|child| child.rule() == Rule::action);
        let actions = actions.map(|action| Ok(action.spanned(Action::build(action.children())?)));
        Ok(Self { name, if_version, actions: actions.collect::<Result<_>>()? })
    }
}

fn row<R>(row: R) -> Result<RowSpec>
where
    R: TryInto<RowSpec, Error: Into<Error>>,
{
    row.try_into().map_err(Into::into)
}

impl Action {
    fn build(mut children: Cursor<'_>) -> Result<Self> {
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
                Self::SetRollout { segment, share: children.share()? }
            }
            _ => Self::SetKey(ColumnSpec::build(node)?),
        })
    }
}

fn segment_after(children: &mut Cursor<'_>, keyword: Rule) -> Result<SegmentRef> {
    children.saw(keyword);
    children.segment()
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetDescription(text) => write!(f, "SET DESCRIPTION {text}"),
            Self::Rename(name) => write!(f, "RENAME TO {name}"),
            Self::SetSegments(rows) => write!(f, "SET SEGMENTS {}", join(rows)),
            Self::AddSegment { row, position } => {
                write!(f, "ADD SEGMENT {row}")?;
                position.iter().try_for_each(|position| write!(f, " {position}"))
            }
            Self::MoveSegment { segment, position } => {
                write!(f, "MOVE SEGMENT {} {position}", write::segment(segment))
            }
            Self::DropSegment(segment) => write!(f, "DROP SEGMENT {}", write::segment(segment)),
            Self::SetRollout { segment, share } => {
                write!(f, "SET ROLLOUT {} = {share}", write::segment(segment))
            }
            Self::AddKey(column) => write!(f, "ADD KEY {column}"),
            Self::DropKey(key) => write!(f, "DROP KEY {key}"),
            Self::SetKey(column) => write!(f, "SET {column}"),
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
            Self::Before(segment) => write!(f, "BEFORE {}", write::segment(segment)),
            Self::After(segment) => write!(f, "AFTER {}", write::segment(segment)),
        }
    }
}

impl fmt::Display for AlterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.if_version.as_ref();
        let expected =
            expected.map_or_else(String::new, |version| format!(" IF VERSION {version}"));
        let mut clauses = Clauses::new(format!("ALTER CONFIG {}{expected}", self.name));
        clauses.list(self.actions.iter().map(ToString::to_string));
        clauses.fmt(f)
    }
}

/// What `help` says of it.
pub(super) const HELP: Help = Help {
    name: "ALTER CONFIG",
    syntax: "ALTER CONFIG <name> [IF VERSION <n>] <action>, …",
    summary: "makes one new version of a config: SET, ADD, MOVE, DROP, RENAME TO",
    example: "ALTER CONFIG dark_mode IF VERSION 1 ADD SEGMENT beta 10% FIRST, SET dark VALUES (beta = TRUE)",
};

impl AlterConfig {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, scene: &Scene<'_>) -> Result<Plan> {
        let config = scene.usable_config(&self.name)?;
        self.refuse_conflict(config)?;
        let Some(newest) = config.newest() else { return Ok(Plan::unchanged("it has no version")) };
        let mut matrix = Matrix::of(scene, config, newest);
        for action in &self.actions {
            apply(&action.node, scene, config, &mut matrix).map_err(|e| e.at(action.span))?;
        }
        matrix.settle_columns()?;
        let version = matrix.version(config.newest + 1);
        let renamed = matrix.name != config.head.name;
        let edited = !version.same_content(newest);
        let mut draft = scene.draft();
        if renamed {
            let head = ConfigHead { name: matrix.name.clone(), ..config.head.clone() };
            draft.push(Change::Config { head, comment: None })?;
        }
        if edited {
            matrix.new_salts(&config.salts).into_iter().try_for_each(|salt| draft.push(salt))?;
            draft.push(Change::Version(Arc::new(version)))?;
        }
        let keys = self.actions.iter().filter_map(|action| match &action.node {
            Action::AddKey(column) | Action::SetKey(column) => Some(&column.key),
            _ => None,
        });
        hold_to_rules(&draft, config.head.id, self.name.span, keys)?;
        let (name, kind) = (&matrix.name, ObjectKind::Config);
        Ok(match (renamed, edited) {
            (_, true) => {
                let effect = Effect::of(Operation::Drafted, kind, name);
                draft.end(effect.with_version(config.newest + 1))
            }
            (true, false) => {
                draft.done(Operation::Renamed { from: config.head.name.clone() }, kind, name)
            }
            (false, false) => Plan::unchanged(format!("config {name} is like that already")),
        })
    }

    fn refuse_conflict(&self, config: &Config) -> Result<()> {
        match &self.if_version {
            Some(expected) if expected.node != u64::from(config.newest) => {
                let hint = format!("`DESCRIBE CONFIG {}` shows the newest", config.head.name);
                let (config, newest) = (config.head.name.clone(), config.newest);
                let error = ErrorKind::VersionConflict { config, newest, expected: expected.node };
                Err(Error::from(error).at(expected.span).hint(hint))
            }
            _ => Ok(()),
        }
    }
}

fn apply(
    action: &Action,
    scene: &Scene<'_>,
    config: &Config,
    matrix: &mut Matrix<'_>,
) -> Result<()> {
    match action {
        Action::SetDescription(text) => matrix.description = Some(scene.parameters.text(text)?),
        Action::Rename(name) => {
            refuse_used_name(scene, name, Some(config.head.id))?;
            matrix.name = name.node.clone();
        }
        Action::SetSegments(rows) => matrix.set_rows(rows)?,
        Action::AddSegment { row, position } => matrix.add_row(row, position.as_ref())?,
        Action::MoveSegment { segment, position } => matrix.move_row(segment, position)?,
        Action::DropSegment(segment) => matrix.drop_row(segment)?,
        Action::SetRollout { segment, share } => matrix.set_rollout(segment, share.node)?,
        Action::AddKey(column) => matrix.add_column(column)?,
        Action::DropKey(key) => matrix.drop_column(key)?,
        Action::SetKey(column) => matrix.set_column(column)?,
    }
    Ok(())
}
