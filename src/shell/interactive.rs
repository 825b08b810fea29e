//! The shell for people: lines become statements, statements become tables.

mod echo;
mod history;
mod input;
#[cfg(unix)]
mod pending;

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustyline::error::ReadlineError;
use rustyline::{Config, Editor};

use super::args::{Deliveries, SessionArgs};
use super::exit::{Exit, Stop};
use super::format::Format;
use super::output::Printer;
use super::report::Reporter;
use super::store;
use clap::ValueEnum;
use echo::Echo;
use history::History;
use input::{Input, Request};
use pcq::statement::{HELP, Help};
use pcq::{Database, Outcome, Script, ScriptStatement, Session, Short};

/// The exit code of a program that Ctrl-C ends.
const INTERRUPTED: i32 = 130;

/// A statement that takes longer tells how long it took.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// Runs what a person types until they leave.
pub(super) fn interact(
    path: Option<&Path>,
    args: &SessionArgs,
    deliveries: Deliveries,
    reporter: &Reporter,
) -> Result<(), Stop> {
    let database = store::open(path, args, deliveries, reporter)?;
    let session = store::session(&database, args)?;
    let running = listen(&database);
    let mut shell = Shell { session, printer: Printer::new(args.format), reporter, running };
    let result = shell.greet(path).and_then(|()| shell.talk());
    drop(shell);
    store::close(database)?;
    result
}

/// Whether to read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Read,
    Leave,
}

struct Shell<'a> {
    session: Session,
    printer: Printer,
    reporter: &'a Reporter,
    /// Whether a statement runs that was not asked to end yet.
    running: Arc<AtomicBool>,
}

