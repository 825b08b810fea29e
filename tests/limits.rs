//! What is stored at a limit can be read back: after reopening, and from a dump.

use std::fmt::Write as _;

use pcq::{Context, Database, DumpKind, Parameters, Profile, Value, limits};

/// A script that reaches every limit on what one object may be.
fn script() -> String {
    let mut text = String::from("BEGIN;\nCREATE KEY large STRING DEFAULT :large;\n");
    // its canonical text, with the values in place of the parameters, is longer than a statement may be
    text.push_str("CREATE SEGMENT listed WHERE a IN (:large, :large);\n");
    let nested = "(".repeat(limits::NESTING - 2);
    let _ = writeln!(text, "CREATE SEGMENT nested WHERE {nested}vip{};", nested.replace('(', ")"));
    for n in 0..limits::CONFIG_KEYS {
        let _ = writeln!(text, "CREATE KEY key{n} INTEGER DEFAULT {n};");
    }
    for n in 0..limits::CONFIG_SEGMENTS {
        let _ = writeln!(text, "CREATE SEGMENT segment{n} WHERE n = {n};");
    }
    let segments = list(limits::CONFIG_SEGMENTS, |n| format!("segment{n}"));
    let keys = list(limits::CONFIG_KEYS, |n| format!("KEY key{n} = -1"));
    let _ = writeln!(text, "CREATE CONFIG wide SEGMENTS {segments} {keys};\nPUBLISH CONFIG wide;");
    let name = "é".repeat(limits::NAME_BYTES / 2);
    let _ = writeln!(text, "CREATE KEY \"{name}\" STRING DEFAULT 'x';\nCOMMIT;");
    text
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

fn dump(db: &Database) -> Vec<u8> {
    let mut text = Vec::new();
    db.dump(&mut text, DumpKind::History).unwrap();
    text
}

#[test]
fn what_is_at_a_limit_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let db = Database::open(&path).unwrap();
    let large = "y".repeat(limits::VALUE_BYTES - 2); // the quotes count as well
    let mut session = db.session().with_parameters(Parameters::new().with("large", large));
    session.execute(&script()).unwrap();
    drop(session);
    let first = dump(&db);
    db.close().unwrap();

    let reopened = Database::open(&path).unwrap();
    assert!(reopened.verify().unwrap().is_sound());
    assert!(dump(&reopened) == first, "the dump of the reopened store differs");
    let loaded = Database::in_memory().unwrap();
    loaded.execute(std::str::from_utf8(&first).unwrap()).unwrap();
    assert!(dump(&loaded) == first, "the dump of the loaded store differs");
    let user = Context::new("u").with("n", 999);
    assert_eq!(loaded.get::<i64>("key499", &user).unwrap(), -1);
    assert_eq!(loaded.get::<String>("large", &user).unwrap().len(), limits::VALUE_BYTES - 2);
}

#[test]
fn one_more_is_refused() {
    let db = Database::in_memory().unwrap();
    let code = |text: &str| db.execute(text).unwrap_err().code();
    let segments = list(limits::CONFIG_SEGMENTS + 1, |n| format!("s{n}"));
    let make = |n| format!("CREATE SEGMENT s{n} WHERE n = {n}");
    let all = (0..=limits::CONFIG_SEGMENTS).map(make).collect::<Vec<_>>().join(";\n");
    db.execute(&format!("BEGIN; {all}; CREATE KEY k BOOLEAN DEFAULT TRUE; COMMIT;")).unwrap();
    assert_eq!(code(&format!("CREATE CONFIG c SEGMENTS {segments} KEY k = TRUE;")), "limit");
    let large = "y".repeat(limits::VALUE_BYTES - 1);
    let parameters = Parameters::new().with("large", large);
    let mut session = db.session().with_parameters(parameters);
    let refused = session.execute("CREATE KEY large STRING DEFAULT :large;").unwrap_err();
    assert_eq!(refused.code(), "limit");
    let long =
        format!("CREATE SEGMENT t WHERE n IN (1{});", ",1".repeat(limits::STATEMENT_BYTES / 2));
    assert_eq!(code(&long), "limit");
    let name = "n".repeat(limits::NAME_BYTES + 1);
    assert_eq!(code(&format!("CREATE KEY {name} BOOLEAN DEFAULT TRUE;")), "limit");
}

#[test]
fn texts_do_not_grow_without_bound() {
    let db = Database::in_memory().unwrap();
    let mut expression = "a".to_owned();
    for _ in 0..20 {
        expression = format!("REPLACE({expression}, 'x', 'xxxxxxxxxx')");
    }
    db.execute(&format!(
        "CREATE KEY k STRING DEFAULT 'short';
         CREATE SEGMENT long WHERE LENGTH({expression}) > 0;
         CREATE CONFIG c SEGMENTS long KEY k = 'long';
         PUBLISH CONFIG c;"
    ))
    .unwrap();
    let value = |text: &str| db.get::<String>("k", &Context::new("u").with("a", text)).unwrap();
    assert_eq!(value("xxx"), "short"); // 3 × 10^20 characters: unknown
    assert_eq!(value("abc"), "long");
}

/// Limit: of what, how large that may be, and the code of the error of something so large.
type Limit = (&'static str, usize, fn(usize) -> Option<&'static str>);

