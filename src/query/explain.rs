//! `EXPLAIN GET`: how each value came about, as a tree that reads from top to bottom.

use std::fmt;

use super::get::Reading;
use super::rows::{Column, ColumnKind, Row, Rows};
use super::value::{count, optional, text};
use super::view::View;
use crate::error::Result;
use crate::eval::{
    Hashed, KeyTrace, Part, RolloutTrace, RowTrace, RowVerdict, Sight, SplitTrace, Step, What,
};
use crate::limits::TRACE_TEXT_CHARS;
use crate::model::{Name, Publication, Reason, Secrets, Share, Value};
use crate::statement::Explain;

/// The columns of `EXPLAIN`.
const COLUMNS: &[Column] = &[
    Column::of("key", ColumnKind::Text, "the key that was asked for"),
    Column::of("depth", ColumnKind::Depth, "how deep the step is in the explanation, from 0"),
    Column::of("step", ColumnKind::Text, "what was looked at"),
    Column::of(
        "verdict",
        ColumnKind::Text,
        "wins or passed over (rows); TRUE, FALSE or UNKNOWN (conditions, shares)",
    ),
    Column::of("why", ColumnKind::Text, "what came of it, and what it is due to"),
];

/// Line of an explanation: its depth, a step, the verdict over it, and why.
type Line = (usize, String, Option<&'static str>, String);

/// Explains the values of keys for a user.
pub(super) fn explain(view: &View<'_>, explain: &Explain) -> Result<Rows> {
    let reading = Reading::new(view, &explain.get)?;
    let mut rows = Vec::new();
    let teller = Teller { reading: &reading, secrets: view.secrets() };
    let (snapshot, context) = (&reading.snapshot, &reading.context);
    let fitted = snapshot.fitted(context);
    let mut tracer = snapshot.tracer(context, fitted.as_deref(), reading.at, teller.secrets);
    for id in &reading.keys {
        let steps = tracer.trace(*id);
        let Some(key) = reading.snapshot.catalog().key(*id) else { continue };
        let lines = steps.iter().flat_map(|step| teller.lines(step));
        rows.extend(lines.map(|line| row(&key.name, line)));
    }
    Ok(Rows::new(COLUMNS, rows))
}

fn row(key: &Name, (depth, step, verdict, why): Line) -> Row {
    let why = if why.is_empty() { Value::Null } else { text(&why) };
    vec![Value::String(key.to_arc()), count(depth), text(&step), optional(verdict), why]
}

/// Teller of steps.
struct Teller<'a> {
    reading: &'a Reading<'a>,
    secrets: Secrets<'a>,
}

impl Teller<'_> {
    fn lines(&self, step: &Step) -> Vec<Line> {
        let Step { depth, what } = step;
        let depth = *depth;
        let (step, verdict, why) = match what {
            What::Key(key) => return self.key(depth, key),
            What::Row(row) => of_row(row),
            What::Part(part) => of_part(part),
            What::Rollout(rollout) => of_rollout(rollout),
            What::Split(split) => of_split(split),
        };
        vec![(depth, step, verdict, why)]
    }

    /// The answer, and which version has the key.
    fn key(&self, depth: usize, key: &KeyTrace) -> Vec<Line> {
        let step = match depth {
            0 => "value".to_owned(),
            _ => format!("KEY({})", key.evaluation.key()),
        };
        let told = self.secrets.literal(key.id, key.evaluation.value());
        let above = if key.is_above { ABOVE } else { "" };
        let answer = format!("{told} ({}){above}", Reasoned(key));
        let config = key.evaluation.config().filter(|_| !key.is_above);
        let config = config.map(|name| {
            let version = key.evaluation.version().unwrap_or_default();
            let why = self.live(name, version).unwrap_or_default();
            (depth + 1, format!("config {name}"), None, why)
        });
        std::iter::once((depth, step, None, answer)).chain(config).collect()
    }

    /// Why a version of a config is live, until when, and what is scheduled.
    fn live(&self, name: &Name, version: u32) -> Option<String> {
        let config = self.reading.snapshot.catalog().config_named(name.as_str())?;
        if self.reading.pretended == Some(config.head.id) {
            return Some(format!("version {version}, as if it were live (UNDER)"));
        }
        let (timeline, at) = (&config.timeline, self.reading.at);
        let Publication { effective, until, .. } = timeline.deciding(at)?;
        let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
        let next = timeline.to_come(at).next();
        let next =
            next.map(|next| format!("; version {} will be at {}", next.version, next.effective));
        let next = next.unwrap_or_default();
        Some(format!("version {version} is live since {effective}{until}{next}"))
    }
}

/// What is said of what was told before.
const ABOVE: &str = ", explained above";

/// Writes why a value is given, and what gave it.
struct Reasoned<'a>(&'a KeyTrace);

