//! Another interpreter of conditions, for comparison: it walks the tree, looks everything up when it comes
//! to it, and evaluates every operand of everything.

use jiff::tz::TimeZone;

use super::behaviours::{Done, Events, tell};
use super::*;
use crate::model::{
    AffixKind, Behaviour, DottedVersion, Duration, Given, IsWhat, Quantifier, ReadAs,
    SemanticVersion, Window,
};

/// A value of the interpreter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum V {
    Json(Value),
    Time(i64),
    Span(i64),
    Sem(SemanticVersion),
    Ver(DottedVersion),
}

use V::Json;

const NULL: V = Json(Value::Null);

fn truth(v: &V) -> Truth {
    if let Json(Value::Boolean(b)) = v { Some(*b) } else { None }
}

fn from_truth(t: Truth) -> V {
    Json(t.map_or(Value::Null, Value::Boolean))
}

fn or(items: impl IntoIterator<Item = Truth>) -> Truth {
    let items: Vec<Truth> = items.into_iter().collect();
    if items.contains(&Some(true)) {
        Some(true)
    } else if items.contains(&None) {
        None
    } else {
        Some(false)
    }
}

fn opposite(t: Truth) -> Truth {
    t.map(|t| !t)
}

fn and(items: impl IntoIterator<Item = Truth>) -> Truth {
    opposite(or(items.into_iter().map(opposite)))
}

/// The kind of a value, as comparisons see it.
fn kind(v: &V) -> &'static str {
    match v {
        Json(Value::Null) => "null",
        Json(Value::Boolean(_)) => "boolean",
        Json(Value::Integer(_) | Value::Double(_)) => "number",
        Json(Value::String(_)) => "text",
        Json(_) => "json",
        V::Time(_) => "time",
        V::Span(_) => "span",
        V::Sem(_) => "semver",
        V::Ver(_) => "version",
    }
}

fn time(v: &V) -> Option<i64> {
    match v {
        V::Time(t) => Some(*t),
        Json(Value::String(s)) => Timestamp::parse(s).ok().map(Timestamp::as_micros),
        Json(v) => Timestamp::from_millis(v.as_double()?).map(Timestamp::as_micros),
        _ => None,
    }
}

fn sem(v: &V) -> Option<SemanticVersion> {
    match v {
        V::Sem(v) => Some(v.clone()),
        Json(Value::String(s)) => SemanticVersion::parse(s),
        _ => None,
    }
}

fn ver(v: &V) -> Option<DottedVersion> {
    match v {
        V::Ver(v) => Some(*v),
        Json(Value::String(s)) => DottedVersion::parse(s),
        _ => None,
    }
}

/// What a path leads to, with all that is in the lists on the way.
fn spread(value: &Value, path: &[Arc<str>]) -> Vec<Value> {
    match (value, path) {
        (Value::List(items), []) => items.to_vec(),
        (other, []) => vec![other.clone()],
        (Value::List(items), _) => items.iter().flat_map(|item| spread(item, path)).collect(),
        (other, [step, rest @ ..]) => {
            spread(&other.dig(&[step]).cloned().unwrap_or_default(), rest)
        }
    }
}

/// Less, equal, greater as text, "same" or "other" for JSON; `None` for unknown.
fn order(a: &V, b: &V) -> Option<&'static str> {
    let word = |o: std::cmp::Ordering| {
        if o.is_lt() {
            "<"
        } else if o.is_eq() {
            "="
        } else {
            ">"
        }
    };
    if [kind(a), kind(b)].contains(&"time") {
        return Some(word(time(a)?.cmp(&time(b)?)));
    }
    if [kind(a), kind(b)].contains(&"semver") {
        return Some(word(sem(a)?.cmp(&sem(b)?)));
    }
    if [kind(a), kind(b)].contains(&"version") {
        return Some(word(ver(a)?.cmp(&ver(b)?)));
    }
    if kind(a) != kind(b) {
        return None;
    }
    match (a, b) {
        (Json(Value::Boolean(a)), Json(Value::Boolean(b))) => Some(word(a.cmp(b))),
        (Json(Value::String(a)), Json(Value::String(b))) => {
            Some(word(a.as_bytes().cmp(b.as_bytes())))
        }
        (V::Span(a), V::Span(b)) => Some(word(a.cmp(b))),
        (Json(a), Json(b)) if kind(&Json(a.clone())) == "number" => {
            crate::model::compare_numbers(a, b).map(word)
        }
        (Json(a @ (Value::List(_) | Value::Object(_))), Json(b)) => {
            Some(if a.same(b) { "same" } else { "other" })
        }
        _ => None,
    }
}

