//! Whole files of stores, which are opened, asked, verified, written to and dumped.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use super::START;
use crate::engine::{Builder, Database, Outcome};
use crate::error::{Error, ErrorClass, Result};
use crate::model::{Context, Timestamp};
use crate::query::Rows;
use crate::store::disk::Disk;
use crate::store::fuzz::{Change, Input, changed};
use crate::transfer::DumpKind;

/// What makes most of the store that is changed.
const SCRIPT: &str = include_str!("store.pcq");

/// What it is asked.
const QUESTIONS: &str = "
    SHOW KEYS; SHOW SEGMENTS; SHOW CONFIGS; SHOW SCHEDULE; SHOW USERS; SHOW EVENTS; SHOW RETENTION; SHOW ATTRIBUTES; SHOW HISTORY;
    SHOW VERSIONS OF CONFIG sound; DESCRIBE CONFIG sound; DESCRIBE SEGMENT vips; DIFF CONFIG sound VERSION 1 TO 2;
    SHOW STATS FOR KEYS; SHOW STATS FOR CONFIG look BY DAY; SHOW COUNT OF USERS WHERE IN SEGMENT buyers;
    SHOW USERS WHERE IN SEGMENT vips; EXPLAIN GET ALL FOR USER 'u1'; GET ALL FOR USER 'v07';
    GET ALL FOR USER 'u2' AS OF '2026-03-01T09:00:00Z'; GET ALL FOR USER 'u3' AS OF '2026-04-02T00:00:00Z';";

/// What is written to it, into every kind of table.
const WRITES: &str = "
    CREATE KEY extra STRING DEFAULT 'z'; ALTER CONFIG sound SET volume VALUES (EVERYONE = 1); PUBLISH CONFIG sound;
    SET USER 'u1' country = 'NO'; TRACK 'Opened' FOR USER 'u2' ID 'new'; FORGET USER 'v07'; ADVANCE CLOCK 400 DAYS;";

/// A sound store, and its answers.
struct Sound {
    bytes: Vec<u8>,
    answers: Vec<Option<String>>,
}

/// The first byte says what the others are: a whole file, or changes of a sound one, which may be damage, pages that are
/// forged, or records that are. Damage is told, or changes no answer. Whatever the file is, it costs no more memory than
/// its length accounts for, and no error is one that cannot be.
///
/// # Panics
///
/// Where that is not so.
pub fn store(bytes: &[u8]) {
    calm();
    let Some((kind, rest)) = bytes.split_first() else { return };
    let mut input = Input(rest);
    let change = match kind % 4 {
        0 => return used(rest.to_vec(), kind / 4, None),
        1 => Change::Damaged,
        2 => Change::Forged,
        _ => Change::Rewritten,
    };
    let sound = sound();
    let right = (change == Change::Damaged).then_some(&*sound.answers);
    used(changed(sound.bytes.clone(), change, &mut input), kind / 4, right);
}

/// redb may panic over what it finds in a file; that is caught, and an error to who asked.
fn calm() {
    #[cfg(fuzzing)]
    {
        static HOOK: std::sync::Once = std::sync::Once::new();
        HOOK.call_once(|| {
            let usual = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if !panic.location().is_some_and(|place| place.file().contains("redb")) {
                    usual(panic);
                }
            }));
        });
    }
}

fn sound() -> &'static Sound {
    static SOUND: OnceLock<Sound> = OnceLock::new();
    SOUND.get_or_init(|| {
        let disk = Disk::default();
        make(&disk).expect("the store is made");
        let bytes = disk.bytes();
        let db = Database::on_disk(&disk, &builder()).expect("it opens");
        let answers = answers(&db);
        assert!(answers.iter().all(Option::is_some), "{answers:?}");
        Sound { bytes, answers }
    })
}

fn builder() -> Builder {
    Database::builder().count_deliveries(false)
}

