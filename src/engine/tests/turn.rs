//! Turns of writers: those who go together and those who have to be alone, while the log fails, refuses or panics.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{iter, thread};

use super::commit::{database, database_over, lost};
use super::group::{KEYS, Refuse, codes, gated, run};
use crate::engine::queue::Queue;
use crate::engine::{Database, Outcome};
use crate::error::Result;
use crate::model::ObjectKind;
use crate::store::{Added, Append, Log, Refusal, Revisions, Store};
use crate::{Context, Event, Value};

/// Waits until so many writers wait for their turn.
fn waiting(queue: &Queue, count: usize) {
    while queue.len().1 < count {
        thread::yield_now();
    }
}

/// A writer that is alone again and again lets go first who waits to join.
#[test]
fn who_waits_to_join_is_not_overtaken() {
    let (queue, order) = (Queue::default(), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for round in 0..20 {
            let alone = queue.alone();
            let joining = scope.spawn(|| {
                let _line = queue.join();
                order.lock().unwrap().push("join");
            });
            waiting(&queue, 1);
            drop(alone);
            let alone = queue.alone();
            order.lock().unwrap().push("alone");
            drop(alone);
            joining.join().unwrap();
            assert_eq!(order.lock().unwrap().len(), 2 * (round + 1));
        }
    });
    let taken = order.into_inner().unwrap();
    assert!(taken.chunks(2).all(|pair| pair == ["join", "alone"]), "{taken:?}");
}

/// Who came after a batch of events that waits to be alone waits for it, so that it is not put off for ever.
#[test]
fn who_waits_to_be_alone_is_not_overtaken() {
    let (db, gate) = gated();
    let (seen, heard) = (db.clone(), Mutex::new(Vec::new()));
    let (tell, told) = std::sync::mpsc::channel();
    let _listener = db.subscribe(move |revision, _| {
        let events = seen.history("ann").unwrap().events().count();
        tell.send((revision.number, events)).unwrap();
    });
    thread::scope(|scope| {
        let first = scope.spawn(|| db.execute(KEYS[0]));
        gate.reached();
        let batch = scope.spawn(|| db.track_all([Event::new("Seen", "ann")]));
        waiting(&db.shared.queue, 1);
        let late = scope.spawn(|| db.execute(KEYS[1]));
        waiting(&db.shared.queue, 2);
        assert_eq!(db.shared.queue.len().0, 0, "it was queued before the batch");
        gate.let_go(Refuse::Nothing);
        assert_eq!(batch.join().unwrap().unwrap().added, 1);
        assert_eq!(codes(&[first, late].map(|thread| thread.join().unwrap())), ["", ""]);
    });
    heard.lock().unwrap().extend(told.try_iter());
    assert_eq!(*heard.lock().unwrap(), [(1, 0), (2, 1)]);
    assert!(db.verify().unwrap().is_sound());
}

fn integers(db: &Database, statement: &str, name: &str) -> Vec<i64> {
    let outcomes = db.execute(statement).unwrap();
    let rows = outcomes.last().and_then(Outcome::rows).unwrap();
    let values = (0..rows.len()).map(|row| rows.value(row, name).and_then(Value::as_integer));
    values.map(Option::unwrap).collect()
}

/// Whether a write stored something.
fn changed(outcomes: &Result<Vec<Outcome>>) -> bool {
    matches!(outcomes.as_deref(), Ok([Outcome::Changed { .. }]))
}

const SAME_EVENT: [&str; 3] =
    [KEYS[0], "TRACK 'Seen' FOR USER 'ann' ID 'e1';", "TRACK 'Seen' FOR USER 'ben' ID 'e1';"];

