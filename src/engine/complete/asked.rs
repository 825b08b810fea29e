//! Names that conditions ask for.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Behaviour, Catalog, Expr, ExprKind, Literal, USER_ID, Value};

/// Names that conditions of a store ask for: found once for a revision.
#[derive(Debug, Default)]
pub(super) struct Asked {
    revision: Option<u64>,
    pub(super) attributes: BTreeSet<Arc<str>>,
    pub(super) events: BTreeSet<Arc<str>>,
}

impl Asked {
    /// Looks again, if the store is another than it was.
    pub(super) fn renew(&mut self, catalog: &Catalog) {
        if self.revision == Some(catalog.revision) {
            return;
        }
        *self = Self { revision: Some(catalog.revision), ..Self::default() };
        self.attributes.insert(USER_ID.into());
        let declared = catalog.attributes().filter(|attribute| !attribute.archived);
        self.attributes.extend(declared.map(|attribute| attribute.name.to_arc()));
        for segment in catalog.segments() {
            self.look_into(segment.condition.expr());
        }
    }

    fn look_into(&mut self, condition: &Expr) {
        let mut todo = vec![condition];
        while let Some(expr) = todo.pop() {
            match &expr.node {
                ExprKind::Attribute(path) => self.attributes.extend(path.first().cloned()),
                ExprKind::Behaviour(behaviour) => self.events.extend(event(behaviour)),
                _ => {}
            }
            todo.extend(expr.node.operands());
        }
    }
}

fn event(behaviour: &Behaviour) -> Option<Arc<str>> {
    match &behaviour.event.node {
        Literal::Value(Value::String(name)) => Some(Arc::clone(name)),
        _ => None,
    }
}
