//! Relations: the tables that `SHOW` selects from, one a file.

mod attribute;
mod change;
mod config;
mod config_stats;
mod event;
mod history;
mod key;
mod key_stats;
mod retention;
mod scan;
mod schedule;
mod segment;
mod sentence;
mod user;
mod version;
mod walk;

pub(super) use attribute::SCHEMA as ATTRIBUTES;
pub(super) use change::Changes;
pub(super) use config::row as config_row;
pub(super) use config_stats::{ConfigStats, segment_name};
pub(super) use event::SCHEMA as EVENTS;
pub(super) use history::{History, SCHEMA as HISTORY, Teller};
pub(super) use key::row as key_row;
pub(super) use key_stats::{KeyStats, SCHEMA as KEY_STATS};
pub(super) use retention::SCHEMA as RETENTION;
pub(super) use scan::Scan;
pub(super) use segment::row as segment_row;
pub(super) use version::Versions;
pub(super) use walk::{Ids, each_user, each_user_asked, each_user_of, each_with_facts};

use super::filter::Selection;
use super::rows::{Column, ColumnKind, Form, Row, Rows, Schema};
use super::value;
use super::view::View;
use crate::error::Result;
use crate::statement::{Filter, Table};

/// Relation: typed columns, and rows that a view has of them.
pub(super) trait Relation {
    /// Its name and its columns.
    fn schema(&self) -> &'static Schema;

    /// Whether each row is about a user, so that a condition may ask of the user what a segment may ask.
    fn is_about_users(&self) -> bool {
        false
    }

    /// The column by which rows are listed that are wanted in no other order, if they are not scanned so.
    fn listed_by(&self, _view: &View<'_>) -> Option<usize> {
        None
    }

    /// The column of a row in which there is a text of a key of type `JSON`, if there is one that is shown.
    fn json_text(&self, _view: &View<'_>, _row: &Row) -> Option<usize> {
        None
    }

    /// The columns of a row in which there is such a text.
    fn json_texts(&self, view: &View<'_>, row: &Row) -> Vec<usize> {
        self.json_text(view, row).into_iter().collect()
    }

    /// Completes the rows that are wanted, with what would be too much work for all.
    fn complete(&self, _view: &View<'_>, _rows: &mut [Row]) -> Result<()> {
        Ok(())
    }

    /// Hands over the rows, until no more are wanted.
    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()>;
}

/// The relation of a table.
pub(super) fn of(table: Table) -> &'static dyn Relation {
    match table {
        Table::Keys => &key::Keys,
        Table::Segments => &segment::Segments,
        Table::Configs => &config::Configs,
        Table::Schedule => &schedule::Schedule,
        Table::Users => &user::Users,
        Table::Events => &event::Events,
        Table::Retention => &retention::Retention,
        Table::Attributes => &attribute::Attributes,
    }
}

/// Returns every table that `SHOW` lists, with its columns.
///
/// ```
/// let keys = pcq::tables().find(|table| table.name() == "KEYS").unwrap();
/// assert!(keys.columns().iter().any(|column| column.name() == "default"));
/// ```
pub fn tables() -> impl Iterator<Item = &'static Schema> {
    let others = [&history::SCHEMA, &config_stats::SCHEMA, &key_stats::SCHEMA, &change::SCHEMA];
    let tables = Table::ALL.iter().map(|table| of(*table).schema());
    tables.chain(&version::SCHEMAS).chain(others)
}

/// The columns of `SHOW STATS FOR CONFIG`, by which its rows are told from those of other statements.
pub const STATS_COLUMNS: &[Column] = config_stats::SCHEMA.columns;

/// Columns of `SHOW COUNT OF`.
pub(super) const COUNT: &[Column] =
    &[Column::of("count", ColumnKind::Integer, "how many rows there are")];

/// The columns of the rows of a relation, or of how many they are.
pub(super) fn listed(relation: &dyn Relation, counts: bool) -> &'static [Column] {
    if counts { COUNT } else { relation.schema().columns() }
}

/// The rows of a relation that a filter lets through, in the order and as many as it wants.
pub(super) fn select(relation: &dyn Relation, view: &View<'_>, filter: &Filter) -> Result<Rows> {
    let mut scan = scan(relation, view, filter)?;
    relation.scan(view, &mut scan)?;
    let notes = scan.take_notes();
    let mut rows = scan.into_rows()?;
    relation.complete(view, &mut rows)?;
    let rows = Rows::new(relation.schema().columns(), rows).noting(notes);
    let texts = rows.rows().iter().zip(0..);
    let texts = texts.flat_map(|(row, index)| {
        relation.json_texts(view, row).into_iter().map(move |column| (index, column))
    });
    let forms: Vec<_> = texts.map(|place| (place, Form::JsonText)).collect();
    Ok(rows.with_forms(forms))
}

/// The rows of a relation that a filter lets through, or only how many they are.
pub(super) fn rows_or_count(
    relation: &dyn Relation,
    view: &View<'_>,
    filter: &Filter,
    counts: bool,
) -> Result<Rows> {
    if counts { count(relation, view, filter) } else { select(relation, view, filter) }
}

/// How many rows of a relation a filter lets through.
pub(super) fn count(relation: &dyn Relation, view: &View<'_>, filter: &Filter) -> Result<Rows> {
    let mut scan = scan(relation, view, filter)?.counting();
    relation.scan(view, &mut scan)?;
    let notes = scan.take_notes();
    Ok(Rows::new(COUNT, vec![vec![value::count(scan.into_count()?)]]).noting(notes))
}

fn scan<'v>(relation: &dyn Relation, view: &'v View<'_>, filter: &Filter) -> Result<Scan<'v>> {
    let columns = relation.schema().columns();
    let users = relation.is_about_users().then(|| view.catalog());
    let selection = Selection::new(filter, columns, users, view.parameters, view.now)?;
    let listed_by = relation.listed_by(view);
    Ok(Scan::new(columns, selection, view.snapshot()?, listed_by, view.budget()))
}
