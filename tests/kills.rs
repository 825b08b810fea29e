//! A process that writes from several threads is killed; what it acknowledged is there, and nothing half done.
//!
//! `PCQ_KILLS=300 cargo test --release --test kills -- --nocapture` kills so many.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use pcq::{Context, Database, DumpKind, Event, Profile, Timestamp};

/// Set in a child process: the directory of the store.
const DIRECTORY: &str = "PCQ_TEST_KILLS";

/// How many kills.
fn kills() -> usize {
    let wanted = std::env::var("PCQ_KILLS").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(12)
}

/// A store, and what was acknowledged of the writes to it, which a killed process leaves behind.
#[derive(Clone, Debug)]
struct Place(PathBuf);

impl Place {
    fn store(&self) -> PathBuf {
        self.0.join("store.pcdb")
    }

    fn dump(&self) -> PathBuf {
        self.0.join("dump.pcq")
    }

    fn loaded(&self, number: i64) -> PathBuf {
        self.0.join(format!("loaded-{number}.pcdb"))
    }

    /// Under a clock that stands still nothing is flushed but what is flushed here.
    fn open(&self) -> pcq::Result<Database> {
        let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
        Database::builder().manual_clock(start).open(self.store())
    }

    /// How many bytes say what was acknowledged.
    fn acknowledged(&self) -> u64 {
        let names = WRITERS.iter().map(|writer| writer.name).chain(["load"]);
        names.filter_map(|name| Some(fs::metadata(self.0.join(name)).ok()?.len())).sum()
    }

    fn log(&self, name: &str) -> Acknowledged {
        let path = self.0.join(name);
        let known = fs::read_to_string(&path).unwrap_or_default();
        // a line that was cut was not acknowledged
        let whole = known.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let last = whole.rsplit('\n').next().and_then(|line| line.parse().ok()).unwrap_or(0);
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        Acknowledged { file, last }
    }
}

/// Numbers of writes that were acknowledged.
struct Acknowledged {
    file: File,
    last: i64,
}

impl Acknowledged {
    fn note(&mut self, number: i64) {
        self.file.write_all(format!("{number}\n").as_bytes()).unwrap();
        self.last = number;
    }
}

/// Writer of a kind: what it does for each number, and what must be there afterwards.
struct Writer {
    name: &'static str,
    write: fn(&Database, i64),
    /// The number up to which its writes are there; fails if one is half done.
    found: fn(&Database) -> i64,
}

const WRITERS: [Writer; 6] = [
    Writer { name: "one", write: |db, n| pair(db, "one", n), found: |db| found_pair(db, "one") },
    Writer { name: "two", write: |db, n| pair(db, "two", n), found: |db| found_pair(db, "two") },
    Writer { name: "events", write: track, found: found_events },
    Writer { name: "forgotten", write: forget, found: found_forgotten },
    Writer { name: "list", write: list, found: found_list },
    Writer { name: "deliveries", write: deliver, found: found_deliveries },
];

/// Two keys that always have the same default, and a published config that has it, too.
fn pair(db: &Database, name: &str, n: i64) {
    let script = format!(
        "BEGIN; ALTER KEY {name}_a SET DEFAULT {n}; ALTER KEY {name}_b SET DEFAULT {n};
         ALTER CONFIG {name} SET {name}_c = {n}; PUBLISH CONFIG {name}; COMMIT;"
    );
    // the other writer may come first
    while let Err(error) = db.execute(&script) {
        assert_eq!(error.code(), "conflict", "{error}");
    }
}

fn found_pair(db: &Database, name: &str) -> i64 {
    let value =
        |key: &str| db.get::<i64>(format!("{name}_{key}").as_str(), &Context::anonymous()).unwrap();
    assert_eq!([value("a"), value("b")], [value("c"); 2], "{name}: half a transaction");
    value("a")
}

/// A batch of ten events.
fn track(db: &Database, n: i64) {
    let event =
        |i| Event::new("Seen", format!("u{}", i * 7 % 40)).id(format!("{n}-{i}")).with("batch", n);
    assert_eq!(db.track_all((0..10).map(event)).unwrap().added, 10);
}

