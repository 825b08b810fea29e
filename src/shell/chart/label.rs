//! Labels of values: where they are cut off, no two of a key are the same.

use std::collections::BTreeMap;

use super::statistics::{KeyStatistics, ValueStatistics};
use crate::shell::width::CUT;

/// How many characters before the first that differs are kept.
const BEFORE: usize = 4;

/// The labels of the values of a key that are drawn, cut off to a number of columns. Values that would read the same are cut off
/// before the part in which they differ, too; where that is not enough they are numbered.
pub(super) fn labels(key: &KeyStatistics, columns: usize) -> Vec<String> {
    let values = key.shown();
    let plain: Vec<_> = values.iter().map(|value| value.label(columns)).collect();
    let mut labels = plain.clone();
    for alike in alike(&plain) {
        let texts: Vec<_> = alike.iter().filter_map(|at| values.get(*at)).collect();
        let skipped = common(&texts).saturating_sub(BEFORE);
        for at in &alike {
            if let (Some(label), Some(value)) = (labels.get_mut(*at), values.get(*at)) {
                let rest: String = value.value.chars().skip(skipped).collect();
                *label = value.label_of(&format!("{CUT}{rest}"), columns);
            }
        }
    }
    for alike in self::alike(&labels.clone()) {
        for (at, number) in alike.iter().zip(1_u32..) {
            if let (Some(label), Some(value)) = (labels.get_mut(*at), values.get(*at)) {
                *label = value.label_of(&format!("#{number} {}", value.value), columns);
            }
        }
    }
    labels
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
