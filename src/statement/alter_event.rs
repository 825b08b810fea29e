//! `ALTER EVENT` and `ALTER EVENTS`: how long events are kept.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::effect::{Effect, Operation, Target};
use super::plan::Plan;
use super::{Help, Parameters, Text, given, text};
use crate::error::{Note, NoteKind, Result};
use crate::eval::Needs;
use crate::model::{
    Catalog, Change, Duration, Given, Literal, Spanned, Timestamp, before, check_event_name,
};
use crate::syntax::{Cursor, Node, Rule};

/// `ALTER EVENT 'name' KEEP duration | FOREVER`, `ALTER EVENTS KEEP duration | FOREVER`
#[derive(Clone, Debug, PartialEq)]
pub struct AlterEvent {
    /// The name of the events; `None`: all whose name has no rule of its own.
    pub event: Option<Text>,
    /// How long they are kept; `None` is for ever.
    pub keep: Option<Spanned<Given<Duration>>>,
}

impl AlterEvent {
    /// Keeps the events of a name so long, or for ever; a part of a second that the language cannot write is
    /// cut off.
    #[must_use]
    pub fn new(event: impl Into<Literal>, keep: Option<Duration>) -> Self {
        Self { event: Some(text(event)), ..Self::others(keep) }
    }

    /// Keeps the events so long whose name has no rule of its own.
    #[must_use]
    pub fn others(keep: Option<Duration>) -> Self {
        let whole =
            |keep: Duration| Duration::from_micros(keep.as_micros() / 1_000_000 * 1_000_000);
        Self { event: None, keep: keep.map(whole).map(given) }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        Self::build_body(&mut node.children())
    }

    /// Builds what follows `ALTER` or `LOAD`.
    pub(super) fn build_body(children: &mut Cursor<'_>) -> Result<Self> {
        let event = children.literal_after(Rule::k_event)?;
        children.saw(Rule::k_events);
        children.saw(Rule::k_keep);
        let keep = if children.saw(Rule::k_forever) { None } else { Some(children.length()?) };
        Ok(Self { event, keep })
    }

    /// What it says, as a change.
    pub(super) fn change(&self, parameters: &Parameters) -> Result<Change> {
        let name = |event| parameters.checked_text(event, check_event_name);
        let event = self.event.as_ref().map(name).transpose()?;
        let why = "events are kept for some time, or FOREVER";
        let keep = self.keep.as_ref().map(|keep| parameters.keep(keep, why));
        Ok(Change::Keep { event, keep: keep.transpose()? })
    }
}

/// Writes what follows `ALTER` or `LOAD`.
pub(super) struct Body<'a>(pub(super) &'a AlterEvent);

impl fmt::Display for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.event {
            Some(event) => write!(f, "EVENT {event}")?,
            None => f.write_str("EVENTS")?,
        }
        match &self.0.keep {
            Some(keep) => write!(f, " KEEP {keep}"),
            None => f.write_str(" KEEP FOREVER"),
        }
    }
}

impl fmt::Display for AlterEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER {}", Body(self))
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ALTER EVENT",
    syntax: "ALTER EVENT '<event>' KEEP <duration> | FOREVER; ALTER EVENTS KEEP <duration> | FOREVER",
    summary: "says how long events are kept; what segments still look at is kept longer",
    example: "ALTER EVENT 'Video Watched' KEEP 90 DAYS",
};

impl AlterEvent {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let change = self.change(binder.parameters)?;
        let Change::Keep { event, keep } = &change else {
            return Ok(Plan::unchanged("it says nothing about events"));
        };
        let (event, keep) = (event.clone(), *keep);
        let effect = Effect::on(Operation::Kept { keep }, Target::Events(event.clone()));
        if binder.catalog.retention.says(event.as_deref(), keep) {
            return Ok(Plan::unchanged(format!("{effect} already")));
        }
        let mut draft = binder.draft();
        draft.push(change)?;
        let note = kept_longer(&draft.after, event.as_ref(), binder.now);
        Ok(draft.end(effect).noting(note))
    }
}

/// Which segments need events for longer than a rule says: of a name, or of all without a rule of their own.
fn kept_longer(catalog: &Catalog, event: Option<&Arc<str>>, now: Timestamp) -> Option<Note> {
    let (needs, retention) = (Needs::of(catalog), &catalog.retention);
    let is_meant = |name: &&Arc<str>| match event {
        Some(event) => **name == *event,
        None => !retention.has(name),
    };
    let mut found = Vec::new();
    for name in needs.events().filter(is_meant) {
        let Some(keep) = retention.of(name) else { continue };
        let kept = before(now, keep);
        let what = if event.is_some() { String::new() } else { format!("events {name}: ") };
        for (segment, reach) in needs.segments(name).filter(|(_, reach)| reach.start(now) < kept) {
            let back = reach.at(now).looks_back();
            found.push(format!("{what}segment `{}` looks {back}", segment.as_str()));
        }
    }
    (!found.is_empty()).then(|| NoteKind::KeptLonger { needs: found }.into())
}
