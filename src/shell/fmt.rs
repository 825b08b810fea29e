//! `fmt`: scripts in canonical form, comments included.

use std::fs;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::Path;

use similar::TextDiff;
use tempfile::NamedTempFile;

use super::args::FmtArgs;
use super::exit::{Exit, Stop, finish};
use super::report::Reporter;
use super::screen::buffered_stdout;
use super::source::{self, ScriptSource};
use pcq::{Error, ErrorKind};

/// Formats scripts: to standard output, in place, or only to see whether they are canonical. What is wrong with one is
/// told, and the others are formatted all the same.
pub(super) fn fmt(args: &FmtArgs, reporter: &Reporter) -> Result<(), Stop> {
    let sources = source::open_all_in(&args.scripts)?;
    let mut stdout = buffered_stdout();
    let mut worst = Exit::Fine;
    for source in &sources {
        let done = check_syntax(source, reporter).map_err(Failure::from);
        let exit = match done.and_then(|()| one(source, args, &mut stdout)) {
            Ok(exit) => exit,
            Err(Failure::Script(stop)) => stop.told(reporter),
            Err(Failure::Output(error)) => return Err(error.into()),
        };
        worst = worst.max(exit);
    }
    stdout.flush()?;
    finish(worst)
}

/// Tells what of a script does not parse.
fn check_syntax(source: &ScriptSource, reporter: &Reporter) -> Result<(), Stop> {
    let errors = source.script()?.going_on().filter_map(Result::err);
    let exits = errors.map(|error| source.stop(error).told(reporter));
    finish(exits.max().unwrap_or(Exit::Fine))
}

/// Does with a script that parses what is asked for.
fn one(source: &ScriptSource, args: &FmtArgs, to: &mut dyn Write) -> Result<Exit, Failure> {
    let is_canonical = match args {
        FmtArgs { write: true, .. } => {
            rewrite(source)?;
            true
        }
        FmtArgs { diff: true, .. } => write_diff(source, to)?,
        FmtArgs { check: true, .. } => {
            let is_canonical = is_canonical(source)?;
            if !is_canonical {
                writeln!(to, "{}", source.name())?;
            }
            is_canonical
        }
        _ => {
            format(source, to)?;
            true
        }
    };
    Ok(if is_canonical { Exit::Fine } else { Exit::Failed })
}

/// Writes what formatting would change in a script; returns whether that is nothing.
fn write_diff(source: &ScriptSource, to: &mut dyn Write) -> Result<bool, Failure> {
    let (mut original, mut formatted) = (String::new(), Vec::new());
    let read = source.reader()?.read_to_string(&mut original);
    read.map_err(|error| Stop::io(source.name(), &error, Exit::Usage))?;
    format(source, &mut formatted)?;
    let formatted = String::from_utf8_lossy(&formatted);
    if original == formatted {
        return Ok(true);
    }
    let diff = TextDiff::from_lines(original.as_str(), &formatted);
    diff.unified_diff().header(source.name(), source.name()).to_writer(to)?;
    Ok(false)
}

/// Reason why formatting fails: the script, or the file that is written.
enum Failure {
    Script(Stop),
    Output(io::Error),
}

impl Failure {
    /// The failure, if what was written is of the script, too.
    fn of(self, source: &ScriptSource) -> Stop {
        match self {
            Self::Script(stop) => stop,
            Self::Output(error) => Stop::io(source.name(), &error, Exit::Failed),
        }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Script(stop)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Whether a script is what formatting makes of it.
fn is_canonical(source: &ScriptSource) -> Result<bool, Stop> {
    let mut compare = Compare { original: source.reader()?, is_equal: true };
    format(source, &mut compare).map_err(|failure| failure.of(source))?;
    Ok(compare.is_equal && compare.original.fill_buf().is_ok_and(<[u8]>::is_empty))
}

/// Replaces a script at once, or leaves it as it is; a link stays a link.
fn rewrite(source: &ScriptSource) -> Result<(), Stop> {
    let Some(path) = source.path() else {
        let message = io::Error::other("only a file can be rewritten in place");
        return Err(Stop::io(source.name(), &message, Exit::Usage));
    };
    if is_canonical(source)? {
        return Ok(());
    }
    replace(source, path).map_err(|failure| failure.of(source))
}

fn replace(source: &ScriptSource, path: &Path) -> Result<(), Failure> {
    let path = fs::canonicalize(path)?;
    let mut writer =
        BufWriter::new(NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?);
    format(source, &mut writer)?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

fn format(source: &ScriptSource, to: &mut dyn Write) -> Result<(), Failure> {
    for text in source.script()?.formatted() {
        to.write_all(text.map_err(|error| refusal(source, error))?.as_bytes())?;
    }
    Ok(())
}

/// Tells a statement that is too long to be formatted from a script that does not parse.
fn refusal(source: &ScriptSource, error: Error) -> Stop {
    if matches!(error.kind(), ErrorKind::StatementTooLong { .. }) {
        return Stop::Error { file: Some(source.name().to_owned()), error, exit: Exit::Failed };
    }
    source.stop(error)
}

/// Compares what is written with what is there.
struct Compare<R> {
    original: R,
    is_equal: bool,
}

impl<R: Read> Write for Compare<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_equal {
            let mut there = vec![0; bytes.len()];
            self.is_equal = self.original.read_exact(&mut there).is_ok() && there == bytes;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
