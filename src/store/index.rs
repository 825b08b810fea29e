//! Indexes over the log: what each has of a change, the one rule by which they are written and verified.

use super::tables::{Facet, HistoryKey, Position, kind_number};
use crate::model::{Change, Version};

/// Entry of a change in one index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Indexed {
    History(HistoryKey),
    Version((u32, u32), Position),
    Publication(u64, Position),
    Name((u8, String), u32),
    KeyConfig((u32, u32)),
}

/// What the indexes have of a change.
pub(super) fn indexed(change: &Change, at: Position) -> Vec<Indexed> {
    let Some((facet, id)) = Facet::of(change) else { return Vec::new() };
    let mut entries = vec![Indexed::History((facet as u8, id, at.0, at.1))];
    let kind = kind_number(facet.kind());
    let mut name = |name: &str| entries.push(Indexed::Name((kind, name.to_owned()), id));
    match change {
        Change::Key(key) => name(key.name.as_str()),
        Change::Segment(segment) => name(segment.name.as_str()),
        Change::Config { head, .. } => name(head.name.as_str()),
        Change::Version(version) => entries.extend(of_version(version, at)),
        Change::Publication(p) => entries.push(Indexed::Publication(p.sequence, at)),
        Change::Attribute(attribute) => name(attribute.name.as_str()),
        Change::Salt { .. }
        | Change::Cancel { .. }
        | Change::Keep { .. }
        | Change::Strict(_)
        | Change::Record(_) => {}
    }
    entries
}

fn of_version(version: &Version, at: Position) -> Vec<Indexed> {
    let config = version.config.0;
    let keys = version.columns.iter().map(|column| Indexed::KeyConfig((column.key.0, config)));
    std::iter::once(Indexed::Version((config, version.number), at)).chain(keys).collect()
}
