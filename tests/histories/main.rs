//! Histories of writers and readers, in threads and in processes: transactions are serialisable, readers only move
//! forward, and what was acknowledged is seen.
//!
//! `PCQ_HISTORIES=200 cargo test --release --test histories -- --nocapture` makes so many of each kind.

#[path = "../common/random.rs"]
mod random;

mod act;
mod check;
mod record;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use act::{Act, FIRST, REGISTERS, set_up};
use pcq::Database;
use random::Random;
use record::{Operation, What};

/// Set in a child process: its number, what it is to be, the seed, and the directory of the store.
const CHILD: &str = "PCQ_TEST_HISTORIES";

/// How many histories of each kind.
fn histories() -> u64 {
    let wanted = std::env::var("PCQ_HISTORIES").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(2)
}

/// Directory of a store, and of what its processes record.
struct Place(PathBuf);

impl Place {
    fn store(&self) -> PathBuf {
        self.0.join("store.pcdb")
    }

    fn records(&self, process: usize) -> PathBuf {
        self.0.join(format!("records-{process}"))
    }

    /// Is there when the writers have ended.
    fn end(&self) -> PathBuf {
        self.0.join("end")
    }

    fn reader(&self) -> Database {
        Database::builder().read_only(true).open(self.store()).unwrap()
    }

    /// Starts a process of its own, which records what it does.
    fn start(&self, process: usize, role: &str, seed: u64) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]);
        command.env(CHILD, format!("{process} {role} {seed} {}", self.0.display()));
        let errors = File::create(self.0.join(format!("errors-{process}"))).unwrap();
        command.stdout(Stdio::null()).stderr(errors).spawn().unwrap()
    }

    /// Waits for a process, and gives what it recorded.
    fn end_of(&self, process: usize, mut child: Child) -> Vec<Operation> {
        let status = child.wait().unwrap();
        let errors = fs::read_to_string(self.0.join(format!("errors-{process}"))).unwrap();
        assert!(status.success(), "{status}: {errors}");
        let records = fs::read(self.records(process)).unwrap();
        serde_json::from_slice(&records).unwrap()
    }
}

/// The child.
#[test]
fn child() {
    let Ok(text) = std::env::var(CHILD) else { return };
    let parts: Vec<_> = text.splitn(4, ' ').collect();
    let [process, role, seed, directory] = parts[..] else { panic!("{text}") };
    let (process, seed) = (process.parse().unwrap(), seed.parse().unwrap());
    let place = Place(directory.into());
    let operations = match role {
        "reader" => follow(&place, process, seed),
        _ => write_in_turn(&place, process, seed),
    };
    fs::write(place.records(process), serde_json::to_vec(&operations).unwrap()).unwrap();
}

/// Reads in two threads of a process until the writers have ended.
fn follow(place: &Place, process: usize, seed: u64) -> Vec<Operation> {
    let db = place.reader();
    let reading = |seed: u64| {
        let mut act = Act::new(&db, process, seed);
        while !place.end().exists() {
            act.look();
        }
        act.look();
        act.done
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| reading(seed + 1));
        let mut done = reading(seed);
        done.extend(other.join().unwrap());
        done
    })
}

/// Opens the store to write to it, whenever it is free, commits something, and closes it again.
fn write_in_turn(place: &Place, process: usize, seed: u64) -> Vec<Operation> {
    let mut random = Random::new(seed);
    let mut done = Vec::new();
    for turn in 0..6 {
        let opened = Database::builder().wait(Duration::from_secs(60)).open(place.store());
        let db = opened.unwrap();
        done.extend(write_in_threads(&db, process, seed * 100 + turn, 2, random.between(1, 4)));
        db.close().unwrap();
        thread::sleep(Duration::from_millis(5));
    }
    done
}

/// Commits from several threads at once, and looks at what is there.
fn write_in_threads(
    db: &Database,
    process: usize,
    seed: u64,
    threads: u64,
    steps: i64,
) -> Vec<Operation> {
    let writing = |seed: u64| {
        let mut act = Act::new(db, process, seed);
        for _ in 0..steps {
            act.commit();
            act.look();
        }
        act.done
    };
    thread::scope(|scope| {
        let writing = &writing;
        let all = (0..threads).map(|thread| scope.spawn(move || writing(seed * 1_000 + thread)));
        all.collect::<Vec<_>>().into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// A place with a store, and the revision that it begins with.
fn made(directory: &Path) -> (Place, Database, u64) {
    let place = Place(directory.to_owned());
    let db = Database::open(place.store()).unwrap();
    set_up(&db);
    let base = db.revision();
    (place, db, base)
}

/// Checks a history, and says how much there was in it.
fn assert_sound(seed: u64, base: u64, history: &[Operation]) {
    let count =
        |is: fn(&What) -> bool| history.iter().filter(|operation| is(&operation.what)).count();
    let commits = count(|what| matches!(what, What::Commit { .. }));
    let refused = count(|what| matches!(what, What::Refused));
    let looks = count(|what| matches!(what, What::Look { .. }));
    println!("seed {seed}: {commits} commits, {refused} refused, {looks} looks");
    assert!(commits > 20 && looks > 20);
    let first = (0..REGISTERS).map(|register| (register, FIRST)).collect();
    check::check(base, &first, history).unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
}

/// One process writes from several threads and reads; another follows, and the program is asked now and then.
#[test]
fn threads_that_write_beside_processes_that_read() {
    for seed in 0..histories() {
        let directory = tempfile::tempdir().unwrap();
        let (place, db, base) = made(directory.path());
        let reader = place.start(1, "reader", seed);
        let done = AtomicBool::new(false);
        let mut history = thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let mut act = Act::new(&db, 0, seed + 7_000);
                while !done.load(Ordering::Acquire) {
                    act.look();
                }
                act.done
            });
            let asking = scope.spawn(|| {
                let mut asked = Vec::new();
                while !done.load(Ordering::Acquire) {
                    // each is a process that has seen nothing before
                    asked.push(act::ask(&place.store(), 100 + asked.len()));
                }
                asked
            });
            let mut history = write_in_threads(&db, 0, seed, 4, 25);
            done.store(true, Ordering::Release);
            history.extend(reading.join().unwrap());
            history.extend(asking.join().unwrap());
            history
        });
        File::create(place.end()).unwrap();
        history.extend(place.end_of(1, reader));
        assert_sound(seed, base, &history);
        assert!(db.verify().unwrap().is_sound());
    }
}

/// Three processes write in turn, from two threads each, and one follows.
#[test]
fn processes_that_write_in_turn() {
    for seed in 0..histories() {
        let directory = tempfile::tempdir().unwrap();
        let (place, db, base) = made(directory.path());
        db.close().unwrap();
        let reader = place.start(0, "reader", seed);
        let writers: Vec<_> =
            (1..=3).map(|n| (n, place.start(n, "writer", seed * 10 + n as u64))).collect();
        let mut history = Vec::new();
        for (process, child) in writers {
            history.extend(place.end_of(process, child));
        }
        File::create(place.end()).unwrap();
        history.extend(place.end_of(0, reader));
        assert_sound(seed, base, &history);
        assert!(Database::open(place.store()).unwrap().verify().unwrap().is_sound());
    }
}
