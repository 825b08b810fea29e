//! Deliveries against a plain map: after each batch, and after the file was opened anew.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use redb::{ReadableTableMetadata, WriteTransaction};

use super::*;
use crate::model::{Delivered, Delivery, DeliveryBatch, Granularity, Reason, UserSketch};
use crate::store::codec::encode;
use crate::store::handle::Handle;
use crate::store::record::{CountsRecord, KeySpanRecord, SketchRecord};
use crate::store::tables::*;
use crate::store::{DeliveryQuery, Desk, Period};

const SIZES: [Granularity; 3] = [Granularity::Minute, Granularity::Hour, Granularity::Day];
/// 2026-03-01T09:00:00Z
const START: i64 = 29_539_260;
const DAY: i64 = 1_440;

/// Six series: of two keys of two configs, and of one that no config has.
fn series() -> Vec<Delivery> {
    let delivery = |key, owner: Option<(u32, u32)>, segment: Option<u32>, reason| Delivery {
        key: KeyId(key),
        owner: owner.map(|(config, version)| (ConfigId(config), version)),
        segment: segment.map(SegmentId),
        variant: (reason == Reason::Split).then(|| "A".into()),
        value: Value::from(key),
        reason,
    };
    vec![
        delivery(1, Some((1, 1)), Some(1), Reason::TargetingMatch),
        delivery(1, Some((1, 1)), None, Reason::Default),
        delivery(1, Some((1, 2)), Some(0), Reason::Split),
        delivery(1, Some((2, 1)), Some(1), Reason::TargetingMatch),
        delivery(2, Some((1, 1)), None, Reason::Disabled),
        delivery(3, None, None, Reason::Static),
    ]
}

pub(super) fn one(series: usize, minute: i64, count: u64) -> Delivered {
    let delivery = super::delivery::series().swap_remove(series);
    Delivered { delivery, minute, count, users: None }
}

fn batch(number: u64, delivered: Vec<Delivered>) -> DeliveryBatch {
    DeliveryBatch { number, delivered, ..DeliveryBatch::default() }
}

pub(super) fn of(config: u32, per: Granularity) -> DeliveryQuery {
    let (config, period) = (ConfigId(config), Period::default());
    DeliveryQuery { config: Some(config), key: None, segment: None, version: None, per, period }
}

fn minute(minute: i64) -> Timestamp {
    at(minute * 60_000_000)
}

/// What the store should have: counts by series, size and first minute of the bucket.
#[derive(Clone, Debug, Default)]
struct World {
    last: u64,
    counts: BTreeMap<(usize, Granularity, i64), u64>,
    minutes: BTreeSet<(usize, i64)>,
    users: BTreeMap<(usize, i64), BTreeSet<String>>,
}

/// The size in which a minute is counted when another is the newest.
fn kept(minute: i64, newest: i64) -> Granularity {
    if minute.div_euclid(DAY) < newest.div_euclid(DAY) - 31 {
        Granularity::Day
    } else if minute.div_euclid(60) < newest.div_euclid(60) - 24 {
        Granularity::Hour
    } else {
        Granularity::Minute
    }
}

impl World {
    fn add(&mut self, number: u64, delivered: &[(usize, i64, u64)]) {
        let newest = delivered.iter().map(|(_, minute, _)| *minute).max();
        let Some(newest) = newest.filter(|_| number > self.last) else { return };
        self.last = number;
        for (series, minute, count) in delivered {
            *self.counts.entry((*series, Granularity::Minute, *minute)).or_default() += count;
            self.minutes.insert((*series, *minute));
            let users = self.users.entry((*series, minute.div_euclid(DAY))).or_default();
            users.extend(names(*count));
        }
        for ((series, size, start), count) in std::mem::take(&mut self.counts) {
            let size = size.max(kept(start, newest));
            *self.counts.entry((series, size, size.start(start))).or_default() += count;
        }
    }

