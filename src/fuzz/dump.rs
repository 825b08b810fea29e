//! Scripts that are run, dumps among them, and what they leave: it can be dumped, and loaded again.

use super::database;
use crate::engine::Database;
use crate::transfer::DumpKind;

/// A text runs as far as it goes. What it left is sound; its dump, loaded into an empty store, gives the same dump; and
/// the dump of what stands today can be loaded.
///
/// # Panics
///
/// Where that is not so.
pub fn dump(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let first = database();
    let _ = first.execute(text);
    let dump = dumped(&first, DumpKind::History);
    let second = database();
    second.execute(&dump).unwrap_or_else(|error| panic!("{dump}\n{error:?}"));
    assert_eq!(dumped(&second, DumpKind::History), dump);
    for (name, db) in [("run", &first), ("loaded", &second)] {
        let report = db.verify().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(report.is_sound(), "{name}: {report:?}\n{dump}");
    }
    let current = dumped(&first, DumpKind::Current);
    let third = database();
    let at = format!("SET CLOCK '{}';", first.now());
    third.execute(&at).unwrap_or_else(|error| panic!("{at}: {error:?}"));
    third.execute(&current).unwrap_or_else(|error| panic!("{current}\n{error:?}"));
}

fn dumped(db: &Database, kind: DumpKind) -> String {
    let mut text = Vec::new();
    db.dump(&mut text, kind).unwrap_or_else(|error| panic!("{error:?}"));
    String::from_utf8(text).unwrap_or_else(|error| panic!("{error}"))
}
