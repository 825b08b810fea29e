//! One database, several threads: readers see whole states in order, writers never lose an edit.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use pcq::{Context, Database, Outcome, Session, Timestamp, Value};

/// How many edits each writer makes.
const EDITS: i64 = 60;

/// Two configs with a key each, which every writer changes together, and a key with its default.
fn database() -> Database {
    let db = Database::in_memory().expect("a store in memory opens");
    fill(&db);
    db
}

fn fill(db: &Database) {
    let script = "CREATE KEY a INTEGER DEFAULT 0; CREATE KEY b INTEGER DEFAULT 0;
        CREATE KEY c INTEGER DEFAULT 0; CREATE KEY d INTEGER DEFAULT 0;
        CREATE CONFIG one SEGMENTS EVERYONE KEY a = 0, KEY b = 0;
        CREATE CONFIG two SEGMENTS EVERYONE KEY c = 0;
        PUBLISH CONFIG one; PUBLISH CONFIG two;";
    db.execute(script).expect("the script is right");
}

fn integer(db: &Database, key: &str) -> i64 {
    db.get(key, &Context::anonymous()).expect("an integer")
}

/// Runs a script until no other session has written meanwhile.
fn insist(session: &mut Session, script: &str) {
    while let Err(error) = session.execute(script) {
        assert_eq!(error.code(), "conflict", "{error:?}");
        session.execute("ROLLBACK;").expect("a transaction is open after a conflict");
    }
}

/// Adds one to `a` and `b` of config one, `c` of config two and the default of `d`, all or nothing: in one
/// transaction, which is tried again until no other came between.
fn write(db: &Database) {
    let mut session = db.session();
    for _ in 0..EDITS {
        loop {
            session.execute("BEGIN;").expect("no transaction is open");
            let outcomes = session.execute("GET a;").expect("the key is there");
            let old = outcomes[0].rows().and_then(|rows| rows.value(0, "value")).cloned();
            let next = old.and_then(|value| value.as_integer()).expect("an integer") + 1;
            let script = format!(
                "ALTER CONFIG one SET a = {next}, SET b = {next}; PUBLISH CONFIG one;
                 ALTER CONFIG two SET c = {next}; PUBLISH CONFIG two;
                 ALTER KEY d SET DEFAULT {next};"
            );
            session.execute(&script).expect("the script is right");
            match session.execute("COMMIT;") {
                Ok(_) => break,
                Err(error) => {
                    assert_eq!(error.code(), "conflict");
                    session.execute("ROLLBACK;").expect("the transaction is still open");
                }
            }
        }
    }
}

/// Reads one state after another, and returns how many.
fn read(db: &Database, done: &AtomicBool) -> u64 {
    let user = Context::new("u1");
    let mut session = db.session();
    let (mut last, mut newest, mut count) = (0, 0, 0);
    while !done.load(Ordering::Acquire) {
        let snapshot = db.snapshot();
        let keys = ["a", "b", "c", "d"];
        let values = keys.map(|key| snapshot.get::<i64>(key, &user).expect("an integer"));
        assert!(values.iter().all(|value| *value == values[0]), "a mix of two states: {values:?}");
        assert!(snapshot.revision() >= last, "revision {} after {last}", snapshot.revision());
        assert!(values[0] >= newest, "value {} after {newest}", values[0]);
        (last, newest) = (snapshot.revision(), values[0]);
        let outcomes =
            session.execute("GET a, b, c, d FOR USER 'u1';").expect("the keys are there");
        let rows = outcomes[0].rows().expect("rows");
        let of = |row| rows.value(row, "value").expect("a value").clone();
        assert!((1..4).all(|row| of(row) == of(0)), "a mix of two states: {rows:?}");
        count += 1;
    }
    count
}

#[test]
fn readers_see_whole_states_in_order() {
    let db = database();
    let before = db.revision();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers = [0, 1].map(|_| scope.spawn(|| read(&db, &done)));
        let writers = [0, 1].map(|_| scope.spawn(|| write(&db)));
        let written = writers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Release);
        assert!(written.iter().all(Result::is_ok), "a writer failed");
        for reader in readers {
            assert!(reader.join().expect("a reader failed") > 0, "a reader saw nothing");
        }
    });
    // no edit was lost, and none was counted twice
    assert_eq!(integer(&db, "a"), 2 * EDITS);
    assert_eq!(db.revision() - before, 2 * EDITS as u64);
    assert!(db.verify().expect("it can be verified").is_sound());
}