    /// The buckets of a config, or of all, in the order of time.
    fn rows(&self, query: &DeliveryQuery) -> BTreeMap<(i64, Granularity, usize), (u64, u64)> {
        let (all, mut counts) = (series(), BTreeMap::new());
        let mut totals: BTreeMap<_, u64> = BTreeMap::new();
        for ((number, size, start), count) in &self.counts {
            let size = (*size).max(query.per);
            let start = size.start(*start);
            let before =
                |bound: Option<Timestamp>| bound.is_some_and(|bound| minute(start) < bound);
            let rounded = query
                .period
                .since
                .map(|since| minute(size.start(since.as_micros().div_euclid(60_000_000))));
            if before(rounded) || query.period.until.is_some() && !before(query.period.until) {
                continue;
            }
            *totals.entry((start, size, all[*number].key)).or_default() += count;
            let owner = all[*number].owner.map(|(config, _)| config);
            if query.config.is_none() || owner == query.config {
                *counts.entry((start, size, *number)).or_default() += count;
            }
        }
        let total = |(start, size, number): (_, _, usize)| totals[&(start, size, all[number].key)];
        counts.into_iter().map(|(row, count)| (row, (count, total(row)))).collect()
    }

    /// Compares all that can be asked.
    fn holds(&self, store: &Store, period: Period) {
        let all = series();
        let configs = [Some(ConfigId(1)), Some(ConfigId(2)), None];
        for (config, per) in configs.into_iter().flat_map(|c| SIZES.map(|per| (c, per))) {
            let query = DeliveryQuery { config, period, ..of(1, per) };
            let found =
                store.reader().unwrap().deliveries(&query, &Desk::default().watch()).unwrap();
            let number = |d: &Delivery| all.iter().position(|known| known == d).unwrap();
            let rows = found.iter().map(|row| {
                let number = number(&row.delivery);
                self.holds_users(number, row.minute, row.per, row.users);
                ((row.minute, row.per, number), (row.count, row.of))
            });
            assert_eq!(rows.collect::<BTreeMap<_, _>>(), self.rows(&query));
            assert!(found.is_sorted_by_key(|row| row.minute));
        }
        self.hold_keys(store);
    }

    fn holds_users(&self, series: usize, start: i64, per: Granularity, found: Option<f64>) {
        let users = self.users[&(series, start.div_euclid(DAY))].len();
        let day = per == Granularity::Day;
        assert_eq!(found.map(f64::round), day.then(|| f64::from(u32::try_from(users).unwrap())));
    }

    fn hold_keys(&self, store: &Store) {
        let (all, found) = (
            series(),
            store
                .reader()
                .unwrap()
                .key_deliveries(Period::default(), &Desk::default().watch())
                .unwrap(),
        );
        for key in [KeyId(1), KeyId(2), KeyId(3)] {
            let of_key = |number: usize| all[number].key == key;
            let mut minutes: Vec<_> = self
                .minutes
                .iter()
                .filter(|(n, _)| of_key(*n))
                .map(|(_, minute)| *minute)
                .collect();
            minutes.sort_unstable();
            let sum = |targeted: bool| -> u64 {
                let counts = self.counts.iter().filter(|((n, _, _), _)| {
                    of_key(*n) && (!targeted || all[*n].reason.is_targeted())
                });
                counts.map(|(_, count)| count).sum()
            };
            let told = found.get(&key).map(|k| (k.deliveries, k.targeted, k.first, k.last));
            let wanted = minutes.first().zip(minutes.last());
            assert_eq!(told, wanted.map(|(first, last)| (sum(false), sum(true), *first, *last)));
        }
    }
}

/// The users of a delivery that is counted so many times.
fn names(count: u64) -> impl Iterator<Item = String> {
    (0..count % 30).map(|user| format!("user {user}"))
}

/// How far the clock goes before a batch, whether the number of the last batch is used again, and what was
/// delivered: which series, how long ago, how often.
type Step = (i64, bool, Vec<(usize, i64, u64)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let late = prop_oneof![4 => 0..90_i64, 2 => 0..2 * DAY, 2 => 0..40 * DAY, 1 => 0..400 * DAY];
    let delivered = (0..6_usize, late, prop_oneof![1..9_u64, 1..9_000_000_u64]);
    let passes = prop_oneof![4 => 0..120_i64, 2 => 0..3 * DAY, 1 => 0..50 * DAY];
    let step = (passes, prop::bool::weighted(0.2), prop::collection::vec(delivered, 0..12));
    prop::collection::vec(step, 1..10)
}

