//! What is known of users, against a map.

use std::collections::BTreeMap;
use std::ops::Bound;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::model::{Entry, What};
use crate::store::codec::{decode, encode};
use crate::store::image::Image;
use crate::store::record::{EventReads, Packed, PageRecord, TotalsRecord};
use crate::store::tables::*;
use crate::store::{Added, user};

pub(super) fn event(user: &str, name: &str, time: i64, id: Option<&str>) -> Entry {
    let json = format!(r#"{{"amount":{time}.5,"tags":["a",null],"note":"of {user}"}}"#);
    let Value::Object(properties) = Value::from_json(&json).unwrap() else { unreachable!() };
    let what = What::Event { name: name.into(), properties, id: id.map(Arc::from) };
    Entry { user: user.into(), at: at(time), what }
}

pub(super) fn profile(user: &str, city: &str) -> Entry {
    let attributes = [("city".into(), city.into()), ("plan".into(), Value::Null)];
    let what = What::Profile(Arc::new(attributes.into_iter().collect()));
    Entry { user: user.into(), at: at(-5), what }
}

pub(super) fn forget(user: &str) -> Entry {
    Entry { user: user.into(), at: at(0), what: What::Forget }
}

/// What must be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model {
    pub(super) users: BTreeMap<Arc<str>, Vec<Entry>>,
    ids: BTreeMap<Arc<str>, Arc<str>>,
}

