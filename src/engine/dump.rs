//! Dumps: a script that rebuilds the store, with its history or without.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

use super::Database;
use super::show_users::Pages;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Catalog, Change, Config, Duration, Entry, ListId, Name, Publication, Reference, Revision,
    Segment, SegmentId, Share, Spanned, Timestamp, Value, Version, Versions, What,
};
use crate::statement::definition::{
    self, columns, create_config, create_key, create_segment, instant, literal, optional_text,
    rows, segment_ref, text, until,
};
use crate::statement::{
    Action, AlterConfig, AlterEvent, Begin, CellsSpec, ColumnSpec, Commit, Disable, ForgetUser,
    Load, Publish, SetUser, Statement, Track,
};

/// The version of the language of dumps.
pub(super) const FORMAT: u64 = 1;

/// How many statements about users are one transaction.
const TRANSACTION: usize = 4_096;

/// How many ids of a list one statement has.
const STATEMENT_IDS: usize = 512;

/// What a dump holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpKind {
    /// Everything: every revision with its time, actor and comment. Only an empty store takes it, and a
    /// dump of that store has the same bytes.
    History,
    /// What stands today, as the ordinary statements that would make it: keys, segments, the versions in
    /// use and their publications. Any store takes it in which the names are free.
    Current,
}

impl Database {
    /// Writes a script that rebuilds the store.
    ///
    /// Memory does not grow with the history.
    ///
    /// # Errors
    ///
    /// `io` if it cannot be written, `store-corrupt` if the store is damaged.
    pub fn dump(&self, to: &mut dyn Write, kind: DumpKind) -> Result<()> {
        let mut out = Output(io::BufWriter::new(to));
        match kind {
            DumpKind::History => self.dump_history(&mut out)?,
            DumpKind::Current => self.dump_current(&mut out)?,
        }
        out.0.flush().map_err(output_error)
    }

    fn dump_history(&self, out: &mut Output<'_>) -> Result<()> {
        let state = self.state();
        let clock = self.shared.store.clock().manual();
        let mut lists = BTreeSet::new();
        out.load(Load::Store { format: FORMAT, manual_clock: clock.is_some() })?;
        for entry in self.shared.store.changes_since(0)? {
            let (revision, changes) = entry?;
            if revision.number > state.catalog.revision {
                break; // committed since the dump began
            }
            out.load(load_revision(&revision))?;
            for change in &changes {
                self.dump_new_lists(out, change, &mut lists)?;
                out.load(load_change(&state.catalog, change))?;
            }
        }
        out.load(Load::End { clock: clock.map(instant) })?;
        self.dump_users(out)
    }

    /// Writes the lists that a change is the first to refer to.
    fn dump_new_lists(
        &self,
        out: &mut Output<'_>,
        change: &Change,
        dumped: &mut BTreeSet<ListId>,
    ) -> Result<()> {
        let Change::Segment(segment) = change else { return Ok(()) };
        for list in segment.condition.lists() {
            if dumped.insert(list) {
                self.dump_list(out, list)?;
            }
        }
        Ok(())
    }

    /// Writes a list in statements that are not too large.
    fn dump_list(&self, out: &mut Output<'_>, list: ListId) -> Result<()> {
        let (number, mut ids) = (list.0.into(), Vec::new());
        let mut began = false;
        self.shared.store.each_listed(list, |id| {
            ids.push(id.into());
            if ids.len() == STATEMENT_IDS {
                out.load(Load::List { number, ids: std::mem::take(&mut ids) })?;
                began = true;
            }
            Ok(())
        })?;
        if ids.is_empty() && began {
            return Ok(());
        }
        out.load(Load::List { number, ids })
    }

    fn dump_current(&self, out: &mut Output<'_>) -> Result<()> {
        let state = self.state();
        let catalog = &state.catalog;
        for key in catalog.keys().filter(|key| !key.archived) {
            out.statement(&Statement::CreateKey(create_key(key)))?;
        }
        for segment in in_order(catalog) {
            let lists = segment.condition.lists();
            if lists.is_empty() {
                out.statement(&Statement::CreateSegment(create_segment(segment)))?;
                continue;
            }
            lists.iter().try_for_each(|list| self.dump_list(out, *list))?;
            out.load(Load::Segment {
                segment: create_segment(segment),
                version: 1,
                archived: false,
            })?;
        }
        for config in catalog.configs().filter(|config| !config.head.archived) {
            self.dump_config(out, catalog, config)?;
        }
        for rule in rules_of_retention(catalog) {
            out.statement(&rule.into())?;
        }
        self.dump_users(out)
    }

