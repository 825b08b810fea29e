//! States: what files say a store is to be, object by object.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Instant, Name, ObjectKind, Spanned, Timestamp};
use crate::script::ScriptStatement;
use crate::statement::fill::Fill;
use crate::statement::{
    Action, AlterAttributes, AlterConfig, Archive, CreateAttribute, CreateConfig, CreateKey,
    CreateMode, CreateSegment, Disable, Parameters, Publish, Statement, When,
};

/// State that a store is to have, in the words of its files, without parameters.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) attributes: Vec<Placed<CreateAttribute>>,
    pub(super) keys: Vec<Placed<CreateKey>>,
    pub(super) segments: Vec<Placed<CreateSegment>>,
    pub(super) configs: Vec<Placed<WantedConfig>>,
    pub(super) archived: Vec<Placed<Archive>>,
    /// Whether new conditions may only read declared attributes, if the files say so.
    pub(super) strict: Option<Placed<AlterAttributes>>,
}

/// Thing of a statement of a file.
#[derive(Debug)]
pub(super) struct Placed<T> {
    pub(super) node: T,
    pub(super) statement: ScriptStatement,
}

/// Config as the files want it.
#[derive(Debug)]
pub(super) struct WantedConfig {
    pub(super) create: CreateConfig,
    pub(super) steps: Vec<Placed<ConfigStep>>,
    pub(super) disabled: Option<Placed<Disable>>,
}

/// Step that a file takes with a config after it was created.
#[derive(Debug)]
pub(super) enum ConfigStep {
    Edit(AlterConfig),
    Whole(CreateConfig),
    Publish(Publish),
}

/// Ground on which files are read: what their parameters stand for, and when.
pub(crate) struct Reading<'r> {
    pub(crate) parameters: &'r Parameters,
    pub(crate) now: Timestamp,
}

impl<T> Placed<T> {
    /// Tells an error the place of the statement, unless it has one.
    pub(super) fn locate<R>(&self, result: Result<R>) -> Result<R> {
        result.map_err(|error| self.statement.locate(error))
    }
}

impl WantedConfig {
    /// Whether it is to be live at once.
    pub(super) fn is_published(&self) -> bool {
        let at_once = |step: &Placed<ConfigStep>| matches!(&step.node, ConfigStep::Publish(publish) if publish.at.is_none());
        self.steps.iter().any(at_once)
    }
}

impl Reading<'_> {
    /// Puts values in the place of parameters.
    fn fill<T: Fill>(&self, mut node: T) -> Result<T> {
        node.fill(self.parameters)?;
        Ok(node)
    }

    /// Refuses an instant that is another one whenever the files are applied.
    fn refuse_moving(&self, when: Option<&When>) -> Result<()> {
        let is_moving = |when: &&When| !matches!(when.node, Instant::Text(_));
        let Some(when) = when.filter(is_moving) else { return Ok(()) };
        let at = self.parameters.instant(when, self.now)?;
        let hint = format!("a state is the same tomorrow: say the instant, '{at}'");
        Err(Error::from(ErrorKind::NotAState).at(when.span).hint(hint))
    }
}

impl State {
    /// Reads the statements of files.
    pub(crate) fn read(
        statements: impl IntoIterator<Item = ScriptStatement>,
        reading: &Reading<'_>,
    ) -> Result<Self> {
        let mut state = Self::default();
        for statement in statements {
            let place = statement.clone();
            state.add(statement, reading).map_err(|error| place.locate(error))?;
        }
        Ok(state)
    }

