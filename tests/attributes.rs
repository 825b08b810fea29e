//! Declared attributes of random types over random conditions and contexts: values that do not fit are as if they were not
//! there, and a condition means for ever what it meant when it was stored.

#[path = "common/random.rs"]
mod random;

use pcq::{Context, Database, DumpKind, Timestamp, Value};
use random::Random;

/// How many random stores each test makes; `PCQ_ATTRIBUTES` says otherwise.
const STORES: u64 = 30;

/// How many segments each of them has.
const SEGMENTS: usize = 10;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

const TYPES: [&str; 8] =
    ["BOOLEAN", "INTEGER", "DOUBLE", "STRING", "JSON", "TIMESTAMP", "SEMVER", "VERSION"];

const CHECKS: [&str; 6] = [
    "VALUE > 1",
    "VALUE != '5.2.0'",
    "VALUE >= '2026-01-01T00:00:00Z'",
    "LENGTH(VALUE) > 2",
    "VALUE IN ('5.2', 'x', 2)",
    "VALUE STARTS WITH '5'",
];

/// Tests of attributes `{a}` and `{b}`, of whatever types they are.
const TESTS: [&str; 50] = [
    "{a} >= '5.2.0'",
    "{a} < '5.10'",
    "'5.10' > {a}",
    "{a} = {b}",
    "{a} <= {b}",
    "{a} != '5.2'",
    "{a} = 2",
    "{a} > 1.5",
    "{a} = TRUE",
    "{a}",
    "{a} IS NULL",
    "{a} IS NOT TRUE",
    "{a} BETWEEN '5.2' AND '5.10'",
    "'5.3' BETWEEN {a} AND {b}",
    "{a} BETWEEN 1 AND 5",
    "{a} IN ('5.2.0', '5.10', 'x')",
    "{a} NOT IN ('5.2.0', 2, {b})",
    "'5.2' IN ({a}, {b})",
    "{a} IN ('1', '2', '3', '4', '5', '6', '7', '8', '5.2.0', '5.10.0')",
    "COALESCE({a}, '0') >= '5.2.0'",
    "COALESCE({b}, {a}, '5.3') < '5.10'",
    "IF({b} IS NULL, {a}, '5.3.0') >= '5.2.0'",
    "COALESCE({a}, {b}) = '5.2'",
    "ANY({a}) >= '5.2.0'",
    "ANY({a}) IN ('5.2.0', 'x')",
    "ANY({a}) STARTS WITH '5'",
    "ANY({a}) > {b}",
    "ANY({a}.x) = 1",
    "{a}.x = 1",
    "TYPE({a}) = 'string'",
    "TYPE({a}) IN ('missing', 'null')",
    "{a} STARTS WITH '5'",
    "{a} MATCHES '^5'",
    "{a} CONTAINS '.2'",
    "{b} CONTAINS {a}",
    "LENGTH({a}) > 3",
    "{a} || 'x' = '5.2x'",
    "CAST({a} AS STRING) >= '5.2.0'",
    "CAST({a} AS DOUBLE) > 5",
    "CAST({a} AS INTEGER) = 2",
    "HASH('crc32', {a}) % 2 = 1",
    "BUCKET('s', {a}) < 50000",
    "NOW() - {a} > 30 DAYS",
    "{a} - {b} > 1 DAY",
    "{a} + 1 DAY > '2026-01-02T00:00:00Z'",
    "{a} - 1 > 0",
    "{a} < NOW()",
    "{a} > '2026-01-01T00:00:00Z'",
    "HOUR({a}, 'UTC') = 0",
    "EVERY({a} WHERE VALUE > 0)",
];

fn values() -> Vec<Value> {
    let texts = [
        "5.2",
        "5.2.0",
        "5.10.0",
        "v5.3",
        "5.10.0-rc.1",
        "x",
        "",
        "2",
        "2026-01-01T00:00:00Z",
        "2025-06-01T01:00:00+01:00",
        "112.1.51.89",
        "true",
    ];
    let mut values: Vec<Value> = texts.into_iter().map(Value::from).collect();
    values.extend([0_i64, 1, 2, 7, 1_769_904_000_000].map(Value::from));
    values.extend([2.0, 5.5, -0.0, 1e300].map(Value::from));
    values.extend([true, false].map(Value::from));
    values.extend([Value::Null, Value::from(vec![Value::from("5.2"), Value::from(1)])]);
    values.push(Value::from_json("{\"x\": 1}").unwrap());
    values
}

/// What is declared of one attribute.
#[derive(Clone, Debug)]
struct Declared {
    name: &'static str,
    kind: &'static str,
    check: Option<&'static str>,
}

impl Declared {
    fn statement(&self) -> String {
        let check = self.check.map(|check| format!(" CHECK ({check})")).unwrap_or_default();
        format!("CREATE ATTRIBUTE {} {}{check};", self.name, self.kind)
    }

