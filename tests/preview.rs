//! Previews: they tell what comes of a write, as it is found by making it in a store that is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use pcq::{Database, NoteKind, RecordedContext, Rows, Timestamp, Value};
use random::Random;

#[path = "common/random.rs"]
mod random;

/// How many stores are made; `PCQ_PREVIEWS` says otherwise.
const STORES: u64 = 12;

const START: &str = "2026-03-01T09:00:00Z";
const KEYS: [&str; 5] = ["k0", "k1", "k2", "k3", "k4"];
const USERS: [&str; 7] = ["ann", "ben", "cid", "dan", "eva", "flo", "ünï"];
const CONDITIONS: [&str; 13] = [
    "country = 'NO'",
    "age > 17",
    "vip",
    "IN SEGMENT s0 AND age > 17",
    "IN SEGMENT s1 OR NOT IN SEGMENT s2",
    "KEY(k4) = 2",
    "KEY(k0) OR country = 'SE'",
    "COUNT(EVENT 'buy' WITHIN 30 DAYS) > 1",
    "DID 'buy' WITHIN 3 DAYS",
    "COUNT(EVENT 'buy' WHERE amount > 10) > 0",
    "NOW() > TIMESTAMP '2026-03-10T00:00:00Z'",
    "user_id < 'd'",
    "TRUE",
];

struct Maker {
    random: Random,
}

