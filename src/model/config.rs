//! Configs: names, switches, and the versions and publications that matter.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    ConfigId, KeptVersions, Name, Ordered, Reference, SegmentId, Timeline, Timestamp, Version,
};

/// Head of a config at one revision: all but its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigHead {
    /// Its number, which survives renames.
    pub id: ConfigId,
    /// Its name now.
    pub name: Name,
    /// Whether the kill switch is on: every key has its default.
    pub disabled: bool,
    /// Whether it is archived.
    pub archived: bool,
}

/// A config as it stands at one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name and switches.
    pub head: ConfigHead,
    /// The number of its newest version.
    pub newest: u32,
    /// The salt of every segment that ever had a row in it.
    pub salts: Ordered<SegmentId, Arc<str>>,
    /// The publications that still matter.
    pub timeline: Timeline,
    /// The versions that still matter: the newest, and those of the publications in the timeline.
    pub versions: KeptVersions,
}

impl Config {
    /// A config that has no version yet.
    pub(crate) fn new(head: ConfigHead) -> Self {
        let (salts, versions) = (Ordered::default(), KeptVersions::default());
        Self { head, newest: 0, salts, timeline: Timeline::default(), versions }
    }

    /// The newest version: there always is one, as a config is made together with its first.
    #[must_use]
    pub fn newest(&self) -> Option<&Arc<Version>> {
        self.versions.get(self.newest)
    }

    /// The version that is live at an instant, whatever the switches say.
    #[must_use]
    pub fn live(&self, at: Timestamp) -> Option<&Arc<Version>> {
        self.timeline.live(at).and_then(|number| self.versions.get(number))
    }

    /// The numbers of the newest, the live and the scheduled versions.
    #[must_use]
    pub fn used_numbers(&self, now: Timestamp) -> BTreeSet<u32> {
        let mut numbers = self.timeline.used_versions(now);
        numbers.insert(self.newest);
        numbers
    }

    /// The newest, the live and the scheduled versions, by number.
    pub fn used(&self, now: Timestamp) -> impl Iterator<Item = &Arc<Version>> {
        self.used_numbers(now).into_iter().filter_map(|number| self.versions.get(number))
    }

    /// Forgets the publications that are over, and those of some versions that nothing needs any more: neither is one
    /// the newest nor has it a publication that still matters (if only because taking back another one would bring it
    /// back). Returns the keys and segments that none of its versions has any more.
    pub(crate) fn settle(
        &mut self,
        now: Timestamp,
        versions: impl IntoIterator<Item = u32>,
    ) -> Vec<Reference> {
        let over = self.timeline.prune(now).into_iter().map(|publication| publication.version);
        let candidates: Vec<_> = versions.into_iter().chain(over).collect();
        let unneeded = candidates.into_iter().filter(|number| !self.needs(*number));
        let unneeded: Vec<_> = unneeded.collect();
        unneeded.into_iter().flat_map(|number| self.versions.remove(number)).collect()
    }

    /// Whether a version is the newest or has a publication that still matters.
    fn needs(&self, number: u32) -> bool {
        number == self.newest || self.timeline.count(number) > 0
    }

    /// The numbers of the newest version, if there is one, and of those of the timeline.
    pub(crate) fn needed_numbers(&self) -> BTreeSet<u32> {
        let newest = Some(self.newest).filter(|newest| *newest > 0);
        self.timeline.versions().chain(newest).collect()
    }

    /// The state of the config in one word, as `SHOW CONFIGS` says it.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> &'static str {
        if self.head.archived {
            "archived"
        } else if self.head.disabled {
            "disabled"
        } else if self.timeline.live(now).is_some() {
            "live"
        } else if self.timeline.to_come(now).next().is_some() {
            "scheduled"
        } else {
            "draft"
        }
    }
}
