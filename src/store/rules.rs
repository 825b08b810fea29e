//! Rules that a change must keep to, given the catalog that it is applied to. The engine refuses writes that
//! do not; here it is looked for in what was stored. (A CHECK is not run: nothing here can.)

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::model::ObjectKind;
use crate::model::{
    Attribute, Catalog, Cell, Change, Condition, ConditionParser, ConfigHead, ConfigId, Duration,
    Key, KeyId, KeyType, Name, Publication, Recording, Segment, SegmentId, USER_ID, Value, Version,
    check_event_name,
};

/// The rules that a change breaks.
pub(super) fn broken(change: &Change, catalog: &Catalog) -> Vec<String> {
    match change {
        Change::Key(key) => of_key(key, catalog),
        Change::Segment(segment) => of_segment(segment, catalog),
        Change::Config { head, .. } => of_head(head, catalog),
        Change::Salt { config, segment, .. } => {
            [no_config(*config, catalog), no_segment(*segment, catalog)]
                .into_iter()
                .flatten()
                .collect()
        }
        Change::Version(version) => of_version(version, catalog),
        Change::Publication(publication) => of_publication(publication, catalog),
        Change::Cancel { config, sequence } => of_cancel(*config, *sequence, catalog),
        Change::Keep { event, keep } => of_keep(event.as_deref(), *keep),
        Change::Attribute(attribute) => of_attribute(attribute, catalog),
        Change::Strict(_) => Vec::new(),
        Change::Record(recording) => of_recording(*recording),
    }
}

/// The problem of a change with a condition that cannot be read. Conditions are read when they are asked
/// for, where nobody can be told.
pub(super) fn unreadable(change: &Change, parser: ConditionParser) -> Option<String> {
    let read = |condition: &Condition, check| parser(condition.text(), check);
    let (what, failure) = match change {
        Change::Segment(segment) => {
            let failure = read(&segment.condition, false).err();
            (format!("the condition of segment {}", segment.id), failure)
        }
        Change::Key(key) => {
            let failure = key.check.as_ref().and_then(|check| read(check, true).err());
            (format!("the CHECK of key {}", key.id), failure)
        }
        Change::Attribute(attribute) => {
            let failure = attribute.check.as_ref().and_then(|check| read(check, true).err());
            (format!("the CHECK of attribute {}", attribute.id), failure)
        }
        _ => return None,
    };
    failure.map(|failure| format!("{what} cannot be read: {failure}"))
}

/// The rules that do not hold.
fn failing<const N: usize>(what: impl Display, rules: [(bool, &str); N]) -> Vec<String> {
    let failing = rules.into_iter().filter(|(holds, _)| !holds);
    failing.map(|(_, rule)| format!("{what}: {rule}")).collect()
}

/// The rules of an object's number, name and version; `old` is what it was.
fn of_object(
    kind: ObjectKind,
    id: u32,
    next: u32,
    version: u32,
    name: &Name,
    old: Option<(&Name, u32)>,
    holder: Option<u32>,
) -> Vec<String> {
    failing(
        format_args!("{kind} {id}"),
        [
            (old.is_some() || id == next, "its number is not the next one"),
            (old.is_none_or(|(old, _)| old == name), "its name changed"),
            (old.is_none_or(|(_, old)| version >= old), "its version went back"),
            (holder.is_none_or(|holder| holder == id), "its name is another's"),
        ],
    )
}

fn of_key(key: &Key, catalog: &Catalog) -> Vec<String> {
    let (id, old) = (key.id.0, catalog.key(key.id));
    let holder = catalog.key_named(key.name.as_str()).map(|k| k.id.0);
    let was = old.map(|k| (&k.name, k.version));
    let mut found =
        of_object(ObjectKind::Key, id, catalog.next_key().0, key.version, &key.name, was, holder);
    let what = format_args!("key {id}").to_string();
    found.extend(failing(
        what,
        [
            (old.is_none_or(|old| old.kind == key.kind), "its type changed"),
            (has_type(key.kind, &key.default), "its default has not its type"),
        ],
    ));
    found
}

fn of_attribute(attribute: &Attribute, catalog: &Catalog) -> Vec<String> {
    let (id, old) = (attribute.id.0, catalog.attribute(attribute.id));
    let holder = catalog.attribute_named(attribute.name.as_str()).map(|a| a.id.0);
    let was = old.map(|a| (&a.name, a.version));
    let (next, version) = (catalog.next_attribute().0, attribute.version);
    let mut found =
        of_object(ObjectKind::Attribute, id, next, version, &attribute.name, was, holder);
    let same_type = old.is_none_or(|old| old.kind == attribute.kind);
    let declared = attribute.name.as_str() != USER_ID;
    let rules = [(same_type, "its type changed"), (declared, "it is declared from the start")];
    found.extend(failing(format_args!("attribute {id}").to_string(), rules));
    found
}

