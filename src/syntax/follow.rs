//! What may follow the start of a statement, as the grammar has it: for whoever completes what somebody types.

use std::collections::BTreeSet;

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};

use super::rules::{Grammar, Reading, Rule};
use super::token::{Token, TokenKind, Tokens};
use super::words::{FIRST_WORDS, PREVIEWED};
use super::{levels, split};
use crate::stack;

/// Character that begins no token: the grammar fails at it, and says what it wanted there.
const CURSOR: char = '\u{1}';

/// What may stand next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Follow {
    /// Words and signs, as they are written.
    pub(crate) words: BTreeSet<String>,
    /// What else.
    pub(crate) wanted: BTreeSet<Wanted>,
}

/// What may stand somewhere, besides words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    /// An operand of a condition.
    Operand,
    /// An operator of a condition.
    Operator,
    /// A name of something.
    Name,
    Segment,
    Key,
    /// An attribute, or a column.
    Attribute,
    /// A table of a query.
    Source,
    /// A whole number.
    Number,
    /// A text in single quotes.
    Text,
    /// The end of the statement.
    End,
}

/// What may follow the start of a statement; nothing if it is no start of one.
pub(crate) fn follow(start: &str) -> Follow {
    let mut follow = Follow::default();
    for rule in wanted(start).unwrap_or_default() {
        follow.add(rule);
    }
    follow
}

/// The rules that the grammar tries after the start of a statement.
fn wanted(start: &str) -> Option<Vec<Rule>> {
    split::check(start).ok()?;
    let text = format!("{start} {CURSOR}");
    let parsed = stack::levels(levels(&text), || Grammar::parse(Rule::lone_statement, &text));
    let error = parsed.err()?;
    let InputLocation::Pos(at) = error.location else { return None };
    let is_at_cursor = text.get(at..).is_some_and(|rest| rest.trim_start().starts_with(CURSOR));
    match error.variant {
        ErrorVariant::ParsingError { positives, .. } if is_at_cursor => Some(positives),
        _ => None,
    }
}

impl Follow {
    /// Whether something may stand next.
    pub(crate) fn wants(&self, what: Wanted) -> bool {
        self.wanted.contains(&what)
    }

    fn add(&mut self, rule: Rule) {
        self.wanted.extend(thing(rule));
        self.words.extend(words(rule));
        let more: &[&str] = match rule {
            Rule::statement => FIRST_WORDS,
            Rule::show_table => &["COUNT OF"],
            Rule::previewed => PREVIEWED,
            Rule::literal => &["TRUE", "FALSE", "NULL"],
            Rule::item | Rule::first_block => &["*", "DISTINCT"],
            _ => &[],
        };
        self.words.extend(more.iter().map(ToString::to_string));
    }
}

/// What a rule is the rule of, if it is more than a word.
fn thing(rule: Rule) -> Option<Wanted> {
    Some(match rule {
        Rule::condition
        | Rule::comparison
        | Rule::event_where
        | Rule::element_where
        | Rule::columns_where
        | Rule::row_condition
        | Rule::assert_condition
        | Rule::first_block
        | Rule::item
        | Rule::sort
        | Rule::sum => Wanted::Operand,
        Rule::source => Wanted::Source,
        Rule::path | Rule::setting | Rule::order => Wanted::Attribute,
        Rule::name | Rule::simple | Rule::step => Wanted::Name,
        Rule::k_everyone
        | Rule::rows
        | Rule::row
        | Rule::value_of
        | Rule::some_rows
        | Rule::some_value => Wanted::Segment,
        Rule::get_keys | Rule::column | Rule::set_key => Wanted::Key,
        Rule::integer | Rule::whole | Rule::duration | Rule::length => Wanted::Number,
        Rule::string | Rule::instant | Rule::timestamp | Rule::nullable | Rule::literal => {
            Wanted::Text
        }
        Rule::EOI => Wanted::End,
        _ => match rule.reading() {
            Reading::Operand => Wanted::Operand,
            Reading::Operator => Wanted::Operator,
            _ => return None,
        },
    })
}