impl Maker {
    fn value(&mut self, key: &str) -> &'static str {
        match key {
            "k0" => self.random.pick(&["TRUE", "FALSE"]),
            "k3" => self.random.pick(&["{\"x\": 1}", "1", "1.0", "[1]", "NULL"]),
            _ => self.random.pick(&["1", "2", "3"]),
        }
    }

    fn cell(&mut self, key: &str) -> String {
        if self.random.percent(60) {
            return self.value(key).to_owned();
        }
        let (a, b) = (self.value(key), self.value(key));
        let by = self.random.pick(&["", "", " BY country"]);
        format!("SPLIT (a: 40% {a}, b: 60% {b}){by}")
    }

    /// A time of these weeks.
    fn time(&mut self, from: i64, to: i64) -> String {
        let start = Timestamp::parse(START).unwrap().as_micros();
        let hours = self.random.between(from * 24, to * 24);
        Timestamp::from_micros(start + hours * 3_600_000_000).unwrap().to_string()
    }

    fn rows(&mut self) -> Vec<String> {
        let mut rows = self.random.some(&["s0", "s1", "s2", "s3"], 3);
        rows.extend(self.random.maybe(50, &["EVERYONE"]));
        let share = |row: &str, share: &str| format!("{row}{share}");
        rows.into_iter()
            .map(|row| share(row, self.random.pick(&["", "", " 50%", " 30% BY country"])))
            .collect()
    }

    fn config(&mut self, name: &str, keys: &[&str]) -> String {
        let rows = self.rows();
        let columns: Vec<_> = keys
            .iter()
            .map(|key| {
                let cells: Vec<_> = rows
                    .iter()
                    .map(|row| format!("{} = {}", row.split(' ').next().unwrap(), self.cell(key)))
                    .collect();
                format!("KEY {key} VALUES ({})", cells.join(", "))
            })
            .collect();
        format!("CREATE CONFIG {name} SEGMENTS {} {};", rows.join(", "), columns.join(", "))
    }

    fn publish(&mut self) -> String {
        let config = self.random.pick(&["c0", "c1"]);
        let version = self.random.pick(&["", " VERSION 1", " VERSION 2"]);
        let mut publish = format!("PUBLISH CONFIG {config}{version}");
        if self.random.percent(50) {
            write!(publish, " AT '{}'", self.time(5, 15)).unwrap();
        }
        if self.random.percent(40) {
            write!(publish, " UNTIL '{}'", self.time(16, 25)).unwrap();
        }
        publish
    }

    /// A write, which may fail.
    fn write(&mut self) -> String {
        let config = self.random.pick(&["c0", "c1"]);
        let key = self.random.pick(&KEYS);
        let segment = self.random.pick(&["s0", "s1", "s2", "s3", "s4"]);
        match self.random.below(14) {
            0..=2 => self.publish(),
            3..=4 => format!("ALTER SEGMENT {segment} WHERE {}", self.random.pick(&CONDITIONS)),
            5 => format!("ALTER KEY {key} SET DEFAULT {}", self.value(key)),
            6 => format!("ALTER CONFIG {config} SET {key} = {}", self.cell(key)),
            7 => {
                let share = self.random.between(0, 10) * 10;
                format!("ALTER CONFIG {config} SET ROLLOUT {segment} = {share}%")
            }
            8 => self
                .random
                .pick(&["DISABLE CONFIG c0", "ENABLE CONFIG c0", "ARCHIVE CONFIG c1"])
                .to_owned(),
            9 => format!("CANCEL SCHEDULE OF CONFIG {config}"),
            10 => format!("REVERT CONFIG {config} TO VERSION 1"),
            11 => format!("ALTER CONFIG {config} MOVE SEGMENT {segment} FIRST"),
            12 => self.config("c2", &["k4"]).trim_end_matches(';').to_owned(),
            _ => self
                .random
                .pick(&[
                    "CREATE KEY new INTEGER DEFAULT 1",
                    "ALTER KEY k1 SET DESCRIPTION 'd'",
                    "ALTER ATTRIBUTE age SET CHECK (VALUE < 20)",
                    "ALTER SEGMENT s0 RENAME TO other",
                ])
                .to_owned(),
        }
    }

    /// The script that makes the store.
    fn script(&mut self) -> String {
        let mut script = String::from("CREATE ATTRIBUTE age INTEGER;");
        for key in KEYS {
            let kind = match key {
                "k0" => "BOOLEAN",
                "k3" => "JSON",
                _ => "INTEGER",
            };
            write!(script, "CREATE KEY {key} {kind} DEFAULT {};", self.value(key)).unwrap();
        }
        for (number, condition) in
            ["country = 'NO'", "age > 17", "vip", "DID 'buy' WITHIN 9 DAYS", "KEY(k1) = 2"]
                .iter()
                .enumerate()
        {
            write!(script, "CREATE SEGMENT s{number} WHERE {condition};").unwrap();
        }
        for user in USERS {
            let (country, age) = (self.random.pick(&["NO", "SE"]), self.random.between(10, 30));
            let vip = self.random.pick(&["TRUE", "FALSE"]);
            let at = self.time(-10, 5);
            write!(
                script,
                "SET USER '{user}' country = '{country}', age = {age}, vip = {vip} AT '{at}';"
            )
            .unwrap();
            for _ in 0..self.random.below(3) {
                let (amount, at) = (self.random.below(20), self.time(-20, 3));
                let bought = format!("TRACK 'buy' FOR USER '{user}' {{\"amount\": {amount}}}");
                write!(script, "{bought} AT '{at}';").unwrap();
            }
        }
        script.push_str(&self.config("c0", &["k0", "k1"]));
        script.push_str(&self.config("c1", &["k2", "k3"]));
        script.push_str("PUBLISH CONFIG c0;");
        script
    }
}

/// A store that a script has made; what fails of it has no effect.
fn store(script: &[String]) -> Database {
    let clock = Timestamp::parse(START).unwrap();
    let db = Database::builder().manual_clock(clock).in_memory().unwrap();
    for (index, statement) in script.iter().enumerate() {
        let made = db.execute(statement);
        assert!(index > 0 || made.is_ok(), "{made:?}");
    }
    db
}

/// The value of a key and the arm that gives it.
type Given = (Value, Value);