fn tell_batch(number: u64, counts: &[(usize, i64, u64)]) -> DeliveryBatch {
    let delivered = counts.iter().map(|(series, minute, count)| {
        let mut users = UserSketch::new();
        names(*count).for_each(|user| users.insert(&user));
        Delivered { users: Some(users), ..one(*series, *minute, *count) }
    });
    batch(number, delivered.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_store_counts_as_a_map_does(
        steps in steps(),
        since in prop::option::of(-60 * DAY..60 * DAY),
        until in prop::option::of((-60 * DAY..60 * DAY, 0..60_000_000_i64)),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store");
        let store = open(&path);
        tell(&store);
        let (mut world, mut now, mut number) = (World::default(), START, 0);
        let period = Period {
            since: since.map(|since| minute(START + since)),
            until: until.map(|(until, micros)| at((START + until) * 60_000_000 + micros)),
        };
        for (passes, repeated, counts) in steps {
            now += passes;
            number += u64::from(!repeated);
            let counts: Vec<_> = counts.into_iter().map(|(s, late, n)| (s, now - late, n)).collect();
            store.add_deliveries(&tell_batch(number, &counts)).unwrap();
            if counts.is_empty() {
                world.last = world.last.max(number);
            }
            world.add(number, &counts);
            prop_assert_eq!(store.reader().unwrap().last_delivery_batch().unwrap(), world.last);
            world.holds(&store, Period::default());
            world.holds(&store, period);
        }
        drop(store);
        let store = open(&path);
        world.holds(&store, Period::default());
        world.holds(&store, period);
        prop_assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
    }
}

#[test]
fn filters_leave_the_totals_alone() {
    let store = told();
    let rows = |query: DeliveryQuery| -> Vec<_> {
        let found = store.reader().unwrap().deliveries(&query, &Desk::default().watch()).unwrap();
        found.into_iter().map(|row| (row.delivery.segment, row.count, row.of)).collect()
    };
    let day = of(1, Granularity::Day);
    let key = Some(KeyId(1));
    assert_eq!(rows(DeliveryQuery { key, ..day.clone() }).len(), 3);
    assert_eq!(rows(DeliveryQuery { key: Some(KeyId(3)), ..day.clone() }), []);
    let everyone = Some(SegmentId::EVERYONE);
    let wanted = [(everyone, 30, 100)];
    assert_eq!(rows(DeliveryQuery { key, segment: everyone, ..day.clone() }), wanted);
    assert_eq!(rows(DeliveryQuery { version: Some(2), ..day.clone() }), wanted);
    assert_eq!(rows(DeliveryQuery { version: Some(7), ..day }), []);
    assert_eq!(rows(of(9, Granularity::Day)), []);
}

/// A store with the story, and deliveries of each series: 10, 20, 30, …
fn told() -> Store {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    let delivered = (0..6).map(|n| (n, START, 10 * (n as u64 + 1))).collect::<Vec<_>>();
    store.add_deliveries(&tell_batch(1, &delivered)).unwrap();
    store
}

#[test]
fn a_roll_up_takes_bounded_steps_and_comes_to_an_end() {
    let store = Store::in_memory(&options()).unwrap();
    let hours = |n: u32| (0..20).map(move |hour| delivered(n, START + hour * 60, 1));
    store.add_deliveries(&batch(1, (0..250).flat_map(hours).collect())).unwrap();
    let left = || {
        let rows = store
            .reader()
            .unwrap()
            .deliveries(&of(1, Granularity::Minute), &Desk::default().watch())
            .unwrap();
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 5_000);
        rows.iter().filter(|row| row.per == Granularity::Minute).count()
    };
    assert_eq!(left(), 5_000);
    store.add_deliveries(&batch(2, vec![one(5, START + 3 * DAY, 1)])).unwrap();
    assert_eq!(left(), 5_000 - 4_096);
    store.add_deliveries(&batch(3, vec![one(5, START + 3 * DAY, 1)])).unwrap();
    assert_eq!(left(), 0);
}

/// One of many series.
fn delivered(number: u32, minute: i64, count: u64) -> Delivered {
    let known = series().swap_remove(2);
    let (key, variant) = (KeyId(number / 4 + 1), Some((number % 4).to_string().into()));
    Delivered { delivery: Delivery { key, variant, ..known }, minute, count, users: None }
}

