//! Evaluations: a value, and what gave it.

use std::fmt;
use std::hint::select_unpredictable;
use std::sync::Arc;

use super::counted::UNCOUNTED;
use super::era::Era;
use super::key_group::{SlotIndex, SlotRef};
use super::pin::{Pin, Pins};
use super::plan::Plan;
use super::plan_row::PlanRow;
use super::served::Served;
use super::tape::{Decision, NO_ROW};
use crate::model::{Name, Reason, Value};

/// End of an evaluation in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) reason: Reason,
    pub(super) era: u32,
    /// The number among the rows that are not blank, if one gave the value; else [`NO_ROW`].
    pub(super) row: u32,
    /// The arm, if the row has a split.
    pub(super) arm: u32,
    /// The counter: from the plan's first; in an evaluation that keeps its state from that of all.
    pub(super) counter: u32,
}

impl Outcome {
    /// A row of the first era that has no split, in a plan with no split before it.
    #[inline]
    pub(super) fn of_row(row: u32) -> Self {
        Self { reason: Reason::TargetingMatch, era: 0, row, arm: 0, counter: row + 1 }
    }

    /// Outcome of a decision over a key; `None` if that is open.
    #[inline]
    pub(super) fn of(decision: Decision, slot: SlotRef<'_>) -> Option<Self> {
        let Decision::Row(row) = decision else { return None };
        let none = row == NO_ROW;
        let reason = select_unpredictable(none, slot.without_row(), Reason::TargetingMatch);
        Some(Self { reason, era: 0, row, arm: 0, counter: row.wrapping_add(1) })
    }

    /// The same, with its counter from that of all.
    #[inline]
    fn counted_of(self, slot: SlotRef<'_>) -> Self {
        let first = slot.first_counter(self.era);
        Self { counter: first.saturating_add(self.counter), ..self }
    }

    #[inline]
    pub(super) fn without_row(reason: Reason, era: u32, counter: u32) -> Self {
        Self { reason, era, row: NO_ROW, arm: 0, counter }
    }
}

/// The value that a user has for a key, and why. Cheap to make and to clone.
///
/// One of a snapshot borrows the snapshot. One of a database is its own (`Evaluation<'static>`), as
/// [`into_owned`](Self::into_owned) makes any: it keeps the state of the store in memory that it was made of, so it is
/// not to be kept for long by the million.
#[derive(Clone)]
pub struct Evaluation<'s> {
    of: Origin<'s>,
    outcome: Outcome,
}

/// What gave an evaluation.
#[derive(Clone)]
enum Origin<'s> {
    /// A key in a state of the store, which somebody keeps.
    Lent(&'s Pins, SlotRef<'s>),
    /// A key in a state of the store, which is kept as long as the evaluation is.
    Kept(Arc<Pin>, SlotIndex),
    /// The plan of a key that does not exist.
    Unknown(Arc<Plan>),
}

/// What gave an evaluation: its key, and what decided.
pub(crate) struct Source<'e> {
    pub(crate) key: &'e Name,
    pub(crate) config: Option<&'e Name>,
    pub(crate) version: Option<u32>,
    pub(crate) segment: Option<&'e Name>,
    pub(crate) variant: Option<&'e str>,
}

impl<'s> Evaluation<'s> {
    /// The evaluation of a key, which borrows the state.
    #[inline]
    pub(super) fn lent(pins: &'s Pins, key: SlotRef<'s>, outcome: Outcome) -> Self {
        Self { of: Origin::Lent(pins, key), outcome }
    }

    /// The evaluation of a key, which keeps the state.
    #[inline]
    pub(super) fn kept(pins: &Pins, key: SlotRef<'_>, outcome: Outcome) -> Self {
        let of = Origin::Kept(pins.own(), key.index());
        Self { of, outcome: outcome.counted_of(key) }
    }

