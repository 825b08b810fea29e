//! Large versions: they are written as edits, and read as they were.

use redb::{ReadableTable as _, WriteTransaction};

use super::*;
use crate::model::{RevisionHash, VersionReader as _};
use crate::store::codec::{Record as _, encode, schema};
use crate::store::record::{ByRecord, EditRecord, LoggedVersionRecord, encode_version};
use crate::store::tables::{Bytes, CHANGES, FORMAT_KEY, KEPT, META, Position};
use crate::store::walk::{Direction, Walk};

/// The number of keys in the config.
const KEYS: u32 = 8;

/// What is done to a version.
type Edit = Box<dyn FnOnce(&mut Version)>;

/// The first revision: what the versions refer to. The second has the first version.
fn ground() -> Vec<Change> {
    let keys = (1..=KEYS + 1).map(|id| key(id, KeyType::Json, Value::from(0), 1));
    keys.chain([segment(1, "beta", 1), segment(2, "vip", 1)]).collect()
}

fn column(key: u32, value: Value) -> Column {
    let cells = [Some(Cell::Value("a text that is no number".into())), None];
    Column::new(KeyId(key), cells.into_iter().chain([Some(Cell::Value(value))]).collect())
}

/// The first version: of a segment and everybody, all keys have 0.
fn first() -> Version {
    let Change::Version(version) = version(1, 1, 1, "one") else { panic!() };
    let columns = (1..=KEYS).map(|key| column(key, 0.into())).collect();
    Version { columns, ..(*version).clone() }
}

/// The next version after an edit.
fn edit(version: &Version, edit: impl FnOnce(&mut Version)) -> Version {
    let mut next = Version { number: version.number + 1, ..version.clone() };
    edit(&mut next);
    next
}

fn set(key: usize, value: impl Into<Value>) -> impl FnOnce(&mut Version) {
    let value = value.into();
    move |version| version.columns[key] = column(version.columns[key].key.0, value)
}

/// A store in memory with these versions of a config, each published with its revision.
fn store_of(versions: &[Version]) -> (Store, Catalog) {
    let (store, mut catalog) = (Store::in_memory(&options()).unwrap(), Catalog::default());
    commit(&store, &mut catalog, &ground()).unwrap();
    for version in versions {
        let number = version.number;
        let first = [head(1, "wide", false), salt(1, 0, "salt"), salt(1, 1, "salt")];
        let published = publication(1, number.into(), number, 20 + i64::from(number), None);
        let mut changes = if number == 1 { first.to_vec() } else { Vec::new() };
        changes.extend([Change::Version(Arc::new(version.clone())), published]);
        commit(&store, &mut catalog, &changes).unwrap();
    }
    (store, catalog)
}

/// The records of the versions in the log, in order.
fn records(store: &Store) -> Vec<(Position, Vec<u8>)> {
    let table = store.shared.image().unwrap().table(CHANGES).unwrap();
    let records = table.range((2, 0)..).unwrap().map(|entry| {
        let (at, bytes) = entry.unwrap();
        (at.value(), bytes.value().to_vec())
    });
    let is_version = |bytes: &[u8]| schema(bytes) == Some(EditRecord::SCHEMA) || bytes[2] == 4;
    records.filter(|(_, bytes)| is_version(bytes)).collect()
}

/// Of each version whether it is an edit.
fn edits(store: &Store) -> Vec<bool> {
    let records = records(store).into_iter();
    records.map(|(_, bytes)| schema(&bytes) == Some(EditRecord::SCHEMA)).collect()
}

fn written(values: &Version) -> String {
    let cells = values.columns.iter().flat_map(Column::cells).flatten().flat_map(Cell::values);
    cells.map(Value::to_string).collect::<Vec<_>>().join(";")
}

/// Compares what is read of a store in every way with the versions that were written to it.
fn holds(store: &Store, catalog: &Catalog, versions: &[Version]) {
    let reader = store.reader().unwrap();
    assert_eq!(reader.catalog().unwrap(), *catalog);
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
    for wanted in versions.iter().rev().chain(versions) {
        // a reader that has read nothing yet, and one that has
        for reader in [&store.reader().unwrap(), &reader] {
            let found = reader.version(ConfigId(1), wanted.number).unwrap().unwrap();
            assert_eq!((&*found, written(&found)), (wanted, written(wanted)));
        }
    }
    let image = store.shared.image().unwrap();
    for direction in [Direction::OldestFirst, Direction::NewestFirst] {
        let walk = Walk::begin(&image, &store.shared.place, 1, u64::MAX, direction).unwrap();
        let changes = walk.flat_map(|item| item.unwrap().1);
        let mut found: Vec<_> = changes
            .filter_map(|change| match change {
                Change::Version(version) => Some((*version).clone()),
                _ => None,
            })
            .collect();
        found.sort_by_key(|version| version.number);
        assert_eq!(found, versions);
    }
}

