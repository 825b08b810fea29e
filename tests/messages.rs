//! Errors about long texts and of many names: what they repeat is cut off, so that a message can be read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pcq::{Context, Database, Error, ErrorCode};

/// The longest that a message may be, with its hints, in bytes.
const MESSAGE_BYTES: usize = 640;

/// The longest that the program may tell, which draws the place, too.
const TOLD_BYTES: usize = 1 << 10;

/// The longest of a message that names some of many names that are as long as they may be.
const NAMING_BYTES: usize = 2 << 10;

/// The codes of which no message repeats anything that came from outside.
const SAYS_NOTHING: &[ErrorCode] = &[
    ErrorCode::BadOrder,
    ErrorCode::TransactionState,
    ErrorCode::ReadOnly,
    ErrorCode::NotAllowed,
    ErrorCode::ClockNotManual,
    ErrorCode::NotAState,
    ErrorCode::Interrupted,
    ErrorCode::Bug,
];

/// Statements with something wrong in which `§` stands for a long text without blanks, and `9` for a long number.
const WRONG: &[(&str, &str)] = &[
    ("limit", "CREATE KEY k INTEGER DEFAULT 9"),
    ("bad-literal", "CREATE KEY k DOUBLE DEFAULT 1e9"),
    ("bad-literal", "CREATE KEY k JSON DEFAULT {\"a\": 9e9}"),
    ("duplicate", "CREATE KEY k JSON DEFAULT {\"§\": 1, \"§\": 2}"),
    ("syntax", "CREATE KEY k JSON DEFAULT {\"§\"}"),
    ("syntax", "CREATE KEY k JSON DEFAULT [§]"),
    ("type-mismatch", "CREATE KEY k INTEGER DEFAULT '§'"),
    ("check-failed", "CREATE KEY k STRING DEFAULT '§' CHECK (VALUE = '§§')"),
    ("check-failed", "CREATE KEY k STRING DEFAULT 'a' CHECK (VALUE = '§')"),
    ("syntax", "CREATE KEY k STRING DEFAULT '' CHECK (a§.b.b = 1)"),
    ("syntax", "CREATE KEY k STRING DEFAULT '' CHECK (a.b.§ = 1)"),
    ("limit", "CREATE KEY § STRING DEFAULT ''"),
    ("limit", "CREATE KEY \"§\" STRING DEFAULT ''"),
    ("syntax", "CREATE KEY k § DEFAULT ''"),
    ("unknown-parameter", "CREATE KEY k STRING DEFAULT :§"),
    ("syntax", "CREATE KEY k STRING DEFAULT § ''"),
    ("limit", "ALTER KEY § SET DEFAULT 1"),
    ("limit", "ALTER KEY text SET DEFAULT 9"),
    ("check-failed", "ALTER KEY long SET CHECK (VALUE = '')"),
    ("syntax", "§"),
    ("limit", "GET §"),
    ("syntax", "GET k §"),
    ("syntax", "GET k FOR USER '§' §"),
    ("type-mismatch", "GET k FOR USER '§' WITH '§'"),
    ("bad-time", "GET k FOR USER '' AS OF '§'"),
    ("limit", "GET k UNDER CONFIG c VERSION 9"),
    ("type-mismatch", "SET USER 'u' age = '§'"),
    ("check-failed", "SET USER 'u' plan = '§'"),
    ("type-mismatch", "CREATE SEGMENT t WHERE age = '§'"),
    ("bad-time", "SET CLOCK '§'"),
    ("limit", "ADVANCE CLOCK 9 DAYS"),
    ("syntax", "ADVANCE CLOCK 1 §"),
    ("bad-split", "ALTER CONFIG c SET ROLLOUT s = 9%"),
    ("bad-split", "ALTER CONFIG c SET ROLLOUT s = 0.9%"),
    ("limit", "ALTER CONFIG c SET § = 1"),
    ("limit", "CREATE CONFIG d SEGMENTS s KEY text = SPLIT (§: 50% 'a', §: 40% 'b')"),
    ("bad-literal", "CREATE SEGMENT t WHERE a MATCHES '(§'"),
    ("bad-literal", "CREATE SEGMENT t WHERE a MATCHES '\\p{§}'"),
    ("bad-literal", "CREATE SEGMENT t WHERE a MATCHES '(?P<§>a)(?P<§>a)'"),
    ("unknown-parameter", "CREATE SEGMENT t WHERE a MATCHES :§"),
    ("unknown-function", "CREATE SEGMENT t WHERE §(a)"),
    ("syntax", "CREATE SEGMENT t WHERE COUNT§(EVENT '§') > 1"),
    ("limit", "CREATE SEGMENT t WHERE COUNT(EVENT '§') > 1"),
    ("limit", "CREATE SEGMENT t WHERE DID '§' WITHIN 9 DAYS"),
    ("bad-time", "CREATE SEGMENT t WHERE a < TIMESTAMP '§'"),
    ("bad-time", "CREATE SEGMENT t WHERE a < TIMESTAMP '2026-03-01T00:00:00[§]'"),
    ("bad-literal", "CREATE SEGMENT t WHERE a < SEMVER '§'"),
    ("bad-literal", "CREATE SEGMENT t WHERE a < VERSION '§'"),
    ("bad-literal", "CREATE SEGMENT t WHERE HOUR(NOW(), '§') = 1"),
    ("type-mismatch", "CREATE SEGMENT t WHERE HOUR(NOW(), '§' || '§') = 1"),
    ("bad-literal", "CREATE SEGMENT t WHERE IP_IN(a, '§')"),
    ("bad-literal", "CREATE SEGMENT t WHERE HASH('§', a) = 1"),
    ("type-mismatch", "CREATE SEGMENT t WHERE HASH('murmur3', a, '§') = 1"),
    ("type-mismatch", "CREATE SEGMENT t WHERE HASH_MOD('md5', a, '§') = 1"),
    ("type-mismatch", "CREATE SEGMENT t WHERE '§' + 1 = 1"),
    ("type-mismatch", "CREATE SEGMENT t WHERE '§'"),
    ("type-mismatch", "CREATE SEGMENT t WHERE '§' = 1"),
    ("suspicious", "CREATE SEGMENT t WHERE a BETWEEN 'x§' AND 'a'"),
    ("suspicious", "CREATE SEGMENT t WHERE a = 'x§' AND a = '§'"),
    ("suspicious", "CREATE SEGMENT t WHERE a > '9'"),
    ("limit", "CREATE SEGMENT t WHERE IN SEGMENT §"),
    ("limit", "CREATE SEGMENT t WHERE KEY(§)"),
    ("syntax", "CREATE SEGMENT t WHERE a = 1 §"),
    ("limit", "SET USER '§' a = 1"),
    ("limit", "SET USER 'u' § = 1"),
    ("duplicate", "SET USER 'u' a = 1, a = '§' AT '§'"),
    ("limit", "TRACK '§' FOR USER 'u'"),
    ("limit", "TRACK 'e' FOR USER '§'"),
    ("syntax", "TRACK 'e' FOR USER 'u' {\"§\"}"),
    ("limit", "ALTER EVENT '§' KEEP 1 DAY"),
    ("bad-time", "PUBLISH CONFIG c AT '§'"),
    ("limit", "REVERT CONFIG c TO VERSION 9"),
    ("limit", "SHOW KEYS WHERE § = 1"),
    ("limit", "SHOW KEYS WHERE columns.§ = 1"),
    ("limit", "SHOW KEYS LIMIT 9"),
    ("limit", "DESCRIBE KEY text VERSION 9"),
    ("assertion-failed", "ASSERT ERROR '§' GET k"),
    ("assertion-failed", "ASSERT ERROR 'cycle' ASSERT ERROR '§' GET text"),
    ("assertion-failed", "ASSERT GET text = '§'"),
    ("assertion-failed", "ASSERT GET long = 'short'"),
    ("assertion-failed", "ASSERT GET text = 'a' REASON '§'"),
    ("assertion-failed", "ASSERT GET text = 'a' VARIANT '§'"),
    ("limit", "SELECT 1 FROM §"),
    ("limit", "SELECT § FROM keys"),
    ("limit", "SELECT a.key FROM keys AS §"),
    ("unknown-column", "SELECT no FROM (SELECT '§', '§') AS t"),
    ("unknown-column", "SELECT t.no FROM (SELECT '§', '§') AS t"),
    ("not-grouped", "SELECT *, COUNT(*) FROM (SELECT '§') AS t"),
    ("syntax", "SELECT 1 GROUP BY COUNT('§')"),
    ("type-mismatch", "SELECT '§' + 1"),
    ("type-mismatch", "SELECT 1 WHERE '§'"),
    ("bad-time", "SELECT key FROM keys WHERE changed > '§'"),
    ("bad-time", "SELECT key FROM keys AS OF '§'"),
    ("bad-literal", "SELECT DATE_TRUNC('§', NOW())"),
    ("unknown-function", "SELECT §(1)"),
    ("too-many-rows", "SELECT '§' = (SELECT a.key FROM keys a, keys b)"),
    ("column-count", "SELECT '§' UNION SELECT '§', '§'"),
    ("duplicate", "WITH w AS (SELECT '§'), w AS (SELECT '§') SELECT 1"),
    ("assertion-failed", "ASSERT (SELECT '§') = '§§'"),
    ("syntax", "SELECT 1 FROM keys RIGHT JOIN §"),
    ("syntax", "GET text /* § "),
    ("syntax", "GET '§"),
    ("syntax", "GET text\n\n, §\n, §\n, §\n, §\n, §\n, §, "),
];

