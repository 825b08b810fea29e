//! Salvage of damaged files: the new store is sound, what is in it is what was in the damaged one, and what is not
//! is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use pcq::{DamageRepair, Database, DumpKind, Value};

use crate::harm::Harm;
use crate::random::Random;
use crate::store::{FORGOTTEN, Kind, fixture, is_damage, open};
use crate::{cases, quiet};

const PAGE: usize = 4096;

/// What there is in a store.
struct Contents {
    dump: String,
    current: String,
    /// The hashes of the revisions, the oldest first.
    hashes: Vec<String>,
    /// Events as JSON, and how often each is there.
    events: BTreeMap<String, usize>,
    users: String,
    /// How often each key was delivered.
    deliveries: BTreeMap<String, i64>,
}

impl Contents {
    fn of(db: &Database) -> Self {
        let dump = |kind| {
            let mut text = Vec::new();
            db.dump(&mut text, kind).unwrap();
            String::from_utf8(text).unwrap()
        };
        let mut hashes = column(db, "SHOW HISTORY LIMIT 10000", "hash");
        // there is a row for each change
        hashes.dedup();
        hashes.reverse();
        let mut events = BTreeMap::new();
        for event in rows(db, "SHOW EVENTS LIMIT 10000") {
            *events.entry(event).or_default() += 1;
        }
        let keys = column(db, "SHOW STATS FOR KEYS LIMIT 10000", "key");
        let counts = column(db, "SHOW STATS FOR KEYS LIMIT 10000", "deliveries");
        let counts = counts.into_iter().map(|count| count.parse().unwrap());
        let counts = keys.into_iter().zip(counts).filter(|(_, count)| *count > 0);
        Self {
            dump: dump(DumpKind::History),
            current: dump(DumpKind::Current),
            hashes,
            events,
            users: rows(db, "SHOW USERS WHERE events > 0 LIMIT 10000").join("\n"),
            deliveries: counts.collect(),
        }
    }

    /// Those of the sound store.
    fn sound() -> &'static Self {
        static SOUND: OnceLock<Contents> = OnceLock::new();
        SOUND.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("sound.pcdb");
            fs::write(&path, fixture().file(Kind::Closed)).unwrap();
            Self::of(&open(&path, true).unwrap())
        })
    }

    fn event_count(&self) -> usize {
        self.events.values().sum()
    }
}

fn rows(db: &Database, question: &str) -> Vec<String> {
    let told = db.execute(question).unwrap();
    let rows = told.iter().filter_map(pcq::Outcome::rows).flat_map(pcq::Rows::rows);
    rows.map(|row| format!("{row:?}")).collect()
}

fn column(db: &Database, question: &str, name: &str) -> Vec<String> {
    let told = db.execute(question).unwrap();
    let rows = told[0].rows().unwrap();
    (0..rows.len()).map(|row| text(rows.value(row, name).unwrap())).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Saved {
    Everything,
    /// What is lost is told.
    Part,
    /// Nothing of a store was found.
    Nothing,
}

/// Repairs a file, and looks at what was saved and what was told.
fn repaired(bytes: &[u8]) -> Result<Saved, String> {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("damaged.pcdb"), folder.path().join("saved.pcdb"));
    fs::write(&path, bytes).unwrap();
    let told = Database::repair_damage(&path, &to);
    if fs::read(&path).unwrap() != bytes {
        return Err("the damaged file was changed".into());
    }
    current(&path, Contents::sound(), told.as_ref().ok())?;
    let told = match told {
        Err(error) if is_damage(&error) && !to.exists() => return Ok(Saved::Nothing),
        told => told.map_err(|error| format!("{}: {error}", error.code()))?,
    };
    if fs::read_dir(folder.path()).unwrap().count() != 2 {
        return Err("something is left beside the two stores".into());
    }
    let db = open(&to, false).map_err(|error| error.to_string())?;
    let verified = db.verify().unwrap();
    if !verified.is_sound() || verified.newest_hash != told.newest_hash {
        return Err(format!("{verified:?}, and {told:?}"));
    }
    compare(&told, &Contents::of(&db), Contents::sound())
}

