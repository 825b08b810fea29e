//! Turns of a config: what was live, one version after the other.

use super::{Change, Publication, Timestamp};

/// A point of a timeline: a publication begins, or one ends, which comes first at one instant.
type Turn = (Timestamp, Option<u64>);

/// The version that was live before the one that is, by all changes of the config so far; `None` if none was.
/// Publications of one instant follow one another in the order of their commits.
pub(crate) fn turn_before(changes: &[(u64, Change)], now: Timestamp) -> Option<u32> {
    let turns = Turns::of(changes, now);
    let mut live = turns.turns.iter().rev().map(|turn| turns.live_after(*turn));
    let current = live.next()?;
    live.find(|before| *before != current).flatten()
}

/// End of the last time that a version was live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReignEnd {
    /// The commit of a revision, which put another in its place.
    Revision(u64),
    /// An instant, at which another was to follow, or its window to end.
    Instant(Timestamp),
}

/// When a version was live last, by all changes of the config so far; `None` if it never was, or is.
pub(crate) fn last_reign(
    changes: &[(u64, Change)],
    version: u32,
    now: Timestamp,
) -> Option<ReignEnd> {
    let turns = Turns::of(changes, now);
    let is_live = |turn: &Turn| turns.live_after(*turn) == Some(version);
    let last = turns.turns.iter().rposition(is_live)?;
    let (at, sequence) = *turns.turns.get(last + 1)?;
    let begun = turns.publications.iter().find(|(_, p)| Some(p.sequence) == sequence);
    Some(match begun {
        Some((revision, publication)) if !publication.scheduled => ReignEnd::Revision(*revision),
        _ => ReignEnd::Instant(at),
    })
}

/// Publications of a config with their revisions, and the turns up to an instant.
struct Turns<'c> {
    publications: Vec<(u64, &'c Publication)>,
    turns: Vec<Turn>,
}

impl<'c> Turns<'c> {
    fn of(changes: &'c [(u64, Change)], now: Timestamp) -> Self {
        let mut publications: Vec<(u64, &Publication)> = Vec::new();
        for (revision, change) in changes {
            match change {
                Change::Publication(publication) => publications.push((*revision, publication)),
                Change::Cancel { sequence, .. } => {
                    publications.retain(|(_, p)| p.sequence != *sequence);
                }
                _ => {}
            }
        }
        let begins = publications.iter().map(|(_, p)| (p.effective, Some(p.sequence)));
        let ends = publications.iter().filter_map(|(_, p)| Some((p.until?, None)));
        let mut turns: Vec<Turn> = begins.chain(ends).filter(|(at, _)| *at <= now).collect();
        turns.sort_unstable();
        Self { publications, turns }
    }

    /// What is live right after a turn.
    fn live_after(&self, (at, sequence): Turn) -> Option<u32> {
        let begun = |p: &&Publication| match sequence {
            Some(last) => p.rank() <= (at, last),
            None => p.effective < at,
        };
        let lasts = |p: &&Publication| p.until.is_none_or(|until| at < until);
        let in_force = self.publications.iter().map(|(_, p)| *p).filter(begun).filter(lasts);
        in_force.max_by_key(|p| p.rank()).map(|p| p.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConfigId;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn publish(sequence: u64, version: u32, from: i64, until: Option<i64>) -> (u64, Change) {
        let publication = Change::Publication(Publication {
            config: ConfigId(1),
            sequence,
            version,
            effective: at(from),
            until: until.map(at),
            scheduled: true,
            comment: None,
        });
        (10 * sequence, publication)
    }

    #[test]
    fn it_is_the_version_of_the_turn_before() {
        let first = publish(1, 1, 10, None);
        assert_eq!(turn_before(&[], at(10)), None);
        assert_eq!(turn_before(std::slice::from_ref(&first), at(10)), None);
        let second = publish(2, 2, 10, None);
        assert_eq!(turn_before(&[first.clone(), second.clone()], at(10)), Some(1));
        let again = publish(3, 2, 12, None);
        assert_eq!(turn_before(&[first.clone(), second.clone(), again], at(12)), Some(1));
        let window = publish(3, 3, 12, Some(14));
        let all = [first, second, window, publish(4, 1, 20, None)];
        assert_eq!(turn_before(&all, at(13)), Some(2));
        assert_eq!(turn_before(&all, at(14)), Some(3));
        assert_eq!(turn_before(&all, at(20)), Some(2));
        let cancelled =
            [&all[..], &[(50, Change::Cancel { config: ConfigId(1), sequence: 4 })]].concat();
        assert_eq!(turn_before(&cancelled, at(20)), Some(3));
    }

    #[test]
    fn the_last_reign_of_a_version_ends_at_a_commit_or_at_an_instant() {
        let (first, window) = (publish(1, 1, 10, None), publish(2, 2, 12, Some(14)));
        let mut now = publish(3, 3, 16, None);
        if let Change::Publication(publication) = &mut now.1 {
            publication.scheduled = false;
        }
        let all = [first, window, now];
        let ends = |at_instant| [1, 2, 3].map(|version| last_reign(&all, version, at(at_instant)));
        assert_eq!(ends(11), [None; 3]);
        assert_eq!(ends(13), [Some(ReignEnd::Instant(at(12))), None, None]);
        assert_eq!(ends(15), [None, Some(ReignEnd::Instant(at(14))), None]);
        let first = Some(ReignEnd::Revision(30));
        assert_eq!(ends(16), [first, Some(ReignEnd::Instant(at(14))), None]);
    }
}
