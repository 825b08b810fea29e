//! `EXPLAIN GET`: how each value came about, as a table that reads from top to bottom.

use std::sync::Arc;

use super::get::Reading;
use super::rows::{Column, ColumnKind, Rows};
use super::value::text;
use super::view::View;
use crate::error::Result;
use crate::eval::{Evaluation, Part, RolloutTrace, RowTrace, SplitTrace, Trace};
use crate::model::{Literal, Name, Reason, Value};
use crate::statement::Explain;

/// The columns of `EXPLAIN`.
const COLUMNS: &[Column] = &[
    Column::of("key", ColumnKind::Text, "the key"),
    Column::of("step", ColumnKind::Text, "what was looked at"),
    Column::of("result", ColumnKind::Text, "what came of it"),
];

/// Line of an explanation: a step, and its result.
type Line = (String, String);

/// Explains the values of keys for a user.
pub(super) fn explain(view: &View<'_>, explain: &Explain) -> Result<Rows> {
    let reading = Reading::new(view, &explain.get)?;
    let mut rows = Vec::new();
    let secrets = view.secrets();
    for id in &reading.keys {
        let traced = reading.snapshot.trace_at(*id, &reading.context, reading.at, secrets);
        let Some(trace) = traced else { continue };
        let key = trace.evaluation.key().to_arc();
        let told = secrets.literal(*id, trace.evaluation.value());
        let row = |(step, result): Line| {
            vec![Value::String(Arc::clone(&key)), text(&step), text(&result)]
        };
        rows.extend(lines(&trace, &told).into_iter().map(row));
    }
    Ok(Rows::new(COLUMNS, rows))
}

fn lines(trace: &Trace, told: &Literal) -> Vec<Line> {
    let mut lines = vec![owner(&trace.evaluation)];
    for (index, row) in trace.rows.iter().enumerate() {
        let segment = segment(&row.segment);
        lines.push((format!("row {}: {segment}", index + 1), row.verdict.clone()));
        lines.extend(row_lines(row));
    }
    lines.push(value(&trace.evaluation, told));
    lines
}

/// The name of a segment; that of the built-in one stands without quotes.
fn segment(name: &Name) -> String {
    if *name == Name::everyone() { name.as_str().to_owned() } else { name.to_string() }
}

/// Which version decides, if one does.
fn owner(evaluation: &Evaluation<'_>) -> Line {
    let found = match evaluation.config().zip(evaluation.version()) {
        Some((config, version)) => format!("version {version} of config {config}"),
        None => "no live version has the key".to_owned(),
    };
    let decided = match evaluation.reason() {
        Reason::Archived => "the key is archived: its default".to_owned(),
        Reason::Disabled => format!("{found}, but the config is disabled: the default"),
        Reason::Static => format!("{found}: its default"),
        _ => found,
    };
    ("config".to_owned(), decided)
}

fn row_lines(row: &RowTrace) -> Vec<Line> {
    let mut lines: Vec<_> = row.parts.iter().map(part).collect();
    lines.extend(row.rollout.as_ref().map(rollout));
    lines.extend(row.split.as_ref().map(split));
    lines
}

fn part(part: &Part) -> Line {
    let indent = "  ".repeat(part.depth + 1);
    let because = match part.because.as_slice() {
        [] => String::new(),
        because => format!(" ({})", because.join(", ")),
    };
    (format!("{indent}{}", part.text), format!("{}{because}", part.outcome()))
}

fn rollout(rollout: &RolloutTrace) -> Line {
    let end = rollout.share.thousandths();
    let result = match rollout.bucket {
        None if rollout.by.is_some() => "nothing to hash: not covered".to_owned(),
        None => "no user id, no bucket: not covered".to_owned(),
        Some(bucket) if rollout.covered => format!("bucket {bucket} is below {end}: covered"),
        Some(bucket) => format!("bucket {bucket} is not below {end}: not covered"),
    };
    let by = rollout.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    (format!("  rollout {}{by}", rollout.share), result)
}

fn split(split: &SplitTrace) -> Line {
    let step = split.by.as_ref().map_or("  split".to_owned(), |by| format!("  split by {by}"));
    let result = match (split.bucket, &split.arm) {
        (Some(bucket), Some(arm)) => format!("bucket {bucket}: arm {arm}"),
        (Some(bucket), None) => format!("bucket {bucket}: no arm"),
        (None, _) => "nothing to hash: no bucket".to_owned(),
    };
    (step, result)
}

/// The value as it is told, and its reason.
fn value(evaluation: &Evaluation<'_>, told: &Literal) -> Line {
    let mut reason = evaluation.reason().to_string();
    let segment = evaluation.segment().map(segment);
    reason.extend(segment.map(|segment| format!(", segment {segment}")));
    reason.extend(evaluation.variant().map(|variant| format!(", arm {variant}")));
    ("value".to_owned(), format!("{told} ({reason})"))
}
