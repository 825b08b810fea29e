//! Timeline: the publications of a config that still matter, so that each question takes few steps however many they are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

use super::publication::Rank;
use super::{Ordered, Publication, Timestamp};

/// The publications of a config that still matter; cancelled ones are not here.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    ranked: Ordered<Rank, Publication>,
    /// When each begins, in order of commit.
    starts: Ordered<u64, Timestamp>,
    /// Those without an end.
    endless: Ordered<Rank, ()>,
    /// When windows end, and their places in the order of commits.
    ends: Ordered<(Timestamp, u64), ()>,
    /// How many publications each version has.
    versions: Ordered<u32, usize>,
}

/// All but what is found of it.
impl PartialEq for Timeline {
    fn eq(&self, other: &Self) -> bool {
        self.ranked == other.ranked
    }
}

impl Eq for Timeline {}

impl Timeline {
    /// Makes a timeline of publications that are in force or to come.
    #[must_use]
    pub fn new(publications: Vec<Publication>) -> Self {
        let mut timeline = Self::default();
        for publication in publications {
            timeline.push(publication);
        }
        timeline
    }

    /// The publications, in order of commit.
    #[must_use]
    pub fn publications(&self) -> impl DoubleEndedIterator<Item = &Publication> {
        self.starts.iter().filter_map(|(sequence, at)| self.ranked.get(&(*at, *sequence)))
    }

