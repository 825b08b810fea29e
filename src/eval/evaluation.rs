//! Evaluations: a value, and what gave it.

use std::fmt;
use std::sync::Arc;

use super::plan::{Live, Plan, PlanCell, PlanRow};
use crate::model::{Name, Value};

/// Why a key has the value that it has.
///
/// `Display` writes it as the language does: `TARGETING_MATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A row gave the value.
    TargetingMatch,
    /// An arm of a row's split gave it.
    Split,
    /// A live version has the key, and no row gave it a value.
    Default,
    /// No live version has the key.
    Static,
    /// A live version has the key, but its config is disabled.
    Disabled,
    /// The key is archived.
    Archived,
    /// There is no such key.
    UnknownKey,
}

impl Reason {
    /// The word for it in the language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Default => "DEFAULT",
            Self::Static => "STATIC",
            Self::Disabled => "DISABLED",
            Self::Archived => "ARCHIVED",
            Self::UnknownKey => "UNKNOWN_KEY",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in a plan an evaluation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) reason: Reason,
    pub(super) era: usize,
    /// The place among the rows that are not blank, if one gave the value.
    pub(super) row: usize,
    /// The arm, if the row has a split.
    pub(super) arm: usize,
}

impl Outcome {
    pub(super) fn without_row(reason: Reason, era: usize) -> Self {
        Self { reason, era, row: usize::MAX, arm: 0 }
    }
}

/// The value that a user has for a key, and why. Cheap to make and to clone: it points into the snapshot.
#[derive(Clone)]
pub struct Evaluation {
    plan: Arc<Plan>,
    outcome: Outcome,
}

impl Evaluation {
    pub(super) fn new(plan: Arc<Plan>, outcome: Outcome) -> Self {
        Self { plan, outcome }
    }

    /// The evaluation of a key that does not exist.
    pub(super) fn unknown(key: &str) -> Self {
        let outcome = Outcome::without_row(Reason::UnknownKey, 0);
        Self::new(Arc::new(Plan::unknown(key)), outcome)
    }

    /// The name of the key.
    #[must_use]
    pub fn key(&self) -> &Name {
        &self.plan.key
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.plan.value(&self.outcome)
    }

    /// Why it is this value.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.outcome.reason
    }

    /// The config whose live version has the key.
    #[must_use]
    pub fn config(&self) -> Option<&Name> {
        self.live().map(|live| &live.served.config)
    }

    /// The number of that version.
    #[must_use]
    pub fn version(&self) -> Option<u32> {
        self.live().map(|live| live.served.version.number)
    }

    /// The segment of the row that gave the value; `EVERYONE` is one.
    #[must_use]
    pub fn segment(&self) -> Option<&Name> {
        let (live, row) = self.plan.row(&self.outcome)?;
        live.served.rows.get(row.row).map(|row| &row.name)
    }

    /// The name of the arm that gave the value; arms without a name go by their place, from 1.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        match &self.plan.row(&self.outcome)?.1.cell {
            PlanCell::Split(split) => split.arms.get(self.outcome.arm).map(|arm| &*arm.label),
            PlanCell::Value(_) => None,
        }
    }

    /// The live version with the key; an archived key has none.
    fn live(&self) -> Option<&Live> {
        let archived = self.outcome.reason == Reason::Archived;
        self.plan.live(self.outcome.era).filter(|_| !archived)
    }
}

impl fmt::Debug for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation")
            .field("key", self.key())
            .field("value", self.value())
            .field("reason", &self.reason())
            .field("config", &self.config())
            .field("version", &self.version())
            .field("segment", &self.segment())
            .field("variant", &self.variant())
            .finish()
    }
}

impl Plan {
    /// The row that gave the value, and the live version that it is in.
    fn row(&self, outcome: &Outcome) -> Option<(&Live, &PlanRow)> {
        let live = self.live(outcome.era)?;
        live.rows.get(outcome.row).map(|row| (live, row))
    }

    /// The value that an outcome stands for.
    pub(super) fn value(&self, outcome: &Outcome) -> &Value {
        self.row(outcome).map_or(&self.default, |(_, row)| row.cell.value(outcome.arm))
    }
}
