//! Traces: what they say, and that they never say anything else than the evaluation.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Moment;
use super::property::{expressions, pasts, users};
use super::snapshots::*;
use super::*;
use crate::eval::{KeyTrace, Part, RowTrace, RowVerdict, Sight, Step, What};
use crate::model::{Cell, Change, KeyId, Reason, Row, Secrets};

/// The steps of the value of a key.
pub(super) fn steps(world: &World, key: u32, user: &Context, at: Timestamp) -> Vec<Step> {
    world.snapshot.tracer(user, None, at, Secrets::none()).trace(KeyId(key))
}

pub(super) fn sights(part: &Part) -> String {
    part.sights.iter().map(Sight::to_string).collect::<Vec<_>>().join(", ")
}

fn line(what: &What) -> String {
    match what {
        What::Key(key) => {
            format!("{} {:?} above: {}", told(&key.evaluation), key.row, key.is_above)
        }
        What::Row(row) => {
            let (number, segment) = (row.number, row.segment.as_str());
            format!("row {number}: {segment} {:?} above: {}", row.verdict, row.is_above)
        }
        What::Part(part) => format!("{} {:?} ({})", part.text, part.truth, sights(part)),
        What::Rollout(rollout) => {
            format!(
                "rollout {} {:?} {}",
                rollout.share,
                rollout.hashed.bucket.is_ok(),
                rollout.covered
            )
        }
        What::Split(split) => format!("split {:?}", split.piece),
    }
}

fn lines(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| "  ".repeat(step.depth) + &line(&step.what)).collect()
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
    let traced = steps(&world, 1, &user, t(0));
    assert_eq!(
        lines(&traced),
        [
            "3 SPLIT c 1 EVERYONE x Some(4) above: false",
            "  row 1: blank Blank above: false",
            "  row 2: s Unknown above: false",
            "    NOT country = 'US' AND LENGTH(name) < 5 None ()",
            "      NOT country = 'US' None ()",
            "        country = 'US' None (country is missing)",
            "      LENGTH(name) < 5 Some(true) (LENGTH(name) is 3, name is 'Ann')",
            "  row 3: all Uncovered above: false",
            "    TRUE Some(true) ()",
            "    rollout 9.76% true false",
            "  row 4: EVERYONE Wins above: false",
            "    split Some(0)",
        ]
    );
    let nobody = steps(&world, 1, &Context::anonymous(), t(0));
    assert_eq!(lines(&nobody).last().unwrap(), "    split None");
    assert!(steps(&world, 99, &user, t(0)).is_empty());
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
    assert_eq!(
        lines(&steps(&world, 1, &user, t(0))),
        [
            "1 TARGETING_MATCH c 1 s - Some(1) above: false",
            "  row 1: s Wins above: false",
            r#"    ANY(tags) = 'a' Some(true) (tags is ["b","a"])"#,
        ]
    );
}

/// The parts that are unknown, and neither say why nor have a part below that is.
fn without_reason(steps: &[Step]) -> Vec<String> {
    let unknown = steps.iter().enumerate().filter_map(|(place, step)| match &step.what {
        What::Part(part) if part.truth.is_none() => Some((place, step.depth, part)),
        _ => None,
    });
    let unexplained = unknown.filter(|(place, depth, part)| {
        let mut below = steps[place + 1..].iter().take_while(|step| step.depth > *depth);
        let is_below = |step: &Step| matches!(&step.what, What::Part(part) if part.truth.is_none());
        !part.sights.iter().any(Sight::is_why) && !below.any(is_below)
    });
    unexplained.map(|(.., part)| format!("{part:?}")).collect()
}

/// The rows right below a key.
fn rows_below(steps: &[Step], place: usize) -> impl Iterator<Item = &RowTrace> {
    let depth = steps[place].depth;
    let below = steps[place + 1..].iter().take_while(move |step| step.depth > depth);
    below.filter(move |step| step.depth == depth + 1).filter_map(|step| match &step.what {
        What::Row(row) => Some(row),
        _ => None,
    })
}

/// That a key gives what the evaluation does, and that its rows say so.
fn agrees(world: &World, steps: &[Step], place: usize, user: &Context, at: Timestamp) {
    let What::Key(KeyTrace { id, evaluation, row, is_above }) = &steps[place].what else { return };
    let wanted = world.snapshot.evaluate_id(*id, user, Moment::At(at)).unwrap();
    assert_eq!(told(evaluation), told(&wanted));
    let winner = evaluation.segment().map(Name::as_str);
    assert_eq!(row.is_some(), winner.is_some());
    if *is_above {
        assert_eq!(rows_below(steps, place).count(), 0);
        return;
    }
    let mut rows: Vec<_> = rows_below(steps, place).collect();
    if let Some(winner) = winner {
        let last = rows.pop().unwrap();
        assert_eq!((last.segment.as_str(), last.verdict), (winner, RowVerdict::Wins));
        assert_eq!(Some(last.number), *row);
    }
    assert!(rows.iter().all(|row| row.verdict != RowVerdict::Wins));
}

