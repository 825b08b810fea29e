//! How costs grow with the input: `cargo bench --bench growth`. Each line is what an input costs to what half of it costs,
//! and half of that to a quarter: 2 is in step with it, 4 its square. `-- 8` takes inputs eight times as large.

mod common;

use std::fmt::Write as _;
use std::hint::black_box;

use common::pace::{median, timed};
use common::table::{Bound, Table, figure};
use pcq::{Context, Database, DumpKind, Event, Timestamp};

/// What twice the input may cost: twice as much, and a logarithm.
const TWICE: Bound = Bound::AtMost(2.6);
/// How often each is measured.
const ROUNDS: usize = 5;
/// For how long something short is repeated to be measured once, in nanoseconds.
const ENOUGH: f64 = 3e6;

fn main() {
    let larger = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1);
    let mut table = Table::default();
    users(&mut table, larger);
    conditions(&mut table, larger);
    schedules(&mut table, 1_000 * larger);
    versions(&mut table, 2_500 * larger);
    table.end();
}

/// Prints how a cost in nanoseconds, or another measure, grows from a size to its double and its fourfold.
fn grow(table: &mut Table, what: &str, size: usize, mut cost: impl FnMut(usize) -> f64) {
    let sizes = [size, size * 2, size * 4];
    let mut costs = sizes.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (size, costs) in sizes.into_iter().zip(&mut costs) {
            costs.push(cost(size));
        }
    }
    let [first, second, third] = costs.map(median);
    figure(&format!("{what}, {}", sizes[2]), third);
    table.line(&format!("{what}, {} to {}", sizes[1], sizes[0]), TWICE, second / first);
    table.line(&format!("{what}, {} to {}", sizes[2], sizes[1]), TWICE, third / second);
}

fn time<T>(work: impl FnOnce() -> T) -> f64 {
    let mut made = None;
    let time = timed(|| made = Some(black_box(work())));
    drop(made);
    time.as_secs_f64() * 1e9
}

/// So many seconds after the beginning of 2027.
fn instant(seconds: usize) -> Timestamp {
    let start = Timestamp::parse("2027-01-01T00:00:00Z").unwrap().as_micros();
    Timestamp::from_micros(start + i64::try_from(seconds).unwrap() * 1_000_000).unwrap()
}

fn users(table: &mut Table, larger: usize) {
    grow(table, "a user whose events came mixed", 12_500 * larger, |count| {
        let db = Database::in_memory().unwrap();
        let mixed = (0..count).map(|n| n * 7_919 % count);
        db.track_all(mixed.map(|n| Event::new("E", "u").at(instant(n)))).unwrap();
        time(|| db.context_for("u").unwrap())
    });
    grow(table, "TRACK and GET in turn in a transaction", 1_000 * larger, |count| {
        let db = Database::in_memory().unwrap();
        db.execute(&scheduled_config("COUNT(EVENT 'E') > 10")).unwrap();
        let turn = |n: usize| format!("TRACK 'E' FOR USER 'u' ID 'e{n}'; GET k FOR USER 'u';\n");
        let script = format!("BEGIN;\n{}COMMIT;", (0..count).map(turn).collect::<String>());
        time(|| db.execute(&script).unwrap())
    });
}

/// A key, and a config of two versions, the first of which is live.
fn scheduled_config(condition: &str) -> String {
    format!(
        "CREATE KEY k INTEGER DEFAULT 0;
         CREATE SEGMENT s WHERE {condition};
         CREATE CONFIG c SEGMENTS s KEY k = 1;
         PUBLISH CONFIG c;
         ALTER CONFIG c SET k = 2;"
    )
}

