//! Traces: what each row and each part of its condition said, for `EXPLAIN`.

use std::fmt;
use std::sync::Arc;

use super::era::Era;
use super::evaluation::{Evaluation, Outcome};
use super::evaluator::Evaluator;
use super::operand::{Operand, Truth};
use super::plan::Plan;
use super::plan_row::{By, PlanRow};
use super::program::{Environment, NodeId, Program};
use super::run::{Run, rollout_bucket};
use super::served::{Served, ServedRow};
use crate::model::{
    Expr, ExprKind, HIDDEN, KeyId, Name, Reason, Secrets, SegmentId, Share, Spanned, Value,
};
use crate::stack;

/// Trace of an evaluation: how it came about.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) evaluation: Evaluation<'static>,
    /// The rows that were tried, from the top to the one that won.
    pub(crate) rows: Vec<RowTrace>,
}

/// Trace of a row: how it was tried. What was not looked at any more is `None`.
#[derive(Clone, Debug)]
pub(crate) struct RowTrace {
    pub(crate) segment: Name,
    /// Whether the user is in the segment.
    pub(crate) in_segment: Option<bool>,
    /// The parts of the segment's condition; none for `EVERYONE`.
    pub(crate) parts: Vec<Part>,
    pub(crate) rollout: Option<RolloutTrace>,
    pub(crate) split: Option<SplitTrace>,
    /// Why it won or lost, in a sentence.
    pub(crate) verdict: String,
}

/// A part of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// How deep it is in the condition: 0 is the whole.
    pub(crate) depth: usize,
    /// The part as it is written.
    pub(crate) text: String,
    /// Whether it is true or false; `None` is unknown.
    pub(crate) truth: Truth,
    /// The values that it looked at: `country is 'FR'`, `age is missing`.
    pub(crate) because: Vec<String>,
}

/// A rollout and the user's bucket in it, or that of the attribute it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RolloutTrace {
    pub(crate) share: Share,
    /// The attribute that it goes by instead of the user's id.
    pub(crate) by: Option<String>,
    /// `None` if what it goes by is missing.
    pub(crate) bucket: Option<u32>,
    pub(crate) covered: bool,
}

/// A split and the user's bucket in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SplitTrace {
    /// The attribute that it goes by instead of the user's id.
    pub(crate) by: Option<String>,
    /// `None` if what it goes by is missing.
    pub(crate) bucket: Option<u32>,
    pub(crate) arm: Option<Arc<str>>,
}

impl Program {
    /// What each part of the condition that this program was compiled from says.
    pub(crate) fn trace<'a, E: Environment<'a>>(
        &'a self,
        expr: &Expr,
        environment: &mut E,
        secrets: Secrets<'_>,
    ) -> Vec<Part> {
        let evaluator = Evaluator::new(self, environment);
        let mut tracer = Tracer { program: self, evaluator, secrets, parts: Vec::new() };
        tracer.part(self.root(), expr, 0);
        tracer.parts
    }
}

/// Walks a condition and its program side by side.
struct Tracer<'a, 'e, E> {
    program: &'a Program,
    evaluator: Evaluator<'a, 'e, E>,
    /// What is not told.
    secrets: Secrets<'e>,
    parts: Vec<Part>,
}