    /// Writes what is known of users, by user and for each in the order in which it came, in transactions that
    /// are not too large.
    fn dump_users(&self, out: &mut Output<'_>) -> Result<()> {
        let (mut pages, mut open) = (Pages::new(self), 0);
        while let Some(page) = pages.next()? {
            for entry in page.into_iter().flat_map(|(_, entries)| entries) {
                if open == 0 {
                    out.statement(&Begin.into())?;
                }
                out.statement(&entry_statement(entry)?)?;
                open = (open + 1) % TRANSACTION;
                if open == 0 {
                    out.statement(&Commit.into())?;
                }
            }
        }
        if open > 0 { out.statement(&Commit.into()) } else { Ok(()) }
    }

    /// Makes the versions in use one after the other, then publishes as the timeline has it.
    fn dump_config(&self, out: &mut Output<'_>, catalog: &Catalog, config: &Config) -> Result<()> {
        let (name, now) = (&config.head.name, self.now());
        let mut numbers: BTreeMap<u32, u64> = BTreeMap::new();
        let mut before: Option<(Arc<Version>, u64)> = None;
        for number in config.used_numbers(now) {
            let Some(version) = self.used_version(config, number)? else { continue };
            let made = match &before {
                None if version.rows.is_empty() || version.columns.is_empty() => {
                    return out.comment(&format!("config {name} has no segments or no keys yet"));
                }
                None => {
                    out.statement(&create_config(catalog, name, &version).into())?;
                    1
                }
                // an edit that changes nothing makes no version
                Some((old, made)) if old.same_content(&version) => *made,
                Some((old, made)) => {
                    out.statement(&alter_config(catalog, name, old, &version).into())?;
                    made + 1
                }
            };
            numbers.insert(number, made);
            before = Some((version, made));
        }
        for publication in plan(config, now) {
            let version = numbers.get(&publication.version).copied().unwrap_or_default();
            out.statement(&publish(name, version, &publication, now).into())?;
        }
        if config.head.disabled {
            let config = Spanned::from(name.clone());
            out.statement(&Statement::Disable(Disable { config, comment: None }))?;
        }
        Ok(())
    }

    fn used_version(&self, config: &Config, number: u32) -> Result<Option<Arc<Version>>> {
        match config.versions.get(&number) {
            Some(version) => Ok(Some(Arc::clone(version))),
            None => self.shared.store.version(config.head.id, number),
        }
    }
}

struct Output<'w>(io::BufWriter<&'w mut dyn Write>);

impl Output<'_> {
    fn load(&mut self, load: Load) -> Result<()> {
        self.statement(&Statement::Load(load))
    }

    fn comment(&mut self, text: &str) -> Result<()> {
        writeln!(self.0, "-- {text}").map_err(output_error)
    }

    fn statement(&mut self, statement: &Statement) -> Result<()> {
        writeln!(self.0, "{statement};").map_err(output_error)
    }
}

fn output_error(error: io::Error) -> Error {
    let (path, message) = ("the output".to_owned(), error.to_string());
    Error::from(ErrorKind::Io { path, message }).because(error)
}

// -- with history

fn load_revision(revision: &Revision) -> Load {
    Load::Revision {
        number: revision.number,
        time: instant(revision.time),
        actor: optional_text(revision.actor.as_ref()),
        comment: optional_text(revision.comment.as_ref()),
    }
}

fn load_change(catalog: &Catalog, change: &Change) -> Load {
    match change {
        Change::Key(key) => {
            Load::Key { key: create_key(key), version: key.version.into(), archived: key.archived }
        }
        Change::Segment(segment) => Load::Segment {
            segment: create_segment(segment),
            version: segment.version.into(),
            archived: segment.archived,
        },
        Change::Config { head, comment } => Load::Config {
            number: head.id.0.into(),
            name: head.name.clone().into(),
            disabled: head.disabled,
            archived: head.archived,
            comment: optional_text(comment.as_ref()),
        },
        Change::Salt { config, segment, salt } => Load::Salt {
            config: config.0.into(),
            segment: segment_ref(catalog, *segment),
            salt: text(salt),
        },
        Change::Version(version) => Load::Version {
            config: version.config.0.into(),
            number: version.number.into(),
            description: optional_text(version.description.as_ref()),
            rows: rows(catalog, version),
            columns: columns(catalog, version),
        },
        Change::Publication(p) => Load::Publication {
            number: p.sequence,
            config: p.config.0.into(),
            version: p.version.into(),
            at: instant(p.effective),
            until: until(p),
            scheduled: p.scheduled,
            comment: optional_text(p.comment.as_ref()),
        },
        Change::Cancel { config, sequence } => {
            Load::Cancel { number: *sequence, config: config.0.into() }
        }
        Change::Keep { event, keep } => Load::Keep(alter_event(event.as_ref(), *keep)),
    }
}

fn alter_event(event: Option<&Arc<str>>, keep: Option<Duration>) -> AlterEvent {
    match event {
        Some(event) => AlterEvent::new(Arc::clone(event), keep),
        None => AlterEvent::others(keep),
    }
}

// -- without history

