//! The tables by name and type; what their keys mean is in the head of the module above.

use redb::TableDefinition;

use crate::error::ObjectKind;
use crate::model::Change;

/// Where a change is in the log: its revision, and its place in it from 0.
pub(crate) type Position = (u64, u32);
/// A change of one facet of an object: facet, number of the object, revision, place.
pub(super) type Moment = (u8, u32, u64, u32);
/// Counts of deliveries: the size of the buckets, the chunk of time, the series.
pub(super) type CountKey = (u8, i32, u32);
/// A page of a run: the number of the run, no less than the keys in it, its place among those with the same key.
pub(super) type PageKey<K> = (u64, K, u32);
/// The stored form of a record.
pub(super) type Bytes = &'static [u8];

pub(super) const META: TableDefinition<&str, Bytes> = TableDefinition::new("pcq.meta");
pub(super) const REVISIONS: TableDefinition<u64, Bytes> = TableDefinition::new("pcq.revisions");
pub(super) const TIMES: TableDefinition<(i64, u64), ()> =
    TableDefinition::new("pcq.revision_times");
pub(super) const CHANGES: TableDefinition<Position, Bytes> = TableDefinition::new("pcq.changes");
pub(super) const HISTORY: TableDefinition<Moment, ()> = TableDefinition::new("pcq.object_history");
pub(super) const VERSIONS: TableDefinition<(u32, u32), Position> =
    TableDefinition::new("pcq.versions");
pub(super) const PUBLICATIONS: TableDefinition<u64, Position> =
    TableDefinition::new("pcq.publications");
pub(super) const TIMELINES: TableDefinition<(u32, u64), Bytes> =
    TableDefinition::new("pcq.timelines");
pub(super) const NAMES: TableDefinition<(u8, &str), u32> = TableDefinition::new("pcq.names");
pub(super) const KEY_CONFIGS: TableDefinition<(u32, u32), ()> =
    TableDefinition::new("pcq.key_configs");
pub(super) const HEADS: TableDefinition<(u8, u32), Bytes> = TableDefinition::new("pcq.heads");
pub(super) const KEPT: TableDefinition<(u32, u32), Bytes> =
    TableDefinition::new("pcq.kept_versions");

// files that were made before it lack it, until a revision is written
pub(super) const RETENTION: TableDefinition<&str, Bytes> = TableDefinition::new("pcq.retention");

// those of deliveries: files that were made before them lack them, until deliveries are written
pub(super) const SERIES: TableDefinition<u32, Bytes> = TableDefinition::new("pcq.delivery_series");
pub(super) const SERIES_NUMBERS: TableDefinition<u128, u32> =
    TableDefinition::new("pcq.delivery_series_numbers");
pub(super) const COUNTS: TableDefinition<CountKey, Bytes> =
    TableDefinition::new("pcq.delivery_counts");
pub(super) const USERS: TableDefinition<(i32, u32), Bytes> =
    TableDefinition::new("pcq.delivery_users");
pub(super) const KEY_SPANS: TableDefinition<u32, Bytes> = TableDefinition::new("pcq.delivery_keys");

// those of users: files that were made before them lack them, until something of a user is written
pub(super) const USER_NUMBERS: TableDefinition<&str, u32> = TableDefinition::new("pcq.users");
pub(super) const USER_IDS: TableDefinition<u32, &str> = TableDefinition::new("pcq.user_ids");
pub(super) const EVENT_NUMBERS: TableDefinition<&str, u32> =
    TableDefinition::new("pcq.event_names");
pub(super) const EVENT_NAMES: TableDefinition<u32, &str> =
    TableDefinition::new("pcq.event_numbers");
pub(super) const RUNS: TableDefinition<PageKey<u32>, Bytes> = TableDefinition::new("pcq.user_runs");
pub(super) const USER_ENTRIES: TableDefinition<(u32, u32), Bytes> =
    TableDefinition::new("pcq.user_entries");
pub(super) const EVENT_IDS: TableDefinition<PageKey<u128>, Bytes> =
    TableDefinition::new("pcq.event_ids");

// those of lists: files that were made before them lack them, until a list is loaded
pub(super) const LISTS: TableDefinition<u32, Bytes> = TableDefinition::new("pcq.lists");
pub(super) const LIST_IDS: TableDefinition<(u32, &str), Bytes> =
    TableDefinition::new("pcq.list_ids");

/// The key in META of the number of the format: four bytes, little-endian, for ever.
pub(super) const FORMAT_KEY: &str = "format";
/// The key in META of the clock.
pub(super) const CLOCK_KEY: &str = "clock";
/// The key in META of the last batch of deliveries; there is none before the first.
pub(super) const BATCH_KEY: &str = "delivery_batch";
/// The key in META of what is counted of users; there is none before the first entry.
pub(super) const TOTALS_KEY: &str = "users";
/// The format that this code writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// The part of an object that a change is about. The numbers are in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Facet {
    Key = 1,
    Segment = 2,
    Head = 3,
    Salt = 4,
    Version = 5,
    Publication = 6,
    Cancel = 7,
}

impl Facet {
    /// What a change is about, and the number of the object; `None` if it is about no object.
    pub(super) fn of(change: &Change) -> Option<(Self, u32)> {
        Some(match change {
            Change::Key(key) => (Self::Key, key.id.0),
            Change::Segment(segment) => (Self::Segment, segment.id.0),
            Change::Config { head, .. } => (Self::Head, head.id.0),
            Change::Salt { config, .. } => (Self::Salt, config.0),
            Change::Version(version) => (Self::Version, version.config.0),
            Change::Publication(publication) => (Self::Publication, publication.config.0),
            Change::Cancel { config, .. } => (Self::Cancel, config.0),
            Change::Keep { .. } => return None,
        })
    }

    /// Every facet of a kind of object.
    pub(super) fn all(kind: ObjectKind) -> &'static [Self] {
        match kind {
            ObjectKind::Key => &[Self::Key],
            ObjectKind::Segment => &[Self::Segment],
            ObjectKind::Config => {
                &[Self::Head, Self::Salt, Self::Version, Self::Publication, Self::Cancel]
            }
        }
    }

    /// The kind of object that has the facet.
    pub(super) fn kind(self) -> ObjectKind {
        match self {
            Self::Key => ObjectKind::Key,
            Self::Segment => ObjectKind::Segment,
            _ => ObjectKind::Config,
        }
    }
}

/// The number of a kind of object in NAMES and HEADS.
pub(super) fn kind_number(kind: ObjectKind) -> u8 {
    match kind {
        ObjectKind::Key => 1,
        ObjectKind::Segment => 2,
        ObjectKind::Config => 3,
    }
}