/// What stands now is dumped whole, or told to be unreadable; of users and lists what is left.
fn current(path: &Path, sound: &Contents, told: Option<&DamageRepair>) -> Result<(), String> {
    let mut text = Vec::new();
    let dumped = Database::dump_damaged(path, &mut text);
    if let (Err(error), true) = (&dumped, told.is_some_and(|told| told.is_current_readable)) {
        return Err(format!("what stands now is told to be readable: {error}"));
    }
    let (Ok(()), Some(told)) = (dumped, told) else { return Ok(()) };
    let text = String::from_utf8(text).unwrap();
    let partly = ["pcq.list", "pcq.user", "pcq.event", "header", "bytes"];
    let is_partly = told.facts.lost > 0
        || is_unknown(told)
        || told.damage.iter().any(|page| partly.iter().any(|what| page.contains(what)));
    if text == sound.current || is_partly {
        Ok(())
    } else {
        Err(format!("{told:?}, and now is: {text}"))
    }
}

/// Compares what was saved with what there was, and what is not there with what was told.
fn compare(told: &DamageRepair, saved: &Contents, sound: &Contents) -> Result<Saved, String> {
    let is_whole = saved.dump == sound.dump && saved.deliveries == sound.deliveries;
    if told.lost.is_empty() {
        return if is_whole { Ok(Saved::Everything) } else { Err(format!("no loss: {told:?}")) };
    }
    let count = saved.hashes.len();
    let rules = [
        (sound.hashes.starts_with(&saved.hashes), "the history is that of the store"),
        (told.revisions.saved == count as u64, "the revisions are counted"),
        (is_newest(told, count, sound), "the revisions that are lost are told"),
        (is_part(&events_of(told, saved), &sound.events), "the events are those of the store"),
        (lacks(told, saved, sound) <= told.facts.lost, "the events that are lost are told"),
        (
            told.facts.lost > 0 || is_unknown(told) || saved.users == sound.users,
            "the users are those of the store",
        ),
        (is_part(&saved.deliveries, &sound.deliveries), "the counts are those of the store"),
        (
            told.deliveries.lost > 0 || is_unknown(told) || saved.deliveries == sound.deliveries,
            "the counts that are lost are told",
        ),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, rule)) => Err(format!("it does not hold that {rule}: {told:?}")),
        None => Ok(Saved::Part),
    }
}

/// Whether as many revisions are told as lost as there are not. By an older commit nobody knows.
fn is_newest(told: &DamageRepair, saved: usize, sound: &Contents) -> bool {
    let known = told.revisions.saved + told.revisions.lost;
    known == sound.hashes.len() as u64 || (is_unknown(told) && known >= saved as u64)
}

/// How many events are missing, unless it is told that nobody knows.
fn lacks(told: &DamageRepair, saved: &Contents, sound: &Contents) -> u64 {
    if is_unknown(told) { 0 } else { (sound.event_count() - saved.event_count()) as u64 }
}

/// Whether it is told that something else than the newest state was found, or not how much of it is missing.
fn is_unknown(told: &DamageRepair) -> bool {
    let unknown = ["the list of tables", "the newest commit", "counted of users", "the clock"];
    told.lost.iter().any(|lost| unknown.iter().any(|what| lost.contains(what)))
}

/// The events that were saved. Where it is told that the newest state was not found, the user may be there who was
/// forgotten since.
fn events_of(told: &DamageRepair, saved: &Contents) -> BTreeMap<String, usize> {
    let may_be_old = told.lost.iter().any(|lost| lost.contains("who were forgotten"));
    let is_forgotten = |event: &str| may_be_old && event.contains(&format!("\"{FORGOTTEN}\""));
    let events = saved.events.iter().filter(|(event, _)| !is_forgotten(event));
    events.map(|(event, count)| (event.clone(), *count)).collect()
}

