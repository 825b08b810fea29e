//! Places of recorded contexts in the table, and what is there.

use std::ops::RangeInclusive;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::error::Result;
use crate::model::Recorded;
use crate::store::codec::decode;
use crate::store::failure::corrupt;
use crate::store::record::{ContextRecord, SweepRecord};

/// The digest of the attributes of a context: the first 128 bits of the SHA-256 of their text.
pub(super) fn digest(context: &Recorded) -> u128 {
    let hash = Sha256::digest(context.identity());
    hash.iter().take(16).fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

/// Place of a context in the table.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    has_user: u8,
    user: String,
    digest: u128,
}

impl Place {
    pub(super) fn of(context: &Recorded) -> Self {
        let user = context.user.as_deref();
        let has_user = u8::from(user.is_some());
        Self { has_user, user: user.unwrap_or_default().to_owned(), digest: digest(context) }
    }

    pub(super) fn at((has_user, user, digest): (u8, &str, u128)) -> Self {
        Self { has_user, user: user.to_owned(), digest }
    }

    pub(super) fn key(&self) -> (u8, &str, u128) {
        (self.has_user, &self.user, self.digest)
    }
}

impl From<SweepRecord> for Place {
    fn from(SweepRecord { has_user, user, digest }: SweepRecord) -> Self {
        Self { has_user, user, digest }
    }
}

impl From<&Place> for SweepRecord {
    fn from(Place { has_user, user, digest }: &Place) -> Self {
        Self { has_user: *has_user, user: user.clone(), digest: *digest }
    }
}

/// The keys of the contexts of a user; `None`: of those without one.
pub(super) fn within(user: Option<&str>) -> RangeInclusive<(u8, &str, u128)> {
    let has_user = u8::from(user.is_some());
    let user = user.unwrap_or_default();
    (has_user, user, 0)..=(has_user, user, u128::MAX)
}

/// Where a context is, in words. The user is not told: reports are sent around.
pub(super) fn location((has_user, _, digest): (u8, &str, u128)) -> String {
    let of = if has_user == 0 { "without a user" } else { "of a user" };
    format!("table `pcq.traffic`, context {digest:032x} {of}")
}

/// Reads a context.
pub(super) fn read(key: (u8, &str, u128), bytes: &[u8]) -> Result<Recorded> {
    let (has_user, user, _) = key;
    let damaged = |why: &str| corrupt(format!("{}: {why}", location(key)));
    let user = match has_user {
        0 if user.is_empty() => None,
        1 if !user.is_empty() => Some(Arc::from(user)),
        _ => return Err(damaged("it is of no user, and has an id, or the other way round")),
    };
    let record = decode::<ContextRecord>(bytes, || location(key))?;
    record.restore(user).map_err(|why| damaged(&why))
}
