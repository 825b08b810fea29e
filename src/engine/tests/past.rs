//! States of the past: those that are remembered, and made from near ones, are those that are made from nothing.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::engine::{Database, Session};
use crate::limits::PAST_STATES;
use crate::model::Timestamp;
use crate::query::PastStates;

const MINUTE: i64 = 60_000_000;

fn start() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

fn minute(number: i64) -> Timestamp {
    Timestamp::from_micros(start().as_micros() + number * MINUTE).unwrap()
}

/// Three configs of two keys and four segments, one of them a list.
fn database() -> Database {
    let db = Database::builder().manual_clock(start()).in_memory().unwrap();
    let mut script = String::new();
    for n in 0..6 {
        let _ = write!(script, "CREATE KEY k{n} INTEGER DEFAULT {n};");
    }
    script += "CREATE SEGMENT s0 WHERE a = 1; CREATE SEGMENT s1 WHERE KEY(k0) > 2;
               CREATE SEGMENT s2 WHERE IN SEGMENT s0 OR a = 3;";
    db.execute(&script).unwrap();
    load(&db, 0);
    for n in 0..3 {
        let (a, b) = (2 * n, 2 * n + 1);
        let first = if n == 0 { "s2" } else { "s1" };
        let create = format!(
            "CREATE CONFIG c{n} SEGMENTS {first}, s0, l, EVERYONE
                 KEY k{a} VALUES (s0 = 5, EVERYONE = 6), KEY k{b} VALUES (l = 7, {first} = 8);
             PUBLISH CONFIG c{n};"
        );
        db.execute(&create).unwrap();
    }
    db
}

fn load(db: &Database, number: u8) {
    let user = if number.is_multiple_of(2) { "u1" } else { "u2" };
    db.session().load_list("l", [user]).unwrap();
}

/// What happens; much of it is refused, or changes nothing.
fn happen(db: &Database, (what, n, value): (u8, u8, u8)) {
    let (config, now) = (n % 3, db.execute("ADVANCE CLOCK 1 MINUTE").map(drop));
    now.unwrap();
    let now = db.now();
    let later = |minutes: u8| {
        Timestamp::from_micros(now.as_micros() + i64::from(minutes) * MINUTE).unwrap()
    };
    let (at, until) = (later(1 + value % 7), later(9 + value % 5));
    let key = 2 * config + value % 2;
    let edit = format!("ALTER CONFIG c{config} SET k{key} VALUES (s0 = {value}, EVERYONE = {n})");
    let statement = match what % 12 {
        0 | 1 => format!("BEGIN; {edit}; PUBLISH CONFIG c{config}; COMMIT"),
        2 => format!("{edit}; PUBLISH CONFIG c{config} AT '{at}'"),
        3 => format!("{edit}; PUBLISH CONFIG c{config} AT '{at}' UNTIL '{until}'"),
        4 if value % 2 == 0 => format!("ALTER CONFIG c{config} RENAME TO d{config}"),
        4 => format!("ALTER CONFIG d{config} RENAME TO c{config}"),
        5 => format!("ARCHIVE CONFIG c{config}"),
        6 => format!("RESTORE CONFIG c{config}"),
        7 => format!("DISABLE CONFIG c{config}"),
        8 => format!("ENABLE CONFIG c{config}"),
        9 => format!("ALTER SEGMENT s0 WHERE a = {}", value % 4),
        10 => return load(db, value),
        _ => format!(
            "CREATE KEY n{value} INTEGER DEFAULT {value}; REVERT CONFIG c{config} TO VERSION 1"
        ),
    };
    for statement in statement.split("; ") {
        if db.execute(statement).is_err() && statement != "BEGIN" {
            break;
        }
    }
}

/// What a session is told of an instant.
fn told(session: &mut Session, at: Timestamp, n: u8) -> Vec<String> {
    let user = format!("FOR USER 'u{}' WITH {{\"a\": {}}} AS OF '{at}'", n % 3, n % 4);
    let asked = [
        format!("GET ALL {user}"),
        format!("GET k{} {user}", n % 6),
        format!("GET CONFIG c{} {user}", n % 3),
        format!("EXPLAIN GET k{} {user}", n % 6),
    ];
    asked.iter().map(|statement| format!("{:?}", session.execute(statement))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn remembered_states_are_those_made_from_nothing(
        story in prop::collection::vec(any::<(u8, u8, u8)>(), 1..40),
        instants in prop::collection::vec((0_i64..60, 0_i64..2, any::<u8>()), 1..25),
        pending in any::<(u8, u8, u8)>(),
    ) {
        let db = database();
        for step in story {
            happen(&db, step);
        }
        let mut session = db.session();
        let ask = |session: &mut Session, within: i64| {
            let mut made = 0;
            for (number, more, n) in &instants {
                let at = Timestamp::from_micros(minute(*number).as_micros() + more * 7 + within);
                let known = told(session, at.unwrap(), *n);
                made = made.max(db.shared.past.len());
                let states = db.shared.past.replace(PastStates::default());
                let fresh = told(session, at.unwrap(), *n);
                db.shared.past.replace(states);
                let answers = fresh.iter().filter(|told| told.starts_with("Ok")).count();
                assert!(answers >= 3, "{fresh:?}");
                assert_eq!(known, fresh, "as of {}", at.unwrap());
            }
            made
        };
        let made = ask(&mut session, 0);
        prop_assert!(made <= PAST_STATES);
        session.execute("BEGIN").unwrap();
        let (_, n, value) = pending;
        let _ = session.execute(&format!("ALTER CONFIG c{} SET k0 VALUES (s0 = {value})", n % 3));
        let _ = session.execute("FORGET USER 'u1'");
        ask(&mut session, 1);
    }
}

/// It takes what was changed since, not all objects.
#[test]
fn a_state_is_made_from_one_that_is_near() {
    let db = database();
    for step in [(0, 0, 9), (0, 1, 8), (0, 2, 7)] {
        happen(&db, step);
    }
    let get = |number: i64| db.execute(&format!("GET ALL AS OF '{}'", minute(number))).unwrap();
    get(1);
    let first = db.shared.past.newest().unwrap();
    get(2);
    let second = db.shared.past.newest().unwrap();
    let config = |state: &crate::eval::Snapshot, id| {
        state.catalog().config(crate::model::ConfigId(id)).unwrap().clone()
    };
    let shared = |id| std::sync::Arc::ptr_eq(&config(&first, id), &config(&second, id));
    assert_eq!([1, 2, 3].map(shared), [true, false, true]);
    get(1);
    assert_eq!(db.shared.past.len(), 2);
}

/// What is still the same has no second copy, so its condition is parsed once.
#[test]
fn a_segment_that_never_changed_is_shared_with_the_present() {
    let db = database();
    happen(&db, (0, 0, 9));
    happen(&db, (9, 0, 3));
    db.execute(&format!("GET k0 AS OF '{}'", minute(1))).unwrap();
    let (past, now) = (db.shared.past.newest().unwrap(), db.state());
    let segment = |state: &crate::eval::Snapshot, name| {
        std::sync::Arc::clone(state.catalog().segment_named(name).unwrap())
    };
    let shared = |name| std::sync::Arc::ptr_eq(&segment(&past, name), &segment(&now, name));
    assert_eq!(["s0", "s2"].map(shared), [false, true]);
    assert_eq!(segment(&past, "s0").condition.text().as_ref(), "a = 1");
}
