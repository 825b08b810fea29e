//! What of a context is kept: the paths that the store reads, and nothing beside them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::limits::CONTEXT_BYTES;
use crate::model::{Catalog, Object, Path, Recorded, Timestamp, Value, in_order};
use crate::statement::usage::paths_read;

/// Paths that are kept, as a tree of their steps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Whether a path ends here: then all below is kept.
    is_whole: bool,
    below: BTreeMap<Arc<str>, Self>,
}

impl Kept {
    /// The paths that a catalog reads.
    pub(super) fn new(catalog: &Catalog, now: Timestamp) -> Self {
        Self::of_paths(&paths_read(catalog, now).into_iter().collect::<Vec<_>>())
    }

    fn of_paths(paths: &[Path]) -> Self {
        let mut kept = Self::default();
        for path in paths {
            let step = |kept, step: &Arc<str>| Self::below(kept, step);
            path.iter().fold(&mut kept, step).is_whole = true;
        }
        kept
    }

    fn below<'k>(kept: &'k mut Self, step: &Arc<str>) -> &'k mut Self {
        kept.below.entry(Arc::clone(step)).or_default()
    }

    /// What is kept of attributes.
    pub(super) fn of(&self, attributes: &Object) -> Object {
        let member = |(name, kept): (&Arc<str>, &Self)| {
            Some((Arc::clone(name), kept.of_value(attributes.get(name)?)))
        };
        self.below.iter().filter_map(member).collect()
    }

    /// What is kept of a value. What a step leads into and is no object, no step can read, but it has a place: in a list,
    /// and over what the store knows of the user.
    fn of_value(&self, value: &Value) -> Value {
        match value {
            _ if self.is_whole => value.clone(),
            Value::Object(members) => Value::from(self.of(members)),
            Value::List(items) => {
                Value::from(items.iter().map(|item| self.of_value(item)).collect::<Vec<_>>())
            }
            _ => Value::Null,
        }
    }
}

/// Contexts that are added up: one for each user and attributes.
#[derive(Default)]
pub(super) struct Sum(HashMap<(Option<Arc<str>>, String), Recorded>);

impl Sum {
    pub(super) fn add(&mut self, context: Recorded) {
        let attributes = Arc::new(in_order(&context.attributes));
        let context = Recorded { attributes, ..context };
        let key = (context.user.clone(), context.identity());
        if key.1.len() > CONTEXT_BYTES {
            return; // it is no more than a sample
        }
        match self.0.get_mut(&key) {
            Some(known) => known.add(&context),
            None => drop(self.0.insert(key, context)),
        }
    }

    pub(super) fn into_contexts(self) -> Vec<Recorded> {
        self.0.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Object {
        let Value::Object(members) = Value::from_json(text).unwrap() else { panic!("{text}") };
        (*members).clone()
    }

    fn kept(paths: &[&[&str]], attributes: &str) -> String {
        let paths: Vec<Path> =
            paths.iter().map(|path| path.iter().map(|step| Arc::from(*step)).collect()).collect();
        Value::from(Kept::of_paths(&paths).of(&json(attributes))).to_string()
    }

    #[test]
    fn what_no_path_reads_is_not_kept() {
        let person =
            r#"{"person": {"name": "Ada", "plan": {"id": 1, "since": 2}}, "city": "Oslo"}"#;
        for (paths, wanted) in [
            (&[][..], "{}"),
            (&[&["city"][..]][..], r#"{"city": "Oslo"}"#),
            (&[&["person", "plan", "id"]], r#"{"person": {"plan": {"id": 1}}}"#),
            (
                &[&["person", "plan", "id"], &["person", "plan"]],
                r#"{"person": {"plan": {"id": 1, "since": 2}}}"#,
            ),
            (&[&["city", "name"], &["street"]], r#"{"city": null}"#),
            (&[&["person", "address"]], r#"{"person": {}}"#),
        ] {
            assert_eq!(kept(paths, person), json(wanted).to_text(), "{paths:?}");
        }
    }

    #[test]
    fn what_is_in_a_list_keeps_its_place() {
        let devices = r#"{"devices": [{"os": "a", "serial": 7}, "x", {"serial": 8}]}"#;
        let wanted = json(r#"{"devices": [{"os": "a"}, null, {}]}"#).to_text();
        assert_eq!(kept(&[&["devices", "os"]], devices), wanted);
    }

    trait ToText {
        fn to_text(self) -> String;
    }

    impl ToText for Object {
        fn to_text(self) -> String {
            Value::from(self).to_string()
        }
    }
}
