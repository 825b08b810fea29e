//! Previews: the state with a write that is not made, which is compared with the state without it.

use super::Session;
use super::commit::touches_lists;
use super::session::no_transaction;
use crate::error::{Error, ErrorKind, Note, NoteKind, Result};
use crate::eval::Snapshot;
use crate::model::{Catalog, Change, Name, Role, Timestamp};
use crate::query::{self, Answer, Forecaster, Prospect, Rows, View, list};
use crate::statement::binder::{Binder, Origin};
use crate::statement::{Command, Plan, Preview, Previewed, Statement, Write, also};

impl Session {
    /// Answers a preview over a view; the notes are those on what is asked.
    pub(super) fn foresee(
        &self,
        view: &View<'_>,
        preview: &Preview,
        notes: Vec<Note>,
    ) -> Result<Answer> {
        let rows = match &preview.what {
            Previewed::Between { from, to } => query::between(view, preview, (from, to))?,
            Previewed::Write(write) => {
                let prospect = prospect_of(view, preview, write, notes)?;
                return query::preview(view, preview, prospect).map(Answer::Rows);
            }
            Previewed::Commit => query::preview(view, preview, self.prospect_of_commit(view)?)?,
        };
        Ok(Answer::Rows(rows.noting(notes)))
    }

    /// What would come of committing the open transaction.
    fn prospect_of_commit(&self, view: &View<'_>) -> Result<Prospect> {
        self.check_commit()?;
        let open = self.transaction.as_ref().ok_or_else(no_transaction)?;
        let before = (*open.base).clone();
        let (changes, after) = open.stamped(view.now(), view)?;
        let after = with_changes(view, &before, after, &changes)?;
        Ok(Prospect { before, after, changes, has_facts: true, at: None, notes: Vec::new() })
    }
}

impl Forecaster for Session {
    fn forecast(&self, view: &View<'_>, preview: &Preview) -> Result<Rows> {
        match self.foresee(view, preview, Vec::new())? {
            Answer::Rows(rows) => Ok(rows),
            Answer::Delivery(..) | Answer::Holds => Err(Error::bug("a preview has no rows")),
        }
    }
}

/// What would come of a write. It needs no role that may make it: it is not made.
fn prospect_of(
    view: &View<'_>,
    preview: &Preview,
    write: &Statement,
    mut notes: Vec<Note>,
) -> Result<Prospect> {
    let before = view.snapshot()?.clone();
    let planned = plan(view, view.catalog(), write)?;
    notes.extend(query::misfits(view, planned.changes())?);
    let at = begins(view, write)?;
    let (mut changes, mut after) = match planned {
        Plan::Unchanged { why, notes: more } => {
            notes.extend(more);
            notes.push(NoteKind::WouldBeUnchanged { why }.into());
            let (after, changes) = (before.clone(), Vec::new());
            return Ok(Prospect { before, after, changes, has_facts: false, at, notes });
        }
        Plan::Write(write) => taken(*write, &mut notes),
    };
    if let Some((name, version)) = version_made(&changes, &after) {
        let publication = preview.what.publication(&name).into();
        if let Plan::Write(publication) = plan(view, &after, &publication)? {
            let (more, published) = taken(*publication, &mut notes);
            changes.extend(more);
            after = published;
        }
        notes.push(NoteKind::AsIfPublished { config: name, version }.into());
    }
    let after = with_changes(view, &before, after, &changes)?;
    Ok(Prospect { before, after, changes, has_facts: false, at, notes })
}

/// Plans a write on a catalog, as if whoever asks might make it.
fn plan(view: &View<'_>, catalog: &Catalog, write: &Statement) -> Result<Plan> {
    let (now, parameters) = (view.now(), view.parameters());
    let (role, origin) = (Role::Admin, Origin::Writer);
    let binder = Binder { catalog, now, parameters, versions: view, role, origin };
    let command = write.check(&binder);
    if let Command::Write(plan) =
        command.map_err(|error| also::with_others(error, write, &binder))?
    {
        return Ok(plan);
    }
    let (what, why) = (format!("`{write}`"), "it makes no revision");
    Err(ErrorKind::Misplaced { what, why }.into())
}

/// The changes of a write and the catalog after them; its notes go to the others.
fn taken(write: Write, notes: &mut Vec<Note>) -> (Vec<Change>, Catalog) {
    notes.extend(write.notes);
    (write.changes.changes, write.after)
}

/// The instant that a write says from which on it is in force.
fn begins(view: &View<'_>, write: &Statement) -> Result<Option<Timestamp>> {
    let Statement::Publish(publish) = write else { return Ok(None) };
    let at = publish.at.as_ref();
    at.map(|at| view.parameters().instant(at, view.now())).transpose()
}

/// The config of which changes make a version, and the number of that.
fn version_made(changes: &[Change], after: &Catalog) -> Option<(Name, u32)> {
    let version = changes.iter().find_map(|change| match change {
        Change::Version(version) => Some(version),
        _ => None,
    })?;
    Some((after.config(version.config)?.head.name.clone(), version.number))
}

/// The state after changes, which nobody sees.
fn with_changes(
    view: &View<'_>,
    before: &Snapshot,
    mut after: Catalog,
    changes: &[Change],
) -> Result<Snapshot> {
    after.revision = before.revision() + 1;
    after.time = Some(view.now().max(before.time()));
    let (state, _) = before.update(&after, changes, view.watch())?;
    if !touches_lists(before.catalog(), changes) {
        return Ok(state);
    }
    let (lists, wanted) = ((**before.lists()).clone(), list::referred(&after));
    Ok(state.with_lists(list::with_missing(lists, &wanted, view.reader()?)?.into()))
}
