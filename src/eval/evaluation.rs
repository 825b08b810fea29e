//! Evaluations: a value, and what gave it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use super::compiled::Pin;
use super::counted::UNCOUNTED;
use super::era::Era;
use super::keys::{Slot, SlotIndex};
use super::plan::Plan;
use super::plan_row::PlanRow;
use super::served::Served;
use crate::model::{Name, Reason, Value};

/// End of an evaluation in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) reason: Reason,
    pub(super) era: u32,
    /// The number among the rows that are not blank, if one gave the value.
    pub(super) row: u32,
    /// The arm, if the row has a split.
    pub(super) arm: u32,
    /// The counter: first from the plan's first, in an evaluation from that of all.
    pub(super) counter: u32,
}

impl Outcome {
    /// A row of the first era that has no split, in a plan with no split before it.
    #[inline]
    pub(super) fn of_row(row: u32) -> Self {
        Self { reason: Reason::TargetingMatch, era: 0, row, arm: 0, counter: row + 1 }
    }

    #[inline]
    pub(super) fn without_row(reason: Reason, era: u32, counter: u32) -> Self {
        Self { reason, era, row: u32::MAX, arm: 0, counter }
    }
}

/// The value that a user has for a key, and why. Cheap to make and to clone.
///
/// It keeps the state of the store in memory that it was made of, so it is not to be kept for long by the
/// million.
#[derive(Clone)]
pub struct Evaluation {
    plan: PlanRef,
    outcome: Outcome,
}

/// Reference to the plan that gave an evaluation.
#[derive(Clone)]
enum PlanRef {
    /// In a state of the store, which is kept as long as the evaluation is.
    Pinned(Arc<Pin>, SlotIndex),
    /// Of a key that does not exist.
    Unknown(Arc<Plan>),
}

impl Evaluation {
    pub(super) fn new(pin: Arc<Pin>, key: (SlotIndex, &Slot), mut outcome: Outcome) -> Self {
        let (index, slot) = key;
        let first = match outcome.era {
            0 => slot.first_counter,
            later => slot.plan.first_counter_of(later),
        };
        outcome.counter = first.saturating_add(outcome.counter);
        Self { plan: PlanRef::Pinned(pin, index), outcome }
    }

    /// The evaluation of a key that does not exist.
    pub(crate) fn unknown(key: &str) -> Self {
        let outcome = Outcome::without_row(Reason::UnknownKey, 0, UNCOUNTED);
        Self { plan: PlanRef::Unknown(Arc::new(Plan::unknown(key))), outcome }
    }

    /// The name of the key.
    #[must_use]
    pub fn key(&self) -> &Name {
        &self.plan().key
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.plan().value(&self.outcome)
    }

    /// Why it is this value.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.outcome.reason
    }

    /// The config whose live version has the key.
    #[must_use]
    pub fn config(&self) -> Option<&Name> {
        self.live().map(|live| &live.config)
    }

    /// The number of that version.
    #[must_use]
    pub fn version(&self) -> Option<u32> {
        self.live().map(|live| live.version.number)
    }

    /// The segment of the row that gave the value; `EVERYONE` is one.
    #[must_use]
    pub fn segment(&self) -> Option<&Name> {
        let (era, row) = self.plan().row(&self.outcome)?;
        era.served(row).map(|row| &row.name)
    }

    /// The name of the arm that gave the value; arms without a name go by their number, from 1.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        let (_, row) = self.plan().row(&self.outcome)?;
        row.label(self.outcome.arm).map(|label| &**label)
    }

    /// The evaluation as JSON: an object with the columns of `GET`, on one line.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY theme STRING DEFAULT 'light';")?;
    /// let json = db.evaluate("theme", &pcq::Context::new("u1")).to_json();
    /// assert!(json.starts_with(r#"{"key":"theme","value":"light","reason":"#), "{json}");
    /// let outcomes = db.execute("GET theme FOR USER 'u1';")?;
    /// assert_eq!(outcomes[0].rows().map(|rows| rows.to_json()), Some(format!("[{json}]")));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        let members = [
            ("key", self.key().as_str().into()),
            ("value", self.value().clone()),
            ("reason", self.reason().as_str().into()),
            ("config", text(self.config().map(Name::as_str))),
            ("version", self.version().map_or(Value::Null, Value::from)),
            ("segment", text(self.segment().map(Name::as_str))),
            ("variant", text(self.variant())),
        ];
        let members = members.into_iter().map(|(name, value)| (name.into(), value));
        Value::Object(Arc::new(members.collect())).to_string()
    }

    /// The live version with the key; an archived key has none.
    fn live(&self) -> Option<&Served> {
        self.plan().era(self.outcome.era).live.as_deref()
    }

    /// The counter of it; [`UNCOUNTED`] if it has none.
    #[inline]
    pub(crate) fn counter(&self) -> u32 {
        self.outcome.counter
    }

    /// Which store it is of; `None` if the key is unknown.
    pub(crate) fn lineage(&self) -> Option<u64> {
        match &self.plan {
            PlanRef::Pinned(pin, _) => Some(pin.lineage),
            PlanRef::Unknown(_) => None,
        }
    }

    fn plan(&self) -> &Plan {
        static NONE: LazyLock<Plan> = LazyLock::new(|| Plan::unknown(""));
        match &self.plan {
            PlanRef::Pinned(pin, index) => pin.plan_at(*index).unwrap_or_else(|| &NONE),
            PlanRef::Unknown(plan) => plan,
        }
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
    /// The row that gave the value, and the era that it is in.
    fn row(&self, outcome: &Outcome) -> Option<(&Era, &PlanRow)> {
        let era = self.era(outcome.era);
        era.rows.get(outcome.row as usize).map(|row| (era, row))
    }

    /// The value that an outcome stands for.
    #[inline]
    pub(super) fn value(&self, outcome: &Outcome) -> &Value {
        let near = match outcome {
            Outcome { row: u32::MAX, .. } => Some(self.default()),
            Outcome { reason: Reason::TargetingMatch, era: 0, row, .. } => self.near(*row),
            _ => None,
        };
        near.unwrap_or_else(|| {
            let row = self.row(outcome);
            row.map_or(self.default(), |(era, row)| era.value(row, outcome.arm))
        })
    }
}
