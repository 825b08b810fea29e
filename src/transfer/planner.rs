//! Planner: the statements that make a store what a state says, in an order that works.
//!
//! Each step is tried on the catalog as the steps before it left it. One that fails waits for the others: a check may let
//! a value pass only when another value is gone, a key may still be another config's. When all wait, what is in the way
//! is loosened: checks that will be others, keys that a config is to lose, and that attributes have to be declared, if that
//! is said of what comes after the state. A config that loses all it has gets a [stand-in](super::stand_in).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::config::{difference, same_layout};
use super::state::{ConfigStep, Placed, State, WantedConfig};
use crate::error::{Error, Note, NoteKind, Result};
use crate::model::{
    Catalog, Config, Key, Name, ObjectKind, Publication, Role, Segment, Spanned, Timestamp,
    Version, VersionReader,
};
use crate::statement::binder::{Binder, Origin};
use crate::statement::content::Content;
use crate::statement::meaning::written_today;
use crate::statement::{
    Action, AlterAttributes, AlterConfig, AlterKey, AlterSegment, Archive, Command,
    CreateAttribute, CreateKey, CreateMode, CreateSegment, Disable, Enable, KeyChange, Parameters,
    Plan, Publish, Restore, Statement,
};

/// What becomes of objects that a state does not speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prune {
    /// They stay as they are.
    #[default]
    No,
    /// They are archived.
    Yes,
}

/// Group of statements that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Retired,
    Attributes,
    Keys,
    Segments,
    Configs,
}

impl Group {
    /// The words of the comment before it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Retired => "out of use",
            Self::Attributes => "attributes",
            Self::Keys => "keys",
            Self::Segments => "segments",
            Self::Configs => "configs",
        }
    }
}

/// Statements that were found, in their order, and what is to be known of them.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    pub(crate) statements: Vec<(Group, Statement)>,
    pub(crate) notes: Vec<Note>,
}

/// State of a store for which statements are sought.
pub(crate) struct Planner<'p> {
    pub(crate) catalog: Catalog,
    pub(crate) now: Timestamp,
    pub(crate) parameters: &'p Parameters,
    pub(crate) versions: &'p dyn VersionReader,
    pub(crate) role: Role,
    pub(crate) planned: Planned,
    /// The keys that stand in for others.
    pub(crate) stand_ins: BTreeSet<Name>,
}

