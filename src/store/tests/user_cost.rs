//! What a load of a million events costs, beside appending the same bytes to a bare table of redb:
//! `cargo test --release --lib store::tests::user_cost -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use redb::{Database, TableDefinition};

use super::*;
use crate::model::{Entry, Object, What};

const EVENTS: u64 = 1_000_000;
const USERS: u64 = 100_000;
const BARE: TableDefinition<u64, &[u8]> = TableDefinition::new("bare");

fn mixed(n: u64) -> u64 {
    let mixed = (n ^ (n >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

fn event(n: u64, with_id: bool) -> Entry {
    let chance = mixed(n + 1);
    let members: [(Arc<str>, Value); 4] = [
        (
            "amount".into(),
            Value::Double(f64::from(u32::try_from(chance % 10_000).unwrap()) / 100.0),
        ),
        ("currency".into(), "INR".into()),
        ("item".into(), format!("sku-{}", chance % 5_000).into()),
        ("quantity".into(), Value::Integer((chance % 9).cast_signed())),
    ];
    Entry {
        user: format!("user-{:06}", (chance >> 20) % USERS).into(),
        at: at(1_700_000_000_000_000 + n.cast_signed() * 1_000),
        what: What::Event {
            name: format!("Event {}", chance % 20).into(),
            properties: Arc::new(members.into_iter().collect::<Object>()),
            id: with_id.then(|| format!("event-{:016x}", mixed(chance)).into()),
        },
    }
}

/// The bytes of an event as a log without any order would have them.
fn bytes(entry: &Entry) -> Vec<u8> {
    let What::Event { name, properties, id } = &entry.what else { return Vec::new() };
    let json = Value::Object(Arc::clone(properties)).to_string();
    let id = id.as_deref().unwrap_or("");
    [&entry.user, &**name, &json, id, "12345678"].concat().into_bytes()
}

/// Calls a function with each batch, and adds up what it took.
fn each_batch(size: u64, with_id: bool, mut each: impl FnMut(&[Entry])) -> Duration {
    let mut took = Duration::ZERO;
    for start in (0..EVENTS).step_by(usize::try_from(size).unwrap()) {
        let batch: Vec<_> = (start..EVENTS.min(start + size)).map(|n| event(n, with_id)).collect();
        let began = Instant::now();
        each(&batch);
        took += began.elapsed();
    }
    took
}

fn bare(path: &Path, size: u64, with_id: bool) -> Duration {
    let database = Database::builder().set_cache_size(64 << 20).create(path).unwrap();
    let mut next = 0;
    each_batch(size, with_id, |batch| {
        let transaction = database.begin_write().unwrap();
        {
            let mut table = transaction.open_table(BARE).unwrap();
            for entry in batch {
                table.insert(next, bytes(entry).as_slice()).unwrap();
                next += 1;
            }
        }
        transaction.commit().unwrap();
    })
}

#[test]
#[ignore = "it measures and asserts nothing: takes two minutes, and means something in release only"]
fn what_a_load_costs() {
    let directory = tempfile::tempdir().unwrap();
    for (size, with_id) in [(10_000, false), (10_000, true), (65_000, false), (65_000, true)] {
        let name = |what| directory.path().join(format!("{what}-{size}-{with_id}"));
        let bare = bare(&name("bare"), size, with_id);
        let store = open(&name("store"));
        let full = each_batch(size, with_id, |batch| {
            store.add_entries(batch).unwrap();
        });
        drop(store);
        let length = |what| std::fs::metadata(name(what)).unwrap().len() / EVENTS;
        let ratio = full.as_secs_f64() / bare.as_secs_f64();
        eprintln!(
            "batches of {size}, ids {with_id}: {full:.1?} to {bare:.1?}, ratio {ratio:.2}; {} to {} bytes an event",
            length("store"),
            length("bare"),
        );
    }
}
