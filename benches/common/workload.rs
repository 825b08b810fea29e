//! Keys of three rows each, users that hit every one of them, and the same rules written as Rust.

use std::collections::HashMap;
use std::fmt::Write as _;

use foldhash::fast::RandomState;
use pcq::{Context, Database, Parameters, Value};

/// How many keys there are, if not said otherwise.
pub const KEYS: usize = 1_000;
const USERS: usize = 1_024;

const DEVICES: [&str; 4] = ["iPhone", "Pixel", "Galaxy", "iPad"];
const PLANS: [&str; 3] = ["free", "pro", "team"];
const CITIES: [&str; 8] =
    ["New York", "Oslo", "Paris", "Tokyo", "Lima", "Cairo", "Delhi", "San Francisco"];
const COUNTRIES: [&str; 20] = [
    "US", "CA", "FR", "DE", "IT", "ES", "PT", "NL", "BE", "AT", "CH", "SE", "NO", "FI", "DK", "PL",
    "CZ", "HU", "RO", "BG",
];

/// What the rows have beside their segments and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extras {
    None,
    /// A rollout on each row, and a split in each cell.
    Shares,
}

/// A store, its users, and the same by hand.
pub struct Workload {
    pub db: Database,
    pub names: Vec<String>,
    pub contexts: Vec<Context>,
    /// The same users as parameters of a statement.
    pub parameters: Vec<Parameters>,
    rules: HashMap<String, Rules, RandomState>,
    segments: Segments,
    users: Vec<User>,
}

/// The attributes of a user, as a program would hold them.
struct User {
    device: &'static str,
    city: &'static str,
    plan: &'static str,
    country: &'static str,
    app: String,
    app_version: semver::Version,
}

/// How many segments there are of each kind: keys share them.
const SEGMENTS: usize = 64;

