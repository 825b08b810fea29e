//! `pcq list`: a list of users out of a file.

use std::cell::Cell;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::args::ListArgs;
use super::exit::{Exit, Stop};
use super::screen::buffered_stdout;
use super::store;
use super::text::counted;
use pcq::model::Span;
use pcq::{Database, Error, ErrorKind, Session};

/// Loads the ids of a file into a segment.
pub(super) fn list(args: &ListArgs) -> Result<(), Stop> {
    let bytes = read(&args.file)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| not_utf8(&args.file, &bytes, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let database = store::open_existing(&args.store, args.wait)?;
    let count = load(args, &mut session(&database, args), text)?;
    store::close(database)?;
    let mut output = buffered_stdout();
    writeln!(output, "loaded {} into segment {}", counted(count, "id"), args.segment)?;
    Ok(output.flush()?)
}

/// Loads the lines that are not empty; gives how many ids they are.
fn load(args: &ListArgs, session: &mut Session, text: &str) -> Result<u64, Stop> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.is_empty());
    // the line that is being taken; none once all are
    let at = Cell::new(None);
    let ids = lines.map(Some).chain([None]).map_while(|line| {
        at.set(line);
        line.map(|(id, _)| id)
    });
    let loaded = session.load_list(args.segment.clone(), ids);
    loaded.map_err(|error| match at.get() {
        Some((text, line)) => in_line(&args.file, error, line, text),
        None => Stop::failed(error),
    })
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

/// The error of bytes that are no text from a place on.
fn not_utf8(file: &Path, bytes: &[u8], from: usize) -> Stop {
    let line = bytes.iter().take(from).filter(|byte| **byte == b'\n').count();
    let text = bytes.split(|byte| *byte == b'\n').nth(line).unwrap_or_default();
    let text = String::from_utf8_lossy(text).into_owned();
    let why = "it is not UTF-8".to_owned();
    let error = ErrorKind::BadLiteral { what: "a user id", text: text.clone(), why };
    in_line(file, error.into(), line + 1, &text)
}

/// All of a file, or of standard input.
fn read(file: &Path) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(file).map(|read| bytes = read)
    };
    read.map_err(|error| Stop::io(&file.display().to_string(), &error, Exit::Usage))?;
    Ok(bytes)
}

/// An error of a line of the file.
fn in_line(file: &Path, error: Error, line: usize, text: &str) -> Stop {
    let text: Arc<str> = text.into();
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    let error = error.at(Span::new(0, text.len())).locate(&text, line, 1);
    Stop::Error { file: Some(file.display().to_string()), error, exit: Exit::Failed }
}