impl<'a, E: Environment<'a>> Tracer<'a, '_, E> {
    fn part(&mut self, id: NodeId, expr: &Expr, depth: usize) {
        let truth = self.evaluator.truth(id);
        let connective = matches!(expr.node, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_));
        let mut because = Vec::new();
        if !connective {
            self.note(id, expr, &mut because);
            self.operands(id, expr, &mut because);
        }
        let text = self.secrets.expr(expr).to_string();
        self.parts.push(Part { depth, text, truth, because });
        if connective {
            for (id, operand) in self.program.operands(id).into_iter().zip(expr.node.operands()) {
                stack::step(|| self.part(id, operand, depth + 1));
            }
        }
    }

    /// Notes what the operands of a part are. The test of an `ANY` makes sense for an element only.
    fn operands(&mut self, id: NodeId, expr: &Expr, notes: &mut Vec<String>) {
        if let ExprKind::Any { list, .. } = &expr.node
            && self.elements(id, list, notes)
        {
            return;
        }
        for (id, operand) in self.program.operands(id).into_iter().zip(expr.node.operands()) {
            self.value(id, operand, notes);
            if !is_name(operand) {
                stack::step(|| self.operands(id, operand, notes));
            }
        }
    }

    fn value(&mut self, id: NodeId, expr: &Expr, notes: &mut Vec<String>) {
        if is_name(expr) || matches!(expr.node, ExprKind::Behaviour(_) | ExprKind::InList(_)) {
            self.note(id, expr, notes);
        } else if matches!(
            expr.node,
            ExprKind::Call { .. }
                | ExprKind::Arithmetic { .. }
                | ExprKind::Cast { .. }
                | ExprKind::Read { .. }
        ) && !is_literal(expr)
        {
            let value = self.told(id, expr);
            push_once(notes, format!("{} is {value}", self.secrets.expr(expr)));
        }
    }

    /// Notes what `ANY` goes through; `false` if that is a list as it is.
    fn elements(&mut self, any: NodeId, list: &Expr, notes: &mut Vec<String>) -> bool {
        let id = self.program.operands(any).into_iter().next();
        let Some(found) = id.and_then(|id| self.evaluator.elements(id)) else { return false };
        let told = match &found[..] {
            _ if self.secrets.concern(list) => HIDDEN.to_owned(),
            [] => "nothing".to_owned(),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        push_once(notes, format!("{list} leads to {}", abridged(told)));
        true
    }

    /// The value of a part, if it may be told.
    fn told(&mut self, id: NodeId, expr: &Expr) -> String {
        if self.secrets.concern(expr) {
            return HIDDEN.to_owned();
        }
        Abridged(&self.evaluator.value(id)).to_string()
    }

    /// Notes the value of a name, or of a function over events; of other parts it is their outcome.
    fn note(&mut self, id: NodeId, expr: &Expr, notes: &mut Vec<String>) {
        if let Some(finding) = self.evaluator.finding(id) {
            return push_once(
                notes,
                format!("{expr} is {}: {finding}", Abridged(&finding.answer())),
            );
        }
        if let Some(length) = self.evaluator.list_length(id) {
            let ids = if length == 1 { "id" } else { "ids" };
            return push_once(notes, format!("the list has {length} {ids}"));
        }
        if !is_name(expr) {
            return;
        }
        let is_attribute = matches!(expr.node, ExprKind::Attribute(_));
        push_once(
            notes,
            if is_attribute && self.evaluator.value(id).is_null() {
                format!("{expr} is missing")
            } else {
                format!("{expr} is {}", self.told(id, expr))
            },
        );
    }
}

fn is_name(expr: &Expr) -> bool {
    match &expr.node {
        ExprKind::Inside { operand, .. } => matches!(operand.node, ExprKind::Key(_)),
        node => {
            matches!(node, ExprKind::Attribute(_) | ExprKind::CheckValue(_) | ExprKind::Key(_))
        }
    }
}

/// Whether it is a text that is read as something.
fn is_literal(expr: &Expr) -> bool {
    match &expr.node {
        ExprKind::Read { operand, .. } => matches!(operand.node, ExprKind::Literal(_)),
        _ => false,
    }
}

fn push_once(notes: &mut Vec<String>, note: String) {
    if !notes.contains(&note) {
        notes.push(note);
    }
}

impl Part {
    /// `TRUE`, `FALSE` or `UNKNOWN`.
    pub(crate) fn outcome(&self) -> &'static str {
        match self.truth {
            Some(true) => "TRUE",
            Some(false) => "FALSE",
            None => "UNKNOWN",
        }
    }
}

/// Writes a value, cut off if it is long.
struct Abridged<'a>(&'a Operand<'a>);

impl fmt::Display for Abridged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&abridged(self.0.to_string()))
    }
}

/// A text, cut off if it is long.
fn abridged(text: String) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Traces the evaluation of a plan.
pub(super) fn trace<'a>(
    mut run: Run<'a>,
    plan: &'a Plan,
    outcome: Outcome,
    evaluation: Evaluation<'static>,
    secrets: Secrets<'_>,
) -> Trace {
    let tried = !matches!(outcome.reason, Reason::Archived | Reason::Disabled | Reason::Static);
    let era = plan.era(outcome.era);
    let rows = match &era.live {
        Some(live) if tried => rows(&mut run, era, live, &outcome, (plan.id, secrets)),
        _ => Vec::new(),
    };
    Trace { evaluation, rows }
}

/// The rows from the top to the one that won, blank ones too.
fn rows<'a>(
    run: &mut Run<'a>,
    era: &'a Era,
    live: &'a Served,
    outcome: &Outcome,
    of: (KeyId, Secrets<'_>),
) -> Vec<RowTrace> {
    let winner = era.rows.get(outcome.row as usize).map_or(u32::MAX, |row| row.row);
    let rows = (0..).zip(&live.rows).take_while(|(index, _)| *index <= winner);
    rows.map(|(index, served)| {
        let cell = era.rows.binary_search_by_key(&index, |row| row.row).ok();
        match cell.and_then(|number| era.rows.get(number)) {
            Some(row) => tried(run, era, served, row, of),
            None => blank(served),
        }
    })
    .collect()
}

