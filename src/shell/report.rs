//! Errors as people and editors read them.
//!
//! ```text
//! app.pcq:3:5: error[unknown-key]: key `chekout` does not exist
//!   |
//! 3 | GET chekout FOR USER 'u1'
//!   |     ^^^^^^^
//! hint: did you mean `checkout`?
//! ```

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use clap::ValueEnum;

use super::text::{Medium, by_lines, on_one_line};
use pcq::{Error, Place};

/// Width of the lines that are shown of a script, where that of the terminal is not known.
const DEFAULT_WIDTH: usize = 120;

/// How much of a long line is looked at around a place, in characters: more than any screen has room for.
const AROUND: usize = 2_000;

/// When errors are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Writes a note on standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "note: {}", shown(text));
}

/// Asks a question on standard error.
pub(super) fn ask(question: &str) {
    let _ = write!(io::stderr(), "{} ", shown(question)).and_then(|()| io::stderr().flush());
}

/// Reporter of errors to standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reporter {
    is_colored: bool,
    width: usize,
}

impl Reporter {
    /// Makes one that suits what standard error is.
    pub(super) fn to_stderr(when: ColorWhen) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let is_colored = match when {
            ColorWhen::Auto => {
                is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        };
        let size = is_terminal.then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
        Self { is_colored, width: size.map_or(DEFAULT_WIDTH, |(width, _)| width.0.into()) }
    }

    /// Writes an error, and the file in which it is.
    pub(super) fn tell(&self, file: Option<&str>, error: &Error) {
        // Nothing can be done for somebody who does not read standard error.
        let _ = io::stderr().write_all(self.render(file, error).as_bytes());
    }

    /// Writes a remark that is no error.
    #[expect(clippy::unused_self, reason = "whoever writes to standard error has a reporter")]
    pub(super) fn remark(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", shown(text));
    }

    fn render(&self, file: Option<&str>, error: &Error) -> String {
        let mut text = self.headline(file, error);
        if let Some(place) = error.place() {
            text.push_str(&self.snippet(place));
        }
        for hint in error.hints() {
            let _ = writeln!(text, "{}hint{}: {}", self.cyan(), self.reset(), shown(hint));
        }
        text
    }

    /// `file:line:col: error[code]: message`, which editors can jump to.
    fn headline(&self, file: Option<&str>, error: &Error) -> String {
        let mut text = String::new();
        if let Some(file) = file {
            let _ = write!(text, "{}:", shown(file));
            if let Some(place) = error.place() {
                let _ = write!(text, "{}:{}:", place.line, place.column);
            }
            text.push(' ');
        }
        let message = shown(&error.to_string()).into_owned();
        let _ = writeln!(text, "{}error[{}]{}: {message}", self.red(), error.code(), self.reset());
        text
    }

    fn snippet(&self, place: &Place) -> String {
        let renderer = if self.is_colored { Renderer::styled() } else { Renderer::plain() };
        let (source, span) = shown_source(place);
        let annotation = AnnotationKind::Primary.span(span);
        let source = Snippet::source(source).line_start(place.line as usize);
        let report = [Group::with_level(Level::ERROR).element(source.annotation(annotation))];
        let mut text = renderer.term_width(self.width).render(&report);
        text.push('\n');
        text
    }

    fn red(&self) -> &'static str {
        if self.is_colored { "\u{1b}[1;31m" } else { "" }
    }

    fn cyan(&self) -> &'static str {
        if self.is_colored { "\u{1b}[1;36m" } else { "" }
    }

    fn reset(&self) -> &'static str {
        if self.is_colored { "\u{1b}[0m" } else { "" }
    }
}

/// Text of whatever origin, on one line.
fn shown(text: &str) -> Cow<'_, str> {
    on_one_line(text, Medium::Screen)
}

/// The lines of a place as they can be seen, and which of their bytes to underline.
fn shown_source(place: &Place) -> (String, Range<usize>) {
    let Range { start, end } = shown_span(place);
    let text = |part| place.statement.get(part).unwrap_or_default();
    let before = text(0..start).rsplit('\n').next().unwrap_or_default();
    let after = text(end..place.statement.len()).lines().next().unwrap_or_default();
    let spanned = match text(start..end) {
        long if chars_from(long, 2 * AROUND).is_some() => [first(long), last(long)].concat(),
        short => short.to_owned(),
    };
    let [before, spanned, after] = [last(before), &spanned, first(after)].map(seen_lines);
    let span = before.len()..before.len() + spanned.len();
    ([before, spanned, after].concat(), span)
}

/// The first characters of a text, as many as may be shown of it.
fn first(text: &str) -> &str {
    chars_from(text, AROUND).and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The last of them.
fn last(text: &str) -> &str {
    let start = text.char_indices().rev().nth(AROUND).map(|(at, c)| at + c.len_utf8());
    start.and_then(|start| text.get(start..)).unwrap_or(text)
}

/// Where the character of a number begins, if there are so many.
fn chars_from(text: &str, number: usize) -> Option<usize> {
    text.char_indices().nth(number).map(|(at, _)| at)
}

/// Lines of a script: their tabs stay, of which the renderer makes blanks.
fn seen_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let parts: Vec<_> = text.split('\t').map(by_lines).collect();
    parts.join("\t")
}