impl Model {
    pub(super) fn of(users: BTreeMap<Arc<str>, Vec<Entry>>) -> Self {
        Self { users, ids: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, entries: &[Entry]) -> Added {
        let mut sums = Added::default();
        for entry in entries {
            let fresh = self.add_one(entry);
            sums.added += u64::from(fresh);
            sums.repeated += u64::from(!fresh);
        }
        sums
    }

    fn add_one(&mut self, entry: &Entry) -> bool {
        match &entry.what {
            What::Forget => {
                self.users.remove(&entry.user);
                self.ids.retain(|_, user| *user != entry.user);
                return true;
            }
            What::Event { id: Some(id), .. } => {
                if self.ids.contains_key(id) {
                    return false;
                }
                self.ids.insert(Arc::clone(id), Arc::clone(&entry.user));
            }
            _ => {}
        }
        self.users.entry(Arc::clone(&entry.user)).or_default().push(entry.clone());
        true
    }

    /// Drops the events of a name that are older than an instant; gives how many.
    pub(super) fn expire(&mut self, name: &str, oldest: Timestamp) -> u64 {
        let (before, ids) = (self.events(), &mut self.ids);
        for entries in self.users.values_mut() {
            entries.retain(|entry| {
                let What::Event { name: own, id, .. } = &entry.what else { return true };
                let over = **own == *name && entry.at < oldest;
                id.iter().filter(|_| over).for_each(|id| drop(ids.remove(id)));
                !over
            });
        }
        self.users.retain(|_, entries| !entries.is_empty());
        before - self.events()
    }

    /// Compares with what is in a store, in pages of a size.
    pub(super) fn assert(&self, store: &Store, page: usize) {
        assert_eq!(all(store, page), self.users);
        assert_eq!(store.reader().unwrap().user_count().unwrap(), self.users.len() as u64);
        for user in ["u0", "u3", "nobody"] {
            let known = self.users.get(user).cloned().unwrap_or_default();
            assert_eq!(store.reader().unwrap().user_entries(user).unwrap(), known);
        }
        for id in 0..40 {
            let id = format!("id{id}");
            assert_eq!(
                store.reader().unwrap().event_user(&id).unwrap().is_some(),
                self.ids.contains_key(&*id),
                "{id}"
            );
        }
        let report = store.verify(None).unwrap();
        assert_eq!(report.problems, [""; 0]);
        assert_eq!(report.users, self.users.len() as u64);
        assert_eq!(report.events, self.events());
    }

    fn events(&self) -> u64 {
        let entries = self.users.values().flatten();
        entries.filter(|entry| matches!(entry.what, What::Event { .. })).count() as u64
    }
}

/// All users, page by page.
pub(super) fn all(store: &Store, page: usize) -> BTreeMap<Arc<str>, Vec<Entry>> {
    seen_by(&store.shared.image().unwrap(), page)
}

/// All users whom an image has, page by page.
fn seen_by(image: &Image, page: usize) -> BTreeMap<Arc<str>, Vec<Entry>> {
    let mut found = Vec::new();
    loop {
        let last: Option<Arc<str>> = found.last().map(|(user, _): &(Arc<str>, _)| Arc::clone(user));
        let next = user::users_after(image, last.as_deref(), page).unwrap();
        assert!(next.len() <= page);
        if next.is_empty() {
            assert!(found.is_sorted_by(|a, b| a.0 < b.0));
            let found = found.into_iter().collect();
            assert_events(image, &found);
            assert_from(image, &found);
            return found;
        }
        found.extend(next);
    }
}

/// Compares the events in the order of the file with those of the users, of each in order of receipt.
fn assert_events(image: &Image, users: &BTreeMap<Arc<str>, Vec<Entry>>) {
    let is_late = |_: &str, instant| instant >= at(500);
    for (whole, is_wanted) in
        [(true, &(|_: &str, _| true) as &dyn Fn(&str, Timestamp) -> bool), (false, &is_late)]
    {
        let reads = EventReads::new(whole, whole, is_wanted);
        let (mut found, mut from) = (BTreeMap::<_, Vec<_>>::new(), Some(0));
        while let Some(first) = from {
            let (page, next) = user::events_from(image, first, &reads).unwrap();
            for entry in page {
                found.entry(Arc::clone(&entry.user)).or_default().push(entry);
            }
            from = next;
        }
        let read = |entry: &Entry| {
            let What::Event { name, properties, id } = entry.what.clone() else { return None };
            let (properties, id) = if whole { (properties, id) } else { Default::default() };
            is_wanted(&name, entry.at)
                .then(|| Entry { what: What::Event { name, properties, id }, ..entry.clone() })
        };
        let events = |(user, entries): (&Arc<str>, &Vec<Entry>)| {
            (Arc::clone(user), entries.iter().filter_map(read).collect::<Vec<_>>())
        };
        let wanted: BTreeMap<_, _> =
            users.iter().map(events).filter(|(_, events)| !events.is_empty()).collect();
        assert_eq!(found, wanted);
    }
}

/// Asks for the users from one on, with that one and without.
fn assert_from(image: &Image, users: &BTreeMap<Arc<str>, Vec<Entry>>) {
    for from in [Bound::Included("u3"), Bound::Excluded("u3"), Bound::Unbounded] {
        let found = user::users_from(image, from, 5, true).unwrap();
        let wanted = users.range::<str, _>((from, Bound::Unbounded)).take(found.len().max(1));
        assert!(found.iter().map(|(user, own)| (user, own)).eq(wanted), "{from:?}");
    }
}

impl Chance {
    fn entry(&mut self) -> Entry {
        let user = format!("u{}", self.below(12));
        if self.below(300) == 0 {
            return forget(&user);
        }
        match self.below(20) {
            0..=4 => profile(&user, "Pune"),
            5..=10 => {
                let id = format!("id{}", self.below(40));
                event(&user, "Charged", self.below(1_000).cast_signed(), Some(&id))
            }
            n => event(&user, &format!("e{n}"), self.below(1_000).cast_signed(), None),
        }
    }

