//! Numbers as people read them, and round scales for axes.

/// Writes a number with its thousands apart: `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a number in few characters: `950`, `2.5k`, `12M`.
pub(super) fn compact(number: u64) -> String {
    const UNITS: [(u64, char); 6] = [
        (1_000_000_000_000_000_000, 'E'),
        (1_000_000_000_000_000, 'P'),
        (1_000_000_000_000, 'T'),
        (1_000_000_000, 'G'),
        (1_000_000, 'M'),
        (1_000, 'k'),
    ];
    let Some((unit, letter)) = UNITS.into_iter().find(|(unit, _)| *unit <= number) else {
        return number.to_string();
    };
    let text = format!("{:.2}", float(number) / float(unit));
    format!("{}{letter}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Writes what share of a whole a part is: `12.5%`.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let whole = u128::from(whole.max(1));
    let tenths = (u128::from(part) * 1000 + whole / 2) / whole;
    if part > 0 && tenths == 0 {
        return "<0.1%".to_owned();
    }
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Returns the nearest double, which is near enough to draw it.
#[expect(clippy::cast_precision_loss, reason = "a picture has no more than 53 bits")]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

/// The axis of counts: it begins at zero and has a few round marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    step: u64,
    /// How many steps there are from zero to the top.
    pub(super) steps: u64,
}

impl Scale {
    const MOST_STEPS: u64 = 5;

    /// Makes the smallest that holds a number.
    pub(super) fn up_to(number: u64) -> Self {
        let number = number.max(1);
        let decades = std::iter::successors(Some(1_u64), |decade| decade.checked_mul(10));
        let mut steps =
            decades.flat_map(|decade| [1, 2, 5].map(|digit| decade.saturating_mul(digit)));
        let step = steps.find(|step| number.div_ceil(*step) <= Self::MOST_STEPS);
        let step = step.unwrap_or(u64::MAX);
        Self { step, steps: number.div_ceil(step) }
    }

    /// The number at a mark.
    pub(super) fn mark(self, index: u64) -> u64 {
        self.step.saturating_mul(index)
    }

    /// The number at the last mark, which is not zero.
    pub(super) fn top(self) -> f64 {
        float(self.step) * float(self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn large_numbers_have_a_unit() {
        let texts = [0, 950, 1_000, 2_500, 12_500, 3_000_000].map(compact);
        assert_eq!(texts, ["0", "950", "1k", "2.5k", "12.5k", "3M"]);
        assert_eq!(compact(u64::MAX), "18.45E");
    }

    #[test]
    fn shares_are_in_percent() {
        assert_eq!(percent(1, 8), "12.5%");
        assert_eq!(percent(1, 10_000), "<0.1%");
        assert_eq!(percent(0, 0), "0.0%");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0%");
    }

    #[test]
    fn a_scale_is_round_and_holds_its_number() {
        let made = |number| {
            let scale = Scale::up_to(number);
            (scale.mark(1), scale.steps)
        };
        assert_eq!(
            [0, 1, 2, 7, 100, 101].map(made),
            [(1, 1), (1, 1), (1, 2), (2, 4), (20, 5), (50, 3)]
        );
        for number in [12_345, u64::MAX / 3, u64::MAX] {
            assert!(Scale::up_to(number).top() >= float(number), "{number}");
        }
    }
}
