//! What is read is what was written, or an error.

use redb::{Key, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, Value};

use super::*;
use crate::store::page::header::{FLAGS, HEADER_BYTES, Header, Slot};
use crate::store::page::walk::is_forged;

/// Counts the pages that are read, in their order.
#[derive(Clone, Debug)]
struct Counted {
    file: Memory,
    reads: Arc<Mutex<Vec<(u64, usize)>>>,
}

impl StorageBackend for Counted {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset > 0 {
            self.reads.lock().unwrap().push((offset, out.len()));
        }
        self.file.read(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }
}

/// The bytes of everything in a table.
fn table<K: Key + 'static, V: Value + 'static>(
    transaction: &ReadTransaction,
    definition: TableDefinition<K, V>,
) -> Result<Vec<u8>, redb::Error> {
    let mut bytes = Vec::new();
    for entry in transaction.open_table(definition)?.iter()? {
        let (key, value) = entry?;
        bytes.extend_from_slice(K::as_bytes(&key.value()).as_ref());
        bytes.extend_from_slice(V::as_bytes(&value.value()).as_ref());
    }
    Ok(bytes)
}

/// The bytes of everything in every table but the multimap.
fn everything(database: &impl ReadableDatabase) -> Result<Vec<u8>, redb::Error> {
    let transaction = database.begin_read()?;
    Ok([
        table(&transaction, FIXED)?,
        table(&transaction, FIXED_KEYS)?,
        table(&transaction, FIXED_VALUES)?,
        table(&transaction, VARIED)?,
        table(&transaction, NO_VALUES)?,
        table(&transaction, ONE)?,
        table(&transaction, EMPTY)?,
    ]
    .concat())
}

/// redb's format is as it is read here: of each page that redb reads it was known before what it must be, and
/// that it is.
#[test]
fn every_page_that_is_read_is_known() {
    let file = closed();
    let counted = Counted { file: file.clone(), reads: Arc::default() };
    let database =
        Database::builder().set_cache_size(0).open_read_only_with_backend(counted.clone()).unwrap();
    everything(&database).unwrap();
    drop(database);
    let reads = counted.reads.lock().unwrap().clone();
    assert!(reads.iter().filter(|(_, length)| *length > 4096).count() > 30);
    let checked = Checked::new(file, Role::Reads, &Damage::default());
    checked.read(0, &mut [0; HEADER_BYTES]).unwrap();
    for (offset, length) in reads {
        assert!(checked.known().find(offset, length).is_some(), "byte {offset}");
        checked.read(offset, &mut vec![0; length]).unwrap();
    }
}

#[test]
fn a_walk_meets_every_page() {
    let file = closed();
    assert_eq!(problems(&file), [""; 0]);
    let database = Database::builder().open_read_only_with_backend(file.clone()).unwrap();
    let transaction = database.begin_read().unwrap();
    let pages = |stats: redb::TableStats| stats.leaf_pages() + stats.branch_pages();
    let all = pages(transaction.open_table(FIXED).unwrap().stats().unwrap())
        + pages(transaction.open_table(FIXED_KEYS).unwrap().stats().unwrap())
        + pages(transaction.open_table(FIXED_VALUES).unwrap().stats().unwrap())
        + pages(transaction.open_table(VARIED).unwrap().stats().unwrap())
        + pages(transaction.open_table(NO_VALUES).unwrap().stats().unwrap())
        + pages(transaction.open_table(ONE).unwrap().stats().unwrap());
    drop((transaction, database));
    let counted = Counted { file, reads: Arc::default() };
    damaged_pages(&counted, &|_| true, |_| true).unwrap();
    let read = counted.reads.lock().unwrap().len() as u64;
    // and the lists of tables, and redb's own tables
    assert!((all + 2..all + 30).contains(&read), "{read} of {all}");
}