/// That each segment and each key is told of once.
fn are_told_once(steps: &[Step]) {
    let (mut keys, mut segments) = (BTreeMap::new(), BTreeMap::new());
    for step in steps {
        match &step.what {
            What::Key(key) if !key.is_above => *keys.entry(key.id).or_insert(0) += 1,
            What::Row(row) if row.segment != Name::everyone() => {
                let is_told = row.verdict != RowVerdict::Blank && !row.is_above;
                *segments.entry(row.segment.to_string()).or_insert(0) += usize::from(is_told);
            }
            What::Part(Part { text, segment: Some(condition), .. }) => {
                let name = text.strip_prefix("IN SEGMENT ").unwrap().to_owned();
                *segments.entry(name).or_insert(0) += usize::from(!condition.is_above);
            }
            _ => {}
        }
    }
    assert!(keys.values().all(|count| *count == 1), "{keys:?}");
    assert!(segments.values().all(|count| *count <= 1), "{segments:?}");
}

/// A world in which a condition decides over a key.
fn served(condition: &Expr) -> World {
    let mut world = World::default();
    let made = version(1, 1, vec![row(1, None, "c/s")], vec![(1, vec![cell(1)])]);
    world.change(
        0,
        &[
            put_key(1, "k", 0, false),
            put_segment(1, "s", condition.clone()),
            put_config(1, "c", false, false),
            Change::Version(made),
            publish(1, 1, 1, 0, None),
        ],
    );
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_global_rejects: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_unknown_has_a_reason(
        condition in expressions(),
        users in vec((users(), pasts(), any::<bool>()), 4),
    ) {
        if with_scope(|scope| compile(&condition, scope)).is_err() {
            return Err(TestCaseError::reject("refused"));
        }
        let world = served(&condition);
        let at = at("2026-03-01T09:00:00Z");
        for (user, events, is_somebody) in users {
            let user = if is_somebody { user.with_past(Arc::new(events), Vec::new()) } else { Context::anonymous() };
            let steps = steps(&world, 1, &user, at);
            agrees(&world, &steps, 0, &user, at);
            let without = without_reason(&steps);
            prop_assert!(without.is_empty(), "{condition} for {user:?}: {without:#?}");
        }
    }
}

/// Each segment refers three times to the one before it.
#[test]
fn a_trace_is_as_large_as_what_it_is_about() {
    const SEGMENTS: u32 = 100;
    let mut changes = vec![put_key(1, "k", 0, false), put_segment(1, "s1", attr("a"))];
    for number in 2..=SEGMENTS {
        let before = || in_segment(&format!("s{}", number - 1));
        let chosen = eq(call("IF", vec![before(), lit(1), lit(2)]), lit(1));
        let condition = expr(ExprKind::And(vec![before(), not(before()), chosen]));
        changes.push(put_segment(number, &format!("s{number}"), condition));
    }
    let rows = (1..=SEGMENTS).map(|number| row(number, Some(0), "salt")).collect();
    let cells = (0..SEGMENTS).map(|number| cell(number.into())).collect();
    changes.push(put_config(1, "c", false, false));
    changes.push(Change::Version(version(1, 1, rows, vec![(1, cells)])));
    changes.push(publish(1, 1, 1, 0, None));
    let mut world = World::default();
    world.change(0, &changes);
    let user = Context::new("u").with("a", true);
    let steps = steps(&world, 1, &user, t(0));
    let rows = 100 + 1; // one of them holds, and has a rollout
    assert_eq!(steps.len(), 1 + rows + 1 + 99 * 6);
    are_told_once(&steps);
}

/// A second key of a config only refers to the segments that the first told of.
#[test]
fn a_thousand_rows_are_told_of_once() {
    let mut changes = vec![put_key(1, "k", 0, false), put_key(2, "m", 0, false)];
    for number in 1..=1_000 {
        changes.push(put_segment(
            number,
            &format!("s{number}"),
            eq(attr("a"), lit(i64::from(number))),
        ));
    }
    let rows = (1..=1_000).map(|number| row(number, None, "salt")).collect();
    let cells = || (0..1_000).map(cell).collect();
    changes.push(put_config(1, "c", false, false));
    changes.push(Change::Version(version(1, 1, rows, vec![(1, cells()), (2, cells())])));
    changes.push(publish(1, 1, 1, 0, None));
    let mut world = World::default();
    world.change(0, &changes);
    let user = Context::new("u").with("a", 1_000);
    let mut tracer = world.snapshot.tracer(&user, None, t(0), Secrets::none());
    assert_eq!(tracer.trace(KeyId(1)).len(), 1 + 2 * 1_000);
    assert_eq!(tracer.trace(KeyId(2)).len(), 1 + 1_000);
}

