//! Traffic: the contexts that the app asks with, and how they are recorded.

use std::fmt;
use std::sync::Arc;

use super::{
    Duration, Object, Share, Timestamp, Value, check_attribute, check_user_id, check_value,
};
use crate::error::{ErrorKind, Result};
use crate::limits::CONTEXT_BYTES;

/// Setting of how traffic is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Of which users; contexts without a user are all recorded.
    pub share: Share,
    /// How long a context is kept after it was seen last.
    pub keep: Duration,
}

impl Recording {
    /// How long contexts are kept if nothing is said: 30 days.
    pub const KEEP: Duration = Duration::from_micros(30 * 86_400 * 1_000_000);

    /// What is seen last before this is kept no longer.
    pub(crate) fn oldest(self, now: Timestamp) -> Timestamp {
        super::before(now, self.keep)
    }
}

/// Says in words what is recorded: `5% of traffic is recorded, and kept for 30 DAYS`.
pub(crate) struct RecordingWords(pub(crate) Option<Recording>);

impl fmt::Display for RecordingWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Recording { share, keep }) => {
                write!(f, "{share} of traffic is recorded, and kept for {keep}")
            }
            None => f.write_str("no traffic is recorded"),
        }
    }
}

/// Context that the app asked with, for [`Database::record_traffic`](crate::Database::record_traffic): the user, if there
/// is one, and attributes.
///
/// ```
/// # let db = pcq::Database::in_memory()?;
/// let phone = pcq::RecordedContext::new().user("u1").with("device", "iPhone").count(3);
/// assert_eq!(db.record_traffic([phone])?, 1);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedContext {
    user: Option<Arc<str>>,
    attributes: Arc<Object>,
    at: Option<Timestamp>,
    count: u64,
}

impl Default for RecordedContext {
    fn default() -> Self {
        Self { user: None, attributes: Arc::default(), at: None, count: 1 }
    }
}

impl RecordedContext {
    /// A context that was seen once, when it is recorded, of no user and without attributes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whose it is.
    #[must_use]
    pub fn user(mut self, id: impl Into<Arc<str>>) -> Self {
        self.user = Some(id.into());
        self
    }

    /// Gives it an attribute, in place of an older value.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        Arc::make_mut(&mut self.attributes).insert(name.into(), value.into());
        self
    }

    /// Gives it every member of an object as an attribute.
    #[must_use]
    pub fn with_all(mut self, attributes: &Object) -> Self {
        let own = Arc::make_mut(&mut self.attributes);
        own.extend(attributes.iter().map(|(n, v)| (Arc::clone(n), v.clone())));
        self
    }

    /// Says when it was seen.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Says how many questions were asked with it.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// Refuses what cannot be recorded, as [`Database::record_traffic`](crate::Database::record_traffic) does.
    ///
    /// # Errors
    ///
    /// `bad-literal` if the user id is empty, the name of an attribute is none, or the count is 0 or past 64 bits;
    /// `duplicate` if `user_id` is an attribute; `limit` if the id or the attributes are too long.
    pub fn check(&self) -> Result<()> {
        self.user.as_deref().map_or(Ok(()), check_user_id)?;
        self.attributes.iter().try_for_each(|(name, value)| check_attribute(name, value))?;
        if self.count == 0 || i64::try_from(self.count).is_err() {
            let (what, why) = ("a count", "it is 1 to 9223372036854775807".to_owned());
            return Err(ErrorKind::BadLiteral { what, text: self.count.to_string(), why }.into());
        }
        let value = Value::Object(Arc::clone(&self.attributes));
        check_value(&value)?;
        let (found, limit) = (value.to_string().len(), CONTEXT_BYTES);
        if found > limit {
            let (what, unit) = ("a recorded context", "bytes");
            return Err(ErrorKind::TooMany { what, limit, unit, found }.into());
        }
        Ok(())
    }

    /// The context as it is kept; one that does not say when it was seen was seen `now`.
    pub(crate) fn recorded(self, now: Timestamp) -> Recorded {
        let at = self.at.unwrap_or(now);
        let (user, attributes) = (self.user, Arc::new(in_order(&self.attributes)));
        Recorded { user, attributes, first: at, last: at, count: self.count }
    }
}

