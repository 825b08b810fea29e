//! A keystroke in the shell: what may stand at the place, how the statement may go on, and the colours, in a statement of
//! 200 lines over a store of 10,000 configs. Beside it is the least that a keystroke costs: the text is read once,
//! token by token.
//!
//! `cargo bench --bench shell`; a keystroke has to be under 10 ms.

mod common;
#[path = "../src/shell/interactive/paint.rs"]
mod paint;
#[path = "../src/shell/interactive/shape.rs"]
mod shape;

use std::hint::black_box;

use common::stores;
use criterion::{Criterion, criterion_group, criterion_main};
use pcq::{Completer, Database, Tokens};

const CONFIGS: usize = 10_000;
const LINES: usize = 200;

/// A statement of so many lines that is not finished, up to somewhere in its last.
fn statement(end: &str) -> String {
    let lines =
        (1..LINES - 1).map(|n| format!("    segment{n} = SPLIT (40% 'a', 60% 'b') BY company,\n"));
    format!(
        "ALTER CONFIG config1 SET key1 VALUES (\n{}    {end}",
        lines.collect::<Vec<_>>().concat()
    )
}

/// What the shell does at each key.
fn keystroke(completer: &Completer, text: &str) -> (usize, Option<String>, String) {
    let found = completer.complete(text);
    (found.candidates.len(), shape::rest(text), paint::painted(text, text.len()))
}

fn keystrokes(c: &mut Criterion) {
    let db = Database::in_memory().unwrap();
    stores::fill(&db, CONFIGS, 1);
    let completer = db.completer();
    let mut group = c.benchmark_group("keystroke");
    for (place, end) in [
        ("name", "segment12"),
        ("any-segment", ""),
        ("text", "segment1 = 'abc"),
        ("word", "segment1 = SPL"),
    ] {
        let text = statement(end);
        group.bench_function(format!("lines={LINES}/configs={CONFIGS}/{place}"), |b| {
            b.iter(|| black_box(keystroke(&completer, black_box(&text))));
        });
        group.bench_function(format!("lines={LINES}/{place}/tokens"), |b| {
            b.iter(|| black_box(Tokens::new(black_box(&text)).count()));
        });
    }
    group.finish();
}

criterion_group!(benches, keystrokes);
criterion_main!(benches);
