//! Acts of writers and readers: commits and looks of every kind, each recorded.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};

use pcq::{Context, Database, Outcome, Parameters, Prepared, Rows, Session, Value};

use crate::random::Random;
use crate::record::{Operation, Values, What, now, record};

/// How many registers there are: integer keys, whose default is the value.
pub(crate) const REGISTERS: usize = 4;
/// The value of each register at the beginning.
pub(crate) const FIRST: i64 = 0;

const ALL: &str = "GET r0, r1, r2, r3";

/// Numbers the values that a process writes.
static WRITTEN: AtomicI64 = AtomicI64::new(1);

/// A value that nobody else writes.
fn unwritten() -> i64 {
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    i64::from(std::process::id()) * 1_000_000 + number
}

pub(crate) fn set_up(db: &Database) {
    let create = |register| format!("CREATE KEY r{register} INTEGER DEFAULT {FIRST};");
    db.execute(&(0..REGISTERS).map(create).collect::<String>()).unwrap();
}

/// Actor: a thread of a process, which acts by chance.
pub(crate) struct Act<'d> {
    db: &'d Database,
    session: Session,
    prepared: Prepared,
    process: usize,
    random: Random,
    /// What it did.
    pub(crate) done: Vec<Operation>,
}

impl<'d> Act<'d> {
    pub(crate) fn new(db: &'d Database, process: usize, seed: u64) -> Self {
        let (session, prepared) = (db.session(), db.prepare(ALL).unwrap());
        Self { db, session, prepared, process, random: Random::new(seed), done: Vec::new() }
    }

    fn some(&mut self, most: usize) -> Vec<usize> {
        self.random.some(&(0..REGISTERS).collect::<Vec<_>>(), most)
    }

    /// Commits a statement by itself, or a transaction that reads first.
    pub(crate) fn commit(&mut self) {
        let wrote: Values =
            self.some(2).into_iter().map(|register| (register, unwritten())).collect();
        let is_alone = wrote.len() == 1 && self.random.percent(50);
        let first = if is_alone { None } else { self.random.maybe(80, &[0, 1, 2, 3]) };
        let read = first.map_or_else(Vec::new, |_| self.some(REGISTERS));
        let session = &mut self.session;
        self.done.push(record(self.process, || transact(session, &read, wrote, is_alone)));
    }

    /// Looks in one of the ways that there are.
    pub(crate) fn look(&mut self) {
        let way = self.random.pick(&[0, 1, 2, 3, 4]);
        let (db, process) = (self.db, self.process);
        let operation = match way {
            0 => record(process, || look_at_snapshot(db)),
            1 => record(process, || fresh(values(&rows(&db.execute(ALL).unwrap())))),
            2 => record(process, || {
                let outcome = self.prepared.run(&Parameters::new()).unwrap();
                let seen = values(outcome.rows().unwrap());
                What::Look { revision: None, seen, is_fresh: !db.is_read_only() }
            }),
            3 => {
                let register = self.random.below(REGISTERS);
                record(process, || {
                    let value = db.evaluate(&*name(register), &Context::anonymous());
                    let seen = [(register, integer(value.value()))].into();
                    What::Look { revision: None, seen, is_fresh: !db.is_read_only() }
                })
            }
            _ => self.look_in_transaction(),
        };
        self.done.push(operation);
    }

    /// Looks at the registers one after the other; what is seen is the state at the beginning.
    fn look_in_transaction(&mut self) -> Operation {
        let mut operation = record(self.process, || {
            self.session.execute("BEGIN;").unwrap();
            fresh(Values::new())
        });
        let mut seen = Values::new();
        for register in 0..REGISTERS {
            seen.extend(values(&rows(
                &self.session.execute(&format!("GET r{register};")).unwrap(),
            )));
        }
        self.session.execute("ROLLBACK;").unwrap();
        operation.what = fresh(seen);
        operation
    }
}

/// Asks the program, in a process of its own.
pub(crate) fn ask(store: &Path, process: usize) -> Operation {
    let start = now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pcq"));
    let ran =
        command.arg(store).args(["--readonly", "-e", ALL, "--format", "jsonl"]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let cell = |line: serde_json::Value| {
        let key = line["key"].as_str().unwrap().to_owned();
        (register(&key), line["value"].as_i64().unwrap())
    };
    Operation { process, start, end: now(), what: fresh(lines.map(cell).collect()) }
}

fn transact(session: &mut Session, read: &[usize], wrote: Values, is_alone: bool) -> What {
    let mut seen = Values::new();
    if !is_alone {
        session.execute("BEGIN;").unwrap();
    }
    if !read.is_empty() {
        let keys = read.iter().map(|register| name(*register)).collect::<Vec<_>>().join(", ");
        seen = values(&rows(&session.execute(&format!("GET {keys};")).unwrap()));
    }
    let alter = |(register, value)| format!("ALTER KEY r{register} SET DEFAULT {value};");
    let outcomes = session.execute(&wrote.iter().map(alter).collect::<String>()).unwrap();
    let committed = if is_alone { Ok(outcomes) } else { session.execute("COMMIT;") };
    match committed.as_deref() {
        Ok([.., Outcome::Changed { revision: Some(revision), .. }]) => {
            What::Commit { revision: *revision, read: seen, wrote }
        }
        Err(error) if error.code() == "conflict" => {
            session.execute("ROLLBACK;").unwrap();
            What::Refused
        }
        other => panic!("{other:?}"),
    }
}

fn look_at_snapshot(db: &Database) -> What {
    let snapshot = db.snapshot();
    let value = |register| snapshot.get::<i64>(&*name(register), &Context::anonymous()).unwrap();
    let seen = (0..REGISTERS).map(|register| (register, value(register))).collect();
    What::Look { revision: Some(snapshot.revision()), seen, is_fresh: true }
}

fn fresh(seen: Values) -> What {
    What::Look { revision: None, seen, is_fresh: true }
}

fn name(register: usize) -> String {
    format!("r{register}")
}

fn register(name: &str) -> usize {
    name.trim_start_matches('r').parse().unwrap()
}

fn integer(value: &Value) -> i64 {
    value.as_integer().unwrap()
}

fn rows(outcomes: &[Outcome]) -> Rows {
    outcomes.last().and_then(Outcome::rows).unwrap().clone()
}

fn values(rows: &Rows) -> Values {
    let value = |row| (rows.value(row, "key"), rows.value(row, "value"));
    let cell = |(key, value): (Option<&Value>, Option<&Value>)| {
        (register(key.unwrap().as_str().unwrap()), integer(value.unwrap()))
    };
    (0..rows.len()).map(value).map(cell).collect()
}
