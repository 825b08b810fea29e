//! The commands about whole stores: `dump`, `verify`, `backup`, `compact`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::args::{BackupArgs, CompactArgs, DumpArgs, VerifyArgs};
use super::exit::{Exit, Stop};
use super::gauge::during;
use super::report::Reporter;
use super::screen::buffered_stdout;
use super::store;
use pcq::{DumpKind, Error, ErrorKind};

/// Writes a script that rebuilds the store.
pub(super) fn dump(args: &DumpArgs, reporter: &Reporter) -> Result<(), Stop> {
    let database = store::open_to_read(&args.store, reporter)?;
    let kind = match (args.current, args.users) {
        (false, _) => DumpKind::History,
        (true, true) => DumpKind::Current,
        (true, false) => DumpKind::State,
    };
    let mut output = Watched { inner: buffered_stdout(), failure: None };
    let is_shown = io::stdout().is_terminal();
    let mut dump = || match &args.config {
        Some(config) => database.dump_config(&mut output, config),
        None => database.dump(&mut output, kind),
    };
    let result = if is_shown { dump() } else { during(&database.progress_handle(), dump) };
    match output.failure.take() {
        Some(failure) => Err(failure.into()),
        None => result.map_err(Stop::failed).and_then(|()| Ok(output.flush()?)),
    }
}

/// Checks every page and every rule, and says how much was checked.
pub(super) fn verify(args: &VerifyArgs, reporter: &Reporter) -> Result<(), Stop> {
    let database = store::open_to_read(&args.store, reporter)?;
    let found = during(&database.progress_handle(), || match &args.from {
        None => database.verify(),
        Some(hash) => database.verify_from(hash),
    });
    let found = found.map_err(Stop::failed)?;
    let mut output = buffered_stdout();
    if !found.is_sound() {
        for problem in &found.problems {
            reporter.tell(None, &Error::new(ErrorKind::Corrupt { what: problem.clone() }));
        }
        if found.is_cut_short {
            let count = found.problems.len();
            reporter.remark(&format!("the check ended after {count} problems; there may be more"));
        }
        return Err(Stop::Told(Exit::Store));
    }
    let width = found.checked.iter().map(|(what, _)| what.chars().count()).max().unwrap_or(0);
    for (what, count) in &found.checked {
        writeln!(output, "{what:<width$}  {count}")?;
    }
    if let Some(hash) = found.newest_hash {
        writeln!(output, "{:<width$}  {hash}", "newest hash")?;
    }
    if let Some(revision) = found.from {
        writeln!(output, "the history goes on from revision {revision}, which has that hash")?;
    }
    let pages = if found.pages_checked { "" } else { ", its pages not compared: it is in use" };
    writeln!(output, "the store is sound{pages}")?;
    Ok(output.flush()?)
}

/// Copies the store into another file.
pub(super) fn backup(args: &BackupArgs, reporter: &Reporter) -> Result<(), Stop> {
    let database = store::open_to_read(&args.store, reporter)?;
    during(&database.progress_handle(), || database.backup(&args.file)).map_err(Stop::failed)
}

/// Drops what is kept no longer, makes the file anew, and says what came of it.
pub(super) fn compact(args: &CompactArgs, reporter: &Reporter) -> Result<(), Stop> {
    let database = store::open_existing(&args.store, Some(args.wait), reporter)?;
    let before = bytes(&args.store)?;
    let dropped = database.expire().map_err(Stop::failed)?;
    during(&database.progress_handle(), || database.compact()).map_err(Stop::failed)?;
    store::close(database)?;
    // closing writes, too
    let after = bytes(&args.store)?;
    let mut output = buffered_stdout();
    writeln!(output, "{:<14}  {dropped}", "events dropped")?;
    writeln!(output, "{:<14}  {before}", "bytes before")?;
    writeln!(output, "{:<14}  {after}", "bytes after")?;
    Ok(output.flush()?)
}

/// The size of a file.
fn bytes(path: &Path) -> Result<u64, Stop> {
    let failed = |error| Stop::io(&path.display().to_string(), &error, Exit::Store);
    Ok(fs::metadata(path).map_err(failed)?.len())
}

/// Keeps the error of a writer, so that a closed pipe can be told from trouble with the store.
struct Watched<W> {
    inner: W,
    failure: Option<io::Error>,
}

impl<W> Watched<W> {
    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let copy = error.kind().into();
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure.get_or_insert(error);
            }
            copy
        })
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.inner.write(bytes);
        self.watch(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.inner.flush();
        self.watch(result)
    }
}
