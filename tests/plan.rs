//! Plans between random stores: what a state file says a store becomes, wholly and once.

use std::fmt::Write as _;

use pcq::{Database, DumpKind, Prune, Script, Timestamp};

/// How many pairs of stores are made; `PCQ_PLANS` says otherwise.
const PAIRS: u64 = 60;

/// How many stores and files of random schedules are made.
const SCHEDULES: u64 = 40;

const KEYS: [(&str, &str, [&str; 3]); 8] = [
    ("k0", "BOOLEAN", ["TRUE", "FALSE", "TRUE"]),
    ("k1", "INTEGER", ["1", "2", "3"]),
    ("k2", "STRING", ["'a'", "'b'", "'c'"]),
    ("k3", "JSON", ["{\"x\": 1}", "NULL", "'t'"]),
    ("k4", "INTEGER", ["1", "2", "3"]),
    ("k5", "INTEGER", ["1", "2", "3"]),
    ("k6", "INTEGER", ["1", "2", "3"]),
    ("k7", "INTEGER", ["1", "2", "3"]),
];

const CONDITIONS: [&str; 7] = [
    "country = 'US'",
    "age > 17",
    "vip",
    "IN SEGMENT s0 AND age > 17",
    "IN SEGMENT s1 OR NOT IN SEGMENT s2",
    "KEY(k4) = 2",
    "COUNT(EVENT 'buy' WITHIN 30 DAYS) > 1",
];

/// A type never changes: an attribute has the same one in all stores.
const ATTRIBUTES: [(&str, &str, [&str; 3]); 5] = [
    ("age", "INTEGER", ["", " CHECK (VALUE >= 0)", " CHECK (VALUE < 150)"]),
    ("country", "STRING", ["", " SENSITIVE", " SENSITIVE CHECK (VALUE != '')"]),
    ("plan", "STRING", ["", "", " CHECK (LENGTH(VALUE) < 9)"]),
    // nothing reads these
    ("seen", "TIMESTAMP", ["", "", " SENSITIVE"]),
    ("a.b", "JSON", ["", " CHECK (VALUE.x = 1)", ""]),
];

/// Random choices, the same for the same seed (splitmix64).
struct Choices(u64);

impl Choices {
    fn number(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.number(times) == 0
    }

    fn pick<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.number(of.len())]
    }

    /// Some of these, in random order.
    fn some<'t>(&mut self, of: &[&'t str]) -> Vec<&'t str> {
        let mut left = of.to_vec();
        let count = 1 + self.number(of.len());
        let take = |_| left.remove(self.number(left.len()));
        (0..count).map(take).collect()
    }

    fn value(&mut self, key: &str) -> &'static str {
        let (.., values) = KEYS.iter().find(|(name, ..)| *name == key).unwrap();
        self.pick(values)
    }

    fn cell(&mut self, key: &str) -> String {
        if self.one_in(3) {
            let (a, b) = (self.value(key), self.value(key));
            let shares = self.pick(&[
                "a: 50% A, b: 50% B",
                "b: 20% B, a: 80% A",
                "a: 10% A, b: 30% B, a: 60% A",
            ]);
            let by = self.pick(&["", "", " BY plan"]);
            return format!(
                "SPLIT ({}){by}",
                shares.replace('A', a).replace("% B", &format!("% {b}"))
            );
        }
        self.value(key).to_owned()
    }

    fn rows(&mut self) -> Vec<&'static str> {
        let mut rows = self.some(&["s0", "s1", "s2", "s3"]);
        rows.truncate(3);
        if self.one_in(2) {
            rows.push("EVERYONE");
        }
        rows
    }

    fn description(&mut self) -> &'static str {
        self.pick(&["", "", " DESCRIPTION 'one'", " DESCRIPTION 'two'"])
    }

    fn config(&mut self, name: &str, keys: &[&str]) -> String {
        let rows = self.rows();
        let mut script = format!("CREATE CONFIG {name}{} SEGMENTS ", self.description());
        let written = rows.iter().map(|row| {
            let share = self.pick(&["", "", " 40%", " 60% BY plan", " 100% BY plan"]);
            let salt = self.pick(&["", "", "", " SALT 'z'"]);
            format!("{row}{share}{salt}")
        });
        let written: Vec<_> = written.collect();
        script.push_str(&written.join(", "));
        let columns = keys.iter().map(|key| {
            let given: Vec<_> =
                rows.iter().filter(|row| **row == rows[0] || self.one_in(2)).collect();
            let cells: Vec<_> =
                given.iter().map(|row| format!("{row} = {}", self.cell(key))).collect();
            format!("KEY {key} VALUES ({})", cells.join(", "))
        });
        let columns: Vec<_> = columns.collect();
        let comment = self.pick(&["", " COMMENT 'why'"]);
        let _ = writeln!(script, " {};\nPUBLISH CONFIG {name}{comment};", columns.join(", "));
        if self.one_in(3) {
            let (key, row) = (self.pick(keys), self.pick(&rows));
            let _ = writeln!(
                script,
                "ALTER CONFIG {name} SET {key} VALUES ({row} = {});",
                self.cell(key)
            );
        }
        if self.one_in(6) {
            let _ = writeln!(script, "DISABLE CONFIG {name};");
        }
        script
    }

    /// Statements that make a store; those that cannot be are passed over.
    fn store(&mut self) -> String {
        let mut script = String::new();
        for (name, kind, values) in KEYS {
            let check = match kind {
                "INTEGER" => self.pick(&["", " CHECK (VALUE < 10)", " CHECK (VALUE < 4)"]),
                _ => "",
            };
            let (default, told) = (self.pick(&values), self.description());
            let _ = writeln!(script, "CREATE KEY {name} {kind} DEFAULT {default}{check}{told};");
        }
        for (name, kind, clauses) in ATTRIBUTES {
            let (clauses, told) = (self.pick(&clauses), self.description());
            if !["seen", "a.b"].contains(&name) || self.one_in(2) {
                let _ = writeln!(script, "CREATE ATTRIBUTE \"{name}\" {kind}{clauses}{told};");
            }
        }
        for segment in ["s0", "s1", "s2", "s3"] {
            let (condition, told) = (self.pick(&CONDITIONS), self.description());
            let _ = writeln!(script, "CREATE SEGMENT {segment}{told} WHERE {condition};");
        }
        let mut keys = self.some(&["k0", "k1", "k2", "k3", "k5", "k6", "k7"]);
        for name in ["c0", "c1", "c2"] {
            let count = (1 + self.number(3)).min(keys.len());
            let keys: Vec<_> = keys.drain(..count).collect();
            if !keys.is_empty() && !self.one_in(5) {
                script.push_str(&self.config(name, &keys));
            }
        }
        for _ in 0..self.number(4) {
            let object =
                self.pick(&["KEY k3", "KEY k4", "SEGMENT s2", "SEGMENT s3", "ATTRIBUTE seen"]);
            let _ = writeln!(script, "ARCHIVE {object};");
        }
        if self.one_in(4) {
            script.push_str("ALTER ATTRIBUTES STRICT;\n");
        }
        script
    }
}

