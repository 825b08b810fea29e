//! Commits over a log that refuses and one that is slow: the state moves with the log, and in its order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{io, thread};

use crate::engine::{Builder, Database, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ObjectKind;
use crate::store::{Added, Append, Log, Refusal, Revisions, Store};
use crate::{Context, DumpKind, Value};

/// Log that asks a function before it passes a revision on to a store, or gives those after one.
struct GuardedLog<F> {
    guard: F,
    store: Store,
}

impl<F: Fn(u64) -> Result<()> + Send + Sync> Log for GuardedLog<F> {
    fn append(&self, group: &[Append<'_>]) -> Result<Vec<Added>, Refusal> {
        for (at, part) in group.iter().enumerate() {
            let number = part.revision.map_or(0, |step| step.revision.number);
            (self.guard)(number).map_err(|error| Refusal { at: Some(at), error })?;
        }
        self.store.append(group)
    }

    fn since(&self, revision: u64) -> Result<Revisions> {
        (self.guard)(revision)?;
        self.store.since(revision)
    }
}

/// A database in memory over another log than its store.
pub(super) fn database_over(log: impl FnOnce(Store) -> Box<dyn Log>) -> Database {
    let builder = Builder::default();
    let store = Store::in_memory(&builder.options()).unwrap();
    builder.start_with(store.clone(), log(store)).unwrap()
}

/// A database in memory over a guarded log.
pub(super) fn database(guard: impl Fn(u64) -> Result<()> + Send + Sync + 'static) -> Database {
    database_over(|store| Box::new(GuardedLog { guard, store }))
}

/// A database whose log refuses everything while a switch is on.
fn refusing() -> (Database, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&refuses);
    let db = database(move |_| if switch.load(Ordering::Relaxed) { Err(lost()) } else { Ok(()) });
    (db, refuses)
}

pub(super) fn lost() -> Error {
    let error = io::Error::other("the others do not answer");
    let (path, message) = ("the log".to_owned(), error.to_string());
    Error::from(ErrorKind::Io { path, message }).because(error)
}

#[test]
fn what_the_log_refuses_did_not_happen() {
    let (db, refuses) = refusing();
    let told = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&told);
    let _listener = db.subscribe(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    db.execute("CREATE KEY a INTEGER DEFAULT 1;").unwrap();
    refuses.store(true, Ordering::Relaxed);
    let write = "CREATE KEY b INTEGER DEFAULT 2;";
    assert_eq!(db.execute(write).unwrap_err().code(), "io");
    assert_eq!(db.revision(), 1);
    assert_eq!(db.names(ObjectKind::Key).len(), 1);
    assert_eq!(db.get::<i64>("b", &Context::anonymous()).unwrap_err().code(), "unknown-key");
    assert_eq!(told.load(Ordering::Relaxed), 1);
    refuses.store(false, Ordering::Relaxed);
    db.execute(write).unwrap();
    assert_eq!(db.get::<i64>("b", &Context::anonymous()).unwrap(), 2);
    assert_eq!((db.revision(), told.load(Ordering::Relaxed)), (2, 2));
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn a_transaction_that_the_log_refuses_stays_open() {
    let (db, refuses) = refusing();
    let mut session = db.session();
    session.execute("BEGIN; CREATE KEY a INTEGER DEFAULT 1; TRACK 'Seen' FOR USER 'ann';").unwrap();
    refuses.store(true, Ordering::Relaxed);
    assert_eq!(session.execute("COMMIT;").unwrap_err().code(), "io");
    assert!(session.in_transaction());
    let events = |db: &Database| db.execute("SHOW COUNT OF EVENTS;").unwrap();
    let count = |db: &Database| events(db)[0].rows().unwrap().value(0, "count").cloned();
    assert_eq!((db.revision(), count(&db)), (0, Some(Value::from(0))));
    refuses.store(false, Ordering::Relaxed);
    session.execute("COMMIT;").unwrap();
    assert_eq!((db.revision(), count(&db)), (1, Some(Value::from(1))));
}

#[test]
fn a_dump_that_is_in_the_log_is_seen_though_nobody_can_be_told() {
    let origin = Database::in_memory().unwrap();
    origin.execute("CREATE KEY a INTEGER DEFAULT 1; CREATE KEY b INTEGER DEFAULT 2;").unwrap();
    let mut dump = Vec::new();
    origin.dump(&mut dump, DumpKind::History).unwrap();
    let (db, refuses) = refusing();
    let _listener = db.subscribe(|_, _| {});
    refuses.store(true, Ordering::Relaxed);
    let loaded = db.execute(std::str::from_utf8(&dump).unwrap());
    assert_eq!((loaded.unwrap_err().code(), db.revision()), ("io", 2));
    refuses.store(false, Ordering::Relaxed);
    db.execute("CREATE KEY c INTEGER DEFAULT 3;").unwrap();
    assert_eq!(db.revision(), 3);
}

#[test]
fn a_slow_log_is_followed_in_its_order() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let appended = Arc::clone(&order);
    let db = database(move |number| {
        // those that come first take longest
        thread::sleep(Duration::from_millis(12 - number));
        appended.lock().unwrap().push(number);
        Ok(())
    });
    let told = Arc::new(Mutex::new(Vec::new()));
    let (numbers, seen) = (Arc::clone(&told), db.clone());
    let _listener = db.subscribe(move |revision, _| {
        assert_eq!(seen.revision(), revision.number);
        numbers.lock().unwrap().push(revision.number);
    });
    thread::scope(|scope| {
        for n in 0..10 {
            let db = &db;
            scope
                .spawn(move || db.execute(&format!("CREATE KEY k{n} INTEGER DEFAULT 1;")).unwrap());
        }
        // whoever reads meanwhile sees no revision that is not in the log
        while db.revision() < 10 {
            let revision = db.revision();
            assert!(order.lock().unwrap().len() as u64 >= revision);
        }
    });
    assert_eq!(*told.lock().unwrap(), *order.lock().unwrap());
    assert_eq!(*told.lock().unwrap(), (1..=10).collect::<Vec<_>>());
}

/// Else an edit of one cell would cost as much as the config is large.
#[test]
fn an_edit_copies_the_column_that_it_names() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY a INTEGER DEFAULT 0; CREATE KEY b INTEGER DEFAULT 0; CREATE KEY c INTEGER DEFAULT 0;
         CREATE SEGMENT s WHERE TRUE; CREATE SEGMENT t WHERE TRUE;
         CREATE CONFIG m SEGMENTS s, t KEY a = 1, KEY b = 2, KEY c VALUES (t = 3);",
    )
    .unwrap();
    let edit = |action: &str| {
        let newest =
            || Arc::clone(db.state().catalog().config_named("m").unwrap().newest().unwrap());
        let before = newest();
        db.execute(&format!("ALTER CONFIG m {action};")).unwrap();
        let after = newest();
        assert_eq!(after.number, before.number + 1);
        let columns =
            after.columns.iter().map(|column| column.shares(before.column(column.key).unwrap()));
        columns.collect::<Vec<_>>()
    };
    assert_eq!(edit("SET b VALUES (s = 7)"), [true, false, true]);
    assert_eq!(edit("SET SEGMENTS s, t 50%"), [true, true, true]);
    assert_eq!(edit("SET DESCRIPTION 'same cells', DROP KEY a"), [true, true]);
    assert_eq!(edit("MOVE SEGMENT t FIRST"), [false, false]);
    let newest = db.state().catalog().config_named("m").unwrap().newest().unwrap().clone();
    let cells: Vec<_> = newest.columns.iter().map(|column| column.cells().to_vec()).collect();
    let cell = |value: i64| Some(crate::model::Cell::Value(value.into()));
    assert_eq!(cells, [[cell(2), cell(7)], [cell(3), None]]);
}