fn compares(op: CompareOp, a: &V, b: &V) -> Truth {
    let order = order(a, b)?;
    match op {
        CompareOp::Equal => Some(order == "=" || order == "same"),
        CompareOp::NotEqual => Some(order != "=" && order != "same"),
        _ if order == "same" || order == "other" => None,
        CompareOp::Less => Some(order == "<"),
        CompareOp::LessOrEqual => Some(order != ">"),
        CompareOp::Greater => Some(order == ">"),
        CompareOp::GreaterOrEqual => Some(order != "<"),
    }
}

/// One of another kind is no member, unless one is read as the other.
fn member(a: &V, item: &V) -> Truth {
    if [kind(a), kind(item)].contains(&"null") {
        return None;
    }
    let reads = |x: &V, y: &V| match kind(x) {
        "time" => ["text", "number", "time"].contains(&kind(y)),
        "semver" => ["text", "semver"].contains(&kind(y)),
        "version" => ["text", "version"].contains(&kind(y)),
        _ => kind(x) == kind(y),
    };
    if reads(a, item) || reads(item, a) { compares(CompareOp::Equal, a, item) } else { Some(false) }
}

fn text(v: &V) -> Option<String> {
    match v {
        Json(Value::String(s)) => Some(s.to_string()),
        Json(Value::Double(d)) if d.fract() == 0.0 && d.abs() < 9e18 => {
            Some(format!("{:.0}", d + 0.0))
        }
        Json(v @ (Value::Boolean(_) | Value::Integer(_) | Value::Double(_))) => Some(v.to_string()),
        _ => None,
    }
}

pub(super) struct Naive<'a> {
    pub(super) user: &'a Context,
    pub(super) events: &'a Events,
    pub(super) now: Timestamp,
    pub(super) element: V,
    /// What names are members of, in a condition over elements.
    pub(super) member: Option<Value>,
}

