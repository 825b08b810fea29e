//! Prose in lines of a number of columns.

use super::width::width;

/// A text whose lines are broken at blanks where they are wider than a number of columns.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    hung(text, 0, columns)
}

/// The same, where what goes on from a line is so many columns further in.
pub(super) fn hung(text: &str, indent: usize, columns: usize) -> String {
    let hang = |line: &str| {
        let mut parts = broken(line, columns, columns.saturating_sub(indent)).into_iter();
        let first = parts.next().unwrap_or_default();
        parts.fold(first, |lines, part| {
            // a word that is too wide for it stands further out
            let room = columns.saturating_sub(width(&part));
            lines + "\n" + &" ".repeat(indent.min(room)) + &part
        })
    };
    text.split('\n').map(hang).collect::<Vec<_>>().join("\n")
}

/// A line broken at blanks, the first part in a number of columns and the others in another; a word that is wider has a
/// part of its own.
pub(super) fn broken(line: &str, first: usize, others: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    for word in line.split(' ') {
        let columns = if parts.len() == 1 { first } else { others };
        match parts.last_mut() {
            Some(part) if part.is_empty() => part.push_str(word),
            Some(part) if width(part) + 1 + width(word) <= columns => {
                part.push(' ');
                part.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_at_blanks() {
        assert_eq!(wrapped("one two three", 8), "one two\nthree");
        assert_eq!(wrapped("one two\n\nthree four", 7), "one two\n\nthree\nfour");
        assert_eq!(wrapped("one two", usize::MAX), "one two");
        assert_eq!(wrapped("日本 語", 5), "日本\n語");
        assert_eq!(hung("one two three four", 2, 9), "one two\n  three\n  four");
        assert_eq!(hung("one twothree", 4, 9), "one\n twothree");
        assert_eq!(hung("one twothreefour", 4, 9), "one\ntwothreefour");
    }
}
