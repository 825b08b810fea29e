//! What users did, asked through the language of a store in a file, against a plain scan of all events.
//!
//! Events come in any order: late, at one time, in the future, without the property or with one of another
//! type. The clock stands before all of them, and each question is asked as of an instant after that: so it is
//! always the condition of today that is asked.

#![expect(clippy::cast_precision_loss, reason = "there are a few dozen events")]

use std::collections::BTreeSet;

mod common;

use common::{Window, hour};
use pcq::{Database, Event, Parameters, Value};
use proptest::prelude::*;

const USERS: [&str; 3] = ["ann", "ben", "cid"];
const NAMES: [&str; 2] = ["bought", "looked at"];
const SHOPS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
struct Happened {
    user: usize,
    name: usize,
    hour: i64,
    amount: Value,
    shop: Value,
}

impl Happened {
    fn event(&self) -> Event {
        let mut event = Event::new(NAMES[self.name], USERS[self.user]).at(hour(self.hour));
        for (name, value) in [("amount", &self.amount), ("shop", &self.shop)] {
            // half of what is missing is said to be null
            if *value != Value::Null || self.hour % 2 == 0 {
                event = event.with(name, value.clone());
            }
        }
        event
    }
}

/// Whether a window has an hour, when it is looked at in another.
fn has(window: Window, at: i64, now: i64) -> bool {
    at <= now
        && match window {
            Window::All => true,
            Window::Within(hours) => at > now - hours,
            Window::Since(from) => at >= from,
            Window::Span(from, to) => at >= from && at < to,
        }
}

#[derive(Clone, Copy, Debug)]
enum Filter {
    None,
    Dear,
    AtB,
}

impl Filter {
    fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Dear => " WHERE amount > 2",
            Self::AtB => " WHERE shop = 'b'",
        }
    }

    fn passes(self, event: &Happened) -> bool {
        match self {
            Self::None => true,
            Self::Dear => event.amount.as_double().is_some_and(|amount| amount > 2.0),
            Self::AtB => event.shop.as_str() == Some("b"),
        }
    }
}

const FUNCTIONS: [&str; 11] =
    ["DID", "COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST", "LAST", "DISTINCT", "FAVORITE", "SHARE"];

#[derive(Clone, Copy, Debug)]
struct Question {
    function: usize,
    user: usize,
    name: usize,
    filter: Filter,
    window: Window,
    at: i64,
}

impl Question {
    fn word(self) -> &'static str {
        FUNCTIONS[self.function]
    }

    /// The function as it is written.
    fn text(self) -> String {
        let of = match self.word() {
            "SUM" | "AVG" | "MIN" | "MAX" => " OF amount",
            "DISTINCT" | "FAVORITE" => " OF shop",
            "SHARE" => " OF shop = 'b'",
            _ => "",
        };
        let (word, event) = (self.word(), NAMES[self.name]);
        format!("{word}(EVENT '{event}'{of}{}{})", self.filter.text(), self.window.text())
    }

    /// The events that it is about, in order of time, those of one time as they came.
    fn events(self, all: &[Happened]) -> Vec<&Happened> {
        let is_about = |event: &&Happened| {
            (event.user, event.name) == (self.user, self.name)
                && has(self.window, event.hour, self.at)
                && self.filter.passes(event)
        };
        let mut events: Vec<_> = all.iter().filter(is_about).collect();
        events.sort_by_key(|event| event.hour);
        events
    }

    /// A condition that holds if the function gives what it should.
    fn condition(self, all: &[Happened]) -> String {
        let events = self.events(all);
        let text = self.text();
        let Some(last) = events.last() else {
            return match self.word() {
                "DID" => format!("{text} = FALSE"),
                "COUNT" | "DISTINCT" => format!("{text} = 0"),
                _ => format!("{text} IS NULL"),
            };
        };
        let amounts: Vec<f64> =
            events.iter().filter_map(|event| event.amount.as_double()).collect();
        let number = |number: f64| format!("{text} = CAST('{number}' AS DOUBLE)");
        match self.word() {
            "DID" => text,
            "COUNT" => format!("{text} = {}", events.len()),
            "FIRST" => format!("{text} = TIMESTAMP '{}'", hour(events[0].hour)),
            "LAST" => format!("{text} = TIMESTAMP '{}'", hour(last.hour)),
            "DISTINCT" => format!("{text} = {}", shops(&events).len()),
            "FAVORITE" => match favorite(&events) {
                Some(shop) => format!("{text} = '{shop}'"),
                None => format!("{text} IS NULL"),
            },
            "SHARE" => {
                let wanted = events.iter().filter(|event| event.shop.as_str() == Some("b")).count();
                number(wanted as f64 / events.len() as f64)
            }
            _ if amounts.is_empty() => format!("{text} IS NULL"),
            "SUM" => number(amounts.iter().sum()),
            "AVG" => number(amounts.iter().sum::<f64>() / amounts.len() as f64),
            "MIN" => number(amounts.iter().copied().fold(f64::INFINITY, f64::min)),
            _ => number(amounts.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        }
    }
}