    pub(super) fn batch(&mut self) -> Vec<Entry> {
        let length = if self.below(6) == 0 { 300 } else { self.below(12) };
        (0..length).map(|_| self.entry()).collect()
    }
}

#[test]
fn entries_are_those_of_the_model() {
    let directory = tempfile::tempdir().unwrap();
    for seed in 1..=4 {
        let path = directory.path().join(seed.to_string());
        let open = || open(&path);
        let (mut store, mut model, mut chance) = (open(), Model::default(), Chance(seed));
        for step in 0..60 {
            let batch = chance.batch();
            assert_eq!(store.add_entries(&batch).unwrap(), model.add(&batch));
            if step % 5 == 0 {
                model.assert(&store, 1 + step % 7);
            }
            if step % 13 == 0 {
                drop(store);
                store = open();
            }
        }
        model.assert(&store, 100);
        assert!(model.users.values().any(|entries| entries.len() > 50), "too few to matter");
    }
}

#[test]
fn a_merge_is_not_seen_by_readers_before_it() {
    let store = Store::in_memory(&options()).unwrap();
    let batch = |n: i64| -> Vec<_> { (0..2).map(|i| event("u", "e", n + i, None)).collect() };
    let mut model = Model::default();
    let mut images = Vec::new();
    for n in 0..20 {
        model.add(&batch(n * 10));
        store.add_entries(&batch(n * 10)).unwrap();
        images.push((store.shared.image().unwrap(), model.users.clone()));
    }
    for (image, users) in images.iter().rev().chain(&images) {
        assert_eq!(seen_by(image, 9), *users);
        assert_eq!(user::user_entries(image, "u").unwrap(), users["u"]);
    }
}

#[test]
fn what_reads_beside_the_writer_sees_every_batch() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    let reader = Store::open(&path, &reading()).unwrap();
    let (mut model, mut chance) = (Model::default(), Chance(9));
    assert_eq!(all(&reader, 3), model.users);
    for _ in 0..30 {
        let batch = chance.batch();
        store.add_entries(&batch).unwrap();
        model.add(&batch);
        assert_eq!(all(&reader, 3), model.users);
    }
    store.compact().unwrap();
    store.add_entries(&[profile("new", "Pune")]).unwrap();
    model.add(&[profile("new", "Pune")]);
    assert_eq!(all(&reader, 3), model.users);
    assert_eq!(reader.add_entries(&[forget("u")]).unwrap_err().code(), "read-only");
}

#[test]
fn large_entries_have_blocks_of_their_own() {
    let store = Store::in_memory(&options()).unwrap();
    let mut model = Model::default();
    for n in 0..20 {
        let mut large = profile("u1", &"x".repeat(n * 700));
        large.at = at(1);
        let batch = [event("u0", "e", 1, None), large, profile("u0", "small")];
        assert_eq!(store.add_entries(&batch).unwrap(), model.add(&batch));
        model.assert(&store, 2);
    }
}

#[test]
fn a_revision_and_its_entries_are_one() {
    let store = Store::in_memory(&options()).unwrap();
    let (revision, after) = next(&store.reader().unwrap(), &Catalog::default(), &[]);
    let entries = [event("u0", "e", 1, Some("id1")), event("u0", "e", 1, Some("id1"))];
    let added = append(&store, &revision, &[], &after, &entries).unwrap();
    assert_eq!(added, Added { added: 1, repeated: 1 });
    // the number of the revision is taken: the entry must not be there either
    append(&store, &revision, &[], &after, &[profile("u1", "Pune")]).unwrap_err();
    assert_eq!(store.reader().unwrap().user_count().unwrap(), 1);
    assert_eq!(store.reader().unwrap().revision(1).unwrap(), Some(revision));
}

#[test]
fn copies_have_all_entries() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::in_memory(&options()).unwrap();
    let (mut model, mut chance) = (Model::default(), Chance(5));
    for _ in 0..20 {
        let batch = chance.batch();
        store.add_entries(&batch).unwrap();
        model.add(&batch);
    }
    let path = directory.path().join("copy");
    store.backup(&path).unwrap();
    model.assert(&open(&path), 4);
    model.assert(&store.copy_to_memory(&options()).unwrap(), 4);
}

