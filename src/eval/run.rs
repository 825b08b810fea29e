//! One evaluation: rows tried from the top, segments and keys decided once each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::evaluation::{Outcome, Reason};
use super::operand::Operand;
use super::plan::{Live, Plan, PlanCell, PlanRow, PlanSplit, ServedRow};
use super::program::{Environment, NULL};
use super::snapshot::Snapshot;
use crate::limits::CHAIN_DEPTH;
use crate::model::{Context, KeyId, SegmentId, Timestamp, Value};

/// What a snapshot says of a user at an instant.
pub(super) struct Run<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) context: &'a Context,
    at: Timestamp,
    /// How many conditions wait for one that they refer to.
    depth: usize,
    /// Segments and keys that a condition referred to: each is decided once, or a chain in which each
    /// refers twice to the one before it would take exponential time. Empty maps take no memory.
    segments: BTreeMap<SegmentId, bool>,
    keys: BTreeMap<KeyId, &'a Value>,
}

impl<'a> Run<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, context: &'a Context, at: Timestamp) -> Self {
        let (segments, keys) = (BTreeMap::new(), BTreeMap::new());
        Self { snapshot, context, at, depth: 0, segments, keys }
    }

    /// Tries the rows of a plan.
    pub(super) fn find(&mut self, plan: &'a Plan) -> Outcome {
        let era = plan.era(self.at);
        if plan.archived {
            return Outcome::without_row(Reason::Archived, era);
        }
        let Some(live) = plan.live(era) else {
            return Outcome::without_row(Reason::Static, era);
        };
        if live.served.disabled {
            return Outcome::without_row(Reason::Disabled, era);
        }
        for (row, cell) in live.rows.iter().enumerate() {
            if let Some((reason, arm)) = self.try_row(live, cell) {
                return Outcome { reason, era, row, arm };
            }
        }
        Outcome::without_row(Reason::Default, era)
    }

    /// The arm that a row gives, or its value; `None` if it gives nothing.
    fn try_row(&mut self, live: &'a Live, row: &'a PlanRow) -> Option<(Reason, usize)> {
        let served = live.served.rows.get(row.row)?;
        if !self.in_row_segment(served.segment) || !self.is_covered(served) {
            return None;
        }
        match &row.cell {
            PlanCell::Value(_) => Some((Reason::TargetingMatch, 0)),
            PlanCell::Split(split) => {
                let bucket = self.split_bucket(served, split)?;
                split.arm(bucket).map(|arm| (Reason::Split, arm))
            }
        }
    }

    /// Whether the user is in the segment of a row. Rows have each segment once, so nothing is noted.
    fn in_row_segment(&mut self, segment: SegmentId) -> bool {
        match self.segments.get(&segment) {
            Some(known) => *known,
            None => self.decide(segment),
        }
    }

    /// Whether the rollout of a row covers the user.
    fn is_covered(&self, row: &ServedRow) -> bool {
        row.rollout
            .is_none_or(|share| self.rollout_bucket(row).is_some_and(|bucket| bucket < share))
    }

    pub(super) fn rollout_bucket(&self, row: &ServedRow) -> Option<u32> {
        self.context.user_id().map(|id| row.rollout_salt.bucket(id))
    }

    /// The bucket of a split; `None` if what it goes by is missing.
    pub(super) fn split_bucket(&self, row: &ServedRow, split: &PlanSplit) -> Option<u32> {
        let Some(path) = &split.by else {
            return self.context.user_id().map(|id| row.split_salt.bucket(id));
        };
        let (name, steps) = path.split_first()?;
        let by = self.context.attribute(name)?.dig(steps)?;
        let by: Cow<'_, str> = Operand::from(by).into_text()?;
        Some(row.split_salt.bucket(&by))
    }

    /// Evaluates the condition of a segment.
    fn decide(&mut self, segment: SegmentId) -> bool {
        if segment.is_everyone() {
            return true;
        }
        let Some(compiled) = self.snapshot.segment(segment) else {
            return false;
        };
        compiled.program.evaluate(self) == Some(true)
    }
}

impl<'a> Environment<'a> for Run<'a> {
    fn attribute(&self, name: &str) -> Option<&'a Value> {
        self.context.attribute(name)
    }

    /// The value for a key. While it is looked for it is `NULL`, so that a cycle ends.
    fn key_value(&mut self, key: KeyId) -> &'a Value {
        if let Some(known) = self.keys.get(&key) {
            return known;
        }
        let snapshot = self.snapshot;
        let Some(plan) = snapshot.plan(key).filter(|_| self.depth < CHAIN_DEPTH) else {
            return &NULL;
        };
        self.keys.insert(key, &NULL);
        self.depth += 1;
        let outcome = self.find(plan);
        self.depth -= 1;
        let value = plan.value(&outcome);
        self.keys.insert(key, value);
        value
    }

    /// Whether the user is in a segment. While it is decided nobody is, so that a cycle ends.
    fn in_segment(&mut self, segment: SegmentId) -> bool {
        if let Some(known) = self.segments.get(&segment) {
            return *known;
        }
        if self.depth >= CHAIN_DEPTH {
            return false;
        }
        self.segments.insert(segment, false);
        self.depth += 1;
        let found = self.decide(segment);
        self.depth -= 1;
        self.segments.insert(segment, found);
        found
    }

    fn now(&self) -> Timestamp {
        self.at
    }
}