fn blank(served: &ServedRow) -> RowTrace {
    RowTrace {
        segment: served.name.clone(),
        in_segment: None,
        parts: Vec::new(),
        rollout: None,
        split: None,
        verdict: "passed over: its cell for the key is blank".to_owned(),
    }
}

fn tried<'a>(
    run: &mut Run<'a>,
    era: &Era,
    served: &'a ServedRow,
    row: &'a PlanRow,
    (key, secrets): (KeyId, Secrets<'_>),
) -> RowTrace {
    let mut traced = blank(served);
    let holds = run.in_segment(served.segment);
    traced.in_segment = Some(holds);
    traced.parts = parts(run, served.segment, secrets);
    if holds {
        traced.rollout = rollout(run, served);
    }
    if holds && traced.rollout.as_ref().is_none_or(|rollout| rollout.covered) {
        traced.split = split(run, served, row);
    }
    let value = era.value(row, 0);
    traced.verdict = verdict(&traced, if secrets.hide(key) { None } else { Some(value) });
    traced
}

/// The parts of the condition of a segment.
fn parts(run: &Run<'_>, segment: SegmentId, secrets: Secrets<'_>) -> Vec<Part> {
    let Some(segment) = run.snapshot.segment(segment) else { return Vec::new() };
    let Some(program) = segment.plain_program(run.snapshot) else { return Vec::new() };
    program.trace(segment.condition.expr(), &mut run.again(), secrets)
}

fn rollout(run: &Run<'_>, served: &ServedRow) -> Option<RolloutTrace> {
    let thousandths = served.rollout?;
    let bucket = rollout_bucket(run.context, served);
    let covered = bucket.is_some_and(|bucket| bucket < thousandths);
    let by = served.by.as_deref().map(by_text);
    Some(RolloutTrace { share: Share::from_thousandths(thousandths)?, by, bucket, covered })
}

fn split(run: &Run<'_>, served: &ServedRow, row: &PlanRow) -> Option<SplitTrace> {
    let split = row.split.as_deref()?;
    let bucket = run.split_bucket(served, split);
    let arm = bucket.and_then(|b| split.arm(b)).and_then(|arm| split.arms.get(arm as usize));
    let by = split.by.as_ref().map(by_text);
    Some(SplitTrace { by, bucket, arm: arm.map(|arm| Arc::clone(&arm.label)) })
}

/// An attribute that is hashed, as it is written.
fn by_text(by: &By) -> String {
    Spanned::unplaced(ExprKind::Attribute(Arc::clone(&by.path))).to_string()
}

/// Why a row won or lost: the first thing that decided it. The value that it gives is `None` if it may not be told.
fn verdict(traced: &RowTrace, value: Option<&Value>) -> String {
    if traced.in_segment != Some(true) {
        let unknown = traced.parts.first().is_some_and(|whole| whole.truth.is_none());
        return if unknown {
            "passed over: its condition is unknown, not true".to_owned()
        } else {
            "passed over: the user is not in the segment".to_owned()
        };
    }
    match (&traced.rollout, &traced.split) {
        (Some(RolloutTrace { bucket: None, by: Some(by), share, .. }), _) => {
            format!("passed over: its rollout of {share} goes by {by}, which is missing")
        }
        (Some(RolloutTrace { bucket: None, by: None, share, .. }), _) => {
            format!("passed over: its rollout of {share} needs a user id")
        }
        (Some(RolloutTrace { bucket: Some(bucket), share, covered: false, .. }), _) => {
            format!("passed over: bucket {bucket} is not in its rollout of {share}")
        }
        (_, Some(SplitTrace { bucket: None, by: Some(by), .. })) => {
            format!("passed over: its split goes by {by}, which is missing")
        }
        (_, Some(SplitTrace { bucket: None, by: None, .. })) => {
            "passed over: its split needs a user id".to_owned()
        }
        (_, Some(SplitTrace { bucket: Some(bucket), arm: Some(arm), .. })) => {
            format!("wins: bucket {bucket} is in the arm {arm}")
        }
        _ => {
            let told = value.map(|value| Abridged(&Operand::from(value)).to_string());
            format!("wins: gives {}", told.as_deref().unwrap_or(HIDDEN))
        }
    }
}
