//! Pools: the values that the keys of a group give, each once.

use std::sync::Arc;

use crate::model::Value;

/// Values that neighbours in a table give.
///
/// Most flags give the same few values, so that those of a whole group are near each other in memory, and a look-up
/// finds one in the caches though it finds its key nowhere near.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool(Arc<[Value]>);

/// Pools that groups took lately.
///
/// Groups that give the same values have one pool, which the caches hold then, however many they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Pools {
    recent: [Pool; RECENT],
    next: usize,
}

/// How many pools are known: enough for those that most keys of a store need, few enough to be compared with each.
const RECENT: usize = 8;

/// Place of a value in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u8);

/// Places of a pool, a bit for each: there are fewer than 128 of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PlaceSet(u128);

impl Place {
    /// The place of no value.
    pub(super) const NONE: Self = Self(u8::MAX);
}

impl PlaceSet {
    fn has(self, place: u8) -> bool {
        self.0.checked_shr(place.into()).is_some_and(|bits| bits & 1 > 0)
    }

    fn insert(&mut self, Place(place): Place) {
        self.0 |= 1_u128.checked_shl(place.into()).unwrap_or_default();
    }

    /// The first place that is not in it.
    fn free(self) -> u8 {
        u8::try_from(self.0.trailing_ones()).unwrap_or(u8::MAX)
    }

    /// One more than the last place.
    fn end(self) -> usize {
        (u128::BITS - self.0.leading_zeros()) as usize
    }
}

impl FromIterator<Place> for PlaceSet {
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        let mut set = Self::default();
        places.into_iter().for_each(|place| set.insert(place));
        set
    }
}

impl Pools {
    /// Takes a known pool instead of one that has the same values at the same places; else it is known from now on.
    pub(super) fn share(&mut self, pool: &mut Pool) {
        if let Some(same) = self.recent.iter().find(|known| known.is_same(pool)) {
            *pool = same.clone();
        } else if let Some(oldest) = self.recent.get_mut(self.next % RECENT) {
            *oldest = pool.clone();
            self.next += 1;
        }
    }
}

impl Pool {
    #[inline]
    pub(super) fn get(&self, Place(place): Place) -> Option<&Value> {
        self.0.get(usize::from(place))
    }

    /// Takes values in, and returns their places; what has none of the places in use is not kept.
    pub(super) fn take_in<const N: usize>(
        &mut self,
        mut used: PlaceSet,
        values: [Option<&Value>; N],
    ) -> [Place; N] {
        let places = values.map(|value| {
            let place = value.map_or(Place::NONE, |value| self.place_of(value, used));
            used.insert(place);
            place
        });
        self.drop_all_but(used);
        places
    }

    /// The place of a value, which is put beside those in use if it is not there.
    fn place_of(&mut self, value: &Value, used: PlaceSet) -> Place {
        // what nobody refers to any more counts, too: mostly it is the same key that comes again
        let mut known = (0..).zip(&*self.0);
        if let Some((at, _)) = known.find(|(_, known)| is_one(known, value)) {
            return Place(at);
        }
        let free = used.free();
        let (before, after) = self.0.split_at(self.0.len().min(free.into()));
        let after = after.iter().skip(1);
        self.0 = before.iter().chain([value]).chain(after).cloned().collect();
        Place(free)
    }

    fn is_same(&self, other: &Self) -> bool {
        let alike = |(a, b): (&Value, &Value)| is_one(a, b);
        Arc::ptr_eq(&self.0, &other.0)
            || self.0.len() == other.0.len() && self.0.iter().zip(&*other.0).all(alike)
    }

    fn drop_all_but(&mut self, used: PlaceSet) {
        let is_stray = |(at, value): (u8, &Value)| !used.has(at) && *value != Value::Null;
        if self.0.len() > used.end() || (0..).zip(&*self.0).any(is_stray) {
            let kept =
                |(at, value): (u8, &Value)| if used.has(at) { value.clone() } else { Value::Null };
            self.0 = (0..).zip(&*self.0).take(used.end()).map(kept).collect();
        }
    }
}

