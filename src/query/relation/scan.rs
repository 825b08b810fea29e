//! Rows of a relation on their way to a statement: filtered, ordered, limited, or only counted.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::rc::Rc;

use crate::error::{Error, Note, Result};
use crate::eval::Snapshot;
use crate::model::{Context, Value};
use crate::query::budget::Budget;
use crate::query::filter::{Selection, compare_column};
use crate::query::rows::{Column, Row};
use crate::query::sorter::Sorter;

/// Taker of the rows of a relation, one after the other. It keeps no more of them than are wanted, or counts
/// them without keeping any.
pub(crate) struct Scan<'s> {
    selection: Rc<Selection>,
    snapshot: &'s Snapshot,
    budget: &'s Budget<'s>,
    kept: Kept<'s>,
    count: u64,
    /// What is worth knowing of the rows.
    notes: Vec<Note>,
    /// Why it takes no more.
    failure: Option<Error>,
}

/// The rows that passed.
enum Kept<'s> {
    None,
    /// As they came.
    All(Vec<Row>),
    Sorted(Sorter<'s, Row, Order>),
}

type Order = Box<dyn Fn(&Row, &Row) -> Ordering>;

impl<'s> Scan<'s> {
    /// A taker of rows with some columns. `listed_by`: the column by which rows are listed that are in no other order, if they do
    /// not come so.
    pub(super) fn new(
        columns: &'static [Column],
        selection: Selection,
        snapshot: &'s Snapshot,
        listed_by: Option<usize>,
        budget: &'s Budget<'s>,
    ) -> Self {
        let selection = Rc::new(selection);
        let kept = if listed_by.is_none() && selection.is_unordered() {
            Kept::All(Vec::new())
        } else {
            let (selection, limit) = (Rc::clone(&selection), selection.limit());
            let order: Order = Box::new(move |a, b| {
                selection.compare(a, b).then_with(|| match listed_by {
                    Some(at) => compare_column(columns, at, a, b),
                    None => Ordering::Equal,
                })
            });
            let sorter = Sorter::new(budget, order);
            Kept::Sorted(sorter.first(limit.unwrap_or(usize::MAX), |row| budget.give_back(row)))
        };
        let (count, notes, failure) = (0, Vec::new(), None);
        Self { selection, snapshot, budget, kept, count, notes, failure }
    }

    /// The same, which only counts.
    pub(super) fn counting(self) -> Self {
        Self { kept: Kept::None, ..self }
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
        let kept = self.budget.check().and_then(|()| if passes { self.keep(row) } else { Ok(()) });
        if let Err(error) = kept {
            self.failure = Some(error);
            return ControlFlow::Break(());
        }
        match (&self.kept, self.selection.limit()) {
            (Kept::All(rows), Some(limit)) if rows.len() >= limit => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn keep(&mut self, row: Row) -> Result<()> {
        self.count += 1;
        match &mut self.kept {
            Kept::None => Ok(()),
            Kept::All(rows) => {
                self.budget.take_row(&row)?;
                rows.push(row);
                Ok(())
            }
            Kept::Sorted(sorter) => {
                self.budget.take_row(&row)?;
                sorter.take(row)
            }
        }
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
    pub(super) fn into_count(self) -> Result<u64> {
        self.failure.map_or(Ok(self.count), Err)
    }

    /// The rows that are wanted.
    pub(super) fn into_rows(self) -> Result<Vec<Row>> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        match self.kept {
            Kept::None => Ok(Vec::new()),
            Kept::All(mut rows) => {
                rows.truncate(self.selection.limit().unwrap_or(usize::MAX));
                Ok(rows)
            }
            Kept::Sorted(sorter) => sorter.finish(),
        }
    }
}
