//! A file can have any content: opening, reading and verifying it never panics.

use std::fs;

use super::delivery::{of, one};
use super::user::{event, forget, profile};
use super::*;
use crate::model::{DeliveryBatch, Granularity};
use crate::store::{Desk, Period};

/// Opens, reads everything and verifies; whatever is wrong is an error or a problem.
fn survive(path: &Path) -> bool {
    let mut fine = true;
    for options in [reading(), options()] {
        let Ok(store) = Store::open(path, &options) else {
            fine = false;
            continue;
        };
        fine &= store.reader().and_then(|reader| reader.catalog()).is_ok();
        fine &= store.since(0).is_ok_and(|mut log| log.all(|item| item.is_ok()));
        fine &= store.reader().is_ok_and(|r| {
            r.deliveries(&of(1, Granularity::Hour), &Desk::default().watch()).is_ok()
        });
        fine &= store
            .reader()
            .is_ok_and(|r| r.key_deliveries(Period::default(), &Desk::default().watch()).is_ok());
        fine &= store.reader().is_ok_and(|r| r.users_after(None, 100).is_ok());
        fine &= store.reader().and_then(|reader| reader.user_entries("u1")).is_ok()
            && store.reader().and_then(|reader| reader.event_user("id1")).is_ok();
        fine &= options.read_only || store.add_entries(&[profile("u2", "Pune")]).is_ok();
        fine &= options.read_only || store.add_entries(&[forget("u1")]).is_ok();
        fine &= store.verify(None).is_ok_and(|report| report.problems.is_empty());
    }
    fine
}

/// A file that was closed properly.
fn whole(directory: &Path) -> Vec<u8> {
    let path = directory.join("whole");
    let store = open(&path);
    tell(&store);
    let delivered = (0..6).map(|series| one(series, 29_539_260, 5)).collect();
    store
        .add_deliveries(&DeliveryBatch { number: 1, delivered, ..DeliveryBatch::default() })
        .unwrap();
    let entries = |n: i64| (0..40).map(move |i| event(&format!("u{i}"), "e", n, None));
    for n in 0..4 {
        let id = format!("id{n}");
        let known: Vec<_> = entries(n).chain([event("u1", "x", n, Some(&id))]).collect();
        store.add_entries(&known).unwrap();
    }
    drop(store);
    fs::read(path).unwrap()
}

#[test]
fn flipped_bytes_are_survived() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let bytes = whole(directory.path());
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let used = |i: &usize| bytes[*i] != 0 || *i < 512;
    let places: Vec<_> = (0..bytes.len()).filter(used).collect();
    let mut noticed = 0;
    for i in (0..320).chain((320..places.len()).step_by(places.len() / 250 + 1)) {
        let mut damaged = bytes.clone();
        damaged[places[i]] ^= 1 << (i % 8);
        fs::write(&path, damaged).unwrap();
        noticed += usize::from(!survive(&path));
    }
    std::panic::set_hook(quiet);
    assert!(noticed > 100, "{noticed}");
}

/// A page may make no sense though its sum is right: redb then panics.
#[test]
fn after_a_panic_nothing_is_written_and_nothing_waits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    let catalog = tell(&store).pop().unwrap();
    let error = store.write::<()>(|transaction| {
        let _open = transaction.open_table(crate::store::tables::META).unwrap();
        panic!("of a page");
    });
    let wanted = "the store is damaged: a page is not what it should be: of a page";
    assert_eq!(error.unwrap_err().to_string(), wanted);
    assert_eq!(store.add_entries(&[profile("u1", "Pune")]).unwrap_err().to_string(), wanted);
    assert_eq!(store.begin_load(None).unwrap_err().to_string(), wanted);
    assert_eq!(store.reader().unwrap().catalog().unwrap(), catalog);
    drop(store);
    assert_eq!(
        Store::open(&path, &reading()).unwrap().reader().unwrap().catalog().unwrap(),
        catalog
    );
}

#[test]
fn cut_off_files_are_survived() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let bytes = whole(directory.path());
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for length in (1..bytes.len()).step_by(bytes.len() / 97 + 1) {
        fs::write(&path, &bytes[..length]).unwrap();
        survive(&path);
    }
    std::panic::set_hook(quiet);
    fs::write(&path, &bytes).unwrap();
    assert!(survive(&path));
}
