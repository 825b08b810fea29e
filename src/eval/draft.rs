//! Drafts: states with what a transaction wrote, of which not all is compiled. Most of it is read by nobody before it is
//! committed, and then it is compiled once more, to be counted.

use std::sync::{Arc, OnceLock};

use super::counted::NoMeter;
use super::snapshot::Snapshot;
use crate::error::Result;
use crate::listing::Lists;
use crate::model::{Catalog, Change};

/// State that is compiled when somebody first evaluates by it.
#[derive(Debug)]
pub(crate) struct Draft {
    /// What is compiled of it.
    base: Snapshot,
    /// What is to be compiled, too.
    changes: Vec<Change>,
    catalog: Catalog,
    compiled: OnceLock<Snapshot>,
}

impl Draft {
    /// A draft that has nothing yet but a state.
    pub(crate) fn new(base: Snapshot) -> Self {
        let (changes, catalog) = (Vec::new(), base.catalog().clone());
        Self { base, changes, catalog, compiled: OnceLock::new() }
    }

    /// The catalog with all that was written.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The lists of users that its conditions refer to.
    pub(crate) fn lists(&self) -> &Arc<Lists> {
        self.base.lists()
    }

    /// The state with all that was written, compiled.
    pub(crate) fn snapshot(&self) -> Result<&Snapshot> {
        if self.changes.is_empty() {
            return Ok(&self.base);
        }
        if let Some(compiled) = self.compiled.get() {
            return Ok(compiled);
        }
        let compiled = self.base.update(&self.catalog, &self.changes, &NoMeter)?.0;
        Ok(self.compiled.get_or_init(|| compiled))
    }

    /// Takes changes in; `after` is the catalog with them. A condition is compiled at once, as that may fail.
    pub(crate) fn write(&mut self, changes: &[Change], after: &Catalog) -> Result<()> {
        self.settle();
        let known = self.changes.len();
        self.changes.extend_from_slice(changes);
        if changes.iter().any(|change| matches!(change, Change::Segment(_))) {
            match self.base.update(after, &self.changes, &NoMeter) {
                Ok((base, _)) => (self.base, self.changes) = (base, Vec::new()),
                Err(error) => {
                    self.changes.truncate(known);
                    return Err(error);
                }
            }
        }
        self.catalog = after.clone();
        Ok(())
    }

    /// Gives it other lists of users.
    pub(crate) fn set_lists(&mut self, lists: Arc<Lists>) {
        self.settle();
        self.base = self.base.with_lists(lists);
    }

    /// Whether all that was written is compiled.
    #[cfg(test)]
    pub(crate) fn is_compiled(&self) -> bool {
        self.changes.is_empty() || self.compiled.get().is_some()
    }

    /// Takes what is compiled as what it goes on from.
    fn settle(&mut self) {
        if let Some(compiled) = self.compiled.take() {
            self.base = compiled;
            self.changes.clear();
        }
    }
}