/// Reads all of a file that was damaged at a byte: `None` if that is what it was before, else the error, and what was
/// noted of the damage.
fn told_of(bytes: Vec<u8>, at: usize, wanted: &[u8]) -> Option<(redb::Error, Option<String>)> {
    let (file, damage) = (Memory::of(bytes), Damage::default());
    let database = open(&file, &damage).map_err(redb::Error::from);
    match database.and_then(|database| everything(&database)) {
        Ok(found) => {
            assert!(found == *wanted, "byte {at} changed what was read");
            None
        }
        Err(error) => Some((error, damage.found())),
    }
}

/// Each damage is an error, or changes nothing; and it is noted, with the table and the place.
#[test]
fn damage_is_an_error_or_changes_nothing() {
    let bytes = closed().bytes();
    let sound = Memory::of(bytes.clone());
    let wanted = everything(&open(&sound, &Damage::default()).unwrap()).unwrap();
    let mut noticed = 0;
    for step in 0..300 {
        let mut damaged = bytes.clone();
        let at = (step * 7_919 * 4_096 + step * 977) % bytes.len();
        damaged[at] ^= 1 << (step % 8);
        if let Some((error, told)) = told_of(damaged, at, &wanted) {
            noticed += 1;
            let told = told.unwrap_or_default();
            assert!(told.contains("table") || at < HEADER_BYTES, "{at}: {error}: {told}");
        }
    }
    assert!(noticed > 50, "{noticed}");
}

/// A file that was opened and not closed again is believed by redb; what is read of it is checked all the same.
#[test]
fn a_file_that_was_killed_before_its_first_commit_is_checked() {
    let file = closed();
    let wanted = everything(&open(&file, &Damage::default()).unwrap()).unwrap();
    let database = open(&file, &Damage::default()).unwrap();
    let killed = file.bytes();
    drop(database);
    assert_ne!(killed[FLAGS] & 2, 0);
    let mut noticed = 0;
    for step in 0..100 {
        let mut damaged = killed.clone();
        let at = (4_096 + step * 7_919 * 4_096 + step * 977) % killed.len();
        damaged[at] ^= 1 << (step % 8);
        let told = told_of(damaged, at, &wanted);
        noticed += usize::from(told.is_some_and(|(_, damage)| damage.is_some()));
    }
    assert!(noticed > 15, "{noticed}");
}

/// What this process writes is right, however little is cached, and in whatever order pages are used again.
#[test]
fn what_is_written_is_read_again() {
    let file = closed();
    for round in 3..7 {
        let damage = Damage::default();
        let database = open(&file, &damage).unwrap();
        let old = database.begin_read().unwrap();
        let before = everything(&database).unwrap();
        for again in 0..3 {
            fill(&database, round * 10 + again);
            let transaction = database.begin_write().unwrap();
            let even = |key: &[u8]| key.first().is_some_and(|first| first % 2 == 0);
            transaction
                .open_table(FIXED_VALUES)
                .unwrap()
                .retain(|key, _| !even(key.as_bytes()))
                .unwrap();
            transaction.open_table(VARIED).unwrap().retain(|key, _| key.0 % 3 != 0).unwrap();
            transaction.commit().unwrap();
            assert!(table(&old, FIXED).is_ok_and(|fixed| before.starts_with(&fixed)));
            everything(&database).unwrap();
        }
        drop(old);
        assert_eq!(damage.found(), None);
        drop(database);
        assert_eq!(problems(&file), [""; 0]);
    }
}

/// A process that only reads follows one that writes, which uses pages again for something else.
#[test]
fn a_reader_follows_a_writer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shared");
    let mut builder = Database::builder();
    builder.set_cache_size(0).set_concurrency_mode(redb::ConcurrencyMode::SingleWriter);
    let writer = builder.create(&path).unwrap();
    fill(&writer, 0);
    let damage = Damage::default();
    let file = redb::backends::FileBackend::new(std::fs::File::open(&path).unwrap()).unwrap();
    let reader =
        builder.open_read_only_with_backend(Checked::new(file, Role::Reads, &damage)).unwrap();
    for round in 1..12 {
        let old = reader.begin_read().unwrap();
        let before = everything(&reader).unwrap();
        let transaction = writer.begin_write().unwrap();
        transaction.open_table(FIXED_KEYS).unwrap().retain(|key, _| key % 5 != 0).unwrap();
        transaction.commit().unwrap();
        fill(&writer, round);
        assert!(table(&old, FIXED).is_ok_and(|fixed| before.starts_with(&fixed)));
        drop(old);
        assert!(everything(&reader).unwrap() == everything(&writer).unwrap());
    }
    assert_eq!(damage.found(), None);
}

