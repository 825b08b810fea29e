//! Cursors: the rows of a question, one after the other.

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::stream::Stream;
use crate::error::{ErrorKind, Note, Result};
use crate::model::{Value, weight};
use crate::query::{Column, Form, Record, Rows};

/// Rows of a question, one after the other.
///
/// Those of a `SELECT` are found while they are asked for: no more are held than a few hundred, and those that its plan has
/// to hold, as `ORDER BY` and `GROUP BY` do. All are of the instant of the question, whatever is written meanwhile. It is
/// answered on a thread of its own, which ends with the rows, or when the cursor is dropped; that long it keeps the store
/// open, and the pages of the file that it reads.
///
/// ```
/// # let db = pcq::Database::in_memory()?;
/// # db.execute("CREATE KEY limit_rate INTEGER DEFAULT 10;")?;
/// for row in db.query("SELECT key, version FROM keys")? {
///     let row = row?;
///     assert_eq!((row.get::<String>("key")?, row.get::<u32>("version")?), ("limit_rate".into(), 1));
/// }
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Debug)]
pub struct Cursor {
    /// No rows: what they have in common.
    head: Rows,
    source: Source,
}

/// Where the rows are from.
#[derive(Debug)]
enum Source {
    /// They were all found, and so many of them are passed.
    Held(Rows, usize),
    /// They are found while they are asked for; all together may take so many bytes of memory.
    Running(Stream, usize),
}

impl Cursor {
    pub(super) fn held(rows: Rows) -> Self {
        Self { head: rows.part(0..0), source: Source::Held(rows, 0) }
    }

    pub(super) fn running(stream: Stream, columns: Vec<Column>, bytes: usize) -> Self {
        Self { head: Rows::new(columns, Vec::new()), source: Source::Running(stream, bytes) }
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        self.head.columns()
    }

    /// What is worth knowing of the rows: of those of a `PREVIEW` how many people they are about. It is known of those of a
    /// `SELECT` once all are passed.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        match &self.source {
            Source::Held(rows, _) => rows.notes(),
            Source::Running(stream, _) => stream.notes(),
        }
    }

    /// The rows that are left as values of a type of Rust, whose members are named like columns. Instants are texts.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY limit_rate INTEGER DEFAULT 10;")?;
    /// #[derive(serde::Deserialize)]
    /// struct Key {
    ///     key: String,
    ///     version: u32,
    /// }
    /// let keys: Vec<Key> =
    ///     db.query("SELECT key, version FROM keys")?.deserialize().collect::<pcq::Result<_>>()?;
    /// assert_eq!((&*keys[0].key, keys[0].version), ("limit_rate", 1));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// An item is an error, `type-mismatch`, if its row is no such value.
    pub fn deserialize<T: DeserializeOwned>(self) -> impl Iterator<Item = Result<T>> {
        self.map(|row| row.and_then(|row| row.deserialize()))
    }

    /// All rows that are left.
    ///
    /// # Errors
    ///
    /// The error that the question ends with, if it does; `limit` if they take more memory than
    /// [`Builder::query_bytes`](super::Builder::query_bytes) allows.
    pub fn into_rows(self) -> Result<Rows> {
        match self.source {
            Source::Held(rows, passed) => Ok(rows.part(passed..rows.len())),
            Source::Running(mut stream, limit) => {
                let mut left = limit;
                let weighed = stream.by_ref().map(|row| {
                    let row = row?;
                    let bytes = row.iter().map(|value| size_of::<Value>() + weight(value)).sum();
                    left = left.checked_sub(bytes).ok_or(ErrorKind::QueryTooLarge { limit })?;
                    Ok(row)
                });
                let rows = self.head.like(weighed.collect::<Result<_>>()?);
                Ok(rows.noting(stream.notes().iter().cloned()))
            }
        }
    }
}

impl Iterator for Cursor {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            Source::Held(rows, passed) if *passed < rows.len() => {
                *passed += 1;
                Some(Ok(Row(rows.part(*passed - 1..*passed))))
            }
            Source::Held(..) => None,
            Source::Running(stream, _) => {
                let values = stream.next()?;
                Some(values.map(|values| Row(self.head.like(vec![values]))))
            }
        }
    }
}

/// Row of a question: a value for each column.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(Rows);

impl Row {
    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        self.0.columns()
    }

    /// The values, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        self.0.rows().first().map(Vec::as_slice).unwrap_or_default()
    }

    /// The value of a column.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.0.value(0, column)
    }

    /// What the cell of a column is, counted from 0, if its value could be taken for something else.
    #[must_use]
    pub fn form(&self, column: usize) -> Option<Form> {
        self.0.form(0, column)
    }

    /// The value of a column, as a type of Rust. Instants are texts.
    ///
    /// # Errors
    ///
    /// `unknown-column` if there is no such column, `type-mismatch` if its value is of another type.
    pub fn get<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        self.record().get(column)
    }

    /// The row as a value of a type of Rust, whose members are named like columns. Instants are texts.
    ///
    /// # Errors
    ///
    /// `type-mismatch` if it is no such value.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        self.record().deserialize()
    }

    /// The row as JSON: an object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.record().to_json()
    }

    fn record(&self) -> Record<'_> {
        self.0.record(0)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.record().serialize(serializer)
    }
}
