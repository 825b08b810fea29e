//! Rows that are handed over as they are found.

use std::ops::ControlFlow;

use allocation_counter::measure;

use crate::{Column, Database, Result, RowSink, Script, Streamed, Timestamp, Value};

/// Sink that does something at each row.
struct At<F>(F);

impl<F: FnMut(Vec<Value>) -> ControlFlow<()>> RowSink for At<F> {
    fn begin(&mut self, columns: &[Column]) {
        assert!(!columns.is_empty());
    }

    fn take(&mut self, row: Vec<Value>) -> ControlFlow<()> {
        (self.0)(row)
    }
}

fn store(keys: usize) -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    let keys = (0..keys).map(|key| format!("CREATE KEY k{key} INTEGER DEFAULT {key};"));
    db.execute(&keys.collect::<Vec<_>>().concat()).unwrap();
    db
}

/// Hands the first values of the rows of a query over.
fn stream(
    db: &Database,
    query: &str,
    mut take: impl FnMut(Value) -> ControlFlow<()>,
) -> Result<()> {
    let query = format!("{query};");
    let statement = Script::new(query.as_bytes()).next().unwrap().unwrap();
    let mut sink = At(|row: Vec<Value>| take(row.into_iter().next().unwrap()));
    let streamed = db.session().stream_parsed(&statement, &mut sink)?;
    assert_eq!(streamed, Streamed::Rows(Vec::new()));
    Ok(())
}