/// Whether two values need to be kept once only. Those that are in pieces are not compared piece by piece.
fn is_one(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a), Value::List(b)) => Arc::ptr_eq(a, b),
        (Value::Object(a), Value::Object(b)) => Arc::ptr_eq(a, b),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes values in beside those at places, all of which are there.
    fn take_in<const N: usize>(pool: &mut Pool, used: &[Place], values: &[Value; N]) -> [Place; N] {
        let places = pool.take_in(used.iter().copied().collect(), values.each_ref().map(Some));
        for (place, value) in places.iter().zip(values) {
            assert!(pool.get(*place).is_some_and(|found| is_one(found, value)), "{value:?}");
        }
        places
    }

    #[test]
    fn a_value_is_kept_once() {
        let mut pool = Pool::default();
        let [text, one, again] = take_in(&mut pool, &[], &["x".into(), 1.into(), "x".into()]);
        assert_eq!((text, pool.0.len()), (again, 2));
        let [same, truth] = take_in(&mut pool, &[text, one], &[1.into(), true.into()]);
        assert_eq!((same, pool.0.len()), (one, 3));
        assert_eq!(pool.take_in([text, one, truth].into_iter().collect(), [None]), [Place::NONE]);
        assert_eq!((pool.get(Place::NONE), pool.0.len()), (None, 3));
    }

    #[test]
    fn values_that_look_alike_are_kept_apart() {
        let all = [Value::Double(0.0), Value::Double(-0.0), 0.into(), false.into(), Value::Null];
        let mut pool = Pool::default();
        let places = take_in(&mut pool, &[], &all);
        assert_eq!((places.iter().copied().collect::<PlaceSet>().end(), pool.0.len()), (5, 5));
        assert!(
            places
                .iter()
                .zip(&all)
                .all(|(at, value)| pool.get(*at).unwrap().kind() == value.kind())
        );
    }

    #[test]
    fn what_nobody_refers_to_makes_room() {
        let mut pool = Pool::default();
        let [first, _, third] = take_in(&mut pool, &[], &["a".into(), "b".into(), "c".into()]);
        let before = pool.clone();
        let more = take_in(&mut pool, &[first, third], &["d".into(), "e".into()]);
        assert_eq!((before.0.len(), pool.0.len()), (3, 4));
        let all = [first, third, more[0], more[1]].map(|at| pool.get(at).unwrap().clone());
        assert_eq!(all, ["a", "c", "d", "e"].map(Value::from));
        take_in(&mut pool, &[third], &[]);
        assert_eq!((pool.get(first), pool.0.len()), (Some(&Value::Null), 3));
    }

    #[test]
    fn pools_with_the_same_values_are_one_until_one_changes() {
        let made = |values: [Value; 3]| {
            let mut pool = Pool::default();
            take_in(&mut pool, &[], &values);
            pool
        };
        let mut pools = Pools::default();
        let [mut first, mut same] = std::array::from_fn(|_| made([0.into(), 1.into(), "a".into()]));
        let mut other = made([0.into(), 1.0.into(), "a".into()]);
        for pool in [&mut first, &mut other, &mut same] {
            pools.share(pool);
        }
        assert!(Arc::ptr_eq(&first.0, &same.0) && !Arc::ptr_eq(&first.0, &other.0));
        take_in(&mut same, &[Place(0), Place(1), Place(2)], &[true.into()]);
        pools.share(&mut same);
        assert_eq!((first.0.len(), same.0.len()), (3, 4));
        // only so many are known
        for n in 0..i64::try_from(RECENT).unwrap() {
            pools.share(&mut made([n.into(), "b".into(), "c".into()]));
        }
        let mut again = made([0.into(), 1.into(), "a".into()]);
        pools.share(&mut again);
        assert!(!Arc::ptr_eq(&first.0, &again.0) && pools.recent.len() == RECENT);
    }

    #[test]
    fn as_many_values_as_a_group_can_give_have_places() {
        let mut pool = Pool::default();
        let mut keys: Vec<([Place; 5], [Value; 5])> = Vec::new();
        for turn in 0..64_i64 {
            let values = std::array::from_fn(|n| Value::from(turn * 5 + i64::try_from(n).unwrap()));
            if keys.len() == 16 {
                keys.swap_remove(usize::try_from(turn * 7 % 16).unwrap());
            }
            let used: Vec<_> = keys.iter().flat_map(|(places, _)| *places).collect();
            let places = take_in(&mut pool, &used, &values);
            keys.push((places, values));
            for (places, values) in &keys {
                assert!(places.iter().zip(values).all(|(at, value)| pool.get(*at) == Some(value)));
            }
        }
        assert_eq!(pool.0.len(), 80);
    }
}
