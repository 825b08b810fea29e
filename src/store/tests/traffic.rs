//! Recorded contexts against a plain map: after each batch, and after the file was opened anew.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;
use redb::WriteTransaction;

use super::user::{event, forget, profile};
use super::*;
use crate::model::{Contexts, DeliveryBatch, Recorded};
use crate::store::ContextRange;
use crate::store::codec::encode;
use crate::store::record::ContextRecord;
use crate::store::tables::{META, SWEPT_KEY, TRAFFIC};

/// What is recorded: first, last and count, by user and attributes.
type Model = BTreeMap<(Option<String>, String), (i64, i64, u64)>;

fn seen(user: Option<&str>, city: &str, at: (i64, i64), count: u64) -> Recorded {
    let attributes = [("city".into(), Value::from(city))].into_iter().collect();
    let (first, last) = (super::at(at.0), super::at(at.1));
    Recorded { user: user.map(Into::into), attributes: Arc::new(attributes), first, last, count }
}

fn batch(seen: Vec<Recorded>, oldest: Option<i64>) -> Contexts {
    Contexts { seen, oldest: oldest.map(at) }
}

fn read(store: &Store, user: Option<&str>, oldest: Option<i64>) -> Vec<Recorded> {
    let users = user.map(|user| (user, Some(user)));
    let range = ContextRange { users, oldest: oldest.map(at) };
    let mut found = Vec::new();
    let reader = store.reader().unwrap();
    let mut take = |context| {
        found.push(context);
        Ok(ControlFlow::Continue(()))
    };
    reader.contexts(range, &store.desk().watch(), &mut take).unwrap();
    found
}

fn model_of(contexts: &[Recorded]) -> Model {
    let entry = |context: &Recorded| {
        let city = context.attributes["city"].as_str().unwrap().to_owned();
        let key = (context.user.as_deref().map(str::to_owned), city);
        (key, (context.first.as_micros(), context.last.as_micros(), context.count))
    };
    contexts.iter().map(entry).collect()
}

fn assert_sound(store: &Store, contexts: usize) {
    let report = store.verify(None).unwrap();
    assert_eq!((report.problems, report.contexts), (Vec::<String>::new(), contexts as u64));
}

const USERS: [Option<&str>; 4] = [None, Some("ann"), Some("anna"), Some("ünï")];
const CITIES: [&str; 3] = ["Oslo", "Rome", ""];