/// After damage was found the file is as it was, and can be opened for what is sound.
#[test]
fn a_damaged_file_stays_as_it_is_while_it_is_only_read() {
    let bytes = closed().bytes();
    let sound = Memory::of(bytes.clone());
    let reads = Arc::default();
    let counted = Counted { file: sound, reads };
    let database = Database::builder().open_read_only_with_backend(counted.clone()).unwrap();
    table(&database.begin_read().unwrap(), ONE).unwrap();
    drop(database);
    let one = counted.reads.lock().unwrap().last().copied().unwrap().0;
    let mut damaged = bytes;
    damaged[usize::try_from(one).unwrap() + 4] ^= 1;
    let file = Memory::of(damaged.clone());
    for _ in 0..2 {
        let damage = Damage::default();
        // with debug assertions redb reads every page as it opens a file
        if let Ok(database) = open(&file, &damage) {
            let transaction = database.begin_read().unwrap();
            assert!(table(&transaction, FIXED).unwrap().len() > 1_000);
            assert_ne!(file.bytes()[FLAGS], damaged[FLAGS]);
            assert!(table(&transaction, ONE).is_err());
        }
        let told = damage.found().unwrap();
        assert_eq!(
            told,
            format!("the page of table `one` at byte {one} is not what was written there")
        );
        assert!(file.bytes() == damaged);
    }
}

/// redb takes memory for a page before it reads it. Where the number of one was forged that is larger than the file, the
/// page or the header that has the number is refused.
#[test]
fn a_number_that_was_forged_takes_no_memory() {
    let sound = closed().bytes();
    let mut numbers: Vec<usize> = [64, 192].iter().flat_map(|slot| [slot + 8, slot + 40]).collect();
    for at in (4096..sound.len()).step_by(4096).filter(|at| sound[*at] == 2) {
        let keys = usize::from(u16::from_le_bytes([sound[at + 2], sound[at + 3]]));
        numbers.extend((keys < 100).then_some(at + 8 + 16 * (keys + 1)));
    }
    let mut refused = 0;
    for (at, order) in numbers.iter().flat_map(|at| [14, 20, 31].map(|order| (at, order))) {
        let mut forged = sound.clone();
        forged[at + 7] = order << 3;
        crate::store::page::fuzz::seal(&mut forged);
        let memory = allocation_counter::measure(|| {
            let damage = Damage::default();
            let told = open(&Memory::of(forged), &damage).map_err(redb::Error::from);
            let told = told.and_then(|database| everything(&database).map(drop));
            refused += usize::from(told.is_err() && damage.found().is_some());
        });
        let bound = 4 * sound.len() as u64 + (4 << 20);
        assert!(memory.bytes_max < bound, "{} bytes for an order of {order}", memory.bytes_max);
    }
    assert!(refused > 20, "{refused} of {}", numbers.len() * 3);
}

/// Where the branches of a file are, in pages of the smallest size, and where each has the numbers of its children.
fn branches(bytes: &[u8]) -> Vec<(usize, std::ops::Range<usize>)> {
    let pages = (4096..bytes.len()).step_by(4096).filter(|at| bytes[*at] == 2);
    let keys = |at: usize| usize::from(u16::from_le_bytes([bytes[at + 2], bytes[at + 3]]));
    let numbers = |at: usize| at + 8 + 16 * (keys(at) + 1)..at + 8 + 24 * (keys(at) + 1);
    pages.filter(|at| (1..100).contains(&keys(*at))).map(|at| (at, numbers(at))).collect()
}

