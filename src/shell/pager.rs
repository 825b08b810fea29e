//! Pager: a program that shows what is taller than the screen.

use std::ffi::{OsStr, OsString};
use std::io;

use super::listener::Listener;
use super::program::{self, Paging};
use super::width::width;

/// The lines of a terminal that does not tell, and its columns.
const USUAL_SIZE: (usize, usize) = (24, 80);

/// Lines that are kept for what follows a text: how many rows it has, and the prompt.
const REMARKS: usize = 2;

/// The pager that is used where none is named, if it is there.
const USUAL: &str = "less";

/// Pager of what a person reads.
#[derive(Debug)]
pub(super) struct Pager {
    /// The command; `None` if there is none to be had.
    command: Option<OsString>,
    is_on: bool,
    listener: Listener,
}

impl Pager {
    /// `PCQ_PAGER`, else `PAGER`, else a usual one. An empty `PCQ_PAGER` is none.
    pub(super) fn new(listener: Listener) -> Self {
        let own = std::env::var_os("PCQ_PAGER");
        let named = own.or_else(|| program::variable("PAGER")).filter(|name| name != "cat");
        let usual = || program::is_there(USUAL).then(|| OsString::from(USUAL));
        let command = named.or_else(usual).filter(|command| !command.is_empty());
        Self { command, is_on: true, listener }
    }

    pub(super) fn turn(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// Uses a command from now on.
    pub(super) fn set_command(&mut self, command: &str) {
        (self.command, self.is_on) = (Some(command.into()), true);
    }

    /// Whether what runs was asked to end, and not the program that shows it.
    pub(super) fn is_asked_to_end(&self) -> bool {
        self.listener.was_asked()
    }

    /// The command, if it is used.
    pub(super) fn command(&self) -> Option<&OsStr> {
        self.command.as_deref().filter(|_| self.is_on)
    }

    /// Shows a text that is taller than the screen; whether it did.
    pub(super) fn show(&self, text: &str) -> io::Result<bool> {
        let Some(command) = self.command().filter(|_| is_tall(text)) else { return Ok(false) };
        program::page(command, text, &self.listener)
    }

    /// Begins to show a text, of which this is the first part, if that is taller than the screen.
    pub(super) fn begin(&self, first: &str) -> io::Result<Option<Paging>> {
        let command = self.command().filter(|_| is_tall(first));
        command.map(|command| Paging::begin(command, &self.listener)).transpose()
    }
}

/// Whether a text is taller than the screen.
fn is_tall(text: &str) -> bool {
    let size = terminal_size::terminal_size();
    let (lines, columns) =
        size.map_or(USUAL_SIZE, |(width, height)| (height.0.into(), usize::from(width.0)));
    height(text, columns) + REMARKS > lines
}

/// How many lines of a terminal a text takes.
fn height(text: &str, columns: usize) -> usize {
    text.lines().map(|line| width(&unstyled(line)).div_ceil(columns.max(1)).max(1)).sum()
}

/// A line without what steers the terminal, which takes no column.
fn unstyled(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_wrapped_count_as_many() {
        assert_eq!(height("a\n\nb\n", 80), 3);
        assert_eq!(height("abcdef\n日本\n", 3), 4);
        assert_eq!(height("", 80), 0);
        assert_eq!(height("\u{1b}[2mNULL\u{1b}[22m b", 6), 1);
    }

    #[test]
    fn a_pager_is_named_and_turned_off() {
        let mut pager = Pager { command: None, is_on: true, listener: Listener::default() };
        assert_eq!(pager.command(), None);
        pager.set_command("more");
        assert_eq!(pager.command(), Some(OsStr::new("more")));
        pager.turn(false);
        assert_eq!(pager.command(), None);
    }
}
