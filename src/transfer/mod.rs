//! Dumps of stores as scripts, and the loads that make stores of them again.

mod config;
mod course;
mod declare;
mod definition;
mod dump;
mod layout;
mod load;
mod loosening;
mod planner;
mod retirement;
mod revival;
mod stand_in;
mod state;
mod wanted;

pub(crate) use dump::Dump;
pub use dump::DumpKind;
pub(crate) use load::{LoadStep, Loading, check_format, list_number};
pub use planner::Prune;
pub(crate) use planner::{Group, Planned, Planner};
pub(crate) use state::Reading;
pub(crate) use state::State;