impl Naive<'_> {
    pub(super) fn truth(&mut self, e: &Expr) -> Truth {
        let v = self.eval(e);
        truth(&v)
    }

    fn each(&mut self, items: &[Expr]) -> Vec<V> {
        items.iter().map(|item| self.eval(item)).collect()
    }

    pub(super) fn eval(&mut self, e: &Expr) -> V {
        match &e.node {
            ExprKind::Literal(Literal::Value(v)) => Json(v.clone()),
            ExprKind::Duration(d) => V::Span(d.as_micros()),
            ExprKind::Read { what, operand } => {
                let v = self.eval(operand);
                let read = match what {
                    ReadAs::Timestamp => time(&v).map(V::Time),
                    ReadAs::Semver => sem(&v).map(V::Sem),
                    ReadAs::Version => ver(&v).map(V::Ver),
                };
                read.unwrap_or(NULL)
            }
            ExprKind::Attribute(_) | ExprKind::CheckValue(_) | ExprKind::Inside { .. } => {
                self.find(e).unwrap_or(NULL)
            }
            ExprKind::Element => self.element.clone(),
            ExprKind::Cast { operand, to: KeyType::String } => match self.eval(operand) {
                V::Span(micros) => Json(Duration::from_micros(micros).to_text().into()),
                v => text(&v).map_or(NULL, |text| Json(text.into())),
            },
            ExprKind::Negate(operand) => match self.eval(operand) {
                V::Span(micros) => V::Span(-micros),
                Json(Value::Integer(n)) => {
                    Json(n.checked_neg().map_or(Value::Null, Value::Integer))
                }
                Json(Value::Double(d)) => Json(Value::Double(-d)),
                _ => NULL,
            },
            ExprKind::Arithmetic { op, left, right } => {
                let (a, b) = (self.eval(left), self.eval(right));
                arithmetic(*op, &a, &b)
            }
            ExprKind::Call { function, arguments } if *function.node == *"TYPE" => {
                let found = self.find(&arguments[0]);
                let name = match found.as_ref().map_or("missing", kind) {
                    "text" => "string",
                    "json" if matches!(found, Some(Json(Value::List(_)))) => "list",
                    "json" => "object",
                    "time" | "span" | "semver" | "version" => return NULL,
                    other => other,
                };
                Json(name.into())
            }
            ExprKind::Call { function, arguments } => {
                let arguments = self.each(arguments);
                self.call(&function.node, &arguments)
            }
            ExprKind::Behaviour(behaviour) => self.behaviour(behaviour),
            _ => from_truth(self.test(e)),
        }
    }

    /// The value, or nothing if it is missing.
    fn find(&mut self, e: &Expr) -> Option<V> {
        let (mut found, steps) = match &e.node {
            ExprKind::Attribute(path) => {
                let found = match &self.member {
                    Some(member) => member.dig(&path[..1]),
                    None => self.user.attribute(&path[0]),
                };
                (found?.clone(), &path[1..])
            }
            ExprKind::CheckValue(path) => (self.member.clone()?, &path[..]),
            ExprKind::Inside { operand, steps } => match self.eval(operand) {
                Json(value) => (value, &steps[..]),
                _ => return None,
            },
            _ => return Some(self.eval(e)),
        };
        for step in steps {
            found = match found {
                Value::Object(o) => o.get(step).cloned()?,
                _ => return None,
            };
        }
        Some(Json(found))
    }

    /// What `ANY` goes through.
    fn elements(&mut self, list: &Expr) -> Vec<V> {
        let (base, steps) = match &list.node {
            ExprKind::Attribute(path) => {
                let first = expr(ExprKind::Attribute([Arc::clone(&path[0])].into()));
                (self.eval(&first), &path[1..])
            }
            ExprKind::CheckValue(path) => (Json(self.member.clone().unwrap()), &path[..]),
            ExprKind::Inside { operand, steps } => (self.eval(operand), &steps[..]),
            _ => (self.eval(list), &[][..]),
        };
        match base {
            Json(value) => spread(&value, steps).into_iter().map(Json).collect(),
            other if steps.is_empty() => vec![other],
            _ => vec![NULL],
        }
    }

    fn behaviour(&self, behaviour: &Behaviour) -> V {
        let named = self.events.0.iter().filter(|event| match &behaviour.event.node {
            Literal::Value(Value::String(name)) => event.name == &**name,
            _ => false,
        });
        let seen: Vec<_> = named.filter(|event| self.sees(behaviour, event)).collect();
        let wanted = |value: &Value| match &behaviour.equals {
            Some(Spanned { node: Literal::Value(wanted), .. }) => {
                compares(CompareOp::Equal, &Json(value.clone()), &Json(wanted.clone()))
                    == Some(true)
            }
            _ => false,
        };
        let zone = behaviour.zone.as_ref().map(|zone| match &zone.node {
            Literal::Value(Value::String(name)) => TimeZone::get(name).unwrap(),
            other => panic!("{other}"),
        });
        let zone = zone.unwrap_or(TimeZone::UTC);
        match tell(behaviour.aggregate, &seen, behaviour.of.as_ref(), &wanted, &zone) {
            Answer::Null => NULL,
            Answer::Boolean(b) => Json(b.into()),
            Answer::Integer(n) => Json(n.into()),
            Answer::Double(d) => Json(Value::from(d)),
            Answer::Instant(at) => V::Time(at.as_micros()),
            Answer::Value(value) => Json(value.clone()),
        }
    }

    fn sees(&self, behaviour: &Behaviour, event: &Done) -> bool {
        let instant = |literal: &Spanned<Literal>| match &literal.node {
            Literal::Value(Value::String(text)) => at(text),
            other => panic!("{other}"),
        };
        let in_window = event.at <= self.now
            && match &behaviour.window {
                None => true,
                Some(Window::Within(duration)) => {
                    let Given::Here(duration) = duration.node else { panic!("a parameter") };
                    event.at.as_micros() > self.now.as_micros() - duration.as_micros()
                }
                Some(Window::Since(from)) => event.at >= instant(from),
                Some(Window::Span { from, to }) => {
                    event.at >= instant(from) && event.at < instant(to)
                }
            };
        let user = &Context::anonymous().with_all(&event.properties);
        let events = &Events::default();
        let mut inner = Naive { user, events, now: self.now, element: NULL, member: None };
        in_window && behaviour.filter.as_ref().is_none_or(|f| inner.truth(f) == Some(true))
    }

    fn test(&mut self, e: &Expr) -> Truth {
        match &e.node {
            ExprKind::And(items) => and(self.each(items).iter().map(truth)),
            ExprKind::Or(items) => or(self.each(items).iter().map(truth)),
            ExprKind::Not(a) => opposite(self.truth(a)),
            ExprKind::Compare { op, left, right } => {
                compares(*op, &self.eval(left), &self.eval(right))
            }
            ExprKind::Is { operand, what, negated } => {
                let v = self.eval(operand);
                let is = match what {
                    IsWhat::Null => v == NULL,
                    IsWhat::True => truth(&v) == Some(true),
                    IsWhat::False => truth(&v) == Some(false),
                };
                Some(is != *negated)
            }
            ExprKind::Between { operand, low, high, negated } => {
                let (v, low, high) = (self.eval(operand), self.eval(low), self.eval(high));
                let inside = and([
                    compares(CompareOp::GreaterOrEqual, &v, &low),
                    compares(CompareOp::LessOrEqual, &v, &high),
                ]);
                if *negated { opposite(inside) } else { inside }
            }
            ExprKind::In { operand, items, negated } => {
                let v = self.eval(operand);
                let found = or(self.each(items).iter().map(|item| member(&v, item)));
                if *negated { opposite(found) } else { found }
            }
            ExprKind::Contains { operand, quantifier, items, negated } => {
                let v = self.eval(operand);
                let found: Vec<Truth> =
                    self.each(items).iter().map(|item| contains(&v, item)).collect();
                let found = if *quantifier == Quantifier::All { and(found) } else { or(found) };
                if *negated { opposite(found) } else { found }
            }
            ExprKind::Affix { operand, kind, items, negated } => {
                let v = self.eval(operand);
                let found = or(self.each(items).iter().map(|item| affix(*kind, &v, item)));
                if *negated { opposite(found) } else { found }
            }
            _ => self.quantified(e),
        }
    }

    fn quantified(&mut self, e: &Expr) -> Truth {
        match &e.node {
            ExprKind::Any { list, test } => {
                let elements = self.elements(list);
                let outer = self.element.clone();
                let mut found = Vec::new();
                for element in elements {
                    self.element = element;
                    found.push(self.truth(test));
                }
                self.element = outer;
                or(found)
            }
            ExprKind::Each { every, list, filter } => {
                let Json(Value::List(items)) = self.eval(list) else { return None };
                let holds = items.iter().map(|item| {
                    let (user, events, member) = (self.user, self.events, Some(item.clone()));
                    let mut inner = Naive { user, events, now: self.now, element: NULL, member };
                    Some(inner.truth(filter) == Some(true))
                });
                if *every { and(holds.collect::<Vec<_>>()) } else { or(holds.collect::<Vec<_>>()) }
            }
            other => panic!("{other:?}"),
        }
    }

    fn call(&self, name: &str, a: &[V]) -> V {
        match (name, a) {
            ("NOW", _) => V::Time(self.now.as_micros()),
            ("COALESCE", _) => a.iter().find(|v| **v != NULL).cloned().unwrap_or(NULL),
            ("IF", [c, yes, no]) => {
                if truth(c) == Some(true) {
                    yes.clone()
                } else {
                    no.clone()
                }
            }
            ("LOWER", [Json(Value::String(s))]) => Json(s.to_lowercase().into()),
            ("LENGTH", [Json(Value::String(s))]) => {
                Json(Value::Integer(i64::try_from(s.chars().count()).unwrap()))
            }
            ("SIZE", [Json(Value::List(l))]) => {
                Json(Value::Integer(i64::try_from(l.len()).unwrap()))
            }
            ("ABS", [Json(Value::Integer(n))]) => {
                Json(n.checked_abs().map_or(Value::Null, Value::Integer))
            }
            ("ABS", [Json(Value::Double(d))]) => Json(d.abs().into()),
            ("ABS", [V::Span(micros)]) => V::Span(micros.abs()),
            ("ELEMENT", [Json(Value::List(l)), Json(Value::Integer(n))]) => {
                let count = i64::try_from(l.len()).unwrap();
                let places = (1..=count).zip(-count..).zip(l.iter());
                let here = places.filter(|((first, last), _)| n == first || n == last);
                Json(here.map(|(_, item)| item.clone()).next().unwrap_or_default())
            }
            (
                "SUBSTR",
                [Json(Value::String(s)), Json(Value::Integer(from)), Json(Value::Integer(count))],
            ) if *count >= 0 => {
                let (from, count) = (i128::from(*from), i128::from(*count));
                let kept =
                    s.chars().zip(1_i128..).filter(|(_, i)| (from..from + count).contains(i));
                Json(kept.map(|(c, _)| c).collect::<String>().into())
            }
            _ => NULL,
        }
    }
}

