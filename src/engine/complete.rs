//! Completion of statements that somebody types: words by their position, names as the store has them.

mod asked;
mod candidate;
mod text;

use std::sync::{Arc, Mutex, PoisonError};

use super::{Database, Session};
use crate::eval::functions;
use crate::model::{Aggregate, Catalog, ExprKind, Name, ObjectKind};
use crate::query::{Schema, asked_tables, tables};
use crate::syntax::{Follow, Wanted, follow, solid, typed};
use asked::Asked;
use candidate::candidate;
pub use candidate::{Candidate, CandidateKind};

/// How many versions of a config are offered.
const VERSIONS: u32 = 20;

/// What may stand at a place of a text that somebody types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// Where in the text the candidates begin, in bytes: what is there up to the place is the start of each of them.
    pub start: usize,
    /// The candidates: words first, then names in byte order.
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
        let Some(typed) = typed(text) else { return Completion::default() };
        let newest = self.seen.is_none().then(|| self.db.newest());
        let seen = newest.as_ref().map(|state| state.catalog()).or(self.seen.as_ref());
        let Some(catalog) = seen else { return Completion::default() };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Place::new(typed.start, catalog, &mut asked);
        let mut candidates = place.candidates();
        if place.wants(Wanted::Text) {
            candidates.extend(text::in_zones(typed.begun));
        }
        candidates.retain(|candidate| begins_with(&candidate.text, typed.begun));
        candidates.sort();
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

/// Place in a statement at which something is typed.
struct Place<'s> {
    tokens: Vec<&'s str>,
    follow: Follow,
    catalog: &'s Catalog,
    asked: &'s Asked,
}

impl<'s> Place<'s> {
    fn new(start: &'s str, catalog: &'s Catalog, asked: &'s mut Asked) -> Self {
        asked.renew(catalog);
        Self { tokens: solid(start), follow: follow(start), catalog, asked }
    }

    fn wants(&self, what: Wanted) -> bool {
        self.follow.wants(what)
    }

    /// A token before the place, counted from 0 for the last, in capitals.
    fn before(&self, back: usize) -> String {
        self.tokens
            .iter()
            .rev()
            .nth(back)
            .map(|token| token.to_ascii_uppercase())
            .unwrap_or_default()
    }

    fn candidates(&self) -> Vec<Candidate> {
        let words = self.follow.words.iter().map(|word| candidate(CandidateKind::Word, word));
        let mut all: Vec<_> = words.filter(|word| word.text != ",").collect();
        if self.wants(Wanted::Operator) {
            all.extend(OPERATORS.iter().map(|word| candidate(CandidateKind::Word, *word)));
        }
        if self.wants(Wanted::Operand) || self.wants(Wanted::Attribute) {
            all.extend(self.operands());
        }
        if self.wants(Wanted::Segment) {
            all.extend(self.names(ObjectKind::Segment));
            all.push(candidate(CandidateKind::Word, "EVERYONE"));
        }
        if self.wants(Wanted::Key) {
            all.extend(self.names(ObjectKind::Key));
        }
        if self.wants(Wanted::Name)
            && let Some(kind) = self.kind_of_name()
        {
            all.extend(self.names(kind));
        }
        if self.wants(Wanted::Source) {
            all.extend(asked_tables().map(|(name, _)| candidate(CandidateKind::Table, name)));
        }
        if self.wants(Wanted::Number) {
            all.extend(self.versions());
        }
        if self.wants(Wanted::Text) || self.wants(Wanted::Operand) {
            all.extend(text::texts(&self.tokens, self.asked));
        }
        all
    }

    /// What an operand of a condition may begin with: of users, or of the table whose rows are asked for.
    fn operands(&self) -> Vec<Candidate> {
        let columns = self.columns();
        let is_condition = self.wants(Wanted::Operand);
        let words = OPERANDS.iter().map(|word| candidate(CandidateKind::Word, *word));
        let functions = functions(self.asks())
            .map(str::to_owned)
            .chain(Aggregate::ALL[1..].iter().map(|f| format!("{f}(EVENT ")));
        let functions =
            functions.map(|name| if name.ends_with(' ') { name } else { format!("{name}(") });
        let functions = functions.map(|name| candidate(CandidateKind::Function, name));
        let asked = self
            .asked
            .attributes
            .iter()
            .map(|name| candidate(CandidateKind::Attribute, quoted(name)));
        let names: Vec<_> = if columns.is_empty() { asked.collect() } else { columns };
        let asked_words = ASKED.iter().filter(|_| self.asks());
        let words = words.chain(asked_words.map(|word| candidate(CandidateKind::Word, *word)));
        let others = words.chain(functions).filter(|_| is_condition);
        names.into_iter().chain(others).collect()
    }

    /// Whether it is a place in a query.
    fn asks(&self) -> bool {
        let mut words = self.tokens.iter().map(|token| token.to_ascii_uppercase());
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match first.as_str() {
            "SELECT" | "WITH" => true,
            "EXPLAIN" | "ASSERT" => !matches!(second.as_str(), "" | "GET" | "ERROR"),
            _ => false,
        }
    }

    /// The columns of the tables that a query names, or of all if it names none yet.
    fn asked_columns(&self) -> Vec<Candidate> {
        let named = |name: &str| self.tokens.contains(&name);
        let is_named = asked_tables().any(|(name, _)| named(name));
        let known = asked_tables().filter(|(name, _)| !is_named || named(name));
        let columns = known.flat_map(|(_, columns)| columns);
        columns.map(|column| candidate(CandidateKind::Column, quoted(column.name()))).collect()
    }

