//! Input that means harm: an error or an answer each time, never a panic, never without an end.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pcq::{Cursor, Database, Outcome, Script, Statement, Timestamp};

/// How deep the deep ones are.
const DEEP: usize = 100_000;

/// A debug build on a slow machine is done with any one of these long before.
const BOUND: Duration = Duration::from_secs(60);

/// A script that uses every statement.
const SCRIPT: &str = include_str!("hostile/every_statement.pcq");

fn database() -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").expect("a timestamp");
    Database::builder().manual_clock(start).in_memory().expect("a store in memory opens")
}

/// Runs a text in an empty store, and returns the code of its error.
fn code(text: &str) -> Option<&'static str> {
    let start = Instant::now();
    let code = database().execute(text).err().map(|error| error.code());
    assert!(start.elapsed() < BOUND, "{:?} for {text:.60}", start.elapsed());
    code
}

/// A text of one piece after another, a middle, and the pieces that close them.
fn nested(open: &str, middle: &str, close: &str) -> String {
    open.repeat(DEEP) + middle + &close.repeat(DEEP)
}

#[test]
fn nesting_has_a_limit() {
    let conditions = [
        nested("(", "TRUE", ")"),
        nested("NOT ", "vip", ""),
        nested("NOT (", "vip", ")"),
        nested("- ", "1", "") + " = 1",
        nested("-(", "1", ")") + " = 1",
        nested("LOWER(", "'a'", ")") + " = 'a'",
        nested("IF(vip, ", "1", ", 2)") + " = 1",
        nested("(1 + ", "1", ")") + " = 1",
        nested("x IN (", "1", ")"),
        nested("ANY(", "x", ")") + " = 1",
        nested("CAST(", "x", " AS STRING)") + " = 'a'",
        nested("x CONTAINS (", "1", ")"),
    ];
    for condition in conditions {
        let code = code(&format!("CREATE SEGMENT s WHERE {condition};"));
        assert!(matches!(code, Some("limit" | "syntax")), "{code:?} for {condition:.60}");
    }
}

#[test]
fn json_and_comments_that_nest_have_a_limit() {
    for (open, close) in [("[", "]"), ("{\"a\": ", "}"), ("[{\"a\": ", "}]")] {
        let json = nested(open, "1", close);
        assert_eq!(code(&format!("CREATE KEY k JSON DEFAULT {json};")), Some("limit"));
        assert_eq!(code(&format!("GET k WITH {json};")), Some("limit"));
    }
    let comment = nested("/* ", "", " */");
    assert_eq!(code(&format!("{comment} GET ALL;")), Some("limit"));
    let open = ["(", "[", "{", "/*", "'", "\"", "{\"a\":", "x IN (", "NOT ", "-", "SPLIT ("];
    for open in open {
        let text = format!("CREATE SEGMENT s WHERE {}", open.repeat(DEEP));
        assert!(code(&text).is_some(), "{open} without an end");
        assert!(code(&(text + ";")).is_some(), "{open} without an end");
    }
}

#[test]
fn long_chains_that_do_not_nest_are_bounded() {
    for (operator, operand) in
        [(" AND ", "vip"), (" OR ", "vip"), (" + ", "1"), (" || ", "'a'"), (", ", "1")]
    {
        let chain = vec![operand; 4_000].join(operator);
        let text = match operator {
            " AND " | " OR " => format!("CREATE SEGMENT s WHERE {chain};"),
            ", " => format!("CREATE SEGMENT s WHERE x IN ({chain});"),
            _ => format!("CREATE SEGMENT s WHERE {chain} = x; GET ALL FOR USER 'u';"),
        };
        let code = code(&text);
        assert!(matches!(code, None | Some("limit")), "{code:?} for {operator}");
    }
}

#[test]
fn segments_that_refer_to_one_another_in_a_long_chain() {
    let mut script = String::from("CREATE SEGMENT s0 WHERE vip;");
    for n in 1..2_000 {
        let before = n - 1;
        write!(script, "CREATE SEGMENT s{n} WHERE NOT IN SEGMENT s{before};").expect("a string");
    }
    assert_eq!(code(&script), Some("limit"));
}

#[test]
fn a_statement_of_ten_megabytes_is_refused() {
    let long = "x".repeat(10 << 20);
    assert_eq!(code(&format!("CREATE KEY k STRING DEFAULT '{long}';")), Some("limit"));
    assert!(code(&format!("CREATE KEY {long} STRING DEFAULT '';")).is_some());
    assert_eq!(code(&format!("GET k WITH {{\"a\": \"{long}\"}};")), Some("limit"));
    assert!(code(&format!("GET {};", "k, ".repeat(3 << 20))).is_some());
    assert!(code(&long).is_some());
    assert!(code(&";".repeat(1 << 20)).is_some() || code(";").is_none());
    // a comment between statements is part of none
    assert!(matches!(code(&format!("-- {long}\nGET ALL;")), None | Some("limit")));
}

