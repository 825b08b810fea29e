//! Surface of a database: how one is opened, and how statements, scripts and lists come to it.

use std::path::Path;

use super::{Builder, Cursor, Database, Outcome, Prepared, Session};
use crate::error::{Error, Result, ScriptEnd, TransactionState};
use crate::model::Name;
use crate::statement::Parameters;

/// How it is opened.
impl Database {
    /// Opens the store in a file, which is made if it does not exist.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder().open(path)
    }

    /// Opens a store in memory.
    pub fn in_memory() -> Result<Self> {
        Self::builder().in_memory()
    }

    /// Says how a store is opened.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Statements, scripts and lists.
impl Database {
    /// Starts a session: statements, transactions, actor and comment.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(self.clone())
    }

    /// Runs a script in a session of its own, and returns what each statement gave.
    ///
    /// The syntax of the whole script is checked before any of it runs; it stops at the first error, and
    /// what was committed before that stays.
    ///
    /// # Errors
    ///
    /// The first error of a statement, with its [`place`](Error::place); `transaction-state` if the
    /// script leaves a transaction open, which is rolled back.
    pub fn execute(&self, script: &str) -> Result<Vec<Outcome>> {
        let mut session = self.session();
        let outcomes = session.execute(script)?;
        if session.in_transaction() {
            return Err(TransactionState::LeftOpen(ScriptEnd::Text).into());
        }
        Ok(outcomes)
    }

    /// Parses one statement, to be run any number of times with other parameters.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY limit_rate INTEGER DEFAULT 10;")?;
    /// let get = db.prepare("GET limit_rate FOR USER :id WITH :attributes")?;
    /// let attributes = pcq::Value::from_json(r#"{"plan": "pro"}"#).unwrap();
    /// let outcome = get.run(&pcq::Parameters::new().with("id", "u1").with("attributes", attributes))?;
    /// assert_eq!(outcome.rows().unwrap().value(0, "value"), Some(&pcq::Value::from(10)));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    pub fn prepare(&self, statement: &str) -> Result<Prepared> {
        Prepared::new(self.session(), statement)
    }

    /// Asks one question: a `SELECT`, a `SHOW`, or whatever else gives rows. Those of a `SELECT` are found while they are
    /// asked for; what goes wrong meanwhile they tell.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY limit_rate INTEGER DEFAULT 10;")?;
    /// for row in db.query("SELECT key, version FROM keys ORDER BY key")? {
    ///     let row = row?;
    ///     assert_eq!((row.get::<String>("key")?, row.get::<u32>("version")?), ("limit_rate".into(), 1));
    /// }
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the statement; `syntax` if it gives no rows.
    pub fn query(&self, statement: &str) -> Result<Cursor> {
        self.prepare(statement)?.query(&Parameters::new())
    }

    /// Loads a list of users into a segment, in place of the condition or the list that it has; a segment that
    /// does not exist is made. Returns how many users are in the list: each counts once.
    ///
    /// Until it returns, evaluations go by the old condition; from then on they go by the list, in all configs at
    /// once. A list is at most [`LIST_IDS`](crate::limits::LIST_IDS) ids long. It is part of the history: as of an earlier instant the
    /// segment is what it was then.
    ///
    /// In memory an id of a list takes about 12 bytes besides its own, and once, however many lists it is in. The
    /// lists that segments refer to are read when a store is opened.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.load_list("vips", ["u1", "u2"])?;
    /// db.execute(
    ///     "CREATE KEY lounge BOOLEAN DEFAULT FALSE;
    ///      CREATE CONFIG lounges SEGMENTS vips KEY lounge = TRUE;
    ///      PUBLISH CONFIG lounges;",
    /// )?;
    /// assert!(db.get::<bool>("lounge", &pcq::Context::new("u1"))?);
    /// db.load_list("vips", ["u2", "u3"])?;
    /// assert!(!db.get::<bool>("lounge", &pcq::Context::new("u1"))?);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `bad-literal` or `limit` if an id is empty or too long, or if there are too many; `archived` if the segment
    /// is archived, `already-exists` for `EVERYONE` and for a former name of a segment; `read-only`, `not-allowed`, `io`.
    pub fn load_list<N, I>(&self, segment: N, ids: I) -> Result<u64>
    where
        N: TryInto<Name, Error: Into<Error>>,
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.session().load_list(segment, ids)
    }
}
