//! What goes in comes out: now, later, and as of every revision.

use super::*;
use crate::error::ErrorKind;
use crate::model::{AttributeId, ObjectKind, VersionReader};
use crate::store::codec::{Record, decode, encode};
use crate::store::handle::Handle;
use crate::store::object::Object;
use crate::store::record::{
    ChangeRecord, ChangeRecord1, Restore, VersionRecord, VersionRecord1, decode_change,
    encode_change, encode_version,
};
use crate::store::tables::CHANGES;

#[test]
fn every_change_comes_back() {
    for change in story().into_iter().flatten() {
        let bytes = encode(&ChangeRecord::from(&change)).unwrap();
        let record: ChangeRecord = decode(&bytes, String::new).unwrap();
        assert_eq!(record.restore(options().parser).unwrap(), change);
    }
}

/// Versions are encoded column by column, and a column that was encoded before is not again.
#[test]
fn a_version_is_written_as_its_record() {
    for change in story().into_iter().flatten() {
        let known = encode_change(&change).unwrap();
        assert_eq!(known, encode(&ChangeRecord1::from(&change)).unwrap());
    }
    let values =
        ["1", "-7", "true", "false", "2.5", "\"it \\\"is\\\"\"", "[1,{\"a\":null}]", "null"];
    let cells = values.iter().cycle().take(40).map(|text| {
        let value = Value::from_json(text).unwrap();
        (*text != "null").then_some(Cell::Value(value))
    });
    let Change::Version(first) = version(1, 1, 1, "one") else { panic!() };
    let many = Column::new(KeyId(2), cells.collect());
    let columns = [first.columns.clone(), vec![many]].concat();
    let first = Version { columns, ..(*first).clone() };
    let mut second = Version { number: 2, ..first.clone() };
    second.columns[0] = Column::new(KeyId(1), [None, None, Some(Cell::Value(5.into()))].into());
    for version in [first, second] {
        assert_eq!(
            encode_version(&version).unwrap(),
            encode(&VersionRecord1::from(&version)).unwrap()
        );
        let change = Change::Version(Arc::new(version));
        assert_eq!(encode_change(&change).unwrap(), encode(&ChangeRecord1::from(&change)).unwrap());
    }
}

/// Only a version that has one takes the schema of rollouts by an attribute.
#[test]
fn a_rollout_by_an_attribute_comes_back() {
    let Change::Version(plain) = version(1, 1, 1, "one") else { panic!() };
    let mut version = (*plain).clone();
    version.rows[1].by = Some(["address".into(), "zip code".into()].into_iter().collect());
    let bytes = encode_version(&version).unwrap();
    assert_eq!(bytes, encode(&VersionRecord::from(&version)).unwrap());
    let record: VersionRecord = decode(&bytes, String::new).unwrap();
    assert_eq!(record.restore(options().parser).unwrap(), version);
    let change = Change::Version(Arc::new(version));
    let bytes = encode_change(&change).unwrap();
    assert_eq!(bytes, encode(&ChangeRecord::from(&change)).unwrap());
    let record = decode_change(&bytes, String::new).unwrap();
    assert_eq!(record.restore(options().parser).unwrap(), change);
}

#[test]
fn a_damaged_record_is_an_error_wherever_it_is_damaged() {
    let bytes = encode(&ChangeRecord::from(&version(1, 1, 1, "one"))).unwrap();
    for i in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[i] ^= 0x40;
        assert!(decode::<ChangeRecord>(&damaged, String::new).is_err());
        assert!(decode::<ChangeRecord>(&bytes[..i], String::new).is_err());
    }
}

/// With the checksum made right again, so that the payload itself is read.
#[test]
fn a_forged_record_never_panics() {
    let bytes = encode(&ChangeRecord::from(&version(1, 1, 1, "one"))).unwrap();
    let body = bytes.len() - 4;
    for i in 0..body {
        for byte in [0, 1, 0x7f, 250, 251, 252, 253, 254, 255] {
            let mut forged = bytes[..body].to_vec();
            forged[i] = byte;
            forged.extend(crc32fast::hash(&forged).to_le_bytes());
            if let Ok(record) = decode::<ChangeRecord>(&forged, String::new) {
                let _ = record.restore(options().parser);
            }
        }
    }
    assert_eq!(ChangeRecord::SCHEMA, 3);
}

#[test]
fn reopening_gives_the_same_catalog() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let mut catalog = Catalog::default();
    for changes in story() {
        let store = open(&path);
        assert_eq!(store.reader().unwrap().catalog().unwrap(), catalog);
        commit(&store, &mut catalog, &changes).unwrap();
        assert_eq!(store.reader().unwrap().catalog().unwrap(), catalog);
    }
    assert_eq!(open(&path).reader().unwrap().catalog().unwrap(), catalog);
    assert_eq!(catalog.sequence, 7);
}