/// A store of random objects, with users.
fn store(seed: u64) -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    let mut session = db.session();
    let script = Choices(seed).store();
    for statement in Script::new(script.as_bytes()) {
        let _ = session.run_parsed(&statement.unwrap());
    }
    db
}

fn state(db: &Database) -> String {
    let mut text = Vec::new();
    db.dump(&mut text, DumpKind::State).unwrap();
    String::from_utf8(text).unwrap()
}

/// What users get of every key that is not archived.
fn values(db: &Database) -> Vec<String> {
    let mut all = Vec::new();
    for user in 0..12 {
        let attributes = format!(
            "{{\"country\": \"{}\", \"age\": {}, \"vip\": {}, \"plan\": \"p{}\"}}",
            if user % 2 == 0 { "US" } else { "SE" },
            user * 4,
            user % 3 == 0,
            user % 5
        );
        let rows = db.execute(&format!("GET ALL FOR USER 'u{user}' WITH {attributes};")).unwrap();
        let rows = rows[0].rows().unwrap().to_json();
        all.extend(rows.split("},").map(without_version));
    }
    all
}

/// A row without the number of the version, which counts edits.
fn without_version(row: &str) -> String {
    let parts = row.split(',').filter(|part| !part.starts_with("\"version\""));
    parts.collect::<Vec<_>>().join(",")
}

