//! Tables that queries read: those of `SHOW`, and more, with the columns that queries know.

mod asked;
mod delivery;
mod event;
mod history;
mod listed;
mod lookup;
mod made;
mod object;
mod person;
mod publication;
mod traffic;
mod usage;
mod version;
mod wanted;

pub(super) use lookup::{Lookups, Wish};

use std::ops::ControlFlow;

use super::budget::Budget;
use super::rows::{Column, Schema};
use super::view::View;
use crate::error::Result;
use crate::eval::{Program, Snapshot};
use crate::model::Datum;

/// Row of a table.
pub(super) type Row = Vec<Datum>;

/// Whether more rows are wanted.
pub(super) type Flow = Result<ControlFlow<()>>;

/// Taker of the rows of a table.
pub(super) type Sink<'s> = dyn FnMut(Row) -> Flow + 's;

/// Table that queries read.
pub(super) struct Table {
    name: &'static str,
    columns: &'static [Column],
    /// The columns by which its rows are found, with what is wanted of them: the others are not read.
    looked_up: fn(&Lookups) -> &'static [&'static str],
    /// More columns, which are tested before a row is made of what was read.
    tested: &'static [&'static str],
    about: About,
    /// The columns by which its rows are sorted, if they are not found in their order.
    sorted_by: &'static [usize],
    /// Whether its rows come in the order of its first column.
    in_order: bool,
    scan: fn(&Reading<'_>, &mut Sink<'_>) -> Flow,
}

/// What the rows of a table are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// Objects of the store.
    Objects,
    /// A user each, of whom more may be asked.
    Users,
    /// What users get.
    Evaluations,
}

/// What a scan of a table goes by.
pub(super) struct Reading<'r> {
    /// The store at the instant of the table.
    pub(super) view: &'r View<'r>,
    /// The state that users are evaluated in.
    pub(super) snapshot: &'r Snapshot,
    /// Whether the rows are to come in the order of the table.
    pub(super) is_sorted: bool,
    /// Whether it is of recorded contexts, not of users.
    pub(super) is_traffic: bool,
    /// Which columns are read: the others need not be made.
    pub(super) wanted: &'r [bool],
    pub(super) lookups: &'r Lookups,
    /// What is asked of the user of each row.
    pub(super) people: &'r [Program],
    pub(super) budget: &'r Budget<'r>,
}

/// The tables, by name.
static TABLES: [&Table; 17] = [
    &listed::ATTRIBUTES,
    &version::CELLS,
    &object::CONFIGS,
    &delivery::DELIVERIES,
    &asked::EVALUATIONS,
    &event::EVENTS,
    &history::HISTORY,
    &object::KEYS,
    &asked::MEMBERSHIPS,
    &publication::PUBLICATIONS,
    &listed::RETENTION,
    &version::ROWS,
    &object::SEGMENTS,
    &traffic::TRAFFIC,
    &person::USERS,
    &usage::USES,
    &version::VERSIONS,
];

impl Table {
    /// Every table, by name.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        TABLES.into_iter()
    }

    /// The table with a name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|table| table.name == name)
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Whether each row is about a user, of whom a query may ask what a segment may ask.
    pub(super) fn is_about_users(&self) -> bool {
        self.about == About::Users
    }

    /// Whether it is of what users get, so that a version may be pretended to be live.
    pub(super) fn is_of_evaluations(&self) -> bool {
        self.about == About::Evaluations
    }

    /// The columns of which only some values are wanted: those by which rows are found, and those that are tested.
    pub(super) fn narrowed(&self, lookups: &Lookups) -> [Vec<&'static str>; 2] {
        let by = (self.looked_up)(lookups);
        let (found, tested) = lookups.columns().partition(|column| by.contains(column));
        [found, tested]
    }

    /// The columns by which its rows are sorted, if that is work.
    pub(super) fn sorted_by(&self) -> &'static [usize] {
        self.sorted_by
    }

    /// The column by whose values its rows come in order.
    pub(super) fn in_order_of(&self) -> Option<usize> {
        self.in_order.then_some(0)
    }

    /// Hands over the rows, until no more are wanted.
    pub(super) fn scan(&self, reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
        (self.scan)(reading, sink)
    }
}

/// Returns every table that `SELECT` reads, with its columns.
///
/// ```
/// let users = pcq::query_tables().find(|table| table.name() == "users").unwrap();
/// assert!(users.columns().iter().any(|column| column.name() == "attributes"));
/// ```
pub fn query_tables() -> impl Iterator<Item = Schema> {
    Table::all().map(|table| Schema { name: table.name, columns: table.columns })
}

impl Reading<'_> {
    /// A row, of which only the columns are made that are read.
    fn row<const WIDTH: usize>(&self, cells: [&dyn Fn() -> Datum; WIDTH]) -> Row {
        let cells = cells.iter().zip(self.wanted);
        cells.map(|(cell, wanted)| if *wanted { cell() } else { Datum::NULL }).collect()
    }

    /// Whether one of some columns is read.
    fn wants(&self, mut columns: std::ops::Range<usize>) -> bool {
        columns.any(|column| self.wanted.get(column) == Some(&true))
    }
}

/// Hands rows over, until no more are wanted.
pub(super) fn hand_over(rows: impl IntoIterator<Item = Row>, sink: &mut Sink<'_>) -> Flow {
    for row in rows {
        if sink(row)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
