//! Traffic as evaluations record it.

use std::thread;

use super::super::*;
use crate::model::{Context, Profile, RecordedContext, Timestamp, Value};

const RULES: &str = "CREATE KEY k INTEGER DEFAULT 0;
    CREATE SEGMENT s WHERE city = 'Oslo' AND account.plan = 'pro';
    CREATE CONFIG c SEGMENTS s, EVERYONE KEY k VALUES (s = 1);
    PUBLISH CONFIG c; RECORD TRAFFIC 100%;";

fn store() -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    db.execute(RULES).unwrap();
    db
}

/// The users and attributes that were recorded, each as often as it counts.
fn recorded(db: &Database) -> Vec<String> {
    let write = crate::Statement::parse("CREATE KEY seen BOOLEAN DEFAULT TRUE").unwrap();
    let preview = db.preview(write.clone()).traffic().run_by_user().unwrap();
    let sum = db.preview(write).traffic().run().unwrap().population;
    let context = |change: &PreviewUser| {
        let attributes = Value::Object(change.attributes.clone().unwrap());
        format!("{} {attributes}", change.user.as_deref().unwrap_or("-"))
    };
    let mut all: Vec<_> = preview.changes.iter().map(context).collect();
    all.sort();
    all.push(sum.to_string());
    all
}

