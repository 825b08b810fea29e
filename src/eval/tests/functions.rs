//! The functions of conditions, with the edges of their arguments.

use super::*;
use crate::model::Duration;
use ArithmeticOp as Op;

fn f(name: &str, arguments: &[&str]) -> String {
    value(&call(name, arguments.iter().map(|text| j(text)).collect())).to_string()
}

#[test]
fn text_functions_count_code_points() {
    assert_eq!(f("LOWER", &[r#""ÀB""#]), r#""àb""#);
    assert_eq!(f("UPPER", &[r#""straße""#]), r#""STRASSE""#);
    assert_eq!(f("TRIM", &[r#"" \t\r\nx y\n""#]), r#""x y""#);
    assert_eq!(f("TRIM", &[r#""\u00a0x""#]), "\"\u{a0}x\"");
    assert_eq!(f("LENGTH", &[r#""né😀""#]), "3");
    assert_eq!(f("SUBSTR", &[r#""né😀x""#, "2", "2"]), r#""é😀""#);
    assert_eq!(f("SUBSTR", &[r#""abc""#, "0", "2"]), r#""a""#);
    assert_eq!(f("SUBSTR", &[r#""abc""#, "-5", "3"]), r#""""#);
    assert_eq!(f("SUBSTR", &[r#""abc""#, "9223372036854775807", "9223372036854775807"]), r#""""#);
    assert_eq!(f("SUBSTR", &[r#""abc""#, "1", "-1"]), "null");
    assert_eq!(f("SUBSTR", &[r#""abc""#, "1.0", "1"]), "null");
    assert_eq!(f("REPLACE", &[r#""aXbX""#, r#""X""#, r#""--""#]), r#""a--b--""#);
    assert_eq!(f("REPLACE", &[r#""ab""#, r#""""#, r#""-""#]), r#""ab""#);
    assert_eq!(f("SIZE", &["[1,null,[]]"]), "3");
    assert_eq!(f("SIZE", &["{}"]), "null");
}

#[test]
fn rounding_keeps_the_type() {
    assert_eq!(f("ROUND", &["2.5"]), "3.0");
    assert_eq!(f("ROUND", &["-2.5"]), "-3.0");
    assert_eq!(f("ROUND", &["0.49999999999999994"]), "0.0");
    assert_eq!(f("ROUND", &["7"]), "7");
    assert_eq!(f("FLOOR", &["-1.5"]), "-2.0");
    assert_eq!(f("CEIL", &["-0.5"]), "0.0");
    assert_eq!(f("ABS", &["-9223372036854775808"]), "null");
    assert_eq!(f("ABS", &["-1.5"]), "1.5");
}

#[test]
fn quotients_are_exact() {
    assert_eq!(f("DIV", &["-7", "2"]), "-3");
    assert_eq!(f("DIV", &["7.9", "2"]), "3");
    assert_eq!(f("DIV", &["9007199254740993", "1.0"]), "9007199254740993");
    assert_eq!(f("DIV", &["1", "0.1"]), "9");
    assert_eq!(f("DIV", &["5e-324", "1e308"]), "0");
    assert_eq!(f("DIV", &["1e308", "5e-324"]), "null");
    assert_eq!(f("DIV", &["1e308", "1e300"]), "99999999"); // neither is what it says
    assert_eq!(f("DIV", &["-9223372036854775808", "-1"]), "null");
    assert_eq!(f("DIV", &["-9223372036854775808", "1.0"]), "-9223372036854775808");
    assert_eq!(f("DIV", &["1", "0.0"]), "null");
    assert_eq!(f("DIV", &["0.0", "1e-300"]), "0");
    assert_eq!(f("MOD", &["-7", "3"]), "-1");
    assert_eq!(f("MOD", &["7.5", "-2"]), "1.5");
    assert_eq!(f("MOD", &["-9223372036854775808", "-1"]), "0");
    assert_eq!(f("MOD", &["1", "0"]), "null");
}

#[test]
fn arithmetic_has_no_result_past_the_range() {
    let of = |op, a: &str, b: &str| value(&calc(op, j(a), j(b))).to_string();
    assert_eq!(of(Op::Add, "9223372036854775807", "1"), "null");
    assert_eq!(of(Op::Subtract, "1", "0.5"), "0.5");
    assert_eq!(of(Op::Multiply, "1e200", "1e200"), "null");
    assert_eq!(of(Op::Divide, "1", "2"), "0.5");
    assert_eq!(of(Op::Divide, "6", "2"), "3.0");
    assert_eq!(of(Op::Divide, "6", "0"), "null");
    assert_eq!(of(Op::Remainder, "6.5", "0.0"), "null");
    assert_eq!(of(Op::Concatenate, "1.0", "\"x\""), "\"1x\"");
    assert_eq!(
        of(Op::Concatenate, "true", "1e300"),
        "\"true1e300\"".replace("1e300", &json("1e300").to_string())
    );
    assert_eq!(value(&expr(ExprKind::Negate(boxed(lit(i64::MIN))))), Value::Null);
}

#[test]
fn casts_convert_exactly_or_not_at_all() {
    let of = |text: &str, to| value(&cast(j(text), to)).to_string();
    let whole = |text: &str| of(&format!("{text:?}"), KeyType::Integer);
    for (text, number) in [
        ("1e3", "1000"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "null"),
        ("1.50e1", "15"),
        (" +.5E1\t", "5"),
        ("5.", "5"),
        ("-0", "0"),
        ("0e99999999999999999999", "0"),
        ("1e99999999999999999999", "null"),
        ("1000e-99999999999999999999", "null"),
        ("100e-2", "1"),
        ("1e-1", "null"),
        ("000000000000000000000000000007", "7"),
        (".", "null"),
        ("e5", "null"),
        ("1e", "null"),
        ("1 2", "null"),
        ("0x10", "null"),
        ("٣", "null"),
        ("", "null"),
        ("inf", "null"),
    ] {
        assert_eq!(whole(text), number, "{text:?}");
    }
    assert_eq!(of("1e18", KeyType::Integer), "1000000000000000000");
    assert_eq!(of("-9223372036854775808.0", KeyType::Integer), "-9223372036854775808");
    assert_eq!(of("1.5", KeyType::Integer), "null");
    assert_eq!(of("true", KeyType::Integer), "null");
    assert_eq!(of("\" 1.5e1 \"", KeyType::Double), "15.0");
    assert_eq!(of("\"1e999\"", KeyType::Double), "null");
    assert_eq!(of("\"nan\"", KeyType::Double), "null");
    assert_eq!(of("3", KeyType::Double), "3.0");
    assert_eq!(of("3.0", KeyType::String), "\"3\"");
    assert_eq!(of("-0.0", KeyType::String), "\"0\"");
    assert_eq!(of("[1]", KeyType::String), "null");
    assert_eq!(of("\"true\"", KeyType::Boolean), "true");
    assert_eq!(of("\"TRUE\"", KeyType::Boolean), "null");
    assert_eq!(of("1", KeyType::Boolean), "null");
}

#[test]
fn times_are_read_wherever_they_are_wanted() {
    let hour = |x: Expr, zone: &str| {
        value_for(
            &call("HOUR", vec![x, lit(zone)]),
            &Context::new("u")
                .with("t", "2026-03-01T23:30:00+01:00")
                .with("ms", 1_000_000_000_000_i64)
                .with("no", "noon"),
        )
    };
    assert_eq!(hour(attr("t"), "UTC"), Value::Integer(22));
    assert_eq!(hour(attr("t"), "Asia/Kolkata"), Value::Integer(4));
    assert_eq!(hour(attr("ms"), "UTC"), Value::Integer(1));
    assert_eq!(hour(attr("no"), "UTC"), Value::Null);
    assert_eq!(hour(call("NOW", vec![]), "UTC"), Value::Integer(9));
    let weekday = call("WEEKDAY", vec![timestamp("2026-03-01T23:30:00Z"), lit("Asia/Tokyo")]);
    assert_eq!(value(&weekday), Value::Integer(1));
    let day = expr(ExprKind::Duration(crate::model::Duration::from_units(1, 86_400).unwrap()));
    let next = calc(Op::Add, day.clone(), lit("2026-02-28T00:00:00Z"));
    assert_eq!(value(&next), "2026-03-01T00:00:00Z".into());
    let past = calc(Op::Subtract, timestamp("0001-01-01T00:00:00Z"), day);
    assert_eq!(value(&past), Value::Null);
}

#[test]
fn addresses_are_read_strictly() {
    let within = |ip: &str, range: &str| {
        holds(&call("IP_IN", vec![lit(ip), lit(range)]), &Context::new("u"))
    };
    assert_eq!(within("10.1.2.3", "10.9.9.9/8"), Some(true));
    assert_eq!(within("11.1.2.3", "10.0.0.0/8"), Some(false));
    assert_eq!(within("10.1.2.3", "10.1.2.3"), Some(true));
    assert_eq!(within("2001:db8::1", "2001:db8::/32"), Some(true));
    assert_eq!(within("10.0.0.1", "::/0"), Some(false));
    // an address of IPv4 may be written as one of IPv6, and so may a range
    assert_eq!(within("::ffff:10.0.0.1", "10.0.0.0/8"), Some(true));
    assert_eq!(within("::ffff:10.0.0.1", "::/0"), Some(false));
    assert_eq!(within("10.0.0.1", "::ffff:10.0.0.0/104"), Some(true));
    assert_eq!(within("11.0.0.1", "::ffff:10.0.0.0/104"), Some(false));
    assert_eq!(within("10.0.0.1", "::ffff:0:0/96"), Some(true));
    assert_eq!(within("10.0.0.1", "::ffff:0:0/95"), Some(false));
    assert_eq!(within("::fffe:0:1", "::ffff:0:0/95"), Some(true));
    assert_eq!(within("10.0.0.01", "10.0.0.0/8"), None);
    assert_eq!(within("10.0.0.1:80", "10.0.0.0/8"), None);
}

#[test]
fn distances_are_along_great_circles() {
    let paris_berlin = ["48.8566", "2.3522", "52.52", "13.405"].map(j).to_vec();
    let km = value(&call("DISTANCE_KM", paris_berlin)).as_double().unwrap();
    assert!((km - 877.464_537_921_509).abs() < 1e-6, "{km}");
    assert_eq!(f("DISTANCE_KM", &["0", "0", "0", "0"]), "0.0");
}

fn micros(n: i64) -> Expr {
    expr(ExprKind::Duration(Duration::from_micros(n)))
}

#[test]
fn durations_are_exact_or_nothing() {
    let d = |op, left, right| value(&calc(op, left, right));
    let text = |n| Value::from(Duration::from_micros(n).to_text());
    let all = || micros(i64::MAX);
    assert_eq!(d(Op::Add, all(), micros(1)), Value::Null);
    assert_eq!(d(Op::Subtract, micros(i64::MIN), micros(1)), Value::Null);
    assert_eq!(d(Op::Multiply, all(), lit(1)), text(i64::MAX));
    assert_eq!(d(Op::Multiply, lit(-1), all()), text(-i64::MAX));
    assert_eq!(d(Op::Multiply, micros(i64::MIN), lit(-1)), Value::Null);
    assert_eq!(d(Op::Multiply, all(), j("1e300")), Value::Null);
    assert_eq!(d(Op::Multiply, micros(0), j("1e300")), text(0));
    assert_eq!(d(Op::Multiply, all(), j("1e-300")), text(0));
    assert_eq!(d(Op::Multiply, all(), j("5e-324")), text(0));
    // 2^53 + 1 is no double, so neither factor may be made one
    assert_eq!(d(Op::Multiply, micros((1 << 53) + 1), j("1.0")), text((1 << 53) + 1));
    assert_eq!(d(Op::Multiply, micros(3), j("0.5")), text(2));
    assert_eq!(d(Op::Multiply, micros(5), j("0.5")), text(2));
    assert_eq!(d(Op::Multiply, micros(-3), j("0.5")), text(-2));
    assert_eq!(d(Op::Multiply, micros(3), j("-0.75")), text(-2));
    assert_eq!(d(Op::Divide, micros(3), micros(2)), Value::Double(1.5));
    assert_eq!(d(Op::Divide, micros(3), micros(0)), Value::Null);
    assert_eq!(value(&call("ABS", vec![micros(i64::MIN)])), Value::Null);
    assert_eq!(value(&expr(ExprKind::Negate(boxed(micros(i64::MIN))))), Value::Null);
    let between =
        calc(Op::Subtract, timestamp("9999-12-31T23:59:59Z"), timestamp("0001-01-01T00:00:00Z"));
    assert_eq!(value(&between), "3652058 DAYS 23 HOURS 59 MINUTES 59 SECONDS".into());
}

#[test]
fn typed_text_is_made_alike() {
    assert_eq!(f("NORMALIZE", &[r#""e\u0301\u212b""#]), "\"éÅ\"");
    assert_eq!(f("CASEFOLD", &[r#""Straße""#]), r#""strasse""#);
    assert_eq!(f("CASEFOLD", &[r#""\u0130\ufb01ẞ""#]), "\"i\u{307}fiss\"");
    assert_eq!(f("CASEFOLD", &[r#""E\u0301""#]), "\"é\"");
    // Cherokee folds to capitals, which no lowering does
    assert_eq!(f("CASEFOLD", &[r#""\uab70""#]), "\"\u{13a0}\"");
}

#[test]
fn null_gives_null_but_for_the_choices() {
    let missing = || attr("missing");
    assert_eq!(value(&call("LOWER", vec![missing()])), Value::Null);
    assert_eq!(value(&call("COALESCE", vec![missing(), lit(1)])), Value::Integer(1));
    assert_eq!(value(&call("IF", vec![missing(), lit(1), lit(2)])), Value::Integer(2));
    assert_eq!(value(&call("LOWER", vec![attr("n")])), Value::Null);
}
