//! Errors of redb and of the file system, as errors of this crate.

use std::any::Any;
use std::error::Error as _;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use redb::WriteTransaction;

use super::page::Damage;
use crate::error::{Error, ErrorKind, LockHolder, Result, StoreFailure};

/// Place where something fails: the path as errors show it, and the damage that was found there.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) path: Arc<str>,
    pub(super) damage: Damage,
}

impl Place {
    pub(super) fn new(path: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), damage: Damage::default() }
    }
}

/// Makes the error of a damaged store.
pub(super) fn corrupt(what: impl Into<String>) -> Error {
    ErrorKind::Corrupt { what: what.into() }.into()
}

/// Turns the errors of redb into those of this crate.
pub(super) trait OrFail<T> {
    /// The result, with the error of this crate.
    fn or_fail(self) -> Result<T>;
}

impl<T, E: Into<redb::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self) -> Result<T> {
        self.map_err(|error| failure(error.into()))
    }
}

/// The path is left empty here and filled in by [`guarded`], which alone knows it.
fn failure(error: redb::Error) -> Error {
    use redb::Error as E;
    let path = String::new();
    let kind = match &error {
        E::DatabaseAlreadyOpen | E::LockProtocolMismatch => {
            return locked(LockHolder::AnotherProcess).because(error);
        }
        E::PreviousIo => return failed(StoreFailure::Io).because(error),
        E::Corrupted(what) => ErrorKind::Corrupt { what: what.clone() },
        E::RepairAborted => ErrorKind::Corrupt { what: "it needs a repair".to_owned() },
        E::TableDoesNotExist(table) => {
            ErrorKind::Corrupt { what: format!("table `{table}` is missing") }
        }
        E::TableTypeMismatch { .. }
        | E::TableIsMultimap(_)
        | E::TypeDefinitionChanged { .. }
        | E::LockPoisoned(_) => ErrorKind::Corrupt { what: error.to_string() },
        E::UpgradeRequired(_) => ErrorKind::NotAStore { path, why: error.to_string() },
        E::Io(io) => {
            let made = refused(io).map_or_else(|| io_failure(io), failed);
            return made.because(error);
        }
        _ => ErrorKind::Io { path, message: error.to_string() },
    };
    Error::new(kind).because(error)
}

/// Makes the error of a store that somebody else has open for writing.
pub(super) fn locked(holder: LockHolder) -> Error {
    let error = Error::new(ErrorKind::StoreLocked { path: String::new(), holder });
    match holder {
        LockHolder::ThisProcess => error.hint("a clone of the `Database` is the same store"),
        LockHolder::AnotherProcess => error,
    }
}

/// Makes the error of a store that cannot be used any more.
pub(super) fn failed(why: StoreFailure) -> Error {
    let again = match why {
        StoreFailure::Changed => "what is asked again reads it as it is now",
        StoreFailure::Forked => "open it in this process, once the other one has closed it",
        StoreFailure::Replaced | StoreFailure::Io => "open it again",
    };
    Error::new(ErrorKind::StoreFailed { path: String::new(), why }).hint(again)
}

/// Why a layer of ours refused to go on.
fn refused(error: &io::Error) -> Option<StoreFailure> {
    error.get_ref()?.downcast_ref().copied()
}

/// Says of the error of a commit what it means.
pub(super) fn in_doubt(error: Error) -> Error {
    error.hint(
        "whether it was committed shows when the store is opened again; until then nothing is",
    )
}

/// redb says `InvalidData` of a file that does not begin as its files do.
fn io_failure(error: &io::Error) -> Error {
    let path = String::new();
    if let Some(damage) = Damage::of(error) {
        return corrupt(damage);
    }
    match error.kind() {
        io::ErrorKind::InvalidData => {
            ErrorKind::NotAStore { path, why: "it does not begin as a store does".to_owned() }
                .into()
        }
        io::ErrorKind::UnexpectedEof => corrupt("the file ends too early"),
        _ => ErrorKind::Io { path, message: error.to_string() }.into(),
    }
}

