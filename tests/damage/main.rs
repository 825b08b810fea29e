//! Damaged files: whatever was changed in a file, closed properly or not, an answer is the right one, or the error
//! `store-corrupt`; and no write, backup or compaction makes of damage what nobody can tell any more.
//!
//! `PCQ_DAMAGE=20000 cargo test --release --test damage -- --nocapture` does as many cases, and prints what came of
//! each kind. The cases are the same on every machine.

mod harm;
#[path = "../common/random.rs"]
#[expect(dead_code, reason = "the histories of the model choose in more ways")]
mod random;
mod salvage;
mod store;
mod trial;

use std::collections::BTreeMap;
use std::panic;
use std::thread;

use harm::Harm;
use random::Random;
use store::{Fixture, Kind, fixture};
use trial::{Found, Trial};

/// How many cases there are if `PCQ_DAMAGE` does not say.
const CASES: usize = 500;

/// What came of the cases of each kind of file and of harm.
type Table = BTreeMap<(Kind, Harm, Trial), BTreeMap<Found, usize>>;

#[test]
fn a_damaged_file_answers_right_or_says_so() {
    let cases = cases();
    quiet();
    let fixture = fixture();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let run = |first: usize| run(fixture, (first..cases).step_by(threads));
    let (run, mut table) = (&run, Table::new());
    thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(first))).collect();
        for done in runs {
            merge(&mut table, done.join().unwrap());
        }
    });
    print(&table, cases);
    let count = |found: Found| table.values().filter_map(|row| row.get(&found)).sum::<usize>();
    assert_eq!(count(Found::Wrong), 0);
    // it is no test if nothing is damaged, or everything
    assert!(count(Found::Refused) > cases / 20 && count(Found::Right) > cases / 20);
}

/// How many cases are wanted.
fn cases() -> usize {
    std::env::var("PCQ_DAMAGE").map_or(CASES, |cases| cases.parse().unwrap())
}

fn run(fixture: &Fixture, cases: impl Iterator<Item = usize>) -> Table {
    let mut table = Table::new();
    for case in cases {
        let mut random = Random::new(case as u64);
        let harm = Harm::ALL[case % Harm::ALL.len()];
        let round = case / Harm::ALL.len();
        let trial = Trial::ALL[round % Trial::ALL.len()];
        let kind = Kind::ALL[round / Trial::ALL.len() % Kind::ALL.len()];
        let (bytes, place) = harm.done(fixture.file(kind), &mut random);
        let found = trial.of(fixture, &bytes);
        let found = found.unwrap_or_else(|wrong| {
            println!("case {case}: {kind:?}, {harm:?} {place}, {trial:?}: {wrong}");
            Found::Wrong
        });
        *table.entry((kind, harm, trial)).or_default().entry(found).or_default() += 1;
    }
    table
}

fn merge(table: &mut Table, other: Table) {
    for (key, row) in other {
        for (found, count) in row {
            *table.entry(key).or_default().entry(found).or_default() += count;
        }
    }
}

fn print(table: &Table, cases: usize) {
    println!("{cases} cases");
    println!("kind       harm       trial         right  refused    wrong");
    for ((kind, harm, trial), row) in table {
        let [right, refused, wrong] = [Found::Right, Found::Refused, Found::Wrong]
            .map(|found| row.get(&found).copied().unwrap_or_default());
        let [kind, harm, trial] = [format!("{kind:?}"), format!("{harm:?}"), format!("{trial:?}")];
        println!("{kind:<10} {harm:<10} {trial:<10} {right:>8} {refused:>8} {wrong:>8}");
    }
}

/// With debug assertions redb panics where it otherwise says what is wrong.
fn quiet() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        if !what.location().is_some_and(|place| place.file().contains("redb")) {
            usual(what);
        }
    }));
}
