//! Completion of statements that somebody types: words by their position, names as the store has them.

mod asked;
mod candidate;
mod place;
mod source;
mod text;

use std::sync::{Mutex, PoisonError};

use super::{Database, Session};
use crate::model::Catalog;
use crate::syntax::{Wanted, typed};
use asked::Asked;
pub use candidate::{Candidate, CandidateKind};
use place::Place;

/// What may stand at a place of a text that somebody types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// Where in the text the candidates begin, in bytes: what is there up to the place is the start of each of them.
    pub start: usize,
    /// The candidates: columns of the table that is asked for, words, then names, each in byte order.
    pub candidates: Vec<Candidate>,
    /// Whether the statement may end at the place.
    pub may_end: bool,
}

/// Completer of statements that somebody types.
#[derive(Debug)]
pub struct Completer {
    db: Database,
    /// What an open transaction sees.
    seen: Option<Catalog>,
    asked: Mutex<Asked>,
}

impl Database {
    /// Makes a completer of statements, with the names that the store has as it is used.
    #[must_use]
    pub fn completer(&self) -> Completer {
        Completer { db: self.clone(), seen: None, asked: Mutex::default() }
    }
}

impl Session {
    /// Makes a completer of statements, with the names that the session sees now: with those that its open transaction
    /// has made, if there is one, else as [`Database::completer`].
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// let mut session = db.session();
    /// session.execute("BEGIN; CREATE KEY title STRING DEFAULT 'a';")?;
    /// assert_eq!(session.completer().complete("GET ti").candidates[0].text, "title");
    /// assert!(db.completer().complete("GET ti").candidates.is_empty());
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn completer(&self) -> Completer {
        let seen = self.in_transaction().then(|| self.seen_catalog());
        Completer { seen, ..self.db.completer() }
    }
}

impl Completer {
    /// What may stand at the end of a text that somebody types: words of the language by their position, and names as the
    /// store has them, as far as they begin with what is typed of them. Letters of words may be small. A text that is no
    /// start of a statement has no candidates.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY title STRING DEFAULT 'a'; CREATE KEY size INTEGER DEFAULT 1;")?;
    /// let completer = db.completer();
    /// let found = completer.complete("GET t");
    /// let texts: Vec<_> = found.candidates.iter().map(|candidate| candidate.text.as_str()).collect();
    /// assert_eq!((found.start, texts), (4, vec!["title"]));
    /// assert_eq!(completer.complete("PUBL").candidates[0].text, "PUBLISH");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn complete(&self, text: &str) -> Completion {
        self.complete_between(text, "")
    }

    /// The same at a place between two parts of a text: what stands behind it tells which columns there are.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// let found = db.completer().complete_between("SELECT des", " FROM segments;");
    /// assert_eq!(found.candidates[0].text, "description");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn complete_between(&self, text: &str, after: &str) -> Completion {
        let Some(typed) = typed(text) else { return Completion::default() };
        let newest = self.seen.is_none().then(|| self.db.newest());
        let seen = newest.as_ref().map(|state| state.catalog()).or(self.seen.as_ref());
        let Some(catalog) = seen else { return Completion::default() };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Place::new(typed, after, catalog, &mut asked);
        let mut candidates = place.candidates();
        if place.wants(Wanted::Text) {
            candidates.extend(text::in_zones(typed.begun));
        }
        candidates.retain(|candidate| begins_with(&candidate.text, typed.begun));
        // columns of the one table first: all else may stand in any condition
        candidates.sort_by(|a, b| {
            let is_other = |candidate: &Candidate| candidate.kind != CandidateKind::Column;
            is_other(a).cmp(&is_other(b)).then_with(|| a.cmp(b))
        });
        candidates.dedup();
        Completion {
            start: text.len() - typed.begun.len(),
            candidates,
            may_end: place.wants(Wanted::End),
        }
    }
}

