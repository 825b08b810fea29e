//! Sources of a query that somebody types, as far as its words tell: it need not be whole.

use std::ops::Range;

use super::candidate::quoted;
use crate::query::{Schema, query_tables, tables};

/// How deep queries are looked into.
const DEEPEST: u32 = 16;

/// The table that a `SHOW` asks for, whose words are in capitals.
pub(super) fn shown(words: &[String]) -> Option<&'static Schema> {
    let named = |name: &str| {
        let parts: Vec<_> = name.split(' ').collect();
        words.windows(parts.len()).any(|window| window == parts)
    };
    tables().filter(|table| named(table.name())).max_by_key(|table| table.name().len())
}

/// Source of rows: what it is called, and the columns that are known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) name: String,
    /// As they are written.
    pub(super) columns: Vec<String>,
}

/// What names mean at a place of a query.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// The sources of the select that the place is in.
    pub(super) sources: Vec<Source>,
    /// The queries that have names there.
    pub(super) commons: Vec<Source>,
    /// The names that its items were given.
    pub(super) items: Vec<String>,
}

impl Scope {
    /// What names mean behind some of the tokens of a statement.
    pub(super) fn at(tokens: &[&str], place: usize) -> Self {
        let text = Text { tokens, depth: DEEPEST };
        let mut commons = Vec::new();
        let mut inner = 0..tokens.len();
        for query in text.queries_around(place) {
            commons.extend(text.commons(query.clone(), place, &commons));
            inner = query;
        }
        let select = text.select_at(inner, place);
        let sources = text.sources(select.clone(), &commons);
        let items = text.items(select).into_iter().filter_map(|item| text.alias(item)).collect();
        Self { sources, commons, items }
    }
}

/// Tokens of a statement, and how much deeper they may be looked into.
#[derive(Clone, Copy)]
struct Text<'t> {
    tokens: &'t [&'t str],
    depth: u32,
}

