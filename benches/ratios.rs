//! The ratios that the README quotes: `cargo bench --bench ratios`.
//!
//! What is compared takes turns of 30 milliseconds, and is measured in the time that its thread has a core
//! for itself; each figure is a median. `-- <versions>` opens stores of fewer versions than 100, which take
//! minutes to make; 0 leaves all that out that is on disk. `-- evaluating`, `-- storing` and `-- behaving` print
//! one part alone.

mod common;

use common::table::Table;
use common::{behaving, evaluating, storing};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let versions = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(100);
    let parts = ["evaluating", "storing", "behaving"];
    let named: Vec<_> = parts.iter().filter(|part| arguments.iter().any(|a| a == *part)).collect();
    let wanted = |part: &&str| named.is_empty() || named.contains(&part);
    let mut table = Table::default();
    if wanted(&"evaluating") {
        evaluating::ratios(&mut table);
    }
    if wanted(&"storing") && versions > 0 {
        storing::ratios(&mut table, versions);
    }
    if wanted(&"behaving") && versions > 0 {
        behaving::ratios(&mut table);
    }
    table.end();
}
