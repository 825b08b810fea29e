//! `EXPLAIN SELECT`: a plan as a tree, one step a row.

use std::collections::HashSet;
use std::rc::Rc;

use super::plan::{Plan, Scan, Subquery};
use crate::query::rows::{Column, ColumnKind, Rows};
use crate::query::value::{count, optional, text};

/// The columns of `EXPLAIN SELECT`.
const COLUMNS: &[Column] = &[
    Column::of("depth", ColumnKind::Depth, "how deep the step is in the plan, from 0"),
    Column::of("step", ColumnKind::Text, "what is done"),
    Column::of("by", ColumnKind::Text, "by what"),
];

/// Step of a plan: how deep it is, what is done, and by what.
type Line = (usize, &'static str, Option<String>);

/// A plan as rows: the queries within it first, each at its number.
pub(super) fn rows(plan: &Plan<'_>, subqueries: &[Subquery<'_>]) -> Rows {
    let mut told = Told::default();
    for (number, subquery) in (1..).zip(subqueries) {
        told.lines.push((0, "query within", Some(format!("query_{number}"))));
        told.tell(&subquery.plan, 1);
    }
    told.tell(plan, 0);
    let row = |(depth, step, by): Line| vec![count(depth), text(step), optional(by.as_deref())];
    Rows::new(COLUMNS, told.lines.into_iter().map(row).collect())
}

/// What was told of a plan.
#[derive(Default)]
struct Told {
    lines: Vec<Line>,
    /// The queries with names whose steps were told: they are run once, and told once.
    commons: HashSet<*const ()>,
}

impl Told {
    fn tell(&mut self, plan: &Plan<'_>, depth: usize) {
        crate::stack::step(|| {
            let (step, by) = line(plan);
            self.lines.push((depth, step, by.filter(|by| !by.is_empty())));
            if let Plan::Common(common) = plan
                && !self.commons.insert(Rc::as_ptr(common).cast())
            {
                return;
            }
            for input in inputs(plan) {
                self.tell(input, depth + 1);
            }
        });
    }
}

fn line(plan: &Plan<'_>) -> (&'static str, Option<String>) {
    match plan {
        Plan::Nothing => ("one row", None),
        Plan::Scan(scan) => ("scan", Some(scanned(scan))),
        Plan::Shown(shown) => ("rows of", Some(shown.text.to_string())),
        Plan::Common(common) => ("rows of", Some(common.name.to_string())),
        Plan::Filter { text, .. } => ("filter", Some(text.clone())),
        Plan::Join(join) => {
            let step = match (join.is_merged, join.equal.is_empty(), join.outer.is_some()) {
                (true, _, false) => "merge join",
                (true, _, true) => "left merge join",
                (_, false, false) => "hash join",
                (_, false, true) => "left hash join",
                (_, true, false) => "nested loop",
                (_, true, true) => "left nested loop",
            };
            (step, Some(join.text.clone()))
        }
        Plan::Group { text, .. } => ("group", Some(text.clone())),
        Plan::Project { text, .. } => ("project", Some(text.clone())),
        Plan::Distinct { .. } => ("distinct", None),
        Plan::Sort { first, text, .. } => match first {
            Some(first) => ("sort", Some(format!("{text}; the first {first}"))),
            None => ("sort", Some(text.clone())),
        },
        Plan::Limit { offset, limit, .. } => {
            let limit = limit.map_or("all".to_owned(), |limit| limit.to_string());
            ("limit", Some(if *offset > 0 { format!("{limit} after {offset}") } else { limit }))
        }
        Plan::Append { .. } => ("append", None),
        Plan::Compare { keeps_same: true, .. } => ("intersect", None),
        Plan::Compare { keeps_same: false, .. } => ("except", None),
    }
}

/// A table, the columns by which its rows are found, those that are tested before one is made, and the condition that
/// its rows meet.
fn scanned(scan: &Scan<'_>) -> String {
    let mut told = scan.table.name().to_owned();
    if scan.is_traffic {
        told.push_str(" for traffic");
    }
    let narrowed = scan.table.narrowed(&scan.lookups);
    for (word, columns) in [" by ", " testing "].into_iter().zip(narrowed) {
        if !columns.is_empty() {
            told.push_str(word);
            told.push_str(&columns.join(", "));
        }
    }
    if let Some(condition) = &scan.text {
        told.push_str(" where ");
        told.push_str(condition);
    }
    told
}

fn inputs<'p, 'v>(plan: &'p Plan<'v>) -> Vec<&'p Plan<'v>> {
    match plan {
        Plan::Nothing | Plan::Scan(_) | Plan::Shown(_) => Vec::new(),
        Plan::Common(common) => vec![&common.plan],
        Plan::Filter { input, .. }
        | Plan::Group { input, .. }
        | Plan::Project { input, .. }
        | Plan::Distinct { input }
        | Plan::Sort { input, .. }
        | Plan::Limit { input, .. } => vec![input],
        Plan::Join(join) => vec![&join.left, &join.right],
        Plan::Append { left, right } | Plan::Compare { left, right, .. } => vec![left, right],
    }
}
