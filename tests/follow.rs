//! A store that one process writes and others read: who reads follows, and sees whole states only, in order.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use pcq::{Context, Database, DumpKind, Event, Parameters, Timestamp, Value};

/// A store in a file, open to write to it.
struct Place {
    directory: tempfile::TempDir,
    writer: Database,
}

impl Place {
    fn new(script: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let writer = Database::open(directory.path().join("app.pcdb")).expect("it is made");
        writer.execute(script).expect("the script is right");
        Self { directory, writer }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("app.pcdb")
    }

    fn reader(&self) -> Database {
        reader(&self.path())
    }

    fn write(&self, script: &str) {
        self.writer.execute(script).unwrap_or_else(|error| panic!("{script}: {error:?}"));
    }
}

fn reader(path: &Path) -> Database {
    Database::builder().read_only(true).open(path).expect("it can be read")
}

/// The cells of a column of what a statement gives.
fn column(db: &Database, statement: &str, name: &str) -> Vec<Value> {
    let outcomes = db.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    let rows = outcomes.last().and_then(|outcome| outcome.rows()).expect("a table");
    (0..rows.len()).map(|row| rows.value(row, name).cloned().expect("a column")).collect()
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|text| Value::from(*text)).collect()
}

const SETTING: &str = "CREATE KEY k INTEGER DEFAULT 0;
    CREATE CONFIG c SEGMENTS EVERYONE KEY k = 1; PUBLISH CONFIG c;";
const CHANGE: &str = "CREATE ATTRIBUTE born TIMESTAMP; ALTER ATTRIBUTES STRICT; ALTER CONFIG c SET k = 2; PUBLISH CONFIG c;
    CREATE KEY z INTEGER DEFAULT 9; SET USER 'u' x = 1;";

/// Everything that a reader can be asked after another process has written.
fn assert_followed(reader: &Database) {
    let one = |statement: &str, name: &str| column(reader, statement, name);
    assert_eq!(one("GET k", "value"), [Value::from(2)]);
    assert_eq!(one("GET k AS OF '2099-01-01T00:00:00Z'", "value"), [Value::from(2)]);
    assert_eq!(one("GET k UNDER CONFIG c VERSION 2", "value"), [Value::from(2)]);
    assert_eq!(one("GET z", "value"), [Value::from(9)]);
    let status = [Value::Null, Value::from("live")];
    assert_eq!(one("SHOW VERSIONS OF CONFIG c", "status"), status);
    assert_eq!(one("DESCRIBE CONFIG c VERSION 2", "value")[2], Value::from(2));
    assert_eq!(one("SHOW HISTORY LIMIT 2", "name"), texts(&["z", "c"]));
    assert_eq!(one("SHOW USERS", "user"), texts(&["u"]));
    assert_eq!(one("SHOW USERS WHERE KEY(k) = 2", "user"), texts(&["u"]));
    assert_eq!(one("SHOW CONFIGS", "newest"), [Value::from(2)]);
    let attributes = one("SHOW ATTRIBUTES WHERE type IS NOT NULL", "attribute");
    assert_eq!(attributes, texts(&["born", "user_id"]));
    assert_eq!(one("DESCRIBE ATTRIBUTE born", "value")[0], Value::from("born"));
}

#[test]
fn every_statement_sees_what_another_handle_wrote() {
    let place = Place::new(SETTING);
    let reader = place.reader();
    assert_eq!(column(&reader, "GET k", "value"), [Value::from(1)]);
    place.write(CHANGE);
    assert_followed(&reader);
}

