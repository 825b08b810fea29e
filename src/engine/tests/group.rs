//! Groups of commits: what waits while one becomes durable goes together into the next, each by itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::commit::{database, database_over, lost};
use crate::Context;
use crate::engine::{Database, Outcome};
use crate::error::{Error, Result};
use crate::model::ObjectKind;
use crate::store::{Added, Append, Log, Refusal, Revisions, Store};

/// What of a group is refused.
#[derive(Clone, Copy, Default)]
pub(super) enum Refuse {
    #[default]
    Nothing,
    /// A part of the second group.
    Part(usize),
    /// The first or the second group.
    Group(usize),
}

/// Log that holds the first group until it is let go, and notes how large each was.
#[derive(Clone)]
pub(super) struct Gate(Arc<(Mutex<State>, Condvar)>);

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
    /// Counts anew, and holds the next group.
    pub(super) fn shut(&self) {
        let mut state = self.0.0.lock().unwrap();
        (state.open, state.groups) = (false, Vec::new());
    }

    pub(super) fn let_go(&self, refuse: Refuse) {
        let mut state = self.0.0.lock().unwrap();
        (state.open, state.refuse) = (true, refuse);
        self.0.1.notify_all();
    }

    /// Waits until a group is at the gate.
    pub(super) fn reached(&self) {
        let state = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(state, |state| state.groups.is_empty()).unwrap());
    }

    pub(super) fn groups(&self) -> Vec<usize> {
        self.0.0.lock().unwrap().groups.clone()
    }
}

impl Log for GatedLog {
    fn append(&self, group: &[Append<'_>]) -> Result<Vec<Added>, Refusal> {
        let mut state = self.gate.0.0.lock().unwrap();
        state.groups.push(group.len());
        self.gate.0.1.notify_all();
        let state = self.gate.0.1.wait_while(state, |state| !state.open).unwrap();
        let (number, refuse) = (state.groups.len(), state.refuse);
        drop(state);
        match refuse {
            Refuse::Part(at) if number == 2 => Err(Refusal { at: Some(at), error: lost() }),
            Refuse::Group(refused) if number == refused => Err(Refusal::of_all(lost())),
            _ => self.store.append(group),
        }
    }

    fn since(&self, revision: u64) -> Result<Revisions> {
        self.store.since(revision)
    }
}

/// A database whose gate is shut, in which a statement stands before it and others wait, in their order; what each
/// gave once the gate is opened and the next group is refused or not.
pub(super) fn run(
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
            while db.shared.queue.len().0 <= index {
                thread::yield_now();
            }
        }
        gate.let_go(refuse);
        threads.into_iter().map(ScopedJoinHandle::join).map(|joined| joined.unwrap()).collect()
    })
}

pub(super) fn gated() -> (Database, Gate) {
    let gate = Gate(Arc::default());
    let db = database_over(|store| Box::new(GatedLog { gate: gate.clone(), store }));
    (db, gate)
}

pub(super) fn codes(outcomes: &[Result<Vec<Outcome>>]) -> Vec<&'static str> {
    outcomes.iter().map(|outcome| outcome.as_ref().map_or_else(Error::code, |_| "")).collect()
}

pub(super) const KEYS: [&str; 5] = [
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
    assert_eq!(codes(&run(&db, &gate, Refuse::Group(2), &KEYS)), ["", "io", "io", "io", "io"]);
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
fn what_was_queued_behind_one_that_failed_is_checked_anew() {
    let (db, gate) = gated();
    assert_eq!(codes(&run(&db, &gate, Refuse::Group(1), &KEYS)), ["io", "", "", "", ""]);
    assert_eq!(db.revision(), 3);
    assert_eq!(db.get::<i64>("k0", &Context::anonymous()).unwrap_err().code(), "unknown-key");
    assert_eq!(db.get::<i64>("k4", &Context::anonymous()).unwrap(), 4);
    assert_eq!(db.history("ann").unwrap().events().count(), 1);
    assert!(db.verify().unwrap().is_sound());
}

/// What a statement gives that is run while another is on its way to the log.
fn beside(refuse: Refuse, first: &str, second: &str) -> [&'static str; 2] {
    let (db, gate) = gated();
    thread::scope(|scope| {
        let first = scope.spawn(|| db.execute(first));
        gate.reached();
        let second = scope.spawn(|| db.execute(second));
        // it has time to be answered too soon
        thread::sleep(Duration::from_millis(100));
        gate.let_go(refuse);
        let outcomes = [first, second].map(|thread| thread.join().unwrap());
        [0, 1].map(|n| codes(&outcomes[n..=n])[0])
    })
}

/// An error is no answer as long as that of which it comes may still fail.
#[test]
fn no_answer_comes_of_a_commit_that_did_not_happen() {
    let transaction = "BEGIN; CREATE KEY k9 INTEGER DEFAULT 9; COMMIT;";
    assert_eq!(beside(Refuse::Nothing, KEYS[0], KEYS[0]), ["", "already-exists"]);
    assert_eq!(beside(Refuse::Group(1), KEYS[0], KEYS[0]), ["io", ""]);
    assert_eq!(beside(Refuse::Nothing, KEYS[0], transaction), ["", "conflict"]);
    assert_eq!(beside(Refuse::Group(1), KEYS[0], transaction), ["io", ""]);
}

#[test]
fn a_log_that_panics_did_not_happen() {
    let panicked = AtomicBool::new(false);
    let db = database(move |_| {
        assert!(panicked.swap(true, Ordering::Relaxed), "the log");
        Ok(())
    });
    catch_unwind(AssertUnwindSafe(|| db.execute(KEYS[0]))).unwrap_err();
    assert_eq!(db.revision(), 0);
    db.execute(KEYS[0]).unwrap();
    assert_eq!(db.revision(), 1);
}