/// Sets `a`, `b`, `c` and `d` to the number of the revision that the transaction becomes.
fn write_revisions(db: &Database, count: i64) {
    let mut session = db.session();
    let mut written = 0;
    while written < count {
        session.execute("BEGIN;").expect("no transaction is open");
        // after BEGIN: a commit that comes between makes this one a conflict
        let next = db.revision() + 1;
        let script = format!(
            "ALTER CONFIG one SET a = {next}, SET b = {next}; PUBLISH CONFIG one;
             ALTER CONFIG two SET c = {next}; PUBLISH CONFIG two;
             ALTER KEY d SET DEFAULT {next};"
        );
        session.execute(&script).expect("the script is right");
        match session.execute("COMMIT;") {
            Ok(_) => written += 1,
            Err(error) => {
                assert_eq!(error.code(), "conflict");
                session.execute("ROLLBACK;").expect("the transaction is still open");
            }
        }
    }
}

/// Reads one snapshot after another: all of each is of the revision that it says, and none goes back.
fn read_revisions(db: &Database, done: &AtomicBool) -> usize {
    let (user, mut last, mut seen) = (Context::new("u1"), 0, 0);
    // once more after the end, so that each reader sees the last revision
    loop {
        let ended = done.load(Ordering::Acquire);
        let snapshot = db.snapshot();
        let revision = i64::try_from(snapshot.revision()).expect("a small number");
        for key in ["a", "b", "c", "d"] {
            let value = snapshot.get::<i64>(key, &user).expect("an integer");
            assert_eq!(value, revision, "key {key} of another state");
        }
        assert!(revision >= last, "revision {revision} after {last}");
        seen += usize::from(revision > last);
        last = revision;
        if ended {
            return seen;
        }
    }
}

/// In a file, where a commit takes long enough for the others to come between.
#[test]
fn every_snapshot_is_wholly_of_its_revision() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Database::open(folder.path().join("store")).expect("a store");
    fill(&db);
    write_revisions(&db, 1);
    let start = db.revision();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers = [(); 3].map(|()| scope.spawn(|| read_revisions(&db, &done)));
        let writers = [(); 2].map(|()| scope.spawn(|| write_revisions(&db, EDITS)));
        let written = writers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Release);
        assert!(written.iter().all(Result::is_ok), "a writer failed");
        for reader in readers {
            assert!(reader.join().expect("a reader failed") > 0, "a reader saw nothing");
        }
    });
    assert_eq!(db.revision(), start + 2 * EDITS as u64);
}

#[test]
fn single_statements_of_two_writers_are_all_kept() {
    let db = database();
    let before = db.revision();
    thread::scope(|scope| {
        for writer in 0..2 {
            let db = db.clone();
            scope.spawn(move || {
                for edit in 0..EDITS {
                    let script = format!("CREATE KEY k_{writer}_{edit} INTEGER DEFAULT {edit};");
                    db.execute(&script).expect("the name is free");
                }
            });
        }
    });
    assert_eq!(db.revision() - before, 2 * EDITS as u64);
    assert_eq!(integer(&db, "k_1_59"), 59);
}

#[test]
fn an_edit_that_expects_another_version_is_refused() {
    let db = database();
    let edit = |value: i64| db.execute(&format!("ALTER CONFIG one IF VERSION 1 SET a = {value};"));
    thread::scope(|scope| {
        let edits = [1, 2].map(|value| scope.spawn(move || edit(value).map(drop)));
        let results = edits.map(|thread| thread.join().expect("no panic"));
        let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert_eq!(refused.iter().map(|error| error.code()).collect::<Vec<_>>(), ["conflict"]);
    });
}

#[test]
fn the_second_of_two_transactions_is_refused() {
    let db = database();
    let (mut first, mut second) = (db.session(), db.session());
    first.execute("BEGIN; ALTER KEY d SET DEFAULT 1;").expect("the script is right");
    second.execute("BEGIN; ALTER KEY d SET DEFAULT 2;").expect("the script is right");
    first.execute("COMMIT;").expect("it is the first");
    assert_eq!(second.execute("COMMIT;").expect_err("it is the second").code(), "conflict");
    assert!(second.in_transaction(), "a failed statement leaves the transaction as it was");
    assert_eq!(integer(&db, "d"), 1);
    second.execute("ROLLBACK;").expect("it is still open");
    insist(&mut second, "BEGIN; ALTER KEY d SET DEFAULT 2; COMMIT;");
    assert_eq!(integer(&db, "d"), 2);
}

