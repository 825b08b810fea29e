//! List of users: put together id by id, before it is loaded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{ErrorKind, Result};
use crate::limits::LIST_IDS;
use crate::model::{UserIds, check_user_id};

/// List of users that is put together id by id, for [`Session::load_user_list`](super::Session::load_user_list): each error is told at its id.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// let mut list = pcq::UserList::new();
/// ["u1", "u2", "u1"].into_iter().try_for_each(|id| list.push(id))?;
/// assert_eq!(db.session().load_user_list("vips", list)?, 2);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct UserList {
    ids: UserIds,
    /// The places of ids by the hashes of the ids. Of two with one hash the second is not here, and found when all are
    /// sorted.
    places: HashMap<u64, u32>,
}

impl UserList {
    /// A list of nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a user, who counts once.
    ///
    /// # Errors
    ///
    /// `bad-literal` if the id is empty, `limit` if it is too long, or the list.
    pub fn push(&mut self, id: &str) -> Result<()> {
        check_user_id(id)?;
        let place = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        match self.places.entry(xxh3_64(id.as_bytes())) {
            Entry::Occupied(known) if self.ids.get(*known.get() as usize) == Some(id) => {
                return Ok(());
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => drop(free.insert(place)),
        }
        let (limit, found) = (LIST_IDS, self.ids.len() + 1);
        if found > limit {
            return Err(ErrorKind::TooMany { what: "a list", limit, unit: "ids", found }.into());
        }
        self.ids.push(id)
    }

    /// The ids in their order, each once.
    pub(super) fn sorted(self) -> Result<UserIds> {
        drop(self.places);
        self.ids.sorted()
    }
}
