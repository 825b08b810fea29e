//! What queries cost beside what they cannot do without: `cargo bench --bench questions`. `-- 8` takes an eighth of the
//! events.

mod common;

use std::fmt::Write as _;

use common::stores::interleaved;
use common::table::{Bound, Table, figure};
use pcq::{Database, Event, Outcome, Timestamp};

/// The events, ten a user.
const EVENTS: usize = 1_000_000;
const EACH: usize = 10;
/// The configs, each with two keys.
const CONFIGS: usize = 10_000;
/// How much more something may take when what it does not ask about is ten times as much: nothing, and noise.
const NO_MORE: Bound = Bound::AtMost(1.5);

fn main() {
    let part = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1);
    let mut table = Table::default();
    let [few, many] = [EVENTS / part / 10, EVENTS / part].map(tracked);
    groups(&mut table, &many);
    users(&mut table, [&many, &few]);
    drop([few, many]);
    configs(&mut table);
    table.end();
}

/// Prints what a query takes to what another one does.
fn compare(
    table: &mut Table,
    what: &str,
    bound: Bound,
    [one, other]: [&Database; 2],
    [query, other_query]: [&str; 2],
) {
    let took = interleaved(5, || rows(one, query), || rows(other, other_query));
    told(table, what, bound, took);
}

/// All rows of a query, found on this thread, whose time is measured: a cursor finds them on another.
fn rows(db: &Database, query: &str) -> Vec<Outcome> {
    db.execute(query).unwrap()
}

fn told(table: &mut Table, what: &str, bound: Bound, [took, beside]: [f64; 2]) {
    figure(what, took * 1e3);
    figure("  beside", beside * 1e3);
    table.line(what, bound, took / beside);
}

/// The engine's own scan of all events, without a query: how many there are, and how long their names.
fn scanned(db: &Database) -> (usize, usize) {
    let (mut events, mut bytes) = (0, 0);
    db.scan_events(|at, name| {
        events += usize::from(at > Timestamp::MIN);
        bytes += name.len();
    })
    .unwrap();
    (events, bytes)
}

fn tracked(events: usize) -> Database {
    let start = Timestamp::parse("2026-03-01T00:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    let event = |n: usize| {
        let (name, user) =
            (["Seen", "Bought", "Left"][n % 3], n.wrapping_mul(7_919) % (events / EACH));
        let age = i64::try_from(events - n).unwrap() * 1_000_000;
        let at = Timestamp::from_micros(start.as_micros() - age).unwrap();
        Event::new(name, format!("user{user}"))
            .with("amount", i64::try_from(n % 50).unwrap())
            .at(at)
    };
    db.track_all((0..events).map(event)).unwrap();
    db.execute("CREATE KEY k0 INTEGER DEFAULT 1; CREATE KEY k1 INTEGER DEFAULT 2;").unwrap();
    db
}

fn groups(table: &mut Table, db: &Database) {
    for (what, query) in [
        (
            "events by name, to a scan of their names",
            "SELECT event, COUNT(*) FROM events GROUP BY event",
        ),
        ("the same with a sum", "SELECT event, SUM(properties.amount) FROM events GROUP BY event"),
        ("the same by day", "SELECT DATE_TRUNC('day', time), COUNT(event) FROM events GROUP BY 1"),
    ] {
        let bound = if query.contains("COUNT(*)") { Bound::AtMost(2.5) } else { Bound::None };
        let took = interleaved(5, || rows(db, query), || scanned(db));
        told(table, what, bound, took);
    }
}

fn users(table: &mut Table, [many, few]: [&Database; 2]) {
    for (what, query) in [
        (
            "the values of one of 100,000 users, to 10,000",
            "SELECT * FROM evaluations WHERE user = 'user77'",
        ),
        (
            "the events of a range of 100,000 users, to 10,000",
            "SELECT * FROM events WHERE user >= 'user77' AND user < 'user770'",
        ),
        (
            "the events of one of 100,000 users, to 10,000",
            "SELECT * FROM events WHERE user IN ('user77')",
        ),
        ("one of 100,000 users, to 10,000", "SELECT * FROM users WHERE user = 'user77'"),
    ] {
        compare(table, what, NO_MORE, [many, few], [query, query]);
    }
}

fn filled(configs: usize) -> Database {
    let start = Timestamp::parse("2026-03-01T00:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    let mut script = "BEGIN; CREATE SEGMENT s WHERE vip;".to_owned();
    for n in 0..configs {
        write!(
            script,
            "CREATE KEY a{n} INTEGER DEFAULT 1; CREATE KEY b{n} INTEGER DEFAULT 1;
             CREATE CONFIG c{n} SEGMENTS s, EVERYONE KEY a{n} = 2, KEY b{n} VALUES (s = 3);
             PUBLISH CONFIG c{n};"
        )
        .unwrap();
    }
    script.push_str(
        "COMMIT; SET USER 'u' vip = TRUE; ADVANCE CLOCK 1 DAY; ALTER KEY a77 SET DESCRIPTION 'it';",
    );
    db.execute(&script).unwrap();
    db
}

fn configs(table: &mut Table) {
    let [few, half, many] = [CONFIGS / 10, CONFIGS / 2, CONFIGS].map(filled);
    let join = "SELECT COUNT(*) FROM cells c JOIN keys k ON c.key = k.key";
    let twice = Bound::AtMost(2.6);
    compare(
        table,
        "cells of 10,000 configs with keys, to 5,000",
        twice,
        [&many, &half],
        [join, join],
    );
    for (what, query) in [
        ("one of 20,000 keys, to 2,000", "SELECT * FROM keys WHERE key = 'a77'"),
        ("the cells of one of 20,000 keys, to 2,000", "SELECT * FROM cells WHERE key = 'a77'"),
        (
            "the cells of a range of 20,000 keys, to 2,000",
            "SELECT * FROM cells WHERE key >= 'a77' AND key < 'a770'",
        ),
        ("the keys of one of 10,000 configs, to 1,000", "SELECT * FROM keys WHERE config = 'c77'"),
        (
            "the values of one of 10,000 configs, to 1,000",
            "SELECT * FROM evaluations WHERE config = 'c77'",
        ),
        (
            "what one of 10,000 configs uses, to 1,000",
            "SELECT * FROM uses WHERE kind = 'config' AND name = 'c77'",
        ),
        (
            "the history of one of 20,000 keys, to 2,000",
            "SELECT * FROM history WHERE kind = 'key' AND name = 'a77'",
        ),
        (
            "the history of a day after 10,000 configs, to 1,000",
            "SELECT * FROM history WHERE time > '2026-03-01T12:00:00Z'",
        ),
        ("the rows of one of 10,000 configs, to 1,000", "SELECT * FROM rows WHERE config = 'c77'"),
        (
            "the versions of one of 10,000 configs, to 1,000",
            "SELECT * FROM versions WHERE name = 'c77'",
        ),
    ] {
        compare(table, what, NO_MORE, [&many, &few], [query, query]);
    }
}
