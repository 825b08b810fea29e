//! Opening a store: that history costs nothing, and against redb alone, which opens the same file and reads
//! the same records, with pages checked and without.
//!
//! `cargo bench --bench open`; quote ratios of the medians of one run.

mod common;
#[path = "common/store.rs"]
mod store;

use std::hint::black_box;
use std::time::{Duration, Instant};

use common::stores::Stored;
use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};

const CONFIGS: usize = 10_000;

/// Times something, without the time to drop what it made: closing a file is not opening it.
fn timed<T>(times: u64, mut run: impl FnMut() -> T) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..times {
        let start = Instant::now();
        let made = black_box(run());
        total += start.elapsed();
        drop(made);
    }
    total
}

fn opening(group: &mut BenchmarkGroup<'_, WallTime>, versions: usize) {
    let (stored, user) = (Stored::new(CONFIGS, versions), common::stores::user());
    let id = |what: &str| format!("configs={CONFIGS}/versions={versions}{what}");
    group.bench_function(id(""), |b| b.iter_custom(|times| timed(times, || stored.open())));
    group.bench_function(id("/first-evaluation"), |b| {
        b.iter_custom(|times| {
            timed(times, || {
                let db = stored.open();
                let evaluation = db.evaluate("key7", &user);
                (db, evaluation)
            })
        });
    });
    group.bench_function(id("/redb"), |b| {
        b.iter_custom(|times| timed(times, || store::bare(&stored)));
    });
    group.bench_function(id("/redb-checked"), |b| {
        b.iter_custom(|times| timed(times, || store::checked(&stored)));
    });
    for (what, killed) in [("/killed-before-a-commit", false), ("/killed-after-a-commit", true)] {
        let bytes = killed_file(&stored, killed);
        group.bench_function(id(what), |b| b.iter_custom(|times| reopened(times, &bytes)));
    }
}

/// The file as it is while it is open, before or after something was committed.
fn killed_file(stored: &Stored, commits: bool) -> Vec<u8> {
    let db = stored.open();
    if commits {
        db.execute("ALTER KEY key7 SET DESCRIPTION 'seen'").unwrap();
    }
    std::fs::read(stored.path()).unwrap()
}

/// Times opening a file as it was found. It is made anew each time, for it is closed when it is dropped.
fn reopened(times: u64, bytes: &[u8]) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.pcdb");
    let mut total = Duration::ZERO;
    for _ in 0..times {
        std::fs::write(&path, bytes).unwrap();
        total += timed(1, || pcq::Database::open(&path).unwrap());
    }
    total
}

fn open(c: &mut Criterion) {
    let mut group = c.benchmark_group("open");
    group.sample_size(10);
    for versions in [1, 100] {
        opening(&mut group, versions);
    }
    group.finish();
}

criterion_group!(benches, open);
criterion_main!(benches);
