//! `fmt`: scripts in canonical form, comments included.

mod comment;

use std::fs;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::args::FmtArgs;
use super::exit::{Exit, Stop, finish};
use super::output::buffered_stdout;
use super::report::Reporter;
use super::run;
use super::source::{self, Source};
use comment::{Comment, Trivia};
use pcq::limits::STATEMENT_BYTES;
use pcq::{ErrorKind, ScriptStatement};

/// Formats scripts: to standard output, in place, or only to see whether they are canonical.
pub(super) fn fmt(args: &FmtArgs, reporter: &Reporter) -> Result<(), Stop> {
    let sources = source::open_all(&args.scripts)?;
    run::check(&sources, reporter)?;
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

/// Why formatting ends: the script, or what it is written to.
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
fn is_canonical(source: &Source) -> Result<bool, Stop> {
    let mut compare = Compare { original: source.reader()?, is_equal: true };
    format(source, &mut compare)?;
    Ok(compare.is_equal && compare.original.fill_buf().is_ok_and(<[u8]>::is_empty))
}

/// Replaces a script at once, or leaves it as it is; a link stays a link.
fn rewrite(source: &Source) -> Result<(), Stop> {
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

fn replace(source: &Source, path: &Path) -> Result<(), Failure> {
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

fn format(source: &Source, to: &mut dyn Write) -> Result<(), Failure> {
    let mut writer = ScriptWriter { to, line: Line::Start };
    let mut script = source.script()?;
    for statement in &mut script {
        let statement = statement.map_err(|error| source.stop(error))?;
        refuse_cut_off(source, &statement)?;
        writer.statement(&statement)?;
    }
    writer.end(script.rest())?;
    Ok(())
}

/// Refuses a statement of which not all was kept, because it is past the limit: writing it would
/// lose the rest of it.
fn refuse_cut_off(source: &Source, statement: &ScriptStatement) -> Result<(), Stop> {
    let error =
        statement.result().err().filter(|e| matches!(e.kind(), ErrorKind::StatementTooLong { .. }));
    let error = error.cloned().or_else(|| {
        let lengths =
            [statement.text().len() + statement.trailing().len(), statement.leading().len()];
        let longest = lengths.into_iter().max().unwrap_or(0);
        let found = longest as u64;
        (longest + 8 > STATEMENT_BYTES).then(|| ErrorKind::StatementTooLong { found }.into())
    });
    let stop =
        |error| Stop::Error { file: Some(source.name().to_owned()), error, exit: Exit::Failed };
    error.map_or(Ok(()), |error| Err(stop(error)))
}

/// Where the next character would be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// At the start of the script.
    Start,
    /// After a statement, on its line, where a comment can still be added.
    Statement,
    /// At the start of a line.
    New,
}

/// Writes statements and the comments around them.
struct ScriptWriter<'a> {
    to: &'a mut dyn Write,
    line: Line,
}

impl ScriptWriter<'_> {
    /// Writes a statement in canonical form; one that has an error, or would have one then, stays as it was
    /// written.
    fn statement(&mut self, statement: &ScriptStatement) -> io::Result<()> {
        let after = comment::Trailing::new(statement.trailing());
        self.trivia(&Trivia::parse(statement.leading()))?;
        // a canonical text past the limit could not be read again: blanks made it longer than it was
        let limit = STATEMENT_BYTES.max(statement.text().len());
        let canonical = statement.result().ok().map(ToString::to_string);
        let canonical = canonical.filter(|text| text.len() <= limit);
        if canonical.is_some() {
            self.own_lines(comment::inside(statement.text()))?;
        }
        self.own_lines(after.moved)?;
        match canonical {
            Some(text) => write!(self.to, "{text};")?,
            None => write!(self.to, "{};", statement.text())?,
        }
        self.line = Line::Statement;
        after.kept.into_iter().try_for_each(|text| write!(self.to, " {text}"))
    }

    /// Writes what is left after the last statement.
    fn end(&mut self, rest: &str) -> io::Result<()> {
        let mut rest = Trivia::parse(rest);
        rest.breaks_at_end = 1; // no blank line at the end of a script
        self.trivia(&rest)
    }

    /// Writes what stands between two statements, and ends the line.
    fn trivia(&mut self, trivia: &Trivia<'_>) -> io::Result<()> {
        let on_line = if self.line == Line::Statement { trivia.on_first_line() } else { 0 };
        let (same, own) = trivia.comments.split_at(on_line);
        for comment in same {
            write!(self.to, " {}", comment.text)?;
        }
        if self.line == Line::Statement {
            writeln!(self.to)?;
            self.line = Line::New;
        }
        own.iter().try_for_each(|comment| self.own_line(comment))?;
        self.blank_line(trivia.breaks_at_end)
    }

    fn own_lines<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> io::Result<()> {
        texts.into_iter().try_for_each(|text| self.own_line(&Comment { breaks_before: 1, text }))
    }

    fn own_line(&mut self, comment: &Comment<'_>) -> io::Result<()> {
        self.blank_line(comment.breaks_before)?;
        writeln!(self.to, "{}", comment.text)?;
        self.line = Line::New;
        Ok(())
    }

    /// Keeps one of the blank lines that were there, but none at the start.
    fn blank_line(&mut self, breaks: usize) -> io::Result<()> {
        if breaks > 1 && self.line == Line::New { writeln!(self.to) } else { Ok(()) }
    }
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
