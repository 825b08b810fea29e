//! Tracer: walks down from keys to rows, segments, and what these refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::blame::obstacle;
use super::flaw::Flaw;
use super::look::{Look, is_connective};
use super::sight::{Sight, State, told, written};
use super::step::{
    Condition, Hashed, KeyTrace, Part, RolloutTrace, RowTrace, RowVerdict, SplitTrace, Step, What,
};
use crate::eval::evaluation::{Evaluation, Outcome};
use crate::eval::operand::{Operand, Truth};
use crate::eval::pin::Pins;
use crate::eval::plan::Plan;
use crate::eval::plan_row::{By, PlanRow};
use crate::eval::program::{Environment, NodeId};
use crate::eval::run::{Run, rollout_bucket};
use crate::eval::scope::{CatalogScope, Scope};
use crate::eval::served::ServedRow;
use crate::model::{
    Expr, ExprKind, HIDDEN, KeyId, Name, Reason, Secrets, SegmentId, Share, Spanned, USER_ID,
    UserAttribute,
};
use crate::stack;

/// Tracer of the values of a user at an instant. What it has told of once it only refers to.
pub(crate) struct Tracer<'a> {
    pins: &'a Pins,
    run: Run<'a>,
    /// What is not told.
    secrets: Secrets<'a>,
    /// The segments whose conditions were told, and what they say.
    segments: BTreeMap<SegmentId, Truth>,
    /// The keys that were told.
    keys: BTreeSet<KeyId>,
    steps: Vec<Step>,
    depth: usize,
}

impl<'a> Tracer<'a> {
    pub(in crate::eval) fn new(pins: &'a Pins, run: Run<'a>, secrets: Secrets<'a>) -> Self {
        let (segments, keys) = (BTreeMap::new(), BTreeSet::new());
        Self { pins, run, secrets, segments, keys, steps: Vec::new(), depth: 0 }
    }

    /// Evaluates a key, and says how its value comes about; nothing of a key that does not exist.
    pub(crate) fn trace(&mut self, key: KeyId) -> Vec<Step> {
        self.key(key);
        std::mem::take(&mut self.steps)
    }

    fn push(&mut self, what: What) -> usize {
        self.steps.push(Step { depth: self.depth, what });
        self.steps.len() - 1
    }

