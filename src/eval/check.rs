//! Checks of conditions before they are compiled: types, arguments and literals that are wrong whatever the user.

use super::fit::{
    Known, TypeName, comparable, is_misfit, local_time, not_empty, null_comparison, positive,
    readable, timely, wanted,
};
use super::hash::Algorithm;
use super::literal::{Type, literal_text, mismatch, seed, unknown_parameter};
use super::measure;
use super::scope::{ElementScope, EventScope, Scope};
use super::signature::{ArgumentRule, Signature, Wants, functions, prepared};
use crate::error::{Error, ErrorKind, Result, Short};
use crate::limits::{CHAIN_DEPTH, ECHO_CHARS};
use crate::model::{
    Aggregate, ArithmeticOp, Behaviour, CompareOp, Expr, ExprKind, Fold, Literal, ReadAs, Span,
    Spanned, Value, check_event_name,
};
use crate::stack;

/// Checks a condition where it stands.
pub(super) struct Checker<'a> {
    scope: &'a dyn Scope,
    depth: usize,
    /// The type of the element that `ANY` goes through.
    element: Known,
}

impl<'a> Checker<'a> {
    pub(super) fn new(scope: &'a dyn Scope) -> Self {
        Self { scope, depth: 0, element: None }
    }

    /// Checks an expression that must be true, false or unknown.
    pub(super) fn condition(&mut self, place: &str, expr: &Expr) -> Result<()> {
        let known = self.known(expr)?;
        let column = || match &expr.node {
            ExprKind::Attribute(path) => self.scope.column(path),
            _ => None,
        };
        match known.or_else(column) {
            None | Some(Type::Boolean | Type::Null) => Ok(()),
            Some(found) => {
                let error = mismatch(place, "a boolean", found, expr.span);
                let column = self.scope.written(expr).filter(|_| known.is_none());
                let test = column.map(|column| format!("compare it: `{} = …`", Short(&column)));
                Err(test.into_iter().fold(error, Error::hint))
            }
        }
    }

    /// Checks an expression of a query, which may have to be a condition.
    pub(super) fn asked(&mut self, expr: &Expr, is_condition: bool) -> Result<Known> {
        if is_condition {
            return self.condition("a condition", expr).map(|()| Some(Type::Boolean));
        }
        self.known(expr)
    }

    /// Checks an expression of any type.
    #[cfg(test)]
    pub(super) fn value(&mut self, expr: &Expr) -> Result<()> {
        self.known(expr).map(drop)
    }

    /// The type of an expression. Each is visited once.
    fn known(&mut self, expr: &Expr) -> Result<Known> {
        self.depth += 1;
        if self.depth > CHAIN_DEPTH {
            return Err(Error::new(ErrorKind::NestingTooDeep { what: "conditions" }).at(expr.span));
        }
        let known = stack::step(|| self.visit(expr))?;
        self.depth -= 1;
        Ok(known)
    }

    fn visit(&mut self, expr: &Expr) -> Result<Known> {
        let span = expr.span;
        match &expr.node {
            ExprKind::Literal(Literal::Value(value)) => Ok(Some(Type::of_value(value))),
            ExprKind::Literal(Literal::Parameter(name)) => Err(unknown_parameter(name).at(span)),
            ExprKind::Duration(_) => Ok(Some(Type::Duration)),
            ExprKind::Attribute(_)
            | ExprKind::CheckValue(_)
            | ExprKind::Key(_)
            | ExprKind::InSegment(_)
            | ExprKind::InList(_) => self.name(expr),
            ExprKind::Element => Ok(self.element),
            ExprKind::Any { list, test } => self.any(list, test),
            ExprKind::Each { list, filter, .. } => self.each(list, filter),
            ExprKind::Read { what, operand } => self.read(*what, operand, span),
            ExprKind::Inside { operand, .. } => self.inside(operand),
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(*op, left, right),
            ExprKind::Negate(operand) => self.amount("`-`", operand),
            ExprKind::Cast { operand, to } => {
                self.known(operand)?;
                Ok(Type::of_key(*to))
            }
            ExprKind::Call { function, arguments } => self.call(function, arguments),
            ExprKind::Behaviour(behaviour) => self.behaviour(behaviour, span),
            ExprKind::Among { operand, .. } => {
                self.known(operand)?;
                Ok(Some(Type::Boolean))
            }
            ExprKind::Fold { fold, operand, filter, .. } if self.scope.asks() => {
                self.fold(*fold, operand.as_deref(), filter.as_deref())
            }
            ExprKind::Case { subject, branches, otherwise } if self.scope.asks() => {
                self.case(subject.as_deref(), branches, otherwise.as_deref())
            }
            ExprKind::Case { .. }
            | ExprKind::Fold { .. }
            | ExprKind::Subquery(_)
            | ExprKind::Exists(_)
            | ExprKind::InQuery { .. } => {
                let (what, why) = ("this".to_owned(), "only a query has it");
                Err(Error::new(ErrorKind::Misplaced { what, why }).at(span))
            }
            _ => self.test(expr).map(|()| Some(Type::Boolean)),
        }
    }

