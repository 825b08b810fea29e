//! The line that is typed: how it is shown, completed and hinted at, and whether it has ended.

use std::borrow::Cow;
use std::cell::RefCell;

use rustyline::completion::Completer as Complete;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper as Help, Result};

use super::dot::ask;
use super::input::is_finished;
use super::offer;
use super::paint::painted;
use super::shape;
use crate::shell::text::is_unseen;
use crate::shell::width::{fit, width};
use pcq::{Completer, TokenKind, Tokens};

/// Helper of the editor.
///
/// What a terminal would obey or hide is left out: it comes with what is pasted, and out of the history. It cannot be
/// shown as an escape, since the editor counts on a line as wide as the one that was typed, where it takes no column.
#[derive(Debug)]
pub(super) struct Helper {
    completer: Completer,
    is_colored: bool,
    /// Whether files may be named.
    has_files: bool,
    /// Whether an answer is typed, and no statement.
    is_asking: bool,
    /// How many columns the prompt takes.
    prompt: usize,
    /// The text as it was last shown, which the editor forgets when it is given what is no text.
    seen: RefCell<String>,
}

impl Helper {
    pub(super) fn new(completer: Completer, is_colored: bool, has_files: bool) -> Self {
        Self {
            completer,
            is_colored,
            has_files,
            is_asking: false,
            prompt: 0,
            seen: RefCell::default(),
        }
    }

    /// Takes what is typed for what stands behind a prompt.
    pub(super) fn set_prompt(&mut self, prompt: &str) {
        self.prompt = width(prompt);
    }

    /// Takes what is typed for an answer to a question, or for statements again.
    pub(super) fn set_asking(&mut self, is_asking: bool) {
        self.is_asking = is_asking;
    }

    /// Shows names from now on as another store has them.
    pub(super) fn set_completer(&mut self, completer: Completer) {
        self.completer = completer;
    }

    pub(super) fn set_colored(&mut self, is_colored: bool) {
        self.is_colored = is_colored;
    }

    /// Takes the text that was shown last.
    pub(super) fn take_seen(&self) -> String {
        self.seen.take()
    }
}

impl Help for Helper {}

impl Validator for Helper {
    /// A statement that has not ended goes on in the next line.
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(if self.is_asking || is_finished(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Complete for Helper {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> Result<(usize, Vec<String>)> {
        let Some(typed) = line.get(..at) else { return Ok((at, Vec::new())) };
        if self.is_asking {
            return Ok((at, Vec::new()));
        }
        if let Some(found) = offer::complete(typed, &self.completer, self.has_files) {
            return found;
        }
        let after = line.get(at..).unwrap_or_default();
        let found = self.completer.complete_between(typed, after);
        let spaced = |text: String| if text.ends_with('(') { text } else { format!("{text} ") };
        let texts = found.candidates.into_iter().map(|candidate| candidate.text);
        Ok((found.start, texts.map(spaced).collect()))
    }
}

/// Hint at the right of what is typed.
#[derive(Debug)]
pub(super) struct Remark {
    shown: String,
    /// How much of it is inserted when it is taken.
    taken: Option<String>,
}

impl Hint for Remark {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

impl Hinter for Helper {
    type Hint = Remark;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<Remark> {
        line.clone_into(&mut self.seen.borrow_mut());
        if at < line.len() || line.trim().is_empty() || self.is_asking {
            return None;
        }
        if line.starts_with(['.', '\\']) {
            let shown = offer::rest(line)?;
            return Some(Remark { shown: fit(shown, self.room(line)), taken: None });
        }
        self.finish(line).or_else(|| {
            let shown = open(line).or_else(|| shape(line))?;
            Some(Remark { shown: fit(&shown, self.room(line)), taken: None })
        })
    }
}

impl Helper {
    /// The rest of the one word that what is typed may become.
    fn finish(&self, line: &str) -> Option<Remark> {
        let found = self.completer.complete(line);
        let begun = line.get(found.start..)?;
        let [only] = &found.candidates[..] else { return None };
        let rest =
            only.text.get(begun.len()..).filter(|rest| !begun.is_empty() && !rest.is_empty())?;
        Some(Remark { shown: rest.to_owned(), taken: Some(rest.to_owned()) })
    }

    /// How many columns are left for a hint.
    fn room(&self, line: &str) -> usize {
        let columns = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
        room(line, self.prompt, columns)
    }
}

/// How many columns are left of the last line, behind a prompt: a hint that is wrapped would move what is below.
pub(super) fn room(line: &str, prompt: usize, columns: usize) -> usize {
    let last = line.rsplit('\n').next().unwrap_or(line);
    let prompt = if last.len() == line.len() { prompt } else { 0 };
    columns.saturating_sub((width(last) + prompt) % columns.max(1) + 1)
}

/// What is open at the end of a text of several lines.
fn open(text: &str) -> Option<String> {
    let before =
        text.strip_suffix('\n').map(|text| text.rsplit('\n').next().unwrap_or(text).trim());
    if let Some(word) = before.filter(|line| ask(line).is_some()) {
        return Some(format!(
            "  -- `{word}` is in the statement, which ends with ; — Ctrl-C drops it"
        ));
    }
    if !text.contains('\n') {
        return None;
    }
    let statement = last_statement(text);
    let last = Tokens::new(statement).last()?;
    let what = match last.kind {
        TokenKind::Text if last.is_open() => "'",
        TokenKind::Name if last.is_open() => "\"",
        TokenKind::BlockComment if !last.text.ends_with("*/") => "/*",
        TokenKind::Json if !last.text.ends_with([']', '}']) => "{",
        _ if has_open_bracket(statement) => "(",
        _ => return None,
    };
    Some(format!("  -- {what} is open"))
}

fn has_open_bracket(statement: &str) -> bool {
    let depth = |depth: i32, token: pcq::Token<'_>| match token.text {
        "(" => depth + 1,
        ")" => depth - 1,
        _ => depth,
    };
    Tokens::new(statement).fold(0, depth) > 0
}

/// The rest of the shape of the last statement.
fn shape(text: &str) -> Option<String> {
    let statement = last_statement(text);
    let rest = shape::rest(statement)?;
    Some(if text.ends_with([' ', '\n']) { rest } else { format!(" {rest}") })
}

/// What is typed of the last statement.
fn last_statement(text: &str) -> &str {
    let mut at = 0;
    let ends = Tokens::new(text).filter_map(|token| {
        at += token.text.len();
        (token.kind == TokenKind::Semicolon).then_some(at)
    });
    text.get(ends.last().unwrap_or(0)..).unwrap_or_default()
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        let text = seen(line);
        let is_dot = line.starts_with(['.', '\\']);
        if !self.is_colored || is_dot || text != line {
            return text;
        }
        Cow::Owned(painted(line, cursor))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        seen(prompt)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let hint = seen(hint);
        if self.is_colored { Cow::Owned(format!("\u{1b}[2m{hint}\u{1b}[22m")) } else { hint }
    }

    fn highlight_candidate<'c>(
        &self,
        candidate: &'c str,
        _: rustyline::CompletionType,
    ) -> Cow<'c, str> {
        seen(candidate)
    }

    /// The editor writes a character as it is unless it is told to draw the whole line.
    fn highlight_char(&self, line: &str, _: usize, _: CmdKind) -> bool {
        self.is_colored || line.contains(is_left_out)
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
