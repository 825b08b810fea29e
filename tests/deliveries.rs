//! What is counted is what was delivered: by many threads, through publications, crashes and clocks.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use pcq::{Context, Database, Timestamp, Value};

/// Deliveries by key, version, segment, variant and value.
type Counts = BTreeMap<(String, Option<u32>, Option<String>, Option<String>, String), u64>;

const KEYS: usize = 8;

/// Two rows over a default; the second is a split.
fn set_up(db: &Database) {
    for n in 0..KEYS {
        let script = format!(
            "CREATE KEY key{n} STRING DEFAULT 'none';
             CREATE SEGMENT s{n} WHERE n = {n};
             CREATE CONFIG c{n} SEGMENTS s{n}, EVERYONE 50%
                 KEY key{n} VALUES (s{n} = 'v1', EVERYONE = SPLIT (a: 50% 'x', b: 50% 'y'));
             PUBLISH CONFIG c{n};"
        );
        db.execute(&script).unwrap();
    }
}

/// Makes a new version of a config and publishes it.
fn publish(db: &Database, n: usize, value: usize) {
    let script =
        format!("ALTER CONFIG c{n} SET key{n} VALUES (s{n} = 'v{value}'); PUBLISH CONFIG c{n};");
    db.execute(&script).unwrap_or_else(|error| panic!("{error}"));
}

/// Evaluates, and notes what was delivered.
fn evaluate(db: &Database, rounds: usize, seed: usize, counts: &mut Counts) {
    let keys: Vec<_> = (0..KEYS).map(|n| db.key(&format!("key{n}")).unwrap()).collect();
    let user = |n: usize| Context::new(format!("u{n}")).with("n", i64::try_from(n % 11).unwrap());
    let users: Vec<_> = (0..97).map(user).collect();
    for round in 0..rounds {
        let at = round * 7 + seed;
        let evaluation = db.evaluate(&keys[at % KEYS], &users[at % users.len()]);
        let text = |name: &pcq::Name| name.as_str().to_owned();
        let row = (
            text(evaluation.key()),
            evaluation.version(),
            evaluation.segment().map(text),
            evaluation.variant().map(str::to_owned),
            evaluation.value().to_string(),
        );
        *counts.entry(row).or_default() += 1;
    }
}

/// What the store says was delivered.
fn counted(db: &Database) -> Counts {
    let mut counts = Counts::new();
    for n in 0..KEYS {
        let outcomes = db.execute(&format!("SHOW STATS FOR CONFIG c{n};")).unwrap();
        let rows = outcomes[0].rows().unwrap();
        for row in 0..rows.len() {
            let text = |column| rows.value(row, column).unwrap().as_str().map(str::to_owned);
            let number = |column| rows.value(row, column).unwrap().as_integer();
            let version = number("version").map(|n| u32::try_from(n).unwrap());
            let value = rows.value(row, "value").unwrap().to_string();
            let what = (text("key").unwrap(), version, text("segment"), text("variant"), value);
            *counts.entry(what).or_default() += number("deliveries").unwrap().unsigned_abs();
        }
    }
    counts
}

fn add(all: &mut Counts, more: Counts) {
    for (what, count) in more {
        *all.entry(what).or_default() += count;
    }
}

/// What was delivered, one line each.
fn report(counts: &Counts) -> String {
    let lines = counts.iter().map(|(what, count)| format!("{what:?}: {count}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// How many evaluations: 10,000,000 with `PCQ_EVALUATIONS=10000000`, best with `--release`.
fn evaluations() -> usize {
    let wanted = std::env::var("PCQ_EVALUATIONS").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(200_000)
}

/// Four threads evaluate while a fifth publishes; returns what was delivered.
fn evaluate_in_threads(db: &Database, rounds: usize, publications: usize) -> Counts {
    let mut all = Counts::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|seed| {
                scope.spawn(move || {
                    let mut counts = Counts::new();
                    evaluate(db, rounds, seed * 13, &mut counts);
                    counts
                })
            })
            .collect();
        for n in 0..publications {
            publish(db, n % KEYS, 2 + n);
        }
        for thread in threads {
            add(&mut all, thread.join().unwrap());
        }
    });
    all
}

/// Set in a child process: where the store is.
const STORE: &str = "PCQ_TEST_STORE";

