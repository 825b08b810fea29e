//! One state of the store at one instant, for any number of reads.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Evaluation};
use crate::model::{Context, Name, Object, Timestamp, Value};

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

    /// Evaluates a key for a user. Never fails: a key that does not exist gives `NULL` with
    /// [`Reason::UnknownKey`](crate::Reason::UnknownKey).
    #[must_use]
    pub fn evaluate(&self, key: &str, context: &Context) -> Evaluation {
        self.compiled.evaluate_or_unknown(key, context, self.at)
    }

    /// Returns the value of a key for a user as a type of Rust.
    ///
    /// # Errors
    ///
    /// `unknown-key` if there is no such key, `type-mismatch` if its value is no `T`.
    pub fn get<T: FromValue>(&self, key: &str, context: &Context) -> Result<T> {
        let evaluation = self.compiled.evaluate_at(key, context, self.at).ok_or_else(|| {
            Name::new(key).map_or_else(Error::from, |name| {
                ErrorKind::Unknown { kind: crate::ObjectKind::Key, name }.into()
            })
        })?;
        T::from_value(evaluation.value()).ok_or_else(|| {
            let value = evaluation.value();
            ErrorKind::Type {
                place: format!("key `{key}`"),
                wanted: T::WANTED.into(),
                found: format!("a {}: {value}", value.kind()),
            }
            .into()
        })
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

/// A type of Rust that a value of a key can be read as.
pub trait FromValue: Sized {
    /// What is wanted, as an error says it.
    const WANTED: &'static str;

    /// Reads a value; `None` if it is of another type.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($type:ty, $wanted:literal, |$v:ident| $read:expr;)*) => {
        $(impl FromValue for $type {
            const WANTED: &'static str = $wanted;

            fn from_value($v: &Value) -> Option<Self> {
                $read
            }
        })*
    };
}

from_value! {
    bool, "a boolean", |v| v.as_bool();
    i64, "an integer", |v| v.as_integer();
    f64, "a number", |v| v.as_double();
    String, "a string", |v| v.as_str().map(str::to_owned);
    Arc<str>, "a string", |v| if let Value::String(text) = v { Some(Arc::clone(text)) } else { None };
    Arc<Object>, "an object", |v| if let Value::Object(o) = v { Some(Arc::clone(o)) } else { None };
    Value, "a value", |v| Some(v.clone());
}