/// What is told of a file whose sums are made right, once all of it was asked for.
fn told_of_sealed(mut forged: Vec<u8>) -> Option<String> {
    crate::store::page::fuzz::seal(&mut forged);
    let (file, damage) = (Memory::of(forged), Damage::default());
    let told = std::panic::catch_unwind(|| {
        let database = open(&file, &damage).map_err(redb::Error::from);
        database.and_then(|database| everything(&database).map(drop))
    });
    // a page of one table in the place of one of redb's own makes it panic
    told.is_ok_and(|told| told.is_err()).then(|| damage.found()).flatten()
}

/// A few pages that refer to one another would be read again and again: each has one place in its tree.
#[test]
fn a_page_has_one_parent_and_one_place_below_it() {
    let sound = closed().bytes();
    let branches = branches(&sound);
    let (mut below_one, mut below_two) = (0, 0);
    let is_tangled = |told: Option<String>| {
        usize::from(told.is_some_and(|told| told.ends_with("that has its place in the tree")))
    };
    for (_, numbers) in &branches {
        let mut forged = sound.clone();
        forged.copy_within(numbers.start..numbers.start + 8, numbers.start + 8);
        below_one += is_tangled(told_of_sealed(forged));
    }
    for (one, other) in
        branches.iter().flat_map(|one| branches.iter().map(move |other| (one, other)))
    {
        let (from, to) = (one.1.start, other.1.start);
        let mut forged = sound.clone();
        forged.copy_within(from..from + 8, to);
        below_two += is_tangled(told_of_sealed(forged));
    }
    assert!(below_one > 4 && below_two > 1, "{below_one}, {below_two} of {}", branches.len());
}

/// The same page under two numbers, one for each size, is below its parent twice.
#[test]
fn a_page_of_two_sizes_has_one_place() {
    let sound = closed().bytes();
    let mut tangled = 0;
    for (_, numbers) in branches(&sound) {
        let mut forged = sound.clone();
        forged.copy_within(numbers.start..numbers.start + 8, numbers.start + 8);
        let order = &mut forged[numbers.start + 15];
        // twice as large, at half the index: the same place if that is even
        let number =
            u64::from_le_bytes(sound[numbers.start..numbers.start + 8].try_into().unwrap());
        if number % 2 == 0 && *order >> 3 == 0 {
            *order += 1 << 3;
            let index = numbers.start + 8..numbers.start + 10;
            let half = u16::from_le_bytes(forged[index.clone()].try_into().unwrap()) / 2;
            forged[index].copy_from_slice(&half.to_le_bytes());
            let told = told_of_sealed(forged).unwrap_or_default();
            tangled += usize::from(told.ends_with("that has its place in the tree"));
        }
    }
    assert!(tangled > 0);
}

/// A file that was not closed is read whole by redb before it is believed. One whose commit has more pages than the file
/// has room for is not shown to it.
#[test]
fn a_commit_of_more_pages_than_the_file_has_is_refused() {
    let mut sound = closed().bytes();
    sound[FLAGS] = (sound[FLAGS] | 2) & !4;
    assert!(open(&Memory::of(sound.clone()), &Damage::default()).is_ok());
    let mut refused = 0;
    for (_, numbers) in branches(&sound) {
        let mut forged = sound.clone();
        let children: Vec<_> = sound[numbers.clone()].chunks(8).map(<[u8]>::to_vec).collect();
        let widest = children.iter().max_by_key(|child| child[7]).unwrap();
        numbers.step_by(8).for_each(|at| forged[at..at + 8].copy_from_slice(widest));
        crate::store::page::fuzz::seal(&mut forged);
        let header = Header::read(&forged).unwrap();
        let (file, named) = (Memory::of(forged.clone()), usize::from(forged[FLAGS] & 1));
        let is_named =
            |slot: Option<&Slot>| slot.is_some_and(|s| is_forged(&file, &header, s).unwrap());
        if is_named(header.slots()[named]) {
            let checked = Checked::new(file.clone(), Role::Writes, &Damage::default());
            let mut shown = [0; HEADER_BYTES];
            checked.read(0, &mut shown).unwrap();
            assert!(Header::read(&shown).unwrap().slots()[named].is_none());
            refused += 1;
        }
    }
    assert!(refused > 0);
}
