//! Usage: the configs and segments that refer to a key, a segment or an attribute.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{
    Catalog, Cell, Config, ExprKind, Name, Path, Reference, Referrer, Segment, SegmentId,
    Timestamp, USER_ID, Version,
};

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

/// The names of the segments whose conditions refer to a key or a segment.
pub(crate) fn segments_with(catalog: &Catalog, what: Reference) -> BTreeSet<Arc<str>> {
    let segments = catalog.referrers(what).filter_map(|referrer| match referrer {
        Referrer::Segment(id) => catalog.segment(id).map(|segment| segment.name.to_arc()),
        Referrer::Config(_) => None,
    });
    segments.collect()
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

/// Use of an attribute today.
#[derive(Default)]
pub(crate) struct AttributeUse<'c> {
    /// The segments, not archived, whose conditions read it.
    pub(crate) segments: Vec<&'c Arc<Segment>>,
    /// The configs, not archived, whose newest, live or scheduled versions roll out or split by it.
    pub(crate) configs: Vec<&'c Arc<Config>>,
}

/// The attributes that are read today, declared or not, and by whom. Every condition is read.
pub(crate) fn attribute_uses(
    catalog: &Catalog,
    now: Timestamp,
) -> BTreeMap<Arc<str>, AttributeUse<'_>> {
    let mut uses: BTreeMap<Arc<str>, AttributeUse<'_>> = BTreeMap::new();
    for segment in catalog.segments().filter(|segment| !segment.archived) {
        for name in segment.condition.look(|expr| expr.node.attributes()) {
            uses.entry(name).or_default().segments.push(segment);
        }
    }
    for config in catalog.configs().filter(|config| !config.head.archived) {
        let names: BTreeSet<_> =
            config.used(now).flat_map(|version| attributes_of(version)).collect();
        for name in names {
            uses.entry(name).or_default().configs.push(config);
        }
    }
    uses
}

/// Who reads an attribute today, in words.
pub(crate) fn attribute_users_today(
    catalog: &Catalog,
    attribute: &Name,
    now: Timestamp,
) -> Vec<String> {
    let mut uses = attribute_uses(catalog, now);
    let AttributeUse { segments, configs } = uses.remove(attribute.as_str()).unwrap_or_default();
    let configs = configs.iter().map(|config| format!("config `{}`", config.head.name.as_str()));
    let segments = segments.iter().map(|segment| format!("segment `{}`", segment.name.as_str()));
    configs.chain(segments).collect()
}

/// The whole paths of the attributes that the newest, live and scheduled versions of configs read: in the conditions of
/// their segments, and of those that these refer to, and where a share goes by one. The id of the user is none.
pub(crate) fn paths_read(catalog: &Catalog, now: Timestamp) -> BTreeSet<Path> {
    let configs = catalog.configs().filter(|config| !config.head.archived);
    let versions: Vec<_> = configs.flat_map(|config| config.used(now)).collect();
    let mut paths: BTreeSet<Path> =
        versions.iter().flat_map(|version| paths_of(version)).cloned().collect();
    let rows = versions.iter().flat_map(|version| &version.rows);
    for segment in with_referred(catalog, rows.map(|row| row.segment)) {
        segment.condition.look(|expr| {
            let mut todo = vec![expr];
            while let Some(expr) = todo.pop() {
                if let ExprKind::Attribute(path) = &expr.node {
                    paths.insert(Arc::clone(path));
                }
                todo.extend(expr.node.operands());
            }
        });
    }
    paths.retain(|path| path.first().is_none_or(|first| **first != *USER_ID));
    paths
}

/// Segments, and those that their conditions refer to.
fn with_referred(
    catalog: &Catalog,
    segments: impl Iterator<Item = SegmentId>,
) -> Vec<&Arc<Segment>> {
    let (mut found, mut known, mut todo) =
        (Vec::new(), BTreeSet::new(), segments.collect::<Vec<_>>());
    while let Some(id) = todo.pop() {
        let Some(segment) = catalog.segment(id).filter(|_| known.insert(id)) else { continue };
        found.push(segment);
        let references = segment.condition.look(|expr| catalog.references(expr));
        todo.extend(references.into_iter().filter_map(|reference| match reference {
            Reference::Segment(id) => Some(id),
            Reference::Key(_) => None,
        }));
    }
    found
}

/// The attributes that a version rolls out or splits by.
pub(crate) fn attributes_of(version: &Version) -> impl Iterator<Item = Arc<str>> + '_ {
    paths_of(version).filter_map(|path| path.first().cloned())
}

/// The paths that a version rolls out or splits by.
fn paths_of(version: &Version) -> impl Iterator<Item = &Path> {
    let rollouts = version.rows.iter().filter_map(|row| row.by.as_ref());
    let cells = version.columns.iter().flat_map(|column| column.cells().iter().flatten());
    let splits = cells.filter_map(|cell| match cell {
        Cell::Split(split) => split.by.as_ref(),
        Cell::Value(_) => None,
    });
    rollouts.chain(splits)
}