/// Ids come into runs again and again, while others are merged.
#[test]
fn ids_are_found_and_go() {
    let store = Store::in_memory(&options()).unwrap();
    let (mut model, mut chance) = (Model::default(), Chance(77));
    for first in (0..1_200).step_by(60) {
        let id = |n: u64| format!("id{n}");
        let mut batch: Vec<_> = (first..first + 60)
            .map(|n| event(&format!("u{}", n % 7), "e", 1, Some(&id(n))))
            .collect();
        batch.push(event("u1", "e", 2, Some(&id(chance.below(first + 60)))));
        if first % 300 == 240 {
            batch.push(forget(&format!("u{}", chance.below(7))));
        }
        assert_eq!(store.add_entries(&batch).unwrap(), model.add(&batch));
        model.assert(&store, 9);
    }
}

#[test]
fn who_is_forgotten_is_gone_from_all_runs() {
    let store = Store::in_memory(&options()).unwrap();
    let mut model = Model::default();
    let mut add = |store: &Store, batch: &[Entry]| {
        assert_eq!(store.add_entries(batch).unwrap(), model.add(batch));
        model.assert(store, 9);
    };
    let own = |n: i64| event(&format!("u{}", n % 3), "e", n, Some(&format!("own{n}")));
    for (first, count) in [(0, 500), (500, 90), (590, 1), (591, 400)] {
        add(&store, &(first..first + count).map(own).collect::<Vec<_>>());
    }
    add(&store, &[profile("u3", "Pune"), forget("u1"), forget("u3"), forget("nobody")]);
    // the ids are free again, and those of the others are not
    let batch: Vec<_> = (0..900).map(own).collect();
    assert_eq!(store.add_entries(&batch).unwrap(), Added { added: 300, repeated: 600 });
    model.add(&batch);
    model.assert(&store, 9);
    let all = ["u0", "u1", "u2"].map(forget);
    assert_eq!(store.add_entries(&all).unwrap(), model.add(&all));
    model.assert(&store, 9);
    let image = store.shared.image().unwrap();
    assert!(image.table(RUNS).unwrap().is_empty().unwrap());
    assert!(image.table(EVENT_IDS).unwrap().is_empty().unwrap());
}

/// The page before ends with the user with whom the page now ends, too.
#[test]
fn a_page_that_loses_its_last_user_takes_the_place_of_no_other() {
    for count in 1..60 {
        let store = Store::in_memory(&options()).unwrap();
        let mut model = Model::default();
        let mut batch: Vec<_> = (0..count).map(|n| event("u0", "e", n, None)).collect();
        batch.push(event("u1", "e", 1, None));
        for batch in [batch, vec![forget("u1")]] {
            assert_eq!(store.add_entries(&batch).unwrap(), model.add(&batch));
            model.assert(&store, 9);
        }
    }
}

#[test]
fn numbers_of_users_are_not_given_out_again() {
    let store = Store::in_memory(&options()).unwrap();
    store.add_entries(&[profile("u0", "Pune"), profile("u1", "Pune"), forget("u1")]).unwrap();
    store.add_entries(&[profile("u2", "Pune")]).unwrap();
    let image = store.shared.image().unwrap();
    let users = image.table(USER_NUMBERS).unwrap();
    assert_eq!(users.get("u2").unwrap().unwrap().value(), 2);
}

/// Whether a text, or what it is, is anywhere in a file.
fn holds(path: &Path, wanted: impl AsRef<[u8]>) -> bool {
    let wanted = wanted.as_ref();
    std::fs::read(path).unwrap().windows(wanted.len()).any(|bytes| bytes == wanted)
}

