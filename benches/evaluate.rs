//! Evaluations: a snapshot against the same rules written as Rust.
//!
//! `cargo bench --bench evaluate`; quote the ratio of the medians of one run.

mod common;

use std::hint::black_box;

use common::workload::{Extras, KEYS, KeyName, Steps, Workload};
use criterion::{Criterion, criterion_group, criterion_main};

fn evaluate(c: &mut Criterion) {
    let mut group = c.benchmark_group("evaluate");
    let workload = Workload::new(KEYS, Extras::None);
    let (db, snapshot) = (&workload.db, workload.db.snapshot());
    let mut steps = Steps::new(KEYS);
    group.bench_function("keys=1000/by-hand", |b| {
        b.iter(|| {
            let (key, user) = steps.next();
            black_box(workload.by_hand(KeyName::new(key).as_str(), user))
        });
    });
    group.bench_function("keys=1000/snapshot", |b| {
        b.iter(|| {
            let (key, user) = steps.next();
            black_box(snapshot.evaluate(KeyName::new(key).as_str(), &workload.contexts[user]))
        });
    });
    group.bench_function("keys=1000/database", |b| {
        b.iter(|| {
            let (key, user) = steps.next();
            black_box(db.evaluate(KeyName::new(key).as_str(), &workload.contexts[user]))
        });
    });
    group.finish();
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
