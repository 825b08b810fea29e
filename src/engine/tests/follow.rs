//! What a reader has in memory after it followed, beside what one has that opens the file afresh.

use std::path::Path;

use crate::engine::Database;
use crate::model::Timestamp;

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
