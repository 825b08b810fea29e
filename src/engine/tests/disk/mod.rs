//! A database on a disk that loses what was not synced, or fails.
//!
//! `story` tells what is done to it, `state` what it holds and must hold, `recording` keeps both of one telling;
//! `power` cuts the power after every operation, `fault` makes every operation fail.

mod fault;
mod power;
mod recording;
mod state;
mod story;

use crate::engine::{Builder, Database};
use crate::error::Result;
use crate::model::Timestamp;
use crate::store::Store;
use crate::store::disk::Disk;

/// Opens the store on a disk.
fn open(disk: &Disk) -> Result<Database> {
    Database::on_disk(disk, &Builder::default())
}

/// Opens the store on a disk, with so many bytes of its pages in memory.
fn open_with(disk: &Disk, cache_bytes: usize) -> Result<Database> {
    Database::on_disk(disk, &Builder::default().cache_bytes(cache_bytes))
}

/// What is on the disk once a store was made there.
fn new_store() -> Vec<u8> {
    let disk = Disk::default();
    let builder = Builder::default().manual_clock(start());
    drop(Store::on_disk(&disk, &builder.options()).unwrap());
    disk.bytes()
}

fn start() -> Timestamp {
    Timestamp::parse("2026-03-01T09:00:00Z").unwrap()
}
