//! Widths of texts on a terminal, and texts that are cut to a width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands where something was cut off.
pub(super) const CUT: char = '…';

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Cuts a text off where it gets wider than a number of columns, and shows that.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let head = head(text, columns);
    if head.len() == text.len() {
        return text.to_owned();
    }
    marked(text, columns)
}

/// Fills a text up with blanks.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// As much of a text as has room before the mark that something was cut off.
pub(super) fn marked(text: &str, columns: usize) -> String {
    format!("{}{CUT}", head(text, columns.saturating_sub(1)).trim_end())
}

/// The start of a text that takes no more than a number of columns. It ends, too, where marks that take
/// none are piled up: they are no way around the limit.
pub(super) fn head(text: &str, columns: usize) -> &str {
    const HIGHEST_PILE: usize = 8;
    let (mut taken, mut pile) = (0, 0);
    let end = text.char_indices().find(|(_, c)| {
        let width = c.width().unwrap_or(1);
        taken += width;
        pile = if width == 0 { pile + 1 } else { 0 };
        taken > columns || pile > HIGHEST_PILE
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_its_width() {
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("ab cd", 4), "ab…");
        assert_eq!(fit("a", 0), "…");
        assert!(fit(&format!("a{}", "\u{301}".repeat(1000)), 5).len() < 30);
        assert_eq!(width(&pad("日", 4)), 4);
    }
}
