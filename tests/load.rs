//! Load: eight readers, two publishers and a writer of events in one process, schedules that come due, and statistics.
//!
//! `PCQ_LOAD=600 cargo test --release --test load -- --nocapture` runs for so many seconds and says what memory, file and
//! evaluations did; `cargo test` runs for three. `PCQ_LOAD_CACHE=1` keeps so many MiB of the file in memory at most, so that
//! what grows with the file can be told from what grows for ever.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use pcq::{Builder, Context, Database, Event, Timestamp};

const READERS: usize = 8;
/// How many evaluations a reader makes without a rest.
const BURST: usize = 500;
/// How many users there are.
const USERS: usize = 2_000;
/// How many events go into one batch.
const BATCH: usize = 100;
/// How often a publisher publishes, and events are written.
const PACE: Duration = Duration::from_millis(50);
/// How long before it is due a publication is scheduled.
const AHEAD_MICROS: i64 = 500_000;
/// Keys of which readers ask.
const KEYS: [&str; 4] = ["now", "due", "split", "unpublished"];

fn seconds() -> u64 {
    std::env::var("PCQ_LOAD").ok().and_then(|n| n.parse().ok()).unwrap_or(3)
}

/// How a store of this load is opened: its cache has the size that is asked for.
fn builder() -> Builder {
    let builder = Database::builder().flush_interval(Duration::from_secs(1));
    match std::env::var("PCQ_LOAD_CACHE").ok().and_then(|mib| mib.parse::<usize>().ok()) {
        Some(mib) => builder.cache_bytes(mib << 20),
        None => builder,
    }
}

fn set_up(path: &Path) -> Database {
    let db = builder().open(path).unwrap();
    db.execute(
        "CREATE KEY now INTEGER DEFAULT 0; CREATE KEY due INTEGER DEFAULT 0;
         CREATE KEY split STRING DEFAULT 'none'; CREATE KEY unpublished BOOLEAN DEFAULT FALSE;
         CREATE SEGMENT north WHERE country IN ('NO', 'SE', 'DK') AND age >= 18;
         CREATE SEGMENT busy WHERE COUNT(EVENT 'Seen' WITHIN 10 SECONDS) >= 2;
         CREATE CONFIG current SEGMENTS north, EVERYONE KEY now VALUES (north = 0, EVERYONE = 0);
         CREATE CONFIG planned SEGMENTS EVERYONE KEY due = 0;
         CREATE CONFIG tried SEGMENTS busy, north 50%, EVERYONE
             KEY split VALUES (busy = 'busy', north = SPLIT (50% 'a', 50% 'b'), EVERYONE = 'c');
         PUBLISH CONFIG current; PUBLISH CONFIG planned; PUBLISH CONFIG tried;
         ALTER EVENT 'Seen' KEEP 20 SECONDS;",
    )
    .unwrap();
    db
}

/// The context of a user, who has a country and an age.
fn context(number: usize) -> Context {
    let country = ["NO", "SE", "US", "BR"][number % 4];
    let age = i64::try_from(number % 80).unwrap();
    Context::new(format!("u{number}")).with("country", country).with("age", age)
}

/// What one reader did.
struct Read {
    evaluations: BTreeMap<&'static str, u64>,
    nanos: Histogram<u64>,
}

/// Counts of times in nanoseconds, to three digits, up to a minute.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(60_000_000_000, 3).unwrap()
}

/// Evaluates until it is told to stop. What is numbered only ever grows.
fn read(db: &Database, reader: usize, stop: &AtomicBool) -> Read {
    let mut contexts: Vec<_> =
        (0..USERS).step_by(READERS).map(|user| context(user + reader)).collect();
    let mut evaluations: BTreeMap<_, _> = KEYS.map(|key| (key, 0)).into();
    let (mut nanos, mut newest) = (histogram(), [0, 0]);
    let mut number = 0;
    while !stop.load(Ordering::Acquire) {
        for _ in 0..BURST {
            number += 1;
            let (index, which) = (number % contexts.len(), number % KEYS.len());
            let key = KEYS[which];
            let began = Instant::now();
            let evaluation = db.evaluate(key, &contexts[index]);
            nanos.saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap());
            *evaluations.get_mut(key).unwrap() += 1;
            if let (Some(newest), Some(value)) =
                (newest.get_mut(which), evaluation.value().as_integer())
            {
                assert!(value >= *newest, "{key}: {value} after {newest}");
                *newest = value;
            }
        }
        // one of them comes with its history
        let index = number % contexts.len();
        contexts[index] = db.context_for(&format!("u{}", index * READERS + reader)).unwrap();
        thread::sleep(Duration::from_millis(2));
    }
    Read { evaluations, nanos }
}

