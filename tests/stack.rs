//! Nesting on a small thread: what is as deep as the limits allow has room on a stack of 256 KiB, and one level more is
//! the error `limit`.

use std::fmt::Write as _;
use std::thread;

use pcq::limits::{CHAIN_DEPTH, NESTING, QUERY_SELECTS};
use pcq::{Context, Database, DumpKind, Parameters, Script, Statement, Value};

/// A stack as small as some programs give their threads.
const STACK_BYTES: usize = 256 << 10;

fn on_small_thread(run: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(STACK_BYTES).spawn(run).unwrap().join().unwrap();
}

/// A text of one piece after another, a middle, and the pieces that close them.
fn nested(open: &str, middle: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + middle + &close.repeat(depth)
}

/// Does with a script all that can be done with it: the code of the first error.
fn code(script: &str) -> Option<&'static str> {
    let db = Database::in_memory().unwrap();
    let error = db.execute(script).err().map(|error| error.code());
    if error.is_none() {
        use_statements(script);
        use_store(&db);
    }
    error
}

/// Writes and reads, copies, compares and tells the statements of a script.
fn use_statements(script: &str) {
    for statement in Script::new(script.as_bytes()) {
        let statement = statement.unwrap();
        let node = statement.result().unwrap();
        assert_eq!(&Statement::parse(&node.to_string()).unwrap(), node);
        assert!(!format!("{:?}", node.clone()).is_empty());
    }
    let formatted = formatted(script);
    assert_eq!(self::formatted(&formatted), formatted);
}

/// The canonical text of a script.
fn formatted(script: &str) -> String {
    Script::new(script.as_bytes()).formatted().map(Result::unwrap).collect()
}

/// Serves, explains and lists what a store has, and loads it into another one.
fn use_store(db: &Database) {
    let user = Context::new("u").with("vip", true).with("n", 1);
    for key in db.names(pcq::ObjectKind::Key) {
        let _ = db.evaluate(key.as_str(), &user);
    }
    db.execute(
        "SHOW KEYS; SHOW SEGMENTS; SHOW HISTORY; GET ALL FOR USER 'u' WITH {\"vip\": true};",
    )
    .unwrap();
    assert!(db.verify().unwrap().is_sound());
    let mut dump = Vec::new();
    db.dump(&mut dump, DumpKind::History).unwrap();
    let loaded = Database::in_memory().unwrap();
    loaded.execute(std::str::from_utf8(&dump).unwrap()).unwrap();
    for key in loaded.names(pcq::ObjectKind::Key) {
        let (there, here) =
            (loaded.evaluate(key.as_str(), &user), db.evaluate(key.as_str(), &user));
        assert_eq!((there.value(), there.reason()), (here.value(), here.reason()));
    }
}

/// A script that serves by a condition, and explains it.
fn serving(condition: &str) -> String {
    format!(
        "CREATE KEY k INTEGER DEFAULT 0;\nCREATE SEGMENT s WHERE {condition};\n\
         CREATE CONFIG c SEGMENTS s KEY k = 1;\nPUBLISH CONFIG c;\n\
         EXPLAIN GET k FOR USER 'u' WITH {{\"vip\": true, \"n\": 1}};\n\
         SHOW USERS WHERE KEY(k) = 1 AND IN SEGMENT s;\n"
    )
}

/// That a condition nests to a depth and no deeper.
fn nests(depth: usize, condition: impl Fn(usize) -> String + Send + 'static) {
    on_small_thread(move || {
        let deepest = condition(depth);
        assert_eq!(code(&serving(&deepest)), None, "{deepest:.60}");
        let deeper = condition(depth + 1);
        assert_eq!(code(&serving(&deeper)), Some("limit"), "{deeper:.60}");
    });
}

#[test]
fn parts_of_conditions() {
    let parts = [
        ("", "(", "vip", ")", ""),
        ("", "NOT ", "vip", "", ""),
        ("", "- ", "n", "", " = 1"),
        ("", "LOWER(", "'a'", ")", " = 'a'"),
        ("", "IF(vip, ", "n", ", 2)", " = 1"),
        ("", "COALESCE(nothing, ", "n", ", 2)", " = 1"),
        ("", "CAST(", "n", " AS STRING)", " = '1'"),
        ("n = ", "0 + (", "n", ")", ""),
        ("", "n IN (", "1", ")", ""),
        ("", "ANY(", "n", ") = 1", ""),
        ("", "TRUE = (vip BETWEEN FALSE AND (", "vip", "))", ""),
        ("", "vip CONTAINS ALL (", "'a'", ")", " OR vip"),
        ("", "vip AND n > 1 OR (", "vip", ")", ""),
    ];
    for (before, open, middle, close, after) in parts {
        let levels = open.matches('(').count().max(1);
        nests((NESTING - 1) / levels, move |depth| {
            before.to_owned() + &nested(open, middle, close, depth) + after
        });
    }
}

