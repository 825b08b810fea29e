//! Disk in memory that records what is done to it, and fails where a test wants it to.
//!
//! What may be lost is what was not synced. So a recording gives what may be found after a power cut at any of its
//! operations, without telling the story again for each.

mod backend;
mod chance;
mod trace;

pub(crate) use backend::{Act, Disk, Fault};
pub(crate) use chance::Chance;
pub(crate) use trace::{Cut, Loss, Trace};

use std::sync::Arc;

use crate::error::Result;
use crate::store::database::{builder, finish, writable};
use crate::store::failure::{Place, guarded};
use crate::store::handle::Handle;
use crate::store::shared::Shared;
use crate::store::{Options, Store};

impl Store {
    /// Opens, or makes, the store on a disk, in the way of files: with locks, and two syncs to a commit.
    pub(crate) fn on_disk(disk: &Disk, options: &Options) -> Result<Self> {
        let place = Place::new("the disk");
        let open = || {
            let builder = builder(options.cache_bytes);
            let database = writable(disk.clone(), &builder, &place.damage)?;
            finish(Handle::Database(Arc::new(database), None), options)
        };
        let (handle, clock) = guarded(&place, open)?;
        Ok(Self { shared: Arc::new(Shared::new(handle, place, None, clock, options)) })
    }
}
