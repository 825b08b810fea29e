//! Outcomes of statements: the rows of a query, or what a write did.

use crate::error::Note;
use crate::model::Name;
use crate::model::ObjectKind;
use crate::query::Rows;
use crate::statement::Effect;

/// Outcome of a statement: what it found, or what it did.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// let outcomes = db.execute(
///     "CREATE KEY dark BOOLEAN DEFAULT FALSE;
///      CREATE CONFIG look SEGMENTS EVERYONE KEY dark = TRUE;
///      PUBLISH CONFIG look;",
/// )?;
/// let published = &outcomes[2];
/// assert_eq!(published.revision(), Some(3));
/// assert_eq!(published.version(), Some(1));
/// let (kind, name) = published.object().expect("a config was published");
/// assert_eq!((kind, name.as_str()), (pcq::ObjectKind::Config, "look"));
/// assert!(published.notes().is_empty());
/// assert_eq!(published.message().as_deref(), Some("published version 1 of config look"));
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// A table: `GET`, `EXPLAIN`, `SHOW`, `DESCRIBE`, `DIFF`, `PREVIEW`.
    Rows(Rows),
    /// A write, and what it did.
    Changed {
        /// What was done, to what.
        effect: Effect,
        /// The revision that it made; `None` inside a transaction, whose `COMMIT` makes one.
        revision: Option<u64>,
        /// What is worth knowing of it: what it does to users, what may be a slip.
        notes: Vec<Note>,
    },
    /// A write that would change nothing, and why.
    Unchanged {
        /// Why nothing was done.
        message: String,
        /// What is worth knowing all the same.
        notes: Vec<Note>,
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

    /// The effect of a write, in fields; `None` if nothing was changed.
    #[must_use]
    pub fn effect(&self) -> Option<&Effect> {
        if let Self::Changed { effect, .. } = self { Some(effect) } else { None }
    }

    /// Kind and name of the object that a write changed, if it changed one.
    #[must_use]
    pub fn object(&self) -> Option<(ObjectKind, &Name)> {
        self.effect()?.object()
    }

    /// The version of the object that a write made or published.
    #[must_use]
    pub fn version(&self) -> Option<u32> {
        self.effect()?.version()
    }

    /// The revision that a write made; `None` inside a transaction, whose `COMMIT` makes one.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        if let Self::Changed { revision, .. } = self { *revision } else { None }
    }

    /// The same, if it is a write, with the revision that it made.
    pub(super) fn of_revision(self, made: Option<u64>) -> Self {
        match self {
            Self::Changed { effect, notes, .. } => Self::Changed { effect, revision: made, notes },
            other => other,
        }
    }

    /// What is worth knowing of a write: what may be a slip, and what it does to users. One that changed nothing may
    /// have notes, too, and so may the rows of a query.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        match self {
            Self::Changed { notes, .. } | Self::Unchanged { notes, .. } => notes,
            Self::Rows(rows) => rows.notes(),
            Self::Done { .. } => &[],
        }
    }

    /// The same, if it is a write, with more notes.
    pub(super) fn noting(mut self, more: impl IntoIterator<Item = Note>) -> Self {
        if let Self::Changed { notes, .. } | Self::Unchanged { notes, .. } = &mut self {
            notes.extend(more);
        }
        self
    }

    /// The same, with notes that are made of its notes.
    pub(super) fn with_each_note(self, change: impl FnMut(Note) -> Note) -> Self {
        match self {
            Self::Changed { effect, revision, notes } => {
                let notes = notes.into_iter().map(change).collect();
                Self::Changed { effect, revision, notes }
            }
            Self::Unchanged { message, notes } => {
                Self::Unchanged { message, notes: notes.into_iter().map(change).collect() }
            }
            Self::Rows(rows) => Self::Rows(rows.with_each_note(change)),
            done @ Self::Done { .. } => done,
        }
    }

    /// What was done in one sentence, if it is no table.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Rows(_) => None,
            Self::Changed { effect, .. } => Some(effect.to_string()),
            Self::Unchanged { message, .. } | Self::Done { message } => Some(message.clone()),
        }
    }
}