fn statements(text: &str) -> Vec<pcq::ScriptStatement> {
    Script::new(text.as_bytes()).collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_store_becomes_what_the_state_of_another_says() {
    let pairs = std::env::var("PCQ_PLANS").map_or(PAIRS, |pairs| pairs.parse().unwrap());
    for seed in 0..pairs {
        let (a, b) = (store(2 * seed), store(2 * seed + 1));
        let wanted = state(&b);
        let plan = a.session().plan(statements(&wanted), Prune::Yes);
        let plan =
            plan.unwrap_or_else(|error| panic!("seed {seed}: {error:?}\n{}\n{wanted}", state(&a)));
        let shown = plan.to_string();
        plan.apply().unwrap_or_else(|error| panic!("seed {seed}: {error:?}\n{shown}"));
        assert_eq!(state(&a), wanted, "seed {seed}:\n{shown}");
        assert_eq!(values(&a), values(&b), "seed {seed}:\n{shown}");
        let again = a.session().plan(statements(&wanted), Prune::Yes).unwrap();
        assert!(again.is_empty(), "seed {seed}: {again}");
        assert!(a.verify().unwrap().is_sound(), "seed {seed}");
    }
}

/// The shown script does what the plan does.
#[test]
fn a_plan_is_a_script() {
    for seed in 0..40 {
        let (a, copy, b) = (store(seed), store(seed), store(seed + 1_000));
        let wanted = state(&b);
        let plan = a.session().plan(statements(&wanted), Prune::Yes).unwrap();
        let script = plan.to_string();
        copy.execute(&script).unwrap_or_else(|error| panic!("seed {seed}: {error:?}\n{script}"));
        plan.apply().unwrap();
        assert_eq!(state(&a), state(&copy), "seed {seed}");
    }
}

/// A store that is loaded from a state is as it says, and needs nothing.
#[test]
fn a_state_makes_a_store() {
    for seed in 0..40 {
        let (db, copy) = (store(seed), Database::in_memory().unwrap());
        let wanted = state(&db);
        copy.execute(&wanted).unwrap_or_else(|error| panic!("{error:?}\n{wanted}"));
        assert_eq!(state(&copy), wanted);
        assert!(copy.plan(&wanted).unwrap().is_empty());
    }
}

/// The configs of a ring in which each is live with a key of its own, but for the turn that all have taken.
fn ring(size: usize, turn: usize, loose: &str) -> String {
    let mut script = String::new();
    for number in 0..size {
        let _ = writeln!(script, "CREATE KEY k{number} INTEGER DEFAULT 0;");
    }
    for number in 0..size {
        let key = (number + turn) % size;
        let _ = writeln!(
            script,
            "CREATE CONFIG c{number} SEGMENTS EVERYONE KEY k{key} = {number};\nPUBLISH CONFIG c{number}{loose};"
        );
    }
    script
}

#[test]
fn configs_swap_all_of_their_keys() {
    for size in [2, 3, 5] {
        let db = Database::in_memory().unwrap();
        db.execute(&ring(size, 0, "")).unwrap();
        for turn in 1..=size {
            let wanted = ring(size, turn, "");
            db.plan(&wanted).unwrap().apply().unwrap();
            let loaded = Database::in_memory().unwrap();
            loaded.execute(&wanted).unwrap();
            assert_eq!(state(&db), state(&loaded), "{size} {turn}");
            assert_eq!(values(&db), values(&loaded));
            assert!(db.plan(&wanted).unwrap().is_empty());
        }
        // the key that stood in is taken back, and not made again
        let stood_in = db.execute("SHOW KEYS WHERE key STARTS WITH 'plan.';").unwrap();
        assert_eq!(stood_in[0].rows().unwrap().len(), 1);
        assert_eq!(stood_in[0].rows().unwrap().value(0, "status"), Some(&"archived".into()));
    }
}

/// Two rings at once, one of which waits for the other.
#[test]
fn configs_swap_keys_with_several_others() {
    let (a, b) = (Database::in_memory().unwrap(), Database::in_memory().unwrap());
    let keys = "CREATE KEY a INTEGER DEFAULT 0; CREATE KEY b INTEGER DEFAULT 0; CREATE KEY c INTEGER DEFAULT 0;
        CREATE KEY d INTEGER DEFAULT 0; CREATE KEY plan.stand_in STRING DEFAULT 'mine';";
    let configs = |columns: [&str; 4]| {
        let mut script = keys.to_owned();
        for (number, keys) in columns.iter().enumerate() {
            let columns = keys.split(' ').map(|key| format!("KEY {key} = {number}"));
            let columns = columns.collect::<Vec<_>>().join(", ");
            let _ = write!(
                script,
                "CREATE CONFIG c{number} SEGMENTS EVERYONE {columns}; PUBLISH CONFIG c{number};"
            );
        }
        script
    };
    a.execute(&configs(["a", "b", "c", "d"])).unwrap();
    for wanted in [["b", "a", "d", "c"], ["c", "d", "a", "b"], ["a", "b", "c", "d"]] {
        let wanted = configs(wanted);
        let plan = a.session().plan(statements(&wanted), Prune::Yes).unwrap();
        plan.apply().unwrap();
        assert!(a.plan(&wanted).unwrap().is_empty());
        if state(&b).len() < 100 {
            b.execute(&wanted).unwrap();
            assert_eq!(state(&a), state(&b));
        }
    }
    assert!(a.verify().unwrap().is_sound());
}

/// A config that is to be live with other keys only later cannot give its key away today.
#[test]
fn a_swap_that_cannot_be_names_the_owner() {
    let db = Database::in_memory().unwrap();
    db.execute(&ring(2, 0, "")).unwrap();
    let error = db.plan(&ring(2, 1, " AT '2999-01-01T00:00:00Z'")).unwrap_err();
    assert_eq!(error.code(), "key-in-use");
    let text = error.to_string();
    assert!(text.contains("k1") && text.contains("c1"), "{text}");
    assert!(error.hints().iter().any(|hint| hint.contains("drop it from that one")), "{error:?}");
    assert_eq!(db.revision(), 6);
}

#[test]
fn a_store_that_changed_meanwhile_is_left_alone() {
    let db = Database::in_memory().unwrap();
    let plan = db.plan("CREATE KEY a INTEGER DEFAULT 1;").unwrap();
    db.execute("CREATE KEY b INTEGER DEFAULT 1;").unwrap();
    assert_eq!(plan.apply().unwrap_err().code(), "conflict");
    assert_eq!(db.revision(), 1);
}

#[test]
fn what_is_no_state_is_refused_at_its_place() {
    let db = Database::in_memory().unwrap();
    for (text, code) in [
        ("CREATE KEY a INTEGER DEFAULT 1;\n  SET ACTOR 'x';", "not-a-state"),
        ("CREATE KEY a INTEGER DEFAULT 1;\n  ALTER KEY a SET DEFAULT 2;", "not-a-state"),
        ("CREATE KEY a INTEGER DEFAULT 1;\n  PUBLISH CONFIG c;", "unknown-config"),
        ("CREATE KEY a INTEGER DEFAULT 1;\n  CREATE KEY a INTEGER DEFAULT 1;", "duplicate"),
        ("CREATE KEY a INTEGER DEFAULT 1;\n  CREATE SEGMENT s WHERE KEY(b);", "unknown-key"),
    ] {
        let error = db.plan(text).unwrap_err();
        assert_eq!(
            (error.code(), error.place().map(|place| place.line)),
            (code, Some(2)),
            "{text}"
        );
    }
    assert_eq!(db.revision(), 0);
}

/// A key of another type cannot become what the state says.
#[test]
fn what_cannot_be_is_an_error() {
    let db = Database::in_memory().unwrap();
    db.execute("CREATE KEY a INTEGER DEFAULT 1;").unwrap();
    assert_eq!(db.plan("CREATE KEY a STRING DEFAULT 'x';").unwrap_err().code(), "type-mismatch");
}

/// Only a statement that says all takes a description away, and one without keys cannot be written.
#[test]
fn a_draft_that_lost_its_description_and_its_keys_is_dumped() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY k INTEGER DEFAULT 0; CREATE SEGMENT s WHERE TRUE;
         CREATE CONFIG c DESCRIPTION 'd' SEGMENTS s 10% SALT 'x', EVERYONE KEY k = SPLIT (a: 50% 1, b: 50% 2);
         PUBLISH CONFIG c;",
    )
    .unwrap();
    db.execute(
        "CREATE OR ALTER CONFIG c SEGMENTS s 20%, EVERYONE KEY k = 1; ALTER CONFIG c DROP KEY k;",
    )
    .unwrap();
    for kind in [DumpKind::State, DumpKind::Current, DumpKind::History] {
        let (mut dump, mut again) = (Vec::new(), Vec::new());
        db.dump(&mut dump, kind).unwrap();
        let loaded = Database::in_memory().unwrap();
        loaded.execute(std::str::from_utf8(&dump).unwrap()).unwrap();
        loaded.dump(&mut again, kind).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(dump).unwrap());
    }
    assert!(db.plan(&state(&db)).unwrap().is_empty());
}

/// A split that is in pieces stays so when a state says its shares plainly.
#[test]
fn a_split_in_pieces_is_as_good_as_its_shares() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY k INTEGER DEFAULT 0;
         CREATE CONFIG c SEGMENTS EVERYONE KEY k = SPLIT (a: 50% 1, b: 50% 2);
         ALTER CONFIG c SET k = SPLIT (a: 40% 1, b: 40% 2, c: 20% 3) KEEPING USERS;
         PUBLISH CONFIG c;",
    )
    .unwrap();
    let plain = "CREATE KEY k INTEGER DEFAULT 0;
         CREATE CONFIG c SEGMENTS EVERYONE KEY k = SPLIT (a: 40% 1, b: 40% 2, c: 20% 3);
         PUBLISH CONFIG c;";
    assert!(db.plan(plain).unwrap().is_empty());
}

