//! What the fuzzer feeds the program: rows of events and profiles, contexts, and lists of ids.

use std::io::BufReader;
use std::path::Path;

use super::list::{Source, read};
use super::row_format::ListFormat;
use super::track::fuzz::{contexts, csv, jsonl};
use pcq::{Database, UserList};

/// The first byte says how the others are read: as JSON lines, of facts or of contexts, as CSV with one delimiter or another, or as a list of
/// ids. Each row is a fact or says why not, whatever the pieces in which it is read; what the rows say can be kept,
/// dumped and loaded again.
pub(crate) fn rows(bytes: &[u8]) {
    match bytes.split_first() {
        Some((b'j', rows)) => jsonl(rows),
        Some((b'x', rows)) => contexts(rows),
        Some((b'l', ids)) => list(ids),
        Some((b't', rows)) => csv(rows, b'\t'),
        Some((b's', rows)) => csv(rows, b';'),
        Some((_, rows)) => csv(rows, b','),
        None => {}
    }
}

fn list(bytes: &[u8]) {
    for format in [None, Some(ListFormat::Lines), Some(ListFormat::Csv)] {
        assert_eq!(ids(bytes, format, 4_096), ids(bytes, format, 1));
    }
}

/// What comes of a list: how many users are loaded, and what is rejected.
fn ids(
    bytes: &[u8],
    format: Option<ListFormat>,
    at_once: usize,
) -> (Vec<String>, Result<u64, String>) {
    let source = Source { file: Path::new("list"), format, column: None, delimiter: None };
    let mut rejected = Vec::new();
    let users = read(&source, BufReader::with_capacity(at_once, bytes), |line, flaw, text| {
        rejected.push(format!("{line} {flaw:?} {text:?}"));
        Ok(())
    });
    let loaded = users.map(|users| loaded(users.list)).map_err(|stop| format!("{stop:?}"));
    (rejected, loaded)
}

/// How many users were loaded.
fn loaded(users: UserList) -> u64 {
    let db = Database::in_memory().expect("a store in memory opens");
    db.session().load_user_list("list", users).expect("what was read can be loaded")
}

#[test]
fn seeds_of_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/rows");
    for seed in std::fs::read_dir(folder).unwrap() {
        let path = seed.unwrap().path();
        std::panic::catch_unwind(|| rows(&std::fs::read(&path).unwrap()))
            .unwrap_or_else(|_| panic!("the seed {}", path.display()));
    }
}
