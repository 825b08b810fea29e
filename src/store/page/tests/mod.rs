//! Tests of the pages: that redb's format is as it is read here, and that damage is found.

mod checked;
mod harvest;
mod header;

use std::io;
use std::sync::{Arc, Mutex};

use redb::{Database, MultimapTableDefinition, StorageBackend, TableDefinition};

use super::{Checked, Damage, Role, damaged_pages};

const FIXED: TableDefinition<(u32, u64), u128> = TableDefinition::new("fixed");
const FIXED_KEYS: TableDefinition<u64, &[u8]> = TableDefinition::new("fixed keys");
const FIXED_VALUES: TableDefinition<&str, u32> = TableDefinition::new("fixed values");
const VARIED: TableDefinition<(u32, &str), &[u8]> = TableDefinition::new("varied");
const NO_VALUES: TableDefinition<u32, ()> = TableDefinition::new("no values");
const ONE: TableDefinition<&str, &[u8]> = TableDefinition::new("one");
const EMPTY: TableDefinition<u8, u8> = TableDefinition::new("empty");
const MANY: MultimapTableDefinition<u32, u64> = MultimapTableDefinition::new("many");

/// A file in memory, which stays when redb closes it.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn of(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(bytes)))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl StorageBackend for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).unwrap();
        let bytes = self.0.lock().unwrap();
        let found = bytes.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.lock().unwrap().resize(usize::try_from(length).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let from = usize::try_from(offset).unwrap();
        self.0.lock().unwrap()[from..from + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn open(file: &Memory, damage: &Damage) -> Result<Database, redb::DatabaseError> {
    let checked = Checked::new(file.clone(), Role::Writes, damage);
    Database::builder().set_cache_size(256 << 10).create_with_backend(checked)
}

/// Writes to every table, so that each has more than one level of pages, and pages of more than one size.
fn fill(database: &Database, round: u32) {
    let transaction = database.begin_write().unwrap();
    let long = |n: u32| vec![u8::try_from(n % 251).unwrap(); usize::try_from(n % 700).unwrap()];
    for n in 0..400_u32 {
        let m = n.wrapping_mul(2_654_435_761).wrapping_add(round);
        transaction.open_table(FIXED).unwrap().insert((m, 7), u128::from(m)).unwrap();
        transaction.open_table(FIXED_KEYS).unwrap().insert(u64::from(m), &*long(n)).unwrap();
        transaction.open_table(FIXED_VALUES).unwrap().insert(&*format!("{m}"), n).unwrap();
        transaction.open_table(NO_VALUES).unwrap().insert(m, ()).unwrap();
        if n % 20 == 0 {
            let value = vec![3; usize::try_from(n).unwrap() * 50];
            transaction.open_table(VARIED).unwrap().insert((m, "k"), &*value).unwrap();
            transaction.open_multimap_table(MANY).unwrap().insert(n % 3, u64::from(m)).unwrap();
        }
    }
    transaction.open_table(ONE).unwrap().insert("key", [1, 2, 3].as_slice()).unwrap();
    transaction.open_table(EMPTY).unwrap();
    transaction.commit().unwrap();
}

/// A file of redb that was closed properly.
fn closed() -> Memory {
    let file = Memory::default();
    let database = Database::builder().create_with_backend(file.clone()).unwrap();
    (0..3).for_each(|round| fill(&database, round));
    drop(database);
    file
}

/// What a walk finds wrong.
fn problems(file: &Memory) -> Vec<String> {
    let mut problems = Vec::new();
    damaged_pages(file, &|_| true, |problem| {
        problems.push(problem);
        problems.len() < 100
    })
    .unwrap();
    problems
}
