//! Reader of one state of the file: every question that the store answers.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::delivery::{self, DeliveryCount, DeliveryQuery, KeyDeliveries, Period};
use super::failure::{Place, guarded};
use super::image::Image;
use super::mark::Mark;
use super::record::{Edition, EventReads};
use super::tables::{META, Position};
use super::traffic::{self, ContextRange, ContextTaker};
use super::walk::{Direction, Walk};
use super::watch::Watch;
use super::{chain, head, list, user};
use crate::error::Result;
use crate::model::{
    Attribute, AttributeId, Catalog, Change, Config, ConfigHead, ConfigId, Entry, Key, KeyId,
    ListId, Name, ObjectKind, Publication, Revision, RevisionHash, Segment, SegmentId, Timestamp,
    Version, VersionReader,
};

/// Reader of one state of the file, whatever is committed meanwhile: one read transaction. It keeps the pages
/// of that state from being used again, so it is for one statement, and not for long.
#[derive(Clone)]
pub(crate) struct Reader {
    image: Arc<Image>,
    place: Place,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.place.path).finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(image: Image, place: Place) -> Self {
        Self { image: Arc::new(image), place }
    }

    pub(super) fn ask<T>(&self, question: impl FnOnce(&Image) -> Result<T>) -> Result<T> {
        guarded(&self.place, || question(&self.image))
    }

    /// The newest catalog.
    pub(crate) fn catalog(&self) -> Result<Catalog> {
        self.ask(head::catalog)
    }

    /// A revision by its number.
    pub(crate) fn revision(&self, number: u64) -> Result<Option<Revision>> {
        self.ask(|image| image.revision(number))
    }

    /// The hash of a revision; `None` if it has none yet, because an earlier program wrote it.
    pub(crate) fn hash(&self, number: u64) -> Result<Option<RevisionHash>> {
        self.ask(|image| chain::hash_of(image, number))
    }

    /// The number of the last revision committed at or before an instant; 0 if there is none.
    pub(crate) fn revision_at(&self, at: Timestamp) -> Result<u64> {
        self.ask(|image| image.revision_at(at))
    }

    /// The revisions after one, oldest first.
    pub(crate) fn changes_since(&self, revision: u64) -> Result<Walk> {
        self.walk(revision.saturating_add(1), u64::MAX, Direction::OldestFirst)
    }

    /// The revisions from one to another, these too, newest first.
    pub(crate) fn changes_back(&self, first: u64, last: u64) -> Result<Walk> {
        self.walk(first, last, Direction::NewestFirst)
    }

    fn walk(&self, first: u64, last: u64, direction: Direction) -> Result<Walk> {
        self.ask(|image| Walk::begin(image, &self.place, first, last, direction))
    }

    /// The changes of an object in the revisions from one to another, in order; of a config also those of its salts,
    /// versions and publications.
    pub(crate) fn object_changes(
        &self,
        kind: ObjectKind,
        id: u32,
        (first, last): (u64, u64),
    ) -> Result<Vec<(Position, Change)>> {
        self.ask(|image| image.object_changes(kind, id, (first, last)))
    }

    /// The first revision after one that changes what is served of an object. New versions of configs do not: nobody is
    /// given them before they are published.
    pub(crate) fn served_change_after(
        &self,
        kind: ObjectKind,
        id: u32,
        revision: u64,
    ) -> Result<Option<u64>> {
        self.ask(|image| image.served_change_after(kind, id, revision))
    }

    /// A key as of a revision.
    pub(crate) fn key_at(&self, id: KeyId, revision: u64) -> Result<Option<Arc<Key>>> {
        self.ask(|image| image.key_at(id, revision))
    }

    /// A declared attribute as of a revision.
    pub(crate) fn attribute_at(
        &self,
        id: AttributeId,
        revision: u64,
    ) -> Result<Option<Arc<Attribute>>> {
        self.ask(|image| image.attribute_at(id, revision))
    }

    /// A segment as of a revision.
    pub(crate) fn segment_at(&self, id: SegmentId, revision: u64) -> Result<Option<Arc<Segment>>> {
        self.ask(|image| image.segment_at(id, revision))
    }

    /// The name and the switches of a config as of a revision.
    pub(crate) fn head_at(&self, id: ConfigId, revision: u64) -> Result<Option<ConfigHead>> {
        self.ask(|image| image.head_at(id, revision))
    }

    /// A config as of a revision, with the publications and versions that matter at or after `at`, an
    /// instant not before the revision.
    pub(crate) fn config_at(
        &self,
        id: ConfigId,
        revision: u64,
        at: Timestamp,
    ) -> Result<Option<Arc<Config>>> {
        self.ask(|image| image.config_at(id, revision, at))
    }

    /// A publication, cancelled or not.
    pub(crate) fn publication(&self, config: ConfigId, sequence: u64) -> Result<Publication> {
        self.ask(|image| image.publication(config, sequence))
    }

    /// The number of the revision that has a publication.
    pub(crate) fn publication_revision(&self, sequence: u64) -> Result<Option<u64>> {
        self.ask(|image| image.publication_revision(sequence))
    }

    /// The number of the object that has, or ever had, a name.
    pub(crate) fn named(&self, kind: ObjectKind, name: &str) -> Result<Option<u32>> {
        self.ask(|image| image.named(kind, name))
    }

    /// Every name that an object of a kind has or had, in byte order.
    pub(crate) fn names(&self, kind: ObjectKind) -> Result<Vec<(Name, u32)>> {
        self.ask(|image| image.names(kind))
    }

    /// Every config of which any version has a key.
    pub(crate) fn configs_of_key(&self, key: KeyId) -> Result<Vec<ConfigId>> {
        self.ask(|image| image.configs_of_key(key))
    }

    /// The number of the batch of deliveries that was added last; 0 if there is none.
    pub(crate) fn last_delivery_batch(&self) -> Result<u64> {
        self.ask(|image| delivery::last_batch(&image.table(META)?))
    }

    /// What was delivered of a config, in the order of time.
    pub(crate) fn deliveries(
        &self,
        query: &DeliveryQuery,
        watch: &Watch<'_>,
    ) -> Result<Vec<DeliveryCount>> {
        self.ask(|image| delivery::deliveries(image, query, watch))
    }

    /// Every key that was ever delivered, with what was in a period.
    pub(crate) fn key_deliveries(
        &self,
        period: Period,
        watch: &Watch<'_>,
    ) -> Result<BTreeMap<KeyId, KeyDeliveries>> {
        self.ask(|image| delivery::key_deliveries(image, period, watch))
    }

    /// The user of the event with an id, if there is one who was not forgotten.
    pub(crate) fn event_user(&self, id: &str) -> Result<Option<Arc<str>>> {
        self.ask(|image| user::event_user(image, id))
    }

    /// All that is known of a user, in order of receipt.
    pub(crate) fn user_entries(&self, user: &str) -> Result<Vec<Entry>> {
        self.ask(|image| user::user_entries(image, user))
    }

    /// At most so many users after one, in the byte order of their ids, with all that is known of them.
    pub(crate) fn users_after(
        &self,
        after: Option<&str>,
        count: usize,
    ) -> Result<Vec<(Arc<str>, Vec<Entry>)>> {
        self.ask(|image| user::users_after(image, after, count))
    }

    /// The same, from a bound on; with the properties of events, or without.
    pub(crate) fn users_from(
        &self,
        from: Bound<&str>,
        count: usize,
        reads_properties: bool,
    ) -> Result<Vec<(Arc<str>, Vec<Entry>)>> {
        self.ask(|image| user::users_from(image, from, count, reads_properties))
    }

    /// The next events in the order in which the file has them: by the numbers of the users, from one on, and of each
    /// in order of receipt. Gives also the number from which on there may be more.
    pub(crate) fn events_from(
        &self,
        first: u32,
        reads: &EventReads<'_>,
    ) -> Result<(Vec<Entry>, Option<u32>)> {
        self.ask(|image| user::events_from(image, first, reads))
    }

    /// How many users have facts.
    pub(crate) fn user_count(&self) -> Result<u64> {
        self.ask(user::user_count)
    }

    /// Hands over recorded contexts: first those without a user, then by user; of a user in the order of a digest.
    pub(crate) fn contexts(
        &self,
        range: ContextRange<'_>,
        watch: &Watch<'_>,
        take: &mut ContextTaker<'_>,
    ) -> Result<()> {
        self.ask(|image| traffic::each(image, range, watch, take))
    }

    /// Whether any context was recorded.
    pub(crate) fn has_contexts(&self) -> Result<bool> {
        self.ask(traffic::has_any)
    }

    /// Whether a context of a user was recorded.
    pub(crate) fn has_contexts_of(&self, user: &str) -> Result<bool> {
        self.ask(|image| traffic::has_user(image, user))
    }

    /// What tells the state from others.
    pub(crate) fn mark(&self) -> Result<Mark> {
        self.ask(Mark::of)
    }

    /// The edition of a list; `None` if an earlier program wrote it, and it lost nobody since.
    pub(crate) fn list_edition(&self, list: ListId) -> Result<Option<Edition>> {
        self.ask(|image| list::edition(image, list))
    }

    /// Calls a function with each id of a list, in order.
    pub(crate) fn each_listed(
        &self,
        list: ListId,
        take: impl FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        self.ask(|image| list::each(image, list, take))
    }

    /// Whether any list has a user.
    pub(crate) fn is_listed(&self, user: &str) -> Result<bool> {
        self.ask(|image| list::is_listed(image, user))
    }
}

impl VersionReader for Reader {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        self.ask(|image| image.version(config, number))
    }
}
