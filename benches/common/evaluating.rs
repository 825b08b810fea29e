//! What an evaluation costs, in ratios.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use pcq::{Context, Database, Evaluation};

use super::pace::{Work, median, medians};
use super::table::{Bound, Table, figure};
use super::workload::{Extras, KEYS, KeyName, Steps, Workload};

/// The keys of the large store.
const MANY_KEYS: usize = 100_000;

/// Prints all of them.
pub fn ratios(table: &mut Table) {
    let workload = Workload::new(KEYS, Extras::None);
    by_hand(table, &workload);
    ways(table, &workload);
    traffic(table, &workload);
    threads(table, &workload);
    attributes(table);
    shares(table, &workload);
    keys(table, &workload);
}

/// Against the same rules written as Rust.
fn by_hand(table: &mut Table, w: &Workload) {
    let snapshot = w.db.snapshot();
    let handles: Vec<_> = w.names.iter().map(|name| w.db.key(name).unwrap()).collect();
    let [hand, snapshot, db, handle] = medians([
        each(KEYS, |key, user| {
            black_box(w.by_hand(KeyName::new(key).as_str(), user));
        }),
        each(KEYS, |key, user| {
            look(snapshot.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
        }),
        each(KEYS, |key, user| {
            look(w.db.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
        }),
        each(KEYS, |key, user| look(w.db.evaluate(&handles[key], &w.contexts[user]))),
    ]);
    figure("by hand", hand);
    figure("snapshot.evaluate", snapshot);
    figure("db.evaluate, counted", db);
    figure("db.evaluate by a handle, counted", handle);
    table.line("snapshot.evaluate to by hand", Bound::AtMost(3.0), snapshot / hand);
    table.line("db.evaluate, counted, to by hand", Bound::AtMost(4.0), db / hand);
}

/// The ways to ask, against one another.
fn ways(table: &mut Table, w: &Workload) {
    let uncounted = Database::builder().count_deliveries(false).in_memory().unwrap();
    let users = Database::builder().count_users(true).in_memory().unwrap();
    for db in [&uncounted, &users] {
        super::workload::fill(db, KEYS, Extras::None);
    }
    let snapshot = w.db.snapshot();
    let statements: Vec<_> = w
        .names
        .iter()
        .map(|name| w.db.prepare(&format!("GET {name} FOR USER :id WITH :attributes")).unwrap())
        .collect();
    let [counted, plain, users, all, prepared] = medians([
        each(KEYS, |key, user| {
            look(w.db.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
        }),
        each(KEYS, |key, user| {
            look(uncounted.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
        }),
        each(KEYS, |key, user| {
            look(users.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
        }),
        Box::new(|rounds| {
            for n in 0..rounds.div_ceil(KEYS) {
                let user = &w.contexts[n % w.contexts.len()];
                snapshot.evaluate_all(user).for_each(look);
            }
        }),
        each(KEYS, |key, user| drop(black_box(statements[key].run(&w.parameters[user]).unwrap()))),
    ]);
    figure("db.evaluate, not counted", plain);
    figure("db.evaluate, users counted too", users);
    figure("evaluate_all, a key", all);
    figure("prepared GET", prepared);
    table.line("counted to not counted", Bound::AtMost(1.3), counted / plain);
    table.line("users counted to counted", Bound::None, users / counted);
    table.line("evaluate_all, a key, to db.evaluate", Bound::AtMost(1.0), all / counted);
    table.line("prepared GET to db.evaluate", Bound::AtMost(10.0), prepared / counted);
}

/// Traffic is recorded of one user in a hundred, and these are not one of them; against a store that records none.
fn traffic(table: &mut Table, w: &Workload) {
    let (recording, off) = (Database::in_memory().unwrap(), Database::in_memory().unwrap());
    for db in [&recording, &off] {
        super::workload::fill(db, KEYS, Extras::None);
    }
    recording
        .execute(
            "CREATE KEY in_share BOOLEAN DEFAULT FALSE;
             CREATE SEGMENT in_share WHERE BUCKET('pcq/traffic', user_id) < 1000;
             CREATE CONFIG in_share SEGMENTS in_share KEY in_share = TRUE;
             PUBLISH CONFIG in_share;",
        )
        .unwrap();
    let is_over = |context: &&Context| !recording.get::<bool>("in_share", context).unwrap();
    let contexts: Vec<_> = w.contexts.iter().filter(is_over).cloned().collect();
    recording.execute("DISABLE CONFIG in_share; RECORD TRAFFIC 1%;").unwrap();
    let [passed_over, plain] = medians([
        each(KEYS, |key, user| {
            look(recording.evaluate(KeyName::new(key).as_str(), &contexts[user % contexts.len()]));
        }),
        each(KEYS, |key, user| {
            look(off.evaluate(KeyName::new(key).as_str(), &contexts[user % contexts.len()]));
        }),
    ]);
    figure("db.evaluate, traffic recorded, not of these users", passed_over);
    figure("db.evaluate, no traffic recorded", plain);
    table.line("passed over by traffic to not recorded", Bound::AtMost(1.05), passed_over / plain);
}

/// How much more two threads do than one, in the same time of day.
fn threads(table: &mut Table, w: &Workload) {
    let by_hand = |key, user| {
        black_box(w.by_hand(KeyName::new(key).as_str(), user));
    };
    let counted = |key, user| {
        look(w.db.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
    };
    let turns = (0..61).map(|_| (times_as_many(&by_hand), times_as_many(&counted)));
    let (by_hand, counted): (Vec<_>, Vec<_>) = turns.unzip();
    table.line("2 threads to 1, by hand (times as many)", Bound::None, median(by_hand));
    table.line("2 threads to 1, counted (times as many)", Bound::AtLeast(1.8), median(counted));
}

fn times_as_many(work: &(dyn Fn(usize, usize) + Sync)) -> f64 {
    const ROUNDS: usize = 200_000;
    let run = || {
        let mut steps = Steps::new(KEYS);
        for _ in 0..ROUNDS {
            let (key, user) = steps.next();
            work(key, user);
        }
    };
    let time = |threads: usize| {
        let start = Instant::now();
        thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(run))));
        start.elapsed().as_secs_f64()
    };
    2.0 * time(1) / time(2)
}

/// Thirty attributes of which three matter, against four.
fn attributes(table: &mut Table) {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY k INTEGER DEFAULT 0;
         CREATE SEGMENT s WHERE device = 'iPhone' AND city = 'Oslo' AND plan = 'pro';
         CREATE CONFIG c SEGMENTS s KEY k = 1;
         PUBLISH CONFIG c;",
    )
    .unwrap();
    let few = Context::new("u1")
        .with("device", "iPhone")
        .with("city", "Oslo")
        .with("plan", "pro")
        .with("x0", 0);
    let many = (0..27).fold(few.clone(), |context, n| context.with(format!("x{n}"), n));
    let snapshot = db.snapshot();
    let [few, many] = medians([
        each(1, |_, _| look(snapshot.evaluate("k", &few))),
        each(1, |_, _| look(snapshot.evaluate("k", &many))),
    ]);
    table.line("30 attributes to 4", Bound::AtMost(1.3), many / few);
}

/// A rollout and a split on each row, against none.
fn shares(table: &mut Table, w: &Workload) {
    let with = Workload::new(KEYS, Extras::Shares);
    let (snapshot, with_shares) = (w.db.snapshot(), with.db.snapshot());
    let [plain, shares] = medians([
        each(KEYS, |key, user| {
            look(snapshot.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
        }),
        each(KEYS, |key, user| {
            look(with_shares.evaluate(KeyName::new(key).as_str(), &with.contexts[user]));
        }),
    ]);
    table.line("rollouts and splits to none", Bound::AtMost(2.0), shares / plain);
}

/// A hundred times as many keys.
fn keys(table: &mut Table, w: &Workload) {
    let large = Workload::new(MANY_KEYS, Extras::None);
    let (snapshot, large_snapshot) = (w.db.snapshot(), large.db.snapshot());
    let [small, big, by_hand] = medians([
        each(KEYS, |key, user| {
            look(snapshot.evaluate(KeyName::new(key).as_str(), &w.contexts[user]));
        }),
        each(MANY_KEYS, |key, user| {
            look(large_snapshot.evaluate(KeyName::new(key).as_str(), &large.contexts[user]));
        }),
        each(MANY_KEYS, |key, user| {
            black_box(large.by_hand(KeyName::new(key).as_str(), user));
        }),
    ]);
    figure("snapshot.evaluate, 100,000 keys", big);
    table.line("100,000 keys to 1,000", Bound::AtMost(2.0), big / small);
    table.line("100,000 keys to by hand", Bound::None, big / by_hand);
}

/// Looks at the value, as code by hand gives it.
#[expect(clippy::needless_pass_by_value, reason = "it ends here, as it does in a program")]
fn look(evaluation: Evaluation<'_>) {
    black_box(evaluation.value());
}

/// Does something for keys and users at random.
fn each<'a>(keys: usize, mut work: impl FnMut(usize, usize) + 'a) -> Work<'a> {
    let mut steps = Steps::new(keys);
    Box::new(move |rounds| {
        for _ in 0..rounds {
            let (key, user) = steps.next();
            work(key, user);
        }
    })
}
