//! Publishing one config, in stores of two sizes, in memory and in a file, and against redb alone, which
//! commits about the same bytes to as many tables. Then one cell of a large config, against the same of a config of
//! one cell, and by how much it makes a backup longer.
//!
//! `cargo bench --bench publish`; quote ratios of the medians of one run.

mod common;

use std::hint::black_box;

use common::stores::Stored;
use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use pcq::{Database, Session, statement::Publish};
use redb::TableDefinition;

const SIZES: [usize; 2] = [100, 10_000];

/// The tables that a publication writes to, and how many bytes of a record it writes there.
const WRITES: [(&str, usize); 7] = [
    ("revisions", 16),
    ("times", 0),
    ("changes", 24),
    ("history", 0),
    ("publications", 0),
    ("timelines", 10),
    ("heads", 120),
];

/// How many edits are made to see how many bytes one takes.
const MANY: u64 = 256;

type Group<'g> = BenchmarkGroup<'g, WallTime>;

/// Makes the first and the second version of a config live in turn.
fn turns() -> impl FnMut() -> pcq::Statement {
    let mut second = false;
    move || {
        second = !second;
        Publish::new("config7").unwrap().version(1 + u64::from(second)).into()
    }
}

/// Publishes, from the check of the statement to the new snapshot in sight.
fn publish(group: &mut Group<'_>, id: &str, db: &Database) {
    db.execute("ALTER CONFIG config7 SET key7 VALUES (EVERYONE = 'second');").unwrap();
    let (mut session, mut next) = (db.session(), turns());
    group.bench_function(id, |b| b.iter(|| session.run(&next()).unwrap()));
    // the evaluation that comes first after a publication pays for what was put off until then
    let (mut next, user) = (turns(), common::stores::user());
    group.bench_function(format!("{id}/and-evaluate"), |b| {
        b.iter(|| {
            session.run(&next()).unwrap();
            black_box(db.evaluate("key7", &user))
        });
    });
}

/// One transaction of redb.
fn bare(database: &redb::Database, number: u64) {
    let record = [7_u8; 128];
    let transaction = database.begin_write().unwrap();
    for (name, bytes) in WRITES {
        let table = TableDefinition::<u64, &[u8]>::new(name);
        let mut table = transaction.open_table(table).unwrap();
        let key = if name == "heads" { 7 } else { number };
        table.insert(key, &record[..bytes]).unwrap();
    }
    transaction.commit().unwrap();
}

fn redb_alone(group: &mut Group<'_>, id: &str, database: &redb::Database) {
    let mut number = 0;
    group.bench_function(id, |b| {
        b.iter(|| {
            number += 1;
            bare(database, number);
        });
    });
}

fn in_memory(c: &mut Criterion) {
    let mut group = c.benchmark_group("publish");
    for count in SIZES {
        publish(&mut group, &format!("configs={count}"), &common::stores::in_memory(count));
    }
    let backend = redb::backends::InMemoryBackend::new();
    let database = redb::Database::builder().create_with_backend(backend).unwrap();
    redb_alone(&mut group, "redb", &database);
    group.finish();
}

fn in_a_file(c: &mut Criterion) {
    let mut group = c.benchmark_group("publish-to-file");
    group.sample_size(50);
    for count in SIZES {
        let stored = Stored::new(count, 1);
        publish(&mut group, &format!("configs={count}"), &stored.open());
        if count == SIZES[0] {
            let database = redb::Database::create(stored.beside("bare.redb")).unwrap();
            redb_alone(&mut group, "redb", &database);
        }
    }
    group.finish();
}

/// Edits one cell after the other of a config, and publishes it with each.
struct Edits {
    keys: usize,
    rows: usize,
    session: Session,
    number: usize,
}

impl Edits {
    fn new(db: &Database, keys: usize, rows: usize) -> Self {
        Self { keys, rows, session: db.session(), number: 0 }
    }

    /// From the text of both statements to the new snapshot in sight.
    fn next(&mut self) {
        self.number += 1;
        let (key, row, number) = (self.number % self.keys, self.number % self.rows, self.number);
        let edit = format!(
            "BEGIN; ALTER CONFIG matrix SET key{key} VALUES (segment{row} = {number});
             PUBLISH CONFIG matrix; COMMIT;"
        );
        self.session.execute(&edit).unwrap();
    }
}

fn cell(group: &mut Group<'_>, keys: usize, rows: usize) {
    let db = common::stores::matrix(keys, rows);
    let mut edits = Edits::new(&db, keys, rows);
    let id = format!("keys={keys},rows={rows}");
    group.bench_function(&id, |b| b.iter(|| edits.next()));
    println!("publish-cell/{id}: {} bytes of a backup each", bytes(&db, &mut edits));
}

/// By how much an edit and its publication make a backup longer.
fn bytes(db: &Database, edits: &mut Edits) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let backup = |name: &str| {
        let path = folder.path().join(name);
        db.backup(&path).unwrap();
        std::fs::metadata(path).unwrap().len()
    };
    let before = backup("before");
    (0..MANY).for_each(|_| edits.next());
    (backup("after") - before) / MANY
}

fn of_one_cell(c: &mut Criterion) {
    let mut group = c.benchmark_group("publish-cell");
    for (keys, rows) in [(1, 1), (480, 132)] {
        cell(&mut group, keys, rows);
    }
    group.finish();
}

criterion_group!(benches, in_memory, in_a_file, of_one_cell);
criterion_main!(benches);
