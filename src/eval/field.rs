//! Attributes, regexes and functions over events as conditions name them, prepared and shared.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::measure::Measure;
use super::pattern::{Pattern, Patterns};
use crate::error::Result;
use crate::model::{AttributeName, Behaviour, Numbering, Path};

/// An attribute, and the steps that lead on from it into an object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: AttributeName,
    path: Path,
}

impl Field {
    /// The number of the name, if it has one.
    #[inline]
    pub(super) fn number(&self) -> Option<u8> {
        self.name.number()
    }

    /// The steps behind the name.
    pub(super) fn steps(&self) -> &[Arc<str>] {
        self.path.get(1..).unwrap_or_default()
    }
}

/// Attributes and functions that programs look at, each there once: all conditions on a country look at the same
/// field, and a function over events is the same question wherever it stands.
#[derive(Debug)]
pub(super) struct Fields {
    /// Of the names of attributes.
    pub(super) numbering: Numbering,
    attributes: Mutex<Attributes>,
    /// By their canonical texts.
    measures: Mutex<HashMap<Arc<str>, Arc<Measure>>>,
    patterns: Patterns,
}

/// Attributes by path, and their names.
#[derive(Debug, Default)]
struct Attributes {
    fields: HashMap<Path, Arc<Field>>,
    names: HashMap<Arc<str>, AttributeName>,
}

impl Attributes {
    fn field(&mut self, path: &Path, numbering: Numbering) -> Arc<Field> {
        if let Some(known) = self.fields.get(path) {
            return Arc::clone(known);
        }
        let name = path.first().map_or_else(|| "".into(), Arc::clone);
        let number = numbering.number(self.names.len());
        let numbered = || AttributeName::numbered(Arc::clone(&name), number);
        let name = self.names.entry(Arc::clone(&name)).or_insert_with(numbered);
        let field = Arc::new(Field { name: name.clone(), path: Arc::clone(path) });
        self.fields.insert(Arc::clone(path), Arc::clone(&field));
        field
    }
}

impl Fields {
    /// The field of a path.
    pub(super) fn at(&self, path: &Path) -> Arc<Field> {
        lock(&self.attributes).field(path, self.numbering)
    }

    /// The regex of a text.
    pub(super) fn pattern(&self, text: &Arc<str>) -> Arc<Pattern> {
        self.patterns.at(text)
    }

    /// A function over events, which is made if it is not there yet.
    pub(super) fn measure(
        &self,
        behaviour: &Behaviour,
        make: impl FnOnce() -> Result<Measure>,
    ) -> Result<Arc<Measure>> {
        let text: Arc<str> = behaviour.to_string().into();
        if let Some(known) = lock(&self.measures).get(&text) {
            return Ok(Arc::clone(known));
        }
        let measure = Arc::new(make()?); // nothing is locked meanwhile: its filter has fields of its own
        Ok(Arc::clone(lock(&self.measures).entry(text).or_insert(measure)))
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            numbering: Numbering::new(),
            attributes: Mutex::default(),
            measures: Mutex::default(),
            patterns: Patterns::default(),
        }
    }
}

/// A map is whole between any two of its operations.
fn lock<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
