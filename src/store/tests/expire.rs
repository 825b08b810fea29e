//! Events that are dropped, against the model of what is known of users.

use super::user::{Model, all, event, profile};
use super::*;
use crate::model::{Duration, Retention};
use crate::store::tables::{FORMAT, FORMAT_KEY, META, USER_ENTRIES};

/// Drops the events of a name that are older than an instant; gives how many, and how many transactions that
/// took.
pub(super) fn expire(store: &Store, name: &str, oldest: Timestamp) -> Result<(u64, usize)> {
    let oldest = |event: &str| (event == name).then_some(oldest);
    let (mut dropped, mut transactions, mut after) = (0, 0, None);
    loop {
        let batch = store.expire(&oldest, after)?;
        dropped += batch.dropped;
        transactions += 1;
        after = batch.last;
        if after.is_none() {
            return Ok((dropped, transactions));
        }
    }
}

#[test]
fn what_is_left_is_that_of_the_model() {
    for seed in 21..24 {
        let store = Store::in_memory(&options()).unwrap();
        let (mut model, mut chance) = (Model::default(), Chance(seed));
        let (mut dropped, mut most) = (0, 0);
        for step in 0..60 {
            let batch = chance.batch();
            assert_eq!(store.add_entries(&batch).unwrap(), model.add(&batch));
            if step % 6 == 5 {
                let name = ["Charged", "e12", "e19", "unheard of"][step / 6 % 4];
                let oldest = at(chance.below(1_000).cast_signed());
                let found = expire(&store, name, oldest).unwrap();
                assert_eq!(found.0, model.expire(name, oldest), "{name} before {oldest}");
                dropped += found.0;
                most = most.max(found.1);
                model.assert(&store, 7);
            }
        }
        assert!(dropped > 50 && most > 3, "too few to matter: {dropped} in {most}");
    }
}

#[test]
fn who_has_nothing_left_is_gone_and_may_come_back() {
    let store = Store::in_memory(&options()).unwrap();
    let mut model = Model::default();
    let batch = [event("u0", "e", 1, Some("id1")), event("u3", "e", 1, None), profile("u3", "x")];
    store.add_entries(&batch).unwrap();
    model.add(&batch);
    assert_eq!(expire(&store, "e", at(2)).unwrap().0, model.expire("e", at(2)));
    model.assert(&store, 2);
    assert_eq!(store.reader().unwrap().user_count().unwrap(), 1);
    let again = [event("u0", "e", 3, Some("id1"))];
    assert_eq!(store.add_entries(&again).unwrap(), model.add(&again));
    model.assert(&store, 2);
    assert_eq!(expire(&store, "e", at(3)).unwrap().0, 0);
}

/// Nothing is written where nothing is dropped: so a file of format 1 stays one, which older programs read.
#[test]
fn a_file_in_which_nothing_is_over_stays_as_it_is() {
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/0.1.0-base/store.pcdb");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    std::fs::copy(made, &path).unwrap();
    let store = open(&path);
    let format = || {
        let image = store.shared.image().unwrap();
        let bytes = image.table(META).unwrap().get(FORMAT_KEY).unwrap().unwrap().value().to_vec();
        (bytes, image.optional_table(USER_ENTRIES).unwrap().is_some())
    };
    let mut model = Model::of(all(&store, 7));
    let names = ["bought", "left"];
    for name in names {
        let before = (std::fs::read(&path).unwrap(), format());
        assert_eq!(before.1, (1_u32.to_le_bytes().to_vec(), true));
        assert_eq!(expire(&store, name, Timestamp::MIN).unwrap().0, 0, "{name}");
        assert!(before == (std::fs::read(&path).unwrap(), format()), "{name}");
    }
    let dropped: u64 = names
        .map(|name| {
            let found = expire(&store, name, Timestamp::MAX).unwrap().0;
            assert_eq!(found, model.expire(name, Timestamp::MAX), "{name}");
            found
        })
        .iter()
        .sum();
    assert!(dropped > 0);
    assert_eq!(format(), (FORMAT.to_le_bytes().to_vec(), false));
    model.assert(&store, 7);
    let before = std::fs::read(&path).unwrap();
    assert_eq!(expire(&store, names[0], Timestamp::MAX).unwrap().0, 0);
    assert!(before == std::fs::read(&path).unwrap());
}

#[test]
fn rules_of_retention_are_kept_without_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let keep = |event: Option<&str>, keep: Option<i64>| Change::Keep {
        event: event.map(Arc::from),
        keep: keep.map(Duration::from_micros),
    };
    let mut wanted = Retention::default();
    wanted.set(None, Some(Duration::from_micros(9)));
    wanted.set(Some(&"a".into()), None);
    let store = open(&path);
    let mut catalog = Catalog::default();
    commit(&store, &mut catalog, &[keep(None, Some(5)), keep(Some("a"), Some(7))]).unwrap();
    commit(&store, &mut catalog, &[keep(Some("a"), None), keep(None, Some(9))]).unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(store.reader().unwrap().catalog().unwrap(), catalog);
    assert_eq!(catalog.retention, wanted);
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
    let copy = store.copy_to_memory(&options()).unwrap();
    assert_eq!(copy.reader().unwrap().catalog().unwrap().retention, wanted);
    let log: Vec<_> = store.since(1).unwrap().map(|item| item.unwrap().1).collect();
    assert_eq!(log, [vec![keep(Some("a"), None), keep(None, Some(9))]]);
}

#[test]
fn wrong_rules_of_retention_are_found() {
    let store = Store::in_memory(&options()).unwrap();
    let wrong = Change::Keep { event: None, keep: Some(Duration::from_micros(0)) };
    commit(&store, &mut Catalog::default(), &[wrong]).unwrap();
    let problems = store.verify(None).unwrap().problems;
    assert_eq!(problems, ["revision 1: how long events are kept: it is not positive"]);
}
