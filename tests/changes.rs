//! `SHOW CHANGES` against `GET … AS OF`: between two rows a user is given what the earlier one says, in the past and in
//! time to come, in a transaction and on disk.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pcq::{Database, Rows, Session, Timestamp, Value};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;
const KEYS: [&str; 3] = ["k0", "k1", "k2"];
/// What a row of `SHOW CHANGES` and one of `GET` have in common, as each calls it.
const SAME: [(&str, &str); 6] = [
    ("to", "value"),
    ("to_reason", "reason"),
    ("config", "config"),
    ("version", "version"),
    ("segment", "segment"),
    ("variant", "variant"),
];

fn start() -> Timestamp {
    Timestamp::parse("2026-03-27T00:00:00Z").unwrap()
}

fn minute(number: i64) -> Timestamp {
    after(start(), number * MINUTE)
}

fn after(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros() + micros).unwrap()
}

/// Conditions that turn by events, by the clock, by attributes, keys and other segments.
fn condition(n: u8) -> String {
    match n % 14 {
        0 => "city = 'Oslo'".to_owned(),
        1 => "COUNT(EVENT 'buy' WHERE n > 1 WITHIN 20 MINUTES) >= 2".to_owned(),
        2 => "DID 'buy' WITHIN 7 MINUTES OR DID 'open' WITHIN 90 SECONDS".to_owned(),
        3 => format!("NOW() >= TIMESTAMP '{}'", minute(i64::from(n))),
        4 => "seen > NOW() - 11 MINUTES".to_owned(),
        5 => "LAST(EVENT 'open') > NOW() - 13 MINUTES AND IN SEGMENT s0".to_owned(),
        6 => "KEY(k0) > 3".to_owned(),
        7 => format!("NOW() - TIMESTAMP seen BETWEEN {n} SECONDS AND 9 MINUTES"),
        8 => "HOUR(NOW() + 7 MINUTES, 'Asia/Kolkata') IN (5, 7)".to_owned(),
        9 => "DID(EVENT 'open' WHERE TIMESTAMP till > NOW() WITHIN 40 MINUTES)".to_owned(),
        10 => "FAVORITE(EVENT 'buy' OF n WITHIN 15 MINUTES) = 2".to_owned(),
        11 => "SUM(EVENT 'buy' OF n SINCE '2026-03-27T00:09:00Z') > 4 AND NOT city = 'Oslo'"
            .to_owned(),
        12 => "ANY(days) <= NOW() AND WEEKDAY(NOW(), 'UTC') = 5".to_owned(),
        _ => "NOT NOW() IN (TIMESTAMP seen, TIMESTAMP '2026-03-27T00:30:00Z')".to_owned(),
    }
}