fn contains(v: &V, item: &V) -> Truth {
    match (v, item) {
        (Json(Value::Null), _) | (_, Json(Value::Null)) => None,
        (Json(Value::String(s)), Json(Value::String(part))) => Some(s.contains(&**part)),
        (Json(Value::List(l)), Json(item)) => Some(l.iter().any(|v| v.same(item))),
        (Json(Value::String(_) | Value::List(_)), _) => Some(false),
        _ => None,
    }
}

fn affix(kind: AffixKind, v: &V, item: &V) -> Truth {
    let (Json(Value::String(s)), Json(Value::String(a))) = (v, item) else {
        return None;
    };
    Some(if kind == AffixKind::Starts { s.starts_with(&**a) } else { s.ends_with(&**a) })
}

fn is_time(v: &V) -> bool {
    matches!(v, V::Time(_))
}

fn is_span(v: &V) -> bool {
    matches!(v, V::Span(_))
}

#[expect(clippy::cast_precision_loss, reason = "they are short")]
fn ratio(a: i64, b: i64) -> Value {
    Value::from(a as f64 / b as f64)
}

/// A short time so many times: the product is exact, or past all bounds.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "they are short")]
fn multiplied(micros: i64, number: &Value) -> V {
    match number {
        Value::Integer(n) => micros.checked_mul(*n).map_or(NULL, V::Span),
        Value::Double(d) => {
            let product = (micros as f64 * d).round_ties_even();
            if product.abs() < 9.2e18 { V::Span(product as i64) } else { NULL }
        }
        _ => NULL,
    }
}