/// Publishes a version after the other, at once.
fn publish_now(db: &Database, stop: &AtomicBool, published: &AtomicU64) {
    while !stop.load(Ordering::Acquire) {
        let n = 1 + published.fetch_add(1, Ordering::Relaxed);
        db.execute(&format!(
            "SET ACTOR 'load'; ALTER CONFIG current SET now VALUES (north = {n}, EVERYONE = {n}); PUBLISH CONFIG current;"
        ))
        .unwrap();
        thread::sleep(PACE);
    }
}

fn publish_at(db: &Database, n: u64) -> pcq::Result<()> {
    let at = Timestamp::from_micros(db.now().as_micros() + AHEAD_MICROS).unwrap();
    let version = n + 1; // the first has no number
    db.execute(&format!("PUBLISH CONFIG planned VERSION {version} AT '{at}';")).map(drop)
}

/// Publishes a version after the other for an instant to come.
fn publish_later(db: &Database, stop: &AtomicBool, published: &AtomicU64) {
    while !stop.load(Ordering::Acquire) {
        let n = 1 + published.load(Ordering::Relaxed);
        db.execute(&format!("ALTER CONFIG planned SET due = {n};")).unwrap();
        // on a busy machine the instant may be over before the statement is read
        while let Err(error) = publish_at(db, n) {
            assert_eq!(error.code(), "bad-time", "{error}");
        }
        published.store(n, Ordering::Relaxed);
        thread::sleep(PACE);
    }
}

/// Writes batches of events, and drops now and then those that are kept no longer.
fn write_events(db: &Database, stop: &AtomicBool, written: &AtomicU64) {
    let mut last = Instant::now();
    while !stop.load(Ordering::Acquire) {
        let first = usize::try_from(written.load(Ordering::Relaxed)).unwrap();
        let event =
            |n: usize| Event::new("Seen", format!("u{}", n * 7 % USERS)).id(format!("e{n}"));
        db.track_all((first..first + BATCH).map(event)).unwrap();
        written.fetch_add(BATCH as u64, Ordering::Relaxed);
        if last.elapsed() > Duration::from_secs(5) {
            last = Instant::now();
            db.expire().unwrap();
        }
        thread::sleep(PACE);
    }
}

/// The memory of this process, in bytes; 0 where nobody says.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4_096
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

/// What was measured at an instant.
#[derive(Clone, Copy)]
struct Sample {
    seconds: f64,
    resident: u64,
    file: u64,
}

#[expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// How many megabytes come a minute, by the line that is nearest to all samples.
fn slope(samples: &[Sample], what: fn(&Sample) -> u64) -> f64 {
    let (mut n, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for sample in samples {
        let (at, bytes) = (sample.seconds / 60.0, mb(what(sample)));
        (n, x, y, xx, xy) = (n + 1.0, x + at, y + bytes, xx + at * at, xy + at * bytes);
    }
    (n * xy - x * y) / (n * xx - x * x)
}

/// Samples until the time is over.
fn sample(path: &Path, seconds: u64) -> Vec<Sample> {
    let (began, mut samples) = (Instant::now(), Vec::new());
    while began.elapsed() < Duration::from_secs(seconds) {
        thread::sleep(Duration::from_millis(250));
        let seconds = began.elapsed().as_secs_f64();
        samples.push(Sample { seconds, resident: resident(), file: length(path) });
    }
    samples
}

/// How often each key was delivered, as the store says.
fn deliveries(db: &Database) -> BTreeMap<&'static str, u64> {
    db.flush().unwrap();
    let outcomes = db.execute("SHOW STATS FOR KEYS;").unwrap();
    let rows = outcomes[0].rows().unwrap();
    let count = |key: &&'static str| {
        let row =
            (0..rows.len()).find(|row| rows.value(*row, "key").unwrap().as_str() == Some(key));
        row.and_then(|row| {
            rows.value(row, "deliveries").and_then(pcq::Value::as_integer).map(i64::cast_unsigned)
        })
    };
    KEYS.iter().map(|key| (*key, count(key).unwrap_or(0))).collect()
}

