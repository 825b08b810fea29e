//! Random histories and questions.

use proptest::prelude::*;

use super::naive::{Naive, plain};
use super::*;
use crate::behaviour::sliding::Sliding;
use crate::model::Duration;

fn small_value() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        Just(None),
        prop::sample::select(vec![
            "null",
            "true",
            "\"x\"",
            "\"y\"",
            "1",
            "1.0",
            "2",
            "-3",
            "0.1",
            "0.2",
            "0.3",
            "1e308",
            "-1e308",
            "1.7e308",
            "5e-324",
            "-0.0",
            "9223372036854775807",
            "-9223372036854775808",
            "9007199254740993",
            "9223372036854775808",
            "[1,2]",
            "[1.0,2]",
            "{\"w\":1}",
            "{\"w\":1.0,\"x\":null}",
            "{\"x\":null,\"w\":1}",
            "{\"w\":0.1}",
        ])
        .prop_map(Some),
    ]
}

fn small_event() -> impl Strategy<Value = Entry> {
    let name = prop::sample::select(vec!["a", "a", "a", "b"]);
    (name, 0_i64..40, small_value(), any::<bool>()).prop_map(|(name, at, value, k)| {
        let value = value.map(|v| format!("\"v\":{v}"));
        let members = [value, k.then(|| "\"k\":1".to_owned())].into_iter().flatten();
        event(name, at, &format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
    })
}

/// Many different values, in a history long enough for runs of runs.
fn wide_event() -> impl Strategy<Value = Entry> {
    (0_i64..400, 0..90_u32, 0..3_u32).prop_map(|(at, value, kind)| {
        let value = match kind {
            0 => format!("{value}"),
            1 => format!("{value}.5"),
            _ => format!("{value}.0"),
        };
        event("a", at, &format!(r#"{{"v":{value},"k":1}}"#))
    })
}

fn frame(span: i64) -> impl Strategy<Value = Frame> {
    prop_oneof![
        Just(Frame::All),
        (-1..span).prop_map(|d| Frame::Within(Duration::from_micros(d))),
        (-2..span).prop_map(|from| Frame::Since(t(from))),
        (-2..span, -2..span).prop_map(|(from, to)| Frame::Span(t(from), t(to))),
    ]
}

/// What is asked, by whom, and when.
#[derive(Clone, Debug)]
struct Asked {
    question: Question,
    judge: Like,
    at: i64,
    /// Where between the instant and the end of the answer it is asked again.
    later: f64,
}

fn asked(span: i64) -> impl Strategy<Value = Asked> {
    let aggregate = prop::sample::select(Aggregate::ALL.to_vec());
    let wanted = prop::sample::select(vec!["1", "\"x\"", "0.1", "[1,2.0]", "{\"w\":1}"]);
    let filter = prop_oneof![3 => Just(Some(false)), 3 => Just(Some(true)), 1 => Just(None)];
    let path = prop::sample::select(vec![vec!["v"], vec!["v"], vec!["v", "w"]]);
    (aggregate, frame(span), -5..span + 10, wanted, filter, path, 0.0..1.0_f64).prop_map(
        |(aggregate, frame, at, wanted, filter, path, later)| {
            let mut question = question(aggregate, frame);
            question.of = Some(path.into_iter().map(Arc::from).collect());
            question.filter = filter.map(|k| if k { "k IS NOT NULL".into() } else { "".into() });
            let judge = Like { needs_k: filter != Some(false), wanted: json(wanted) };
            Asked { question, judge, at, later }
        },
    )
}

impl Asked {
    fn check(&self, history: &UserHistory, naive: &Naive) -> Result<(), TestCaseError> {
        let measured = history.measure(&self.question, &self.judge, t(self.at));
        let (answer, events) = naive.measure(&self.question, &self.judge, self.at);
        prop_assert_eq!(plain(measured.answer), answer.clone());
        prop_assert_eq!(measured.events, events);
        let until = measured.until.as_micros();
        prop_assert!(until > self.at);
        let later = self.later(until);
        prop_assert_eq!(naive.measure(&self.question, &self.judge, later), (answer, events));
        Ok(())
    }

    /// An instant from the one of the question to the last before `until`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn later(&self, until: i64) -> i64 {
        let span = (until - 1 - self.at).min(100);
        self.at + (span as f64 * self.later).round() as i64
    }

    fn is_ready(&self, history: &UserHistory) -> bool {
        history.measure(&self.question, &self.judge, t(self.at)).ready
    }
}

fn check(first: &[Entry], batches: &[Vec<Entry>], asked: &[Asked]) -> Result<(), TestCaseError> {
    let mut naive = Naive(first.to_vec());
    let mut history = UserHistory::new(naive.0.clone());
    check_all(&history, &naive, asked)?;
    for batch in batches {
        let (older, older_naive) = (history.clone(), naive.clone());
        history = with(&history, batch);
        naive.0.extend(batch.iter().cloned());
        check_all(&history, &naive, asked)?;
        check_all(&older, &older_naive, asked)?;
    }
    Ok(())
}

/// Each question twice: the second time all that is kept is ready.
fn check_all(history: &UserHistory, naive: &Naive, asked: &[Asked]) -> Result<(), TestCaseError> {
    for round in 0..2 {
        for asked in asked {
            if round == 1 && asked.question.filter.is_some() {
                prop_assert!(asked.is_ready(history));
            }
            asked.check(history, naive)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn histories_answer_as_the_language_tells(
        first in prop::collection::vec(small_event(), 0..30),
        batches in prop::collection::vec(prop::collection::vec(small_event(), 0..4), 0..4),
        asked in prop::collection::vec(asked(45), 1..12),
    ) {
        check(&first, &batches, &asked)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn long_histories_answer_as_the_language_tells(
        first in prop::collection::vec(wide_event(), 200..500),
        batches in prop::collection::vec(prop::collection::vec(wide_event(), 1..3), 1..3),
        asked in prop::collection::vec(asked(405), 10..30),
    ) {
        check(&first, &batches, &asked)?;
    }
}

/// Where each of 30 values is; other numbers stand for none.
fn positions(numbers: &[u32]) -> Vec<Vec<u32>> {
    let of = |value| move |(position, number): (u32, &u32)| (*number == value).then_some(position);
    (0..30).map(|value| (0..).zip(numbers).filter_map(of(value)).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn a_window_that_slides_is_as_one_that_is_new(
        numbers in prop::collection::vec(prop_oneof![9 => 0..30_u32, 1 => Just(u32::MAX)], 400),
        steps in prop::collection::vec((-8_isize..9, -8_isize..9), 1..40),
    ) {
        let (positions, mut sliding) = (positions(&numbers), Sliding::default());
        let (mut start, mut end) = (100_usize, 300_usize);
        for (first, last) in steps {
            start = start.saturating_add_signed(first).min(190);
            end = end.saturating_add_signed(last).clamp(210, 400);
            sliding.move_to(start..end, &numbers, &positions);
            let mut new = Sliding::default();
            new.move_to(start..end, &numbers, &positions);
            prop_assert_eq!(sliding.distinct(), new.distinct());
            prop_assert_eq!(sliding.favorite(), new.favorite());
        }
    }
}

/// Instants of a few days around a change of clocks: in spring, in autumn, one that skips a date, and one after which a
/// date comes again.
fn around_changes() -> impl Strategy<Value = (&'static str, i64)> {
    let changes = vec![
        ("Europe/Oslo", 1_774_746_000),
        ("America/New_York", 1_793_512_800),
        ("Pacific/Apia", 1_325_239_200),
        ("America/Juneau", -3_225_223_727),
        ("UTC", 0),
    ];
    let minutes = (-3 * 24 * 60_i64)..(3 * 24 * 60);
    (prop::sample::select(changes), minutes)
        .prop_map(|((zone, secs), minutes)| (zone, (secs + minutes * 60) * 1_000_000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn days_are_the_dates_of_the_clocks(instants in prop::collection::vec(around_changes(), 0..40)) {
        let zone = instants.first().map_or("UTC", |(zone, _)| *zone);
        let events: Vec<Entry> = instants.iter().map(|(_, at)| event("a", *at, "{}")).collect();
        let mut question = question(Aggregate::Days, Frame::All);
        question.zone = TimeZone::get(zone).unwrap();
        let (history, naive) = (UserHistory::new(events.clone()), Naive(events));
        let end = 1_900_000_000_000_000;
        let (wanted, _) = naive.measure(&question, &ALL, end);
        prop_assert_eq!(plain(history.measure(&question, &ALL, t(end)).answer), wanted);
    }
}
