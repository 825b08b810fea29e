//! Builder of the plan of one block: its sources joined, its rows filtered, grouped, made and sorted.

use std::collections::HashMap;
use std::sync::Arc;

use super::alias::Aliases;
use super::bind::{Binder, First, People};
use super::build::{Builder, refuse_more};
use super::column::{Column, Instants};
use super::expr_list::ExprList;
use super::expression::Expression;
use super::fold::Folding;
use super::group::Grouping;
use super::naive;
use super::names::{Scope, named};
use super::people::PeopleScope;
use super::plan::{Plan, Planned};
use super::slot::{Slot, conjuncts, places};
use super::sort::{key, numbered, texts};
use crate::error::{Error, ErrorKind, Names, Result, Short};
use crate::eval;
use crate::limits::QUERY_COLUMNS;
use crate::model::{
    Block, Expr, ExprKind, Fold, HIDDEN, Item, Join, Path, Sort, Span, Spanned, asked,
};
use crate::query::rows::ColumnKind;
use crate::query::table::Table;
use crate::store::Watch;

/// Builder of a block.
pub(super) struct BlockBuilder<'b, 'v> {
    pub(super) builder: &'b mut Builder<'v>,
    pub(super) scope: Scope,
    pub(super) sources: Vec<SourcePlan<'v>>,
    pub(super) people: People,
}

/// Source of a block, with the conditions of its join.
pub(super) struct SourcePlan<'v> {
    pub(super) plan: Plan<'v>,
    pub(super) join: Join,
    pub(super) on: Vec<Expr>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Item of a block, bound.
struct Made {
    column: Column,
    alias: Option<Arc<str>>,
    expr: Expr,
}

/// What a block makes of its rows, bound.
struct Parts {
    items: Vec<Made>,
    condition: Vec<Expr>,
    groups: Vec<Expr>,
    having: Option<Expr>,
    sorts: Vec<Expr>,
}

impl<'b, 'v> BlockBuilder<'b, 'v> {
    pub(super) fn new(builder: &'b mut Builder<'v>) -> Self {
        Self { builder, scope: Scope::default(), sources: Vec::new(), people: People::default() }
    }