    /// Whether a value is of the type, by another way than the engine's: a store is asked for a comparison.
    fn fits(&self, value: &Value, judge: &Database) -> bool {
        let (text, number) = (value.as_str().is_some(), value.as_double().is_some());
        let reads = |as_what: &str| holds(judge, &format!("({as_what} x) IS NOT NULL"), value);
        let of_type = *value == Value::Null
            || match self.kind {
                "BOOLEAN" => matches!(value, Value::Boolean(_)),
                "INTEGER" => number && value.as_double().is_some_and(|n| n.fract() == 0.0),
                "DOUBLE" => number,
                "STRING" => text,
                "TIMESTAMP" => (text || number) && reads("TIMESTAMP"),
                "SEMVER" => text && reads("SEMVER"),
                "VERSION" => text && reads("VERSION"),
                _ => true,
            };
        let passes = |check: &str| {
            let word = match self.kind {
                "TIMESTAMP" | "SEMVER" | "VERSION"
                    if !check.contains("WITH") && !check.contains("LENGTH") =>
                {
                    self.kind
                }
                _ => "",
            };
            holds(judge, &check.replace("VALUE", &format!("{word} x")), value)
        };
        of_type && (*value == Value::Null || self.check.is_none_or(passes))
    }
}

/// Whether a condition over `x` holds for a value.
fn holds(judge: &Database, condition: &str, value: &Value) -> bool {
    judge.execute(&format!("CREATE OR ALTER SEGMENT judge WHERE {condition};")).unwrap();
    let context = Context::anonymous().with("x", value.clone());
    judge.get::<bool>("judge", &context).unwrap()
}

fn stores() -> u64 {
    std::env::var("PCQ_ATTRIBUTES").map_or(STORES, |stores| stores.parse().unwrap())
}

fn judge() -> Database {
    let db = new();
    db.execute(
        "CREATE KEY judge BOOLEAN DEFAULT FALSE; CREATE SEGMENT judge WHERE TRUE;
         CREATE CONFIG judge SEGMENTS judge KEY judge = TRUE; PUBLISH CONFIG judge;",
    )
    .unwrap();
    db
}

fn new() -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    Database::builder().manual_clock(start).in_memory().unwrap()
}

impl Random {
    fn declared(&mut self, db: &Database) -> Vec<Declared> {
        let mut made = Vec::new();
        for name in self.some(&NAMES, 4) {
            let check = self.maybe(30, &CHECKS);
            let mut declared = Declared { name, kind: self.pick(&TYPES), check };
            if db.execute(&declared.statement()).is_err() {
                declared.check = None;
                db.execute(&declared.statement()).unwrap();
            }
            made.push(declared);
        }
        made
    }

    fn test(&mut self) -> String {
        let (a, b) = (self.pick(&NAMES), self.pick(&NAMES));
        self.pick(&TESTS).replace("{a}", a).replace("{b}", b)
    }

    fn condition(&mut self) -> String {
        let test = self.test();
        match self.between(0, 3) {
            0 => format!("{test} AND NOT ({})", self.test()),
            1 => format!("{test} OR {}", self.test()),
            _ => test,
        }
    }

    fn conditions(&mut self) -> Vec<String> {
        (0..SEGMENTS).map(|_| self.condition()).collect()
    }

    fn attributes(&mut self, values: &[Value]) -> Vec<(&'static str, Value)> {
        let given = self.some(&NAMES, 4);
        given.into_iter().map(|name| (name, self.pick(values))).collect()
    }
}

/// Makes a segment of each condition that is taken, with a key that says who is in it.
fn add_segments(db: &Database, conditions: &[String]) -> Vec<usize> {
    let is_taken = |number: &usize| {
        let segment = format!("CREATE SEGMENT s{number} WHERE {};", conditions[*number]);
        db.execute(&segment).is_ok()
    };
    let made: Vec<_> = (0..conditions.len()).filter(is_taken).collect();
    add_keys(db, &made);
    made
}

fn add_keys(db: &Database, segments: &[usize]) {
    for n in segments {
        let script = format!(
            "CREATE KEY k{n} BOOLEAN DEFAULT FALSE; CREATE CONFIG c{n} SEGMENTS s{n} KEY k{n} = TRUE;
             PUBLISH CONFIG c{n};"
        );
        db.execute(&script).unwrap();
    }
}

