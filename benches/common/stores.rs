//! Stores of so many configs, made once a run.

use std::fmt::Write as _;
use std::path::PathBuf;

use pcq::{Context, Database};
use tempfile::TempDir;

use super::pace::{median, timed};

/// Makes, for each number, a key, a segment, and a config of three rows, whose second row is the segment of
/// another config, and publishes it.
pub fn configs(count: usize) -> String {
    let mut script = String::from("BEGIN;\n");
    for n in 0..count {
        let _ = writeln!(
            script,
            "CREATE KEY key{n} STRING DEFAULT 'off';
             CREATE SEGMENT segment{n} WHERE country IN ('US', 'CA') AND build >= {n};"
        );
    }
    for n in 0..count {
        let _ = writeln!(
            script,
            "CREATE CONFIG config{n} SEGMENTS segment{n}, segment{other}, EVERYONE 50%
                 KEY key{n} VALUES (segment{n} = 'a', segment{other} = 'b', EVERYONE = 'c');
             PUBLISH CONFIG config{n};",
            other = other(n, count)
        );
    }
    script + "COMMIT;\n"
}

/// The number of the segment in the second row of a config.
fn other(n: usize, count: usize) -> usize {
    (n + count / 2 + 1) % count
}

/// Edits and publishes every config once more, in one transaction.
pub fn next_version(count: usize, number: usize) -> String {
    let mut script = String::from("BEGIN;\n");
    for n in 0..count {
        let _ = writeln!(
            script,
            "ALTER CONFIG config{n} SET key{n} VALUES (segment{n} = 'v{number}');
             PUBLISH CONFIG config{n};"
        );
    }
    script + "COMMIT;\n"
}

/// Fills a store with configs of so many versions, each of which was live.
pub fn fill(db: &Database, count: usize, versions: usize) {
    db.execute(&configs(count)).unwrap();
    for number in 2..=versions {
        db.execute(&next_version(count, number)).unwrap();
    }
}

/// A store in memory with one config that is live, all of whose cells are filled.
pub fn matrix(keys: usize, rows: usize) -> Database {
    let mut script = String::from("BEGIN;\n");
    let segments: Vec<_> = (0..rows).map(|row| format!("segment{row}")).collect();
    for segment in &segments {
        let _ = writeln!(script, "CREATE SEGMENT {segment} WHERE country = '{segment}';");
    }
    for key in 0..keys {
        let _ = writeln!(script, "CREATE KEY key{key} INTEGER DEFAULT 0;");
    }
    let column = |key: usize| {
        let cells = segments.iter().zip(1..).map(|(name, row)| format!("{name} = {}", row * key));
        format!("KEY key{key} VALUES ({})", cells.collect::<Vec<_>>().join(", "))
    };
    let _ =
        writeln!(script, "CREATE CONFIG matrix SEGMENTS {} {};", segments.join(", "), column(0));
    // all in one statement would be too long for one
    let others: Vec<_> = (1..keys).map(column).collect();
    for columns in others.chunks(100) {
        let _ = writeln!(script, "ALTER CONFIG matrix ADD {};", columns.join(", ADD "));
    }
    let db = Database::in_memory().unwrap();
    db.execute(&(script + "PUBLISH CONFIG matrix; COMMIT;")).unwrap();
    db
}

/// A store in memory.
pub fn in_memory(count: usize) -> Database {
    let db = Database::in_memory().unwrap();
    fill(&db, count, 1);
    db
}

/// A store in a file, closed; gone with its folder when this is dropped.
pub struct Stored {
    folder: TempDir,
}

impl Stored {
    /// Makes the file.
    pub fn new(count: usize, versions: usize) -> Self {
        let stored = Self { folder: tempfile::tempdir().unwrap() };
        fill(&stored.open(), count, versions);
        stored
    }

    /// Where the file is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("bench.pcdb")
    }

    /// Opens the store.
    pub fn open(&self) -> Database {
        Database::open(self.path()).unwrap()
    }

    /// Another place in the folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A user who is in no segment of [`configs`] but the first ones.
pub fn user() -> Context {
    Context::new("u1").with("country", "US").with("build", 1)
}

/// Runs two things in turns so many times, and gives the median of each in microseconds, without the time to
/// drop what they make.
pub fn interleaved<A, B>(
    rounds: usize,
    mut first: impl FnMut() -> A,
    mut second: impl FnMut() -> B,
) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(time(&mut first));
        times[1].push(time(&mut second));
    }
    times.map(median)
}

fn time<T>(run: &mut impl FnMut() -> T) -> f64 {
    let mut made = None;
    let time = timed(|| made = Some(std::hint::black_box(run())));
    drop(made);
    time.as_secs_f64() * 1e6
}