fn make(disk: &Disk) -> Result<()> {
    let start = Timestamp::from_micros(START).expect("an instant");
    let db = Database::on_disk(disk, &Database::builder().manual_clock(start))?;
    db.load_list("vips", (0..40).map(|n| format!("v{n:02}")))?;
    db.execute(SCRIPT)?;
    for n in 0..20 {
        let user = Context::new(format!("u{n}")).with("country", ["NO", "US"][n % 2]);
        for key in ["dark", "volume", "layout"] {
            let _ = db.evaluate(key, &user);
        }
    }
    db.close()
}

/// Uses a file in every way; `right` are the answers that it may give.
fn used(bytes: Vec<u8>, how: u8, right: Option<&[Option<String>]>) {
    if how.is_multiple_of(4) {
        return read(&bytes, right);
    }
    let disk = Disk::of(bytes);
    let opened = Database::on_disk(&disk, &builder());
    let Some(db) = expected(opened, right.is_some()) else { return };
    let told = answers(&db);
    let is_sound = verified(&db, right.is_some());
    judge(&told, is_sound, right);
    for statement in WRITES.split_inclusive(';') {
        expected(db.execute(statement), false);
    }
    answers(&db);
    verified(&db, false);
    expected(db.expire(), false);
    expected(db.compact(), false);
    drop(db);
    drop(expected(Database::on_disk(&disk, &builder()), false));
}

/// The same by who only reads, from a file.
fn read(bytes: &[u8], right: Option<&[Option<String>]>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.pcdb");
    fs::write(&path, bytes).expect("it can be written");
    let opened = builder().read_only(true).open(&path);
    let Some(db) = expected(opened, right.is_some()) else { return };
    judge(&answers(&db), verified(&db, right.is_some()), right);
    copied(&db, &folder.path().join("copy.pcdb"), right);
}

/// A copy of damage is not made.
fn copied(db: &Database, to: &Path, right: Option<&[Option<String>]>) {
    if expected(db.backup(to), right.is_some()).is_some() && right.is_some() {
        let copy = builder().read_only(true).open(to).expect("a copy opens");
        judge(&answers(&copy), true, right);
    }
}

/// Each answer that is there is right, and if the store is sound all are there.
fn judge(told: &[Option<String>], is_sound: bool, right: Option<&[Option<String>]>) {
    for (n, (told, right)) in told.iter().zip(right.into_iter().flatten()).enumerate() {
        assert!(
            told.is_none() && !is_sound || told == right,
            "answer {n}: {told:?}, not {right:?}"
        );
    }
}

fn verified(db: &Database, is_damaged: bool) -> bool {
    let report = expected(db.verify(), is_damaged);
    report.is_some_and(|report| {
        assert!(report.problems.len() <= 101, "{} problems", report.problems.len());
        report.is_sound()
    })
}

/// What came of something; an error is one that may be.
fn expected<T>(result: Result<T>, is_damaged: bool) -> Option<T> {
    result.map_err(|error| may_be(&error, is_damaged)).ok()
}

fn may_be(error: &Error, is_damaged: bool) {
    assert_ne!(error.code(), "bug", "{error:?}");
    assert!(!is_damaged || error.class() == ErrorClass::Store, "{error:?}");
}

/// What the store says to each question; `None` if it says that it is damaged.
fn answers(db: &Database) -> Vec<Option<String>> {
    let told = |outcomes: Vec<Outcome>| {
        outcomes.iter().filter_map(Outcome::rows).map(Rows::to_json).collect::<String>()
    };
    let questions = QUESTIONS.split_inclusive(';');
    let mut answers: Vec<_> =
        questions.map(|question| expected(db.execute(question).map(told), false)).collect();
    for kind in [DumpKind::Current, DumpKind::History] {
        let mut text = Vec::new();
        let dumped = expected(db.dump(&mut text, kind), false);
        answers.push(dumped.map(|()| String::from_utf8(text).expect("a dump is text")));
    }
    answers
}
