//! Errors and notes as people and editors read them, or as lines of JSON for programs.
//!
//! ```text
//! app.pcq:3:5: error[unknown-key]: key `chekout` does not exist
//!   |
//! 3 | GET chekout FOR USER 'u1'
//!   |     ^^^^^^^
//! hint: did you mean `checkout`?
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use clap::ValueEnum;
use serde::Serialize;

use super::json;
use super::prose::hung;
use super::text::{Medium, by_lines, on_one_line};
use pcq::{Error, Note, Place};

/// Width of the lines that are shown of a script, where that of the terminal is not known.
const DEFAULT_WIDTH: usize = 120;

/// How much of a long line is looked at around a place, in characters: more than any screen has room for.
const AROUND: usize = 2_000;

/// How far in a message goes on in its next line.
const HUNG: usize = 2;

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

/// How errors and notes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ErrorFormat {
    /// With the lines of the script that they are about
    #[default]
    Text,
    /// Each as a line of JSON with the members file, line, column, code, message and hints
    Json,
}

/// Asks a question on standard error.
pub(super) fn ask(question: &str) {
    let _ = write!(io::stderr(), "{} ", shown(question)).and_then(|()| io::stderr().flush());
}

/// Word that says what a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Error,
    Note,
}

/// Error or note that is told.
struct Message<'m> {
    word: Word,
    code: &'static str,
    text: String,
    place: Option<&'m Place>,
    /// Whether it is about a part of the statement, which is shown.
    is_of_part: bool,
    hints: &'m [String],
}

impl<'m> From<&'m Error> for Message<'m> {
    fn from(error: &'m Error) -> Self {
        let (code, text, place) = (error.code(), error.to_string(), error.place());
        let (word, hints) = (Word::Error, error.hints());
        Self { word, code, text, place, is_of_part: true, hints }
    }
}

impl<'m> From<&'m Note> for Message<'m> {
    fn from(note: &'m Note) -> Self {
        let (code, text, place) = (note.code(), note.message(), note.place());
        let (word, hints, is_of_part) = (Word::Note, note.hints(), note.span().is_some());
        Self { word, code, text, place, is_of_part, hints }
    }
}

/// Line of JSON for an error, a note or a remark.
#[derive(Serialize)]
struct Told<'l> {
    file: Option<&'l str>,
    line: Option<u32>,
    column: Option<u32>,
    code: Option<&'l str>,
    message: &'l str,
    hints: &'l [String],
}

/// Reporter of errors and notes to standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reporter {
    format: ErrorFormat,
    is_colored: bool,
    /// How wide the terminal is now, if standard error is one.
    width: fn() -> Option<usize>,
}

impl Reporter {
    /// Makes one that suits what standard error is.
    pub(super) fn to_stderr(when: ColorWhen, format: ErrorFormat) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let is_colored = match when {
            ColorWhen::Auto => {
                is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        };
        Self { format, is_colored, width: if is_terminal { terminal_width } else { || None } }
    }

    /// Whether errors are coloured.
    pub(super) fn is_colored(&self) -> bool {
        self.is_colored
    }

    /// Writes an error, and the file in which it is.
    pub(super) fn tell(&self, file: Option<&str>, error: &Error) {
        write(&self.render(file, &error.into()));
    }

    /// The text of an error, as it would be written.
    pub(super) fn told(&self, file: Option<&str>, error: &Error) -> String {
        self.text(file, &error.into())
    }

    /// Writes a note, and the file in which it is.
    pub(super) fn note(&self, file: Option<&str>, note: &Note) {
        write(&self.render(file, &note.into()));
    }

    /// Writes what is wrong with the arguments, which is no error of a statement and has no code.
    pub(super) fn refuse(&self, message: &str, hint: &str) {
        match self.format {
            ErrorFormat::Text => {
                let message = self.labelled("", "error", self.red(), &shown(message));
                write(&(message + &self.hint(hint)));
            }
            ErrorFormat::Json => {
                let (file, line, column, code, hints) =
                    (None, None, None, None, &[hint.to_owned()]);
                write(&Told { file, line, column, code, message, hints }.text());
            }
        }
    }

    /// Writes a remark that is no error.
    pub(super) fn remark(&self, text: &str) {
        match self.format {
            ErrorFormat::Text => write(&self.labelled("", "", "", &shown(text))),
            ErrorFormat::Json => {
                let (file, line, column, code, hints) = (None, None, None, None, &[][..]);
                write(&Told { file, line, column, code, message: text, hints }.text());
            }
        }
    }

    fn render(&self, file: Option<&str>, message: &Message<'_>) -> String {
        match self.format {
            ErrorFormat::Text => self.text(file, message),
            ErrorFormat::Json => Told::of(file, message).text(),
        }
    }

