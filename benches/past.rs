//! Values as of random instants of a history of 10,000 revisions over 1,000 configs: of one key, and of all; and as of
//! now, which looks at no history.
//!
//! `cargo bench --bench past`; quote ratios of the medians of one run.

mod common;

use std::hint::black_box;

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use pcq::{Database, Timestamp};

const CONFIGS: usize = 1_000;
const REVISIONS: usize = 10_000;
const MINUTE: i64 = 60_000_000;
const WITH: &str = r#"WITH {"country": "US", "build": 500}"#;

/// Numbers that look random, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn start() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

/// Makes a history of one revision a minute, each of which edits and publishes one config.
fn history(random: &mut Random) -> Database {
    let db = Database::builder().manual_clock(start()).in_memory().unwrap();
    db.execute(&common::stores::configs(CONFIGS)).unwrap();
    for number in 0..REVISIONS {
        let n = random.below(CONFIGS);
        let edit = format!(
            "ADVANCE CLOCK 1 MINUTE;
             BEGIN; ALTER CONFIG config{n} SET key{n} VALUES (EVERYONE = 'v{number}');
             PUBLISH CONFIG config{n}; COMMIT;"
        );
        db.execute(&edit).unwrap();
    }
    db
}

fn instant(random: &mut Random) -> Timestamp {
    let minute = i64::try_from(random.below(REVISIONS)).unwrap();
    Timestamp::from_micros(start().as_micros() + minute * MINUTE + 5).unwrap()
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: &str,
    db: &Database,
    mut query: impl FnMut() -> String,
) {
    group.bench_function(id, |b| {
        b.iter_batched(
            &mut query,
            |query| black_box(db.execute(&query).unwrap()),
            criterion::BatchSize::SmallInput,
        );
    });
}

fn past(c: &mut Criterion) {
    let mut random = Random(7);
    let db = history(&mut random);
    let mut group = c.benchmark_group("past");
    measure(&mut group, "one-key/now", &db, || format!("GET key7 {WITH};"));
    measure(&mut group, "one-key/random-instants", &db, || {
        let key = random.below(CONFIGS);
        format!("GET key{key} {WITH} AS OF '{}';", instant(&mut random))
    });
    group.sample_size(20);
    measure(&mut group, "all-keys/now", &db, || format!("GET ALL {WITH};"));
    measure(&mut group, "all-keys/random-instants", &db, || {
        format!("GET ALL {WITH} AS OF '{}';", instant(&mut random))
    });
    group.finish();
}

criterion_group!(benches, past);
criterion_main!(benches);