    /// A name, where names of that kind may stand.
    fn name(&mut self, expr: &Expr) -> Result<Known> {
        let check = self.scope.check_type();
        let misplaced = |what: &str, why| {
            Err(Error::new(ErrorKind::Misplaced { what: what.to_owned(), why }).at(expr.span))
        };
        match (&expr.node, check) {
            (ExprKind::CheckValue(path), Some(kind)) if path.is_empty() => {
                Ok(Type::of_attribute(kind))
            }
            (ExprKind::CheckValue(_), Some(_)) => Ok(None),
            (ExprKind::CheckValue(_), None) if self.scope.is_element() => Ok(None),
            (ExprKind::CheckValue(_), None) => misplaced("VALUE", "only a CHECK has one"),
            (ExprKind::Attribute(_), Some(_)) => {
                misplaced("an attribute", "a CHECK is about VALUE alone")
            }
            (_, Some(_)) => misplaced("what depends on the user", "a CHECK is about VALUE alone"),
            (ExprKind::Attribute(path), None) => self.scope.attribute(path, expr.span),
            (ExprKind::Key(name), None) => Ok(Type::of_key(self.scope.key(name)?.1)),
            (ExprKind::InSegment(Some(name)), None) => {
                self.scope.segment(name).map(|_| Some(Type::Boolean))
            }
            (ExprKind::InList(list), None) => {
                self.scope.list(*list, expr.span).map(|()| Some(Type::Boolean))
            }
            _ => self.scope.user("`IN SEGMENT`", expr.span).map(|()| Some(Type::Boolean)),
        }
    }

    /// A function over events. Its filter is a condition in a place of its own.
    fn behaviour(&mut self, behaviour: &Behaviour, span: Span) -> Result<Known> {
        self.scope.user("what users did", span)?;
        let event = measure::text("EVENT", &behaviour.event)?;
        check_event_name(&event).map_err(|error| error.at(behaviour.event.span))?;
        property(behaviour, span)?;
        measure::frame(behaviour.window.as_ref())?;
        if let Some(filter) = &behaviour.filter {
            self.filter(&EventScope, filter)?;
        }
        Ok(Type::of_aggregate(behaviour.aggregate))
    }

    /// A condition in which names are of something else.
    fn filter(&self, scope: &dyn Scope, filter: &Expr) -> Result<()> {
        Checker { scope, depth: self.depth, element: None }.condition("WHERE", filter)
    }

    fn any(&mut self, list: &Expr, test: &Expr) -> Result<Known> {
        let known = self.known(list)?;
        // of what is no list it is the element itself
        let is_plain = match known {
            Some(Type::Declared(_)) => true,
            Some(Type::Json) => false,
            _ => matches!(list.node, ExprKind::Attribute(_)),
        };
        let around = std::mem::replace(&mut self.element, known.filter(|_| is_plain));
        let found = self.known(test);
        self.element = around;
        found
    }

