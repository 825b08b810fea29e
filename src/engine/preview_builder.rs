//! Previews from Rust: what a write would change, as structs.

use std::sync::Arc;

use super::{Database, Outcome};
use crate::error::{Error, Note, NoteKind, Result};
use crate::model::{Object, Timestamp, Value};
use crate::query::{Record, Rows};
use crate::statement::{Population, Preview, Statement};
use crate::syntax;

/// Preview of a write that is being put together: of whom it tells, and of which instant. Without a word on people it
/// tells of all users that the store knows, or of the contexts that were recorded if it knows none.
#[derive(Clone, Debug)]
pub struct PreviewBuilder<'d> {
    db: &'d Database,
    preview: Preview,
}

/// What a write would change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PreviewReport<T> {
    /// What changes, in the order of a `PREVIEW`.
    pub changes: Vec<T>,
    /// How many get another value for a key.
    pub changed: u64,
    /// How many people it tells of.
    pub population: u64,
    /// The instant at which they were given values, if it is not now.
    pub at: Option<Timestamp>,
    /// What else is worth knowing: that the preview goes on to publish, what may be a slip.
    pub notes: Vec<Note>,
}

/// Values of a key that some people would get in place of others.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PreviewChange {
    /// The key.
    pub key: Arc<str>,
    /// What they get without the write.
    pub from: PreviewValue,
    /// What they get with it.
    pub to: PreviewValue,
    /// How many users or contexts they are.
    pub users: u64,
    /// How many percent of all that is.
    pub share: f64,
    /// The least of their ids, if any of them has one.
    pub example: Option<Arc<str>>,
}

/// Value of a key that one user would get in place of another.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PreviewUser {
    /// The id; contexts may have none.
    pub user: Option<Arc<str>>,
    /// The other attributes of a context.
    pub attributes: Option<Arc<Object>>,
    /// The key.
    pub key: Arc<str>,
    /// What the user gets without the write.
    pub from: PreviewValue,
    /// What the user gets with it.
    pub to: PreviewValue,
}

/// Value that a preview tells of, and what gives it. Of a key that is not there nothing is told.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PreviewValue {
    /// The value; of a sensitive key `***`.
    pub value: Value,
    /// The arm of the split that decides.
    pub variant: Option<Arc<str>>,
    /// Why it is this value.
    pub reason: Option<Arc<str>>,
    /// The segment of the row that decides.
    pub segment: Option<Arc<str>>,
}

impl Database {
    /// Previews a write: who would get other values by it. Nothing is written.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// db.execute(
    ///     "CREATE KEY dark BOOLEAN DEFAULT FALSE; CREATE SEGMENT testers WHERE plan = 'test';
    ///      CREATE CONFIG look SEGMENTS testers KEY dark = TRUE;
    ///      SET USER 'ada' plan = 'test'; SET USER 'ben' plan = 'free';",
    /// )?;
    /// let preview = db.preview(pcq::statement::Publish::new("look")?).users().run()?;
    /// assert_eq!((preview.changed, preview.population), (1, 2));
    /// let dark = &preview.changes[0];
    /// assert_eq!((&*dark.key, &dark.to.value), ("dark", &true.into()));
    /// assert_eq!((dark.users, dark.share, dark.example.as_deref()), (1, 50.0, Some("ada")));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// A statement that would make no revision is refused when the preview is run (`syntax`).
    #[must_use]
    pub fn preview(&self, write: impl Into<Statement>) -> PreviewBuilder<'_> {
        PreviewBuilder { db: self, preview: Preview::of(write) }
    }

    /// Previews what changes between two instants, whoever changes it.
    #[must_use]
    pub fn preview_between(&self, from: Timestamp, to: Timestamp) -> PreviewBuilder<'_> {
        PreviewBuilder { db: self, preview: Preview::between(from, to) }
    }
}

