//! Ties, missing values, sums that are hard, and what is kept.

use super::naive::decimal_sum;
use super::*;
use crate::behaviour::exact::ExactSum;
use crate::model::Duration;

#[test]
fn nothing_known_gives_nothing() {
    let history = UserHistory::default();
    assert!(history.is_empty());
    for aggregate in Aggregate::ALL {
        let measured = ask(&history, aggregate, 5);
        assert_eq!(measured.answer, Answer::of_nothing(aggregate), "{aggregate}");
        assert_eq!((measured.until, measured.events), (Timestamp::MAX, 0));
    }
}

#[test]
fn properties_without_use_are_left_out() {
    let history = values(&["null", "\"5\"", "true", "[1]"]);
    for aggregate in [Aggregate::Sum, Aggregate::Average, Aggregate::Minimum, Aggregate::Maximum] {
        assert_eq!(answer(&history, aggregate), Answer::Null, "{aggregate}");
    }
    assert_eq!(answer(&history, Aggregate::Distinct), Answer::Integer(3));
    assert_eq!(ask(&history, Aggregate::Sum, 9).events, 4);
    assert_eq!(answer(&values(&["1", "null", "2", "1.0"]), Aggregate::Share), Answer::Double(0.5));
    assert_eq!(answer(&values(&["null"]), Aggregate::Share), Answer::Double(0.0));
}

#[test]
fn of_equal_extremes_the_earliest_is_it() {
    let history = values(&["3", "1.0", "1", "3.0"]);
    assert_eq!(answer(&history, Aggregate::Minimum), Answer::Double(1.0));
    assert_eq!(answer(&history, Aggregate::Maximum), Answer::Integer(3));
    let history = values(&["9007199254740993", "9007199254740992.0"]);
    assert_eq!(answer(&history, Aggregate::Minimum), Answer::Double(9_007_199_254_740_992.0));
}