    /// How many publications there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranked.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranked.is_empty()
    }

    /// A publication, by its place in the order of commits.
    #[must_use]
    pub fn get(&self, sequence: u64) -> Option<&Publication> {
        self.ranked.get(&(*self.starts.get(&sequence)?, sequence))
    }

    /// The publication that decides at an instant.
    #[must_use]
    pub fn deciding(&self, at: Timestamp) -> Option<&Publication> {
        self.begun(at).find(|publication| publication.in_force(at))
    }

    /// The version that is live at an instant.
    #[must_use]
    pub fn live(&self, at: Timestamp) -> Option<u32> {
        self.deciding(at).map(|p| p.version)
    }

    /// The publications whose time has come, from the highest in rank down.
    fn begun(&self, now: Timestamp) -> impl Iterator<Item = &Publication> {
        self.ranked.range(..=(now, u64::MAX)).rev().map(|(_, publication)| publication)
    }

    /// The publications whose time has not come, in order of time.
    #[must_use]
    pub fn to_come(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &Publication> {
        let later = (Excluded((now, u64::MAX)), Unbounded);
        self.ranked.range(later).map(|(_, publication)| publication)
    }

    /// Whether the future differs from the present: a publication to come, or a window in force.
    #[must_use]
    pub fn is_unsettled(&self, now: Timestamp) -> bool {
        self.next_change(now).is_some()
    }

    /// The first instant after `now` at which the live version may change.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let start = self.to_come(now).next().map(|publication| publication.effective);
        start.into_iter().chain(self.ends_after(now).next()).min()
    }

    fn ends_after(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.ends.range((Excluded((now, u64::MAX)), Unbounded)).map(|((until, _), ())| *until)
    }

    /// The instants after `now` at which the live version may change, in order.
    #[must_use]
    pub fn changes_after(&self, now: Timestamp) -> BTreeSet<Timestamp> {
        self.to_come(now).map(|p| p.effective).chain(self.ends_after(now)).collect()
    }

    /// The versions that are live now, or that a publication to come or the end of a window will make live.
    #[must_use]
    pub fn used_versions(&self, now: Timestamp) -> BTreeSet<u32> {
        let spent = self.spent(now);
        let used = self.versions.iter().filter(|(number, count)| spent.get(number) < Some(count));
        used.map(|(number, _)| *number).collect()
    }

    /// Whether a version is one of these.
    #[must_use]
    pub fn uses(&self, version: u32, now: Timestamp) -> bool {
        self.versions.get(&version).is_some_and(|count| self.spent(now).get(&version) < Some(count))
    }

    /// How many publications each version has that will never decide from now on.
    fn spent(&self, now: Timestamp) -> BTreeMap<u32, usize> {
        let mut spent = BTreeMap::new();
        // up to here those in force cover all that are below them; `None`: for ever
        let mut covered = Some(now);
        for publication in self.begun(now) {
            let free = covered.and_then(|from| self.free_of_later(from, now));
            let decides =
                free.is_some_and(|free| publication.until.is_none_or(|until| free < until));
            if !decides {
                *spent.entry(publication.version).or_default() += 1;
            }
            covered = covered.zip(publication.until).map(|(covered, until)| covered.max(until));
        }
        spent
    }

    /// The first instant from `from` on at which none that is to come after `now` is in force.
    fn free_of_later(&self, from: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let mut free = from;
        while let Some(later) =
            self.begun(free).take_while(|p| p.effective > now).find(|p| p.in_force(free))
        {
            free = later.until?;
        }
        Some(free)
    }

    /// The instant `now` and every later one at which what decides may change, each with the publication
    /// that decides from there on. One pass over the beginnings and ends, in order of time.
    #[must_use]
    pub fn eras(&self, now: Timestamp) -> Vec<(Timestamp, Option<&Publication>)> {
        let mut edges: BTreeMap<Timestamp, Vec<(bool, &Publication)>> = BTreeMap::new();
        edges.entry(now).or_default();
        let lasting = self.ranked.values().filter(|p| p.until.is_none_or(|until| until > now));
        for p in lasting {
            edges.entry(p.effective.max(now)).or_default().push((true, p));
            if let Some(until) = p.until {
                edges.entry(until).or_default().push((false, p));
            }
        }
        let mut in_force: BTreeMap<Rank, &Publication> = BTreeMap::new();
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

    /// How many publications a version has.
    pub(super) fn count(&self, version: u32) -> usize {
        self.versions.get(&version).copied().unwrap_or_default()
    }

    /// Whether a version has a publication.
    pub(crate) fn has_version(&self, version: u32) -> bool {
        self.versions.contains_key(&version)
    }

    /// How many versions have a publication.
    pub(crate) fn version_count(&self) -> usize {
        self.versions.len()
    }

    /// The versions that have a publication.
    pub(crate) fn versions(&self) -> impl Iterator<Item = u32> {
        self.versions.keys().copied()
    }

    /// Adds a publication.
    pub(crate) fn push(&mut self, publication: Publication) {
        self.cancel(publication.sequence);
        let (sequence, rank) = (publication.sequence, publication.rank());
        self.starts.insert(sequence, publication.effective);
        match publication.until {
            None => drop(self.endless.insert(rank, ())),
            Some(until) => drop(self.ends.insert((until, sequence), ())),
        }
        self.versions.insert(publication.version, self.count(publication.version) + 1);
        self.ranked.insert(rank, publication);
    }

    /// Takes a publication back.
    pub(crate) fn cancel(&mut self, sequence: u64) -> Option<Publication> {
        let start = self.starts.remove(&sequence)?;
        let publication = self.ranked.remove(&(start, sequence))?;
        match publication.until {
            None => drop(self.endless.remove(&publication.rank())),
            Some(until) => drop(self.ends.remove(&(until, sequence))),
        }
        match self.count(publication.version) {
            0 | 1 => drop(self.versions.remove(&publication.version)),
            count => drop(self.versions.insert(publication.version, count - 1)),
        }
        Some(publication)
    }

    /// Forgets the publications that can never be live at or after `now`, and returns them: windows that are over, and
    /// those without an end that another one stands on top of. A window stays while it lasts, whatever
    /// stands on it: it still counts as in force.
    pub(crate) fn prune(&mut self, now: Timestamp) -> Vec<Publication> {
        let over = self.ends.range(..=(now, u64::MAX)).map(|((_, sequence), ())| *sequence);
        let mut over: Vec<_> = over.collect();
        let base = self.endless.range(..=(now, u64::MAX)).next_back();
        if let Some((base, ())) = base {
            over.extend(self.endless.range(..base).map(|((_, sequence), ())| *sequence));
        }
        over.into_iter().filter_map(|sequence| self.cancel(sequence)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::ConfigId;

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

    fn naive_uses(all: &[Publication], now: i64) -> BTreeSet<u32> {
        let deciding = |at: Timestamp| {
            all.iter().filter(|p| p.in_force(at)).max_by_key(|p| p.rank()).map(|p| p.version)
        };
        let at = |t| Timestamp::from_micros(t).unwrap();
        let to_come = all.iter().filter(|p| p.effective > at(now)).map(|p| p.version);
        to_come.chain((now..60).filter_map(|t| deciding(at(t)))).collect()
    }

    proptest! {
        #[test]
        fn it_answers_as_a_look_at_all_does(
            spans in prop::collection::vec((0_u32..5, 0_i64..40, prop::option::of(1_i64..15)), 0..60),
            (now, gone) in (0_i64..40, 0_usize..60),
        ) {
            let at = |t| Timestamp::from_micros(t).unwrap();
            let mut all: Vec<_> = (1..)
                .zip(spans)
                .map(|(n, (version, from, length))| publication(n, version, from, length.map(|l| from + l)))
                .collect();
            let mut timeline = Timeline::new(all.clone());
            if gone < all.len() {
                let gone = all.remove(gone);
                prop_assert_eq!(timeline.cancel(gone.sequence), Some(gone));
            }
            prop_assert!(timeline.publications().eq(&all));
            for pruned in [false, true] {
                if pruned {
                    let gone = timeline.prune(at(now)).len();
                    prop_assert_eq!(timeline.len() + gone, all.len());
                }
                for t in now..60 {
                    let wanted = all.iter().filter(|p| p.in_force(at(t))).max_by_key(|p| p.rank());
                    prop_assert_eq!(timeline.deciding(at(t)), wanted);
                }
                let wanted = naive_uses(&all, now);
                prop_assert_eq!(timeline.used_versions(at(now)), wanted.clone());
                for version in 0..5 {
                    prop_assert_eq!(timeline.uses(version, at(now)), wanted.contains(&version));
                }
                let changes = timeline.changes_after(at(now));
                prop_assert_eq!(timeline.next_change(at(now)), changes.first().copied());
                let eras = timeline.eras(at(now));
                for (from, live) in eras {
                    prop_assert_eq!(timeline.deciding(from), live);
                }
            }
        }
    }
}