    fn text(&self, file: Option<&str>, message: &Message<'_>) -> String {
        let mut text = self.headline(file, message);
        let mut labels = Vec::new();
        if let Some(place) = message.place.filter(|_| message.is_of_part) {
            let shown = Shown::of(place);
            labels = shown.labels.iter().map(|(_, label)| label.clone()).collect();
            text.push_str(&self.snippet(message.word, shown));
        }
        // what all labels say needs no hint that says it again
        let is_said =
            |hint: &str| !labels.is_empty() && labels.iter().all(|said| hint.contains(said));
        for hint in message.hints.iter().filter(|hint| !is_said(hint)) {
            text.push_str(&self.hint(hint));
        }
        text
    }

    /// `file:line:col: error[code]: message`, which editors can jump to.
    fn headline(&self, file: Option<&str>, message: &Message<'_>) -> String {
        let mut text = String::new();
        if let Some(file) = file {
            let _ = write!(text, "{}:", shown(file));
            if let Some(place) = message.place {
                let _ = write!(text, "{}:{}:", place.line, place.column);
            }
            text.push(' ');
        }
        let (color, word) = match message.word {
            Word::Error => (self.red(), "error"),
            Word::Note => (self.cyan(), "note"),
        };
        let label = format!("{word}[{}]", message.code);
        self.labelled(&text, &label, color, &shown(&message.text))
    }

    fn hint(&self, hint: &str) -> String {
        self.labelled("", "hint", self.cyan(), &shown(hint))
    }

    /// What is said after a place and a label, which has a colour. On a terminal its lines fit.
    fn labelled(&self, place: &str, label: &str, color: &str, said: &str) -> String {
        let between = if label.is_empty() { "" } else { ": " };
        let text = format!("{place}{label}{between}{said}");
        let text = hung(&text, HUNG, (self.width)().unwrap_or(usize::MAX));
        let colored = format!("{color}{label}{}", self.reset());
        let text = if color.is_empty() { text } else { text.replacen(label, &colored, 1) };
        text + "\n"
    }

    fn snippet(&self, word: Word, shown: Shown) -> String {
        let renderer = if self.is_colored { Renderer::styled() } else { Renderer::plain() };
        let Shown { text: source, line, span, labels } = shown;
        let primary = AnnotationKind::Primary.span(span);
        let labels = labels.into_iter();
        let labels = labels.map(|(span, text)| AnnotationKind::Context.span(span).label(text));
        let source = Snippet::source(source).line_start(line);
        let source = source.annotations(std::iter::once(primary).chain(labels));
        let level = if word == Word::Error { Level::ERROR } else { Level::NOTE };
        let report = [Group::with_level(level).element(source)];
        let width = (self.width)().unwrap_or(DEFAULT_WIDTH);
        let mut text = renderer.term_width(width).render(&report);
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

impl<'l> Told<'l> {
    fn of(file: Option<&'l str>, message: &'l Message<'_>) -> Self {
        Self {
            file,
            line: message.place.map(|place| place.line),
            column: message.place.map(|place| place.column),
            code: Some(message.code),
            message: &message.text,
            hints: message.hints,
        }
    }

    fn text(&self) -> String {
        let mut line = Vec::new();
        // a text in memory takes all that is written
        let _ = json::write(self, &mut line);
        String::from_utf8_lossy(&line).into_owned() + "\n"
    }
}

fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0.into())
}

/// Writes to standard error; nothing can be done for somebody who does not read it.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Text of whatever origin, on one line.
fn shown(text: &str) -> Cow<'_, str> {
    on_one_line(text, Medium::Screen)
}

/// Lines of a script as they can be seen, and which of their bytes to underline.
struct Shown {
    text: String,
    /// The number of the first.
    line: usize,
    span: Range<usize>,
    /// Other parts, and what to say of them.
    labels: Vec<(Range<usize>, String)>,
}

impl Shown {
    /// The lines of a place, and those of its labels if they are near.
    fn of(place: &Place) -> Self {
        Self::with_labels(place).unwrap_or_else(|| {
            let (text, span) = shown_source(place);
            Self { text, line: place.line as usize, span, labels: Vec::new() }
        })
    }