/// Whether nothing is there that was not, nor more often.
fn is_part<N: PartialOrd>(part: &BTreeMap<String, N>, whole: &BTreeMap<String, N>) -> bool {
    part.iter().all(|(what, count)| whole.get(what).is_some_and(|known| count <= known))
}

/// Repairs files in turns on all cores; gives how often each came out.
fn repair_all(
    files: &(dyn Fn(usize) -> (String, Vec<u8>) + Sync),
    count: usize,
) -> BTreeMap<Saved, usize> {
    quiet();
    Contents::sound();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let run = |first: usize| {
        let cases = (first..count).step_by(threads);
        let found = cases.map(|case| {
            let (name, bytes) = files(case);
            repaired(&bytes).unwrap_or_else(|wrong| panic!("{name}: {wrong}"))
        });
        found.collect::<Vec<_>>()
    };
    let run = &run;
    let found = thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(first))).collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    let mut table = BTreeMap::new();
    for saved in found {
        *table.entry(saved).or_default() += 1;
    }
    println!("{count} repairs: {table:?}");
    table
}

#[test]
fn what_is_left_of_a_damaged_store_is_saved_and_the_rest_is_told() {
    let count = cases() / 20;
    let table = repair_all(
        &|case| {
            let mut random = Random::new(1_000_000 + case as u64);
            let harm = Harm::ALL[case % Harm::ALL.len()];
            let kind = Kind::ALL[case / Harm::ALL.len() % Kind::ALL.len()];
            let (bytes, place) = harm.done(fixture().file(kind), &mut random);
            (format!("case {case}: {kind:?}, {harm:?} {place}"), bytes)
        },
        count,
    );
    assert!(
        table.contains_key(&Saved::Everything) && table.contains_key(&Saved::Part),
        "{table:?}"
    );
    // but for what was cut off
    assert!(table.get(&Saved::Nothing).is_none_or(|nothing| nothing * 8 <= count), "{table:?}");
}

/// One page after the other is taken away: the header, the list of tables, the roots of the log.
#[test]
fn no_single_page_takes_all_with_it() {
    let bytes = fixture().file(Kind::Closed);
    let pages: Vec<_> = (0..bytes.len() / PAGE)
        .filter(|page| bytes[page * PAGE..(page + 1) * PAGE].iter().any(|byte| *byte != 0))
        .collect();
    let step = if cases() > 500 { 1 } else { 11 };
    let pages: Vec<_> = pages.into_iter().step_by(step).collect();
    let table = repair_all(
        &|case| {
            let mut bytes = bytes.to_vec();
            bytes[pages[case] * PAGE..(pages[case] + 1) * PAGE].fill(0);
            (format!("page {}", pages[case]), bytes)
        },
        pages.len(),
    );
    assert!(!table.contains_key(&Saved::Nothing), "{table:?}");
    assert!(table[&Saved::Everything] * 2 > pages.len(), "{table:?}");
}

#[test]
fn a_sound_store_is_saved_whole() {
    for kind in Kind::ALL {
        assert_eq!(repaired(fixture().file(kind)), Ok(Saved::Everything), "{kind:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.pcdb");
    fs::write(&path, fixture().file(Kind::Closed)).unwrap();
    let told = Database::survey_damage(&path).unwrap();
    assert!(told.is_sound() && told.is_current_readable, "{told:?}");
    assert_eq!(told.revisions.saved, Contents::sound().hashes.len() as u64);
    let error = Database::repair_damage(&path, &path).unwrap_err();
    assert_eq!(error.code(), "io", "{error}");
}

#[test]
fn what_is_no_store_has_nothing_to_save() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let refused = |path: &Path| Database::survey_damage(path).unwrap_err().code();
    fs::write(at("empty"), b"").unwrap();
    fs::write(at("short"), b"redb").unwrap();
    fs::write(at("text"), "no store at all\n".repeat(10_000)).unwrap();
    drop(redb::Database::create(at("other")).unwrap());
    for name in ["empty", "short", "text", "other", "."] {
        assert_eq!(refused(&at(name)), "store-corrupt", "{name}");
    }
    assert_eq!(refused(&at("missing")), "io");
}
