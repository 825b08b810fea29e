//! Files under their names: replaced, removed, made and copied while others are at it; and forks.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use redb::StorageBackend as _;

use super::*;
use crate::model::UserIds;
use crate::store::ClockMode;
use crate::store::file::{Keeping, StoreFile};
use crate::store::seam;
use crate::store::temporary::Temporary;
use crate::store::write::put_clock;

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    (directory, path)
}

/// The catalog that a store at a path has.
fn kept(path: &Path) -> Catalog {
    Store::open(path, &reading()).unwrap().reader().unwrap().catalog().unwrap()
}

/// The names in a directory.
fn names(of: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> = fs::read_dir(of).unwrap().map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

/// Ids that take many pages: they have little in common from the start.
fn many_ids() -> UserIds {
    let mut ids = UserIds::default();
    for id in 0..5_000_u64 {
        let mixed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ids.push(&format!("{mixed:016x}{id:0100}")).unwrap();
    }
    ids.sorted().unwrap()
}

/// Puts a copy of a file in its place, as a compaction or a restored backup does.
fn replace(path: &Path) {
    let copy = path.with_extension("copy");
    fs::copy(path, &copy).unwrap();
    fs::rename(&copy, path).unwrap();
}

#[test]
fn a_file_that_is_replaced_before_it_is_locked_is_not_written_to() {
    let (_directory, path) = directory();
    let mut catalog = tell(&open(&path)).pop().unwrap();
    let other = path.clone();
    seam::before_lock(move || replace(&other));
    let store = open(&path);
    commit(&store, &mut catalog, &[segment(1, "new", 3)]).unwrap();
    drop(store);
    assert_eq!(kept(&path), catalog);
}

#[test]
fn a_file_that_grows_before_it_is_locked_is_sound() {
    let (_directory, path) = directory();
    let catalog = tell(&open(&path)).pop().unwrap();
    let (other, mut meanwhile) = (path.clone(), catalog.clone());
    let before = fs::metadata(&path).unwrap().len();
    seam::before_lock(move || {
        let store = open(&other);
        let ids = many_ids();
        store.add_list(&ids).unwrap();
        commit(&store, &mut meanwhile, &[segment(1, "new", 3)]).unwrap();
    });
    let store = open(&path);
    assert!(fs::metadata(&path).unwrap().len() > before);
    assert_eq!(store.reader().unwrap().catalog().unwrap().revision, catalog.revision + 1);
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
}

#[test]
fn nothing_is_committed_once_the_file_was_replaced() {
    let (directory, path) = directory();
    let store = open(&path);
    let mut catalog = tell(&store).pop().unwrap();
    let away = directory.path().join("away");
    fs::copy(&path, &away).unwrap();
    fs::rename(&path, directory.path().join("old")).unwrap();
    fs::rename(&away, &path).unwrap();
    let files = || ["store", "old"].map(|name| fs::read(directory.path().join(name)).unwrap());
    let before = files();
    let error = commit(&store, &mut catalog, &[segment(1, "new", 3)]).unwrap_err();
    assert_eq!(error.code(), "store-failed");
    assert!(error.to_string().ends_with("its file was replaced or removed after it was opened"));
    assert_eq!(store.compact().unwrap_err().code(), "store-failed");
    assert_eq!(store.save_clock(at(1)).unwrap_err().code(), "clock-not-manual");
    drop(store);
    assert!(files() == before);
    assert_eq!(names(directory.path()), ["old", "store"]);
    commit(&open(&path), &mut catalog, &[segment(1, "new", 3)]).unwrap();
    assert_eq!(kept(&path), catalog);
}

#[test]
fn what_is_committed_while_the_file_is_replaced_fails() {
    for remove in [false, true] {
        let (directory, path) = directory();
        let store = open(&path);
        let mut catalog = tell(&store).pop().unwrap();
        let kept_open = directory.path().join("kept");
        fs::hard_link(&path, &kept_open).unwrap();
        let written = store.write(|transaction| {
            if remove {
                fs::remove_file(&path).unwrap();
            } else {
                replace(&path);
            }
            put_clock(transaction, ClockMode::Manual(at(7)))
        });
        assert_eq!(written.unwrap_err().code(), "store-failed");
        // redb goes on with no file that failed
        let error = commit(&store, &mut catalog, &[]).unwrap_err();
        assert_eq!(error.code(), "store-failed");
        drop(store);
        let old = open(&kept_open);
        assert_eq!(old.clock(), ClockMode::System);
        assert_eq!(old.reader().unwrap().catalog().unwrap(), catalog);
    }
}

#[test]
fn a_compaction_replaces_no_file_but_its_own() {
    let (directory, path) = directory();
    let store = open(&path);
    tell(&store);
    let ids = many_ids();
    store.add_list(&ids).unwrap();
    store.add_list(&UserIds::default()).unwrap();
    let restored = path.with_extension("restored");
    fs::write(&restored, "restored").unwrap();
    let other = path.clone();
    seam::before_naming(move || fs::rename(restored, other).unwrap());
    assert_eq!(store.compact().unwrap_err().code(), "store-failed");
    assert_eq!(fs::read(&path).unwrap(), b"restored");
    assert_eq!(names(directory.path()), ["store"]);
}

#[test]
fn a_store_has_its_name_when_it_is_whole() {
    let (directory, path) = directory();
    let place = directory.path().to_owned();
    seam::before_naming(move || {
        let there = names(&place);
        assert!(matches!(&*there, [one] if one.starts_with(".pcq-")), "{there:?}");
        // what a kill leaves now is a store already
        let copy = place.join("copy");
        fs::copy(place.join(&there[0]), &copy).unwrap();
        assert_eq!(open(&copy).reader().unwrap().catalog().unwrap(), Catalog::default());
        fs::remove_file(&copy).unwrap();
    });
    drop(open(&path));
    assert_eq!(names(directory.path()), ["store"]);
}

#[test]
fn of_those_who_make_a_store_at_once_one_does() {
    for empty in [false, true] {
        let (directory, path) = directory();
        if empty {
            fs::write(&path, b"").unwrap();
        }
        let (other, is_empty) = (path.clone(), empty);
        seam::before_naming(move || {
            let made = Store::open(&other, &options());
            if is_empty {
                // its place is locked until it is made
                assert_eq!(made.unwrap_err().code(), "store-locked");
            } else {
                tell(&made.unwrap());
            }
        });
        let store = open(&path);
        let revision = if empty { 0 } else { 12 };
        assert_eq!(store.reader().unwrap().catalog().unwrap().revision, revision);
        assert_eq!(names(directory.path()), ["store"]);
    }
}

#[cfg(unix)]
#[test]
fn a_store_is_made_where_a_link_leads() {
    let (directory, path) = directory();
    fs::create_dir(directory.path().join("data")).unwrap();
    std::os::unix::fs::symlink("data/real", &path).unwrap();
    let store = open(&path);
    let mut catalog = tell(&store).pop().unwrap();
    store.compact().unwrap();
    commit(&store, &mut catalog, &[segment(1, "new", 3)]).unwrap();
    drop(store);
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(kept(&directory.path().join("data/real")), catalog);
    assert_eq!(names(&directory.path().join("data")), ["real"]);
}

#[test]
fn what_killed_processes_left_is_removed() {
    let (directory, path) = directory();
    let left = directory.path().join(".pcq-1-0.tmp");
    let held = Temporary::open(&path, Keeping::UntilDropped, |file| file.try_lock()).unwrap();
    let makes: [&dyn Fn(); 3] =
        [&|| drop(open(&path)), &|| open(&path).compact().unwrap(), &|| {
            open(&path).backup(&directory.path().join("backup")).unwrap();
        }];
    for make in makes {
        fs::write(&left, "half of a store").unwrap();
        make();
        assert!(!left.exists());
        assert_eq!(names(directory.path()).iter().filter(|n| n.starts_with('.')).count(), 1);
    }
    drop(held);
    // not even while the store is open, whose other name it is
    let store = open(&path);
    fs::hard_link(&path, &left).unwrap();
    store.backup(&directory.path().join("another")).unwrap();
    assert_eq!(names(directory.path()), ["another", "backup", "store"]);
}

#[test]
fn a_backup_takes_the_place_of_nothing() {
    let (directory, path) = directory();
    let (store, copy) = (open(&path), directory.path().join("copy"));
    let other = copy.clone();
    seam::before_naming(move || fs::write(other, "somebody's").unwrap());
    let error = store.backup(&copy).unwrap_err();
    assert_eq!(error.code(), "io");
    assert!(error.to_string().contains("a backup overwrites none"), "{error}");
    assert_eq!(fs::read(&copy).unwrap(), b"somebody's");
    assert_eq!(names(directory.path()), ["copy", "store"]);
}

#[test]
fn a_store_that_would_grow_is_not_compacted() {
    let (_directory, path) = directory();
    let store = open(&path);
    let before = fs::metadata(&path).unwrap().len();
    store.compact().unwrap();
    assert!(fs::metadata(&path).unwrap().len() <= before);
    let mut catalog = tell(&store).pop().unwrap();
    commit(&store, &mut catalog, &[segment(1, "new", 3)]).unwrap();
    assert_eq!(kept(&path), catalog);
}

#[test]
fn a_fork_writes_nothing_and_unlocks_nothing() {
    let (_directory, path) = directory();
    let store = open(&path);
    let mut catalog = tell(&store).pop().unwrap();
    seam::forked(|| {
        let error = commit(&store, &mut catalog.clone(), &[]).unwrap_err();
        assert_eq!(error.code(), "store-failed");
        assert!(error.to_string().ends_with("this process is a fork of the one that opened it"));
        assert_eq!(store.reader().unwrap_err().code(), "store-failed");
        let handle = store.shared.handle();
        handle.file().unwrap().close().unwrap();
    });
    assert_eq!(Store::open(&path, &options()).unwrap_err().code(), "store-locked");
    commit(&store, &mut catalog, &[segment(1, "new", 3)]).unwrap();
    drop(store);
    assert_eq!(open(&path).reader().unwrap().catalog().unwrap(), catalog);
}

#[test]
fn a_fork_that_reads_opens_the_file_itself() {
    let (_directory, path) = directory();
    let catalog = tell(&open(&path)).pop().unwrap();
    let reader = Store::open(&path, &reading()).unwrap();
    let found = seam::forked(|| reader.reader().unwrap().catalog().unwrap());
    assert_eq!(found, catalog);
}

#[test]
fn a_lock_is_waited_for() {
    let (_directory, path) = directory();
    let store = open(&path);
    let waiting = Options { wait: Duration::from_secs(3_600), ..options() };
    let other = path.clone();
    let waits = std::thread::spawn(move || Store::open(&other, &waiting).map(drop));
    let short = Options { wait: Duration::from_millis(20), ..options() };
    assert_eq!(Store::open(&path, &short).unwrap_err().code(), "store-locked");
    drop(store);
    waits.join().unwrap().unwrap();
}

#[test]
fn a_lock_of_another_process_is_told_from_ones_own() {
    let (_directory, path) = directory();
    let told = |wanted: &str| {
        let error = Store::open(&path, &options()).unwrap_err().to_string();
        assert!(error.ends_with(wanted), "{error}");
    };
    let store = open(&path);
    told("in use by this process, which has it open for writing");
    // as it is seen from a process of another number
    seam::forked(|| told("in use by another process"));
    drop(store);
    // nor is a file that was tried in vain taken for one that is held
    drop(open(&path));
}

#[test]
fn a_repair_in_memory_is_of_one_state() {
    let (directory, path) = directory();
    let mut catalog = tell(&open(&path)).pop().unwrap();
    let left = directory.path().join("left");
    let store = open(&path);
    fs::copy(&path, &left).unwrap();
    drop(store);
    let reader = Store::open(&left, &reading()).unwrap();
    let image = reader.reader().unwrap();
    let before = catalog.clone();
    let writer = open(&left);
    for version in 3..6 {
        commit(&writer, &mut catalog, &[segment(1, "new", version)]).unwrap();
        match image.catalog() {
            Ok(found) => assert_eq!(found, before),
            Err(error) => assert_eq!(error.code(), "store-failed"),
        }
        assert_eq!(reader.reader().unwrap().catalog().unwrap(), catalog);
    }
}

#[test]
fn a_file_without_a_name_is_not_committed_to_by_redb_either() {
    let (_directory, path) = directory();
    drop(open(&path));
    let file = StoreFile::open_to_write(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(file.write(4_096, &[0; 8]).is_ok());
    assert!(file.write(0, &[0; 8]).is_err());
}