    fn each(&mut self, list: &Expr, filter: &Expr) -> Result<Known> {
        self.want("`ANY` or `EVERY`", Wants::Json, list)?;
        self.filter(&ElementScope { is_timeless: self.scope.is_timeless() }, filter)?;
        Ok(Some(Type::Boolean))
    }

    /// An aggregate over the rows of a group.
    fn fold(&mut self, fold: Fold, operand: Option<&Expr>, filter: Option<&Expr>) -> Result<Known> {
        let known = operand.map(|operand| self.known(operand)).transpose()?.flatten();
        if let Some((operand, found)) = operand.zip(known)
            && matches!(found, Type::Duration | Type::Semver | Type::Version)
        {
            let place = format!("`{}`", fold.keyword());
            return Err(mismatch(place, "a value or an instant", found, operand.span));
        }
        filter.map_or(Ok(()), |filter| self.condition("FILTER", filter))?;
        Ok(match fold {
            Fold::Count | Fold::Sum | Fold::Avg => Some(Type::Number),
            Fold::Min | Fold::Max => known,
            Fold::List => Some(Type::Json),
        })
    }

    /// What is read as an instant or a version.
    fn read(&mut self, what: ReadAs, operand: &Expr, span: Span) -> Result<Known> {
        let (known, made) = (self.known(operand)?, Type::of_reading(what));
        if let Some(found) = known.filter(|found| *found != Type::Null && !made.reads(*found)) {
            let wanted = if made.reads(Type::Number) { "a string or a number" } else { "a string" };
            return Err(mismatch(format!("`{}`", what.keyword()), wanted, found, operand.span));
        }
        if let Some(text) = literal_text(operand) {
            readable(text, made, span)?;
        }
        Ok(Some(made))
    }

    /// Steps into a value.
    fn inside(&mut self, operand: &Expr) -> Result<Known> {
        match self.known(operand)? {
            None | Some(Type::Json | Type::Null) => Ok(None),
            Some(found) => Err(mismatch("a step inside", "an object", found, operand.span)),
        }
    }

    /// A number or a duration, which is what is made of it, too.
    fn amount(&mut self, place: &str, operand: &Expr) -> Result<Known> {
        let known = self.want(place, Wants::Amount, operand)?;
        Ok(known.filter(|known| *known == Type::Duration).or(Some(Type::Number)))
    }