#[test]
fn no_more_rows_are_held_than_a_plan_has_to() {
    let triples = "FROM keys a, keys b, keys c";
    let most = |keys: usize, query: &str| {
        let (db, mut count) = (store(keys), 0);
        let taken = measure(|| {
            stream(&db, query, |_| {
                count += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        });
        (count, taken.bytes_max)
    };
    for query in [
        format!("SELECT a.key, b.key || c.key {triples}"),
        format!("SELECT a.key {triples} WHERE a.version < 2 OR b.key = 'x'"),
        format!("SELECT a.key {triples} LIMIT 50000"),
        format!("SELECT a.key {triples} UNION ALL SELECT a.key {triples}"),
        format!("SELECT t.key FROM (SELECT a.key {triples}) AS t"),
    ] {
        let (few, many) = (most(5, &query), most(40, &query));
        assert!(few.0 <= 250 && many.0 >= 50_000, "{query}: {few:?} {many:?}");
        assert!(many.1 < few.1 + 100_000, "{query}: {few:?} {many:?}");
    }
    let sorted = most(40, &format!("SELECT a.key {triples} ORDER BY b.key"));
    assert!(sorted.1 > 1_000_000, "{sorted:?}");
}

/// All that a query finds while each row makes others write.
fn found_while_others_write(db: &Database, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    stream(db, query, |value| {
        let turn = found.len();
        let writes = format!(
            "CREATE KEY \"later {turn}\" INTEGER DEFAULT 1; SET USER 'b' n = {turn}; SET USER 'later {turn}' n = 1;
             TRACK 'E' FOR USER 'b'; FORGET USER 'c';"
        );
        db.execute(&writes).unwrap();
        found.push(value);
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

#[test]
fn all_rows_are_of_one_instant() {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    let all = "SELECT key FROM keys UNION ALL SELECT user || ' ' || events FROM users";
    let named = "SELECT user || ' ' || events FROM users WHERE user IN ('a', 'b', 'c')";
    for (query, expected) in
        [(all, texts(&["k0", "k1", "a 0", "b 1", "c 0"])), (named, texts(&["a 0", "b 1", "c 0"]))]
    {
        let db = store(2);
        db.execute("SET USER 'a' n = 1; TRACK 'E' FOR USER 'b'; SET USER 'c' n = 1;").unwrap();
        // what is known of them may be remembered
        db.execute("SHOW USERS; EXPLAIN GET k0 FOR USER 'b';").unwrap();
        assert_eq!(found_while_others_write(&db, query), expected, "{query}");
        assert_eq!(db.execute("SHOW COUNT OF USERS;").unwrap()[0].rows().unwrap().rows().len(), 1);
    }
}

#[test]
fn an_error_comes_after_the_rows_before_it() {
    let db = store(4);
    let mut found = Vec::new();
    let query = "SELECT CASE WHEN key = 'k2' THEN (SELECT key FROM keys) ELSE key END FROM keys";
    let error = stream(&db, query, |value| {
        found.push(value);
        ControlFlow::Continue(())
    });
    assert_eq!(error.unwrap_err().code(), "too-many-rows");
    assert_eq!(found, [Value::from("k0"), "k1".into()]);
    let held = db.execute(&format!("{query};"));
    assert_eq!(held.unwrap_err().code(), "too-many-rows");

    let error = db.query(query).unwrap().last().unwrap().unwrap_err();
    assert_eq!(error.code(), "too-many-rows");
    assert_eq!(db.query("SELECT kee FROM keys").unwrap_err().code(), "unknown-column");
    assert_eq!(
        db.query("SELECT key FROM keys WHERE key = :k").unwrap_err().code(),
        "unknown-parameter"
    );
}

#[test]
fn an_interrupt_ends_the_rows() {
    let db = store(30);
    let handle = db.interrupt_handle();
    let mut count = 0;
    let error = stream(&db, "SELECT a.key FROM keys a, keys b, keys c", |_| {
        count += 1;
        if count == 10 {
            handle.interrupt();
        }
        ControlFlow::Continue(())
    });
    assert_eq!(error.unwrap_err().code(), "interrupted");
    assert!((10..1_000).contains(&count), "{count}");
}

#[test]
fn a_sink_that_wants_no_more_gets_no_more() {
    let db = store(30);
    let mut count = 0;
    stream(&db, "SELECT a.key FROM keys a, keys b ORDER BY a.key", |_| {
        count += 1;
        if count < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .unwrap();
    assert_eq!(count, 10);
}

/// As many rows as nobody waits for, and a condition that none of them meets.
const ENDLESS: &str = "keys a, keys b, keys c, keys d, keys e, keys f, keys g, keys h";
const NEVER: &str = "a.key || b.key || c.key || d.key || e.key || f.key || g.key || h.key = 'x'";

#[test]
fn the_query_of_a_cursor_ends_with_it() {
    let db = store(30);
    let mut cursor = db.query(&format!("SELECT a.key FROM {ENDLESS}")).unwrap();
    assert_eq!(cursor.next().unwrap().unwrap().get::<String>("key").unwrap(), "k0");
    drop(cursor);
    let cursor = db.query(&format!("SELECT a.key FROM {ENDLESS} WHERE {NEVER}")).unwrap();
    assert_eq!(cursor.columns()[0].name(), "key");
    drop(cursor);
    let cursor = db.query(&format!("SELECT a.key FROM {ENDLESS} WHERE {NEVER}")).unwrap();
    let (db, handle) = (db.clone(), db.interrupt_handle());
    let asked = std::thread::spawn(move || cursor.into_rows());
    while !asked.is_finished() {
        handle.interrupt();
        std::thread::yield_now();
    }
    assert_eq!(asked.join().unwrap().unwrap_err().code(), "interrupted");
    db.close().unwrap();
}

#[test]
fn a_cursor_passes_over_held_rows_too() {
    let db = store(3);
    let names = |query: &str| -> Vec<String> {
        let rows = db.query(query).unwrap();
        rows.map(|row| row.unwrap().get("key").unwrap()).collect()
    };
    let all = ["k0", "k1", "k2"];
    assert_eq!(names("SHOW KEYS"), all);
    assert_eq!(names("SELECT key FROM keys"), all);
    let mut shown = db.query("SHOW KEYS").unwrap();
    shown.next();
    assert_eq!(shown.into_rows().unwrap().len(), 2);
    let mut shown = db.query("SELECT key FROM keys").unwrap();
    shown.next();
    assert_eq!(shown.into_rows().unwrap().len(), 2);
    assert_eq!(db.query("CREATE KEY x INTEGER DEFAULT 1").unwrap_err().code(), "syntax");
    assert_eq!(db.revision(), 3);
    let get = db.prepare("SELECT :a AS a").unwrap();
    let row = get.query(&crate::Parameters::new().with("a", 5)).unwrap().next().unwrap().unwrap();
    assert_eq!((row.to_json(), row.values()), (r#"{"a":5}"#.to_owned(), &[Value::Integer(5)][..]));
    assert_eq!(
        (row.value("a"), row.value("b"), row.form(0)),
        (Some(&Value::Integer(5)), None, None)
    );
    db.execute("CREATE KEY j JSON DEFAULT '[1]';").unwrap();
    let row = db.query("SHOW KEYS WHERE key = 'j'").unwrap().next().unwrap().unwrap();
    assert_eq!(row.form(3), Some(crate::Form::JsonText));
}

#[test]
fn what_listens_may_ask() {
    let db = store(1);
    let (asked, found) = (db.clone(), std::sync::Arc::new(std::sync::Mutex::new(0)));
    let told = std::sync::Arc::clone(&found);
    let _listener = db.subscribe(move |_, _| {
        *told.lock().unwrap() = asked.query("SELECT key FROM keys").unwrap().count();
    });
    db.execute("CREATE KEY x INTEGER DEFAULT 1;").unwrap();
    assert_eq!(*found.lock().unwrap(), 2);
}