/// How many keys there are; each has a config, and two segments that may refer to what comes before them.
const LEVELS: u32 = 4;

/// What a condition is made of: tests of attributes, and references to what comes before.
fn conditions(level: u32) -> impl Strategy<Value = Expr> {
    let tests = prop_oneof![
        prop::sample::select(vec!["a", "b", "gone"]).prop_map(|name| eq(attr(name), lit("x"))),
        Just(compare(CompareOp::Less, attr("a"), lit(5))),
        Just(compare(CompareOp::Less, call("NOW", vec![]), timestamp("1970-01-01T00:00:20Z"))),
    ];
    let references = (0..3 * level.max(1)).prop_map(move |number| match (level, number % 3) {
        (0, _) => attr("b"),
        (_, 0) => eq(key(&format!("k{}", number / 3)), lit(1)),
        (_, one) => in_segment(&format!("s{}", 2 * (number / 3) + one)),
    });
    prop_oneof![tests, references].prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|items| expr(ExprKind::And(items))),
            vec(inner.clone(), 2..4).prop_map(|items| expr(ExprKind::Or(items))),
            inner.clone().prop_map(not),
            inner.prop_map(|test| eq(call("IF", vec![test, lit(1), lit(2)]), lit(1))),
        ]
    })
}

/// A row of a segment, and its cell.
fn table_row() -> impl Strategy<Value = (u32, Row, Option<Cell>)> {
    let rollouts = prop::option::of(prop::sample::select(vec![0, 50_000, 90_000]));
    let by = || prop::sample::select(vec![None, Some("a"), Some("gone")]);
    let cells = (0..4_u8, by());
    (any::<u32>(), rollouts, by(), cells).prop_map(|(order, rollout, by, (kind, split_by))| {
        let by = by.map(|name| [Arc::from(name)].into());
        let cell = match kind {
            0 => None,
            1 => split(&[(None, 50_000, 1), (Some("x"), 50_000, 2)], split_by),
            2 => cell(1),
            _ => cell(2),
        };
        (order, Row { by, ..row(0, rollout, "salt") }, cell)
    })
}

/// The changes that make a key, its config, and the two segments of its level.
fn level(level: u32) -> impl Strategy<Value = Vec<Change>> {
    let segments = 2 * level + 3; // with EVERYONE, which is 0 and comes last
    let rows = vec(table_row(), segments as usize);
    let conditions = (conditions(level), conditions(level));
    (conditions, rows, any::<bool>()).prop_map(move |((first, second), rows, is_scheduled)| {
        let mut rows: Vec<_> = (0..).zip(rows).collect();
        rows.sort_by_key(
            |(segment, (order, ..))| if *segment == 0 { u32::MAX } else { *order / 2 },
        );
        let cells = rows.iter().map(|(_, (.., cell))| cell.clone()).collect();
        let row = |(segment, (_, made, _)): (u32, (u32, Row, Option<Cell>))| Row {
            segment: row(segment, None, "").segment,
            ..made
        };
        let number = level + 1;
        let made = rows.into_iter().map(row).collect();
        vec![
            put_segment(2 * level + 1, &format!("s{}", 2 * level + 1), first),
            put_segment(2 * level + 2, &format!("s{}", 2 * level + 2), second),
            put_key(number, &format!("k{level}"), 0, false),
            put_config(number, &format!("c{level}"), false, false),
            Change::Version(version(number, 1, made, vec![(number, cells)])),
            publish(number, 1, 1, if is_scheduled { 10 } else { 0 }, None),
        ]
    })
}

fn worlds() -> impl Strategy<Value = World> {
    (level(0), level(1), level(2), level(3)).prop_map(|(a, b, c, d)| {
        let mut world = World::default();
        for level in [a, b, c, d] {
            world.change(0, &level);
        }
        world
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trace_is_of_what_the_evaluation_does(
        world in worlds(),
        users in vec((0..6_u8, 0..3_u8), 3),
        order in Just((1..=LEVELS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        for (user, value) in users {
            let context = if user == 0 { Context::anonymous() } else { Context::new(format!("u{user}")) };
            let values = ["\"x\"", "3", "[1]"];
            let context = context.with("a", json(values[value as usize])).with("b", "x");
            for at in [t(5), t(15), t(25)] {
                let mut tracer = world.snapshot.tracer(&context, None, at, Secrets::none());
                let steps: Vec<_> = order.iter().flat_map(|key| tracer.trace(KeyId(*key))).collect();
                (0..steps.len()).for_each(|place| agrees(&world, &steps, place, &context, at));
                are_told_once(&steps);
                prop_assert_eq!(without_reason(&steps), Vec::<String>::new());
                let tried = steps.iter().filter(|step| matches!(&step.what, What::Key(key)
                    if key.evaluation.reason() != Reason::Static));
                prop_assert!(at < t(10) || tried.count() >= order.len());
            }
        }
    }
}