fn found_events(db: &Database) -> i64 {
    let outcomes = db.execute("SHOW EVENTS WHERE event = 'Seen';").unwrap();
    let rows = outcomes[0].rows().unwrap();
    let mut batches = BTreeMap::new();
    for row in 0..rows.len() {
        let properties = rows.value(row, "properties").unwrap().to_string();
        let digits = properties.chars().filter(char::is_ascii_digit);
        let batch: i64 = digits.collect::<String>().parse().unwrap();
        *batches.entry(batch).or_insert(0) += 1;
    }
    assert!(batches.values().all(|count| *count == 10), "half a batch: {batches:?}");
    let numbers: Vec<_> = batches.into_keys().collect();
    assert_eq!(numbers, (1..=numbers.len().try_into().unwrap()).collect::<Vec<_>>());
    numbers.last().copied().unwrap_or(0)
}

/// One user comes, and the one before is forgotten.
fn forget(db: &Database, n: i64) {
    db.set_user(Profile::new(format!("guest{n}")).with("number", n)).unwrap();
    db.forget_user(&format!("guest{}", n - 1)).unwrap();
}

fn found_forgotten(db: &Database) -> i64 {
    let outcomes = db.execute("SHOW USERS WHERE user MATCHES '^guest';").unwrap();
    let rows = outcomes[0].rows().unwrap();
    let name = |row| rows.value(row, "user").unwrap().as_str().unwrap().to_owned();
    let mut guests: Vec<i64> = (0..rows.len()).map(|row| name(row)[5..].parse().unwrap()).collect();
    guests.sort_unstable();
    match guests[..] {
        [] => 0,
        [guest] => guest,
        // the next one came, and the one before is not forgotten yet
        [guest, next] if next == guest + 1 => guest,
        _ => panic!("{guests:?}"),
    }
}

/// A list that has nothing of the one before.
fn list(db: &Database, n: i64) {
    db.load_list("listed", (0..30).map(|i| format!("{n}-{i}"))).unwrap();
}

fn found_list(db: &Database) -> i64 {
    let is_in = |n: i64, i: i64| {
        let user = Context::new(format!("{n}-{i}"));
        db.get::<bool>("is_listed", &user).unwrap()
    };
    let newest = (0..10_000).rev().find(|n| is_in(*n, 0)).unwrap_or(0);
    assert!(newest == 0 || (0..30).all(|i| is_in(newest, i)), "half a list");
    assert!(!is_in(newest - 1, 3), "two lists");
    newest
}

/// Ten deliveries.
fn deliver(db: &Database, _: i64) {
    for _ in 0..10 {
        let _ = db.evaluate("counted", &Context::anonymous());
    }
    db.flush().unwrap();
}

fn found_deliveries(db: &Database) -> i64 {
    let outcomes = db.execute("SHOW STATS FOR KEYS;").unwrap();
    let rows = outcomes[0].rows().unwrap();
    let is_counted = |row: &usize| rows.value(*row, "key").unwrap().as_str() == Some("counted");
    let row = (0..rows.len()).find(is_counted).unwrap();
    let count = rows.value(row, "deliveries").unwrap().as_integer().unwrap();
    assert_eq!(count % 10, 0, "half a batch");
    count / 10
}

/// Makes what the writers write to.
fn set_up(db: &Database) {
    let pair = |name: &str| {
        format!(
            "CREATE KEY {name}_a INTEGER DEFAULT 0; CREATE KEY {name}_b INTEGER DEFAULT 0;
             CREATE KEY {name}_c INTEGER DEFAULT 0;
             CREATE CONFIG {name} SEGMENTS EVERYONE KEY {name}_c = 0; PUBLISH CONFIG {name};"
        )
    };
    let script = format!(
        "BEGIN; {} {} CREATE KEY counted INTEGER DEFAULT 0; CREATE KEY is_listed BOOLEAN DEFAULT FALSE;
         COMMIT;",
        pair("one"),
        pair("two")
    );
    db.execute(&script).unwrap();
    db.load_list("listed", ["nobody"]).unwrap();
    db.execute("CREATE CONFIG lists SEGMENTS listed KEY is_listed = TRUE; PUBLISH CONFIG lists;")
        .unwrap();
}

/// Makes the file anew again and again.
fn compact(db: &Database) {
    loop {
        thread::sleep(Duration::from_millis(30));
        db.compact().unwrap();
    }
}

