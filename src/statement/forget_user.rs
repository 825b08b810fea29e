//! `FORGET USER`: erases what is known of a user.

use std::fmt;

use super::binder::Binder;
use super::{Help, Text, text};
use crate::error::Result;
use crate::model::{Entry, Literal, What};
use crate::syntax::Node;

/// `FORGET USER 'id'`
#[derive(Clone, Debug, PartialEq)]
pub struct ForgetUser {
    /// The id of the user.
    pub user: Text,
}

impl ForgetUser {
    /// Erases the profile and all events of a user.
    #[must_use]
    pub fn new(user: impl Into<Literal>) -> Self {
        Self { user: text(user) }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Ok(Self { user: node.children().literal()? })
    }

    /// What it appends to what is known of the user.
    pub(crate) fn entry(&self, binder: &Binder<'_>) -> Result<Entry> {
        let user = binder.parameters.user_id(&self.user)?;
        Ok(Entry { user, at: binder.now, what: What::Forget })
    }
}

impl fmt::Display for ForgetUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FORGET USER {}", self.user)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "FORGET USER",
    syntax: "FORGET USER '<id>'",
    summary: "erases the profile and all events of a user, from every past too",
    example: "FORGET USER 'u1'",
};
