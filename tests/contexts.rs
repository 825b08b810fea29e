//! Contexts that are kept: under whatever states of the store, at whatever instants and on however many threads they
//! were used, they give what a context that was never used gives.

#[path = "common/random.rs"]
mod random;

use std::thread;

use pcq::{Context, Database, Snapshot, Timestamp};
use random::Random;

/// Number of segments: more than those that a context has room for without memory of its own.
const SEGMENTS: usize = 100;
const KEYS: usize = 6;
const USERS: usize = 6;

/// A condition on attributes, the instant, events, a list, or on segments that were made before.
fn condition(random: &mut Random, before: usize) -> String {
    let other = format!("s{}", random.below(before.max(1)));
    let plain = [
        "country = 'FR'",
        "country != 'FR'",
        "country IN ('FR', 'DE', 'US')",
        "NOT (country = 'FR' OR age >= 30)",
        "age >= 18 AND (country = 'DE' OR NOT vip)",
        "NOT (NOT vip OR age < 40) OR gone = 'x'",
        "version >= SEMVER '2.1.0'",
        "version < VERSION '2.10'",
        "since > TIMESTAMP '2026-01-01T00:00:00Z'",
        "age = 20.0 OR age > 40 OR age IS NULL",
        "NOW() >= TIMESTAMP '2026-03-02T00:00:00Z'",
        "country = 'FR' AND NOW() < TIMESTAMP '2026-03-03T00:00:00Z'",
        "COUNT(EVENT 'buy') > 0",
        "age > 20 OR COUNT(EVENT 'buy' WITHIN 1 DAY) > 1",
        "user_id ENDS WITH '1'",
        "IN SEGMENT members",
        "NOT IN SEGMENT members AND age < 50",
    ];
    match random.below(plain.len() + 5) {
        at if before == 0 || at < plain.len() => random.pick(&plain).to_owned(),
        at if at == plain.len() => format!("IN SEGMENT {other} AND country != 'US'"),
        at if at == plain.len() + 1 => format!("NOT IN SEGMENT {other} OR vip"),
        at if at == plain.len() + 2 => format!("age < 50 AND NOT (IN SEGMENT {other} AND NOT vip)"),
        // the first keys are of segments that read none
        _ if before > SEGMENTS / 2 => format!("KEY(k{}) = 'a' OR vip", random.below(KEYS / 2)),
        _ => format!("IN SEGMENT {other}"),
    }
}

/// Rows of a config: some segments, each with a value or a split, for all or half of their users.
fn rows(random: &mut Random, key: usize) -> String {
    let segments = if key < KEYS / 2 { SEGMENTS / 2 } else { SEGMENTS };
    let numbers: Vec<usize> = (0..segments).collect();
    let chosen = random.some(&numbers, 6);
    let rows: Vec<_> = chosen
        .iter()
        .map(|n| format!("s{n}{}", random.maybe(25, &[" 50%"]).unwrap_or_default()))
        .collect();
    let cells: Vec<_> = chosen
        .iter()
        .map(|n| {
            format!("s{n} = {}", random.pick(&["'a'", "'b'", "SPLIT (x: 50% 'a', y: 50% 'c')"]))
        })
        .collect();
    format!("SEGMENTS {}, EVERYONE KEY k{key} VALUES ({})", rows.join(", "), cells.join(", "))
}

fn run(db: &Database, script: &str) {
    db.execute(script).unwrap_or_else(|error| panic!("{script}: {error}"));
}

fn store(random: &mut Random) -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").expect("an instant");
    let db = Database::builder().manual_clock(start).in_memory().expect("a store opens");
    db.load_list("members", ["u1", "u3"]).expect("a list is loaded");
    for segment in 0..SEGMENTS {
        if segment == SEGMENTS / 2 {
            // keys that conditions of the later segments may read
            (0..KEYS)
                .for_each(|key| run(&db, &format!("CREATE KEY k{key} STRING DEFAULT 'none';")));
        }
        let condition = condition(random, segment);
        run(&db, &format!("CREATE SEGMENT s{segment} WHERE {condition};"));
    }
    for key in 0..KEYS {
        run(&db, &format!("CREATE CONFIG c{key} {}; PUBLISH CONFIG c{key};", rows(random, key)));
    }
    db
}