impl PreviewBuilder<'_> {
    /// Tells of all users that the store knows.
    #[must_use]
    pub fn users(self) -> Self {
        self.population(Population::users())
    }

    /// Tells of the users of whom a condition is true as things stand before.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY a INTEGER DEFAULT 1; SET USER 'ada' city = 'Oslo'; SET USER 'ben' city = 'Rome';")?;
    /// let write = pcq::Statement::parse("ALTER KEY a SET DEFAULT 2")?;
    /// assert_eq!(db.preview(write).users_where("city = 'Oslo'")?.run_by_user()?.changes.len(), 1);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `syntax` if it is no condition.
    pub fn users_where(self, condition: &str) -> Result<Self> {
        let condition = Some(syntax::condition(condition, false)?);
        Ok(self.population(Population::Users { condition }))
    }

    /// Tells of all contexts that were recorded; each counts as often as it was seen.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY a INTEGER DEFAULT 1;")?;
    /// db.record_traffic([pcq::RecordedContext::new().user("ada").with("city", "Oslo").count(3)])?;
    /// let write = pcq::Statement::parse("ALTER KEY a SET DEFAULT 2")?;
    /// let preview = db.preview(write).traffic().run()?;
    /// assert_eq!((preview.changed, preview.population), (3, 3));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn traffic(self) -> Self {
        self.population(Population::traffic())
    }

    /// Tells of the recorded contexts of which a condition is true as things stand before.
    ///
    /// # Errors
    ///
    /// `syntax` if it is no condition.
    pub fn traffic_where(self, condition: &str) -> Result<Self> {
        let condition = Some(syntax::condition(condition, false)?);
        Ok(self.population(Population::Traffic { condition }))
    }

    /// Tells of one user, and of what the store knows of them.
    #[must_use]
    pub fn user(self, id: &str) -> Self {
        self.population(Population::user(id))
    }

    /// Tells of contexts: the attributes of requests, among them `user_id` or not. What the store knows of their users
    /// is known.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY a INTEGER DEFAULT 1;")?;
    /// let write = pcq::Statement::parse("ALTER KEY a SET DEFAULT 2")?;
    /// let ada: pcq::Object = [("user_id".into(), "ada".into())].into_iter().collect();
    /// let preview = db.preview(write).contexts([ada, pcq::Object::new()])?.run()?;
    /// assert_eq!((preview.changes[0].users, preview.changes[0].example.as_deref()), (2, Some("ada")));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `type-mismatch` if a `user_id` is no text.
    pub fn contexts(self, contexts: impl IntoIterator<Item = Object>) -> Result<Self> {
        let contexts = contexts.into_iter().map(|context| Value::Object(Arc::new(context)));
        let contexts = Value::from(contexts.collect::<Vec<_>>());
        Ok(self.population(Population::contexts(contexts)?))
    }

    fn population(mut self, population: Population) -> Self {
        self.preview.population = Some(population);
        self
    }

    /// Compares the states at an instant, now or later. If none is said it is that of the publication that is
    /// previewed, else now, or, if nobody gets another value now, the first turn to come at which somebody does.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY a INTEGER DEFAULT 1; SET USER 'ada' city = 'Oslo';")?;
    /// let write = pcq::Statement::parse("ALTER KEY a SET DEFAULT 2")?;
    /// let past = pcq::Timestamp::parse("2020-01-01T00:00:00Z")?;
    /// let refused = db.preview(write).as_of(past).run().unwrap_err();
    /// assert_eq!(refused.code(), "bad-time");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn as_of(mut self, at: Timestamp) -> Self {
        self.preview = self.preview.as_of(at);
        self
    }

    /// Keeps the first changes, at most as many as this.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.preview = self.preview.limit(limit);
        self
    }

    /// Finds who gets what in place of what: a change for each combination of values that occurs.
    ///
    /// # Errors
    ///
    /// Those of the write; `syntax` if it is none or an instant is said beside two, `bad-time` if the instant has passed,
    /// `limit` if there are more than a million changes, `io`, `corrupt` or `interrupted` if the store cannot be read.
    pub fn run(self) -> Result<PreviewReport<PreviewChange>> {
        report(&self.rows(|preview| preview)?, change)
    }

    /// The same user by user, and key by key.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run).
    pub fn run_by_user(self) -> Result<PreviewReport<PreviewUser>> {
        report(&self.rows(Preview::by_user)?, user)
    }

    fn rows(self, detailed: impl FnOnce(Preview) -> Preview) -> Result<Rows> {
        match self.db.session().run(&detailed(self.preview).into())? {
            Outcome::Rows(rows) => Ok(rows),
            _ => Err(Error::bug("a preview gave no rows")),
        }
    }
}

/// The rows of a preview as structs, and what its notes say.
fn report<T>(rows: &Rows, read: impl Fn(&Cells<'_>) -> T) -> Result<PreviewReport<T>> {
    let read = rows.records().map(|record| read(&Cells(record))).collect();
    let (mut counts, mut at, mut notes) = (None, None, Vec::new());
    for note in rows.notes() {
        match note.kind() {
            NoteKind::WouldChange { changed, population } => counts = Some((*changed, *population)),
            NoteKind::PreviewedAt { at: then } => at = Some(*then),
            _ => notes.push(note.clone()),
        }
    }
    let (changed, population) = counts.ok_or_else(|| Error::bug("a preview has no counts"))?;
    Ok(PreviewReport { changes: read, changed, population, at, notes })
}

/// The cells of a row, by the names of their columns.
struct Cells<'r>(Record<'r>);

impl Cells<'_> {
    fn value(&self, column: &str) -> Value {
        let found = self.0.members().find(|(name, _)| *name == column);
        found.map_or(Value::Null, |(_, value)| value.clone())
    }

    fn text(&self, column: &str) -> Option<Arc<str>> {
        match self.value(column) {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn key(&self) -> Arc<str> {
        self.text("key").unwrap_or_default()
    }

    /// What one side has.
    fn side(&self, side: &str) -> PreviewValue {
        PreviewValue {
            value: self.value(side),
            variant: self.text(&format!("{side}_variant")),
            reason: self.text(&format!("{side}_reason")),
            segment: self.text(&format!("{side}_segment")),
        }
    }
}

fn change(cells: &Cells<'_>) -> PreviewChange {
    PreviewChange {
        key: cells.key(),
        from: cells.side("from"),
        to: cells.side("to"),
        users: cells.value("users").as_integer().map_or(0, i64::unsigned_abs),
        share: cells.value("share").as_double().unwrap_or_default(),
        example: cells.text("example"),
    }
}

fn user(cells: &Cells<'_>) -> PreviewUser {
    let attributes = match cells.value("attributes") {
        Value::Object(attributes) => Some(attributes),
        _ => None,
    };
    let (key, from, to) = (cells.key(), cells.side("from"), cells.side("to"));
    PreviewUser { user: cells.text("user"), attributes, key, from, to }
}
