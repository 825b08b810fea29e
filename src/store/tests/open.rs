//! Opening: what is refused, how, and that it is left alone.

use std::fs;
use std::path::PathBuf;

use redb::TableDefinition;

use super::*;
use crate::store::ClockMode;
use crate::store::failure::OrFail;
use crate::store::tables::{FORMAT, FORMAT_KEY, META};

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    (directory, path)
}

fn refusal(path: &Path, options: &Options) -> (String, String) {
    let error = Store::open(path, options).unwrap_err();
    let shown = path.display().to_string();
    (error.code().to_owned(), error.to_string().replace(&shown, "PATH"))
}

#[test]
fn what_is_not_there_is_not_made_unasked() {
    let (_directory, path) = directory();
    for options in [Options { create: false, ..options() }, reading()] {
        let (code, message) = refusal(&path, &options);
        assert_eq!(
            (code.as_str(), message.starts_with("PATH: No such file")),
            ("io", true),
            "{message}"
        );
        assert!(!path.exists());
    }
    let (code, _) = refusal(&path.join("below"), &options());
    assert_eq!(code, "io");
}

#[test]
fn what_is_not_a_store_is_left_alone() {
    let (directory, path) = directory();
    let wrong = |content: &[u8], why: &str| {
        fs::write(&path, content).unwrap();
        for options in [Options { create: false, ..options() }, options(), reading()] {
            if content.is_empty() && options.create && !options.read_only {
                continue;
            }
            let message = format!("`PATH` is not a pcq store: {why}");
            assert_eq!(refusal(&path, &options), ("store-corrupt".to_owned(), message));
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    };
    wrong(b"", "it is empty");
    wrong(b"CREATE KEY k", "it does not begin as a store does");
    wrong(&[7].repeat(100_000), "it does not begin as a store does");
    let (code, message) = refusal(directory.path(), &options());
    assert_eq!((code.as_str(), message.contains("it is a directory")), ("store-corrupt", true));
    fs::write(&path, b"").unwrap();
    assert_eq!(open(&path).reader().unwrap().catalog().unwrap(), Catalog::default());
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let (_directory, path) = directory();
    let foreign = redb::Database::create(&path).unwrap();
    let transaction = foreign.begin_write().unwrap();
    transaction
        .open_table(TableDefinition::<u64, u64>::new("theirs"))
        .unwrap()
        .insert(1, 2)
        .unwrap();
    transaction.commit().unwrap();
    drop(foreign);
    let before = fs::read(&path).unwrap();
    for options in [options(), reading()] {
        let (code, message) = refusal(&path, &options);
        assert_eq!(code, "store-corrupt");
        assert!(message.contains("another program"), "{message}");
        assert!(fs::read(&path).unwrap() == before);
    }
}

#[test]
fn a_newer_format_is_left_alone() {
    let (_directory, path) = directory();
    drop(open(&path));
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction
        .open_table(META)
        .unwrap()
        .insert(FORMAT_KEY, (FORMAT + 1).to_le_bytes().as_slice())
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    let before = fs::read(&path).unwrap();
    for options in [options(), reading()] {
        let (_, message) = refusal(&path, &options);
        let wanted = format!(
            "`PATH` has format {}, and this version of pcq reads formats up to {FORMAT}",
            FORMAT + 1
        );
        assert_eq!(message, wanted);
        assert!(fs::read(&path).unwrap() == before);
    }
}

#[test]
fn one_writes_and_others_read() {
    let (_directory, path) = directory();
    let store = open(&path);
    let mut catalog = tell(&store).pop().unwrap();
    assert_eq!(
        refusal(&path, &options()),
        (
            "store-locked".to_owned(),
            "`PATH` is in use by this process, which has it open for writing".to_owned()
        )
    );
    let reader = Store::open(&path, &reading()).unwrap();
    assert_eq!(reader.reader().unwrap().catalog().unwrap(), catalog);
    commit(&store, &mut catalog, &[segment(1, "new", 3)]).unwrap();
    assert_eq!(reader.reader().unwrap().catalog().unwrap(), catalog);
    let report = reader.verify(None).unwrap();
    assert_eq!((report.pages_checked, report.problems), (true, vec![]));
    let (revision, after) = next(&reader.reader().unwrap(), &catalog, &[]);
    assert_eq!(append(&reader, &revision, &[], &after, &[]).unwrap_err().code(), "read-only");
    assert_eq!(reader.begin_load(None).unwrap_err().code(), "read-only");
    drop(store);
    assert!(reader.verify(None).unwrap().pages_checked);
    commit(&open(&path), &mut catalog, &[segment(1, "newer", 4)]).unwrap();
}

#[test]
fn a_store_that_was_not_closed_can_be_read_and_stays_as_it_is() {
    let (directory, path) = directory();
    let store = open(&path);
    let catalog = tell(&store).pop().unwrap();
    let left = directory.path().join("left");
    fs::copy(&path, &left).unwrap();
    let before = fs::read(&left).unwrap();
    let reader = Store::open(&left, &reading()).unwrap();
    assert_eq!(reader.reader().unwrap().catalog().unwrap(), catalog);
    assert_eq!(reader.verify(None).unwrap().problems, [""; 0]);
    let (revision, after) = next(&reader.reader().unwrap(), &catalog, &[]);
    assert_eq!(append(&reader, &revision, &[], &after, &[]).unwrap_err().code(), "read-only");
    drop(reader);
    assert!(fs::read(&left).unwrap() == before);
    assert_eq!(open(&left).reader().unwrap().catalog().unwrap(), catalog);
}

#[test]
fn a_manual_clock_is_kept_and_goes_forward() {
    let (_directory, path) = directory();
    let manual = |micros| Options { manual_clock: Some(at(micros)), ..options() };
    let store = Store::open(&path, &manual(5)).unwrap();
    store.save_clock(at(9)).unwrap();
    assert_eq!(store.save_clock(at(8)).unwrap_err().code(), "bad-time");
    drop(store);
    assert_eq!(open(&path).clock(), ClockMode::Manual(at(9)));
    assert_eq!(refusal(&path, &manual(8)).0, "bad-time");
    assert_eq!(Store::open(&path, &manual(12)).unwrap().clock(), ClockMode::Manual(at(12)));
    let ahead = Options { manual_clock: Some(at(20)), ..reading() };
    assert_eq!(Store::open(&path, &ahead).unwrap().clock(), ClockMode::Manual(at(20)));
    assert_eq!(open(&path).clock(), ClockMode::Manual(at(12)));
}

#[test]
fn the_system_clock_stays_the_systems() {
    let (_directory, path) = directory();
    assert_eq!(open(&path).save_clock(at(1)).unwrap_err().code(), "clock-not-manual");
    let manual = Options { manual_clock: Some(at(1)), ..options() };
    assert_eq!(refusal(&path, &manual).0, "clock-not-manual");
}

#[test]
fn an_empty_database_of_another_program_is_left_alone() {
    let (_directory, path) = directory();
    drop(redb::Database::create(&path).or_fail().unwrap());
    let before = fs::read(&path).unwrap();
    for options in [options(), Options { create: false, ..options() }, reading()] {
        let message = "`PATH` is not a pcq store: it has no tables".to_owned();
        assert_eq!(refusal(&path, &options), ("store-corrupt".to_owned(), message));
        assert!(fs::read(&path).unwrap() == before);
    }
}