fn conditions(table: &mut Table, larger: usize) {
    for operator in ["CONTAINS ANY", "CONTAINS ALL", "STARTS WITH", "ENDS WITH"] {
        grow(table, &format!("{operator} of so many texts"), 5_000 * larger.min(4), |count| {
            let db = Database::in_memory().unwrap();
            let texts: Vec<_> = (0..count).map(|n| format!("'text{n:06}'")).collect();
            let script = scheduled_config(&format!("a {operator} ({})", texts.join(", ")));
            db.execute(&script).unwrap();
            let user = Context::new("u").with("a", "text00000".repeat(count));
            drop(db.evaluate("k", &user));
            first_evaluation(&db, &user)
        });
    }
}

/// What the first evaluation of a context takes: the second would answer from what the first has found out, and one
/// alone may be too short to be measured, so it is that of many copies.
fn first_evaluation(db: &Database, user: &Context) -> f64 {
    let mut count = 1_u32;
    loop {
        let copies = vec![user.clone(); count as usize];
        let took = time(|| copies.iter().for_each(|user| drop(black_box(db.evaluate("k", user)))));
        if took > ENOUGH {
            return took / f64::from(count);
        }
        count *= 2;
    }
}

/// A store with so many publications to come, each committed by itself; every tenth is a window.
fn scheduled(count: usize) -> (Database, f64) {
    let db = Database::in_memory().unwrap();
    db.execute(&scheduled_config("a = 1")).unwrap();
    let mut script = String::new();
    for n in 0..count {
        let (version, at) = (1 + n % 2, instant(n * 60));
        let _ = write!(script, "PUBLISH CONFIG c VERSION {version} AT '{at}'");
        if n % 10 == 0 {
            let _ = write!(script, " UNTIL '{}'", instant(n * 60 + 90));
        }
        script += ";\n";
    }
    let took = time(|| db.execute(&script).unwrap());
    (db, took)
}

fn schedules(table: &mut Table, size: usize) {
    grow(table, "schedules of one config", size, |count| scheduled(count).1);
    stored(table, "schedules", size, |count| scheduled(count).0);
    let get = format!("GET k FOR USER 'u' AS OF '{}';", instant(30_000));
    grow(table, "a GET among schedules, as of later", size, |count| {
        let db = scheduled(count).0;
        time(|| db.execute(&get).unwrap())
    });
    grow(table, "cancelling all schedules", size, |count| {
        let db = scheduled(count).0;
        time(|| db.execute("CANCEL SCHEDULE OF CONFIG c;").unwrap())
    });
}

/// A store with so many versions of a config, each of which was published.
fn versioned(count: usize) -> (Database, f64) {
    let db = Database::in_memory().unwrap();
    db.execute(&scheduled_config("a = 1")).unwrap();
    let edit = |n: usize| format!("ALTER CONFIG c SET k = {}; PUBLISH CONFIG c;\n", n + 10);
    let script: String = (0..count).map(edit).collect();
    let took = time(|| db.execute(&script).unwrap());
    (db, took)
}

fn versions(table: &mut Table, size: usize) {
    grow(table, "versions of one config", size, |count| versioned(count).1);
    stored(table, "versions", size, |count| versioned(count).0);
}

/// What is done with all of a store.
fn stored(table: &mut Table, what: &str, size: usize, make: impl Fn(usize) -> Database) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = 0;
    grow(table, &format!("bytes of a backup with {what}"), size, |count| {
        files += 1;
        let path = folder.path().join(files.to_string());
        make(count).backup(&path).unwrap();
        f64::from(u32::try_from(std::fs::metadata(path).unwrap().len()).unwrap())
    });
    grow(table, &format!("verifying {what}"), size, |count| {
        let db = make(count);
        time(|| assert!(db.verify().unwrap().is_sound()))
    });
    let dump = |db: &Database| {
        let mut dump = Vec::new();
        db.dump(&mut dump, DumpKind::History).unwrap();
        String::from_utf8(dump).unwrap()
    };
    grow(table, &format!("dumping {what}"), size, |count| {
        let db = make(count);
        time(|| dump(&db))
    });
    grow(table, &format!("loading a dump of {what}"), size, |count| {
        let (dump, copy) = (dump(&make(count)), Database::in_memory().unwrap());
        time(|| copy.execute(&dump).unwrap())
    });
}
