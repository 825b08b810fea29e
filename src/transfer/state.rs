//! States: what files say a store is to be, object by object.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Name, ObjectKind, Spanned};
use crate::script::ScriptStatement;
use crate::statement::{
    Action, AlterAttributes, AlterConfig, CreateAttribute, CreateConfig, CreateKey, CreateSegment,
    Publish, Statement,
};

/// State that a store is to have, in the words of its files.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) attributes: Vec<Placed<CreateAttribute>>,
    pub(super) keys: Vec<Placed<CreateKey>>,
    pub(super) segments: Vec<Placed<CreateSegment>>,
    pub(super) configs: Vec<Placed<WantedConfig>>,
    pub(super) archived: Vec<Placed<(ObjectKind, Spanned<Name>)>>,
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
    pub(super) steps: Vec<ConfigStep>,
    pub(super) disabled: bool,
}

/// Step that a file takes with a config after it was created.
#[derive(Debug)]
pub(super) enum ConfigStep {
    Edit(AlterConfig),
    Whole(CreateConfig),
    Publish(Publish),
}

impl WantedConfig {
    /// Whether it is to be live at once.
    pub(super) fn is_published(&self) -> bool {
        let at_once = |step: &ConfigStep| matches!(step, ConfigStep::Publish(publish) if publish.at.is_none());
        self.steps.iter().any(at_once)
    }
}

impl State {
    /// Takes in a statement of a file.
    pub(crate) fn add(&mut self, statement: ScriptStatement) -> Result<()> {
        let node = match statement.result() {
            Ok(node) => node.clone(),
            Err(error) => return Err(statement.locate(error.clone())),
        };
        let place = statement.clone();
        self.take(node, statement).map_err(|error| place.locate(error))
    }

    fn take(&mut self, node: Statement, statement: ScriptStatement) -> Result<()> {
        match node {
            Statement::Begin(_) | Statement::Commit(_) => Ok(()),
            Statement::CreateAttribute(attribute) => {
                let names = self.attributes.iter().map(|known| &known.node.name.node);
                refuse_twice("attribute", &attribute.name, names)?;
                self.attributes.push(Placed { node: attribute, statement });
                Ok(())
            }
            Statement::AlterAttributes(node) => {
                self.strict = Some(Placed { node, statement });
                Ok(())
            }
            Statement::CreateKey(key) => {
                let names = self.keys.iter().map(|known| &known.node.name.node);
                refuse_twice("key", &key.name, names)?;
                self.keys.push(Placed { node: key, statement });
                Ok(())
            }
            Statement::CreateSegment(segment) => {
                let names = self.segments.iter().map(|known| &known.node.name.node);
                refuse_twice("segment", &segment.name, names)?;
                self.segments.push(Placed { node: segment, statement });
                Ok(())
            }
            Statement::CreateConfig(create) => self.create_config(create, statement),
            Statement::AlterConfig(alter) if !renames(&alter) => {
                self.step(&alter.name.clone(), ConfigStep::Edit(alter))
            }
            Statement::Publish(publish) => {
                self.step(&publish.config.clone(), ConfigStep::Publish(publish))
            }
            Statement::Disable(disable) => {
                self.config(&disable.config)?.disabled = true;
                Ok(())
            }
            Statement::Archive(archive) => {
                self.archived.push(Placed { node: (archive.kind, archive.name), statement });
                Ok(())
            }
            _ => Err(ErrorKind::NotAState.into()),
        }
    }

    /// The first is the config, one more an edit of it that says all.
    fn create_config(&mut self, create: CreateConfig, statement: ScriptStatement) -> Result<()> {
        let name = create.name.clone();
        if self.config(&name).is_ok() {
            return self.step(&name, ConfigStep::Whole(create));
        }
        let node = WantedConfig { create, steps: Vec::new(), disabled: false };
        self.configs.push(Placed { node, statement });
        Ok(())
    }

    fn step(&mut self, name: &Spanned<Name>, step: ConfigStep) -> Result<()> {
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
        let archived = archived.filter(|(of, _)| *of == kind).map(|(_, name)| &name.node);
        let created: Vec<&Name> = match kind {
            ObjectKind::Key => self.keys.iter().map(|key| &key.node.name.node).collect(),
            ObjectKind::Segment => self.segments.iter().map(|s| &s.node.name.node).collect(),
            ObjectKind::Config => {
                self.configs.iter().map(|config| &config.node.create.name.node).collect()
            }
            ObjectKind::Attribute => self.attributes.iter().map(|a| &a.node.name.node).collect(),
        };
        created.into_iter().chain(archived).collect()
    }
}

/// Whether an edit gives a config another name, which is no state.
fn renames(alter: &AlterConfig) -> bool {
    alter.actions.iter().any(|action| matches!(action.node, Action::Rename(_)))
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