#[test]
fn a_transaction_that_only_reads_conflicts_with_nobody() {
    let db = database();
    let mut session = db.session();
    session.execute("BEGIN; GET a;").expect("the script is right");
    db.execute("ALTER KEY a SET DEFAULT 1;").expect("nobody else writes");
    session.execute("COMMIT;").expect("it has written nothing");
}

#[test]
fn a_transaction_reads_the_state_at_its_begin() {
    let db = database();
    let mut session = db.session();
    session.execute("BEGIN;").expect("no transaction is open");
    db.execute("ALTER KEY d SET DEFAULT 5;").expect("nobody else writes");
    session.execute("ASSERT GET d = 0;").expect("the state at BEGIN");
    session.execute("ROLLBACK; ASSERT GET d = 5;").expect("the state now");
}

#[test]
fn a_schedule_that_is_past_by_the_commit_is_refused() {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").expect("a timestamp");
    let db = Database::builder().manual_clock(start).in_memory().expect("a store opens");
    db.execute("CREATE KEY a INTEGER DEFAULT 0; CREATE CONFIG one SEGMENTS EVERYONE KEY a = 1;")
        .expect("the script is right");
    let mut session = db.session();
    session.execute("BEGIN; PUBLISH CONFIG one AT '2026-03-01T10:00:00Z';").expect("it is to come");
    db.execute("ADVANCE CLOCK 2 HOURS;").expect("the clock is manual");
    assert_eq!(session.execute("COMMIT;").expect_err("it is past").code(), "bad-time");
    session.execute("ROLLBACK; BEGIN; PUBLISH CONFIG one;").expect("it is published now");
    db.execute("ADVANCE CLOCK 1 HOUR;").expect("the clock is manual");
    session.execute("COMMIT;").expect("without AT it takes effect at its commit");
    let script = "ASSERT GET a AS OF '2026-03-01T11:59:59Z' = 0; ASSERT GET a = 1;";
    session.execute(script).expect("it was not live before its commit");
}

#[test]
fn listeners_are_called_in_order_without_gaps() {
    let db = database();
    let before = db.revision();
    let seen: Arc<Mutex<Vec<(u64, Timestamp)>>> = Arc::default();
    let in_sight = Arc::new(AtomicU64::new(0));
    let subscription = {
        let (seen, in_sight, db) = (Arc::clone(&seen), Arc::clone(&in_sight), db.clone());
        db.clone().subscribe(move |revision, changes| {
            assert!(!changes.is_empty(), "a revision that changes nothing");
            in_sight.fetch_add(u64::from(db.revision() == revision.number), Ordering::Relaxed);
            seen.lock().expect("no panic").push((revision.number, revision.time));
        })
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| write(&db));
        }
    });
    drop(subscription);
    db.execute("ALTER KEY d SET DEFAULT -1;").expect("nobody else writes");
    let seen = seen.lock().expect("no panic");
    let expected: Vec<_> = (1..=2 * EDITS as u64).map(|n| before + n).collect();
    assert_eq!(seen.iter().map(|(number, _)| *number).collect::<Vec<_>>(), expected);
    assert!(seen.is_sorted_by_key(|(_, time)| *time), "commit times go backwards");
    assert_eq!(in_sight.load(Ordering::Relaxed), 2 * EDITS as u64, "called before it is in sight");
}

#[test]
fn snapshots_are_unaffected_by_later_writes() {
    let db = database();
    let snapshot = db.snapshot();
    let (revision, at) = (snapshot.revision(), snapshot.at());
    write(&db);
    db.execute("ARCHIVE CONFIG one; ARCHIVE KEY a; ALTER KEY d SET DEFAULT 9;")
        .expect("all are there");
    let user = Context::new("u1");
    assert_eq!(["a", "b", "c", "d"].map(|key| snapshot.get::<i64>(key, &user).ok()), [Some(0); 4]);
    assert_eq!((snapshot.revision(), snapshot.at()), (revision, at));
    assert_eq!(db.evaluate("a", &user).reason().to_string(), "ARCHIVED");
}