fn database() -> Database {
    let db = Database::builder().manual_clock(start()).in_memory().unwrap();
    db.execute(
        "CREATE KEY k0 INTEGER DEFAULT 0; CREATE KEY k1 STRING DEFAULT 'a'; CREATE KEY k2 JSON DEFAULT 1;
         CREATE SEGMENT s0 WHERE city = 'Oslo'; CREATE SEGMENT s1 WHERE DID 'buy'; CREATE SEGMENT s2 WHERE FALSE;
         CREATE CONFIG c0 SEGMENTS s0 50%, s1 KEY k0 VALUES (s0 = 5, s1 = SPLIT (50% 1, 50% 4) BY city);
         CREATE CONFIG c1 SEGMENTS s2, s1 80% BY city, EVERYONE
             KEY k1 VALUES (s2 = 'b', s1 = 'c'), KEY k2 VALUES (s2 = 1.0, EVERYONE = {\"a\": [1]});
         PUBLISH CONFIG c0; PUBLISH CONFIG c1;",
    )
    .unwrap();
    db
}

/// What happens; some of it is refused, or changes nothing.
fn happen(session: &mut Session, now: Timestamp, (what, n, value): (u8, u8, u8)) {
    let (config, user) = (n % 2, format!("u{}", n % 2));
    let near = after(now, (i64::from(value) - 20) * MINUTE / 3);
    let (at, until) = (after(now, i64::from(1 + value % 9) * MINUTE), after(now, 12 * MINUTE));
    let edit = match config {
        0 => format!("ALTER CONFIG c0 SET k0 VALUES (s0 = {value}, s1 = {n})"),
        _ => format!("ALTER CONFIG c1 SET k2 VALUES (s2 = {value}, EVERYONE = {n}.0)"),
    };
    let statements = match what % 16 {
        0..3 => format!("TRACK 'buy' FOR USER '{user}' {{\"n\": {}}} AT '{near}'", value % 4),
        3 => format!("TRACK 'open' FOR USER '{user}' {{\"till\": \"{at}\"}} AT '{near}'"),
        4 | 5 => {
            let city = if value % 2 == 0 { "'Oslo'" } else { "NULL" };
            format!(
                "SET USER '{user}' city = {city}, seen = '{at}', days = [\"{until}\"] AT '{near}'"
            )
        }
        6..9 => format!("ALTER SEGMENT s{} WHERE {}", n % 3, condition(value)),
        9 => format!("{edit}; PUBLISH CONFIG c{config}"),
        10 => format!("{edit}; PUBLISH CONFIG c{config} AT '{at}'"),
        11 => format!("{edit}; PUBLISH CONFIG c{config} AT '{at}' UNTIL '{until}'"),
        12 if value % 2 == 0 => format!("DISABLE CONFIG c{config}"),
        12 => format!("ENABLE CONFIG c{config}"),
        13 if value % 2 == 0 => format!("ARCHIVE CONFIG c{config}"),
        13 => format!("RESTORE CONFIG c{config}"),
        14 => format!("ALTER KEY k0 SET DEFAULT {value}; CANCEL SCHEDULE OF CONFIG c{config}"),
        _ => format!("REVERT CONFIG c{config} TO VERSION {}", 1 + value % 3),
    };
    for statement in statements.split("; ") {
        if session.execute(statement).is_err() {
            break;
        }
    }
}

fn rows(session: &mut Session, question: &str) -> Rows {
    let outcomes = session.execute(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    outcomes[0].rows().unwrap().clone()
}

/// What a row says of a key, in the columns of a statement.
fn said(
    rows: &Rows,
    row: usize,
    column: impl Fn(&(&'static str, &'static str)) -> &'static str,
) -> String {
    let mut said = String::new();
    for pair in &SAME {
        let value = rows.value(row, column(pair)).unwrap_or(&Value::Null);
        let _ = write!(said, "{value} | ");
    }
    // 1 and 1.0 are the same value
    said.replace(".0 ", " ")
}

/// Compares what is told of the changes of a key with what the user is given at instants.
fn compare(
    session: &mut Session,
    key: &str,
    user: &str,
    since: Timestamp,
    until: Timestamp,
    others: &[Timestamp],
) {
    let question =
        format!("SHOW CHANGES OF {key} FOR USER '{user}' SINCE '{since}' UNTIL '{until}'");
    let changes = rows(session, &question);
    let at = |row| Timestamp::parse(changes.value(row, "time").unwrap().as_str().unwrap()).unwrap();
    let turns: Vec<_> = (0..changes.len()).map(at).collect();
    assert!(turns.is_sorted() && turns.first() == Some(&since), "{question}");
    let around = turns.iter().flat_map(|turn| [after(*turn, -1), *turn, after(*turn, 1)]);
    for at in around.chain(others.iter().copied()).filter(|at| (since..=until).contains(at)) {
        let row = turns.partition_point(|turn| *turn <= at) - 1;
        let given = rows(session, &format!("GET {key} FOR USER '{user}' AS OF '{at}'"));
        let [told, given] = [said(&changes, row, |pair| pair.0), said(&given, 0, |pair| pair.1)];
        assert_eq!(told, given, "{question}: as of {at}");
    }
    for row in 1..changes.len() {
        let [old, new] = [row - 1, row].map(|row| said(&changes, row, |pair| pair.0));
        assert_ne!(old, new, "{question}: nothing changed in row {row}");
        assert_eq!(changes.value(row, "from"), changes.value(row - 1, "to"), "{question}");
        assert_ne!(changes.value(row, "cause"), Some(&"state".into()), "{question}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn between_two_rows_a_user_is_given_what_the_earlier_one_says(
        story in prop::collection::vec((any::<u8>(), any::<u8>(), 0_u8..40), 1..40),
        (since, until) in (0_i64..30, 30_i64..200),
        others in prop::collection::vec(0_i64..12_000_000_000, 40),
        in_transaction in any::<bool>(),
    ) {
        let db = database();
        let mut session = db.session();
        for (index, what) in story.iter().enumerate() {
            if what.0 % 3 != 0 {
                db.execute("ADVANCE CLOCK 71 SECONDS").unwrap();
            }
            if in_transaction && index + 4 == story.len() {
                session.execute("BEGIN").unwrap();
            }
            happen(&mut session, db.now(), *what);
        }
        let others: Vec<_> = others.iter().map(|micros| after(start(), *micros)).collect();
        for (key, user) in KEYS.into_iter().flat_map(|key| ["u0", "u1"].map(|user| (key, user))) {
            compare(&mut session, key, user, minute(since), minute(until), &others);
        }
    }
}

#[test]
fn a_look_at_the_future_ends_when_it_is_interrupted() {
    let db = database();
    db.execute("ALTER SEGMENT s2 WHERE HOUR(NOW(), 'UTC') = 3").unwrap();
    let handle = db.interrupt_handle();
    let is_done = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(5));
                handle.interrupt();
            }
        });
        let ended = db.execute("SHOW CHANGES OF k1 FOR USER 'u0' UNTIL '9999-01-01T00:00:00Z'");
        is_done.store(true, Ordering::Release);
        ended
    });
    assert_eq!(ended.unwrap_err().code(), "interrupted");
}

#[test]
fn built_and_written_statements_are_one() -> Result<(), Box<dyn std::error::Error>> {
    use pcq::statement::{ShowChanges, Statement};
    let built = ShowChanges::keys(["k0", "k1"], "u0")?
        .with(Value::from_json(r#"{"city": "Oslo"}"#)?)?
        .since(minute(1))
        .until(minute(2))
        .counted();
    let text = "SHOW COUNT OF CHANGES OF k0, k1 FOR USER 'u0' WITH {\"city\":\"Oslo\"} \
                SINCE '2026-03-27T00:01:00Z' UNTIL '2026-03-27T00:02:00Z'";
    assert_eq!(Statement::from(built.clone()).to_string(), text);
    assert_eq!(Statement::parse(text)?.to_string(), text);
    let outcome = database().session().run(&built.into())?;
    assert_eq!(outcome.rows().and_then(|rows| rows.value(0, "count")), Some(&Value::Integer(2)));
    let of_config = Statement::from(ShowChanges::config("c0", "u0")?).to_string();
    assert_eq!(of_config, "SHOW CHANGES OF CONFIG c0 FOR USER 'u0'");
    Ok(())
}