/// Context as it is kept: there is one for each user and attributes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) user: Option<Arc<str>>,
    /// In the order of their names, in objects within them, too.
    pub(crate) attributes: Arc<Object>,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    /// How many questions were asked with it.
    pub(crate) count: u64,
}

impl Recorded {
    /// Adds what was seen of the same.
    pub(crate) fn add(&mut self, more: &Self) {
        (self.first, self.last) = (self.first.min(more.first), self.last.max(more.last));
        self.count = self.count.saturating_add(more.count);
    }

    /// The text by which contexts of a user are told apart: attributes that are equal have the same.
    pub(crate) fn identity(&self) -> String {
        Value::Object(Arc::new(by_value(&self.attributes))).to_string()
    }
}

/// An object with its members in the order of their names, and those of objects within it. It nests as deep as what may be
/// stored.
pub(crate) fn in_order(object: &Object) -> Object {
    mapped(object, &Value::clone)
}

/// The same, with numbers that are equal written alike.
fn by_value(object: &Object) -> Object {
    mapped(object, &|value| match value {
        Value::Double(double) if double.fract() == 0.0 => {
            format!("{double:.0}").parse::<i64>().map_or_else(|_| value.clone(), Value::from)
        }
        other => other.clone(),
    })
}

/// An object in order, with a function applied to what is no list and no object in it.
fn mapped(object: &Object, leaf: &dyn Fn(&Value) -> Value) -> Object {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_unstable_by(|a, b| a.0.cmp(b.0));
    members.into_iter().map(|(name, value)| (Arc::clone(name), mapped_value(value, leaf))).collect()
}

fn mapped_value(value: &Value, leaf: &dyn Fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(Arc::new(mapped(members, leaf))),
        Value::List(items) => {
            items.iter().map(|item| mapped_value(item, leaf)).collect::<Vec<_>>().into()
        }
        other => leaf(other),
    }
}

/// Whether a context that is asked with can be kept: whether its user has an id that may be stored.
pub(crate) fn is_recordable(user: Option<&str>) -> bool {
    user.is_none_or(|user| check_user_id(user).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> RecordedContext {
        let Value::Object(attributes) = Value::from_json(json).unwrap() else { panic!("{json}") };
        RecordedContext::new().with_all(&attributes)
    }

    fn identity(json: &str) -> String {
        of(json).recorded(Timestamp::MIN).identity()
    }

    #[test]
    fn contexts_are_one_if_their_attributes_are_equal() {
        for (a, b) in [
            (r#"{"a": 1, "b": {"x": 1, "y": 2}}"#, r#"{"b": {"y": 2.0, "x": 1}, "a": 1.0}"#),
            (r#"{"a": [1, {"p": 1, "q": 2}]}"#, r#"{"a": [1e0, {"q": 2, "p": 1}]}"#),
            (r#"{"a": 0}"#, r#"{"a": -0.0}"#),
        ] {
            assert_eq!(identity(a), identity(b));
        }
        for (a, b) in [(r#"{"a": 1}"#, r#"{"a": "1"}"#), (r#"{"a": [1, 2]}"#, r#"{"a": [2, 1]}"#)] {
            assert_ne!(identity(a), identity(b));
        }
    }

    #[test]
    fn what_cannot_be_recorded_is_refused() {
        let code = |context: RecordedContext| context.check().map_err(|error| error.code());
        assert_eq!(code(of(r#"{"a": 1}"#).user("u").count(u64::MAX >> 1)), Ok(()));
        assert_eq!(code(of("{}").user("")), Err("bad-literal"));
        assert_eq!(code(of("{}").count(0)), Err("bad-literal"));
        assert_eq!(code(of("{}").count(u64::MAX)), Err("bad-literal"));
        assert_eq!(code(of("{}").with("user_id", "u")), Err("duplicate"));
        assert_eq!(code(of("{}").user("u".repeat(1_025))), Err("limit"));
        assert_eq!(code(of("{}").with("a", "x".repeat(CONTEXT_BYTES))), Err("limit"));
        assert_eq!(code(of("{}").with("a", Value::Double(f64::NAN))), Err("bad-literal"));
    }
}
