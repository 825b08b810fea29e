//! Scripts: how the cost of parsing and of running one grows with its length.
//!
//! `cargo bench --bench script`; twice the studies should take about twice as long, in one transaction too.

mod common;

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pcq::{Database, Script};

/// How many statements a script of small ones has.
const SMALL: usize = 10_000;

/// A script of studies: a key, a segment, a config with a split, a publication and two assertions each.
fn script(studies: usize) -> String {
    let mut text = String::new();
    for n in 0..studies {
        let _ = write!(
            text,
            "CREATE KEY study{n} STRING DEFAULT 'off';\n\
             CREATE SEGMENT segment{n} WHERE channel IN ('beta', 'nightly') AND build >= {n};\n\
             CREATE CONFIG config{n} SEGMENTS segment{n} 50%, EVERYONE\n\
                 KEY study{n} VALUES (segment{n} = SPLIT (a: 50% 'a', b: 50% 'b'), EVERYONE = 'c');\n\
             PUBLISH CONFIG config{n};\n\
             ASSERT GET study{n} FOR USER 'u' WITH {{\"channel\": \"stable\"}} = 'c';\n\
             ASSERT GET study{n} = 'c';\n"
        );
    }
    text
}

/// A script of so many small writes: a key each.
fn keys(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "CREATE KEY key{n} INTEGER DEFAULT {n};");
        text
    })
}

/// A script of so many small reads of one key.
fn reads(count: usize) -> String {
    (0..count).fold(keys(1), |mut text, n| {
        let _ = writeln!(text, "GET key0 FOR USER 'u{n}' WITH {{\"build\": {n}}};");
        text
    })
}

fn parse(text: &str) -> usize {
    Script::new(text.as_bytes()).map(Result::unwrap).map(black_box).count()
}

fn run(text: &str) -> usize {
    Database::in_memory().unwrap().execute(text).unwrap().len()
}

fn scripts(c: &mut Criterion) {
    let mut group = c.benchmark_group("script");
    group.sample_size(10);
    for studies in [100, 200, 400] {
        let text = script(studies);
        let whole = format!("BEGIN; {text} COMMIT;");
        group.throughput(Throughput::Elements(studies as u64));
        let id = |what: &str| BenchmarkId::new(what, format!("studies={studies}"));
        group.bench_function(id("parse"), |b| b.iter(|| parse(&text)));
        group.bench_function(id("run"), |b| b.iter(|| run(&text)));
        group.bench_function(id("run-in-transaction"), |b| b.iter(|| run(&whole)));
    }
    // long ones: four statements a config, then one commit
    for configs in [2_500, 5_000] {
        let text = common::stores::configs(configs);
        group.throughput(Throughput::Elements(4 * configs as u64));
        let id = BenchmarkId::new("transaction", format!("statements={}", 4 * configs));
        group.bench_function(id, |b| b.iter(|| run(&text)));
    }
    let (small, small_reads) = (keys(SMALL), reads(SMALL));
    group.throughput(Throughput::Elements(SMALL as u64));
    for (what, text) in [
        ("keys", &format!("BEGIN; {small} COMMIT;")),
        ("keys-alone", &small),
        ("reads", &small_reads),
    ] {
        let id = BenchmarkId::new(what, format!("statements={SMALL}"));
        group.bench_function(id, |b| b.iter(|| run(text)));
    }
    group.finish();
}

criterion_group!(benches, scripts);
criterion_main!(benches);