#[test]
fn opening_reads_no_condition_and_nothing_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    let wanted = tell(&store).pop().unwrap();
    {
        let handle = store.shared.handle();
        let Handle::Database(database, _) = &*handle else { panic!() };
        let transaction = database.begin_write().unwrap();
        transaction.delete_table(CHANGES).unwrap();
        transaction.commit().unwrap();
    }
    drop(store);
    let parser = |text: &str, _| panic!("`{text}` is read");
    let found = Store::open(&path, &Options { parser, ..options() })
        .unwrap()
        .reader()
        .unwrap()
        .catalog()
        .unwrap();
    assert_eq!(found, wanted);
    assert!(found.segments().all(|segment| segment.condition.reads().is_none()));
}

#[test]
fn every_revision_can_be_looked_at() {
    let store = Store::in_memory(&options()).unwrap();
    let catalogs = tell(&store);
    for catalog in &catalogs {
        let revision = catalog.revision;
        let now = time_of(revision);
        assert_eq!(store.reader().unwrap().revision_at(now).unwrap(), revision);
        assert_eq!(store.reader().unwrap().revision_at(at(now.as_micros() + 9)).unwrap(), revision);
        for id in 0..5 {
            assert_eq!(
                store.reader().unwrap().key_at(KeyId(id), revision).unwrap().as_ref(),
                catalog.key(KeyId(id))
            );
            let segment = store.reader().unwrap().segment_at(SegmentId(id), revision).unwrap();
            assert_eq!(segment.as_ref(), catalog.segment(SegmentId(id)));
            let attribute =
                store.reader().unwrap().attribute_at(AttributeId(id), revision).unwrap();
            assert_eq!(attribute.as_ref(), catalog.attribute(AttributeId(id)));
            let config = store
                .reader()
                .unwrap()
                .config_at(ConfigId(id), revision, now)
                .unwrap()
                .map(Object::Config);
            let replayed = Object::find(catalog, ObjectKind::Config, id).map(|c| c.pruned(now));
            assert_eq!(config, replayed, "config {id} as of {revision}");
        }
    }
    assert_eq!(store.reader().unwrap().revision_at(at(9)).unwrap(), 0);
}

#[test]
fn the_log_is_read_both_ways() {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    let all: Vec<_> = store.since(0).unwrap().map(Result::unwrap).collect();
    assert_eq!(all.iter().map(|(_, changes)| changes.clone()).collect::<Vec<_>>(), story());
    assert!(all.iter().zip(1..).all(|((revision, _), number)| revision.number == number));
    let mut back: Vec<_> =
        store.reader().unwrap().changes_back(1, u64::MAX).unwrap().map(Result::unwrap).collect();
    back.reverse();
    assert_eq!(back, all);
    assert_eq!(store.since(10).unwrap().count(), 2);
    assert_eq!(store.since(u64::MAX).unwrap().count(), 0);
    assert_eq!(
        store.reader().unwrap().changes_back(1, 3).unwrap().next().unwrap().unwrap().0.number,
        3
    );
    assert_eq!(store.reader().unwrap().revision(2).unwrap().unwrap().actor.as_deref(), Some("ann"));
    assert_eq!(store.reader().unwrap().revision(99).unwrap(), None);
}

#[test]
fn a_reader_stays_at_one_state() {
    let (store, mut catalog) = (Store::in_memory(&options()).unwrap(), Catalog::default());
    let told = story();
    commit(&store, &mut catalog, &told[0]).unwrap();
    let (reader, then) = (store.reader().unwrap(), catalog.clone());
    commit(&store, &mut catalog, &told[1]).unwrap();
    assert_eq!(reader.catalog().unwrap(), then);
    assert_eq!(reader.changes_since(0).unwrap().count(), 1);
    assert_eq!(reader.named(ObjectKind::Segment, "segment1").unwrap(), None);
    assert_eq!(store.reader().unwrap().catalog().unwrap(), catalog);
    assert_eq!(store.since(0).unwrap().count(), 2);
}

