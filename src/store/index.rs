//! What the log says about the indexes: the one rule by which they are written and verified.

use super::tables::{Facet, Moment, Position, kind_number};
use crate::model::{Change, Version};

/// An entry of an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    History(Moment),
    Version((u32, u32), Position),
    Publication(u64, Position),
    Name((u8, String), u32),
    KeyConfig((u32, u32)),
}

/// The entries of a change.
pub(super) fn entries(change: &Change, at: Position) -> Vec<Entry> {
    let Some((facet, id)) = Facet::of(change) else { return Vec::new() };
    let mut entries = vec![Entry::History((facet as u8, id, at.0, at.1))];
    let kind = kind_number(facet.kind());
    let mut name = |name: &str| entries.push(Entry::Name((kind, name.to_owned()), id));
    match change {
        Change::Key(key) => name(key.name.as_str()),
        Change::Segment(segment) => name(segment.name.as_str()),
        Change::Config { head, .. } => name(head.name.as_str()),
        Change::Version(version) => entries.extend(of_version(version, at)),
        Change::Publication(p) => entries.push(Entry::Publication(p.sequence, at)),
        Change::Salt { .. } | Change::Cancel { .. } | Change::Keep { .. } => {}
    }
    entries
}

fn of_version(version: &Version, at: Position) -> Vec<Entry> {
    let config = version.config.0;
    let keys = version.columns.iter().map(|column| Entry::KeyConfig((column.key.0, config)));
    std::iter::once(Entry::Version((config, version.number), at)).chain(keys).collect()
}
