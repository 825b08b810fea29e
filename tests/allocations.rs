//! An evaluation allocates nothing, but where a condition has to make text.

use allocation_counter::measure;
use pcq::{Context, Database, Event, Timestamp, Value};

/// Conditions with every operator and function that makes no text of its own, and both outcomes of each.
const QUIET: &[&str] = &[
    "country = 'US'",
    "'US' = country",
    "country != 'a text that is longer than fifteen bytes'",
    "long = 'a text that is longer than fifteen bytes'",
    "country IN ('FR', 'US')",
    "country NOT IN ('FR', 'a text that is longer than fifteen bytes')",
    "country IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'US')",
    "long IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'a text that is longer than fifteen bytes')",
    "age IN (1, 42)",
    "missing = 'US'",
    "age = 42 AND age != 43 OR NOT (age < 5)",
    "age >= 5 AND age > 5.5 AND age <= 99 AND age < 99.5",
    "age BETWEEN 1 AND 50",
    "age NOT BETWEEN 1 AND 5",
    "age + 1 - 2 * 3 / 4 % 5 > -age",
    "address.city = 'Oslo'",
    "address.street.name IS NULL",
    "vip IS TRUE AND vip IS NOT FALSE AND vip IS NOT NULL",
    "long CONTAINS 'longer'",
    "tags CONTAINS 'b'",
    "tags CONTAINS ANY ('x', 'b')",
    "tags CONTAINS ALL ('a', 'b')",
    "long STARTS WITH 'a text'",
    "long NOT ENDS WITH ('x', 'bytes')",
    "long MATCHES '^a .* (longer|shorter) than'",
    "ANY(tags) = 'b'",
    "ANY(numbers) > 2 AND ANY(tags) IN ('b', 'c')",
    "app >= SEMVER '5.2.0'",
    "app < SEMVER '5.10.0-beta.1'",
    "browser < VERSION '112.1'",
    "joined < TIMESTAMP '2026-01-01T00:00:00Z'",
    "joined BETWEEN TIMESTAMP '2020-01-01T00:00:00Z' AND NOW()",
    "joined > NOW() - 9000 DAYS",
    "millis < NOW()",
    "user_id = 'u1'",
    "IN SEGMENT americans AND NOT IN SEGMENT nobody",
    "IN SEGMENT listed AND NOT IN SEGMENT unlisted",
    "KEY(plan) = 'free'",
    "LENGTH(country) = 2 AND LENGTH(TRIM(padded)) = 2",
    "SUBSTR(country, 1, 1) = 'U'",
    "REPLACE(country, '', 'x') = 'US'",
    "COALESCE(missing, country, 'x') = 'US'",
    "IF(age > 40, country, 'x') = 'US'",
    "ABS(-age) + FLOOR(ratio) + CEIL(ratio) + ROUND(ratio) + MOD(age, 5) + DIV(age, 5) > 0",
    "SIZE(tags) = 2",
    "HOUR(joined, 'Europe/Paris') < 24 AND WEEKDAY(joined, 'America/New_York') < 8",
    "IP_IN(ip, '10.0.0.0/8')",
    "DISTANCE_KM(lat, lon, 59.9, 10.7) < 1000",
    "BUCKET('salt', user_id) < 100000 AND BUCKET('salt', age) >= 0",
    "SEMVER '5.2.0' <= app AND TIMESTAMP '2026-01-01T00:00:00Z' > joined",
    "HASH('murmur3', user_id, 7) > 0 AND HASH('sha256', user_id) > 0 AND HASH('xxh3', user_id) > 0",
    "HASH_MOD('md5', user_id, 100) < 100 AND HASH_MOD('sha1', user_id, 100, 40) < 100",
    "CAST(digits AS INTEGER) = 12 AND CAST(digits AS DOUBLE) = 12 AND CAST(vip AS INTEGER) IS NULL",
];