#[test]
fn files_without_the_tables_have_no_deliveries() {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    assert_eq!(
        store
            .reader()
            .unwrap()
            .deliveries(&of(1, Granularity::Hour), &Desk::default().watch())
            .unwrap(),
        []
    );
    assert!(
        store
            .reader()
            .unwrap()
            .key_deliveries(Period::default(), &Desk::default().watch())
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.reader().unwrap().last_delivery_batch().unwrap(), 0);
    assert_eq!(store.verify(None).unwrap().problems, [""; 0]);
    let copy = store.copy_to_memory(&options()).unwrap();
    assert_eq!(copy.reader().unwrap().last_delivery_batch().unwrap(), 0);
}

#[test]
fn copies_have_the_deliveries() {
    let store = told();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("backup");
    store.backup(&path).unwrap();
    for copy in [store.copy_to_memory(&options()).unwrap(), open(&path)] {
        let query = of(1, Granularity::Day);
        assert_eq!(
            copy.reader().unwrap().deliveries(&query, &Desk::default().watch()).unwrap(),
            store.reader().unwrap().deliveries(&query, &Desk::default().watch()).unwrap()
        );
        assert_eq!(copy.reader().unwrap().last_delivery_batch().unwrap(), 1);
        assert_eq!(copy.verify(None).unwrap().problems, [""; 0]);
    }
}

#[test]
fn who_may_only_read_adds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    drop(open(&path));
    let store = Store::open(&path, &reading()).unwrap();
    let error = store.add_deliveries(&batch(1, vec![one(0, START, 1)])).unwrap_err();
    assert_eq!(error.code(), "read-only");
    assert_eq!(store.reader().unwrap().last_delivery_batch().unwrap(), 0);
}

/// Does damage to the deliveries; gives the problems found.
fn found(wanted: &str, damage: impl FnOnce(&WriteTransaction)) {
    let store = told();
    {
        let handle = store.shared.handle();
        let Handle::Database(database, _) = &*handle else { panic!() };
        let transaction = database.begin_write().unwrap();
        damage(&transaction);
        transaction.commit().unwrap();
    }
    let problems = store.verify(None).unwrap().problems.join("\n");
    assert!(problems.contains(wanted), "{problems}");
    // whatever is asked of it, it does not panic
    let _ = store
        .reader()
        .and_then(|reader| reader.deliveries(&of(1, Granularity::Day), &Desk::default().watch()));
    let _ = store
        .reader()
        .and_then(|reader| reader.key_deliveries(Period::default(), &Desk::default().watch()));
    let _ = store.add_deliveries(&batch(2, vec![one(0, START + 90 * DAY, 1)]));
}

#[test]
fn damage_is_found() {
    let hour = i32::try_from(START / 60).unwrap();
    let day = i32::try_from(START / DAY).unwrap();
    found("the last batch in table `pcq.meta`: the length", |t| {
        t.open_table(META).unwrap().insert(BATCH_KEY, [].as_slice()).unwrap();
    });
    found("`pcq.delivery_series`, record 2: the checksum", |t| {
        t.open_table(SERIES).unwrap().insert(2, [1, 1, 9, 9, 9, 9, 9].as_slice()).unwrap();
    });
    found("there is no series 3", |t| drop(t.open_table(SERIES).unwrap().remove(3)));
    found("`pcq.delivery_series_numbers` has 7 entries", |t| {
        drop(t.open_table(SERIES_NUMBERS).unwrap().insert(7, 1));
    });
    found("table `pcq.delivery_series_numbers` is missing", |t| {
        drop(t.delete_table(SERIES_NUMBERS));
    });
    found("these are no counts", |t| {
        let record = encode(&CountsRecord(vec![0, 60, 1])).unwrap();
        t.open_table(COUNTS).unwrap().insert((1, hour, 1), record.as_slice()).unwrap();
    });
    found("key 1: the first and last minutes", |t| {
        let record = encode(&CountsRecord(vec![1])).unwrap();
        t.open_table(COUNTS).unwrap().insert((2, day + 1, 2), record.as_slice()).unwrap();
    });
    found("key 3: the first and last minutes", |t| {
        drop(t.open_table(COUNTS).unwrap().remove((1, hour, 6)));
    });
    found("key 2: the first and last minutes", |t| {
        let record = encode(&KeySpanRecord::of(START, true)).unwrap();
        t.open_table(KEY_SPANS).unwrap().insert(2, record.as_slice()).unwrap();
    });
    found("this is no sketch", |t| {
        let record = encode(&SketchRecord(vec![7; 9])).unwrap();
        t.open_table(SKETCHES).unwrap().insert((day, 1), record.as_slice()).unwrap();
    });
    found("`pcq.delivery_users`: there is no series 9", |t| {
        let record = encode(&SketchRecord(UserSketch::new().to_bytes())).unwrap();
        t.open_table(SKETCHES).unwrap().insert((day, 9), record.as_slice()).unwrap();
    });
}

