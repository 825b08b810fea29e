//! Configs written as the statements that make their versions and publications.

use std::sync::Arc;

use crate::model::{
    Catalog, Cell, Column, Config, Name, Path, Publication, Row, SegmentId, Share, Spanned,
    Timestamp, Version,
};
use crate::statement::definition::{
    cell_spec, columns, create_config, key_name, optional_text, rollout, rows, segment_ref, text,
};
use crate::statement::{
    Action, AlterConfig, CellsSpec, ColumnSpec, CreateMode, Publish, Statement, when,
};

/// The salt of a segment's row in a config, if one is known.
type KnownSalt<'k> = &'k dyn Fn(SegmentId) -> Option<Arc<str>>;

/// The statements that make a version of the one before it; none if they say the same. Only what differs is said, but
/// that a description is gone only a statement can say that says all: of the new version, which then needs no other unless
/// that would lay out splits anew, or of the old one if the new one has no segments or keys to be said.
pub(super) fn difference(
    catalog: &Catalog,
    name: &Name,
    old: &Version,
    new: &Version,
    salt: KnownSalt<'_>,
) -> Vec<Statement> {
    let loses_description = old.description.is_some() && new.description.is_none();
    if loses_description && is_said(new) && !has_other_splits(old, new) {
        return vec![whole(catalog, name, new)];
    }
    let mut actions: Vec<Action> = Vec::new();
    let gone = old.columns.iter().filter(|column| new.column(column.key).is_none());
    actions.extend(gone.map(|column| Action::DropKey(key_name(catalog, column.key).into())));
    actions.extend(row_actions(catalog, name, old, new, salt));
    for (spec, column) in columns(catalog, new).into_iter().zip(&new.columns) {
        match old.column(column.key) {
            None => actions.push(Action::AddKey(spec)),
            Some(before) => actions.extend(cell_action(catalog, (old, before), new, spec, column)),
        }
    }
    let (mut before, mut after) = (None, None);
    match (&old.description, &new.description) {
        (old, Some(new)) if old.as_ref() != Some(new) => {
            actions.push(Action::SetDescription(text(new)));
        }
        (Some(_), None) if is_said(new) => after = Some(whole(catalog, name, new)),
        (Some(_), None) if is_said(old) => before = Some(whole(catalog, name, old)),
        _ => {}
    }
    let edit = (!actions.is_empty()).then(|| {
        let actions = actions.into_iter().map(Spanned::from).collect();
        AlterConfig { name: name.clone().into(), if_version: None, actions }.into()
    });
    before.into_iter().chain(edit).chain(after).collect()
}

/// Whether a split of a version is another than the one of the same row and key before.
fn has_other_splits(old: &Version, new: &Version) -> bool {
    let is_other = |row: &Row, column: &Column, cell: &Option<Cell>| {
        let before = old.column(column.key).zip(old.row_of(row.segment));
        let before = before.and_then(|(column, row)| column.cells().get(row)?.as_ref());
        matches!((before, cell), (Some(Cell::Split(old)), Some(Cell::Split(new))) if old != new)
    };
    new.columns.iter().any(|column| {
        new.rows.iter().zip(column.cells()).any(|(row, cell)| is_other(row, column, cell))
    })
}

/// Whether no state file says a config: what it would begin with has no segments or no keys.
pub(super) fn is_unsaid(config: &Config, now: Timestamp) -> bool {
    plan(config, now).is_empty() && config.newest().is_none_or(|newest| !is_said(newest))
}

/// Whether a `CREATE` can say a version: it has segments and keys.
fn is_said(version: &Version) -> bool {
    !version.rows.is_empty() && !version.columns.is_empty()
}

/// The statement that makes a version of any other, without a description.
fn whole(catalog: &Catalog, name: &Name, version: &Version) -> Statement {
    let bare = Version { description: None, ..version.clone() };
    create_config(catalog, name, &bare).mode(CreateMode::OrAlter).into()
}

/// The salt that a row has if none is said and none is known.
pub(super) fn default_salt(catalog: &Catalog, config: &Name, segment: SegmentId) -> String {
    format!("{}/{}", config.as_str(), catalog.segment_name(segment).as_str())
}

/// The edits that make the rows of a version of those before.
fn row_actions(
    catalog: &Catalog,
    name: &Name,
    old: &Version,
    new: &Version,
    salt: KnownSalt<'_>,
) -> Vec<Action> {
    if new.rows.is_empty() {
        let gone = old.rows.iter().map(|row| segment_ref(catalog, row.segment));
        return gone.map(Action::DropSegment).collect();
    }
    if new.rows == old.rows {
        return Vec::new();
    }
    let same = |old: &Row, new: &Row| old.segment == new.segment && old.salt == new.salt;
    if new.rows.len() == old.rows.len() && old.rows.iter().zip(&new.rows).all(|(a, b)| same(a, b)) {
        return rollouts(catalog, old, new);
    }
    let mut specs = rows(catalog, new);
    for (spec, row) in specs.iter_mut().zip(&new.rows) {
        let before = old.row_of(row.segment).and_then(|place| old.rows.get(place));
        // a row that stays keeps its rollout, and what that goes by, unless others are said
        if before.is_some_and(|before| (before.rollout, &before.by) != (row.rollout, &row.by)) {
            let rollout = spec.rollout.get_or_insert_with(|| Share::FULL.into());
            if row.by.is_none() && before.is_some_and(|before| before.by.is_some()) {
                rollout.by = Some(users());
            }
        } else if before.is_some() {
            spec.rollout = None;
        }
        let known = salt(row.segment);
        let known = known.unwrap_or_else(|| default_salt(catalog, name, row.segment).into());
        if known == row.salt {
            spec.salt = None;
        }
    }
    vec![Action::SetSegments(specs)]
}