#[test]
fn who_is_forgotten_is_gone_from_a_compacted_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    let others = |n: i64| {
        let id = move |i| format!("id{n}-{i}");
        (0..9).map(move |i| event(&format!("other{i}"), "e", n, Some(&id(i))))
    };
    let traces = ["somebody", "secret-id", "of somebody", "Timbuktu"];
    let digests = (0..10).step_by(3).map(|n| Sha256::digest(format!("secret-id{n}")));
    // as numbers they have the other end first
    let digests = digests.map(|digest| digest.iter().take(16).rev().copied().collect::<Vec<_>>());
    let digests: Vec<_> = digests.collect();
    for n in 0..10 {
        let mut batch: Vec<_> = others(n).collect();
        if n % 3 == 0 {
            let id = format!("secret-id{n}");
            batch.extend([event("somebody", "e", n, Some(&id)), profile("somebody", "Timbuktu")]);
        }
        store.add_entries(&batch).unwrap();
    }
    // some of it is in a run that is not done
    let mut more = 10..99;
    while totals(&store).runs.iter().all(|run| run.sources.is_empty()) {
        store.add_entries(&others(more.next().unwrap()).collect::<Vec<_>>()).unwrap();
    }
    assert!(traces.iter().all(|trace| holds(&path, trace)));
    assert!(digests.iter().all(|digest| holds(&path, digest)));
    store.add_entries(&[forget("somebody")]).unwrap();
    assert!(traces.iter().any(|trace| holds(&path, trace)), "then nobody would need to compact");
    store.compact().unwrap();
    assert!(traces.iter().all(|trace| !holds(&path, trace)));
    assert!(digests.iter().all(|digest| !holds(&path, digest)));
    assert!(holds(&path, "other8"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    assert!(store.reader().unwrap().event_user("secret-id3").unwrap().is_none());
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
}

#[test]
fn a_compacted_store_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    let (mut model, mut chance) = (Model::default(), Chance(3));
    commit(&store, &mut Catalog::default(), &[]).unwrap();
    for _ in 0..6 {
        let batch = chance.batch();
        store.add_entries(&batch).unwrap();
        let (image, log) = (store.shared.image().unwrap(), store.since(0).unwrap());
        model.add(&batch);
        store.compact().unwrap();
        assert_eq!(log.map(|item| item.unwrap().0.number).collect::<Vec<_>>(), [1]);
        assert_eq!(seen_by(&image, 99), model.users);
        model.assert(&store, 5);
        assert_eq!(Store::open(&path, &options()).unwrap_err().code(), "store-locked");
    }
    drop(store);
    model.assert(&open(&path), 5);
}

#[test]
fn who_waits_to_write_writes_to_the_compacted_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..20 {
                    store.add_entries(&[event(&format!("u{thread}"), "e", n, None)]).unwrap();
                    assert!(store.reader().unwrap().user_count().unwrap() > 0);
                }
            });
        }
        (0..10).for_each(|_| store.compact().unwrap());
    });
    drop(store);
    let users = all(&open(&path), 9);
    assert_eq!(users.values().map(Vec::len).collect::<Vec<_>>(), [20; 3]);
}

#[test]
fn only_a_file_that_may_be_written_is_compacted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    drop(open(&path));
    let reader = Store::open(&path, &reading()).unwrap();
    assert_eq!(reader.compact().unwrap_err().code(), "read-only");
    let memory = Store::in_memory(&options()).unwrap();
    memory.add_entries(&[profile("u0", "Pune")]).unwrap();
    memory.compact().unwrap();
    assert_eq!(memory.reader().unwrap().user_count().unwrap(), 1);
}

fn totals(store: &Store) -> TotalsRecord {
    let meta = store.shared.image().unwrap().table(META).unwrap();
    decode(meta.get(TOTALS_KEY).unwrap().unwrap().value(), String::new).unwrap()
}

/// Does damage to a store after so many batches, each a run of its own, and gives the problems found.
fn damaged(batches: i64, damage: impl FnOnce(&WriteTransaction)) -> String {
    let store = Store::in_memory(&options()).unwrap();
    let batch = |n: i64| -> Vec<_> {
        let id = |i: i64| format!("id{n}-{i}");
        (0..3).map(|i| event(&format!("u{i}"), "e", n, Some(&id(i)))).collect()
    };
    for n in 0..batches {
        store.add_entries(&batch(n)).unwrap();
    }
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
    let damage = |transaction: &WriteTransaction| {
        damage(transaction);
        Ok(())
    };
    store.write(damage).unwrap();
    store.verify(None).unwrap().problems.join("\n")
}