fn has_type(kind: KeyType, value: &Value) -> bool {
    kind.admit(value.clone()).is_some_and(|admitted| admitted == *value)
}

fn of_segment(segment: &Segment, catalog: &Catalog) -> Vec<String> {
    let (id, old) = (segment.id.0, catalog.segment(segment.id));
    let holder = catalog.segment_ever_named(segment.name.as_str()).map(|s| s.id.0);
    // another name is no new version
    let was = old.map(|s| (&segment.name, s.version));
    let (next, version) = (catalog.next_segment().0, segment.version);
    of_object(ObjectKind::Segment, id, next, version, &segment.name, was, holder)
}

fn of_head(head: &ConfigHead, catalog: &Catalog) -> Vec<String> {
    let (id, old) = (head.id.0, catalog.config(head.id).is_some());
    let holder = catalog.config_ever_named(head.name.as_str());
    failing(
        format_args!("config {id}"),
        [
            (old || head.id == catalog.next_config(), "its number is not the next one"),
            (holder.is_none_or(|holder| holder == head.id), "its name is or was another's"),
        ],
    )
}

fn no_config(id: ConfigId, catalog: &Catalog) -> Option<String> {
    catalog.config(id).is_none().then(|| format!("config {id} does not exist"))
}

fn no_segment(id: SegmentId, catalog: &Catalog) -> Option<String> {
    let exists = id.is_everyone() || catalog.segment(id).is_some();
    (!exists).then(|| format!("segment {id} does not exist"))
}

fn of_version(version: &Version, catalog: &Catalog) -> Vec<String> {
    let Some(config) = catalog.config(version.config) else {
        return no_config(version.config, catalog).into_iter().collect();
    };
    let what = format!("config {}, version {}", version.config, version.number);
    let segments: BTreeSet<_> = version.rows.iter().map(|row| row.segment).collect();
    let keys: BTreeSet<_> = version.columns.iter().map(|column| column.key).collect();
    let mut found = failing(
        &what,
        [
            (version.number == config.newest + 1, "its number is not the next one"),
            (segments.len() == version.rows.len(), "a segment is there twice"),
            (keys.len() == version.columns.len(), "a key is there twice"),
        ],
    );
    found.extend(
        segments.into_iter().filter_map(|s| no_segment(s, catalog)).map(|e| format!("{what}: {e}")),
    );
    found.extend(
        keys.into_iter()
            .filter_map(|key| bad_column(key, version, catalog))
            .map(|e| format!("{what}: {e}")),
    );
    found
}

fn bad_column(id: KeyId, version: &Version, catalog: &Catalog) -> Option<String> {
    let Some(key) = catalog.key(id) else {
        return Some(format!("key {id} does not exist"));
    };
    let cells = version.column(id).into_iter().flat_map(|column| column.cells().iter().flatten());
    let wrong = cells.flat_map(Cell::values).any(|value| !has_type(key.kind, value));
    wrong.then(|| format!("a value of key {id} has not its type"))
}

fn of_publication(publication: &Publication, catalog: &Catalog) -> Vec<String> {
    let Some(config) = catalog.config(publication.config) else {
        return no_config(publication.config, catalog).into_iter().collect();
    };
    let exists = (1..=config.newest).contains(&publication.version);
    let ends = publication.until;
    failing(
        format_args!("publication {} of config {}", publication.sequence, publication.config),
        [
            (publication.sequence == catalog.sequence + 1, "its number is not the next one"),
            (exists, "its version does not exist"),
            (ends.is_none_or(|until| until > publication.effective), "it ends before it begins"),
        ],
    )
}

fn of_cancel(config: ConfigId, sequence: u64, catalog: &Catalog) -> Vec<String> {
    let Some(found) = catalog.config(config) else {
        return no_config(config, catalog).into_iter().collect();
    };
    let there = found.timeline.get(sequence).is_some();
    let what = format_args!("config {config}").to_string();
    failing(what, [(there, "a publication is cancelled that it does not have")])
}

fn of_recording(recording: Option<Recording>) -> Vec<String> {
    let positive = recording.is_none_or(|recording| recording.keep.as_micros() > 0);
    failing("how long contexts are kept", [(positive, "it is not positive")])
}

fn of_keep(event: Option<&str>, keep: Option<Duration>) -> Vec<String> {
    failing(
        "how long events are kept",
        [
            (event.is_none_or(|event| check_event_name(event).is_ok()), "no event has such a name"),
            (keep.is_none_or(|keep| keep.as_micros() > 0), "it is not positive"),
        ],
    )
}
