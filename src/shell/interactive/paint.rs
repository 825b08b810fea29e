//! Highlighting of what is typed: words of the language, names, texts, numbers, what is open, and a bracket's partner.

use std::collections::HashSet;
use std::sync::LazyLock;

use pcq::statement::HELP;
use pcq::{Token, TokenKind, Tokens};

/// Colour of a piece of text, as the number that a terminal knows it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Keyword,
    Text,
    Name,
    Number,
    Comment,
    /// What is open, or closes nothing.
    Wrong,
    /// A bracket at the cursor, and its partner.
    Partner,
}

impl Paint {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Keyword => "1;34",
            Self::Text => "32",
            Self::Name => "36",
            Self::Number => "33",
            Self::Comment => "2",
            Self::Wrong => "31",
            Self::Partner => "1;7",
        }
    }
}

/// The text with colours, each character of which is as wide as it was.
pub(super) fn painted(text: &str, cursor: usize) -> String {
    let brackets = Brackets::of(text, cursor);
    let (mut painted, mut at) = (String::with_capacity(text.len() * 2), 0);
    let mut kind = Kind::Unknown;
    for token in Tokens::new(text) {
        let end = at + token.text.len();
        kind = kind.after(token);
        let of_query = (kind == Kind::Query && is_of_query(token)).then_some(Paint::Keyword);
        let paint = brackets.paint(at).or(of_query).or_else(|| paint(token, end == text.len()));
        match paint {
            Some(paint) => painted.push_str(&dyed(token.text, paint)),
            None => painted.push_str(token.text),
        }
        at = end;
    }
    painted
}

/// Kind of the statement that a token is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Its first words may be those of either.
    Unknown,
    Query,
    Other,
}

impl Kind {
    /// The kind, as far as it is known behind a token.
    fn after(self, token: Token<'_>) -> Self {
        let is = |words: &[&str]| words.iter().any(|word| token.text.eq_ignore_ascii_case(word));
        match self {
            _ if token.kind == TokenKind::Semicolon => Self::Unknown,
            Self::Unknown if is(&["SELECT", "WITH"]) => Self::Query,
            Self::Unknown if token.kind.is_trivia() || is(&["EXPLAIN", "ASSERT", "("]) => self,
            Self::Unknown => Self::Other,
            known => known,
        }
    }
}

/// Whether a token is a word that is no name in a query, however it is written.
fn is_of_query(token: Token<'_>) -> bool {
    let is_it = |word: &&str| token.text.eq_ignore_ascii_case(word);
    token.kind == TokenKind::Word && QUERY.iter().any(is_it)
}

fn dyed(text: &str, paint: Paint) -> String {
    format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code())
}

fn paint(token: Token<'_>, is_last: bool) -> Option<Paint> {
    match token.kind {
        TokenKind::LineComment | TokenKind::BlockComment => Some(Paint::Comment),
        _ if is_last && token.is_open() => Some(Paint::Wrong),
        TokenKind::Text | TokenKind::Json => Some(Paint::Text),
        TokenKind::Name => Some(Paint::Name),
        TokenKind::Parameter => Some(Paint::Number),
        TokenKind::Word if token.text.starts_with(|c: char| c.is_ascii_digit()) => {
            Some(Paint::Number)
        }
        TokenKind::Word if is_keyword(token.text) => Some(Paint::Keyword),
        _ => None,
    }
}

/// Whether a word is one of the language: in capitals, as they are written, or one that is never a name.
fn is_keyword(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    KEYWORDS.contains(upper.as_str()) && (upper == word || RESERVED.contains(&upper.as_str()))
}

/// The words in capitals of how statements are written, and those of conditions.
static KEYWORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let words = HELP.iter().flat_map(|help| help.syntax.split(|c: char| !c.is_ascii_uppercase()));
    words.filter(|word| word.len() > 1).chain(RESERVED).chain(OTHERS).collect()
});

const RESERVED: [&str; 17] = [
    "AND", "OR", "NOT", "IN", "IS", "NULL", "TRUE", "FALSE", "BETWEEN", "CONTAINS", "STARTS",
    "ENDS", "MATCHES", "DID", "EVERYONE", "VALUE", "WHERE",
];

const QUERY: [&str; 31] = [
    "SELECT",
    "DISTINCT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "ALL",
    "EXCEPT",
    "INTERSECT",
    "WITH",
    "AS",
    "ON",
    "JOIN",
    "INNER",
    "LEFT",
    "CROSS",
    "UNDER",
    "ASC",
    "DESC",
    "NULLS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "EXISTS",
];

const OTHERS: [&str; 22] = [
    "ANY",
    "EVERY",
    "CAST",
    "SEMVER",
    "TIMESTAMP",
    "VERSION",
    "WITHIN",
    "SINCE",
    "FROM",
    "TO",
    "SPLIT",
    "BLANK",
    "KEEPING",
    "USERS",
    "ADD",
    "MOVE",
    "DROP",
    "FIRST",
    "LAST",
    "BEFORE",
    "AFTER",
    "ROLLOUT",
];

/// Brackets of a text that are shown in another way.
#[derive(Debug, Default)]
struct Brackets {
    /// Those that close nothing, and the last that is open at the end.
    wrong: Vec<usize>,
    /// The one at the cursor, and its partner.
    partners: Option<(usize, usize)>,
}

impl Brackets {
    fn of(text: &str, cursor: usize) -> Self {
        let (mut found, mut open, mut at) = (Self::default(), Vec::new(), 0);
        let is_near = |place: usize| cursor == place || cursor == place + 1;
        for token in Tokens::new(text) {
            match token.text {
                "(" => open.push(at),
                ")" => match open.pop() {
                    Some(first) if is_near(first) || is_near(at) => {
                        found.partners = Some((first, at));
                    }
                    Some(_) => {}
                    None => found.wrong.push(at),
                },
                ";" => found.wrong.append(&mut open),
                _ => {}
            }
            at += token.text.len();
        }
        found.wrong.extend(open.pop());
        found
    }

    fn paint(&self, at: usize) -> Option<Paint> {
        let is_partner = self.partners.is_some_and(|(a, b)| a == at || b == at);
        let wrong = self.wrong.contains(&at).then_some(Paint::Wrong);
        if is_partner { Some(Paint::Partner) } else { wrong }
    }
}
