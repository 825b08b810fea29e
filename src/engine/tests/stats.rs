//! `SHOW STATS` over deliveries that are made by hand.

use crate::engine::Database;
use crate::model::{
    ConfigId, Delivered, Delivery, DeliveryBatch, KeyId, Reason, SegmentId, Timestamp, UserSketch,
    Value,
};

/// 2026-03-01T09:00:00Z, in minutes since 1970.
const START: i64 = 29_539_260;
const DAY: i64 = 1_440;

fn database() -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    db.execute(
        "CREATE KEY theme STRING DEFAULT 'light'; CREATE KEY rate DOUBLE DEFAULT 1;
         CREATE KEY dead BOOLEAN DEFAULT FALSE; ARCHIVE KEY dead;
         CREATE SEGMENT beta WHERE plan = 'beta';
         CREATE CONFIG look SEGMENTS beta, EVERYONE KEY theme = 'dark';
         ALTER CONFIG look ADD KEY rate VALUES (beta = 2); PUBLISH CONFIG look;",
    )
    .unwrap();
    db
}

/// Deliveries of the first version of the config.
fn theme(minute: i64, segment: Option<u32>, value: &str, count: u64) -> Delivered {
    let reason = if segment.is_some() { Reason::TargetingMatch } else { Reason::Default };
    let delivery = Delivery {
        key: KeyId(1),
        owner: Some((ConfigId(1), 1)),
        segment: segment.map(SegmentId),
        variant: None,
        value: value.into(),
        reason,
    };
    Delivered { delivery, minute, count, users: None }
}

/// Deliveries of a key by a version of the config and by none.
fn rate(minute: i64, owner: Option<u32>, count: u64) -> Delivered {
    let (key, owner) = (KeyId(2), owner.map(|version| (ConfigId(1), version)));
    let (variant, reason) = match owner {
        Some(_) => (Some("A".into()), Reason::Split),
        None => (None, Reason::Static),
    };
    let delivery =
        Delivery { key, owner, segment: None, variant, value: Value::Double(2.5), reason };
    Delivered { delivery, minute, count, users: None }
}

fn add(db: &Database, number: u64, delivered: Vec<Delivered>) {
    db.shared
        .store
        .add_deliveries(&DeliveryBatch { number, delivered, ..DeliveryBatch::default() })
        .unwrap();
}

/// The rows of a statement, one a line; the times are short.
fn rows(db: &Database, statement: &str) -> String {
    let outcome = db.execute(statement).unwrap().pop().unwrap();
    let row = |row: &[Value]| row.iter().map(written).collect::<Vec<_>>().join(" ");
    outcome.rows().unwrap().rows().iter().map(|r| row(r)).collect::<Vec<_>>().join("\n")
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.replace("2026-", "").replace(":00Z", ""),
        other => other.to_string(),
    }
}

#[test]
fn buckets_are_sorted_and_shared() {
    let db = database();
    let delivered = vec![
        theme(START, Some(1), "dark", 2),
        theme(START + 1, Some(0), "dark", 3),
        theme(START + 60, None, "light", 1),
        rate(START, Some(2), 1),
        rate(START, None, 2),
    ];
    add(&db, 1, delivered);
    assert_eq!(
        rows(&db, "SHOW STATS FOR CONFIG look;"),
        "03-01T00:00 day rate 2 - A 2.5 SPLIT 1 33.333 -\n\
         03-01T00:00 day theme 1 - - light DEFAULT 1 16.667 -\n\
         03-01T00:00 day theme 1 EVERYONE - dark TARGETING_MATCH 3 50.0 -\n\
         03-01T00:00 day theme 1 beta - dark TARGETING_MATCH 2 33.333 -"
    );
    assert_eq!(
        rows(&db, "SHOW STATS FOR CONFIG look KEY theme BY HOUR WHERE share = 100;"),
        "03-01T10:00 hour theme 1 - - light DEFAULT 1 100.0 -"
    );
    assert_eq!(
        rows(&db, "SHOW STATS FOR CONFIG look SEGMENT EVERYONE BY MINUTE;"),
        "03-01T09:01 minute theme 1 EVERYONE - dark TARGETING_MATCH 3 100.0 -"
    );
    let window = "SINCE '2026-03-01T09:30:00Z' UNTIL '2026-03-01T10:00:00Z'";
    assert_eq!(
        rows(&db, &format!("SHOW STATS FOR CONFIG look VERSION 1 BY HOUR {window} LIMIT 1;")),
        "03-01T09:00 hour theme 1 EVERYONE - dark TARGETING_MATCH 3 60.0 -"
    );
}

