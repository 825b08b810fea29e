//! Objects that a query wants, by name: those that it names are found by that, not among all.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Reading;
use crate::model::{Attribute, Catalog, Config, Key, KeyId, Name, ObjectKind, Segment};

/// Kind of objects that are found by their names.
trait Named: Sized + 'static {
    fn name(&self) -> &Name;

    fn find<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Arc<Self>>;

    /// Those from a name on, by name.
    fn from<'c>(catalog: &'c Catalog, first: &str) -> impl Iterator<Item = &'c Arc<Self>>;
}

/// The objects whose names are wanted in a column, by name.
fn objects<'r, T: Named>(reading: &Reading<'r>, column: &str) -> Vec<&'r Arc<T>> {
    let (catalog, lookups) = (reading.view.catalog(), reading.lookups);
    if let Some(names) = lookups.only_texts(column) {
        return names.filter_map(|name| T::find(catalog, name)).collect();
    }
    let ids = lookups.ids(column);
    let found = T::from(catalog, ids.first.unwrap_or_default());
    let found = found.take_while(|object| !ids.are_before(object.name().as_str()));
    found.filter(|object| lookups.wants(column, object.name().as_str())).collect()
}

/// The keys that are wanted, by name.
pub(super) fn keys<'r>(reading: &Reading<'r>) -> Vec<&'r Arc<Key>> {
    objects(reading, "key")
}

/// The keys that are wanted, by name; if only some configs are, among those that these have.
pub(super) fn keys_of<'r, I: IntoIterator<Item = KeyId>>(
    reading: &Reading<'r>,
    of_config: impl Fn(&Config) -> I,
) -> Vec<&'r Arc<Key>> {
    let (catalog, lookups) = (reading.view.catalog(), reading.lookups);
    if lookups.of("config").is_none() || lookups.only("key").is_some() {
        return keys(reading);
    }
    let ids: BTreeSet<KeyId> =
        configs(reading).iter().flat_map(|config| of_config(config)).collect();
    let keys = ids.into_iter().filter_map(|id| catalog.key(id));
    let mut keys: Vec<_> = keys.filter(|key| lookups.wants("key", key.name.as_str())).collect();
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    keys
}

/// The segments that are wanted, by name.
pub(super) fn segments<'r>(reading: &Reading<'r>) -> Vec<&'r Arc<Segment>> {
    objects(reading, "segment")
}

/// The configs that are wanted, by name.
pub(super) fn configs<'r>(reading: &Reading<'r>) -> Vec<&'r Arc<Config>> {
    objects(reading, "config")
}

/// The objects of a kind whose names are wanted in a column `name`, by name, with their numbers.
pub(super) fn named(reading: &Reading<'_>, kind: ObjectKind) -> Vec<(Name, u32)> {
    fn found<T: Named>(reading: &Reading<'_>, number: impl Fn(&T) -> u32) -> Vec<(Name, u32)> {
        let found = objects::<T>(reading, "name").into_iter();
        found.map(|object| (object.name().clone(), number(object))).collect()
    }
    match kind {
        ObjectKind::Key => found::<Key>(reading, |key| key.id.0),
        ObjectKind::Segment => found::<Segment>(reading, |segment| segment.id.0),
        ObjectKind::Config => found::<Config>(reading, |config| config.head.id.0),
        ObjectKind::Attribute => found::<Attribute>(reading, |attribute| attribute.id.0),
    }
}

/// The kinds of objects: where the name is, and how the catalog finds one, and those from a name on.
macro_rules! named {
    ($($kind:ty: $($name:ident).+, $find:ident, $from:ident;)+) => {
        $(impl Named for $kind {
            fn name(&self) -> &Name {
                &self.$($name).+
            }

            fn find<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Arc<Self>> {
                catalog.$find(name)
            }

            fn from<'c>(catalog: &'c Catalog, first: &str) -> impl Iterator<Item = &'c Arc<Self>> {
                catalog.$from(first)
            }
        })+
    };
}

named! {
    Key: name, key_named, keys_from;
    Segment: name, segment_named, segments_from;
    Config: head.name, config_named, configs_from;
    Attribute: name, attribute_named, attributes_from;
}
