//! `pcq list`: a list of users out of a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::args::ListArgs;
use super::exit::{Exit, Stop};
use super::screen::buffered_stdout;
use super::store;
use super::text::counted;
use pcq::limits::ID_BYTES;
use pcq::model::Span;
use pcq::{Database, Error, ErrorKind, Session, Short, UserList};

/// What some programs begin a file with, to say that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The most bytes of a line that are read: that mark, an id and the line break, or enough to see that it is too long.
const LINE_BYTES: u64 = (BYTE_ORDER_MARK.len() + ID_BYTES + 2) as u64;

/// Loads the ids of a file into a segment.
pub(super) fn list(args: &ListArgs) -> Result<(), Stop> {
    let users = read(&args.file)?;
    let database = store::open_existing(&args.store, args.wait)?;
    let loaded = session(&database, args).load_user_list(args.segment.clone(), users);
    let count = loaded.map_err(Stop::failed)?;
    store::close(database)?;
    let mut output = buffered_stdout();
    writeln!(output, "loaded {} into segment {}", counted(count, "id"), args.segment)?;
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

/// The users of a file, or of standard input: one of each line that is not empty.
fn read(file: &Path) -> Result<UserList, Stop> {
    let input = open(file).map_err(|error| unreadable(file, &error))?;
    read_from(file, input)
}

/// The users of what is open, by the name of its file.
pub(super) fn read_from(file: &Path, mut input: impl BufRead) -> Result<UserList, Stop> {
    let (mut users, mut line) = (UserList::new(), Vec::new());
    for number in 1.. {
        line.clear();
        let found = input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
        if found.map_err(|error| unreadable(file, &error))? == 0 {
            break;
        }
        let id = without_break(&line);
        let unmarked = id.strip_prefix(BYTE_ORDER_MARK).filter(|_| number == 1);
        let id = unmarked.unwrap_or(id);
        add(&mut users, id).map_err(|error| in_line(file, error, number, id))?;
    }
    Ok(users)
}

fn unreadable(file: &Path, error: &io::Error) -> Stop {
    Stop::io(&file.display().to_string(), error, Exit::Usage)
}

fn open(file: &Path) -> io::Result<Box<dyn BufRead>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::new(File::open(file)?)))
}

fn without_break(line: &[u8]) -> &[u8] {
    let Some(line) = line.strip_suffix(b"\n") else { return line };
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Adds the user of a line, unless it is empty.
fn add(users: &mut UserList, id: &[u8]) -> Result<(), Error> {
    if id.is_empty() {
        return Ok(());
    }
    if id.len() > ID_BYTES {
        return Err(ErrorKind::TooLong { what: "a user id", limit: ID_BYTES }.into());
    }
    let not_utf8 = |_| {
        let (what, text) = ("a user id", String::from_utf8_lossy(id).into_owned());
        Error::from(ErrorKind::BadLiteral { what, text, why: "it is not UTF-8".to_owned() })
    };
    users.push(std::str::from_utf8(id).map_err(not_utf8)?)
}

/// An error of a line of the file.
fn in_line(file: &Path, error: Error, line: usize, id: &[u8]) -> Stop {
    let text: Arc<str> = Short(&String::from_utf8_lossy(id)).to_string().into();
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    let error = error.at(Span::new(0, text.len())).locate(&text, line, 1);
    Stop::Error { file: Some(file.display().to_string()), error, exit: Exit::Failed }
}
