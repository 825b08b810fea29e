//! Layout of a split over the buckets: other shares, laid out so that as few users as possible change their arm.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Arm, Share, Split, Value};

/// Pieces of an order of buckets: who has so many of them.
type Pieces<T> = Vec<(T, u32)>;

impl Split {
    /// The shares of another split, laid out over this one so that as few users as possible change their arm. Arms are
    /// the same by name; one without a name goes by its place.
    ///
    /// Each arm keeps of its buckets, lowest first, as many as its new share allows; what is free goes to the arms that
    /// lack, in their order. No layout moves fewer: an arm that grows keeps all it had, and one that shrinks has as many
    /// as it may have, of those it had.
    pub(crate) fn keeping_users(&self, new: &Self) -> Self {
        let pieces = lay_out(&self.labelled(), &new.totals());
        let values: BTreeMap<_, _> = new.values().collect();
        let numbers = pieces.iter().zip(1_u64..).all(|((label, _), n)| **label == n.to_string());
        let named = !numbers || new.arms.iter().any(|arm| arm.name.is_some());
        let arm = |(label, share): (Arc<str>, u32)| {
            let value = (*values.get(&label)?).clone();
            let name = named.then_some(label);
            Some(Arm { name, share: Share::from_thousandths(share)?, value })
        };
        Self { arms: pieces.into_iter().filter_map(arm).collect(), by: new.by.clone() }
    }

    /// Whether another split gives its arms the same shares and values, however the two are laid out.
    pub(crate) fn shares_as(&self, other: &Self) -> bool {
        let totals = |split: &Self| -> BTreeMap<_, _> { split.totals().into_iter().collect() };
        let values = |split: &Self| -> BTreeMap<_, _> {
            split.values().map(|(label, value)| (label, value.clone())).collect()
        };
        self.by == other.by && totals(self) == totals(other) && values(self) == values(other)
    }

    /// Whether an arm is in more than one piece.
    pub(crate) fn is_in_pieces(&self) -> bool {
        self.totals().len() < self.arms.len()
    }

    /// The arms by name, and the shares of their pieces, in the order of the buckets.
    fn labelled(&self) -> Pieces<Arc<str>> {
        let arms = self.arms.iter().enumerate();
        arms.map(|(index, arm)| (arm.label(index), arm.share.thousandths())).collect()
    }

    /// The share of each arm, all its pieces together, in the order in which the arms first stand there.
    fn totals(&self) -> Pieces<Arc<str>> {
        let (mut totals, mut places): (Pieces<Arc<str>>, BTreeMap<_, usize>) = Default::default();
        for (label, share) in self.labelled() {
            let place = *places.entry(Arc::clone(&label)).or_insert(totals.len());
            match totals.get_mut(place) {
                Some((_, total)) => *total += share,
                None => totals.push((label, share)),
            }
        }
        totals
    }

    /// The value of each piece, by the name of its arm.
    fn values(&self) -> impl Iterator<Item = (Arc<str>, &Value)> {
        self.arms.iter().enumerate().map(|(index, arm)| (arm.label(index), &arm.value))
    }
}

/// Lays shares out over the pieces that were there; both have as many buckets.
fn lay_out<T: Clone + Ord>(old: &[(T, u32)], shares: &[(T, u32)]) -> Pieces<T> {
    let mut left: BTreeMap<&T, u32> = shares.iter().map(|(label, share)| (label, *share)).collect();
    let kept = old.iter().map(|(label, length)| {
        let mut none = 0;
        let left = left.get_mut(label).unwrap_or(&mut none);
        let keeps = (*left).min(*length);
        *left -= keeps;
        (label, keeps, length - keeps)
    });
    let kept: Vec<_> = kept.collect();
    let lacks = |(label, _): &'_ (T, u32)| left.get(label).copied().unwrap_or_default();
    let mut lacking: VecDeque<_> = shares.iter().map(|share| (&share.0, lacks(share))).collect();
    let mut pieces = Vec::new();
    for (label, keeps, free) in kept {
        push(&mut pieces, label, keeps);
        fill(&mut pieces, &mut lacking, free);
    }
    pieces.extend(shares.iter().filter(|(_, share)| *share == 0).cloned());
    pieces
}

/// Gives free buckets to the arms that lack some.
fn fill<T: Clone + Eq>(pieces: &mut Pieces<T>, lacking: &mut VecDeque<(&T, u32)>, mut free: u32) {
    while let Some((label, lacks)) = lacking.front_mut() {
        let takes = free.min(*lacks);
        push(pieces, label, takes);
        (free, *lacks) = (free - takes, *lacks - takes);
        if *lacks > 0 {
            return;
        }
        lacking.pop_front();
    }
}

/// Adds buckets; neighbours of one arm are one piece.
fn push<T: Clone + Eq>(pieces: &mut Pieces<T>, label: &T, length: u32) {
    match pieces.last_mut() {
        _ if length == 0 => {}
        Some((last, share)) if last == label => *share += length,
        _ => pieces.push((label.clone(), length)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Arms = Vec<(u8, u32)>;

    fn buckets(pieces: &[(u8, u32)]) -> Vec<u8> {
        pieces.iter().flat_map(|(arm, share)| std::iter::repeat_n(*arm, *share as usize)).collect()
    }

    /// The arms and their shares of an order of buckets, in the order in which they first stand there.
    fn shares(buckets: &[u8]) -> Arms {
        let mut shares: Arms = Vec::new();
        for arm in buckets {
            match shares.iter_mut().find(|(known, _)| known == arm) {
                Some((_, share)) => *share += 1,
                None => shares.push((*arm, 1)),
            }
        }
        shares
    }

    fn moved(old: &[u8], new: &[u8]) -> usize {
        old.iter().zip(new).filter(|(old, new)| old != new).count()
    }

    /// Every order of the buckets.
    fn orders(buckets: &[u8]) -> BTreeSet<Vec<u8>> {
        let Some((first, rest)) = buckets.split_first() else { return [Vec::new()].into() };
        let insert = |order: Vec<u8>| {
            (0..=order.len()).map(move |place| {
                let mut order = order.clone();
                order.insert(place, *first);
                order
            })
        };
        orders(rest).into_iter().flat_map(insert).collect()
    }

    proptest! {
        #[test]
        fn no_layout_moves_fewer(
            both in prop::collection::vec((0_u8..4, 0_u8..4), 1..7),
        ) {
            let (old, new): (Vec<_>, Vec<_>) = both.into_iter().unzip();
            let runs: Arms = old.iter().map(|arm| (*arm, 1)).collect();
            let laid = buckets(&lay_out(&runs, &shares(&new)));
            let least = orders(&new).iter().map(|order| moved(&old, order)).min();
            let sorted = |mut buckets: Vec<u8>| { buckets.sort_unstable(); buckets };
            prop_assert_eq!(Some(moved(&old, &laid)), least);
            prop_assert_eq!(sorted(laid), sorted(new));
        }
    }

    #[test]
    fn neighbours_are_one_and_what_is_empty_is_last() {
        let laid = lay_out(&[('a', 50), ('b', 50)], &[('z', 0), ('a', 40), ('b', 40), ('c', 20)]);
        assert_eq!(laid, [('a', 40), ('c', 10), ('b', 40), ('c', 10), ('z', 0)]);
        let back = lay_out(&laid, &[('a', 60), ('b', 40)]);
        assert_eq!(back, [('a', 50), ('b', 40), ('a', 10)]);
        assert_eq!(lay_out(&[('a', 100)], &[('a', 100)]), [('a', 100)]);
    }
}
