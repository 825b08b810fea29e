//! Misplaced parts of conditions: `VALUE` outside of a `CHECK`, attributes inside of one, and so on.
//!
//! A pass of its own over the tree, as that is an error of the syntax, whatever else is wrong.

use super::cursor::Node;
use super::rules::Rule;
use crate::error::{ErrorKind, Result, Short};
use crate::model::LISTS_ARE_LOADED;

/// Clause that a part of a condition stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Segment,
    /// A statement of a dump.
    Dump,
    Check,
    Event,
    /// Over the elements of a list.
    Element,
    /// Over a table whose rows are about users.
    Users,
    Columns,
    /// Over the rows of a query or over groups of them; whether its rows are users or events.
    Groups(bool),
    /// Over the rows of a query alone.
    Rows(bool),
}

/// Refuses a statement with a misplaced part.
pub(super) fn check(statement: &Node<'_>) -> Result<()> {
    walk(statement, Clause::Segment)
}

/// Refuses a condition with a misplaced part.
pub(super) fn check_condition(condition: &Node<'_>, check: bool) -> Result<()> {
    // that of a segment may be one that is stored: who takes one from elsewhere asks the scope of its place
    walk(condition, if check { Clause::Check } else { Clause::Dump })
}

/// Goes over all nodes, and remembers where the innermost clause ends.
fn walk(root: &Node<'_>, outside: Clause) -> Result<()> {
    let mut clauses = Vec::new();
    for node in root.descendants() {
        while clauses.last().is_some_and(|&(_, end)| end <= node.start()) {
            clauses.pop();
        }
        let clause = clauses.last().map_or(outside, |&(clause, _)| clause);
        if let Some(inner) = opens(&node, clause) {
            clauses.push((inner, node.end()));
        }
        if let Some(why) = objection(node.rule(), clause) {
            return Err(node.error(ErrorKind::Misplaced { what: describe(&node), why }));
        }
    }
    Ok(())
}

fn opens(node: &Node<'_>, outside: Clause) -> Option<Clause> {
    match node.rule() {
        Rule::check => Some(Clause::Check),
        Rule::load_segment => Some(Clause::Dump),
        Rule::event_where => Some(Clause::Event),
        Rule::element_where => Some(Clause::Element),
        Rule::show_table if lists_users(node) => Some(Clause::Users),
        Rule::query => Some(query_clause(node)),
        Rule::first_block | Rule::select_block => Some(Clause::Groups(asks_users(node))),
        Rule::row_condition | Rule::aggregate => {
            Some(Clause::Rows(matches!(outside, Clause::Groups(true) | Clause::Rows(true))))
        }
        Rule::shown => Some(Clause::Segment),
        Rule::columns_where | Rule::order if outside != Clause::Users => Some(Clause::Columns),
        _ => None,
    }
}

/// Whether each row of the table that is shown is about a user.
fn lists_users(show: &Node<'_>) -> bool {
    let table = show.children().find(|child| child.rule() == Rule::table);
    let word = table.and_then(|table| table.children().next());
    word.is_some_and(|word| matches!(word.rule(), Rule::k_users | Rule::k_events))
}

/// The clause that the order of a query is.
fn query_clause(query: &Node<'_>) -> Clause {
    let mut blocks = query.children().filter(|node| is_block(node.rule()));
    match (blocks.next(), blocks.next()) {
        (Some(block), None) => Clause::Groups(asks_users(&block)),
        _ => Clause::Rows(false),
    }
}

fn is_block(rule: Rule) -> bool {
    matches!(rule, Rule::first_block | Rule::select_block)
}

/// Whether the only source of a block is users or events.
fn asks_users(block: &Node<'_>) -> bool {
    let is_source = |node: &Node<'_>| matches!(node.rule(), Rule::source | Rule::joined);
    let mut sources = block.children().filter(is_source);
    let (Some(source), None) = (sources.next(), sources.next()) else { return false };
    let table = source.children().next().filter(|node| node.rule() == Rule::alias_name);
    table.is_some_and(|table| matches!(table.text(), "users" | "events"))
}

