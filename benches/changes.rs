//! `SHOW CHANGES` of a key and a user in histories in which ten revisions matter: one of 100 revisions, and one of
//! 10,000 over 1,000 configs.
//!
//! `cargo bench --bench changes`; quote the ratio of the medians of one run.

mod common;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pcq::{Database, Timestamp};

const CONFIGS: usize = 1_000;
const MATTER: usize = 10;

/// Makes a history of one revision a minute, each of which edits and publishes one config; ten of them the first.
fn history(revisions: usize) -> Database {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    db.execute(&common::stores::configs(CONFIGS)).unwrap();
    for number in 0..revisions {
        let matters = number % (revisions / MATTER) == 0;
        let n = if matters { 0 } else { 1 + number % (CONFIGS - 1) };
        let edit = format!(
            "ADVANCE CLOCK 1 MINUTE;
             BEGIN; ALTER CONFIG config{n} SET key{n} VALUES (EVERYONE = 'v{number}');
             PUBLISH CONFIG config{n}; COMMIT;"
        );
        db.execute(&edit).unwrap();
    }
    db
}

fn changes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("changes");
    for revisions in [100, 10_000] {
        let db = history(revisions);
        let question =
            "SHOW CHANGES OF key0 FOR USER 'ada' WITH {\"country\": \"US\", \"build\": 500}";
        let rows = db.execute(question).unwrap()[0].rows().map(pcq::Rows::len);
        assert!(rows.is_some_and(|rows| rows >= MATTER), "{rows:?}");
        group.bench_function(format!("revisions={revisions}"), |bencher| {
            bencher.iter(|| black_box(db.execute(question).unwrap()));
        });
    }
    group.finish();
}

criterion_group!(benches, changes);
criterion_main!(benches);
