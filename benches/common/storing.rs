//! What opening, publishing and long transactions cost, in ratios.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use pcq::{Database, Session, Statement, statement::Publish};

use super::pace::{median, timed};
use super::stores::{self, Stored, interleaved};
use super::table::{Bound, Table, figure};

const SIZES: [usize; 2] = [100, 10_000];

/// How many threads commit at once.
const WRITERS: usize = 16;

/// How often a publication is measured at once.
const BATCH: u32 = 50;

/// Prints all of them; the stores that are opened have one version of each config, and so many.
pub fn ratios(table: &mut Table, versions: usize) {
    publishing(table, "in memory", SIZES.map(stores::in_memory));
    let stored = SIZES.map(|count| Stored::new(count, 1));
    publishing(table, "in a file", stored.each_ref().map(Stored::open));
    snapshots(table);
    committing(table);
    long_transactions(table);
    opening(table, versions);
}

/// Makes the first and the second version of a config live in turn.
fn publish(session: &mut Session) {
    for n in 0..BATCH {
        let publish = Publish::new("config7").unwrap().version(1 + u64::from(n % 2));
        black_box(session.run(&Statement::from(publish)).unwrap());
    }
}

fn publishing(table: &mut Table, place: &str, databases: [Database; 2]) {
    let [mut small, mut large] = databases.map(|db| {
        db.execute("ALTER CONFIG config7 SET key7 VALUES (EVERYONE = 'second');").unwrap();
        db.session()
    });
    let times = interleaved(60, || publish(&mut small), || publish(&mut large));
    let [small, large] = times.map(|time| time / f64::from(BATCH));
    figure(&format!("publish {place}, 100 configs"), small * 1e3);
    let what = format!("publish {place}, 10,000 configs to 100");
    table.line(&what, Bound::AtMost(1.5), large / small);
}

/// Without the commit: what a transaction does at a `PUBLISH` is the check and the new snapshot.
fn snapshots(table: &mut Table) {
    let [mut small, mut large] = SIZES.map(|count| {
        let db = stores::in_memory(count);
        db.execute("ALTER CONFIG config7 SET key7 VALUES (EVERYONE = 'second');").unwrap();
        db.session()
    });
    let turn = |session: &mut Session| {
        session.execute("BEGIN;").unwrap();
        let time = timed(|| publish(session));
        session.execute("ROLLBACK;").unwrap();
        time.as_secs_f64() * 1e9 / f64::from(BATCH)
    };
    let turns = (0..101).map(|_| (turn(&mut small), turn(&mut large)));
    let (small, large): (Vec<_>, Vec<_>) = turns.unzip();
    let (small, large) = (median(small), median(large));
    figure("the new snapshot alone, 100 configs", small);
    let what = "the new snapshot alone, 10,000 configs to 100";
    table.line(what, Bound::AtMost(1.5), large / small);
}

/// Commits that wait for one another go to the disk together.
fn committing(table: &mut Table) {
    let [alone, together] = [1, WRITERS].map(|writers| (Stored::new(SIZES[0], 1), writers));
    let run = |(stored, writers): &(Stored, usize)| {
        let db = stored.open();
        // time of day: what the threads wait for is what is measured
        let begin = Instant::now();
        thread::scope(|scope| {
            for writer in 0..*writers {
                let mut session = db.session();
                scope.spawn(move || commit_often(&mut session, writer));
            }
        });
        begin.elapsed().as_secs_f64() / (*writers as f64 * f64::from(BATCH))
    };
    let turns = (0..21).map(|_| (run(&alone), run(&together)));
    let (alone, together): (Vec<_>, Vec<_>) = turns.unzip();
    let (alone, together) = (median(alone), median(together));
    figure("a small change committed, one thread", alone * 1e9);
    let what = format!("{WRITERS} threads to one, commits in a time");
    table.line(&what, Bound::AtLeast(4.0), alone / together);
}

/// Changes the condition of a segment, again and again.
fn commit_often(session: &mut Session, writer: usize) {
    for n in 0..BATCH {
        let change = format!("ALTER SEGMENT segment{writer} WHERE build >= {n};");
        black_box(session.execute(&change).unwrap());
    }
}

fn opening(table: &mut Table, versions: usize) {
    let [one, many] = [1, versions].map(|versions| Stored::new(SIZES[1], versions));
    let [first, last] = interleaved(15, || one.open(), || many.open());
    figure("open 10,000 configs and segments", first * 1e3);
    let what = format!("open, {versions} versions of each to 1");
    table.line(&what, Bound::AtMost(1.2), last / first);
    let user = stores::user();
    let evaluate = || {
        let db = one.open();
        (db.evaluate("key7", &user), db)
    };
    let [open, evaluated] = interleaved(15, || one.open(), evaluate);
    table.line("open and evaluate once, to open", Bound::AtMost(1.2), evaluated / open);
}

fn long_transactions(table: &mut Table) {
    let [once, twice] = [2_500, 5_000].map(stores::configs);
    let run = |script: &str| Database::in_memory().unwrap().execute(script).unwrap();
    let [once, twice] = interleaved(5, || run(&once), || run(&twice));
    table.line("20,000 statements in a transaction to 10,000", Bound::AtMost(2.5), twice / once);
}
