//! Past states of the store, as of an instant: each has only what a statement needs of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::list;
use super::remembered::Part;
use super::view::View;
use crate::error::Result;
use crate::eval::{Meter, Snapshot, UNCOUNTED};
use crate::listing::Lists;
use crate::model::{
    AttributeId, Catalog, Config, ConfigId, Expr, ExprKind, KeyId, Name, ObjectKind, Reference,
    Revision, SegmentId, Spanned, Timestamp,
};
use crate::statement::When;
use crate::store::{Reader, Watch};

/// Part of a past state that a statement needs.
pub(super) enum Wanted<'a> {
    /// Every object.
    All,
    /// These keys and what decides them.
    Keys(&'a [Spanned<Name>]),
    /// A config, its keys, and what decides them.
    Config(&'a Spanned<Name>),
    /// One object by itself.
    Object(ObjectKind, &'a Spanned<Name>),
}

impl Wanted<'_> {
    /// The part of the store that it is, if it is evaluated.
    fn part(&self) -> Option<Part> {
        Some(match self {
            Self::All => Part::All,
            Self::Keys(names) => Part::Keys(names.iter().map(|name| name.node.clone()).collect()),
            Self::Config(name) => Part::Config(name.node.clone()),
            Self::Object(..) => return None,
        })
    }
}

/// State of the store at an instant.
pub(super) struct State<'v> {
    pub(super) snapshot: Cow<'v, Snapshot>,
    pub(super) at: Timestamp,
}

impl State<'_> {
    pub(super) fn catalog(&self) -> &Catalog {
        self.snapshot.catalog()
    }
}

/// The state as of an instant, now if none is said: what was committed by then, under the names of then.
pub(super) fn state<'v>(
    view: &'v View<'_>,
    as_of: Option<&When>,
    wanted: &Wanted<'_>,
) -> Result<State<'v>> {
    state_at(view, view.parameters.instant_or(as_of, view.now)?, wanted)
}

/// The view of another instant: what was committed by then, or what will be if nobody commits more.
pub(super) fn seen_at<'a>(view: &'a View<'_>, at: Timestamp) -> Result<View<'a>> {
    let state = state_at(view, at, &Wanted::All)?;
    let then = (at < view.now).then(|| state.snapshot.into_owned());
    Ok(view.of_instant(at, then))
}

/// The same as of an instant that is known.
pub(super) fn state_at<'v>(
    view: &'v View<'_>,
    at: Timestamp,
    wanted: &Wanted<'_>,
) -> Result<State<'v>> {
    if at >= view.now {
        return Ok(State { snapshot: Cow::Borrowed(view.snapshot()?), at });
    }
    let committed = view.committed();
    if committed.catalog().time.is_none_or(|time| time <= at) {
        return Ok(State { snapshot: Cow::Borrowed(committed), at });
    }
    let reader = view.reader()?;
    let revision = reader.revision_at(at)?;
    let (Some(part), Some(begun)) = (wanted.part(), reader.revision(revision)?) else {
        // it is shown, and nobody is evaluated; or nothing was there yet
        let catalog = catalog(view, (revision, at), committed.catalog(), wanted)?;
        return Ok(State { snapshot: Cow::Owned(compiled(view, &catalog)?), at });
    };
    let lineage = committed.lineage();
    let snapshot = if let Some(known) = view.past.get(lineage, revision, &part) {
        known
    } else {
        let made = make(view, &begun, wanted)?;
        view.past.keep(lineage, part, &made);
        made
    };
    let snapshot = with_lists(view, snapshot, committed.lists())?;
    Ok(State { snapshot: Cow::Owned(snapshot), at })
}

/// Makes the state of a revision, as it is asked for from its own instant on: from one that is near, if one is.
fn make(view: &View<'_>, begun: &Revision, wanted: &Wanted<'_>) -> Result<Snapshot> {
    let near = match wanted {
        Wanted::All => view.past.before(view.committed().lineage(), begun.number),
        _ => None,
    };
    let near = near.filter(|near| begun.number - near.revision() <= worth(near.catalog()));
    if let Some(near) = near {
        return advance(view, &near, begun.number);
    }
    let now = view.committed().catalog();
    compiled(view, &catalog(view, (begun.number, begun.time), now, wanted)?)
}

