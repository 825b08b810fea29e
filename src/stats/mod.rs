//! Statistics of deliveries: counters that many threads add to.

mod counters;
mod users;

pub(crate) use counters::Counters;
pub(crate) use users::UserSketches;
