//! Events while others read and write: no reader waits for a writer, and what was acknowledged is there after a
//! crash.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use pcq::{Context, Database, DumpKind, Event, Profile, Value};

const SCHEMA: &str = "
    CREATE KEY offer INTEGER DEFAULT 0;
    CREATE SEGMENT buyers WHERE COUNT(EVENT 'Charged') >= 2;
    CREATE CONFIG offers SEGMENTS buyers KEY offer = 20;
    PUBLISH CONFIG offers;";

fn offer(db: &Database, user: &str) -> Value {
    let context = db.context_for(user).unwrap();
    db.evaluate("offer", &context).value().clone()
}

/// A writer is held up in the middle of a commit, by who listens to it; whoever reads goes on.
#[test]
fn no_reader_waits_for_a_writer() {
    let directory = tempfile::tempdir().unwrap();
    let db = Database::open(directory.path().join("store.pcdb")).unwrap();
    db.execute(SCHEMA).unwrap();
    db.track_all([Event::new("Charged", "ann"), Event::new("Charged", "ann")]).unwrap();
    let (entered, is_in) = mpsc::sync_channel(0);
    let (leave, left) = mpsc::channel::<()>();
    let left = std::sync::Mutex::new(left);
    let _held = db.subscribe(move |_, _| {
        entered.send(()).unwrap();
        left.lock().unwrap().recv().unwrap();
    });
    let writer = thread::spawn({
        let db = db.clone();
        move || db.execute("CREATE KEY other INTEGER DEFAULT 1;").map(drop)
    });
    is_in.recv().unwrap();
    // the writer holds its lock now; a tracker waits for it, and nobody for the tracker
    let tracker = thread::spawn({
        let db = db.clone();
        move || db.track(Event::new("Charged", "ben"))
    });
    assert_eq!(offer(&db, "ann"), Value::from(20));
    assert_eq!(offer(&db, "nobody"), Value::from(0));
    let rows = db.execute("GET offer FOR USER 'ann'; SHOW USERS;").unwrap();
    assert_eq!(rows[0].rows().unwrap().value(0, "value"), Some(&Value::from(20)));
    assert_eq!(db.snapshot().evaluate("offer", &Context::new("ann")).value(), &Value::from(0));
    leave.send(()).unwrap();
    writer.join().unwrap().unwrap();
    assert!(tracker.join().unwrap().unwrap());
}

/// Events come in on two threads while a third publishes: a user's count never goes back, and what a thread was
/// told to be stored it sees.
#[test]
fn events_come_while_others_read_and_publish() {
    let db = Database::in_memory().unwrap();
    db.execute(SCHEMA).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let trackers = ["ann", "ben"].map(|user| {
            let db = &db;
            scope.spawn(move || {
                for n in 0..150 {
                    let event = Event::new("Charged", user).with("n", n).id(format!("{user}{n}"));
                    assert!(db.track(event.clone()).unwrap() && !db.track(event).unwrap());
                    let wanted = if n == 0 { 0 } else { 20 };
                    assert_eq!(offer(db, user), Value::from(wanted));
                }
            })
        });
        scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let outcomes = db.execute("SHOW COUNT OF EVENTS;").unwrap();
                let count = outcomes[0].rows().unwrap().value(0, "count").unwrap();
                let count = count.as_integer().unwrap();
                assert!(count >= last, "{count} after {last}");
                last = count;
            }
        });
        scope.spawn(|| {
            for n in 0..50 {
                db.execute(&format!("CREATE KEY k{n} INTEGER DEFAULT {n};")).unwrap();
                db.set_user(Profile::new("cid").with("n", n)).unwrap();
            }
        });
        for tracker in trackers {
            tracker.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    let outcomes = db.execute("SHOW COUNT OF EVENTS; SHOW USERS WHERE user = 'cid';").unwrap();
    assert_eq!(outcomes[0].rows().unwrap().value(0, "count"), Some(&Value::from(300)));
    let profile = outcomes[1].rows().unwrap().value(0, "attributes").unwrap().to_string();
    assert_eq!(profile, r#"{"n":49}"#);
}

/// A dump goes only where nothing is known, not even of users.
#[test]
fn a_dump_is_not_loaded_beside_users() {
    let db = Database::in_memory().unwrap();
    db.execute("CREATE KEY k INTEGER DEFAULT 1;").unwrap();
    db.track(Event::new("Seen", "ann").with("n", 1).id("e1")).unwrap();
    let mut dump = Vec::new();
    db.dump(&mut dump, DumpKind::History).unwrap();
    let script = String::from_utf8(dump).unwrap();
    let copy = Database::in_memory().unwrap();
    copy.execute(&script).unwrap();
    let mut again = Vec::new();
    copy.dump(&mut again, DumpKind::History).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), script);
    let known = Database::in_memory().unwrap();
    known.track(Event::new("Seen", "ben")).unwrap();
    assert_eq!(known.execute(&script).unwrap_err().code(), "transaction-state");
}

/// A scan over many users ends when it is asked to.
#[test]
fn a_scan_can_be_interrupted() {
    let db = Database::in_memory().unwrap();
    db.track_all((0..2_000).map(|n| Event::new("Seen", format!("u{n}")))).unwrap();
    let handle = db.interrupt_handle();
    handle.interrupt(); // nothing runs: nothing ends
    assert!(db.execute("SHOW COUNT OF USERS;").is_ok());
    let done = AtomicBool::new(false);
    let error = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                handle.interrupt();
            }
        });
        let error = (0..100).find_map(|_| db.execute("SHOW COUNT OF USERS;").err());
        done.store(true, Ordering::Relaxed);
        error
    });
    assert_eq!(error.unwrap().code(), "interrupted");
    assert!(db.execute("SHOW COUNT OF USERS;").is_ok());
}

/// Where the process that is to be killed keeps its store.
const VICTIM: &str = "PCQ_TEST_EVENTS";

/// Tracks events for ever, and tells of each that was acknowledged; only as a child of the test below.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let db = Database::open(Path::new(&path)).unwrap();
    for n in 0.. {
        if n % 7 == 0 {
            let batch =
                (0..20).map(|i| Event::new("Seen", format!("u{i}")).id(format!("b{n}-{i}")));
            db.track_all(batch).unwrap();
            println!("\nacknowledged b{n}-19");
        } else {
            db.track(Event::new("Seen", format!("u{}", n % 5)).id(format!("e{n}"))).unwrap();
            println!("\nacknowledged e{n}");
        }
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["victim", "--exact", "--nocapture"])
        .env(VICTIM, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged: Vec<String> = Vec::new();
    for line in lines.map_while(Result::ok) {
        if let Some(id) = line.strip_prefix("acknowledged ") {
            acknowledged.push(id.to_owned());
        }
        if acknowledged.len() == 60 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    let db = Database::open(&path).unwrap();
    assert!(db.verify().unwrap().is_sound());
    let events = db.execute("SHOW EVENTS;").unwrap();
    let rows = events[0].rows().unwrap();
    let ids = (0..rows.len()).filter_map(|row| rows.value(row, "id")?.as_str().map(str::to_owned));
    let ids: BTreeSet<String> = ids.collect();
    assert!(acknowledged.len() >= 60 && acknowledged.iter().all(|id| ids.contains(id)));
}
