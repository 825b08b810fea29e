//! Databases on a disk that loses what was not synced, or fails: for tests, and for the fuzzer.

use super::{Builder, Database};
use crate::error::Result;
use crate::store::Store;
use crate::store::disk::Disk;

impl Database {
    /// Opens the store on a disk.
    pub(crate) fn on_disk(disk: &Disk, builder: &Builder) -> Result<Self> {
        let store = Store::on_disk(disk, &builder.options())?;
        builder.start_with(store.clone(), Box::new(store))
    }
}