#[test]
fn nobody_sees_a_transaction_before_its_commit() {
    let db = database();
    let mut session = db.session();
    session.execute("BEGIN; ALTER KEY d SET DEFAULT 7;").expect("the script is right");
    let mut other = db.session();
    other.execute("ASSERT GET d = 0;").expect("not in sight yet");
    assert_eq!(integer(&db, "d"), 0);
    let outcomes = session.execute("GET d; COMMIT;").expect("the script is right");
    assert_eq!(outcomes[0].rows().and_then(|rows| rows.value(0, "value")), Some(&Value::from(7)));
    assert!(matches!(outcomes[1], Outcome::Changed { revision: Some(_), .. }));
    other.execute("ASSERT GET d = 7;").expect("in sight now");
}

#[test]
fn a_session_that_is_dropped_rolls_back() {
    let db = database();
    let before = db.revision();
    let mut session = db.session();
    session.execute("BEGIN; ALTER KEY d SET DEFAULT 7;").expect("the script is right");
    drop(session);
    assert_eq!((db.revision(), integer(&db, "d")), (before, 0));
    db.execute("ALTER KEY d SET DEFAULT 8;").expect("nothing holds the writer");
}

/// The commit that calls a listener waits for it: a listener that waited for the next commit would wait for ever.
#[test]
fn a_listener_reads_and_cannot_write() {
    type Write = fn(&Database) -> pcq::Result<()>;
    let writes: [(&str, Write); 9] = [
        ("a statement", |db| db.execute("ALTER KEY d SET DEFAULT 1;").map(drop)),
        ("a transaction", |db| db.execute("BEGIN; ALTER KEY d SET DEFAULT 1;").map(drop)),
        ("a fact in a statement", |db| db.execute("SET USER 'u' x = 1;").map(drop)),
        ("a fact", |db| db.track(pcq::Event::new("Seen", "u")).map(drop)),
        ("attributes", |db| db.set_user(pcq::Profile::new("u").with("x", 1))),
        ("forgetting", |db| db.forget_user("u")),
        ("a list", |db| db.load_list("vips", ["u"]).map(drop)),
        ("expiry", |db| db.expire().map(drop)),
        ("compaction", Database::compact),
    ];
    let (db, heard) = (database(), Arc::new(Mutex::new(Vec::new())));
    let open = Arc::new(Mutex::new(db.session()));
    open.lock().expect("no panic").execute("BEGIN; SET USER 'v' x = 1;").expect("it is right");
    let _listener = {
        let (db, heard, open) = (db.clone(), Arc::clone(&heard), Arc::clone(&open));
        db.clone().subscribe(move |revision, _| {
            let mut heard = heard.lock().expect("no panic");
            heard.extend(writes.map(|(what, write)| (what, write(&db).map_err(|e| e.code()))));
            let commit = open.lock().expect("no panic").execute("COMMIT;");
            heard.push(("a commit", commit.map(drop).map_err(|e| e.code())));
            let read = db.execute("GET d; SHOW HISTORY LIMIT 1;").map(drop).map_err(|e| e.code());
            assert_eq!((read, db.snapshot().revision()), (Ok(()), revision.number));
        })
    };
    let (done, wait) = std::sync::mpsc::channel();
    let committing = db.clone();
    thread::spawn(move || {
        let _ = done.send(committing.execute("ALTER KEY d SET DEFAULT 7;").map(drop));
    });
    let written = wait.recv_timeout(std::time::Duration::from_secs(60)).expect("it waits for ever");
    written.expect("the commit is done");
    for (what, result) in heard.lock().expect("no panic").drain(..) {
        assert_eq!(result, Err("not-allowed"), "{what}");
    }
    assert_eq!(integer(&db, "d"), 7);
    open.lock().expect("no panic").execute("COMMIT;").expect("the transaction is still open");
}

/// What a transaction wrote is no revision yet, though another session has the number that it may get.
#[test]
fn a_pending_change_has_no_hash() {
    let db = database();
    let mut session = db.session();
    session.execute("BEGIN; CREATE KEY mine INTEGER DEFAULT 1;").expect("it is right");
    db.execute("CREATE KEY theirs INTEGER DEFAULT 1;").expect("it is right");
    let outcomes = session.execute("SHOW HISTORY LIMIT 2;").expect("it is right");
    let rows = outcomes[0].rows().expect("a table");
    let column = |row, column| rows.value(row, column).cloned();
    assert_eq!(column(0, "name"), Some(Value::from("mine")));
    assert_eq!(column(0, "hash"), Some(Value::Null));
    assert_ne!(column(1, "hash"), Some(Value::Null));
}
