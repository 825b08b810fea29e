//! The compiled program and a plain interpreter of the same condition agree, whoever the user is.

use proptest::collection::vec;
use proptest::prelude::*;

use super::behaviours::{Done, Events};
use super::naive::{Naive, V};
use super::*;
use crate::model::{
    AffixKind, Aggregate, Behaviour, Duration, Given, IsWhat, Object, Quantifier, ReadAs, Window,
};

const NOW: &str = "2026-03-01T09:00:00Z";

/// Few values, so that they often meet; the odd ones are where mistakes are made.
fn values() -> impl Strategy<Value = Value> {
    prop::sample::select(
        [
            "null",
            "true",
            "false",
            "0",
            "1",
            "-1",
            "2.0",
            "1.5",
            "-0.0",
            "9223372036854775807",
            "-9223372036854775808",
            "9.223372036854776e18",
            "1e300",
            "\"\"",
            "\"a\"",
            "\"ab\"",
            "\"Ab\"",
            "\"é\"",
            "\"1\"",
            "\"2.10\"",
            "\"5.2.0-rc.1\"",
            "\"2026-03-01T09:00:00Z\"",
            "\"2026-03-01 10:00:00[Europe/Oslo]\"",
            "1772355600000",
            "[]",
            "[1,\"a\",null]",
            "[1.0,[2]]",
            "{}",
            "{\"x\":1}",
            "{\"x\":[\"a\"]}",
            "[{\"x\":1},{\"x\":[2,\"a\"]},[{\"x\":\"a\"}],{}]",
            "{\"x\":[{\"x\":1.0},{\"x\":null}]}",
        ]
        .map(json)
        .to_vec(),
    )
}

fn literals() -> impl Strategy<Value = Expr> {
    values().prop_filter("NULL is refused in most places", |v| *v != Value::Null).prop_map(lit)
}

/// Instants near the one of the evaluation.
fn instants() -> impl Strategy<Value = Timestamp> {
    (-3_i64..=3).prop_map(|hours| {
        Timestamp::from_micros(at(NOW).as_micros() + hours * 3_600_000_000).unwrap()
    })
}

fn windows() -> impl Strategy<Value = Option<Window>> {
    let text = || instants().prop_map(|at| Spanned::unplaced(Literal::from(at.to_string())));
    let within = (0_i64..4).prop_map(|hours| Duration::from_micros(hours * 3_600_000_000));
    prop::option::of(prop_oneof![
        within.prop_map(|within| Window::Within(Given::Here(within).into())),
        text().prop_map(Window::Since),
        (text(), text()).prop_map(|(from, to)| Window::Span { from, to }),
    ])
}

fn filters() -> impl Strategy<Value = Option<Expr>> {
    let recent = compare(CompareOp::Greater, attr("a"), call("NOW", vec![]));
    prop::option::of(prop_oneof![
        4 => (compare_ops(), literals()).prop_map(|(op, value)| compare(op, attr("a"), value)),
        2 => literals().prop_map(|value| not(eq(attr("b"), value))),
        1 => Just(attr("b")),
        1 => Just(recent),
    ])
}

fn behaviours() -> impl Strategy<Value = Expr> {
    let aggregates = prop::sample::select(Aggregate::ALL.to_vec());
    let events = prop::sample::select(vec!["x", "y"]);
    let paths = prop::sample::select(vec!["a", "b", "a.x"]);
    let zones = prop::option::of(prop::sample::select(vec!["Europe/Oslo", "Pacific/Kiritimati"]));
    let parts = (aggregates, events, paths, values(), filters(), windows(), zones);
    parts.prop_map(|(aggregate, event, path, value, filter, window, zone)| {
        let of = aggregate.needs_property().then(|| path.split('.').map(Arc::from).collect());
        let equals = (aggregate == Aggregate::Share).then(|| Literal::from(value).into());
        let event = Literal::from(event).into();
        let zone = zone.filter(|_| aggregate == Aggregate::Days);
        let zone = zone.map(|zone| Literal::from(zone).into());
        let behaviour = Behaviour { aggregate, event, of, equals, filter, window, zone };
        expr(ExprKind::Behaviour(Box::new(behaviour)))
    })
}