/// The child of the test below: evaluates, flushes, tells what was delivered until then, evaluates on, and
/// dies of it.
#[test]
fn child_that_crashes() {
    let Ok(path) = std::env::var(STORE) else { return };
    // the clock stands still, so that nothing is flushed but what is flushed here
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).open(&path).unwrap();
    set_up(&db);
    let done = AtomicBool::new(false);
    let delivered = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                db.flush().unwrap(); // places are drained and given to other plans meanwhile
            }
        });
        let delivered = evaluate_in_threads(&db, evaluations() / 4, 40);
        done.store(true, Ordering::Relaxed);
        delivered
    });
    db.flush().unwrap();
    std::fs::write(format!("{path}.delivered"), report(&delivered)).unwrap();
    let lost = evaluate_in_threads(&db, 1_000, 5);
    assert!(!lost.is_empty());
    std::process::abort();
}

#[test]
fn what_was_flushed_is_what_was_delivered_though_the_process_crashed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_crashes", "--nocapture"])
        .env(STORE, &path)
        .output()
        .unwrap();
    assert!(!child.status.success(), "it did not crash");
    let reported = std::fs::read_to_string(directory.path().join("store.pcdb.delivered")).unwrap();
    let db = Database::open(&path).unwrap();
    assert_eq!(report(&counted(&db)), reported);
    assert!(db.verify().unwrap().is_sound());
    let total: u64 = counted(&db).values().sum();
    assert_eq!(total, (evaluations() / 4 * 4) as u64);
    eprintln!("{total} deliveries in {} series", counted(&db).len());

    // and on it goes, as if nothing had happened
    let mut all = counted(&db);
    add(&mut all, evaluate_in_threads(&db, 500, 3));
    db.close().unwrap();
    let again = Database::open(&path).unwrap();
    assert_eq!(counted(&again), all);
}

#[test]
fn the_thread_that_flushes_needs_no_asking() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    let often = Duration::from_millis(100);
    let db = Database::builder().flush_interval(often).open(&path).unwrap();
    set_up(&db);
    let mut delivered = Counts::new();
    evaluate(&db, 300, 0, &mut delivered);
    // another process would see it; it is waited for as long as it takes
    let seen = || {
        let reader = Database::builder().read_only(true).open(&path).unwrap();
        counted(&reader) == delivered
    };
    // no machine is so busy that it takes minutes
    assert!((0..3_000).any(|_| seen() || (std::thread::sleep(often), false).1));
}

#[test]
fn dropping_the_last_handle_writes_what_was_counted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    let mut delivered = Counts::new();
    for round in 0..3 {
        let db = Database::open(&path).unwrap();
        if round == 0 {
            set_up(&db);
        }
        let other = db.clone();
        evaluate(&db, 100, round, &mut delivered);
        drop(db);
        evaluate(&other, 100, round, &mut delivered);
    }
    assert_eq!(counted(&Database::open(&path).unwrap()), delivered);
}

#[test]
fn replaced_versions_are_counted_as_long_as_somebody_has_them() {
    let db = Database::in_memory().unwrap();
    set_up(&db);
    let user = Context::new("u1").with("n", 0);
    let (old, handle) = (db.snapshot(), db.key("key0").unwrap());
    let kept = old.evaluate(&handle, &user);
    for n in 0..20 {
        publish(&db, 0, n + 2);
        db.flush().unwrap();
        db.count(&kept, &user); // of version 1
        drop(db.evaluate(&handle, &user));
    }
    let of = |version| -> u64 {
        counted(&db).into_iter().filter(|(what, _)| what.1 == Some(version)).map(|(_, n)| n).sum()
    };
    assert_eq!(of(1), 20);
    assert!((2..22).all(|version| of(version) == 1));
}

