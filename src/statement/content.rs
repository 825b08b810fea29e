//! Content of a config that statements say by themselves, whatever its versions are.

use super::alter_config::apply;
use super::binder::Binder;
use super::matrix::Matrix;
use super::{AlterConfig, CreateConfig};
use crate::error::Result;
use crate::model::{Config, ConfigHead, Version};

/// Content of a config: what a `CREATE CONFIG` says, and edits after it. A salt that is left out is the default one.
pub(crate) struct Content<'b> {
    matrix: Matrix<'b>,
    config: Config,
    binder: &'b Binder<'b>,
}

impl<'b> Content<'b> {
    /// The content that a statement says of a config, which need not be there.
    pub(crate) fn of(binder: &'b Binder<'b>, create: &CreateConfig) -> Result<Self> {
        let name = &create.name.node;
        let known = binder.catalog.config_named(name.as_str());
        let config = known.map_or_else(
            || {
                let (id, name) = (binder.catalog.next_config(), name.clone());
                Config::new(ConfigHead { id, name, disabled: false, archived: false })
            },
            |config| Config::clone(config),
        );
        let mut content =
            Self { matrix: Matrix::new(binder, config.head.id, name.clone()), config, binder };
        content.become_what(create)?;
        Ok(content)
    }

    /// Becomes what a statement says, and nothing else.
    pub(crate) fn become_what(&mut self, create: &CreateConfig) -> Result<()> {
        let (id, name) = (self.config.head.id, create.name.node.clone());
        self.matrix = Matrix::new(self.binder, id, name);
        self.matrix.description = self.binder.parameters.optional(create.description.as_ref())?;
        self.matrix.rewrite(&create.rows, &create.columns)?;
        self.matrix.settle_columns()
    }

    /// Becomes what an edit makes of it.
    pub(crate) fn edit(&mut self, alter: &AlterConfig) -> Result<()> {
        for action in &alter.actions {
            apply(&action.node, self.binder, &self.config, &mut self.matrix)
                .map_err(|error| error.at(action.span))?;
        }
        self.matrix.settle_columns()
    }

    /// The content as a version of the config.
    pub(crate) fn version(&self) -> Version {
        self.matrix.version(0)
    }
}