/// The edits that make the rollouts of rows of those before.
fn rollouts(catalog: &Catalog, old: &Version, new: &Version) -> Vec<Action> {
    let rows = old.rows.iter().zip(&new.rows);
    let changed = rows.filter(|(old, new)| (old.rollout, &old.by) != (new.rollout, &new.by));
    let action = |(old, new): (&Row, &Row)| {
        let mut rollout = rollout(new).unwrap_or_else(|| Share::FULL.into());
        if new.by.is_none() && old.by.is_some() {
            rollout.by = Some(users());
        }
        Action::SetRollout { segment: segment_ref(catalog, new.segment), rollout }
    };
    changed.map(action).collect()
}

/// What a rollout goes by that gives up an attribute.
fn users() -> Spanned<Path> {
    Spanned::unplaced([Arc::from("user_id")].into())
}

/// The edit that makes the cells of a key of those before, if they are others.
fn cell_action(
    catalog: &Catalog,
    (old, before): (&Version, &Column),
    new: &Version,
    spec: ColumnSpec,
    column: &Column,
) -> Option<Action> {
    let kept = |segment| before.cells().get(old.row_of(segment)?)?.as_ref();
    let cells = new.rows.iter().zip(column.cells());
    let changed = cells.filter(|(row, cell)| kept(row.segment) != cell.as_ref());
    let changed = changed
        .map(|(row, cell)| (segment_ref(catalog, row.segment), cell.as_ref().map(cell_spec)));
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() {
        return None;
    }
    let whole = changed.len() == new.rows.len() && matches!(spec.cells, CellsSpec::All(_));
    let cells = if whole { spec.cells } else { CellsSpec::Some(changed) };
    Some(Action::SetKey(ColumnSpec { key: spec.key, cells }))
}

/// Makes the splits of a version be laid out as in another one, where they say each arm once and give it the same share.
pub(super) fn same_layout(version: &mut Version, known: &Version) {
    let rows: Vec<_> = version.rows.iter().map(|row| known.row_of(row.segment)).collect();
    for column in &mut version.columns {
        let Some(old) = known.column(column.key) else { continue };
        let cells = rows.iter().zip(column.cells()).map(|(row, cell)| {
            let old = row.and_then(|row| old.cells().get(row)).and_then(Option::as_ref);
            match (cell, old) {
                (Some(Cell::Split(new)), Some(Cell::Split(old)))
                    if old.is_in_pieces() && !new.is_in_pieces() && old.shares_as(new) =>
                {
                    Some(Cell::Split(old.clone()))
                }
                _ => cell.clone(),
            }
        });
        let cells: Arc<[_]> = cells.collect();
        if *cells != *column.cells() {
            *column = Column::new(column.key, cells);
        }
    }
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
    let mut planned: Vec<Publication> = Vec::new();
    for ((from, live), until) in eras.iter().zip(gaps(&eras)) {
        let Some(live) = *live else { continue };
        // what goes on over the end of another window began before that
        let goes_on = planned.last().is_some_and(|last| last.sequence == live.sequence);
        let earlier = if goes_on { planned.pop() } else { None };
        let effective = earlier.map_or(*from, |earlier| earlier.effective);
        let scheduled = effective > now || until.is_some();
        planned.push(Publication { effective, until, scheduled, ..live.clone() });
    }
    planned
}

/// When nothing is live any more after each of eras: up to then all that is live before it has to end.
fn gaps(eras: &[(Timestamp, Option<&Publication>)]) -> Vec<Option<Timestamp>> {
    let mut next = None;
    let gaps = eras.iter().rev().map(|(from, live)| {
        let gap = next;
        next = if live.is_none() { Some(*from) } else { next };
        gap
    });
    let mut gaps: Vec<_> = gaps.collect();
    gaps.reverse();
    gaps
}

/// The statement of a publication; `version` is left out if it is the newest.
pub(super) fn publish(
    name: &Name,
    version: Option<u64>,
    publication: &Publication,
    now: Timestamp,
) -> Publish {
    let at_once = publication.effective <= now;
    Publish {
        config: name.clone().into(),
        version: version.map(|version| Spanned::unplaced(version.into())),
        at: (!at_once).then(|| when(publication.effective)),
        until: publication.until.map(when),
        comment: optional_text(publication.comment.as_ref()),
    }
}