#[test]
fn of_equal_favorites_the_one_seen_last_is_it() {
    let favorite = |list: &[&str]| answer_text(&values(list));
    assert_eq!(favorite(&["\"a\"", "\"b\"", "\"b\"", "\"a\""]), "\"a\"");
    assert_eq!(favorite(&["\"a\"", "\"a\"", "\"b\""]), "\"a\"");
    assert_eq!(favorite(&["1", "2", "1.0", "2.0"]), "2");
    let at_one_time = ["1", "2"].map(|v| event("a", 7, &format!(r#"{{"v":{v}}}"#)));
    assert_eq!(answer_text(&UserHistory::new(at_one_time)), "2");
}

fn answer_text(history: &UserHistory) -> String {
    match answer(history, Aggregate::Favorite) {
        Answer::Value(value) => value.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn sums_are_exact_whatever_the_order() {
    let sum = |list: &[&str]| format!("{:?}", answer(&values(list), Aggregate::Sum));
    let max = "9223372036854775807";
    assert_eq!(sum(&["1", "2"]), "Integer(3)");
    assert_eq!(sum(&[max, "1"]), "Null");
    assert_eq!(sum(&[max, "1", "-1"]), "Integer(9223372036854775807)");
    assert_eq!(sum(&["0.1"; 10]), "Double(1.0)");
    assert_eq!(sum(&["1e308", "1e308", "-1e308"]), "Double(1e308)");
    assert_eq!(sum(&["1e308", "1e308"]), "Null");
    assert_eq!(sum(&["1e308", "1", "-1e308", "5e-324"]), "Double(1.0)");
    assert_eq!(sum(&[max, "0.5", "-9223372036854775806"]), "Double(1.5)");
    let mean = format!("{:?}", answer(&values(&[max, max]), Aggregate::Average));
    assert_eq!(mean, "Double(9.223372036854776e18)");
}

#[test]
fn rounding_is_to_the_nearest_and_of_two_to_the_even() {
    let (big, half, least) = (2_f64.powi(53), 0.5, f64::from_bits(1));
    let edge = f64::from_bits(0x7c90_0000_0000_0000); // half of the last bit of the greatest
    for numbers in [
        vec![big, 1.0],
        vec![big, 1.0, least],
        vec![big, 1.0, -least],
        vec![big, 2.0, 1.0],
        vec![-big, -1.0, -half],
        vec![f64::MAX, edge],
        vec![f64::MAX, edge, -least],
        vec![f64::MAX, -f64::MAX, least],
        vec![f64::MIN_POSITIVE, -least],
        vec![f64::MIN_POSITIVE, f64::MIN_POSITIVE, least],
        vec![least, least, least],
        vec![0.0, -0.0],
    ] {
        let mut sum = ExactSum::default();
        for number in &numbers {
            sum.add(*number);
        }
        let numbers: Vec<_> = numbers.into_iter().map(Value::Double).collect();
        let expected = decimal_sum(&numbers.iter().collect::<Vec<_>>());
        assert_eq!(sum.round().to_bits(), expected.to_bits(), "{numbers:?}");
    }
}

#[test]
fn answers_say_until_when_they_hold() {
    let history = UserHistory::new([10, 20, 40].map(|at| event("a", at, "{}")));
    let until = |frame, at| {
        let question = question(Aggregate::Count, frame);
        history.measure(&question, &ALL, t(at)).until
    };
    let within = Frame::Within(Duration::from_micros(15));
    assert_eq!(until(Frame::All, 0), t(10));
    assert_eq!(until(Frame::All, 40), Timestamp::MAX);
    assert_eq!(until(within, 20), t(25));
    assert_eq!(until(within, 25), t(35));
    assert_eq!(until(within, 35), t(40));
    assert_eq!(until(within, 40), t(55));
    assert_eq!(until(Frame::Since(t(30)), 5), t(40));
    assert_eq!(until(Frame::Span(t(15), t(40)), 5), t(20));
    assert_eq!(until(Frame::Span(t(15), t(40)), 20), Timestamp::MAX);
}

#[test]
fn what_depends_on_the_instant_is_asked_each_time() {
    let history = values(&["1", "2"]);
    let question = Question { filter: None, ..question(Aggregate::Sum, Frame::All) };
    for _ in 0..2 {
        let measured = history.measure(&question, &ALL, t(5));
        assert_eq!((measured.answer, measured.until), (Answer::Integer(3), t(6)));
        assert!(!measured.ready);
    }
}

#[test]
fn series_are_kept_where_nothing_is_new() {
    let count = question(Aggregate::Count, Frame::All);
    let ready = |history: &UserHistory| history.measure(&count, &ALL, t(99)).ready;
    let history = values(&["1", "2"]);
    assert!(!ready(&history));
    assert!(ready(&history));
    assert!(ready(&with(&history, &[event("b", 1, "{}"), profile(1, "{}")])));
    let later = with(&history, &[event("a", 1, "{}")]);
    assert!(!ready(&later));
    assert!(ready(&later));
    assert!(ready(&history));
}

#[test]
fn attributes_are_those_of_the_instant() {
    let history = UserHistory::new([
        profile(10, r#"{"city":"Pune","plan":"free"}"#),
        profile(30, r#"{"plan":null}"#),
        profile(20, r#"{"plan":"gold"}"#),
        profile(20, r#"{"plan":"silver"}"#),
    ]);
    let text = |at| Value::from(history.profile(t(at))).to_string();
    assert_eq!(text(9), "{}");
    assert_eq!(text(10), r#"{"city":"Pune","plan":"free"}"#);
    assert_eq!(text(20), r#"{"city":"Pune","plan":"silver"}"#);
    assert_eq!(text(30), r#"{"city":"Pune"}"#);
}

#[test]
fn events_are_in_order_of_time_then_receipt() {
    let entries = [event("a", 5, r#"{"v":1}"#), event("b", 5, "{}"), event("b", 1, "{}")];
    let history = with(&UserHistory::new(entries), &[event("a", 5, r#"{"v":2}"#)]);
    let text = |event: super::super::EventRef<'_>| {
        assert_eq!(event.id, None);
        let properties = Value::Object(Arc::clone(event.properties));
        format!("{} {} {properties}", event.name, event.at.as_micros())
    };
    let texts: Vec<_> = history.events().map(text).collect();
    assert_eq!(texts, ["b 1 {}", r#"a 5 {"v":1}"#, "b 5 {}", r#"a 5 {"v":2}"#]);
    assert_eq!(history.events().count(), 4);
}

#[test]
fn attributes_that_came_mixed_are_those_of_their_times() {
    let mixed = (0..50).map(|n| n * 7 % 50);
    let set: Vec<_> = mixed.map(|n| profile(n, &format!(r#"{{"a":{n},"n":0}}"#))).collect();
    let at_once = UserHistory::new(set.clone());
    let one_by_one = set
        .iter()
        .fold(UserHistory::default(), |history, one| with(&history, std::slice::from_ref(one)));
    for history in [&at_once, &one_by_one, &with(&at_once, &[profile(7, r#"{"a":7}"#)])] {
        for n in 0..50 {
            assert_eq!(history.profile(t(n)).get("a"), Some(&Value::Integer(n)));
        }
    }
    let later = with(&at_once, &[profile(7, r#"{"a":"later"}"#)]);
    assert_eq!(later.profile(t(7)).get("a"), Some(&"later".into()));
}

#[test]
fn what_is_forgotten_is_gone() {
    let history = with(&values(&["1"]), &[profile(1, r#"{"a":1}"#), forget()]);
    assert!(history.is_empty());
    assert_eq!(history.bytes(), UserHistory::default().bytes());
    let again = with(&history, &[event("a", 3, "{}")]);
    assert_eq!(answer(&again, Aggregate::Count), Answer::Integer(1));
}

#[test]
fn what_is_kept_ready_counts_as_memory() {
    let history = values(&["1", "2", "3"]);
    let before = history.bytes();
    answer(&history, Aggregate::Sum);
    assert!(history.bytes() > before);
}

/// A window over many different values that moves back a little: what was seen last is found anew.
#[test]
fn of_equal_favorites_the_one_seen_last_is_it_when_the_window_moves_back() {
    let list: Vec<String> = (0..400)
        .map(|position| match position {
            5 | 8 => "\"x\"".to_owned(),
            6 | 7 => "\"y\"".to_owned(),
            _ => position.to_string(),
        })
        .collect();
    let history = values(&list.iter().map(String::as_str).collect::<Vec<_>>());
    let question = question(Aggregate::Favorite, Frame::Within(Duration::from_micros(150)));
    let favorite = |at: i64| match history.measure(&question, &ALL, t(at)).answer {
        Answer::Value(value) => value.to_string(),
        other => format!("{other:?}"),
    };
    favorite(159);
    assert_eq!(favorite(154), "\"x\"");
}
