//! Configs written as the statements that make their versions and publications.

use std::sync::Arc;

use crate::model::{
    Catalog, Column, Config, Name, Publication, Share, Spanned, Timestamp, Value, Version,
};
use crate::statement::definition::{
    cell_spec, columns, key_name, literal, optional_text, rows, segment_ref,
};
use crate::statement::{Action, AlterConfig, CellsSpec, ColumnSpec, Publish, when};

/// The edit that makes a version of the one before it.
pub(super) fn alter(catalog: &Catalog, name: &Name, old: &Version, new: &Version) -> AlterConfig {
    let gone = old.columns.iter().filter(|column| new.column(column.key).is_none());
    let mut actions: Vec<Action> =
        gone.map(|column| Action::DropKey(key_name(catalog, column.key).into())).collect();
    actions.extend(row_actions(catalog, old, new));
    for (spec, column) in columns(catalog, new).into_iter().zip(&new.columns) {
        if old.column(column.key).is_none() {
            actions.push(Action::AddKey(spec));
        } else if !new.rows.is_empty() {
            actions.push(Action::SetKey(with_blanks(catalog, new, spec, column)));
        }
    }
    if new.description != old.description {
        let empty = || literal(&Value::from(""));
        let description = optional_text(new.description.as_ref()).unwrap_or_else(empty);
        actions.push(Action::SetDescription(description));
    }
    let actions = actions.into_iter().map(Spanned::from).collect();
    AlterConfig { name: name.clone().into(), if_version: None, actions }
}

/// The edits that make the rows of a version of those before.
fn row_actions(catalog: &Catalog, old: &Version, new: &Version) -> Vec<Action> {
    if new.rows.is_empty() {
        let gone = old.rows.iter().map(|row| segment_ref(catalog, row.segment));
        return gone.map(Action::DropSegment).collect();
    }
    let mut specs = rows(catalog, new);
    for (spec, row) in specs.iter_mut().zip(&new.rows) {
        // a row that stays keeps its rollout, and what that goes by, unless others are said
        let rollout = spec.rollout.get_or_insert_with(|| Share::FULL.into());
        let before = old.row_of(row.segment).and_then(|place| old.rows.get(place));
        if row.by.is_none() && before.is_some_and(|before| before.by.is_some()) {
            rollout.by = Some(Spanned::unplaced([Arc::from("user_id")].into()));
        }
    }
    vec![Action::SetSegments(specs)]
}

/// The cells of a key with the blanks said, so that none of the old ones stays.
fn with_blanks(
    catalog: &Catalog,
    version: &Version,
    spec: ColumnSpec,
    column: &Column,
) -> ColumnSpec {
    if let CellsSpec::All(_) = spec.cells {
        return spec;
    }
    let cells = version
        .rows
        .iter()
        .zip(column.cells())
        .map(|(row, cell)| (segment_ref(catalog, row.segment), cell.as_ref().map(cell_spec)));
    ColumnSpec { key: spec.key, cells: CellsSpec::Some(cells.collect()) }
}

/// The publications that make the same be served from now on. A window in force cannot be said again as
/// it was, for its beginning is past: what it covers is published now, and what comes after it, then.
pub(super) fn plan(config: &Config, now: Timestamp) -> Vec<Publication> {
    let timeline = &config.timeline;
    // of equals the last one stays the last
    let to_come = || {
        let mut to_come: Vec<_> = timeline.to_come(now).cloned().collect();
        to_come.sort_unstable_by_key(|publication| publication.sequence);
        to_come
    };
    let Some(deciding) = timeline.deciding(now) else { return to_come() };
    if deciding.until.is_none() {
        let own = Publication { effective: now, scheduled: false, ..deciding.clone() };
        return std::iter::once(own).chain(to_come()).collect();
    }
    let eras = timeline.eras(now);
    let ends = eras.iter().skip(1).map(Some).chain([None]);
    let mut planned: Vec<Publication> = Vec::new();
    for ((from, live), next) in eras.iter().zip(ends) {
        let Some(live) = *live else { continue };
        // nothing comes after it: it is said as a window
        let until = next.filter(|(_, next)| next.is_none()).map(|(to, _)| *to);
        if planned.last().is_some_and(|last| last.sequence == live.sequence) {
            planned.pop();
        }
        let scheduled = *from > now || until.is_some();
        planned.push(Publication { effective: *from, until, scheduled, ..live.clone() });
    }
    planned
}

pub(super) fn publish(
    name: &Name,
    version: u64,
    publication: &Publication,
    now: Timestamp,
) -> Publish {
    let at_once = publication.effective <= now && publication.until.is_none();
    Publish {
        config: name.clone().into(),
        version: Some(Spanned::unplaced(version.into())),
        at: (!at_once).then(|| when(publication.effective)),
        until: publication.until.map(when),
        comment: optional_text(publication.comment.as_ref()),
    }
}
