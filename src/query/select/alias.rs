//! Names that items were given by `AS`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Expr, ExprKind, Path, Span, Spanned};

/// Names of items.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    /// In the order of the items.
    names: Vec<Arc<str>>,
    /// The item that has a name; nothing if several have.
    items: HashMap<Arc<str>, Option<Expr>>,
}

impl Aliases {
    /// Adds the name of an item.
    pub(super) fn add(&mut self, name: &Arc<str>, item: &Expr) {
        if let Some(known) = self.items.get_mut(name) {
            *known = None;
            return;
        }
        self.names.push(Arc::clone(name));
        self.items.insert(Arc::clone(name), Some(item.clone()));
    }

    pub(super) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.items.contains_key(name)
    }

    /// The item whose name a path begins with, and what its other steps lead to inside it.
    pub(super) fn find(&self, path: &Path, span: Span) -> Result<Option<ExprKind>> {
        let Some((first, steps)) = path.split_first() else { return Ok(None) };
        let Some(item) = self.items.get(first) else { return Ok(None) };
        let Some(item) = item else {
            let (name, sources) = (first.to_string(), vec!["two items".to_owned()]);
            return Err(Error::from(ErrorKind::AmbiguousColumn { name, sources }).at(span));
        };
        if steps.is_empty() {
            return Ok(Some(item.node.clone()));
        }
        let (operand, steps) = (Box::new(Spanned::new(item.node.clone(), span)), steps.into());
        Ok(Some(ExprKind::Inside { operand, steps }))
    }
}