/// The bytes to underline: within the statement, on the borders of characters, and of a span that
/// goes over more lines than can be taken in at a glance only the first.
fn shown_span(place: &Place) -> Range<usize> {
    const LINES: usize = 6;
    let text = &*place.statement;
    let boundary = |at: u32| (at as usize..text.len()).find(|&at| text.is_char_boundary(at));
    let start = boundary(place.span.start).unwrap_or(text.len());
    let end = boundary(place.span.end).unwrap_or(text.len()).max(start);
    let spanned = text.get(start..end).unwrap_or_default();
    match spanned.find('\n') {
        Some(first_line) if spanned.matches('\n').count() >= LINES => start..start + first_line,
        _ => start..end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcq::ErrorKind;
    use pcq::model::Span;

    const HIDDEN: &str = "k\u{202e}\u{1b}\n";

    const REPORTER: Reporter = Reporter { is_colored: false, width: 60 };

    fn rendered(statement: &str, span: Range<usize>) -> String {
        let error = Error::new(ErrorKind::ReadOnly).at(Span::new(span.start, span.end));
        REPORTER.render(Some("a.pcq"), &error.locate(&statement.into(), 7, 1))
    }

    /// The line of the source, and the text that the carets below it underline.
    fn underlined(statement: &str, span: Range<usize>) -> (String, usize, usize) {
        let text = rendered(statement, span);
        let lines: Vec<_> = text.lines().collect();
        let (source, carets) = (lines[2], lines[3]);
        let column = carets.find('^').unwrap();
        (source.to_owned(), column, carets.matches('^').count())
    }

    #[test]
    fn an_error_names_its_place_and_underlines_it() {
        let error = Error::new(ErrorKind::ReadOnly).at(Span::new(4, 8)).hint("do this");
        let error = error.locate(&"GET nope".into(), 3, 5);
        let expected = "a.pcq:3:9: error[read-only]: the store is open for reading only\n  |\n3 | GET nope\n  |     ^^^^\nhint: do this\n";
        assert_eq!(REPORTER.render(Some("a.pcq"), &error), expected);
        assert!(REPORTER.render(None, &error).starts_with("error[read-only]: "));
    }

    #[test]
    fn an_error_without_a_place_is_one_line() {
        let error = Error::new(ErrorKind::ReadOnly);
        let text = REPORTER.render(Some("a.pcq"), &error);
        assert_eq!(text, "a.pcq: error[read-only]: the store is open for reading only\n");
    }

    #[test]
    fn carets_stand_under_text_after_tabs_and_wide_characters() {
        assert_eq!(underlined("GET nope", 4..8), ("7 | GET nope".into(), 8, 4));
        assert_eq!(underlined("\tGET nope", 5..9), ("7 |     GET nope".into(), 12, 4));
        assert_eq!(underlined("GET 日本 nope", 11..15), ("7 | GET 日本 nope".into(), 13, 4));
        assert_eq!(underlined("GET é nope", 7..11), ("7 | GET é nope".into(), 10, 4));
    }

    #[test]
    fn an_empty_span_at_the_end_and_one_past_it_have_a_caret() {
        assert_eq!(underlined("GET x", 5..5), ("7 | GET x".into(), 9, 1));
        assert_eq!(underlined("GET x", 90..95).2, 1);
        assert_eq!(underlined("GET é", 5..5).2, 1);
    }

    #[test]
    fn long_lines_are_clipped_around_the_place() {
        let statement = format!("GET {} nope {}", "x".repeat(5000), "y".repeat(5000));
        let text = rendered(&statement, 5005..5009);
        assert!(text.lines().skip(1).all(|line| line.len() < 100), "{text}");
        assert!(text.contains(" nope "), "{text}");
    }

    #[test]
    fn a_span_of_many_lines_shows_its_first() {
        assert_eq!(rendered("GET\n a\n b", 4..9).lines().count(), 5);
        let statement = format!("GET {}x", "a,\n".repeat(1000));
        assert_eq!(rendered(&statement, 4..3000).lines().count(), 4);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let statement = "GET \u{1b}[31m '\u{202e}' nope\u{200b}\r\n";
        let error = Error::new(ErrorKind::ReadOnly).at(Span::new(16, 20)).hint(HIDDEN);
        let text = REPORTER.render(Some(HIDDEN), &error.locate(&statement.into(), 7, 1));
        let head =
            "k\\u{202e}\\u{1b}\\n:7:15: error[read-only]: the store is open for reading only";
        let source = "7 | GET \\u{1b}[31m '\\u{202e}' nope\\u{200b}";
        let carets = "  |                           ^^^^";
        let hint = "hint: k\\u{202e}\\u{1b}\\n";
        assert_eq!(text.lines().collect::<Vec<_>>(), [head, "  |", source, carets, hint]);
    }
}