#[test]
fn objects_know_their_history_and_their_names() {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    let of_config = |change: &Change| match change {
        Change::Config { head, .. } => head.id.0 == 1,
        Change::Salt { config, .. } | Change::Cancel { config, .. } => config.0 == 1,
        Change::Version(version) => version.config.0 == 1,
        Change::Publication(publication) => publication.config.0 == 1,
        Change::Key(_)
        | Change::Segment(_)
        | Change::Keep { .. }
        | Change::Attribute(_)
        | Change::Strict(_)
        | Change::Record(_) => false,
    };
    let wanted: Vec<_> = (1..)
        .zip(story())
        .flat_map(|(revision, changes)| changes.into_iter().map(move |change| (revision, change)))
        .filter(|(_, change)| of_config(change))
        .collect();
    let found =
        store.reader().unwrap().object_changes(ObjectKind::Config, 1, (0, u64::MAX)).unwrap();
    let found: Vec<_> = found.into_iter().map(|((number, _), change)| (number, change)).collect();
    assert_eq!(found, wanted);
    assert_eq!(
        store.reader().unwrap().object_changes(ObjectKind::Key, 1, (0, u64::MAX)).unwrap().len(),
        2
    );
    let attributes =
        store.reader().unwrap().object_changes(ObjectKind::Attribute, 1, (0, u64::MAX)).unwrap();
    assert_eq!(attributes.len(), 3);
    assert_eq!(store.reader().unwrap().named(ObjectKind::Config, "home").unwrap(), Some(1));
    assert_eq!(store.reader().unwrap().named(ObjectKind::Key, "home").unwrap(), None);
    let names = store.reader().unwrap().names(ObjectKind::Config).unwrap();
    assert_eq!(
        names.iter().map(|(n, id)| (n.as_str(), *id)).collect::<Vec<_>>(),
        [("home", 1), ("other", 2), ("start page", 1)]
    );
    assert_eq!(
        store.reader().unwrap().configs_of_key(KeyId(1)).unwrap(),
        [ConfigId(1), ConfigId(2)]
    );
    assert_eq!(store.reader().unwrap().version(ConfigId(1), 2).unwrap().unwrap().number, 2);
    assert_eq!(store.reader().unwrap().version(ConfigId(1), 4).unwrap(), None);
}

#[test]
fn revisions_are_dense_and_in_order() {
    let store = Store::in_memory(&options()).unwrap();
    let mut catalog = Catalog::default();
    commit(&store, &mut catalog, &[]).unwrap();
    let refused = |number, time| {
        let revision = Revision { number, time: at(time), actor: None, comment: None };
        let error = append(&store, &revision, &[], &Catalog::default(), &[]).unwrap_err();
        matches!(error.kind(), ErrorKind::RevisionConflict { .. })
    };
    assert!(refused(1, 10) && refused(3, 10) && refused(2, 9));
    assert_eq!(store.reader().unwrap().catalog().unwrap().revision, 1);
}

#[test]
fn a_load_is_all_or_nothing() {
    let (told, store) =
        (Store::in_memory(&options()).unwrap(), Store::in_memory(&options()).unwrap());
    let wanted = tell(&told).pop().unwrap();
    let load = |finish: bool| {
        let mut loader = store.begin_load(Some(at(5))).unwrap();
        let mut catalog = Catalog::default();
        for changes in story() {
            let (revision, after) = next(&loader, &catalog, &changes);
            loader.revision(&revision, &changes, &after).unwrap();
            catalog = after;
        }
        assert_eq!(store.reader().unwrap().catalog().unwrap().revision, 0);
        assert_eq!(
            append(
                &store,
                &next(&store.reader().unwrap(), &Catalog::default(), &[]).0,
                &[],
                &catalog,
                &[]
            )
            .unwrap_err()
            .code(),
            "transaction-state"
        );
        assert!(loader.version(ConfigId(1), 1).unwrap().is_some());
        if finish {
            loader.finish(Some(at(7))).unwrap();
        }
    };
    load(false);
    assert_eq!(
        (store.reader().unwrap().catalog().unwrap(), store.clock()),
        (Catalog::default(), super::super::ClockMode::System)
    );
    load(true);
    assert_eq!(store.reader().unwrap().catalog().unwrap(), wanted);
    assert_eq!(store.clock(), super::super::ClockMode::Manual(at(7)));
    assert_eq!(store.begin_load(None).unwrap_err().code(), "transaction-state");
    commit(&store, &mut wanted.clone(), &[]).unwrap();
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
}

#[test]
fn a_backup_is_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("store"));
    let wanted = tell(&store).pop().unwrap();
    let to = directory.path().join("copy");
    let log = store.since(0).unwrap();
    store.backup(&to).unwrap();
    assert_eq!(log.count(), 12);
    assert_eq!(store.backup(&to).unwrap_err().code(), "io");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    let copy = Store::open(&to, &reading()).unwrap();
    assert_eq!(copy.reader().unwrap().catalog().unwrap(), wanted);
    let report = copy.verify(None).unwrap();
    assert_eq!((report.pages_checked, report.problems), (true, vec![]));
    assert_eq!(store.backup(&directory.path().join("no/where")).unwrap_err().code(), "io");
}

#[test]
fn a_store_can_be_shared() {
    fn shareable<T: Send + Sync>() {}
    fn sendable<T: Send>() {}
    shareable::<Store>();
    shareable::<crate::store::Loader>();
    shareable::<crate::store::Reader>();
    sendable::<crate::store::walk::Walk>();
}