impl fmt::Display for Reasoned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(KeyTrace { evaluation, row, .. }) = self;
        write!(f, "{}", evaluation.reason())?;
        if let Some((row, segment)) = row.zip(evaluation.segment()) {
            write!(f, ": row {row}, segment {}", segment_text(segment))?;
        }
        if let Some(variant) = evaluation.variant() {
            write!(f, ", arm {variant}")?;
        }
        let Some((config, version)) = evaluation.config().zip(evaluation.version()) else {
            return f.write_str(match evaluation.reason() {
                Reason::Archived => ": the key is archived",
                _ => ": no live version has the key",
            });
        };
        match evaluation.reason() {
            Reason::Disabled => write!(f, ": config {config}, version {version}, is disabled"),
            Reason::Default => {
                write!(f, ": no row of version {version} of config {config} gives it")
            }
            _ => write!(f, ", version {version} of config {config}"),
        }
    }
}

/// The name of a segment; that of the built-in one stands without quotes.
fn segment_text(name: &Name) -> String {
    if *name == Name::everyone() { name.as_str().to_owned() } else { name.to_string() }
}

/// A step, its verdict, and why.
type Told = (String, Option<&'static str>, String);

fn of_row(row: &RowTrace) -> Told {
    let why = match row.verdict {
        RowVerdict::Blank => "its cell for the key is blank",
        RowVerdict::False => "the user is not in the segment",
        RowVerdict::Unknown => "its condition is unknown, not true",
        RowVerdict::Uncovered => "its rollout does not cover the user",
        RowVerdict::Unsplit => "its split has nothing to go by",
        RowVerdict::Wins => "the first row that gives the key a value",
    };
    let verdict = if row.verdict == RowVerdict::Wins { "wins" } else { "passed over" };
    let above = if row.is_above { "; its condition is above" } else { "" };
    let step = format!("row {}: {}", row.number, segment_text(&row.segment));
    (step, Some(verdict), format!("{why}{above}"))
}

fn of_part(part: &Part) -> Told {
    let truth = part.truth.map_or("UNKNOWN", truth);
    let mut why: Vec<_> = sorted(part).map(|sight| sight.said_of(&part.text)).collect();
    if let Some(condition) = part.segment {
        let unknown = condition.truth.is_none().then_some("its condition is unknown, not true");
        let above = condition.is_above.then_some("explained above");
        why.extend(unknown.into_iter().chain(above).map(str::to_owned));
    }
    (part.text.clone(), Some(truth), why.join(", "))
}

/// What a part looked at. If it is unknown, that which is why comes first, and what has no result because of that is
/// left out.
fn sorted(part: &Part) -> impl Iterator<Item = &Sight> {
    let first = |sight: &&Sight| part.truth.is_none() && sight.is_why();
    let is_left_out = |sight: &&Sight| part.truth.is_none() && sight.is_null();
    let others = part.sights.iter().filter(move |sight| !first(sight) && !is_left_out(sight));
    part.sights.iter().filter(first).chain(others)
}

fn truth(is_true: bool) -> &'static str {
    if is_true { "TRUE" } else { "FALSE" }
}

fn of_rollout(rollout: &RolloutTrace) -> Told {
    let end = rollout.share.thousandths();
    let why = match &rollout.hashed.bucket {
        Err(sight) => sight.to_string(),
        Ok(bucket) if rollout.covered => format!("bucket {bucket} is below {end}"),
        Ok(bucket) => format!("bucket {bucket} is not below {end}"),
    };
    let step = format!("rollout {}{}", rollout.share, by(&rollout.hashed));
    (step, Some(truth(rollout.covered)), why)
}

fn of_split(split: &SplitTrace) -> Told {
    let why = match &split.hashed.bucket {
        Err(sight) => sight.to_string(),
        Ok(bucket) => format!("bucket {bucket}{}", piece(split)),
    };
    let step = format!("split {}{}", layout(split), by(&split.hashed));
    (step, Some(truth(split.piece.is_some())), why)
}

fn by(hashed: &Hashed) -> String {
    hashed.by.as_ref().map_or_else(String::new, |by| format!(" BY {by}"))
}

/// The piece that a bucket is in.
fn piece(split: &SplitTrace) -> String {
    let Some(place) = split.piece.map(|piece| piece as usize) else { return String::new() };
    let end_of = |place: usize| split.pieces.get(place).map_or(0, |(_, end)| *end);
    let begin = place.checked_sub(1).map_or(0, end_of);
    let arm = split.pieces.get(place).map_or("", |(arm, _)| &**arm);
    format!(" is in [{begin}, {}): arm {arm}", end_of(place))
}

/// The shares of the pieces, cut off if they are many.
fn layout(split: &SplitTrace) -> String {
    let begins = std::iter::once(0).chain(split.pieces.iter().map(|(_, end)| *end));
    let shares = split.pieces.iter().zip(begins).filter_map(|((arm, end), begin)| {
        Share::from_thousandths(end - begin).map(|share| format!("{arm}: {share}"))
    });
    let mut told = String::new();
    for share in shares {
        if told.len() > TRACE_TEXT_CHARS {
            return told + ", …";
        }
        told.push_str(if told.is_empty() { "" } else { ", " });
        told.push_str(&share);
    }
    told
}
