//! A store that was written under a clock that was ahead: it says so, and there is a way out of the future.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pcq::{Database, DumpKind, Event, Timestamp, Value};

/// What was committed before the clock was ahead, while it was, and after it was set right: then time stood still.
const AHEAD: &str = "\
LOAD STORE FORMAT 1;
LOAD REVISION 1 AT '2026-01-01T00:00:00Z' ACTOR 'mia' COMMENT 'a start';
LOAD KEY k INTEGER DEFAULT 0 VERSION 1;
LOAD REVISION 2 AT '2026-01-02T00:00:00Z';
LOAD CONFIG 1 c;
LOAD SALT OF CONFIG 1 SEGMENT EVERYONE 'c/EVERYONE';
LOAD VERSION 1 OF CONFIG 1 SEGMENTS EVERYONE SALT 'c/EVERYONE' KEY k = 1;
LOAD REVISION 3 AT '2026-01-03T00:00:00Z';
LOAD PUBLICATION 1 OF CONFIG 1 VERSION 1 AT '2026-01-03T00:00:00Z';
LOAD REVISION 4 AT '2026-01-04T00:00:00Z';
LOAD PUBLICATION 2 OF CONFIG 1 VERSION 1 AT '2027-01-01T00:00:00Z' SCHEDULED;
LOAD REVISION 5 AT '2036-06-01T00:00:00Z';
LOAD VERSION 2 OF CONFIG 1 SEGMENTS EVERYONE SALT 'c/EVERYONE' KEY k = 2;
LOAD REVISION 6 AT '2036-06-01T00:00:01Z';
LOAD PUBLICATION 3 OF CONFIG 1 VERSION 2 AT '2036-06-01T00:00:01Z';
LOAD REVISION 7 AT '2036-06-01T00:00:01Z';
LOAD PUBLICATION 4 OF CONFIG 1 VERSION 1 AT '2036-07-01T00:00:00Z' UNTIL '2036-08-01T00:00:00Z' SCHEDULED;
LOAD REVISION 8 AT '2036-06-01T00:00:01Z';
LOAD PUBLICATION 5 OF CONFIG 1 VERSION 1 AT '2038-01-01T00:00:00Z' SCHEDULED;
LOAD REVISION 9 AT '2036-06-01T00:00:01Z';
LOAD CANCEL 5 OF CONFIG 1;
LOAD END;
BEGIN;
SET USER 'ada' plan = 'late' AT '2036-06-01T00:00:01Z';
SET USER 'ada' plan = 'middle' AT '2036-06-01T00:00:00Z';
SET USER 'ada' plan = 'early' AT '2026-01-02T00:00:00Z';
TRACK 'Seen' FOR USER 'ben' {\"n\":1} AT '2036-06-01T00:00:01Z' ID 'e1';
TRACK 'Seen' FOR USER 'ben' {\"n\":0} AT '2026-01-02T00:00:00Z' ID 'e0';
COMMIT;
";

const NOW: &str = "2026-02-01T00:00:00Z";

struct Place(tempfile::TempDir);

impl Place {
    /// A place with a store that is ahead.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a directory"));
        Database::open(place.store()).and_then(|db| db.execute(AHEAD)).expect("it is a dump");
        place
    }

    fn store(&self) -> PathBuf {
        self.path("app.pcdb")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pcq"));
        let ran = command.args(arguments).current_dir(self.0.path()).output();
        let Output { status, stdout, stderr } = ran.expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("it is text");
        (status.code(), text(stdout), text(stderr))
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn read_only(path: &Path) -> Database {
    Database::builder().read_only(true).open(path).expect("it can be read")
}

fn column(db: &Database, statement: &str, name: &str) -> Vec<Value> {
    let outcomes = db.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    let rows = outcomes.last().and_then(|outcome| outcome.rows()).expect("a table");
    (0..rows.len()).map(|row| rows.value(row, name).cloned().expect("a column")).collect()
}

fn integers(values: &[i64]) -> Vec<Value> {
    values.iter().map(|value| Value::from(*value)).collect()
}

#[test]
fn a_store_ahead_of_the_clock_says_so_at_open_and_with_each_commit() {
    let place = Place::new();
    let db = Database::open(place.store()).expect("it opens");
    let note = db.notes().pop().expect("it is ahead");
    assert_eq!(note.code(), "clock-behind");
    assert!(note.message().contains("days ahead of the system's clock"), "{note}");
    assert!(note.message().contains("2036-06-01T00:00:01Z"), "{note}");
    let hint = "`pcq repair --clock` takes a store out of the future";
    assert_eq!(note.hints(), [hint]);
    let mut session = db.session();
    let mut notes = |statement: &str| {
        let outcomes = session.execute(statement).expect("it is right");
        outcomes.last().map(|outcome| outcome.notes().iter().any(|told| told.kind() == note.kind()))
    };
    for (statement, told) in [
        ("CREATE KEY l INTEGER DEFAULT 1", true),
        ("SET USER 'eve' x = 1", true),
        ("GET k", false),
        ("BEGIN", false),
        ("ALTER KEY l SET DEFAULT 2", false),
        ("COMMIT", true),
    ] {
        assert_eq!(notes(statement), Some(told), "{statement}");
    }
    drop((session, db));
    let (code, _, err) = place.run(&["app.pcdb", "--readonly", "-e", "GET k"]);
    assert_eq!((code, err), (Some(0), format!("note[clock-behind]: {note}\nhint: {hint}\n")));
    let fresh = Database::open(place.path("fresh.pcdb")).expect("it is made");
    let made = fresh.execute("CREATE KEY k INTEGER DEFAULT 0").expect("it is right");
    assert_eq!((fresh.notes().len(), made[0].notes().len()), (0, 0));
}

/// What a store is after it was repaired.
fn assert_repaired(path: &Path) {
    let db = read_only(path);
    assert!(db.verify().expect("it can be read").is_sound());
    assert!(db.notes().is_empty(), "{:?}", db.notes());
    let times = column(&db, "SHOW HISTORY", "time");
    let times: Vec<_> = times.iter().filter_map(Value::as_str).collect();
    assert_eq!(times[..5], [NOW; 5]);
    assert_eq!(times.last(), Some(&"2026-01-01T00:00:00Z"));
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    assert_eq!(column(&db, "SHOW HISTORY", "revision")[..2], integers(&[9, 8]));
    assert_eq!(column(&db, "SHOW HISTORY LIMIT 1", "revision"), integers(&[9]));
    // what was live stays live until the schedule of 2027, which is to come again
    for (as_of, value) in [
        ("2026-01-03T12:00:00Z", 1),
        ("2026-01-31T23:59:59Z", 1),
        (NOW, 2),
        ("2026-12-31T23:59:59Z", 2),
        ("2027-01-01T00:00:00Z", 1),
        ("2036-07-15T00:00:00Z", 1),
    ] {
        assert_eq!(
            column(&db, &format!("GET k AS OF '{as_of}'"), "value"),
            integers(&[value]),
            "{as_of}"
        );
    }
    let schedule = column(&db, "SHOW SCHEDULE", "at");
    assert_eq!(schedule, ["2027-01-01T00:00:00Z", "2036-07-01T00:00:00Z"].map(Value::from));
    // of what came at one instant now, the later is still the later
    assert_eq!(column(&db, "GET k FOR USER 'ada'", "value"), integers(&[2]));
    let users = "SHOW USERS WHERE attributes.plan = 'late'";
    assert_eq!(column(&db, users, "user"), [Value::from("ada")]);
    let before = db.execute("SHOW EVENTS").expect("it is right");
    let rows = before[0].rows().expect("a table");
    let times = [0, 1].map(|row| rows.value(row, "time").cloned());
    assert_eq!(times, ["2026-01-02T00:00:00Z", NOW].map(|time| Some(Value::from(time))));
}

#[test]
fn a_repaired_copy_is_out_of_the_future() {
    let place = Place::new();
    let (db, copy) = (read_only(&place.store()), place.path("copy.pcdb"));
    let found = db.survey_clock(Some(at(NOW))).expect("it can be read");
    assert_eq!((found.revisions, found.publications, found.scheduled, found.facts), (5, 1, 2, 3));
    assert_eq!(db.repair_clock(&copy, Some(at(NOW))).expect("it is written"), found);
    assert_repaired(&copy);
    assert!(!db.notes().is_empty(), "the store itself stays as it is");
    assert_eq!(db.repair_clock(&copy, None).expect_err("a file is there").code(), "io");
    let again = read_only(&copy).survey_clock(Some(at(NOW))).expect("it can be read");
    assert!(again.is_empty(), "{again:?}");
    // it goes on: time moves, and the ids of events are known
    let db = Database::open(&copy).expect("it opens");
    db.execute("ALTER CONFIG c SET k = 3; PUBLISH CONFIG c;").expect("it is right");
    assert!(!db.track(Event::new("Seen", "ben").id("e1")).expect("it is stored"));
    assert!(db.now() > at(NOW) && db.notes().is_empty());
}

#[test]
fn what_is_not_ahead_stays_byte_for_byte() {
    let place = Place::new();
    let (db, copy) = (read_only(&place.store()), place.path("copy.pcdb"));
    let late = at("2040-01-01T00:00:00Z");
    db.load_list("vips", ["ada"]).expect_err("it is read only");
    let writer = Database::open(place.store()).expect("it opens");
    writer.load_list("vips", ["ada", "ben"]).expect("it is loaded");
    assert!(writer.repair_clock(&copy, Some(late)).expect("it is written").is_empty());
    let dump = |db: &Database| {
        let mut text = Vec::new();
        db.dump(&mut text, DumpKind::History).expect("it is written");
        String::from_utf8(text).expect("it is text")
    };
    assert_eq!(dump(&read_only(&copy)), dump(&writer));
}

#[test]
fn deliveries_come_along() {
    let place = Place::new();
    let (db, copy) = (Database::open(place.store()).expect("it opens"), place.path("copy.pcdb"));
    for _ in 0..5 {
        let _ = db.evaluate("k", &pcq::Context::new("ada"));
    }
    db.flush().expect("it is written");
    db.repair_clock(&copy, Some(at(NOW))).expect("it is written");
    drop(db);
    let copy = Database::open(&copy).expect("it opens");
    let count = |db: &Database| column(db, "SHOW STATS FOR CONFIG c", "deliveries");
    assert_eq!(count(&copy), integers(&[5]));
    let _ = copy.evaluate("k", &pcq::Context::new("ada"));
    copy.flush().expect("it is written");
    assert_eq!(count(&copy).iter().filter_map(Value::as_integer).sum::<i64>(), 6);
}

#[test]
fn the_program_says_what_it_will_do_and_asks() {
    let place = Place::new();
    let repair = ["repair", "app.pcdb", "--clock", "--at", NOW];
    let told = "revisions              5\npublications           1\nevents and attributes  3\nrecorded contexts      0\nschedules, which stay  2\n";
    let before = std::fs::read(place.store()).expect("it is there");
    let (code, out, err) = place.run(&repair);
    assert_eq!((code, out.as_str()), (Some(1), told), "{err}");
    assert!(err.contains("nothing was changed: --yes"), "{err}");
    assert_eq!(std::fs::read(place.store()).expect("it is there"), before);
    let (code, out, err) = place.run(&[&repair[..], &["--to", "copy.pcdb"]].concat());
    assert_eq!((code, out.as_str()), (Some(0), told), "{err}");
    assert_repaired(&place.path("copy.pcdb"));
    assert_eq!(std::fs::read(place.store()).expect("it is there"), before);
    let (code, _, err) = place.run(&[&repair[..], &["--yes"]].concat());
    assert_eq!(code, Some(0), "{err}");
    assert_repaired(&place.store());
    let (code, out, _) = place.run(&repair);
    assert_eq!((code, out.starts_with("revisions              0\n")), (Some(0), true));
    let names = std::fs::read_dir(place.0.path()).expect("a directory").count();
    assert_eq!(names, 2, "nothing is left beside the store and the copy");
    let (code, out, err) = place.run(&["repair", "app.pcdb", "--yes"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "only times come down in its place: {err}");
}

/// Who reads the store follows to the repaired one, which has other times.
#[cfg(unix)]
#[test]
fn readers_follow_into_the_present() {
    let place = Place::new();
    let reader = read_only(&place.store());
    assert!(!reader.notes().is_empty());
    let (code, ..) = place.run(&["repair", "app.pcdb", "--clock", "--at", NOW, "--yes"]);
    assert_eq!((code, reader.refresh().ok()), (Some(0), Some(9)));
    assert!(reader.notes().is_empty());
    assert_eq!(column(&reader, "SHOW HISTORY LIMIT 1", "time"), [Value::from(NOW)]);
}