#[test]
fn under_load_memory_is_flat_and_counts_are_exact() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    let db = set_up(&path);
    let seconds = seconds();
    let stop = AtomicBool::new(false);
    let [now, due, events] = [(); 3].map(|()| AtomicU64::new(0));
    let (samples, readers) = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|n| (&db, &stop, n))
            .map(|(db, stop, n)| scope.spawn(move || read(db, n, stop)))
            .collect();
        scope.spawn(|| publish_now(&db, &stop, &now));
        scope.spawn(|| publish_later(&db, &stop, &due));
        scope.spawn(|| write_events(&db, &stop, &events));
        let samples = sample(&path, seconds);
        stop.store(true, Ordering::Release);
        (samples, readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>())
    });
    let mut nanos = histogram();
    let mut evaluations: BTreeMap<&str, u64> = BTreeMap::new();
    for reader in &readers {
        nanos.add(&reader.nanos).unwrap();
        for (key, count) in &reader.evaluations {
            *evaluations.entry(key).or_default() += count;
        }
    }
    // what was scheduled has come due
    thread::sleep(Duration::from_millis(600));
    let anybody = Context::anonymous();
    for (key, published) in [("now", &now), ("due", &due)] {
        let wanted = i64::try_from(published.load(Ordering::Relaxed)).unwrap();
        assert_eq!(db.evaluate(key, &anybody).value().as_integer(), Some(wanted), "{key}");
        *evaluations.get_mut(key).unwrap() += 1;
    }
    assert_eq!(deliveries(&db), evaluations, "counts are not exact");
    assert!(db.verify().unwrap().is_sound());
    let counts = [now, due, events].map(AtomicU64::into_inner);
    report(&samples, &nanos, counts);
    let before = length(&path);
    db.expire().unwrap();
    db.compact().unwrap();
    println!("file: {:.1} MB, {:.1} MB after compact", mb(before), mb(length(&path)));
    db.close().unwrap();
    assert_eq!(deliveries(&Database::open(&path).unwrap()), evaluations, "after opening again");
    assert_flat(&samples);
}

fn report(samples: &[Sample], nanos: &Histogram<u64>, [now, due, events]: [u64; 3]) {
    println!(
        "{now} publications, {due} schedules that came due, {events} events, {} evaluations",
        nanos.len()
    );
    let at = |quantile| nanos.value_at_quantile(quantile);
    let (half, p99, p999) = (at(0.5), at(0.99), at(0.999));
    println!("evaluate: median {half} ns, p99 {p99} ns, p99.9 {p999} ns, max {} ns", nanos.max());
    for tenth in samples.chunks(samples.len().div_ceil(10)) {
        let Sample { seconds, resident, file } = tenth[tenth.len() - 1];
        println!("after {seconds:.0} s: memory {:.1} MB, file {:.1} MB", mb(resident), mb(file));
    }
    let late = &samples[samples.len() / 2..];
    let [memory, file] = [slope(late, |s| s.resident), slope(late, |s| s.file)];
    println!("in the second half: memory {memory:+.2} MB/min, file {file:+.2} MB/min");
}

/// Memory and file at the end are no more than a little above what they were after a third of the time: caches are
/// full by then, and the rest is the log, some hundred bytes of which come with each revision.
fn assert_flat(samples: &[Sample]) {
    let (third, last) = (samples[samples.len() / 3], samples[samples.len() - 1]);
    let grown = last.resident.saturating_sub(third.resident);
    assert!(grown < 32 << 20, "memory grew by {grown} bytes");
}
