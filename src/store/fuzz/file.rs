//! Files of stores, changed byte by byte, page by page, or record by record.

use redb::{
    Key, ReadableTable as _, ReadableTableMetadata as _, TableDefinition, Value, WriteTransaction,
};

use super::Input;
use crate::store::database::unshared;
use crate::store::disk::Disk;
use crate::store::page;
use crate::store::tables::{
    CHANGES, COUNTS, EVENT_IDS, EVENT_NAMES, EVENT_NUMBERS, HEADS, HISTORY, KEPT,
    KEPT_PUBLICATIONS, KEY_CONFIGS, KEY_SPANS, LIST_EDITIONS, LIST_IDS, LISTS, META, NAMES,
    PUBLICATIONS, RETENTION, REVISION_HASHES, REVISIONS, RUNS, SERIES, SERIES_NUMBERS, SKETCHES,
    TIMELINES, TIMES, TRAFFIC, USER_IDS, USER_NUMBERS, VERSIONS,
};

/// The most changes that are made to one file.
const CHANGES_OF_A_FILE: usize = 16;

/// The bytes of a page.
const PAGE: usize = 4096;

/// How a file is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// As it may be by chance: the sums tell.
    Damaged,
    /// The same, with sums that are right.
    Forged,
    /// Records and keys are others, in a file of redb that is sound.
    Rewritten,
}

/// The file with changes that an input says.
pub(crate) fn changed(mut bytes: Vec<u8>, change: Change, input: &mut Input<'_>) -> Vec<u8> {
    if change == Change::Rewritten {
        return rewritten(bytes, input);
    }
    for _ in 0..CHANGES_OF_A_FILE {
        if input.is_empty() {
            break;
        }
        damage(&mut bytes, input);
    }
    if change == Change::Forged {
        page::fuzz::seal(&mut bytes);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, input: &mut Input<'_>) {
    if bytes.len() < PAGE {
        return;
    }
    let pages = bytes.len() / PAGE;
    match input.byte() % 8 {
        0 => {
            let at = input.below(pages) * PAGE;
            bytes[at..at + PAGE].fill(0);
        }
        1 => {
            let (from, to) = (input.below(pages) * PAGE, input.below(pages) * PAGE);
            bytes.copy_within(from..from + PAGE, to);
        }
        // nothing at all is no damage: a store may be made of it
        2 => bytes.truncate(1 + input.below(bytes.len() - 1)),
        3 => {
            let at = input.below(320);
            bytes[at] ^= input.byte();
        }
        // the beginnings of pages say most
        4 | 5 => {
            let at = input.below(pages) * PAGE + input.below(256);
            let new = input.take(4);
            bytes[at..at + new.len()].copy_from_slice(new);
        }
        _ => {
            let at = input.below(bytes.len());
            bytes[at] ^= input.byte();
        }
    }
}

fn rewritten(bytes: Vec<u8>, input: &mut Input<'_>) -> Vec<u8> {
    let disk = Disk::of(bytes);
    let database = unshared(None).create_with_backend(disk.clone()).expect("it is sound");
    let transaction = database.begin_write().expect("nobody else writes");
    for _ in 0..CHANGES_OF_A_FILE {
        if input.is_empty() {
            break;
        }
        rewrite(&transaction, input);
    }
    transaction.commit().expect("the disk does not fail");
    drop(database);
    disk.bytes()
}

fn rewrite(transaction: &WriteTransaction, input: &mut Input<'_>) {
    macro_rules! one_of {
        ($($table:ident),* $(,)?) => {{
            let changes: &[fn(&WriteTransaction, &mut Input<'_>)] =
                &[$(|transaction, input| row(transaction, $table, input)),*];
            changes[input.below(changes.len())](transaction, input);
        }};
    }
    one_of![
        META,
        REVISIONS,
        TIMES,
        REVISION_HASHES,
        CHANGES,
        HISTORY,
        VERSIONS,
        PUBLICATIONS,
        TIMELINES,
        NAMES,
        KEY_CONFIGS,
        HEADS,
        KEPT,
        KEPT_PUBLICATIONS,
        RETENTION,
        SERIES,
        SERIES_NUMBERS,
        COUNTS,
        SKETCHES,
        KEY_SPANS,
        TRAFFIC,
        USER_NUMBERS,
        USER_IDS,
        EVENT_NUMBERS,
        EVENT_NAMES,
        RUNS,
        EVENT_IDS,
        LISTS,
        LIST_IDS,
        LIST_EDITIONS,
    ];
}

/// Changes a row of a table: its key, its value, or whether it is there.
fn row<K: Key + 'static, V: Value + 'static>(
    transaction: &WriteTransaction,
    definition: TableDefinition<'_, K, V>,
    input: &mut Input<'_>,
) {
    let mut table = transaction.open_table(definition).expect("it is this table");
    let rows = usize::try_from(table.len().expect("it is sound")).unwrap_or_default();
    let found = table.iter().expect("it is sound").nth(input.below(rows)).map(|row| {
        let (key, value) = row.expect("it is sound");
        (K::as_bytes(&key.value()).as_ref().to_vec(), V::as_bytes(&value.value()).as_ref().to_vec())
    });
    let Some((mut key, mut value)) = found else { return };
    let how = input.byte();
    if how.is_multiple_of(4) {
        table.remove(K::from_bytes(&key)).expect("the disk does not fail");
    }
    if how % 4 == 1 {
        alter(&mut key, K::fixed_width().is_some(), input);
    } else if V::fixed_width().is_none() && V::type_name() == <&[u8]>::type_name() {
        record(&mut value, input);
    } else {
        alter(&mut value, V::fixed_width().is_some(), input);
    }
    if !how.is_multiple_of(4) {
        let (key, value) = (K::from_bytes(&key), V::from_bytes(&value));
        table.insert(key, value).expect("the disk does not fail");
    }
}

/// Sets a byte; texts stay texts of ASCII.
fn alter(bytes: &mut [u8], is_free: bool, input: &mut Input<'_>) {
    let (at, byte) = (input.below(bytes.len()), input.byte());
    if let Some(place) = bytes.get_mut(at) {
        *place = if is_free { byte } else { byte & 0x7f };
    }
}

/// Changes a record; mostly its sum is right afterwards.
fn record(bytes: &mut Vec<u8>, input: &mut Input<'_>) {
    let how = input.byte();
    if bytes.len() < 6 || how.is_multiple_of(8) {
        return alter(bytes, true, input);
    }
    bytes.truncate(bytes.len() - 4);
    let at = input.below(bytes.len());
    match how % 8 {
        1 => bytes.truncate(at),
        2 => {
            let number = [&[253][..], &u64::MAX.to_le_bytes()].concat();
            bytes.splice(at..=at, number);
        }
        3 => {
            let new = input.take(usize::from(how / 8)).to_vec();
            bytes.splice(at..at, new);
        }
        4 => {
            bytes.truncate(2);
            bytes.extend_from_slice(input.take(usize::from(how)));
        }
        _ => bytes[at] = input.byte(),
    }
    bytes.extend(crc32fast::hash(bytes).to_le_bytes());
}
