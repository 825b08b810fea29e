//! What the fuzzer asks of rows.

use std::io::BufReader;

use super::ReadRows;
use super::csv::{Csv, Rows};
use super::flaw::Flaw;
use super::jsonl::{Jsonl, context};
use pcq::{Database, DumpKind, Fact};

/// What was read: facts, and what is wrong with the others, as text.
type Read = (Vec<Fact>, Vec<String>);

/// JSON lines.
pub(in crate::shell) fn jsonl(bytes: &[u8]) {
    let read = |at_once| all(&mut Jsonl::new(BufReader::with_capacity(at_once, bytes), None));
    let (facts, told) = read(4_096);
    assert_eq!(told, read(1).1);
    keep(facts);
}

/// JSON lines of contexts: those that were checked can be recorded.
pub(in crate::shell) fn contexts(bytes: &[u8]) {
    let read = |at_once| {
        let mut lines = Jsonl::new(BufReader::with_capacity(at_once, bytes), None);
        let (mut contexts, mut told) = (Vec::new(), Vec::new());
        while let Some((line, object)) = lines.read_object().expect("memory can be read") {
            let context = object.and_then(|members| Ok(context(members, None)?));
            let checked = context.and_then(|context| Ok(context.check().map(|()| context)?));
            told.push(format!("{line}: {checked:?} {:?}", lines.text()));
            contexts.extend(checked.ok());
        }
        (contexts, told)
    };
    let (contexts, told) = read(4_096);
    assert_eq!(told, read(1).1);
    let db = Database::in_memory().expect("a store in memory opens");
    let count = contexts.len() as u64;
    assert_eq!(db.record_traffic(contexts).expect("what was checked can be recorded"), count);
    assert!(db.verify().expect("it can be verified").is_sound());
}

/// CSV with a delimiter. The cells of each row, written as CSV, are the same cells.
pub(in crate::shell) fn csv(bytes: &[u8], delimiter: u8) {
    let read = |at_once| match Csv::open(BufReader::with_capacity(at_once, bytes), delimiter, None)
    {
        Ok(mut rows) => all(&mut rows),
        Err(bad) => (Vec::new(), vec![format!("{bad:?}")]),
    };
    let (facts, told) = read(4_096);
    assert_eq!(told, read(1).1);
    let mut rows = Rows::new(bytes, delimiter);
    while let Ok(Some(_)) = rows.read() {
        if let Ok(cells) = rows.cells() {
            stays(&cells, delimiter);
        }
    }
    keep(facts);
}

fn all(rows: &mut dyn ReadRows) -> Read {
    let (mut facts, mut told) = Read::default();
    while let Some(row) = rows.read().expect("memory can be read") {
        let checked = row.fact.and_then(|fact| Ok(fact.check().map(|()| fact)?));
        told.push(format!("{}: {checked:?} {:?}", row.line, rows.text()));
        facts.extend(checked.ok());
    }
    (facts, told)
}

/// Cells that are written in quotes are the same cells.
fn stays(cells: &[&str], delimiter: u8) {
    let quoted: Vec<_> =
        cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    let text = quoted.join(&char::from(delimiter).to_string()) + "\r\n";
    let mut rows = Rows::new(text.as_bytes(), delimiter);
    rows.read().expect("memory can be read");
    let again: Result<_, Flaw> = rows.cells();
    assert_eq!(again.expect("these are cells"), cells);
}

/// Facts that were checked can be kept, dumped and loaded again.
fn keep(facts: Vec<Fact>) {
    if facts.is_empty() {
        return;
    }
    let first = Database::in_memory().expect("a store in memory opens");
    first.track_all(facts).expect("what was checked can be kept");
    let dump = dumped(&first);
    let second = Database::in_memory().expect("a store in memory opens");
    second.execute(&dump).unwrap_or_else(|error| panic!("{dump}\n{error:?}"));
    assert_eq!(dumped(&second), dump);
}

fn dumped(db: &Database) -> String {
    let mut text = Vec::new();
    db.dump(&mut text, DumpKind::History).expect("it can be dumped");
    String::from_utf8(text).expect("a dump is text")
}
