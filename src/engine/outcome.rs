//! What statements give back.

use crate::model::Value;

/// What a statement did or found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// A table: `GET`, `EXPLAIN`, `SHOW`, `DESCRIBE`, `DIFF`.
    Rows(Rows),
    /// A write: what it did, in one sentence.
    Changed {
        /// What was done.
        message: String,
        /// The revision that it made; `None` inside a transaction, whose `COMMIT` makes one.
        revision: Option<u64>,
    },
    /// A write that would change nothing, and why.
    Unchanged {
        /// Why nothing was done.
        message: String,
    },
    /// Anything else that was done: transactions, settings of the session, assertions that hold.
    Done {
        /// What was done.
        message: String,
    },
}

impl Outcome {
    /// The table, if it is one.
    #[must_use]
    pub fn rows(&self) -> Option<&Rows> {
        if let Self::Rows(rows) = self { Some(rows) } else { None }
    }

    /// The sentence, if it is no table.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Rows(_) => None,
            Self::Changed { message, .. }
            | Self::Unchanged { message }
            | Self::Done { message } => Some(message),
        }
    }
}

/// A table: named columns, and a value for each of them in each row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Rows {
    /// Makes a table, so that what a program found itself is written like what a statement found.
    #[must_use]
    pub fn new(columns: &'static [&'static str], rows: Vec<Vec<Value>>) -> Self {
        Self { columns, rows }
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[&'static str] {
        self.columns
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The value of a column in a row.
    #[must_use]
    pub fn value(&self, row: usize, column: &str) -> Option<&Value> {
        let column = self.columns.iter().position(|name| *name == column)?;
        self.rows.get(row)?.get(column)
    }
}
