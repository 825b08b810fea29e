//! The store that is damaged, as each kind of file, what it is asked, and what it answers when it is sound.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use pcq::{Context, Database, DumpKind, ErrorClass, Outcome, Result, Timestamp};
use redb::ReadableDatabase as _;
use redb::TableHandle as _;

/// What makes most of the store; the rest is not in the language.
const SCRIPT: &str = "
    SET ACTOR 'mia';
    CREATE KEY dark BOOLEAN DEFAULT FALSE DESCRIPTION 'dark';
    CREATE KEY volume INTEGER DEFAULT 5 CHECK (VALUE BETWEEN 0 AND 11);
    CREATE KEY price DOUBLE DEFAULT 9.5;
    CREATE KEY title STRING DEFAULT 'Home';
    CREATE KEY banner JSON DEFAULT {\"text\": \"Hi\", \"size\": 2};
    CREATE KEY layout STRING DEFAULT 'list';
    CREATE ATTRIBUTE born TIMESTAMP DESCRIPTION 'when';
    CREATE ATTRIBUTE amount INTEGER SENSITIVE CHECK (VALUE < 1000000);
    CREATE SEGMENT nordic WHERE country IN ('DK', 'FI', 'IS', 'NO', 'SE');
    CREATE SEGMENT phones WHERE IN SEGMENT nordic AND device IN ('iPhone', 'Pixel');
    CREATE SEGMENT regulars WHERE COUNT(EVENT 'Opened' WITHIN 7 DAYS) >= 2;
    CREATE SEGMENT buyers WHERE SUM(EVENT 'Charged' OF amount WITHIN 30 DAYS) > 100;
    CREATE CONFIG look SEGMENTS vips, nordic 50%, EVERYONE 10% KEY dark = TRUE;
    CREATE CONFIG sound SEGMENTS phones, EVERYONE
        KEY volume VALUES (phones = 9, EVERYONE = 3), KEY price VALUES (phones = 7.25);
    CREATE CONFIG home SEGMENTS buyers, regulars, nordic
        KEY title VALUES (buyers = 'Thanks', regulars = 'Welcome back', nordic = 'Hei'),
        KEY banner VALUES (nordic = {\"text\": \"God dag\"});
    CREATE CONFIG search SEGMENTS EVERYONE
        KEY layout = SPLIT (old: 50% 'list', cards: 30% 'cards', 20% 'map');
    PUBLISH CONFIG look; PUBLISH CONFIG sound COMMENT 'loud'; PUBLISH CONFIG home; PUBLISH CONFIG search;
    ADVANCE CLOCK 1 DAY;
    ALTER CONFIG sound SET volume VALUES (EVERYONE = 4);
    PUBLISH CONFIG sound AT '2026-04-01T00:00:00Z' UNTIL '2026-05-01T00:00:00Z' COMMENT 'spring';
    ALTER SEGMENT nordic WHERE country IN ('DK', 'FI', 'IS', 'NO', 'SE', 'FO');
    ALTER CONFIG home SET title VALUES (nordic = 'Hei hei');
    PUBLISH CONFIG home;
    REVERT CONFIG home TO VERSION 1 COMMENT 'oops';
    ALTER ATTRIBUTE born SET DESCRIPTION 'the day';
    ALTER ATTRIBUTES STRICT; ALTER ATTRIBUTES OPEN;
    ARCHIVE ATTRIBUTE amount;
    ALTER EVENT 'Opened' KEEP 52 WEEKS;
    ALTER EVENTS KEEP 90 WEEKS;
    CREATE SEGMENT old WHERE FALSE; ARCHIVE SEGMENT old;
    ALTER CONFIG search RENAME TO find;";

/// What the store is asked, but for the users one by one.
const QUESTIONS: &str = "
    SHOW KEYS; SHOW SEGMENTS; SHOW CONFIGS; SHOW SCHEDULE; SHOW USERS; SHOW EVENTS; SHOW RETENTION; SHOW HISTORY;
    SHOW ATTRIBUTES; SHOW VERSIONS OF ATTRIBUTE born; DESCRIBE ATTRIBUTE amount;
    SHOW COUNT OF KEYS;
    SHOW VERSIONS OF CONFIG home;
    DESCRIBE CONFIG terms VERSION 4;
    GET CONFIG terms;
    SHOW VERSIONS OF SEGMENT nordic;
    DESCRIBE CONFIG sound;
    DESCRIBE CONFIG sound VERSION 1;
    DESCRIBE SEGMENT vips;
    DIFF CONFIG home VERSION 1 TO 2;
    SHOW STATS FOR KEYS;
    SHOW STATS FOR CONFIG home BY DAY;
    SHOW STATS FOR CONFIG look BY MINUTE;
    SHOW USERS WHERE IN SEGMENT vips;
    SHOW COUNT OF USERS WHERE IN SEGMENT buyers;
    GET ALL FOR USER 'v00123';
    GET ALL FOR USER 'u7' AS OF '2026-03-01T09:00:00Z';
    GET ALL FOR USER 'u8' AS OF '2026-04-02T00:00:00Z';
    GET ALL FOR USER 'nobody' WITH {\"country\": \"NO\", \"device\": \"iPhone\"};";

/// What is written to it: into every kind of table, in a commit each.
const WRITES: [&str; 4] = [
    "BEGIN; CREATE KEY extra STRING DEFAULT 'z'; ALTER CONFIG home SET title VALUES (nordic = 'Hallo');
     PUBLISH CONFIG home; ALTER CONFIG terms SET terms_de VALUES (EVERYONE = 'siehe Seite 9');
     PUBLISH CONFIG terms; COMMIT;",
    "SET USER 'u1' country = 'NO', device = 'Pixel';",
    "TRACK 'Opened' FOR USER 'u2' ID 'new';",
    "FORGET USER 'u3';",
];

/// The tables that only a store of an earlier format has.
const EARLIER: [&str; 1] = ["pcq.user_entries"];

const USERS: usize = 40;

/// Answers to all questions, in their order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answers(Vec<Option<String>>);

/// Kind of file: what the process that had it open did last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// It closed it.
    Closed,
    /// It was killed before it committed anything.
    Opened,
    /// It was killed after it committed something.
    Working,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Closed, Self::Opened, Self::Working];
}

/// Who is forgotten by one of the last commits.
pub(crate) const FORGOTTEN: &str = "u39";

/// A sound store as a file of each kind, and its answers.
pub(crate) struct Fixture {
    files: Vec<(Kind, Vec<u8>)>,
    /// The answers before the writes, and after each.
    pub(crate) answers: Vec<Answers>,
}

/// The fixture, made once.
pub(crate) fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(Fixture::new)
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.pcdb");
        let files = make(&path);
        has_every_table(&path);
        let db = open(&path, false).unwrap();
        let mut told = vec![answers(&db).unwrap()];
        for write in WRITES {
            db.execute(write).unwrap();
            told.push(answers(&db).unwrap());
        }
        assert!(told.iter().all(Answers::are_whole) && told.windows(2).all(|two| two[0] != two[1]));
        let fixture = Self { files, answers: told };
        for kind in Kind::ALL {
            let copy = folder.path().join(format!("{kind:?}"));
            fs::write(&copy, fixture.file(kind)).unwrap();
            assert!(answers(&open(&copy, true).unwrap()).unwrap() == fixture.answers[0]);
        }
        fixture
    }

    /// The file of a kind.
    pub(crate) fn file(&self, kind: Kind) -> &[u8] {
        &self.files.iter().find(|(found, _)| *found == kind).unwrap().1
    }

    /// The answers of the store as it was made.
    pub(crate) fn before(&self) -> &[Answers] {
        &self.answers[..1]
    }
}

