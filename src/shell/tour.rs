//! `pcq tour`: the language in some twenty statements, in a store that is gone afterwards.

use std::io::{self, BufRead as _};

use super::args::is_interactive;
use super::exit::{Exit, Stop};
use super::format::Format;
use super::output::Printer;
use super::report::Reporter;
use super::store;
use pcq::{Database, Outcome, Script, ScriptStatement, Session, Timestamp};

/// The tour: what is said before a statement stands in the comments above it.
const TOUR: &str = include_str!("tour.pcq");

/// When it begins.
const START: &str = "2026-03-01T09:00:00Z";

/// Goes through the tour: step by step with a person, else all of it at once.
pub(super) fn tour(reporter: &Reporter) -> Result<(), Stop> {
    let start = Timestamp::parse(START).map_err(|error| Stop::failed(error.into()))?;
    let database = Database::builder().manual_clock(start).in_memory().map_err(Stop::failed)?;
    let guide = Guide {
        session: database.session(),
        printer: Printer::of_numbers(Format::default()),
        reporter,
        is_guided: is_interactive(),
    };
    guide.go()?;
    store::close(database)
}

/// What somebody typed at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Typed {
    /// Nothing: the statement of the step.
    Enter,
    /// Statements of their own.
    Own(String),
    Quit,
}

impl Typed {
    fn of(line: &str) -> Self {
        match line.trim().trim_end_matches(';').trim_end().to_lowercase().as_str() {
            "" => Self::Enter,
            "quit" | "exit" | "q" | ".quit" | ".exit" | "\\q" => Self::Quit,
            _ => Self::Own(line.to_owned()),
        }
    }
}

struct Guide<'g> {
    session: Session,
    printer: Printer,
    reporter: &'g Reporter,
    is_guided: bool,
}

impl Guide<'_> {
    fn go(mut self) -> Result<(), Stop> {
        let mut script = Script::new(TOUR.as_bytes());
        if self.is_guided {
            let how = "Enter runs the statement that is shown. Or type one of your own; `quit` ends the tour.";
            self.printer.tell(how)?;
        }
        for statement in script.by_ref() {
            let statement = statement.map_err(|error| Stop::error(error, Exit::Syntax))?;
            self.printer.tell(&prose(statement.leading()))?;
            self.printer.say(&format!("> {};", statement.text()))?;
            self.printer.flush()?;
            if !self.ask()? {
                return Ok(());
            }
            // by itself, so that a mistake is in its first line
            self.run_all(statement.text())?;
        }
        self.printer.tell(&prose(script.rest()))?;
        Ok(self.printer.flush()?)
    }

    /// Runs what a person types until they want to go on; whether they do.
    fn ask(&mut self) -> Result<bool, Stop> {
        while self.is_guided {
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            let read = read.map_err(|error| Stop::io("the terminal", &error, Exit::Failed))?;
            match Typed::of(&line) {
                _ if read == 0 => return Ok(false),
                Typed::Enter => return Ok(true),
                Typed::Quit => return Ok(false),
                Typed::Own(text) => {
                    self.run_all(&text)?;
                    self.printer.say("(Enter goes on)")?;
                    self.printer.flush()?;
                }
            }
        }
        Ok(true)
    }

    /// Runs statements, up to the first mistake.
    fn run_all(&mut self, text: &str) -> Result<(), Stop> {
        for statement in Script::lenient(text.as_bytes()) {
            match statement {
                Ok(statement) => self.run(&statement)?,
                Err(error) => {
                    self.printer.flush()?;
                    self.reporter.tell(None, &error);
                    break;
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, statement: &ScriptStatement) -> Result<(), Stop> {
        match self.session.run_parsed(statement) {
            Ok(outcome) => self.show(&outcome),
            Err(error) => {
                self.printer.flush()?;
                self.reporter.tell(None, &error);
                Ok(())
            }
        }
    }

    fn show(&mut self, outcome: &Outcome) -> Result<(), Stop> {
        match outcome.rows() {
            Some(rows) => self.printer.print(rows).map(drop)?,
            None => self.printer.say(&outcome.message().unwrap_or_default())?,
        }
        self.printer.flush()?;
        outcome.notes().iter().for_each(|note| self.reporter.note(None, note));
        Ok(())
    }
}

/// What comments say, without their marks, after an empty line: a paragraph a line.
fn prose(comments: &str) -> String {
    let lines = comments.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.map(|line| line.trim_start_matches("--").trim_start()).collect();
    if lines.is_empty() {
        return String::new();
    }
    let paragraphs =
        lines.split(|line| line.is_empty()).map(|lines| "\n".to_owned() + &lines.join(" "));
    paragraphs.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_paragraphs() {
        assert_eq!(prose("-- a\n--  b\n--\n-- c\n"), "\na b\n\nc");
        assert_eq!(prose(""), "");
    }

    #[test]
    fn a_line_is_a_step_a_statement_or_the_end() {
        for (line, typed) in [
            ("\n", Typed::Enter),
            (" ;\n", Typed::Enter),
            ("QUIT;\n", Typed::Quit),
            ("\\q\n", Typed::Quit),
            ("GET a\n", Typed::Own("GET a\n".to_owned())),
        ] {
            assert_eq!(Typed::of(line), typed, "{line}");
        }
    }
}
