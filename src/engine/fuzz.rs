//! Databases on a disk that loses what was not synced, or fails: for tests, and for the fuzzer.

use super::{Builder, Database};
use crate::error::Result;
use crate::store::disk::Disk;
use crate::store::{Options, Store};

impl Database {
    /// Opens the store on a disk, with so many bytes of its pages in memory.
    pub(crate) fn on_disk(
        disk: &Disk,
        builder: &Builder,
        cache_bytes: Option<usize>,
    ) -> Result<Self> {
        let store = Store::on_disk(disk, &Options { cache_bytes, ..builder.options() })?;
        builder.start_with(store.clone(), Box::new(store))
    }
}