#[test]
fn an_event_that_comes_twice_in_a_group_is_stored_once() {
    let (db, gate) = gated();
    let outcomes = run(&db, &gate, Refuse::Nothing, &SAME_EVENT);
    assert_eq!((gate.groups(), codes(&outcomes)), (vec![1, 2], vec![""; 3]));
    assert_eq!([1, 2].map(|at: usize| changed(&outcomes[at])), [true, false]);
    let events = |user: &str| db.history(user).unwrap().events().count();
    assert_eq!(["ann", "ben"].map(events), [1, 0]);
    assert_eq!(integers(&db, "SHOW COUNT OF EVENTS;", "count"), [1]);
    assert!(db.verify().unwrap().is_sound());
}

/// What was ignored because of an event that is not stored after all is stored.
#[test]
fn an_event_that_comes_twice_is_stored_though_the_first_is_refused() {
    let (db, gate) = gated();
    let outcomes = run(&db, &gate, Refuse::Part(0), &SAME_EVENT);
    assert_eq!(codes(&outcomes), ["", "io", ""]);
    assert!(changed(&outcomes[2]));
    let events = |user: &str| db.history(user).unwrap().events().count();
    assert_eq!(["ann", "ben"].map(events), [0, 1]);
    assert!(db.verify().unwrap().is_sound());
}

/// The numbers of versions that were queued and did not happen are given again, each once.
#[test]
fn versions_that_were_queued_and_failed_leave_no_gap() {
    for refuse in
        [Refuse::Part(0), Refuse::Part(1), Refuse::Part(2), Refuse::Group(2), Refuse::Group(1)]
    {
        let (db, gate) = gated();
        gate.let_go(Refuse::Nothing);
        db.execute("CREATE KEY k INTEGER DEFAULT 1; CREATE CONFIG c SEGMENTS EVERYONE KEY k = 5;")
            .unwrap();
        gate.shut();
        let alter = |n: usize| format!("ALTER CONFIG c SET k = {n};");
        let statements: Vec<_> = iter::once("CREATE KEY z INTEGER DEFAULT 0;".to_owned())
            .chain((6..9).map(alter))
            .collect();
        let statements: Vec<_> = statements.iter().map(String::as_str).collect();
        let outcomes = run(&db, &gate, refuse, &statements);
        let done: BTreeSet<i64> = (6..)
            .zip(&outcomes[1..])
            .filter(|(_, outcome)| outcome.is_ok())
            .map(|(n, _)| n)
            .collect();
        let versions = integers(&db, "SHOW VERSIONS OF CONFIG c;", "version");
        let wanted: BTreeSet<_> = (1..=1 + i64::try_from(done.len()).unwrap()).collect();
        assert_eq!(
            (versions.len(), versions.into_iter().collect()),
            (wanted.len(), wanted.clone())
        );
        let value = |version: &i64| {
            db.execute(&format!("PUBLISH CONFIG c VERSION {version};")).unwrap();
            db.get::<i64>("k", &Context::anonymous()).unwrap()
        };
        let before = db.revision();
        assert_eq!(wanted.iter().skip(1).map(value).collect::<BTreeSet<_>>(), done);
        assert_eq!(before, 2 + u64::from(outcomes[0].is_ok()) + done.len() as u64);
        assert!(db.verify().unwrap().is_sound());
    }
}

/// Log that goes wrong at every third group in its turn: it refuses a part, or all, or panics.
struct FailingLog {
    groups: AtomicU64,
    store: Store,
}