/// An attribute that the files do not declare is pruned, but for one that their conditions read.
#[test]
fn a_declaration_that_is_read_stays() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE ATTRIBUTE age INTEGER; CREATE ATTRIBUTE plan STRING; ALTER ATTRIBUTES STRICT;",
    )
    .unwrap();
    let plan = |prune| {
        let plan =
            db.session().plan(statements("CREATE SEGMENT s WHERE age > 17;"), prune).unwrap();
        let statements: Vec<_> = plan.statements().iter().map(ToString::to_string).collect();
        (statements, plan.notes().iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let create = "CREATE SEGMENT s WHERE age > 17";
    assert_eq!(plan(Prune::No), (vec![create.to_owned()], vec![]));
    let statements = ["ALTER ATTRIBUTES OPEN", create, "ARCHIVE ATTRIBUTE plan"];
    let (found, notes) = plan(Prune::Yes);
    assert_eq!(found, statements);
    assert!(notes.concat().contains("attribute `age` is read, and stays declared"), "{notes:?}");
}

/// The file of one config declares what its conditions and shares go by, and nothing else.
#[test]
fn a_config_comes_with_the_attributes_that_it_reads() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE ATTRIBUTE age INTEGER; CREATE ATTRIBUTE team STRING; CREATE ATTRIBUTE plan STRING;
         CREATE ATTRIBUTE other STRING; CREATE KEY k INTEGER DEFAULT 0;
         CREATE SEGMENT adults WHERE age > 17; CREATE SEGMENT some WHERE IN SEGMENT adults;
         CREATE CONFIG c SEGMENTS some 50% BY team KEY k = SPLIT (50% 1, 50% 2) BY plan;
         PUBLISH CONFIG c; ALTER ATTRIBUTES STRICT;",
    )
    .unwrap();
    let mut file = Vec::new();
    db.dump_config(&mut file, &"c".try_into().unwrap()).unwrap();
    let file = String::from_utf8(file).unwrap();
    let declared = file.lines().filter_map(|line| line.strip_prefix("CREATE ATTRIBUTE "));
    assert_eq!(declared.collect::<Vec<_>>(), ["age INTEGER;", "plan STRING;", "team STRING;"]);
    assert!(!file.contains("STRICT"), "{file}");
    let copy = Database::in_memory().unwrap();
    copy.execute(&file).unwrap();
    assert!(copy.plan(&file).unwrap().is_empty());
}

/// A version whose time comes within a window goes on after it, and began when it began.
#[test]
fn what_begins_within_a_window_begins_then_in_a_dump_too() {
    let now = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let made = |script: &str| {
        let db = Database::builder().manual_clock(now).in_memory().unwrap();
        db.execute(script).unwrap();
        db
    };
    let db = made(
        "CREATE KEY k INTEGER DEFAULT 0; CREATE CONFIG c SEGMENTS EVERYONE KEY k = 1;
         ALTER CONFIG c SET k = 2; PUBLISH CONFIG c UNTIL '2026-03-01T11:00:00Z';
         PUBLISH CONFIG c VERSION 1 AT '2026-03-01T10:00:00Z';
         PUBLISH CONFIG c VERSION 2 AT '2026-03-01T12:00:00Z';",
    );
    let served = |db: &Database| {
        ["09:30", "10:00", "10:30", "11:00", "11:30", "12:00"].map(|time| {
            let asked = format!("GET k AS OF '2026-03-01T{time}:00Z';");
            db.execute(&asked).unwrap()[0].rows().unwrap().value(0, "value").unwrap().as_integer()
        })
    };
    assert_eq!(served(&db), [2, 1, 1, 1, 1, 2].map(Some));
    for kind in [DumpKind::State, DumpKind::Current, DumpKind::History] {
        let mut text = Vec::new();
        db.dump(&mut text, kind).unwrap();
        assert_eq!(served(&made(std::str::from_utf8(&text).unwrap())), served(&db), "{kind:?}");
    }
}

/// A store whose clock stands.
fn at_nine(script: &str) -> Database {
    let now = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(now).in_memory().unwrap();
    db.execute(script).unwrap_or_else(|error| panic!("{error:?}\n{script}"));
    db
}

fn planned(db: &Database, state: &str, prune: Prune) -> pcq::Plan {
    let plan = db.session().plan(statements(state), prune);
    plan.unwrap_or_else(|error| panic!("{error:?}\n{state}"))
}

fn shown(plan: &pcq::Plan) -> Vec<String> {
    plan.statements().iter().map(ToString::to_string).collect()
}

fn told(plan: &pcq::Plan) -> Vec<String> {
    plan.notes().iter().map(ToString::to_string).collect()
}

/// Two keys and a config of one of them, of a line each.
const LINES: &str = "CREATE KEY k INTEGER DEFAULT 0;
CREATE KEY j INTEGER DEFAULT 0;
CREATE CONFIG c SEGMENTS EVERYONE KEY k = 1;
";

