//! Parameters: the values that `:name` stands for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::unknown_parameter;
use crate::model::{
    Behaviour, Duration, Expr, ExprKind, Given, Instant, Literal, Object, Share, Spanned,
    Timestamp, TimestampError, USER_ID, Value, Window, check_user_id,
};
use crate::syntax;

use super::{Attributes, Text, When};

/// The values that a statement's parameters stand for. Cheap to clone.
///
/// ```
/// let parameters = pcq::Parameters::new().with("id", "u1").with("limit", 10);
/// assert_eq!(parameters.value("id"), Some(&pcq::Value::from("u1")));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters(Arc<BTreeMap<Arc<str>, Value>>);

impl Parameters {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a parameter a value, in place of an older one.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        Arc::make_mut(&mut self.0).insert(name.into(), value.into());
        self
    }

    /// The value of a parameter.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The value that a literal is or stands for.
    pub(crate) fn resolve(&self, literal: &Spanned<Literal>) -> Result<Value> {
        self.lend(literal).cloned()
    }

    fn lend<'a>(&'a self, literal: &'a Spanned<Literal>) -> Result<&'a Value> {
        let value = match &literal.node {
            Literal::Value(value) => value,
            Literal::Parameter(name) => {
                self.0.get(name).ok_or_else(|| unknown_parameter(name).at(literal.span))?
            }
        };
        match value.flaw() {
            None => Ok(value),
            Some(flaw) => Err(crate::Error::from(ErrorKind::Json(flaw)).at(literal.span)),
        }
    }

    /// The text that a literal is or stands for.
    pub(crate) fn text(&self, literal: &Text) -> Result<Arc<str>> {
        match self.lend(literal)? {
            Value::String(text) => Ok(Arc::clone(text)),
            other => Err(crate::Error::from(ErrorKind::Type {
                place: "this clause".into(),
                wanted: "text in single quotes".into(),
                found: other.kind().words().to_owned(),
            })
            .at(literal.span)),
        }
    }

    /// The text that a literal is or stands for; `None` of `NULL`.
    pub(crate) fn nullable(&self, literal: &Text) -> Result<Option<Arc<str>>> {
        match self.resolve(literal)? {
            Value::Null => Ok(None),
            _ => self.text(literal).map(Some),
        }
    }

    /// The text of an optional clause.
    pub(crate) fn optional(&self, literal: Option<&Text>) -> Result<Option<Arc<str>>> {
        literal.map(|text| self.text(text)).transpose()
    }

    /// The instant that a text names.
    pub(crate) fn timestamp(&self, literal: &Text) -> Result<Timestamp> {
        let text = self.text(literal)?;
        Timestamp::parse(&text).map_err(|e| crate::Error::from(e).at(literal.span))
    }

    /// The instant that is meant by a statement that is run now.
    pub(crate) fn instant(&self, instant: &When, now: Timestamp) -> Result<Timestamp> {
        let moved = match &instant.node {
            Instant::Text(text) => {
                return self.timestamp(&Spanned::new(text.clone(), instant.span));
            }
            Instant::Now => Some(now),
            Instant::After(length) => now.checked_add(self.duration(length)?),
            Instant::Before(length) => now.checked_sub(self.duration(length)?),
        };
        let beyond = || TimestampError::Range(instant.to_string());
        moved.ok_or_else(|| crate::Error::from(beyond()).at(instant.span))
    }

    /// The instant of an optional clause, or the one that is meant without it.
    pub(crate) fn instant_or(&self, instant: Option<&When>, now: Timestamp) -> Result<Timestamp> {
        instant.map_or(Ok(now), |instant| self.instant(instant, now))
    }

    /// A thing of a statement: what stands there, or what a parameter is read as.
    fn given<T: Clone>(
        &self,
        given: &Spanned<Given<T>>,
        read: impl FnOnce(Value) -> Result<T>,
    ) -> Result<T> {
        let name = match &given.node {
            Given::Here(thing) => return Ok(thing.clone()),
            Given::Parameter(name) => Literal::Parameter(Arc::clone(name)),
        };
        let value = self.resolve(&Spanned::new(name, given.span))?;
        read(value).map_err(|error| error.at(given.span))
    }

    /// The share of users that is meant: of a parameter a number of percent, or a text such as `50%`.
    pub(crate) fn share(&self, share: &Spanned<Given<Share>>) -> Result<Share> {
        self.given(share, |value| match value {
            Value::String(text) => syntax::share(&text),
            Value::Integer(_) | Value::Double(_) => syntax::share_of_number(&value),
            other => Err(unlike("a share", "a number or a text such as `50%`", &other)),
        })
    }

    /// The whole number that is meant.
    pub(crate) fn whole(&self, number: &Spanned<Given<u64>>) -> Result<Spanned<u64>> {
        let whole = self.given(number, |value| match value {
            Value::Integer(number) if number >= 0 => Ok(number.unsigned_abs()),
            other => Err(unlike("this clause", "a whole number", &other)),
        });
        Ok(Spanned::new(whole?, number.span))
    }

    /// The duration that is meant: of a parameter a text such as `7 DAYS`.
    pub(crate) fn duration(&self, duration: &Spanned<Given<Duration>>) -> Result<Duration> {
        self.given(duration, |value| match value {
            Value::String(text) => syntax::duration(&text),
            other => Err(unlike("this clause", "a duration such as `7 DAYS`", &other)),
        })
    }

    /// A duration for which something is kept, which is longer than nothing; `why`: what is said of others.
    pub(crate) fn keep(&self, keep: &Spanned<Given<Duration>>, why: &str) -> Result<Duration> {
        let found = self.duration(keep)?;
        if found.as_micros() > 0 {
            return Ok(found);
        }
        let is_zero = found.as_micros() == 0; // whose unit is not known to be the one that was written
        let text = if is_zero { "0".to_owned() } else { found.to_string() };
        let why = why.to_owned();
        Err(Error::from(ErrorKind::BadLiteral { what: "the duration", text, why }).at(keep.span))
    }

    /// The text that a literal is or stands for, if a check lets it pass.
    pub(crate) fn checked_text(
        &self,
        literal: &Text,
        check: impl FnOnce(&str) -> Result<()>,
    ) -> Result<Arc<str>> {
        let text = self.text(literal)?;
        check(&text).map_err(|error| error.at(literal.span))?;
        Ok(text)
    }

    /// The id of a user of whom something is stored.
    pub(crate) fn user_id(&self, literal: &Text) -> Result<Arc<str>> {
        self.checked_text(literal, check_user_id)
    }

    /// The attributes of a `WITH` clause.
    pub(crate) fn attributes<'a>(&'a self, attributes: &'a Attributes) -> Result<Cow<'a, Object>> {
        let settings = match attributes {
            Attributes::Json(literal) => return self.object(literal),
            Attributes::Named(settings) => settings,
        };
        let mut members = BTreeMap::new();
        for (name, literal) in settings {
            let own = name.node.as_str().to_owned();
            let twice = members.insert(name.node.to_arc(), self.resolve(literal)?).is_some();
            let wrong = match &*own {
                "user_id" => ErrorKind::UserIdIsGiven,
                _ if twice => ErrorKind::Duplicate { what: "attribute", name: own },
                _ => continue,
            };
            return Err(crate::Error::from(wrong).at(name.span));
        }
        Ok(Cow::Owned(members.into_iter().collect()))
    }

    fn object<'a>(&'a self, literal: &'a Spanned<Literal>) -> Result<Cow<'a, Object>> {
        let wrong = match self.lend(literal)? {
            // each is looked at anyway, and most objects are small: to hash the name would take longer
            Value::Object(members) if members.keys().any(|name| &**name == USER_ID) => {
                ErrorKind::UserIdIsGiven
            }
            Value::Object(members) => return Ok(Cow::Borrowed(members)),
            other => ErrorKind::Type {
                place: "WITH".into(),
                wanted: "a JSON object of attributes".into(),
                found: other.kind().words().to_owned(),
            },
        };
        Err(crate::Error::from(wrong).at(literal.span))
    }

    /// An expression with values in place of its parameters.
    pub(crate) fn bind<'e>(&self, expr: &'e Expr) -> Result<Cow<'e, Expr>> {
        if !has_parameter(expr) {
            return Ok(Cow::Borrowed(expr));
        }
        let mut bound = expr.clone();
        self.bind_in_place(&mut bound)?;
        Ok(Cow::Owned(bound))
    }

    fn bind_in_place(&self, expr: &mut Expr) -> Result<()> {
        let mut todo = vec![expr];
        while let Some(Spanned { node, span }) = todo.pop() {
            match node {
                ExprKind::Literal(literal) => self.replace(literal, *span)?,
                ExprKind::Matches { pattern, .. } => {
                    self.replace(&mut pattern.node, pattern.span)?;
                }
                ExprKind::Behaviour(behaviour) => self.bind_behaviour(behaviour)?,
                _ => {}
            }
            if let ExprKind::Behaviour(_) = node {
                todo.extend(node.filter_mut());
            } else {
                todo.extend(node.operands_mut().into_iter().rev());
            }
        }
        Ok(())
    }

    fn bind_behaviour(&self, behaviour: &mut Behaviour) -> Result<()> {
        behaviour
            .literals_mut()
            .try_for_each(|literal| self.replace(&mut literal.node, literal.span))?;
        if let Some(Window::Within(duration)) = &mut behaviour.window {
            duration.node = self.duration(duration)?.into();
        }
        Ok(())
    }

    fn replace(&self, literal: &mut Literal, span: crate::model::Span) -> Result<()> {
        let resolved = self.resolve(&Spanned::new(literal.clone(), span))?;
        *literal = Literal::Value(resolved);
        Ok(())
    }
}