    /// The columns of the table that a `SHOW` or a query asks for.
    fn columns(&self) -> Vec<Candidate> {
        if self.asks() {
            return self.asked_columns();
        }
        if !self.tokens.first().is_some_and(|token| token.eq_ignore_ascii_case("SHOW")) {
            return Vec::new();
        }
        let words: Vec<_> = self.tokens.iter().map(|token| token.to_ascii_uppercase()).collect();
        let named = |name: &str| {
            let parts: Vec<_> = name.split(' ').collect();
            words.windows(parts.len()).any(|window| window == parts)
        };
        let table =
            tables().filter(|table| named(table.name())).max_by_key(|table| table.name().len());
        let columns = table.into_iter().flat_map(Schema::columns);
        columns.map(|column| candidate(CandidateKind::Column, quoted(column.name()))).collect()
    }

    /// What a name would be the name of; `None` if it is one that is given.
    fn kind_of_name(&self) -> Option<ObjectKind> {
        let kind = match self.before(0).as_str() {
            "CONFIG" => ObjectKind::Config,
            "SEGMENT" => ObjectKind::Segment,
            "KEY" => ObjectKind::Key,
            "ATTRIBUTE" => ObjectKind::Attribute,
            "(" if self.before(1) == "KEY" => return Some(ObjectKind::Key),
            "GET" | "SET" | "," => return Some(ObjectKind::Key),
            _ => return None,
        };
        let first = self.tokens.first().map(|token| token.to_ascii_uppercase());
        let second = self.tokens.get(1).map(|token| token.to_ascii_uppercase());
        let verb = if first.as_deref() == Some("PREVIEW") { second } else { first };
        let creates = verb.as_deref() == Some("CREATE");
        let is_new = creates && matches!(self.before(1).as_str(), "CREATE" | "ALTER" | "EXISTS");
        (!is_new).then_some(kind)
    }

    fn names(&self, kind: ObjectKind) -> Vec<Candidate> {
        let made = |name: &Name| candidate(CandidateKind::Object(kind), name.to_string());
        match kind {
            ObjectKind::Key => {
                self.catalog.keys().filter(|k| !k.archived).map(|k| made(&k.name)).collect()
            }
            ObjectKind::Segment => {
                self.catalog.segments().filter(|s| !s.archived).map(|s| made(&s.name)).collect()
            }
            ObjectKind::Config => {
                self.catalog.configs().map(|config| made(&config.head.name)).collect()
            }
            ObjectKind::Attribute => {
                let declared = self.catalog.attributes().filter(|attribute| !attribute.archived);
                let texts = declared.map(|attribute| quoted(attribute.name.as_str()));
                texts.map(|text| candidate(CandidateKind::Object(kind), text)).collect()
            }
        }
    }

    /// The versions of the config that is named, the newest ones.
    fn versions(&self) -> Vec<Candidate> {
        let after = |pair: &[&'s str]| match pair {
            [word, name] if word.eq_ignore_ascii_case("CONFIG") => Some(*name),
            _ => None,
        };
        let name = self.tokens.windows(2).rev().find_map(after);
        let name =
            name.and_then(|name| name.trim_matches('"').replace("\"\"", "\"").try_into().ok());
        let config = name.and_then(|name: Name| self.catalog.config_named(name.as_str()));
        let is_version = matches!(self.before(0).as_str(), "VERSION" | "TO");
        let newest = config.filter(|_| is_version).map_or(0, |config| config.newest);
        let numbers = (newest.saturating_sub(VERSIONS)..newest).map(|number| number + 1);
        numbers.map(|number| candidate(CandidateKind::Version, number.to_string())).collect()
    }
}

/// What a comparison goes on with.
const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "BETWEEN",
    "IN (",
    "CONTAINS",
    "STARTS WITH",
    "ENDS WITH",
    "MATCHES",
    "IS NULL",
    "IS NOT NULL",
    "NOT IN (",
    "NOT BETWEEN",
    "NOT CONTAINS",
];

/// What an operand of a query may begin with, besides.
const ASKED: &[&str] =
    &["CASE", "EXISTS (", "(SELECT", "COUNT(", "SUM(", "AVG(", "MIN(", "MAX(", "LIST("];

/// What a condition may begin with, besides names and functions.
const OPERANDS: &[&str] = &[
    "NOT",
    "TRUE",
    "FALSE",
    "NULL",
    "IN SEGMENT",
    "KEY(",
    "DID",
    "ANY(",
    "EVERY(",
    "CAST(",
    "SEMVER",
    "VERSION",
    "TIMESTAMP",
    "VALUE",
];

/// An attribute or a column as it is written: in quotes where it must be.
fn quoted(name: &str) -> String {
    ExprKind::Attribute([Arc::from(name)].into()).to_string()
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

    #[test]
    fn names_are_offered_where_they_may_stand() {
        let completer = &completer();
        for (text, wanted) in [
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
            ("CREATE SEGMENT s WHERE HOUR(NOW(), 'europe/par", "'Europe/Paris'"),
            (
                "PUBLISH CONFIG look AT '2030-01-01T09:00:00[asia/tok",
                "'2030-01-01T09:00:00[Asia/Tokyo]'",
            ),
        ] {
            assert_eq!(
                offered(completer, text).iter().find(|text| *text == wanted).map(String::as_str),
                Some(wanted),
                "{text}"
            );
        }
        assert!(offered(completer, "CREATE SEGMENT s WHERE LOWER(city, '").is_empty());
        assert!(offered(completer, "CREATE KEY ti").is_empty());
        assert!(offered(completer, "PREVIEW CREATE KEY ti").is_empty());
        assert!(offered(completer, "CREATE ATTRIBUTE bo").is_empty());
        assert!(!offered(completer, "CREATE CONFIG l").contains(&"look".to_owned()));
        assert!(
            completer.complete("GET title").may_end || completer.complete("GET title ").may_end
        );
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
