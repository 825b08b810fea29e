//! Usage: the configs and segments that refer to a key or a segment.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Catalog, Config, Name, Reference, Referrer, Timestamp};

/// The configs, not archived, whose newest, live or scheduled versions use a key or a segment.
pub(crate) fn configs_with(
    catalog: &Catalog,
    what: Reference,
    now: Timestamp,
) -> Vec<&Arc<Config>> {
    let configs = catalog.referrers(what).filter_map(|referrer| match referrer {
        Referrer::Config(id) => catalog.config(id),
        Referrer::Segment(_) => None,
    });
    configs.filter(|config| !config.head.archived && uses(config, what, now)).collect()
}

fn uses(config: &Config, what: Reference, now: Timestamp) -> bool {
    config.used(now).any(|version| match what {
        Reference::Key(key) => version.column(key).is_some(),
        Reference::Segment(segment) => version.row_of(segment).is_some(),
    })
}

/// Who uses a key or a segment today, in words: configs, and segments that are not archived.
pub(crate) fn users_today(catalog: &Catalog, what: Reference, now: Timestamp) -> Vec<String> {
    let configs = configs_with(catalog, what, now);
    let mut users: Vec<_> =
        configs.iter().map(|c| format!("config `{}`", c.head.name.as_str())).collect();
    let segments = catalog.referrers(what).filter_map(|referrer| match referrer {
        Referrer::Segment(id) => catalog.segment(id),
        Referrer::Config(_) => None,
    });
    users
        .extend(segments.filter(|s| !s.archived).map(|s| format!("segment `{}`", s.name.as_str())));
    users
}

/// The keys of a config that another one has too, with the name of that one.
pub(crate) fn taken_keys(catalog: &Catalog, config: &Config, now: Timestamp) -> Vec<(Name, Name)> {
    let keys: BTreeSet<_> =
        config.used(now).flat_map(|v| v.columns.iter().map(|c| c.key)).collect();
    let mut taken = Vec::new();
    for id in keys {
        let Some(key) = catalog.key(id) else { continue };
        for owner in configs_with(catalog, Reference::Key(id), now) {
            if owner.head.id != config.head.id {
                taken.push((key.name.clone(), owner.head.name.clone()));
            }
        }
    }
    taken
}

/// The keys that a config's newest, live and scheduled versions have.
pub(crate) fn config_keys(config: &Config, now: Timestamp) -> BTreeSet<Reference> {
    let keys = config.used(now).flat_map(|v| v.columns.iter().map(|c| Reference::Key(c.key)));
    keys.collect()
}