/// How many revisions to apply to a state takes no longer than to read all of its objects.
fn worth(catalog: &Catalog) -> u64 {
    catalog.configs().count() as u64
}

/// The state of a revision, from an earlier one: only what was changed between them is read and compiled.
fn advance(view: &View<'_>, near: &Snapshot, revision: u64) -> Result<Snapshot> {
    let (mut catalog, mut all) = (near.catalog().clone(), Vec::new());
    let reader = view.reader()?;
    let steps = usize::try_from(revision - near.revision()).unwrap_or(usize::MAX);
    for step in reader.changes_since(near.revision())?.take(steps) {
        view.watch.check()?;
        let (step, changes) = step?;
        catalog.apply(&changes, step.time, reader)?;
        (catalog.revision, catalog.time) = (step.number, Some(step.time));
        all.extend(changes);
    }
    Ok(near.update(&catalog, &all, &view.watch)?.0)
}

fn compiled(view: &View<'_>, catalog: &Catalog) -> Result<Snapshot> {
    Ok(Snapshot::compile(catalog, &view.watch)?.0)
}

/// A state of the past counts nothing, and is made while somebody waits.
impl Meter for Watch<'_> {
    fn reserve(&self, _: u32) -> u32 {
        UNCOUNTED
    }

    fn check(&self) -> Result<()> {
        Watch::check(self)
    }
}

/// A state of the past with the lists of users that it refers to, if it refers to any.
fn with_lists(view: &View<'_>, state: Snapshot, now: &Arc<Lists>) -> Result<Snapshot> {
    if list::referred(state.catalog()).is_empty() {
        return Ok(state);
    }
    let lists = lists(view, state.catalog(), now)?;
    Ok(state.with_lists(lists))
}

/// Lists of users that a catalog of the past refers to, without the users whom the open transaction forgets. Lists
/// that are not in memory any more are read from the store.
fn lists(view: &View<'_>, catalog: &Catalog, now: &Arc<Lists>) -> Result<Arc<Lists>> {
    let wanted = list::referred(catalog);
    let lists = if wanted.is_subset(&now.numbers()) {
        Arc::clone(now)
    } else {
        list::read(view.reader()?, catalog)?
    };
    let entries = view.pending.as_ref().map_or(&[][..], |pending| pending.facts.entries());
    Ok(list::without_forgotten(&lists, entries).unwrap_or(lists))
}

/// Reads the catalog as it stood at a revision, to be asked about an instant; `now` is the newest one.
fn catalog(
    view: &View<'_>,
    (revision, at): (u64, Timestamp),
    now: &Catalog,
    wanted: &Wanted<'_>,
) -> Result<Catalog> {
    let (catalog, todo, seen) = (Catalog::at(revision, at), Vec::new(), BTreeSet::new());
    let (reader, watch) = (view.reader()?, &view.watch);
    let mut past = Past { reader, watch, revision, at, now, catalog, todo, seen };
    past.start_attributes()?;
    past.start(wanted)?;
    while let Some(reference) = past.todo.pop() {
        past.read(reference)?;
    }
    if matches!(wanted, Wanted::All) {
        past.refer()?;
    }
    Ok(past.catalog)
}

/// Catalog of the past in the making.
struct Past<'r> {
    reader: &'r Reader,
    /// Tells whether it is to end.
    watch: &'r Watch<'r>,
    revision: u64,
    at: Timestamp,
    now: &'r Catalog,
    catalog: Catalog,
    todo: Vec<Reference>,
    seen: BTreeSet<Reference>,
}