/// What users get for keys at an instant.
fn given(db: &Database, at: &str) -> BTreeMap<(String, String), Given> {
    let mut all = BTreeMap::new();
    for user in USERS {
        for key in KEYS.iter().chain(&["new"]) {
            let outcome = db.execute(&format!("GET {key} FOR USER '{user}' AS OF '{at}'"));
            let given = outcome.ok().map_or((Value::Null, Value::Null), |outcomes| {
                let rows = outcomes[0].rows().unwrap();
                let cell = |column| rows.value(0, column).unwrap().clone();
                (cell("value"), cell("variant"))
            });
            all.insert((user.to_owned(), (*key).to_owned()), given);
        }
    }
    all
}

/// Who gets other values, by user and key.
fn differing(
    before: &Database,
    from: &str,
    after: &Database,
    to: &str,
) -> Vec<(String, String, Given, Given)> {
    let (before, mut after) = (given(before, from), given(after, to));
    let changes = before.into_iter().filter_map(|((user, key), old)| {
        let new = after.remove(&(user.clone(), key.clone())).unwrap();
        let same = old.0.same(&new.0) && old.1 == new.1;
        (!same).then_some((user, key, old, new))
    });
    changes.collect()
}

fn text(rows: &Rows, row: usize, column: &str) -> String {
    rows.value(row, column).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The same as a preview user by user tells it.
fn told(rows: &Rows) -> Vec<(String, String, Given, Given)> {
    let given = |row: usize, side: &str| {
        let cell = |column: &str| rows.value(row, column).unwrap().clone();
        (cell(side), cell(&format!("{side}_variant")))
    };
    let change = |row: usize| {
        (text(rows, row, "user"), text(rows, row, "key"), given(row, "from"), given(row, "to"))
    };
    (0..rows.len()).map(change).collect()
}

fn rows(session: &mut pcq::Session, statement: &str) -> Result<Rows, &'static str> {
    let outcomes = session.execute(statement).map_err(|error| error.code())?;
    Ok(outcomes.last().unwrap().rows().unwrap().clone())
}

/// The instants at which something scheduled begins or ends, in order.
fn turns(stores: [&Database; 2]) -> BTreeSet<Timestamp> {
    let mut turns = BTreeSet::new();
    for db in stores {
        let outcomes = db.execute("SHOW SCHEDULE").unwrap();
        for row in outcomes[0].rows().unwrap().records() {
            let times = row.members().filter(|(column, _)| ["at", "until"].contains(column));
            let times = times.filter_map(|(_, at)| at.as_str());
            turns.extend(times.map(|at| Timestamp::parse(at).unwrap()));
        }
    }
    let now = Timestamp::parse(START).unwrap();
    turns.retain(|at| *at > now);
    turns
}

/// Checks the preview of what is done by some statements against doing that.
fn check(
    script: &[String],
    done: &[String],
    preview: &str,
    session: &mut pcq::Session,
    of: &Database,
) {
    let context = || format!("{preview}\nafter {}", script.join("\n"));
    let by_user = rows(session, &format!("{preview} FOR USERS BY USER"));
    let groups = rows(session, &format!("{preview} FOR USERS"));
    let copy = store(script);
    let mut failed = None;
    let mut writer = copy.session();
    for statement in done {
        failed = failed.or(writer.execute(statement).err());
    }
    drop(writer);
    let (by_user, groups) = match (by_user, groups, failed) {
        (Err(code), Err(_), Some(error)) => return assert_eq!(code, error.code(), "{}", context()),
        (Ok(by_user), Ok(groups), None) => (by_user, groups),
        (by_user, _, failed) => panic!("{by_user:?}, {failed:?}: {}", context()),
    };
    let at = by_user.notes().iter().find_map(|note| match note.kind() {
        NoteKind::PreviewedAt { at } => Some(at.to_string()),
        _ => None,
    });
    let at = at.unwrap_or_else(|| START.to_owned());
    let wanted = differing(of, &at, &copy, &at);
    assert_eq!(told(&by_user), wanted, "{}", context());
    check_groups(&by_user, &groups, &context());
    if wanted.is_empty() && !preview.contains(" AT ") {
        assert_eq!(at, START, "{}", context());
        for turn in turns([of, &copy]) {
            let later = differing(of, &turn.to_string(), &copy, &turn.to_string());
            assert!(later.is_empty(), "{turn}: {later:?} {}", context());
        }
    }
}

