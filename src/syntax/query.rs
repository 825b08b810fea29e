//! Queries: blocks, sources and items, made of the tree of the grammar.

use std::sync::Arc;

use super::cursor::{Cursor, Node};
use super::expression::Builder;
use super::rules::Rule;
use crate::error::Result;
use crate::model::{
    Block, Common, Expr, Item, Join, Name, Query, Rowset, SetOperator, Sort, Source, SourceRows,
    Spanned, TableRef, Under,
};

impl Cursor<'_> {
    /// A query.
    pub(crate) fn query(&mut self) -> Result<Query> {
        Builder::of_query().query(&self.operand()?)
    }

    /// The condition of an assertion, over what queries find.
    pub(crate) fn asserted(&mut self) -> Result<Expr> {
        Builder::of_query().clause(&self.operand()?)
    }

    /// A config, and a version of it that is pretended to be live.
    pub(crate) fn under(mut self) -> Result<Under> {
        Ok(Under { config: self.name()?, version: self.whole_after(Rule::k_version)? })
    }

    /// The name after the next child, which may be an `AS`.
    fn alias(&mut self) -> Result<Option<Spanned<Name>>> {
        self.saw(Rule::k_as);
        let is_name = matches!(self.peek(), Some(Rule::alias_name | Rule::given_name));
        if is_name { self.name().map(Some) } else { Ok(None) }
    }
}

impl Builder {
    /// A query, which is one level deeper than what it stands in.
    pub(super) fn query(&mut self, node: &Node<'_>) -> Result<Query> {
        self.nested(node, |builder| builder.query_of(node.children()))
    }

    fn query_of(&mut self, mut children: Cursor<'_>) -> Result<Query> {
        let mut commons = Vec::new();
        while let Some(common) = {
            children.saw(Rule::k_with);
            children.saw(Rule::comma);
            children.accept(Rule::common)
        } {
            let mut parts = common.children();
            let name = parts.name()?;
            commons.push(Common { name, rows: self.rowset(&parts.operand()?)? });
        }
        children.saw(Rule::k_select);
        let first = self.block(&children.node()?)?;
        let mut others = Vec::new();
        while let Some(operator) = children.accept(Rule::set_operator) {
            others.push((set_operator(operator.children())?, self.block(&children.node()?)?));
        }
        let mut order = Vec::new();
        while let Some(sort) = next_of(&mut children, Rule::k_order, Rule::sort) {
            order.push(self.sort(sort.children())?);
        }
        let limit = children.whole_after(Rule::k_limit)?;
        let offset = children.whole_after(Rule::k_offset)?;
        let as_of = children.accept(Rule::as_of).map(|at| at.children().instant()).transpose()?;
        Ok(Query { commons, first, others, order, limit, offset, as_of })
    }

    fn rowset(&mut self, node: &Node<'_>) -> Result<Rowset> {
        let inner = node.children().operand()?;
        if inner.rule() == Rule::query {
            return Ok(Rowset::Query(Box::new(self.query(&inner)?)));
        }
        let text: Arc<str> = inner.trimmed().into();
        Ok(Rowset::Shown(inner.spanned(text)))
    }

    fn block(&mut self, node: &Node<'_>) -> Result<Block> {
        let mut children = node.children();
        children.saw(Rule::k_select);
        let distinct = children.saw(Rule::k_distinct);
        let mut items = Vec::new();
        while let Some(item) = {
            children.saw(Rule::comma);
            children.accept(Rule::item)
        } {
            items.push(item.spanned(self.item(item.children())?));
        }
        let mut sources = Vec::new();
        children.saw(Rule::k_from);
        loop {
            if let Some(source) = {
                children.saw(Rule::comma);
                children.accept(Rule::source)
            } {
                sources.push(self.source(&source, Join::Comma)?);
            } else if let Some(joined) = children.accept(Rule::joined) {
                sources.push(self.joined(joined.children())?);
            } else {
                break;
            }
        }
        let condition = self.condition_after(&mut children, Rule::k_where)?;
        let mut groups = Vec::new();
        while let Some(group) = next_of(&mut children, Rule::k_group, Rule::row_condition) {
            groups.push(self.clause(&group)?);
        }
        let having = self.condition_after(&mut children, Rule::k_having)?;
        Ok(Block { distinct, items, sources, condition, groups, having })
    }

    fn item(&mut self, mut children: Cursor<'_>) -> Result<Item> {
        match children.peek() {
            Some(Rule::star) => Ok(Item::All),
            Some(Rule::alias_name) => Ok(Item::AllOf(children.name()?)),
            _ => Ok(Item::Expr(self.clause(&children.node()?)?, children.alias()?)),
        }
    }

    fn joined(&mut self, mut children: Cursor<'_>) -> Result<Source> {
        let join = match children.peek() {
            Some(Rule::k_left) => Join::Left,
            Some(Rule::k_cross) => Join::Cross,
            _ => Join::Inner,
        };
        let mut source = self.source(&children.operand()?, join)?;
        source.on = self.condition_after(&mut children, Rule::k_on)?;
        Ok(source)
    }

    fn source(&mut self, node: &Node<'_>, join: Join) -> Result<Source> {
        let mut children = node.children();
        let rows = if let Some(rows) = children.accept(Rule::rowset) {
            SourceRows::Derived(self.rowset(&rows)?)
        } else {
            let name = children.name()?;
            let under = children.accept(Rule::under);
            let under = under.map(|node| node.children().under().map(|under| node.spanned(under)));
            let traffic = children.accept(Rule::for_traffic);
            let traffic = traffic.map_or(Spanned::unplaced(false), |node| node.spanned(true));
            let as_of = children.accept(Rule::as_of).map(|at| at.children().instant());
            let (under, as_of) = (under.transpose()?, as_of.transpose()?);
            SourceRows::Table(TableRef { name, under, traffic, as_of })
        };
        Ok(Source { join, rows: node.spanned(rows), alias: children.alias()?, on: None })
    }

    fn sort(&mut self, mut children: Cursor<'_>) -> Result<Sort> {
        let expr = self.clause(&children.node()?)?;
        let descending = children.saw(Rule::k_desc) || {
            children.saw(Rule::k_asc);
            false
        };
        let nulls = children.saw(Rule::k_nulls);
        let nulls_first = nulls.then(|| children.saw(Rule::k_first));
        Ok(Sort { expr, descending, nulls_first })
    }

    fn condition_after(&mut self, children: &mut Cursor<'_>, word: Rule) -> Result<Option<Expr>> {
        if children.saw(word) { self.clause(&children.node()?).map(Some) } else { Ok(None) }
    }

    /// The expression of a clause, which may be marked as one without aggregates.
    pub(super) fn clause(&mut self, node: &Node<'_>) -> Result<Expr> {
        match node.rule() {
            Rule::row_condition => self.condition(&node.children().node()?),
            _ => self.condition(node),
        }
    }
}

/// The next of some nodes that stand after a word, `BY` and commas.
fn next_of<'a>(children: &mut Cursor<'a>, word: Rule, rule: Rule) -> Option<Node<'a>> {
    children.saw(word);
    children.saw(Rule::k_by);
    children.saw(Rule::comma);
    children.accept(rule)
}

fn set_operator(mut children: Cursor<'_>) -> Result<SetOperator> {
    Ok(match children.node()?.rule() {
        Rule::k_union if children.saw(Rule::k_all) => SetOperator::UnionAll,
        Rule::k_union => SetOperator::Union,
        Rule::k_except => SetOperator::Except,
        _ => SetOperator::Intersect,
    })
}
