//! Stores and sessions, opened as the arguments say.

use std::path::Path;

use super::args::{Deliveries, SessionArgs, WaitArg};
use super::exit::{Exit, Stop};
use super::report::Reporter;
use super::source;
use pcq::{Builder, Database, ErrorKind, LockHolder, Parameters, Session, Short};

/// Hint of commands that can wait.
const CAN_WAIT: &str = "with `--wait 5s` it is waited for";

/// Hint of scripts that only read.
const MADE_BY_WRITES: &str = "a store is made by the first script that writes to it";

/// What becomes of a store that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is made.
    Made,
    /// That is an error: there is nothing in it to read.
    Refused,
}

/// Opens the store, or one in memory.
pub(super) fn open(
    store: Option<&Path>,
    args: &SessionArgs,
    deliveries: Deliveries,
    missing: Missing,
    reporter: &Reporter,
) -> Result<Database, Stop> {
    let mut builder = Database::builder()
        .read_only(args.readonly)
        .dry_run(args.dry_run)
        .strict(args.slips.strict)
        .role(args.access.role)
        .count_deliveries(deliveries == Deliveries::Counted)
        .wait(args.wait.unwrap_or_default());
    if let Some(time) = args.clock {
        builder = builder.manual_clock(time);
    }
    let opened = match store {
        Some(path) => {
            let made = !args.readonly && missing == Missing::Made;
            let opened = builder.clone().create(made).open(path);
            // who only reads, and counts nothing, need not wait for who writes
            let only_reads = missing == Missing::Refused && deliveries == Deliveries::Uncounted;
            match opened {
                Err(error) if only_reads && args.wait.is_none() && is_locked(&error) => {
                    builder.read_only(true).create(false).open(path)
                }
                opened => opened,
            }
        }
        None => builder.in_memory(),
    };
    let can_read = "with `--readonly` it can be looked at meanwhile";
    let hints = [(store.is_some(), can_read), (args.wait.is_none() && !args.dry_run, CAN_WAIT)];
    let hints = hints.into_iter().filter_map(|(holds, hint)| holds.then_some(hint));
    let is_missing = missing == Missing::Refused && store.is_some_and(|path| !path.exists());
    let opened =
        opened.map_err(|error| if is_missing { error.hint(MADE_BY_WRITES) } else { error });
    told(opened, store, hints, reporter)
}

/// Opens a copy of a store in memory, or an empty one.
pub(super) fn open_copy(store: Option<&Path>, reporter: &Reporter) -> Result<Database, Stop> {
    let opened = match store {
        Some(path) => Database::builder().dry_run(true).create(false).open(path),
        None => Database::in_memory(),
    };
    told(opened, store, None, reporter)
}

/// Opens a store to write to it; it is made if it does not exist.
pub(super) fn open_to_write(
    store: &Path,
    wait: WaitArg,
    reporter: &Reporter,
) -> Result<Database, Stop> {
    told(waiting(wait).open(store), Some(store), wait.hint(), reporter)
}

/// Opens a store to look at it: it must be there, and nothing in it changes.
pub(super) fn open_to_read(store: &Path, reporter: &Reporter) -> Result<Database, Stop> {
    let opened = Database::builder().read_only(true).create(false).open(store);
    told(opened, Some(store), None, reporter)
}

/// Opens a store to write to it: it must be there. `wait`: if the command can.
pub(super) fn open_existing(
    store: &Path,
    wait: Option<WaitArg>,
    reporter: &Reporter,
) -> Result<Database, Stop> {
    let hint = wait.and_then(WaitArg::hint);
    let opened = waiting(wait.unwrap_or_default()).create(false).open(store);
    told(opened, Some(store), hint, reporter)
}

fn waiting(wait: WaitArg) -> Builder {
    Database::builder().wait(wait.wait.unwrap_or_default())
}

impl WaitArg {
    /// What somebody who did not wait may do.
    fn hint(self) -> Option<&'static str> {
        self.wait.is_none().then_some(CAN_WAIT)
    }
}

/// Tells what should be known of a store that was opened, or, if another process has it, what the command can do.
fn told(
    opened: pcq::Result<Database>,
    store: Option<&Path>,
    ways_out: impl IntoIterator<Item = &'static str>,
    reporter: &Reporter,
) -> Result<Database, Stop> {
    let database = opened.map_err(|error| {
        let is_locked = is_locked(&error);
        let is_foreign = matches!(error.kind(), ErrorKind::NotAStore { .. });
        let script = store.filter(|path| is_foreign && source::is_text(path));
        let hints = ways_out.into_iter().filter(|_| is_locked);
        let error = hints.fold(error, pcq::Error::hint);
        let error = match script {
            Some(path) => {
                let path = path.display().to_string();
                error.hint(format!("if it is a script: `pcq run {}`", Short(&path)))
            }
            None => error,
        };
        Stop::error(error, Exit::Store)
    })?;
    database.notes().iter().for_each(|note| reporter.note(None, note));
    Ok(database)
}

/// Whether another process has a store open to write to it.
fn is_locked(error: &pcq::Error) -> bool {
    matches!(error.kind(), ErrorKind::StoreLocked { holder: LockHolder::AnotherProcess, .. })
}

/// Begins a session with the parameters, the actor and the comment of the arguments.
pub(super) fn session(database: &Database, args: &SessionArgs) -> Result<Session, Stop> {
    let parameters = args.parameters.iter().fold(Parameters::new(), |parameters, (name, value)| {
        parameters.with(name.as_str(), value.clone())
    });
    let session = database.session().with_parameters(parameters);
    let mut session = session.show_sensitive(args.access.show_sensitive).map_err(Stop::failed)?;
    if let Some(actor) = &args.actor {
        session = session.with_actor(actor.as_str());
    }
    if let Some(comment) = &args.comment {
        session = session.with_comment(comment.as_str());
    }
    Ok(session)
}

/// Closes a store, once everything else is done with it.
pub(super) fn close(database: Database) -> Result<(), Stop> {
    database.close().map_err(Stop::failed)
}
