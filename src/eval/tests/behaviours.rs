//! Functions over events, asked of a past that is a list.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use super::snapshots::*;
use super::traces::{sights, steps};
use super::*;
use crate::eval::{Part, Snapshot, What};
use crate::model::{
    Aggregate, Behaviour, Change, Duration, Given, Judge, Measured, Object, Past, Path, Question,
    Window,
};

/// Something that the user did.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) name: &'static str,
    pub(super) at: Timestamp,
    pub(super) properties: Object,
}

/// What the user did, in the order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Events(pub(super) Vec<Done>);

impl Past for Events {
    fn measure<'h>(
        &'h self,
        question: &Question,
        judge: &dyn Judge,
        at: Timestamp,
    ) -> Measured<'h> {
        let (first, last) = question.frame.bounds(at);
        let counts = |event: &&Done| {
            event.name == &*question.event
                && (first..=last).contains(&event.at.as_micros())
                && judge.passes(&event.properties)
        };
        let events: Vec<&Done> = self.0.iter().filter(counts).collect();
        let wanted = |value: &Value| judge.is_wanted(value);
        let of = question.of.as_ref();
        let answer = tell(question.aggregate, &events, of, &wanted, &question.zone);
        Measured { answer, until: Timestamp::MAX, events: events.len(), ready: false }
    }
}

/// What a function gives for events, which are in the order of time.
pub(super) fn tell<'h>(
    aggregate: Aggregate,
    events: &[&'h Done],
    of: Option<&Path>,
    wanted: &dyn Fn(&Value) -> bool,
    zone: &TimeZone,
) -> Answer<'h> {
    let dig = |event: &&'h Done| {
        let (first, steps) = of?.split_first()?;
        event.properties.get(first)?.dig(steps).filter(|value| **value != Value::Null)
    };
    let values: Vec<&Value> = events.iter().filter_map(dig).collect();
    let numbers: Vec<f64> = values.iter().filter_map(|value| value.as_double()).collect();
    let double =
        |number: f64| if numbers.is_empty() { Answer::Null } else { Answer::Double(number) };
    let count = |count: usize| i64::try_from(count).unwrap();
    let alike = |value: &Value| values.iter().filter(|other| other.same(value)).count();
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    match aggregate {
        Aggregate::Did => Answer::Boolean(!events.is_empty()),
        Aggregate::Count => Answer::Integer(count(events.len())),
        Aggregate::Days => {
            let date = |event: &&Done| event.at.in_zone(zone).date();
            Answer::Integer(count(events.iter().map(date).collect::<HashSet<_>>().len()))
        }
        Aggregate::Sum => double(numbers.iter().sum()),
        Aggregate::Average => double(numbers.iter().sum::<f64>() * share(1, numbers.len())),
        Aggregate::Minimum => double(numbers.iter().copied().fold(f64::INFINITY, f64::min)),
        Aggregate::Maximum => double(numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        Aggregate::First => events.first().map_or(Answer::Null, |event| Answer::Instant(event.at)),
        Aggregate::Last => events.last().map_or(Answer::Null, |event| Answer::Instant(event.at)),
        Aggregate::Distinct => {
            let is_first = |(index, value): &(usize, &&Value)| {
                !values[..*index].iter().any(|other| other.same(value))
            };
            Answer::Integer(count(values.iter().enumerate().filter(is_first).count()))
        }
        Aggregate::Favorite => values
            .iter()
            .max_by_key(|value| alike(value))
            .map_or(Answer::Null, |v| Answer::Value(v)),
        Aggregate::Share if events.is_empty() => Answer::Null,
        Aggregate::Share => {
            let part = values.iter().filter(|value| wanted(value)).count();
            Answer::Double(share(part, events.len()))
        }
    }
}

/// A past that must not be asked.
#[derive(Debug)]
struct Silent;

impl Past for Silent {
    fn measure<'h>(&'h self, question: &Question, _: &dyn Judge, _: Timestamp) -> Measured<'h> {
        panic!("{question:?}")
    }
}

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::from_micros(at("2026-03-01T09:00:00Z").as_micros() - hours * 3_600_000_000).unwrap()
}

fn done(name: &'static str, hours: i64, properties: &str) -> Done {
    let Value::Object(members) = json(properties) else { panic!("{properties}") };
    Done { name, at: hours_ago(hours), properties: (*members).clone() }
}