    /// Plans a block. `first`: how many rows are wanted, if not all.
    pub(super) fn block(
        mut self,
        block: &Block,
        order: &[Sort],
        first: Option<usize>,
    ) -> Result<Planned<'v>> {
        self.builder.count_block(block)?;
        if let Some(surplus) = block.groups.get(QUERY_COLUMNS) {
            refuse_more(QUERY_COLUMNS, "groupings", block.groups.len(), surplus.span)?;
        }
        if let Some(surplus) = order.get(QUERY_COLUMNS) {
            refuse_more(QUERY_COLUMNS, "sort keys", order.len(), surplus.expr.span)?;
        }
        self.read_sources(&block.sources)?;
        let outer = self.builder.enter(&self.scope);
        let parts = self.parts(block, order)?;
        self.builder.leave(outer);
        self.finish(block, parts, order, first)
    }

    pub(super) fn binder(&mut self) -> Binder<'_, 'v> {
        let width = self.scope.width();
        let is_about_users = self.is_about_users();
        let people = is_about_users.then_some(&mut self.people);
        Binder { builder: self.builder, scope: &self.scope, people, width }
    }

    /// Whether the only source has a user in each of its rows.
    fn is_about_users(&self) -> bool {
        let [source] = &*self.sources else { return false };
        matches!(&source.plan, Plan::Scan(scan) if scan.table.is_about_users())
    }

    fn parts(&mut self, block: &Block, order: &[Sort]) -> Result<Parts> {
        let items = self.items(block)?;
        let mut aliases = Aliases::default();
        for Made { alias, expr, .. } in &items {
            if let Some(alias) = alias {
                aliases.add(alias, expr);
            }
        }
        let condition = block.condition.as_ref().map(|expr| {
            self.binder().bind(expr, true).map_err(|error| named_later(error, &aliases))
        });
        let condition = condition.transpose()?.map(conjuncts).unwrap_or_default();
        let mut groups = Vec::new();
        for group in &block.groups {
            let bound = self.item_or(group, &items, &aliases, First::Column)?;
            if has_fold(&bound) {
                let what = "an aggregate".to_owned();
                return Err(Error::from(ErrorKind::NotGrouped { what }).at(group.span));
            }
            groups.push(bound);
        }
        let having = block.having.as_ref();
        let having = having.map(|e| self.binder().bind_with(e, &aliases, First::Column, true));
        let having = having.transpose()?;
        let sorts = order.iter().map(|s| self.item_or(&s.expr, &items, &aliases, First::Alias));
        let sorts = sorts.collect::<Result<Vec<_>>>()?;
        Ok(Parts { items, condition, groups, having, sorts })
    }

    /// The item whose number an expression is, or the expression.
    fn item_or(
        &mut self,
        expr: &Expr,
        items: &[Made],
        aliases: &Aliases,
        first: First,
    ) -> Result<Expr> {
        if let Some(item) = numbered(expr, items.len())?.and_then(|place| items.get(place)) {
            self.builder.count_parts(&item.expr.node, expr.span)?;
            return Ok(item.expr.clone());
        }
        let mut binder = self.binder();
        let bound = binder.bind_with(expr, aliases, first, false)?;
        let place = if first == First::Alias { "`ORDER BY`" } else { "`GROUP BY`" };
        binder.check_value(&bound, place, expr.span)?;
        Ok(bound)
    }

    fn items(&mut self, block: &Block) -> Result<Vec<Made>> {
        let mut items = Vec::new();
        for item in &block.items {
            match &item.node {
                Item::All if self.scope.sources.is_empty() => return Err(no_source(item.span)),
                Item::All => items.extend(self.all_of(None, item.span)),
                Item::AllOf(name) => {
                    let name = name.node.as_str();
                    if self.scope.named(name).is_none() {
                        return Err(self.unknown_source(name, item.span));
                    }
                    items.extend(self.all_of(Some(name), item.span));
                }
                Item::Expr(expr, alias) => {
                    let alias = alias.as_ref().map(|alias| alias.node.to_arc());
                    let made = self.item(expr, alias.clone());
                    items.push(made.map_err(|error| self.without_from(error, alias.as_deref()))?);
                }
            }
            refuse_more(QUERY_COLUMNS, "columns", items.len(), item.span)?;
        }
        make_unique(&mut items);
        Ok(items)
    }

    /// Says that `FROM` may be missing, where a table was taken for the name of an item.
    fn without_from(&self, error: Error, alias: Option<&str>) -> Error {
        let table =
            alias.filter(|name| self.scope.sources.is_empty() && Table::named(name).is_some());
        match table {
            Some(table) => error.hint(format!("is `FROM` missing before `{table}`?")),
            None => error,
        }
    }

    fn unknown_source(&self, name: &str, span: Span) -> Error {
        let names: Vec<_> = self.scope.sources.iter().map(|source| &*source.name).collect();
        let hint = format!("the sources are {}", Names(&names));
        let error = Error::from(ErrorKind::UnknownTable { name: name.to_owned() }).at(span);
        error.suggest(name, names.iter().copied()).hint(hint)
    }

    /// An item for each column of a source, or of all.
    fn all_of(&self, source: Option<&str>, span: Span) -> Vec<Made> {
        let wanted = self.scope.sources.iter();
        let wanted = wanted.filter(|s| source.is_none_or(|name| &*s.name == name));
        let columns = wanted.flat_map(|source| (source.start..).zip(&source.columns));
        let made = columns.map(|(place, column)| Made {
            column: column.clone(),
            alias: None,
            expr: Spanned::new(Slot::Place(place).read(&[]), span),
        });
        made.collect()
    }

    fn item(&mut self, written: &Expr, alias: Option<Arc<str>>) -> Result<Made> {
        let mut binder = self.binder();
        let expr = binder.bind(written, false)?;
        let known = binder.check_value(&expr, "a column", written.span)?;
        let text = || Arc::from(asked(written).to_string());
        let column = match binder.column(&expr) {
            Some(column) => column.clone(),
            None if binder.is_time(&expr) => Column::of_type(text(), Some(eval::Type::Timestamp)),
            None => column_of(&expr, text(), known),
        };
        let column = match &alias {
            Some(alias) => Column { name: Arc::clone(alias), ..column },
            None => column,
        };
        Ok(Made { column, alias, expr })
    }

    fn finish(
        mut self,
        block: &Block,
        parts: Parts,
        order: &[Sort],
        first: Option<usize>,
    ) -> Result<Planned<'v>> {
        let Parts { items, condition, groups, having, sorts } = parts;
        let (columns, exprs): (Vec<_>, Vec<_>) =
            items.into_iter().map(|item| (item.column, item.expr)).unzip();
        let is_grouped =
            !groups.is_empty() || having.is_some() || exprs.iter().chain(&sorts).any(has_fold);
        self.scope.asked = self.people.asked.to_vec();
        let all = exprs.iter().chain(&sorts).chain(&groups).chain(&having).chain(&condition);
        self.want(&all.flat_map(places).collect::<Vec<_>>())?;
        let now = self.builder.now;
        let watch = &self.builder.view.watch;
        let mut made = Making { scope: &self.scope, exprs, sorts, now, watch };
        let (plan, texts_of) = {
            let names = made.exprs.iter().map(|expr| named(&self.scope, expr)).collect::<Vec<_>>();
            (Self::assemble(std::mem::take(&mut self.sources), &self.scope, condition, now)?, names)
        };
        let plan = if is_grouped { made.group(plan, &groups, having)? } else { plan };
        let plan = made.project(plan, block.distinct, texts_of.join(", "), order, first)?;
        Ok(Planned { plan, columns })
    }

    /// Says which columns are read, and what is asked of users.
    fn want(&mut self, places: &[usize]) -> Result<()> {
        let people = std::mem::take(&mut self.people.asked);
        let seen = self.builder.named_by()?;
        let (then, today) = (seen.view().catalog(), self.builder.view.catalog());
        let scope = PeopleScope { then, today };
        let hidden = Expr::unplaced(ExprKind::Literal(HIDDEN.into()));
        let builder = &*self.builder;
        let compile = |asked| {
            let asked = if builder.is_hidden(asked) { &hidden } else { asked };
            eval::compile_asked(asked, &scope)
        };
        let people = people.iter().map(compile).collect::<Result<Vec<_>>>()?;
        let on: Vec<_> =
            self.sources.iter().flat_map(|s| s.on.iter().flat_map(super::slot::places)).collect();
        for source in &mut self.sources {
            let Plan::Scan(scan) = &mut source.plan else { continue };
            for place in places.iter().chain(&on) {
                let own = place.checked_sub(source.start).and_then(|own| scan.wanted.get_mut(own));
                if let Some(wanted) = own {
                    *wanted = true;
                }
            }
        }
        if let [SourcePlan { plan: Plan::Scan(scan), .. }] = &mut *self.sources {
            scan.people = people;
        }
        Ok(())
    }
}

