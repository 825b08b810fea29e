//! Mark of a state of the file: what tells it from the other states, as far as memory keeps anything of it.

use super::failure::OrFail;
use super::image::Image;
use super::options::ClockMode;
use super::record::Edition;
use super::tables::{META, TOTALS_KEY};
use super::{chain, list};
use crate::error::Result;
use crate::model::{Revision, RevisionHash};

/// Mark of a state of the file. States that have the same mark have the same objects, facts about users, lists and
/// clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    newest: Option<Revision>,
    /// The hash of the newest revision, and with it what it and those before it did.
    hash: Option<RevisionHash>,
    /// The stored totals of users. No two states have the same: whoever adds entries makes a run with the next
    /// number, and whoever erases some leaves fewer in the runs.
    users: Option<Vec<u8>>,
    lists: Option<Edition>,
    clock: ClockMode,
}

impl Mark {
    pub(super) fn of(image: &Image) -> Result<Self> {
        let number = image.newest()?;
        let (newest, hash) = (image.revision(number)?, chain::hash_of(image, number)?);
        let users = image.table(META)?.get(TOTALS_KEY).or_fail()?;
        let users = users.map(|totals| totals.value().to_vec());
        Ok(Self { newest, hash, users, lists: list::newest_edition(image)?, clock: image.clock()? })
    }

    /// The newest revision.
    pub(crate) fn newest(&self) -> Option<&Revision> {
        self.newest.as_ref()
    }

    /// The hash of the newest revision; `None` if an earlier program wrote it.
    pub(crate) fn hash(&self) -> Option<RevisionHash> {
        self.hash
    }

    /// The clock.
    pub(crate) fn clock(&self) -> ClockMode {
        self.clock
    }

    /// Whether the facts about users are the same.
    pub(crate) fn has_users_of(&self, other: &Self) -> bool {
        self.users == other.users
    }

    /// Whether every list that both states have is the same.
    pub(crate) fn has_lists_of(&self, other: &Self) -> bool {
        self.lists == other.lists
    }
}
