//! `pcq list`: a list of users out of a file.

mod column;
mod id;
mod read;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::Path;

use super::args::ListArgs;
use super::exit::{Exit, Stop, finish};
use super::file::is_same_file;
use super::report::Reporter;
use super::screen::buffered_stdout;
use super::store;
use super::text::counted;
use super::track::progress::Progress;
use super::track::rejects::Rejects;
use pcq::{Database, Session};
pub(super) use read::{Source, Users, read};

/// Loads the ids of a file into a segment.
pub(super) fn list(args: &ListArgs, reporter: &Reporter) -> Result<(), Stop> {
    let input = open(&args.file).map_err(|error| read::unreadable(&args.file, &error))?;
    let progress = Progress::hidden();
    let is_loaded = |path: &Path| is_same_file(&args.file, path);
    let most = args.max_rejected;
    let mut rejects = Rejects::new(&args.rejects, most, is_loaded, reporter, &progress)?;
    let name = args.file.display().to_string();
    let found =
        read(&Source::of(args), input, |line, flaw, text| rejects.add(&name, line, flaw, text));
    rejects.finish()?;
    match found {
        Ok(users) if users.is_empty() && rejects.count() > 0 => nothing_loaded(reporter),
        Ok(users) => {
            load(args, users, rejects.count(), reporter)?;
            finish(if rejects.count() == 0 { Exit::Fine } else { Exit::Failed })
        }
        Err(_) if rejects.is_full() => nothing_loaded(reporter),
        Err(stop) => Err(stop),
    }
}

fn nothing_loaded(reporter: &Reporter) -> Result<(), Stop> {
    reporter.remark("nothing was loaded");
    Err(Stop::Told(Exit::Failed))
}

/// Loads what was found, and says so.
fn load(args: &ListArgs, users: Users, rejected: u64, reporter: &Reporter) -> Result<(), Stop> {
    if let Some(note) = &users.note {
        reporter.remark(&format!("note: {note}"));
    }
    let database = store::open_to_write(&args.store, args.wait, reporter)?;
    let loaded = session(&database, args).load_user_list(args.segment.clone(), users.list);
    let count = loaded.map_err(Stop::failed)?;
    store::close(database)?;
    let rejected = if rejected == 0 { String::new() } else { format!(", {rejected} rejected") };
    let mut output = buffered_stdout();
    writeln!(output, "loaded {} into segment {}{rejected}", counted(count, "id"), args.segment)?;
    Ok(output.flush()?)
}

/// A session of whom the arguments say.
fn session(database: &Database, args: &ListArgs) -> Session {
    let mut session = database.session();
    if let Some(actor) = &args.actor {
        session = session.with_actor(actor.as_str());
    }
    if let Some(comment) = &args.comment {
        session = session.with_comment(comment.as_str());
    }
    session
}

fn open(file: &Path) -> io::Result<Box<dyn BufRead>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::new(File::open(file)?)))
}
