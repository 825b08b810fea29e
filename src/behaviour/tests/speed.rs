//! How the time of an answer grows with the events in the window.

use std::hint::black_box;
use std::time::Instant;

use super::*;
use crate::model::Duration;

/// `cargo test --release --lib behaviour::tests::speed -- --ignored --nocapture`
#[test]
#[ignore = "it takes the time"]
fn answers_over_many_events() {
    for values in [10, 10_000] {
        println!("{values} values: aggregate, ns with 10 events, ns with 100,000, ratio");
        let (few, many) = (history(10, values), history(100_000, values));
        for aggregate in Aggregate::ALL {
            let (few, many) = (nanos(&few, aggregate, 10), nanos(&many, aggregate, 100_000));
            println!("{aggregate:10} {few:6} {many:6} {:6.1}", f64::from(many) / f64::from(few));
        }
    }
}

/// Events a second apart, twice as many as are in a window.
fn history(events: i64, values: i64) -> UserHistory {
    let value = |n: i64| n * 7_919 % values;
    UserHistory::new(
        (0..events * 2)
            .map(|n| event("a", n * 1_000_000, &format!(r#"{{"v":{}.25,"k":1}}"#, value(n)))),
    )
}

/// The mean over windows that go on by a second each.
fn nanos(history: &UserHistory, aggregate: Aggregate, events: i64) -> u32 {
    const ROUNDS: u32 = 2_000;
    let frame = Frame::Within(Duration::from_units(events, 1).unwrap());
    let question = question(aggregate, frame);
    let at = |n: u32| t((events + i64::from(n) % events.min(2_000)) * 1_000_000);
    history.measure(&question, &ALL, at(0));
    let begin = Instant::now();
    for n in 0..ROUNDS {
        let measured = black_box(history).measure(&question, &ALL, at(n));
        assert!(measured.ready && measured.events > 0);
        black_box(measured);
    }
    u32::try_from(begin.elapsed().as_nanos()).unwrap() / ROUNDS
}