/// What a transaction writes is compiled when it is read, and not before.
#[test]
fn a_transaction_compiles_what_is_read() {
    let db = Database::in_memory().unwrap();
    db.execute("CREATE KEY k INTEGER DEFAULT 0; CREATE CONFIG c SEGMENTS EVERYONE KEY k = 1;")
        .unwrap();
    let mut session = db.session();
    session.execute("BEGIN").unwrap();
    for value in [2, 3] {
        let edit = format!("ALTER CONFIG c SET k = {value}; PUBLISH CONFIG c");
        session.execute(&edit).unwrap();
        let is_compiled =
            |session: &Session| session.transaction.as_ref().unwrap().draft.is_compiled();
        assert!(!is_compiled(&session));
        session.execute(&format!("ASSERT GET k = {value}")).unwrap();
        assert!(is_compiled(&session));
    }
    session.execute("CREATE SEGMENT s WHERE a = 1; ALTER CONFIG c ADD SEGMENT s FIRST").unwrap();
    session
        .execute("ALTER CONFIG c SET k VALUES (s = 4); PUBLISH CONFIG c; FORGET USER 'u'")
        .unwrap();
    session.execute("ASSERT GET k WITH {\"a\": 1} = 4; ASSERT GET k = 3").unwrap();
    session.execute("COMMIT; ASSERT GET k WITH {\"a\": 1} = 4; ASSERT GET k = 3").unwrap();
}
