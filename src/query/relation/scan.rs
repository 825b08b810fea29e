//! Rows of a relation on their way to a statement: filtered, ordered, limited, or only counted.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use crate::error::{Note, Result};
use crate::eval::Snapshot;
use crate::model::{Context, Value};
use crate::query::budget::Budget;
use crate::query::filter::{Selection, compare_column};
use crate::query::rows::{Column, Row};
use crate::query::sorter::sorted;
use crate::query::view::View;

/// How many rows more than wanted are kept before the least are dropped.
const SURPLUS: usize = 1_000;

/// Taker of the rows of a relation, one after the other. It keeps no more of them than are wanted, or counts
/// them without keeping any.
pub(crate) struct Scan<'s> {
    columns: &'static [Column],
    selection: Selection,
    snapshot: &'s Snapshot,
    /// The column by which rows are listed that are in no other order, if they do not come so.
    listed_by: Option<usize>,
    /// The rows that passed; none if they are only counted.
    rows: Option<Vec<Row>>,
    count: u64,
    /// What is worth knowing of the rows.
    notes: Vec<Note>,
}

impl<'s> Scan<'s> {
    pub(super) fn new(
        columns: &'static [Column],
        selection: Selection,
        snapshot: &'s Snapshot,
        listed_by: Option<usize>,
    ) -> Self {
        Self {
            columns,
            selection,
            snapshot,
            listed_by,
            rows: Some(Vec::new()),
            count: 0,
            notes: Vec::new(),
        }
    }

    /// The same, which only counts.
    pub(super) fn counting(self) -> Self {
        Self { rows: None, ..self }
    }

    /// Takes a row, and says whether more are wanted.
    pub(super) fn take(&mut self, row: Row) -> ControlFlow<()> {
        let passes = self.selection.passes(&row);
        self.put(row, passes)
    }

    /// Takes a row about a user, and says whether more are wanted.
    pub(super) fn take_of(&mut self, user: &Context, row: Row) -> ControlFlow<()> {
        let passes = self.selection.passes_of(&row, self.snapshot, user);
        self.put(row, passes)
    }

    /// Takes rows until no more are wanted.
    pub(super) fn take_all(&mut self, rows: impl IntoIterator<Item = Row>) {
        let _ = rows.into_iter().try_for_each(|row| self.take(row));
    }

    /// The one value of a column that is wanted, if the statement says so: rows with others need not be scanned.
    pub(super) fn only(&self, column: &str) -> Option<&Value> {
        self.selection.only(column)
    }

    /// Whether the statement chooses or orders rows by a column.
    pub(super) fn asks_for(&self, column: &str) -> bool {
        self.selection.asks_for(column)
    }

    fn put(&mut self, row: Row, passes: bool) -> ControlFlow<()> {
        self.count += u64::from(passes);
        let Some(rows) = &mut self.rows else { return ControlFlow::Continue(()) };
        if passes {
            rows.push(row);
        }
        let Some(limit) = self.selection.limit() else { return ControlFlow::Continue(()) };
        if self.listed_by.is_none() && self.selection.is_unordered() {
            return if rows.len() < limit {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            };
        }
        if rows.len() >= limit.saturating_add(SURPLUS) {
            self.order();
        }
        ControlFlow::Continue(())
    }

    /// Puts the rows in order, and lets those go that are not wanted.
    fn order(&mut self) {
        let Some(mut rows) = self.rows.take() else { return };
        rows.sort_by(|a, b| self.compare(a, b));
        rows.truncate(self.selection.limit().unwrap_or(usize::MAX));
        self.rows = Some(rows);
    }

    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        self.selection.compare(a, b).then_with(|| match self.listed_by {
            Some(at) => compare_column(self.columns, at, a, b),
            None => Ordering::Equal,
        })
    }

    /// Says what is worth knowing of the rows.
    pub(super) fn note(&mut self, notes: Vec<Note>) {
        self.notes.extend(notes);
    }

    /// What was said of the rows.
    pub(super) fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// How many rows passed.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The rows that are wanted.
    pub(super) fn into_rows(mut self, view: &View<'_>) -> Result<Vec<Row>> {
        let budget = Budget::new(usize::MAX, &view.watch);
        let rows = self.rows.take().unwrap_or_default();
        let mut rows = sorted(rows, &budget, |a, b| self.compare(a, b))?;
        rows.truncate(self.selection.limit().unwrap_or(usize::MAX));
        Ok(rows)
    }
}