#[test]
fn what_is_old_is_coarser_and_names_are_those_of_now() {
    let db = database();
    add(&db, 1, vec![theme(START, Some(1), "dark", 5)]);
    add(&db, 2, vec![theme(START + 40 * DAY, Some(1), "dark", 7)]);
    db.execute("ALTER CONFIG look RENAME TO front;").unwrap();
    assert_eq!(
        rows(&db, "SHOW STATS FOR CONFIG front SEGMENT beta BY HOUR;"),
        "03-01T00:00 day theme 1 beta - dark TARGETING_MATCH 5 100.0 -\n\
         04-10T09:00 hour theme 1 beta - dark TARGETING_MATCH 7 100.0 -"
    );
}

#[test]
fn users_are_counted_by_day() {
    let db = database();
    let tracked = |minute: i64, users: std::ops::Range<i64>| {
        let mut sketch = UserSketch::new();
        users.for_each(|user| sketch.insert(&format!("user {user}")));
        Delivered { users: Some(sketch), ..theme(minute, None, "light", 9) }
    };
    add(&db, 1, vec![tracked(START, 0..5), tracked(START + 70, 3..8)]);
    let wanted = "03-01T00:00 day theme 1 - - light DEFAULT 18 100.0 8";
    assert_eq!(rows(&db, "SHOW STATS FOR CONFIG look;"), wanted);
    assert!(rows(&db, "SHOW STATS FOR CONFIG look BY HOUR LIMIT 1;").ends_with("9 100.0 -"));
}

#[test]
fn keys_tell_whether_they_live() {
    let db = database();
    let delivered = vec![
        theme(START, Some(1), "dark", 1),
        theme(START, None, "light", 2),
        rate(START + DAY, None, 4),
    ];
    add(&db, 1, delivered);
    let all = "dead archived - 0 0 - - -\n\
         rate active look 4 0 0.0 03-02T09:00 03-02T09:00\n\
         theme active look 3 1 33.333 03-01T09:00 03-01T09:00";
    assert_eq!(rows(&db, "SHOW STATS FOR KEYS;"), all);
    let keys = |rest: &str| rows(&db, &format!("SHOW STATS FOR KEYS {rest};"));
    assert!(keys("WHERE deliveries = 0").starts_with("dead "));
    assert!(keys("WHERE deliveries > 0 AND targeted = 0").starts_with("rate "));
    let old = keys("WHERE last < '2026-03-02T00:00:00+01:00'");
    assert!(old.starts_with("theme ") && !old.contains('\n'), "{old}");
    assert!(keys("ORDER BY last LIMIT 2").starts_with("dead archived"));
    assert_eq!(
        keys("SINCE '2026-03-02T00:00:00Z' WHERE key = 'theme'"),
        "theme active look 0 0 - 03-01T09:00 03-01T09:00"
    );
}

#[test]
fn whoever_may_only_read_may_ask() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let db = Database::open(&path).unwrap();
    db.execute("CREATE KEY theme STRING DEFAULT 'light';").unwrap();
    add(&db, 1, vec![theme(START, None, "light", 3)]);
    drop(db);
    let reading = Database::builder().read_only(true);
    for db in [reading.clone().open(&path).unwrap(), reading.dry_run(true).open(&path).unwrap()] {
        let wanted = "theme active - 3 0 0.0 03-01T09:00 03-01T09:00";
        assert_eq!(rows(&db, "SHOW STATS FOR KEYS;"), wanted);
        assert_eq!(db.verify().unwrap().problems, [""; 0]);
    }
}

#[test]
fn a_transaction_does_not_see_what_came_after_it() {
    let db = database();
    let mut session = db.session();
    session.execute("BEGIN;").unwrap();
    db.execute("CREATE SEGMENT late WHERE a; ALTER CONFIG look ADD SEGMENT late FIRST;").unwrap();
    add(&db, 1, vec![theme(START, Some(2), "dark", 1), theme(START, None, "light", 3)]);
    let outcome = session.execute("SHOW STATS FOR CONFIG look;").unwrap().pop().unwrap();
    let rows = outcome.rows().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows.value(0, "share"), Some(&Value::Double(75.0)));
}
