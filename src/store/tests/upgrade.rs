//! Files of earlier formats: they are read as they are, and have the present format once they are written to.

use redb::WriteTransaction;

use super::*;
use crate::model::ObjectKind;
use crate::store::checkpoint::Checkpoint;
use crate::store::codec::{decode, encode};
use crate::store::object::Object;
use crate::store::record::{
    ConfigRecord, ConfigRecord1, SegmentHeadRecord, SegmentHeadRecord1, TimelineRecord,
    encode_version,
};
use crate::store::tables::*;
use crate::store::write::touched;

/// Makes the file of the story what the program of an earlier format would have made.
fn downgrade(store: &Store, catalogs: &[Catalog], format: u32) {
    let newest = catalogs.last().unwrap();
    let write = |transaction: &WriteTransaction| {
        let mut meta = transaction.open_table(META).unwrap();
        meta.insert(FORMAT_KEY, format.to_le_bytes().as_slice()).unwrap();
        keep_versions_whole(transaction, catalogs);
        if format == 3 {
            return Ok(());
        }
        transaction.delete_table(KEPT_PUBLICATIONS).unwrap();
        let mut heads = transaction.open_table(HEADS).unwrap();
        for config in newest.configs() {
            let record = ConfigRecord::new(config, Checkpoint::default());
            let ConfigRecord { head, newest, salts, .. } = record;
            let timeline = config.timeline.publications().map(Into::into).collect();
            let record = encode(&ConfigRecord1 { head, newest, salts, timeline }).unwrap();
            heads.insert((3, config.head.id.0), record.as_slice()).unwrap();
        }
        for segment in newest.segments().filter(|_| format == 1) {
            let references = newest.references(segment.condition.expr());
            let record = encode(&SegmentHeadRecord1::new(segment, &references)).unwrap();
            heads.insert((2, segment.id.0), record.as_slice()).unwrap();
        }
        let mut timelines = transaction.open_table(TIMELINES).unwrap();
        for (after, changes) in catalogs.iter().skip(1).zip(story()) {
            for (kind, id) in touched(&changes).into_keys() {
                let config = after.config(ConfigId(id));
                if let Some(config) = config.filter(|_| kind == ObjectKind::Config) {
                    let record = encode(&TimelineRecord::from(&**config)).unwrap();
                    timelines.insert((id, after.revision), record.as_slice()).unwrap();
                }
            }
        }
        Ok(())
    };
    store.write(write).unwrap();
}

/// Each kept version as it was up to format 3: whole, also if it is large.
fn keep_versions_whole(transaction: &WriteTransaction, catalogs: &[Catalog]) {
    let mut kept = transaction.open_table(KEPT).unwrap();
    for version in catalogs.last().unwrap().configs().flat_map(|config| config.versions.iter()) {
        let key = (version.config.0, version.number);
        kept.insert(key, encode_version(version).unwrap().as_slice()).unwrap();
    }
}

fn format(store: &Store) -> u32 {
    let meta = store.shared.image().unwrap().table(META).unwrap();
    let bytes = meta.get(FORMAT_KEY).unwrap().unwrap().value().try_into().unwrap();
    u32::from_le_bytes(bytes)
}

fn assert_holds(store: &Store, catalogs: &[Catalog]) {
    let reader = store.reader().unwrap();
    assert_eq!(&reader.catalog().unwrap(), catalogs.last().unwrap());
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
    for catalog in catalogs {
        let now = time_of(catalog.revision);
        for config in catalog.configs() {
            let found = reader.config_at(config.head.id, catalog.revision, now).unwrap().unwrap();
            let wanted = Object::Config(config.clone()).pruned(now);
            assert_eq!(Object::Config(found), wanted, "as of {}", catalog.revision);
        }
    }
}

#[test]
fn files_of_earlier_formats_are_read_and_raised() {
    for earlier in [1, 2, 3] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store");
        let mut catalogs = {
            let store = open(&path);
            let catalogs = tell(&store);
            downgrade(&store, &catalogs, earlier);
            catalogs
        };
        let store = Store::open(&path, &reading()).unwrap();
        assert_holds(&store, &catalogs);
        drop(store);
        let store = open(&path);
        assert_eq!(format(&store), earlier, "opening changes nothing");
        let first = vec![publication(1, 8, 2, 900, None)];
        let second = vec![cancel(1, 8), publication(1, 9, 1, 950, None)];
        for changes in [first, second] {
            let mut catalog = catalogs.last().unwrap().clone();
            commit(&store, &mut catalog, &changes).unwrap();
            catalogs.push(catalog);
            assert_eq!(format(&store), FORMAT);
            assert_holds(&store, &catalogs);
        }
        drop(store);
        assert_holds(&open(&path), &catalogs);
    }
}

#[test]
fn facts_about_users_raise_a_file_too() {
    let store = Store::in_memory(&options()).unwrap();
    let catalogs = tell(&store);
    downgrade(&store, &catalogs, 2);
    let attributes = Arc::new([("a".into(), Value::from(1))].into_iter().collect());
    let what = crate::model::What::Profile(attributes);
    let entry = crate::model::Entry { user: "u".into(), at: at(1), what };
    store.add_entries(&[entry]).unwrap();
    assert_eq!(format(&store), FORMAT);
    assert_holds(&store, &catalogs);
}

/// What was schema 1 keeps what it says of the segment.
#[test]
fn heads_of_both_schemas_are_read() {
    let Change::Segment(one) = segment(1, "IN SEGMENT segment2", 2) else { panic!() };
    let old = encode(&SegmentHeadRecord1::new(&one, &[])).unwrap();
    assert!(decode::<SegmentHeadRecord>(&old, String::new).is_err());
    let read = crate::store::codec::decode_either::<SegmentHeadRecord, SegmentHeadRecord1>;
    assert_eq!(read(&old, String::new).unwrap().restore(parse).unwrap().0, *one);
}
