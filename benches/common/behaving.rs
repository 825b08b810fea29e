//! What it costs to load events, and to ask what users did, in ratios.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use pcq::{Context, Database, Event, Timestamp};
use redb::{ReadableDatabase as _, TableDefinition};

use super::pace::{Work, median, medians, timed};
use super::table::{Bound, Table, figure};

/// The events of the large store, ten a user.
const EVENTS: usize = 1_000_000;
const FEW_EVENTS: usize = 10_000;
const EACH: usize = 10;
/// The events of the busy user, all of them in the window.
const MANY: usize = 100_000;
/// How many events are made durable at once: what `Database::track_all` does by itself.
const BATCH: usize = 65_536;
/// How many users are asked about: as many in both stores, so that they are as well known.
const ASKED: usize = 1_000;

const NOW: &str = "2026-03-01T00:00:00Z";
const NOW_MICROS: i64 = 1_772_323_200_000_000;

const SCHEMA: &str = "
    CREATE KEY offer INTEGER DEFAULT 0;
    CREATE KEY plain INTEGER DEFAULT 0;
    CREATE SEGMENT buyers WHERE SUM(EVENT 'Charged' OF amount WITHIN 30 DAYS) > 20;
    CREATE SEGMENT pros WHERE plan = 'pro' AND country = 'US';
    CREATE CONFIG offers SEGMENTS buyers KEY offer = 1;
    CREATE CONFIG plain SEGMENTS pros KEY plain = 1;
    PUBLISH CONFIG offers;
    PUBLISH CONFIG plain;";

/// Prints all of them.
pub fn ratios(table: &mut Table) {
    let directory = tempfile::tempdir().unwrap();
    let large = directory.path().join("large.pcdb");
    loading(table, directory.path(), &large);
    let (large, small) = (Database::open(&large).unwrap(), store(FEW_EVENTS));
    evaluating(table, &large, &small);
    busy(table, &small);
    prepared_contexts(table, &large);
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap()
}

/// The n-th event: users in an order that looks random, times that grow, within the last 28 days.
fn event(n: usize, of: usize) -> Event {
    let users = of / EACH;
    let user = n.wrapping_mul(7_919) % users;
    let age = whole(of - n) * (28 * 86_400_000_000 / whole(of));
    Event::new("Charged", format!("user{user}"))
        .with("amount", whole(n % 50))
        .with("shop", if n.is_multiple_of(3) { "north" } else { "south" })
        .at(Timestamp::from_micros(NOW_MICROS - age).unwrap())
        .id(format!("order-{n}"))
}

/// The same as bytes, for a table that knows nothing of them.
fn bytes(n: usize, of: usize) -> String {
    let user = n.wrapping_mul(7_919) % (of / EACH);
    let shop = if n.is_multiple_of(3) { "north" } else { "south" };
    format!("Charged user{user} {n} {{\"amount\":{},\"shop\":\"{shop}\"}} order-{n}", n % 50)
}

fn store(events: usize) -> Database {
    let now = Timestamp::parse(NOW).unwrap();
    let db = Database::builder().manual_clock(now).in_memory().unwrap();
    db.execute(SCHEMA).unwrap();
    db.track_all((0..events).map(|n| event(n, events))).unwrap();
    db
}

fn load(path: &Path, events: usize) {
    let now = Timestamp::parse(NOW).unwrap();
    let db = Database::builder().manual_clock(now).open(path).unwrap();
    db.execute(SCHEMA).unwrap();
    let tracked = db.track_all((0..events).map(|n| event(n, events))).unwrap();
    assert_eq!(tracked.added, events as u64);
    db.close().unwrap();
}

/// Appends the bytes in order of time to a bare table, as many at once.
fn append(path: &Path, events: usize) {
    const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("log");
    let db = redb::Database::create(path).unwrap();
    for from in (0..events).step_by(BATCH) {
        let transaction = db.begin_write().unwrap();
        let mut table = transaction.open_table(LOG).unwrap();
        for n in from..(from + BATCH).min(events) {
            table.insert(n as u64, bytes(n, events).as_bytes()).unwrap();
        }
        drop(table);
        transaction.commit().unwrap();
    }
    assert!(db.begin_read().is_ok());
}

