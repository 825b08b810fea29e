//! Lists of users in segments, through the library.

use std::sync::atomic::{AtomicBool, Ordering};

use pcq::{Context, Database, DumpKind, Timestamp, Value};

/// Two configs with a row each for the segment `vips`.
const CONFIGS: &str = "
    CREATE KEY lounge BOOLEAN DEFAULT FALSE;
    CREATE KEY gift INTEGER DEFAULT 0;
    CREATE CONFIG lounges SEGMENTS vips KEY lounge = TRUE;
    CREATE CONFIG gifts SEGMENTS vips KEY gift = 7;
    PUBLISH CONFIG lounges;
    PUBLISH CONFIG gifts;";

fn users(numbers: std::ops::Range<u32>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("u{number}"))
}

fn lounge(db: &Database, user: &str) -> bool {
    db.get("lounge", &Context::new(user)).unwrap()
}

fn with_vips<'u>(users: impl IntoIterator<Item = &'u str>) -> Database {
    let db = Database::in_memory().unwrap();
    db.load_list("vips", users).unwrap();
    db.execute(CONFIGS).unwrap();
    db
}

fn dump(db: &Database, kind: DumpKind) -> String {
    let mut text = Vec::new();
    db.dump(&mut text, kind).unwrap();
    String::from_utf8(text).unwrap()
}

fn cell(db: &Database, statement: &str, column: &str) -> Value {
    let outcomes = db.execute(statement).unwrap();
    outcomes[0].rows().unwrap().value(0, column).unwrap().clone()
}

fn sound(db: &Database) {
    let found = db.verify().unwrap();
    assert!(found.is_sound(), "{:?}", found.problems);
}

#[test]
fn a_list_is_in_force_at_once_and_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcdb");
    let db = Database::open(&path).unwrap();
    assert_eq!(db.load_list("vips", ["u2", "u1", "u2"]).unwrap(), 2);
    db.execute(CONFIGS).unwrap();
    assert!(lounge(&db, "u1") && !lounge(&db, "u3"));
    assert!(!db.get::<bool>("lounge", &Context::anonymous()).unwrap());
    assert_eq!(cell(&db, "GET lounge FOR USER 'u2';", "value"), Value::from(true));
    sound(&db);
    db.close().unwrap();
    let db = Database::open(&path).unwrap();
    assert!(lounge(&db, "u1") && lounge(&db, "u2") && !lounge(&db, "u3"));
    db.load_list("vips", ["u3"]).unwrap();
    assert!(lounge(&db, "u3") && !lounge(&db, "u1"));
    assert_eq!(cell(&db, "SHOW SEGMENTS;", "condition"), Value::from("IN LIST 2"));
    sound(&db);
    db.close().unwrap();
    assert!(lounge(&Database::builder().read_only(true).open(&path).unwrap(), "u3"));
}

