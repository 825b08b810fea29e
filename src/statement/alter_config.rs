//! `ALTER CONFIG`: edits that make one new version of a config.

use std::fmt;

use super::binder::Binder;
use super::edit::{self, refuse_used_name};
use super::layout::Clauses;
use super::matrix::Matrix;
use super::plan::Plan;
use super::{
    Action, ColumnSpec, Help, Position, RolloutSpec, RowSpec, given, named, segment, text,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Config, Given, Literal, Name, Role, Spanned};
use crate::syntax::{Node, Rule};

/// `ALTER CONFIG name [IF VERSION n] action, …`
#[derive(Clone, Debug, PartialEq)]
pub struct AlterConfig {
    /// Which config.
    pub name: Spanned<Name>,
    /// The number that the newest version must have.
    pub if_version: Option<Spanned<Given<u64>>>,
    /// What is done, in this order.
    pub actions: Vec<Spanned<Action>>,
}

impl AlterConfig {
    /// The role that it needs: a name is seen at once, all else only when it is published.
    pub(super) fn role(&self) -> Role {
        let renames = self.actions.iter().any(|action| matches!(action.node, Action::Rename(_)));
        if renames { Role::Publish } else { Role::Draft }
    }

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
        self.if_version = Some(given(version));
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
    pub fn rollout<N>(self, name: N, rollout: impl Into<RolloutSpec>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let (segment, rollout) = (segment(name)?, rollout.into());
        Ok(self.action(Action::SetRollout { segment, rollout }))
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
        let if_version = children.whole_after(Rule::k_version)?;
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

impl fmt::Display for AlterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.if_version.as_ref();
        let expected =
            expected.map_or_else(String::new, |version| format!(" IF VERSION {version}"));
        let mut clauses = Clauses::new(format!("ALTER CONFIG {}{expected}", self.name));
        clauses.list(self.actions.iter().map(|action| action.node.clause()));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ALTER CONFIG",
    syntax: "ALTER CONFIG <name> [IF VERSION <n>] <action>, …",
    summary: "makes one new version of a config: SET, ADD, MOVE, DROP, RENAME TO",
    example: "ALTER CONFIG dark_mode IF VERSION 1 ADD SEGMENT beta 10% FIRST, SET dark VALUES (beta = TRUE)",
};

impl AlterConfig {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let config = binder.usable_config(&self.name)?;
        self.refuse_conflict(binder, config)?;
        let Some(newest) = config.newest() else { return Ok(Plan::unchanged("it has no version")) };
        let mut matrix = Matrix::of(binder, config, newest);
        for action in &self.actions {
            apply(&action.node, binder, config, &mut matrix).map_err(|e| e.at(action.span))?;
        }
        let keys = self.actions.iter().filter_map(|action| match &action.node {
            Action::AddKey(column) | Action::SetKey(column) => Some(&column.key),
            _ => None,
        });
        edit::end(binder, config, &matrix, self.name.span, keys)
    }

    fn refuse_conflict(&self, binder: &Binder<'_>, config: &Config) -> Result<()> {
        let expected = self.if_version.as_ref().map(|number| binder.parameters.whole(number));
        match expected.transpose()? {
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

/// Takes the action on a version that is being edited.
pub(super) fn apply(
    action: &Action,
    binder: &Binder<'_>,
    config: &Config,
    matrix: &mut Matrix<'_>,
) -> Result<()> {
    match action {
        Action::SetDescription(text) => matrix.description = Some(binder.parameters.text(text)?),
        Action::Rename(name) => {
            refuse_used_name(binder, name, Some(config.head.id))?;
            matrix.name = name.node.clone();
        }
        Action::SetSegments(rows) => matrix.set_rows(rows)?,
        Action::AddSegment { row, position } => matrix.add_row(row, position.as_ref())?,
        Action::MoveSegment { segment, position } => matrix.move_row(segment, position)?,
        Action::DropSegment(segment) => matrix.drop_row(segment)?,
        Action::SetRollout { segment, rollout } => matrix.set_rollout(segment, rollout)?,
        Action::AddKey(column) => matrix.add_column(column)?,
        Action::DropKey(key) => matrix.drop_column(key)?,
        Action::SetKey(column) => matrix.set_column(column)?,
    }
    Ok(())
}