/// What is made of the rows of a block: its items, and what they are sorted by.
struct Making<'s> {
    scope: &'s Scope,
    exprs: Vec<Expr>,
    sorts: Vec<Expr>,
    now: crate::model::Timestamp,
    watch: &'s Watch<'s>,
}

impl Making<'_> {
    fn compile(&self, exprs: &[Expr]) -> Result<Vec<Expression>> {
        exprs.iter().map(|expr| Expression::new(expr, self.now)).collect()
    }

    /// Groups rows: what comes after speaks of groups.
    fn group<'v>(
        &mut self,
        input: Plan<'v>,
        groups: &[Expr],
        having: Option<Expr>,
    ) -> Result<Plan<'v>> {
        let mut folds = ExprList::default();
        let keys = self.compile(groups)?;
        let (groups, watch): (ExprList, _) = (groups.iter().cloned().collect(), self.watch);
        let mut regrouped = |expr: &mut Expr| {
            watch.check()?;
            regroup(expr, &groups, Some(&mut folds), self.scope)
        };
        self.exprs.iter_mut().try_for_each(&mut regrouped)?;
        self.sorts.iter_mut().try_for_each(&mut regrouped)?;
        let mut having = having;
        having.iter_mut().try_for_each(&mut regrouped)?;
        let texts = groups.iter().chain(&*folds).map(|expr| named(self.scope, expr));
        let text = texts.collect::<Vec<_>>().join(", ");
        let folds = folds.iter().map(|fold| self.fold(fold)).collect::<Result<Vec<_>>>()?;
        let mut grouping = Grouping { keys, folds, first_by: &[] };
        let mut input = input;
        grouping.first_by = unsort(&mut input, &grouping.folds);
        let plan = Plan::Group { input: Box::new(input), grouping, text };
        let Some(having) = having else { return Ok(plan) };
        let (condition, text) = (Expression::new(&having, self.now)?, "HAVING".to_owned());
        Ok(Plan::Filter { input: Box::new(plan), condition, text })
    }

    fn fold(&self, expr: &Expr) -> Result<Folding> {
        let ExprKind::Fold { fold, distinct, operand, filter } = &expr.node else {
            return Err(Error::bug("no aggregate"));
        };
        let parts = [operand, filter];
        if parts.iter().filter_map(|part| part.as_deref()).any(has_fold) {
            let (what, why) = ("an aggregate".to_owned(), "it stands in another one");
            return Err(Error::from(ErrorKind::Misplaced { what, why }).at(expr.span));
        }
        let [operand, filter] = parts
            .map(|part| part.as_deref().map(|part| Expression::new(part, self.now)).transpose());
        Ok(Folding { fold: *fold, distinct: *distinct, operand: operand?, filter: filter? })
    }

    /// Makes the items, each row once if that is wanted, and sorts them.
    fn project<'v>(
        mut self,
        input: Plan<'v>,
        distinct: bool,
        text: String,
        order: &[Sort],
        first: Option<usize>,
    ) -> Result<Plan<'v>> {
        let width = self.exprs.len();
        let mut input = input;
        if distinct {
            let items = self.compile(&self.exprs)?;
            let made = Plan::Project { input: Box::new(input), items, text: text.clone() };
            input = Plan::Distinct { input: Box::new(made) };
            let made = self.exprs.iter().cloned().collect();
            for (sort, written) in self.sorts.iter_mut().zip(order) {
                let regrouped = regroup(sort, &made, None, self.scope);
                regrouped.map_err(|_| no_item(&written.expr))?;
            }
            if order.is_empty() {
                return Ok(input);
            }
            let places = (0..width).map(|place| Slot::Place(place).read(&[]));
            self.exprs = places.map(Expr::unplaced).collect();
        }
        let mut keys = Vec::new();
        for (sort, by) in order.iter().zip(self.sorts.split_off(0)) {
            let known = self.exprs.iter().position(|made| *made == by);
            keys.push(key(sort, known.unwrap_or(self.exprs.len())));
            self.exprs.extend(known.is_none().then_some(by));
        }
        let items = self.compile(&self.exprs)?;
        let made = Plan::Project { input: Box::new(input), items, text };
        if order.is_empty() {
            return Ok(made);
        }
        Ok(Plan::Sort { input: Box::new(made), keys, first, width, text: texts(order) })
    }
}

