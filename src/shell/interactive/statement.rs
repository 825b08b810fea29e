//! Statements that a person runs, and what is shown of what they give.

use std::time::{Duration, Instant};

use super::{Last, Shell};
use crate::shell::exit::Stop;
use crate::shell::gauge::until_told;
use crate::shell::printing::{Printed, Printing};
use pcq::{Note, Outcome, Rows, ScriptStatement, Streamed};

/// A statement that takes longer tells how long it took.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// What a statement gave.
pub(super) enum Answer {
    Outcome(Outcome),
    /// A table that is printed, and what is worth knowing of it.
    Rows(Rows, Vec<Note>),
    /// So many rows, which are printed.
    Count(u64, Vec<Note>),
    /// Some rows: nobody wanted to see more.
    Left,
}

impl Shell<'_> {
    /// Runs a statement, prints the table of a query as its rows are found, and tells how long it took without that.
    pub(super) fn run_statement(
        &mut self,
        statement: &ScriptStatement,
    ) -> Result<pcq::Result<(Answer, Duration)>, Stop> {
        let start = Instant::now();
        let (session, printer) = (&mut self.session, &mut self.printer);
        until_told(&self.database.progress_handle(), |clear| {
            let mut printing = Printing::new(printer, clear);
            let outcome = session.stream_parsed(statement, &mut printing);
            let time = start.elapsed().saturating_sub(printing.writing());
            let answer = match (printing.end(outcome.is_ok())?, outcome) {
                (_, Ok(Streamed::Outcome(outcome))) => Ok(Answer::Outcome(outcome)),
                (Some(Printed::Whole(rows)), Ok(Streamed::Rows(notes))) => {
                    Ok(Answer::Rows(rows, notes))
                }
                (Some(Printed::Parts(count)), Ok(Streamed::Rows(notes))) => {
                    Ok(Answer::Count(count, notes))
                }
                // it was ended because of that
                (Some(Printed::Left), Ok(_)) => Ok(Answer::Left),
                (Some(Printed::Left), Err(error)) if error.code() == "interrupted" => {
                    Ok(Answer::Left)
                }
                (None, Ok(Streamed::Rows(notes))) => Ok(Answer::Count(0, notes)),
                (_, Err(error)) => Err(error),
            };
            Ok(answer.map(|answer| (answer, time)))
        })
    }

    /// Shows what a statement gave, but for rows that are printed already.
    pub(super) fn show(
        &mut self,
        answer: Answer,
        time: Duration,
        file: Option<&str>,
    ) -> Result<(), Stop> {
        let (text, notes) = match answer {
            Answer::Outcome(outcome) => return self.show_outcome(outcome, time, file),
            Answer::Rows(rows, notes) => {
                let count = self.counted(&rows);
                self.last = Last::Rows(rows);
                (count, notes)
            }
            Answer::Count(count, notes) => {
                self.last = Last::Long;
                (Some(counted(count)), notes)
            }
            Answer::Left => {
                self.last = Last::Long;
                (None, Vec::new())
            }
        };
        self.tell_end(text, true, time)?;
        for note in &notes {
            self.reporter.note(file, note);
        }
        Ok(())
    }

    fn show_outcome(
        &mut self,
        outcome: Outcome,
        time: Duration,
        file: Option<&str>,
    ) -> Result<(), Stop> {
        self.remember(&outcome)?;
        let text = match outcome.rows() {
            Some(rows) if self.printer.print(rows)? => self.counted(rows),
            Some(_) => {
                self.printer.flush()?;
                self.reporter.remark("interrupted: the rows after these are not shown");
                None
            }
            None => outcome.message(),
        };
        self.tell_end(text, outcome.rows().is_some(), time)?;
        let told = std::mem::take(&mut self.told);
        let notes = outcome.notes().iter().filter(|note| !told.contains(note));
        notes.for_each(|note| self.reporter.note(file, note));
        if let Outcome::Rows(rows) = outcome {
            self.last = Last::Rows(rows);
        }
        Ok(())
    }

    /// How many rows a table has, if it shows them as such.
    fn counted(&self, rows: &Rows) -> Option<String> {
        self.printer.is_listed(rows).then(|| counted(rows.len() as u64))
    }

    /// Tells what there is to say of a statement at its end, and how long it took.
    fn tell_end(
        &mut self,
        text: Option<String>,
        is_table: bool,
        time: Duration,
    ) -> Result<(), Stop> {
        let is_told = self.settings.timer.unwrap_or(time >= WORTH_TELLING);
        let time = is_told.then(|| format!("({:.3} s)", time.as_secs_f64()));
        let said: Vec<_> = text.into_iter().chain(time).collect();
        if !said.is_empty() && (!is_table || self.printer.takes_remark()) {
            self.printer.tell(&said.join(" "))?;
        }
        Ok(self.printer.flush()?)
    }
}

fn counted(rows: u64) -> String {
    format!("{rows} {}", if rows == 1 { "row" } else { "rows" })
}
