//! Publications: which version of a config is live from when on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ConfigId, Timestamp};

/// The decision that a version of a config is live from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Whose version it is.
    pub config: ConfigId,
    /// Its place in the order of commits, over all configs: 1, 2, …
    pub sequence: u64,
    /// The version that it makes live.
    pub version: u32,
    /// From when on it is in force.
    pub effective: Timestamp,
    /// Up to when, not including it, it is in force; `None` is for ever.
    pub until: Option<Timestamp>,
    /// Whether the statement said `AT`; if not, it takes effect at its commit.
    pub scheduled: bool,
    /// Why, if the statement said so.
    pub comment: Option<Arc<str>>,
}

impl Publication {
    /// Whether it is in force at an instant.
    #[must_use]
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.effective <= at && self.until.is_none_or(|until| at < until)
    }

    /// Of those in force the latest effective one is live; of equals, the last committed.
    fn rank(&self) -> (Timestamp, u64) {
        (self.effective, self.sequence)
    }
}

/// The publications of a config that still matter, in order of commit; cancelled ones are not here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline(Vec<Publication>);

impl Timeline {
    /// Makes a timeline of publications that are in force or to come.
    #[must_use]
    pub fn new(mut publications: Vec<Publication>) -> Self {
        publications.sort_by_key(|p| p.sequence);
        Self(publications)
    }

    /// The publications, in order of commit.
    #[must_use]
    pub fn publications(&self) -> &[Publication] {
        &self.0
    }

    /// The publication that decides at an instant.
    #[must_use]
    pub fn deciding(&self, at: Timestamp) -> Option<&Publication> {
        self.0.iter().filter(|p| p.in_force(at)).max_by_key(|p| p.rank())
    }

    /// The version that is live at an instant.
    #[must_use]
    pub fn live(&self, at: Timestamp) -> Option<u32> {
        self.deciding(at).map(|p| p.version)
    }

    /// The publications whose time has not come.
    pub fn to_come(&self, now: Timestamp) -> impl Iterator<Item = &Publication> {
        self.0.iter().filter(move |p| p.effective > now)
    }

    /// Whether the future differs from the present: a publication to come, or a window in force.
    #[must_use]
    pub fn is_unsettled(&self, now: Timestamp) -> bool {
        self.0.iter().any(|p| p.effective > now || p.until.is_some_and(|until| until > now))
    }

    /// The instants after `now` at which the live version may change, in order.
    #[must_use]
    pub fn changes_after(&self, now: Timestamp) -> BTreeSet<Timestamp> {
        let ends = self.0.iter().flat_map(|p| [Some(p.effective), p.until]);
        ends.flatten().filter(|&t| t > now).collect()
    }

    /// The versions that are live now, or that a publication to come or the end of a window will make live.
    #[must_use]
    pub fn used_versions(&self, now: Timestamp) -> BTreeSet<u32> {
        let scheduled = self.to_come(now).map(|p| p.version);
        let live = self.eras(now).into_iter().filter_map(|(_, p)| p).map(|p| p.version);
        scheduled.chain(live).collect()
    }

    /// The instant `now` and every later one at which what decides may change, each with the publication
    /// that decides from there on. One pass over the beginnings and ends, in order of time.
    #[must_use]
    pub fn eras(&self, now: Timestamp) -> Vec<(Timestamp, Option<&Publication>)> {
        let mut edges: BTreeMap<Timestamp, Vec<(bool, &Publication)>> = BTreeMap::new();
        edges.entry(now).or_default();
        for p in self.0.iter().filter(|p| p.until.is_none_or(|until| until > now)) {
            edges.entry(p.effective.max(now)).or_default().push((true, p));
            if let Some(until) = p.until {
                edges.entry(until).or_default().push((false, p));
            }
        }
        let mut in_force: BTreeMap<(Timestamp, u64), &Publication> = BTreeMap::new();
        let eras = edges.into_iter().map(|(at, edges)| {
            for (begins, p) in edges {
                if begins {
                    in_force.insert(p.rank(), p);
                } else {
                    in_force.remove(&p.rank());
                }
            }
            (at, in_force.last_key_value().map(|(_, p)| *p))
        });
        eras.collect()
    }

    /// Adds a publication.
    pub(crate) fn push(&mut self, publication: Publication) {
        self.0.push(publication);
    }

    /// Takes a publication back.
    pub(crate) fn cancel(&mut self, sequence: u64) {
        self.0.retain(|p| p.sequence != sequence);
    }

    /// Forgets the publications that can never be live at or after `now`: windows that are over, and
    /// those without an end that another one stands on top of. A window stays while it lasts, whatever
    /// stands on it: it still counts as in force.
    pub(crate) fn prune(&mut self, now: Timestamp) {
        let base = self
            .0
            .iter()
            .filter(|p| p.effective <= now && p.until.is_none())
            .map(Publication::rank);
        let base = base.max();
        self.0.retain(|p| {
            p.until.map_or_else(|| base.is_none_or(|base| p.rank() >= base), |until| until > now)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication(sequence: u64, version: u32, from: i64, until: Option<i64>) -> Publication {
        let at = |t| Timestamp::from_micros(t).unwrap();
        Publication {
            config: ConfigId(1),
            sequence,
            version,
            effective: at(from),
            until: until.map(at),
            scheduled: true,
            comment: None,
        }
    }

    #[test]
    fn pruning_changes_nothing_from_then_on() {
        let all = vec![
            publication(1, 1, 0, None),
            publication(2, 2, 10, Some(50)),
            publication(3, 3, 20, None),
            publication(4, 4, 15, Some(40)),
            publication(5, 5, 20, Some(30)),
            publication(6, 6, 60, None),
            publication(7, 7, 60, Some(61)),
        ];
        let at = |t| Timestamp::from_micros(t).unwrap();
        for now in 0..70 {
            let whole = Timeline::new(all.clone());
            let mut pruned = whole.clone();
            pruned.prune(at(now));
            for t in now..80 {
                assert_eq!(whole.live(at(t)), pruned.live(at(t)), "now {now}, at {t}");
                let eras = pruned.eras(at(now));
                let era = eras.iter().rev().find(|(from, _)| *from <= at(t));
                let live = era.and_then(|(_, p)| p.map(|p| p.version));
                assert_eq!(live, pruned.live(at(t)), "eras, now {now}, at {t}");
                assert_eq!(
                    whole.used_versions(at(t)),
                    pruned.used_versions(at(t)),
                    "now {now}, at {t}"
                );
            }
        }
        assert_eq!(Timeline::new(all).live(at(61)), Some(6));
    }
}
