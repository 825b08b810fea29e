//! Specs of rows, columns and cells, as several statements write them.

use std::fmt;
use std::sync::Arc;

use super::canonical::{self, join, optional};
use super::layout::Clause;
use super::{SegmentRef, Text, given, named, segment, text};
use crate::error::{Error, Result};
use crate::model::{Given, Literal, Name, Path, Share, Spanned, Value, write_path, write_step};
use crate::syntax::{Cursor, Node, Rule};

/// A segment's place in a config: `segment [12.5% [BY attribute]] [SALT '…']`.
#[derive(Clone, Debug, PartialEq)]
pub struct RowSpec {
    /// The segment; `None` is `EVERYONE`.
    pub segment: SegmentRef,
    /// The share of its users who get the row.
    pub rollout: Option<RolloutSpec>,
    /// What its shares are hashed with.
    pub salt: Option<Text>,
}

/// The share of a segment's users who get a row: `12.5% [BY attribute]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutSpec {
    /// The share.
    pub share: Spanned<Given<Share>>,
    /// The attribute of whose values it is a share, instead of users; `user_id` gives an earlier one up.
    pub by: Option<Spanned<Path>>,
}

/// A key of a config and its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSpec {
    /// The key.
    pub key: Spanned<Name>,
    /// Its cells.
    pub cells: CellsSpec,
}

/// The cells of a key as they are written.
#[derive(Clone, Debug, PartialEq)]
pub enum CellsSpec {
    /// Nothing is said: all are blank.
    Blank,
    /// `= cell`: the same for every segment.
    All(CellSpec),
    /// `VALUES (segment = cell, …)`; `None` is `BLANK`, which only `ALTER CONFIG … SET` takes.
    Some(Vec<(SegmentRef, Option<CellSpec>)>),
}

/// Cell of a row and a key, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum CellSpec {
    /// One value.
    Value(Spanned<Literal>),
    /// `SPLIT (…)`
    Split(Spanned<SplitSpec>),
}

/// `SPLIT (arm, …) [BY attribute] [KEEPING USERS]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SplitSpec {
    /// The arms, in the order of their buckets.
    pub arms: Vec<ArmSpec>,
    /// What is hashed instead of the user's id.
    pub by: Option<Spanned<Path>>,
    /// Whether the arms are laid out over those of the cell before, so that as few users as possible change theirs; only
    /// where a config is altered.
    pub keeping_users: bool,
}

/// `[name:] 12.5% value`
#[derive(Clone, Debug, PartialEq)]
pub struct ArmSpec {
    /// Its name, if it has one.
    pub name: Option<Spanned<Arc<str>>>,
    /// The share of the users who get it.
    pub share: Spanned<Given<Share>>,
    /// What they get.
    pub value: Spanned<Literal>,
}

impl CellsSpec {
    /// The cells that are said, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = &CellSpec> {
        let (one, some) = match self {
            Self::Blank => (None, &[][..]),
            Self::All(cell) => (Some(cell), &[][..]),
            Self::Some(cells) => (None, &cells[..]),
        };
        one.into_iter().chain(some.iter().filter_map(|(_, cell)| cell.as_ref()))
    }
}

impl ColumnSpec {
    /// The same, without its values: for who may not see them.
    pub(crate) fn hidden(self) -> Self {
        let cells = match self.cells {
            CellsSpec::Blank => CellsSpec::Blank,
            CellsSpec::All(cell) => CellsSpec::All(cell.hidden()),
            CellsSpec::Some(cells) => {
                let hide =
                    |(segment, cell): (_, Option<CellSpec>)| (segment, cell.map(CellSpec::hidden));
                CellsSpec::Some(cells.into_iter().map(hide).collect())
            }
        };
        Self { cells, ..self }
    }
}

impl CellSpec {
    /// The same, without its values: for who may not see them.
    pub(crate) fn hidden(mut self) -> Self {
        match &mut self {
            Self::Value(value) => value.node = Literal::hidden(),
            Self::Split(split) => {
                split.node.arms.iter_mut().for_each(|arm| arm.value.node = Literal::hidden());
            }
        }
        self
    }
}

