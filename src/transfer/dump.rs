//! Dumps: a script that rebuilds the store, with its history or without.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

use super::wanted::Wanted;
use super::{config, layout};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Declarations;
use crate::model::{
    Catalog, Change, Config, Duration, Entry, ListId, Name, Recording, Reference, Revision,
    Segment, SegmentId, Spanned, Timestamp, Value, Version, VersionReader, What,
};
use crate::statement::definition::{
    columns, create_attribute, create_key, create_segment, instant, optional_text, rows,
    segment_ref, text, until,
};
use crate::statement::find::find_config;
use crate::statement::meaning::written_today;
use crate::statement::{
    AlterAttributes, AlterEvent, Begin, Commit, CreateSegment, Disable, ForgetUser, Load,
    RecordTraffic, SetUser, Statement, Track,
};
use crate::store::{Reader, Watch};

/// The version of the language of dumps.
pub(super) const FORMAT: u64 = 1;

/// How many statements about users are one transaction.
const TRANSACTION: usize = 4_096;

/// How many ids of a list one statement has.
const STATEMENT_IDS: usize = 512;

/// How many users are read at a time.
const PAGE: usize = 256;

/// Kind of a dump: what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpKind {
    /// Everything: every revision with its time, actor and comment. Only an empty store takes it, and a
    /// dump of that store has the same bytes.
    History,
    /// What stands today, as the ordinary statements that would make it: keys, segments, the versions in
    /// use and their publications, in one transaction; then what is known of users. Any store takes it in which the names are free.
    Current,
    /// The same without users, lists of them, and how long events are kept: a state file, for
    /// [`Database::plan`](crate::Database::plan) and version control. A thing a line, and no salts that go without saying.
    State,
}

/// What becomes of the comments of publications: why something was done is no part of a state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comments {
    Kept,
    LeftOut,
}

/// The state of a store that is dumped.
pub(crate) struct Dump<'d> {
    pub(crate) reader: &'d Reader,
    /// The instant of a manual clock.
    pub(crate) clock: Option<Timestamp>,
    /// The newest revision that the dump has.
    pub(crate) catalog: &'d Catalog,
    pub(crate) now: Timestamp,
    pub(crate) watch: &'d Watch<'d>,
}

