//! Subject of a course: the user, what is known of them, and what is taken to hold all the time.

use std::sync::Arc;

use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::model::{Context, Object, Timestamp, Value};
use crate::query::view::{View, context_with};
use crate::statement::ShowChanges;

/// User whose values are looked at.
pub(super) struct Subject {
    user: Arc<str>,
    pub(super) history: Arc<UserHistory>,
    given: Object,
}

impl Subject {
    /// The user that a statement is about.
    pub(super) fn new(view: &View<'_>, show: &ShowChanges) -> Result<Self> {
        let user = view.parameters.text(&show.user)?;
        let given = show.attributes.as_ref().map(|given| view.parameters.attributes(given));
        let given = given.transpose()?.map(std::borrow::Cow::into_owned).unwrap_or_default();
        Ok(Self { history: view.history(&user)?, user, given })
    }

    /// The user as they are at an instant.
    pub(super) fn context(&self, at: Timestamp) -> Context {
        context_with(Some(Arc::clone(&self.user)), Arc::clone(&self.history), &self.given, at)
    }

    /// Whether what is stored of an attribute matters.
    pub(super) fn stores(&self, attribute: &str) -> bool {
        !self.given.contains_key(attribute)
    }

    /// Whether an event happens at an instant.
    pub(super) fn has_event(&self, event: &str, at: Option<Timestamp>) -> bool {
        let next = |at| self.history.next_event(event, just_before(at));
        at.is_some_and(|at| next(at) == Some(at))
    }

    /// Whether an attribute is another one from an instant on.
    pub(super) fn sets(&self, attribute: &str, at: Timestamp) -> bool {
        let [old, new] = [just_before(at), at].map(|at| self.history.profile(at));
        let [old, new] = [&old, &new].map(|profile| profile.get(attribute).unwrap_or(&Value::Null));
        self.stores(attribute) && !old.same(new)
    }
}

/// The last instant before another.
pub(super) fn just_before(at: Timestamp) -> Timestamp {
    Timestamp::clamped(at.as_micros() - 1)
}