#[test]
fn names_and_values_have_limits() {
    let long = |n| "n".repeat(n);
    assert_eq!(code(&format!("CREATE KEY {} STRING DEFAULT '';", long(256))), None);
    assert_eq!(code(&format!("CREATE KEY {} STRING DEFAULT '';", long(257))), Some("limit"));
    assert_eq!(code(&format!("CREATE KEY \"{}\" STRING DEFAULT '';", long(257))), Some("limit"));
    assert_eq!(code("CREATE KEY k INTEGER DEFAULT 99999999999999999999;"), Some("limit"));
    assert_eq!(
        code(&format!("CREATE KEY k INTEGER DEFAULT {};", "9".repeat(100_000))),
        Some("limit")
    );
    assert_eq!(code("CREATE KEY k DOUBLE DEFAULT 1e400;"), Some("bad-literal"));
    let huge = format!("CREATE KEY k DOUBLE DEFAULT 0.{};", "9".repeat(100_000));
    assert_eq!(code(&huge), None);
}

#[test]
fn every_byte_is_read_or_refused() {
    for byte in 0..=u8::MAX {
        for text in
            [vec![byte], [b"GET ", &[byte][..], b";"].concat(), [b"GET '", &[byte][..]].concat()]
        {
            for statement in Script::new(text.as_slice()) {
                if statement.is_err() {
                    break;
                }
            }
            if let Ok(text) = std::str::from_utf8(&text) {
                code(text);
            }
        }
    }
}

#[test]
fn half_a_character_is_no_utf8() {
    let texts: [&[u8]; 5] = [
        b"GET \xC3",
        b"GET 'a\xE2\x82';",
        b"CREATE KEY k STRING DEFAULT '\xF0\x9F\x98';",
        b"-- \xFF\nGET ALL;",
        b"GET ALL; \xC3\x28",
    ];
    for text in texts {
        let error = Script::new(text).find_map(Result::err).expect("it is not UTF-8");
        assert_eq!(error.code(), "syntax", "{error:?}");
        assert!(error.place().is_some(), "{error:?} has no place");
    }
}

#[test]
fn the_script_of_every_statement_runs() {
    database().execute(SCRIPT).expect("the script is right");
}

/// Cut at every byte, it parses or not; what parses is run.
#[test]
fn a_script_cut_at_every_byte() {
    let start = Instant::now();
    for end in 0..SCRIPT.len() {
        let mut cut = Script::new(&SCRIPT.as_bytes()[..end]);
        let failed = cut.any(|statement| statement.is_err());
        assert!(failed || cut.next().is_none());
    }
    assert!(start.elapsed() < 10 * BOUND, "{:?}", start.elapsed());
    let ends = (0..SCRIPT.len()).filter(|end| SCRIPT.is_char_boundary(*end));
    for end in ends.step_by(23) {
        code(&SCRIPT[..end]);
    }
}

/// Each byte in turn replaced by one that means something else.
#[test]
fn a_script_with_a_byte_replaced() {
    for (at, with) in (0..SCRIPT.len()).step_by(7).zip(b"';\"(){}[]-/*,.%:=\\\n".iter().cycle()) {
        let mut bytes = SCRIPT.as_bytes().to_vec();
        bytes[at] = *with;
        if let Ok(text) = String::from_utf8(bytes) {
            code(&text);
        }
    }
}

#[test]
fn nul_and_controls_in_texts_are_kept_or_refused() {
    for text in ["\0", "\u{1}", "\u{7f}", "\u{85}", "\u{200b}", "\u{feff}", "\r\n", "\u{10ffff}"] {
        let script = format!("CREATE KEY k STRING DEFAULT '{text}'; ASSERT GET k = '{text}';");
        assert_eq!(code(&script), None, "{text:?}");
        let name = format!("CREATE KEY \"{text}\" STRING DEFAULT '';");
        let control = text.chars().any(char::is_control);
        assert_eq!(code(&name), control.then_some("syntax"), "{text:?}");
    }
}

// -- files

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file with these bytes.
    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.path("hostile.pcdb");
        fs::write(&path, bytes).expect("it can be written");
        path
    }

    /// The bytes of a sound store.
    fn store(&self) -> Vec<u8> {
        let path = self.path("sound.pcdb");
        let start = Timestamp::parse("2026-03-01T09:00:00Z").expect("a timestamp");
        let db = Database::builder().manual_clock(start).open(&path).expect("a new store");
        db.execute(SCRIPT).expect("the script is right");
        db.close().expect("it closes");
        fs::read(&path).expect("it can be read")
    }
}

