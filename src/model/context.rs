//! Whom a value is for: an id and attributes.

use std::sync::Arc;

use super::{Object, Value};

/// A user as an evaluation sees them: an id, or none, and attributes.
///
/// ```
/// let context = pcq::Context::new("u1").with("device", "iPhone").with("age", 42);
/// assert_eq!(context.user_id(), Some("u1"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    user_id: Option<Value>,
    attributes: Object,
}

impl Context {
    /// Makes a context for the user with an id.
    #[must_use]
    pub fn new(user_id: impl Into<Arc<str>>) -> Self {
        Self { user_id: Some(Value::String(user_id.into())), attributes: Object::new() }
    }

    /// Makes a context without a user: rollouts and splits by the user are passed over.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Gives the user an attribute, in place of an older value. The name `user_id` has no effect: the
    /// attribute `user_id` is always the id.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Gives the user every member of an object as an attribute.
    #[must_use]
    pub fn with_all(mut self, attributes: &Object) -> Self {
        self.attributes.extend(attributes.iter().map(|(n, v)| (Arc::clone(n), v.clone())));
        self
    }

    /// The id of the user.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_ref().and_then(Value::as_str)
    }

    /// An attribute; `user_id` is the id.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        if name == "user_id" { self.user_id.as_ref() } else { self.attributes.get(name) }
    }
}
