//! Queries: a plan gives what the naive way gives, ends when it is asked to, and keeps to its memory.

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::query::{answer, naively};
use crate::statement::{Query, Statement};
use crate::{Database, Outcome, Timestamp, Value};

fn start() -> Timestamp {
    Timestamp::parse("2026-03-01T09:00:00Z").unwrap()
}

/// A store with some of everything.
fn store() -> Database {
    let db = Database::builder().manual_clock(start()).in_memory().unwrap();
    db.execute(
        "RECORD TRAFFIC 100%; CREATE KEY a BOOLEAN DEFAULT FALSE; CREATE KEY b INTEGER DEFAULT 1; CREATE KEY c JSON DEFAULT {\"x\": 1};
         CREATE SEGMENT s WHERE n > 1; CREATE SEGMENT t WHERE DID 'E'; CREATE SEGMENT a WHERE IN SEGMENT s OR KEY(b) = 2;
         CREATE CONFIG c SEGMENTS s, EVERYONE KEY a VALUES (s = TRUE), KEY b VALUES (EVERYONE = SPLIT (50% 2, b: 50% 3));
         PUBLISH CONFIG c; ALTER CONFIG c SET b = 4; CREATE CONFIG a SEGMENTS t KEY c = [1];
         SET USER 'a' n = 2, b = 'x'; SET USER 'b' n = 1; SET USER 'd' n = 1772528400000, b = '2026-03-01T10:00:00+01:00'; SET USER 'e' n = 1.0, b = '1.0.0'; TRACK 'E' FOR USER 'c' {\"n\": 2} AT '2026-02-01T00:00:00Z';
         TRACK 'E' FOR USER 'a' {\"n\": 1}; TRACK 'F' FOR USER 'b' {\"n\": 1.0} AT '2026-01-01T00:00:00Z';
         TRACK 'F' FOR USER 'a' {\"n\": 3} AT '2026-01-01T00:00:00Z'; TRACK 'E' FOR USER 'b' AT '2026-02-10T00:00:00Z';
         ALTER KEY b SET DESCRIPTION 'b'; ALTER EVENT 'E' KEEP 9 WEEKS; ARCHIVE SEGMENT a; GET b, a FOR USER 'a'; GET b FOR USER 'b' WITH {\"n\": 3}; ADVANCE CLOCK 2 DAYS;
         GET ALL FOR USER 'c'; PUBLISH CONFIG c VERSION 2 AT '2026-04-01T00:00:00Z';",
    )
    .unwrap();
    db
}

/// Table with columns of texts, of numbers and of instants.
#[derive(Clone, Copy, Debug)]
struct Table {
    name: &'static str,
    texts: &'static [&'static str],
    numbers: [&'static str; 2],
    time: Option<&'static str>,
}

const fn table(
    name: &'static str,
    texts: &'static [&'static str],
    numbers: [&'static str; 2],
    time: Option<&'static str>,
) -> Table {
    Table { name, texts, numbers, time }
}

/// The texts of what users get.
const VALUES: &[&str] = &["user", "key", "config", "segment"];

const TABLES: [Table; 18] = [
    table("keys", &["key", "config"], ["version", "revision"], Some("changed")),
    table("segments", &["segment", "status"], ["version", "revision"], Some("changed")),
    table("configs", &["config", "status"], ["newest", "live"], Some("next")),
    table("versions", &["name", "kind"], ["version", "revision"], Some("time")),
    table("publications", &["config", "status"], ["version", "revision"], Some("at")),
    table("cells", &["key", "segment", "config"], ["version", "position"], None),
    table("rows", &["config", "segment"], ["version", "rollout"], None),
    table("uses", &["name", "used", "kind"], ["version", "version"], None),
    table("history", &["name", "kind", "change"], ["revision", "revision"], Some("time")),
    table("users", &["user", "attributes.b"], ["events", "attributes.n"], Some("last")),
    table("events", &["event", "user"], ["properties.n", "properties.n"], Some("time")),
    table("evaluations", VALUES, ["version", "weight"], None),
    table("evaluations UNDER CONFIG c VERSION 2", VALUES, ["version", "weight"], None),
    table("evaluations FOR TRAFFIC", VALUES, ["version", "weight"], None),
    table("memberships", &["user", "segment"], ["1", "2"], None),
    table("traffic", &["user", "attributes.n"], ["count", "count"], Some("first")),
    table("deliveries", &["key", "config", "segment"], ["version", "deliveries"], Some("time")),
    table(
        "history AS OF '2026-03-02T00:00:00Z'",
        &["name", "kind"],
        ["revision", "1"],
        Some("time"),
    ),
];

/// A source of a query: what it is called, and its table.
type Source = (char, Table);

/// A column of one of some sources; what is no column is written as it is.
fn column(sources: &[Source], of: fn(&Table, usize) -> &'static str) -> BoxedStrategy<String> {
    let named = move |((alias, table), at): (Source, usize)| match of(&table, at) {
        "NOW()" => "NOW()".to_owned(),
        number if number.starts_with(char::is_numeric) => number.to_owned(),
        column => format!("{alias}.{column}"),
    };
    (select(sources.to_vec()), 0..12_usize).prop_map(named).boxed()
}

/// An equality of what is made of columns, whose values may be of several types.
fn equality(sources: &[Source]) -> BoxedStrategy<String> {
    let texts = || column(sources, |table, at| table.texts[at % table.texts.len()]);
    let numbers = || column(sources, |table, at| table.numbers[at % 2]);
    let times = || column(sources, |table, _| table.time.unwrap_or("NOW()"));
    let side = prop_oneof![
        texts(),
        numbers(),
        times(),
        numbers().prop_map(|c| format!("{c} * 2 - 1")),
        numbers().prop_map(|c| format!("CAST({c} AS STRING)")),
        times().prop_map(|c| format!("CAST({c} AS STRING)")),
        times().prop_map(|c| format!("EPOCH({c}) * 1000")),
        times().prop_map(|c| format!("COALESCE({c} + 1 DAY, 'a')")),
        (texts(), times()).prop_map(|(c, d)| format!("COALESCE({c}, {d})")),
        (times(), numbers()).prop_map(|(c, d)| format!("COALESCE({c}, {d} + 1)")),
        (times(), texts()).prop_map(|(c, d)| format!("CASE WHEN {d} > 'b' THEN {c} ELSE {d} END")),
        (texts(), numbers()).prop_map(|(c, d)| format!("IF({c} > 'b', SEMVER {c}, {d})")),
        (times(), texts()).prop_map(|(c, d)| format!("IF({d} > 'b', {c} - {c}, {d})")),
    ];
    (side.clone(), side).prop_map(|(a, b)| format!("{a} = {b}")).boxed()
}

/// What two texts of a source must be.
fn both(sources: &[Source]) -> BoxedStrategy<String> {
    let word = || select(vec!["a", "b", "c", "s", "key", "config", "event"]);
    let condition = |((alias, table), a, b): (Source, &str, &str)| {
        let [one, other] = [table.texts[0], table.texts[1]];
        format!("{alias}.{one} = '{a}' AND {alias}.{other} IN ('{b}', 'segment')")
    };
    (select(sources.to_vec()), word(), word()).prop_map(condition).boxed()
}

/// A condition over sources that are called `x`, `y`, ….
fn condition(sources: &[Source]) -> BoxedStrategy<String> {
    let texts = || column(sources, |table, at| table.texts[at % table.texts.len()]);
    let numbers = || column(sources, |table, at| table.numbers[at % 2]);
    let times = || column(sources, |table, _| table.time.unwrap_or("NOW()"));
    let text = || {
        select(vec!["a", "b", "c", "s", "t", "E", "active", "EVERYONE", "config", "key", "event"])
    };
    let operator = || select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let at = select(vec![
        "'2026-01-01T00:00:00Z'",
        "'2026-02-10T00:00:00Z'",
        "'2026-03-01T09:00:00Z'",
        "NOW() - 20 DAYS",
    ]);
    let leaf = prop_oneof![
        (texts(), operator(), text()).prop_map(|(c, o, t)| format!("{c} {o} '{t}'")),
        (text(), operator(), texts()).prop_map(|(t, o, c)| format!("'{t}' {o} {c}")),
        (texts(), text(), text()).prop_map(|(c, t, u)| format!("{c} IN ('{t}', '{u}')")),
        (texts(), text(), text()).prop_map(|(c, t, u)| format!("{c} BETWEEN '{t}' AND '{u}'")),
        (texts(), text()).prop_map(|(c, t)| format!("{c} = LOWER('{t}')")),
        (texts(), texts()).prop_map(|(c, d)| format!("{c} = {d}")),
        (texts(), texts()).prop_map(|(c, d)| format!("LOWER({c}) = {d}")),
        (texts(), texts()).prop_map(|(c, d)| format!("COALESCE({c}, 'a') = {d} || ''")),
        (numbers(), numbers()).prop_map(|(c, d)| format!("{c} = {d} - 1")),
        (numbers(), operator(), numbers()).prop_map(|(c, o, d)| format!("{c} {o} {d}")),
        (numbers(), operator(), 0..4).prop_map(|(c, o, n)| format!("{c} {o} {n}")),
        (numbers(), 0..2, 1..3).prop_map(|(c, n, m)| format!("{c} BETWEEN {n} AND {m}.5")),
        (times(), times()).prop_map(|(c, d)| format!("{c} - {c} = {d} - {d}")),
        (times(), times()).prop_map(|(c, d)| format!("COALESCE({c}, 'a') = {d} + 1 DAY")),
        (times(), operator(), at).prop_map(|(c, o, t)| format!("{c} {o} {t}")),
        both(sources),
        equality(sources),
        equality(sources),
        texts().prop_map(|c| format!("{c} IS NULL")),
        texts().prop_map(|c| format!("{c} IN (SELECT key FROM keys)")),
        Just("(SELECT COUNT(*) FROM keys) > 2".to_owned()),
    ];
    let pair = (leaf.clone(), select(vec!["AND", "OR"]), leaf.clone());
    prop_oneof![2 => leaf, 1 => pair.prop_map(|(a, word, b)| format!("({a} {word} {b})"))].boxed()
}

/// What comes after `SELECT`, and after the condition.
type Shape = (&'static str, &'static str);

/// Ways to make rows of a number and a text `#` of the first source, and `@` of the last.
const SHAPES: [Shape; 8] = [
    ("#, @, 1", ""),
    ("#, @, 1", " ORDER BY 1 DESC LIMIT 3"),
    ("#, @, 1", " LIMIT 2 OFFSET 1"),
    ("#, 2, @", " ORDER BY 3, 1"),
    ("DISTINCT #", ""),
    ("#, COUNT(*), SUM(%), COUNT(DISTINCT @)", " GROUP BY 1"),
    ("#, LIST(@), MIN(%), MAX(@)", " GROUP BY # HAVING COUNT(*) > 1"),
    ("COUNT(*), AVG(%) FILTER (WHERE # > 'b')", ""),
];

/// `SELECT` over one to three sources.
fn block() -> impl Strategy<Value = String> {
    let join = select(vec!["JOIN", "LEFT JOIN", ","]);
    let more = vec((join, select(&TABLES[..])), 0..3);
    (select(&TABLES[..]), more).prop_flat_map(|(first, more)| {
        let tables = std::iter::once(first).chain(more.iter().map(|(_, table)| *table));
        let sources: Vec<_> = ['x', 'y', 'z'].into_iter().zip(tables).collect();
        let on: Vec<_> = (2..=sources.len()).map(|n| condition(&sources[..n])).collect();
        let filters = vec(condition(&sources), 0..4);
        (on, filters, select(&SHAPES[..])).prop_map(move |(on, filters, (items, end))| {
            let mut from = format!("{} x", first.name);
            for ((join, table), ((alias, _), on)) in more.iter().zip(sources[1..].iter().zip(&on)) {
                from = match *join {
                    "," => format!("{from}, {} {alias}", table.name),
                    _ => format!("{from} {join} {} {alias} ON {on}", table.name),
                };
            }
            let word = if filters.is_empty() { "" } else { " WHERE " };
            let text = format!("SELECT {items} FROM {from}{word}{}{end}", filters.join(" AND "));
            let (last, table) = sources[sources.len() - 1];
            let number = match first.numbers[1] {
                number if number.starts_with(char::is_numeric) => number.to_owned(),
                column => format!("x.{column}"),
            };
            text.replace('#', &format!("x.{}", first.texts[0]))
                .replace('@', &format!("{last}.{}", table.texts[0]))
                .replace('%', &number)
        })
    })
}

/// A block, one out of another, or two that are put together.
fn query() -> impl Strategy<Value = String> {
    let operator = select(vec!["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]);
    let within = |inner: String| {
        format!("SELECT * FROM ({inner}) AS d, (SELECT 1 AS one) AS e WHERE one = 1")
    };
    let together = |(a, operator, b): (String, &str, String)| {
        format!("SELECT * FROM ({a}) AS a {operator} SELECT * FROM ({b}) AS b")
    };
    prop_oneof![
        4 => block(),
        1 => block().prop_map(within),
        1 => (block(), operator, block()).prop_map(together),
    ]
}

/// The rows of a query, on this thread.
fn held(db: &Database, query: &str) -> crate::Result<Vec<Outcome>> {
    db.execute(&format!("{query};"))
}

/// Rows of one table of which some columns have some values.
fn narrowed() -> impl Strategy<Value = String> {
    select(&TABLES[..]).prop_flat_map(|table| {
        let sources = [('x', table)];
        let text = column(&sources, |table, at| table.texts[at % table.texts.len()]);
        let number = column(&sources, |table, at| table.numbers[at % 2]);
        let time = column(&sources, |table, _| table.time.unwrap_or("NOW()"));
        let word = select(vec!["a", "b", "c", "s", "t", "E", "EVERYONE", "config", "key", "event"]);
        let at = select(vec!["2026-01-01", "2026-02-10", "2026-03-01", "2026-03-03"]);
        let operator = select(vec!["=", "<", ">="]);
        let wish = prop_oneof![
            4 => (text.clone(), select(vec!["=", "=", "=", "<", ">"]), word.clone())
                .prop_map(|(c, o, w)| format!("{c} {o} '{w}'")),
            2 => (text, word.clone(), word).prop_map(|(c, v, w)| format!("{c} IN ('{v}', '{w}')")),
            1 => (number, operator.clone(), 1..3).prop_map(|(c, o, n)| format!("{c} {o} {n}")),
            1 => (time, operator, at).prop_map(|(c, o, t)| format!("{c} {o} '{t}T09:00:00Z'")),
        ];
        let query = move |wishes: Vec<String>| {
            format!("SELECT * FROM {} x WHERE {}", table.name, wishes.join(" AND "))
        };
        vec(wish, 1..3).prop_map(query)
    })
}

/// Fails unless a plan gives what is found naively.
fn check(query: &str) -> Result<(), TestCaseError> {
    static STORE: LazyLock<Database> = LazyLock::new(store);
    let planned = held(&STORE, query).map_err(|error| error.to_string());
    let naive = naively(|| held(&STORE, query)).map_err(|error| error.to_string());
    prop_assert_eq!(planned, naive, "{}", query);
    Ok(())
}

proptest! {
    #[test]
    fn a_plan_gives_what_is_found_naively(queries in vec(query(), 3)) {
        queries.iter().try_for_each(|query| check(query))?;
    }

    #[test]
    fn what_is_looked_up_is_what_is_there(queries in vec(narrowed(), 8)) {
        queries.iter().try_for_each(|query| check(query))?;
    }
}

/// What is beside no row is asked all the same, if it may fail: which rows are filtered early says nothing.
#[test]
fn what_fails_fails_however_it_is_planned() {
    for right in ["(SELECT (SELECT key FROM keys) AS k)", "(PREVIEW ARCHIVE KEY nono)"] {
        for query in [
            format!("SELECT x.key FROM keys x JOIN {right} AS d WHERE x.key = 'nono'"),
            format!("WITH d AS {right} SELECT x.key FROM keys x, d WHERE x.key = 'nono'"),
        ] {
            check(&query).unwrap();
            held(&store(), &query).unwrap_err();
        }
    }
}

#[test]
fn a_table_beside_no_row_is_not_read() {
    let db = Database::builder().query_bytes(1_000).in_memory().unwrap();
    let keys = (0..40).map(|key| format!("CREATE KEY k{key} INTEGER DEFAULT {key};"));
    db.execute(&keys.collect::<String>()).unwrap();
    for (left, code) in [("nono", None), ("k1", Some("limit"))] {
        let query = format!("SELECT v.definition FROM keys k, versions v WHERE k.key = '{left}'");
        assert_eq!(held(&db, &query).err().map(|error| error.code()), code, "{left}");
    }
}

/// Eight sources of three rows each are not joined in the time of a test.
const ENDLESS: &str = "SELECT COUNT(*) FROM versions a, versions b, versions c, versions d, versions e, versions f, versions g, versions h";

#[test]
fn a_query_ends_when_it_is_asked_to() {
    for query in [
        ENDLESS.to_owned(),
        format!("SELECT 1 WHERE ({ENDLESS}) > 1"),
        format!("SELECT DISTINCT 1 FROM ({ENDLESS} GROUP BY a.name) AS t ORDER BY 1"),
        ENDLESS.replace("COUNT(*)", "MAX(a.definition)"),
        ENDLESS.replace("COUNT(*)", "a.name")
            + " ORDER BY a.definition || b.definition LIMIT 100000",
        ENDLESS.replace("COUNT(*)", "1") + " GROUP BY a.definition, b.definition",
        format!("SELECT 'x' EXCEPT {}", ENDLESS.replace("COUNT(*)", "a.name")),
    ] {
        let db = store();
        let handle = db.interrupt_handle();
        let asked = thread::spawn(move || db.query(&query)?.into_rows());
        thread::sleep(Duration::from_millis(50));
        let start = Instant::now();
        // what begins after an interrupt is not ended by it
        while !asked.is_finished() {
            handle.interrupt();
            thread::sleep(Duration::from_millis(1));
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(asked.join().unwrap().unwrap_err().code(), "interrupted");
    }
}

/// Few rows are made before that is asked again, so what is long besides asks by itself.
#[test]
fn what_was_asked_to_end_begins_nothing_long() {
    let db = store();
    let session = db.session();
    for query in [
        "SELECT config FROM configs AS OF '2026-03-01T10:00:00Z'",
        "SELECT config, at FROM publications AS OF '2026-03-01T10:00:00Z'",
        "SELECT key FROM keys ORDER BY type",
        "SELECT COUNT(*) FROM keys",
        "SELECT event FROM events",
        "SELECT user FROM users LIMIT 1",
        "SELECT 1 WHERE FALSE",
        "SELECT 1 GROUP BY 1",
    ] {
        let Statement::Select(select) = Statement::parse(query).unwrap() else { panic!("{query}") };
        let view = session.view();
        db.interrupt_handle().interrupt();
        let ended = answer(&view, Query::Select(&select)).err().map(|error| error.code());
        assert_eq!(ended, Some("interrupted"), "{query}");
    }
}

/// Store of so many things of each kind, the first of which was made a minute before the others.
fn store_of(things: u32) -> Database {
    store_with(things, usize::MAX)
}

/// The same, whose queries may take so much memory.
fn store_with(things: u32, query_bytes: usize) -> Database {
    let builder = Database::builder().manual_clock(start()).query_bytes(query_bytes);
    let db = builder.in_memory().unwrap();
    db.execute("RECORD TRAFFIC 100% KEEP 30 SECONDS;").unwrap();
    let make = |n: u32| {
        let script = format!(
            "CREATE KEY k{n} INTEGER DEFAULT 0; CREATE SEGMENT s{n} WHERE n = {n};
             CREATE CONFIG c{n} SEGMENTS s{n} KEY k{n} = 1; PUBLISH CONFIG c{n};
             SET USER 'u{n}' n = {n}; TRACK 'E' FOR USER 'u0'; GET k{n} FOR USER 'u{n}';"
        );
        db.execute(&script).unwrap();
    };
    (0..things).for_each(make);
    let contexts = held(&db, "SELECT COUNT(*) FROM traffic").unwrap();
    assert_eq!(contexts[0].rows().unwrap().rows(), [[Value::from(things)]]);
    db.execute("ADVANCE CLOCK 1 MINUTE; CREATE KEY last INTEGER DEFAULT 0;").unwrap();
    db
}

/// Between two looks whether it is to end, nothing does more work the more there is in the store.
#[test]
fn long_work_looks_whether_it_is_to_end() {
    let looks = |things: u32, query: &str| {
        let db = store_of(things);
        let desk = db.shared.store.desk();
        let before = desk.looks();
        held(&db, query).unwrap();
        desk.looks() - before
    };
    for (query, times) in [
        // configs, keys and segments are read, segments put together, configs and keys compiled
        ("SELECT COUNT(*) FROM configs AS OF '2026-03-01T09:00:30Z'", 6),
        ("PREVIEW AS OF '2026-03-01T09:00:30Z' TO '2026-03-01T09:01:00Z' FOR USER 'x'", 6),
        ("SHOW KEYS ORDER BY type", 1),
        ("SHOW COUNT OF EVENTS", 1), // of one user
        // series are found, their counts read, and both put together
        ("SELECT COUNT(*) FROM deliveries", 3),
        ("SHOW STATS FOR KEYS", 2),
        ("SELECT COUNT(*) FROM traffic", 1), // none is kept any longer
    ] {
        let more = looks(30, query) - looks(10, query);
        assert!(more >= 20 * times, "{query}: {more}");
    }
}

#[test]
fn what_a_query_keeps_is_bounded() {
    let db = Database::builder().manual_clock(start()).query_bytes(50_000).in_memory().unwrap();
    for key in 0..40 {
        db.execute(&format!("CREATE KEY k{key} INTEGER DEFAULT {key};")).unwrap();
    }
    let pairs = "FROM keys a, keys b";
    let wide = format!("'{}' || a.key || b.key", "x".repeat(2_000));
    for query in [
        format!("SELECT a.key, b.key {pairs} ORDER BY 1"),
        format!("SELECT a.key, b.key {pairs}"),
        format!("SELECT DISTINCT a.key || b.key {pairs}"),
        format!("SELECT COUNT(*) {pairs} GROUP BY a.key, b.key"),
        format!("SELECT LIST(a.key) {pairs}"),
        format!("SELECT COUNT(DISTINCT a.key || b.key) {pairs}"),
        format!("SELECT 1 WHERE 'x' IN (SELECT a.key || b.key {pairs})"),
        format!("WITH w AS (SELECT a.key {pairs}) SELECT COUNT(*) FROM w UNION SELECT 1 FROM w"),
        format!("SELECT MAX({wide}) {pairs} GROUP BY a.key"),
        format!("SELECT key FROM keys EXCEPT SELECT a.key {pairs}"),
        "SELECT 1 FROM keys x JOIN (SELECT a.key AS k FROM keys a, keys b) AS y ON x.key = y.k"
            .to_owned(),
    ] {
        assert_eq!(held(&db, &query).map_err(|error| error.code()), Err("limit"), "{query}");
    }
    let db_of_users = store_with(200, 20_000);
    for query in [
        "SHOW USERS",
        "SHOW USERS ORDER BY attributes",
        "SHOW EVENTS",
        "SELECT COUNT(*) FROM (SHOW USERS) AS t",
        "SELECT COUNT(*) FROM deliveries",
        "PREVIEW ALTER KEY k0 SET DEFAULT 7 BY USER",
        "SELECT COUNT(*) FROM (PREVIEW ALTER KEY k0 SET DEFAULT 7 BY USER) AS t",
    ] {
        let found = held(&db_of_users, query);
        assert_eq!(found.map_err(|error| error.code()), Err("limit"), "{query}");
    }
    for query in ["SHOW USERS LIMIT 3", "SHOW COUNT OF USERS", "PREVIEW ALTER KEY k0 SET DEFAULT 7"]
    {
        held(&db_of_users, query).unwrap();
    }
    for query in [
        format!("SELECT COUNT(*), SUM(a.version), MAX(b.key) {pairs}, keys c"),
        format!("SELECT a.key {pairs} LIMIT 5"),
        format!("SELECT EXISTS (SELECT a.key {pairs})"),
        format!("WITH w AS (SELECT a.key {pairs}) SELECT COUNT(*) FROM w"),
        format!("SELECT MAX({wide}) {pairs}"),
    ] {
        held(&db, &query).unwrap();
    }
}

/// What a query may not take is not taken first: neither the rows of a statement in it, nor all users beside an open transaction.
#[test]
fn memory_is_taken_into_account_as_it_is_taken() {
    let most = |users: u32, query: &str| {
        let db = store_with(1, 20_000);
        let users = (1..users).map(|n| format!("SET USER 'u{n}' n = {n};"));
        db.execute(&format!("BEGIN; {} COMMIT;", users.collect::<String>())).unwrap();
        let mut session = db.session();
        session.execute("BEGIN; SET USER 'u1x' n = 1;").unwrap();
        let taken = measure(|| drop(session.execute(query)));
        taken.bytes_max
    };
    for query in [
        "SHOW USERS;",
        "SELECT COUNT(*) FROM (SHOW USERS) AS t;",
        "SELECT COUNT(*) FROM (PREVIEW ALTER KEY k0 SET DEFAULT 7 BY USER) AS t;",
        "SELECT COUNT(*) FROM users;",
    ] {
        let (few, many) = (most(300, query), most(900, query));
        assert!(many < few + 60_000, "{query}: {few} {many}");
    }
}
