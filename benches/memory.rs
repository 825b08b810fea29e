//! How much memory an open store takes: a measurement, printed.
//!
//! `cargo bench --bench memory`; each key has a config of three rows and a segment of its own, and the pages
//! of the file that redb keeps are counted too.

#![expect(clippy::print_stdout, reason = "the figures are there to be read")]

mod common;

use std::alloc::System;

use common::stores::Stored;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SIZES: [usize; 2] = [10_000, 100_000];

/// The bytes that are held more than when the region began.
fn held(region: &Region<'_, System>) -> usize {
    let change = region.change();
    change.bytes_allocated.saturating_sub(change.bytes_deallocated)
}

fn main() {
    for count in SIZES {
        let stored = Stored::new(count, 1);
        let region = Region::new(ALLOCATOR);
        let db = stored.open();
        let opened = held(&region);
        let user = common::stores::user();
        for n in 0..count {
            let evaluation = db.evaluate(&format!("key{n}"), &user);
            assert_ne!(evaluation.value(), &pcq::Value::Null);
        }
        let evaluated = held(&region);
        println!(
            "keys={count}: {:.1} MB, {} bytes a key; after an evaluation of each {:.1} MB",
            megabytes(opened),
            opened / count,
            megabytes(evaluated)
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "a tenth of a megabyte is all that is shown")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