/// The segments of the three rows, as a program would write them.
struct Segments {
    first: Vec<(&'static str, &'static str)>,
    second: Vec<(&'static str, &'static str)>,
    third: Vec<([&'static str; 10], semver::Version)>,
}

/// The rows of a key: which segment of each kind, and the values; by default it is 0.
struct Rules {
    rows: [usize; 3],
    values: [i64; 3],
}

/// A number that looks random, the same in each run.
fn scatter(n: usize) -> usize {
    let n = (n as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (n ^ (n >> 31)) as usize
}

fn pick(of: &[&'static str], n: usize) -> &'static str {
    of[n % of.len()]
}

impl User {
    fn new(n: usize) -> Self {
        let at = |salt: usize| scatter(n * 8 + salt);
        let app = format!("{}.{}.{}", at(4) % 8, at(5) % 10, at(6) % 10);
        Self {
            device: pick(&DEVICES, at(0)),
            city: pick(&CITIES, at(1)),
            plan: pick(&PLANS, at(2)),
            country: pick(&COUNTRIES, at(3)),
            app_version: app.parse().unwrap(),
            app,
        }
    }

    fn context(&self, n: usize) -> Context {
        Context::new(format!("u{n}"))
            .with("device", self.device)
            .with("city", self.city)
            .with("plan", self.plan)
            .with("country", self.country)
            .with("app_version", &*self.app)
    }

    /// As a program that writes JSON would have it.
    fn json(&self) -> Value {
        let Self { device, city, plan, country, app, .. } = self;
        let json = format!(
            r#"{{"device": "{device}", "city": "{city}", "plan": "{plan}",
                "country": "{country}", "app_version": "{app}"}}"#
        );
        Value::from_json(&json).unwrap()
    }
}

impl Segments {
    fn new() -> Self {
        let at = |n: usize, salt: usize| scatter(n * 8 + salt);
        let all = 0..SEGMENTS;
        let first = |n| (pick(&DEVICES, at(n, 0)), pick(&CITIES, at(n, 1)));
        let second = |n| (pick(&PLANS, at(n, 2)), pick(&DEVICES, at(n, 3)));
        let third = |n: usize| {
            let countries = std::array::from_fn(|i| pick(&COUNTRIES, at(n, 4) + i));
            (countries, semver::Version::new((at(n, 5) % 8) as u64, (at(n, 6) % 10) as u64, 0))
        };
        Self {
            first: all.clone().map(first).collect(),
            second: all.clone().map(second).collect(),
            third: all.map(third).collect(),
        }
    }

    fn statements(&self) -> String {
        let mut script = String::new();
        for n in 0..SEGMENTS {
            let ((device, city), (plan, other)) = (&self.first[n], &self.second[n]);
            let (countries, least) = &self.third[n];
            let countries = countries.join("', '");
            let _ = write!(
                script,
                "CREATE SEGMENT a{n} WHERE device = '{device}' AND city = '{city}';
                 CREATE SEGMENT b{n} WHERE plan = '{plan}' AND device = '{other}';
                 CREATE SEGMENT c{n}
                     WHERE country IN ('{countries}') AND app_version >= SEMVER '{least}';\n"
            );
        }
        script
    }

    /// The first row that a user is in.
    fn row(&self, rows: [usize; 3], user: &User) -> Option<usize> {
        let [a, b, c] = rows;
        let (first, second, (countries, least)) = (&self.first[a], &self.second[b], &self.third[c]);
        if user.device == first.0 && user.city == first.1 {
            Some(0)
        } else if user.plan == second.0 && user.device == second.1 {
            Some(1)
        } else if countries.contains(&user.country) && user.app_version >= *least {
            Some(2)
        } else {
            None
        }
    }
}

impl Rules {
    fn new(n: usize) -> Self {
        let at = |salt: usize| scatter(n * 4 + salt) % SEGMENTS;
        Self { rows: [at(0), at(1), at(2)], values: [1, 2, 3] }
    }

    fn statements(&self, n: usize, extras: Extras, script: &mut String) {
        let [a, b, c] = self.rows;
        let shares = extras == Extras::Shares;
        let rollout = if shares { " 90%" } else { "" };
        let cell = |value: i64| {
            if shares {
                format!("SPLIT (50% {value}, 50% {})", value + 10)
            } else {
                value.to_string()
            }
        };
        let [first, second, third] = self.values.map(cell);
        let _ = write!(
            script,
            "CREATE KEY key{n} INTEGER DEFAULT 0;
             CREATE CONFIG config{n} SEGMENTS a{a}{rollout}, b{b}{rollout}, c{c}{rollout}
                 KEY key{n} VALUES (a{a} = {first}, b{b} = {second}, c{c} = {third});
             PUBLISH CONFIG config{n};\n"
        );
    }
}

/// Makes the keys, segments and configs, and publishes them.
pub fn fill(db: &Database, keys: usize, extras: Extras) {
    let mut session = db.session();
    session.execute("BEGIN;").unwrap();
    session.execute(&Segments::new().statements()).unwrap();
    for n in 0..keys {
        let mut script = String::new();
        Rules::new(n).statements(n, extras, &mut script);
        session.execute(&script).unwrap();
    }
    session.execute("COMMIT;").unwrap();
}

impl Workload {
    pub fn new(keys: usize, extras: Extras) -> Self {
        let names: Vec<_> = (0..keys).map(|n| format!("key{n}")).collect();
        let users: Vec<_> = (0..USERS).map(User::new).collect();
        let contexts = users.iter().enumerate().map(|(n, user)| user.context(n)).collect();
        let parameters = users.iter().enumerate().map(|(n, user)| {
            Parameters::new().with("id", format!("u{n}")).with("attributes", user.json())
        });
        let parameters = parameters.collect();
        let db = Database::in_memory().unwrap();
        fill(&db, keys, extras);
        let rules = names.iter().enumerate().map(|(n, name)| (name.clone(), Rules::new(n)));
        let rules = rules.collect();
        let workload =
            Self { db, names, contexts, parameters, rules, segments: Segments::new(), users };
        workload.check(extras);
        workload
    }

    /// What is compared has to be the same, and all outcomes have to be there.
    fn check(&self, extras: Extras) {
        let (mut steps, mut seen) = (Steps::new(self.names.len()), [0; 4]);
        let snapshot = self.db.snapshot();
        for _ in 0..10_000 {
            let (key, user) = steps.next();
            let by_hand = self.by_hand(KeyName::new(key).as_str(), user);
            let evaluation = snapshot.evaluate(&self.names[key], &self.contexts[user]);
            let same = evaluation.value().as_integer() == Some(by_hand);
            assert!(same || extras == Extras::Shares, "{evaluation:?} {by_hand}");
            seen[usize::try_from(by_hand).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    }

    /// The same rules as Rust: one look-up of the key by a fast hash, then the rows, over texts of the program.
    pub fn by_hand(&self, key: &str, user: usize) -> i64 {
        let rules = &self.rules[key];
        self.segments.row(rules.rows, &self.users[user]).map_or(0, |row| rules.values[row])
    }
}

/// The name of a key, made where it is needed: programs have the names of their keys at hand, too.
pub struct KeyName {
    bytes: [u8; 16],
    length: usize,
}

impl KeyName {
    pub fn new(mut number: usize) -> Self {
        let mut bytes = *b"key0000000000000";
        let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
        for place in (3..3 + digits).rev() {
            bytes[place] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        Self { bytes, length: 3 + digits }
    }

    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap()
    }
}

/// Keys and users at random.
pub struct Steps {
    keys: usize,
    state: usize,
}

impl Steps {
    pub fn new(keys: usize) -> Self {
        Self { keys, state: 0 }
    }

    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> (usize, usize) {
        self.state += 1;
        let n = scatter(self.state);
        ((n >> 32) % self.keys, n % USERS)
    }
}
