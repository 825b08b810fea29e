//! Attributes of a user over time.

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

    /// Sets attributes from an instant on.
    pub(super) fn set(&mut self, at: Timestamp, attributes: &Object) {
        let courses = Arc::make_mut(&mut self.courses);
        for (name, value) in attributes {
            let course = Arc::make_mut(courses.entry(Arc::clone(name)).or_default());
            let index = course.partition_point(|(from, _)| *from <= at);
            course.insert(index, (at, value.clone()));
        }
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
