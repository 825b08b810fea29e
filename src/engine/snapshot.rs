//! Snapshots: one state of the store at one instant, for any number of reads.

use super::from_value::{FromValue, read, unknown_key};
use super::key::AsKey;
use crate::error::Result;
use crate::eval::{self, Evaluation, Moment};
use crate::model::{Context, Timestamp};

/// One state of the store at one instant. Cheap to clone, and unaffected by later writes.
///
/// ```
/// # let db = pcq::Database::in_memory()?;
/// # db.execute("CREATE KEY a INTEGER DEFAULT 1; CREATE KEY b INTEGER DEFAULT 2;")?;
/// let snapshot = db.snapshot();
/// let user = pcq::Context::new("u1");
/// let sum = snapshot.get::<i64>("a", &user)? + snapshot.get::<i64>("b", &user)?;
/// assert_eq!(sum, 3);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    compiled: eval::Snapshot,
    at: Timestamp,
}

impl Snapshot {
    pub(super) fn new(compiled: eval::Snapshot, at: Timestamp) -> Self {
        Self { compiled, at }
    }

    /// Evaluates a key for a user. It counts no delivery: [`Database::count`](crate::Database::count) does.
    /// Never fails: a key that does not exist gives `NULL` with
    /// [`Reason::UnknownKey`](crate::Reason::UnknownKey).
    #[must_use]
    pub fn evaluate(&self, key: &(impl AsKey + ?Sized), context: &Context) -> Evaluation<'_> {
        let key = key.as_key();
        match key.find(&self.compiled) {
            Some(found) => self.compiled.evaluate(found, context, Moment::At(self.at)),
            None => Evaluation::unknown(key.name()),
        }
    }

    /// Evaluates every key that is not archived for a user, in the order in which the keys were made. It counts
    /// no delivery.
    ///
    /// It costs less than evaluating them one by one: a segment that many configs share is decided once.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY a INTEGER DEFAULT 1; CREATE KEY b INTEGER DEFAULT 2;")?;
    /// let user = pcq::Context::new("u1");
    /// let all = db.snapshot();
    /// let all: Vec<_> = all.evaluate_all(&user).map(|e| e.key().to_string()).collect();
    /// assert_eq!(all, ["a", "b"]);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    pub fn evaluate_all<'a>(
        &'a self,
        context: &'a Context,
    ) -> impl Iterator<Item = Evaluation<'a>> + 'a {
        self.compiled.evaluate_many(self.compiled.keys(), context, self.at)
    }

    /// Returns the value of a key for a user as a type of Rust. It counts no delivery.
    ///
    /// # Errors
    ///
    /// `unknown-key` if there is no such key, `type-mismatch` if its value is no `T`.
    pub fn get<T: FromValue>(&self, key: &(impl AsKey + ?Sized), context: &Context) -> Result<T> {
        let key = key.as_key();
        let found = key.find(&self.compiled).ok_or_else(|| unknown_key(key.name()))?;
        let evaluation = self.compiled.evaluate(found, context, Moment::At(self.at));
        read(key.name(), evaluation.value())
    }

    /// The instant of its evaluations.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The number of the revision it shows.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.compiled.revision()
    }
}
