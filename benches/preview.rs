//! What a preview costs, beside evaluating everybody before and after through the library: `cargo bench --bench preview`.
//!
//! The store has 100,000 users with three attributes each. The preview is of publishing a version of one config that
//! gives a key to a segment which reads two of the attributes. The library makes the context of each user, and
//! evaluates the key by a snapshot of a store without the version and by one of a store with it.
//!
//! In a second store 5,000 users have 100 events each. The previews are of a version whose conditions ask for no events, and
//! of one whose conditions do.

mod common;

use std::hint::black_box;

use common::stores::interleaved;
use common::table::{Bound, Table, figure};
use pcq::{Database, Event, Profile};

const USERS: u32 = 100_000;
const ACTIVE: u32 = 5_000;
const EVENTS: u32 = 100;
const ROUNDS: usize = 5;

const SCHEMA: &str = "
    CREATE KEY banner STRING DEFAULT 'none';
    CREATE SEGMENT grown WHERE country = 'NO' AND age >= 18;
    CREATE CONFIG home SEGMENTS grown, EVERYONE KEY banner VALUES (grown = 'Hei');
    PUBLISH CONFIG home;
    ALTER CONFIG home SET banner VALUES (grown = 'Hallo', EVERYONE = SPLIT (a: 50% 'A', b: 50% 'B'));";

fn main() {
    let (without, with) = (store(), store());
    with.execute("PUBLISH CONFIG home").unwrap();
    let [preview, library] =
        interleaved(ROUNDS, || previewed(&without), || evaluated(&without, &with));
    let mut table = Table::default();
    figure("preview, a user", preview * 1e3 / f64::from(USERS));
    figure("evaluated before and after, a user", library * 1e3 / f64::from(USERS));
    table.line("preview to evaluating before and after", Bound::AtMost(1.5), preview / library);
    let active = active_store();
    let preview = |config: &str| {
        let write = pcq::statement::Publish::new(config).unwrap();
        active.preview(write).users().run().unwrap().changed
    };
    let [without, with] = interleaved(ROUNDS, || preview("home"), || preview("loyal"));
    table.line(
        "preview that asks for no events to one that does",
        Bound::AtMost(1.0),
        without / with,
    );
    table.end();
}

fn name(n: u32) -> String {
    format!("user{n:06}")
}

fn store() -> Database {
    let db = Database::in_memory().unwrap();
    db.execute(SCHEMA).unwrap();
    let profile = |n: u32| {
        let country = if n.is_multiple_of(3) { "NO" } else { "SE" };
        let age = i64::from(n % 60);
        Profile::new(name(n)).with("country", country).with("age", age).with("plan", "pro")
    };
    db.track_all((0..USERS).map(profile)).unwrap();
    db
}

/// The same with fewer users, who did something, and a config that asks what.
fn active_store() -> Database {
    let db = Database::in_memory().unwrap();
    db.execute(SCHEMA).unwrap();
    db.execute(
        "CREATE KEY offer STRING DEFAULT 'none';
         CREATE SEGMENT buyers WHERE COUNT(EVENT 'Buy' WHERE amount > 10) > 3;
         CREATE CONFIG loyal SEGMENTS buyers KEY offer = 'thanks';",
    )
    .unwrap();
    let event = |n: u32| {
        let event = Event::new("Buy", name(n % ACTIVE)).with("amount", i64::from(n % 40));
        event.with("currency", "NOK").with("shop", "Oslo")
    };
    db.track_all((0..ACTIVE * EVENTS).map(event)).unwrap();
    db
}

/// How many get another value, as a preview tells it.
fn previewed(db: &Database) -> u64 {
    let preview = db.preview(pcq::statement::Publish::new("home").unwrap()).users().run().unwrap();
    assert_eq!(preview.population, u64::from(USERS));
    preview.changed
}

/// The same, as the library finds it.
fn evaluated(without: &Database, with: &Database) -> usize {
    let (before, after) = (without.snapshot(), with.snapshot());
    let changes = |n: &u32| {
        let context = without.context_for(&name(*n)).unwrap();
        let old = before.evaluate("banner", &context);
        let new = after.evaluate("banner", &context);
        old.value() != new.value() || old.variant() != new.variant()
    };
    black_box((0..USERS).filter(changes).count())
}
