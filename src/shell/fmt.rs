//! `fmt`: scripts in canonical form, comments included.

use std::fs;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::args::FmtArgs;
use super::exit::{Exit, Stop, finish};
use super::report::Reporter;
use super::run;
use super::screen::buffered_stdout;
use super::source::{self, ScriptSource};
use pcq::{Error, ErrorKind};

/// Formats scripts: to standard output, in place, or only to see whether they are canonical.
pub(super) fn fmt(args: &FmtArgs, reporter: &Reporter) -> Result<(), Stop> {
    let sources = source::open_all(&args.scripts)?;
    run::check_syntax(&sources, reporter)?;
    let mut stdout = buffered_stdout();
    let mut worst = Exit::Fine;
    for source in &sources {
        if args.write {
            rewrite(source)?;
        } else if !args.check {
            format(source, &mut stdout)?;
        } else if !is_canonical(source)? {
            writeln!(stdout, "{}", source.name())?;
            worst = Exit::Failed;
        }
    }
    stdout.flush()?;
    finish(worst)
}

/// Reason why formatting fails: the script, or the file that is written.
enum Failure {
    Script(Stop),
    Output(io::Error),
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

/// Takes the output to be standard output.
impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Script(stop) => stop,
            Failure::Output(error) => error.into(),
        }
    }
}

/// Whether a script is what formatting makes of it.
fn is_canonical(source: &ScriptSource) -> Result<bool, Stop> {
    let mut compare = Compare { original: source.reader()?, is_equal: true };
    format(source, &mut compare)?;
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
    replace(source, path).map_err(|failure| match failure {
        Failure::Script(stop) => stop,
        Failure::Output(error) => Stop::io(source.name(), &error, Exit::Failed),
    })
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
