//! Groups of commits: what waits while one becomes durable goes together into the next, each by itself.

use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ScopedJoinHandle};

use super::commit::{database_over, lost};
use crate::Context;
use crate::engine::{Database, Outcome};
use crate::error::{Error, Result};
use crate::model::ObjectKind;
use crate::store::{Added, Append, Log, Refusal, Revisions, Store};

/// What of the second group is refused.
#[derive(Clone, Copy, Default)]
enum Refuse {
    #[default]
    Nothing,
    Part(usize),
    All,
}

/// Log that holds the first group until it is let go, and notes how large each was.
#[derive(Clone)]
struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    open: bool,
    groups: Vec<usize>,
    refuse: Refuse,
}

struct GatedLog {
    gate: Gate,
    store: Store,
}

impl Gate {
    fn let_go(&self, refuse: Refuse) {
        let mut state = self.0.0.lock().unwrap();
        (state.open, state.refuse) = (true, refuse);
        self.0.1.notify_all();
    }

    /// Waits until a group is at the gate.
    fn reached(&self) {
        let state = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(state, |state| state.groups.is_empty()).unwrap());
    }

    fn groups(&self) -> Vec<usize> {
        self.0.0.lock().unwrap().groups.clone()
    }
}

impl Log for GatedLog {
    fn append(&self, group: &[Append<'_>]) -> Result<Vec<Added>, Refusal> {
        let mut state = self.gate.0.0.lock().unwrap();
        state.groups.push(group.len());
        self.gate.0.1.notify_all();
        let mut state = self.gate.0.1.wait_while(state, |state| !state.open).unwrap();
        let refuse =
            if state.groups.len() == 1 { Refuse::Nothing } else { take(&mut state.refuse) };
        drop(state);
        match refuse {
            Refuse::Nothing => self.store.append(group),
            Refuse::Part(at) => Err(Refusal { at: Some(at), error: lost() }),
            Refuse::All => Err(Refusal::of_all(lost())),
        }
    }

    fn since(&self, revision: u64) -> Result<Revisions> {
        self.store.since(revision)
    }
}

/// A database whose gate is shut, in which a statement stands before it and others wait, in their order; what each
/// gave once the gate is opened and the next group is refused or not.
fn run(
    db: &Database,
    gate: &Gate,
    refuse: Refuse,
    statements: &[&str],
) -> Vec<Result<Vec<Outcome>>> {
    thread::scope(|scope| {
        let begin = |text: &str| {
            let (db, text) = (db.clone(), text.to_owned());
            scope.spawn(move || db.execute(&text))
        };
        let (first, waiting) = statements.split_first().unwrap();
        let mut threads = vec![begin(first)];
        gate.reached();
        for (index, statement) in waiting.iter().enumerate() {
            threads.push(begin(statement));
            while db.shared.queue.len() <= index {
                thread::yield_now();
            }
        }
        gate.let_go(refuse);
        threads.into_iter().map(ScopedJoinHandle::join).map(|joined| joined.unwrap()).collect()
    })
}

fn gated() -> (Database, Gate) {
    let gate = Gate(Arc::default());
    let db = database_over(|store| Box::new(GatedLog { gate: gate.clone(), store }));
    (db, gate)
}

fn codes(outcomes: &[Result<Vec<Outcome>>]) -> Vec<&'static str> {
    outcomes.iter().map(|outcome| outcome.as_ref().map_or_else(Error::code, |_| "")).collect()
}

const KEYS: [&str; 5] = [
    "CREATE KEY k0 INTEGER DEFAULT 0;",
    "CREATE KEY k1 INTEGER DEFAULT 1;",
    "CREATE KEY k2 INTEGER DEFAULT 2;",
    "TRACK 'Seen' FOR USER 'ann';",
    "CREATE KEY k4 INTEGER DEFAULT 4;",
];

#[test]
fn who_waits_goes_together_and_each_is_a_revision() {
    let (db, gate) = gated();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (numbers, seen) = (Arc::clone(&told), db.clone());
    let _listener = db.subscribe(move |revision, changes| {
        assert_eq!((seen.revision(), changes.len()), (revision.number, 1));
        numbers.lock().unwrap().push(revision.number);
    });
    assert_eq!(codes(&run(&db, &gate, Refuse::Nothing, &KEYS)), [""; 5]);
    assert_eq!(gate.groups(), [1, 4]);
    assert_eq!(*told.lock().unwrap(), [1, 2, 3, 4]);
    assert_eq!(db.names(ObjectKind::Key).len(), 4);
    assert_eq!(db.get::<i64>("k4", &Context::anonymous()).unwrap(), 4);
    assert_eq!(db.history("ann").unwrap().events().count(), 1);
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn who_waits_is_checked_against_all_before() {
    let (db, gate) = gated();
    let statements = [
        "CREATE KEY k INTEGER DEFAULT 1;",
        "CREATE CONFIG c SEGMENTS EVERYONE KEY k = 5;",
        "ALTER CONFIG c SET k = 6;",
        "PUBLISH CONFIG c VERSION 1;",
    ];
    assert_eq!(codes(&run(&db, &gate, Refuse::Nothing, &statements)), [""; 4]);
    assert_eq!((gate.groups(), db.revision()), (vec![1, 3], 4));
    assert_eq!(db.get::<i64>("k", &Context::anonymous()).unwrap(), 5);
}

#[test]
fn one_that_is_refused_takes_nobody_along() {
    let (db, gate) = gated();
    assert_eq!(codes(&run(&db, &gate, Refuse::Part(1), &KEYS)), ["", "", "io", "", ""]);
    assert_eq!(db.revision(), 3);
    assert_eq!(db.get::<i64>("k2", &Context::anonymous()).unwrap_err().code(), "unknown-key");
    assert_eq!(db.get::<i64>("k4", &Context::anonymous()).unwrap(), 4);
    assert_eq!(db.history("ann").unwrap().events().count(), 1);
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn a_group_that_is_refused_did_not_happen() {
    let (db, gate) = gated();
    assert_eq!(codes(&run(&db, &gate, Refuse::All, &KEYS)), ["", "io", "io", "io", "io"]);
    assert_eq!((db.revision(), db.names(ObjectKind::Key).len()), (1, 1));
    assert!(db.history("ann").unwrap().is_empty());
    db.execute(KEYS[4]).unwrap();
    assert_eq!(db.revision(), 2);
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn a_listener_that_panics_does_so_in_the_writer_of_the_revision() {
    let db = Database::in_memory().unwrap();
    let listener = db.subscribe(|revision, _| assert_ne!(revision.number, 2, "the second"));
    db.execute(KEYS[0]).unwrap();
    catch_unwind(AssertUnwindSafe(|| db.execute(KEYS[1]))).unwrap_err();
    assert_eq!(db.revision(), 2);
    db.execute(KEYS[2]).unwrap();
    drop(listener);
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn a_transaction_behind_a_commit_that_is_under_way_is_a_conflict() {
    let (db, gate) = gated();
    let mut session = db.session();
    session.execute("BEGIN; CREATE KEY k9 INTEGER DEFAULT 9;").unwrap();
    thread::scope(|scope| {
        let first = scope.spawn(|| db.execute(KEYS[0]));
        gate.reached();
        assert_eq!(session.execute("COMMIT;").unwrap_err().code(), "conflict");
        gate.let_go(Refuse::Nothing);
        first.join().unwrap().unwrap();
    });
    assert!(session.in_transaction());
    assert_eq!((gate.groups(), db.revision()), (vec![1], 1));
}