fn charges() -> Events {
    Events(vec![
        done("Charged", 72, r#"{"amount": 10, "plan": {"name": "pro"}}"#),
        done("Charged", 48, r#"{"amount": 2.5, "plan": {"name": "free"}}"#),
        done("Other", 47, r#"{"amount": 1000}"#),
        done("Charged", 24, r#"{"amount": "5", "plan": {"name": "pro"}}"#),
        done("Charged", 2, r#"{"plan": null}"#),
        done("Charged", 0, r#"{"amount": 7, "plan": {"name": "free"}}"#),
        done("Charged", -1, r#"{"amount": 9999}"#),
    ])
}

fn text(text: &str) -> Spanned<Literal> {
    Literal::from(text).into()
}

fn behaviour(aggregate: Aggregate, of: Option<&str>) -> Behaviour {
    let of = of.map(|path| path.split('.').map(Arc::from).collect());
    Behaviour {
        aggregate,
        event: text("Charged"),
        of,
        equals: None,
        filter: None,
        window: None,
        zone: None,
    }
}

fn within(hours: i64) -> Window {
    Window::Within(Given::Here(Duration::from_micros(hours * 3_600_000_000)).into())
}

fn over(behaviour: Behaviour) -> Expr {
    expr(ExprKind::Behaviour(Box::new(behaviour)))
}

fn user() -> Context {
    Context::new("u1").with_past(Arc::new(charges()), Vec::new())
}

#[test]
fn each_function_is_asked_of_the_events_up_to_the_instant() {
    let cases = [
        (Aggregate::Did, None, json("true"), json("false")),
        (Aggregate::Count, None, json("5"), json("0")),
        (Aggregate::Sum, Some("amount"), json("19.5"), json("null")),
        (Aggregate::Average, Some("amount"), json("6.5"), json("null")),
        (Aggregate::Minimum, Some("amount"), json("2.5"), json("null")),
        (Aggregate::Maximum, Some("amount"), json("10.0"), json("null")),
        (Aggregate::First, None, json("\"2026-02-26T09:00:00Z\""), json("null")),
        (Aggregate::Last, None, json("\"2026-03-01T09:00:00Z\""), json("null")),
        (Aggregate::Distinct, Some("plan.name"), json("2"), json("0")),
        (Aggregate::Favorite, Some("plan.name"), json("\"free\""), json("null")),
    ];
    for (aggregate, of, wanted, of_nobody) in cases {
        let asked = over(behaviour(aggregate, of));
        assert_eq!(value_for(&asked, &user()), wanted, "{asked}");
        assert_eq!(value_for(&asked, &Context::new("u1")), of_nobody, "{asked}");
        let anonymous = Context::anonymous().with_past(Arc::new(charges()), Vec::new());
        assert_eq!(value_for(&asked, &anonymous), of_nobody, "{asked}");
    }
    let equals = Some(text("free"));
    let share = over(Behaviour { equals, ..behaviour(Aggregate::Share, Some("plan.name")) });
    assert_eq!(value_for(&share, &user()), json("0.4"));
    assert_eq!(value_for(&share, &Context::new("u1")), json("null"));
}

#[test]
fn windows_are_half_open() {
    let count = |window| {
        value_for(&over(Behaviour { window, ..behaviour(Aggregate::Count, None) }), &user())
    };
    let since = |hours| Some(Window::Since(text(&hours_ago(hours).to_string())));
    let span = |from: i64, to: i64| {
        let text = |hours| text(&hours_ago(hours).to_string());
        Some(Window::Span { from: text(from), to: text(to) })
    };
    assert_eq!((count(Some(within(24))), count(Some(within(25)))), (json("2"), json("3")));
    assert_eq!((count(Some(within(0))), count(since(24))), (json("0"), json("3")));
    assert_eq!((count(span(72, 24)), count(span(72, -9))), (json("2"), json("5")));
    assert_eq!((count(span(24, 72)), count(span(0, -1))), (json("0"), json("1")));
}

#[test]
fn only_events_whose_filter_is_true_count() {
    let count = |filter| {
        let filter = Some(filter);
        value_for(&over(Behaviour { filter, ..behaviour(Aggregate::Count, None) }), &user())
    };
    let large = compare(CompareOp::Greater, attr("amount"), lit(3));
    assert_eq!(count(large.clone()), json("2"));
    assert_eq!(count(not(large)), json("1"), "what is unknown does not count");
    assert_eq!(count(eq(attr("plan.name"), lit("pro"))), json("2"));
    assert_eq!(count(eq(attr("user_id"), lit("u1"))), json("0"), "names are properties");
}

#[test]
fn what_is_unknown_stays_unknown() {
    let day = timestamp("2026-03-01T00:00:00Z");
    let first = over(behaviour(Aggregate::First, None));
    let before = compare(CompareOp::Less, first.clone(), day.clone());
    assert_eq!(holds(&before, &user()), Some(true));
    assert_eq!(holds(&before, &Context::new("u2")), None);
    let later = compare(CompareOp::Greater, day, first);
    assert_eq!(holds(&later, &user()), Some(true));
    let did = over(Behaviour { event: text("No"), ..behaviour(Aggregate::Did, None) });
    assert_eq!(holds(&did, &user()), Some(false));
    assert_eq!(holds(&not(did), &Context::anonymous()), Some(true));
    let favorite = over(behaviour(Aggregate::Favorite, Some("plan.name")));
    assert_eq!(holds(&eq(favorite.clone(), lit(1)), &user()), None);
    assert_eq!(holds(&is_in(favorite, vec![lit("free")]), &user()), Some(true));
}

/// What makes a function wrong.
type Spoiling<'a> = &'a dyn Fn(&mut Behaviour);

#[test]
fn what_is_wrong_whoever_the_user_is_is_refused() {
    use Aggregate as A;
    let with = |aggregate, of, change: &dyn Fn(&mut Behaviour)| {
        let mut made = behaviour(aggregate, of);
        change(&mut made);
        code(&eq(over(made), attr("x")))
    };
    let null: Spanned<Literal> = Literal::Value(Value::Null).into();
    let parameter: Spanned<Literal> = Literal::Parameter("p".into()).into();
    let number: Spanned<Literal> = Literal::from(1).into();
    let fine = &|_: &mut Behaviour| {};
    assert_eq!((with(A::Count, None, fine), with(A::Sum, Some("a"), fine)), ("fine", "fine"));
    assert_eq!(with(A::Sum, None, fine), "type-mismatch");
    assert_eq!(with(A::Count, Some("a"), fine), "type-mismatch");
    assert_eq!(with(A::Share, Some("a"), fine), "type-mismatch");
    let cases: [(&str, Spoiling<'_>); 13] = [
        ("type-mismatch", &|b| b.equals = Some(number.clone())),
        ("type-mismatch", &|b| b.event = number.clone()),
        ("unknown-parameter", &|b| b.event = parameter.clone()),
        ("bad-literal", &|b| b.event = text("")),
        ("limit", &|b| b.event = text(&"x".repeat(257))),
        ("bad-time", &|b| b.window = Some(Window::Since(text("2026-03-01")))),
        ("type-mismatch", &|b| b.window = Some(Window::Since(number.clone()))),
        ("bad-time", &|b| {
            let from = text("2026-03-01T00:00:00Z");
            b.window = Some(Window::Span { from, to: text("x") });
        }),
        ("type-mismatch", &|b| b.filter = Some(lit(1))),
        ("unknown-function", &|b| b.filter = Some(call("NO", vec![]))),
        ("syntax", &|b| b.filter = Some(key("k"))),
        ("syntax", &|b| b.filter = Some(expr(ExprKind::InSegment(None)))),
        ("syntax", &|b| b.filter = Some(over(behaviour(A::Did, None)))),
    ];
    for (number, (wanted, change)) in cases.into_iter().enumerate() {
        assert_eq!(with(A::Count, None, change), wanted, "case {number}");
    }
    assert_eq!(with(A::Share, Some("a"), &|b| b.equals = Some(null.clone())), "type-mismatch");
    assert_eq!(code(&over(behaviour(A::Count, None))), "type-mismatch");
    assert_eq!(code(&over(behaviour(A::Did, None))), "fine");
    assert_eq!(code(&over(behaviour(A::Favorite, Some("a")))), "fine");
    assert_eq!(code(&eq(over(behaviour(A::First, None)), lit("x"))), "bad-time");
    let regex = |pattern: &str| {
        let (operand, pattern) = (boxed(attr("a")), text(pattern));
        expr(ExprKind::Matches { operand, pattern, negated: false })
    };
    let filter = Some(expr(ExprKind::Or((0..60).map(|n| regex(&n.to_string())).collect())));
    let many = over(Behaviour { filter, ..behaviour(A::Did, None) });
    assert_eq!(code(&many), "fine");
    assert_eq!(code(&expr(ExprKind::And(vec![many.clone(), many]))), "limit");
}

#[test]
fn who_forgets_the_event_is_told_how_it_is_written() {
    let hints = |name: &str| {
        let condition = eq(call(name, vec![attr("a")]), lit(1));
        with_scope(|scope| compile(&condition, scope)).unwrap_err().hints().join(" ")
    };
    assert_eq!(hints("COUNT"), "it goes over events: write `COUNT(EVENT '…')`");
    assert_eq!(hints("AVG"), "it goes over events: write `AVG(EVENT '…' OF …)`");
    assert_eq!(hints("SHARE"), "it goes over events: write `SHARE(EVENT '…' OF … = …)`");
    assert_eq!(hints("LOWR"), "did you mean `LOWER`?");
}

#[test]
fn what_is_ready_is_not_asked_again() {
    let asked = over(Behaviour { window: Some(within(24)), ..behaviour(Aggregate::Count, None) });
    let program = with_scope(|scope| compile_value(&asked, scope)).unwrap();
    let measure = program.measures().next().unwrap();
    let now = hours_ago(0);
    let ready = measure.ready(&charges(), now);
    assert_eq!((ready.question, ready.from), (measure.question().number, now));
    let user = Context::new("u1").with_past(Arc::new(Silent), vec![ready]);
    assert_eq!(program.value(&mut User(&user)), json("2"));
    assert_eq!(measure.question().filter.as_deref(), Some(""));
}

#[test]
fn a_filter_that_depends_on_the_instant_is_ready_for_that_one_only() {
    let recent = compare(CompareOp::Greater, attr("at"), call("NOW", vec![]));
    let filter = Some(expr(ExprKind::Or(vec![recent, attr("x")])));
    let asked = over(Behaviour { filter, ..behaviour(Aggregate::Count, None) });
    let program = with_scope(|scope| compile_value(&asked, scope)).unwrap();
    let measure = program.measures().next().unwrap();
    assert_eq!(measure.question().filter, None);
    let ready = measure.ready(&charges(), t(5));
    assert_eq!((ready.from, ready.until.as_micros()), (t(5), 5_000_001));
}

/// The events and filters of the questions of a snapshot.
fn questions(snapshot: &Snapshot) -> Vec<(String, u64)> {
    let told = |measure: &Arc<Measure>| {
        let question = measure.question();
        (question.aggregate.to_string(), question.number)
    };
    snapshot.questions().iter().map(told).collect()
}

#[test]
fn a_snapshot_knows_what_its_rows_ask() {
    let asks = |aggregate, of| {
        let filter = Some(eq(attr("a"), lit(1)));
        compare(
            CompareOp::NotEqual,
            over(Behaviour { filter, ..behaviour(aggregate, of) }),
            attr("x"),
        )
    };
    let made = |number| version(1, number, vec![row(2, None, "c/s")], vec![(1, vec![cell(1)])]);
    let mut world = World::default();
    world.change(
        0,
        &[
            put_key(1, "k", 0, false),
            put_segment(1, "under", asks(Aggregate::Count, None)),
            put_segment(2, "served", in_segment("under")),
            put_segment(3, "unused", asks(Aggregate::First, None)),
            put_config(1, "c", false, false),
            Change::Version(made(1)),
        ],
    );
    assert_eq!(questions(&world.snapshot), []);
    world.change(1, &[publish(1, 1, 1, 1000, None)]);
    let found = questions(&world.snapshot);
    assert_eq!(found.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["COUNT"]);
    // the same text is the same question, wherever it stands
    let both = expr(ExprKind::Or(vec![asks(Aggregate::Count, None), asks(Aggregate::Last, None)]));
    world.change(2, &[put_segment(2, "served", both)]);
    let more = questions(&world.snapshot);
    assert_eq!(more.len(), 2);
    assert_eq!(more[0], found[0]);
    world.change(3, &[put_segment(2, "served", eq(attr("x"), lit("DID 'x'")))]);
    assert_eq!(questions(&world.snapshot), []);
    world.change(4, &[put_segment(2, "served", asks(Aggregate::Count, None))]);
    assert_eq!(questions(&world.snapshot), found);
    world.change(5, &[put_config(1, "c", false, true)]);
    assert_eq!(questions(&world.snapshot), []);
}

#[test]
fn rows_about_users_see_columns_and_the_user() {
    let mut world = World::default();
    let condition = over(Behaviour { window: Some(within(24)), ..behaviour(Aggregate::Did, None) });
    world.change(0, &[put_segment(1, "s", condition.clone())]);
    let whole = expr(ExprKind::And(vec![in_segment("s"), condition, eq(attr("user"), lit("u1"))]));
    let program = compile(&whole, &CatalogScope(&world.catalog)).unwrap();
    let (yes, no) = (json("\"u1\""), json("\"u2\""));
    let holds = |value| {
        let column = |name: &AttributeName| {
            if name.as_str() == "user" { Lookup::Value(value) } else { Lookup::Missing }
        };
        let user = user();
        world.snapshot.holds_beside(&program, &user, hours_ago(0), &column)
    };
    assert_eq!((holds(&yes), holds(&no)), (Some(true), Some(false)));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn traces_tell_what_was_looked_at() {
    let mut world = World::default();
    let count =
        |window, filter| over(Behaviour { filter, window, ..behaviour(Aggregate::Count, None) });
    let since = Some(Window::Since(text("2026-02-28T09:00:00Z")));
    let span = |to| Some(Window::Span { from: text("2026-02-28T09:00:00Z"), to: text(to) });
    let condition = expr(ExprKind::And(vec![
        over(Behaviour { event: text("Other"), ..behaviour(Aggregate::Did, None) }),
        compare(
            CompareOp::Greater,
            count(Some(within(24)), Some(eq(attr("amount"), lit(7)))),
            lit(0),
        ),
        compare(CompareOp::Greater, count(since, None), lit(0)),
        compare(CompareOp::Greater, count(span("2026-03-01T00:00:00Z"), None), lit(0)),
        compare(CompareOp::Greater, count(span("2027-03-01T00:00:00Z"), None), lit(0)),
        compare(CompareOp::Less, count(span("2025-03-01T00:00:00Z"), None), lit(1)),
    ]));
    let served = version(1, 1, vec![row(1, None, "c/s")], vec![(1, vec![cell(1)])]);
    let changes = [
        put_key(1, "k", 0, false),
        put_segment(1, "s", condition),
        put_config(1, "c", false, false),
        Change::Version(served),
        publish(1, 1, 1, 0, None),
    ];
    world.change(0, &changes);
    let notes = |user: &Context| {
        let steps = steps(&world, 1, user, hours_ago(0));
        let parts = steps.iter().filter_map(|step| match &step.what {
            What::Part(part) => Some(part),
            _ => None,
        });
        let truth = |part: &Part| {
            part.truth.map_or("UNKNOWN", |truth| if truth { "TRUE" } else { "FALSE" })
        };
        parts.skip(1).map(|part| format!("{}: {}", truth(part), sights(part))).collect::<Vec<_>>()
    };
    let after = "by going through the events";
    let day = "2026-02-28T09:00:00Z";
    assert_eq!(
        notes(&user()),
        [
            format!("TRUE: DID 'Other' is TRUE: 1 event up to 2026-03-01T09:00:00Z, {after}"),
            format!(
                "TRUE: COUNT(EVENT 'Charged' WHERE amount = 7 WITHIN 1 DAY) is 1: 1 event in ({day}, \
                 2026-03-01T09:00:00Z], {after}"
            ),
            format!(
                "TRUE: COUNT(EVENT 'Charged' SINCE '{day}') is 3: 3 events in [{day}, 2026-03-01T09:00:00Z], {after}"
            ),
            format!(
                "TRUE: COUNT(EVENT 'Charged' FROM '{day}' TO '2026-03-01T00:00:00Z') is 1: 1 event in [{day}, \
                 2026-03-01T00:00:00Z), {after}"
            ),
            format!(
                "TRUE: COUNT(EVENT 'Charged' FROM '{day}' TO '2027-03-01T00:00:00Z') is 3: 3 events in [{day}, \
                 2026-03-01T09:00:00Z], {after}"
            ),
            format!(
                "TRUE: COUNT(EVENT 'Charged' FROM '{day}' TO '2025-03-01T00:00:00Z') is 0: 0 events in an empty \
                 window, {after}"
            ),
        ]
    );
    let nobody = notes(&Context::anonymous());
    assert_eq!(nobody[0], "FALSE: DID 'Other' is FALSE: no events are known of the user");
}