fn loading(table: &mut Table, directory: &Path, kept: &Path) {
    let [loaded, appended] = to_load(directory, kept, EVENTS);
    figure("load a million events, for each", loaded * 1e9 / EVENTS as f64);
    table.line("load a million events to a bare log", Bound::AtMost(2.5), loaded / appended);
    let bytes = std::fs::metadata(kept).unwrap().len();
    table.line("bytes of the file for each event", Bound::None, bytes as f64 / EVENTS as f64);
    let [loaded, appended] = to_load(directory, &directory.join("more.pcdb"), EVENTS * 3 / 2);
    table.line("load a million and a half to a bare log", Bound::None, loaded / appended);
}

/// The medians of the seconds that loading and appending take; keeps the last store.
fn to_load(directory: &Path, kept: &Path, events: usize) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..3 {
        let (bare, path) = (directory.join("bare.redb"), directory.join("load.pcdb"));
        for (times, (work, path)) in
            times.iter_mut().zip([(load as fn(&Path, usize), &path), (append, &bare)])
        {
            let start = Instant::now();
            work(path, events);
            times.push(start.elapsed().as_secs_f64());
        }
        std::fs::remove_file(&bare).unwrap();
        std::fs::rename(&path, kept).unwrap();
    }
    times.map(median)
}

/// Asks about users: the profile, the events, and the evaluation.
fn ask(db: &Database, users: usize) -> Work<'_> {
    let mut n = 0_usize;
    Box::new(move |rounds| {
        for _ in 0..rounds {
            n += 1;
            let user = (n % ASKED).wrapping_mul(13) % users;
            let context = db.context_for(&format!("user{user}")).unwrap();
            black_box(db.evaluate("offer", &context).value());
        }
    })
}

fn evaluating(table: &mut Table, large: &Database, small: &Database) {
    // all of them once before, so that both stores know them
    for (db, users) in [(small, FEW_EVENTS / EACH), (large, EVENTS / EACH)] {
        let first = timed(|| ask(db, users)(ASKED)).as_nanos() as f64 / ASKED as f64;
        figure(&format!("the first time, of {users} users"), first);
    }
    let [small, large] = medians([ask(small, FEW_EVENTS / EACH), ask(large, EVENTS / EACH)]);
    figure("context_for and evaluate, 10 events", small);
    table.line("the same among a million events to 10,000", Bound::AtMost(2.0), large / small);
}

/// A user with 100,000 events in the window, while the clock stands.
fn busy(table: &mut Table, db: &Database) {
    let now = Timestamp::parse(NOW).unwrap().as_micros();
    let event = |n: usize| {
        let at = Timestamp::from_micros(now - whole(n) * 20_000_000).unwrap();
        Event::new("Charged", "busy").with("amount", whole(n % 50)).at(at)
    };
    db.track_all((0..MANY).map(event)).unwrap();
    let one = |user: &'static str| -> Work<'_> {
        Box::new(move |rounds| {
            for _ in 0..rounds {
                let context = db.context_for(user).unwrap();
                black_box(db.evaluate("offer", &context).value());
            }
        })
    };
    let [few, many] = medians([one("user7"), one("busy")]);
    table.line("100,000 events in the window to 10", Bound::AtMost(50.0), many / few);
}

/// What an evaluation costs when the context is there.
fn prepared_contexts(table: &mut Table, db: &Database) {
    let context = db.context_for("user7").unwrap().with("plan", "pro").with("country", "US");
    let plain = Context::new("user7").with("plan", "pro").with("country", "US");
    let evaluate = |key: &'static str, context| -> Work<'_> {
        Box::new(move |rounds| {
            for _ in 0..rounds {
                black_box(db.evaluate(key, context).value());
            }
        })
    };
    let [without, with] = medians([evaluate("plain", &plain), evaluate("offer", &context)]);
    figure("evaluate behaviour, context made before", with);
    table.line("behaviour to two comparisons of texts", Bound::AtMost(1.3), with / without);
}