/// What a user did, in the order of time.
pub(super) fn pasts() -> impl Strategy<Value = Events> {
    let event = (prop::sample::select(vec!["x", "y"]), instants(), values(), values());
    vec(event, 0..6).prop_map(|mut events| {
        events.sort_by_key(|(_, at, ..)| *at);
        let done = events.into_iter().map(|(name, at, a, b)| {
            let properties: Object = [("a".into(), a), ("b".into(), b)].into_iter().collect();
            Done { name, at, properties }
        });
        Events(done.collect())
    })
}

fn leaves() -> impl Strategy<Value = Expr> {
    prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "c", "d", "a.x", "gone", "user_id"]).prop_map(attr),
        4 => literals(),
        3 => behaviours(),
        1 => Just(expr(ExprKind::Element)),
        1 => Just(call("NOW", vec![])),
        1 => Just(timestamp(NOW)),
        1 => readings().prop_map(|what| expr(ExprKind::read(what, match what {
            ReadAs::Timestamp => NOW,
            _ => "2.10",
        }))),
        1 => Just(expr(ExprKind::Duration(Duration::from_micros(60_000_000)))),
    ]
}

fn readings() -> impl Strategy<Value = ReadAs> {
    prop::sample::select(vec![ReadAs::Timestamp, ReadAs::Semver, ReadAs::Version])
}

/// What elements of lists are asked.
fn element_filters() -> impl Strategy<Value = Expr> {
    let value = || expr(ExprKind::CheckValue(Arc::new([])));
    let operands = prop_oneof![
        Just(attr("x")),
        Just(value()),
        Just(expr(ExprKind::CheckValue([Arc::from("x")].into()))),
        Just(call("TYPE", vec![attr("x")])),
        Just(call("LENGTH", vec![value()])),
        Just(call("NOW", vec![])),
    ];
    let test = (compare_ops(), operands, literals()).prop_map(|(op, l, r)| compare(op, l, r));
    test.prop_recursive(2, 4, 2, move |inner| {
        let boxes = || inner.clone().prop_map(Box::new);
        prop_oneof![
            inner.clone().prop_map(not),
            (any::<bool>(), boxes()).prop_map(move |(every, filter)| {
                let list = boxed(expr(ExprKind::CheckValue(Arc::new([]))));
                expr(ExprKind::Each { every, list, filter })
            }),
        ]
    })
}

/// A value with steps into it.
fn inside(operand: Expr) -> Expr {
    expr(ExprKind::Inside { operand: boxed(operand), steps: [Arc::from("x")].into() })
}

fn compare_ops() -> impl Strategy<Value = CompareOp> {
    use CompareOp as C;
    prop::sample::select(vec![
        C::Equal,
        C::NotEqual,
        C::Less,
        C::LessOrEqual,
        C::Greater,
        C::GreaterOrEqual,
    ])
}

fn arithmetic_ops() -> impl Strategy<Value = ArithmeticOp> {
    use ArithmeticOp as A;
    prop::sample::select(vec![
        A::Concatenate,
        A::Add,
        A::Subtract,
        A::Multiply,
        A::Divide,
        A::Remainder,
    ])
}

fn whats() -> impl Strategy<Value = IsWhat> {
    prop::sample::select(vec![IsWhat::Null, IsWhat::True, IsWhat::False])
}

fn affixes() -> impl Strategy<Value = AffixKind> {
    prop::sample::select(vec![AffixKind::Starts, AffixKind::Ends])
}

fn quantifiers() -> impl Strategy<Value = Quantifier> {
    prop::sample::select(vec![Quantifier::Any, Quantifier::All])
}