impl Log for FailingLog {
    fn append(&self, group: &[Append<'_>]) -> std::result::Result<Vec<Added>, Refusal> {
        thread::yield_now(); // others come meanwhile
        match self.groups.fetch_add(1, Ordering::Relaxed) % 9 {
            2 => Err(Refusal { at: Some(group.len() / 2), error: lost() }),
            5 => Err(Refusal::of_all(lost())),
            8 => panic!("the log"),
            _ => self.store.append(group),
        }
    }

    fn since(&self, revision: u64) -> Result<Revisions> {
        self.store.since(revision)
    }
}

const WRITERS: usize = 24;
const WRITES: usize = 12;

/// Many wait while groups are refused and leaders panic: what was acknowledged is there, and nothing else.
#[test]
fn a_log_that_fails_with_many_waiting_loses_and_invents_nothing() {
    let db = database_over(|store| Box::new(FailingLog { groups: AtomicU64::new(0), store }));
    let heard = std::sync::Arc::new(Mutex::new(Vec::new()));
    let told = std::sync::Arc::clone(&heard);
    let _listener = db.subscribe(move |revision, _| told.lock().unwrap().push(revision.number));
    let write = |writer: usize, n: usize| -> bool {
        let done = catch_unwind(AssertUnwindSafe(|| match (writer + n) % 4 {
            0 => db.track(Event::new("Seen", format!("u{writer}-{n}"))).is_ok(),
            1 => db.track_all([Event::new("Seen", format!("u{writer}-{n}"))]).is_ok(),
            _ => db.execute(&format!("CREATE KEY k{writer}_{n} INTEGER DEFAULT {n};")).is_ok(),
        }));
        done.unwrap_or(false)
    };
    let all: Vec<Vec<bool>> = thread::scope(|scope| {
        let write = &write;
        let writers = (0..WRITERS)
            .map(|writer| scope.spawn(move || (0..WRITES).map(|n| write(writer, n)).collect()));
        writers.collect::<Vec<_>>().into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let mut keys = 0;
    for (writer, writes) in all.iter().enumerate() {
        for (n, done) in writes.iter().enumerate() {
            let is_there = if (writer + n) % 4 < 2 {
                !db.history(&format!("u{writer}-{n}")).unwrap().is_empty()
            } else {
                keys += u64::from(*done);
                db.get::<i64>(&*format!("k{writer}_{n}"), &Context::anonymous()).is_ok()
            };
            assert_eq!(is_there, *done, "{writer} {n}");
        }
    }
    assert_eq!((db.revision(), db.names(ObjectKind::Key).len() as u64), (keys, keys));
    assert_eq!(*heard.lock().unwrap(), (1..=keys).collect::<Vec<_>>());
    assert!(db.verify().unwrap().is_sound());
}

/// A writer that panics while its write is checked, and one whose listener panics, take nobody along.
#[test]
fn a_writer_that_panics_takes_nobody_along() {
    let (db, gate) = gated();
    let _listener = db.subscribe(|revision, _| assert_ne!(revision.number, 2, "the second"));
    let outcomes = thread::scope(|scope| {
        let begin = |text: &'static str| {
            let db = &db;
            scope.spawn(move || catch_unwind(AssertUnwindSafe(|| db.execute(text))).map_err(drop))
        };
        let mut threads = vec![begin(KEYS[0])];
        gate.reached();
        for (index, text) in KEYS[1..].iter().enumerate() {
            let checked = AssertUnwindSafe(|| db.commit(|_| panic!("a check")));
            assert!(catch_unwind(checked).is_err());
            threads.push(begin(text));
            while db.shared.queue.len().0 <= index {
                thread::yield_now();
            }
        }
        gate.let_go(Refuse::Nothing);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let panicked: Vec<_> = outcomes.iter().map(std::result::Result::is_err).collect();
    assert_eq!(panicked, [false, true, false, false, false]);
    assert!(outcomes.iter().flatten().all(Result::is_ok));
    assert_eq!((gate.groups(), db.revision()), (vec![1, 4], 4));
    assert!(db.verify().unwrap().is_sound());
}

/// A batch that panics in the store ends its turn, and those who wait go on.
#[test]
fn a_writer_that_is_alone_and_panics_lets_the_others_go() {
    let db = database(|_| Ok(()));
    let facts = || iter::from_fn(|| -> Option<Event> { panic!("the caller's events") });
    assert!(catch_unwind(AssertUnwindSafe(|| db.track_all(facts()))).is_err());
    let alone = AssertUnwindSafe(|| {
        let _writer = db.lock_writer().unwrap();
        panic!("the store");
    });
    assert!(catch_unwind(alone).is_err());
    db.execute(KEYS[0]).unwrap();
    assert_eq!(db.track_all([Event::new("Seen", "ann")]).unwrap().added, 1);
}
