//! Labels of values: where they are cut off, no two of a key are the same.

use std::collections::BTreeMap;

use super::statistics::{KeyStatistics, ValueStatistics};
use crate::shell::width::{CUT, fit};

/// How many characters before the first that differs are kept.
const BEFORE: usize = 4;

/// How often values that are still cut to the same text are cut again before what differs.
const ROUNDS: usize = 3;

/// The labels of the values of a key that are drawn, cut off to a number of columns. Values that would be cut to the same
/// text, whatever comes after it, are cut off before the part in which they differ, too; where that is not enough the
/// labels are numbered.
pub(super) fn labels(key: &KeyStatistics, columns: usize) -> Vec<String> {
    let values = key.shown();
    let texts = apart(values, columns);
    let label = |(value, text): (&ValueStatistics, &String)| value.label_of(text, columns);
    let mut labels: Vec<_> = values.iter().zip(&texts).map(label).collect();
    for alike in alike(&labels.clone()) {
        for (at, number) in alike.iter().zip(1_u32..) {
            if let (Some(label), Some(value)) = (labels.get_mut(*at), values.get(*at)) {
                *label = value.label_of(&format!("#{number} {}", value.value), columns);
            }
        }
    }
    labels
}

/// The texts of values, so that no two that differ are cut to the same.
fn apart(values: &[ValueStatistics], columns: usize) -> Vec<String> {
    let mut texts: Vec<_> = values.iter().map(|value| value.value.clone()).collect();
    // what differs where there is the least room does so for all
    let room = values.iter().map(|value| value.room(columns)).min().unwrap_or(columns);
    for _ in 0..ROUNDS {
        let cut: Vec<_> = texts.iter().map(|text| fit(text, room)).collect();
        for alike in alike(&cut) {
            let all: Vec<_> = alike.iter().filter_map(|at| values.get(*at)).collect();
            if all.windows(2).all(|pair| matches!(pair, [a, b] if a.value == b.value)) {
                continue;
            }
            let skipped = common(&all).saturating_sub(BEFORE);
            for (at, value) in alike.iter().zip(all) {
                if let Some(text) = texts.get_mut(*at).filter(|_| skipped > 0) {
                    let rest: String = value.value.chars().skip(skipped).collect();
                    *text = format!("{CUT}{rest}");
                }
            }
        }
    }
    texts
}

/// The places of texts that are the same, where there are several.
fn alike(texts: &[String]) -> Vec<Vec<usize>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, text) in texts.iter().enumerate() {
        places.entry(text).or_default().push(at);
    }
    places.into_values().filter(|places| places.len() > 1).collect()
}

/// How many characters all values begin with.
fn common(values: &[&ValueStatistics]) -> usize {
    let Some((first, others)) = values.split_first() else { return 0 };
    let with = |other: &&ValueStatistics| {
        let pairs = first.value.chars().zip(other.value.chars());
        pairs.take_while(|(a, b)| a == b).count()
    };
    others.iter().map(with).min().unwrap_or(0)
}