    /// Takes the steps of some work one deeper.
    fn below<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let done = stack::step(|| work(self));
        self.depth -= 1;
        done
    }

    fn key(&mut self, id: KeyId) {
        let Some(key) = self.run.snapshot.key(id) else { return };
        let outcome = self.run.find(key);
        let evaluation = Evaluation::kept(self.pins, key, outcome);
        let is_above = !self.keys.insert(id);
        let plan = key.plan();
        let row = plan.era(outcome.era).rows.get(outcome.row as usize).map(|row| row.row + 1);
        self.push(What::Key(KeyTrace { id, evaluation, row, is_above }));
        let tried = !matches!(outcome.reason, Reason::Archived | Reason::Disabled | Reason::Static);
        if tried && !is_above {
            self.below(|this| this.rows(plan, &outcome));
        }
    }

    /// The rows from the top to the one that won, blank ones too.
    fn rows(&mut self, plan: &'a Plan, outcome: &Outcome) {
        let era = plan.era(outcome.era);
        let Some(live) = &era.live else { return };
        let winner = era.rows.get(outcome.row as usize).map_or(u32::MAX, |row| row.row);
        for (index, served) in (0..).zip(&live.rows).take_while(|(index, _)| *index <= winner) {
            let cell = era.rows.binary_search_by_key(&index, |row| row.row).ok();
            self.row(index + 1, served, cell.and_then(|cell| era.rows.get(cell)));
        }
    }

    fn row(&mut self, number: u32, served: &'a ServedRow, row: Option<&'a PlanRow>) {
        let segment = served.name.clone();
        let blank = RowTrace { number, segment, verdict: RowVerdict::Blank, is_above: false };
        let place = self.push(What::Row(blank));
        let Some(row) = row else { return };
        let (is_above, verdict) = self.below(|this| {
            let condition = this.segment(served.segment);
            (condition.is_above, this.verdict(condition.truth, served, row))
        });
        if let Some(Step { what: What::Row(row), .. }) = self.steps.get_mut(place) {
            (row.is_above, row.verdict) = (is_above, verdict);
        }
    }

    fn verdict(&mut self, condition: Truth, served: &'a ServedRow, row: &'a PlanRow) -> RowVerdict {
        if !self.run.in_segment(served.segment) {
            return condition.map_or(RowVerdict::Unknown, |_| RowVerdict::False);
        }
        if let Some(rollout) = self.rollout(served) {
            let covered = rollout.covered;
            self.push(What::Rollout(rollout));
            if !covered {
                return RowVerdict::Uncovered;
            }
        }
        let Some(split) = self.split(served, row) else { return RowVerdict::Wins };
        let verdict = split.piece.map_or(RowVerdict::Unsplit, |_| RowVerdict::Wins);
        self.push(What::Split(split));
        verdict
    }

    fn rollout(&self, served: &ServedRow) -> Option<RolloutTrace> {
        let thousandths = served.rollout?;
        let bucket = rollout_bucket(self.run.context, served);
        let covered = bucket.is_some_and(|bucket| bucket < thousandths);
        let hashed = self.hashed(served.by.as_deref(), bucket);
        Some(RolloutTrace { share: Share::from_thousandths(thousandths)?, hashed, covered })
    }

    fn split(&self, served: &ServedRow, row: &PlanRow) -> Option<SplitTrace> {
        let split = row.split.as_deref()?;
        let bucket = self.run.split_bucket(served, split);
        let pieces = split.arms.iter().map(|arm| (Arc::clone(&arm.label), arm.end)).collect();
        let hashed = self.hashed(split.by.as_ref(), bucket);
        Some(SplitTrace { pieces, hashed, piece: bucket.and_then(|bucket| split.arm(bucket)) })
    }

    /// What a share goes by, and why there is nothing to hash if there is not.
    fn hashed(&self, by: Option<&By>, bucket: Option<u32>) -> Hashed {
        let Some(By { name, path }) = by else {
            let nobody = Sight { what: USER_ID.to_owned(), state: State::NoUser, flaw: None };
            return Hashed { by: None, bucket: bucket.ok_or(nobody) };
        };
        let expr = Expr::unplaced(ExprKind::Attribute(Arc::clone(path)));
        let what = written(&expr);
        let base = self.run.context.find(name).map(UserAttribute::value);
        let value = base.and_then(|base| base.dig(path.get(1..)?)).map(Operand::from);
        let shown = |value: &Operand<'_>| {
            State::Value(if self.secrets.concern(&expr) { HIDDEN.to_owned() } else { told(value) })
        };
        let sight = || match (value, base.and_then(|base| obstacle(base, path))) {
            (Some(Operand::Null), _) => {
                Sight { what: what.clone(), state: State::Null, flaw: None }
            }
            (Some(value), _) => {
                let flaw = Some(Flaw::untextual(&value));
                Sight { what: what.clone(), state: shown(&value), flaw }
            }
            (None, Some((way, value))) => {
                let flaw = Some(Flaw::of_type(&value, "an object"));
                Sight { what: written(&way), state: shown(&value), flaw }
            }
            (None, None) => {
                let state = self.run.misfit(name).map_or(State::Missing, State::Misfit);
                Sight { what: what.clone(), state, flaw: None }
            }
        };
        let bucket = bucket.ok_or_else(sight);
        Hashed { by: Some(what), bucket }
    }

    /// Tells of the condition of a segment, unless that was done.
    fn segment(&mut self, id: SegmentId) -> Condition {
        if id.is_everyone() {
            return Condition { truth: Some(true), is_above: false };
        }
        if let Some(truth) = self.segments.get(&id) {
            return Condition { truth: *truth, is_above: true };
        }
        self.segments.insert(id, Some(false)); // so that a cycle ends, which only a damaged store has
        let truth = self.condition(id);
        self.segments.insert(id, truth);
        Condition { truth, is_above: false }
    }

    /// The parts of the condition of a segment. One that cannot be compiled holds for nobody.
    fn condition(&mut self, id: SegmentId) -> Truth {
        let state = self.run.snapshot;
        let Some(segment) = state.segment(id) else { return Some(false) };
        let Some(program) = segment.plain_program(state) else { return Some(false) };
        let mut run = self.run.again();
        let secrets = self.secrets;
        segment.condition.look(|expr| {
            let mut look = Look::new(&program, &mut run, secrets);
            self.part(&mut look, program.root(), expr);
            look.truth()
        })
    }

    fn part<'b>(&mut self, look: &mut Look<'b, '_, Run<'b>>, id: NodeId, expr: &Expr) {
        let part = look.part(id, expr);
        match &expr.node {
            ExprKind::InSegment(Some(name)) => self.reference(name, part),
            _ if is_connective(expr) => {
                self.push(What::Part(part));
                for (id, operand) in look.pairs(id, expr) {
                    self.below(|this| this.part(look, id, operand));
                }
            }
            _ => {
                self.push(What::Part(part));
                self.below(|this| this.references(expr));
            }
        }
    }

    /// The segments and keys that a test refers to.
    fn references(&mut self, whole: &Expr) {
        for (part, _) in whole.node.parts() {
            match part {
                ExprKind::Key(name) => {
                    if let Ok((key, _)) = self.scope().key(name) {
                        self.key(key);
                    }
                }
                ExprKind::InSegment(Some(name)) => {
                    let Ok(id) = self.scope().segment(name) else { continue };
                    let truth = Some(self.run.in_segment(id));
                    let text = written(part);
                    self.reference(name, Part { text, truth, sights: Vec::new(), segment: None });
                }
                _ => {}
            }
        }
    }

    /// A part that asks for a segment, and below it the condition of that.
    fn reference(&mut self, name: &Spanned<Name>, part: Part) {
        let place = self.push(What::Part(part));
        let Ok(id) = self.scope().segment(name) else { return };
        let condition = self.below(|this| this.segment(id));
        if let Some(Step { what: What::Part(part), .. }) = self.steps.get_mut(place) {
            part.segment = Some(condition);
        }
    }

    fn scope(&self) -> CatalogScope<'a> {
        let state = self.run.snapshot;
        CatalogScope(&state.catalog)
    }
}
