//! Lists of users: what is loaded is there, and damage is found.

use redb::{ReadableTable, WriteTransaction};

use super::user::{event, forget};
use super::*;
use crate::model::UserIds;
use crate::store::Loader;
use crate::store::codec::encode;
use crate::store::failure::OrFail;
use crate::store::record::{ListRecord, SegmentHeadRecord1};
use crate::store::tables::{HEADS, LIST_EDITIONS, LIST_IDS, LISTS};

/// The ids of the version of a list: some that the one before it has, some that it has not.
fn ids(version: u32) -> UserIds {
    let mut ids = UserIds::default();
    for number in version * 50..version * 50 + 150 {
        ids.push(&format!("user-{number}")).unwrap();
    }
    ids.sorted().unwrap()
}

/// Loads a list into the one segment.
pub(super) fn load(store: &Store, catalog: &mut Catalog, version: u32) -> Result<()> {
    load_ids(store, catalog, version, &ids(version))
}

/// Loads a list that has nothing of what [`load`] would give to that version.
pub(super) fn load_other(store: &Store, catalog: &mut Catalog, version: u32) {
    let mut other = UserIds::default();
    other.push("somebody else").unwrap();
    load_ids(store, catalog, version, &other).unwrap();
    assert!(read(store, version) == other, "{version}: what was left is in it");
}

fn load_ids(store: &Store, catalog: &mut Catalog, version: u32, ids: &UserIds) -> Result<()> {
    let list = store.add_list(ids)?;
    commit(store, catalog, &[segment(1, &format!("IN LIST {list}"), version)])
}

/// That the segment has a version of the list, which is whole, and those before it are there, too.
pub(super) fn assert_loaded(store: &Store, catalog: &Catalog, version: u32) {
    let segment = catalog.segment(SegmentId(1));
    let lists = segment.map(|segment| segment.condition.lists()).unwrap_or_default();
    assert_eq!(lists, (version > 0).then_some(ListId(version)).into_iter().collect());
    for version in 1..=version {
        assert!(read(store, version) == ids(version), "{version}");
    }
}

fn read(store: &Store, list: u32) -> UserIds {
    let mut ids = UserIds::default();
    store.reader().unwrap().each_listed(ListId(list), |id| ids.push(id)).unwrap();
    ids
}

/// A head of schema 1 says nothing of lists but in the condition.
#[test]
fn lists_in_heads_of_schema_1_are_known_by_the_conditions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    for old in [false, true] {
        let (store, mut catalog) = (open(&path), Catalog::default());
        load(&store, &mut catalog, 1).unwrap();
        let segment = catalog.segment(SegmentId(1)).unwrap();
        let write = |transaction: &WriteTransaction| {
            let record = encode(&SegmentHeadRecord1::new(segment, &[])).unwrap();
            transaction.open_table(HEADS).unwrap().insert((2, 1), record.as_slice()).unwrap();
            Ok(())
        };
        if old {
            store.write(write).unwrap();
        }
        drop(store);
        let store = open(&path);
        assert_loaded(&store, &store.reader().unwrap().catalog().unwrap(), 1);
        assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
        drop(store);
        std::fs::remove_file(&path).unwrap();
    }
}

/// A store with three lists.
fn told() -> (Store, Catalog) {
    let (store, mut catalog) = (Store::in_memory(&options()).unwrap(), Catalog::default());
    (1..=3).for_each(|version| load(&store, &mut catalog, version).unwrap());
    (store, catalog)
}

fn problems(store: &Store) -> Vec<String> {
    store.verify(None).unwrap().problems
}

#[test]
fn lists_are_numbered_and_stay() {
    let (store, catalog) = told();
    assert_loaded(&store, &catalog, 3);
    let report = store.verify(None).unwrap();
    assert_eq!((report.lists, report.problems.len()), (3, 0));
    assert!(store.reader().unwrap().each_listed(ListId(4), |_| Ok(())).is_err());
    let copy = store.copy_to_memory(&options()).unwrap();
    assert_loaded(&copy, &catalog, 3);
    let folder = tempfile::tempdir().unwrap();
    store.backup(&folder.path().join("copy")).unwrap();
    assert_loaded(&open(&folder.path().join("copy")), &catalog, 3);
}

#[test]
fn what_no_revision_refers_to_gives_way() {
    let (store, mut catalog) = told();
    assert_eq!(store.add_list(&ids(7)).unwrap(), ListId(4));
    assert_eq!(problems(&store), [""; 0]);
    assert!(
        store.reader().unwrap().each_listed(ListId(4), |_| Ok(())).is_err(),
        "it is not sealed"
    );
    assert!(!store.reader().unwrap().is_listed("user-499").unwrap());
    load(&store, &mut catalog, 4).unwrap();
    assert!(read(&store, 4) == ids(4));
    let list = store.add_list(&UserIds::default()).unwrap();
    commit(&store, &mut catalog, &[segment(1, &format!("IN LIST {list}"), 5)]).unwrap();
    assert_eq!((read(&store, 5).len(), problems(&store).len()), (0, 0));
}

