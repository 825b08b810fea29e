//! What a reader has in memory after it followed, beside what one has that opens the file afresh.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use crate::Context;
use crate::engine::Database;
use crate::model::{ListId, Timestamp, Value};

fn reader(path: &Path) -> Database {
    Database::builder().read_only(true).open(path).unwrap()
}

/// Both have the same objects, down to what is derived of them, and the same ids in the same lists.
fn assert_same(followed: &Database, path: &Path, after: &str) {
    followed.refresh().unwrap();
    let (followed, fresh) = (followed.state(), reader(path).state());
    assert_eq!(followed.catalog(), fresh.catalog(), "after {after}");
    let lists = [&followed, &fresh].map(|state| format!("{:?}", state.lists()));
    assert_eq!(lists[0], lists[1], "after {after}");
}

/// One change of every kind, alone and in transactions, and publications that time makes spent.
const SCRIPTS: [&str; 14] = [
    "CREATE KEY a INTEGER DEFAULT 0; CREATE KEY b STRING DEFAULT 'x' CHECK (VALUE IN ('x', 'y'));",
    "CREATE SEGMENT s WHERE plan = 'pro'; CREATE SEGMENT t WHERE IN SEGMENT s AND KEY(b) = 'y';",
    "CREATE CONFIG c SEGMENTS s, t 50%, EVERYONE KEY a VALUES (s = 1, t = SPLIT (50% 2, 50% 3));",
    "PUBLISH CONFIG c; PUBLISH CONFIG c AT '2026-04-01T00:00:00Z' UNTIL '2026-05-01T00:00:00Z';",
    "BEGIN; ALTER CONFIG c SET a VALUES (s = 7); PUBLISH CONFIG c; ALTER KEY a SET DEFAULT 4; COMMIT;",
    "ALTER CONFIG c RENAME TO d; ALTER CONFIG d DROP SEGMENT s; ALTER CONFIG d ADD SEGMENT s FIRST;",
    "SET USER 'ada' plan = 'pro'; TRACK 'Seen' FOR USER 'ada' ID 'e1'; ALTER EVENT 'Seen' KEEP 9 DAYS;",
    "ADVANCE CLOCK 40 DAYS; PUBLISH CONFIG d VERSION 1;",
    "CANCEL SCHEDULE OF CONFIG d; DISABLE CONFIG d; REVERT CONFIG d TO VERSION 2;",
    "ENABLE CONFIG d; ALTER SEGMENT s WHERE plan = 'max'; CREATE KEY k JSON DEFAULT {};",
    "ARCHIVE KEY k; ARCHIVE CONFIG d; RESTORE CONFIG d; RESTORE KEY k;",
    "ADVANCE CLOCK 40 DAYS; ALTER EVENTS KEEP 90 DAYS;",
    "FORGET USER 'ada';",
    "FORGET USER 'ben';",
];

#[test]
fn who_follows_has_what_a_fresh_reader_has() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.pcdb");
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let writer = Database::builder().manual_clock(start).open(&path).unwrap();
    // one follows each step, the other several at once, and the third all: too many to be applied one by one
    let [each, some, all] = [(); 3].map(|()| reader(&path));
    for (number, script) in SCRIPTS.iter().enumerate() {
        writer.execute(script).unwrap_or_else(|error| panic!("{script}: {error:?}"));
        assert_same(&each, &path, script);
        if number == 2 {
            writer.load_list("vips", ["ada", "ben", "carl"]).unwrap();
            assert_same(&each, &path, "a list");
            writer.load_list("vips", ["ada", "ben"]).unwrap();
        }
        if number % 3 == 2 {
            assert_same(&some, &path, script);
        }
    }
    assert_same(&all, &path, "everything");
    assert!(writer.verify().unwrap().is_sound());
}

/// A store with a list of two ids, and a copy of its file, which goes on by itself.
#[cfg(unix)]
fn store_and_copy(directory: &Path, script: &str) -> [(PathBuf, Database); 2] {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let [path, copy] = ["app.pcdb", "copy.pcdb"].map(|name| directory.join(name));
    let writer = Database::builder().manual_clock(start).open(&path).unwrap();
    writer.execute(script).unwrap();
    writer.load_list("vips", ["ada", "ben"]).unwrap();
    writer.backup(&copy).unwrap();
    let other = Database::open(&copy).unwrap();
    [(path, writer), (copy, other)]
}

/// Both stores do as much, at the same instants, so nothing but what they did tells them apart.
#[cfg(unix)]
#[test]
fn a_copy_that_went_on_otherwise_is_another_state() {
    let directory = tempfile::tempdir().unwrap();
    let [(path, writer), (copy, other)] =
        store_and_copy(directory.path(), "CREATE KEY k INTEGER DEFAULT 0;");
    writer.execute("FORGET USER 'ada';").unwrap();
    other.execute("FORGET USER 'ben';").unwrap();
    let reader = reader(&path);
    let is_listed = |user: &str| reader.state().lists().contains(ListId(1), user);
    assert_eq!(["ada", "ben"].map(is_listed), [false, true]);
    std::fs::rename(&copy, &path).unwrap();
    assert_same(&reader, &path, "a copy whose list has other ids, and as many");
    assert_eq!(["ada", "ben"].map(is_listed), [true, false]);

    drop(other);
    let other = Database::open(&path).unwrap();
    let again = directory.path().join("again.pcdb");
    other.backup(&again).unwrap();
    let writer = Database::open(&again).unwrap();
    other.execute("ALTER KEY k SET DEFAULT 1;").unwrap();
    writer.execute("ALTER KEY k SET DEFAULT 2;").unwrap();
    let value = || reader.get::<i64>("k", &Context::anonymous()).unwrap();
    assert_eq!((reader.refresh().unwrap(), value()), (3, 1));
    std::fs::rename(&again, &path).unwrap();
    assert_eq!((reader.refresh().unwrap(), value()), (3, 2));
}