impl Past<'_> {
    /// Finds again what conditions refer to: when some were read, that was not there yet.
    fn refer(&mut self) -> Result<()> {
        let segments: Vec<_> = self.catalog.segments().cloned().collect();
        for segment in &segments {
            self.watch.check()?;
            self.catalog.put_segment(segment);
        }
        Ok(())
    }

    fn start(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        match wanted {
            Wanted::All => self.start_all(),
            Wanted::Keys(names) => {
                names.iter().try_for_each(|name| self.start_named(ObjectKind::Key, &name.node))
            }
            Wanted::Config(name) | Wanted::Object(ObjectKind::Config, name) => {
                if let Some(config) = self.config_named(&name.node)? {
                    self.put_config(config, true);
                }
                Ok(())
            }
            Wanted::Object(ObjectKind::Attribute, _) => Ok(()),
            Wanted::Object(kind, name) => self.start_named(*kind, &name.node),
        }
    }

    /// Every condition may read any attribute.
    fn start_attributes(&mut self) -> Result<()> {
        for (_, id) in self.reader.names(ObjectKind::Attribute)? {
            if let Some(then) = self.reader.attribute_at(AttributeId(id), self.revision)? {
                self.catalog.put_attribute(&then);
            }
        }
        Ok(())
    }

    fn start_all(&mut self) -> Result<()> {
        for (_, id) in self.reader.names(ObjectKind::Key)? {
            self.want(Reference::Key(KeyId(id)));
        }
        for (_, id) in self.reader.names(ObjectKind::Segment)? {
            self.want(Reference::Segment(SegmentId(id)));
        }
        let configs: BTreeSet<_> =
            self.reader.names(ObjectKind::Config)?.into_iter().map(|(_, id)| id).collect();
        for id in configs {
            self.watch.check()?;
            if let Some(config) = self.reader.config_at(ConfigId(id), self.revision, self.at)? {
                self.put_config((*config).clone(), true);
            }
        }
        Ok(())
    }

    fn start_named(&mut self, kind: ObjectKind, name: &Name) -> Result<()> {
        if let Some(id) = self.reader.named(kind, name.as_str())? {
            self.want(match kind {
                ObjectKind::Key => Reference::Key(KeyId(id)),
                _ => Reference::Segment(SegmentId(id)),
            });
        }
        Ok(())
    }

    fn config_named(&self, name: &Name) -> Result<Option<Config>> {
        let Some(id) = self.reader.named(ObjectKind::Config, name.as_str())? else {
            return Ok(None);
        };
        let config = self.reader.config_at(ConfigId(id), self.revision, self.at)?;
        Ok(config.filter(|config| config.head.name == *name).map(|config| (*config).clone()))
    }

    fn want(&mut self, reference: Reference) {
        if self.seen.insert(reference) {
            self.todo.push(reference);
        }
    }

    fn read(&mut self, reference: Reference) -> Result<()> {
        self.watch.check()?;
        match reference {
            Reference::Key(id) => self.read_key(id),
            Reference::Segment(id) => self.read_segment(id),
        }
    }

    fn read_key(&mut self, id: KeyId) -> Result<()> {
        let Some(key) = self.reader.key_at(id, self.revision)? else { return Ok(()) };
        self.catalog.put_key(&key);
        for config in self.reader.configs_of_key(id)? {
            if self.catalog.config(config).is_some() {
                continue;
            }
            if let Some(config) = self.reader.config_at(config, self.revision, self.at)? {
                self.put_config((*config).clone(), false);
            }
        }
        Ok(())
    }

    fn read_segment(&mut self, id: SegmentId) -> Result<()> {
        let Some(then) = self.reader.segment_at(id, self.revision)? else { return Ok(()) };
        // the condition of one that is still the same need not be parsed once more
        let now = self.now.segment(id).filter(|now| **now == then);
        let segment = now.unwrap_or(&then);
        self.catalog.put_segment(segment);
        for (kind, name) in names_in(segment.condition.expr()) {
            self.start_named(kind, &name)?;
        }
        Ok(())
    }

    /// Takes a config in, and asks for its segments, and for its keys if they are wanted too.
    fn put_config(&mut self, config: Config, with_keys: bool) {
        let versions: Vec<_> = config.versions.iter().cloned().collect();
        for version in versions {
            for row in version.rows.iter().filter(|row| !row.segment.is_everyone()) {
                self.want(Reference::Segment(row.segment));
            }
            for column in version.columns.iter().filter(|_| with_keys) {
                self.want(Reference::Key(column.key));
            }
        }
        self.catalog.put_config(config.into());
    }
}

/// The names of keys and segments in a condition.
fn names_in(expr: &Expr) -> Vec<(ObjectKind, Name)> {
    let mut found = Vec::new();
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        match &expr.node {
            ExprKind::Key(name) => found.push((ObjectKind::Key, name.node.clone())),
            ExprKind::InSegment(Some(name)) => found.push((ObjectKind::Segment, name.node.clone())),
            _ => {}
        }
        todo.extend(expr.node.operands());
    }
    found
}