/// What nests is in `tests/stack.rs`, and the ids of a list in `tests/lists.rs`.
const LIMITS: [Limit; 18] = [
    ("a statement", limits::STATEMENT_BYTES, |n| code(&format!("SHOW{}KEYS;", " ".repeat(n - 8)))),
    ("a name", limits::NAME_BYTES, |n| {
        code(&format!("CREATE KEY \"{}\" STRING DEFAULT '';", "n".repeat(n)))
    }),
    ("the name of an event", limits::EVENT_NAME_BYTES, |n| {
        code(&format!("TRACK '{}' FOR USER 'u';", "n".repeat(n)))
    }),
    ("the id of a user", limits::ID_BYTES, |n| {
        code(&format!("SET USER '{}' a = 1;", "n".repeat(n)))
    }),
    ("the id of an event", limits::ID_BYTES, |n| {
        code(&format!("TRACK 'e' FOR USER 'u' ID '{}';", "n".repeat(n)))
    }),
    ("a value", limits::VALUE_BYTES, |n| {
        code_with("CREATE KEY k STRING DEFAULT :it;", "x".repeat(n - 2).into())
    }),
    ("the properties of an event", limits::FACT_BYTES, |n| {
        code_with("TRACK 'e' FOR USER 'u' :it;", object(n))
    }),
    ("attributes that are set at once", limits::FACT_BYTES, |n| {
        code_with("SET USER 'u' p = :it;", "x".repeat(n - r#"{"p":""}"#.len()).into())
    }),
    ("attributes of a user", limits::USER_ATTRIBUTES, |n| {
        let db = Database::in_memory().unwrap();
        let all = (0..n).map(|n| (format!("a{n}").into(), 1.into())).collect();
        db.set_user(Profile::new("u").with_all(&all)).err().map(|error| error.code())
    }),
    ("segments of a config", limits::CONFIG_SEGMENTS, |n| {
        let segments = list(n, |n| format!("s{n}"));
        let make = list(n, |n| format!("CREATE SEGMENT s{n} WHERE n = {n};")).replace(";, ", "; ");
        let key = "CREATE KEY k BOOLEAN DEFAULT TRUE;";
        code(&format!(
            "BEGIN; {make} {key} CREATE CONFIG c SEGMENTS {segments} KEY k = TRUE; COMMIT;"
        ))
    }),
    ("keys of a config", limits::CONFIG_KEYS, |n| {
        let keys = list(n, |n| format!("KEY k{n} = 1"));
        let make =
            list(n, |n| format!("CREATE KEY k{n} INTEGER DEFAULT {n};")).replace(";, ", "; ");
        code(&format!("BEGIN; {make} CREATE CONFIG c SEGMENTS EVERYONE {keys}; COMMIT;"))
    }),
    ("regexes of a condition", limits::CONDITION_REGEXES, |n| {
        let regexes = list(n, |n| format!("a MATCHES 'x{n}'")).replace(", ", " OR ");
        code(&format!("CREATE SEGMENT s WHERE {regexes};"))
    }),
    ("levels of a value", limits::NESTING, |n| {
        code(&format!("CREATE KEY k JSON DEFAULT {}{};", "[".repeat(n), "]".repeat(n)))
    }),
    ("sources of a query", limits::QUERY_SOURCES, |n| {
        code(&format!("SELECT 1 FROM {};", list(n, |n| format!("configs c{n}"))))
    }),
    ("the queries of a statement", limits::QUERY_SELECTS, |n| {
        let named = list(n - 2, |n| format!("q{} AS (SELECT x FROM q{n})", n + 1));
        code(&format!("WITH q0 AS (SELECT 1 AS x), {named} SELECT x FROM q{};", n - 2))
    }),
    ("columns of a query", limits::QUERY_COLUMNS, |n| {
        let half = list(n / 2, |n| format!("1 AS a{n}"));
        let rest = if n % 2 > 0 { ", 1" } else { "" };
        code(&format!("SELECT *, *{rest} FROM (SELECT {half}) AS t;"))
    }),
    ("what a query is grouped by", limits::QUERY_COLUMNS, |n| {
        code(&format!("SELECT 1 FROM keys GROUP BY {};", list(n, |_| "key".to_owned())))
    }),
    ("what a query is sorted by", limits::QUERY_COLUMNS, |n| {
        code(&format!("SELECT 1 FROM keys ORDER BY {};", list(n, |_| "key".to_owned())))
    }),
];

fn code(script: &str) -> Option<&'static str> {
    code_with(script, Value::Null)
}

/// The code of the error of a script with a parameter.
fn code_with(script: &str, it: Value) -> Option<&'static str> {
    let db = Database::in_memory().unwrap();
    let mut session = db.session().with_parameters(Parameters::new().with("it", it));
    session.execute(script).err().map(|error| error.code())
}

/// An object whose JSON text has so many bytes.
fn object(bytes: usize) -> Value {
    let text = "x".repeat(bytes - r#"{"p":""}"#.len());
    Value::from_json(&format!("{{\"p\":\"{text}\"}}")).unwrap()
}

#[test]
fn every_limit_at_its_edge() {
    for (what, most, code) in LIMITS {
        assert_eq!(code(most), None, "{what}: {most}");
        assert_eq!(code(most + 1), Some("limit"), "{what}: {most} and one more");
    }
}
