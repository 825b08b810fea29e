//! The executor: one for the shell, for scripts and for the library.

mod bell;
mod builder;
mod commit;
mod control;
mod database;
mod delivery;
mod describe;
mod execute;
mod explain;
mod flusher;
pub(crate) mod from_value;
mod histories;
mod history;
mod key;
mod list;
pub(crate) mod listener;
mod load;
mod outcome;
mod past;
mod prepared;
mod read;
mod record;
mod retention;
mod script;
mod session;
mod show;
mod show_users;
mod snapshot;
mod state;
mod stats;
mod table;
#[cfg(test)]
mod tests;
mod tracking;

pub use builder::Builder;
pub use database::{Database, Verification};
pub use from_value::FromValue;
pub use key::{AsKey, KeyHandle};
pub use listener::Subscription;
pub use outcome::{Outcome, Rows};
pub use prepared::Prepared;
pub use record::Record;
pub use script::{Script, ScriptStatement, is_complete};
pub use session::Session;
pub use show_users::InterruptHandle;
pub use snapshot::Snapshot;
#[cfg(feature = "cli")]
pub use stats::CONFIG as STATS_COLUMNS;
pub use tracking::Tracked;
