//! Tables that statements give: typed columns, and rows of values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Note, Result};
use crate::eval::Type;
use crate::model::Value;

/// A row of a table: a value for each column.
pub(crate) type Row = Vec<Value>;

/// Kind of the values of a column. Any of them may be `NULL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// Truth values.
    Boolean,
    /// Texts.
    Text,
    /// Whole numbers.
    Integer,
    /// How deep each row is in the tree that the table is, from 0: formats for people indent the next column by it.
    Depth,
    /// Numbers.
    Number,
    /// Instants, as texts such as `2026-03-01T09:00:00Z`. `WHERE` compares them with texts as instants, and
    /// `ORDER BY` has them in the order of time.
    Time,
    /// Lists of texts.
    List,
    /// Objects of JSON.
    Object,
    /// Any values.
    Value,
}

impl ColumnKind {
    /// The type of its values; `None` if they may be anything.
    pub(super) fn known(self) -> Option<Type> {
        Some(match self {
            Self::Boolean => Type::Boolean,
            Self::Text => Type::String,
            Self::Integer | Self::Depth | Self::Number => Type::Number,
            Self::Time => Type::Timestamp,
            Self::List | Self::Object => Type::Json,
            Self::Value => return None,
        })
    }
}

/// What a cell is, where its value could be taken for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A text that a key of type `JSON` has: the text `null` is no `NULL`, and the text `{"a": 1}` no object.
    JsonText,
    /// The blank cell of a config, whose value is `NULL`: it is no value at all.
    Blank,
    /// A part of a value of JSON, `NULL` because there is none in one of two versions.
    Absent,
    /// A list of names, which formats for people write without brackets and quotes, as in a column of lists.
    Names,
    /// The matrix of a version of a config, which formats for people draw as one: an object with the `segments`, from
    /// the highest priority down, and the `keys` with their `cells`, one for each segment.
    Matrix,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: Cow<'static, str>,
    kind: ColumnKind,
    doc: &'static str,
}

impl Column {
    /// Makes a column that is not described.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, doc: "" }
    }

    /// A column of a table that the language knows, and what it holds.
    pub(crate) const fn of(name: &'static str, kind: ColumnKind, doc: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), kind, doc }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of the values.
    #[must_use]
    pub fn kind(&self) -> ColumnKind {
        self.kind
    }

    /// A description of the column in a few words; empty if it was made at run time.
    #[must_use]
    pub fn doc(&self) -> &str {
        self.doc
    }
}

/// Columns of tables, which tables can share.
#[derive(Clone, Debug)]
enum Columns {
    Known(&'static [Column]),
    Made(Arc<[Column]>),
}

impl Default for Columns {
    fn default() -> Self {
        Self::Known(&[])
    }
}

impl std::ops::Deref for Columns {
    type Target = [Column];

    fn deref(&self) -> &[Column] {
        match self {
            Self::Known(columns) => columns,
            Self::Made(columns) => columns,
        }
    }
}

impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl From<Cow<'static, [Column]>> for Columns {
    fn from(columns: Cow<'static, [Column]>) -> Self {
        match columns {
            Cow::Borrowed(columns) => Self::Known(columns),
            Cow::Owned(columns) => Self::Made(columns.into()),
        }
    }
}

/// A table: typed columns, and a value for each of them in each row.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// db.execute("CREATE KEY theme STRING DEFAULT 'light';")?;
/// let outcomes = db.execute("SHOW KEYS WHERE default = 'light';")?;
/// let rows = outcomes[0].rows().unwrap();
/// let column = &rows.columns()[0];
/// assert_eq!((column.name(), column.kind()), ("key", pcq::ColumnKind::Text));
/// assert_eq!(rows.value(0, "key"), Some(&pcq::Value::from("theme")));
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    columns: Columns,
    values: Vec<Row>,
    /// What the share of each row is a share of, where rows have shares.
    wholes: Vec<u64>,
    /// The forms of cells, by row and column.
    forms: BTreeMap<(usize, usize), Form>,
    notes: Vec<Note>,
}

impl Rows {
    /// Makes a table, so that what a program found itself is written like what a statement found.
    #[must_use]
    pub fn new(columns: impl Into<Cow<'static, [Column]>>, rows: Vec<Vec<Value>>) -> Self {
        Self { columns: columns.into().into(), values: rows, ..Self::default() }
    }