/// Changes something that answers depend on.
fn change(db: &Database, random: &mut Random) {
    let (segment, key, user) = (random.below(SEGMENTS), random.below(KEYS), random.below(USERS));
    match random.below(7) {
        6 => run(db, &format!("FORGET USER 'u{user}';")),
        5 => {
            let members = random.some(&["u0", "u1", "u2", "u3", "u4"], 3);
            db.load_list("members", members).expect("a list is loaded");
        }
        0 => {
            let condition = condition(random, segment);
            run(db, &format!("ALTER SEGMENT s{segment} WHERE {condition};"));
        }
        1 => run(db, &format!("ALTER KEY k{key} SET DEFAULT '{}';", random.pick(&["a", "none"]))),
        2 => {
            let value = random.pick(&["'a'", "'b'"]);
            let at = random.maybe(50, &[" AT '2026-03-02T12:00:00Z'"]).unwrap_or_default();
            run(db, &format!("ALTER CONFIG c{key} SET k{key} VALUES (EVERYONE = {value});"));
            // one that lies behind the clock by now is refused
            let _ = db.execute(&format!("PUBLISH CONFIG c{key}{at};"));
        }
        3 => run(db, "ADVANCE CLOCK 7 HOURS;"),
        _ => run(db, &format!("TRACK 'buy' FOR USER 'u{user}';")),
    }
}

fn contexts(db: &Database, random: &mut Random) -> Vec<Context> {
    let user = |n| {
        let user = format!("u{n}");
        let known = db.context_for(&user).expect("memory is read");
        let context = if n % 2 == 0 { known } else { Context::new(user) };
        let context = if n == 5 { Context::anonymous() } else { context };
        let context = match random.maybe(80, &["FR", "DE", "US", "NO"]) {
            Some(country) => context.with("country", country),
            None => context,
        };
        context
            .with("age", random.between(10, 60))
            .with("vip", random.percent(50))
            .with("version", random.pick(&["2.0.0", "2.1.0", "2.9", "none"]))
            .with("since", random.pick(&["2025-06-01T00:00:00Z", "2026-02-01T00:00:00Z"]))
    };
    (0..USERS).map(user).collect()
}

/// What a snapshot gives for a context.
fn answers(snapshot: &Snapshot, context: &Context) -> Vec<String> {
    snapshot.evaluate_all(context).map(|evaluation| evaluation.to_json()).collect()
}

/// The same key by key.
fn single_answers(snapshot: &Snapshot, context: &Context) -> Vec<String> {
    (0..KEYS).map(|n| snapshot.evaluate(format!("k{n}").as_str(), context).to_json()).collect()
}

fn keeps_its_word(seed: u64) {
    let mut random = Random::new(seed);
    let (db, other) = (store(&mut random), store(&mut random));
    let kept = contexts(&db, &mut random);
    let mut snapshots: Vec<Snapshot> = vec![db.snapshot(), other.snapshot()];
    for step in 0..12 {
        change(&db, &mut random);
        snapshots.push(db.snapshot());
        thread::scope(|scope| {
            for thread in 0..3 {
                let (kept, snapshots) = (&kept, &snapshots);
                let seed = (seed * 12 + step) * 3 + thread;
                scope.spawn(move || compare(kept, snapshots, &mut Random::new(seed)));
            }
        });
    }
}

/// Compares contexts that were used with copies of them, which were not.
fn compare(kept: &[Context], snapshots: &[Snapshot], random: &mut Random) {
    for _ in 0..40 {
        // the newest most often
        let newest = random.percent(50).then(|| snapshots.len() - 1);
        let at = newest.unwrap_or_else(|| random.below(snapshots.len()));
        let (context, snapshot) = (&kept[random.below(kept.len())], &snapshots[at]);
        let wanted = answers(snapshot, &context.clone());
        assert_eq!(single_answers(snapshot, context), wanted, "revision {}", snapshot.revision());
        assert_eq!(answers(snapshot, context), wanted, "revision {}", snapshot.revision());
    }
}

#[test]
fn a_context_that_was_used_gives_what_a_new_one_gives() {
    let seeds = std::env::var("PCQ_CONTEXTS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    (1..=seeds).for_each(keeps_its_word);
}

#[test]
fn an_instant_is_asked_for_each_time() {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").expect("an instant");
    let db = Database::builder().manual_clock(start).in_memory().expect("a store opens");
    run(
        &db,
        "CREATE KEY k STRING DEFAULT 'before';
         CREATE SEGMENT late WHERE NOW() >= TIMESTAMP '2026-03-01T10:00:00Z';
         CREATE SEGMENT outer WHERE IN SEGMENT late OR country = 'FR';
         CREATE CONFIG c SEGMENTS outer KEY k VALUES (outer = 'after'); PUBLISH CONFIG c;",
    );
    let context = Context::new("u").with("country", "DE");
    let value = || db.evaluate("k", &context).value().clone();
    assert_eq!(value().as_str(), Some("before"));
    run(&db, "ADVANCE CLOCK 1 HOUR;");
    assert_eq!(value().as_str(), Some("after"));
    let french = context.clone().with("country", "FR");
    assert_eq!(db.snapshot().evaluate("k", &french).value().as_str(), Some("after"));
}