#[test]
fn a_reader_sees_all_of_the_old_list_or_all_of_the_new_one() {
    let db = with_vips(["old"]);
    let (stop, seen) = (AtomicBool::new(false), AtomicBool::new(false));
    let (old, new) = (Context::new("old"), Context::new("new"));
    let look = || {
        while !stop.load(Ordering::Relaxed) {
            let state = db.snapshot();
            let lounge = |user| state.get::<bool>("lounge", user).unwrap();
            let gift = |user| state.get::<i64>("gift", user).unwrap() == 7;
            let is_new = lounge(&new);
            assert_eq!([lounge(&old), gift(&old), gift(&new)], [!is_new, !is_new, is_new]);
            seen.store(true, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(look);
        scope.spawn(look);
        for round in 0..30 {
            let user = if round % 2 == 0 { "new" } else { "old" };
            let others = users(0..round * 20);
            db.load_list("vips", others.chain([user.to_owned()])).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(seen.load(Ordering::Relaxed));
    assert!(lounge(&db, "old") && lounge(&db, "u579"));
    sound(&db);
}

#[test]
fn the_old_list_is_there_as_of_its_time() {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    db.load_list("vips", ["u1"]).unwrap();
    db.execute(CONFIGS).unwrap();
    db.execute("ADVANCE CLOCK 1 DAY;").unwrap();
    db.load_list("vips", ["u2"]).unwrap();
    db.execute("ADVANCE CLOCK 1 DAY; ALTER SEGMENT vips WHERE user_id = 'u3';").unwrap();
    for (day, vip) in [("01T12", "u1"), ("02T12", "u2"), ("03T12", "u3")] {
        for user in ["u1", "u2", "u3"] {
            let get = format!("GET lounge FOR USER '{user}' AS OF '2026-03-{day}:00:00Z';");
            assert_eq!(cell(&db, &get, "value"), Value::from(user == vip), "{get}");
        }
    }
    let versions = "SHOW VERSIONS OF SEGMENT vips ORDER BY version;";
    let outcomes = db.execute(versions).unwrap();
    let rows = outcomes[0].rows().unwrap();
    let conditions: Vec<_> = (0..3).map(|row| rows.value(row, "condition").unwrap()).collect();
    assert_eq!(
        conditions.iter().map(|c| c.as_str().unwrap()).collect::<Vec<_>>(),
        ["IN LIST 1", "IN LIST 2", "user_id = 'u3'"]
    );
    sound(&db);
}

#[test]
fn a_dump_of_a_loaded_dump_has_the_same_bytes() {
    let db = with_vips(["it's", "é", "u1"]);
    db.load_list("many", users(0..3_000)).unwrap();
    db.load_list("none", std::iter::empty::<&str>()).unwrap();
    db.load_list("vips", ["u2"]).unwrap();
    let history = dump(&db, DumpKind::History);
    assert!(history.contains("LOAD LIST 1 ('it''s', 'u1', 'é');"), "{history}");
    let loaded = Database::in_memory().unwrap();
    loaded.execute(&history).unwrap();
    assert!(lounge(&loaded, "u2") && !lounge(&loaded, "u1"));
    assert_eq!(dump(&loaded, DumpKind::History), history);
    sound(&loaded);

    let today = dump(&db, DumpKind::Current);
    let loaded = Database::in_memory().unwrap();
    loaded.load_list("other", ["u1"]).unwrap();
    loaded.execute(&today).unwrap();
    assert!(lounge(&loaded, "u2") && !lounge(&loaded, "u1"));
    assert_eq!(
        cell(&loaded, "SHOW SEGMENTS WHERE segment = 'many';", "condition"),
        Value::from("IN LIST 2")
    );
    assert_eq!(dump(&loaded, DumpKind::Current).matches("LOAD LIST 2 (").count(), 6);
    sound(&loaded);
}

#[test]
fn a_dump_that_was_edited_is_refused() {
    let db = with_vips(["u1", "u2"]);
    let history = dump(&db, DumpKind::History);
    for (old, new) in [
        ("LOAD LIST 1", "LOAD LIST 2"),
        ("'u1', 'u2'", "'u2', 'u1'"),
        ("'u1', 'u2'", "'u1', ''"),
        ("IN LIST 1", "IN LIST 2"),
        ("WHERE IN LIST 1", "WHERE TRUE"),
        ("LOAD LIST 1 ('u1', 'u2');\n", ""),
    ] {
        let loaded = Database::in_memory().unwrap();
        assert!(loaded.execute(&history.replace(old, new)).is_err(), "{old}: {new}");
        assert_eq!(loaded.revision(), 0);
    }
}

#[test]
fn a_list_of_many_is_loaded_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcdb");
    let db = Database::open(&path).unwrap();
    db.load_list("vips", ["u1"]).unwrap();
    db.execute(CONFIGS).unwrap();
    assert_eq!(db.load_list("vips", users(0..100_000)).unwrap(), 100_000);
    db.execute("CREATE SEGMENT grand WHERE IN SEGMENT vips AND age > 60;").unwrap();
    db.close().unwrap();
    let db = Database::open(&path).unwrap();
    assert!((0..100_000).step_by(997).all(|user| lounge(&db, &format!("u{user}"))));
    assert!((100_000..101_000).all(|user| !lounge(&db, &format!("u{user}"))));
    sound(&db);
    let copy = folder.path().join("b.pcdb");
    db.backup(&copy).unwrap();
    assert!(lounge(&Database::open(&copy).unwrap(), "u99999"));
    assert!(lounge(&Database::builder().dry_run(true).open(&copy).unwrap(), "u99999"));
}

#[test]
fn a_user_who_is_forgotten_is_in_no_list() {
    let db = with_vips(["u1", "u2"]);
    db.load_list("vips", ["u1", "u2", "u3"]).unwrap();
    db.forget_user("u1").unwrap();
    assert!(!lounge(&db, "u1") && lounge(&db, "u2"));
    db.execute("BEGIN; FORGET USER 'u2'; CREATE KEY k INTEGER DEFAULT 1; COMMIT;").unwrap();
    assert!(!lounge(&db, "u2") && lounge(&db, "u3"));
    let again = &db.execute("FORGET USER 'u2';").unwrap()[0];
    assert!(matches!(again, pcq::Outcome::Unchanged { .. }), "{again:?}");
    assert!(!dump(&db, DumpKind::History).contains("'u2'"));
    sound(&db);
}

#[test]
fn a_transaction_that_forgets_a_user_finds_the_user_in_no_list() {
    let folder = tempfile::tempdir().unwrap();
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let path = folder.path().join("a.pcdb");
    let db = Database::builder().manual_clock(start).open(&path).unwrap();
    db.load_list("vips", ["u1", "u2", "u3"]).unwrap();
    db.execute(CONFIGS).unwrap();
    db.execute("ADVANCE CLOCK 1 HOUR;").unwrap();
    db.load_list("vips", ["u1", "u2"]).unwrap();
    db.execute("ADVANCE CLOCK 1 HOUR;").unwrap();
    let mut session = db.session();
    let lounge_of = |session: &mut pcq::Session, user: &str, time: &str| {
        let outcomes = session.execute(&format!("GET lounge FOR USER '{user}' {time};")).unwrap();
        outcomes[0].rows().unwrap().value(0, "value").unwrap().clone()
    };
    let times = ["", "AS OF '2026-03-01T10:30:00Z'", "AS OF '2026-03-01T09:30:00Z'"];
    for (user, values) in [("u1", [true; 3]), ("u3", [false, false, true])] {
        for (time, wanted) in times.iter().zip(values) {
            assert_eq!(lounge_of(&mut session, user, time), Value::from(wanted), "{user} {time}");
        }
    }
    let text = "BEGIN; FORGET USER 'u1'; FORGET USER 'u3'; FORGET USER 'u3'; CREATE KEY k STRING DEFAULT '';";
    let outcomes = session.execute(text).unwrap();
    assert!(matches!(outcomes[2], pcq::Outcome::Changed { .. }));
    assert!(matches!(outcomes[3], pcq::Outcome::Unchanged { .. }), "{:?}", outcomes[3]);
    for time in times {
        for (user, wanted) in [("u1", false), ("u2", true), ("u3", false)] {
            assert_eq!(lounge_of(&mut session, user, time), Value::from(wanted), "{user} {time}");
        }
    }
    session.execute("ROLLBACK;").unwrap();
    assert!(lounge(&db, "u1"));
}

#[test]
fn a_list_is_refused_where_it_cannot_be() {
    let db = with_vips(["u1"]);
    db.execute("ARCHIVE CONFIG lounges; ARCHIVE CONFIG gifts; ARCHIVE SEGMENT vips;").unwrap();
    let code = |segment: &str, id: &str| db.load_list(segment, [id]).unwrap_err().code();
    assert_eq!(code("vips", "u1"), "archived");
    assert_eq!(code("EVERYONE", "u1"), "already-exists");
    db.execute("CREATE SEGMENT before WHERE x = 1; ALTER SEGMENT before RENAME TO after;").unwrap();
    let taken = db.load_list("before", ["u1"]).unwrap_err();
    assert_eq!(taken.to_string(), "segment `before` exists already");
    assert_eq!(taken.hints(), ["it is a former name of segment `after`"]);
    assert_eq!(code("before", "u1"), "already-exists");
    assert_eq!(code("new", ""), "bad-literal");
    assert_eq!(code("new", &"x".repeat(pcq::limits::ID_BYTES + 1)), "limit");
    let most = u32::try_from(pcq::limits::LIST_IDS).unwrap();
    assert_eq!(db.load_list("new", users(0..most + 1)).unwrap_err().code(), "limit");
    assert_eq!(db.names(pcq::ObjectKind::Segment).len(), 2);
    let mut session = db.session();
    session.execute("BEGIN;").unwrap();
    assert_eq!(session.load_list("new", ["u1"]).unwrap_err().code(), "transaction-state");
    // it is the segment's own list that comes back
    db.execute("RESTORE SEGMENT vips; ALTER SEGMENT vips SET DESCRIPTION 'dear';").unwrap();
    let by_hand = pcq::statement::CreateSegment::new("s", "IN LIST 1").unwrap();
    assert_eq!(db.session().run(&by_hand.into()).unwrap_err().code(), "syntax");
    for text in ["LOAD LIST 1 ('u1');", "LOAD SEGMENT s VERSION 1 WHERE IN LIST 1;"] {
        let alone = Database::in_memory().unwrap().execute(text);
        assert_eq!(alone.is_err(), text.contains("SEGMENT"), "{text}");
    }
}

#[test]
fn a_user_who_is_there_often_counts_once() {
    let db = with_vips(["u1"]);
    let often = std::iter::repeat_n(["u1", "u2"], pcq::limits::LIST_IDS).flatten();
    assert_eq!(db.load_list("vips", often).unwrap(), 2);
    assert!(lounge(&db, "u1") && lounge(&db, "u2"));
    assert_eq!(db.load_list("vips", std::iter::repeat_n("u3", 100)).unwrap(), 1);
}

#[test]
fn explain_tells_of_the_list() {
    let db = with_vips(["u1", "u2"]);
    let outcomes = db.execute("EXPLAIN GET lounge FOR USER 'u1';").unwrap();
    let text = format!("{:?}", outcomes[0]);
    assert!(text.contains("IN LIST 1") && text.contains("the list has 2 ids"), "{text}");
}

#[test]
fn the_history_says_who_loaded_a_list_and_why() {
    let db = Database::in_memory().unwrap();
    let mut session = db.session().with_actor("ann").with_comment("the fair");
    session.load_list("vips", ["u1"]).unwrap();
    let show = "SHOW HISTORY OF SEGMENT vips;";
    assert_eq!(cell(&db, show, "actor"), Value::from("ann"));
    assert_eq!(cell(&db, show, "comment"), Value::from("the fair"));
}

/// The users that a statement shows, and the number of events of each.
fn shown(db: &Database, statement: &str) -> Vec<String> {
    let outcomes = db.execute(statement).unwrap();
    let rows = outcomes.last().unwrap().rows().unwrap();
    let shown = |row: &Vec<Value>| format!("{} {} {}", row[0].as_str().unwrap(), row[1], row[2]);
    rows.rows().iter().map(shown).collect()
}

#[test]
fn whoever_is_in_a_list_has_a_row() {
    let db = with_vips(["a", "c", "e", "u7"]);
    db.execute(
        "SET USER 'c' plan = 'x'; TRACK 'Opened' FOR USER 'd'; TRACK 'Opened' FOR USER 'b';",
    )
    .unwrap();
    let all = ["a {} 0", "b {} 1", r#"c {"plan":"x"} 0"#, "d {} 1", "e {} 0", "u7 {} 0"];
    assert_eq!(shown(&db, "SHOW USERS;"), all);
    assert_eq!(shown(&db, "SHOW USERS LIMIT 2;"), all[..2]);
    assert_eq!(shown(&db, "SHOW USERS WHERE user = 'e';"), all[4..5]);
    assert!(shown(&db, "SHOW USERS WHERE user = 'f';").is_empty());
    let count = |statement: &str| cell(&db, statement, "count");
    assert_eq!(count("SHOW COUNT OF USERS;"), Value::from(6));
    assert_eq!(count("SHOW COUNT OF USERS WHERE IN SEGMENT vips;"), Value::from(4));
    assert_eq!(count("SHOW COUNT OF USERS WHERE KEY(gift) = 7 AND events = 0;"), Value::from(4));
    assert_eq!(count("SHOW COUNT OF EVENTS WHERE IN SEGMENT vips;"), Value::from(0));

    // an open transaction sees its own users last, and nobody who is forgotten
    let mut session = db.session();
    let rows = session
        .execute("BEGIN; SET USER 'e' n = 1; FORGET USER 'a'; SET USER 'A' n = 2; SHOW USERS;");
    let rows = rows.unwrap().pop().unwrap();
    let users: Vec<_> =
        rows.rows().unwrap().rows().iter().map(|row| row[0].as_str().unwrap()).collect();
    assert_eq!(users, ["A", "b", "c", "d", "e", "u7"]);
    session.execute("COMMIT;").unwrap();
    assert_eq!(count("SHOW COUNT OF USERS WHERE IN SEGMENT vips;"), Value::from(3));
}

#[test]
fn a_list_is_described_as_one() {
    let db = with_vips(["a", "b"]);
    let list = |statement: &str| {
        let outcomes = db.execute(statement).unwrap();
        let row = outcomes[0].rows().unwrap().rows().last().unwrap().clone();
        format!("{}: {}", row[0].as_str().unwrap(), row[1].as_str().unwrap())
    };
    let two = "list: a list of 2 users: `pcq list` or the library loads another";
    assert_eq!(list("DESCRIBE SEGMENT vips;"), two);
    db.load_list("vips", ["a"]).unwrap();
    assert_eq!(list("DESCRIBE SEGMENT vips;"), two.replace("2 users", "1 user"));
    assert_eq!(list("DESCRIBE SEGMENT vips VERSION 1;"), two);
}
