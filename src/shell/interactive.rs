//! The shell for people: what they type becomes statements, statements become tables.

mod answer;
mod consent;
mod dot;
mod edit;
pub(super) mod help;
mod helper;
mod history;
mod input;
mod keys;
mod line;
mod offer;
mod opener;
mod paint;
#[cfg(unix)]
mod pending;
mod shape;
mod statement;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::{Deliveries, InteractiveArgs, SessionArgs};
use super::exit::Stop;
use super::listener::Listener;
use super::output::Printer;
use super::pager::Pager;
use super::report::Reporter;
use super::store;
use super::width::width;
use dot::ask;
use helper::Helper;
use input::open_for_edit;
use keys::Keys;
use line::{Line, Typed};
use opener::Opener;
use pcq::{Database, Note, Rows, Script, Session, Value};

/// Runs what a person types until they leave.
pub(super) fn interact(
    path: Option<&Path>,
    args: &SessionArgs,
    interactive: InteractiveArgs,
    reporter: &Reporter,
) -> Result<(), Stop> {
    let opener = Opener { args, interactive, listener: Listener::listen() };
    let is_new = path.is_some_and(|path| !path.exists());
    let (database, session) = opener.open(path, reporter)?;
    opener.listen_to(&database);
    let mut printer = Printer::new(args.format);
    if !interactive.safe {
        printer = printer.with_pager(Pager::new(opener.listener.clone()));
    }
    let settings = Settings::new(reporter.is_colored());
    let helper = Helper::new(session.completer(), settings.color, !interactive.safe);
    let mut shell = Shell {
        opener,
        database,
        session,
        path: path.map(Path::to_owned),
        printer,
        reporter,
        settings,
        line: Line::new(helper, !interactive.safe, reporter)?,
        parameters: args.parameters.iter().cloned().collect(),
        last: Last::None,
        depth: 0,
        typed: String::new(),
        begun: String::new(),
        weighty: Vec::new(),
        told: Vec::new(),
    };
    let result = shell.talk(is_new);
    let Shell { session, database, .. } = shell;
    drop(session);
    store::close(database)?;
    result
}

/// Whether to read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Read,
    Leave,
}

/// What a person has set.
#[derive(Clone, Copy, Debug)]
struct Settings {
    /// Whether it is said how long statements took; `None`: if they took long.
    timer: Option<bool>,
    /// Whether what is read from a file is shown.
    echo: bool,
    /// Whether a file ends at its first error.
    bail: bool,
    /// Whether what is typed is coloured.
    color: bool,
    /// The keys that lines are edited with.
    keys: Keys,
}

impl Settings {
    fn new(color: bool) -> Self {
        Self { timer: None, echo: false, bail: true, color, keys: Keys::Emacs }
    }
}

/// The table that was printed last.
#[derive(Debug, Default)]
enum Last {
    #[default]
    None,
    Rows(Rows),
    /// One of more rows than are held.
    Long,
}

#[derive(Debug)]
struct Shell<'a> {
    opener: Opener<'a>,
    database: Database,
    session: Session,
    /// The file of the store, if it has one.
    path: Option<PathBuf>,
    printer: Printer,
    reporter: &'a Reporter,
    settings: Settings,
    line: Line,
    parameters: BTreeMap<String, Value>,
    last: Last,
    /// How many files are read, one in the other.
    depth: usize,
    /// The statements that were typed last.
    typed: String,
    /// What stands at the next prompt already.
    begun: String,
    /// What the open transaction did that others would notice.
    weighty: Vec<String>,
    /// Notes of the statement that is run which were told before.
    told: Vec<Note>,
}