/// What has to make text: its cost is that of the text.
const LOUD: &[&str] = &[
    "LOWER(country) = 'us'",
    "country || '-' || country = 'US-US'",
    "HASH_HEX('md5', user_id) != ''",
    "CAST(age AS STRING) = '42'",
    "REPLACE(country, 'U', 'V') = 'VS'",
];

fn user() -> Context {
    let address = Value::from_json(r#"{"city": "Oslo", "street": {}}"#).unwrap();
    Context::new("u1")
        .with("country", "US")
        .with("long", "a text that is longer than fifteen bytes")
        .with("age", 42)
        .with("account", 7)
        .with("ratio", 1.5)
        .with("address", address)
        .with("vip", true)
        .with("tags", Value::from_json(r#"["a", "b"]"#).unwrap())
        .with("numbers", Value::from_json("[1, 2, 3]").unwrap())
        .with("app", "5.2")
        .with("browser", "112.0.5615.49")
        .with("joined", "2025-11-22T10:00:00+02:00")
        .with("millis", 1_700_000_000_000_i64)
        .with("padded", "  US ")
        .with("ip", "10.1.2.3")
        .with("lat", 59.9)
        .with("lon", 10.75)
        .with("digits", " 12 ")
}

/// A store with a key for each condition, rolled out and split.
fn store(conditions: &[&str]) -> Database {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE SEGMENT americans WHERE country = 'US';
         CREATE SEGMENT nobody WHERE NOT (IN SEGMENT americans) AND FALSE;
         CREATE KEY plan STRING DEFAULT 'free';",
    )
    .unwrap();
    db.load_list("listed", ["u1", "u2"]).unwrap();
    db.load_list("unlisted", ["u2", "u3"]).unwrap();
    for (n, condition) in conditions.iter().enumerate() {
        let script = format!(
            "CREATE KEY key{n} STRING DEFAULT 'none';
             CREATE SEGMENT s{n} WHERE {condition};
             CREATE CONFIG c{n} SEGMENTS s{n} 99.999%, EVERYONE
                 KEY key{n} VALUES (s{n} = SPLIT (a: 50% 'a', b: 50% 'b') BY account, EVERYONE = 'all');
             PUBLISH CONFIG c{n};"
        );
        db.execute(&script).unwrap_or_else(|error| panic!("{condition}: {error}"));
    }
    db
}

/// How often an evaluation allocates once all is prepared that is prepared once. With the second evaluation for a
/// context comes the memory for what is decided of it.
fn allocations(db: &Database, key: &str, user: &Context) -> u64 {
    drop(db.evaluate(key, user));
    drop(db.evaluate(key, user));
    measure(|| drop(db.evaluate(key, user))).count_total
}

#[test]
fn evaluations_allocate_nothing() {
    let (db, user) = (store(QUIET), user());
    for (n, condition) in QUIET.iter().enumerate() {
        assert_eq!(allocations(&db, &format!("key{n}"), &user), 0, "{condition}");
        // for whom everything is missing
        assert_eq!(allocations(&db, &format!("key{n}"), &Context::anonymous()), 0, "{condition}");
    }
}

#[test]
fn the_first_evaluation_of_a_context_allocates_nothing() {
    let (db, warm) = (store(QUIET), user());
    for (n, condition) in QUIET.iter().enumerate() {
        let key = format!("key{n}");
        drop(db.evaluate(&key, &warm));
        let fresh = user();
        let count = measure(|| drop(db.evaluate(&key, &fresh))).count_total;
        assert_eq!(count, 0, "{condition}");
    }
}

#[test]
fn handles_and_snapshots_allocate_nothing() {
    let (db, user) = (store(QUIET), user());
    let (handle, snapshot) = (db.key("key0").unwrap(), db.snapshot());
    drop(db.evaluate(&handle, &user));
    let none = |what: &str, work: &dyn Fn()| assert_eq!(measure(work).count_total, 0, "{what}");
    let evaluation = snapshot.evaluate(&handle, &user);
    none("a snapshot", &|| drop(snapshot.evaluate(&handle, &user)));
    none("a look at it", &|| {
        assert!(evaluation.value().as_str().is_some() && evaluation.variant().is_some());
        assert!(evaluation.segment().is_some() && evaluation.version() == Some(1));
    });
    none("counting", &|| db.count(&evaluation.clone(), &user));
    none("a typed value", &|| {
        assert!(db.get::<std::sync::Arc<str>>(&handle, &user).is_ok());
    });
    none("another snapshot", &|| drop(db.snapshot()));
}

/// While traffic is recorded, a context of a user who is not recorded costs no memory; one that is recorded does.
#[test]
fn contexts_that_are_passed_over_allocate_nothing() {
    let (db, user) = (store(&QUIET[..4]), user());
    assert_eq!(allocations(&db, "key0", &user), 0);
    db.execute("RECORD TRAFFIC 0%").unwrap();
    let fresh = user.clone();
    assert_eq!(allocations(&db, "key0", &user), 0);
    assert_eq!(measure(|| drop(db.evaluate("key0", &fresh))).count_total, 0);
    let evaluation = db.snapshot().evaluate("key0", &user).into_owned();
    assert_eq!(measure(|| db.count(&evaluation, &user)).count_total, 0);
    db.execute("RECORD TRAFFIC 100%").unwrap();
    assert!(measure(|| drop(db.evaluate("key0", &user))).count_total > 0);
    db.execute("RECORD TRAFFIC OFF").unwrap();
    assert_eq!(allocations(&db, "key0", &user), 0);
}

#[test]
fn what_makes_text_allocates() {
    let (db, user) = (store(LOUD), user());
    for (n, condition) in LOUD.iter().enumerate() {
        let key = format!("key{n}");
        drop(db.evaluate(&key, &user));
        // what was decided of a context is not made again
        let fresh = user.clone();
        let count = measure(|| drop(db.evaluate(&key, &fresh))).count_total;
        assert!(count > 0, "{condition}: move it up");
        assert_eq!(allocations(&db, &key, &user), 0, "{condition}");
    }
}

/// What the context of a user has ready is only looked up, as long as it holds.
#[test]
fn what_users_did_allocates_nothing_when_it_is_ready() {
    let start = Timestamp::parse("2026-03-01T00:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    let conditions = [
        "COUNT(EVENT 'e' WHERE n > 1 WITHIN 1 DAY) >= 2",
        "SUM(EVENT 'e' OF n) > 3 AND AVG(EVENT 'e' OF n) > 1",
        "FAVORITE(EVENT 'e' OF shop) = 'a text that is longer than fifteen bytes'",
        "DID 'e' AND NOT DID 'f' AND LAST(EVENT 'e') <= NOW()",
        "DISTINCT(EVENT 'e' OF shop) = 1 AND SHARE(EVENT 'e' OF n = 2) > 0.3",
    ];
    for (n, condition) in conditions.iter().enumerate() {
        let script = format!(
            "CREATE KEY key{n} BOOLEAN DEFAULT FALSE; CREATE SEGMENT s{n} WHERE {condition};
             CREATE CONFIG c{n} SEGMENTS s{n} KEY key{n} = TRUE; PUBLISH CONFIG c{n};"
        );
        db.execute(&script).unwrap();
    }
    let shop = "a text that is longer than fifteen bytes";
    db.track_all((1..4).map(|n| Event::new("e", "ann").with("n", n).with("shop", shop))).unwrap();
    let user = db.context_for("ann").unwrap();
    for (n, condition) in conditions.iter().enumerate() {
        let key = format!("key{n}");
        assert!(db.get::<bool>(&key, &user).unwrap(), "{condition}");
        assert_eq!(allocations(&db, &key, &user), 0, "{condition}");
    }
}
