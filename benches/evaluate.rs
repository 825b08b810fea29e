//! Evaluations: a snapshot against the same rules written as Rust.
//!
//! `cargo bench --bench evaluate`; quote the ratio of the medians of one run.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pcq::{Context, Database, Snapshot};

const KEYS: usize = 1_000;
const USERS: usize = 1_024;

/// The attributes of a user, as a program would hold them.
struct User {
    country: &'static str,
    plan: &'static str,
    age: i64,
}

fn users() -> Vec<User> {
    let pick = |n: usize, of: &[&'static str]| of[n % of.len()];
    let user = |n: usize| User {
        country: pick(n / 3, &["US", "CA", "FR", "DE"]),
        plan: pick(n / 7, &["free", "pro", "team"]),
        age: i64::try_from(n % 90).unwrap_or(0),
    };
    (0..USERS).map(user).collect()
}

fn context(n: usize, user: &User) -> Context {
    Context::new(format!("u{n}"))
        .with("country", user.country)
        .with("plan", user.plan)
        .with("age", user.age)
}

/// Two rows over a default for each key.
fn snapshot() -> Snapshot {
    let db = Database::in_memory().unwrap();
    let mut script = String::from(
        "BEGIN;
         CREATE SEGMENT americans WHERE country = 'US' AND plan = 'pro';
         CREATE SEGMENT minors WHERE age < 18;\n",
    );
    for n in 0..KEYS {
        let _ = write!(
            script,
            "CREATE KEY key{n} INTEGER DEFAULT 0;
             CREATE CONFIG config{n} SEGMENTS americans, minors
                 KEY key{n} VALUES (americans = 1, minors = 2);
             PUBLISH CONFIG config{n};\n"
        );
    }
    db.execute(&(script + "COMMIT;")).unwrap();
    db.snapshot()
}

/// The same rules by hand: a look-up of the key, then the rows.
fn by_hand(rules: &HashMap<String, [i64; 3]>, key: &str, user: &User) -> i64 {
    let [default, americans, minors] = rules[key];
    if user.country == "US" && user.plan == "pro" {
        americans
    } else if user.age < 18 {
        minors
    } else {
        default
    }
}

fn evaluate(c: &mut Criterion) {
    let (users, names) = (users(), (0..KEYS).map(|n| format!("key{n}")).collect::<Vec<_>>());
    let contexts: Vec<_> = users.iter().enumerate().map(|(n, user)| context(n, user)).collect();
    let (snapshot, rules) = (snapshot(), names.iter().map(|n| (n.clone(), [0, 1, 2])).collect());
    // every pair sooner or later, in an order that no cache foresees
    let pair = |step: usize| (step * 7_919 % KEYS, step * 104_729 % USERS);
    let mut group = c.benchmark_group("evaluate");
    let mut step = 0;
    group.bench_function("keys=1000", |b| {
        b.iter(|| {
            step += 1;
            let (key, user) = pair(step);
            black_box(snapshot.evaluate(&names[key], &contexts[user]))
        });
    });
    group.bench_function("keys=1000/by-hand", |b| {
        b.iter(|| {
            step += 1;
            let (key, user) = pair(step);
            black_box(by_hand(&rules, &names[key], &users[user]))
        });
    });
    group.finish();
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