#[test]
fn what_is_wrong_is_told_at_its_own_statement() {
    for (text, code, column, part) in [
        ("ALTER CONFIG c SET kk = 2;", "unknown-key", 20, "kk"),
        ("CREATE OR ALTER CONFIG c SEGMENTS s KEY k = 1;", "unknown-segment", 35, "s"),
        ("PUBLISH CONFIG c AT '2020-01-01T00:00:00Z';", "bad-time", 21, "'2020-01-01T00:00:00Z'"),
        (
            "PUBLISH CONFIG c AT '2999-01-01T00:00:00Z' UNTIL '2998-01-01T00:00:00Z';",
            "bad-time",
            50,
            "'2998-01-01T00:00:00Z'",
        ),
        ("PUBLISH CONFIG c VERSION 7;", "unknown-version", 26, "7"),
        // it makes no version, in a script neither
        ("ALTER CONFIG c SET k = 1; PUBLISH CONFIG c VERSION 2;", "unknown-version", 52, "2"),
        // nor is the next one there yet
        ("PUBLISH CONFIG c VERSION 2; ALTER CONFIG c SET k = 3;", "unknown-version", 26, "2"),
        ("PUBLISH CONFIG c COMMENT :none;", "unknown-parameter", 26, ":none"),
        ("DISABLE CONFIG c COMMENT :none;", "unknown-parameter", 26, ":none"),
        ("ARCHIVE KEY nokey;", "unknown-key", 13, "nokey"),
        ("ARCHIVE KEY k;", "key-in-use", 13, "k"),
        ("ARCHIVE CONFIG d;", "unknown-config", 16, "d"),
        ("CREATE CONFIG c SEGMENTS EVERYONE KEY k = 2;", "duplicate", 15, "c"),
        ("ALTER CONFIG c RENAME TO d;", "not-a-state", 16, "RENAME TO d"),
        ("ALTER CONFIG c IF VERSION 1 SET k = 2;", "not-a-state", 27, "1"),
    ] {
        let db = Database::in_memory().unwrap();
        let error = db.plan(&format!("{LINES}{text}")).unwrap_err();
        let place = error.place().unwrap_or_else(|| panic!("{text}: {error:?}"));
        let there = &place.statement[place.span.start as usize..place.span.end as usize];
        assert_eq!(
            (error.code(), place.line, place.column, there),
            (code, 4, column, part),
            "{text}: {error:?}"
        );
    }
}

/// An edit that no statement of the files says is told at the one of which it makes the content.
#[test]
fn what_cannot_be_made_is_told_at_the_statement_that_says_it() {
    let db = Database::in_memory().unwrap();
    let state = format!(
        "{LINES}CREATE CONFIG d SEGMENTS EVERYONE KEY j = 1;\nPUBLISH CONFIG d;\nALTER CONFIG d ADD KEY k = 1;"
    );
    let error = db.plan(&state).unwrap_err();
    let place = error.place().map(|place| (place.line, place.column));
    assert_eq!((error.code(), place), ("key-in-use", Some((6, 1))), "{error:?}");
}

#[test]
fn a_state_names_instants_and_not_times_from_now() {
    let script = format!("{LINES}PUBLISH CONFIG c;");
    for (moving, instant) in [
        ("NOW() + 2 DAYS", "2026-03-03T09:00:00Z"),
        ("NOW() + :length", "2026-03-01T12:00:00Z"),
        ("NOW()", "2026-03-01T09:00:00Z"),
    ] {
        for (clause, column) in [("AT", 21), ("UNTIL", 24)] {
            let db = at_nine(&script);
            let parameters = pcq::Parameters::new().with("length", "3 HOURS");
            let state = format!("{LINES}PUBLISH CONFIG c {clause} {moving};");
            let session = db.session().with_parameters(parameters);
            let error = session.plan(statements(&state), Prune::No).unwrap_err();
            let place = error.place().map(|place| (place.line, place.column));
            assert_eq!((error.code(), place), ("not-a-state", Some((4, column))));
            let hint = format!("a state is the same tomorrow: say the instant, '{instant}'");
            assert_eq!(error.hints(), [hint]);
        }
    }
    // what the hint says is done once, and stays done when its time has come
    let db = at_nine(&script);
    let state = format!(
        "{LINES}PUBLISH CONFIG c; ALTER CONFIG c SET k = 2; PUBLISH CONFIG c AT '2026-03-03T09:00:00Z';"
    );
    let plan = planned(&db, &state, Prune::No);
    let later = ["ALTER CONFIG c SET k = 2", "PUBLISH CONFIG c AT '2026-03-03T09:00:00Z'"];
    assert_eq!(shown(&plan), later);
    plan.apply().unwrap();
    for days in [0, 1, 3] {
        if days > 0 {
            db.execute(&format!("ADVANCE CLOCK {days} DAYS;")).unwrap();
        }
        let plan = planned(&db, &state, Prune::No);
        assert_eq!((shown(&plan), told(&plan)), (vec![], vec![]), "{days}");
    }
}

/// The values of `k` at the hours of the day from one on, those to come too.
fn hours(db: &Database, from: usize) -> Vec<Option<i64>> {
    let value = |hour: usize| {
        let asked = format!("GET k AS OF '2026-03-01T{hour:02}:30:00Z';");
        let answer = db.execute(&asked).unwrap();
        answer[0].rows().unwrap().value(0, "value").unwrap().as_integer()
    };
    (from..20).map(value).collect()
}

#[test]
fn a_window_in_force_needs_nothing() {
    let db = at_nine(&format!(
        "{LINES}PUBLISH CONFIG c; ALTER CONFIG c SET k = 2; PUBLISH CONFIG c UNTIL NOW() + 2 DAYS;"
    ));
    let plan = planned(&db, &state(&db), Prune::Yes);
    assert_eq!((shown(&plan), told(&plan)), (vec![], vec![]), "{}", state(&db));
}

/// A file that says a window over what comes after it is applied once, and what it changes below the window leaves that.
#[test]
fn what_is_below_a_window_is_changed_below_it() {
    let file = |below: u32| {
        format!(
            "CREATE KEY k INTEGER DEFAULT 0; CREATE CONFIG c SEGMENTS EVERYONE KEY k = {below}; PUBLISH CONFIG c;
             ALTER CONFIG c SET k = 9; PUBLISH CONFIG c UNTIL '2026-03-01T12:00:00Z';"
        )
    };
    let db = at_nine("");
    for below in [1, 5] {
        planned(&db, &file(below), Prune::No).apply().unwrap();
        let value = |hour| Some(if hour < 12 { 9 } else { below.into() });
        assert_eq!(hours(&db, 9), (9..20).map(value).collect::<Vec<_>>());
        assert_eq!(shown(&planned(&db, &file(below), Prune::No)), Vec::<String>::new());
    }
    // when it is over nothing is to be done, and the files need not be written anew
    db.execute("ADVANCE CLOCK 5 HOURS;").unwrap();
    assert!(planned(&db, &file(5), Prune::No).is_empty());
}