impl RowSpec {
    /// The row of a segment; `"EVERYONE"` is the built-in one.
    pub fn new<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { segment: segment(name)?, rollout: None, salt: None })
    }

    /// The share of the segment's users who get the row.
    #[must_use]
    pub fn rollout(mut self, rollout: impl Into<RolloutSpec>) -> Self {
        self.rollout = Some(rollout.into());
        self
    }

    /// What the row's shares are hashed with.
    #[must_use]
    pub fn salt(mut self, salt: impl Into<Literal>) -> Self {
        self.salt = Some(text(salt));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let segment = children.segment()?;
        let rollout = children.accept(Rule::rollout).map(|node| RolloutSpec::build(&node));
        let salt = children.literal_after(Rule::k_salt)?;
        Ok(Self { segment, rollout: rollout.transpose()?, salt })
    }
}

impl RolloutSpec {
    /// A share of users.
    #[must_use]
    pub fn new(share: Share) -> Self {
        Self { share: given(share), by: None }
    }

    /// The attribute of whose values it is a share, by its steps.
    pub fn by<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        self.by = Some(path(steps)?.into());
        Ok(self)
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let share = children.share()?;
        let by = if children.saw(Rule::k_by) { Some(children.path()?) } else { None };
        Ok(Self { share, by })
    }
}

impl From<Share> for RolloutSpec {
    fn from(share: Share) -> Self {
        Self::new(share)
    }
}

impl fmt::Display for RolloutSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.share.fmt(f)?;
        write_by(f, self.by.as_ref())
    }
}

/// Writes the attribute that is hashed, if one is said.
fn write_by(f: &mut fmt::Formatter<'_>, by: Option<&Spanned<Path>>) -> fmt::Result {
    by.map_or(Ok(()), |by| {
        f.write_str(" BY ")?;
        write_path(f, &by.node)
    })
}

/// The path of an attribute, by its steps.
fn path<'a>(steps: impl IntoIterator<Item = &'a str>) -> Result<Path> {
    steps.into_iter().map(|step| Ok(Name::new(step)?.to_arc())).collect()
}

impl TryFrom<&str> for RowSpec {
    type Error = Error;

    fn try_from(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

impl fmt::Display for RowSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&canonical::segment(&self.segment))?;
        if let Some(rollout) = &self.rollout {
            write!(f, " {rollout}")?;
        }
        optional(f, "SALT", self.salt.as_ref())
    }
}

impl ColumnSpec {
    /// A key whose cells are blank.
    pub fn blank<N>(key: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { key: named(key)?, cells: CellsSpec::Blank })
    }

    /// A key that has the same cell in every row.
    pub fn all<N>(key: N, cell: impl Into<CellSpec>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { key: named(key)?, cells: CellsSpec::All(cell.into()) })
    }

    /// Gives a segment's row a cell, after those that were given before.
    pub fn cell<N>(self, name: N, cell: impl Into<CellSpec>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.with(segment(name)?, Some(cell.into())))
    }

    /// Makes the cell of a segment's row blank; only where a config is altered.
    pub fn blank_cell<N>(self, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.with(segment(name)?, None))
    }

    fn with(mut self, segment: SegmentRef, cell: Option<CellSpec>) -> Self {
        let mut cells = if let CellsSpec::Some(cells) = self.cells { cells } else { Vec::new() };
        cells.push((segment, cell));
        self.cells = CellsSpec::Some(cells);
        self
    }

    /// Builds a key and what follows it, also in an action.
    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let key = children.name()?;
        let cells = match children.peek() {
            None => CellsSpec::Blank,
            Some(Rule::values | Rule::some_values) => values(&children.node()?)?,
            Some(_) => CellsSpec::All(CellSpec::build(&children.operand()?)?),
        };
        Ok(Self { key, cells })
    }
}

impl ColumnSpec {
    /// The key and its cells as a clause, with words before it.
    pub(super) fn clause(&self, words: &str) -> Clause {
        let key = &self.key;
        match &self.cells {
            CellsSpec::Blank => format!("{words}{key}").into(),
            CellsSpec::All(cell) => format!("{words}{key} = {cell}").into(),
            CellsSpec::Some(cells) => {
                let cells = cells.iter().map(|(segment, cell)| value_of(segment, cell.as_ref()));
                let cells: Vec<_> = cells.collect();
                Clause::of_list(format!("{words}{key} VALUES ("), &cells, ")")
            }
        }
    }
}

impl fmt::Display for ColumnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clause("").fmt(f)
    }
}

