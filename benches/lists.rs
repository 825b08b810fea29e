//! Lists of users: how long a million ids take to load, to open and to ask, and what they cost: a measurement,
//! printed.
//!
//! `cargo bench --bench lists`; the memory is that of an open store with the pages of the file that redb keeps,
//! which are 64 MiB at most.

#![expect(clippy::print_stdout, reason = "the figures are there to be read")]

use std::alloc::System;
use std::hint::black_box;
use std::time::Instant;

use pcq::{Context, Database};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const IDS: u32 = 1_000_000;
const EVALUATIONS: u32 = 4_000_000;

const SETUP: &str = "
    CREATE KEY lounge BOOLEAN DEFAULT FALSE;
    CREATE KEY stand BOOLEAN DEFAULT FALSE;
    CREATE SEGMENT named WHERE user_id = 'user-00000007';
    CREATE CONFIG lounges SEGMENTS vips KEY lounge = TRUE;
    CREATE CONFIG stands SEGMENTS named KEY stand = TRUE;
    PUBLISH CONFIG lounges;
    PUBLISH CONFIG stands;";

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let db = Database::open(&path).unwrap();
    let ids: Vec<String> = (0..IDS).map(id).collect();
    for round in ["loading", "loading again"] {
        let start = Instant::now();
        db.load_list("vips", &ids).unwrap();
        println!("{round}: {:.2} s", start.elapsed().as_secs_f64());
    }
    db.execute(SETUP).unwrap();
    db.close().unwrap();
    drop(ids);
    println!("file of two lists: {} bytes an id", bytes(&path) / (2 * u64::from(IDS)));

    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    let db = Database::open(&path).unwrap();
    println!("opening: {:.2} s", start.elapsed().as_secs_f64());
    let held = region.change();
    let held = held.bytes_allocated.saturating_sub(held.bytes_deallocated);
    println!("memory of the open store: {:.1} bytes an id", per_id(held));

    // so many users that what is asked is not in the caches of the processor
    let users: Vec<_> = (0..100_000).map(|n| Context::new(id(n * 7_919 % (2 * IDS)))).collect();
    for (key, what) in [("stand", "an id that is compared"), ("lounge", "an id of a list")] {
        println!("{what}: {} ns an evaluation", evaluate(&db, key, &users));
    }
}

fn id(number: u32) -> String {
    format!("user-{number:08}")
}

fn bytes(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

fn evaluate(db: &Database, key: &str, users: &[Context]) -> u128 {
    let key = db.key(key).unwrap();
    let start = Instant::now();
    for user in users.iter().cycle().take(EVALUATIONS as usize) {
        black_box(db.evaluate(&key, user));
    }
    start.elapsed().as_nanos() / u128::from(EVALUATIONS)
}

#[expect(clippy::cast_precision_loss, reason = "a tenth of a byte is all that is shown")]
fn per_id(bytes: usize) -> f64 {
    bytes as f64 / f64::from(IDS)
}