/// Step towards a state.
#[derive(Clone, Copy)]
enum Step<'s> {
    Attribute(&'s Placed<CreateAttribute>),
    /// Whether new conditions may only read declared attributes.
    Strictness(AlterAttributes),
    Key(&'s Placed<CreateKey>),
    Segment(&'s Placed<CreateSegment>),
    Config(&'s Placed<WantedConfig>),
    /// An object that the files archive, or do not name.
    Archive(ObjectKind, &'s Name),
}

impl Planner<'_> {
    /// Finds the statements.
    pub(crate) fn plan(mut self, state: &State, prune: Prune) -> Result<Planned> {
        let retired = self.retired(state, prune);
        let (early, late): (Vec<_>, Vec<_>) =
            retired.iter().partition(|(kind, _)| *kind == ObjectKind::Config);
        let archive = |(kind, name): &'_ (ObjectKind, Name)| (*kind, name.clone());
        let (early, late): (Vec<_>, Vec<_>) =
            (early.into_iter().map(archive).collect(), late.into_iter().map(archive).collect());
        let mut steps: Vec<Step<'_>> = Vec::new();
        steps.extend(early.iter().map(|(kind, name)| Step::Archive(*kind, name)));
        let strictness = self.strictness(state, prune);
        steps.extend(strictness.filter(|said| !said.strict).map(Step::Strictness));
        steps.extend(state.attributes.iter().map(Step::Attribute));
        steps.extend(state.keys.iter().map(Step::Key));
        steps.extend(state.segments.iter().map(Step::Segment));
        steps.extend(state.configs.iter().map(Step::Config));
        steps.extend(late.iter().map(|(kind, name)| Step::Archive(*kind, name)));
        self.settle(steps, strictness)?;
        self.retire_stand_ins()?;
        self.prune_attributes(state, prune)?;
        // conditions of the files that are there already may read what is not declared
        let strict = strictness.filter(|said| said.strict);
        self.settle(strict.map(Step::Strictness).into_iter().collect(), None)?;
        Ok(self.planned)
    }

    /// The objects that are to be archived: those that use others first.
    fn retired(&mut self, state: &State, prune: Prune) -> Vec<(ObjectKind, Name)> {
        let said = state.archived.iter().map(|placed| (placed.node.0, placed.node.1.node.clone()));
        let mut retired: Vec<_> = said.collect();
        if prune == Prune::No {
            return retired;
        }
        let named = |kind| state.names(kind);
        let (keys, segments, configs) =
            (named(ObjectKind::Key), named(ObjectKind::Segment), named(ObjectKind::Config));
        let catalog = &self.catalog;
        let others = catalog.configs().filter(|c| !c.head.archived).map(|c| &c.head.name);
        let others = others.filter(|name| !configs.contains(name));
        retired.extend(others.map(|name| (ObjectKind::Config, name.clone())));
        for segment in catalog.segments().filter(|segment| !segment.archived) {
            let is_list = !segment.condition.lists().is_empty();
            if is_list {
                let note = NoteKind::ListStays { segment: segment.name.clone() };
                self.planned.notes.push(note.into());
            } else if !segments.contains(&segment.name) {
                retired.push((ObjectKind::Segment, segment.name.clone()));
            }
        }
        let others = catalog.keys().filter(|key| !key.archived).map(|key| &key.name);
        let others = others.filter(|name| !keys.contains(name));
        retired.extend(others.map(|name| (ObjectKind::Key, name.clone())));
        retired
    }

    /// Takes the steps in whatever order works.
    fn settle(
        &mut self,
        mut steps: Vec<Step<'_>>,
        strictness: Option<AlterAttributes>,
    ) -> Result<()> {
        while !steps.is_empty() {
            let (mut waiting, mut failure) = (Vec::new(), None);
            for step in &steps {
                if let Err(error) = self.attempt(|planner| planner.step(*step)) {
                    failure.get_or_insert(error);
                    waiting.push(*step);
                }
            }
            let moved = waiting.len() < steps.len() || self.loosen(&waiting, strictness);
            match failure {
                Some(error) if !moved => return Err(error),
                _ => steps = waiting,
            }
        }
        Ok(())
    }

    /// Takes a step wholly or not at all.
    fn attempt<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (catalog, statements) = (self.catalog.clone(), self.planned.statements.len());
        let notes = self.planned.notes.len();
        step(self).inspect_err(|_| {
            self.catalog = catalog;
            self.stand_ins.retain(|name| self.catalog.key_named(name.as_str()).is_some());
            self.planned.statements.truncate(statements);
            self.planned.notes.truncate(notes);
        })
    }

    fn step(&mut self, step: Step<'_>) -> Result<()> {
        match step {
            Step::Attribute(attribute) => {
                self.attribute(&attribute.node).map_err(|e| attribute.statement.locate(e))
            }
            Step::Strictness(said) => self.run(Group::Attributes, said.into()),
            Step::Key(key) => self.key(&key.node).map_err(|e| key.statement.locate(e)),
            Step::Segment(segment) => {
                self.segment(&segment.node).map_err(|e| segment.statement.locate(e))
            }
            Step::Config(config) => {
                self.config(&config.node).map_err(|e| config.statement.locate(e))
            }
            Step::Archive(kind, name) => {
                let (name, comment) = (Spanned::from(name.clone()), None);
                self.run(Group::Retired, Archive { kind, name, comment }.into())
            }
        }
    }

    pub(super) fn binder(&self, origin: Origin) -> Binder<'_> {
        let Self { catalog, now, parameters, versions, role, .. } = self;
        let (now, versions, role) = (*now, *versions, *role);
        Binder { catalog, now, parameters, versions, role, origin }
    }

    /// Checks a statement on the catalog, and keeps it if it changes something.
    pub(super) fn run(&mut self, group: Group, statement: Statement) -> Result<()> {
        let after = match statement.check(&self.binder(Origin::Writer))? {
            Command::Write(Plan::Write(write)) => Some(write.after),
            Command::Write(Plan::Unchanged { .. }) => None,
            _ => return Err(Error::bug("a plan is of writes alone")),
        };
        if let Some(after) = after {
            self.catalog = after;
            self.planned.statements.push((group, statement));
        }
        Ok(())
    }

    /// Takes an archived object back into use.
    pub(super) fn restore(
        &mut self,
        group: Group,
        kind: ObjectKind,
        name: &Spanned<Name>,
    ) -> Result<()> {
        self.run(group, Restore { kind, name: name.clone() }.into())
    }

    fn key(&mut self, create: &CreateKey) -> Result<()> {
        let Some(old) = self.catalog.key_named(create.name.node.as_str()).cloned() else {
            return self.run(Group::Keys, create.clone().mode(CreateMode::New).into());
        };
        if old.archived {
            self.restore(Group::Keys, ObjectKind::Key, &create.name)?;
        }
        let new = create.key(&self.binder(Origin::State))?;
        let statement = match alter_key(create, &old, &new) {
            Some(alter) if old.kind == new.kind => alter.into(),
            _ => create.clone().mode(CreateMode::OrAlter).into(),
        };
        self.run(Group::Keys, statement)
    }

    fn segment(&mut self, create: &CreateSegment) -> Result<()> {
        let Some(old) = self.catalog.segment_named(create.name.node.as_str()).cloned() else {
            return self.run(Group::Segments, create.clone().mode(CreateMode::New).into());
        };
        if old.archived {
            self.restore(Group::Segments, ObjectKind::Segment, &create.name)?;
        }
        let new = create.segment(&self.binder(Origin::State))?;
        let statement = match alter_segment(create, &self.written(&old), &new) {
            Some(alter) => alter.into(),
            None => create.clone().mode(CreateMode::OrAlter).into(),
        };
        self.run(Group::Segments, statement)
    }

    /// A segment as a file says it.
    fn written(&self, segment: &Segment) -> Segment {
        let condition = written_today(&self.catalog, &segment.condition);
        Segment { condition, ..segment.clone() }
    }

    fn config(&mut self, wanted: &WantedConfig) -> Result<()> {
        let name = &wanted.create.name;
        let contents = self.contents(wanted)?;
        match self.catalog.config_named(name.node.as_str()) {
            None => {
                let create = wanted.create.clone().mode(CreateMode::New);
                self.run(Group::Configs, create.into())?;
            }
            Some(config) if config.head.archived => {
                self.restore(Group::Configs, ObjectKind::Config, name)?;
            }
            Some(_) => {}
        }
        let mut current = 0;
        for step in &wanted.steps {
            match step {
                ConfigStep::Publish(publish) => {
                    let content = self.meant(publish, &contents, current)?;
                    self.publish(name, publish, content)?;
                }
                ConfigStep::Edit(_) | ConfigStep::Whole(_) => current += 1,
            }
        }
        if let Some(last) = contents.last() {
            self.make(name, last)?;
        }
        self.switch(name, wanted.disabled)?;
        self.note(wanted)
    }

    /// The contents that a config has one after the other. A split that stands once for each arm is as good as one of
    /// the same shares in pieces, which stays.
    fn contents(&self, wanted: &WantedConfig) -> Result<Vec<Version>> {
        let binder = self.binder(Origin::State);
        let mut content = Content::of(&binder, &wanted.create)?;
        let mut contents = vec![content.version()];
        for step in &wanted.steps {
            match step {
                ConfigStep::Edit(alter) => content.edit(alter)?,
                ConfigStep::Whole(create) => content.become_what(create)?,
                ConfigStep::Publish(_) => continue,
            }
            contents.push(content.version());
        }
        let known = self.catalog.config_named(wanted.create.name.node.as_str());
        if let Some(newest) = known.and_then(|config| config.newest()) {
            for content in &mut contents {
                same_layout(content, newest);
            }
        }
        Ok(contents)
    }

    /// The content that a `PUBLISH` of a file means: that of its version, or the one before it.
    fn meant<'c>(
        &self,
        publish: &Publish,
        contents: &'c [Version],
        current: usize,
    ) -> Result<&'c Version> {
        let number = publish.version.as_ref().map(|number| self.parameters.whole(number));
        let index = match number.transpose()? {
            Some(number) => usize::try_from(number.node).unwrap_or(usize::MAX).wrapping_sub(1),
            None => current,
        };
        contents.get(index).ok_or_else(|| Error::from(crate::error::ErrorKind::NotAState))
    }

    /// The config of a name, which a step before made if it was not there.
    fn config_named(&self, name: &Spanned<Name>) -> Result<Arc<Config>> {
        let config = self.catalog.config_named(name.node.as_str()).cloned();
        config.ok_or_else(|| Error::bug("a planned config is not there"))
    }

    /// Makes a content the newest version, unless it is.
    fn make(&mut self, name: &Spanned<Name>, content: &Version) -> Result<()> {
        let config = self.config_named(name)?;
        let Some(newest) = config.newest() else { return Ok(()) };
        let salt = |segment| config.salts.get(&segment).cloned();
        for statement in difference(&self.catalog, &config.head.name, newest, content, &salt) {
            self.run(Group::Configs, statement)?;
        }
        Ok(())
    }

    /// Publishes a content as a file says, unless that is so.
    fn publish(
        &mut self,
        name: &Spanned<Name>,
        publish: &Publish,
        content: &Version,
    ) -> Result<()> {
        let config = self.config_named(name)?;
        let now = self.now;
        let instant = |at| self.parameters.instant(at, now);
        let at = publish.at.as_ref().map(instant).transpose()?.filter(|at| *at > now);
        let until = publish.until.as_ref().map(instant).transpose()?;
        let is_so = match (at, until) {
            (None, None) => config.live(now).is_some_and(|live| live.same_content(content)),
            (at, until) => {
                let same = |p: &&Publication| {
                    p.until == until && at.map_or(p.in_force(now), |at| p.effective == at)
                };
                let known = config.timeline.publications().filter(same);
                known
                    .filter_map(|p| config.versions.get(p.version))
                    .any(|v| v.same_content(content))
            }
        };
        if is_so {
            return Ok(());
        }
        self.make(name, content)?;
        let publish = Publish { version: None, ..publish.clone() };
        self.run(Group::Configs, publish.into())
    }

    fn switch(&mut self, name: &Spanned<Name>, disabled: bool) -> Result<()> {
        let (config, comment) = (name.clone(), None);
        let statement: Statement = match (self.config_named(name)?.head.disabled, disabled) {
            (false, true) => Disable { config, comment }.into(),
            (true, false) => Enable { config, comment }.into(),
            _ => return Ok(()),
        };
        self.run(Group::Configs, statement)
    }

    /// Says what of a config stays though the files do not say it.
    fn note(&mut self, wanted: &WantedConfig) -> Result<()> {
        let name = &wanted.create.name;
        let config = self.config_named(name)?;
        let publishes = || {
            wanted.steps.iter().filter_map(|step| match step {
                ConfigStep::Publish(publish) => Some(publish),
                ConfigStep::Edit(_) | ConfigStep::Whole(_) => None,
            })
        };
        if publishes().next().is_none() && config.live(self.now).is_some() {
            let note = NoteKind::LiveStays { config: name.node.clone() };
            self.planned.notes.push(note.into());
        }
        let said = publishes().filter_map(|publish| publish.at.as_ref());
        let said: BTreeSet<_> =
            said.filter_map(|at| self.parameters.instant(at, self.now).ok()).collect();
        let mut to_come = config.timeline.to_come(self.now);
        if to_come.any(|publication| !said.contains(&publication.effective)) {
            let note = NoteKind::ScheduleStays { config: name.node.clone() };
            self.planned.notes.push(note.into());
        }
        Ok(())
    }

    /// Takes away what may be in the way of steps, and says whether there was something.
    fn loosen(&mut self, waiting: &[Step<'_>], strictness: Option<AlterAttributes>) -> bool {
        if strictness.is_some_and(|said| said.strict) && self.catalog.strict {
            // it is said again after all that the files say
            return self.run(Group::Attributes, AlterAttributes::open().into()).is_ok();
        }
        let before = self.planned.statements.len();
        let mut has_stand_in = false;
        for step in waiting {
            match step {
                Step::Key(key) => drop(self.attempt(|planner| planner.drop_check(&key.node))),
                Step::Config(config) => {
                    let loosened =
                        self.attempt(|planner| planner.let_go(&config.node, !has_stand_in));
                    has_stand_in |= loosened.unwrap_or_default();
                }
                Step::Attribute(_) | Step::Strictness(_) | Step::Segment(_) | Step::Archive(..) => {
                }
            }
        }
        self.planned.statements.len() > before
    }

    /// Drops the check of a key, which gets another one later.
    fn drop_check(&mut self, create: &CreateKey) -> Result<()> {
        let alter = AlterKey { name: create.name.clone(), changes: vec![KeyChange::DropCheck] };
        self.run(Group::Keys, alter.into())
    }

    /// Takes the keys from a config that it is to lose, and says whether a stand-in is in their place: a live one that
    /// loses all it has needs one, if it may have it. When it has given up its keys others may need none.
    fn let_go(&mut self, wanted: &WantedConfig, with_stand_in: bool) -> Result<bool> {
        let name = &wanted.create.name;
        let config = self.config_named(name)?;
        let Some(newest) = config.newest() else { return Ok(false) };
        let stays: BTreeSet<_> =
            wanted.create.columns.iter().map(|column| &column.key.node).collect();
        let keys = newest.columns.iter().filter_map(|column| self.catalog.key(column.key));
        let is_gone = |name: &Name| !stays.contains(name) && !self.stand_ins.contains(name);
        let gone = keys.filter(|key| is_gone(&key.name)).map(|key| key.name.clone());
        let gone: Vec<_> = gone.map(|name| Spanned::from(Action::DropKey(name.into()))).collect();
        let is_live = config.live(self.now).is_some();
        let loses_all = is_live && gone.len() == newest.columns.len();
        if gone.is_empty() || loses_all && !(with_stand_in && wanted.is_published()) {
            return Ok(false);
        }
        let stand_in = loses_all.then(|| self.stand_in()).transpose()?;
        let actions = stand_in.into_iter().map(Spanned::from).chain(gone).collect();
        let alter = AlterConfig { name: name.clone(), if_version: None, actions };
        self.run(Group::Configs, alter.into())?;
        if is_live {
            let publish = Publish::new(name.node.clone())?;
            self.run(Group::Configs, publish.into())?;
        }
        Ok(loses_all)
    }
}

