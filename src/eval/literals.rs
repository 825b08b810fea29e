//! Literals of a long list: whether a value is one of them, or has them in it, without a look at each.

use std::collections::HashMap;
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::finder::Finder;
use super::operand::{Operand, Truth};
use crate::model::Value;

/// The literals of a list, which are not `NULL`. Those that are the same are one.
#[derive(Debug)]
pub(super) struct Literals {
    values: Vec<Value>,
    /// By their hashes.
    indexes: HashMap<u64, SmallVec<[u32; 2]>, RandomState>,
    /// Made when a text is first looked through.
    finder: OnceLock<Finder>,
}

impl Literals {
    pub(super) fn new<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let indexes = HashMap::default();
        let mut literals = Self { values: Vec::new(), indexes, finder: OnceLock::new() };
        values.for_each(|value| literals.add(value));
        literals
    }

    fn add(&mut self, value: &Value) {
        let operand = Operand::from(value);
        if self.index(&operand).is_none() {
            let index = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            let hash = operand.same_hash(self.indexes.hasher());
            self.indexes.entry(hash).or_default().push(index);
            self.values.push(value.clone());
        }
    }

    /// The index of the literal that a value is.
    fn index(&self, operand: &Operand<'_>) -> Option<u32> {
        let alike = self.indexes.get(&operand.same_hash(self.indexes.hasher()))?;
        let is_it = |index: &&u32| {
            let value = self.values.get(**index as usize);
            value.is_some_and(|value| Operand::from(value).is_same(operand))
        };
        alike.iter().find(is_it).copied()
    }

    /// Whether a value is one of them, as [`Operand::is_member`] would say of each.
    pub(super) fn has(&self, operand: &Operand<'_>) -> Truth {
        match operand {
            Operand::Null => None,
            Operand::Timestamp(_)
            | Operand::Duration(_)
            | Operand::Semver(_)
            | Operand::Version(_) => self.has_read(operand),
            _ => Some(self.index(operand).is_some()),
        }
    }

    /// [`Self::has`] of what reads texts as what it is itself.
    fn has_read(&self, operand: &Operand<'_>) -> Truth {
        let mut result = Some(false);
        for value in &self.values {
            match operand.is_member(&Operand::from(value)) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => result = None,
            }
        }
        result
    }

    /// Whether a value has any of them in it, as [`Operand::contains`] would say of each.
    pub(super) fn any_in(&self, operand: &Operand<'_>) -> Truth {
        match operand {
            Operand::Text(text) => Some(self.finder().any_in(text)),
            Operand::List(items) => {
                Some(items.iter().any(|item| self.index(&Operand::from(item)).is_some()))
            }
            _ => None,
        }
    }

    /// Whether a value has all of them in it.
    pub(super) fn all_in(&self, operand: &Operand<'_>) -> Truth {
        match operand {
            Operand::Text(text) => {
                let all_texts = self.values.iter().all(|value| value.as_str().is_some());
                Some(all_texts && self.finder().all_in(text))
            }
            Operand::List(items) => Some(self.all_among(items)),
            _ => None,
        }
    }

    fn all_among(&self, items: &[Value]) -> bool {
        let mut missing = vec![true; self.values.len()];
        for index in items.iter().filter_map(|item| self.index(&Operand::from(item))) {
            if let Some(missing) = missing.get_mut(index as usize) {
                *missing = false;
            }
        }
        !missing.contains(&true)
    }

    fn finder(&self) -> &Finder {
        self.finder
            .get_or_init(|| Finder::new(self.values.iter().filter_map(Value::as_str).collect()))
    }
}
