//! What a store reads as it opens, read by redb alone, with the layer that checks pages and without it.
//!
//! The layer is the library's own, which has no way to leave it out.

#[expect(dead_code, reason = "nothing is verified or repaired here")]
mod page;

use std::fs::OpenOptions;

use page::{Checked, Damage, Role};
use redb::backends::FileBackend;
use redb::{Builder, Database, Key, ReadTransaction, ReadableDatabase, ReadableTable};
use redb::{StorageBackend, TableDefinition};

use crate::common::stores::Stored;

const HEADS: TableDefinition<(u8, u32), &[u8]> = TableDefinition::new("pcq.heads");
const KEPT: TableDefinition<(u32, u32), &[u8]> = TableDefinition::new("pcq.kept_versions");

/// The cache of pages that a store has.
const CACHE_BYTES: usize = 64 << 20;

/// Opens the file and reads it, checking no page.
pub(crate) fn bare(stored: &Stored) -> (Database, u64) {
    read(file(stored))
}

/// Opens the file and reads it, checking each page.
pub(crate) fn checked(stored: &Stored) -> (Database, u64) {
    read(Checked::new(file(stored), Role::Writes, &Damage::default()))
}

fn file(stored: &Stored) -> FileBackend {
    let file = OpenOptions::new().read(true).write(true).open(stored.path()).unwrap();
    FileBackend::new(file).unwrap()
}

/// Reads what a store reads as it opens.
fn read(backend: impl StorageBackend) -> (Database, u64) {
    let mut builder = Builder::new();
    let database = builder.set_cache_size(CACHE_BYTES).create_with_backend(backend).unwrap();
    let transaction = database.begin_read().unwrap();
    let sum = sum(&transaction, HEADS) + sum(&transaction, KEPT);
    (database, sum)
}

/// Adds up the bytes of a table.
fn sum<K: Key + 'static>(
    transaction: &ReadTransaction,
    table: TableDefinition<K, &'static [u8]>,
) -> u64 {
    let table = transaction.open_table(table).unwrap();
    let bytes = |value: &[u8]| value.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    table.iter().unwrap().map(|entry| bytes(entry.unwrap().1.value())).sum()
}
