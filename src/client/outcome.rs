//! Outcomes of a client's fetches and activations.

use std::time::Duration;

use crate::model::Name;

/// Outcome of [`Client::fetch`](super::Client::fetch).
///
/// It cannot fail: the store is in memory where it is read, and an evaluation has no errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// The newest state of the store gives the user a key more, a key less, or another value than the client
    /// had, or the client had nothing. It waits for [`Client::activate`](super::Client::activate).
    Fetched {
        /// The number of the revision that was fetched.
        revision: u64,
    },
    /// The newest state gives the values that the client had. It waits for activation all the same, as it
    /// may be of a later revision, or give a value for another reason.
    Unchanged {
        /// The number of the revision that was fetched.
        revision: u64,
    },
    /// Nothing was fetched: the minimum interval has not passed. What was fetched before still waits.
    Throttled {
        /// How long it is until a fetch is let through; more than zero.
        retry_after: Duration,
    },
}

impl Fetch {
    /// Whether nothing was fetched because the minimum interval has not passed.
    #[must_use]
    pub fn is_throttled(self) -> bool {
        matches!(self, Self::Throttled { .. })
    }
}

/// Outcome of [`Client::activate`](super::Client::activate): what was put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activation {
    /// The number of the revision that is in force now.
    pub revision: u64,
    /// The keys of which getters give another value than before, and those that are gone, in byte order.
    ///
    /// Values are compared as they are delivered: `1` is another one than `1.0`, and a value that comes to
    /// stand where there was none is a change.
    pub changed: Vec<Name>,
    /// Those of them that were in force before and are not any more, in byte order: their getters give the
    /// app's default again, or nothing.
    pub gone: Vec<Name>,
}

impl Activation {
    /// Whether any key has another value than before, or is gone.
    #[must_use]
    pub fn is_change(&self) -> bool {
        !self.changed.is_empty()
    }
}

/// Outcomes of both parts of [`Client::fetch_and_activate`](super::Client::fetch_and_activate).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchAndActivate {
    /// What was fetched, or that it was too early.
    pub fetch: Fetch,
    /// What was put in force, by this fetch or by one before that was not activated yet; `None` if nothing
    /// was waiting.
    pub activation: Option<Activation>,
}

impl FetchAndActivate {
    /// Whether any key has another value than before, or is gone.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.activation.as_ref().is_some_and(Activation::is_change)
    }
}