impl Shell<'_> {
    /// What the store is, and what to know of it.
    fn greeting(&self, is_new: bool) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let args = self.opener.args;
        let store = match &self.path {
            None => "in memory: nothing is kept".to_owned(),
            Some(path) if args.dry_run => format!("{}, a copy: nothing is kept", path.display()),
            Some(path) if args.readonly => format!("{}, to read only", path.display()),
            Some(path) if is_new => format!("{}, a new store", path.display()),
            Some(path) => path.display().to_string(),
        };
        let actor = self.session.actor().map(|actor| format!("actor {actor}"));
        let counts = match self.opener.interactive.deliveries() {
            _ if args.readonly || args.dry_run => None,
            Deliveries::Counted => Some("deliveries are counted".to_owned()),
            Deliveries::Uncounted => Some("GET counts no deliveries (--count)".to_owned()),
        };
        let help = "`.help` for help, Ctrl-D to leave".to_owned();
        let parts = [Some(format!("pcq {version}")), Some(store), actor, counts, Some(help)];
        in_lines(parts.into_iter().flatten(), self.printer.columns())
    }

    fn talk(&mut self, is_new: bool) -> Result<(), Stop> {
        self.read_usual()?;
        self.printer.say(&self.greeting(is_new))?;
        self.printer.flush()?;
        let listener = self.opener.listener.clone();
        while listener.during(|| self.read_on())? == Next::Read {}
        self.take_leave();
        Ok(self.printer.end_file()?)
    }

    /// Reads what is typed next, and does it. Ctrl-C right after it is typed ends it, too.
    fn read_on(&mut self) -> Result<Next, Stop> {
        self.line.set_helper(self.session.completer(), self.settings.color);
        self.line.set_keys(self.settings.keys);
        let (prompt, begun) = (self.prompt(), std::mem::take(&mut self.begun));
        match self.line.read(&prompt, &begun)? {
            Typed::Text(text) => return self.take(&text),
            Typed::Dropped => {}
            Typed::End => return Ok(Next::Leave),
            Typed::NoText(begun) => {
                self.begun = begun;
                self.refuse_line();
            }
        }
        Ok(Next::Read)
    }

    /// Tells that a line is no text. With it goes what was pasted together with it: the editor has lost a part
    /// of that, and the rest might say something else.
    fn refuse_line(&self) {
        #[cfg(unix)]
        let _ = pending::drop_pending();
        let (expected, found) = (vec!["UTF-8".to_owned()], "other bytes".to_owned());
        let error = pcq::Error::new(pcq::ErrorKind::Expected { expected, found });
        let hint = "the line was dropped, and all that came with it";
        self.reporter.tell(None, &error.hint(hint));
    }

    /// The prompt: the store, what it is opened for, and whether a transaction is open.
    fn prompt(&self) -> String {
        let store =
            self.path.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy());
        let store = store.map(|stem| format!(" {}", pcq::Short(&stem))).unwrap_or_default();
        let args = self.opener.args;
        let how = match (args.dry_run, args.readonly) {
            _ if self.path.is_none() => "",
            (true, _) => "(dry)",
            (_, true) => "(ro)",
            _ => "",
        };
        let open = if self.session.in_transaction() { "*" } else { "" };
        format!("pcq{store}{how}{open}> ")
    }

    /// Takes what was typed.
    fn take(&mut self, text: &str) -> Result<Next, Stop> {
        self.printer.measure();
        let next = match ask(text).filter(|_| !text.trim().contains('\n')) {
            Some(ask) => self.answer(ask)?,
            None if let Some(open) = open_for_edit(text) => {
                self.edit(Some(open)).map(|()| Next::Read)?
            }
            None => {
                text.trim_end().clone_into(&mut self.typed);
                self.run(text).map(|_| Next::Read)?
            }
        };
        self.printer.flush()?;
        Ok(next)
    }

    /// Runs the statements of a text, up to the first that fails. Whether none did.
    fn run(&mut self, text: &str) -> Result<bool, Stop> {
        self.run_from(text, None)
    }

    /// The same, if the text is a part of a file.
    fn run_from(&mut self, text: &str, origin: Option<Origin<'_>>) -> Result<bool, Stop> {
        let line = origin.map_or(1, |origin| origin.line);
        let file = origin.map(|origin| origin.file);
        let mut statements = Script::new(text.as_bytes()).from_line(line);
        while let Some(statement) = statements.next() {
            if self.opener.listener.was_asked() {
                self.reporter.remark("interrupted: what was still to come was not run");
                return Ok(false);
            }
            if let Ok(statement) = &statement
                && !self.agrees(statement)?
            {
                self.reporter.remark("nothing was done");
                self.told.clear();
                self.say_not_run(statements.next().is_some());
                return Ok(false);
            }
            let answer = match &statement {
                Ok(statement) => self.run_statement(statement)?,
                Err(error) => Err(error.clone()),
            };
            match answer {
                Ok((answer, time)) => self.show(answer, time, file)?,
                Err(error) => {
                    self.printer.flush()?;
                    self.reporter.tell(file, &error);
                    self.told.clear();
                    self.say_not_run(has_more(text, &error) || statements.next().is_some());
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn say_not_run(&self, has_more: bool) {
        if has_more {
            self.reporter.remark("the statements after it were not run");
        }
    }

    /// Tells what the end of the session undoes.
    fn take_leave(&self) {
        if self.session.in_transaction() {
            self.reporter.remark("the open transaction was rolled back");
        }
    }
}

/// Where in a file a text stands.
#[derive(Clone, Copy, Debug)]
struct Origin<'f> {
    file: &'f str,
    /// The line that it begins in.
    line: u32,
}

/// Parts with ` · ` between them, in lines of a number of columns.
fn in_lines(parts: impl Iterator<Item = String>, columns: usize) -> String {
    const BETWEEN: &str = " · ";
    let (mut text, mut taken) = (String::new(), 0);
    for part in parts {
        let more = width(BETWEEN) + width(&part);
        if text.is_empty() {
            taken = width(&part);
        } else if taken + more <= columns {
            text.push_str(BETWEEN);
            taken += more;
        } else {
            text.push('\n');
            taken = width(&part);
        }
        text.push_str(&part);
    }
    text
}

/// Whether a text goes on with another statement after the one that an error of syntax is in.
fn has_more(text: &str, error: &pcq::Error) -> bool {
    let Some(place) = error.place() else { return false };
    let after = text.find(&*place.statement).and_then(|at| text.get(at + place.statement.len()..));
    let more = after.unwrap_or_default().trim_start().trim_start_matches(';').trim();
    error.code() == "syntax" && !more.is_empty()
}
