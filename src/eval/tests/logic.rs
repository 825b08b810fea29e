//! Three-valued logic, comparisons and membership.

use super::*;
use crate::model::{AffixKind, IsWhat, Quantifier};

const T: Truth = Some(true);
const F: Truth = Some(false);

fn user() -> Context {
    Context::new("u1")
        .with("country", "US")
        .with("n", 5)
        .with("tags", json(r#"["a",1,null,[2.0]]"#))
        .with("address", json(r#"{"city":"Nice","zip code":null}"#))
        .with("app", "5.10.1")
        .with("nothing", Value::Null)
}

fn check(condition: &Expr, truth: Truth) {
    assert_eq!(holds(condition, &user()), truth, "{condition}");
}

#[test]
fn connectives_have_three_values() {
    let unknown = || eq(attr("missing"), lit(1));
    let (yes, no) = (|| lit(true), || lit(false));
    check(&expr(ExprKind::And(vec![unknown(), no()])), F);
    check(&expr(ExprKind::And(vec![yes(), unknown()])), None);
    check(&expr(ExprKind::Or(vec![unknown(), yes()])), T);
    check(&expr(ExprKind::Or(vec![no(), unknown()])), None);
    check(&not(unknown()), None);
    let is = |what, negated| expr(ExprKind::Is { operand: boxed(unknown()), what, negated });
    check(&is(IsWhat::True, false), F);
    check(&is(IsWhat::True, true), T);
    check(&is(IsWhat::Null, false), T);
    check(&expr(ExprKind::And(vec![attr("country"), yes()])), None);
}

#[test]
fn comparisons_are_by_value_within_a_kind() {
    check(&eq(attr("n"), j("5.0")), T);
    check(&eq(attr("country"), attr("n")), None);
    check(&eq(attr("country"), lit("us")), F);
    check(&compare(CompareOp::Less, attr("no_such.step"), lit(1)), None);
    check(&eq(attr("address.city"), lit("Nice")), T);
    check(&eq(attr("country.city"), lit("Nice")), None);
    check(&eq(attr("tags"), j(r#"["a",1.0,null,[2]]"#)), T);
    check(&compare(CompareOp::NotEqual, attr("tags"), attr("address")), T);
    check(&compare(CompareOp::Less, attr("tags"), attr("tags")), None);
    check(&compare(CompareOp::Less, lit(false), lit(true)), T);
    let semver = |text: &str| expr(ExprKind::read(ReadAs::Semver, text));
    check(&compare(CompareOp::GreaterOrEqual, attr("app"), semver("5.9")), T);
    check(&compare(CompareOp::GreaterOrEqual, attr("country"), semver("5.9")), None);
    let version = |text: &str| expr(ExprKind::read(ReadAs::Version, text));
    check(&compare(CompareOp::Less, attr("app"), version("5.10.1.1")), T);
    check(&compare(CompareOp::Less, attr("n"), timestamp("1970-01-01T00:00:00.005Z")), F);
    check(&eq(attr("n"), timestamp("1970-01-01T00:00:00.005Z")), T);
}

#[test]
fn members_of_another_type_are_not_in_a_list() {
    check(&is_in(attr("n"), vec![attr("country"), attr("country")]), F);
    check(&is_in(attr("n"), vec![attr("missing"), lit(5)]), T);
    check(&is_in(attr("n"), vec![attr("missing"), lit(6)]), None);
    check(&is_in(attr("missing"), vec![lit(6)]), None);
    let many =
        |more: &str| (0..12).map(|i| lit(format!("c{i}"))).chain([lit(more)]).collect::<Vec<_>>();
    check(&is_in(attr("country"), many("US")), T);
    check(&is_in(attr("country"), many("FR")), F);
    check(&is_in(attr("n"), many("5")), F);
    check(&is_in(attr("nothing"), many("5")), None);
    check(&is_in(call("NOW", vec![]), vec![lit("2026-03-01T10:00:00+01:00")]), T);
}

#[test]
fn texts_and_lists_contain() {
    let contains = |operand: Expr, quantifier, items: Vec<Expr>| {
        expr(ExprKind::Contains { operand: boxed(operand), quantifier, items, negated: false })
    };
    let one = |operand, item| contains(operand, Quantifier::One, vec![item]);
    check(&one(attr("country"), lit("S")), T);
    check(&one(attr("country"), attr("n")), F);
    check(&one(attr("tags"), j("1.0")), T);
    check(&one(attr("tags"), j("[2]")), T);
    check(&one(attr("tags"), lit("b")), F);
    check(&one(attr("tags"), attr("missing")), None);
    check(&one(attr("n"), lit("b")), None);
    check(&contains(attr("tags"), Quantifier::Any, vec![lit("z"), lit("a")]), T);
    check(&contains(attr("tags"), Quantifier::All, vec![lit("z"), lit("a")]), F);
    check(&contains(attr("tags"), Quantifier::All, vec![lit(1), lit("a")]), T);
    let starts = |operand: Expr, items| {
        expr(ExprKind::Affix {
            operand: boxed(operand),
            kind: AffixKind::Starts,
            items,
            negated: true,
        })
    };
    check(&starts(attr("country"), vec![lit("X"), lit("U")]), F);
    check(&starts(attr("n"), vec![lit("X")]), None);
    let matches = |operand: Expr| {
        let pattern = Spanned::unplaced(Literal::Value("^[A-Z]{2}$".into()));
        expr(ExprKind::Matches { operand: boxed(operand), pattern, negated: false })
    };
    check(&matches(attr("country")), T);
    check(&matches(attr("app")), F);
    check(&matches(attr("n")), None);
}

#[test]
fn any_goes_through_the_elements() {
    let any =
        |list: &str, test: Expr| expr(ExprKind::Any { list: boxed(attr(list)), test: boxed(test) });
    let element = || expr(ExprKind::Element);
    check(&any("tags", eq(element(), lit(1))), T);
    check(&any("tags", eq(element(), lit("b"))), None); // one of them is NULL
    check(&any("country", eq(element(), lit("US"))), T);
    check(&any("missing", eq(element(), lit("US"))), None);
    let inner = any("tags", eq(element(), lit("a")));
    let both = expr(ExprKind::In { operand: boxed(element()), items: vec![inner], negated: false });
    check(&any("tags", both), None);
    let empty = Context::new("u").with("tags", json("[]"));
    assert_eq!(holds(&any("tags", eq(element(), lit(1))), &empty), F);
}

#[test]
fn between_includes_both_ends() {
    let between = |a: Expr, low, high, negated| {
        expr(ExprKind::Between { operand: boxed(a), low: boxed(low), high: boxed(high), negated })
    };
    check(&between(attr("n"), lit(5), lit(5), false), T);
    check(&between(attr("n"), lit(6), attr("missing"), false), F);
    check(&between(attr("n"), lit(1), attr("missing"), true), None);
}

/// A list of literals so long that it is not looked at item by item.
fn long(first: &[Expr]) -> Vec<Expr> {
    first.iter().cloned().chain((0..12).map(|n| lit(format!("none of them {n}")))).collect()
}

#[test]
fn a_long_list_says_what_its_items_say_one_by_one() {
    let texts = long(&[lit("U"), lit("US"), lit("S"), lit(".10"), lit("")]);
    let mixed = long(&[j("5.0"), lit(2), j("[2]"), j(r#"{"zip code":null,"city":"Nice"}"#)]);
    let lists = [texts, mixed, long(&[]), long(&[lit("a"), lit(1)]), vec![lit("5.10.1"); 9]];
    let contains = |operand: &str, quantifier, items| {
        let operand = boxed(attr(operand));
        expr(ExprKind::Contains { operand, quantifier, items, negated: false })
    };
    let affix = |operand: &str, kind, items| {
        expr(ExprKind::Affix { operand: boxed(attr(operand)), kind, items, negated: false })
    };
    for (items, operand) in lists.iter().flat_map(|items| {
        ["country", "n", "tags", "address", "app", "nothing", "missing"].map(|name| (items, name))
    }) {
        let each = |part: &dyn Fn(Vec<Expr>) -> Expr| -> Vec<_> {
            items.iter().map(|item| part(vec![item.clone()])).collect()
        };
        let one = each(&|items| is_in(attr(operand), items));
        check(&is_in(attr(operand), items.clone()), holds(&expr(ExprKind::Or(one)), &user()));
        let one = || each(&|items| contains(operand, Quantifier::Any, items));
        let any = holds(&expr(ExprKind::Or(one())), &user());
        check(&contains(operand, Quantifier::Any, items.clone()), any);
        let all = holds(&expr(ExprKind::And(one())), &user());
        check(&contains(operand, Quantifier::All, items.clone()), all);
        for kind in [AffixKind::Starts, AffixKind::Ends] {
            if items.iter().all(|item| matches!(&item.node, ExprKind::Literal(Literal::Value(v)) if v.as_str().is_some())) {
                let one = each(&|items| affix(operand, kind, items));
                let any = holds(&expr(ExprKind::Or(one)), &user());
                check(&affix(operand, kind, items.clone()), any);
            }
        }
    }
    let times = |last: &str| {
        let others = (10..20).map(|day| lit(format!("2026-02-{day}T00:00:00Z")));
        others.chain([lit(last)]).collect::<Vec<_>>()
    };
    check(&is_in(call("NOW", Vec::new()), times("2026-03-01T10:00:00+01:00")), T);
    check(&is_in(call("NOW", Vec::new()), times("2026-03-01T10:00:00Z")), F);
}