/// What must be there for the statements.
const BEFORE: &str = "CREATE KEY text STRING DEFAULT 'a'; CREATE SEGMENT s WHERE vip;
    CREATE CONFIG c SEGMENTS s KEY text = 'b'; CREATE KEY long STRING DEFAULT '§';
    CREATE ATTRIBUTE age INTEGER; CREATE ATTRIBUTE plan STRING CHECK (VALUE = '§' OR VALUE = 'a');";

/// Wrong arguments of the program.
const ARGUMENTS: &[&str] = &[
    "-v §",
    "-v §.=1",
    "-v §=1 -v §=2",
    "--clock §",
    "--format §",
    "--wait §",
    "--role §",
    "--§",
    "run §",
    "check §",
    "track s.pcdb §",
    "list s.pcdb § ids",
    "list s.pcdb s §",
    "verify §",
    "verify s.pcdb --from §",
    "help §",
    "errors §",
    "man §",
    "completions §",
    "§.pcq -e GET",
];

/// How many names there are of each kind.
const MANY: usize = 40;

/// A statement with texts of so many bytes in all.
fn long(statement: &str, bytes: usize) -> String {
    let bytes = bytes / statement.matches(['§', '9']).count().max(1);
    statement.replace('§', &"x".repeat(bytes)).replace('9', &"9".repeat(bytes))
}