fn any_context() -> impl Strategy<Value = Recorded> {
    (0..USERS.len(), 0..CITIES.len(), 0..200_i64, 0..20_i64, 1..5_u64).prop_map(
        |(user, city, first, more, count)| {
            seen(USERS[user], CITIES[city], (first, first + more), count)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn contexts_are_added_up(
        batches in prop::collection::vec(
            (prop::collection::vec(any_context(), 0..12), prop::option::of(0..150_i64)), 1..8,
        ),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.pcdb");
        let mut store = Store::open(&path, &options()).unwrap();
        let mut model = Model::new();
        for (contexts, oldest) in batches {
            for ((user, city), (first, last, count)) in
                contexts.iter().map(|one| model_of(std::slice::from_ref(one)).pop_first().unwrap())
            {
                let known = model.entry((user, city)).or_insert((first, last, 0));
                if oldest.is_some_and(|oldest| known.1 < oldest) {
                    *known = (first, last, 0);
                }
                *known = (known.0.min(first), known.1.max(last), known.2 + count);
            }
            store.add_contexts(&batch(contexts, oldest)).unwrap();
            let wanted = |(_, (_, last, _)): &(&(Option<String>, String), &(i64, i64, u64))| {
                oldest.is_none_or(|oldest| *last >= oldest)
            };
            let wanted: Model =
                model.iter().filter(wanted).map(|(key, value)| (key.clone(), *value)).collect();
            let found = read(&store, None, oldest);
            prop_assert_eq!(found.len(), wanted.len());
            prop_assert_eq!(model_of(&found), wanted);
            drop(store);
            store = Store::open(&path, &options()).unwrap();
            // what was erased is not in the model either from then on
            let left = model_of(&read(&store, None, None));
            model.retain(|key, _| left.contains_key(key));
            prop_assert_eq!(&left, &model);
            let of_ann = read(&store, Some("ann"), None);
            prop_assert!(of_ann.iter().all(|context| context.user.as_deref() == Some("ann")));
            assert_sound(&store, model.len());
        }
    }
}

#[test]
fn those_without_a_user_come_first_and_users_by_their_ids() {
    let store = Store::in_memory(&options()).unwrap();
    let all = USERS.iter().rev().map(|user| seen(*user, "Oslo", (5, 5), 1));
    store.add_contexts(&batch(all.collect(), None)).unwrap();
    let users: Vec<_> = read(&store, None, None).into_iter().map(|context| context.user).collect();
    assert_eq!(users.iter().map(Option::as_deref).collect::<Vec<_>>(), USERS);
    assert!(store.reader().unwrap().has_contexts().unwrap());
    assert!(store.reader().unwrap().has_contexts_of("anna").unwrap());
    assert!(!store.reader().unwrap().has_contexts_of("an").unwrap());
}

#[test]
fn a_batch_of_deliveries_adds_its_contexts_once() {
    let store = Store::in_memory(&options()).unwrap();
    let contexts = batch(vec![seen(Some("ann"), "Oslo", (5, 9), 3)], Some(1));
    let one = DeliveryBatch { number: 1, contexts, ..DeliveryBatch::default() };
    store.add_deliveries(&one).unwrap();
    store.add_deliveries(&one).unwrap();
    assert_eq!(read(&store, None, None)[0].count, 3);
    store.add_deliveries(&DeliveryBatch { number: 2, ..one }).unwrap();
    assert_eq!(read(&store, None, None)[0].count, 6);
}

#[test]
fn who_is_forgotten_has_no_contexts() {
    let store = Store::in_memory(&options()).unwrap();
    let all = USERS.iter().flat_map(|user| CITIES.map(|city| seen(*user, city, (5, 5), 1)));
    store.add_contexts(&batch(all.collect(), None)).unwrap();
    store
        .add_entries(&[profile("ann", "Oslo"), event("ann", "e", 1, None), forget("ann")])
        .unwrap();
    assert_eq!(read(&store, Some("ann"), None), []);
    assert_eq!(read(&store, None, None).len(), 9);
    assert_sound(&store, 9);
}

#[test]
fn what_is_kept_no_longer_is_erased_by_the_batches_after_it() {
    let store = Store::in_memory(&options()).unwrap();
    let names: Vec<_> = (0..50).map(|n| format!("user-{n:02}")).collect();
    let all = names.iter().map(|name| seen(Some(name), "Oslo", (5, 5), 1));
    store.add_contexts(&batch(all.collect(), None)).unwrap();
    for _ in 0..15 {
        let one = vec![seen(Some("user-07"), "Oslo", (100, 100), 1)];
        store.add_contexts(&batch(one, Some(50))).unwrap();
    }
    assert_eq!(read(&store, None, None), read(&store, None, Some(50)));
    // it began anew when it was seen again
    let left = model_of(&read(&store, None, None));
    assert_eq!(left.into_values().collect::<Vec<_>>(), [(100, 100, 15)]);
    assert_eq!(store.sweep_contexts(at(101)).unwrap(), 1);
    assert_eq!(store.sweep_contexts(at(101)).unwrap(), 0);
    assert_sound(&store, 0);
}

#[test]
fn backups_and_copies_have_them() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("s.pcdb"), &options()).unwrap();
    let all = USERS.iter().map(|user| seen(*user, "Oslo", (5, 9_000), 2));
    store.add_contexts(&batch(all.collect(), None)).unwrap();
    let wanted = read(&store, None, None);
    let to = directory.path().join("b.pcdb");
    store.backup(&to).unwrap();
    assert_eq!(read(&Store::open(&to, &options()).unwrap(), None, None), wanted);
    let saved = directory.path().join("saved.pcdb");
    let salvaged = crate::store::salvage(&to, Some(&saved), &options()).unwrap();
    assert_eq!((salvaged.contexts.saved, salvaged.contexts.lost), (4, 0));
    assert_eq!(read(&Store::open(&saved, &options()).unwrap(), None, None), wanted);
    store.compact().unwrap();
    assert_eq!(read(&store, None, None), wanted);
    let rebuilt = Store::in_memory(&options()).unwrap();
    assert_eq!(store.later_than(at(7)).unwrap().contexts, 4);
    assert_eq!(rebuilt.rebuild(&store, at(7)).unwrap().contexts, 4);
    let times = |context: &Recorded| (context.first.as_micros(), context.last.as_micros());
    assert!(read(&rebuilt, None, None).iter().all(|context| times(context) == (5, 7)));
}

