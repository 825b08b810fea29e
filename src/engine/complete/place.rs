//! Place in a statement at which something is typed, and what may stand there.

use super::asked::Asked;
use super::candidate::{Candidate, CandidateKind, candidate, quoted};
use super::source::{self, Scope, Source};
use super::text;
use crate::eval::functions;
use crate::model::{Aggregate, Catalog, Name, ObjectKind};
use crate::query::{Schema, query_tables};
use crate::syntax::{Follow, Typed, Wanted, follow, solid};

/// How many versions of a config are offered.
const VERSIONS: u32 = 20;

/// Place in a statement at which something is typed.
pub(super) struct Place<'s> {
    /// What stands before it: in the statement, or in the innermost brackets that a statement stands in.
    tokens: Vec<&'s str>,
    follow: Follow,
    catalog: &'s Catalog,
    asked: &'s Asked,
    /// What names mean, if it is in a query.
    scope: Option<Scope>,
    /// Whether a name with a dot is begun.
    is_dotted: bool,
}

impl<'s> Place<'s> {
    /// The place behind what is typed; `after`: what stands behind it.
    pub(super) fn new(
        typed: Typed<'s>,
        after: &'s str,
        catalog: &'s Catalog,
        asked: &'s mut Asked,
    ) -> Self {
        asked.renew(catalog);
        let (follow, is_dotted) = (follow(typed.start), typed.begun.contains('.'));
        let before = solid(typed.start);
        let tokens = within(&before).unwrap_or(&before).to_vec();
        let mut place = Self { tokens, follow, catalog, asked, scope: None, is_dotted };
        if place.asks() {
            let after = solid(after).into_iter().take_while(|token| *token != ";");
            let all: Vec<_> = before.iter().copied().chain(after).collect();
            place.scope = Some(Scope::at(&all, before.len()));
        }
        place
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
        if let Some(columns) = self.columns_of_source() {
            return columns;
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
            let commons = self.scope.iter().flat_map(|scope| &scope.commons);
            all.extend(commons.map(|common| candidate(CandidateKind::Table, &common.name)));
            all.extend(query_tables().map(|table| candidate(CandidateKind::Table, table.name())));
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
        if self.asks() {
            return false;
        }
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

    /// The columns of the sources of a query, or of all tables if it names none that is known yet.
    fn asked_columns(&self) -> Vec<Candidate> {
        let Some(scope) = &self.scope else { return Vec::new() };
        let column = |name: String| candidate(CandidateKind::Column, name);
        if scope.sources.iter().all(|source| source.columns.is_empty()) {
            let all = query_tables().flat_map(|table| table.columns());
            return all.map(|known| column(quoted(known.name()))).collect();
        }
        let columns = scope.sources.iter().flat_map(|source| source.columns.iter().cloned());
        let named = |source: &Source| {
            let name = source.name.clone();
            source.columns.clone().into_iter().map(move |column| format!("{name}.{column}"))
        };
        // those behind a name are many: they are offered when it is typed
        let named = scope.sources.iter().filter(|_| self.is_dotted).flat_map(named);
        columns.chain(named).chain(scope.items.iter().cloned()).map(column).collect()
    }

    /// The columns of the source whose name and dot are typed.
    fn columns_of_source(&self) -> Option<Vec<Candidate>> {
        let scope = self.scope.as_ref().filter(|_| self.before(0) == ".")?;
        let name = self.tokens.iter().rev().nth(1)?;
        let source = scope.sources.iter().find(|source| source.name == *name)?;
        let columns = source.columns.iter().cloned();
        Some(columns.map(|name| candidate(CandidateKind::Column, name)).collect())
    }

    /// The table that a `SHOW` asks for.
    fn table(&self) -> Option<&'static Schema> {
        if !self.tokens.first().is_some_and(|token| token.eq_ignore_ascii_case("SHOW")) {
            return None;
        }
        let words: Vec<_> = self.tokens.iter().map(|token| token.to_ascii_uppercase()).collect();
        source::shown(&words)
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

/// The tokens of the innermost statement that stands in brackets and is no query, if there is one that is open.
fn within<'t, 's>(tokens: &'t [&'s str]) -> Option<&'t [&'s str]> {
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "(" => open.push(at),
            ")" => drop(open.pop()),
            _ => {}
        }
    }
    let begins = |inner: &&[&str], words: &[&str]| {
        let first = inner.first().copied().unwrap_or_default();
        words.iter().any(|word| first.eq_ignore_ascii_case(word))
    };
    let mut inner = open.into_iter().rev().filter_map(|at| tokens.get(at + 1..));
    let inner = inner.find(|inner| begins(inner, &["SHOW", "PREVIEW", "SELECT", "WITH"]));
    inner.filter(|inner| begins(inner, &["SHOW", "PREVIEW"]))
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
