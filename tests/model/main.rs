//! Random histories on the engine and on a model that is too simple to be wrong.
//!
//! The model keeps every state it was ever in as a copy, so "as of" is a look into a list; it has no index,
//! no compiled form and no file. After each statement its result is compared, and a few reads; at the end of
//! a history, and whenever its file was opened again, every key as of every revision and between them.
//!
//! - `PCQ_MODEL_SEED=7 cargo test --test model one_seed` runs the history of one seed, as a failure told it.
//! - `PCQ_MODEL_OPS=1000000 cargo test --test model` does so many operations instead of the usual ones.

mod bucket;
mod edit;
mod evaluate;
mod generator;
mod history;
mod layout;
mod operation;
#[path = "../common/random.rs"]
mod random;
mod serve;
mod state;
mod text;
mod typed;
mod value;
mod world;

use std::time::Duration;

use history::{Bounds, Place, Tally, run, run_many};

/// How many statements a short history has.
const SHORT: usize = 120;

/// How many statements a long history has.
const LONG: usize = 600;

/// A number given in the environment.
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Runs histories until a share of the operations wanted is done.
fn share(name: &str, seed: u64, statements: usize, place: Place, usual: u64) {
    let wanted = number("PCQ_MODEL_OPS");
    // a bound in time only for the usual run: one that was asked for is done in full
    let time = wanted.map_or(Duration::from_secs(28), |_| Duration::MAX);
    let operations = wanted.map_or(usual, |wanted| wanted / 4);
    let tally = run_many(seed, statements, place, Bounds { operations, time });
    print(name, tally);
}

#[expect(clippy::print_stdout, reason = "the numbers are there to be quoted")]
fn print(name: &str, tally: Tally) {
    let Tally { statements, reads, rows } = tally;
    println!("{name}: {statements} statements, {reads} reads, {rows} rows compared");
}

#[test]
fn short_histories() {
    share("short", 1_000, SHORT, Place::Memory, 70_000);
}

#[test]
fn more_short_histories() {
    share("more", 2_000_000, SHORT, Place::Memory, 70_000);
}

#[test]
fn long_histories() {
    share("long", 4_000_000, LONG, Place::Memory, 70_000);
}

#[test]
fn histories_on_disk() {
    share("disk", 6_000_000, SHORT, Place::File { reopen_every: 40 }, 30_000);
}

/// The history of the seed in `PCQ_MODEL_SEED`, short and long, in memory and on disk.
#[test]
fn one_seed() {
    let Some(seed) = number("PCQ_MODEL_SEED") else { return };
    for statements in [SHORT, LONG] {
        print("memory", run(seed, statements, Place::Memory));
        print("disk", run(seed, statements, Place::File { reopen_every: 40 }));
    }
}
