//! Histories against a straightforward reading of the language, and the ties one by one.

mod naive;
mod property;
mod speed;
mod unit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::tz::TimeZone;

use crate::model::{
    Aggregate, Answer, Entry, Frame, Judge, Measured, Object, Past, Question, Timestamp, Value,
    What,
};

use super::UserHistory;

/// Events pass if their property `k` is there or nothing is asked of it.
#[derive(Clone, Debug)]
struct Like {
    needs_k: bool,
    wanted: Value,
}

impl Judge for Like {
    fn passes(&self, properties: &Object) -> bool {
        !self.needs_k || properties.contains_key("k")
    }

    fn is_wanted(&self, value: &Value) -> bool {
        value.same(&self.wanted)
    }
}

const ALL: Like = Like { needs_k: false, wanted: Value::Integer(1) };

fn t(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

fn event(name: &str, at: i64, properties: &str) -> Entry {
    let Value::Object(properties) = json(properties) else { unreachable!("{properties}") };
    let what = What::Event { name: name.into(), properties, id: None };
    Entry { user: "u".into(), at: t(at), what }
}

fn profile(at: i64, attributes: &str) -> Entry {
    let Value::Object(attributes) = json(attributes) else { unreachable!("{attributes}") };
    Entry { user: "u".into(), at: t(at), what: What::Profile(attributes) }
}

/// A history with entries that were received later.
fn with(history: &UserHistory, entries: &[Entry]) -> UserHistory {
    let mut grown = history.clone();
    grown.extend(entries.to_vec());
    grown
}

fn forget() -> Entry {
    Entry { user: "u".into(), at: t(0), what: What::Forget }
}

/// A question about `v` of the events `a`.
fn question(aggregate: Aggregate, frame: Frame) -> Question {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Question {
        number: NEXT.fetch_add(1, Ordering::Relaxed),
        aggregate,
        event: "a".into(),
        of: Some(Arc::from(["v".into()])),
        frame,
        zone: TimeZone::UTC,
        filter: Some("".into()),
    }
}

fn ask(history: &UserHistory, aggregate: Aggregate, at: i64) -> Measured<'_> {
    history.measure(&question(aggregate, Frame::All), &ALL, t(at))
}

/// The events `a` with these values of `v`, at 0, 1, 2 …
fn values(values: &[&str]) -> UserHistory {
    let events = values.iter().zip(0..);
    UserHistory::new(events.map(|(v, at)| event("a", at, &format!(r#"{{"v":{v}}}"#))))
}

fn answer(history: &UserHistory, aggregate: Aggregate) -> Answer<'_> {
    ask(history, aggregate, 1_000_000).answer
}