    fn with_labels(place: &Place) -> Option<Self> {
        let statement = &*place.statement;
        let primary = place.span.start as usize..place.span.end as usize;
        let labels = place.labels.iter();
        let labels = labels.map(|label| label.span.start as usize..label.span.end as usize);
        let spans: Vec<_> = std::iter::once(primary).chain(labels).collect();
        let first = spans.iter().map(|span| span.start).min()?;
        let last = spans.iter().map(|span| span.end).max()?;
        let start = statement.get(..first)?.rfind('\n').map_or(0, |end| end + 1);
        let end = statement.get(last..)?.find('\n').map_or(statement.len(), |at| last + at);
        if place.labels.is_empty() || end - start > 2 * AROUND {
            return None;
        }
        let line = place.statement_line as usize + statement.get(..start)?.matches('\n').count();
        let (text, mut moved) = seen_spans(statement.get(start..end)?, start, &spans)?;
        let span = moved.remove(0);
        let texts = place.labels.iter().map(|label| shown(&label.text).into_owned());
        Some(Self { text, line, span, labels: moved.into_iter().zip(texts).collect() })
    }
}

/// A text that begins at an offset as it can be seen, and where spans are in that.
fn seen_spans(
    text: &str,
    offset: usize,
    spans: &[Range<usize>],
) -> Option<(String, Vec<Range<usize>>)> {
    let mut edges: Vec<_> =
        spans.iter().flat_map(|span| [span.start, span.end]).map(|at| at - offset).collect();
    edges.extend([0, text.len()]);
    edges.sort_unstable();
    edges.dedup();
    let (mut seen, mut places) = (String::new(), BTreeMap::new());
    for (&from, &to) in edges.iter().zip(edges.iter().skip(1)) {
        places.insert(from, seen.len());
        seen.push_str(&seen_lines(text.get(from..to)?));
    }
    places.insert(text.len(), seen.len());
    let place = |at: usize| places.get(&(at - offset)).copied();
    let moved: Option<_> =
        spans.iter().map(|span| Some(place(span.start)?..place(span.end)?)).collect();
    Some((seen, moved?))
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
    use pcq::model::Span;
    use pcq::{ErrorKind, Label};

    const HIDDEN: &str = "k\u{202e}\u{1b}\n";

    const REPORTER: Reporter =
        Reporter { format: ErrorFormat::Text, is_colored: false, width: || None };
    const NARROW: Reporter = Reporter { width: || Some(60), ..REPORTER };

    fn rendered(statement: &str, span: Range<usize>) -> String {
        let error = Error::new(ErrorKind::ReadOnly).at(Span::new(span.start, span.end));
        REPORTER.render(Some("a.pcq"), &(&error.locate(&statement.into(), 7, 1)).into())
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
        assert_eq!(REPORTER.render(Some("a.pcq"), &(&error).into()), expected);
        assert!(REPORTER.render(None, &(&error).into()).starts_with("error[read-only]: "));
    }

    #[test]
    fn an_error_without_a_place_is_one_line() {
        let error = Error::new(ErrorKind::ReadOnly);
        let text = REPORTER.render(Some("a.pcq"), &(&error).into());
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
        let error = Error::new(ErrorKind::ReadOnly).at(Span::new(5005, 5009));
        let text = NARROW.render(None, &(&error.locate(&statement.into(), 7, 1)).into());
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
    fn another_part_of_the_statement_is_labelled() {
        let (statement, span) = ("GET\ta, é\n\n\n\n'\u{202e}', b", Span::new(20, 21));
        let error = Error::new(ErrorKind::ReadOnly).at(span).locate(&statement.into(), 7, 1);
        let mut place = error.place().unwrap().clone();
        place.labels.push(Label { span: Span::new(4, 5), text: "here\n".to_owned() });
        let text = REPORTER.snippet(Word::Error, Shown::of(&place));
        let expected = "   |\n 7 | GET    a, é\n   |        - here\\n\n...\n11 | '\\u{202e}', b\n   |             ^\n";
        assert_eq!(text, expected);
        // what is far away is not shown
        place.statement = format!("{statement}{}", " ".repeat(3 * AROUND)).into();
        place.labels[0].span = Span::new(2 * AROUND, 2 * AROUND + 1);
        assert!(!REPORTER.snippet(Word::Error, Shown::of(&place)).contains("here"));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let statement = "GET \u{1b}[31m '\u{202e}' nope\u{200b}\r\n";
        let error = Error::new(ErrorKind::ReadOnly).at(Span::new(16, 20)).hint(HIDDEN);
        let text = NARROW.render(Some(HIDDEN), &(&error.locate(&statement.into(), 7, 1)).into());
        let head = [
            "k\\u{202e}\\u{1b}\\n:7:15: error[read-only]: the store is open",
            "  for reading only",
        ];
        let source = "7 | GET \\u{1b}[31m '\\u{202e}' nope\\u{200b}";
        let carets = "  |                           ^^^^";
        let hint = "hint: k\\u{202e}\\u{1b}\\n";
        let [head, more] = head;
        assert_eq!(text.lines().collect::<Vec<_>>(), [head, more, "  |", source, carets, hint]);
    }
}