/// The versions after each of some edits of the first.
fn after(edits: impl IntoIterator<Item = Edit>) -> Vec<Version> {
    let mut versions = vec![first()];
    for step in edits {
        let next = edit(versions.last().unwrap(), step);
        versions.push(next);
    }
    versions
}

#[test]
fn an_edit_is_written_as_what_it_changes() {
    let versions = after((0_u32..9).map(|n| Box::new(set(n as usize % 8, n + 1)) as Edit));
    let (store, catalog) = store_of(&versions);
    let whole = |n: usize| n.is_multiple_of(4); // three edits stand on one another
    assert_eq!(edits(&store), (0..10).map(|n| !whole(n)).collect::<Vec<_>>());
    let lengths: Vec<_> = records(&store).into_iter().map(|(_, bytes)| bytes.len()).collect();
    assert!(lengths[1] < 80 && lengths[0] > 300, "{lengths:?}");
    holds(&store, &catalog, &versions);
}

/// Every part of a version is another one, by itself and with others.
#[test]
fn edits_of_all_parts_come_back() {
    let steps: [Edit; 7] = [
        Box::new(|v| {
            v.description = None;
            v.rows[1].by = Some(["city".into()].into_iter().collect());
        }),
        Box::new(|v| v.rows[0].rollout = Share::from_thousandths(7)),
        Box::new(|v| v.columns.push(column(KEYS + 1, 9.into()))),
        Box::new(|v| v.columns.swap(1, 5)),
        Box::new(|v| drop(v.columns.remove(0))),
        Box::new(|v| {
            v.columns.swap(0, 2);
            set(1, "x")(v);
        }),
        Box::new(|v| v.rows[0].salt = "another".into()),
    ];
    let versions = after(steps);
    let (store, catalog) = store_of(&versions);
    assert_eq!(edits(&store), [false, true, true, true, false, true, true, true]);
    holds(&store, &catalog, &versions);
}

/// A row more or less is another cell of each column.
#[test]
fn what_changes_much_is_written_whole() {
    let without_row = |version: &mut Version| {
        version.rows.remove(1);
        for column in &mut version.columns {
            let cells = column.cells().iter().enumerate().filter(|(row, _)| *row != 1);
            *column = Column::new(column.key, cells.map(|(_, cell)| cell.clone()).collect());
        }
    };
    let half = |version: &mut Version| (0..5).for_each(|key| set(key, 5)(version));
    let versions = after([Box::new(half) as Edit, Box::new(without_row)]);
    let (store, catalog) = store_of(&versions);
    assert_eq!(edits(&store), [false, false, false]);
    holds(&store, &catalog, &versions);
}

