//! Labels of errors: the other part of a statement that one is about.

use crate::error::{Error, ErrorKind};
use crate::model::Span;
use crate::syntax::Tokens;

/// An error of a statement with a label where the other part stands: what is there twice was first, a key whose type a
/// value has not, the beginning of a window that ends before it.
pub(super) fn labelled(error: Error, statement: &str) -> Error {
    let Some(span) = error.span() else { return error };
    let words = Words::before(statement, span);
    let found = match error.kind() {
        ErrorKind::Duplicate { .. } => {
            let twice = statement.get(span.start as usize..span.end as usize).unwrap_or_default();
            words.last(|word, _| !twice.is_empty() && word == twice).map(|at| (at, first()))
        }
        ErrorKind::KeyType { key, kind, .. } => words
            .last(|word, before| {
                let is_key = word == key.as_str() || word.trim_matches('"') == key.as_str();
                is_key && ["KEY", "SET"].iter().any(|is| before.eq_ignore_ascii_case(is))
            })
            .map(|at| (at, format!("`{}` is {kind}", key.as_str()))),
        ErrorKind::EmptyWindow { .. } => words
            .last(|_, before| before.eq_ignore_ascii_case("AT"))
            .map(|at| (at, "it begins here".to_owned())),
        _ => None,
    };
    match found {
        Some((at, text)) => error.label(at, text),
        None => error,
    }
}

fn first() -> String {
    "here it is first".to_owned()
}

/// The tokens of a statement before a place that mean something, each with its own place.
struct Words<'t>(Vec<(&'t str, Span)>);

impl<'t> Words<'t> {
    fn before(statement: &'t str, place: Span) -> Self {
        let mut end = 0;
        let placed = Tokens::new(statement).map(|token| {
            let start = end;
            end += token.text.len();
            (token, Span::new(start, end))
        });
        let before = placed.take_while(|(_, span)| span.end <= place.start);
        let solid = before.filter(|(token, _)| !token.kind.is_trivia());
        Self(solid.map(|(token, span)| (token.text, span)).collect())
    }

    /// The last of which something holds, given the one before it.
    fn last(&self, holds: impl Fn(&str, &str) -> bool) -> Option<Span> {
        let before = std::iter::once("").chain(self.0.iter().map(|(word, _)| *word));
        let pairs: Vec<_> = self.0.iter().zip(before).collect();
        pairs
            .iter()
            .rev()
            .find(|((word, _), before)| holds(word, before))
            .map(|((_, span), _)| *span)
    }
}

#[cfg(test)]
mod tests {
    use crate::Database;
    use crate::error::Error;

    /// The parts that the labels of the error of a script's last statement point at, with what they say.
    fn labels(script: &str) -> Vec<(String, String)> {
        let error: Error = Database::in_memory().unwrap().execute(script).unwrap_err();
        let place = error.place().unwrap();
        let part = |span: crate::model::Span| {
            let text = place.statement.get(..span.start as usize).unwrap().to_owned() + "|";
            text + place.statement.get(span.start as usize..span.end as usize).unwrap()
        };
        place.labels.iter().map(|label| (part(label.span), label.text.clone())).collect()
    }

    #[test]
    fn the_other_part_is_pointed_at() {
        let keys = "CREATE KEY k INTEGER DEFAULT 1; CREATE KEY s STRING DEFAULT ''; CREATE SEGMENT a WHERE x = 1;";
        for (statement, before, label) in [
            (
                "CREATE CONFIG c SEGMENTS a, EVERYONE, a KEY k = 1",
                "CREATE CONFIG c SEGMENTS |a",
                "here it is first",
            ),
            (
                "CREATE CONFIG c SEGMENTS a KEY k = 1, KEY k = 2",
                "CREATE CONFIG c SEGMENTS a KEY |k",
                "here it is first",
            ),
            (
                "CREATE CONFIG c SEGMENTS a KEY k VALUES (a = 1, a = 2)",
                "CREATE CONFIG c SEGMENTS a KEY k VALUES (|a",
                "here it is first",
            ),
            ("SET USER 'u' x = 1, y = 2, x = 3", "SET USER 'u' |x", "here it is first"),
            (
                "CREATE CONFIG c SEGMENTS a KEY s = 'k', KEY k = 'one'",
                "CREATE CONFIG c SEGMENTS a KEY s = 'k', KEY |k",
                "`k` is INTEGER",
            ),
            ("CREATE KEY b BOOLEAN DEFAULT 2", "CREATE KEY |b", "`b` is BOOLEAN"),
            (
                "CREATE SEGMENT t WHERE (x = 1 OR (y = 2",
                "CREATE SEGMENT t WHERE (x = 1 OR |(",
                "opened here",
            ),
            (
                "CREATE SEGMENT t WHERE x IN (1, 2 AND (y) = 2",
                "CREATE SEGMENT t WHERE x IN |(",
                "opened here",
            ),
        ] {
            let found = labels(&format!("{keys} {statement}"));
            assert_eq!(found, [(before.to_owned(), label.to_owned())], "{statement}");
        }
        let window = "CREATE CONFIG c SEGMENTS a KEY k = 1; PUBLISH CONFIG c AT '2030-01-02T00:00:00Z' UNTIL '2030-01-01T00:00:00Z'";
        let found = labels(&format!("{keys} {window}"));
        assert_eq!(found[0].1, "it begins here");
        assert!(found[0].0.ends_with("|'2030-01-02T00:00:00Z'"));
    }

    #[test]
    fn where_there_is_no_other_part_none_is_pointed_at() {
        for script in ["GET nope", "ALTER KEY nope SET DEFAULT 1", "CREATE KEY k"] {
            assert_eq!(labels(script), [], "{script}");
        }
    }

    /// Labels move with what is hidden before them.
    #[test]
    fn labels_of_what_is_sensitive_stay_in_place() {
        let script =
            "CREATE KEY k INTEGER SENSITIVE DEFAULT 1; CREATE KEY s STRING SENSITIVE DEFAULT '';
            CREATE CONFIG c SEGMENTS EVERYONE KEY s = 'a long secret', KEY k = 123, KEY k = 456";
        assert_eq!(
            labels(script),
            [(
                "CREATE CONFIG c SEGMENTS EVERYONE KEY s = ***, KEY |k".to_owned(),
                "here it is first".to_owned()
            )]
        );
    }
}
