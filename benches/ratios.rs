//! The ratios that the README quotes: `cargo bench --bench ratios`.
//!
//! What is compared takes turns of 30 milliseconds, and is measured in the time that its thread has a core
//! for itself; each figure is a median. `-- <versions>` opens stores of fewer versions than 100, which take
//! minutes to make; 0 leaves all that out that is on disk.

mod common;

use common::table::Table;
use common::{evaluating, storing};

fn main() {
    let versions = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100);
    let mut table = Table::default();
    evaluating::ratios(&mut table);
    if versions > 0 {
        storing::ratios(&mut table, versions);
    }
    table.end();
}
