//! The power is cut at every operation; what was acknowledged is there afterwards.

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

use super::delivery::one;
use super::expire::expire;
use super::list;
use super::user::{Model, all, event, forget, profile};
use super::*;
use crate::model::{DeliveryBatch, Entry};
use crate::store::{Desk, Period};

/// A disk: what is durable, what was written since, and how many operations it has left.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// What was done since the last sync, in order.
    pending: Vec<Operation>,
    left: Option<usize>,
    done: usize,
}

#[derive(Clone, Debug)]
enum Operation {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Operation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write(offset, data) => {
                let end = offset + data.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(data);
            }
        }
    }
}

impl State {
    /// Counts an operation; fails it, and all after it, when the power is gone.
    fn spend(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) => return Err(io::Error::other("the power is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        self.done += 1;
        Ok(())
    }

    fn change(&mut self, operation: Operation) -> io::Result<()> {
        self.spend()?;
        operation.apply(&mut self.now);
        self.pending.push(operation);
        Ok(())
    }
}

impl Disk {
    fn of(bytes: Vec<u8>, left: Option<usize>) -> Self {
        let state = State { now: bytes.clone(), durable: bytes, left, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// What may be found after the cut: of what was not synced all, none, the first half, or every
    /// second operation reached the disk.
    fn remains(&self) -> Vec<Vec<u8>> {
        let state = self.0.lock().unwrap();
        let pending = &state.pending;
        let half = pending.len() / 2;
        let kept: [&dyn Fn(usize) -> bool; 4] =
            [&|_| false, &|_| true, &|i| i < half, &|i| i % 2 == 0];
        kept.iter()
            .map(|kept| {
                let mut bytes = state.durable.clone();
                let survivors = pending.iter().enumerate().filter(|(i, _)| kept(*i));
                survivors.for_each(|(_, operation)| operation.apply(&mut bytes));
                bytes
            })
            .collect()
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.lock().unwrap();
        let from = usize::try_from(offset).unwrap();
        let bytes = state.now.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap();
        self.0.lock().unwrap().change(Operation::Length(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.spend()?;
        state.durable = state.now.clone();
        state.pending.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.0.lock().unwrap().change(Operation::Write(offset, data.to_vec()))
    }
}

/// Tells the story until something fails; gives how many revisions were acknowledged, and `None` if
/// the store was not even opened.
fn run(disk: &Disk) -> Option<u64> {
    let store = Store::with_backend(disk.clone(), &options()).ok()?;
    let mut catalog = Catalog::default();
    for changes in story() {
        if commit(&store, &mut catalog, &changes).is_err() {
            break;
        }
    }
    Some(catalog.revision)
}

/// Opens an empty store and loads the story; gives whether that was acknowledged.
fn load(disk: &Disk) -> Result<()> {
    let store = Store::with_backend(disk.clone(), &options())?;
    let mut loader = store.begin_load(Some(at(1)))?;
    let mut catalog = Catalog::default();
    for changes in story() {
        let (revision, after) = next(&loader, &catalog, &changes);
        loader.revision(&revision, &changes, &after)?;
        catalog = after;
    }
    loader.finish(Some(at(200)))
}

#[test]
fn a_load_that_is_cut_short_never_was() {
    let calm = Disk::of(Vec::new(), None);
    load(&calm).unwrap();
    let operations = calm.0.lock().unwrap().done;
    for cut in 0..operations {
        let disk = Disk::of(Vec::new(), Some(cut));
        let acknowledged = load(&disk).is_ok();
        for bytes in disk.remains() {
            let Ok(store) = Store::with_backend(Disk::of(bytes, None), &options()) else {
                assert!(!acknowledged, "cut at {cut}");
                continue;
            };
            let found = store.reader().unwrap().catalog().unwrap().revision;
            assert!(found == 12 || (found == 0 && !acknowledged), "cut at {cut}: {found}");
            let clock = if found == 12 { Some(at(200)) } else { None };
            assert_eq!(store.clock().manual(), clock, "cut at {cut}");
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    let memory = Store::in_memory(&options()).unwrap();
    let catalogs = tell(&memory);
    let calm = Disk::of(Vec::new(), None);
    assert_eq!(run(&calm), Some(12));
    let operations = calm.0.lock().unwrap().done;
    for cut in 0..operations {
        let disk = Disk::of(Vec::new(), Some(cut));
        let acknowledged = run(&disk);
        for bytes in disk.remains() {
            let Ok(store) = Store::with_backend(Disk::of(bytes, None), &options()) else {
                assert_eq!(acknowledged, None, "cut at {cut}");
                continue;
            };
            let found = store.reader().unwrap().catalog().unwrap();
            let acknowledged = acknowledged.unwrap_or(0);
            assert!((acknowledged..=acknowledged + 1).contains(&found.revision), "cut at {cut}");
            assert_eq!(found, catalogs[usize::try_from(found.revision).unwrap()], "cut at {cut}");
            assert_eq!(store.verify(None).unwrap().problems, [""; 0], "cut at {cut}");
        }
    }
}

/// Adds batches until something fails, each twice as one does who does not know whether it got through; gives
/// how many were acknowledged, and `None` if the store was not even opened.
fn deliver(disk: &Disk) -> Option<u64> {
    let store = Store::with_backend(disk.clone(), &options()).ok()?;
    for batch in batches() {
        if store.add_deliveries(&batch).and_then(|()| store.add_deliveries(&batch)).is_err() {
            return Some(batch.number - 1);
        }
    }
    Some(5)
}

/// Days apart, so that each adds up what the one before it left.
fn batches() -> impl Iterator<Item = DeliveryBatch> {
    (1..=5).map(|number| {
        let day = i64::try_from(number).unwrap() * 20 * 1_440;
        let delivered = (0..60).map(|n| one(n % 6, day + i64::try_from(n).unwrap() * 7, number));
        DeliveryBatch { number, delivered: delivered.collect(), ..DeliveryBatch::default() }
    })
}

#[test]
fn no_delivery_is_lost_or_counted_twice_by_a_power_cut() {
    let calm = Disk::of(Vec::new(), None);
    assert_eq!(deliver(&calm), Some(5));
    let operations = calm.0.lock().unwrap().done;
    for cut in 0..operations {
        let disk = Disk::of(Vec::new(), Some(cut));
        let acknowledged = deliver(&disk);
        for bytes in disk.remains() {
            let Ok(store) = Store::with_backend(Disk::of(bytes, None), &options()) else {
                assert_eq!(acknowledged, None, "cut at {cut}");
                continue;
            };
            let found = store.reader().unwrap().last_delivery_batch().unwrap();
            let acknowledged = acknowledged.unwrap_or(0);
            assert!((acknowledged..=acknowledged + 1).contains(&found), "cut at {cut}: {found}");
            assert_eq!(deliveries(&store), (1..=found).sum::<u64>() * 60, "cut at {cut}");
            // whoever goes on, without knowing how far it came, makes it whole
            batches().for_each(|batch| store.add_deliveries(&batch).unwrap());
            assert_eq!(deliveries(&store), 15 * 60, "cut at {cut}");
        }
    }
}

/// How many deliveries there are, of all keys and times.
fn deliveries(store: &Store) -> u64 {
    let keys = store
        .reader()
        .unwrap()
        .key_deliveries(Period::default(), &Desk::default().watch())
        .unwrap();
    keys.values().map(|key| key.deliveries).sum()
}

/// Adds entries until something fails; gives how many batches were acknowledged, and `None` if the store was
/// not even opened.
fn track(disk: &Disk) -> Option<usize> {
    let store = Store::with_backend(disk.clone(), &options()).ok()?;
    let failed = tracked().iter().position(|batch| store.add_entries(batch).is_err());
    Some(failed.unwrap_or(tracked().len()))
}

/// What is merged, forgets, and comes twice.
fn tracked() -> Vec<Vec<Entry>> {
    let batch = |n: i64| {
        let id = |i: i64| format!("id{}", n * 3 + i);
        let known = (0..4).map(|i| event(&format!("u{}", (n + i) % 3), "e", n, Some(&id(i))));
        let gone = (n % 4 == 3).then(|| forget("u1"));
        known.chain([profile("u3", "Pune")]).chain(gone).collect()
    };
    (0..8).map(batch).collect()
}

#[test]
fn no_entry_is_lost_or_there_twice_after_a_power_cut() {
    let calm = Disk::of(Vec::new(), None);
    assert_eq!(track(&calm), Some(8));
    let mut models = vec![Model::default()];
    for batch in tracked() {
        let mut model = models.last().unwrap().clone();
        model.add(&batch);
        models.push(model);
    }
    let operations = calm.0.lock().unwrap().done;
    for cut in 0..operations {
        let disk = Disk::of(Vec::new(), Some(cut));
        let acknowledged = track(&disk);
        for bytes in disk.remains() {
            let Ok(store) = Store::with_backend(Disk::of(bytes, None), &options()) else {
                assert_eq!(acknowledged, None, "cut at {cut}");
                continue;
            };
            let known = all(&store, 10);
            let found = models.iter().position(|model| model.users == known);
            let least = acknowledged.unwrap_or(0);
            assert!(found.is_some_and(|n| n == least || n == least + 1), "cut at {cut}: {found:?}");
            assert_eq!(store.verify(None).unwrap().problems, [""; 0], "cut at {cut}");
        }
    }
}

/// A disk with what users did: half of it is over, of one user all.
fn tracked_disk(model: &mut Model) -> Vec<u8> {
    let disk = Disk::of(Vec::new(), None);
    let store = Store::with_backend(disk.clone(), &options()).unwrap();
    for n in 0..12 {
        let id = |i: i64| format!("id{}", n * 4 + i);
        let known = (0..4).map(|i| event(&format!("u{}", (n + i) % 5), "e", n, Some(&id(i))));
        let batch: Vec<_> =
            known.chain([event("gone", "e", 1, None), profile("u3", "x")]).collect();
        store.add_entries(&batch).unwrap();
        model.add(&batch);
    }
    drop(store);
    let state = disk.0.lock().unwrap();
    state.now.clone()
}

#[test]
fn events_that_are_dropped_are_gone_or_whole_after_a_power_cut() {
    let (mut model, oldest) = (Model::default(), at(6));
    let bytes = tracked_disk(&mut model);
    let before = model.clone();
    assert_eq!(model.expire("e", oldest), 36);
    let run = |disk: &Disk| {
        let store = Store::with_backend(disk.clone(), &options())?;
        expire(&store, "e", oldest)
    };
    let calm = Disk::of(bytes.clone(), None);
    let (dropped, transactions) = run(&calm).unwrap();
    assert_eq!(dropped, 36);
    assert!(transactions > 1, "too few to matter");
    let operations = calm.0.lock().unwrap().done;
    for cut in 0..operations {
        let disk = Disk::of(bytes.clone(), Some(cut));
        let done = run(&disk).is_ok();
        for bytes in disk.remains() {
            let store = Store::with_backend(Disk::of(bytes, None), &options()).unwrap();
            assert_eq!(store.verify(None).unwrap().problems, [""; 0], "cut at {cut}");
            let left = all(&store, 10);
            let is_known = |(user, entries): (&Arc<str>, &Vec<Entry>)| {
                entries.iter().all(|entry| before.users[user].contains(entry))
            };
            assert!(left.iter().all(is_known), "cut at {cut}");
            let (dropped, _) = expire(&store, "e", oldest).unwrap();
            assert!(!done || dropped == 0, "cut at {cut}");
            model.assert(&store, 10);
        }
    }
}

/// Loads three lists into a segment until something fails; gives how many were acknowledged, and `None` if the
/// store was not even opened.
fn load_lists(disk: &Disk) -> Option<u64> {
    let store = Store::with_backend(disk.clone(), &options()).ok()?;
    let mut catalog = Catalog::default();
    for version in 1..=3 {
        if list::load(&store, &mut catalog, version).is_err() {
            break;
        }
    }
    Some(catalog.revision)
}

#[test]
fn the_old_list_is_in_force_until_the_new_one_is_whole() {
    let calm = Disk::of(Vec::new(), None);
    assert_eq!(load_lists(&calm), Some(3));
    let operations = calm.0.lock().unwrap().done;
    for cut in 0..operations {
        let disk = Disk::of(Vec::new(), Some(cut));
        let acknowledged = load_lists(&disk);
        for bytes in disk.remains() {
            let Ok(store) = Store::with_backend(Disk::of(bytes, None), &options()) else {
                assert_eq!(acknowledged, None, "cut at {cut}");
                continue;
            };
            let mut found = store.reader().unwrap().catalog().unwrap();
            let least = acknowledged.unwrap_or(0);
            assert!((least..=least + 1).contains(&found.revision), "cut at {cut}");
            assert_eq!(store.verify(None).unwrap().problems, [""; 0], "cut at {cut}");
            let version = u32::try_from(found.revision).unwrap();
            list::assert_loaded(&store, &found, version);
            // what was left half-written is in nobody's way
            list::load_other(&store, &mut found, version + 1);
            assert_eq!(store.verify(None).unwrap().problems, [""; 0], "cut at {cut}");
        }
    }
}
