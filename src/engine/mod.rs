//! The executor: one for the shell, for scripts and for the library.

mod database;
mod definition;
mod describe;
mod dump;
mod execute;
mod explain;
mod history;
mod listener;
mod load;
mod outcome;
mod past;
mod prepared;
mod read;
mod script;
mod session;
mod show;
mod snapshot;
mod table;

pub use database::{Builder, Database, Verification};
pub use dump::DumpKind;
pub use listener::Subscription;
pub use outcome::{Outcome, Rows};
pub use prepared::Prepared;
pub use script::{Script, ScriptStatement, is_complete};
pub use session::Session;
pub use snapshot::{FromValue, Snapshot};
