//! The tables of the file, and what their keys and values mean.
//!
//! # The file, format 6
//!
//! A database of redb with these tables. Integers in keys order as numbers, strings as bytes. `record`
//! is the frame of the module `codec` around a type of the module `record`. A `position` is (`u64`
//! revision, `u32` index among its changes from 0). Kinds: key 1, segment 2, config 3,
//! attribute 4. Facets: key 1, segment 2, head of a config 3, salt 4, version 5, publication 6, cancellation 7,
//! attribute 8.
//!
//! | table | key | value | meaning |
//! |---|---|---|---|
//! | `pcq.meta` | `format` | `u32`, little-endian | the number of the format |
//! | | `clock` | record | the system's, or the last instant of a manual one |
//! | | `delivery_batch` | record | the number of the last batch of deliveries |
//! | | `users` | record | what is counted of users: the next numbers, the runs |
//! | | `strict` | record | whether conditions may only read declared attributes; none before that was said |
//! | | `recording` | record | how traffic is recorded; none before that was said |
//! | | `traffic_swept` | record | how far contexts were looked at that may be kept no longer |
//! | `pcq.revisions` | `u64` number | record | the log: time, actor, comment, count of changes |
//! | `pcq.changes` | position | record | the log: what the revision did, in order |
//! | `pcq.revision_hashes` | `u64` number | record | the chain of hashes: see the module `chain` |
//! | `pcq.revision_times` | (`i64` µs, `u64` revision) | – | revisions by time |
//! | `pcq.object_history` | (`u8` facet, `u32` id, position) | – | the changes of an object |
//! | `pcq.versions` | (`u32` config, `u32` number) | position | the versions of a config |
//! | `pcq.publications` | `u64` sequence | position | all publications |
//! | `pcq.timelines` | (`u32` config, `u64` revision) | record | now and then, the publications that matter from there on |
//! | `pcq.names` | (`u8` kind, `str`) | `u32` id | every name that there ever was |
//! | `pcq.key_configs` | (`u32` key, `u32` config) | – | every config that ever had the key |
//! | `pcq.heads` | (`u8` kind, `u32` id) | record | each object as it stands now |
//! | `pcq.kept_versions` | (`u32` config, `u32` number) | record | the versions that matter now |
//! | `pcq.kept_publications` | (`u32` config, `i64` µs from, `u64` sequence) | record | the publications that matter now |
//! | `pcq.retention` | `str` event | record | how long events are kept; without a name: all others |
//! | `pcq.delivery_series` | `u32` series | record | all that deliveries differ in but time |
//! | `pcq.delivery_series_numbers` | `u128` digest | `u32` series | a series by its record |
//! | `pcq.delivery_counts` | (`u8` size, `i32` chunk, `u32` series) | record | how often, by time |
//! | `pcq.delivery_users` | (`i32` day, `u32` series) | record | a sketch of the users |
//! | `pcq.delivery_keys` | `u32` key | record | the first and last minutes of a key |
//! | `pcq.traffic` | (`u8` whether it has a user, `str` id, `u128` digest) | record | a recorded context: attributes, first, last, count |
//! | `pcq.users` | `str` id | `u32` user | the users by their ids |
//! | `pcq.user_ids` | `u32` user | `str` id | the ids by the users |
//! | `pcq.event_names` | `str` name | `u32` event | the names that events ever had |
//! | `pcq.event_numbers` | `u32` event | `str` name | the same by their numbers |
//! | `pcq.user_runs` | (`u64` run, `u32` user, `u32` part) | record | entries in runs: pages, by the last user in them |
//! | `pcq.user_entries` | (`u32` user, `u32` block) | record | in format 1 only, the base: entries by user, in blocks |
//! | `pcq.event_ids` | (`u64` run, `u128` digest, `u32` part) | record | ids of events in runs: pages, by the last |
//! | `pcq.lists` | `u32` list | record | the lists of users that segments refer or referred to |
//! | `pcq.list_ids` | (`u32` list, `str` id) | record | blocks of ids in order, by the first |
//! | `pcq.list_editions` | `u32` list | record | the edition of a list; under 0 that of the list that changed last |
//!
//! A timeline is listed after as many changes of it as the last list has publications: all lists together are no longer
//! than the log, and whoever asks for a revision reads the last list before it, and the log from there on. In formats 1
//! and 2 it is listed with each revision of its config, and the publications that matter now are in the head of the
//! config.
//!
//! A large version is in the log as an edit of the one before it, as the module `version` says, and what is kept of
//! it says that it is to be read there. Up to format 3 each is whole in the log, and once more where it is kept. A
//! file of an earlier format has the present one from the first revision or fact of a user on that is written to
//! it: that is one transaction, too, and the module `upgrade` says what it does.
//!
//! Up to format 4 no attribute is declared, and up to format 5 nothing says whether traffic is recorded, and no context
//! is. A file of format 6 may be one of format 4 but for the number.
//!
//! A file may lack the tables of retention and of hashes: they are made when something is written to them, and
//! taken as empty before. So are the tables of deliveries, when the first batch is added. Sizes of buckets: minute
//! 1, hour 2, day 3; the module `delivery` says what their chunks are. What was delivered is in no log, so these
//! tables cannot be rebuilt. Of the tables of users the same is true: they are made when the first entry is added.
//! The module `user` says what runs are; in format 1 the ids of the events in the base are those of run 0. The
//! tables of lists are made with the first list; the log has their numbers only. The module `list` says how they
//! are written.
//!
//! Heads, kept versions and kept publications are all that is read when a store is opened, apart from a few single
//! records and the names: in one sweep each, and without a look at the log, however long that is, but for the large
//! versions among them. So a head holds what its object needs: that of a segment what its condition refers to,
//! because conditions are read only when they are first asked for: the keys and segments, and since format 2 the
//! lists, and whether it has functions over events. Heads of format 1 are read, too: then the condition is, when
//! that is asked for. The versions and the publications of a config have tables of their own so that its next
//! commit need not write them once more.
//!
//! Publications are numbered over all configs, so their table needs no config in its key. Whether a
//! dump was loaded to its end need not be said: that is one transaction too.