/// A name as long as it may be.
fn name(kind: &str, number: usize) -> String {
    format!("{kind}{number:0>width$}", width = pcq::limits::NAME_BYTES - kind.len())
}

/// Pieces of a text, one for each of many names.
fn each(piece: impl Fn(usize) -> String) -> String {
    (0..MANY).map(piece).collect()
}

/// The same, with commas between them.
fn listed(piece: impl Fn(usize) -> String) -> String {
    (0..MANY).map(piece).collect::<Vec<_>>().join(", ")
}

/// Objects that refer to many others, all with long names.
fn crowd() -> String {
    let [k, s, e, o] = ["k", "s", "e", "o"].map(|kind| move |number| name(kind, number));
    let objects = each(|i| {
        let (k, s, e, o) = (k(i), s(i), e(i), o(i));
        format!(
            "CREATE KEY {k} STRING DEFAULT 'a'; CREATE KEY {e} STRING DEFAULT 'a';
             CREATE SEGMENT {s} WHERE KEY(used) = '' AND IN SEGMENT base; CREATE SEGMENT {o} WHERE vip;"
        )
    });
    let ring = each(|i| match i.checked_sub(1) {
        None => format!("CREATE SEGMENT {} WHERE vip;", name("ring", i)),
        Some(last) => {
            format!("CREATE SEGMENT {} WHERE IN SEGMENT {};", name("ring", i), name("ring", last))
        }
    });
    let values = listed(|i| format!("{} = 'b'", s(i)));
    let keys = listed(|i| format!("KEY {} VALUES ({values})", k(i)));
    let configs = format!(
        "CREATE CONFIG {} SEGMENTS {} {keys};
         CREATE CONFIG empty SEGMENTS base {};
         CREATE CONFIG old SEGMENTS {} KEY title VALUES ({} = 'b'); ALTER CONFIG old SET SEGMENTS base; {}",
        name("c", 0),
        listed(s),
        listed(|i| format!("KEY {}", e(i))),
        listed(o),
        o(0),
        each(|i| format!("ARCHIVE SEGMENT {};", o(i))),
    );
    let single = "CREATE KEY used STRING DEFAULT ''; CREATE KEY title STRING DEFAULT ''; CREATE SEGMENT base WHERE vip;";
    format!("{single} {objects} {ring} {configs} CREATE ATTRIBUTE vip BOOLEAN;")
}

