//! Records, which stand in the tables: types of their own, apart from the model's, so that the model may change
//! and a stored record never does.

macro_rules! records {
    ($($name:ident),*) => {
        $(impl Record for $name {
            const SCHEMA: u8 = 1;
        })*
    };
}

mod delivery;
mod encode;
mod list;
mod restore;
mod traffic;
mod user;
mod v1;
mod v2;
mod v3;
mod version;

pub(super) use delivery::*;
pub(super) use encode::encode_change;
pub(crate) use list::Edition;
pub(super) use list::{ListBlockRecord, ListRecord};
pub(super) use restore::Restore;
pub(super) use traffic::*;
pub(crate) use user::EventReads;
pub(super) use user::*;
pub(super) use v1::*;
pub(super) use v2::*;
pub(super) use v3::*;
pub(super) use version::{
    EditRecord, LoggedVersionRecord, are_written_alike, encode_edit, encode_version,
};