/// What the files do not say of the time to come stays, the end of a window as well.
#[test]
fn an_end_that_no_file_says_is_told() {
    let db = at_nine(&format!("{LINES}PUBLISH CONFIG c UNTIL '2026-03-01T12:00:00Z';"));
    let plan = planned(&db, &format!("{LINES}PUBLISH CONFIG c;"), Prune::No);
    let note = "config `c` has schedules to come, which stay".to_owned();
    assert_eq!((shown(&plan), told(&plan)), (vec![], vec![note]));
}

/// What is live before a gap ends with it, also what another window covers up to there.
#[test]
fn windows_that_overlap_end_where_nothing_is_live() {
    let db = at_nine(&format!(
        "{LINES}PUBLISH CONFIG c UNTIL '2026-03-01T12:00:00Z'; ALTER CONFIG c SET k = 2;
         PUBLISH CONFIG c AT '2026-03-01T11:00:00Z' UNTIL '2026-03-01T13:00:00Z';
         PUBLISH CONFIG c AT '2026-03-01T15:00:00Z';"
    ));
    let value = |hour| Some(if hour < 11 { 1 } else { 2 * i64::from(!(13..15).contains(&hour)) });
    let values: Vec<_> = (9..20).map(value).collect();
    assert_eq!(hours(&db, 9), values);
    let copy = at_nine(&state(&db));
    assert_eq!(hours(&copy, 9), values);
    assert!(planned(&db, &state(&db), Prune::Yes).is_empty());
}

impl Choices {
    /// Contents of a config and publications of them, at hours of a day.
    fn publications(&mut self) -> String {
        let mut script = String::new();
        for value in 2..2 + self.number(6) {
            let _ = writeln!(script, "ALTER CONFIG c SET k = {};", self.number(4).max(value % 3));
            let at = 10 + self.number(6);
            let until = at + 1 + self.number(4);
            let clauses = [
                String::new(),
                format!(" UNTIL '2026-03-01T{until}:00:00Z'"),
                format!(" AT '2026-03-01T{at}:00:00Z'"),
                format!(" AT '2026-03-01T{at}:00:00Z' UNTIL '2026-03-01T{until}:00:00Z'"),
            ];
            let _ = writeln!(script, "PUBLISH CONFIG c{};", clauses[self.number(4)]);
        }
        script
    }
}

/// Whatever was published, what a store says of itself needs nothing, and makes the same of the time to come.
#[test]
fn a_store_is_as_it_says_whatever_its_schedules() {
    for seed in 0..SCHEDULES {
        let mut choices = Choices(seed);
        let db = at_nine(&format!("{LINES}{}", choices.publications()));
        let hour = 9 + choices.number(8);
        db.execute(&format!("SET CLOCK '2026-03-01T{hour:02}:15:00Z';")).unwrap();
        let text = state(&db);
        let plan = planned(&db, &text, Prune::Yes);
        assert!(plan.is_empty(), "seed {seed}:\n{text}\n{plan}");
        let copy = at_nine(&format!("SET CLOCK '2026-03-01T{hour:02}:15:00Z';"));
        planned(&copy, &text, Prune::Yes).apply().unwrap();
        assert_eq!(hours(&copy, hour), hours(&db, hour), "seed {seed}:\n{text}");
        assert!(planned(&copy, &text, Prune::Yes).is_empty(), "seed {seed}:\n{text}");
    }
}

/// A file with schedules makes of an empty store what running it makes, and there is nothing to do then, early or late; nor
/// where other schedules stay.
#[test]
fn schedules_of_a_file_are_made_once() {
    for seed in 0..SCHEDULES {
        let mut choices = Choices(seed);
        let file = format!("{LINES}{}", choices.publications());
        let (db, ran) = (at_nine(""), at_nine(&file));
        planned(&db, &file, Prune::No).apply().unwrap();
        assert_eq!(hours(&db, 9), hours(&ran, 9), "seed {seed}:\n{file}");
        let other = at_nine(&format!("{LINES}{}", choices.publications()));
        planned(&other, &file, Prune::No).apply().unwrap();
        for hour in [9, 11, 12, 14, 19] {
            for db in [&db, &other] {
                if hour > 9 {
                    db.execute(&format!("SET CLOCK '2026-03-01T{hour}:15:00Z';")).unwrap();
                }
            }
            let plan = planned(&db, &file, Prune::No);
            assert!(plan.is_empty(), "seed {seed} at {hour}:\n{file}\n{plan}");
            if hour == 9 {
                let plan = planned(&other, &file, Prune::No);
                assert!(plan.is_empty(), "seed {seed}:\n{}\n{file}\n{plan}", state(&other));
            }
        }
    }
}

/// What no file can say is not archived by a file that cannot name it.
#[test]
fn a_draft_that_no_file_says_is_not_pruned() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY k INTEGER DEFAULT 0; CREATE KEY j INTEGER DEFAULT 0; CREATE KEY old INTEGER DEFAULT 0;
         CREATE SEGMENT s WHERE a; CREATE SEGMENT t WHERE IN SEGMENT s; CREATE SEGMENT gone WHERE a;
         CREATE CONFIG keyless SEGMENTS t KEY k = 1; CREATE CONFIG rowless SEGMENTS gone KEY j = 1;
         ALTER CONFIG keyless DROP KEY k; ALTER CONFIG rowless DROP SEGMENT gone;",
    )
    .unwrap();
    let notes = ["keyless", "rowless"].map(|name| {
        format!("config `{name}` has no segments or no keys, which no file says: it stays, with what it needs")
    });
    let plan = planned(&db, &state(&db), Prune::Yes);
    assert_eq!((shown(&plan), told(&plan)), (vec![], notes.to_vec()));
    let plan = planned(&db, "CREATE KEY new INTEGER DEFAULT 0;", Prune::Yes);
    let statements = [
        "CREATE KEY new INTEGER DEFAULT 0",
        "ARCHIVE SEGMENT gone",
        "ARCHIVE KEY k",
        "ARCHIVE KEY old",
    ];
    assert_eq!((shown(&plan), told(&plan)), (statements.map(str::to_owned).to_vec(), notes.into()));
    plan.apply().unwrap();
    assert!(db.verify().unwrap().is_sound());
}

