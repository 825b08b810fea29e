//! The shell for people: what they type becomes statements, statements become tables.

mod answer;
mod dot;
pub(super) mod help;
mod helper;
mod history;
mod input;
mod opener;
mod paint;
#[cfg(unix)]
mod pending;
mod shape;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustyline::error::ReadlineError;
use rustyline::{CompletionType, Config, Editor};

use super::args::{Deliveries, SessionArgs};
use super::exit::{Exit, Stop};
use super::output::Printer;
use super::report::Reporter;
use super::store;
use dot::ask;
use helper::Helper;
use history::History;
use opener::{Listener, Opener};
use pcq::{Database, Outcome, Rows, Script, ScriptStatement, Session, Value};

/// A statement that takes longer tells how long it took.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// Runs what a person types until they leave.
pub(super) fn interact(
    path: Option<&Path>,
    args: &SessionArgs,
    deliveries: Deliveries,
    reporter: &Reporter,
) -> Result<(), Stop> {
    let opener = Opener { args, deliveries, listener: Listener::listen() };
    let is_new = path.is_some_and(|path| !path.exists());
    let (database, session) = opener.open(path, reporter)?;
    opener.listen_to(&database);
    let printer = Printer::new(args.format);
    let parameters = args.parameters.iter().cloned().collect();
    let (path, settings) = (path.map(Path::to_owned), Settings::new(reporter.is_colored()));
    let mut shell = Shell {
        opener,
        database,
        session,
        path,
        printer,
        reporter,
        settings,
        parameters,
        last: None,
        depth: 0,
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
}

impl Settings {
    fn new(color: bool) -> Self {
        Self { timer: None, echo: false, bail: true, color }
    }
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
    parameters: BTreeMap<String, Value>,
    /// The last table.
    last: Option<Rows>,
    /// How many files are read, one in the other.
    depth: usize,
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
        let actor =
            self.session.actor().map(|actor| format!(" · actor {actor}")).unwrap_or_default();
        let counts = match self.opener.deliveries {
            Deliveries::Counted => " · deliveries are counted",
            Deliveries::Uncounted => "",
        };
        format!("pcq {version} · {store}{actor}{counts} · `.help` for help, Ctrl-D to leave")
    }

    fn talk(&mut self, is_new: bool) -> Result<(), Stop> {
        self.printer.say(&self.greeting(is_new))?;
        self.printer.flush()?;
        let config = Config::builder().history_ignore_dups(true).map_err(no_terminal)?;
        let config = config.auto_add_history(false).completion_type(CompletionType::List).build();
        let mut editor = Editor::with_config(config).map_err(no_terminal)?;
        editor.set_helper(Some(Helper::new(self.database.completer(), self.settings.color)));
        let history = History::load(&mut editor, self.reporter);
        let mut begun = String::new();
        loop {
            let typed = editor.readline_with_initial(&*self.prompt(), (&begun, ""));
            begun.clear();
            match typed {
                Ok(text) => {
                    history.add(&mut editor, &text);
                    if self.take(&text)? == Next::Leave {
                        break;
                    }
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => break,
                Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                    begun = editor.helper().map(Helper::take_seen).unwrap_or_default();
                    begun.truncate(begun.rfind('\n').map_or(0, |end| end + 1));
                    self.refuse_line();
                }
                Err(error) => return Err(no_terminal(error)),
            }
            if let Some(helper) = editor.helper_mut() {
                helper.set_completer(self.database.completer());
                helper.set_colored(self.settings.color);
            }
        }
        self.take_leave();
        Ok(self.printer.end_file()?)
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
            None => self.run(text).map(|_| Next::Read)?,
        };
        self.printer.flush()?;
        Ok(next)
    }

    /// Runs the statements of a text, up to the first that fails. Whether none did.
    fn run(&mut self, text: &str) -> Result<bool, Stop> {
        let mut statements = Script::new(text.as_bytes());
        while let Some(statement) = statements.next() {
            match statement.and_then(|statement| self.run_statement(&statement)) {
                Ok((outcome, time)) => self.show(&outcome, time)?,
                Err(error) => {
                    self.printer.flush()?;
                    self.reporter.tell(None, &error);
                    if has_more(text, &error) || statements.next().is_some() {
                        self.reporter.remark("the statements after it were not run");
                    }
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn run_statement(&mut self, statement: &ScriptStatement) -> pcq::Result<(Outcome, Duration)> {
        let start = Instant::now();
        let running = &self.opener.listener.running;
        running.store(true, Ordering::Relaxed);
        let outcome = self.session.run_parsed(statement);
        running.store(false, Ordering::Relaxed);
        Ok((outcome?, start.elapsed()))
    }

    fn show(&mut self, outcome: &Outcome, time: Duration) -> Result<(), Stop> {
        let text = match outcome.rows() {
            Some(rows) => {
                self.last = Some(rows.clone());
                self.printer.print(rows)?;
                if !self.printer.takes_remark(rows) {
                    return Ok(());
                }
                let count = rows.len();
                format!("{count} {}", if count == 1 { "row" } else { "rows" })
            }
            None => outcome.message().unwrap_or_default(),
        };
        let is_told = self.settings.timer.unwrap_or(time >= WORTH_TELLING);
        let time = if is_told { format!(" ({:.3} s)", time.as_secs_f64()) } else { String::new() };
        self.printer.say(&format!("{text}{time}"))?;
        self.printer.flush()?;
        outcome.notes().iter().for_each(|note| self.reporter.note(None, note));
        Ok(())
    }

    /// Tells what the end of the session undoes.
    fn take_leave(&self) {
        if self.session.in_transaction() {
            self.reporter.remark("the open transaction was rolled back");
        }
    }
}

/// Whether a text goes on with another statement after the one that an error of syntax is in.
fn has_more(text: &str, error: &pcq::Error) -> bool {
    let Some(place) = error.place() else { return false };
    let after = text.find(&*place.statement).and_then(|at| text.get(at + place.statement.len()..));
    let more = after.unwrap_or_default().trim_start().trim_start_matches(';').trim();
    error.code() == "syntax" && !more.is_empty()
}

fn no_terminal(error: ReadlineError) -> Stop {
    Stop::io("the terminal", &std::io::Error::other(error), Exit::Failed)
}
