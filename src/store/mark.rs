//! Mark of a state of the file: what tells it from the other states, as far as memory keeps anything of it.

use super::failure::OrFail;
use super::image::Image;
use super::options::ClockMode;
use super::tables::{META, TOTALS_KEY};
use crate::error::Result;
use crate::model::Revision;

/// Mark of a state of the file. States of one store that have the same mark have the same objects, facts about users
/// and clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The newest revision: those before it never change.
    newest: Option<Revision>,
    /// The stored totals of users. No two states have the same: whoever adds entries makes a run with the next
    /// number, and whoever erases some leaves fewer in the runs.
    users: Option<Vec<u8>>,
    clock: ClockMode,
}

impl Mark {
    pub(super) fn of(image: &Image) -> Result<Self> {
        let newest = image.revision(image.newest()?)?;
        let users = image.table(META)?.get(TOTALS_KEY).or_fail()?;
        let users = users.map(|totals| totals.value().to_vec());
        Ok(Self { newest, users, clock: image.clock()? })
    }

    /// The newest revision.
    pub(crate) fn newest(&self) -> Option<&Revision> {
        self.newest.as_ref()
    }

    /// The clock.
    pub(crate) fn clock(&self) -> ClockMode {
        self.clock
    }

    /// Whether the facts about users are the same.
    pub(crate) fn has_users_of(&self, other: &Self) -> bool {
        self.users == other.users
    }
}