/// The shown script needs none of the parameters of the files.
#[test]
fn a_plan_has_values_where_files_have_parameters() {
    let db = at_nine(
        "CREATE KEY k INTEGER DEFAULT 0; CREATE KEY j INTEGER DEFAULT 0; CREATE CONFIG o SEGMENTS EVERYONE KEY j = 1;",
    );
    let copy = at_nine(
        "CREATE KEY k INTEGER DEFAULT 0; CREATE KEY j INTEGER DEFAULT 0; CREATE CONFIG o SEGMENTS EVERYONE KEY j = 1;",
    );
    let file = "CREATE ATTRIBUTE a INTEGER CHECK (VALUE < :x) DESCRIPTION :who;
        CREATE KEY k INTEGER DEFAULT :x CHECK (VALUE < :y) DESCRIPTION :who;
        CREATE SEGMENT s DESCRIPTION :who WHERE a > :x AND COUNT(EVENT :who WITHIN :length) > :x;
        CREATE CONFIG c DESCRIPTION :who SEGMENTS s :share SALT :who, EVERYONE
            KEY k VALUES (s = SPLIT (:share :x, :share 2), EVERYONE = :x);
        PUBLISH CONFIG c VERSION :one COMMENT :who;
        ALTER CONFIG c SET DESCRIPTION 'v2', SET ROLLOUT s = :share2, SET k VALUES (EVERYONE = :x);
        ALTER CONFIG c SET SEGMENTS s :share SALT :who, EVERYONE SALT :who;
        PUBLISH CONFIG c AT :at UNTIL :until COMMENT :who;
        DISABLE CONFIG c COMMENT :who;
        ARCHIVE CONFIG o COMMENT :who;";
    let parameters = pcq::Parameters::new()
        .with("x", 6)
        .with("y", 10)
        .with("who", "ann")
        .with("length", "7 DAYS")
        .with("share", "50%")
        .with("share2", 25)
        .with("one", 1)
        .with("at", "2026-03-01T12:00:00Z")
        .with("until", "2026-03-01T13:00:00Z");
    let session = db.session().with_parameters(parameters.clone());
    let plan = session.plan(statements(file), Prune::No).unwrap();
    for statement in plan.statements() {
        assert!(statement.parameters().is_empty(), "{statement}");
    }
    let text = shown(&plan);
    for statement in [
        "ARCHIVE CONFIG o COMMENT 'ann'",
        "CREATE ATTRIBUTE a INTEGER CHECK (VALUE < 6) DESCRIPTION 'ann'",
        "ALTER KEY k SET DEFAULT 6 SET CHECK (VALUE < 10) SET DESCRIPTION 'ann'",
        "PUBLISH CONFIG c COMMENT 'ann'",
        "PUBLISH CONFIG c AT '2026-03-01T12:00:00Z' UNTIL '2026-03-01T13:00:00Z' COMMENT 'ann'",
        "DISABLE CONFIG c COMMENT 'ann'",
    ] {
        assert!(text.contains(&statement.to_owned()), "{statement}\n{text:#?}");
    }
    copy.execute(&plan.to_string()).unwrap();
    plan.apply().unwrap();
    assert_eq!(state(&copy), state(&db));
    let session = db.session().with_parameters(parameters);
    assert_eq!(shown(&session.plan(statements(file), Prune::No).unwrap()), Vec::<String>::new());
}

/// A description that goes goes with all else that changes, in one version.
#[test]
fn one_change_makes_one_version() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY k INTEGER DEFAULT 0; CREATE CONFIG c DESCRIPTION 'd' SEGMENTS EVERYONE KEY k = 1;
         PUBLISH CONFIG c;",
    )
    .unwrap();
    let plan = planned(
        &db,
        "CREATE KEY k INTEGER DEFAULT 0; CREATE CONFIG c SEGMENTS EVERYONE KEY k = 2; PUBLISH CONFIG c;",
        Prune::No,
    );
    let whole = "CREATE OR ALTER CONFIG c SEGMENTS EVERYONE SALT 'c/EVERYONE' KEY k = 2";
    assert_eq!(shown(&plan), [whole, "PUBLISH CONFIG c"]);
    plan.apply().unwrap();
    let versions = db.execute("SHOW VERSIONS OF CONFIG c;").unwrap();
    assert_eq!(versions[0].rows().unwrap().len(), 2);
}

/// A split is laid out as the file says, also where the statement that takes the description away would keep users.
#[test]
fn a_description_goes_and_a_split_is_as_written() {
    let file = |told: &str, arms: &str| {
        format!(
            "CREATE KEY k INTEGER DEFAULT 0; CREATE CONFIG c{told} SEGMENTS EVERYONE KEY k = SPLIT ({arms});
             PUBLISH CONFIG c;"
        )
    };
    let (db, fresh) = (Database::in_memory().unwrap(), Database::in_memory().unwrap());
    db.execute(&file(" DESCRIPTION 'd'", "a: 50% 1, b: 50% 2")).unwrap();
    let wanted = file("", "b: 70% 2, a: 30% 1");
    fresh.execute(&wanted).unwrap();
    db.plan(&wanted).unwrap().apply().unwrap();
    assert_eq!(state(&db), state(&fresh));
}

#[test]
fn comments_of_a_state_are_those_of_its_plan() {
    let db = Database::in_memory().unwrap();
    db.execute(&format!("{LINES}PUBLISH CONFIG c; CREATE CONFIG o SEGMENTS EVERYONE KEY j = 1;"))
        .unwrap();
    let state = format!(
        "{LINES}PUBLISH CONFIG c; DISABLE CONFIG c COMMENT 'an outage'; ARCHIVE CONFIG o COMMENT 'over';"
    );
    let plan = db.plan(&state).unwrap();
    let statements = ["ARCHIVE CONFIG o COMMENT 'over'", "DISABLE CONFIG c COMMENT 'an outage'"];
    assert_eq!(shown(&plan), statements);
    plan.apply().unwrap();
    assert!(db.plan(&state).unwrap().is_empty());
}