/// Statements with something wrong about the names of that crowd.
fn named() -> Vec<(&'static str, String)> {
    let [k, s, c, o] = ["k", "s", "c", "o"].map(|kind| name(kind, 0));
    let (none, [first, last]) = (name("no", 0), [0, MANY - 1].map(|i| name("ring", i)));
    let keys = listed(|i| format!("KEY {}", name("k", i)));
    vec![
        ("unknown-key", format!("GET {none}")),
        ("unknown-segment", format!("CREATE SEGMENT t WHERE IN SEGMENT {none}")),
        ("unknown-segment", format!("ALTER CONFIG {c} SET ROLLOUT {o} = 5%")),
        ("unknown-column", format!("SHOW KEYS WHERE {none} = 1")),
        ("unknown-table", format!("SELECT 1 FROM {none}")),
        (
            "unknown-table",
            format!("SELECT {none}.* FROM {}", listed(|i| format!("keys {}", name("a", i)))),
        ),
        (
            "unknown-column",
            format!("SELECT {none} FROM {}", listed(|i| format!("keys {}", name("a", i)))),
        ),
        (
            "ambiguous-column",
            format!("SELECT key FROM {}", listed(|i| format!("keys {}", name("a", i)))),
        ),
        ("unknown-config", format!("PUBLISH CONFIG {none}")),
        ("unknown-version", format!("PUBLISH CONFIG {c} VERSION 7")),
        ("unknown-version", format!("DESCRIBE SEGMENT {s} VERSION 7")),
        ("already-exists", format!("CREATE KEY {k} STRING DEFAULT ''")),
        ("archived", format!("CREATE SEGMENT t WHERE IN SEGMENT {o}")),
        ("duplicate", format!("CREATE CONFIG d SEGMENTS {s}, {s} KEY title = 'a'")),
        ("conflict", format!("ALTER CONFIG {c} IF VERSION 7 SET ROLLOUT {s} = 5%")),
        ("key-in-use", "ARCHIVE KEY used".to_owned()),
        ("key-in-use", format!("CREATE CONFIG d SEGMENTS base {keys}")),
        ("segment-in-use", "ARCHIVE SEGMENT base".to_owned()),
        ("suspicious", format!("CREATE SEGMENT t WHERE vip = {none}")),
        ("attribute-in-use", "ARCHIVE ATTRIBUTE vip".to_owned()),
        ("unknown-attribute", format!("ALTER ATTRIBUTE {none} DROP CHECK")),
        ("check-failed", format!("ALTER KEY {k} SET CHECK (VALUE = 'a')")),
        ("cycle", format!("ALTER SEGMENT {first} WHERE IN SEGMENT {last}")),
        ("nothing-to-publish", "PUBLISH CONFIG empty".to_owned()),
        ("not-valid-now", "PUBLISH CONFIG old VERSION 1".to_owned()),
    ]
}