impl Answers {
    /// Whether there is an answer to each question.
    pub(crate) fn are_whole(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// The first answer that is there and is neither of those of a sound store.
    pub(crate) fn wrong(&self, right: &[Self]) -> Option<String> {
        let told = self.0.iter().enumerate().filter_map(|(n, answer)| Some((n, answer.as_ref()?)));
        let is_right = |n: usize, answer: &String| {
            right.iter().any(|right| right.0.get(n).is_some_and(|one| one.as_ref() == Some(answer)))
        };
        told.into_iter()
            .find(|(n, answer)| !is_right(*n, answer))
            .map(|(n, answer)| format!("answer {n} is {answer}"))
    }
}

pub(crate) fn open(path: &Path, read_only: bool) -> Result<Database> {
    Database::builder().create(false).read_only(read_only).count_deliveries(false).open(path)
}

/// Whether an error says that the store is damaged.
pub(crate) fn is_damage(error: &pcq::Error) -> bool {
    error.class() == ErrorClass::Store
}

/// Asks everything. What is not answered because of damage is `None`; any other error is given.
pub(crate) fn answers(db: &Database) -> Result<Answers> {
    let mut answers = Vec::new();
    let users = (0..USERS).step_by(3).map(|n| format!("GET ALL FOR USER 'u{n}'"));
    let questions: Vec<_> = QUESTIONS.split(';').map(str::to_owned).chain(users).collect();
    for question in questions.iter().filter(|question| !question.trim().is_empty()) {
        answers.push(unless_damaged(db.execute(question).map(|told| shown(&told)))?);
    }
    for kind in [DumpKind::Current, DumpKind::History] {
        let mut text = Vec::new();
        let told = db.dump(&mut text, kind).map(|()| String::from_utf8(text).unwrap());
        answers.push(unless_damaged(told)?);
    }
    Ok(Answers(answers))
}

fn unless_damaged(told: Result<String>) -> Result<Option<String>> {
    match told {
        Err(error) if is_damage(&error) => Ok(None),
        told => told.map(Some),
    }
}

fn shown(outcomes: &[Outcome]) -> String {
    let rows = outcomes.iter().filter_map(Outcome::rows);
    rows.map(pcq::Rows::to_json).collect::<Vec<_>>().join("\n")
}

/// Writes, until something fails: how many of the writes were done, and why not all.
pub(crate) fn write(db: &Database) -> (usize, Result<()>) {
    for (done, write) in WRITES.iter().enumerate() {
        if let Err(error) = db.execute(write) {
            return (done, Err(error));
        }
    }
    (WRITES.len(), Ok(()))
}

/// Makes the store; gives it as a file of each kind.
fn make(path: &Path) -> Vec<(Kind, Vec<u8>)> {
    let start = Timestamp::parse("2026-03-01T08:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).open(path).unwrap();
    db.load_list("vips", (0..3_000).map(|n| format!("v{n:05}"))).unwrap();
    db.execute(SCRIPT).unwrap();
    db.execute(&large()).unwrap();
    for n in 0..60 {
        db.execute(&filler(n)).unwrap();
    }
    db.execute("ALTER ATTRIBUTES STRICT;").unwrap();
    (0..6).for_each(|round| track(&db, round));
    for n in 0..200 {
        let context = Context::new(format!("u{n}")).with("country", ["NO", "US"][n % 2]);
        for key in ["dark", "title", "layout", "volume"] {
            drop(db.evaluate(key, &context));
        }
    }
    db.close().unwrap();
    // a second session, so that more than one has closed it
    let db = open(path, false).unwrap();
    db.execute(&format!("ADVANCE CLOCK 1 HOUR; FORGET USER '{FORGOTTEN}';")).unwrap();
    drop(db.evaluate("dark", &Context::new("v00001")));
    db.flush().unwrap();
    let working = fs::read(path).unwrap();
    db.close().unwrap();
    let closed = fs::read(path).unwrap();
    let db = open(path, false).unwrap();
    let opened = fs::read(path).unwrap();
    db.close().unwrap();
    vec![(Kind::Closed, closed), (Kind::Opened, opened), (Kind::Working, working)]
}

/// A config that takes more than a page, and edits, which are written as what they change.
fn large() -> String {
    let keys = ["en", "de", "fr", "no"];
    let create = keys.map(|key| format!("CREATE KEY terms_{key} STRING DEFAULT '';"));
    let text = |key: &str| format!("{key} ").repeat(700);
    let columns = keys.map(|key| format!("KEY terms_{key} VALUES (nordic = '{}')", text(key)));
    let edit = |key: &str, n: usize| {
        format!(
            "ALTER CONFIG terms SET terms_{key} VALUES (EVERYONE = 'see page {n}'); PUBLISH CONFIG terms;"
        )
    };
    let edits = keys.iter().zip(1..).map(|(key, n)| edit(key, n));
    format!(
        "{} CREATE CONFIG terms SEGMENTS nordic, EVERYONE {}; {}",
        create.concat(),
        columns.join(", "),
        edits.collect::<String>()
    )
}

fn filler(n: usize) -> String {
    let long = "x".repeat(n * 7 % 300);
    format!(
        "CREATE KEY filler_{n} STRING DEFAULT 'filler {n} {long}';
         CREATE SEGMENT part_{n} WHERE country = 'C{n}' OR age > {n};
         CREATE CONFIG many_{n} SEGMENTS part_{n}, EVERYONE
             KEY filler_{n} VALUES (part_{n} = 'value {n}', EVERYONE = 'everyone {n}');
         PUBLISH CONFIG many_{n};"
    )
}

fn track(db: &Database, round: usize) {
    for n in 0..USERS {
        let country = ["NO", "SE", "US", "FO"][(n + round) % 4];
        let amount = n * 7 % 90;
        db.execute(&format!(
            "SET USER 'u{n}' country = '{country}', device = 'Pixel', round = {round};
             TRACK 'Opened' FOR USER 'u{n}' {{\"round\": {round}}} ID 'o-{n}-{round}';
             TRACK 'Charged' FOR USER 'u{n}' {{\"amount\": {amount}}} ID 'c-{n}-{round}';"
        ))
        .unwrap();
    }
}

/// Everything that there is in a file can be damaged.
fn has_every_table(path: &Path) {
    let database = redb::Database::open(path).unwrap();
    let transaction = database.begin_read().unwrap();
    let tables: Vec<_> =
        transaction.list_tables().unwrap().map(|table| table.name().to_owned()).collect();
    for name in written().filter(|name| !EARLIER.contains(&name.as_str())) {
        assert!(tables.contains(&name), "the store has no table `{name}`: {tables:?}");
    }
}

/// The names of all tables, as the source has them.
fn written() -> impl Iterator<Item = String> {
    let source = include_str!("../../src/store/tables.rs");
    let definitions = source.split("TableDefinition::new(\"").skip(1);
    definitions.filter_map(|rest| rest.split('"').next().map(str::to_owned))
}
