//! What is harvested of a damaged file is what was in it, but for what is in the gaps that are told.

use std::collections::BTreeMap;

use redb::Key;

use super::*;
use crate::store::page::header::{FLAGS, SLOTS};
use crate::store::page::{Gap, Harvest, Source};

const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("pcq.revisions");
const ENTRIES: u64 = 2_000;
/// No other table has such keys.
const FIRST: u64 = 1 << 40;

type Entries = BTreeMap<u64, Vec<u8>>;

fn entries() -> Entries {
    let value = |key: u64| vec![key.to_le_bytes()[0]; usize::try_from(key % 60).unwrap()];
    (FIRST..FIRST + ENTRIES).map(|key| (key, value(key))).collect()
}

/// A file with a log, closed.
fn logged() -> Vec<u8> {
    let file = closed();
    let database = Database::builder().create_with_backend(file.clone()).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut table = transaction.open_table(LOG).unwrap();
    for (key, value) in entries() {
        table.insert(key, value.as_slice()).unwrap();
    }
    drop(table);
    transaction.commit().unwrap();
    drop(database);
    file.bytes()
}

/// What is harvested of the log, and the gaps.
fn harvested(harvest: &Harvest<Memory>) -> (Entries, Vec<Gap>) {
    let mut found = Entries::new();
    let gaps = harvest.each("pcq.revisions", (Some(8), None), |key, value| {
        found.insert(u64::from_le_bytes(key.try_into().unwrap()), value.to_vec());
        Ok(())
    });
    (found, gaps.unwrap())
}

fn is_in(gap: &Gap, key: u64) -> bool {
    let compare = |other: &Vec<u8>| <u64 as Key>::compare(&key.to_le_bytes(), other);
    gap.after.as_ref().is_none_or(|after| compare(after).is_gt())
        && gap.before.as_ref().is_none_or(|before| compare(before).is_lt())
}

#[test]
fn a_sound_file_is_harvested_whole() {
    let harvest = Harvest::new(Memory::of(logged())).unwrap().unwrap();
    assert_eq!(
        (harvest.source(), harvest.entries("pcq.revisions")),
        (Source::Newest, Some(ENTRIES))
    );
    assert!(harvested(&harvest) == (entries(), Vec::new()));
    let mut others = 0;
    let gaps = harvest.each("pcq.revisions", (Some(4), None), |_, _| {
        others += 1;
        Ok(())
    });
    assert_eq!((gaps.unwrap(), others), (Vec::new(), 0), "a table of other widths is another");
}

/// Page after page is taken away. What is in no tree any more then is found outside of them.
#[test]
fn what_is_missing_is_in_a_gap() {
    let (bytes, wanted) = (logged(), entries());
    let (mut partly, mut roots, mut none) = (0, 0, 0);
    let is_used = |page: &usize| bytes[*page..page + 4096].iter().any(|byte| *byte != 0);
    for page in (0..bytes.len()).step_by(4096).filter(is_used) {
        let mut damaged = bytes.clone();
        damaged[page..page + 4096].fill(0);
        let Some(harvest) = Harvest::new(Memory::of(damaged)).unwrap() else {
            none += 1;
            continue;
        };
        let (found, gaps) = harvested(&harvest);
        let missing: Vec<_> = wanted.keys().filter(|key| !found.contains_key(key)).collect();
        assert!(found.iter().all(|(key, value)| wanted.get(key) == Some(value)), "byte {page}");
        assert!(missing.iter().all(|key| gaps.iter().any(|gap| is_in(gap, **key))), "byte {page}");
        assert_eq!(missing.is_empty(), gaps.is_empty(), "byte {page}");
        partly += usize::from(!missing.is_empty() && !found.is_empty());
        if gaps == [Gap::default()] {
            roots += 1;
            let mut strays = Entries::new();
            harvest.strays(8, |key, value| {
                strays.insert(u64::from_le_bytes(key.try_into().unwrap()), value.to_vec());
            });
            assert!(wanted.iter().all(|(key, value)| strays.get(key) == Some(value)));
        }
    }
    // the only list that has the table
    assert!(partly > 5 && roots > 0 && none <= 1, "{partly}, {roots}, {none}");
}

/// Without the commit that the header names nobody knows what was in it.
#[test]
fn without_the_named_commit_what_is_left_is_of_the_one_before() {
    let bytes = logged();
    let named = SLOTS[usize::from(bytes[FLAGS] & 1)];
    for at in [8, 33, 60, 104].map(|within| named + within) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x80;
        let harvest = Harvest::new(Memory::of(damaged)).unwrap().unwrap();
        assert_eq!(harvest.source(), Source::Before, "byte {at}");
    }
    let mut damaged = bytes.clone();
    damaged[SLOTS.iter().sum::<usize>() - named + 8] ^= 0x80;
    let harvest = Harvest::new(Memory::of(damaged)).unwrap().unwrap();
    assert_eq!(harvest.source(), Source::Newest);
}
