//! Course of the values of a user: when each changed, and why.
//!
//! A walk, which [`Asked`] begins, goes from one instant at which something may happen to the next. Between two commits that
//! touch what the keys depend on there is one [`Era`](era::Era): its state of the store, and its [`Reach`](reach::Reach),
//! all that the values can depend on. The next instant is the first at which any of that changes, so revisions of other
//! objects are never read. Where a value is another one, a [`Cause`](cause::Cause) is looked for.

mod cause;
mod era;
mod reach;
mod subject;
mod tell;
mod walk;

pub(super) use era::Sample;
pub(super) use reach::{Deciding, Reach};
pub(super) use walk::{Asked, Step};