impl<'t> Text<'t> {
    fn token(self, at: usize) -> &'t str {
        self.tokens.get(at).copied().unwrap_or_default()
    }

    fn is(self, at: usize, word: &str) -> bool {
        self.token(at).eq_ignore_ascii_case(word)
    }

    fn is_any(self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    fn deeper(self) -> Option<Self> {
        Some(Self { depth: self.depth.checked_sub(1)?, ..self })
    }

    /// The places of a range that are in no brackets within it.
    fn flat(self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let mut depth = 0_usize;
        range.filter(move |at| match self.token(*at) {
            "(" => {
                depth += 1;
                depth == 1
            }
            ")" => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
    }

    /// Where a bracket is closed.
    fn end_of(self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.token(at) {
                "(" => depth += 1,
                ")" if depth <= 1 => return at,
                ")" => depth -= 1,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The queries that a place is in, from the outermost on.
    fn queries_around(self, place: usize) -> Vec<Range<usize>> {
        let mut open = Vec::new();
        for at in 0..place.min(self.tokens.len()) {
            match self.token(at) {
                "(" => open.push(at),
                ")" => drop(open.pop()),
                _ => {}
            }
        }
        let start = usize::from(self.is(0, "EXPLAIN"));
        open.retain(|at| self.begins_query(at + 1));
        let surplus = open.len().saturating_sub(DEEPEST as usize);
        let within = open.into_iter().skip(surplus).map(|at| at + 1..self.end_of(at));
        std::iter::once(start..self.tokens.len()).chain(within).collect()
    }

    fn begins_query(self, at: usize) -> bool {
        self.is_any(at, &["SELECT", "WITH"])
    }

    /// The select of a query that a place is in.
    fn select_at(self, query: Range<usize>, place: usize) -> Range<usize> {
        let starts = self.flat(query.clone()).filter(|at| self.is(*at, "SELECT"));
        let starts: Vec<_> = starts.collect();
        let own = starts.iter().rposition(|at| *at < place).unwrap_or(0);
        let Some(&start) = starts.get(own) else { return query.end..query.end };
        start..starts.get(own + 1).copied().unwrap_or(query.end)
    }

    /// The queries to which a query gives names, as far as they stand before a place.
    fn commons(self, query: Range<usize>, place: usize, known: &[Source]) -> Vec<Source> {
        let mut found: Vec<Source> = Vec::new();
        if !self.is(query.start, "WITH") {
            return found;
        }
        let main = self.flat(query.clone()).find(|at| self.is(*at, "SELECT"));
        let named = self.flat(query.start..main.unwrap_or(query.end));
        for open in named.filter(|at| self.token(*at) == "(" && self.is(at.wrapping_sub(1), "AS")) {
            let inner = open + 1..self.end_of(open);
            if inner.end >= place {
                break;
            }
            let all: Vec<_> = known.iter().chain(&found).cloned().collect();
            let name = self.token(open.wrapping_sub(2)).to_owned();
            found.push(Source { name, columns: self.columns(inner, &all) });
        }
        found
    }

    /// The sources of a select.
    fn sources(self, select: Range<usize>, commons: &[Source]) -> Vec<Source> {
        const ENDS: &[&str] = &[
            "WHERE",
            "GROUP",
            "HAVING",
            "ORDER",
            "LIMIT",
            "OFFSET",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            ";",
        ];
        let Some(from) = self.flat(select.clone()).find(|at| self.is(*at, "FROM")) else {
            return Vec::new();
        };
        let end = self.flat(from..select.end).find(|at| self.is_any(*at, ENDS));
        let all: Vec<_> = self.flat(from..end.unwrap_or(select.end)).collect();
        let begins = |at: &usize| self.is_any(*at, &["FROM", ",", "JOIN"]);
        let mut sources = Vec::new();
        for source in all.split(begins).filter(|source| !source.is_empty()) {
            sources.extend(self.source(source, commons));
        }
        sources
    }

    /// A source, whose tokens are at these places.
    fn source(self, places: &[usize], commons: &[Source]) -> Option<Source> {
        const AROUND: &[&str] = &["ON", "INNER", "LEFT", "CROSS"];
        let end = places.iter().position(|at| self.is_any(*at, AROUND));
        let places = places.get(..end.unwrap_or(places.len()))?;
        let (&first, rest) = places.split_first()?;
        if self.token(first) == "(" {
            let name = self.token(*rest.last()?).to_owned();
            return Some(Source {
                name,
                columns: self.columns(first + 1..self.end_of(first), commons),
            });
        }
        let table = self.token(first);
        let alias = rest.last().map(|at| self.token(*at)).filter(|alias| is_name(alias));
        let is_told =
            self.is_any(*rest.last().unwrap_or(&first), &["AS", "OF", "UNDER", "VERSION"]);
        let name = alias.filter(|_| !is_told).unwrap_or(table).to_owned();
        let known = commons.iter().rev().find(|common| common.name == table);
        let columns = match known {
            Some(common) => common.columns.clone(),
            None => table_columns(table)?,
        };
        Some(Source { name, columns })
    }

    /// The columns of what stands in brackets.
    fn columns(self, inner: Range<usize>, commons: &[Source]) -> Vec<String> {
        let Some(text) = self.deeper() else { return Vec::new() };
        if self.is(inner.start, "SHOW") {
            let words: Vec<_> = inner.map(|at| self.token(at).to_ascii_uppercase()).collect();
            if words.get(1).is_some_and(|word| word == "COUNT") {
                return vec!["count".to_owned()];
            }
            let columns = shown(&words).map(Schema::columns).unwrap_or_default();
            return columns.iter().map(|column| quoted(column.name())).collect();
        }
        let mut all = commons.to_vec();
        all.extend(text.commons(inner.clone(), usize::MAX, commons));
        let select = text.select_at(inner, 0);
        let sources = text.sources(select.clone(), &all);
        text.items(select).into_iter().flat_map(|item| text.item(item, &sources)).collect()
    }

    /// The items of a select.
    fn items(self, select: Range<usize>) -> Vec<Range<usize>> {
        let begin = select.start + 1 + usize::from(self.is(select.start + 1, "DISTINCT"));
        let end = self.flat(select.clone()).find(|at| self.is(*at, "FROM")).unwrap_or(select.end);
        let mut items = Vec::new();
        let mut start = begin;
        for comma in self.flat(begin..end).filter(|at| self.token(*at) == ",") {
            items.push(start..comma);
            start = comma + 1;
        }
        items.push(start..end);
        items.retain(|item| item.start < item.end);
        items
    }

    /// The columns that an item makes, as far as they have names.
    fn item(self, item: Range<usize>, sources: &[Source]) -> Vec<String> {
        let last = item.end.saturating_sub(1);
        let all = |of: Option<&str>| {
            let wanted = sources.iter().filter(|source| of.is_none_or(|of| source.name == of));
            wanted.flat_map(|source| source.columns.clone()).collect()
        };
        match (item.len(), self.token(last)) {
            (1, "*") => all(None),
            (3, "*") if self.token(last - 1) == "." => all(Some(self.token(item.start))),
            (1, name) if is_name(name) => vec![name.to_owned()],
            (3, name) if self.token(last - 1) == "." && is_name(name) => vec![name.to_owned()],
            _ => self.alias(item).into_iter().collect(),
        }
    }

    /// The name that an item was given.
    fn alias(self, item: Range<usize>) -> Option<String> {
        let last = item.end.checked_sub(1).filter(|last| *last > item.start)?;
        let (name, before) = (self.token(last), self.token(last - 1));
        let is_end = before == ")" || before.starts_with('\'') || is_name(before);
        let is_given = self.is(last - 1, "AS") || is_end && !self.is(last, "END");
        (is_name(name) && is_given).then(|| name.to_owned())
    }
}

/// The columns of a table of queries.
fn table_columns(table: &str) -> Option<Vec<String>> {
    let table = query_tables().find(|known| known.name() == table)?;
    Some(table.columns().iter().map(|column| quoted(column.name())).collect())
}

/// Whether a token may be a name, or a number.
fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c == '"' || c == '_' || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::solid;

    /// What names mean where a text has a `|`: the sources with their columns.
    fn at(text: &str) -> Scope {
        let (before, after) = text.split_once('|').unwrap();
        let mut tokens = solid(before);
        let place = tokens.len();
        tokens.extend(solid(after));
        Scope::at(&tokens, place)
    }

    fn told(text: &str) -> String {
        let sources = at(text).sources.into_iter();
        let told = sources.map(|source| format!("{}({})", source.name, source.columns.join(" ")));
        told.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn sources_are_told_from_the_words() {
        for (text, expected) in [
            ("SELECT | FROM memberships", "memberships(user segment)"),
            ("SELECT m.| FROM memberships AS m WHERE", "m(user segment)"),
            (
                "SELECT 1 FROM memberships m JOIN memberships n ON |",
                "m(user segment), n(user segment)",
            ),
            (
                "SELECT 1 FROM memberships UNDER CONFIG c VERSION 2 AS OF '2026-01-01T00:00:00Z' m, |",
                "m(user segment)",
            ),
            (
                "SELECT 1 FROM memberships AS OF '2026-01-01T00:00:00Z' WHERE |",
                "memberships(user segment)",
            ),
            (
                "SELECT 1 FROM memberships LEFT JOIN memberships b ON a = b WHERE |",
                "memberships(user segment), b(user segment)",
            ),
            (
                "SELECT | FROM (SELECT COUNT(*) AS n, segment, m.user, 1 + 1, LOWER(user) u FROM memberships m) AS t",
                "t(n segment user u)",
            ),
            (
                "SELECT | FROM (SELECT * FROM memberships) t, memberships",
                "t(user segment), memberships(user segment)",
            ),
            (
                "WITH w AS (SELECT user FROM memberships), v AS (SELECT * FROM w) SELECT | FROM v, w x",
                "v(user), x(user)",
            ),
            ("SELECT 1 WHERE EXISTS (SELECT | FROM memberships)", "memberships(user segment)"),
            (
                "SELECT 1 FROM users WHERE user IN (SELECT user FROM memberships WHERE LOWER(|",
                "memberships(user segment)",
            ),
            ("SELECT user FROM users UNION SELECT | FROM memberships", "memberships(user segment)"),
            ("SELECT | FROM (SHOW COUNT OF KEYS) AS n", "n(count)"),
            ("SELECT | FROM nothing", ""),
            ("SELECT |", ""),
            ("SELECT a FROM |", ""),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        assert!(told("SELECT | FROM (SHOW KEYS) AS k").starts_with("k(key type"));
        assert!(told("EXPLAIN SELECT | FROM keys").starts_with("keys(key type"));
    }

    #[test]
    fn names_are_known_behind_their_queries() {
        let names = |text| at(text).commons.into_iter().map(|c| c.name).collect::<Vec<_>>();
        assert_eq!(names("WITH w AS (SELECT 1), v AS (SELECT 2) SELECT 1 FROM |"), ["w", "v"]);
        assert_eq!(names("WITH w AS (SELECT 1), v AS (SELECT 2 FROM |"), ["w"]);
        assert!(names("SELECT 1 FROM |").is_empty());
        let text = "SELECT COUNT(*) AS n, LOWER(key) k, type FROM keys GROUP BY |";
        assert_eq!(at(text).items, ["n", "k"]);
    }

    #[test]
    fn any_text_is_looked_through() {
        for text in ["|", ")|", "((|", "WITH|", "SELECT FROM (|", "SELECT , FROM , (|)", "FROM|"] {
            at(text);
        }
        let deep = "SELECT 1 FROM (".repeat(10_000) + "|";
        assert!(at(&deep).sources.is_empty());
    }
}
