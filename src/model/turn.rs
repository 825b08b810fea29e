//! Turns of a config: what was live, one version after the other.

use super::{Change, Publication, Timestamp};

/// A point of a timeline: a publication begins, or one ends, which comes first at one instant.
type Turn = (Timestamp, Option<u64>);

/// The version that was live before the one that is, by all changes of the config so far; `None` if none was.
/// Publications of one instant follow one another in the order of their commits.
pub(crate) fn turn_before(changes: &[Change], now: Timestamp) -> Option<u32> {
    let mut publications: Vec<&Publication> = Vec::new();
    for change in changes {
        match change {
            Change::Publication(publication) => publications.push(publication),
            Change::Cancel { sequence, .. } => publications.retain(|p| p.sequence != *sequence),
            _ => {}
        }
    }
    let begins = publications.iter().map(|p| (p.effective, Some(p.sequence)));
    let ends = publications.iter().filter_map(|p| Some((p.until?, None)));
    let mut turns: Vec<Turn> = begins.chain(ends).filter(|(at, _)| *at <= now).collect();
    turns.sort_unstable();
    let mut live = turns.into_iter().rev().map(|turn| live_after(&publications, turn));
    let current = live.next()?;
    live.find(|before| *before != current).flatten()
}

/// What is live right after a turn.
fn live_after(publications: &[&Publication], (at, sequence): Turn) -> Option<u32> {
    let begun = |p: &&&Publication| match sequence {
        Some(last) => p.rank() <= (at, last),
        None => p.effective < at,
    };
    let lasts = |p: &&&Publication| p.until.is_none_or(|until| at < until);
    let in_force = publications.iter().filter(begun).filter(lasts);
    in_force.max_by_key(|p| p.rank()).map(|p| p.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConfigId;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn publish(sequence: u64, version: u32, from: i64, until: Option<i64>) -> Change {
        Change::Publication(Publication {
            config: ConfigId(1),
            sequence,
            version,
            effective: at(from),
            until: until.map(at),
            scheduled: true,
            comment: None,
        })
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
        let cancelled = [&all[..], &[Change::Cancel { config: ConfigId(1), sequence: 4 }]].concat();
        assert_eq!(turn_before(&cancelled, at(20)), Some(3));
    }
}