    /// Other rows of the same columns.
    pub(crate) fn like(&self, values: Vec<Row>) -> Self {
        Self { columns: self.columns.clone(), values, ..Self::default() }
    }

    /// Some of the rows, with all that is known of them: a table that is long can be written piece by piece.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY a INTEGER DEFAULT 1; CREATE KEY b JSON DEFAULT '[1]';")?;
    /// let outcomes = db.execute("GET a, b;")?;
    /// let last = outcomes[0].rows().unwrap().part(1..2);
    /// assert_eq!(last.value(0, "key"), Some(&pcq::Value::from("b")));
    /// assert_eq!(last.form(0, 1), Some(pcq::Form::JsonText));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        let Range { start, end } = range;
        let forms = self.forms.range((start, 0)..(end.max(start), 0));
        Self {
            columns: self.columns.clone(),
            values: self.values.get(start..end).unwrap_or_default().to_vec(),
            wholes: self.wholes.get(start..end).unwrap_or_default().to_vec(),
            forms: forms.map(|(&(row, column), form)| ((row - start, column), *form)).collect(),
            notes: self.notes.clone(),
        }
    }

    /// The same rows, some cells of which have a form.
    pub(super) fn with_forms(
        mut self,
        forms: impl IntoIterator<Item = ((usize, usize), Form)>,
    ) -> Self {
        self.forms.extend(forms);
        self
    }

    /// What is worth knowing of the rows: of those of a `PREVIEW` how many people they are about.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The same rows with more notes.
    pub(crate) fn noting(mut self, notes: impl IntoIterator<Item = Note>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// The same rows with notes that are made of their notes.
    pub(crate) fn with_each_note(mut self, change: impl FnMut(Note) -> Note) -> Self {
        self.notes = std::mem::take(&mut self.notes).into_iter().map(change).collect();
        self
    }

    /// What a cell is, if its value could be taken for something else: cells by their row and column, from 0.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY note JSON DEFAULT '[1]';")?;
    /// let outcomes = db.execute("GET note;")?;
    /// assert_eq!(outcomes[0].rows().unwrap().form(0, 1), Some(pcq::Form::JsonText));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn form(&self, row: usize, column: usize) -> Option<Form> {
        self.forms.get(&(row, column)).copied()
    }

    /// The same rows, each of which ends with the whole of its share, which is in no column.
    pub(super) fn with_wholes(mut self) -> Result<Self> {
        let whole = |row: &mut Row| u64::try_from(row.pop()?.as_integer()?).ok();
        let whole = |row| whole(row).ok_or_else(|| Error::bug("a row has no whole of its share"));
        self.wholes = self.values.iter_mut().map(whole).collect::<Result<_>>()?;
        Ok(self)
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.values
    }

    /// The rows alone.
    pub(super) fn into_values(self) -> Vec<Row> {
        self.values
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a column in a row.
    #[must_use]
    pub fn value(&self, row: usize, column: &str) -> Option<&Value> {
        let column = self.columns.iter().position(|known| known.name() == column)?;
        self.values.get(row)?.get(column)
    }

    /// How many deliveries the share of a row of `SHOW STATS FOR CONFIG` is a share of: the column `share`
    /// is rounded, this is not. `None` of rows of other statements.
    ///
    /// ```
    /// let now = pcq::Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    /// let db = pcq::Database::builder().manual_clock(now).in_memory()?;
    /// db.execute(
    ///     "CREATE KEY theme STRING DEFAULT 'light'; CREATE SEGMENT testers WHERE plan = 'test';
    ///      CREATE CONFIG look SEGMENTS testers KEY theme = 'dark'; PUBLISH CONFIG look;
    ///      GET theme WITH {\"plan\": \"test\"}; GET theme; GET theme;",
    /// )?;
    /// let outcomes = db.execute("SHOW STATS FOR CONFIG look SEGMENT testers;")?;
    /// let rows = outcomes[0].rows().unwrap();
    /// assert_eq!(rows.value(0, "share"), Some(&pcq::Value::Double(33.333)));
    /// assert_eq!(rows.whole(0), Some(3));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn whole(&self, row: usize) -> Option<u64> {
        self.wholes.get(row).copied()
    }
}

/// A table of the language: its name and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
}

impl Schema {
    /// The name, as it stands after `SHOW` or `FROM`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &'static [Column] {
        self.columns
    }
}