/// Lets the rows of a table come in any order, if nothing is made of them that goes by it; gives the columns by which
/// they would be sorted.
fn unsort(input: &mut Plan<'_>, folds: &[Folding]) -> &'static [usize] {
    if naive::is_on() {
        return &[];
    }
    let scan = match input {
        Plan::Scan(scan) => scan,
        Plan::Filter { input, .. } => return unsort(input, folds),
        _ => return &[],
    };
    let goes_by_order = |fold: &Folding| matches!(fold.fold, Fold::Min | Fold::Max | Fold::List);
    let by = scan.table.sorted_by();
    if by.is_empty() || folds.iter().any(goes_by_order) {
        return &[];
    }
    scan.is_sorted = false;
    let wanted = scan.wanted.iter_mut().enumerate();
    wanted.filter(|(column, _)| by.contains(column)).for_each(|(_, wanted)| *wanted = true);
    by
}

/// Makes an expression over rows one over groups: what they are grouped by, and aggregates, are places then.
fn regroup(
    expr: &mut Expr,
    keys: &ExprList,
    mut folds: Option<&mut ExprList>,
    scope: &Scope,
) -> Result<()> {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        if let Some(key) = keys.place(expr) {
            expr.node = Slot::Place(key).read(&[]);
            continue;
        }
        if let (ExprKind::Fold { .. }, Some(folds)) = (&expr.node, &mut folds) {
            let place = folds.place_or_push(expr);
            expr.node = Slot::Place(keys.len() + place).read(&[]);
            continue;
        }
        if let (ExprKind::Attribute(path), Some(Slot::Place(place))) =
            (&expr.node, Slot::read_by(&expr.node))
        {
            let inside = inside_key(path, place, keys);
            expr.node = inside.ok_or_else(|| not_grouped(scope, place, expr))?;
            continue;
        }
        todo.extend(expr.node.operands_mut());
    }
    Ok(())
}