/// What is not as it should be about what a statement says of itself, if anything is.
fn flaw(code: &str, statement: &str, error: Option<&Error>, most: usize) -> Option<String> {
    let Some(error) = error else { return Some(format!("{statement:.80} is right")) };
    let told = format!("{error:?}");
    (error.code() != code || told.len() > most)
        .then(|| format!("{statement:.80}: {} bytes, not {code}: {told:.2000}", told.len()))
}

/// What the program has to say of a script, in a folder of its own.
fn run(folder: &Path, script: &str) -> String {
    fs::write(folder.join("long.pcq"), script).unwrap();
    let clock = ["--clock", "2026-03-01T09:00:00Z"];
    told(&pcq(folder).args(["run", "long.pcq", "--strict"]).args(clock).output().unwrap())
}

fn pcq(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pcq"));
    command.current_dir(folder);
    command
}

/// What a program that failed has to say.
fn told(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn nothing(flaws: impl IntoIterator<Item = String>) {
    let flaws: Vec<_> = flaws.into_iter().collect();
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

#[test]
fn a_long_text_is_not_repeated() {
    let db =
        Database::builder().manual_clock(pcq::Timestamp::MIN).strict(true).in_memory().unwrap();
    db.execute(&BEFORE.replace('§', &"x".repeat(20_000))).unwrap();
    nothing(WRONG.iter().filter_map(|(code, statement)| {
        flaw(code, statement, db.execute(&long(statement, 1_000_000)).err().as_ref(), MESSAGE_BYTES)
    }));
}

#[test]
fn of_many_names_some_are_told() {
    let db = Database::builder().strict(true).in_memory().unwrap();
    db.execute(&crowd()).unwrap();
    nothing(named().iter().filter_map(|(code, statement)| {
        flaw(code, statement, db.execute(statement).err().as_ref(), NAMING_BYTES)
    }));
    let client = db.client(Context::new("u"));
    let error = client.get::<String>(&name("no", 0)).err();
    nothing(flaw("no-value", "Client::get", error.as_ref(), NAMING_BYTES));
}

#[test]
fn a_long_path_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let deep: PathBuf =
        (0..12).fold(folder.path().to_owned(), |path, _| path.join("p".repeat(250)));
    fs::create_dir_all(&deep).unwrap();
    let [store, other] = ["store", "other"].map(|name| deep.join(name));
    fs::write(&other, "no store").unwrap();
    let db = Database::open(&store).unwrap();
    let locked = Database::open(&store).err();
    fs::rename(&store, deep.join("moved")).unwrap();
    let errors = [
        ("io", Database::open("p".repeat(1_000_000)).err()),
        ("store-locked", locked),
        ("store-failed", db.execute("CREATE KEY k STRING DEFAULT ''").err()),
        ("store-corrupt", Database::open(&other).err()),
    ];
    let flaws =
        errors.iter().filter_map(|(code, error)| flaw(code, code, error.as_ref(), NAMING_BYTES));
    nothing(flaws);
}

/// A code that is met in none of these tests would have no bound.
#[test]
fn every_code_that_repeats_something_is_met() {
    let files = ["io", "store-locked", "store-failed", "store-corrupt", "no-value"];
    let named = named();
    let met = WRONG.iter().map(|(code, _)| *code).chain(named.iter().map(|(code, _)| *code));
    let met: BTreeSet<_> = met.chain(files).collect();
    let all = ErrorCode::ALL.iter().filter(|code| !SAYS_NOTHING.contains(code));
    assert_eq!(met, all.map(|code| code.as_str()).collect());
}

/// The program draws the place besides, of which a shorter text tells enough.
#[test]
fn the_program_draws_a_place_in_a_long_line() {
    let folder = tempfile::tempdir().unwrap();
    nothing(WRONG.iter().filter_map(|(code, statement)| {
        let before = BEFORE.replace('§', &"x".repeat(20_000));
        let told = run(folder.path(), &format!("{before}{};", long(statement, 200_000)));
        let is_right =
            told.starts_with("long.pcq:") && told.contains(&format!(": error[{code}]: "));
        (!is_right || told.len() > TOLD_BYTES)
            .then(|| format!("{statement}: {} bytes: {told:.3000}", told.len()))
    }));
}

#[test]
fn a_long_argument_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    nothing(ARGUMENTS.iter().filter_map(|arguments| {
        let long = arguments.replace('§', &"x".repeat(100_000)).replace('9', &"9".repeat(100_000));
        let told = told(&pcq(folder.path()).args(long.split(' ')).output().unwrap());
        (told.is_empty() || told.len() > TOLD_BYTES)
            .then(|| format!("{arguments}: {} bytes: {told:.3000}", told.len()))
    }));
}