/// Expressions that look into values, or read them as something.
fn read_or_searched(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Expr> {
    let e = move || inner.clone();
    let b = {
        let e = e.clone();
        move || e().prop_map(Box::new)
    };
    prop_oneof![
        (b(), compare_ops(), e(), any::<bool>()).prop_map(|(list, op, right, steps)| {
            let element = expr(ExprKind::Element);
            let left = if steps { inside(element) } else { element };
            let test = Box::new(compare(op, left, right));
            expr(ExprKind::Any { list, test })
        }),
        (any::<bool>(), b(), element_filters()).prop_map(|(every, list, filter)| {
            expr(ExprKind::Each { every, list, filter: boxed(filter) })
        }),
        (readings(), b()).prop_map(|(what, operand)| expr(ExprKind::Read { what, operand })),
        e().prop_map(inside),
        b().prop_map(|operand| expr(ExprKind::Negate(operand))),
        e().prop_map(|operand| cast(operand, KeyType::String)),
        (e(), e()).prop_map(|(list, n)| call("ELEMENT", vec![list, n])),
    ]
}

/// Any expression, well-typed or not; those that the check refuses are left out below.
pub(super) fn expressions() -> impl Strategy<Value = Expr> {
    leaves().prop_recursive(4, 40, 4, |inner| {
        let e = move || inner.clone();
        let b = {
            let e = e.clone();
            move || e().prop_map(Box::new)
        };
        let searched = read_or_searched(e().boxed());
        let others =
            prop_oneof![
                vec(e(), 2..4).prop_map(|items| expr(ExprKind::And(items))),
                vec(e(), 2..4).prop_map(|items| expr(ExprKind::Or(items))),
                e().prop_map(not),
                (compare_ops(), e(), e()).prop_map(|(op, l, r)| compare(op, l, r)),
                (b(), whats(), any::<bool>()).prop_map(|(operand, what, negated)| expr(
                    ExprKind::Is { operand, what, negated }
                )),
                (b(), b(), b(), any::<bool>()).prop_map(|(operand, low, high, negated)| {
                    expr(ExprKind::Between { operand, low, high, negated })
                }),
                (b(), vec(e(), 1..4), any::<bool>()).prop_map(|(operand, items, negated)| expr(
                    ExprKind::In { operand, items, negated }
                )),
                (
                    b(),
                    vec(prop::sample::select(vec!["a", "ab", "Ab", "1", "x", "y", "2.10"]), 9..12),
                    any::<bool>()
                )
                    .prop_map(|(operand, items, negated)| {
                        let items = items.into_iter().map(lit).collect();
                        expr(ExprKind::In { operand, items, negated })
                    }),
                (b(), quantifiers(), vec(e(), 1..3), any::<bool>()).prop_map(
                    |(operand, quantifier, items, negated)| {
                        expr(ExprKind::Contains { operand, quantifier, items, negated })
                    }
                ),
                (b(), affixes(), vec(e(), 1..3), any::<bool>()).prop_map(
                    |(operand, kind, items, negated)| expr(ExprKind::Affix {
                        operand,
                        kind,
                        items,
                        negated
                    })
                ),
                (arithmetic_ops(), e(), e()).prop_map(|(op, l, r)| calc(op, l, r)),
                (prop::sample::select(vec!["LOWER", "LENGTH", "SIZE", "ABS", "TYPE"]), e())
                    .prop_map(|(name, a)| call(name, vec![a])),
                vec(e(), 1..3).prop_map(|items| call("COALESCE", items)),
                (e(), e(), e()).prop_map(|(c, x, y)| call("IF", vec![c, x, y])),
                (e(), e(), e()).prop_map(|(s, from, count)| call("SUBSTR", vec![s, from, count])),
            ];
        prop_oneof![2 => others, 1 => searched]
    })
}

pub(super) fn users() -> impl Strategy<Value = Context> {
    vec(values(), 4).prop_map(|values| {
        let named = ["a", "b", "c", "d"].into_iter().zip(values);
        named.fold(Context::new("u1"), |user, (name, value)| user.with(name, value))
    })
}

/// What the interpreter's value is as a value of a key.
fn plain(v: V) -> Value {
    match v {
        V::Json(value) => value,
        V::Time(at) => Timestamp::from_micros(at).unwrap().to_string().into(),
        V::Span(micros) => Duration::from_micros(micros).to_text().into(),
        V::Sem(_) | V::Ver(_) => Value::Null,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_global_rejects: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn program_and_interpreter_agree(e in expressions(), users in vec((users(), pasts(), any::<bool>()), 8)) {
        let Ok(program) = with_scope(|scope| compile_value(&e, scope)) else {
            return Err(TestCaseError::reject("refused"));
        };
        for (user, events, prepared) in users {
            let measures = program.measures().filter(|_| prepared);
            let ready = measures.map(|measure| measure.ready(&events, at(NOW))).collect();
            let user = &user.with_past(Arc::new(events.clone()), ready);
            let mut naive = Naive { user, events: &events, now: at(NOW), element: V::Json(Value::Null), member: None };
            let wanted = plain(naive.eval(&e));
            let found = program.value(&mut User(user));
            prop_assert_eq!(&found, &wanted, "{} for {:?}", e, user);
            let truth = naive.truth(&e);
            prop_assert_eq!(program.evaluate(&mut User(user)), truth);
            prop_assert_eq!(program.holds(&mut User(user)), truth == Some(true));
        }
    }
}