#[test]
fn damage_is_found() {
    let found = |wanted: &str, damage: &dyn Fn(&WriteTransaction)| {
        let store = Store::in_memory(&options()).unwrap();
        let contexts = vec![seen(None, "Oslo", (5, 9), 2), seen(Some("ann"), "Oslo", (5, 9), 2)];
        store.add_contexts(&batch(contexts, Some(1))).unwrap();
        store
            .write(|t| {
                damage(t);
                Ok(())
            })
            .unwrap();
        let problems = store.verify(None).unwrap().problems;
        assert!(problems.iter().any(|p| p.contains(wanted)), "{wanted}: {problems:?}");
    };
    let put = |t: &WriteTransaction, key: (u8, &str, u128), record: &ContextRecord| {
        let bytes = encode(record).unwrap();
        t.open_table(TRAFFIC).unwrap().insert(key, bytes.as_slice()).unwrap();
    };
    let record = |attributes: &str, first, last, count| ContextRecord {
        attributes: attributes.to_owned(),
        first,
        last,
        count,
    };
    found("the attributes are of another", &|t| put(t, (1, "u", 7), &record("{}", 1, 2, 1)));
    found("of no user", &|t| put(t, (1, "", 7), &record("{}", 1, 2, 1)));
    found("of no user", &|t| put(t, (0, "u", 7), &record("{}", 1, 2, 1)));
    found("the attributes are no object", &|t| put(t, (0, "", 7), &record("[]", 1, 2, 1)));
    found("seen never", &|t| put(t, (0, "", 7), &record("{}", 1, 2, 0)));
    found("seen never", &|t| put(t, (0, "", 7), &record("{}", 3, 2, 1)));
    found("a time is none", &|t| put(t, (0, "", 7), &record("{}", i64::MIN, 2, 1)));
    found("table `pcq.traffic`", &|t| {
        t.open_table(TRAFFIC).unwrap().insert((0, "", 7), [1].as_slice()).unwrap();
    });
    found("traffic_swept", &|t| {
        t.open_table(META).unwrap().insert(SWEPT_KEY, [1].as_slice()).unwrap();
    });
}

#[test]
fn a_file_of_an_earlier_format_gets_the_present_one_with_them() {
    let store = Store::in_memory(&options()).unwrap();
    tell(&store);
    let format = |number: u32| {
        store
            .write(|t| {
                let mut meta = t.open_table(META).unwrap();
                let bytes = number.to_le_bytes();
                meta.insert(crate::store::tables::FORMAT_KEY, bytes.as_slice()).unwrap();
                Ok(())
            })
            .unwrap();
    };
    format(5);
    store.add_contexts(&batch(vec![seen(None, "Oslo", (5, 5), 1)], None)).unwrap();
    let found = store.reader().unwrap().ask(|image| {
        let meta = image.table(META)?;
        let bytes = redb::ReadableTable::get(&meta, crate::store::tables::FORMAT_KEY);
        Ok(bytes.unwrap().unwrap().value().to_vec())
    });
    assert_eq!(found.unwrap(), crate::store::tables::FORMAT.to_le_bytes());
}
