//! Planner: the statements that make a store what a state says, in an order that works.
//!
//! Each step is tried on the catalog as the steps before it left it. One that fails waits for the others: a check may let
//! a value pass only when another value is gone, a key may still be another config's. When all wait, what is in the way
//! is loosened: checks that will be others, keys that a config is to lose, and that attributes have to be declared, if that
//! is said of what comes after the state. A config that loses all it has gets a [stand-in](super::stand_in).

use std::collections::BTreeSet;

use super::state::{Placed, State, WantedConfig};
use crate::error::{Error, Note, Result};
use crate::model::{Catalog, Name, ObjectKind, Role, Spanned, Timestamp, VersionReader};
use crate::statement::binder::{Binder, Origin};
use crate::statement::{
    AlterAttributes, Archive, Command, CreateAttribute, CreateKey, CreateSegment, Parameters, Plan,
    Restore, Statement,
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
    pub(super) catalog: Catalog,
    pub(super) now: Timestamp,
    pub(super) parameters: &'p Parameters,
    pub(super) versions: &'p dyn VersionReader,
    pub(super) role: Role,
    pub(super) planned: Planned,
    /// The keys that stand in for others.
    pub(super) stand_ins: BTreeSet<Name>,
    /// What was archived and is in use for as long as others need it.
    pub(super) revived: Vec<(ObjectKind, Name)>,
}

/// Step towards a state.
#[derive(Clone, Copy)]
pub(super) enum Step<'s> {
    Attribute(&'s Placed<CreateAttribute>),
    /// Whether new conditions may only read declared attributes.
    Strictness(AlterAttributes),
    Key(&'s Placed<CreateKey>),
    Segment(&'s Placed<CreateSegment>),
    Config(&'s Placed<WantedConfig>),
    /// An object that the files archive.
    Archive(&'s Placed<Archive>),
    /// One that they do not name.
    Prune(&'s Archive),
}

impl<'p> Planner<'p> {
    /// A planner that begins with a catalog.
    pub(crate) fn new(
        catalog: Catalog,
        now: Timestamp,
        parameters: &'p Parameters,
        versions: &'p dyn VersionReader,
        role: Role,
    ) -> Self {
        let (planned, stand_ins, revived) = (Planned::default(), BTreeSet::new(), Vec::new());
        Self { catalog, now, parameters, versions, role, planned, stand_ins, revived }
    }

    /// Finds the statements.
    pub(crate) fn plan(mut self, state: &State, prune: Prune) -> Result<Planned> {
        let pruned = self.pruned(state, prune);
        let is_early = |archive: &Archive| archive.kind == ObjectKind::Config;
        let archived = |early| {
            let said = state.archived.iter().filter(move |said| is_early(&said.node) == early);
            let others = pruned.iter().filter(move |other| is_early(other) == early);
            said.map(Step::Archive).chain(others.map(Step::Prune))
        };
        let mut steps: Vec<Step<'_>> = archived(true).collect();
        let strictness = self.strictness(state, prune);
        steps.extend(strictness.filter(|said| !said.strict).map(Step::Strictness));
        steps.extend(state.attributes.iter().map(Step::Attribute));
        steps.extend(state.keys.iter().map(Step::Key));
        steps.extend(state.segments.iter().map(Step::Segment));
        steps.extend(state.configs.iter().map(Step::Config));
        steps.extend(archived(false));
        self.settle(steps, strictness)?;
        self.retire_stand_ins()?;
        self.retire_revived(state)?;
        self.prune_attributes(state, prune)?;
        // conditions of the files that are there already may read what is not declared
        let strict = strictness.filter(|said| said.strict);
        self.settle(strict.map(Step::Strictness).into_iter().collect(), None)?;
        Ok(self.planned)
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
    pub(super) fn attempt<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
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
            Step::Attribute(placed) => placed.locate(self.attribute(&placed.node)),
            Step::Strictness(said) => self.run(Group::Attributes, said.into()),
            Step::Key(placed) => placed.locate(self.key(&placed.node)),
            Step::Segment(placed) => placed.locate(self.segment(&placed.node)),
            Step::Config(placed) => placed.locate(self.config(placed)),
            Step::Archive(placed) => {
                placed.locate(self.run(Group::Retired, placed.node.clone().into()))
            }
            Step::Prune(archive) => self.run(Group::Retired, archive.clone().into()),
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
}
