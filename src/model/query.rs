//! Queries as they were written: what a `SELECT` asks, each part with its place in the text.
//!
//! Expressions have queries in them, so these are of whatever expressions are.

use std::sync::Arc;

use super::{Given, Instant, Name, Spanned};

/// A query: one or more blocks put together, and what is made of their rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<E> {
    /// The queries that it gives names to.
    pub commons: Vec<Common<E>>,
    /// The first block.
    pub first: Block<E>,
    /// The blocks that are put together with it. `INTERSECT` binds tighter than the others.
    pub others: Vec<(SetOperator, Block<E>)>,
    /// What its rows are sorted by.
    pub order: Vec<Sort<E>>,
    /// How many rows at most.
    pub limit: Option<Spanned<Given<u64>>>,
    /// How many rows are passed over before that.
    pub offset: Option<Spanned<Given<u64>>>,
    /// The instant that its tables are read as of.
    pub as_of: Option<Spanned<Instant>>,
}

/// `WITH name AS (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Common<E> {
    /// What its rows are called.
    pub name: Spanned<Name>,
    /// Where they come from.
    pub rows: Rowset<E>,
}

/// Rows in parentheses.
#[derive(Clone, Debug, PartialEq)]
pub enum Rowset<E> {
    /// Those of a query.
    Query(Box<Query<E>>),
    /// Those of a `SHOW` or a `PREVIEW`, which is kept as a text: its node is of a higher layer.
    Shown(Spanned<Arc<str>>),
}

/// `SELECT … FROM … WHERE … GROUP BY … HAVING …`
#[derive(Clone, Debug, PartialEq)]
pub struct Block<E> {
    /// Whether each row is wanted once.
    pub distinct: bool,
    /// The columns that it makes.
    pub items: Vec<Spanned<Item<E>>>,
    /// Where its rows come from.
    pub sources: Vec<Source<E>>,
    /// Which of them.
    pub condition: Option<E>,
    /// What they are grouped by.
    pub groups: Vec<E>,
    /// Which of the groups.
    pub having: Option<E>,
}

/// A column that a query makes, or all of some source.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<E> {
    /// `*`
    All,
    /// `source.*`
    AllOf(Spanned<Name>),
    /// An expression, and what its column is called.
    Expr(E, Option<Spanned<Name>>),
}

/// Rows that a query reads, and how they are joined to those on their left.
#[derive(Clone, Debug, PartialEq)]
pub struct Source<E> {
    /// How they are joined; of the first it says nothing.
    pub join: Join,
    /// The rows.
    pub rows: Spanned<SourceRows<E>>,
    /// What they are called.
    pub alias: Option<Spanned<Name>>,
    /// Which pairs are joined.
    pub on: Option<E>,
}

/// Rows of a source.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceRows<E> {
    /// Those of a table, or of a query that has a name.
    Table(TableRef),
    /// Those in parentheses.
    Derived(Rowset<E>),
}

/// `table [UNDER CONFIG c VERSION n] [FOR TRAFFIC] [AS OF timestamp]`
#[derive(Clone, Debug, PartialEq)]
pub struct TableRef {
    /// The name of the table.
    pub name: Spanned<Name>,
    /// A version to pretend live.
    pub under: Option<Spanned<Under>>,
    /// Whether it is of recorded contexts instead of users.
    pub traffic: Spanned<bool>,
    /// The instant that it is read as of.
    pub as_of: Option<Spanned<Instant>>,
}

/// `UNDER CONFIG name [VERSION n]`
#[derive(Clone, Debug, PartialEq)]
pub struct Under {
    /// Which config.
    pub config: Spanned<Name>,
    /// Which version of it; `None` is the newest.
    pub version: Option<Spanned<Given<u64>>>,
}

/// How two sources are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// `,`
    Comma,
    /// `CROSS JOIN`
    Cross,
    /// `JOIN`
    Inner,
    /// `LEFT JOIN`: rows on the left that have no match are kept.
    Left,
}

/// How the rows of two blocks are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// `UNION`: each row once.
    Union,
    /// `UNION ALL`
    UnionAll,
    /// `EXCEPT`: those of the first that are none of the second.
    Except,
    /// `INTERSECT`: those that are in both.
    Intersect,
}

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort<E> {
    /// The value.
    pub expr: E,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether `NULL` comes first, if that is said.
    pub nulls_first: Option<bool>,
}

/// Aggregate over the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Fold {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    List,
}

impl Fold {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Count, Self::Sum, Self::Avg, Self::Min, Self::Max, Self::List];

    /// The word of the language for it.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::List => "LIST",
        }
    }
}

impl<E> Query<E> {
    /// The blocks, in the order in which they are written.
    pub fn blocks(&self) -> impl Iterator<Item = &Block<E>> {
        std::iter::once(&self.first).chain(self.others.iter().map(|(_, block)| block))
    }
}