/// A reader that lost a user of one list reads no other list again.
#[test]
fn a_list_that_did_not_change_is_not_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.pcdb");
    let writer = Database::open(&path).unwrap();
    writer.load_list("one", ["ada", "ben"]).unwrap();
    writer.load_list("two", ["ben", "carl"]).unwrap();
    let db = reader(&path);
    let follower = db.shared.follower.as_ref().unwrap();
    let changed = || {
        let (known, read) = (follower.known.load_full(), db.shared.store.reader().unwrap());
        known.changed_lists(&read, &read.mark().unwrap()).unwrap()
    };
    assert_eq!(changed(), BTreeSet::new());
    writer.execute("FORGET USER 'ada';").unwrap();
    assert_eq!(changed(), BTreeSet::from([ListId(1)]));
    db.refresh().unwrap();
    assert_eq!(changed(), BTreeSet::new());
    writer.execute("FORGET USER 'ben';").unwrap();
    assert_eq!(changed(), BTreeSet::from([ListId(1), ListId(2)]));
    writer.load_list("one", ["ben"]).unwrap();
    db.refresh().unwrap();
    assert_eq!(changed(), BTreeSet::new());
}

/// While a thread tells the listeners of one store, another store takes its place.
#[cfg(unix)]
#[test]
fn listeners_hear_of_each_revision_of_the_store_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let [(path, writer), (copy, other)] =
        store_and_copy(directory.path(), "CREATE KEY k INTEGER DEFAULT 0;");
    let (db, gate) = (reader(&path), Arc::new(Barrier::new(2)));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (told, waits) = (Arc::clone(&heard), Arc::clone(&gate));
    let _subscription = db.subscribe(move |revision, _| {
        let comment = revision.comment.as_deref().unwrap_or_default().to_owned();
        told.lock().unwrap().push((revision.number, comment.clone()));
        if comment == "old 4" {
            waits.wait();
            waits.wait();
        }
    });
    for number in 3..=6 {
        writer
            .execute(&format!(
                "SET COMMENT 'old {number}'; CREATE KEY k{number} STRING DEFAULT 'x';"
            ))
            .unwrap();
    }
    thread::scope(|scope| {
        scope.spawn(|| db.refresh().unwrap());
        gate.wait();
        std::fs::rename(&copy, &path).unwrap();
        assert_eq!(db.refresh().unwrap(), 2);
        gate.wait();
    });
    drop(other);
    let other = Database::open(&path).unwrap();
    for number in 3..=4 {
        other
            .execute(&format!(
                "SET COMMENT 'new {number}'; CREATE KEY n{number} STRING DEFAULT 'x';"
            ))
            .unwrap();
        assert_eq!(db.refresh().unwrap(), number);
    }
    let heard = heard.lock().unwrap();
    let wanted = [(3, "old 3"), (4, "old 4"), (3, "new 3"), (4, "new 4")];
    assert_eq!(*heard, wanted.map(|(number, comment)| (number, comment.to_owned())));
}

/// The clock of a transaction, as its state, is that of its beginning.
#[test]
fn a_transaction_sees_one_instant() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.pcdb");
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let writer = Database::builder().manual_clock(start).open(&path).unwrap();
    writer
        .execute(
            "CREATE KEY k INTEGER DEFAULT 0; CREATE CONFIG c SEGMENTS EVERYONE KEY k = 1;
             PUBLISH CONFIG c AT '2026-03-01T10:00:00Z';",
        )
        .unwrap();
    let (db, mut value) = (reader(&path), Vec::new());
    let (mut open, mut fresh) = (db.session(), db.session());
    open.execute("BEGIN;").unwrap();
    for script in ["GET k;", "ADVANCE CLOCK 1 HOUR;", "GET k;"] {
        if script.starts_with("ADVANCE") {
            writer.execute(script).unwrap();
            db.refresh().unwrap();
            continue;
        }
        for session in [&mut open, &mut fresh] {
            let outcomes = session.execute(script).unwrap();
            value.push(outcomes[0].rows().unwrap().value(0, "value").cloned().unwrap());
        }
    }
    assert_eq!(value, [0, 0, 0, 1].map(Value::from));
}

/// A store of the system's clock takes the place of one whose clock is manual, and the other way round.
#[cfg(unix)]
#[test]
fn the_clock_is_that_of_the_store_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let [path, other] = ["app.pcdb", "other.pcdb"].map(|name| directory.path().join(name));
    let [late, early] =
        ["2031-01-01T00:00:00Z", "2026-03-01T09:00:00Z"].map(|at| Timestamp::parse(at).unwrap());
    let manual = |at| {
        drop(
            Database::builder()
                .manual_clock(at)
                .open(&other)
                .unwrap()
                .execute("CREATE KEY k INTEGER DEFAULT 0;"),
        );
    };
    manual(late);
    std::fs::rename(&other, &path).unwrap();
    let db = reader(&path);
    assert_eq!(db.now(), late);
    manual(early);
    std::fs::rename(&other, &path).unwrap();
    db.refresh().unwrap();
    assert_eq!(db.now(), early);
    drop(Database::open(&other).unwrap().execute("CREATE KEY z INTEGER DEFAULT 0;"));
    std::fs::rename(&other, &path).unwrap();
    db.refresh().unwrap();
    assert!(!db.is_clock_manual());
}