impl<N: Into<Arc<str>>, V: Into<Value>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(Arc::new(pairs.collect()))
    }
}

impl<N: Into<Arc<str>>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Parameters {
    fn from(pairs: [(N, V); COUNT]) -> Self {
        pairs.into_iter().collect()
    }
}

/// The error for a value of a kind that a clause does not take.
fn unlike(place: &str, wanted: &str, found: &Value) -> crate::Error {
    let found = match found {
        Value::Integer(_) | Value::Double(_) => found.to_string(),
        _ => found.kind().words().to_owned(),
    };
    let error = ErrorKind::Type { place: place.into(), wanted: wanted.into(), found };
    crate::Error::from(error).hint(format!("give the parameter {wanted}"))
}

fn has_parameter(expr: &Expr) -> bool {
    let is_parameter = |literal: &Literal| matches!(literal, Literal::Parameter(_));
    expr.node.parts().any(|(part, _)| match part {
        ExprKind::Literal(literal) => is_parameter(literal),
        ExprKind::Matches { pattern, .. } => is_parameter(&pattern.node),
        ExprKind::Behaviour(behaviour) => {
            let within = |window: &Window| match window {
                Window::Within(duration) => matches!(duration.node, Given::Parameter(_)),
                Window::Since(_) | Window::Span { .. } => false,
            };
            behaviour.window.as_ref().is_some_and(within)
                || behaviour.literals().any(|literal| is_parameter(&literal.node))
        }
        _ => false,
    })
}