fn value_of(segment: &SegmentRef, cell: Option<&CellSpec>) -> String {
    let segment = canonical::segment(segment);
    cell.map_or_else(|| format!("{segment} = BLANK"), |cell| format!("{segment} = {cell}"))
}

fn values(node: &Node<'_>) -> Result<CellsSpec> {
    let cells =
        node.children().filter(|child| matches!(child.rule(), Rule::value_of | Rule::some_value));
    let cells = cells.map(|cell| {
        let mut children = cell.children();
        let segment = children.segment()?;
        children.saw(Rule::equals);
        if children.saw(Rule::k_blank) {
            return Ok((segment, None));
        }
        Ok((segment, Some(CellSpec::build(&children.node()?)?)))
    });
    cells.collect::<Result<_>>().map(CellsSpec::Some)
}

/// The rows of a list of segments.
pub(super) fn rows(node: &Node<'_>) -> Result<Vec<RowSpec>> {
    let rows = node.children().filter(|child| child.rule() == Rule::row);
    rows.map(|row| RowSpec::build(&row)).collect()
}

/// The columns of a list of keys.
pub(super) fn columns(node: &Node<'_>) -> Result<Vec<ColumnSpec>> {
    let columns = node.children().filter(|child| child.rule() == Rule::column);
    columns.map(|column| ColumnSpec::build(&column)).collect()
}

impl CellSpec {
    fn build(node: &Node<'_>) -> Result<Self> {
        if matches!(node.rule(), Rule::split | Rule::kept_split) {
            return Ok(Self::Split(node.spanned(SplitSpec::build(node.children())?)));
        }
        // a walk of its own, as the node itself is the literal
        Ok(Self::Value(node.literal()?))
    }
}

impl<T: Into<Value>> From<T> for CellSpec {
    fn from(value: T) -> Self {
        Self::Value(text(value))
    }
}

impl From<Literal> for CellSpec {
    fn from(literal: Literal) -> Self {
        Self::Value(literal.into())
    }
}

impl From<SplitSpec> for CellSpec {
    fn from(split: SplitSpec) -> Self {
        Self::Split(split.into())
    }
}

impl fmt::Display for CellSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Split(split) => split.fmt(f),
        }
    }
}

impl SplitSpec {
    /// A split without arms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An arm with a name, after those before it.
    pub fn arm<N>(mut self, name: N, share: Share, value: impl Into<Literal>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let name = Some(named(name)?.node.to_arc().into());
        self.arms.push(ArmSpec { name, share: given(share), value: text(value) });
        Ok(self)
    }

    /// An arm that goes by its place, after those before it.
    #[must_use]
    pub fn unnamed(mut self, share: Share, value: impl Into<Literal>) -> Self {
        self.arms.push(ArmSpec { name: None, share: given(share), value: text(value) });
        self
    }

    /// What is hashed instead of the user's id: the steps of an attribute.
    pub fn by<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        self.by = Some(path(steps)?.into());
        Ok(self)
    }

    /// Lays the arms out over those of the cell that it replaces, so that as few users as possible change theirs; only
    /// where a config is altered.
    #[must_use]
    pub fn keeping_users(mut self) -> Self {
        self.keeping_users = true;
        self
    }

    fn build(mut children: Cursor<'_>) -> Result<Self> {
        let mut split = Self::new();
        while let Some(child) = children.next() {
            match child.rule() {
                Rule::arm => split.arms.push(ArmSpec::build(child.children())?),
                Rule::k_by => split.by = Some(children.path()?),
                Rule::k_keeping => split.keeping_users = true,
                _ => {}
            }
        }
        Ok(split)
    }
}

impl fmt::Display for SplitSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SPLIT ({})", join(&self.arms))?;
        write_by(f, self.by.as_ref())?;
        f.write_str(if self.keeping_users { " KEEPING USERS" } else { "" })
    }
}

impl ArmSpec {
    fn build(mut children: Cursor<'_>) -> Result<Self> {
        let named = children.peek() == Some(Rule::simple);
        let name = if named { Some(children.name()?) } else { None };
        let name = name.map(|name| Spanned::new(name.node.to_arc(), name.span));
        children.saw(Rule::colon);
        Ok(Self { name, share: children.share()?, value: children.literal()? })
    }
}

impl fmt::Display for ArmSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write_step(f, &name.node, true)?;
            f.write_str(": ")?;
        }
        write!(f, "{} {}", self.share, self.value)
    }
}