/// The words and signs of a rule, which stand in what errors say of it.
fn words(rule: Rule) -> Vec<String> {
    let told = rule.words();
    let quoted = told.split('`').skip(1).step_by(2);
    quoted.filter(|word| *word != "`").map(str::to_owned).collect()
}

/// What somebody types at the end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Typed<'t> {
    /// The statement up to it.
    pub(crate) start: &'t str,
    /// The word, name or quote that is begun; empty between two tokens.
    pub(crate) begun: &'t str,
}

/// What somebody types at the end of a text: its last statement, and the token that is begun; `None` in a comment.
pub(crate) fn typed(text: &str) -> Option<Typed<'_>> {
    let mut statement = 0;
    let mut last: Option<(usize, Token<'_>)> = None;
    let mut at = 0;
    for token in Tokens::new(text) {
        last = Some((at, token));
        at += token.text.len();
        if token.kind == TokenKind::Semicolon {
            statement = at;
        }
    }
    let begun = match last {
        Some((_, token)) if token.kind.is_comment() => return None,
        Some((at, token)) if is_begun(token) => start_of_name(text, statement, at),
        _ => text.len(),
    };
    Some(Typed { start: text.get(statement..begun)?, begun: text.get(begun..)? })
}

/// Whether a token may go on at its end.
fn is_begun(token: Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word | TokenKind::Parameter => true,
        _ => token.is_open(),
    }
}

/// Where a dotted name begins whose last part begins at a place.
fn start_of_name(text: &str, statement: usize, at: usize) -> usize {
    let before = text.get(statement..at).unwrap_or_default();
    let is_part = |c: char| c == '.' || super::token::is_word(c);
    let dotted = before.ends_with('.').then(|| before.trim_end_matches(is_part).len());
    dotted.map_or(at, |begin| statement + begin)
}

/// The tokens of a text that are no blanks or comments.
pub(crate) fn solid(text: &str) -> Vec<&str> {
    Tokens::new(text).filter(|token| !token.kind.is_trivia()).map(|token| token.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(start: &str) -> Vec<String> {
        follow(start).words.into_iter().collect()
    }

    fn wants(start: &str, what: Wanted) -> bool {
        follow(start).wants(what)
    }

    #[test]
    fn the_grammar_says_what_may_follow() {
        assert!(words("").contains(&"PUBLISH".to_owned()));
        assert_eq!(words("CREATE OR"), ["ALTER"]);
        assert!(words("PUBLISH CONFIG c").contains(&"UNTIL".to_owned()));
        assert!(wants("PUBLISH CONFIG", Wanted::Name) && !wants("PUBLISH CONFIG", Wanted::Segment));
        assert!(wants("CREATE CONFIG c SEGMENTS", Wanted::Segment));
        assert!(wants("CREATE SEGMENT s WHERE", Wanted::Operand));
        assert!(wants("CREATE SEGMENT s WHERE a", Wanted::Operator));
        assert!(wants("GET", Wanted::Name));
        assert!(wants("GET a", Wanted::End));
        assert_eq!(follow("NONSENSE x"), Follow::default());
    }

    #[test]
    fn what_is_typed_is_found() {
        let found = |text| typed(text).map(|typed| (typed.start, typed.begun));
        assert_eq!(found("GET a; SHOW K"), Some((" SHOW ", "K")));
        assert_eq!(found("GET a.b.c"), Some(("GET ", "a.b.c")));
        assert_eq!(found("GET checkout."), Some(("GET checkout.", "")));
        assert_eq!(found("GET \"a b"), Some(("GET ", "\"a b")));
        assert_eq!(found("DID 'Ch"), Some(("DID ", "'Ch")));
        assert_eq!(found("GET a "), Some(("GET a ", "")));
        assert_eq!(found("GET a -- x"), None);
        assert_eq!(found(""), Some(("", "")));
    }
}