use redb::TableDefinition;

use crate::model::Change;
use crate::model::ObjectKind;

/// Position of a change in the log: its revision, and its index in that from 0.
pub(crate) type Position = (u64, u32);
/// A change of one facet of an object: facet, number of the object, revision, index.
pub(super) type HistoryKey = (u8, u32, u64, u32);
/// A publication: the config, from when it is in force, its sequence.
pub(super) type PublicationKey = (u32, i64, u64);
/// Counts of deliveries: the size of the buckets, the chunk of time, the series.
pub(super) type CountKey = (u8, i32, u32);
/// A recorded context: 1 and its user, or 0 and no text if it has none, and the digest of its attributes.
pub(super) type ContextKey = (u8, &'static str, u128);
/// A page of a run: the number of the run, no less than the keys in it, its place among those with the same key.
pub(super) type PageKey<K> = (u64, K, u32);
/// The stored form of a record.
pub(super) type Bytes = &'static [u8];

pub(super) const META: TableDefinition<&str, Bytes> = TableDefinition::new("pcq.meta");
pub(super) const REVISIONS: TableDefinition<u64, Bytes> = TableDefinition::new("pcq.revisions");
pub(super) const TIMES: TableDefinition<(i64, u64), ()> =
    TableDefinition::new("pcq.revision_times");
// files that were made before it lack it, until a revision is written
pub(super) const REVISION_HASHES: TableDefinition<u64, Bytes> =
    TableDefinition::new("pcq.revision_hashes");
pub(super) const CHANGES: TableDefinition<Position, Bytes> = TableDefinition::new("pcq.changes");
pub(super) const HISTORY: TableDefinition<HistoryKey, ()> =
    TableDefinition::new("pcq.object_history");
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

// files of formats 1 and 2 lack it
pub(super) const KEPT_PUBLICATIONS: TableDefinition<PublicationKey, Bytes> =
    TableDefinition::new("pcq.kept_publications");

// files that were made before it lack it, until such a rule is written
pub(super) const RETENTION: TableDefinition<&str, Bytes> = TableDefinition::new("pcq.retention");

// those of deliveries: files that were made before them lack them, until deliveries are written
pub(super) const SERIES: TableDefinition<u32, Bytes> = TableDefinition::new("pcq.delivery_series");
pub(super) const SERIES_NUMBERS: TableDefinition<u128, u32> =
    TableDefinition::new("pcq.delivery_series_numbers");
pub(super) const COUNTS: TableDefinition<CountKey, Bytes> =
    TableDefinition::new("pcq.delivery_counts");
pub(super) const SKETCHES: TableDefinition<(i32, u32), Bytes> =
    TableDefinition::new("pcq.delivery_users");
pub(super) const KEY_SPANS: TableDefinition<u32, Bytes> = TableDefinition::new("pcq.delivery_keys");

// files lack it until a context is recorded
pub(super) const TRAFFIC: TableDefinition<ContextKey, Bytes> = TableDefinition::new("pcq.traffic");

// those of users: files that were made before them lack them, until something of a user is written
pub(super) const USER_NUMBERS: TableDefinition<&str, u32> = TableDefinition::new("pcq.users");
pub(super) const USER_IDS: TableDefinition<u32, &str> = TableDefinition::new("pcq.user_ids");
pub(super) const EVENT_NUMBERS: TableDefinition<&str, u32> =
    TableDefinition::new("pcq.event_names");
pub(super) const EVENT_NAMES: TableDefinition<u32, &str> =
    TableDefinition::new("pcq.event_numbers");
pub(super) const RUNS: TableDefinition<PageKey<u32>, Bytes> = TableDefinition::new("pcq.user_runs");
/// The base of files of format 1.
pub(super) const USER_ENTRIES: TableDefinition<(u32, u32), Bytes> =
    TableDefinition::new("pcq.user_entries");
pub(super) const EVENT_IDS: TableDefinition<PageKey<u128>, Bytes> =
    TableDefinition::new("pcq.event_ids");

// those of lists: files that were made before them lack them, until a list is loaded
pub(super) const LISTS: TableDefinition<u32, Bytes> = TableDefinition::new("pcq.lists");
pub(super) const LIST_IDS: TableDefinition<(u32, &str), Bytes> =
    TableDefinition::new("pcq.list_ids");
// files that were made before it lack it, until a list is loaded or loses a user
pub(super) const LIST_EDITIONS: TableDefinition<u32, Bytes> =
    TableDefinition::new("pcq.list_editions");
/// The key in `LIST_EDITIONS` of the edition that was given last: lists are numbered from 1.
pub(super) const NEWEST_EDITION: u32 = 0;

/// The key in META of the number of the format: four bytes, little-endian, for ever.
pub(super) const FORMAT_KEY: &str = "format";
/// The key in META of the clock.
pub(super) const CLOCK_KEY: &str = "clock";
/// The key in META of the last batch of deliveries; there is none before the first.
pub(super) const BATCH_KEY: &str = "delivery_batch";
/// The key in META of what is counted of users; there is none before the first entry.
pub(super) const TOTALS_KEY: &str = "users";
/// The key in META of how far recorded contexts were looked at that may be kept no longer.
pub(super) const SWEPT_KEY: &str = "traffic_swept";
/// The key in META of whether conditions may only read declared attributes; there is none before that was said.
pub(super) const STRICT_KEY: &str = "strict";
/// The key in META of how traffic is recorded; there is none before that was said.
pub(super) const RECORDING_KEY: &str = "recording";
/// The format that this code writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 6;

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
    Attribute = 8,
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
            Change::Attribute(attribute) => (Self::Attribute, attribute.id.0),
            Change::Keep { .. } | Change::Strict(_) | Change::Record(_) => return None,
        })
    }

    /// Whether a change of it may change what users are given.
    pub(super) fn is_served(self) -> bool {
        !matches!(self, Self::Salt | Self::Version)
    }

    /// The facet that has a number.
    pub(super) fn numbered(number: u8) -> Option<Self> {
        let all = ObjectKind::ALL.map(Self::all);
        all.into_iter().flatten().copied().find(|facet| *facet as u8 == number)
    }

    /// Every facet of a kind of object.
    pub(super) fn all(kind: ObjectKind) -> &'static [Self] {
        match kind {
            ObjectKind::Key => &[Self::Key],
            ObjectKind::Segment => &[Self::Segment],
            ObjectKind::Config => {
                &[Self::Head, Self::Salt, Self::Version, Self::Publication, Self::Cancel]
            }
            ObjectKind::Attribute => &[Self::Attribute],
        }
    }

    /// The kind of object that has the facet.
    pub(super) fn kind(self) -> ObjectKind {
        match self {
            Self::Key => ObjectKind::Key,
            Self::Segment => ObjectKind::Segment,
            Self::Attribute => ObjectKind::Attribute,
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
        ObjectKind::Attribute => 4,
    }
}