/// Loads a dump into new stores; the one before the last that was acknowledged is removed.
fn load(place: &Place) {
    let dump = fs::read_to_string(place.dump()).unwrap();
    let mut log = place.log("load");
    loop {
        let number = log.last + 1;
        let _ = fs::remove_file(place.loaded(number));
        let db = Database::open(place.loaded(number)).unwrap();
        db.execute(&dump).unwrap();
        db.close().unwrap();
        log.note(number);
        fs::remove_file(place.loaded(number - 1)).ok();
    }
}

/// The child: writes until it is killed.
#[test]
fn child_that_is_killed() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let place = Place(directory.into());
    let db = place.open().unwrap();
    thread::scope(|scope| {
        for writer in &WRITERS {
            let (db, mut log) = (&db, place.log(writer.name));
            scope.spawn(move || {
                loop {
                    let number = log.last + 1;
                    (writer.write)(db, number);
                    log.note(number);
                }
            });
        }
        scope.spawn(|| compact(&db));
        scope.spawn(|| load(&place));
    });
}

/// Starts the child, and kills it after some time, from its start or from the first write that it acknowledges.
fn kill_after(place: &Place, time: Duration, from_start: bool) {
    let before = place.acknowledged();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed", "--nocapture"])
        .env(DIRECTORY, &place.0)
        .stdout(Stdio::null())
        .stderr(File::create(place.0.join("errors")).unwrap())
        .spawn()
        .unwrap();
    while !from_start && place.acknowledged() == before && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(time);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    // a child that ended by itself found something wrong
    let errors = fs::read_to_string(place.0.join("errors")).unwrap();
    assert!(status.code().is_none() && !errors.contains("panicked"), "{status}: {errors}");
}

/// Looks at what the child left; returns how many writes it had acknowledged.
fn check(place: &Place) -> i64 {
    let look = Database::builder().read_only(true).open(place.store()).unwrap();
    let seen: Vec<_> = WRITERS.iter().map(|writer| (writer.found)(&look)).collect();
    drop(look);
    let db = place.open().unwrap();
    let verified = db.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
    let mut sum = 0;
    for (writer, seen) in WRITERS.iter().zip(seen) {
        let (mut log, found) = (place.log(writer.name), (writer.found)(&db));
        assert_eq!(seen, found, "{}: seen without a repair", writer.name);
        let known = log.last..=log.last + 1;
        assert!(known.contains(&found), "{}: {found} is not in {known:?}", writer.name);
        sum += log.last;
        log.note(found); // it goes on after that
    }
    db.close().unwrap();
    sum + check_loaded(place)
}

/// Looks at the stores that dumps were loaded into.
fn check_loaded(place: &Place) -> i64 {
    let last = place.log("load").last;
    let whole = fs::read_to_string(place.dump()).unwrap();
    if last > 0 {
        assert!(dump(&Database::open(place.loaded(last)).unwrap()) == whole, "{last}");
    }
    if place.loaded(last + 1).exists() {
        let db = Database::open(place.loaded(last + 1)).unwrap();
        assert!(db.verify().unwrap().is_sound());
        // what is said of users comes in a transaction of its own
        let found = dump(&db);
        assert!(found.lines().count() == 2 || whole.starts_with(&found), "{found}");
    }
    last
}

fn dump(db: &Database) -> String {
    let mut dump = Vec::new();
    db.dump(&mut dump, DumpKind::History).unwrap();
    String::from_utf8(dump).unwrap()
}

/// A store in a new directory, with some of everything in it.
fn made(directory: &Path) -> Place {
    let place = Place(directory.to_owned());
    let db = place.open().unwrap();
    set_up(&db);
    let dumped = Database::in_memory().unwrap();
    set_up(&dumped);
    for (writer, n) in WRITERS.iter().flat_map(|writer| (1..20).map(move |n| (writer, n))) {
        (writer.write)(&dumped, n);
    }
    fs::write(place.dump(), dump(&dumped)).unwrap();
    place
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let (mut time, mut acknowledged, mut left) = (7, 0, kills());
    while left > 0 {
        let directory = tempfile::tempdir().unwrap();
        let place = made(directory.path());
        let kills = left.min(25);
        for kill in 0..kills {
            // some are killed while they open the store
            time = (time * 37 + 11) % 151;
            kill_after(&place, Duration::from_millis(time), kill % 4 == 3);
            check(&place);
        }
        acknowledged += check(&place);
        left -= kills;
    }
    eprintln!("{} kills, {acknowledged} acknowledged writes", kills());
    assert!(acknowledged > kills().try_into().unwrap(), "too few to matter");
}