    fn add(&mut self, statement: ScriptStatement, reading: &Reading<'_>) -> Result<()> {
        match statement.result().map_err(Error::clone)?.clone() {
            Statement::Begin(_) | Statement::Commit(_) => Ok(()),
            Statement::CreateAttribute(attribute) => {
                let names = self.attributes.iter().map(|known| &known.node.name.node);
                refuse_twice("attribute", &attribute.name, names)?;
                self.attributes.push(Placed { node: reading.fill(attribute)?, statement });
                Ok(())
            }
            Statement::AlterAttributes(node) => {
                self.strict = Some(Placed { node, statement });
                Ok(())
            }
            Statement::CreateKey(key) => {
                let names = self.keys.iter().map(|known| &known.node.name.node);
                refuse_twice("key", &key.name, names)?;
                self.keys.push(Placed { node: reading.fill(key)?, statement });
                Ok(())
            }
            Statement::CreateSegment(segment) => {
                let names = self.segments.iter().map(|known| &known.node.name.node);
                refuse_twice("segment", &segment.name, names)?;
                self.segments.push(Placed { node: reading.fill(segment)?, statement });
                Ok(())
            }
            Statement::CreateConfig(create) => self.create_config(reading.fill(create)?, statement),
            Statement::AlterConfig(alter) => {
                refuse_history(&alter)?;
                let (name, node) = (alter.name.clone(), ConfigStep::Edit(reading.fill(alter)?));
                self.step(&name, Placed { node, statement })
            }
            Statement::Publish(publish) => {
                reading.refuse_moving(publish.at.as_ref())?;
                reading.refuse_moving(publish.until.as_ref())?;
                let name = publish.config.clone();
                let node = ConfigStep::Publish(reading.fill(publish)?);
                self.step(&name, Placed { node, statement })
            }
            Statement::Disable(disable) => {
                let (name, node) = (disable.config.clone(), reading.fill(disable)?);
                self.config(&name)?.disabled = Some(Placed { node, statement });
                Ok(())
            }
            Statement::Archive(archive) => {
                self.archived.push(Placed { node: reading.fill(archive)?, statement });
                Ok(())
            }
            _ => Err(ErrorKind::NotAState.into()),
        }
    }

    /// The first is the config, a `CREATE OR ALTER` after it an edit that says all.
    fn create_config(&mut self, create: CreateConfig, statement: ScriptStatement) -> Result<()> {
        let name = create.name.clone();
        if self.config(&name).is_err() {
            let node = WantedConfig { create, steps: Vec::new(), disabled: None };
            self.configs.push(Placed { node, statement });
            return Ok(());
        }
        match create.mode {
            CreateMode::New => refuse_twice("config", &name, std::iter::once(&name.node)),
            CreateMode::IfNotExists => Ok(()),
            CreateMode::OrAlter => {
                self.step(&name, Placed { node: ConfigStep::Whole(create), statement })
            }
        }
    }

    fn step(&mut self, name: &Spanned<Name>, step: Placed<ConfigStep>) -> Result<()> {
        self.config(name)?.steps.push(step);
        Ok(())
    }

    /// A config that the files created before.
    fn config(&mut self, name: &Spanned<Name>) -> Result<&mut WantedConfig> {
        let mut configs = self.configs.iter_mut().map(|placed| &mut placed.node);
        let found = configs.find(|config| config.create.name.node == name.node);
        let (kind, missing) = (ObjectKind::Config, name.node.clone());
        let unknown = || Error::from(ErrorKind::Unknown { kind, name: missing }).at(name.span);
        found.ok_or_else(|| unknown().hint("a state file creates what it speaks of"))
    }

    /// The names of the objects of a kind that the files speak of.
    pub(super) fn names(&self, kind: ObjectKind) -> BTreeSet<&Name> {
        let archived = self.archived.iter().map(|placed| &placed.node);
        let archived = archived.filter(|archive| archive.kind == kind).map(|a| &a.name.node);
        self.made(kind).into_iter().chain(archived).collect()
    }

    /// Whether the files make an object.
    pub(super) fn makes(&self, kind: ObjectKind, name: &Name) -> bool {
        self.made(kind).contains(&name)
    }

    fn made(&self, kind: ObjectKind) -> Vec<&Name> {
        match kind {
            ObjectKind::Key => self.keys.iter().map(|key| &key.node.name.node).collect(),
            ObjectKind::Segment => self.segments.iter().map(|s| &s.node.name.node).collect(),
            ObjectKind::Config => {
                self.configs.iter().map(|config| &config.node.create.name.node).collect()
            }
            ObjectKind::Attribute => self.attributes.iter().map(|a| &a.node.name.node).collect(),
        }
    }
}

/// Refuses an edit that says what happens to a config rather than what it is: another name, or from which version on.
fn refuse_history(alter: &AlterConfig) -> Result<()> {
    let renames = alter.actions.iter().find(|a| matches!(a.node, Action::Rename(_)));
    let place = renames.map(|action| action.span);
    match place.or_else(|| alter.if_version.as_ref().map(|number| number.span)) {
        Some(span) => Err(Error::from(ErrorKind::NotAState).at(span)),
        None => Ok(()),
    }
}

fn refuse_twice<'n>(
    what: &'static str,
    name: &Spanned<Name>,
    mut known: impl Iterator<Item = &'n Name>,
) -> Result<()> {
    if !known.any(|known| *known == name.node) {
        return Ok(());
    }
    let name_text = name.node.as_str().to_owned();
    Err(Error::from(ErrorKind::Duplicate { what, name: name_text }).at(name.span))
}
