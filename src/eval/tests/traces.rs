//! Traces of evaluations.

use super::snapshots::*;
use super::*;
use crate::eval::Trace;
use crate::model::{Change, KeyId, Secrets};

fn lines(trace: &Trace) -> Vec<String> {
    let mut lines = Vec::new();
    for row in &trace.rows {
        lines.push(format!("{}: {}", row.segment.as_str(), row.verdict));
        for part in &row.parts {
            let because = part.because.join(", ");
            lines.push(format!(
                "{}{} is {} ({because})",
                "  ".repeat(part.depth),
                part.text,
                part.outcome()
            ));
        }
    }
    lines
}

#[test]
fn traces_say_why_each_row_won_or_lost() {
    let mut world = World::default();
    let condition = expr(ExprKind::And(vec![
        not(eq(attr("country"), lit("US"))),
        compare(CompareOp::Less, call("LENGTH", vec![attr("name")]), lit(5)),
    ]));
    let made = version(
        1,
        1,
        vec![
            row(2, None, "c/blank"),
            row(1, None, "c/s"),
            row(3, Some(9_760), "c/s"),
            row(0, None, "c/s"),
        ],
        vec![(1, vec![None, cell(1), cell(2), split(&[(Some("x"), 100_000, 3)], None)])],
    );
    world.change(
        0,
        &[
            put_key(1, "k", 0, false),
            put_segment(1, "s", condition),
            put_segment(2, "blank", lit(true)),
            put_segment(3, "all", lit(true)),
            put_config(1, "c", false, false),
            Change::Version(made),
            publish(1, 1, 1, 0, None),
        ],
    );
    let user = Context::new("u1").with("name", "Ann");
    let trace = world.snapshot.trace_at(KeyId(1), &user, t(0), Secrets::none()).unwrap();
    assert_eq!(told(&trace.evaluation), world.get("k", &user, 0));
    assert_eq!(
        lines(&trace),
        [
            "blank: passed over: its cell for the key is blank",
            "s: passed over: its condition is unknown, not true",
            "NOT country = 'US' AND LENGTH(name) < 5 is UNKNOWN ()",
            "  NOT country = 'US' is UNKNOWN ()",
            "    country = 'US' is UNKNOWN (country is missing)",
            "  LENGTH(name) < 5 is TRUE (LENGTH(name) is 3, name is 'Ann')",
            "all: passed over: bucket 9760 is not in its rollout of 9.76%",
            "TRUE is TRUE ()",
            "EVERYONE: wins: bucket 94266 is in the arm x",
        ]
    );
    assert!(trace.rows.last().is_some_and(|row| row.verdict.starts_with("wins")));
    let nobody =
        world.snapshot.trace_at(KeyId(1), &Context::anonymous(), t(0), Secrets::none()).unwrap();
    assert_eq!(lines(&nobody).last().unwrap(), "EVERYONE: passed over: its split needs a user id");
    assert!(world.snapshot.trace_at(KeyId(99), &user, t(0), Secrets::none()).is_none());
}

#[test]
fn a_trace_ends_with_the_row_that_won() {
    let mut world = World::default();
    let rows = vec![row(1, None, "c/s"), row(0, None, "c/EVERYONE")];
    let made = version(1, 1, rows, vec![(1, vec![cell(1), cell(2)])]);
    let any = expr(ExprKind::Any {
        list: boxed(attr("tags")),
        test: boxed(eq(expr(ExprKind::Element), lit("a"))),
    });
    world.change(
        0,
        &[
            put_key(1, "k", 0, false),
            put_segment(1, "s", any),
            put_config(1, "c", false, false),
            Change::Version(made),
            publish(1, 1, 1, 0, None),
        ],
    );
    let user = Context::new("u1").with("tags", json(r#"["b","a"]"#));
    let trace = world.snapshot.trace_at(KeyId(1), &user, t(0), Secrets::none()).unwrap();
    assert_eq!(
        lines(&trace),
        ["s: wins: gives 1", r#"ANY(tags) = 'a' is TRUE (tags is ["b","a"])"#,]
    );
}