/// Parts of a condition that are no parentheses are levels of it, too: together they have a limit of their own.
#[test]
fn levels_between_parentheses() {
    on_small_thread(|| {
        let level = |depth| nested("vip AND n < IF(vip OR n = 5 AND vip, ", "1", ", 2)", depth);
        assert_eq!(code(&serving(&level(NESTING - 1))), None);
        assert_eq!(code(&serving(&level(NESTING))), Some("limit"));
        let level = |depth| nested("vip OR vip AND FALSE = (", "vip", ")", depth);
        assert_eq!(code(&serving(&level(NESTING - 1))), None);
        assert_eq!(code(&serving(&level(NESTING))), Some("limit"));
    });
}

#[test]
fn long_calculations() {
    for (operand, operator) in [("n", " + "), ("'a'", " || "), ("n", " * ")] {
        let sum =
            move |operators: usize| vec![operand; operators + 1].join(operator) + " IS NOT NULL";
        on_small_thread(move || {
            // the comparison is a level, too, and so is the key that asks for it
            assert_eq!(code(&serving(&sum(CHAIN_DEPTH - 3))), None);
            assert_eq!(code(&serving(&sum(CHAIN_DEPTH - 2))), Some("limit"));
        });
    }
}

#[test]
fn filters_of_events() {
    nests(NESTING - 2, |depth| format!("DID(EVENT 'e' WHERE {})", nested("(", "a", ")", depth)));
    nests(NESTING - 2, |depth| format!("DID(EVENT 'e' WHERE {})", nested("NOT ", "a", "", depth)));
}

#[test]
fn checks_of_keys() {
    on_small_thread(|| {
        let key = |depth| {
            let check = nested("(0 + ", "VALUE", ")", depth);
            format!("CREATE KEY k INTEGER DEFAULT 1 CHECK ({check} = 1);\n")
        };
        assert_eq!(code(&key(NESTING - 2)), None);
        assert_eq!(code(&key(NESTING)), Some("limit"));
    });
}

#[test]
fn values() {
    for (open, middle, close) in
        [("[", "1", "]"), ("{\"a\": ", "1", "}"), ("[{\"a\": ", "[]", "}]")]
    {
        on_small_thread(move || {
            let levels = open.matches(['[', '{']).count();
            let json = |depth: usize| nested(open, middle, close, depth / levels);
            let key = |json: String| format!("CREATE KEY k JSON DEFAULT {json};\n");
            let with = |json: String| format!("GET ALL WITH {{\"a\": {json}}};\n");
            let deepest = if middle == "[]" { NESTING - 2 } else { NESTING };
            assert_eq!(code(&key(json(deepest))), None);
            assert_eq!(code(&with(json(deepest - 2))), None);
            assert_eq!(code(&key(json(deepest + 2))), Some("limit"));
            assert_eq!(code(&with(json(deepest + 2))), Some("limit"));
            assert!(pcq::parse_value(&json(deepest)).is_ok());
            // an attribute is a member of an object
            let set = |json: String| format!("SET USER 'u' a = {json}; SHOW USERS;\n");
            assert_eq!(
                code(&set(json(deepest))),
                if deepest < NESTING { None } else { Some("limit") }
            );
            use_value(&pcq::parse_value(&json(deepest - 2)).unwrap());
            assert_eq!(pcq::parse_value(&json(deepest + 2)).unwrap_err().code(), "limit");
            assert!(Value::from_json(&json(deepest + 2)).is_err());
        });
    }
}