/// The statements that say how long events are kept.
fn rules_of_retention(catalog: &Catalog) -> impl Iterator<Item = AlterEvent> {
    let retention = &catalog.retention;
    let others = retention.others().map(|keep| alter_event(None, Some(keep)));
    others.into_iter().chain(retention.own().map(|(event, keep)| alter_event(Some(event), keep)))
}

/// The segments that are not archived, each after those that it refers to.
fn in_order(catalog: &Catalog) -> Vec<&Arc<Segment>> {
    let mut placed: BTreeSet<SegmentId> = BTreeSet::new();
    let mut ordered = Vec::new();
    for segment in catalog.segments().filter(|segment| !segment.archived) {
        // iterative: a chain of segments may be longer than the stack allows to follow
        let mut todo = vec![segment];
        while let Some(next) = todo.pop() {
            let missing: Vec<_> = catalog
                .references(next.condition.expr())
                .into_iter()
                .filter_map(|reference| match reference {
                    Reference::Segment(id) if !placed.contains(&id) => catalog.segment(id),
                    _ => None,
                })
                .collect();
            if missing.is_empty() {
                if placed.insert(next.id) {
                    ordered.push(next);
                }
            } else {
                todo.push(next);
                todo.extend(missing);
            }
        }
    }
    ordered
}

/// The edit that makes a version of the one before it.
fn alter_config(catalog: &Catalog, name: &Name, old: &Version, new: &Version) -> AlterConfig {
    let gone = old.columns.iter().filter(|column| new.column(column.key).is_none());
    let mut actions: Vec<Action> = gone
        .map(|column| Action::DropKey(definition::key_name(catalog, column.key).into()))
        .collect();
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
    let mut rows = rows(catalog, new);
    for row in &mut rows {
        // a row that stays keeps its rollout unless one is said
        row.rollout.get_or_insert(Share::FULL.into());
    }
    vec![Action::SetSegments(rows)]
}

/// The cells of a key with the blanks said, so that none of the old ones stays.
fn with_blanks(
    catalog: &Catalog,
    version: &Version,
    spec: ColumnSpec,
    column: &crate::model::Column,
) -> ColumnSpec {
    if let CellsSpec::All(_) = spec.cells {
        return spec;
    }
    let cells = version.rows.iter().zip(&column.cells).map(|(row, cell)| {
        (segment_ref(catalog, row.segment), cell.as_ref().map(definition::cell_spec))
    });
    ColumnSpec { key: spec.key, cells: CellsSpec::Some(cells.collect()) }
}

/// The publications that make the same be served from now on. A window in force cannot be said again as
/// it was, for its beginning is past: what it covers is published now, and what comes after it, then.
fn plan(config: &Config, now: Timestamp) -> Vec<Publication> {
    let timeline = &config.timeline;
    let Some(deciding) = timeline.deciding(now) else {
        return timeline.to_come(now).cloned().collect();
    };
    if deciding.until.is_none() {
        let own = Publication { effective: now, scheduled: false, ..deciding.clone() };
        return std::iter::once(own).chain(timeline.to_come(now).cloned()).collect();
    }
    let instants: Vec<_> = std::iter::once(now).chain(timeline.changes_after(now)).collect();
    let ends = instants.iter().skip(1).map(Some).chain([None]);
    let mut planned: Vec<Publication> = Vec::new();
    for (&from, to) in instants.iter().zip(ends) {
        let Some(live) = timeline.deciding(from) else { continue };
        // nothing comes after it: it is said as a window
        let until = to.copied().filter(|to| timeline.deciding(*to).is_none());
        if planned.last().is_some_and(|last| last.sequence == live.sequence) {
            planned.pop();
        }
        let scheduled = from > now || until.is_some();
        planned.push(Publication { effective: from, until, scheduled, ..live.clone() });
    }
    planned
}

fn publish(name: &Name, version: u64, publication: &Publication, now: Timestamp) -> Publish {
    let at_once = publication.effective <= now && publication.until.is_none();
    Publish {
        config: name.clone().into(),
        version: Some(version.into()),
        at: (!at_once).then(|| instant(publication.effective)),
        until: until(publication),
        comment: optional_text(publication.comment.as_ref()),
    }
}

/// The statement that says what an entry says.
fn entry_statement(entry: Entry) -> Result<Statement> {
    Ok(match entry.what {
        What::Event { name, properties, id } => {
            let mut track = Track::new(name, entry.user).at(entry.at);
            if !properties.is_empty() {
                track = track.properties(Value::Object(properties));
            }
            if let Some(id) = id {
                track = track.id(id);
            }
            track.into()
        }
        What::Profile(attributes) => {
            let set = SetUser::new(entry.user).at(entry.at);
            let mut attributes = attributes.iter();
            attributes
                .try_fold(set, |set, (name, value)| set.attribute(&**name, value.clone()))?
                .into()
        }
        What::Forget => ForgetUser::new(entry.user).into(),
    })
}