/// Asks the statement that runs to end at the first Ctrl-C, and leaves at the second. While a line is typed
/// Ctrl-C is a key like others.
fn listen(database: &Database) -> Arc<AtomicBool> {
    let running = Arc::new(AtomicBool::new(false));
    let (noted, handle) = (Arc::clone(&running), database.interrupt_handle());
    let asked = ctrlc::set_handler(move || {
        if !noted.swap(false, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        handle.interrupt();
    });
    // without it Ctrl-C ends the program, as it does elsewhere
    drop(asked);
    running
}

impl Shell<'_> {
    fn greet(&mut self, path: Option<&Path>) -> Result<(), Stop> {
        let store = path.map_or("in memory".to_owned(), |path| path.display().to_string());
        let version = env!("CARGO_PKG_VERSION");
        self.printer
            .say(&format!("pcq {version} · {store} · `.help` for help, Ctrl-D to leave"))?;
        Ok(self.printer.flush()?)
    }

    fn talk(&mut self) -> Result<(), Stop> {
        let config = Config::builder().history_ignore_dups(true).map_err(no_terminal)?;
        let config = config.auto_add_history(false).build();
        let mut editor = Editor::with_config(config).map_err(no_terminal)?;
        editor.set_helper(Some(Echo));
        let history = History::load(&mut editor, self.reporter);
        let mut input = Input::default();
        loop {
            match editor.readline(self.prompt(&input)) {
                Ok(line) => {
                    let request = input.add(&line);
                    history.add(&mut editor, &request);
                    if self.take(request)? == Next::Leave {
                        break;
                    }
                }
                Err(ReadlineError::Interrupted) => input.clear(),
                Err(ReadlineError::Eof) => {
                    if !input.is_empty() {
                        self.reporter.remark("an unfinished statement was dropped");
                    }
                    break;
                }
                Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                    self.refuse_line();
                }
                Err(error) => return Err(no_terminal(error)),
            }
        }
        self.take_leave();
        Ok(())
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

    /// The prompts are of one width, so that the lines of a statement stand below each other.
    fn prompt(&self, input: &Input) -> &'static str {
        match (self.session.in_transaction(), input.is_empty()) {
            (false, true) => "pcq> ",
            (false, false) => " ..> ",
            (true, true) => "pcq*> ",
            (true, false) => " ..*> ",
        }
    }

    fn take(&mut self, request: Request) -> Result<Next, Stop> {
        self.printer.measure();
        match request {
            Request::Wait => return Ok(Next::Read),
            Request::Leave => return Ok(Next::Leave),
            Request::Run(text) => self.run(&text)?,
            Request::Help(topic) => self.help(&topic)?,
            Request::Format(name) => self.set_format(&name)?,
            Request::Unknown(word) => {
                self.printer.say(&format!(
                    "`{}` is no command of the shell; `.help` lists them",
                    Short(&word)
                ))?;
            }
        }
        self.printer.flush()?;
        Ok(Next::Read)
    }

    /// Runs the statements of an input, up to the first that fails.
    fn run(&mut self, text: &str) -> Result<(), Stop> {
        let mut statements = Script::new(text.as_bytes());
        while let Some(statement) = statements.next() {
            match statement.and_then(|statement| self.run_statement(&statement)) {
                Ok((outcome, time)) => self.show(&outcome, time)?,
                Err(error) => {
                    self.printer.flush()?;
                    self.reporter.tell(None, &error);
                    if statements.next().is_some() {
                        self.reporter.remark("the statements after it were not run");
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn run_statement(&mut self, statement: &ScriptStatement) -> pcq::Result<(Outcome, Duration)> {
        let start = Instant::now();
        self.running.store(true, Ordering::Relaxed);
        let outcome = self.session.run_parsed(statement);
        self.running.store(false, Ordering::Relaxed);
        Ok((outcome?, start.elapsed()))
    }

    fn show(&mut self, outcome: &Outcome, time: Duration) -> Result<(), Stop> {
        let text = match outcome.rows() {
            Some(rows) => {
                self.printer.print(rows)?;
                if !self.printer.takes_remark(rows) {
                    return Ok(());
                }
                let count = rows.len();
                format!("{count} {}", if count == 1 { "row" } else { "rows" })
            }
            None => outcome.message().unwrap_or_default(),
        };
        let time = if time < WORTH_TELLING {
            String::new()
        } else {
            format!(" ({:.2} s)", time.as_secs_f64())
        };
        self.printer.say(&format!("{text}{time}"))?;
        self.printer.flush()?;
        outcome.notes().iter().for_each(|note| self.reporter.note(None, note));
        Ok(())
    }

    fn set_format(&mut self, name: &str) -> Result<(), Stop> {
        if let Ok(format) = Format::from_str(name, true) {
            self.printer.set_format(format);
        } else {
            let names = "auto, table, chart, json, jsonl, csv, line, markdown";
            self.printer.say(&format!("formats: {names}"))?;
        }
        Ok(())
    }

    fn help(&mut self, topic: &str) -> Result<(), Stop> {
        let text = if topic.is_empty() { overview() } else { help_about(topic) };
        Ok(self.printer.say(text.trim_end())?)
    }

    /// Tells what the end of the session undoes.
    fn take_leave(&self) {
        if self.session.in_transaction() {
            self.reporter.remark("the open transaction was rolled back");
        }
    }
}

fn no_terminal(error: ReadlineError) -> Stop {
    Stop::io("the terminal", &std::io::Error::other(error), Exit::Failed)
}

/// What the shell understands, a line each.
fn overview() -> String {
    let mut text = "\
A statement ends with `;` and may go over several lines. Ctrl-C drops what was typed, and
ends a SHOW that goes through users.

  .help STATEMENT  how a statement is written
  .format NAME     print tables as table, json, jsonl, csv, line or markdown; statistics as table or
                   chart; auto, as at the start, draws charts on a terminal
  .quit            leave, as Ctrl-D does

"
    .to_owned();
    let width = HELP.iter().map(|help| help.name.chars().count()).max().unwrap_or(0);
    for help in HELP {
        let _ = writeln!(text, "  {:<width$}  {}", help.name, help.summary);
    }
    text
}

/// The help of the statements whose names begin with a text.
fn help_about(topic: &str) -> String {
    let topic = topic.to_uppercase();
    let mut text = String::new();
    for help in HELP.iter().filter(|help| help.name.to_uppercase().starts_with(&topic)) {
        let Help { name, syntax, summary, example } = help;
        let _ =
            writeln!(text, "{name} {summary}.\n\n  {syntax};\n\nFor example:\n\n  {example};\n");
    }
    if text.is_empty() {
        format!("there is no statement `{}`; `.help` lists them", Short(&topic))
    } else {
        text
    }
}