/// Checks that groups sum up what is told user by user.
fn check_groups(by_user: &Rows, groups: &Rows, context: &str) {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let columns = &by_user.columns()[1..];
    for row in 0..by_user.len() {
        let cells = columns.iter().map(|column| by_user.value(row, column.name()).unwrap());
        let cells: Vec<_> = cells.map(|cell| cell.to_string().replace("1.0", "1")).collect();
        wanted.entry(cells.join("|")).or_default().insert(text(by_user, row, "user"));
    }
    assert_eq!(groups.len(), wanted.len(), "{context}");
    for row in 0..groups.len() {
        let cells = columns.iter().map(|column| groups.value(row, column.name()).unwrap());
        let cells: Vec<_> = cells.map(|cell| cell.to_string().replace("1.0", "1")).collect();
        let users = &wanted[&cells.join("|")];
        let count = groups.value(row, "users").and_then(Value::as_integer);
        assert_eq!(count, i64::try_from(users.len()).ok(), "{context}");
        assert_eq!(Some(&text(groups, row, "example")), users.first(), "{context}");
    }
}

#[test]
fn a_preview_between_two_instants_takes_no_third() {
    let db = Database::in_memory().unwrap();
    let [a, b] =
        ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"].map(|at| Timestamp::parse(at).unwrap());
    assert_eq!(db.preview_between(a, b).as_of(b).run().unwrap_err().code(), "syntax");
    assert_eq!(db.preview_between(a, b).run().unwrap().changes.len(), 0);
}

#[test]
fn a_preview_tells_what_comes_of_a_write() {
    let stores = std::env::var("PCQ_PREVIEWS").ok().and_then(|count| count.parse().ok());
    for seed in 0..stores.unwrap_or(STORES) {
        let mut maker = Maker { random: Random::new(seed) };
        let mut script = vec![maker.script()];
        for _ in 0..maker.random.below(6) {
            script.push(maker.write());
        }
        for _ in 0..6 {
            let db = store(&script);
            let mut session = db.session();
            let write = maker.write();
            let mut done = vec![write.clone()];
            if write.starts_with("ALTER CONFIG") || write.starts_with("CREATE CONFIG") {
                let before = db.execute(&format!("SHOW VERSIONS OF CONFIG {}", name(&write)));
                let made = store(&script);
                let after = made.execute(&write).and_then(|_| {
                    made.execute(&format!("SHOW VERSIONS OF CONFIG {}", name(&write)))
                });
                let count = |outcomes: pcq::Result<Vec<pcq::Outcome>>| {
                    outcomes.map_or(0, |outcomes| outcomes[0].rows().unwrap().len())
                };
                if count(before) < count(after) {
                    done.push(format!("PUBLISH CONFIG {}", name(&write)));
                }
            }
            check(&script, &done, &format!("PREVIEW {write}"), &mut session, &db);
        }
    }
}

/// The name of the config of a write.
fn name(write: &str) -> &str {
    write.split(' ').nth(2).unwrap()
}

