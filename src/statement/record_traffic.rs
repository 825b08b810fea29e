//! `RECORD TRAFFIC`: which of the contexts that the app asks with are recorded, and for how long.

use std::fmt;

use super::binder::Binder;
use super::effect::{Effect, Operation, Target};
use super::plan::Plan;
use super::{Help, Parameters, given};
use crate::error::Result;
use crate::model::{Change, Duration, Given, Recording, Share, Spanned};
use crate::syntax::{Cursor, Node, Rule};

/// `RECORD TRAFFIC percent [KEEP duration]`, `RECORD TRAFFIC OFF`
#[derive(Clone, Debug, PartialEq)]
pub struct RecordTraffic {
    /// Of which users; `None`: nothing is recorded.
    pub share: Option<Spanned<Given<Share>>>,
    /// How long a context is kept after it was seen last; `None`: 30 days.
    pub keep: Option<Spanned<Given<Duration>>>,
}

impl RecordTraffic {
    /// Records the contexts of a share of the users, and keeps each for 30 days after it was seen last.
    #[must_use]
    pub fn of(share: Share) -> Self {
        Self { share: Some(given(share)), keep: None }
    }

    /// Records nothing from now on; what was recorded stays.
    #[must_use]
    pub fn off() -> Self {
        Self { share: None, keep: None }
    }

    /// Keeps contexts so long after they were seen last; a part of a second that the language cannot write is cut off.
    #[must_use]
    pub fn keep(mut self, keep: Duration) -> Self {
        let whole = Duration::from_micros(keep.as_micros() / 1_000_000 * 1_000_000);
        self.keep = self.share.is_some().then(|| given(whole));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_record);
        Self::build_body(&mut children)
    }

    /// Builds what follows `RECORD` or `LOAD`.
    pub(super) fn build_body(children: &mut Cursor<'_>) -> Result<Self> {
        children.saw(Rule::k_traffic);
        if children.saw(Rule::k_off) {
            return Ok(Self::off());
        }
        let share = Some(children.share()?);
        let keep = if children.saw(Rule::k_keep) { Some(children.length()?) } else { None };
        Ok(Self { share, keep })
    }

    /// What it says, as a change.
    pub(super) fn change(&self, parameters: &Parameters) -> Result<Change> {
        let Some(share) = &self.share else { return Ok(Change::Record(None)) };
        let share = parameters.share(share)?;
        let why = "contexts are kept for some time";
        let off = "`RECORD TRAFFIC OFF` records nothing";
        let keep = self.keep.as_ref();
        let keep = keep.map(|keep| parameters.keep(keep, why).map_err(|error| error.hint(off)));
        let keep = keep.transpose()?.unwrap_or(Recording::KEEP);
        Ok(Change::Record(Some(Recording { share, keep })))
    }

    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let change = self.change(binder.parameters)?;
        let Change::Record(recording) = change else {
            return Ok(Plan::unchanged("it says nothing about traffic"));
        };
        let effect = Effect::on(Operation::Recorded { recording }, Target::Traffic);
        if binder.catalog.recording == recording {
            return Ok(Plan::unchanged(format!("{effect} already")));
        }
        let mut draft = binder.draft();
        draft.push(change)?;
        Ok(draft.end(effect))
    }
}

/// Writes what follows `RECORD` or `LOAD`.
pub(super) struct Body<'a>(pub(super) &'a RecordTraffic);

impl fmt::Display for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordTraffic { share, keep } = self.0;
        match share {
            Some(share) => write!(f, "TRAFFIC {share}")?,
            None => f.write_str("TRAFFIC OFF")?,
        }
        keep.as_ref().map_or(Ok(()), |keep| write!(f, " KEEP {keep}"))
    }
}

impl fmt::Display for RecordTraffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RECORD {}", Body(self))
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "RECORD TRAFFIC",
    syntax: "RECORD TRAFFIC <percent> [KEEP <duration>]; RECORD TRAFFIC OFF",
    summary: "says of which users the contexts are recorded that the app asks with, and for how long",
    example: "RECORD TRAFFIC 5% KEEP 14 DAYS",
};
