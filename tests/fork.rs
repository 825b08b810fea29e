//! Forks of a process that has a store open: they write nothing, unlock nothing, and end.
#![cfg(unix)]

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use fork::{Fork, fork, waitpid};
use pcq::{Context, Database, Result};

/// Does something in a fork of this process, and waits until that has ended.
#[track_caller]
fn in_a_fork(work: impl FnOnce()) {
    match fork().unwrap() {
        Fork::Child => {
            let done = panic::catch_unwind(AssertUnwindSafe(work));
            std::process::exit(i32::from(done.is_err()));
        }
        Fork::Parent(child) => assert_eq!(waitpid(child).unwrap(), 0, "the fork failed"),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(done: Result<T>) {
    let error = done.unwrap_err();
    assert_eq!(error.code(), "store-failed");
    assert!(
        error.to_string().ends_with("this process is a fork of the one that opened it"),
        "{error}"
    );
}

fn revisions(path: &Path) -> u64 {
    let db = Database::builder().read_only(true).open(path).unwrap();
    assert!(db.verify().unwrap().is_sound());
    db.revision()
}

/// The fork writes, counts, and closes the store; all of that is its parent's to do.
#[test]
fn a_fork_writes_nothing_and_unlocks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pcdb");
    let db = Database::open(&path).unwrap();
    db.execute("CREATE KEY dark BOOLEAN DEFAULT FALSE").unwrap();
    drop(db.evaluate("dark", &Context::new("u1")));
    in_a_fork(|| {
        refused(db.execute("CREATE KEY lost BOOLEAN DEFAULT FALSE"));
        refused(db.execute("TRACK 'Opened' FOR USER 'u1'"));
        refused(db.execute("SHOW HISTORY"));
        drop(db.evaluate("dark", &Context::new("u2")));
        refused(db.flush());
        assert_eq!(Database::open(&path).unwrap_err().code(), "store-locked");
    });
    assert_eq!(Database::open(&path).unwrap_err().code(), "store-locked");
    db.execute("CREATE KEY title STRING DEFAULT 'Home'").unwrap();
    drop(db);
    assert_eq!(revisions(&path), 2);
    let db = Database::open(&path).unwrap();
    let counted = db.execute("SHOW STATS FOR KEYS").unwrap();
    let counted = counted[0].rows().unwrap().value(0, "deliveries").cloned();
    assert_eq!(counted, Some(1.into()), "what the fork counted is nobody's");
}

/// A fork that drops the last handle ends, and leaves the file to its parent.
#[test]
fn a_fork_closes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pcdb");
    let mut db = Some(Database::open(&path).unwrap());
    in_a_fork(|| drop(db.take()));
    let db = db.unwrap();
    assert_eq!(Database::open(&path).unwrap_err().code(), "store-locked");
    db.execute("CREATE KEY dark BOOLEAN DEFAULT FALSE").unwrap();
    db.close().unwrap();
    assert_eq!(revisions(&path), 1);
}

/// A fork of a process that only reads opens the file itself.
#[test]
fn a_fork_of_a_reader_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pcdb");
    let writer = Database::open(&path).unwrap();
    writer.execute("CREATE KEY dark BOOLEAN DEFAULT FALSE").unwrap();
    let reader = Database::builder().read_only(true).open(&path).unwrap();
    in_a_fork(|| assert_eq!(reader.execute("SHOW KEYS").unwrap().len(), 1));
    writer.execute("CREATE KEY title STRING DEFAULT 'Home'").unwrap();
    assert_eq!(reader.refresh().unwrap(), 2);
}