/// Makes the error of a file operation.
pub(super) fn file_failure(error: io::Error) -> Error {
    if let Some(why) = refused(&error) {
        return failed(why);
    }
    let made = Error::new(ErrorKind::Io { path: String::new(), message: error.to_string() });
    let denied =
        matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
    let made = if denied {
        made.hint("open it for reading only, or change who may write it")
    } else {
        made
    };
    made.because(error)
}

/// Runs what touches the file. This is the one boundary to redb: errors get the path, and a panic
/// becomes an error, because redb may panic on a page that makes no sense though its sum is right. A transaction
/// in which something is written stands outside of the work, and is ended by [`release`].
pub(super) fn guarded<T>(place: &Place, work: impl FnOnce() -> Result<T>) -> Result<T> {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| placed(explained(error, &place.damage), &place.path)),
        Err(panic) => {
            let what = format!("a page is not what it should be: {}", message(&*panic));
            place.damage.note_panic(what.clone());
            Err(corrupt(what))
        }
    }
}

/// Ends a transaction without a commit. After a panic it is leaked: to end it redb would use what it may have left
/// half-changed, and panic again. Nothing more is written then until the store is opened again.
pub(super) fn release(place: &Place, transaction: WriteTransaction) {
    if place.damage.is_panic() {
        std::mem::forget(transaction);
    } else {
        drop(transaction);
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

/// redb does nothing more once a read has failed, and does not say why: it was damage, if any was found.
fn explained(error: Error, damage: &Damage) -> Error {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    match (cause, damage.found()) {
        (Some(redb::Error::PreviousIo), Some(damage)) => corrupt(damage),
        _ => error,
    }
}

/// Fills in the path where it was not known.
fn placed(error: Error, path: &str) -> Error {
    error.completed(|kind| match kind {
        ErrorKind::Io { path: unknown, .. }
        | ErrorKind::StoreLocked { path: unknown, .. }
        | ErrorKind::StoreFailed { path: unknown, .. }
        | ErrorKind::NotAStore { path: unknown, .. }
        | ErrorKind::NewerFormat { path: unknown, .. }
            if unknown.is_empty() =>
        {
            path.clone_into(unknown);
        }
        _ => {}
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentences of an error and of its causes, as they come to a store.
    fn sentences(error: Error) -> Vec<String> {
        let error = guarded::<()>(&Place::new("app.pcdb"), || Err(error)).unwrap_err();
        let causes = std::iter::successors(error.source(), |cause| (*cause).source());
        [error.to_string()].into_iter().chain(causes.map(ToString::to_string)).collect()
    }

    #[test]
    fn no_error_is_its_own_cause() {
        let io = || io::Error::from(io::ErrorKind::PermissionDenied);
        for error in [
            file_failure(io()),
            failure(redb::Error::Io(io())),
            failure(redb::Error::Io(io::ErrorKind::InvalidData.into())),
            failure(redb::Error::DatabaseAlreadyOpen),
            failure(redb::Error::PreviousIo),
            failure(redb::Error::Io(io::Error::other(StoreFailure::Replaced))),
            failure(redb::Error::UpgradeRequired(1)),
            ErrorKind::NewerFormat { path: String::new(), found: 2, known: 1 }.into(),
            corrupt("a page"),
        ] {
            let causes = usize::from(error.source().is_some());
            let mut told = sentences(error);
            assert_eq!(told.len(), 1 + causes, "{told:?}");
            told.dedup();
            assert_eq!(told.len(), 1 + causes, "{told:?}");
        }
    }

    #[test]
    fn an_error_keeps_its_hints_and_gets_its_path() {
        let error = guarded::<()>(&Place::new("app.pcdb"), || Err(locked(LockHolder::ThisProcess)));
        let error = error.unwrap_err();
        assert!(error.to_string().starts_with("`app.pcdb` is "), "{error}");
        assert_eq!(error.hints(), ["a clone of the `Database` is the same store"]);
    }
}