fn found(wanted: &str, damage: impl FnOnce(&WriteTransaction)) {
    let problems = damaged(5, damage);
    assert!(problems.contains(wanted), "{problems}");
}

#[test]
fn damage_to_what_is_interned_is_found() {
    found("`pcq.user_ids`: lacks or contradicts number 1", |t| {
        drop(t.open_table(USER_IDS).unwrap().insert(1, "u2"));
    });
    found("`pcq.user_ids`: has 2 entries, and `pcq.users` has 3", |t| {
        drop(t.open_table(USER_IDS).unwrap().remove(1));
    });
    found("`pcq.user_ids`: number 9 was not given out yet", |t| {
        drop(t.open_table(USER_IDS).unwrap().insert(9, "u9"));
    });
    found("`pcq.user_ids`: nothing is known of user 9", |t| {
        drop(t.open_table(USER_IDS).unwrap().insert(9, "u9"));
    });
    found("`pcq.user_ids`: there is no user 0", |t| {
        drop(t.open_table(USER_IDS).unwrap().remove(0));
    });
    found("`pcq.event_numbers`: lacks or contradicts number 1", |t| {
        drop(t.open_table(EVENT_NAMES).unwrap().insert(1, "other"));
    });
    found("no event has the number 1", |t| {
        drop(t.open_table(EVENT_NAMES).unwrap().remove(1));
    });
}

#[test]
fn damage_to_the_entries_is_found() {
    let page = |t: &WriteTransaction| t.open_table(RUNS).unwrap().pop_last().unwrap().is_some();
    found("`pcq.user_runs`, run 5: has 0 entries, and 3 are accounted for", |t| assert!(page(t)));
    found("`pcq.user_runs`, run 5, page 0 up to 2: the checksum is wrong", |t| {
        drop(t.open_table(RUNS).unwrap().insert((5, 2, 0), [1, 1, 9, 9, 9, 9, 9].as_slice()));
    });
    found("`pcq.user_runs`, run 5, page 0 up to 2: it does not end with its key", |t| {
        let page = encode(&PageRecord::default()).unwrap();
        drop(t.open_table(RUNS).unwrap().insert((5, 2, 0), page.as_slice()));
    });
    found("`pcq.user_runs`, run 5, page 0 up to 2: these are no items", |t| {
        let page = encode(&PageRecord(Packed(vec![7]))).unwrap();
        drop(t.open_table(RUNS).unwrap().insert((5, 2, 0), page.as_slice()));
    });
    found("`pcq.user_runs`, run 5, page 0 up to 1: it does not end with its key", |t| {
        let mut runs = t.open_table(RUNS).unwrap();
        let page = runs.pop_last().unwrap().unwrap().1.value().to_vec();
        drop(runs.insert((5, 1, 0), page.as_slice()));
    });
    found("`pcq.user_runs`: has 6 pages, and 5 of them are of a run", |t| {
        let mut runs = t.open_table(RUNS).unwrap();
        let page = runs.last().unwrap().unwrap().1.value().to_vec();
        drop(runs.insert((9, 2, 0), page.as_slice()));
    });
    found("the totals of users in table `pcq.meta`: the checksum is wrong", |t| {
        drop(t.open_table(META).unwrap().insert(TOTALS_KEY, [1; 9].as_slice()));
    });
}

/// Writes the totals of users as a function changes them.
fn with_totals(t: &WriteTransaction, change: impl FnOnce(&mut TotalsRecord)) {
    let mut meta = t.open_table(META).unwrap();
    let mut totals: TotalsRecord =
        decode(meta.get(TOTALS_KEY).unwrap().unwrap().value(), String::new).unwrap();
    change(&mut totals);
    drop(meta.insert(TOTALS_KEY, encode(&totals).unwrap().as_slice()));
}

