//! Measurements, not assertions: the work grows in step with the input.
//!
//! `cargo test --release --test scale -- --ignored --nocapture` prints how much longer twice the input takes;
//! 2 is in step with it, 4 is its square.

#![expect(clippy::print_stdout, reason = "the ratios are there to be read")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use pcq::{Context, Database};

/// Sizes, each twice the one before.
const SIZES: [usize; 4] = [100, 200, 400, 800];

/// A script of studies: each has a segment, two keys, and a config that is edited and published.
fn studies(count: usize) -> String {
    let mut script = String::new();
    for n in 0..count {
        writeln!(
            script,
            "CREATE KEY study{n}.variant STRING DEFAULT 'control';
             CREATE KEY study{n}.limit INTEGER DEFAULT {n} CHECK (VALUE >= 0);
             CREATE SEGMENT audience{n} WHERE country IN ('US', 'CA') AND cohort = {n};
             CREATE CONFIG study{n} SEGMENTS audience{n} 50%, EVERYONE
                 KEY study{n}.variant VALUES (audience{n} = SPLIT (a: 50% 'a', b: 50% 'b')),
                 KEY study{n}.limit = 10;
             PUBLISH CONFIG study{n};
             ALTER CONFIG study{n} SET study{n}.limit VALUES (EVERYONE = {});
             PUBLISH CONFIG study{n};",
            n + 11
        )
        .expect("a string takes everything");
    }
    script
}

/// The script in one transaction.
fn transaction(script: &str) -> String {
    format!("BEGIN;\n{script}COMMIT;\n")
}

/// Runs something for each size, and prints how long it takes, and how much longer than the half.
fn measure(name: &str, mut run: impl FnMut(usize) -> Duration) {
    let mut before: Option<Duration> = None;
    for size in SIZES {
        let took = run(size);
        let ratio = before.map_or_else(String::new, |before| {
            format!("{:.2} times the half", took.as_secs_f64() / before.as_secs_f64())
        });
        println!("{name:<24} {size:>5}: {took:>10.1?}  {ratio}");
        before = Some(took);
    }
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// A store in memory with so many studies.
fn loaded(count: usize) -> Database {
    let db = Database::in_memory().expect("a store in memory opens");
    db.execute(&transaction(&studies(count))).expect("the script is right");
    db
}

#[test]
#[ignore = "a measurement"]
fn a_script_of_studies() {
    measure("script", |size| {
        let (db, script) = (Database::in_memory().expect("a store"), studies(size));
        timed(|| drop(db.execute(&script).expect("the script is right")))
    });
}

#[test]
#[ignore = "a measurement"]
fn a_script_of_studies_in_one_transaction() {
    measure("one transaction", |size| {
        let (db, script) = (Database::in_memory().expect("a store"), transaction(&studies(size)));
        timed(|| drop(db.execute(&script).expect("the script is right")))
    });
}

#[test]
#[ignore = "a measurement"]
fn a_script_of_studies_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    measure("on disk, one transaction", |size| {
        let db = Database::open(folder.path().join(format!("{size}.pcdb"))).expect("a store");
        let script = transaction(&studies(size));
        timed(|| drop(db.execute(&script).expect("the script is right")))
    });
    measure("opening it again", |size| {
        timed(|| drop(Database::open(folder.path().join(format!("{size}.pcdb"))).expect("a store")))
    });
}

/// A condition of many parts, as text.
#[test]
#[ignore = "a measurement"]
fn a_long_condition() {
    for operator in [" AND ", " + "] {
        measure(&format!("a condition of{operator}× 10"), |size| {
            let db = Database::in_memory().expect("a store");
            let chain = vec!["n"; 10 * size].join(operator);
            let script = format!("CREATE SEGMENT s WHERE {chain};");
            timed(|| drop(db.execute(&script)))
        });
    }
}

/// One edit costs the same in a store of any size: the ratio to the half is 1.
#[test]
#[ignore = "a measurement"]
fn one_edit_in_a_store_of_studies() {
    measure("one edit (of 50)", |size| {
        let db = loaded(size);
        timed(|| {
            for n in 0..50 {
                let script = format!(
                    "ALTER CONFIG study{n} SET study{n}.limit = 99; PUBLISH CONFIG study{n};"
                );
                db.execute(&script).expect("the config is there");
            }
        })
    });
}

/// One value costs the same in a store of any size: the ratio to the half is 1.
#[test]
#[ignore = "a measurement"]
fn one_value_in_a_store_of_studies() {
    measure("one value (of 20,000)", |size| {
        let db = loaded(size);
        let user = Context::new("u1").with("country", "US").with("cohort", 7);
        timed(|| {
            for _ in 0..20_000 {
                assert!(db.evaluate("study7.variant", &user).version().is_some());
            }
        })
    });
}

#[test]
#[ignore = "a measurement"]
fn a_dump_of_studies() {
    measure("dump", |size| {
        let db = loaded(size);
        timed(|| db.dump(&mut std::io::sink(), pcq::DumpKind::History).expect("it can be dumped"))
    });
    measure("loading the dump", |size| {
        let mut dump = Vec::new();
        loaded(size).dump(&mut dump, pcq::DumpKind::History).expect("it can be dumped");
        let (dump, copy) =
            (String::from_utf8(dump).expect("UTF-8"), Database::in_memory().expect("a store"));
        timed(|| drop(copy.execute(&dump).expect("a dump can be loaded")))
    });
    measure("verifying", |size| {
        let db = loaded(size);
        timed(|| assert!(db.verify().expect("it can be verified").is_sound()))
    });
}

/// A value as of the past costs what decides that key, not the store: the ratio to the half is 1.
#[test]
#[ignore = "a measurement"]
fn one_value_of_the_past() {
    measure("the past (of 50)", |size| {
        let db = Database::in_memory().expect("a store");
        db.execute(&studies(size)).expect("the script is right");
        let at = db.now();
        db.execute("CREATE KEY later INTEGER DEFAULT 1;").expect("the name is free");
        let get = format!("GET study7.limit FOR USER 'u1' AS OF '{at}';");
        timed(|| {
            for _ in 0..50 {
                db.execute(&get).expect("the key is there");
            }
        })
    });
}
