//! Plans: how a query is answered, as data.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use super::answer::{Answers, Wanted};
use super::column::Column;
use super::expression::{Expression, Row};
use super::group::Grouping;
use super::shown::Shown;
use crate::eval::{Program, Snapshot, instant};
use crate::model::{Datum, Expr, Span};
use crate::query::bulk::Bulk;
use crate::query::table::{Lookups, Table};
use crate::query::view::View;

/// Step of a plan, and those before it.
pub(super) enum Plan<'v> {
    /// One row without columns.
    Nothing,
    /// The rows of a table.
    Scan(Box<Scan<'v>>),
    /// The rows of a `SHOW` or a `PREVIEW`.
    Shown(Box<Shown<'v>>),
    /// The rows of a query that has a name.
    Common(Rc<Common<'v>>),
    /// The rows for which a condition is true.
    Filter { input: Box<Self>, condition: Expression, text: String },
    /// Pairs of rows.
    Join(Box<Join<'v>>),
    /// A row for each group: what it is grouped by, then its aggregates.
    Group { input: Box<Self>, grouping: Grouping, text: String },
    /// Other columns.
    Project { input: Box<Self>, items: Vec<Expression>, text: String },
    /// Each row once.
    Distinct { input: Box<Self> },
    /// Sorted rows, without what they are sorted by: as many columns as are wanted stay.
    Sort { input: Box<Self>, keys: Vec<Key>, first: Option<usize>, width: usize, text: String },
    /// Some of the rows.
    Limit { input: Box<Self>, offset: usize, limit: Option<usize> },
    /// The rows of both.
    Append { left: Box<Self>, right: Box<Self> },
    /// The rows on the left that are, or are not, on the right.
    Compare { left: Box<Self>, right: Box<Self>, keeps_same: bool },
}

impl Plan<'_> {
    /// The place by whose values the rows come in order, if there is one; `NULL` is none of them.
    pub(super) fn in_order_of(&self) -> Option<usize> {
        match self {
            // contexts without a user come first
            Self::Scan(scan) => scan.table.in_order_of().filter(|_| !scan.is_traffic),
            Self::Filter { input, .. } => input.in_order_of(),
            Self::Join(join) => join.left.in_order_of(),
            _ => None,
        }
    }
}

/// Scan of a table.
pub(super) struct Scan<'v> {
    pub(super) table: &'static Table,
    /// The store at the instant of the table.
    pub(super) view: Rc<Seen<'v>>,
    /// The state in which a version is pretended to be live.
    pub(super) under: Option<Snapshot>,
    /// Whether it is of recorded contexts, not of users.
    pub(super) is_traffic: bool,
    /// What is asked of the user of each row; these columns come after those of the table.
    pub(super) people: Vec<Program>,
    /// Whether its rows come in the order of the table.
    pub(super) is_sorted: bool,
    /// Which columns are read.
    pub(super) wanted: Vec<bool>,
    /// Which values some columns may have.
    pub(super) lookups: Lookups,
    pub(super) condition: Option<Expression>,
    pub(super) text: Option<String>,
}

/// The store as a table sees it.
pub(super) enum Seen<'v> {
    Now(&'v View<'v>),
    At(Box<View<'v>>),
}

impl Seen<'_> {
    pub(super) fn view(&self) -> &View<'_> {
        match self {
            Self::Now(view) => view,
            Self::At(view) => view,
        }
    }
}

/// Query that has a name: its rows are found once.
pub(super) struct Common<'v> {
    pub(super) name: Arc<str>,
    pub(super) columns: Vec<Column>,
    pub(super) plan: Plan<'v>,
    pub(super) rows: OnceCell<Bulk<Vec<Row>>>,
}

/// Join of the rows of two plans.
pub(super) struct Join<'v> {
    pub(super) left: Plan<'v>,
    pub(super) right: Plan<'v>,
    /// What must be equal: pairs are found by it.
    pub(super) equal: Vec<Equality>,
    /// Whether both come in the order of the one value that must be equal, so that pairs are found side by side.
    pub(super) is_merged: bool,
    /// What else must be true of a pair.
    pub(super) condition: Option<Expression>,
    /// How many columns the right has, if rows on the left without a match are kept.
    pub(super) outer: Option<usize>,
    pub(super) text: String,
}

/// What must be equal in a pair of rows.
pub(super) struct Equality {
    pub(super) left: Expression,
    pub(super) right: Expression,
    /// Whether some values may be instants beside others that are read as such: then pairs are found by what may be read
    /// so, and are asked for the equality itself.
    pub(super) is_rough: bool,
}

impl Equality {
    /// What one side has in a row.
    pub(super) fn key(&self, side: &Expression, row: &[Datum], answers: &Answers) -> Datum {
        let value = side.value(row, answers);
        let at = if self.is_rough { instant(&value) } else { None };
        at.map_or(value, Datum::from)
    }
}

/// What rows are sorted by.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) place: usize,
    pub(super) descending: bool,
    pub(super) nulls_first: Option<bool>,
}

/// Plan with the columns of its rows.
pub(super) struct Planned<'v> {
    pub(super) plan: Plan<'v>,
    pub(super) columns: Vec<Column>,
}

/// Query within the query, which is answered before it.
pub(super) struct Subquery<'v> {
    pub(super) plan: Plan<'v>,
    pub(super) wanted: Wanted,
    pub(super) span: Span,
}

/// The text of conditions that must all be true.
pub(super) fn all_of(conditions: &[Expr]) -> Option<Expr> {
    match conditions {
        [] => None,
        [only] => Some(only.clone()),
        _ => Some(Expr::unplaced(crate::model::ExprKind::And(conditions.to_vec()))),
    }
}
