//! Deliveries: how often what was delivered, and to about how many users, by time.
//!
//! What differs in nothing but time is one *series*, and has a number. A series is looked up by the digest
//! of its record, so whatever the size of the values, that is one look-up of sixteen bytes.
//!
//! Counts are in buckets of a minute, an hour or a day. A record holds the buckets of one series in one
//! *chunk*: the minutes of an hour, the hours of a day, or 32 days; most of them are a byte or two. As the
//! key begins with the size of the buckets and the chunk, a time range is one range of the table.
//!
//! Minutes are kept for a day, hours for 31; then they are added up to the next size, by whole chunks, so no
//! sum changes. That is done by the transaction that adds a batch, relative to the newest minute of the
//! batch, and by no more than a bounded number of records each time; what is left waits for the next batch.
//! Until then it is answered for as what it is, so a record that waits is late, but never wrong. What comes
//! too late for its minute is counted in the bucket that its minute is in by now.
//!
//! Batches are numbered, and the number of the last is written with it: one that is added again, because
//! nobody knows whether the first attempt got through, is passed over.

mod add;
mod bucket;
mod check;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod query;
mod salvage;

pub(super) use add::{add, last_batch};
pub(super) use check::check;
pub(crate) use query::{DeliveryCount, DeliveryQuery, KeyDeliveries, Period};
pub(super) use query::{deliveries, key_deliveries};
pub(super) use salvage::copy_left;