#[test]
fn wrong_totals_are_found_before_anything_is_written() {
    found("the runs are not numbered in their order", |t| with_totals(t, |totals| totals.run = 4));
    found("the runs are not numbered in their order", |t| {
        with_totals(t, |totals| totals.runs.reverse());
    });
    let store = Store::in_memory(&options()).unwrap();
    store.add_entries(&[profile("u0", "Pune")]).unwrap();
    let damage = |t: &WriteTransaction| {
        with_totals(t, |totals| totals.run = 0);
        Ok(())
    };
    store.write(damage).unwrap();
    assert_eq!(store.add_entries(&[profile("u0", "x")]).unwrap_err().code(), "store-corrupt");
}

/// The only page of the ids of a run.
fn id_page(t: &WriteTransaction, run: u64) -> ((u64, u128, u32), Vec<u8>) {
    let ids = t.open_table(EVENT_IDS).unwrap();
    let mut pages = ids.range((run, 0, 0)..(run + 1, 0, 0)).unwrap();
    let (key, page) = pages.next().unwrap().unwrap();
    assert!(pages.next().is_none());
    (key.value(), page.value().to_vec())
}

/// Else it would be written over the one whose key its last item is.
#[test]
fn a_page_under_a_wrong_key_is_not_written_to() {
    let store = Store::in_memory(&options()).unwrap();
    store.add_entries(&[event("u0", "e", 1, Some("id1"))]).unwrap();
    let damage = |t: &WriteTransaction| {
        let (_, page) = id_page(t, 1);
        drop(t.open_table(EVENT_IDS).unwrap().pop_first());
        drop(t.open_table(EVENT_IDS).unwrap().insert((1, u128::MAX, 0), page.as_slice()));
        Ok(())
    };
    store.write(damage).unwrap();
    assert_eq!(store.add_entries(&[forget("u0")]).unwrap_err().code(), "store-corrupt");
}

/// Else a page could be written over another one of the same run.
#[test]
fn runs_out_of_order_are_not_merged() {
    let store = Store::in_memory(&options()).unwrap();
    let batch = |n: i64| [event("u0", "e", n, None), event("u1", "e", n, None)];
    for n in 0..7 {
        store.add_entries(&batch(n)).unwrap();
    }
    let damage = |t: &WriteTransaction| {
        let mut runs = t.open_table(RUNS).unwrap();
        let page = runs.get((1, 1, 0)).unwrap().unwrap().value().to_vec();
        drop(runs.insert((1, 2, 0), page.as_slice()));
        Ok(())
    };
    store.write(damage).unwrap();
    assert_eq!(store.add_entries(&batch(7)).unwrap_err().code(), "store-corrupt");
}

#[test]
fn damage_to_the_ids_of_events_is_found() {
    let put = |t: &WriteTransaction, key: (u64, u128, u32), page: &[u8]| {
        drop(t.open_table(EVENT_IDS).unwrap().insert(key, page));
    };
    for run in [1, 4, 5] {
        found(&format!("`pcq.event_ids`, run {run}: has 0 entries, and 3 are"), |t| {
            let (key, _) = id_page(t, run);
            drop(t.open_table(EVENT_IDS).unwrap().remove(key));
        });
        let others = "the ids are not those of the events, or of other users";
        found(&format!("`pcq.event_ids`, run {run}: {others}"), |t| {
            let (key, page) = id_page(t, run);
            let PageRecord(Packed(mut items)) = decode(&page, String::new).unwrap();
            *items.last_mut().unwrap() ^= 1; // the number of a user
            put(t, key, &encode(&PageRecord(Packed(items))).unwrap());
        });
        found("`pcq.event_ids`: an id is that of two events", |t| {
            let ((_, digest, _), page) = id_page(t, if run == 1 { 4 } else { 1 });
            let (key, _) = id_page(t, run);
            drop(t.open_table(EVENT_IDS).unwrap().remove(key));
            put(t, (run, digest, 0), &page);
        });
    }
    found("`pcq.event_ids`: has 6 pages, and 5 of them are of a run", |t| {
        let ((_, digest, part), page) = id_page(t, 1);
        put(t, (7, digest, part), &page);
    });
}
