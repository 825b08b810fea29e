//! The ratios that the README quotes: `cargo bench --bench ratios`.
//!
//! What is compared takes turns of 30 milliseconds, and is measured in the time that its thread has a core
//! for itself; each figure is a median. `-- <versions>` opens stores of fewer versions than 100, which take
//! minutes to make; 0 leaves all that out that is on disk. `-- evaluating`, `-- storing`, `-- checking` and
//! `-- behaving` print one part alone.

mod common;
#[path = "common/store.rs"]
mod store;

use common::stores::{Stored, interleaved};
use common::table::{Bound, Table, figure};
use common::{behaving, evaluating, storing};

const CONFIGS: usize = 10_000;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let versions = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(100);
    let parts = ["evaluating", "storing", "checking", "behaving"];
    let named: Vec<_> = parts.iter().filter(|part| arguments.iter().any(|a| a == *part)).collect();
    let wanted = |part: &&str| named.is_empty() || named.contains(&part);
    let mut table = Table::default();
    if wanted(&"evaluating") {
        evaluating::ratios(&mut table);
    }
    if wanted(&"storing") && versions > 0 {
        storing::ratios(&mut table, versions);
    }
    if wanted(&"checking") && versions > 0 {
        checking(&mut table);
    }
    if wanted(&"behaving") && versions > 0 {
        behaving::ratios(&mut table);
    }
    table.end();
}

/// What it costs to open a store that the pages that are read are checked: redb alone reads them with the checks and
/// without, and by the difference opening would be cheaper.
fn checking(table: &mut Table) {
    let stored = Stored::new(CONFIGS, 1);
    let [open, _] = interleaved(15, || stored.open(), || store::bare(&stored));
    let [checked, bare] = interleaved(31, || store::checked(&stored), || store::bare(&stored));
    figure("the pages of 10,000 configs read by redb alone, checked", checked * 1e3);
    figure("the same, not checked", bare * 1e3);
    let what = "open, pages checked to not checked";
    table.line(what, Bound::AtMost(1.3), open / (open - (checked - bare)));
}
