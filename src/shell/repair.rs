//! `pcq repair`: a store is taken out of the future, into a copy or in its place.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::{RepairArgs, WaitArg};
use super::exit::{Exit, Stop};
use super::report::Reporter;
use super::screen::buffered_stdout;
use super::store;
use pcq::{ClockRepair, Database};

/// Says what is later than the clock, and brings it down where that is wanted.
pub(super) fn repair(args: &RepairArgs, reporter: &Reporter) -> Result<(), Stop> {
    // who changes the store keeps it open, and so locked, until the copy has its name
    let database = if args.yes {
        store::open_existing(&args.store, WaitArg::default())
    } else {
        store::open_to_read(&args.store)
    }?;
    let found = database.survey_clock(args.at).map_err(Stop::failed)?;
    tell(&found)?;
    match &args.to {
        _ if found.is_empty() => {
            reporter.remark("nothing has to come down");
            Ok(())
        }
        Some(to) => database.repair_clock(to, args.at).map(drop).map_err(Stop::failed),
        None if args.yes => replace(&database, args),
        None => {
            let ways = "--yes changes the store, and --to FILE writes a copy";
            reporter.remark(&format!("nothing was changed: {ways}"));
            Err(Stop::Told(Exit::Failed))
        }
    }
}

/// Prints what comes down, and what stays.
fn tell(found: &ClockRepair) -> Result<(), Stop> {
    let mut output = buffered_stdout();
    for (what, count) in [
        ("revisions", found.revisions),
        ("publications", found.publications),
        ("events and attributes", found.facts),
        ("schedules, which stay", found.scheduled),
    ] {
        writeln!(output, "{what:<21}  {count}")?;
    }
    Ok(output.flush()?)
}

/// Puts a copy in the place of the store.
fn replace(database: &Database, args: &RepairArgs) -> Result<(), Stop> {
    // what a link leads to is replaced, not the link
    let path = fs::canonicalize(&args.store).map_err(|error| failed(&args.store, &error))?;
    let copy = beside(&path);
    let named = database.repair_clock(&copy, args.at).map_err(Stop::failed).and_then(|_| {
        let named = keep_access(&path, &copy).and_then(|()| fs::rename(&copy, &path));
        named.map_err(|error| failed(&path, &error))
    });
    if named.is_err() {
        // after the rename there is nothing to remove
        let _ = fs::remove_file(&copy);
    }
    named
}

/// A hidden name beside a file.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".repair-{}", std::process::id()));
    path.with_file_name(name)
}

/// Gives a copy the mode and the owner of a file.
fn keep_access(from: &Path, to: &Path) -> io::Result<()> {
    let (wanted, found) = (fs::metadata(from)?, fs::metadata(to)?);
    keep_owner(&wanted, &found, to)?;
    fs::set_permissions(to, wanted.permissions())
}

#[cfg(unix)]
fn keep_owner(wanted: &Metadata, found: &Metadata, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let owner = |file: &Metadata| (file.uid(), file.gid());
    if owner(wanted) == owner(found) {
        return Ok(());
    }
    chown(to, Some(wanted.uid()), Some(wanted.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_wanted: &Metadata, _found: &Metadata, _to: &Path) -> io::Result<()> {
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> Stop {
    Stop::io(&path.display().to_string(), error, Exit::Store)
}
