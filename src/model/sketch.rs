//! Estimates of how many different users there were, in bounded space.

use datasketches::hll::{HllSketch, HllType, HllUnion};

/// The registers are two to the power of this.
const LG_REGISTERS: u8 = 11;

/// The registers have six bits: whatever bytes were damaged, none of them holds what it could not.
const REGISTERS: HllType = HllType::Hll6;

/// An estimate of how many different users there were: a `HyperLogLog` of 2,048 registers.
///
/// Up to about two hundred users it keeps a hash of each and is next to exact; past that the standard error
/// is 1.04 / √2048 = 2.3 % (Flajolet, Fusy, Gandouet, Meunier: *`HyperLogLog`: the analysis of a near-optimal
/// cardinality estimation algorithm*, 2007, theorem 1). It never takes more than 1.6 kB.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UserSketch(Option<HllSketch>); // there is always one: the size is right

impl UserSketch {
    /// Nobody yet.
    pub(crate) fn new() -> Self {
        Self(union().map(|union| union.to_sketch(REGISTERS)))
    }

    fn of(union: &HllUnion) -> Self {
        Self(Some(union.to_sketch(REGISTERS)))
    }

    /// Counts a user, who may have been counted before.
    pub(crate) fn insert(&mut self, user: &str) {
        if let Some(sketch) = &mut self.0 {
            sketch.update(user);
        }
    }

    /// Counts the users of another sketch, too.
    pub(crate) fn merge(&mut self, other: &Self) {
        let Some(mut both) = union() else { return };
        [&self.0, &other.0].into_iter().flatten().for_each(|sketch| both.update(sketch));
        *self = Self::of(&both);
    }

    /// How many users there were, about.
    pub(crate) fn estimate(&self) -> f64 {
        self.0.as_ref().map_or(0.0, HllSketch::estimate)
    }

    /// The stored form: that of Apache `DataSketches`, `HLL_6`.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.as_ref().map(HllSketch::serialize).unwrap_or_default()
    }

    /// Reads the stored form; `None` if the bytes are damaged.
    ///
    /// What the bytes say of their registers is not believed, but counted again: that is what passing them
    /// through a union does.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let read = HllSketch::deserialize(bytes).ok()?;
        let ours = read.lg_config_k() == LG_REGISTERS && read.target_type() == REGISTERS;
        let mut counted = ours.then(union).flatten()?;
        counted.update(&read);
        let sketch = Self::of(&counted);
        let estimate = sketch.estimate();
        let whole = sketch.to_bytes().len() == bytes.len();
        (whole && estimate.is_finite() && estimate >= 0.0).then_some(sketch)
    }
}

/// A union of sketches of our size, which is one of those that there are: 4 to 21.
fn union() -> Option<HllUnion> {
    HllUnion::new(LG_REGISTERS).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(users: std::ops::Range<u32>) -> UserSketch {
        let mut sketch = UserSketch::new();
        users.for_each(|user| sketch.insert(&format!("user {user}")));
        sketch
    }

    fn assert_near(sketch: &UserSketch, users: f64) {
        let estimate = sketch.estimate();
        // four standard errors
        assert!((estimate - users).abs() <= users * 0.092, "{estimate} for {users}");
    }

    #[test]
    fn few_are_counted_next_to_exactly() {
        assert!(of(0..0).estimate().abs() < 1e-9);
        for count in [1_u32, 7, 100, 190] {
            assert_eq!(format!("{:.0}", of(0..count).estimate()), count.to_string());
        }
    }

    #[test]
    fn many_are_estimated() {
        for count in [1_000, 10_000, 100_000] {
            assert_near(&of(0..count), f64::from(count));
            let mut twice = of(0..count);
            twice.merge(&of(0..count));
            assert_near(&twice, f64::from(count));
        }
    }

    #[test]
    fn those_of_two_sketches_are_counted_once() {
        let mut all = UserSketch::new();
        for part in [0..5, 3..20, 10..2_000, 1_000..6_000, 0..0] {
            all.merge(&of(part));
        }
        assert_near(&all, 6_000.0);
    }

    #[test]
    fn stored_and_read_it_is_the_same() {
        for count in [0, 1, 8, 100, 191, 193, 1_000, 20_000] {
            let sketch = of(0..count);
            let bytes = sketch.to_bytes();
            assert!(bytes.len() <= 1_600, "{} bytes", bytes.len());
            assert_eq!(UserSketch::from_bytes(&bytes), Some(sketch), "{count}");
        }
        let mut merged = of(0..3_000);
        merged.merge(&of(2_000..9_000));
        assert_eq!(UserSketch::from_bytes(&merged.to_bytes()), Some(merged));
    }

    proptest! {
        #[test]
        fn damaged_bytes_are_survived(
            count in prop_oneof![0..10_u32, 0..250_u32, 500..3_000_u32],
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
            header in prop::option::of((0..40_usize, any::<u8>())),
            length in 0..1_600_usize,
        ) {
            let mut bytes = of(0..count).to_bytes();
            let places = bytes.len();
            for (at, byte) in &damage {
                bytes[at.index(places)] = *byte;
            }
            if let Some((at, byte)) = header.filter(|(at, _)| *at < places) {
                bytes[at] = byte;
            }
            for bytes in [&bytes[..], &bytes[..length.min(places)]] {
                let Some(mut sketch) = UserSketch::from_bytes(bytes) else { continue };
                (0..300).for_each(|user| sketch.insert(&user.to_string()));
                sketch.merge(&of(0..count));
                let mut other = of(0..count);
                other.merge(&sketch);
                prop_assert!(sketch.estimate().is_finite() && other.estimate() >= 0.0);
                prop_assert!(UserSketch::from_bytes(&other.to_bytes()).is_some());
            }
        }
    }
}
