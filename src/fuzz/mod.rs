//! What the fuzzer feeds: a function for each way by which bytes come in from outside. It takes one input, and panics
//! where a promise about it is broken. There only for the fuzzer and for `cargo test`, which feeds the corpus.

mod condition;
mod disk;
mod dump;
mod json;
mod record;
mod script;
mod store;

pub use condition::condition;
pub use disk::disk;
pub use dump::dump;
pub use json::json;
pub use record::record;
pub use script::script;
pub use store::store;

use crate::engine::Database;
use crate::model::Timestamp;

/// What the program reads: rows of events and profiles, and lists of ids.
///
/// # Panics
///
/// Where they are not read as the module `shell::fuzz` says.
#[cfg(all(fuzzing, feature = "cli"))]
pub fn rows(bytes: &[u8]) {
    crate::shell::fuzz::rows(bytes);
}

/// When the clocks stand still, in microseconds since 1970: the first of March 2026, 9 o'clock.
const START: i64 = 1_772_355_600_000_000;

/// An empty store in memory, whose clock stands still.
fn database() -> Database {
    let start = Timestamp::from_micros(START);
    let builder = start.map(|start| Database::builder().manual_clock(start));
    builder.unwrap_or_default().in_memory().expect("a store in memory opens")
}

#[cfg(test)]
mod tests;