    /// The evaluation of a key that does not exist.
    pub(crate) fn unknown(key: &str) -> Self {
        let outcome = Outcome::without_row(Reason::UnknownKey, 0, UNCOUNTED);
        Self { of: Origin::Unknown(Arc::new(Plan::unknown(key))), outcome }
    }

    /// The same evaluation, which borrows nothing.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY theme STRING DEFAULT 'light';")?;
    /// let user = pcq::Context::new("u1");
    /// let kept = { db.snapshot().evaluate("theme", &user).into_owned() };
    /// assert_eq!(kept.value(), &"light".into());
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn into_owned(self) -> Evaluation<'static> {
        let outcome = self.outcome;
        match self.of {
            Origin::Lent(pins, slot) => Evaluation::kept(pins, slot, outcome),
            Origin::Kept(pin, index) => Evaluation { of: Origin::Kept(pin, index), outcome },
            Origin::Unknown(plan) => Evaluation { of: Origin::Unknown(plan), outcome },
        }
    }

    /// The name of the key.
    #[must_use]
    pub fn key(&self) -> &Name {
        &self.plan().key
    }

    /// The value.
    #[must_use]
    #[inline]
    pub fn value(&self) -> &Value {
        match self.slot() {
            Some(slot) => slot.value(&self.outcome),
            None => self.plan().value(&self.outcome),
        }
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

    /// All of what gave it.
    pub(crate) fn source(&self) -> Source<'_> {
        let plan = self.plan();
        let live = plan.era(self.outcome.era).live.as_deref();
        let row = plan.row(&self.outcome);
        Source {
            key: &plan.key,
            config: live.map(|live| &live.config),
            version: live.map(|live| live.version.number),
            segment: row.and_then(|(era, row)| Some(&era.served(row)?.name)),
            variant: row.and_then(|(_, row)| row.label(self.outcome.arm)).map(|label| &**label),
        }
    }

    /// The live version with the key; an archived key has none.
    fn live(&self) -> Option<&Served> {
        self.plan().era(self.outcome.era).live.as_deref()
    }

    /// The counter of it; [`UNCOUNTED`] if it has none.
    #[inline]
    pub(crate) fn counter(&self) -> u32 {
        match &self.of {
            Origin::Lent(_, slot) => self.outcome.counted_of(*slot).counter,
            Origin::Kept(..) | Origin::Unknown(_) => self.outcome.counter,
        }
    }

    /// Which store it is of; `None` if the key is unknown.
    pub(crate) fn lineage(&self) -> Option<u64> {
        match &self.of {
            Origin::Lent(pins, ..) => Some(pins.state().lineage),
            Origin::Kept(pin, _) => Some(pin.lineage),
            Origin::Unknown(_) => None,
        }
    }

    /// The key, if it exists.
    #[inline]
    fn slot(&self) -> Option<SlotRef<'_>> {
        match &self.of {
            Origin::Lent(_, slot) => Some(*slot),
            Origin::Kept(pin, index) => pin.slot_at(*index),
            Origin::Unknown(_) => None,
        }
    }

    fn plan(&self) -> &Plan {
        match (&self.of, self.slot()) {
            (_, Some(slot)) => slot.plan(),
            (Origin::Unknown(plan), None) => plan,
            (_, None) => Plan::none(),
        }
    }
}

impl fmt::Debug for Evaluation<'_> {
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
    pub(super) fn value(&self, outcome: &Outcome) -> &Value {
        self.row(outcome).map_or(self.default(), |(era, row)| era.value(row, outcome.arm))
    }
}

impl<'s> SlotRef<'s> {
    /// The value that an outcome stands for.
    #[inline]
    pub(super) fn value(self, outcome: &Outcome) -> &'s Value {
        let is_plain = outcome.era == 0 && outcome.reason != Reason::Split;
        let near = if is_plain { self.plain_value(outcome.row) } else { None };
        near.unwrap_or_else(|| self.plan().value(outcome))
    }
}