/// What is there already stays as it is, archived, renamed or not, and is named.
#[test]
fn what_is_made_if_it_is_not_there_is_left_if_it_is() {
    let there = "CREATE ATTRIBUTE a INTEGER; CREATE KEY zz INTEGER DEFAULT 1; CREATE KEY k INTEGER DEFAULT 0;
        CREATE KEY old INTEGER DEFAULT 1; ARCHIVE KEY old;
        CREATE SEGMENT s WHERE a > 1; CREATE SEGMENT former WHERE a > 2; ALTER SEGMENT former RENAME TO now;
        CREATE CONFIG c SEGMENTS EVERYONE KEY k = 1; PUBLISH CONFIG c;
        CREATE CONFIG was SEGMENTS EVERYONE KEY zz = 1; ALTER CONFIG was RENAME TO is_now;";
    let file = "CREATE ATTRIBUTE IF NOT EXISTS a STRING; CREATE ATTRIBUTE IF NOT EXISTS user_id STRING;
        CREATE KEY IF NOT EXISTS zz STRING DEFAULT 'x'; CREATE KEY IF NOT EXISTS k INTEGER DEFAULT 77;
        CREATE KEY IF NOT EXISTS old INTEGER DEFAULT 77;
        CREATE SEGMENT IF NOT EXISTS s WHERE b; CREATE SEGMENT IF NOT EXISTS former WHERE b;
        CREATE CONFIG IF NOT EXISTS c SEGMENTS EVERYONE KEY k = 2; PUBLISH CONFIG c;
        ALTER CONFIG c SET k = 3; CREATE CONFIG IF NOT EXISTS was SEGMENTS EVERYONE KEY zz = 'x';";
    let db = Database::in_memory().unwrap();
    db.execute(there).unwrap();
    for prune in [Prune::No, Prune::Yes] {
        let plan = planned(&db, file, prune);
        assert_eq!((shown(&plan), told(&plan)), (vec![], vec![]));
    }
    // that it is to be switched off is said of it whatever it is
    let plan = planned(&db, &format!("{file} DISABLE CONFIG c;"), Prune::Yes);
    assert_eq!(shown(&plan), ["DISABLE CONFIG c"]);
    let empty = Database::in_memory().unwrap();
    planned(&empty, file, Prune::No).apply().unwrap();
    let loaded = Database::in_memory().unwrap();
    loaded.execute(file).unwrap();
    assert_eq!(state(&empty), state(&loaded));
}

/// What is to be sensitive is hidden in what is told of the files, of the statement that says so and of others.
#[test]
fn what_a_file_makes_sensitive_is_not_told() {
    let db = Database::in_memory().unwrap();
    for (state, shown) in [
        (
            "CREATE ATTRIBUTE zz SEMVER SENSITIVE CHECK (VALUE > 5);",
            "CREATE ATTRIBUTE zz SEMVER SENSITIVE CHECK (VALUE > ***)",
        ),
        (
            "CREATE KEY bad STRING SENSITIVE DEFAULT 5;",
            "CREATE KEY bad STRING SENSITIVE DEFAULT ***",
        ),
        (
            "CREATE KEY pin INTEGER SENSITIVE DEFAULT 1;
             CREATE CONFIG c SEGMENTS EVERYONE KEY pin = 'hush';",
            "CREATE CONFIG c SEGMENTS EVERYONE KEY pin = ***",
        ),
        (
            "CREATE ATTRIBUTE code STRING SENSITIVE; CREATE SEGMENT s WHERE code = 'hush' AND 7;",
            "CREATE SEGMENT s WHERE code = *** AND ***",
        ),
    ] {
        let error = db.plan(state).unwrap_err();
        assert_eq!(error.place().map(|place| &*place.statement), Some(shown), "{error:?}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

/// A segment that is archived is altered when it is in use, and only in use when what it asks for is.
#[test]
fn what_an_archived_object_refers_to_is_in_use_until_it_is_another() {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY beta BOOLEAN DEFAULT FALSE; CREATE KEY dark BOOLEAN DEFAULT FALSE;
         CREATE SEGMENT inner WHERE KEY(beta); CREATE SEGMENT outer WHERE IN SEGMENT inner AND age > 3;
         CREATE SEGMENT of_config WHERE age > 5;
         CREATE CONFIG look SEGMENTS of_config, outer KEY dark = TRUE; PUBLISH CONFIG look;
         ARCHIVE CONFIG look; ARCHIVE SEGMENT outer; ARCHIVE SEGMENT inner; ARCHIVE SEGMENT of_config;
         ARCHIVE KEY beta; ARCHIVE KEY dark;",
    )
    .unwrap();
    let wanted = "BEGIN;
        CREATE KEY dark BOOLEAN DEFAULT FALSE;
        CREATE SEGMENT outer WHERE age > 7;
        CREATE CONFIG look SEGMENTS outer KEY dark = TRUE;
        PUBLISH CONFIG look;
        COMMIT;";
    let plan = db.session().plan(statements(wanted), Prune::No).unwrap();
    plan.apply().unwrap();
    let status = |table: &str| {
        let rows = db.execute(&format!("SHOW {table};")).unwrap();
        rows[0].rows().unwrap().to_json()
    };
    let archived = "\"archived\"";
    assert_eq!(status("KEYS").matches(archived).count(), 1, "{}", status("KEYS"));
    assert_eq!(status("SEGMENTS").matches(archived).count(), 2, "{}", status("SEGMENTS"));
    db.execute("ASSERT GET dark FOR USER 'u' WITH age = 8 = TRUE; ASSERT GET dark FOR USER 'u' WITH age = 6 = FALSE;").unwrap();
    assert!(db.session().plan(statements(wanted), Prune::No).unwrap().is_empty());
}
