//! Sums of doubles without rounding.

use smallvec::SmallVec;

/// The limb whose lowest bit is worth 1: that of the first is worth 2⁻¹⁰⁸⁸, below the least double.
const ONE: usize = 17;

/// The bit that is worth 1.
const ONE_BIT: usize = ONE * 64;

/// The bit that is worth as much as the least double, 2⁻¹⁰⁷⁴.
const LEAST_BIT: usize = ONE_BIT - 1074;

/// An exact sum, so that it is the same whatever the order: a whole number in two's complement, of which
/// only the limbs that have been needed are kept. Numbers of like size need two or three.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExactSum {
    /// The limb that the lowest one kept is.
    base: usize,
    /// From the lowest; the sign of the last goes on.
    limbs: SmallVec<[u64; 4]>,
}

impl ExactSum {
    /// Adds a finite double.
    pub(crate) fn add(&mut self, number: f64) {
        let bits = number.to_bits();
        let exponent = usize::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
        let fraction = bits & ((1 << 52) - 1);
        // subnormal numbers have the exponent of the least normal ones and no leading 1
        let mantissa = if exponent == 0 { fraction } else { fraction | (1 << 52) };
        let lowest = LEAST_BIT + exponent.max(1) - 1;
        let shifted = i128::from(mantissa) << (lowest % 64);
        self.add_at(lowest / 64, if number.is_sign_negative() { -shifted } else { shifted });
    }

    /// Adds a whole number.
    pub(crate) fn add_integer(&mut self, number: i128) {
        self.add_at(ONE, number);
    }

    /// Adds another sum.
    pub(super) fn merge(&mut self, other: &Self) {
        self.add_limbs(other.base, &other.limbs);
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the two halves")]
    fn add_at(&mut self, limb: usize, number: i128) {
        self.add_limbs(limb, &[number as u64, (number >> 64) as u64]);
    }

    fn add_limbs(&mut self, base: usize, limbs: &[u64]) {
        let Some(&last) = limbs.last() else { return };
        self.make_room(base, base + limbs.len());
        let offset = base - self.base;
        let (sign, mut carry) = (sign_of(last), false);
        for (index, limb) in self.limbs.iter_mut().skip(offset).enumerate() {
            let addend = limbs.get(index).copied().unwrap_or(sign);
            let (sum, over) = limb.overflowing_add(addend);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            (*limb, carry) = (sum, over || over_again);
        }
        self.trim();
    }

    /// Has limbs from `base` to `end`, and one more for the carry.
    fn make_room(&mut self, base: usize, end: usize) {
        if self.limbs.is_empty() {
            self.base = base;
        }
        if base < self.base {
            self.limbs.insert_many(0, std::iter::repeat_n(0, self.base - base));
            self.base = base;
        }
        let sign = self.sign();
        let end = end.max(self.base + self.limbs.len()) + 1;
        self.limbs.resize(end - self.base, sign);
    }

    /// Drops the highest limbs that only go on with the sign.
    fn trim(&mut self) {
        while let [.., below, last] = self.limbs[..]
            && last == sign_of(below)
        {
            self.limbs.pop();
        }
    }

    /// The limb that goes on with the sign.
    fn sign(&self) -> u64 {
        self.limbs.last().map_or(0, |last| sign_of(*last))
    }

    /// The double that is nearest, of two the even one; infinite if it is past the range of doubles.
    pub(crate) fn round(&self) -> f64 {
        let (magnitude, negative) = self.magnitude();
        let Some(high) = magnitude.iter().rposition(|limb| *limb != 0) else { return 0.0 };
        let bits = Leading::of(&magnitude, high).bits(self.base * 64);
        let rounded = f64::from_bits(bits);
        if negative { -rounded } else { rounded }
    }

    /// The double that is nearest to the sum divided by a count, which is not 0.
    pub(crate) fn quotient(&self, count: u64) -> f64 {
        /// How many limbs the division goes on below the lowest.
        const BELOW: usize = 2;
        let (magnitude, negative) = self.magnitude();
        let mut limbs: SmallVec<[u64; 4]> = SmallVec::from_elem(0, BELOW);
        limbs.extend(magnitude);
        let (count, mut rest) = (u128::from(count.max(1)), 0);
        for limb in limbs.iter_mut().rev() {
            let whole = (rest << 64) | u128::from(*limb);
            *limb = u64::try_from(whole / count).unwrap_or_default();
            rest = whole % count;
        }
        let Some(high) = limbs.iter().rposition(|limb| *limb != 0) else { return 0.0 };
        let leading = Leading::of(&limbs, high);
        let top = (self.base * 64 + leading.top).saturating_sub(BELOW * 64);
        let leading = Leading { top, rest: leading.rest || rest != 0, ..leading };
        let quotient = f64::from_bits(leading.bits(0));
        if negative { -quotient } else { quotient }
    }

    /// The limbs of the absolute value, and whether the sum is negative.
    fn magnitude(&self) -> (SmallVec<[u64; 4]>, bool) {
        let negative = self.sign() != 0;
        let mut limbs = self.limbs.clone();
        if negative {
            let mut carry = true;
            for limb in &mut limbs {
                (*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
            }
        }
        (limbs, negative)
    }
}

/// The limb that goes on above one that is the highest.
fn sign_of(limb: u64) -> u64 {
    if limb >> 63 == 1 { u64::MAX } else { 0 }
}

/// The 64 bits of a magnitude from its highest 1 on.
struct Leading {
    bits: u64,
    /// The bit that the highest is.
    top: usize,
    /// Whether there are more 1s below.
    rest: bool,
}

impl Leading {
    fn of(limbs: &[u64], high: usize) -> Self {
        let below = |n: usize| high.checked_sub(n).and_then(|i| limbs.get(i)).copied().unwrap_or(0);
        let zeros = below(0).leading_zeros();
        let two = (u128::from(below(0)) << 64) | u128::from(below(1));
        let shifted = two << zeros;
        let bits = u64::try_from(shifted >> 64).unwrap_or_default();
        let dropped = u64::try_from(shifted & u128::from(u64::MAX)).unwrap_or_default();
        let rest = dropped != 0 || limbs.iter().rev().skip(limbs.len() - high + 1).any(|l| *l != 0);
        let top = high * 64 + 63 - zeros as usize;
        Self { bits, top, rest }
    }

    /// The bits of the nearest double.
    fn bits(&self, base: usize) -> u64 {
        let top = base + self.top;
        if top < LEAST_BIT + 52 {
            // subnormal: nothing is below the least double, so it is exact
            return self.bits >> (LEAST_BIT + 63 - top);
        }
        let exponent = top - (LEAST_BIT + 51);
        if exponent > 2046 {
            return f64::INFINITY.to_bits();
        }
        // a carry out of the fraction makes the exponent one more, up to infinity
        ((exponent as u64 - 1) << 52) + self.rounded()
    }

    /// The highest 53 bits, rounded.
    fn rounded(&self) -> u64 {
        const HALF: u64 = 1 << 10;
        let (kept, dropped) = (self.bits >> 11, self.bits & (2 * HALF - 1));
        let up = dropped > HALF || (dropped == HALF && (self.rest || kept & 1 == 1));
        kept + u64::from(up)
    }
}
