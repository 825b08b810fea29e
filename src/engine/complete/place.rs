//! Place in a statement at which something is typed, and what may stand there.

use std::sync::Arc;

use super::asked::Asked;
use super::candidate::{Candidate, CandidateKind, candidate};
use super::text;
use crate::eval::functions;
use crate::model::{Aggregate, Catalog, ExprKind, Name, ObjectKind};
use crate::query::{Schema, asked_tables, tables};
use crate::syntax::{Follow, Wanted, follow, solid};

/// How many versions of a config are offered.
const VERSIONS: u32 = 20;

/// Place in a statement at which something is typed.
pub(super) struct Place<'s> {
    tokens: Vec<&'s str>,
    follow: Follow,
    catalog: &'s Catalog,
    asked: &'s Asked,
}

impl<'s> Place<'s> {
    pub(super) fn new(start: &'s str, catalog: &'s Catalog, asked: &'s mut Asked) -> Self {
        asked.renew(catalog);
        Self { tokens: solid(start), follow: follow(start), catalog, asked }
    }

    pub(super) fn wants(&self, what: Wanted) -> bool {
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

    pub(super) fn candidates(&self) -> Vec<Candidate> {
        if self.is_setting() {
            return self.settings();
        }
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
        if self.wants(Wanted::Source) {
            all.extend(asked_tables().map(|(name, _)| candidate(CandidateKind::Table, name)));
        }
        if self.wants(Wanted::Key) {
            all.extend(self.names(ObjectKind::Key));
        }
        if self.wants(Wanted::Name)
            && let Some(kind) = self.kind_of_name()
        {
            all.extend(self.names(kind));
        }
        if self.wants(Wanted::Number) {
            all.extend(self.versions());
        }
        if self.wants(Wanted::Text) || self.wants(Wanted::Operand) {
            all.extend(text::texts(&self.tokens, self.asked));
        }
        all
    }

    /// Whether the name of an attribute is wanted that is given a value: after `WITH` or `SET USER`.
    fn is_setting(&self) -> bool {
        let is = |token: &str, word: &str| token.eq_ignore_ascii_case(word);
        let last = self
            .tokens
            .iter()
            .rposition(|token| ["WITH", "USER"].iter().any(|word| is(token, word)));
        let Some((last, first)) = last.zip(self.tokens.first()) else { return false };
        let reads = ["GET", "EXPLAIN", "ASSERT"].iter().any(|word| is(first, word));
        let is_with = self.tokens.get(last).is_some_and(|token| is(token, "WITH"));
        let is_next = self.tokens.len() == last + 1 || self.before(0) == ",";
        let is_name = self.wants(Wanted::Name) || self.wants(Wanted::Attribute);
        is_name && (is(first, "SET") || reads && is_with && is_next)
    }

    /// The attributes that may be given, and what JSON with them begins with.
    fn settings(&self) -> Vec<Candidate> {
        let json = (self.before(0) == "WITH").then(|| candidate(CandidateKind::Word, "{"));
        self.attributes().chain(json).collect()
    }

    /// The attributes that are declared, or asked for.
    fn attributes(&self) -> impl Iterator<Item = Candidate> {
        let all = self.asked.attributes.iter();
        all.map(|name| candidate(CandidateKind::Attribute, quoted(name)))
    }

    /// What an operand of a condition may begin with: of users, of the table whose rows are asked for, or of a query.
    fn operands(&self) -> Vec<Candidate> {
        let (table, asks) = (self.table(), self.asks());
        let is_of_users = asks || table.is_none_or(|table| table.name() == "USERS");
        let words = OPERANDS.iter().chain(OF_USERS.iter().filter(|_| is_of_users));
        let words = words.chain(ASKED.iter().filter(|_| asks));
        let words = words.map(|word| candidate(CandidateKind::Word, *word));
        let aggregates = Aggregate::ALL[1..].iter().map(|f| format!("{f}(EVENT "));
        let functions = functions(asks).map(|name| format!("{name}("));
        let functions = functions.chain(aggregates.filter(|_| is_of_users));
        let functions = functions.map(|name| candidate(CandidateKind::Function, name));
        let others = words.chain(functions).filter(|_| self.wants(Wanted::Operand));
        match table {
            _ if asks => self.asked_columns().into_iter().chain(others).collect(),
            Some(table) => columns(table).chain(others).collect(),
            None => self.attributes().chain(others).collect(),
        }
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

    /// The table that a `SHOW` asks for.
    fn table(&self) -> Option<&'static Schema> {
        if !self.tokens.first().is_some_and(|token| token.eq_ignore_ascii_case("SHOW")) {
            return None;
        }
        let words: Vec<_> = self.tokens.iter().map(|token| token.to_ascii_uppercase()).collect();
        let named = |name: &str| {
            let parts: Vec<_> = name.split(' ').collect();
            words.windows(parts.len()).any(|window| window == parts)
        };
        tables().filter(|table| named(table.name())).max_by_key(|table| table.name().len())
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

fn columns(table: &'static Schema) -> impl Iterator<Item = Candidate> {
    table.columns().iter().map(|column| candidate(CandidateKind::Column, quoted(column.name())))
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

/// What a condition may begin with, besides names and functions.
const OPERANDS: &[&str] =
    &["NOT", "TRUE", "FALSE", "NULL", "ANY(", "EVERY(", "CAST(", "SEMVER", "VERSION", "TIMESTAMP"];

/// The same, in conditions over users.
const OF_USERS: &[&str] = &["IN SEGMENT", "KEY(", "DID", "VALUE"];

/// The same, in queries.
const ASKED: &[&str] =
    &["CASE", "EXISTS (", "(SELECT", "COUNT(", "SUM(", "AVG(", "MIN(", "MAX(", "LIST("];

/// An attribute or a column as it is written: in quotes where it must be.
fn quoted(name: &str) -> String {
    ExprKind::Attribute([Arc::from(name)].into()).to_string()
}
