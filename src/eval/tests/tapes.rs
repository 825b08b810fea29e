//! Tapes: they decide as the conditions of the rows say, and are made anew when these change.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Moment;
use super::super::bucket::bucket;
use super::super::compile::compile_plain;
use super::super::field::Fields;
use super::super::operand::Operand;
use super::snapshots::{
    World, cell, publish, put_config, put_key, put_segment, row, t, told, version,
};
use super::*;
use crate::model::{Change, KeyId, ReadAs, Row};

/// Texts around the lengths that matter: of one word, of two, and longer.
const TEXTS: [&str; 8] =
    ["", "a", "1234567", "12345678", "123456789012345", "1234567890123456", "5.2", "1.0-rc.1"];

fn texts() -> impl Strategy<Value = Expr> {
    prop::sample::select(TEXTS.to_vec()).prop_map(lit)
}

fn names() -> impl Strategy<Value = Expr> {
    prop::sample::select(vec!["a", "b", "c", "gone", "user_id"]).prop_map(attr)
}

fn bounds() -> impl Strategy<Value = Expr> {
    prop_oneof![
        prop::sample::select(vec![-1_i64, 0, 5, i64::MAX]).prop_map(lit),
        prop::sample::select(vec!["5.2.0", "1.0.0-rc.1", "1"])
            .prop_map(|text| expr(ExprKind::read(ReadAs::Semver, text))),
        Just(expr(ExprKind::read(ReadAs::Version, "5.2"))),
        Just(timestamp("2026-03-01T09:00:00Z")),
        texts(),
    ]
}

fn ops() -> impl Strategy<Value = CompareOp> {
    use CompareOp as C;
    let all = vec![C::Equal, C::NotEqual, C::Less, C::LessOrEqual, C::Greater, C::GreaterOrEqual];
    prop::sample::select(all)
}

/// Conditions most of which a tape tests itself.
fn conditions() -> impl Strategy<Value = Expr> {
    let lists = (names(), vec(texts(), 1..20), any::<bool>());
    let tests = prop_oneof![
        4 => (names(), texts()).prop_map(|(name, text)| eq(name, text)),
        2 => (names(), texts()).prop_map(|(name, text)| compare(CompareOp::NotEqual, text, name)),
        3 => lists.prop_map(|(operand, items, negated)| {
            expr(ExprKind::In { operand: boxed(operand), items, negated })
        }),
        4 => (names(), ops(), bounds()).prop_map(|(name, op, bound)| compare(op, name, bound)),
        1 => (names(), names()).prop_map(|(a, b)| eq(a, b)),
    ];
    tests.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|items| expr(ExprKind::And(items))),
            vec(inner.clone(), 2..4).prop_map(|items| expr(ExprKind::Or(items))),
            inner.prop_map(not),
        ]
    })
}

fn users() -> impl Strategy<Value = Context> {
    let value = prop_oneof![
        4 => prop::sample::select(TEXTS.to_vec()).prop_map(Value::from),
        2 => prop::sample::select(vec![-1_i64, 0, 4, 5, i64::MAX]).prop_map(Value::from),
        1 => prop::sample::select(vec!["null", "5.0", "[\"a\"]", "true", "\"2026-03-01T10:00:00Z\""])
            .prop_map(json),
    ];
    vec(value, 3).prop_map(|values| {
        let named = ["a", "b", "c"].into_iter().zip(values);
        named.fold(Context::new("a"), |user, (name, value)| user.with(name, value))
    })
}

