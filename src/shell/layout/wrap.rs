//! Wrapping of texts to a width.

use crate::shell::width::{CUT, head, marked};

/// Wraps a text at blanks and commas where it can be, else at other marks; of more lines than wanted the last one has the mark that
/// something was cut off. What is indented stays so in all its lines, by half of the width at most.
pub(super) fn wrapped(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.split('\n').flat_map(|line| {
        let fits = head(line, width).len() == line.len();
        let body = if fits { line } else { line.trim_start_matches(' ') };
        let blanks = " ".repeat((line.len() - body.len()).min(width / 2));
        let wrap = Wrap { rest: Some(body), width: width - blanks.len() };
        wrap.map(move |part| format!("{blanks}{part}"))
    });
    lines.extend(rest.by_ref().take(most));
    if rest.next().is_some()
        && let Some(last) = lines.last_mut()
    {
        *last = marked(last, width);
    }
    lines
}

/// Lines that a line becomes.
#[derive(Debug)]
struct Wrap<'t> {
    rest: Option<&'t str>,
    width: usize,
}

impl Iterator for Wrap<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let rest = self.rest.take()?;
        let fits = head(rest, self.width);
        if fits.len() == rest.len() {
            return Some(rest.to_owned());
        }
        let end = break_in(fits, rest);
        let (line, after) =
            rest.split_at_checked(end).filter(|_| end > 0).unwrap_or_else(|| first(rest));
        self.rest = Some(after.trim_start_matches(' ')).filter(|after| !after.is_empty());
        // a character that is wider than all there is
        let is_too_wide = end == 0;
        Some(if is_too_wide { CUT.to_string() } else { line.trim_end().to_owned() })
    }
}

/// Where to break the part of a line that fits.
fn break_in(fits: &str, line: &str) -> usize {
    if line.get(fits.len()..).is_some_and(|after| after.starts_with(' ')) {
        return fits.len();
    }
    let after =
        |marks: &[char]| fits.rfind(marks).map(|at| at + 1).filter(|at| at * 3 > fits.len());
    let good = after(&[' ', ',']).or_else(|| after(&['.', ':', '/', '_', '-']));
    good.filter(|_| !fits.trim_start().is_empty()).unwrap_or(fits.len())
}

/// The first character of a text, and what is after it.
fn first(text: &str) -> (&str, &str) {
    let end = text.chars().next().map_or(0, char::len_utf8);
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_at_blanks_and_commas() {
        let lines = |text, width| wrapped(text, width, 9);
        assert_eq!(lines("one two three", 8), ["one two", "three"]);
        assert_eq!(lines("[1,2,3,4,5]", 8), ["[1,2,3,", "4,5]"]);
        assert_eq!(lines("checkout.layout", 12), ["checkout.", "layout"]);
        assert_eq!(lines("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(lines("a\n\nb", 4), ["a", "", "b"]);
        assert_eq!(lines("    one two three", 12), ["    one two", "    three"]);
        assert_eq!(lines("          one two", 8), ["    one", "    two"]);
        assert_eq!(lines("日本語", 4), ["日本", "語"]);
        assert_eq!(lines("日a", 1), ["…", "a"]);
        assert_eq!(lines("", 4), [""]);
    }

    #[test]
    fn what_is_cut_off_is_marked() {
        assert_eq!(wrapped("one two three", 5, 2), ["one", "two…"]);
        assert_eq!(wrapped("abcdefghij", 4, 2), ["abcd", "efg…"]);
        assert_eq!(wrapped("a\nb", 4, 1), ["a…"]);
    }
}
