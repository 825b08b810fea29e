//! Conditions that are refused, and why.

use super::super::{CheckScope, passes_check};
use super::*;
use crate::eval::Type;
use crate::model::{AffixKind, AttributeType, Path, Span};

fn h(arguments: Vec<Expr>) -> &'static str {
    code(&compare(CompareOp::Less, call("HASH_MOD", arguments), lit(1)))
}

#[test]
fn what_is_wrong_whatever_the_user_is_refused() {
    let null = || lit(Value::Null);
    let starts = |a: Expr, b: Expr| {
        expr(ExprKind::Affix {
            operand: boxed(a),
            kind: AffixKind::Starts,
            items: vec![b],
            negated: false,
        })
    };
    let number = |function: &str, arguments| code(&eq(call(function, arguments), lit(1)));
    for (found, wanted) in [
        (code(&lit(1)), "type-mismatch"),
        (code(&attr("beta")), "fine"),
        (code(&eq(attr("a"), null())), "type-mismatch"),
        (code(&is_in(attr("a"), vec![lit(1), null()])), "type-mismatch"),
        (code(&is_in(attr("a"), vec![])), "type-mismatch"),
        (code(&eq(lit(1), lit("a"))), "type-mismatch"),
        (code(&compare(CompareOp::Less, attr("a"), j("[]"))), "type-mismatch"),
        (code(&eq(attr("a"), j("[]"))), "fine"),
        (code(&starts(attr("a"), lit(1))), "type-mismatch"),
        (code(&not(lit("x"))), "type-mismatch"),
        (code(&call("NOSUCH", vec![])), "unknown-function"),
        (number("LENGTH", vec![]), "type-mismatch"),
        (number("LENGTH", vec![lit(5)]), "type-mismatch"),
        (number("LENGTH", vec![null()]), "fine"),
        (number("HOUR", vec![attr("t"), lit("Mars/Base")]), "bad-literal"),
        (number("HOUR", vec![attr("t"), attr("zone")]), "type-mismatch"),
        (number("HOUR", vec![lit("soon"), lit("UTC")]), "bad-time"),
        (code(&call("IP_IN", vec![attr("ip"), lit("10.0.0.0/33")])), "bad-literal"),
        (code(&call("IP_IN", vec![attr("ip"), lit("10.0.0/8")])), "bad-literal"),
        (number("HASH", vec![lit("md4"), attr("x")]), "bad-literal"),
        (number("HASH", vec![lit("murmur3"), attr("x"), lit(4_294_967_296_i64)]), "type-mismatch"),
        (number("HASH", vec![lit("md5"), attr("x"), lit(1)]), "type-mismatch"),
        (number("COALESCE", vec![]), "type-mismatch"),
        (code(&timestamp("soon")), "bad-time"),
        (code(&eq(timestamp("soon"), attr("t"))), "bad-time"),
        (code(&eq(call("NOW", vec![]), lit("soon"))), "bad-time"),
        (code(&eq(attr("v"), expr(ExprKind::read(ReadAs::Semver, "x")))), "bad-literal"),
        (code(&eq(attr("v"), expr(ExprKind::read(ReadAs::Version, "1.x")))), "bad-literal"),
        (code(&expr(ExprKind::Literal(Literal::Parameter("p".into())))), "unknown-parameter"),
        (code(&expr(ExprKind::CheckValue([].into()))), "syntax"),
        (code(&key("nosuch")), "unknown-key"),
        (code(&in_segment("nosuch")), "unknown-segment"),
        (code(&calc(ArithmeticOp::Add, lit(1), lit("a"))), "type-mismatch"),
    ] {
        assert_eq!(found, wanted);
    }
}

#[test]
fn moduli_and_bits_are_positive() {
    let arguments = |more: &[i64]| {
        let numbers = more.iter().map(|n| lit(*n));
        [lit("crc32"), attr("x")].into_iter().chain(numbers).collect::<Vec<_>>()
    };
    assert_eq!(h(arguments(&[100])), "fine");
    assert_eq!(h(arguments(&[0])), "type-mismatch");
    assert_eq!(h(arguments(&[100, 32])), "fine");
    assert_eq!(h(arguments(&[100, 33])), "type-mismatch");
    assert_eq!(h(arguments(&[])), "type-mismatch");
}

#[test]
fn regexes_are_compiled_within_bounds() {
    let matches = |text: &str| {
        let pattern = Spanned::new(Literal::Value(text.into()), Span::new(3, 9));
        let made = expr(ExprKind::Matches { operand: boxed(attr("a")), pattern, negated: false });
        with_scope(|scope| compile(&made, scope)).map(drop).map_err(|e| (e.code(), e.span()))
    };
    let here = Some(Span::new(3, 9));
    assert_eq!(matches("^a+$"), Ok(()));
    assert_eq!(matches("("), Err(("bad-literal", here)));
    assert_eq!(matches(r"(a)\1"), Err(("bad-literal", here)));
    assert_eq!(matches("((a{100}){100}){100}"), Err(("limit", here)));
}

#[test]
fn hints_say_what_to_write() {
    let error = |e: &Expr| with_scope(|scope| compile(e, scope)).unwrap_err();
    assert!(error(&eq(attr("a"), lit(Value::Null))).hints()[0].contains("IS NULL"));
    assert!(error(&call("LOWR", vec![attr("a")])).hints()[0].contains("LOWER"));
}

#[test]
fn a_check_is_about_value_alone() {
    let value = || expr(ExprKind::CheckValue([].into()));
    let step = || expr(ExprKind::CheckValue(["size".into()].into()));
    let code = |e: &Expr, kind| {
        compile(e, &CheckScope(KeyType::into(kind))).map_or_else(|e| e.code(), |_| "fine")
    };
    assert_eq!(code(&eq(value(), lit(1)), KeyType::Integer), "fine");
    assert_eq!(code(&eq(value(), lit("a")), KeyType::Integer), "type-mismatch");
    assert_eq!(code(&eq(value(), lit("a")), KeyType::Json), "fine");
    assert_eq!(code(&eq(attr("a"), lit(1)), KeyType::Integer), "syntax");
    assert_eq!(code(&eq(key("a"), lit(1)), KeyType::Integer), "syntax");
    assert_eq!(code(&eq(call("NOW", vec![]), value()), KeyType::String), "syntax");
    let program =
        compile(&compare(CompareOp::Less, step(), lit(3)), &CheckScope(AttributeType::Json))
            .unwrap();
    assert!(passes_check(&program, &json(r#"{"size":2}"#)));
    assert!(!passes_check(&program, &json(r#"{"size":3}"#)));
    assert!(!passes_check(&program, &json("{}")));
}

#[test]
fn a_scope_may_refuse_attributes() {
    struct Columns;
    impl Scope for Columns {
        fn key(&self, name: &Spanned<Name>) -> crate::Result<(crate::model::KeyId, KeyType)> {
            CheckScope(AttributeType::Json).key(name)
        }
        fn segment(&self, name: &Spanned<Name>) -> crate::Result<crate::model::SegmentId> {
            CheckScope(AttributeType::Json).segment(name)
        }
        fn attribute(&self, path: &Path, span: Span) -> crate::Result<Option<Type>> {
            let name = path[0].to_string();
            let unknown = crate::Error::new(crate::ErrorKind::UnknownColumn { name });
            if &*path[0] == "name" { Ok(None) } else { Err(unknown.at(span)) }
        }
    }
    assert!(compile(&eq(attr("name"), lit("x")), &Columns).is_ok());
    assert_eq!(compile(&eq(attr("nam"), lit("x")), &Columns).unwrap_err().code(), "unknown-column");
}