/// Steps into a column that rows are grouped by.
fn inside_key(path: &Path, place: usize, keys: &ExprList) -> Option<ExprKind> {
    let key = keys.place(&Expr::unplaced(Slot::Place(place).read(&[])))?;
    Some(Slot::Place(key).read(path.get(1..)?))
}

fn not_grouped(scope: &Scope, place: usize, expr: &Expr) -> Error {
    let what = if scope.column(place).is_some() {
        format!("the column `{}`", Short(&named(scope, expr)))
    } else {
        "what is asked of a user".to_owned()
    };
    let hint = "name it in `GROUP BY`, or make one value of the group: `MIN(…)`, `LIST(…)`";
    Error::from(ErrorKind::NotGrouped { what }).at(expr.span).hint(hint)
}

/// The error for rows that are each there once, sorted by what is none of their items.
fn no_item(sort: &Expr) -> Error {
    let text = asked(sort).to_string();
    let what = format!("`{}`", Short(&text));
    let hint = format!("what `DISTINCT` leaves is sorted by its items: add {what} to them");
    Error::from(ErrorKind::NotGrouped { what }).at(sort.span).hint(hint)
}

/// Says that names of items are not known in `WHERE`, if one of them was meant.
fn named_later(error: Error, aliases: &Aliases) -> Error {
    let ErrorKind::UnknownColumn { name } = error.kind() else { return error };
    let name = name.split('.').next().unwrap_or_default();
    if !aliases.has(name) {
        return error;
    }
    let hint = format!(
        "`{}` is the name of an item, which `WHERE` comes before: write the expression itself",
        Short(name)
    );
    error.hint(hint)
}

fn no_source(span: Span) -> Error {
    let (what, why) = ("`*`".to_owned(), "there is no source: `FROM` names some");
    Error::from(ErrorKind::Misplaced { what, why }).at(span)
}

fn has_fold(expr: &Expr) -> bool {
    expr.node.parts().any(|(part, _)| matches!(part, ExprKind::Fold { .. }))
}

/// The column of an expression that is none itself.
fn column_of(expr: &Expr, name: Arc<str>, known: Option<eval::Type>) -> Column {
    let column = Column::of_type(name, known);
    match &expr.node {
        ExprKind::Fold { fold: Fold::Count, .. } => Column { kind: ColumnKind::Integer, ..column },
        ExprKind::Fold { fold: Fold::List, .. } => {
            Column { is_flat: true, instants: Instants::Never, ..column }
        }
        _ => column,
    }
}

/// Gives each item a name that none before it has.
fn make_unique(items: &mut [Made]) {
    let mut last_numbers: HashMap<Arc<str>, usize> = HashMap::new();
    for item in items {
        let name = Arc::clone(&item.column.name);
        let mut number = last_numbers.get(&name).copied().unwrap_or(1);
        while last_numbers.contains_key(&item.column.name) {
            number += 1;
            item.column.name = format!("{name}_{number}").into();
        }
        last_numbers.insert(name, number);
        last_numbers.entry(Arc::clone(&item.column.name)).or_insert(1);
    }
}
