//! Attributes as conditions name them, prepared and shared.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{AttributeName, Path};

/// An attribute, and the steps that lead on from it into an object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: AttributeName,
    path: Path,
}

impl Field {
    /// The steps behind the name.
    pub(super) fn steps(&self) -> &[Arc<str>] {
        self.path.get(1..).unwrap_or_default()
    }
}

/// The fields of many programs, each there once: all conditions on a country look at the same one.
#[derive(Debug, Default)]
pub(super) struct Fields(Mutex<HashMap<Path, Arc<Field>>>);

impl Fields {
    /// The field of a path.
    pub(super) fn at(&self, path: &Path) -> Arc<Field> {
        // a map is whole between any two of its operations
        let mut fields = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(fields.entry(Arc::clone(path)).or_insert_with(|| {
            let name = path.first().map_or_else(|| "".into(), Arc::clone);
            Arc::new(Field { name: AttributeName::new(name), path: Arc::clone(path) })
        }))
    }
}
