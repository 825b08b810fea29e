//! Plans between random stores: what a state file says a store becomes, wholly and once.

use std::fmt::Write as _;

use pcq::{Database, DumpKind, Prune, Script, Timestamp};

/// How many pairs of stores are made; `PCQ_PLANS` says otherwise.
const PAIRS: u64 = 60;

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