#[test]
fn a_preview_of_a_commit_tells_what_comes_of_it() {
    for seed in 0..STORES {
        let mut maker = Maker { random: Random::new(seed + 1_000) };
        let script = vec![maker.script(), maker.publish()];
        let db = store(&script);
        let mut session = db.session();
        session.execute("BEGIN").unwrap();
        let mut done = vec!["BEGIN".to_owned()];
        for _ in 0..3 {
            let write = match maker.random.below(4) {
                0 => {
                    let user = maker.random.pick(&USERS);
                    format!("SET USER '{user}' country = 'NO', age = 20")
                }
                1 => format!("TRACK 'buy' FOR USER '{}'", maker.random.pick(&USERS)),
                _ => maker.write(),
            };
            if session.execute(&write).is_ok() {
                done.push(write);
            }
        }
        done.push("COMMIT".to_owned());
        check(&script, &done, "PREVIEW COMMIT", &mut session, &db);
        assert_eq!(db.revision(), store(&script).revision());
    }
}

#[test]
fn a_preview_between_two_instants_tells_what_changes() {
    for seed in 0..STORES {
        let mut maker = Maker { random: Random::new(seed + 2_000) };
        let mut script = vec![maker.script()];
        for _ in 0..4 {
            script.push(format!("ADVANCE CLOCK {} HOURS", maker.random.between(1, 30)));
            script.push(maker.write());
        }
        let db = store(&script);
        for _ in 0..6 {
            let (from, to) = (maker.time(-5, 20), maker.time(-5, 20));
            let preview = format!("PREVIEW AS OF '{from}' TO '{to}' FOR USERS BY USER");
            let got = rows(&mut db.session(), &preview).unwrap();
            let wanted = differing(&db, &from, &db, &to);
            assert_eq!(told(&got), wanted, "{preview} {}", script.join("\n"));
        }
    }
}

/// A store with traffic, and the same contexts one by one, as often as they were seen.
fn with_traffic(script: &[String], random: &mut Random) -> (Database, String) {
    let db = store(script);
    let (mut contexts, mut recorded) = (Vec::new(), Vec::new());
    for _ in 0..random.below(8) {
        let (country, age) = (random.pick(&["NO", "SE", "DK"]), random.between(10, 30));
        let mut context =
            RecordedContext::new().with("country", country).with("age", age).with("vip", true);
        let mut object = format!(r#""country": "{country}", "age": {age}, "vip": true"#);
        if random.percent(70) {
            let user = random.pick(&USERS);
            context = context.user(user);
            write!(object, r#", "user_id": "{user}""#).unwrap();
        }
        let count = random.between(1, 4);
        recorded.push(context.count(count.unsigned_abs()));
        (0..count).for_each(|_| contexts.push(format!("{{{object}}}")));
    }
    db.record_traffic(recorded).unwrap();
    (db, format!("[{}]", contexts.join(", ")))
}

#[test]
fn a_preview_for_traffic_is_one_for_its_contexts() {
    let counts = |rows: &Rows| {
        rows.notes().iter().find_map(|note| match note.kind() {
            NoteKind::WouldChange { changed, population } => Some((*changed, *population)),
            _ => None,
        })
    };
    let mut changed = 0;
    for seed in 0..STORES {
        let mut maker = Maker { random: Random::new(seed + 3_000) };
        let script = vec![maker.script()];
        let (db, contexts) = with_traffic(&script, &mut maker.random);
        let mut session = db.session();
        for _ in 0..8 {
            let write = maker.write();
            let told = rows(&mut session, &format!("PREVIEW {write} FOR TRAFFIC"));
            let wanted = rows(&mut session, &format!("PREVIEW {write} FOR CONTEXTS {contexts}"));
            let (told, wanted) = match (told, wanted) {
                (Ok(told), Ok(wanted)) => (told, wanted),
                (told, wanted) => {
                    assert_eq!(told.unwrap_err(), wanted.unwrap_err(), "{write}");
                    continue;
                }
            };
            let cells = |rows: &Rows| -> Vec<Vec<Value>> { rows.rows().to_vec() };
            assert_eq!(cells(&told), cells(&wanted), "{write}\n{contexts}\n{}", script.join("\n"));
            assert_eq!(counts(&told), counts(&wanted), "{write}");
            changed += told.len();
        }
    }
    assert!(changed > 20, "{changed}: too little changed to say anything");
}
