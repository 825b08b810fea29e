//! The line that is typed, as the terminal shows it.

use std::borrow::Cow;

use rustyline::Helper;
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::Validator;

use crate::shell::text::is_unseen;

/// Leaves out what a terminal would obey or hide: it comes with what is pasted, and out of the history.
///
/// It cannot be shown as an escape, since the editor counts on a line as wide as the one that was typed, where it
/// takes no column.
#[derive(Debug)]
pub(super) struct Echo;

impl Helper for Echo {}

impl Validator for Echo {}

impl Completer for Echo {
    type Candidate = String;
}

impl Hinter for Echo {
    type Hint = String;
}

impl Highlighter for Echo {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        seen(line)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        seen(prompt)
    }

    /// The editor writes a character as it is unless it is told to draw the whole line.
    fn highlight_char(&self, line: &str, _: usize, _: CmdKind) -> bool {
        line.contains(is_left_out)
    }
}

fn seen(text: &str) -> Cow<'_, str> {
    if text.contains(is_left_out) {
        Cow::Owned(text.replace(is_left_out, ""))
    } else {
        Cow::Borrowed(text)
    }
}

fn is_left_out(c: char) -> bool {
    is_unseen(c) && !matches!(c, '\n' | '\t')
}