#[test]
fn every_statement_sees_what_the_program_wrote() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("app.pcdb");
    let pcq = |script: &str| {
        let ran = Command::new(env!("CARGO_BIN_EXE_pcq")).arg(&path).args(["-e", script]).output();
        let ran = ran.expect("the program runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    pcq(SETTING);
    let reader = reader(&path);
    assert_eq!(column(&reader, "GET k", "value"), [Value::from(1)]);
    pcq(CHANGE);
    assert_followed(&reader);
}

#[test]
fn every_way_in_follows_but_the_hot_path() {
    let place = Place::new(SETTING);
    let (reader, user) = (place.reader(), Context::new("u"));
    let client = reader.client(user.clone());
    client.fetch_and_activate();
    let get = reader.prepare("GET k").expect("a statement");
    let prepared = || {
        let outcome = get.run(&Parameters::new()).expect("k is there");
        outcome.rows().and_then(|rows| rows.value(0, "value")).cloned()
    };
    let ways: [(&str, &dyn Fn() -> u64); 6] = [
        ("a statement", &|| reader.execute("SHOW KEYS").expect("a statement").len() as u64),
        ("a snapshot", &|| reader.snapshot().revision()),
        ("the revision", &|| reader.revision()),
        ("a context", &|| reader.context_for("u").map_or(0, |_| 1)),
        ("a fetch", &|| u64::from(!client.fetch().is_throttled())),
        ("a refresh", &|| reader.refresh().expect("it can be read")),
    ];
    for (number, (way, follow)) in (2..).zip(ways) {
        place.write(&format!("ALTER CONFIG c SET k = {number}; PUBLISH CONFIG c;"));
        let before = reader.evaluate("k", &user).value().clone();
        assert_eq!(before, Value::from(number - 1), "an evaluation looked at the file");
        assert_eq!(prepared(), Some(before), "a prepared GET looked at the file");
        assert!(follow() > 0, "{way}");
        let value = Value::from(number);
        assert_eq!(reader.evaluate("k", &user).value(), &value, "after {way}");
        assert_eq!(prepared(), Some(value), "after {way}");
    }
    place.write("CREATE KEY late INTEGER DEFAULT 5;");
    assert_eq!(reader.key("late").expect("it is new").name().as_str(), "late");
    place.write("CREATE KEY later INTEGER DEFAULT 5;");
    assert!(reader.names(pcq::ObjectKind::Key).iter().any(|name| name.as_str() == "later"));
    place.write("ALTER CONFIG c SET k = 77; PUBLISH CONFIG c;");
    assert!(client.is_stale());
    client.fetch_and_activate();
    assert_eq!(client.get::<i64>("k").expect("it is active"), 77);
    assert_eq!(reader.revision(), place.writer.revision());
}

/// Facts of users make no revision, but a reader sees them all the same.
#[test]
fn facts_of_users_are_followed() {
    let place = Place::new(
        "CREATE KEY k INTEGER DEFAULT 0;
         CREATE SEGMENT s WHERE plan = 'pro' OR COUNT(EVENT 'Charged') >= 2;
         CREATE CONFIG c SEGMENTS s KEY k = 1; PUBLISH CONFIG c;",
    );
    let reader = place.reader();
    let get = reader.prepare("GET k FOR USER :user").expect("a statement");
    let prepared = |user: &str| {
        let outcome = get.run(&Parameters::new().with("user", user)).expect("k is there");
        outcome.rows().and_then(|rows| rows.value(0, "value")).cloned()
    };
    let value = |user: &str| column(&reader, &format!("GET k FOR USER '{user}'"), "value");
    let context = |user: &str| {
        reader.get::<i64>("k", &reader.context_for(user).expect("it can be read")).expect("a value")
    };
    let assert_all = |user: &str, wanted: i64| {
        assert_eq!(value(user), [Value::from(wanted)], "{user}");
        assert_eq!(context(user), wanted, "{user}");
        assert_eq!(prepared(user), Some(Value::from(wanted)), "{user}");
    };
    assert_all("u", 0);
    place.write("SET USER 'u' plan = 'pro';");
    assert_eq!(prepared("u"), Some(Value::from(0)), "it goes by what was seen last");
    assert_all("u", 1);
    place.write("SET USER 'u' plan = 'free';");
    assert_all("u", 0);
    place.writer.track_all((0..2).map(|_| Event::new("Charged", "v"))).expect("it is stored");
    assert_all("v", 1);
    assert_eq!(column(&reader, "SHOW COUNT OF USERS", "count"), [Value::from(2)]);
    place.write("FORGET USER 'v';");
    assert_all("v", 0);
    assert_eq!(column(&reader, "SHOW COUNT OF USERS", "count"), [Value::from(1)]);
    place.write("FORGET USER 'u';");
    assert_eq!(column(&reader, "SHOW COUNT OF USERS", "count"), [Value::from(0)]);
}

#[test]
fn lists_are_followed_and_lose_who_is_forgotten() {
    let place = Place::new("CREATE KEY k INTEGER DEFAULT 0;");
    place.writer.load_list("vips", ["ada", "ben"]).expect("it is loaded");
    place.write("CREATE CONFIG c SEGMENTS vips KEY k = 1; PUBLISH CONFIG c;");
    let reader = place.reader();
    let value = |user: &str| column(&reader, &format!("GET k FOR USER '{user}'"), "value");
    assert_eq!((value("ada"), value("carl")), (vec![Value::from(1)], vec![Value::from(0)]));
    place.writer.load_list("vips", ["ben", "carl"]).expect("it is loaded");
    assert_eq!((value("ada"), value("carl")), (vec![Value::from(0)], vec![Value::from(1)]));
    // ben is known by lists alone
    place.write("FORGET USER 'ben';");
    assert_eq!((value("ben"), value("carl")), (vec![Value::from(0)], vec![Value::from(1)]));
    let before = Timestamp::parse("2099-01-01T00:00:00Z").expect("a time");
    assert_eq!(reader.snapshot().at().max(before), before);
}

#[test]
fn listeners_hear_of_each_revision_in_order() {
    let place = Place::new(SETTING);
    let (reader, heard) = (place.reader(), Arc::new(Mutex::new(Vec::new())));
    let subscription = {
        let (heard, reader) = (Arc::clone(&heard), reader.clone());
        reader.clone().subscribe(move |revision, changes| {
            // it may read, and what it sees is no older
            let seen = reader.snapshot().revision();
            let told = column(&reader, "SHOW HISTORY LIMIT 1", "revision")[0].as_integer();
            assert!(seen >= revision.number && told >= Some(seen.cast_signed()));
            heard.lock().expect("no panic").push((revision.number, changes.len()));
        })
    };
    let before = place.writer.revision();
    place.write("BEGIN; ALTER KEY k SET DEFAULT 5; CREATE KEY y INTEGER DEFAULT 1; COMMIT;");
    place.write("CREATE KEY z INTEGER DEFAULT 1;");
    assert!(heard.lock().expect("no panic").is_empty(), "nobody has looked");
    assert_eq!(reader.refresh().expect("it can be read"), before + 2);
    place.write("ALTER KEY z SET DEFAULT 3;");
    drop(reader.snapshot());
    drop(subscription);
    place.write("ALTER KEY z SET DEFAULT 4;");
    drop(reader.snapshot());
    let heard = heard.lock().expect("no panic");
    assert_eq!(*heard, [(before + 1, 2), (before + 2, 1), (before + 3, 1)]);
}

#[test]
fn a_transaction_sees_one_state() {
    let place = Place::new(SETTING);
    let reader = place.reader();
    let mut session = reader.session();
    session.execute("BEGIN;").expect("none is open");
    place.write(CHANGE);
    let mut one = |statement: &str| {
        let outcomes = session.execute(statement).expect("a statement");
        outcomes.last().and_then(|outcome| outcome.rows()).map(pcq::Rows::len)
    };
    assert_eq!(one("SHOW HISTORY"), Some(4));
    assert_eq!((one("SHOW KEYS"), one("SHOW USERS")), (Some(1), Some(0)));
    assert_eq!(one("COMMIT; SHOW KEYS"), Some(2));
    assert_eq!((one("SHOW HISTORY"), one("SHOW USERS")), (Some(9), Some(1)));
}

#[test]
fn a_dump_of_a_reader_is_that_of_the_writer() {
    let place = Place::new(SETTING);
    let reader = place.reader();
    place.write(CHANGE);
    let dump = |db: &Database, kind| {
        let mut text = Vec::new();
        db.dump(&mut text, kind).expect("it is written");
        String::from_utf8(text).expect("it is text")
    };
    for kind in [DumpKind::History, DumpKind::Current] {
        assert_eq!(dump(&reader, kind), dump(&place.writer, kind));
    }
}

/// What it is to be unix for: there a file can take the name of one that is open.
#[cfg(unix)]
#[test]
fn a_file_that_takes_the_place_is_followed() {
    let place = Place::new(SETTING);
    let (reader, heard) = (place.reader(), Arc::new(AtomicU64::new(0)));
    let counter = Arc::clone(&heard);
    let _subscription = reader.subscribe(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let (saved, revision) = (place.directory.path().join("saved.pcdb"), place.writer.revision());
    place.writer.backup(&saved).expect("it is copied");
    place.write(CHANGE);
    place.writer.compact().expect("it is made anew");
    place.write("CREATE KEY after INTEGER DEFAULT 1;");
    assert_followed_but_for_history(&reader);
    assert_eq!((reader.revision(), heard.load(Ordering::Relaxed)), (revision + 6, 6));
    // a backup is put back, and goes on otherwise than the store that was there
    let Place { directory, writer } = place;
    drop(writer);
    let path = directory.path().join("app.pcdb");
    std::fs::rename(&saved, &path).expect("it is put back");
    assert_eq!(column(&reader, "GET k", "value"), [Value::from(1)]);
    assert_eq!((reader.revision(), heard.load(Ordering::Relaxed)), (revision, 6));
    let writer = Database::open(&path).expect("it is a store");
    writer.execute("CREATE KEY other INTEGER DEFAULT 3; SET USER 'w' x = 1;").expect("it is right");
    assert_eq!(column(&reader, "GET other", "value"), [Value::from(3)]);
    assert_eq!(column(&reader, "SHOW USERS", "user"), texts(&["w"]));
    assert_eq!((reader.revision(), heard.load(Ordering::Relaxed)), (revision + 1, 7));
}

#[cfg(unix)]
fn assert_followed_but_for_history(reader: &Database) {
    assert_eq!(column(reader, "GET k, z, after", "value"), [2, 9, 1].map(Value::from));
    assert_eq!(column(reader, "SHOW USERS", "user"), texts(&["u"]));
}

#[test]
fn a_manual_clock_is_followed() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("app.pcdb");
    let at = |text: &str| Timestamp::parse(text).expect("a time");
    let start = at("2026-03-01T09:00:00Z");
    let writer = Database::builder().manual_clock(start).open(&path).expect("it is made");
    writer.execute(SETTING).expect("it is right");
    writer
        .execute("ALTER CONFIG c SET k = 2; PUBLISH CONFIG c AT '2026-03-01T10:00:00Z';")
        .expect("it is right");
    let reader = reader(&path);
    assert_eq!(column(&reader, "GET k", "value"), [Value::from(1)]);
    writer.execute("ADVANCE CLOCK 1 HOUR;").expect("it moves");
    assert_eq!(column(&reader, "GET k", "value"), [Value::from(2)]);
    assert_eq!(reader.now(), at("2026-03-01T10:00:00Z"));
}

/// How many pairs the writer commits.
const PAIRS: i64 = 300;

/// A writer changes two configs and a fact of a user together; readers never see one without the others, and never an
/// older state after a newer one.
#[test]
fn readers_see_whole_states_and_only_newer_ones() {
    let place = Place::new(
        "CREATE KEY a INTEGER DEFAULT 0; CREATE KEY b INTEGER DEFAULT 0; CREATE KEY same BOOLEAN DEFAULT FALSE;
         CREATE SEGMENT agreeing WHERE n = KEY(a) AND n = KEY(b);
         CREATE CONFIG one SEGMENTS EVERYONE KEY a = 0; CREATE CONFIG two SEGMENTS EVERYONE KEY b = 0;
         CREATE CONFIG three SEGMENTS agreeing KEY same = TRUE;
         PUBLISH CONFIG one; PUBLISH CONFIG two; PUBLISH CONFIG three; SET USER 'u' n = 0;",
    );
    let (reader, done) = (place.reader(), AtomicBool::new(false));
    let other = place.reader();
    let looks: Vec<u64> = thread::scope(|scope| {
        let readers: Vec<_> =
            [&reader, &reader, &other].map(|db| scope.spawn(|| look(db, &done))).into();
        for n in 1..=PAIRS {
            place.write(&format!(
                "BEGIN; SET USER 'u' n = {n}; ALTER CONFIG one SET a = {n}; PUBLISH CONFIG one;
                 ALTER CONFIG two SET b = {n}; PUBLISH CONFIG two; COMMIT;"
            ));
            if n % 100 == 0 {
                place.writer.compact().expect("it is made anew");
            }
        }
        done.store(true, Ordering::Release);
        readers.into_iter().map(|reader| reader.join().expect("no panic")).collect()
    });
    assert!(looks.iter().all(|looks| *looks > 10), "{looks:?}");
    assert_eq!(reader.refresh().expect("it can be read"), place.writer.revision());
    assert_eq!(reader.get::<i64>("a", &Context::new("u")).expect("a value"), PAIRS);
}

/// Looks by every way in turn, and returns how often.
fn look(db: &Database, done: &AtomicBool) -> u64 {
    let get = db.prepare("GET a, b, same FOR USER :user").expect("a statement");
    let statement = "SHOW USERS WHERE KEY(a) = attributes.n AND KEY(b) = attributes.n";
    let user = Context::new("u");
    let (mut newest, mut last, mut looks) = (0, 0, 0);
    let mut check = |values: &[Value]| {
        let [a, b, same] = values else { panic!("three values: {values:?}") };
        assert_eq!(a, b, "a mix of two states");
        assert_eq!(*same, Value::from(true), "facts of another state: {values:?}");
        let n = a.as_integer().expect("an integer");
        assert!(n >= newest, "{n} after {newest}");
        newest = n;
    };
    while !done.load(Ordering::Acquire) {
        check(&column(db, "GET a, b, same FOR USER 'u'", "value"));
        let outcome = get.run(&Parameters::new().with("user", "u")).expect("a statement");
        let rows = outcome.rows().expect("a table");
        let prepared: Vec<_> =
            (0..rows.len()).filter_map(|row| rows.value(row, "value").cloned()).collect();
        check(&prepared);
        let shown = column(db, statement, "user");
        assert_eq!(shown, texts(&["u"]), "a mix of two states");
        let snapshot = db.snapshot();
        let [a, b] = ["a", "b"].map(|key| snapshot.get::<i64>(key, &user).expect("an integer"));
        check(&[a.into(), b.into(), true.into()]);
        assert!(snapshot.revision() >= last, "revision {} after {last}", snapshot.revision());
        last = snapshot.revision();
        let a = db.get::<i64>("a", &user).expect("an integer");
        check(&[a.into(), a.into(), true.into()]);
        looks += 1;
    }
    looks
}
