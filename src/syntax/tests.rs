//! The whole front: hostile input, errors in words, and expressions at random.

use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::model::{
    AffixKind, Aggregate, ArithmeticOp, Behaviour, CompareOp, Duration, ExprKind, Given, IsWhat,
    KeyType, Literal, Name, Path, Quantifier, ReadAs, Spanned, Value, Window,
};
use crate::statement::Parsed;

fn error(text: &str) -> Error {
    Parsed::parse(text).map_or_else(|e| e, |parsed| parsed.result.unwrap_err())
}

fn sentence(text: &str) -> String {
    let error = error(text);
    let place = error.place().map_or((0, 0), |p| (p.line, p.column));
    let hints: Vec<_> = error.hints().iter().map(|hint| format!(" ({hint})")).collect();
    format!("{}:{} {error}{}", place.0, place.1, hints.concat())
}

#[test]
fn lone_values() {
    assert_eq!(value("'it''s'").unwrap(), Value::from("it's"));
    assert_eq!(value("-9223372036854775808").unwrap(), Value::Integer(i64::MIN));
    assert_eq!(value(" - 1.5e3 ").unwrap(), Value::Double(-1500.0));
    assert_eq!(value("9223372036854775808").unwrap_err().code(), "limit");
    assert_eq!(value("1e999").unwrap_err().code(), "bad-literal");
    assert_eq!(value(r#"{"a": 1, "a": 2}"#).unwrap_err().code(), "duplicate");
    for wrong in [":x", "", "1 2", "abc", "[1,]"] {
        assert_eq!(value(wrong).unwrap_err().code(), "syntax", "{wrong}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn errors_read_well() {
    let cases = [
        (
            "CRAETE KEY k BOOLEAN DEFAULT TRUE",
            "1:1 expected a statement, found `CRAETE` (did you mean `CREATE`?)",
        ),
        ("SELECT FROM keys", "1:8 expected a value or `*`, found `FROM`"),
        ("CREATE KEY k BOOLEAN TRUE", "1:22 expected `DEFAULT` or `SENSITIVE`, found `TRUE`"),
        (
            "CREATE KEY k BOOL DEFAULT TRUE",
            "1:14 expected a type (`BOOLEAN`, `INTEGER`, `DOUBLE`, `STRING`, `JSON`), found `BOOL` (write `BOOLEAN`)",
        ),
        (
            "CREATE KEY k JSON DEFAULT {\"a\": 1,}",
            "1:35 expected JSON, found `}` (no comma stands before the end of a list or an object)",
        ),
        ("CREATE KEY \"\" BOOLEAN DEFAULT TRUE", "1:12 a name cannot be empty"),
        (
            "CREATE SEGMENT s WHERE a == 1",
            "1:27 expected an operand, found `=` (write `=` to compare)",
        ),
        (
            "CREATE SEGMENT s WHERE a = 1 && b = 2",
            "1:30 expected an operator, `AND`, `OR` or the end of the statement, found `&&` (write `AND`)",
        ),
        (
            "CREATE SEGMENT s WHERE a = 1 || b = 2",
            "1:35 expected an operator, `AND`, `OR` or the end of the statement, found `=` (`||` joins texts; write `OR` between conditions)",
        ),
        (
            "CREATE SEGMENT s WHERE a < 1 < 2",
            "1:30 expected an operator, `AND`, `OR` or the end of the statement, found `<` (comparisons do not chain: write `AND` between two of them)",
        ),
        (
            "CREATE SEGMENT s WHERE (a = 1",
            "1:30 expected an operator, `)`, `AND` or `OR`, found the end of the statement (is a `)` missing?)",
        ),
        ("CREATE SEGMENT s WHERE", "1:23 expected a condition, found the end of the statement"),
        (
            "track 'a' FOR USER 'u' WITH amount = 3",
            "1:24 expected a parameter, JSON, `AT`, `ID` or the end of the statement, found `WITH` (the properties \
             are a JSON object: `{\"amount\": 3}`)",
        ),
        (
            "CREATE SEGMENT s\n  WHERE VALUE = 1",
            "2:9 `VALUE` cannot stand here: only a CHECK has a VALUE; an attribute of that name is \
             written \"value\"",
        ),
        (
            "DROP KEY k",
            "1:1 expected a statement, found `DROP` (nothing is ever deleted: write `ARCHIVE KEY k`)",
        ),
        (
            "GET k FOR USER \"u1\"",
            "1:16 expected a text in single quotes or a parameter, found `\"u1\"` (a text stands in single quotes, a name in double quotes)",
        ),
        ("PUBLISH KEY k", "1:9 expected `CONFIG`, found `KEY`"),
        (
            "CREATE SEGMENT s WHERE DID x",
            "1:28 expected a text in single quotes, a parameter or `(`, found `x` (a text stands in single quotes: `'x'`)",
        ),
        (
            "CREATE SEGMENT s WHERE COUNT(EVENT 'e' FOR 3 DAYS) > 1",
            "1:40 expected `)`, a window (`WITHIN`, `SINCE`, `FROM`) or `WHERE`, found `FOR`",
        ),
        ("CREATE SEGMENT s WHERE SUM(EVENT 'e') > 1", "1:37 expected `OF`, found `)`"),
        (
            "CREATE SEGMENT s WHERE DID(EVENT 'e' WHERE a AND DID 'f')",
            "1:50 what users did cannot stand here: a condition over events is over their properties",
        ),
        (
            "SHOW KEYS WHERE DID 'e'",
            "1:17 what users did cannot stand here: a condition of SHOW is over the columns of its table",
        ),
        (
            "TRACK 'e' FOR USER 'u' 5",
            "1:24 expected a parameter, JSON, `AT`, `ID` or the end of the statement, found `5`",
        ),
        ("COMMIT; COMMIT", "1:9 expected the end of the statement, found another statement"),
    ];
    let wrong: Vec<_> = cases.iter().filter(|(text, wanted)| sentence(text) != *wanted).collect();
    let told: Vec<_> = wrong
        .iter()
        .map(|(text, wanted)| format!("{text}\n  {}\n  {wanted}", sentence(text)))
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn errors_of_statements_have_their_codes() {
    let cases = [
        ("CREATE KEY k INTEGER DEFAULT 9223372036854775808", "limit"),
        ("CREATE KEY k DOUBLE DEFAULT 1e999", "bad-literal"),
        ("CREATE KEY k JSON DEFAULT {\"a\": 1, \"a\": 2}", "duplicate"),
        ("ALTER CONFIG c SET ROLLOUT s = 12.3456%", "bad-split"),
        ("ALTER CONFIG c SET ROLLOUT s = 100.1%", "bad-split"),
        ("GET k WITH {\"user_id\": 1}", "duplicate"),
        ("GET k WITH 1", "type-mismatch"),
        ("CREATE SEGMENT s WHERE a IN ()", "type-mismatch"),
        ("ADVANCE CLOCK 99999999999999999 WEEKS", "limit"),
        ("SHOW STATS FOR CONFIG c VERSION 18446744073709551616", "limit"),
        ("CREATE SEGMENT s WHERE DID 'a' WITHIN 99999999999999999 WEEKS", "limit"),
        ("CREATE SEGMENT s WHERE COUNT(EVENT 'a' WHERE b IN ()) > 1", "type-mismatch"),
    ];
    for (text, code) in cases {
        let parsed = Parsed::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert_eq!(parsed.result.unwrap_err().code(), code, "{text}");
    }
    let long = "x".repeat(257);
    assert_eq!(error(&format!("GET {long}")).code(), "limit");
    assert_eq!(error(&format!("GET \"{long}\"")).code(), "limit");
}

#[test]
fn nesting_has_a_limit_and_costs_no_time() {
    let nested = |open: &str, core: &str, close: &str, depth: usize| {
        format!("CREATE SEGMENT s WHERE {}{core}{}", open.repeat(depth), close.repeat(depth))
    };
    let cases = [
        ("(", "a", ")"),
        ("NOT ", "a", ""),
        ("- ", "a", ""),
        ("ABS(", "a", ")"),
        ("a IN (", "1", ")"),
        ("ANY(", "a", ") = 1"),
        ("CAST(", "a", " AS STRING)"),
        ("a STARTS WITH (", "a", ")"),
        ("a CONTAINS ALL (", "a", ")"),
        ("1 + (", "a", ")"),
        ("a BETWEEN 1 AND (", "a", ")"),
    ];
    let filter = |depth| {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        format!("CREATE SEGMENT s WHERE DID(EVENT 'e' WHERE {open}a{close})")
    };
    assert!(Parsed::parse(&filter(126)).unwrap().result.is_ok());
    assert_eq!(error(&filter(127)).code(), "limit");
    assert_eq!(error(&nested("DID(EVENT 'e' WHERE ", "a = = 1", ")", 120)).code(), "syntax");
    for (open, core, close) in cases {
        let deepest = nested(open, core, close, 127);
        let parsed = Parsed::parse(&deepest).unwrap_or_else(|e| panic!("{open}: {e:?}"));
        let printed = parsed.result.unwrap_or_else(|e| panic!("{open}: {e:?}")).to_string();
        assert!(Parsed::parse(&printed).unwrap().result.is_ok(), "{open}");
        assert_eq!(error(&nested(open, core, close, 128)).code(), "limit", "{open}");
        // a mistake at the bottom must not be looked for twice at each level
        assert_eq!(error(&nested(open, "a = = 1", close, 120)).code(), "syntax", "{open}");
        assert_eq!(error(&nested(open, "", "", 127)).code(), "syntax", "{open}");
    }
    for open in ["(", "[", "{\"a\":", "NOT ", "- ", "/*", "ANY(", "IF(", "a IN ("] {
        let code = error(&nested(open, "a", "", 100_000)).code();
        assert!(matches!(code, "limit" | "syntax"), "{open}");
    }
    assert_eq!(error(&nested("1 + ", "a", "", 5_000)).code(), "limit");
    let wide = format!("GET {}", vec!["k"; 20_000].join(", "));
    assert!(Parsed::parse(&wide).unwrap().result.is_ok());
    let wide = nested("a AND ", "a", "", 5_000);
    assert!(Parsed::parse(&wide).unwrap().result.is_ok());
}

#[test]
fn no_bytes_make_it_panic() {
    let run = |bytes: &[u8]| {
        for piece in Splitter::new(bytes, LastEnd::Required) {
            let _ = Parsed::parse(&piece.text);
        }
    };
    for byte in 0..=u8::MAX {
        run(&[byte]);
        run(&[b"GET k", &[byte][..], b" FOR USER 'u';"].concat());
        run(&[b"GET k FOR USER 'u", &[byte][..], b"';"].concat());
        run(&[b"GET k WITH {\"a", &[byte][..], b"\": 1};"].concat());
    }
    let script = "CREATE SEGMENT \"é\" /* x */ WHERE a.\"b c\" NOT IN ('ü', -1.5e3) AND KEY(k.l) = {\"x\": [1, \"\\u00e9\"]}; \
                  CREATE CONFIG c SEGMENTS s 12.5% SALT 'x' KEY k = SPLIT (A: 50% 1, B: 50% :p) BY a; -- é";
    for end in 0..script.len() {
        run(&script.as_bytes()[..end]);
        run(&script.as_bytes()[end..]);
    }
}

#[test]
fn spans_end_with_the_last_token() {
    let text = "( a  )  -- x\n AND b IS NULL   ";
    let expr = condition(text, false).unwrap();
    let ExprKind::And(parts) = &expr.node else { panic!("{expr}") };
    let texts: Vec<_> =
        parts.iter().map(|p| &text[p.span.start as usize..p.span.end as usize]).collect();
    assert_eq!(texts, ["( a  )", "b IS NULL"]);
    let text = "DID 'e'  SINCE  'x'  -- x\n";
    let expr = condition(text, false).unwrap();
    let ExprKind::Behaviour(behaviour) = &expr.node else { panic!("{expr}") };
    let places: Vec<_> = behaviour.literals().map(|literal| literal.span).collect();
    let texts: Vec<_> = places
        .into_iter()
        .chain([expr.span])
        .map(|span| &text[span.start as usize..span.end as usize])
        .collect();
    assert_eq!(texts, ["'e'", "'x'", "DID 'e'  SINCE  'x'"]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn conditions_are_read_as_the_language_says() {
    let cases = [
        ("a or b and not c = 1", "a OR b AND NOT c = 1"),
        ("(a or b) and c", "(a OR b) AND c"),
        ("1 + 2 * 3 - 4 || 5", "1 + 2 * 3 - 4 || 5"),
        ("1 - (2 - 3)", "1 - (2 - 3)"),
        ("a <> - 5", "a != -5"),
        ("-(5) = - -5", "-(5) = - -5"),
        ("- - a", "- -a"),
        ("a starts with ((b + c) * 2)", "a STARTS WITH ((b + c) * 2)"),
        ("a ends with (b, 'c')", "a ENDS WITH (b, 'c')"),
        ("a ends with (b)", "a ENDS WITH b"),
        ("any(x . y) not in (1)", "NOT ANY(x.y) IN (1)"),
        (
            "any = 1 and key != 2 and version < version '1.2'",
            "any = 1 AND key != 2 AND version < VERSION '1.2'",
        ),
        ("\"where\" . where is not null", "\"where\".where IS NOT NULL"),
        (
            "key( a.b ) and in segment everyone and not in segment \"x y\"",
            "KEY(a.b) AND IN SEGMENT EVERYONE AND NOT IN SEGMENT \"x y\"",
        ),
        (
            "ts + 90 minutes > timestamp '2026-01-01T00:00:00Z'",
            "ts + 90 MINUTES > TIMESTAMP '2026-01-01T00:00:00Z'",
        ),
        (
            "a contains any ('x') and b contains all and c contains (d)",
            "a CONTAINS ANY ('x') AND b CONTAINS all AND c CONTAINS d",
        ),
        ("cast(a as string) matches :re", "CAST(a AS STRING) MATCHES :re"),
        ("a between 1 and 2 and b", "a BETWEEN 1 AND 2 AND b"),
        ("lower ( a ) = 'it''s'", "LOWER(a) = 'it''s'"),
        ("count(event) % 2", "COUNT(event) % 2"),
        ("did(event 'x' within 14 days)", "DID 'x' WITHIN 2 WEEKS"),
        ("did 'it''s' and not did :e since 'x'", "DID 'it''s' AND NOT DID :e SINCE 'x'"),
        (
            "count ( event 'x' where (a or b) within 90 minutes ) + 1 >= 3 * 2",
            "COUNT(EVENT 'x' WHERE a OR b WITHIN 90 MINUTES) + 1 >= 3 * 2",
        ),
        (
            "share(event 'x' of a . b = - 5 where within > 1 from timestamp 'y' to :z) < 1",
            "SHARE(EVENT 'x' OF a.b = -5 WHERE within > 1 FROM 'y' TO :z) < 1",
        ),
        ("favorite(event 'x' of \"where\") = 'a'", "FAVORITE(EVENT 'x' OF \"where\") = 'a'"),
        ("x = {\"a\": [1.0, -0.0]}", "x = {\"a\":[1.0,-0.0]}"),
    ];
    for (text, wanted) in cases {
        let expr = condition(text, false).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert_eq!(expr.to_string(), wanted);
        assert_eq!(condition(wanted, false).unwrap(), expr, "{wanted}");
    }
    for wrong in [
        "ANY(a)",
        "ANY(a) IS NULL",
        "a = ANY(b)",
        "KEY(1)",
        "a NOT",
        "a = b = c",
        "5 DAYS DAYS",
        "a STARTS WITH (b) || c",
        "5days",
        "where = 1",
        "a.",
        "a : b",
        "'x",
        "x IS 1",
        "CAST(a AS JSON)",
        "DID x",
        "DID 'x' WHERE a",
        "COUNT(EVENT 'x' OF a)",
        "SUM(EVENT 'x')",
        "SHARE(EVENT 'x' OF a)",
        "COUNT(EVENT 'x' WITHIN 3)",
        "COUNT(EVENT 'x' FROM 'y')",
        "COUNT(EVENT 'x' WITHIN 3 DAYS SINCE 'y')",
        "COUNT(EVENT 'x' WHERE KEY(k))",
    ] {
        assert_eq!(condition(wrong, false).unwrap_err().code(), "syntax", "{wrong}");
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_][a-z0-9_]{0,6}",
        "(value|where|key|any|event|version|in|all|A b|é\"'|a\\.b)",
        "\\PC{1,8}"
    ]
}

fn name() -> impl Strategy<Value = Name> {
    word().prop_map(|word| Name::new(word).unwrap_or_else(|_| Name::everyone()))
}

fn path(least: usize) -> impl Strategy<Value = Path> {
    prop::collection::vec(name().prop_map(|n| n.to_arc()), least..3).prop_map(Into::into)
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Value(Value::Null)),
        any::<bool>().prop_map(Literal::from),
        any::<i64>().prop_map(Literal::from),
        any::<f64>().prop_map(Literal::from),
        "\\PC{0,8}".prop_map(Literal::from),
        "[a-zA-Z_][a-z0-9_]{0,4}".prop_map(|name| Literal::Parameter(name.into())),
        prop::collection::vec(any::<i64>().prop_map(Value::from), 0..3).prop_map(Literal::from),
    ]
}

fn leaf() -> impl Strategy<Value = ExprKind> {
    prop_oneof![
        literal().prop_map(ExprKind::Literal),
        (0_i64..100_000).prop_map(|n| ExprKind::Duration(Duration::from_micros(n * 1_000_000))),
        (reading(), "\\PC{0,8}").prop_map(|(what, text)| ExprKind::read(what, text)),
        path(1).prop_map(ExprKind::Attribute),
        behaviour(Just(None).boxed()),
        (name(), path(0)).prop_map(|(name, steps)| inside(ExprKind::Key(name.into()), steps)),
        prop::option::of(name()).prop_map(|name| ExprKind::InSegment(name.map(Into::into))),
    ]
}

fn reading() -> impl Strategy<Value = ReadAs> {
    prop::sample::select(vec![ReadAs::Timestamp, ReadAs::Semver, ReadAs::Version])
}

/// Steps into a part, unless there are none.
fn inside(kind: ExprKind, steps: Path) -> ExprKind {
    let operand = Box::new(Expr::unplaced(kind.clone()));
    if steps.is_empty() { kind } else { ExprKind::Inside { operand, steps } }
}

/// A function over events with a filter or without one.
fn behaviour(filter: BoxedStrategy<Option<Expr>>) -> impl Strategy<Value = ExprKind> {
    let text = || "\\PC{0,8}".prop_map(Literal::from).prop_map(Spanned::unplaced);
    let within = (0_i64..100_000).prop_map(|n| Duration::from_micros(n * 1_000_000));
    let window = prop_oneof![
        within.prop_map(|within| Window::Within(Given::Here(within).into())),
        text().prop_map(Window::Since),
        (text(), text()).prop_map(|(from, to)| Window::Span { from, to }),
    ];
    let aggregate = prop::sample::select(Aggregate::ALL.to_vec());
    let equals = literal().prop_map(Spanned::unplaced);
    let (window, zone) = (prop::option::of(window), prop::option::of(text()));
    let parts = (aggregate, text(), path(1), equals, filter, window, zone);
    parts.prop_map(|(aggregate, event, of, equals, filter, window, zone)| {
        let zone = zone.filter(|_| aggregate == Aggregate::Days);
        let of = aggregate.needs_property().then_some(of);
        let equals = (aggregate == Aggregate::Share).then_some(equals);
        ExprKind::Behaviour(Box::new(Behaviour {
            aggregate,
            event,
            of,
            equals,
            filter,
            window,
            zone,
        }))
    })
}

fn pair(inner: &BoxedStrategy<Expr>) -> impl Strategy<Value = (Box<Expr>, Box<Expr>)> + use<> {
    (inner.clone(), inner.clone()).prop_map(|(a, b)| (Box::new(a), Box::new(b)))
}

/// A test of an operand: what may follow an `ANY(…)` too, unless it is `IS`.
fn test(
    operand: BoxedStrategy<Expr>,
    inner: BoxedStrategy<Expr>,
    negated: BoxedStrategy<bool>,
) -> BoxedStrategy<ExprKind> {
    use prop::sample::select;
    let ops = vec![
        CompareOp::Equal,
        CompareOp::NotEqual,
        CompareOp::Less,
        CompareOp::LessOrEqual,
        CompareOp::Greater,
        CompareOp::GreaterOrEqual,
    ];
    let operand = operand.prop_map(Box::new).boxed();
    let items = prop::collection::vec(inner.clone(), 1..3).boxed();
    let one = inner.prop_map(Box::new).boxed();
    prop_oneof![
        (select(ops), operand.clone(), one.clone())
            .prop_map(|(op, left, right)| ExprKind::Compare { op, left, right }),
        (operand.clone(), one.clone(), one, negated.clone()).prop_map(
            |(operand, low, high, negated)| ExprKind::Between { operand, low, high, negated }
        ),
        (operand.clone(), items.clone(), negated.clone())
            .prop_map(|(operand, items, negated)| ExprKind::In { operand, items, negated }),
        (
            operand.clone(),
            items.clone(),
            select(vec![Quantifier::One, Quantifier::Any, Quantifier::All]),
            negated.clone()
        )
            .prop_map(|(operand, mut items, quantifier, negated)| {
                items.truncate(if quantifier == Quantifier::One { 1 } else { 2 });
                ExprKind::Contains { operand, quantifier, items, negated }
            }),
        (operand.clone(), items, select(vec![AffixKind::Starts, AffixKind::Ends]), negated.clone())
            .prop_map(|(operand, items, kind, negated)| ExprKind::Affix {
                operand,
                kind,
                items,
                negated
            }),
        (operand, "\\PC{0,8}", negated).prop_map(|(operand, pattern, negated)| {
            ExprKind::Matches { operand, pattern: Literal::from(pattern).into(), negated }
        }),
    ]
    .boxed()
}

fn joined(inner: &BoxedStrategy<Expr>) -> BoxedStrategy<ExprKind> {
    use ArithmeticOp as A;
    let ops = vec![A::Concatenate, A::Add, A::Subtract, A::Multiply, A::Divide, A::Remainder];
    let several = prop::collection::vec(inner.clone(), 2..4).boxed();
    let one = inner.clone().prop_map(Box::new).boxed();
    let what = prop::sample::select(vec![IsWhat::Null, IsWhat::True, IsWhat::False]);
    prop_oneof![
        several.clone().prop_map(ExprKind::And),
        several.prop_map(ExprKind::Or),
        one.clone().prop_map(ExprKind::Not),
        one.clone().prop_map(ExprKind::Negate),
        (reading(), one.clone()).prop_map(|(what, operand)| ExprKind::Read { what, operand }),
        (prop::sample::select(ops), pair(inner))
            .prop_map(|(op, (left, right))| ExprKind::Arithmetic { op, left, right }),
        (one.clone(), what, any::<bool>()).prop_map(|(operand, what, negated)| ExprKind::Is {
            operand,
            what,
            negated
        }),
        one.prop_map(|operand| ExprKind::Cast { operand, to: KeyType::Double }),
        ("[B-J][A-Z0-9_]{3,5}", prop::collection::vec(inner.clone(), 0..3)).prop_filter_map(
            "reserved",
            |(name, arguments)| {
                let function: Spanned<Arc<str>> = Arc::<str>::from(name).into();
                crate::model::Name::new(&function.node)
                    .ok()
                    .filter(|n| !n.to_string().starts_with('"'))?;
                Some(ExprKind::Call { function, arguments })
            }
        ),
    ]
    .boxed()
}

/// Whether a part of an expression cannot stand in a condition over events.
fn is_about_user(expr: &Expr) -> bool {
    matches!(expr.node, ExprKind::Key(_) | ExprKind::InSegment(_) | ExprKind::Behaviour(_))
        || expr.node.operands().into_iter().any(is_about_user)
}

fn expression() -> impl Strategy<Value = Expr> {
    leaf().prop_map(Expr::unplaced).prop_recursive(5, 40, 3, |inner| {
        let inner = inner.boxed();
        let element = path(0).prop_map(|steps| Expr::unplaced(inside(ExprKind::Element, steps)));
        let element = element.boxed();
        let tested = test(element, inner.clone(), Just(false).boxed());
        let any_of = (inner.clone(), tested).prop_map(|(list, test)| ExprKind::Any {
            list: Box::new(list),
            test: Box::new(Expr::unplaced(test)),
        });
        let plain = test(inner.clone(), inner.clone(), any::<bool>().boxed());
        let filter =
            inner.clone().prop_filter("what is about the user", |filter| !is_about_user(filter));
        let over_events = behaviour(filter.prop_map(Some).boxed()).boxed();
        let filter = inner.clone().prop_filter("what is about the user", |f| !is_about_user(f));
        let value = path(0).prop_map(|steps| Expr::unplaced(ExprKind::CheckValue(steps)));
        let filter = prop_oneof![filter, value].prop_map(Box::new);
        let each = (any::<bool>(), inner.clone().prop_map(Box::new), filter)
            .prop_map(|(every, list, filter)| ExprKind::Each { every, list, filter });
        prop_oneof![4 => joined(&inner), 4 => plain, 4 => any_of, 1 => over_events, 2 => each]
            .prop_map(Expr::unplaced)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_expression_is_read_as_it_is_written(expr in expression()) {
        let text = expr.to_string();
        let read = condition(&text, false);
        prop_assert!(read.is_ok(), "{text}: {read:?}");
        let read = read.unwrap();
        prop_assert_eq!(read.to_string(), text.clone());
        prop_assert_eq!(read, expr, "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|[ '\"(){}\\[\\];:,.*/%<>=!|-]|GET |WHERE |CREATE |SEGMENT |NOT |1|a){0,40}") {
        for piece in Splitter::new(text.as_bytes(), LastEnd::Optional) {
            let _ = Parsed::parse(&piece.text);
        }
    }
}
