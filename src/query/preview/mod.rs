//! `PREVIEW`: who gets other values by a write that is not made, found by evaluating everybody before and after.
//!
//! The engine finds the states on both sides ([`Prospect`]). Which keys can change is found from the changes
//! ([`touched`]): only those are evaluated. People are gone through one by one ([`People`]), and what changes for them is
//! counted or listed as it is found ([`Gathered`]).

mod comparison;
mod gathered;
mod key;
mod people;
mod touched;

use std::collections::BTreeSet;

use super::past::{self, Wanted};
use super::rows::{Column, Rows};
use super::view::View;
use crate::error::{Error, ErrorKind, Note, NoteKind, Result};
use crate::eval::Snapshot;
use crate::model::{Catalog, Change, Timestamp};
use crate::statement::{Preview, When};
use comparison::Comparison;
use gathered::Found;
use key::Instants;
use people::People;

/// What would come of a write, as the engine found it.
pub(crate) struct Prospect {
    /// The state without it.
    pub(crate) before: Snapshot,
    /// The state with it.
    pub(crate) after: Snapshot,
    /// What it changes.
    pub(crate) changes: Vec<Change>,
    /// Whether what the open transaction says of users belongs to it.
    pub(crate) has_facts: bool,
    /// The instant from which on it does what it does, if it says one.
    pub(crate) at: Option<Timestamp>,
    /// What is worth knowing of it.
    pub(crate) notes: Vec<Note>,
}

/// The columns of a preview, which are known before it is made.
pub(super) fn columns(view: &View<'_>, preview: &Preview) -> Result<&'static [Column]> {
    let contexts = people::tells_of_contexts(view, preview.population.as_ref())?;
    Ok(gathered::columns(preview.detail, contexts))
}

/// Tells who gets other values by a write.
pub(crate) fn preview(view: &View<'_>, preview: &Preview, prospect: Prospect) -> Result<Rows> {
    let Prospect { before, after, changes, has_facts, at, mut notes } = prospect;
    let as_of = preview.as_of.as_ref().map(|as_of| as_of_later(view, as_of)).transpose()?;
    let people = People::new(view, preview.population.as_ref(), before.catalog(), has_facts)?;
    let touched = touched::keys(before.catalog(), after.catalog(), &changes, view.now);
    let comparison = Comparison::new(view, [&before, &after], &touched, people);
    let fixed = as_of.or(at);
    let mut at = fixed.unwrap_or(view.now);
    let mut found = find(view, preview, &comparison, Instants::one(at))?;
    if fixed.is_none() && found.changed == 0 {
        let turns = turns([before.catalog(), after.catalog()], view.now);
        if let Some(turn) = comparison.first_turn(view, &turns)? {
            at = turn;
            found = find(view, preview, &comparison, Instants::one(at))?;
        }
    }
    if at != view.now {
        notes.push(NoteKind::PreviewedAt { at }.into());
    }
    told(&comparison, found, notes)
}

/// Tells who gets other values at one instant than at another.
pub(crate) fn between(
    view: &View<'_>,
    preview: &Preview,
    (from, to): (&When, &When),
) -> Result<Rows> {
    if preview.as_of.is_some() {
        let (what, why) = ("`AS OF`".to_owned(), "a preview between two instants has both");
        return Err(ErrorKind::Misplaced { what, why }.into());
    }
    let before = past::state(view, Some(from), &Wanted::All)?;
    let after = past::state(view, Some(to), &Wanted::All)?;
    let instants = Instants { before: before.at, after: after.at };
    let people = People::new(view, preview.population.as_ref(), view.catalog(), false)?;
    let keys = touched::all_keys([before.catalog(), after.catalog()]);
    let states = [&*before.snapshot, &*after.snapshot];
    let comparison = Comparison::new(view, states, &keys, people);
    let found = find(view, preview, &comparison, instants)?;
    told(&comparison, found, Vec::new())
}

/// The instant of `AS OF`, which is none of the past.
fn as_of_later(view: &View<'_>, as_of: &When) -> Result<Timestamp> {
    let at = view.parameters.instant(as_of, view.now)?;
    if at < view.now {
        let error = ErrorKind::Past { what: "AS OF", at, now: view.now };
        let hint = "what was is told by `PREVIEW AS OF … TO …`";
        return Err(Error::from(error).at(as_of.span).hint(hint));
    }
    Ok(at)
}

/// The instants to come at which a publication of some catalogs begins or ends.
fn turns(catalogs: [&Catalog; 2], now: Timestamp) -> Vec<Timestamp> {
    let configs = catalogs.iter().flat_map(|catalog| catalog.configs());
    let turns: BTreeSet<_> =
        configs.flat_map(|config| config.timeline.changes_after(now)).collect();
    turns.into_iter().collect()
}

/// What changes at an instant.
fn find<'v>(
    view: &'v View<'_>,
    preview: &Preview,
    comparison: &Comparison<'_>,
    instants: Instants,
) -> Result<Found<'v>> {
    let limit = preview.limit.as_ref().map(|limit| view.parameters.whole(limit)).transpose()?;
    let limit = limit.map(|limit| usize::try_from(limit.node).unwrap_or(usize::MAX));
    let mut found = Found::new(preview.detail, limit, view.budget());
    comparison.find(view, instants, &mut found)?;
    Ok(found)
}

/// The rows, and what is to be said of them.
fn told(comparison: &Comparison<'_>, found: Found<'_>, mut notes: Vec<Note>) -> Result<Rows> {
    let Found { changed, population, .. } = found;
    notes.push(NoteKind::WouldChange { changed, population }.into());
    let shows_attributes = comparison.people.are_contexts();
    Ok(found.into_rows(shows_attributes)?.noting(notes))
}