/// Whether a candidate goes on from what is typed of it.
fn begins_with(candidate: &str, begun: &str) -> bool {
    let unquoted =
        candidate.strip_prefix('"').filter(|_| !begun.starts_with('"')).unwrap_or(candidate);
    let head = unquoted.get(..begun.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(begun))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Database;
    use crate::statement::HELP;
    use crate::syntax::{TokenKind, Tokens};

    fn completer() -> Completer {
        let db = Database::in_memory().unwrap();
        db.execute(
            "CREATE KEY title STRING DEFAULT 'a'; CREATE KEY checkout.size INTEGER DEFAULT 1;
                 CREATE ATTRIBUTE born TIMESTAMP; CREATE ATTRIBUTE \"zip.code\" STRING;
                 CREATE SEGMENT \"New Yorkers\" WHERE city = 'NY' AND DID 'Charged';
                 CREATE CONFIG look SEGMENTS \"New Yorkers\" KEY title = 'b';
                 ALTER CONFIG look SET title = 'c';",
        )
        .unwrap();
        db.completer()
    }

    fn offered(completer: &Completer, text: &str) -> Vec<String> {
        completer.complete(text).candidates.into_iter().map(|candidate| candidate.text).collect()
    }

    /// What is typed, and what is offered then.
    const OFFERED: &[(&str, &str)] = &[
        ("GET ch", "checkout.size"),
        ("GET checkout.s", "checkout.size"),
        ("get title, ch", "checkout.size"),
        ("PUBLISH CONFIG l", "look"),
        ("PUBLISH CONFIG look VERSION ", "2"),
        ("ALTER CONFIG look SET ti", "title"),
        ("ALTER CONFIG look MOVE SEGMENT n", "\"New Yorkers\""),
        ("ALTER CONFIG look SET title VALUES (\"New", "\"New Yorkers\""),
        ("CREATE SEGMENT s WHERE ci", "city"),
        ("CREATE SEGMENT s WHERE city = 'x' AND LOW", "LOWER("),
        ("CREATE SEGMENT s WHERE DID 'C", "'Charged'"),
        ("CREATE SEGMENT s WHERE KEY(ti", "title"),
        ("SHOW KEYS WHERE des", "description"),
        ("SHOW KEYS ORDER BY ty", "type"),
        ("SHOW CHANGES OF title, che", "checkout.size"),
        ("SHOW CHANGES OF CONFIG lo", "look"),
        ("SHOW CHANGES OF title FOR USER 'u' WHERE fr", "from"),
        ("SHOW CHANGES OF title FOR USER 'u' ORDER BY ca", "cause"),
        ("SHOW USERS WHERE DI", "DID"),
        ("GET title WITH ci", "city"),
        ("GET title WITH ", "{"),
        ("GET title FOR USER 'u' WITH city = 'x', bo", "born"),
        ("EXPLAIN GET title WITH ci", "city"),
        ("SET USER 'u' ci", "city"),
        ("SET USER 'u' city = 'x', bo", "born"),
        ("ASSERT ERROR 'unknown-k", "'unknown-key'"),
        ("CREATE SEGMENT s WHERE bo", "born"),
        ("ALTER ATTRIBUTE bo", "born"),
        ("ARCHIVE ATTRIBUTE zip", "\"zip.code\""),
        ("CREATE ATTRIBUTE a SEM", "SEMVER"),
        ("ALTER ATTRIBUTES STR", "STRICT"),
        ("DESCRIBE SEGMENT ", "\"New Yorkers\""),
        ("PREVIEW AL", "ALTER"),
        ("PREVIEW PUBLISH CONFIG l", "look"),
        ("PREVIEW PUBLISH CONFIG look F", "FOR"),
        ("PREVIEW PUBLISH CONFIG look FOR CON", "CONTEXTS"),
        ("PREVIEW PUBLISH CONFIG look FOR USERS WHERE ci", "city"),
        ("SELECT ty", "type"),
        ("SELECT key FROM ke", "keys"),
        ("SELECT key FROM keys JOIN seg", "segments"),
        ("SELECT key FROM keys, ", "segments"),
        ("SELECT key FROM keys k WHERE k.ty", "k.type"),
        ("SELECT key FROM keys k WHERE k.", "type"),
        ("SELECT key FROM keys k JOIN versions v ON v.name = k.ke", "k.key"),
        ("SELECT key FROM keys WHERE key IN (SELECT na", "name"),
        ("SELECT key FROM keys WHERE key IN (SELECT name FROM versions WHERE ki", "kind"),
        ("SELECT COUNT(*) AS amount FROM keys GROUP BY type ORDER BY am", "amount"),
        ("WITH owners AS (SELECT config FROM keys) SELECT * FROM ow", "owners"),
        ("WITH owners AS (SELECT config FROM keys) SELECT * FROM owners o WHERE o.", "config"),
        ("EXPLAIN WITH owners AS (SELECT ty", "type"),
        ("SELECT t.count FROM (SHOW COUNT OF KEYS) AS t WHERE co", "count"),
        ("SELECT * FROM (SHOW KEYS WHERE des", "description"),
        ("SELECT * FROM (SHOW USERS WHERE DI", "DID"),
        ("SELECT * FROM (SHOW KEYS) AS k WHERE k.des", "k.description"),
        ("SELECT DATE_TRUNC(", "'week'"),
        ("SELECT DATE_TRUNC('mo", "'month'"),
        ("SELECT DATE_TRUNC('day', time, 'europe/par", "'Europe/Paris'"),
        ("SELECT COUNT(*), MA", "MAX("),
        ("SELECT key FROM keys UNION SELECT segment FROM segments ORDER ", "BY"),
        ("SELECT * FROM evaluations UNDER CONFIG lo", "look"),
        ("ASSERT (SELECT COUNT(*) FROM ke", "keys"),
        ("CREATE SEGMENT s WHERE HOUR(NOW(), 'europe/par", "'Europe/Paris'"),
        (
            "PUBLISH CONFIG look AT '2030-01-01T09:00:00[asia/tok",
            "'2030-01-01T09:00:00[Asia/Tokyo]'",
        ),
    ];

    #[test]
    fn names_are_offered_where_they_may_stand() {
        let completer = &completer();
        for &(text, wanted) in OFFERED {
            assert_eq!(
                offered(completer, text).iter().find(|text| *text == wanted).map(String::as_str),
                Some(wanted),
                "{text}"
            );
        }
    }

    #[test]
    fn what_may_not_stand_somewhere_is_not_offered() {
        let completer = &completer();
        // columns first, and nothing of users where rows are not
        let of_keys = offered(completer, "SHOW KEYS WHERE ");
        assert_eq!(of_keys.first().map(String::as_str), Some("check"), "{of_keys:?}");
        for other in ["DID", "IN SEGMENT", "KEY(", "COUNT(EVENT ", "city"] {
            assert!(!of_keys.iter().any(|offered| offered == other), "{other}");
        }
        for text in ["GET title WITH ", "SET USER 'u' city = 'x', "] {
            let offered = offered(completer, text);
            assert!(!offered.iter().any(|text| text == "TRUE" || text == "title"), "{offered:?}");
        }
        assert!(offered(completer, "CREATE SEGMENT s WHERE LOWER(city, '").is_empty());
        // of its own sources alone, and of one where that is named
        for text in [
            "SELECT key FROM keys WHERE co",
            "WITH c AS (SELECT key FROM keys) SELECT * FROM c WHERE ",
        ] {
            let offered = offered(completer, text);
            assert!(!offered.iter().any(|text| text == "condition"), "{text}: {offered:?}");
        }
        let of_keys = offered(completer, "SELECT k.key FROM keys k, configs c WHERE k.");
        assert!(of_keys.contains(&"type".to_owned()), "{of_keys:?}");
        assert!(!of_keys.iter().any(|text| text == "live" || text == "AND"), "{of_keys:?}");
        assert!(!offered(completer, "EXPLAIN WITH t AS (SELECT key, ").contains(&"{".to_owned()));
        assert!(offered(completer, "CREATE KEY ti").is_empty());
        assert!(offered(completer, "PREVIEW CREATE KEY ti").is_empty());
        assert!(offered(completer, "CREATE ATTRIBUTE bo").is_empty());
        assert!(!offered(completer, "CREATE CONFIG l").contains(&"look".to_owned()));
        assert!(
            completer.complete("GET title").may_end || completer.complete("GET title ").may_end
        );
    }

    #[test]
    fn what_stands_behind_tells_the_columns() {
        let completer = &completer();
        let between = |text, after| -> Vec<String> {
            let found = completer.complete_between(text, after).candidates;
            let columns = found.into_iter().filter(|c| c.kind == CandidateKind::Column);
            columns.map(|candidate| candidate.text).collect()
        };
        assert_eq!(between("SELECT ", " FROM memberships;"), ["segment", "user"]);
        assert_eq!(between("SELECT us", "er FROM memberships; SELECT 1 FROM keys"), ["user"]);
        assert_eq!(between("SELECT m.", " FROM memberships m"), ["segment", "user"]);
        assert_eq!(between("SELECT m.s", " FROM memberships m"), ["m.segment"]);
        assert_eq!(between("SELECT t.", " FROM (SELECT COUNT(*) AS n FROM keys) AS t"), ["n"]);
        assert_eq!(between("GET ", " FROM memberships"), Vec::<String>::new());
    }

    /// Every word of every example is offered at its place.
    #[test]
    fn every_word_of_the_language_is_offered_where_it_stands() {
        let completer = &completer();
        for help in HELP {
            let (mut at, mut start) = (0, 0);
            for token in Tokens::new(help.example) {
                start = at;
                at += token.text.len();
                let is_word = token.kind == TokenKind::Word
                    && token.text.chars().all(|c| c.is_ascii_uppercase());
                if !is_word {
                    continue;
                }
                let found = offered(completer, &help.example[..=start]);
                let is_offered = |text: &&String| {
                    text.split([' ', '(']).any(|word| word.eq_ignore_ascii_case(token.text))
                        || is_unit(token.text)
                };
                assert!(
                    found.iter().any(|text| is_offered(&text)),
                    "{}: {} of {found:?}",
                    help.example,
                    token.text
                );
            }
            assert!(start < help.example.len());
        }
    }

    /// Units follow numbers, which go on at every digit.
    fn is_unit(word: &str) -> bool {
        ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK"].iter().any(|unit| word.starts_with(unit))
    }
}