fn arithmetic(op: ArithmeticOp, a: &V, b: &V) -> V {
    if op == ArithmeticOp::Concatenate {
        return text(a).zip(text(b)).map_or(NULL, |(a, b)| Json((a + &b).into()));
    }
    let shift = |v: &V, by: i64| {
        let at = time(v).and_then(|t| Timestamp::from_micros(t.checked_add(by)?));
        at.map_or(NULL, |at| V::Time(at.as_micros()))
    };
    match (a, b) {
        (V::Span(a), V::Span(b)) => match op {
            ArithmeticOp::Add => V::Span(a + b),
            ArithmeticOp::Subtract => V::Span(a - b),
            ArithmeticOp::Divide => Json(ratio(*a, *b)),
            _ => NULL,
        },
        (V::Span(d), Json(n)) | (Json(n), V::Span(d)) if op == ArithmeticOp::Multiply => {
            multiplied(*d, n)
        }
        (a, b) if op == ArithmeticOp::Subtract && (is_time(a) || is_time(b)) && !is_span(b) => {
            time(a).zip(time(b)).map_or(NULL, |(a, b)| V::Span(a - b))
        }
        (a, V::Span(d)) if op == ArithmeticOp::Add => shift(a, *d),
        (a, V::Span(d)) if op == ArithmeticOp::Subtract => shift(a, -d),
        (V::Span(d), b) if op == ArithmeticOp::Add => shift(b, *d),
        (Json(Value::Integer(a)), Json(Value::Integer(b))) if op != ArithmeticOp::Divide => {
            let (a, b) = (i128::from(*a), i128::from(*b));
            let result = match op {
                ArithmeticOp::Add => Some(a + b),
                ArithmeticOp::Subtract => Some(a - b),
                ArithmeticOp::Multiply => Some(a * b),
                _ => a.checked_rem(b),
            };
            Json(result.and_then(|n| i64::try_from(n).ok()).map_or(Value::Null, Value::Integer))
        }
        (Json(a), Json(b)) => match (a.as_double(), b.as_double()) {
            (Some(a), Some(b)) => Json(Value::from(match op {
                ArithmeticOp::Add => a + b,
                ArithmeticOp::Subtract => a - b,
                ArithmeticOp::Multiply => a * b,
                ArithmeticOp::Divide => a / b,
                _ => a % b,
            })),
            _ => NULL,
        },
        _ => NULL,
    }
}