    /// An expression that is true, false or unknown by its form.
    fn test(&mut self, expr: &Expr) -> Result<()> {
        match &expr.node {
            ExprKind::And(items) => items.iter().try_for_each(|e| self.condition("AND", e)),
            ExprKind::Or(items) => items.iter().try_for_each(|e| {
                self.condition("OR", e).map_err(|error| match self.alternatives(items, e) {
                    Some(list) => error.hint(format!("for either of them write `{list}`")),
                    None => error,
                })
            }),
            ExprKind::Not(operand) => self.condition("NOT", operand),
            ExprKind::Compare { op, left, right } => {
                let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
                let (a, b) = (self.known(left)?, self.known(right)?);
                let compared = comparable((left, a), (right, b), ordered);
                compared.map_err(|error| {
                    let is_length = [a, b].contains(&Some(Type::Duration));
                    let mut sides = [left, right].into_iter().filter(|_| is_length);
                    let apart = sides.find_map(|side| self.times_apart(side));
                    apart.into_iter().fold(error, Error::hint)
                })
            }
            ExprKind::Is { operand, .. } => self.known(operand).map(drop),
            ExprKind::Between { operand, low, high, .. } => {
                let known = self.known(operand)?;
                [low, high].into_iter().try_for_each(|bound| {
                    let other = self.known(bound)?;
                    comparable((operand, known), (bound, other), true)
                })
            }
            ExprKind::In { operand, items, .. } => self.membership(operand, items, expr.span),
            ExprKind::Contains { operand, items, .. } => self.contains(operand, items, expr.span),
            ExprKind::Affix { operand, items, .. } => self.affix(operand, items, expr.span),
            ExprKind::Matches { operand, .. } => {
                self.want("MATCHES", Wants::String, operand).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// What a difference of attributes is if these are times.
    fn times_apart(&self, expr: &Expr) -> Option<String> {
        let ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right } = &expr.node else {
            return None;
        };
        let side = |expr: &Expr| match expr.node {
            ExprKind::Attribute(_) => self.scope.written(expr),
            _ => None,
        };
        let (left, right) = side(left).zip(side(right))?;
        let (left, right) = (Short(&left), Short(&right));
        Some(format!("if both are times: `TIMESTAMP {left} - TIMESTAMP {right}`"))
    }

    /// `city IN ('a', 'b')`, where somebody wrote `city = 'a' OR 'b'`.
    fn alternatives(&self, items: &[Expr], bare: &Expr) -> Option<String> {
        let literal = |expr: &Expr| matches!(expr.node, ExprKind::Literal(_));
        let (operand, first) = items.iter().find_map(|item| match &item.node {
            ExprKind::Compare { op: CompareOp::Equal, left, right } if literal(right) => {
                Some((left, right))
            }
            _ => None,
        })?;
        let operand = self.scope.written(operand).filter(|_| literal(bare))?;
        let list = format!("{operand} IN ({first}, {bare})");
        (list.len() <= ECHO_CHARS).then_some(list)
    }

    fn membership(&mut self, operand: &Expr, items: &[Expr], span: Span) -> Result<()> {
        let known = self.known(operand)?;
        not_empty(items, span)?;
        let mut misfit = None;
        let mut has_fit = false;
        for item in items {
            let other = self.known(item)?;
            match comparable((operand, known), (item, other), false) {
                // what it can never be does no harm beside what it can be
                Err(error) if is_misfit(known, other) => misfit = misfit.or(Some(error)),
                Err(error) => return Err(error),
                Ok(()) => has_fit = true,
            }
        }
        misfit.filter(|_| !has_fit).map_or(Ok(()), Err)
    }

    fn contains(&mut self, operand: &Expr, items: &[Expr], span: Span) -> Result<()> {
        let known = self.known(operand)?;
        let is_text = known.is_some_and(Type::is_text);
        if !is_text && !matches!(known, None | Some(Type::Json)) {
            return Err(mismatch("CONTAINS", "a string or a list", TypeName(known), operand.span));
        }
        not_empty(items, span)?;
        items.iter().try_for_each(|item| match self.known(item)? {
            Some(Type::Null) => Err(null_comparison(item.span)),
            Some(found) if is_text && !found.is_text() => {
                Err(mismatch("CONTAINS in a string", "a string", found, item.span))
            }
            _ => Ok(()),
        })
    }

    fn affix(&mut self, operand: &Expr, items: &[Expr], span: Span) -> Result<()> {
        not_empty(items, span)?;
        std::iter::once(operand).chain(items).try_for_each(|expr| {
            match self.want("STARTS WITH or ENDS WITH", Wants::String, expr)? {
                Some(Type::Null) => Err(null_comparison(expr.span)),
                _ => Ok(()),
            }
        })
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: &Expr, right: &Expr) -> Result<Known> {
        let (a, b) = (self.known(left)?, self.known(right)?);
        let place = format!("`{}`", op.symbol());
        if let Some(made) = timely(op, &place, (left, a), (right, b))? {
            return Ok(Some(made));
        }
        let text = op == ArithmeticOp::Concatenate;
        let wants = if text { Wants::Text } else { Wants::Number };
        wanted(&place, wants, left, a)?;
        wanted(&place, wants, right, b)?;
        Ok(Some(if text { Type::String } else { Type::Number }))
    }

    fn want(&mut self, place: &str, wants: Wants, expr: &Expr) -> Result<Known> {
        let known = self.known(expr)?;
        wanted(place, wants, expr, known)?;
        Ok(known)
    }

    fn call(&mut self, name: &Spanned<std::sync::Arc<str>>, arguments: &[Expr]) -> Result<Known> {
        let signature = Signature::named(&name.node);
        let Some(signature) = signature.filter(|known| self.scope.asks() || !known.asked) else {
            return Err(unknown_function(name, self.scope.asks()));
        };
        let span = name.span;
        signature.count(arguments.len()).map_err(|error| error.at(span))?;
        match signature.rule {
            ArgumentRule::Timely if self.scope.is_timeless() => {
                let (what, why) =
                    (format!("{}()", name.node), "a CHECK holds or not, whatever the time");
                Err(Error::new(ErrorKind::Misplaced { what, why }).at(span))
            }
            ArgumentRule::Amount => match arguments {
                [argument] => self.amount(signature.name, argument),
                _ => Ok(None),
            },
            ArgumentRule::Common => self.common(signature.name, arguments.iter()),
            ArgumentRule::Choice => {
                let (condition, rest) = arguments.split_at(1);
                condition.iter().try_for_each(|e| self.condition("IF", e))?;
                self.common(signature.name, rest.iter())
            }
            ArgumentRule::Each | ArgumentRule::Timely => {
                for (argument, wants) in arguments.iter().zip(signature.wants) {
                    self.argument(signature, arguments, argument, *wants)?;
                }
                Ok(signature.result)
            }
        }
    }

    fn case(
        &mut self,
        subject: Option<&Expr>,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
    ) -> Result<Known> {
        let subject = match subject {
            Some(subject) => Some((subject, self.known(subject)?)),
            None => None,
        };
        for (when, _) in branches {
            match subject {
                None => self.condition("CASE", when)?,
                Some(subject) => comparable(subject, (when, self.known(when)?), false)?,
            }
        }
        self.common("CASE", branches.iter().map(|(_, then)| then).chain(otherwise))
    }

    /// The one type that all alternatives have, `NULL` aside. That of a declared attribute among them is that of all,
    /// or what is compared with them would be read as something for some users only.
    fn common<'e>(
        &mut self,
        name: &str,
        alternatives: impl Iterator<Item = &'e Expr> + Clone,
    ) -> Result<Known> {
        let known = alternatives.clone().map(|alternative| self.known(alternative));
        let known = known.collect::<Result<Vec<_>>>()?;
        let declared = known.iter().flatten().find(|known| matches!(known, Type::Declared(_)));
        if let Some(made) = declared {
            let misfit = |known: &Known| known.filter(|t| *t != Type::Null && !made.reads(*t));
            let misfits = alternatives.zip(&known);
            let mut misfits = misfits.filter_map(|(expr, known)| Some((expr, misfit(known)?)));
            return misfits.next().map_or(Ok(Some(*made)), |(expr, found)| {
                Err(mismatch(name, made.to_string(), found, expr.span))
            });
        }
        let mut types = Vec::new();
        for known in known {
            if known != Some(Type::Null) && !types.contains(&known) {
                types.push(known);
            }
        }
        Ok(if let [one] = types[..] { one } else { None })
    }

    fn argument(
        &mut self,
        signature: &Signature,
        all: &[Expr],
        expr: &Expr,
        wants: Wants,
    ) -> Result<()> {
        let algorithm = all.first().and_then(literal_text).and_then(Algorithm::named);
        match wants {
            Wants::Zone | Wants::Cidr | Wants::Salt | Wants::Algorithm | Wants::Unit => {
                prepared(signature.name, wants, expr)
            }
            Wants::Seed => seed(algorithm, expr).map(drop),
            Wants::LocalTime => {
                self.want(signature.name, wants, expr)?;
                literal_text(expr).map_or(Ok(()), |text| local_time(text, expr.span))
            }
            Wants::Modulus => {
                self.want(signature.name, Wants::Number, expr)?;
                positive("the modulus", expr, i64::MAX)
            }
            Wants::Bits => {
                self.want(signature.name, Wants::Number, expr)?;
                let bits = algorithm.map_or(i64::MAX, |a| i64::from(a.bits()));
                positive("the number of bits", expr, bits)
            }
            _ => self.want(signature.name, wants, expr).map(drop),
        }
    }
}

/// What to write instead of a function of other languages.
fn foreign(name: &str) -> Option<&'static str> {
    Some(match name {
        "CONCAT" | "CONCAT_WS" => "texts are joined by `||`",
        "IIF" | "DECODE" => "write `IF(condition, a, b)`",
        "IFNULL" | "NVL" | "ISNULL" => "write `COALESCE(a, b)`",
        "LEN" | "CHAR_LENGTH" | "CHARACTER_LENGTH" => "write `LENGTH(x)`",
        "MID" | "LEFT" | "RIGHT" => "write `SUBSTR(x, from, length)`",
        "LCASE" => "write `LOWER(x)`",
        "UCASE" => "write `UPPER(x)`",
        "GETDATE" | "SYSDATE" | "CURRENT_TIMESTAMP" | "CURRENT_DATE" | "TODAY" => "write `NOW()`",
        "YEAR" | "MONTH" | "WEEK" | "DAY" | "DATE" | "DATE_PART" | "DATEPART" | "STRFTIME"
        | "TO_CHAR" | "DATE_FORMAT" | "TIME_BUCKET" => {
            "in a query `DATE_TRUNC('month', x)` cuts an instant to its month"
        }
        "UNIXEPOCH" | "UNIX_TIMESTAMP" => "in a query `EPOCH(x)` gives seconds since 1970",
        "NULLIF" => "write `IF(a = b, NULL, a)`",
        "GREATEST" | "LEAST" => "write `IF(a > b, a, b)`",
        "TOTAL" => "write `SUM(x)`",
        "AVERAGE" | "MEAN" => "write `AVG(x)`",
        "COUNTIF" | "COUNT_IF" | "SUMIF" => "write `COUNT(*) FILTER (WHERE …)`",
        "GROUP_CONCAT" | "STRING_AGG" | "ARRAY_AGG" | "LISTAGG" | "JSON_AGG" => "write `LIST(x)`",
        "ARRAY_LENGTH" | "CARDINALITY" | "JSON_ARRAY_LENGTH" => "write `SIZE(x)`",
        "ROW_NUMBER" | "RANK" | "LAG" | "LEAD" => {
            "there are no functions over windows: a query in `FROM` and a join say the same"
        }
        _ => return None,
    })
}