fn shops(events: &[&Happened]) -> BTreeSet<String> {
    events.iter().filter_map(|event| event.shop.as_str().map(str::to_owned)).collect()
}

/// The most frequent; of equals the one whose last is later.
fn favorite(events: &[&Happened]) -> Option<String> {
    let score = |shop: &String| {
        let seen = |event: &&&Happened| event.shop.as_str() == Some(&**shop);
        let last = events.iter().rposition(|event| event.shop.as_str() == Some(&**shop));
        (events.iter().filter(seen).count(), last)
    };
    shops(events).into_iter().max_by_key(score)
}

/// Amounts that add up without rounding, so that the plain sum is the right one.
fn amount() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (-8_i64..40).prop_map(Value::from),
        3 => (-8_i32..40).prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        1 => Just(Value::from("much")),
        1 => Just(Value::from(true)),
        1 => Just(Value::Null),
    ]
}

fn happened() -> impl Strategy<Value = Happened> {
    let shop = prop_oneof![
        4 => (0..SHOPS.len()).prop_map(|shop| Value::from(SHOPS[shop])),
        1 => Just(Value::Null),
    ];
    let place = (0..USERS.len(), 0..NAMES.len(), 0_i64..60);
    (place, amount(), shop).prop_map(|((user, name, hour), amount, shop)| Happened {
        user,
        name,
        hour,
        amount,
        shop,
    })
}

fn question() -> impl Strategy<Value = Question> {
    let window = prop_oneof![
        Just(Window::All),
        (1_i64..50).prop_map(Window::Within),
        (0_i64..60).prop_map(Window::Since),
        (0_i64..60, 0_i64..60).prop_map(|(from, to)| Window::Span(from, to)),
    ];
    let filter =
        prop_oneof![2 => Just(Filter::None), 1 => Just(Filter::Dear), 1 => Just(Filter::AtB)];
    let what = (0..FUNCTIONS.len(), 0..USERS.len(), 0..NAMES.len());
    (what, filter, window, 0_i64..70).prop_map(|((function, user, name), filter, window, at)| {
        Question { function, user, name, filter, window, at }
    })
}

fn new_store(path: &std::path::Path) -> Database {
    let start = hour(0);
    let db = Database::builder().manual_clock(start).open(path).unwrap();
    db.execute(
        "CREATE KEY holds BOOLEAN DEFAULT FALSE;
         CREATE SEGMENT asked WHERE FALSE;
         CREATE CONFIG c SEGMENTS asked KEY holds = TRUE;
         PUBLISH CONFIG c;",
    )
    .unwrap();
    db
}

fn holds(db: &Database, question: Question, all: &[Happened]) -> bool {
    let condition = question.condition(all);
    db.execute(&format!("ALTER SEGMENT asked WHERE TRUE AND {condition};")).unwrap();
    let get = db.prepare("GET holds FOR USER :user AS OF :at").unwrap();
    let parameters = Parameters::new()
        .with("user", USERS[question.user])
        .with("at", hour(question.at).to_string());
    let outcome = get.run(&parameters).unwrap();
    outcome.rows().unwrap().value(0, "value") == Some(&Value::from(true))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_store_agrees_with_a_plain_scan(
        first in prop::collection::vec(happened(), 0..40),
        second in prop::collection::vec(happened(), 0..20),
        questions in prop::collection::vec(question(), 12),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.pcdb");
        let db = new_store(&path);
        db.track_all(first.iter().map(Happened::event)).unwrap();
        for question in &questions {
            prop_assert!(holds(&db, *question, &first), "{}", question.condition(&first));
        }
        // those who were asked about are known by now: more is added to what is kept of them
        let all: Vec<_> = first.iter().chain(&second).cloned().collect();
        for event in &second {
            db.track(event.event()).unwrap();
        }
        for question in &questions {
            prop_assert!(holds(&db, *question, &all), "{}", question.condition(&all));
        }
        db.close().unwrap();
        let db = Database::open(&path).unwrap();
        for question in &questions {
            prop_assert!(holds(&db, *question, &all), "reopened: {}", question.condition(&all));
        }
        prop_assert!(db.verify().unwrap().is_sound());
    }
}