/// Opens a file and, if that goes, uses it in every way.
fn use_file(path: &Path) -> Result<(), pcq::Error> {
    let db = Database::open(path)?;
    let mut dump = Vec::new();
    let dumped = db.dump(&mut dump, pcq::DumpKind::History);
    let verified = db.verify().map(drop);
    let read =
        db.execute("GET ALL FOR USER 'u1'; GET ALL AS OF '2026-03-01T09:00:00Z'; SHOW HISTORY;");
    let written = db.execute("CREATE KEY another INTEGER DEFAULT 1;");
    dumped.and(verified).and(read.map(drop)).and(written.map(drop)).and(db.close())
}

/// The codes that a file that is no sound store may give.
fn assert_about_the_file(result: Result<(), pcq::Error>, what: &str) {
    if let Err(error) = result {
        assert!(matches!(error.code(), "store-corrupt" | "io"), "{what}: {error:?}");
    }
}

#[test]
fn garbage_is_no_store() {
    let files = Files::new();
    let zeroes = vec![0; 1 << 16];
    let noise: Vec<u8> =
        (0..1u32 << 16).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let garbage: [&[u8]; 6] = [b"", b"x", b"CREATE KEY k", &zeroes, &noise, SCRIPT.as_bytes()];
    for bytes in garbage {
        let path = files.file(bytes);
        let result = use_file(&path);
        if bytes.len() > 1 {
            assert_eq!(
                result.as_ref().err().map(pcq::Error::code),
                Some("store-corrupt"),
                "{bytes:.20?}"
            );
            assert_eq!(fs::read(&path).expect("it is still there"), bytes, "it was written to");
        }
    }
}

#[test]
fn a_store_truncated_anywhere() {
    let files = Files::new();
    let sound = files.store();
    // every 512 bytes of the first pages, where the header is, then more coarsely
    let fine = (0..sound.len().min(16 << 10)).step_by(512);
    let coarse = (16 << 10..sound.len()).step_by(sound.len() / 48 / 512 * 512 + 512);
    for end in fine.chain(coarse) {
        let path = files.file(&sound[..end]);
        assert_about_the_file(use_file(&path), &format!("truncated to {end} bytes"));
    }
}

#[test]
fn a_store_with_bits_flipped() {
    let files = Files::new();
    let sound = files.store();
    let fine = (0..512).step_by(8);
    let coarse = (512..sound.len()).step_by(sound.len() / 150 + 1);
    for at in fine.chain(coarse) {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        let path = files.file(&bytes);
        assert_about_the_file(use_file(&path), &format!("byte {at} flipped"));
    }
}

#[test]
fn what_is_no_file_is_not_opened() {
    let files = Files::new();
    let codes = [
        Database::open(files.folder.path()),
        Database::open(files.path("missing/store.pcdb")),
        Database::open(""),
        Database::open("\0"),
        Database::builder().create(false).open(files.path("missing.pcdb")),
        Database::builder().read_only(true).open(files.path("missing.pcdb")),
    ];
    for (n, result) in codes.into_iter().enumerate() {
        let code = result.map(drop).map_err(|error| error.code());
        assert!(matches!(code, Err("io" | "store-corrupt")), "{n}: {code:?}");
    }
}