/// The edit that makes a key what a file says; `None` if none can, as a description cannot be taken away.
fn alter_key(create: &CreateKey, old: &Key, new: &Key) -> Option<AlterKey> {
    let mut changes = Vec::new();
    if old.default != new.default {
        changes.push(KeyChange::Default(create.default.clone()));
    }
    if old.check != new.check {
        let check = create.check.clone();
        changes.push(check.map_or(KeyChange::DropCheck, KeyChange::Check));
    }
    if old.sensitive != new.sensitive {
        let sensitive = KeyChange::Sensitive;
        changes.push(if new.sensitive { sensitive } else { KeyChange::DropSensitive });
    }
    if old.description != new.description {
        changes.push(KeyChange::Description(create.description.clone()?));
    }
    (!changes.is_empty()).then(|| AlterKey { name: create.name.clone(), changes })
}

/// The edit that makes a segment what a file says; `None` if none can.
fn alter_segment(create: &CreateSegment, old: &Segment, new: &Segment) -> Option<AlterSegment> {
    let mut alter = AlterSegment {
        name: create.name.clone(),
        description: None,
        condition: None,
        rename: None,
    };
    if old.description != new.description {
        alter.description = Some(create.description.clone()?);
    }
    if old.condition != new.condition {
        alter.condition = Some(create.condition.clone());
    }
    Some(alter)
}