fn unknown_function(name: &Spanned<std::sync::Arc<str>>, asked: bool) -> Error {
    let error = Error::new(ErrorKind::UnknownFunction { name: name.node.to_string() });
    let error = error.at(name.span);
    let aggregate = Aggregate::ALL.into_iter().find(|known| known.keyword() == &*name.node);
    let of = match aggregate {
        None if Signature::named(&name.node).is_some() => {
            return error.hint("it stands in queries alone: `SELECT …`");
        }
        None => {
            let folds = Fold::ALL.into_iter().filter(|_| asked).map(Fold::keyword);
            let known = functions(asked).chain(folds);
            return error.suggest_unless(&name.node, known, foreign(&name.node));
        }
        Some(Aggregate::Share) => " OF … = …",
        Some(aggregate) if aggregate.needs_property() => " OF …",
        Some(_) => "",
    };
    error.hint(format!("it goes over events: write `{}(EVENT '…'{of})`", name.node))
}

/// Refuses a function over events that lacks a property or a value, or has one too many: only a tree that
/// was built by hand does.
fn property(behaviour: &Behaviour, span: Span) -> Result<()> {
    let word = behaviour.aggregate.keyword();
    match (behaviour.aggregate.needs_property(), &behaviour.of) {
        (true, None) => return Err(mismatch(word, "a property (`OF …`)", "none", span)),
        (false, Some(_)) => return Err(mismatch(word, "no property", "one", span)),
        _ => {}
    }
    if let Some(zone) = &behaviour.zone {
        if behaviour.aggregate != Aggregate::Days {
            return Err(mismatch(word, "no time zone", "one", zone.span));
        }
        measure::zone(Some(zone))?;
    }
    match (behaviour.aggregate == Aggregate::Share, &behaviour.equals) {
        (true, None) => Err(mismatch(word, "a value (`= …`)", "none", span)),
        (false, Some(literal)) => Err(mismatch(word, "no value", "one", literal.span)),
        (true, Some(literal)) if *measure::value(literal)? == Value::Null => {
            Err(Error::new(ErrorKind::NullComparison).at(literal.span))
        }
        _ => Ok(()),
    }
}
