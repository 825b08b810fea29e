//! Each kind of damage is found.

use redb::WriteTransaction;

use super::user::profile;
use super::*;
use crate::store::chain;
use crate::store::codec::encode;
use crate::store::handle::Handle;
use crate::store::record::{
    AttributeRecord, ChangeRecord, PublicationRecord, RevisionRecord, SegmentHeadRecord,
    TimelineRecord, VersionRecord,
};
use crate::store::tables::*;

/// Does damage to a store that has the story, and gives the problems found.
fn damaged(damage: impl FnOnce(&WriteTransaction)) -> String {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    change(&store, damage);
    store.verify(None).unwrap().problems.join("\n")
}

fn change(store: &Store, change: impl FnOnce(&WriteTransaction)) {
    let handle = store.shared.handle();
    let Handle::Database(database, _) = &*handle else { panic!() };
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

fn found(wanted: &str, damage: impl FnOnce(&WriteTransaction)) {
    let problems = damaged(damage);
    assert!(problems.contains(wanted), "{problems}");
}

/// Does damage to a store that has the story, and gives why its catalog is not read.
fn refused(wanted: &str, damage: impl FnOnce(&WriteTransaction)) {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    change(&store, damage);
    let error = store.reader().unwrap().catalog().unwrap_err();
    assert_eq!(
        (error.code(), &*error.to_string()),
        ("store-corrupt", &*format!("the store is damaged: {wanted}"))
    );
}

#[test]
fn what_is_not_whole_is_not_opened() {
    refused("table `pcq.revisions` has 11 entries, and 12 were found", |t| {
        drop(t.open_table(REVISIONS).unwrap().remove(3));
    });
    refused("table `pcq.names` lacks the name of a config", |t| {
        drop(t.open_table(NAMES).unwrap().remove((3, "other")));
    });
    refused("table `pcq.names`: `other` is another's", |t| {
        drop(t.open_table(NAMES).unwrap().insert((3, "other"), 1));
    });
}

#[test]
fn a_name_is_not_given_to_another_object() {
    let store = Store::in_memory(&options()).unwrap();
    let mut catalog = tell(&store).pop().unwrap();
    let error = commit(&store, &mut catalog, &[head(1, "other", false)]).unwrap_err();
    assert_eq!(error.to_string(), "the store is damaged: table `pcq.names`: `other` is another's");
}

#[test]
fn a_user_does_not_get_what_is_another_users() {
    let store = Store::in_memory(&options()).unwrap();
    store.add_entries(&[profile("u1", "Pune"), profile("u2", "Oslo")]).unwrap();
    change(&store, |t| drop(t.open_table(USER_NUMBERS).unwrap().insert("u1", 1)));
    let error = store.reader().unwrap().user_entries("u1").unwrap_err();
    let wanted = "the store is damaged: table `pcq.user_ids`: number 1 is another user's";
    assert_eq!(error.to_string(), wanted);
    assert_eq!(store.reader().unwrap().user_entries("u2").unwrap().len(), 1);
}

/// A number of a revision that is far too high: each below it is missing.
#[test]
fn a_check_ends_after_a_hundred_problems() {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    change(&store, |t| {
        let mut revisions = t.open_table(REVISIONS).unwrap();
        let last = redb::ReadableTable::get(&revisions, 12).unwrap().unwrap().value().to_vec();
        revisions.insert(158_913_789_953, last.as_slice()).unwrap();
    });
    let report = store.verify(None).unwrap();
    assert_eq!((report.problems.len(), report.is_full()), (100, true));
}

#[test]
fn a_whole_store_has_no_problems() {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    let report = store.verify(None).unwrap();
    assert_eq!(report.problems, [""; 0]);
    assert!(report.pages_checked);
    assert_eq!((report.revisions, report.keys, report.segments, report.configs), (12, 3, 2, 2));
    assert_eq!((report.changes, report.versions, report.publications), (35, 4, 7));
    assert_eq!(report.attributes, 2);
}

#[test]
fn damage_to_the_log_is_found() {
    found("`pcq.revisions` has no record 3", |t| {
        drop(t.open_table(REVISIONS).unwrap().remove(3));
    });
    found("revision 4 has 5 changes instead of 6", |t| {
        drop(t.open_table(CHANGES).unwrap().remove((4, 1)));
    });
    found("`pcq.changes`, record (5, 0): the checksum is wrong", |t| {
        t.open_table(CHANGES).unwrap().insert((5, 0), [1, 1, 9, 9, 9, 9, 9].as_slice()).unwrap();
    });
    found("config 2: its name is or was another's", |t| {
        let record = encode(&ChangeRecord::from(&head(2, "home", false))).unwrap();
        t.open_table(CHANGES).unwrap().insert((9, 0), record.as_slice()).unwrap();
    });
    found("table `pcq.changes` has", |t| {
        let record = encode(&ChangeRecord::from(&cancel(1, 1))).unwrap();
        t.open_table(CHANGES).unwrap().insert((99, 0), record.as_slice()).unwrap();
    });
}

#[test]
fn damage_to_each_index_is_found() {
    found("lacks revision 2", |t| {
        drop(t.open_table(TIMES).unwrap().remove((20, 2)));
    });
    found("`pcq.revision_times` has", |t| {
        drop(t.open_table(TIMES).unwrap().insert((7, 7), ()));
    });
    found("History((1, 1, 7, 1))", |t| {
        drop(t.open_table(HISTORY).unwrap().remove((1, 1, 7, 1)));
    });
    found("`pcq.object_history` has", |t| {
        drop(t.open_table(HISTORY).unwrap().insert((9, 9, 9, 9), ()));
    });
    found("Version((1, 2)", |t| {
        drop(t.open_table(VERSIONS).unwrap().insert((1, 2), (4, 3)));
    });
    found("`pcq.versions` has", |t| {
        drop(t.open_table(VERSIONS).unwrap().insert((1, 9), (4, 3)));
    });
    found("Publication(3", |t| {
        drop(t.open_table(PUBLICATIONS).unwrap().remove(3));
    });
    found("`pcq.publications` has", |t| {
        drop(t.open_table(PUBLICATIONS).unwrap().insert(33, (4, 3)));
    });
    found("Name((3, \"home\"), 1)", |t| {
        drop(t.open_table(NAMES).unwrap().insert((3, "home"), 2));
    });
    found("`pcq.names` has", |t| {
        drop(t.open_table(NAMES).unwrap().insert((3, "house"), 2));
    });
    found("KeyConfig((1, 2))", |t| {
        drop(t.open_table(KEY_CONFIGS).unwrap().remove((1, 2)));
    });
    found("`pcq.key_configs` has", |t| {
        drop(t.open_table(KEY_CONFIGS).unwrap().insert((3, 2), ()));
    });
    found("config 1 as of revision 6 is not", |t| {
        let record = encode(&TimelineRecord(vec![1])).unwrap();
        t.open_table(TIMELINES).unwrap().insert((1, 6), record.as_slice()).unwrap();
    });
    found("`pcq.timelines` lacks (2, 9)", |t| {
        drop(t.open_table(TIMELINES).unwrap().remove((2, 9)));
    });
    found("`pcq.timelines` has", |t| {
        let record = encode(&TimelineRecord(vec![1])).unwrap();
        t.open_table(TIMELINES).unwrap().insert((9, 6), record.as_slice()).unwrap();
    });
}

#[test]
fn damage_to_the_heads_is_found() {
    found("key 1 is not what the log says", |t| {
        drop(t.open_table(HEADS).unwrap().remove((1, 1)));
    });
    found("`pcq.heads`, segment 1: it is another", |t| {
        let mut heads = t.open_table(HEADS).unwrap();
        let other = redb::ReadableTable::get(&heads, (2, 2)).unwrap().unwrap().value().to_vec();
        heads.insert((2, 1), other.as_slice()).unwrap();
    });
    found("`pcq.heads`, config 2: the length is impossible", |t| {
        t.open_table(HEADS).unwrap().insert((3, 2), [].as_slice()).unwrap();
    });
    found("segment 1 is not what the log says", |t| {
        let Change::Segment(one) = segment(1, "IN SEGMENT segment2", 2) else { panic!() };
        let record = encode(&SegmentHeadRecord::new(&one, &[])).unwrap();
        t.open_table(HEADS).unwrap().insert((2, 1), record.as_slice()).unwrap();
    });
    found("attribute 1 is not what the log says", |t| {
        let Change::Attribute(one) = attribute(1, AttributeType::Semver, 2) else { panic!() };
        let record = encode(&AttributeRecord::from(&*one)).unwrap();
        t.open_table(HEADS).unwrap().insert((4, 1), record.as_slice()).unwrap();
    });
    found("`strict` in table `pcq.meta` is not what the log says", |t| {
        drop(t.open_table(META).unwrap().remove(STRICT_KEY));
    });
    found("`recording` in table `pcq.meta` is not what the log says", |t| {
        drop(t.open_table(META).unwrap().remove(RECORDING_KEY));
    });
    found("no clock", |t| {
        drop(t.open_table(META).unwrap().remove(CLOCK_KEY));
    });
    found("table `pcq.names` is missing", |t| {
        drop(t.delete_table(NAMES));
    });
}

#[test]
fn damage_to_the_kept_versions_is_found() {
    let forged = |config, number, at: (u32, u32)| {
        move |t: &WriteTransaction| {
            let Change::Version(version) = version(config, number, 1, "forged") else { panic!() };
            let record = encode(&VersionRecord::from(&*version)).unwrap();
            t.open_table(KEPT).unwrap().insert(at, record.as_slice()).unwrap();
        }
    };
    found("`pcq.heads`, config 1: its version 3 is not kept", |t| {
        drop(t.open_table(KEPT).unwrap().remove((1, 3)));
    });
    found("`pcq.kept_versions`, record (1, 3): it is another", forged(2, 3, (1, 3)));
    found("config 2 is not what the log says", forged(2, 1, (2, 1)));
    found("`pcq.kept_versions` has", forged(9, 1, (9, 1)));
}

#[test]
fn damage_to_the_kept_publications_is_found() {
    let put = |key: PublicationKey, change: Change| {
        move |t: &WriteTransaction| {
            let Change::Publication(publication) = change else { panic!() };
            let record = encode(&PublicationRecord::from(&publication)).unwrap();
            t.open_table(KEPT_PUBLICATIONS).unwrap().insert(key, record.as_slice()).unwrap();
        }
    };
    found("config 2 is not what the log says", |t| {
        drop(t.open_table(KEPT_PUBLICATIONS).unwrap().remove((2, 90, 5)));
    });
    found("config 2 is not what the log says", put((2, 500, 8), publication(2, 8, 1, 500, None)));
    found("record (2, 90, 5): it is another", put((2, 90, 5), publication(2, 5, 1, 91, None)));
    found("`pcq.kept_publications` has", put((9, 1, 1), publication(9, 1, 1, 1, None)));
}

/// What the engine would have refused, written all the same.
fn stored(wanted: &str, changes: &[Change]) {
    let store = Store::in_memory(&options()).unwrap();
    let mut catalog = tell(&store).pop().unwrap();
    commit(&store, &mut catalog, changes).unwrap();
    let problems = store.verify(None).unwrap().problems.join("\n");
    assert!(problems.contains(wanted), "{problems}");
}

#[test]
fn broken_rules_are_found() {
    stored("key 5: its number is not the next one", &[key(5, KeyType::Json, Value::Null, 1)]);
    stored("key 1: its type changed", &[key(1, KeyType::Json, Value::Null, 3)]);
    stored("key 1: its version went back", &[key(1, KeyType::String, "z".into(), 1)]);
    stored("its default has not its type", &[key(4, KeyType::Integer, "z".into(), 1)]);
    stored("attribute 5: its number", &[attribute(5, AttributeType::Json, 1)]);
    stored("attribute 1: its type changed", &[attribute(1, AttributeType::Json, 4)]);
    stored("attribute 1: its version went back", &[attribute(1, AttributeType::Semver, 1)]);
    stored("segment 9: its number", &[segment(9, "x", 1)]);
    stored("the condition of segment 2 cannot be read", &[segment(2, "?", 3)]);
    stored("segment 8 does not exist", &[salt(1, 8, "x")]);
    stored("config 8 does not exist", &[publication(8, 8, 1, 900, None)]);
    stored("config 1, version 9: its number is not the next one", &[version(1, 9, 1, "x")]);
    stored("version 4: key 77 does not exist", &[version(1, 4, 77, "x")]);
    stored("version 4: a value of key 3 has not its type", &[version(1, 4, 3, "x")]);
    stored("its version does not exist", &[publication(1, 8, 4, 900, None)]);
    stored("publication 9 of config 1: its number", &[publication(1, 9, 1, 900, None)]);
    stored("it ends before it begins", &[publication(1, 8, 1, 900, Some(900))]);
    stored("cancelled that it does not have", &[cancel(1, 99)]);
}

/// A history that was edited with all that is derived from it has another hash from there on.
#[test]
fn history_that_was_edited_is_found() {
    let edit = |t: &WriteTransaction, hashes: bool| {
        let revision =
            Revision { number: 2, time: time_of(2), actor: Some("eve".into()), comment: None };
        let record = encode(&RevisionRecord::new(&revision, 2)).unwrap();
        t.open_table(REVISIONS).unwrap().insert(2, record.as_slice()).unwrap();
        if hashes {
            let mut table = t.open_table(REVISION_HASHES).unwrap();
            table.retain(|_, _| false).unwrap();
            let (revisions, changes) =
                (t.open_table(REVISIONS).unwrap(), t.open_table(CHANGES).unwrap());
            chain::extend_to(12, &mut table, &revisions, &changes).unwrap();
        }
    };
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    let hash = |number| store.reader().unwrap().hash(number).unwrap().unwrap();
    let (first, second) = (hash(1).to_string(), hash(2).to_string());
    let from = |from: &str| store.verify(Some(from)).unwrap();
    assert_eq!((from(&first).from, from(&second).from, from("00").from), (Some(1), Some(2), None));
    change(&store, |t| edit(t, false));
    assert_eq!(from(&first).problems, ["revision 2: its hash is not that of what it did"]);
    // whoever edits the hashes, too, has them all anew: the one that was kept is gone
    change(&store, |t| edit(t, true));
    assert_eq!(from(&first).problems, [""; 0]);
    assert_eq!((from(&first).from, from(&second).from), (Some(1), None));
}

/// Revisions of earlier programs have no hashes, and get them with the next ones: a commit does not hash all of a long
/// history.
#[test]
fn hashes_that_are_missing_are_made_up_for() {
    let store = Store::in_memory(&options()).unwrap();
    let mut catalog = tell(&store).pop().unwrap();
    let wanted = store.verify(None).unwrap();
    change(&store, |t| {
        t.open_table(REVISION_HASHES).unwrap().retain(|number, _| number < 5).unwrap();
    });
    assert_eq!(store.verify(None).unwrap(), wanted);
    assert_eq!(store.reader().unwrap().hash(5).unwrap(), None);
    commit(&store, &mut catalog, &[]).unwrap();
    let has_hash = |number| store.reader().unwrap().hash(number).unwrap().is_some();
    assert!(has_hash(10) && !has_hash(11), "four were there, and six come with a commit");
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
    commit(&store, &mut catalog, &[]).unwrap();
    assert_eq!(store.reader().unwrap().hash(12).unwrap(), wanted.newest_hash);
    assert!(has_hash(14));
    found("revision 7: its hash is not that of what it did", |t| {
        drop(t.open_table(REVISION_HASHES).unwrap().remove(7));
    });
    found("revision 12 has a hash, and is not there", |t| {
        drop(t.open_table(REVISIONS).unwrap().remove(12));
    });
}

/// The number of a hash may be any: no commit counts beyond the largest.
#[test]
fn a_hash_of_the_largest_number_is_damage_and_nothing_more() {
    let store = Store::in_memory(&options()).unwrap();
    let mut catalog = tell(&store).pop().unwrap();
    change(&store, |t| {
        let mut hashes = t.open_table(REVISION_HASHES).unwrap();
        let record = redb::ReadableTable::get(&hashes, 5).unwrap().unwrap().value().to_vec();
        hashes.insert(u64::MAX, record.as_slice()).unwrap();
    });
    commit(&store, &mut catalog, &[]).unwrap();
    assert_ne!(store.verify(None).unwrap().problems, [""; 0]);
}