fn objection(rule: Rule, clause: Clause) -> Option<&'static str> {
    let about_users = matches!(
        rule,
        Rule::key_value | Rule::in_segment | Rule::listed | Rule::behaviour | Rule::did
    );
    match clause {
        Clause::Check if about_users || rule == Rule::path => Some("a CHECK is over VALUE alone"),
        Clause::Event if about_users => Some("a condition over events is over their properties"),
        Clause::Columns if about_users => {
            Some("a condition of SHOW is over the columns of its table")
        }
        Clause::Element if about_users => Some("a condition over elements is over their members"),
        Clause::Check | Clause::Element => None,
        _ if rule == Rule::listed && clause != Clause::Dump => Some(LISTS_ARE_LOADED),
        // a column of that name, if the table has one
        Clause::Groups(false) | Clause::Rows(false) if about_users => {
            Some("it is about a user, so it stands in a query over users or events alone")
        }
        Clause::Rows(_) if rule == Rule::aggregate => {
            Some("an aggregate stands in items, HAVING and ORDER BY, and in no other aggregate")
        }
        Clause::Columns | Clause::Users | Clause::Groups(_) | Clause::Rows(_) => None,
        _ if rule == Rule::check_value => {
            Some("only a CHECK has a VALUE; an attribute of that name is written \"value\"")
        }
        _ => None,
    }
}

fn describe(node: &Node<'_>) -> String {
    match node.rule() {
        Rule::path => format!("the attribute `{}`", Short(node.trimmed())),
        Rule::behaviour | Rule::did => "what users did".to_owned(),
        Rule::in_segment => "`IN SEGMENT`".to_owned(),
        Rule::listed => "`IN LIST`".to_owned(),
        Rule::key_value => "`KEY(…)`".to_owned(),
        Rule::aggregate => "an aggregate".to_owned(),
        _ => "`VALUE`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::{condition, statement};

    #[test]
    fn parts_have_their_places() {
        for right in [
            "CREATE KEY k INTEGER DEFAULT 1 CHECK (VALUE > 0) DESCRIPTION 'd'",
            "CREATE SEGMENT s WHERE COUNT(EVENT 'e' WHERE a = 1) > 0 AND KEY(k) AND IN SEGMENT t",
            "SHOW KEYS WHERE name = 'a'",
            "SHOW USERS WHERE KEY(k) AND IN SEGMENT s AND DID(EVENT 'e' WHERE a = 1) ORDER BY user",
            "LOAD SEGMENT s VERSION 1 WHERE IN LIST 7",
            "CREATE SEGMENT s WHERE ANY(a WHERE VALUE = 1 AND b = 2) OR EVERY(a WHERE ANY(b WHERE VALUE = 1))",
            "CREATE KEY k JSON DEFAULT [] CHECK (EVERY(VALUE WHERE name = 'x' AND VALUE.size > 1))",
            "CREATE SEGMENT s WHERE COUNT(EVENT 'e' WHERE ANY(a WHERE VALUE = 1)) > 0",
            "ASSERT ERROR 'x' SHOW EVENTS WHERE DID 'e' AND amount > 1 LIMIT 3",
            "SHOW USERS WHERE VALUE = 1",
        ] {
            assert!(statement(right).is_ok(), "{right}");
        }
        for wrong in [
            "CREATE KEY k INTEGER DEFAULT 1 CHECK (VALUE > a)",
            "CREATE KEY k INTEGER DEFAULT 1 CHECK (KEY(a))",
            "CREATE KEY k INTEGER DEFAULT 99999999999999999999 CHECK (DID 'a')",
            "CREATE SEGMENT s WHERE VALUE = 1",
            "CREATE SEGMENT s WHERE COUNT(EVENT 'e' WHERE IN SEGMENT t) > 0",
            "CREATE SEGMENT s WHERE IN LIST 1",
            "CREATE SEGMENT s WHERE ANY(a WHERE b = 1) AND VALUE = 1",
            "CREATE SEGMENT s WHERE ANY(a WHERE KEY(k) = 1)",
            "CREATE SEGMENT s WHERE EVERY(a WHERE IN SEGMENT t)",
            "CREATE SEGMENT s WHERE EVERY(a WHERE DID 'x')",
            "CREATE SEGMENT s WHERE COUNT(EVENT 'e' WHERE VALUE = 1) > 0",
            "CREATE KEY k INTEGER DEFAULT 1 CHECK (IN LIST 1)",
            "SHOW USERS WHERE IN LIST 1",
            "SHOW KEYS WHERE KEY(k)",
            "SHOW HISTORY WHERE DID 'e'",
            "SHOW USERS WHERE DID(EVENT 'e' WHERE KEY(k))",
            "SHOW EVENTS WHERE COUNT(EVENT 'e' WHERE DID 'f') > 1",
        ] {
            assert_eq!(statement(wrong).unwrap_err().code(), "syntax", "{wrong}");
        }
        assert!(condition("VALUE.size > 1", true).is_ok());
        assert!(condition("VALUE.size > 1", false).is_err());
        assert!(condition("a > 1", true).is_err());
    }
}
