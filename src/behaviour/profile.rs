//! Attributes of a user over time.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::model::{Object, Timestamp, Value};

/// The values of an attribute, in order of time; of equals the one received last comes last.
type Course = Vec<(Timestamp, Value)>;

/// Profile of a user at any time.
#[derive(Clone, Debug, Default)]
pub(super) struct ProfileHistory {
    /// In the order in which the attributes were first received. Shared until one changes.
    courses: Arc<IndexMap<Arc<str>, Arc<Course>>>,
}

impl ProfileHistory {
    pub(super) fn is_empty(&self) -> bool {
        self.courses.is_empty()
    }

    /// Sets attributes, each from its instant on; in order of receipt, and in any order of time.
    pub(super) fn extend(&mut self, facts: Vec<(Timestamp, Arc<Object>)>) {
        if facts.is_empty() {
            return;
        }
        let courses = Arc::make_mut(&mut self.courses);
        let mut mixed = BTreeSet::new();
        for (at, attributes) in facts {
            for (name, value) in &*attributes {
                let entry = courses.entry(Arc::clone(name));
                let index = entry.index();
                let course = Arc::make_mut(entry.or_default());
                if course.last().is_some_and(|(last, _)| *last > at) {
                    mixed.insert(index);
                }
                course.push((at, value.clone()));
            }
        }
        for index in mixed {
            if let Some((_, course)) = courses.get_index_mut(index) {
                // those of one time stay in the order of their receipt
                Arc::make_mut(course).sort_by_key(|(at, _)| *at);
            }
        }
    }

    /// Whether an attribute was said by an instant.
    pub(super) fn is_known_at(&self, at: Timestamp) -> bool {
        let first = |course: &Course| course.first().is_some_and(|(from, _)| *from <= at);
        self.courses.values().any(|course| first(course))
    }

    /// How many attributes there ever were, with more.
    pub(super) fn count_with(&self, more: &Object) -> usize {
        let new = more.keys().filter(|name| !self.courses.contains_key(*name));
        self.courses.len() + new.count()
    }

    /// The first instant after one at which some attributes are set or removed.
    pub(super) fn next_setting(
        &self,
        is_wanted: impl Fn(&Arc<str>) -> bool,
        after: Timestamp,
    ) -> Option<Timestamp> {
        let courses = self.courses.iter().filter(|(name, _)| is_wanted(name));
        let next = |course: &Course| {
            let later = course.partition_point(|(from, _)| *from <= after);
            course.get(later).map(|(from, _)| *from)
        };
        courses.filter_map(|(_, course)| next(course)).min()
    }

    /// The attributes at an instant, without those that are `NULL`.
    pub(super) fn at(&self, at: Timestamp) -> Object {
        let values = self.courses.iter().map(|(name, course)| (name, value_at(course, at)));
        let set = values.filter_map(|(name, value)| Some((Arc::clone(name), value?.clone())));
        set.filter(|(_, value)| *value != Value::Null).collect()
    }
}

fn value_at(course: &Course, at: Timestamp) -> Option<&Value> {
    let after = course.partition_point(|(from, _)| *from <= at);
    course.get(..after)?.last().map(|(_, value)| value)
}