#[test]
fn only_what_is_delivered_is_counted() {
    let db = Database::in_memory().unwrap();
    set_up(&db);
    let sum = |db: &Database| counted(db).values().sum::<u64>();
    let user = Context::new("u1").with("n", 0);
    drop(db.snapshot().evaluate("key0", &user));
    drop(db.evaluate("nosuch", &user));
    db.execute(
        "EXPLAIN GET key0 FOR USER 'u1';
         ASSERT GET key0 FOR USER 'u1' WITH {\"n\": 0} = 'v1';
         GET key0 FOR USER 'u1' UNDER CONFIG c0 VERSION 1;
         GET key0 FOR USER 'u1' AS OF '2999-01-01T00:00:00Z';
         ASSERT ERROR 'unknown-key' GET nosuch;
         SHOW CONFIGS;",
    )
    .unwrap();
    assert!(db.execute("ASSERT ERROR 'unknown-key' GET key0;").is_err());
    assert!(db.get::<bool>("key0", &user).is_err());
    assert_eq!(sum(&db), 0);
    // of another store
    let other = Database::in_memory().unwrap();
    set_up(&other);
    db.count(&other.snapshot().evaluate("key0", &user), &user);
    assert_eq!(sum(&db), 0);
    db.execute("GET key0, key1 FOR USER 'u1'; GET CONFIG c2; GET ALL;").unwrap();
    assert_eq!(sum(&db), 3 + KEYS as u64);
    drop(db.evaluate("key0", &user));
    assert_eq!(db.get::<String>("key0", &user).unwrap(), "v1");
    assert_eq!(sum(&db), 5 + KEYS as u64);
}

#[test]
fn what_a_transaction_wrote_is_not_delivered_before_it_is_committed() {
    let db = Database::in_memory().unwrap();
    set_up(&db);
    let mut session = db.session();
    session
        .execute(
            "BEGIN; ALTER CONFIG c0 SET key0 VALUES (EVERYONE = 'new'); PUBLISH CONFIG c0;
             GET key0; GET key1; ROLLBACK;",
        )
        .unwrap();
    let keys: Vec<_> = counted(&db).into_keys().map(|what| what.0).collect();
    assert_eq!(keys, ["key1"]);
}

#[test]
fn nothing_is_counted_where_nothing_may_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    let db = Database::open(&path).unwrap();
    set_up(&db);
    db.close().unwrap();
    let before = std::fs::read(&path).unwrap();
    for builder in [
        Database::builder().read_only(true),
        Database::builder().count_deliveries(false),
        Database::builder().dry_run(true),
    ] {
        let db = builder.open(&path).unwrap();
        drop(db.evaluate("key0", &Context::new("u1")));
        db.flush().unwrap();
    }
    let reader = Database::builder().read_only(true).open(&path).unwrap();
    assert!(counted(&reader).is_empty());
    drop(reader);
    assert_eq!(std::fs::read(&path).unwrap().len(), before.len());
}

#[test]
fn a_clock_that_is_moved_parts_what_was_counted() {
    let start = Timestamp::parse("2026-03-01T09:59:30Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    set_up(&db);
    db.execute(
        "GET key0 FOR USER 'u1' WITH {\"n\": 0};
         ADVANCE CLOCK 1 MINUTES;
         GET key0 FOR USER 'u1' WITH {\"n\": 0};
         GET key0 FOR USER 'u1' WITH {\"n\": 0};
         SET CLOCK '2026-03-02T00:00:00Z';
         GET key0 FOR USER 'u1' WITH {\"n\": 0};",
    )
    .unwrap();
    let by = |size: &str| -> Vec<(String, i64)> {
        let outcomes = db.execute(&format!("SHOW STATS FOR CONFIG c0 BY {size};")).unwrap();
        let rows = outcomes[0].rows().unwrap();
        let time = |n| rows.value(n, "time").unwrap().as_str().unwrap().to_owned();
        let count = |n| rows.value(n, "deliveries").and_then(Value::as_integer).unwrap();
        (0..rows.len()).map(|n| (time(n), count(n))).collect()
    };
    let at = |time: &str, count| (format!("2026-03-{time}:00Z"), count);
    assert_eq!(by("MINUTE"), [at("01T09:59", 1), at("01T10:00", 2), at("02T00:00", 1)]);
    assert_eq!(by("HOUR"), [at("01T09:00", 1), at("01T10:00", 2), at("02T00:00", 1)]);
    assert_eq!(by("DAY"), [at("01T00:00", 3), at("02T00:00", 1)]);
}

#[test]
fn users_are_estimated_where_that_is_asked_for() {
    let db = Database::builder().count_users(true).in_memory().unwrap();
    set_up(&db);
    for n in 0..3_000 {
        drop(db.evaluate("key0", &Context::new(format!("u{}", n % 1_000)).with("n", 0)));
        if n % 500 == 0 {
            db.flush().unwrap();
        }
    }
    drop(db.evaluate("key0", &Context::anonymous().with("n", 0)));
    let outcomes = db.execute("SHOW STATS FOR CONFIG c0 BY DAY;").unwrap();
    let rows = outcomes[0].rows().unwrap();
    let number = |column| rows.value(0, column).and_then(Value::as_integer).unwrap();
    assert_eq!(number("deliveries"), 3_001);
    let users = number("users"); // the standard error is 2.3 %
    assert!((900..=1_100).contains(&users), "{users}");
}

#[test]
fn a_store_in_use_elsewhere_is_closed_when_the_last_handle_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    let start = Arc::new(Barrier::new(2));
    for _ in 0..20 {
        // the thread that flushes has the file open, too: it has to be gone
        let db = reopened(&path);
        let (handle, barrier) = (db.clone(), Arc::clone(&start));
        let thread = std::thread::spawn(move || {
            barrier.wait();
            drop(handle);
        });
        start.wait();
        drop(db);
        thread.join().unwrap();
    }
}

fn reopened(path: &Path) -> Database {
    let often = Duration::from_millis(100);
    Database::builder().flush_interval(often).open(path).unwrap()
}