impl Dump<'_> {
    /// Writes a script that rebuilds the store. Memory does not grow with the history.
    pub(crate) fn write(&self, to: &mut dyn Write, kind: DumpKind) -> Result<()> {
        let mut out = Output(io::BufWriter::new(to));
        self.warn(&mut out, kind)?;
        match kind {
            DumpKind::History => self.history(&mut out)?,
            DumpKind::Current => {
                self.listed(&mut out)?;
                self.state(&mut out, &Wanted::All, Comments::Kept)?;
                rules_of_retention(self.catalog)
                    .try_for_each(|rule| out.statement(&rule.into()))?;
                let recording = self.catalog.recording;
                recording.map_or(Ok(()), |_| out.statement(&record_traffic(recording).into()))?;
            }
            DumpKind::State => {
                self.state(&mut out, &Wanted::All, Comments::LeftOut)?;
            }
        }
        if kind != DumpKind::State {
            self.users(&mut out)?;
        }
        out.0.flush().map_err(output_error)
    }

    /// Writes a state file of one config and of what it needs.
    pub(crate) fn write_config(&self, to: &mut dyn Write, name: &Name) -> Result<()> {
        let config = find_config(self.catalog, &Spanned::from(name.clone()))?;
        let mut out = Output(io::BufWriter::new(to));
        let wanted = Wanted::of(self.catalog, config, self.now);
        self.state(&mut out, &wanted, Comments::LeftOut)?;
        out.0.flush().map_err(output_error)
    }

    fn history(&self, out: &mut Output<'_>) -> Result<()> {
        // names are those of the time
        let (mut lists, mut named) = (BTreeSet::new(), Catalog::default());
        out.load(Load::Store { format: FORMAT, manual_clock: self.clock.is_some() })?;
        self.watch.begin("revisions", self.catalog.revision);
        for entry in self.reader.changes_since(0)? {
            let (revision, changes) = entry?;
            self.watch.step(1)?;
            if revision.number > self.catalog.revision {
                break; // committed since the dump began
            }
            out.load(load_revision(&revision))?;
            for change in &changes {
                self.new_lists(out, change, &mut lists)?;
                out.load(load_change(&named, change))?;
                match change {
                    Change::Key(key) => named.put_key(key),
                    Change::Segment(segment) => named.put_new_segment(segment, []),
                    _ => {}
                }
            }
        }
        out.load(Load::End { clock: self.clock.map(instant) })
    }

    /// Writes the lists that a change is the first to refer to.
    fn new_lists(
        &self,
        out: &mut Output<'_>,
        change: &Change,
        written: &mut BTreeSet<ListId>,
    ) -> Result<()> {
        let Change::Segment(segment) = change else { return Ok(()) };
        let lists = segment.condition.lists().into_iter();
        lists.filter(|list| written.insert(*list)).try_for_each(|list| self.list(out, list))
    }

    /// Writes a list in statements that are not too large.
    fn list(&self, out: &mut Output<'_>, list: ListId) -> Result<()> {
        let (number, mut ids) = (list.0.into(), Vec::new());
        let mut began = false;
        self.reader.each_listed(list, |id| {
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

    /// Writes the segments that are lists of users, with their lists.
    fn listed(&self, out: &mut Output<'_>) -> Result<()> {
        for segment in self.catalog.segments().filter(|segment| !segment.archived) {
            let lists = segment.condition.lists();
            if !lists.is_empty() {
                lists.into_iter().try_for_each(|list| self.list(out, list))?;
                let segment = create_segment(segment);
                out.load(Load::Segment { segment, former: None, version: 1, archived: false })?;
            }
        }
        Ok(())
    }

    /// Says what in a dump is not for everybody's eyes.
    fn warn(&self, out: &mut Output<'_>, kind: DumpKind) -> Result<()> {
        let is_whole = kind == DumpKind::History;
        let keys = self.catalog.keys().any(|key| key.sensitive && (is_whole || !key.archived));
        let mut attributes = self.catalog.attributes();
        let attributes = attributes.any(|a| a.sensitive && (is_whole || !a.archived));
        match (keys, attributes) {
            (false, false) => Ok(()),
            (true, false) => out.comment("This has the values of sensitive keys."),
            (false, true) => out.comment("This has the values of sensitive attributes."),
            (true, true) => out.comment("This has the values of sensitive keys and attributes."),
        }
    }

    /// Writes what stands of attributes, keys, segments and configs, of those that are wanted, as one transaction.
    fn state(&self, out: &mut Output<'_>, wanted: &Wanted, comments: Comments) -> Result<()> {
        let catalog = self.catalog;
        let attributes = catalog.attributes().filter(|a| !a.archived && wanted.attribute(a));
        let attributes: Vec<_> = attributes.collect();
        let keys = catalog.keys().filter(|key| !key.archived);
        let keys: Vec<_> = keys.filter(|key| wanted.has(Reference::Key(key.id))).collect();
        let segments = in_order(catalog).into_iter();
        let segments = segments.filter(|s| wanted.has(Reference::Segment(s.id)));
        let segments: Vec<_> = segments.filter(|s| s.condition.lists().is_empty()).collect();
        let configs = catalog.configs().filter(|c| !c.head.archived && wanted.config(c));
        let mut configs: Vec<_> = configs.collect();
        configs.sort_unstable_by(|a, b| a.head.name.cmp(&b.head.name));
        let strict = catalog.strict && wanted.is_all();
        let objects = keys.len() + segments.len() + configs.len() + attributes.len();
        if objects == 0 && !strict {
            return Ok(());
        }
        out.statement(&Begin.into())?;
        attributes.into_iter().try_for_each(|a| out.statement(&create_attribute(a).into()))?;
        keys.into_iter().try_for_each(|key| out.statement(&create_key(key).into()))?;
        segments.into_iter().try_for_each(|s| out.statement(&self.segment(s).into()))?;
        configs.into_iter().try_for_each(|config| self.config(out, config, comments))?;
        if strict {
            // the conditions before it were stored before it was said, and may read what is not declared
            out.statement(&AlterAttributes::strict().into())?;
        }
        out.statement(&Commit.into())
    }

    /// Makes a segment that means what it means, among the attributes that are declared before it.
    fn segment(&self, segment: &Segment) -> CreateSegment {
        let condition = written_today(self.catalog, &segment.condition);
        create_segment(&Segment { condition, ..segment.clone() })
    }

    /// Makes the live version, then those that differ from it, each with its publications.
    fn config(&self, out: &mut Output<'_>, config: &Config, comments: Comments) -> Result<()> {
        let (catalog, name, now) = (self.catalog, &config.head.name, self.now);
        let mut made: Option<Arc<Version>> = None;
        let mut salts: BTreeMap<SegmentId, Arc<str>> = BTreeMap::new();
        let plan = config::plan(config, now);
        let drafted = (config.newest, None);
        let wanted = plan.iter().map(|publication| (publication.version, Some(publication)));
        for (number, publication) in wanted.chain([drafted]) {
            let Some(version) = self.version(config, number)? else { continue };
            match &made {
                None if version.rows.is_empty() || version.columns.is_empty() => {
                    return out.comment(&format!("config {name} has no segments or no keys yet"));
                }
                None => out.text(&layout::create_config(catalog, name, &version))?,
                Some(old) => {
                    let salt = |segment| salts.get(&segment).cloned();
                    let edits = config::difference(catalog, name, old, &version, &salt);
                    edits.iter().try_for_each(|edit| out.statement(edit))?;
                }
            }
            salts.extend(version.rows.iter().map(|row| (row.segment, Arc::clone(&row.salt))));
            made = Some(version);
            if let Some(publication) = publication {
                let mut publish = config::publish(name, None, publication, now);
                if comments == Comments::LeftOut {
                    publish.comment = None;
                }
                out.statement(&publish.into())?;
            }
        }
        if config.head.disabled {
            let config = Spanned::from(name.clone());
            out.statement(&Statement::Disable(Disable { config, comment: None }))?;
        }
        Ok(())
    }

    fn version(&self, config: &Config, number: u32) -> Result<Option<Arc<Version>>> {
        match config.versions.get(number) {
            Some(version) => Ok(Some(Arc::clone(version))),
            None => self.reader.version(config.head.id, number),
        }
    }

    /// Writes the profiles and events of users, by user and for each in the order in which they came, in
    /// transactions that are not too large.
    fn users(&self, out: &mut Output<'_>) -> Result<()> {
        let declarations = Declarations::of(self.catalog);
        self.watch.begin("users", self.reader.user_count()?);
        let (mut last, mut open): (Option<Arc<str>>, _) = (None, 0);
        loop {
            let page = self.reader.users_after(last.as_deref(), PAGE)?;
            self.watch.step(page.len() as u64)?;
            let Some((user, _)) = page.last() else { break };
            last = Some(Arc::clone(user));
            for entry in page.into_iter().flat_map(|(_, entries)| entries) {
                if open == 0 {
                    out.statement(&Begin.into())?;
                }
                let is_fit = fit(declarations.as_deref(), &entry);
                out.statement(&entry_statement(entry, is_fit)?)?;
                open = (open + 1) % TRANSACTION;
                if open == 0 {
                    out.statement(&Commit.into())?;
                }
            }
        }
        if open > 0 { out.statement(&Commit.into()) } else { Ok(()) }
    }
}

/// Whether the attributes that an entry sets are what is declared.
fn fit(declarations: Option<&Declarations>, entry: &Entry) -> bool {
    let (Some(declarations), What::Profile(attributes)) = (declarations, &entry.what) else {
        return true;
    };
    attributes.iter().all(|(name, value)| declarations.misfit(name, value).is_none())
}

struct Output<'w>(io::BufWriter<&'w mut dyn Write>);

impl Output<'_> {
    fn load(&mut self, load: Load) -> Result<()> {
        self.statement(&Statement::Load(load))
    }

    fn comment(&mut self, text: &str) -> Result<()> {
        writeln!(self.0, "-- {text}").map_err(output_error)
    }

    fn text(&mut self, statement: &str) -> Result<()> {
        writeln!(self.0, "{statement};").map_err(output_error)
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

/// The statement of a change; the catalog has the names of the time before it.
fn load_change(named: &Catalog, change: &Change) -> Load {
    match change {
        Change::Key(key) => {
            Load::Key { key: create_key(key), version: key.version.into(), archived: key.archived }
        }
        Change::Segment(segment) => Load::Segment {
            segment: create_segment(segment),
            former: former_name(named, segment),
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
            segment: segment_ref(named, *segment),
            salt: text(salt),
        },
        Change::Version(version) => Load::Version {
            config: version.config.0.into(),
            number: version.number.into(),
            description: optional_text(version.description.as_ref()),
            rows: rows(named, version),
            columns: columns(named, version),
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
        Change::Attribute(attribute) => Load::Attribute {
            attribute: create_attribute(attribute),
            version: attribute.version.into(),
            archived: attribute.archived,
        },
        Change::Strict(strict) => Load::Attributes(AlterAttributes { strict: *strict }),
        Change::Record(recording) => Load::Record(record_traffic(*recording)),
    }
}

/// The name that a segment had before, if it is another.
fn former_name(named: &Catalog, segment: &Segment) -> Option<Spanned<Name>> {
    let before = named.segment(segment.id).filter(|before| before.name != segment.name)?;
    Some(before.name.clone().into())
}

fn record_traffic(recording: Option<Recording>) -> RecordTraffic {
    match recording {
        Some(Recording { share, keep }) => RecordTraffic::of(share).keep(keep),
        None => RecordTraffic::off(),
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

/// The statement that says what an entry says; `is_fit`: its attributes are what is declared today.
fn entry_statement(entry: Entry, is_fit: bool) -> Result<Statement> {
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
            let set = attributes
                .try_fold(set, |set, (name, value)| set.attribute(&**name, value.clone()))?;
            if is_fit { set.into() } else { Statement::Load(Load::User(set)) }
        }
        What::Forget => ForgetUser::new(entry.user).into(),
    })
}