fn account() -> Value {
    Value::from_json(r#"{"plan": "pro", "card": "4111"}"#).unwrap()
}

#[test]
fn what_is_known_of_a_user_is_not_given_with_a_question() {
    let db = store();
    db.set_user(Profile::new("ada").with("city", "Oslo").with("account", account())).unwrap();
    let known = db.context_for("ada").unwrap();
    assert_eq!(db.get::<i64>("k", &known).unwrap(), 1);
    assert_eq!(recorded(&db), ["ada {}", "1"]);
    // what is given counts, though it is the same
    let given = known.clone().with("city", "Oslo").with("name", "Ada");
    assert_eq!(db.evaluate("k", &given).value(), &Value::from(1));
    db.count(&db.snapshot().evaluate("k", &given), &given);
    assert_eq!(recorded(&db), ["ada {\"city\":\"Oslo\"}", "ada {}", "3"]);
    let many = (0..20).fold(known, |context, n| context.with(format!("a{n}"), n));
    drop(db.evaluate("k", &many.with("account", account())));
    assert_eq!(recorded(&db)[1], "ada {\"city\":\"Oslo\"}");
    assert_eq!(recorded(&db)[0], "ada {\"account\":{\"plan\":\"pro\"}}");
}

#[test]
fn what_is_kept_is_what_the_state_reads_that_was_seen() {
    let db = store();
    let context = Context::new("u").with("city", "Oslo").with("team", "a").with("age", 5);
    drop(db.evaluate("k", &context));
    db.execute("ALTER SEGMENT s WHERE team = 'a'").unwrap();
    drop(db.evaluate("k", &context));
    db.execute("ALTER CONFIG c SET ROLLOUT s = 50% BY age").unwrap();
    drop(db.evaluate("k", &context));
    let wanted =
        ["u {\"age\":5,\"team\":\"a\"}", "u {\"city\":\"Oslo\"}", "u {\"team\":\"a\"}", "3"];
    assert_eq!(recorded(&db), wanted);
    db.execute("ARCHIVE CONFIG c").unwrap();
    drop(db.evaluate("k", &context));
    assert_eq!(recorded(&db)[3], "u {}");
}

#[test]
fn what_cannot_be_stored_is_not_recorded() {
    let db = store();
    let deep = (0..300).fold(Value::from(1), |inside, _| Value::from(vec![inside]));
    drop(db.evaluate("k", &Context::new("u").with("city", deep)));
    drop(db.evaluate("k", &Context::new("u").with("city", Value::Double(f64::NAN))));
    drop(db.evaluate("k", &Context::new("u").with("city", "x".repeat(70_000))));
    drop(db.evaluate("k", &Context::new("")));
    drop(db.evaluate("k", &Context::new("x".repeat(2_000))));
    drop(db.evaluate("unknown", &Context::new("v")));
    assert_eq!(recorded(&db), ["u {}", "2"]);
}

#[test]
fn a_context_is_passed_over_by_one_share_and_recorded_by_another() {
    let (db, other) = (store(), store());
    let context = Context::new("u");
    db.execute("RECORD TRAFFIC 0%").unwrap();
    for _ in 0..3 {
        drop(db.evaluate("k", &context));
        drop(other.evaluate("k", &context));
        drop(db.evaluate("k", &Context::anonymous()));
    }
    assert_eq!(recorded(&db), ["- {}", "3"]);
    assert_eq!(recorded(&other), ["u {}", "3"]);
    db.execute("RECORD TRAFFIC 100%").unwrap();
    drop(db.evaluate("k", &context));
    assert_eq!(recorded(&db), ["- {}", "u {}", "4"]);
}

#[test]
fn nothing_is_recorded_where_nothing_is_counted() {
    let db = Database::builder().count_deliveries(false).in_memory().unwrap();
    db.execute(RULES).unwrap();
    drop(db.evaluate("k", &Context::new("u")));
    db.execute("GET k FOR USER 'v'").unwrap();
    assert_eq!(recorded(&db), ["0"]);
}

#[test]
fn contexts_that_wait_take_bounded_memory() {
    let db = store();
    let context = |n: usize| Context::new(format!("u{n}")).with("city", "x".repeat(50_000));
    for n in 0..400 {
        drop(db.evaluate("k", &context(n)));
    }
    // those that are known are counted all the same
    drop(db.evaluate("k", &context(0)));
    let count = recorded(&db).len() - 1;
    assert!((100..200).contains(&count), "{count}");
    assert_eq!(recorded(&db).last().unwrap(), &(count + 1).to_string());
    drop(db.evaluate("k", &context(399)));
    assert_eq!(recorded(&db).len() - 1, count + 1);
}

#[test]
fn threads_and_states_lose_nothing() {
    let db = store();
    thread::scope(|scope| {
        for thread in 0..4 {
            let db = &db;
            scope.spawn(move || {
                for n in 0..500 {
                    drop(db.evaluate("k", &Context::new(format!("u{}", (n + thread) % 7))));
                }
            });
        }
        for n in 0..20 {
            db.execute(&format!("ALTER KEY k SET DEFAULT {n}")).unwrap();
            db.flush().unwrap();
        }
    });
    let recorded = recorded(&db);
    assert_eq!((recorded.len(), recorded.last().unwrap().as_str()), (8, "2000"));
}

#[test]
fn who_is_forgotten_is_not_written_later() {
    let db = store();
    drop(db.evaluate("k", &Context::new("u")));
    drop(db.evaluate("k", &Context::new("v")));
    db.forget_user("u").unwrap();
    assert_eq!(recorded(&db), ["v {}", "1"]);
    let outcomes = db.execute("FORGET USER 'v'; FORGET USER 'v'").unwrap();
    assert_eq!(outcomes[0].message().as_deref(), Some("forgot user v"));
    assert!(outcomes[1].message().unwrap().starts_with("nothing changed"));
    assert_eq!(recorded(&db), ["0"]);
    drop(db.evaluate("k", &Context::new("w")));
    db.execute("BEGIN; FORGET USER 'w'; COMMIT").unwrap();
    assert_eq!(recorded(&db), ["0"]);
}

#[test]
fn what_is_recorded_is_there_when_the_store_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.pcdb");
    let db = Database::open(&path).unwrap();
    db.execute(RULES).unwrap();
    drop(db.evaluate("k", &Context::new("u").with("city", "Oslo")));
    drop(db);
    let db = Database::open(&path).unwrap();
    drop(db.evaluate("k", &Context::new("u").with("city", "Oslo")));
    assert_eq!(recorded(&db), ["u {\"city\":\"Oslo\"}", "2"]);
    let mut dump = Vec::new();
    db.dump(&mut dump, crate::DumpKind::Current).unwrap();
    let dump = String::from_utf8(dump).unwrap();
    assert!(dump.contains("RECORD TRAFFIC 100% KEEP 30 DAYS;"), "{dump}");
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn batches_before_a_mistake_are_recorded() {
    let db = store();
    let contexts = (0..100).map(|n| {
        RecordedContext::new().user(if n == 70 { String::new() } else { format!("u{n}") })
    });
    assert_eq!(db.record_traffic(contexts).unwrap_err().code(), "bad-literal");
    assert_eq!(recorded(&db).len() - 1, 64);
    let read = Database::builder().role(crate::Role::Read);
    let values = read.in_memory().unwrap().record_traffic([RecordedContext::new()]);
    assert_eq!(values.unwrap_err().code(), "not-allowed");
}