#[test]
fn keys_that_do_not_exist_are_found() {
    let store = Store::in_memory(&options()).unwrap();
    store.add_deliveries(&batch(1, vec![one(4, START, 1)])).unwrap();
    let problems = store.verify(None).unwrap().problems;
    assert_eq!(problems, ["table `pcq.delivery_series`: key 2 does not exist"]);
}

/// The heaviest year that the bound is for: keys with four series each, every one of them delivered in every
/// hour of the year, 1,000 to 11,000 times, and in the last day in every minute of it.
fn a_year_of(series: u32, store: &Store) {
    let end = START - START % DAY;
    let (mut number, mut first) = (0, end - 365 * DAY);
    // of each series the counts of a batch, which is as long as the record that it fills
    let mut deliver = |until: i64, length: i64, step: usize| {
        while first < until {
            let minutes = (first..first + length).step_by(step);
            let count = |n: u32| u64::from(n % 100 * 100 + 1_000) * step as u64 / 60;
            let all = minutes.flat_map(|at| (0..series).map(move |n| delivered(n, at, count(n))));
            (number, first) = (number + 1, first + length);
            store.add_deliveries(&batch(number, all.collect())).unwrap();
        }
    };
    // what comes of the hours of a day once they are added up, and then what is kept in hours and minutes
    deliver(end - 32 * DAY, DAY, 1_440);
    deliver(end - DAY, DAY, 60);
    deliver(end, 60, 1);
}

/// A thousand keys with four series each may take 30 MB: 7,500 bytes a series. Records do not differ by how
/// many there are.
#[test]
fn a_year_of_a_series_takes_less_than_7_500_bytes() {
    const SERIES: u32 = 8;
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("store"));
    a_year_of(SERIES, &store);
    let stored = stored(&store, COUNTS) + stored(&store, SERIES_NUMBERS);
    assert!(stored < u64::from(SERIES) * 7_500, "{stored}");
}

/// The same with pages, of fifty keys: a twentieth.
#[test]
#[ignore = "takes a minute"]
fn a_year_of_a_thousand_keys_takes_less_than_thirty_megabytes() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("store"));
    a_year_of(4 * 50, &store);
    let backup = directory.path().join("backup");
    store.backup(&backup).unwrap();
    let size = std::fs::metadata(&backup).unwrap().len();
    println!("200 series: {size} bytes of a backup, {}", tables(&store));
    assert!(size < 30_000_000 / 20, "{size}");
}

fn stored<K: redb::Key + 'static, V: redb::Value + 'static>(
    store: &Store,
    table: redb::TableDefinition<K, V>,
) -> u64 {
    let image = store.shared.image().unwrap();
    image.table(table).unwrap().stats().unwrap().stored_bytes()
}

/// How many bytes the tables of deliveries have: those of records, and those of pages.
fn tables(store: &Store) -> String {
    let image = store.shared.image().unwrap();
    let of = |name: &str, stats: redb::TableStats| {
        let pages = stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
        format!("{name}: {} in {pages}", stats.stored_bytes())
    };
    [
        of("series", image.table(SERIES).unwrap().stats().unwrap()),
        of("numbers", image.table(SERIES_NUMBERS).unwrap().stats().unwrap()),
        of("counts", image.table(COUNTS).unwrap().stats().unwrap()),
    ]
    .join(", ")
}