/// A row: its condition, and perhaps a share and the attribute by whose values it goes.
type Tried = (Expr, Option<(u32, Option<&'static str>)>);

fn shares() -> impl Strategy<Value = Option<(u32, Option<&'static str>)>> {
    let shares = prop::sample::select(vec![0, 30_000, 70_000, 99_999]);
    let by = prop::sample::select(vec![None, Some("a"), Some("b"), Some("gone")]);
    prop::option::weighted(0.4, (shares, by))
}

/// A key whose rows have the conditions, each with a value of its own and perhaps a rollout.
fn world(rows: &[Tried]) -> World {
    let mut changes = vec![put_key(1, "k", -1, false), put_config(1, "c", false, false)];
    let numbers = 1..=u32::try_from(rows.len()).unwrap();
    for (number, (condition, _)) in numbers.clone().zip(rows) {
        changes.push(put_segment(number, &format!("s{number}"), condition.clone()));
    }
    let made = numbers.clone().zip(rows);
    let made = made.map(|(number, (_, share))| Row {
        by: share.and_then(|(_, by)| by).map(|by| [Arc::from(by)].into()),
        ..row(number, share.map(|(share, _)| share), "salt")
    });
    let cells = numbers.map(|number| cell(number.into())).collect();
    changes.push(Change::Version(version(1, 1, made.collect(), vec![(1, cells)])));
    changes.push(publish(1, 1, 1, 0, None));
    let mut world = World::default();
    world.change(0, &changes);
    world
}

/// What the first row gives whose condition holds and that is rolled out, part by part.
fn wanted(rows: &[Tried], user: &Context) -> Value {
    let holds = |condition: &Expr| {
        let program = with_scope(|scope| compile_plain(condition, scope, &Fields::default()));
        program.unwrap().evaluate(&mut User(user)) == Some(true)
    };
    let covers = |share: &Option<(u32, Option<&'static str>)>| {
        share.is_none_or(|(share, by)| {
            let hashed = user.attribute(by.unwrap_or("user_id")).map(Operand::from);
            let hashed = hashed.and_then(Operand::into_text);
            hashed.is_some_and(|text| bucket("salt", &text) < share)
        })
    };
    let found = rows.iter().position(|(condition, share)| holds(condition) && covers(share));
    Value::from(found.map_or(-1, |row| i64::try_from(row + 1).unwrap()))
}

fn is_refused((condition, _): &Tried) -> bool {
    with_scope(|scope| compile(condition, scope)).is_err()
}

/// Whether there is a tape of the key `k`, once it was evaluated.
fn has_tape(world: &World) -> bool {
    world.get("k", &Context::anonymous(), 0);
    world.snapshot.compiled().key(KeyId(1)).unwrap().tape().is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tape_decides_as_its_conditions_say(
        rows in vec((conditions(), shares()), 1..6),
        users in vec(users(), 6),
    ) {
        if rows.iter().any(is_refused) {
            return Err(TestCaseError::reject("refused"));
        }
        let world = world(&rows);
        for user in users {
            let wanted = wanted(&rows, &user);
            for _ in 0..3 {
                let found = world.snapshot.evaluate_id(KeyId(1), &user, Moment::At(t(0))).unwrap();
                prop_assert_eq!(found.value(), &wanted, "{:?} for {:?}", rows, user);
            }
        }
    }

    /// What a context keeps of one store is nothing to another.
    #[test]
    fn a_context_is_of_no_store(
        both in vec(vec((conditions(), shares()), 1..5), 2),
        users in vec(users(), 4),
        turns in vec(any::<bool>(), 8),
    ) {
        if both.iter().flatten().any(is_refused) {
            return Err(TestCaseError::reject("refused"));
        }
        let worlds = [world(&both[0]), world(&both[1])];
        for user in users {
            for turn in turns.iter().map(|turn| usize::from(*turn)) {
                let found = worlds[turn].snapshot.evaluate_id(KeyId(1), &user, Moment::At(t(0)));
                let (found, wanted) = (found.unwrap(), wanted(&both[turn], &user));
                prop_assert_eq!(found.value(), &wanted, "{:?}", user);
            }
        }
    }
}

#[test]
fn a_tape_has_the_conditions_of_one_key() {
    let simple = |text: &str| (eq(attr("a"), lit(text)), None);
    assert!(has_tape(&world(&[simple("x")])));
    assert!(has_tape(&world(&[(eq(attr("a"), attr("b")), None), simple("x")])));
    assert!(has_tape(&world(&[(eq(attr("a"), lit("x")), Some((50_000, Some("b"))))])));
    assert!(!has_tape(&world(&[(eq(attr("a"), attr("b")), None)])));
    let long = (0..70).map(|n| lit(format!("text{n}"))).collect();
    assert!(!has_tape(&world(&[(is_in(attr("a"), long), None)])));

    let mut shared = world(&[simple("x")]);
    let second = version(2, 1, vec![row(1, None, "salt")], vec![(2, vec![cell(9)])]);
    shared.change(
        1,
        &[
            put_key(2, "m", 2, false),
            put_config(2, "d", false, false),
            Change::Version(second),
            publish(2, 1, 1, 1, None),
        ],
    );
    shared.get("m", &Context::anonymous(), 1);
    assert!(shared.snapshot.compiled().key(KeyId(2)).unwrap().tape().is_none());
}

#[test]
fn a_segment_that_two_keys_ask_is_on_no_tape() {
    let mut world = World::default();
    let columns = vec![(1, vec![cell(1), cell(2)]), (2, vec![cell(3), None])];
    world.change(
        0,
        &[
            put_key(1, "k", -1, false),
            put_key(2, "m", -2, false),
            put_segment(1, "both", eq(attr("a"), lit("x"))),
            put_segment(2, "one", eq(attr("a"), lit("y"))),
            put_config(1, "c", false, false),
            Change::Version(version(1, 1, vec![row(1, None, "r"), row(2, None, "s")], columns)),
            publish(1, 1, 1, 0, None),
        ],
    );
    let of = |key: &str, a: &str| world.get(key, &Context::new("u").with("a", a), 0);
    let values = [of("k", "x"), of("k", "y"), of("m", "x"), of("m", "y")];
    assert_eq!(
        values.map(|told| told.split(' ').next().unwrap().to_owned()),
        ["1", "2", "3", "-2"]
    );
    let tape = |id| world.snapshot.compiled().key(KeyId(id)).unwrap().tape().is_some();
    assert_eq!([tape(1), tape(2)], [true, false]);
}

#[test]
fn a_tape_is_of_the_conditions_as_they_stand() {
    let mut world = world(&[(eq(attr("a"), lit("x")), None)]);
    let users = ["x", "y"].map(|a| Context::new("u").with("a", a));
    let values = |world: &World| {
        users.each_ref().map(|user| {
            let found = world.snapshot.evaluate_id(KeyId(1), user, Moment::At(t(9)));
            told(&found.unwrap())
        })
    };
    let before = values(&world);
    let old = world.snapshot.clone();
    world.change(1, &[put_segment(1, "s1", eq(attr("a"), lit("y")))]);
    let [first, second] = before.clone();
    assert_eq!(values(&world), [second, first]);
    let held = users.each_ref().map(|user| old.evaluate_id(KeyId(1), user, Moment::At(t(0))));
    assert_eq!(held.map(|found| told(&found.unwrap())), before);
}

#[test]
fn attributes_without_a_number_are_on_no_tape() {
    let mut rows: Vec<_> = (0..40).map(|n| eq(attr(&format!("a{n}")), lit("x"))).collect();
    let last = rows.split_off(39);
    let all = [(expr(ExprKind::Or(rows)), None), (last[0].clone(), None)];
    let world = world(&all);
    for n in [0, 31, 32, 38, 39] {
        let user = Context::new("u").with(format!("a{n}"), "x");
        assert_eq!(
            world.snapshot.evaluate_id(KeyId(1), &user, Moment::At(t(0))).unwrap().value(),
            &wanted(&all, &user),
            "{n}"
        );
    }
}

/// What leads to the second of two texts by another way must not ask for the first.
#[test]
fn texts_that_are_tested_together_decide_as_one_by_one() {
    let texts = [None, Some("x"), Some("y"), Some("z"), Some("n"), Some("1234567890123456")];
    let is = |name: &str, text: &str| eq(attr(name), lit(text));
    let and = |items| expr(ExprKind::And(items));
    let or = |items| expr(ExprKind::Or(items));
    let all = [
        (and(vec![or(vec![is("c", "z"), is("a", "x")]), is("b", "y")]), None),
        (and(vec![is("a", "x"), is("b", "n"), is("c", "n"), is("a", "x")]), None),
        (
            or(vec![and(vec![is("a", "n"), is("c", "z")]), and(vec![is("b", "n"), is("c", "n")])]),
            None,
        ),
        (and(vec![is("b", "y"), not(is("c", "n"))]), None),
    ];
    for rows in [&all[..], &all[..2], &all[1..2], &all[2..], &all[3..]] {
        let world = world(rows);
        assert!(has_tape(&world));
        let given = |user: Context, (name, value): (&str, Option<&str>)| match value {
            Some(value) => user.with(name, value),
            None => user,
        };
        for n in 0..texts.len().pow(3) {
            let [a, b, c] = [1, 6, 36].map(|part| texts[n / part % 6]);
            let user = [("a", a), ("b", b), ("c", c)].into_iter().fold(Context::new("u"), given);
            for _ in 0..2 {
                let found = world.snapshot.evaluate_id(KeyId(1), &user, Moment::At(t(0))).unwrap();
                assert_eq!(found.value(), &wanted(rows, &user), "{user:?}");
            }
        }
    }
}
