//! The canonical text of queries.

use std::fmt;

use super::name::write_column;
use super::writer::Asked;
use super::{
    Block, Common, Item, Join, Name, Query, Rowset, SetOperator, Sort, Source, SourceRows, Spanned,
    TableRef, Under,
};

/// Writes things with commas between them.
fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        f.write_str(if index == 0 { word } else { ", " })?;
        item.fmt(f)?;
    }
    Ok(())
}

/// Writes a name in one piece: dots belong to it.
struct Simple<'n>(&'n Spanned<Name>);

impl fmt::Display for Simple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_column(f, self.0.node.as_str())
    }
}

fn alias(f: &mut fmt::Formatter<'_>, alias: Option<&Spanned<Name>>) -> fmt::Result {
    alias.map_or(Ok(()), |alias| write!(f, " AS {}", Simple(alias)))
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, "WITH ", &self.commons)?;
        f.write_str(if self.commons.is_empty() { "" } else { " " })?;
        self.first.fmt(f)?;
        for (operator, block) in &self.others {
            write!(f, " {operator} {block}")?;
        }
        list(f, " ORDER BY ", &self.order)?;
        self.limit.iter().try_for_each(|limit| write!(f, " LIMIT {limit}"))?;
        self.offset.iter().try_for_each(|offset| write!(f, " OFFSET {offset}"))?;
        self.as_of.iter().try_for_each(|at| write!(f, " AS OF {at}"))
    }
}

impl fmt::Display for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} AS {}", Simple(&self.name), self.rows)
    }
}

impl fmt::Display for Rowset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(query) => write!(f, "({query})"),
            Self::Shown(text) => write!(f, "({})", text.node),
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.distinct { "SELECT DISTINCT " } else { "SELECT " })?;
        list(f, "", self.items.iter().map(|item| &item.node))?;
        for (index, source) in self.sources.iter().enumerate() {
            f.write_str(match (index, source.join) {
                (0, _) => " FROM ",
                (_, Join::Comma) => ", ",
                (_, Join::Cross) => " CROSS JOIN ",
                (_, Join::Inner) => " JOIN ",
                (_, Join::Left) => " LEFT JOIN ",
            })?;
            source.fmt(f)?;
        }
        self.condition.iter().try_for_each(|expr| write!(f, " WHERE {}", Asked(expr)))?;
        list(f, " GROUP BY ", self.groups.iter().map(Asked))?;
        self.having.iter().try_for_each(|expr| write!(f, " HAVING {}", Asked(expr)))
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::AllOf(source) => write!(f, "{}.*", Simple(source)),
            Self::Expr(expr, name) => {
                Asked(expr).fmt(f)?;
                alias(f, name.as_ref())
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rows.node {
            SourceRows::Table(table) => table.fmt(f)?,
            SourceRows::Derived(rows) => rows.fmt(f)?,
        }
        alias(f, self.alias.as_ref())?;
        self.on.iter().try_for_each(|on| write!(f, " ON {}", Asked(on)))
    }
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Simple(&self.name).fmt(f)?;
        self.under.iter().try_for_each(|under| write!(f, " {under}"))?;
        f.write_str(if self.traffic.node { " FOR TRAFFIC" } else { "" })?;
        self.as_of.iter().try_for_each(|at| write!(f, " AS OF {at}"))
    }
}

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UNDER CONFIG {}", self.config)?;
        self.version.iter().try_for_each(|version| write!(f, " VERSION {version}"))
    }
}

impl fmt::Display for SetOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Union => "UNION",
            Self::UnionAll => "UNION ALL",
            Self::Except => "EXCEPT",
            Self::Intersect => "INTERSECT",
        })
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Asked(&self.expr).fmt(f)?;
        f.write_str(if self.descending { " DESC" } else { "" })?;
        f.write_str(match self.nulls_first {
            None => "",
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
        })
    }
}