fn context(attributes: &[(&'static str, Value)]) -> Context {
    let given = attributes.iter().cloned();
    given.fold(Context::new("u"), |context, (name, value)| context.with(name, value))
}

/// The segments that a user is in: each asked for by itself, and all together.
fn memberships(db: &Database, segments: &[usize], context: &Context) -> Vec<bool> {
    let found: Vec<bool> =
        segments.iter().map(|n| db.get::<bool>(&format!("k{n}"), context).unwrap()).collect();
    let snapshot = db.snapshot();
    let together: Vec<_> = snapshot
        .evaluate_all(context)
        .filter(|evaluation| evaluation.key().as_str().starts_with('k'))
        .map(|evaluation| evaluation.value() == &Value::Boolean(true))
        .collect();
    assert_eq!(found, together);
    found
}

fn stored(db: &Database, segment: usize) -> String {
    let rows = db.execute(&format!("SHOW SEGMENTS WHERE segment = 's{segment}';")).unwrap();
    let condition = rows[0].rows().and_then(|rows| rows.value(0, "condition"));
    condition.and_then(Value::as_str).unwrap().to_owned()
}

#[test]
fn values_that_do_not_fit_are_missing() {
    let (values, judge) = (values(), judge());
    for seed in 0..stores() {
        let mut random = Random::new(seed);
        let (db, plain) = (new(), new());
        let conditions = random.conditions();
        let segments = add_segments(&db, &conditions);
        assert_eq!(segments, add_segments(&plain, &conditions));
        let users: Vec<_> = (0..12).map(|_| random.attributes(&values)).collect();
        let contexts: Vec<_> = users.iter().map(|user| context(user)).collect();
        let mut declared = random.declared(&db);
        for round in 0..3 {
            for (user, context_of) in users.iter().zip(&contexts) {
                let misfit = |(name, value): &&(&'static str, Value)| {
                    let known = declared.iter().find(|declared| declared.name == *name);
                    known.is_some_and(|declared| !declared.fits(value, &judge))
                };
                let fit: Vec<_> = user.iter().filter(|given| !misfit(given)).cloned().collect();
                let wanted = memberships(&plain, &segments, &context(&fit));
                for _ in 0..2 {
                    let found = memberships(&db, &segments, context_of);
                    assert_eq!(
                        found, wanted,
                        "seed {seed}, round {round}: {user:?}\n{declared:?}\n{conditions:?}"
                    );
                }
            }
            change(&db, &mut declared, round);
        }
    }
}

/// Takes the checks away, and then an attribute that nothing reads.
fn change(db: &Database, declared: &mut Vec<Declared>, round: usize) {
    if round == 0 {
        for one in declared {
            one.check = None;
            db.execute(&format!("ALTER ATTRIBUTE {} DROP CHECK;", one.name)).unwrap();
        }
    } else {
        declared.retain(|one| db.execute(&format!("ARCHIVE ATTRIBUTE {};", one.name)).is_err());
    }
}

#[test]
fn a_condition_has_its_meaning_in_its_text() {
    let (values, judge) = (values(), judge());
    for seed in 0..stores() {
        let mut random = Random::new(seed);
        let (db, plain) = (new(), new());
        let declared = random.declared(&db);
        let segments = add_segments(&db, &random.conditions());
        for segment in &segments {
            let text = stored(&db, *segment);
            let again = db.execute(&format!("ALTER SEGMENT s{segment} WHERE {text};")).unwrap();
            assert!(
                again[0].effect().is_none(),
                "seed {seed}: {text} became {}",
                stored(&db, *segment)
            );
            plain.execute(&format!("CREATE SEGMENT s{segment} WHERE {text};")).unwrap();
            assert_eq!(stored(&plain, *segment), text);
        }
        add_keys(&plain, &segments);
        for _ in 0..12 {
            let mut user = random.attributes(&values);
            user.retain(|(name, value)| {
                let known = declared.iter().find(|declared| declared.name == *name);
                known.is_none_or(|declared| declared.fits(value, &judge))
            });
            let texts: Vec<_> = segments.iter().map(|segment| stored(&db, *segment)).collect();
            let found = memberships(&db, &segments, &context(&user));
            let wanted = memberships(&plain, &segments, &context(&user));
            assert_eq!(found, wanted, "seed {seed}: {user:?} {texts:?}");
        }
    }
}

#[test]
fn a_state_says_what_was_meant_before_attributes_were_declared() {
    let values = values();
    for seed in 0..stores() {
        let mut random = Random::new(seed);
        let (db, copy) = (new(), new());
        let conditions = random.conditions();
        let segments = add_segments(&db, &conditions);
        let declared = random.declared(&db);
        let mut state = Vec::new();
        db.dump(&mut state, DumpKind::State).unwrap();
        let state = String::from_utf8(state).unwrap();
        assert!(
            db.plan(&state).unwrap().is_empty(),
            "seed {seed}: {declared:?} {}",
            db.plan(&state).unwrap()
        );
        for one in &declared {
            copy.execute(&one.statement()).unwrap();
        }
        let plan =
            copy.plan(&state).unwrap_or_else(|error| panic!("seed {seed}: {error:?}\n{state}"));
        plan.apply().unwrap();
        for _ in 0..12 {
            let user = context(&random.attributes(&values));
            let found = memberships(&copy, &segments, &user);
            let wanted = memberships(&db, &segments, &user);
            assert_eq!(
                found, wanted,
                "seed {seed}: {user:?}\n{declared:?}\n{conditions:?}\n{state}"
            );
        }
    }
}
