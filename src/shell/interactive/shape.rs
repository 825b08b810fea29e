//! Shapes of statements: how one that is begun may go on, as its help has it.

use pcq::statement::HELP;
use pcq::{TokenKind, Tokens};

/// The rest of the shape of a statement, after what is typed of it; `None` if that is no start of one, or all of one.
pub(super) fn rest(typed: &str) -> Option<String> {
    let tokens: Vec<_> = Tokens::new(typed).filter(|token| !token.kind.is_trivia()).collect();
    if tokens.is_empty() || tokens.last().is_some_and(|token| token.kind == TokenKind::Semicolon) {
        return None;
    }
    let words: Vec<_> = tokens.iter().map(|token| token.text.to_ascii_uppercase()).collect();
    let shapes = HELP.iter().filter(|help| begins(&words, help.name));
    let shape = shapes.max_by_key(|help| help.name.len())?.syntax.split(';').next()?;
    let rest = after(shape, &words);
    (!rest.is_empty()).then_some(rest)
}

/// Whether a statement of a name is begun, all the words of which are there.
fn begins(words: &[String], name: &str) -> bool {
    let name: Vec<_> = name.split(' ').collect();
    words.len() >= name.len() && name.iter().zip(words).all(|(a, b)| a == b)
}

/// What is left of a shape after the words that stand in it.
fn after(shape: &str, words: &[String]) -> String {
    let parts: Vec<_> = shape.split_whitespace().collect();
    let (mut next, mut filled) = (0, None);
    for word in words {
        let rest = parts.get(next..).unwrap_or_default();
        if let Some(found) = rest.iter().position(|part| bare(part) == word) {
            (next, filled) = (next + found + 1, None);
        } else if filled.is_none() && rest.first().is_some_and(|part| is_place(part)) {
            (next, filled) = (next + 1, Some(next));
        }
    }
    let rest = parts.get(next..).unwrap_or_default().join(" ");
    let rest = rest.trim_start_matches([' ', ',', '…', ']']);
    // after one of several alternatives come the clauses of all
    let rest = if rest.starts_with('|') {
        rest.find('[').and_then(|at| rest.get(at..)).unwrap_or_default()
    } else {
        rest
    };
    balanced(rest)
}

/// A part without brackets.
fn bare(part: &str) -> &str {
    part.trim_matches(['[', ']', '(', ')', ','])
}

/// Whether something is to be filled in.
fn is_place(part: &str) -> bool {
    part.contains(['<', '\'', '…'])
}

/// The shape without brackets that close nothing in it.
fn balanced(shape: &str) -> String {
    let (mut depth, mut balanced) = (0_u32, String::with_capacity(shape.len()));
    for c in shape.chars() {
        match c {
            '[' => depth += 1,
            ']' if depth == 0 => continue,
            ']' => depth -= 1,
            _ => {}
        }
        balanced.push(c);
    }
    balanced
}