#[test]
fn a_user_who_is_forgotten_is_in_no_list() {
    let (store, _) = told();
    for (user, gone) in [("user-199", true), ("user-50", true), ("user-1", false), ("a", false)] {
        assert_eq!(store.reader().unwrap().is_listed(user).unwrap(), gone, "{user}");
        store.add_entries(&[event(user, "e", 1, None), forget(user)]).unwrap();
        assert!(!store.reader().unwrap().is_listed(user).unwrap(), "{user}");
        assert_eq!(problems(&store), [""; 0]);
    }
    let lengths = [1, 2, 3].map(|list| read(&store, list).len());
    assert_eq!(lengths, [148, 149, 149]);
    for user in ids(1).iter().chain(ids(2).iter()).chain(ids(3).iter()) {
        store.add_entries(&[forget(user)]).unwrap();
    }
    assert_eq!([1, 2, 3].map(|list| read(&store, list).len()), [0, 0, 0]);
    assert_eq!(problems(&store), [""; 0]);
}

/// The names that a dump has end where the first list of a store of its own begins.
#[test]
fn a_dump_takes_the_place_of_what_was_left() {
    let store = Store::in_memory(&options()).unwrap();
    store.add_list(&ids(9)).unwrap();
    let mut loader: Loader = store.begin_load(None).unwrap();
    loader.ids(ListId(1), ids(1).iter()).unwrap();
    let changes = [segment(1, "IN LIST 1", 1)];
    let (revision, after) = next(&loader, &Catalog::default(), &changes);
    loader.revision(&revision, &changes, &after).unwrap();
    loader.finish(None).unwrap();
    assert_loaded(&store, &store.reader().unwrap().catalog().unwrap(), 1);
    assert_eq!(problems(&store), [""; 0]);
}

#[test]
fn verify_finds_what_is_wrong_with_lists() {
    type Damage = fn(&redb::WriteTransaction);
    let damages: [(&str, Damage); 10] = [
        ("there is none", |t| drop(t.open_table(LISTS).unwrap().remove(3))),
        ("list 2 is missing", |t| drop(t.open_table(LISTS).unwrap().remove(2))),
        ("record 2", |t| drop(t.open_table(LISTS).unwrap().insert(2, b"x".as_slice()))),
        ("list 2 has 0 ids", |t| {
            t.open_table(LIST_IDS).unwrap().retain_in((2, "")..(3, ""), |_, _| false).unwrap();
        }),
        ("not in order", |t| {
            let mut blocks = t.open_table(LIST_IDS).unwrap();
            let first = blocks.first().unwrap().map(|(_, block)| block.value().to_vec()).unwrap();
            blocks.insert((1, "z"), first.as_slice()).unwrap();
        }),
        ("there is no list 9", |t| {
            let mut blocks = t.open_table(LIST_IDS).unwrap();
            let found = blocks.first().unwrap();
            let (key, block) =
                found.map(|(k, b)| (k.value().1.to_owned(), b.value().to_vec())).unwrap();
            blocks.insert((9, key.as_str()), block.as_slice()).unwrap();
        }),
        ("the checksum is wrong", |t| {
            drop(t.open_table(LIST_IDS).unwrap().insert((2, "user-1"), b"broken".as_slice()));
        }),
        ("`pcq.list_editions`, record 2", |t| {
            drop(t.open_table(LIST_EDITIONS).unwrap().insert(2, b"x".as_slice()));
        }),
        ("`pcq.list_editions`: there is no list 9", |t| {
            let mut editions = t.open_table(LIST_EDITIONS).unwrap();
            let edition = editions.get(2).unwrap().map(|found| found.value().to_vec()).unwrap();
            drop(editions.insert(9, edition.as_slice()));
        }),
        ("no list has the newest edition", |t| {
            drop(t.open_table(LIST_EDITIONS).unwrap().remove(3));
        }),
    ];
    for (wanted, damage) in damages {
        let (store, _) = told();
        store
            .write(|transaction| {
                damage(transaction);
                Ok(())
            })
            .unwrap();
        let found = problems(&store);
        assert!(found.iter().any(|problem| problem.contains(wanted)), "{wanted}: {found:?}");
    }
}

/// Four thousand million lists would take hours.
#[test]
fn a_number_that_was_forged_is_not_counted_up_to() {
    let (store, _) = told();
    let forge = |transaction: &WriteTransaction| {
        let mut lists = transaction.open_table(LISTS).or_fail()?;
        let forged = encode(&ListRecord { ids: 0 })?;
        lists.insert(u32::MAX - 1, forged.as_slice()).or_fail().map(drop)
    };
    store.write(forge).unwrap();
    assert!(store.reader().unwrap().is_listed("user-199").unwrap());
    assert!(!store.reader().unwrap().is_listed("nobody").unwrap());
    store.add_entries(&[forget("user-199")]).unwrap();
    assert!(!store.reader().unwrap().is_listed("user-199").unwrap());
}