/// Values that are equal, and not the same text.
#[test]
fn an_edit_to_an_equal_value_is_one() {
    let json = |text: &str| Value::from_json(text).unwrap();
    let values = ["0.0", "-0.0", r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#].map(json);
    assert!(values[0] == values[1] && values[2] == values[3]);
    let versions = after(values.map(|value| Box::new(set(3, value)) as Edit));
    let (store, catalog) = store_of(&versions);
    holds(&store, &catalog, &versions);
}

/// The second stands on the first, which nobody has seen yet.
#[test]
fn versions_of_one_revision_stand_on_one_another() {
    let versions = after([Box::new(set(1, 1)) as Edit, Box::new(set(2, 2))]);
    let (store, mut catalog) = store_of(&versions[..1]);
    let changes = versions[1..].iter().map(|version| Change::Version(Arc::new(version.clone())));
    commit(&store, &mut catalog, &changes.collect::<Vec<_>>()).unwrap();
    assert_eq!(edits(&store), [false, true, true]);
    assert_eq!(store.reader().unwrap().catalog().unwrap(), catalog);
    holds(&store, &catalog, &versions);
}

/// The newest version is in no file twice; one that matters again is found in the log.
#[test]
fn what_is_kept_of_a_large_version_is_in_the_log() {
    let versions = after((0..3).map(|n| Box::new(set(n, 1)) as Edit));
    let (store, mut catalog) = store_of(&versions);
    commit(&store, &mut catalog, &[publication(1, 5, 2, 25, None)]).unwrap();
    let table = store.shared.image().unwrap().table(KEPT).unwrap();
    let logged = encode(&LoggedVersionRecord).unwrap();
    let kept: Vec<_> = table
        .iter()
        .unwrap()
        .map(|entry| entry.map(|(key, bytes)| (key.value(), bytes.value() == logged)).unwrap())
        .collect();
    assert!(kept.contains(&((1, 2), true)) && kept.contains(&((1, 4), true)), "{kept:?}");
    assert!(kept.iter().all(|(_, is_logged)| *is_logged));
    holds(&store, &catalog, &versions);
}

/// In a file of format 3 a large version is whole where it is kept, and edits stand on it all the same.
#[test]
fn an_edit_stands_on_a_version_of_an_earlier_format() {
    let versions = after((0..3).map(|n| Box::new(set(n, 1)) as Edit));
    let (store, mut catalog) = store_of(&versions[..1]);
    let write = |transaction: &WriteTransaction| {
        let whole = encode_version(&versions[0]).unwrap();
        transaction.open_table(KEPT).unwrap().insert((1, 1), whole.as_slice()).unwrap();
        let mut meta = transaction.open_table(META).unwrap();
        drop(meta.insert(FORMAT_KEY, 3_u32.to_le_bytes().as_slice()).unwrap());
        Ok(())
    };
    store.write(write).unwrap();
    for version in &versions[1..] {
        commit(&store, &mut catalog, &[Change::Version(Arc::new(version.clone()))]).unwrap();
    }
    assert_eq!(edits(&store), [false, true, true, true]);
    holds(&store, &catalog, &versions);
}

/// A store that is made of the log has the same bytes in its log.
#[test]
fn a_log_that_is_loaded_has_the_same_hashes() {
    let versions = after((0_u32..9).map(|n| Box::new(set(n as usize % 8, n + 1)) as Edit));
    let (store, catalog) = store_of(&versions);
    let hash = |store: &Store| -> Option<RevisionHash> {
        store.reader().unwrap().hash(catalog.revision).unwrap()
    };
    let copy = Store::in_memory(&options()).unwrap();
    copy.rebuild(&store, Timestamp::MAX).unwrap();
    assert!(hash(&store).is_some());
    assert_eq!(hash(&copy), hash(&store));
    assert_eq!(edits(&copy), edits(&store));
    holds(&copy, &catalog, &versions);
}

/// Puts another record in the place of an edit; reading it is an error that says what is wrong.
fn forged(wanted: &str, forge: impl FnOnce(&mut EditRecord)) {
    let versions = after((0..2).map(|n| Box::new(set(n, 1)) as Edit));
    let (store, _) = store_of(&versions);
    let (at, bytes) = records(&store).pop().unwrap();
    let mut record: EditRecord = crate::store::codec::decode(&bytes, String::new).unwrap();
    forge(&mut record);
    let write = |transaction: &WriteTransaction| {
        let mut changes = transaction.open_table(CHANGES).unwrap();
        changes.insert(at, encode(&record).unwrap().as_slice()).unwrap();
        Ok(())
    };
    store.write(write).unwrap();
    let reader = store.reader().unwrap();
    let error = reader.version(ConfigId(1), 3).unwrap_err().to_string();
    assert!(error.contains(wanted), "{error}");
    let error = reader.catalog().unwrap_err().to_string();
    assert!(error.contains(wanted), "{error}");
    assert!(store.since(0).unwrap().any(|item| item.is_err()));
    assert!(store.verify(None).unwrap().problems.iter().any(|problem| problem.contains(wanted)));
}

#[test]
fn a_forged_edit_is_an_error() {
    forged("has a column of key 99", |edit| edit.keys = Some(vec![99]));
    forged("it has a key twice", |edit| edit.keys = Some(vec![1; 1_000_000]));
    forged("one cell for each row", |edit| edit.rows = Some((Vec::new(), ByRecord::default())));
    forged("that is not the one before it", |edit| edit.base = (2, 3));
    forged("it stands on none", |edit| edit.base = (1_000, 0));
    forged("it stands on what is no version", |edit| edit.base = (1, 0));
    forged("it stands on too many others", |edit| edit.cost = u32::MAX);
    forged("it costs no more than the version before it", |edit| edit.cost = 1);
    forged("it costs no more than the version before it", |edit| edit.base = (4, 0)); // itself
}

#[test]
fn a_version_whose_ground_is_gone_cannot_be_read() {
    let versions = after((0..2).map(|n| Box::new(set(n, 1)) as Edit));
    let (store, _) = store_of(&versions);
    let (whole, _) = records(&store).remove(0);
    let write = |transaction: &WriteTransaction| {
        let mut changes: redb::Table<'_, Position, Bytes> =
            transaction.open_table(CHANGES).unwrap();
        drop(changes.remove(whole).unwrap());
        Ok(())
    };
    store.write(write).unwrap();
    let error = store.reader().unwrap().catalog().unwrap_err();
    assert!(
        error.code() == "store-corrupt" && error.to_string().contains("it stands on none"),
        "{error}"
    );
}