/// Does with a value all that can be done with one.
fn use_value(value: &Value) {
    let again = Value::from_json(&value.to_string()).unwrap();
    assert!(again == *value && again.same(value) && format!("{again:?}") == format!("{value:?}"));
    let db = Database::in_memory().unwrap();
    let parameters = Parameters::new().with("v", again.clone());
    let mut session = db.session().with_parameters(parameters);
    let script = "CREATE KEY k JSON DEFAULT :v; SET USER 'u' a = :v; TRACK 'e' FOR USER 'u' {};
        CREATE SEGMENT s WHERE a = :v; CREATE CONFIG c SEGMENTS s KEY k = :v; PUBLISH CONFIG c;
        GET k FOR USER 'u'; EXPLAIN GET k FOR USER 'u'; ASSERT GET k FOR USER 'u' = :v;";
    session.execute(script).unwrap();
    assert_eq!(db.evaluate("k", &Context::new("u").with("a", again)).value(), value);
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn comments() {
    on_small_thread(|| {
        let comment = |depth| format!("GET {} ALL;\n", nested("/*", " ", "*/", depth));
        assert_eq!(code(&comment(NESTING)), None);
        assert_eq!(code(&comment(NESTING + 1)), Some("limit"));
        let all = serving(&nested(
            "(",
            &format!("{} vip", nested("/*", " ", "*/", NESTING)),
            ")",
            NESTING - 1,
        ));
        assert_eq!(code(&all), None);
    });
}

#[test]
fn assertions_of_errors() {
    on_small_thread(|| {
        let asserted = |depth: usize| {
            let outer = "ASSERT ERROR 'assertion-failed' ".repeat(depth - 1);
            format!("{outer}ASSERT ERROR 'unknown-key' GET k;\n")
        };
        // each is about the next one inside: every other one fails
        assert_eq!(code(&asserted(1)), None);
        assert_eq!(code(&asserted(2)), Some("assertion-failed"));
        assert_eq!(code(&asserted(3)), None);
        assert_eq!(code(&asserted(NESTING - 1)), None);
        assert_eq!(code(&asserted(NESTING)), Some("assertion-failed"));
        assert_eq!(code(&asserted(NESTING + 1)), Some("limit"));
        assert_eq!(code(&asserted(30_000)), Some("limit"));
    });
}

/// Segments that refer to one another, and keys whose segments ask for keys.
#[test]
fn chains() {
    on_small_thread(|| {
        let segments = |links: usize| {
            let mut script = serving("vip");
            for link in 1..=links {
                let before = if link == 1 { "s".to_owned() } else { format!("s{}", link - 1) };
                let _ = writeln!(script, "CREATE SEGMENT s{link} WHERE IN SEGMENT {before};");
            }
            let _ = writeln!(
                script,
                "CREATE KEY last INTEGER DEFAULT 0;\nCREATE CONFIG d SEGMENTS s{links} KEY last = 1;\n\
                 PUBLISH CONFIG d;\nASSERT GET last FOR USER 'u' WITH {{\"vip\": true}} = 1;\n\
                 EXPLAIN GET last FOR USER 'u' WITH {{\"vip\": true}};"
            );
            script
        };
        assert_eq!(code(&segments(CHAIN_DEPTH - 2)), None);
        assert_eq!(code(&segments(CHAIN_DEPTH - 1)), Some("limit"));
    });
    on_small_thread(|| {
        let keys = |links: usize| {
            let mut script = serving("vip");
            for link in 1..=links {
                let before = if link == 1 { "k".to_owned() } else { format!("k{}", link - 1) };
                let _ = writeln!(
                    script,
                    "CREATE KEY k{link} INTEGER DEFAULT 0; CREATE SEGMENT s{link} WHERE KEY({before}) = 1;\n\
                     CREATE CONFIG c{link} SEGMENTS s{link} KEY k{link} = 1; PUBLISH CONFIG c{link};"
                );
            }
            let _ =
                writeln!(script, "ASSERT GET k{links} FOR USER 'u' WITH {{\"vip\": true}} = 1;");
            script
        };
        // a link is a key, a comparison and its operands
        let deepest = (CHAIN_DEPTH - 2) / 3;
        assert_eq!(code(&keys(deepest)), None);
        assert_eq!(code(&keys(deepest + 1)), Some("limit"));
    });
}

/// Queries with names, each of the one before it.
#[test]
fn chains_of_queries() {
    on_small_thread(|| {
        let chain = |queries: usize| {
            let named = (2..queries).fold("q1 AS (SELECT 1 AS x)".to_owned(), |mut text, n| {
                let _ = write!(text, ", q{n} AS (SELECT x FROM q{})", n - 1);
                text
            });
            let last = format!("WITH {named} SELECT x FROM q{}", queries - 1);
            format!("{last};\nEXPLAIN {last};")
        };
        assert_eq!(code(&chain(QUERY_SELECTS)), None);
        assert_eq!(code(&chain(QUERY_SELECTS + 1)), Some("limit"));
    });
}

#[test]
fn regexes() {
    for (open, close) in [("(", ")"), ("(a|", ")"), ("(?:b?", ")*")] {
        on_small_thread(move || {
            let segment =
                |depth| serving(&format!("'aab' MATCHES '{}'", nested(open, "a", close, depth)));
            let fits = (1..300).rev().find(|depth| code(&segment(*depth)).is_none()).unwrap();
            assert_eq!(code(&segment(fits + 1)), Some("limit"), "{open} {fits}");
        });
    }
}

/// What no text can say, a program can: it is refused, and taken apart.
#[test]
fn trees_of_a_program() {
    use pcq::model::{Expr, ExprKind};
    on_small_thread(|| {
        let truth = || Expr::unplaced(ExprKind::Literal(true.into()));
        let deep =
            (0..100_000).fold(truth(), |inner, _| Expr::unplaced(ExprKind::Not(Box::new(inner))));
        let deep =
            (0..100_000).fold(deep, |inner, _| Expr::unplaced(ExprKind::And(vec![truth(), inner])));
        let mut segment = pcq::statement::CreateSegment::new("s", "TRUE").unwrap();
        segment.condition = deep;
        let db = Database::in_memory().unwrap();
        assert_eq!(db.session().run(&segment.clone().into()).unwrap_err().code(), "limit");
    });
}