/// Lines of files, each of one fact or one id.
#[test]
fn a_long_cell_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    Database::open(folder.path().join("s.pcdb")).unwrap();
    let x = "x".repeat(1_000_000);
    let files = [
        ("track", "a.csv", format!("{x}\n1\n")),
        ("track", "a.csv", format!("user,{x},{x}\nu,1,2\n")),
        ("track", "a.csv", format!("user,a:{x}\nu,1\n")),
        ("track", "a.csv", format!("user,{x}:nonsense\nu,1\n")),
        ("track", "a.csv", format!("USER,{x}\nu,1\n")),
        ("track", "a.csv", format!("user,n:number\nu,{x}\n")),
        ("track", "a.csv", format!("user,n:boolean\nu,{x}\n")),
        ("track", "a.csv", format!("user,n:json\nu,{x}\n")),
        ("track", "a.csv", format!("event,user,at\ne,u,{x}\n")),
        ("track", "a.csv", format!("event,user\n{x},u\n")),
        ("track", "a.csv", format!("event,user\ne,{x}\n")),
        ("track", "a.csv", format!("event,user\ne,u\"{x}\n")),
        ("track", "a.csv", format!("event,user\ne,\"u\"{x}\n")),
        ("track", "a.jsonl", format!("{x}\n")),
        ("track", "a.jsonl", format!("{{\"{x}\": 1}}\n")),
        ("track", "a.jsonl", format!("{{\"user\": \"{x}\"}}\n")),
        ("track", "a.jsonl", format!("{{\"user\": \"u\", \"event\": \"{x}\"}}\n")),
        ("track", "a.jsonl", format!("{{\"user\": \"u\", \"attributes\": {{\"{x}\": 1}}}}\n")),
        ("track", "a.jsonl", format!("{{\"user\": \"u\", \"event\": \"e\", \"at\": \"{x}\"}}\n")),
    ];
    nothing(files.iter().filter_map(|(command, file, text)| {
        fs::write(folder.path().join(file), text).unwrap();
        let told = told(&pcq(folder.path()).args([command, "s.pcdb", file]).output().unwrap());
        (!told.starts_with(file) || told.len() > TOLD_BYTES)
            .then(|| format!("{text:.60}: {} bytes: {told:.3000}", told.len()))
    }));
}
