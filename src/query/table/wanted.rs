//! Objects that a query wants, by name: those that it names are found by that, not among all.

use std::sync::Arc;

use super::Reading;
use crate::model::{Config, Key, Name, ObjectKind, Segment};

/// The keys that are wanted, by name.
pub(super) fn keys<'r>(reading: &Reading<'r>) -> Vec<&'r Arc<Key>> {
    let (catalog, lookups) = (reading.view.catalog(), reading.lookups);
    if let Some(names) = lookups.only_texts("key") {
        return names.filter_map(|name| catalog.key_named(name)).collect();
    }
    catalog.keys().filter(|key| lookups.wants("key", key.name.as_str())).collect()
}

/// The segments that are wanted, by name.
pub(super) fn segments<'r>(reading: &Reading<'r>) -> Vec<&'r Arc<Segment>> {
    let (catalog, lookups) = (reading.view.catalog(), reading.lookups);
    if let Some(names) = lookups.only_texts("segment") {
        return names.filter_map(|name| catalog.segment_named(name)).collect();
    }
    let is_wanted = |segment: &&Arc<Segment>| lookups.wants("segment", segment.name.as_str());
    catalog.segments().filter(is_wanted).collect()
}

/// The configs that are wanted, by name.
pub(super) fn configs<'r>(reading: &Reading<'r>) -> Vec<&'r Arc<Config>> {
    let (catalog, lookups) = (reading.view.catalog(), reading.lookups);
    if let Some(names) = lookups.only_texts("config") {
        return names.filter_map(|name| catalog.config_named(name)).collect();
    }
    among(reading, catalog.configs())
}

/// Those that are wanted of some configs, by name.
pub(super) fn among<'r>(
    reading: &Reading<'r>,
    configs: impl Iterator<Item = &'r Arc<Config>>,
) -> Vec<&'r Arc<Config>> {
    let is_wanted =
        |config: &&Arc<Config>| reading.lookups.wants("config", config.head.name.as_str());
    let mut configs: Vec<_> = configs.filter(is_wanted).collect();
    configs.sort_by(|a, b| a.head.name.cmp(&b.head.name));
    configs
}

/// The objects of a kind whose names are wanted in a column `name`, by name, with their numbers.
pub(super) fn named(reading: &Reading<'_>, kind: ObjectKind) -> Vec<(Name, u32)> {
    let catalog = reading.view.catalog();
    let key = |key: &Arc<Key>| (key.name.clone(), key.id.0);
    let segment = |segment: &Arc<Segment>| (segment.name.clone(), segment.id.0);
    let config = |config: &Arc<Config>| (config.head.name.clone(), config.head.id.0);
    if let Some(names) = reading.lookups.only_texts("name") {
        let found = names.filter_map(|name| match kind {
            ObjectKind::Key => catalog.key_named(name).map(key),
            ObjectKind::Segment => catalog.segment_named(name).map(segment),
            ObjectKind::Config => catalog.config_named(name).map(config),
            ObjectKind::Attribute => None,
        });
        return found.collect();
    }
    let mut all: Vec<_> = match kind {
        ObjectKind::Key => catalog.keys().map(key).collect(),
        ObjectKind::Segment => catalog.segments().map(segment).collect(),
        ObjectKind::Config => catalog.configs().map(config).collect(),
        ObjectKind::Attribute => Vec::new(),
    };
    all.retain(|(name, _)| reading.lookups.wants("name", name.as_str()));
    all.sort();
    all
}
