//! Splits whose layout keeps users, bucket by bucket.

use std::collections::BTreeMap;

use crate::bucket::BUCKETS;
use crate::operation::{Arm, Cell, Name, Val};

/// The arms that have no name go by their numbers.
const NUMBERS: [Name; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

impl Arm {
    /// The name of the arm, or its number from 0 counted from 1.
    pub(crate) fn label(&self, index: usize) -> Name {
        self.name.unwrap_or_else(|| NUMBERS[index])
    }
}

/// The cell that an edit makes of the one before it.
pub(crate) fn over(made: &Cell, old: Option<&Cell>) -> Cell {
    match (made, old) {
        (Cell::Split { arms, by, keeping: true }, Some(Cell::Split { arms: old, .. })) => {
            Cell::Split { arms: keeping_users(old, arms), by: *by, keeping: false }
        }
        (Cell::Split { arms, by, .. }, _) => {
            Cell::Split { arms: arms.clone(), by: *by, keeping: false }
        }
        (value, _) => value.clone(),
    }
}

/// The cell that stands where one was: a split of the same shares stays as it is laid out, one of others keeps users.
pub(crate) fn unless_same(old: &Cell, new: &Cell) -> Cell {
    match (old, new) {
        (Cell::Split { arms: before, by, .. }, Cell::Split { arms, by: new_by, .. })
            if by == new_by =>
        {
            if contents(before) == contents(arms) {
                return old.clone();
            }
            Cell::Split { arms: keeping_users(before, arms), by: *by, keeping: false }
        }
        _ => new.clone(),
    }
}

/// The share and the value of each arm.
fn contents(arms: &[Arm]) -> Vec<(Name, u32, Val)> {
    let mut contents: Vec<(Name, u32, Val)> = Vec::new();
    for (label, share, value) in labelled(arms) {
        match contents.iter_mut().find(|(known, ..)| *known == label) {
            Some((_, total, _)) => *total += share,
            None => contents.push((label, share, value)),
        }
    }
    contents.sort_by_key(|(label, ..)| *label);
    contents
}

fn labelled(arms: &[Arm]) -> impl Iterator<Item = (Name, u32, Val)> {
    arms.iter().enumerate().map(|(index, arm)| (arm.label(index), arm.share, arm.value))
}

/// The arm of each bucket.
fn buckets(arms: &[Arm]) -> Vec<Option<Name>> {
    let buckets: Vec<_> = labelled(arms)
        .flat_map(|(label, share, _)| std::iter::repeat_n(Some(label), share as usize))
        .collect();
    assert_eq!(buckets.len(), BUCKETS as usize);
    buckets
}

fn keeping_users(old: &[Arm], new: &[Arm]) -> Vec<Arm> {
    let mut left: BTreeMap<Name, u32> = BTreeMap::new();
    let mut order: Vec<Name> = Vec::new();
    for (label, share, _) in labelled(new) {
        *left.entry(label).or_insert(0) += share;
        if !order.contains(&label) {
            order.push(label);
        }
    }
    let mut laid = buckets(old);
    for bucket in &mut laid {
        let left = bucket.and_then(|label| left.get_mut(label)).filter(|left| **left > 0);
        match left {
            Some(left) => *left -= 1,
            None => *bucket = None,
        }
    }
    for bucket in laid.iter_mut().filter(|bucket| bucket.is_none()) {
        let label = order.iter().find(|label| left[**label] > 0).expect("all shares are 100 %");
        *left.get_mut(label).expect("it is there") -= 1;
        *bucket = Some(label);
    }
    let empty = order.iter().filter(|label| !laid.contains(&Some(**label)));
    let mut runs: Vec<(Name, u32)> = Vec::new();
    for label in laid.iter().flatten() {
        match runs.last_mut() {
            Some((last, length)) if last == label => *length += 1,
            _ => runs.push((label, 1)),
        }
    }
    runs.extend(empty.map(|label| (*label, 0)));
    named(&runs, new)
}

/// The pieces with their values. Numbers that stand in order need not be said.
fn named(runs: &[(Name, u32)], new: &[Arm]) -> Vec<Arm> {
    let in_order = runs.iter().zip(NUMBERS).all(|((label, _), number)| *label == number);
    let is_said = !in_order || new.iter().any(|arm| arm.name.is_some());
    let value_of =
        |label| labelled(new).find(|(known, ..)| *known == label).map(|(.., value)| value);
    let arm = |(label, share): &(Name, u32)| Arm {
        name: is_said.then_some(*label),
        share: *share,
        value: value_of(*label).expect("its label is one of the new ones"),
    };
    runs.iter().map(arm).collect()
}
