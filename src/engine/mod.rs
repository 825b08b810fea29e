//! The engine: databases, sessions and transactions. Each statement is carried out here, whether it comes from a
//! shell, a script or the library.

mod bell;
mod builder;
mod check;
mod commit;
mod complete;
mod conceal;
mod control;
mod cursor;
mod database;
mod delivery;
mod execute;
mod flusher;
mod follow;
pub(crate) mod from_value;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod histories;
mod key;
mod list;
pub(crate) mod listener;
mod load;
mod next;
mod note;
mod outcome;
mod plan;
mod prepared;
mod preview;
mod preview_builder;
mod queue;
mod record;
mod repair;
mod role;
mod salvage;
mod session;
mod sight;
mod snapshot;
mod stream;
mod strictness;
mod surface;
mod sync;
#[cfg(test)]
mod tests;
mod tracking;
mod traffic;
mod transaction;
mod user_list;

pub use builder::Builder;
pub use check::{Checked, Checker};
pub use complete::{Candidate, CandidateKind, Completer, Completion};
pub use cursor::{Cursor, Row};
pub use database::{Database, Verification};
pub use from_value::FromValue;
pub use key::{AsKey, KeyHandle};
pub use listener::Subscription;
pub use outcome::Outcome;
pub use plan::Plan;
pub use prepared::Prepared;
pub use preview_builder::{
    PreviewBuilder, PreviewChange, PreviewReport, PreviewUser, PreviewValue,
};
pub use repair::ClockRepair;
pub use salvage::{DamageRepair, Saved};
pub use session::Session;
pub use snapshot::Snapshot;
pub use stream::Streamed;
pub use tracking::Tracked;
pub use user_list::UserList;