#[test]
fn a_file_that_cannot_be_written_can_be_read() {
    let files = Files::new();
    let path = files.file(&files.store());
    let mut permissions = fs::metadata(&path).expect("it is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("it is ours");
    let db = Database::builder().read_only(true).open(&path).expect("it can be read");
    assert_eq!(
        db.execute("CREATE KEY another INTEGER DEFAULT 1;").expect_err("refused").code(),
        "read-only"
    );
    db.execute("GET ALL FOR USER 'u1'; GET ALL AS OF '2026-03-01T09:00:00Z';")
        .expect("it can be read");
    drop(db);
    // root may write it all the same
    if let Err(error) = use_file(&path) {
        assert_eq!(error.code(), "io", "{error:?}");
    }
}

#[test]
fn a_store_that_is_open_is_locked() {
    let files = Files::new();
    let path = files.file(&files.store());
    let db = Database::open(&path).expect("a sound store");
    let second = Database::open(&path).map(drop).map_err(|error| error.code());
    assert!(matches!(second, Err("store-locked")), "{second:?}");
    drop(db);
    Database::open(&path).expect("nobody has it open any more");
}

/// A `CASE` whose subject is a `CASE`, and so on.
fn subjects(deep: usize) -> String {
    "CASE ".repeat(deep) + "key" + &" WHEN 'a' THEN 'b' WHEN 'c' THEN 'd' END".repeat(deep)
}

/// Queries with names, each of the one before it, which is `#` in its text.
fn chained(queries: usize, select: &str) -> String {
    let named = (1..queries).fold("t0 AS (SELECT 1 AS x)".to_owned(), |text, n| {
        format!("{text}, t{n} AS ({})", select.replace('#', &format!("t{}", n - 1)))
    });
    format!("WITH {named} SELECT * FROM t{}", queries - 1)
}

#[test]
fn queries_that_nest_or_are_wide_have_an_end() {
    let items = vec!["key"; 10_000].join(", ");
    let aggregates = vec!["COUNT(*)"; 10_000].join(", ");
    let sources: Vec<_> = (0..3_000).map(|n| format!("keys k{n}")).collect();
    let unions = vec!["SELECT key FROM keys"; 5_000].join(" UNION ");
    let commons: Vec<_> = (0..3_000).map(|n| format!("w{n} AS (SELECT 1 AS x)")).collect();
    let named: String = (0..50_000).fold("1 AS a".to_owned(), |mut text, n| {
        write!(text, ", 1 AS a{n}").expect("a text takes it");
        text
    });
    let list = |item| vec![item; 2_000].join(", ");
    let bounded = [
        nested("(SELECT ", "1", ")"),
        format!("SELECT {}", nested("(SELECT ", "1", ")")),
        nested("SELECT * FROM (", "SELECT 1 AS x", ") AS t"),
        nested("WITH w AS (", "SELECT 1 AS x", ") SELECT * FROM w"),
        format!("SELECT {}", nested("CASE WHEN TRUE THEN ", "1", " END")),
        format!("SELECT {} FROM keys", subjects(40)),
        format!("SELECT {} FROM keys", subjects(DEEP)),
        format!("SELECT CASE 1 {} END", "WHEN 0 THEN 0 ".repeat(10_000)),
        format!("SELECT {}", nested("COUNT(", "1", ")")),
        format!("SELECT 1 WHERE {}", nested("EXISTS (SELECT 1 WHERE ", "TRUE", ")")),
        format!("SELECT 1 WHERE {}", nested("1 IN (SELECT 1 WHERE ", "TRUE", ")")),
        format!("SELECT {items} FROM keys"),
        format!("SELECT {items} FROM keys ORDER BY 1, 2"),
        format!("SELECT DISTINCT {items} FROM keys ORDER BY key"),
        format!("SELECT {aggregates} FROM keys GROUP BY {items}"),
        format!("SELECT COUNT(*) FROM {}", sources.join(", ")),
        format!("SELECT * FROM {}", sources.join(", ")),
        unions,
        format!("WITH {} SELECT * FROM w0", commons.join(", ")),
        chained(40, "SELECT *, * FROM #"),
        chained(5_000, "SELECT x FROM #"),
        chained(400, "SELECT a.x FROM # AS a, # AS b"),
        format!(
            "SELECT CASE WHEN key IN ({}) THEN 1 END AS a FROM keys ORDER BY {}",
            list("'x'"),
            list("a + 1")
        ),
        format!("SELECT {named} FROM keys"),
        format!("SELECT 1 FROM keys ORDER BY {}", vec!["1"; 50_000].join(", ")),
        format!("SELECT 1 FROM keys GROUP BY {}", vec!["key"; 50_000].join(", ")),
    ];
    let db = database();
    db.execute("CREATE KEY a INTEGER DEFAULT 1;").expect("a key is made");
    for query in bounded {
        let start = Instant::now();
        let found = db.query(&query).and_then(Cursor::into_rows);
        let found = found.map(|rows| rows.len()).map_err(|error| error.code());
        assert!(start.elapsed() < BOUND, "{:?} for {query:.60}", start.elapsed());
        let is_right = matches!(found, Ok(1) | Err("limit" | "syntax"));
        assert!(is_right, "{found:?} for {query:.60}");
    }
    let many = chained(400, "SELECT a.x FROM # AS a, # AS b");
    let plan = Statement::parse(&format!("EXPLAIN {many}")).expect("a plan can be asked for");
    let Ok(Outcome::Rows(plan)) = db.session().run(&plan) else { panic!("no plan") };
    assert!(plan.len() < 4_000, "each query is told once: {}", plan.len());
}

#[test]
fn a_cross_join_of_everything_keeps_to_its_memory() {
    let db = Database::builder().query_bytes(1 << 20).in_memory().expect("it opens");
    let keys: String = (0..200).fold(String::new(), |mut text, n| {
        write!(text, "CREATE KEY k{n} INTEGER DEFAULT {n};").expect("a text takes it");
        text
    });
    db.execute(&keys).expect("keys are made");
    let start = Instant::now();
    let all = |query| db.query(query).and_then(Cursor::into_rows);
    let none = all("SELECT * FROM keys, history, versions, uses, configs, keys b, keys c");
    assert_eq!(none.expect("one table is empty").len(), 0);
    let many = "SELECT * FROM keys, history, versions, keys b, keys c";
    assert_eq!(all(many).expect_err("there is no room").code(), "limit");
    assert_eq!(db.query(many).expect("its plan has room").take(2_000).flatten().count(), 2_000);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}
