//! Places in scripts.

use std::ops::Range;
use std::sync::Arc;

use crate::model::{HIDDEN, Span};

/// Another part of a statement that matters, besides that which is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The part, in bytes.
    pub span: Span,
    /// What it is, in a few words.
    pub text: String,
}

/// Place of an error in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file of the script, if the script [has a name](crate::Script::named).
    pub file: Option<Arc<str>>,
    /// The line of the script, from 1.
    pub line: u32,
    /// The column in that line, in code points, from 1.
    pub column: u32,
    /// The text of the statement; what must not be shown of it is `***`.
    pub statement: Arc<str>,
    /// The line of the script at which the statement starts, from 1.
    pub statement_line: u32,
    /// The column at which the statement starts, from 1.
    pub statement_column: u32,
    /// The part of the statement that is wrong, in bytes.
    pub span: Span,
    /// Other parts of the statement that matter.
    pub labels: Vec<Label>,
}

impl Place {
    /// The place of a span of a statement that starts at a line and a column of its script; without a span, of
    /// the first word.
    pub(super) fn of(statement: &Arc<str>, line: u32, column: u32, span: Option<Span>) -> Self {
        let span = span.unwrap_or_else(|| Span::new(0, first_word(statement)));
        let before = head(statement, span.start as usize);
        let breaks = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            file: None,
            line: line.saturating_add(count(breaks)),
            column: count(last).saturating_add(if breaks == 0 { column } else { 1 }),
            statement: Arc::clone(statement),
            statement_line: line,
            statement_column: column,
            span,
            labels: Vec::new(),
        }
    }

    /// The same place with other parts of the statement that matter.
    pub(super) fn labelled(self, labels: &[Label]) -> Self {
        Self { labels: labels.to_vec(), ..self }
    }

    /// The same place, in a file, unless it is known to be in one.
    pub(super) fn in_file(mut self, file: Option<&Arc<str>>) -> Self {
        self.file = self.file.or_else(|| file.cloned());
        self
    }

    /// The same, of a span whose text is not shown.
    pub(super) fn of_concealed(statement: &Arc<str>, line: u32, column: u32, span: Span) -> Self {
        let (start, end) = (span.start as usize, span.end as usize);
        let before = head(statement, start);
        let after = statement.get(end..).unwrap_or_default();
        let shown = format!("{before}{HIDDEN}{after}").into();
        Self::of(&shown, line, column, Some(Span::new(start, start + HIDDEN.len())))
    }

    /// The same place, in the statement with `***` for some parts of it, which are in order. The lines stay.
    pub(super) fn masked(&self, parts: &[Span]) -> Self {
        let (mut shown, mut end) = (String::new(), 0);
        let labels = self.labels.iter().map(|label| label.span);
        let mut edges: Vec<_> = std::iter::once(self.span).chain(labels).map(Edges::of).collect();
        for part in parts {
            let (from, to) = (part.start as usize, part.end as usize);
            shown.push_str(self.statement.get(end..from).unwrap_or_default());
            let start = shown.len();
            shown.push_str(HIDDEN);
            let hidden = self.statement.get(from..to).unwrap_or_default();
            shown.extend(hidden.chars().filter(|c| *c == '\n'));
            for edges in &mut edges {
                edges.pass(from..to, start, shown.len());
            }
            end = to;
        }
        shown.push_str(self.statement.get(end..).unwrap_or_default());
        let mut spans = edges.iter().map(|edges| Span::new(edges.new.start, edges.new.end));
        let span = spans.next().unwrap_or_default();
        let texts = self.labels.iter().map(|label| label.text.clone());
        let labels = spans.zip(texts).map(|(span, text)| Label { span, text }).collect();
        Self { statement: shown.into(), span, labels, ..self.clone() }
    }
}

/// Edges of a span in a text, and in the same with `***` for some parts.
struct Edges {
    old: Range<usize>,
    new: Range<usize>,
}

impl Edges {
    fn of(span: Span) -> Self {
        let old = span.start as usize..span.end as usize;
        Self { new: old.clone(), old }
    }

    /// Goes past a part that is hidden: what stands for it is from `start` to `end`.
    fn pass(&mut self, part: Range<usize>, start: usize, end: usize) {
        let moved = |edge: usize, new: usize, within: usize| match edge {
            edge if edge >= part.end => end + edge - part.end,
            edge if edge > part.start => within,
            _ => new,
        };
        self.new.start = moved(self.old.start, self.new.start, start);
        self.new.end = moved(self.old.end, self.new.end, start + HIDDEN.len());
    }
}

fn first_word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())
}

/// The text before an offset, without half a character.
fn head(text: &str, offset: usize) -> &str {
    let mut ends = (0..=offset.min(text.len())).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_place_is_where_it_was() {
        let text: Arc<str> = "SET k = 'a\nb', VERSION = 'c' CHECK (x)".into();
        let at =
            |what: &str| text.find(what).map(|start| Span::new(start, start + what.len())).unwrap();
        let parts = [at("'a\nb'"), at("'c'")];
        let masked = |span| {
            let place = Place::of(&text, 1, 1, Some(span)).masked(&parts);
            assert_eq!(&*place.statement, "SET k = ***\n, VERSION = *** CHECK (x)");
            let pointed = place.statement.get(place.span.start as usize..place.span.end as usize);
            pointed.unwrap().to_owned()
        };
        for same in ["SET", "k", "VERSION", "CHECK", "(x)"] {
            assert_eq!(masked(at(same)), same);
        }
        assert_eq!(masked(at("'c'")), "***");
        assert_eq!(masked(at("b")), "***");
        assert_eq!(masked(at("'c' CHECK")), "*** CHECK");
        assert_eq!(masked(Span::new(text.len(), text.len())), "");
    }

    #[test]
    fn places_count_lines_and_code_points() {
        let text: Arc<str> = "CREATE KEY é\n  DEFAULT x".into();
        let found = |start, end| {
            let place = Place::of(&text, 3, 5, Some(Span::new(start, end)));
            (place.line, place.column)
        };
        assert_eq!(found(7, 10), (3, 12));
        assert_eq!(found(13, 14), (3, 17));
        assert_eq!(found(24, 25), (4, 11));
        assert_eq!(found(900, 901).0, 4);
    }
}
