//! Typed reads of tokens: names, numbers, texts, shares, durations.

use std::sync::Arc;

use super::cursor::{Cursor, Node};
use super::rules::Rule;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Duration, Given, Instant, JsonError, Literal, Name, ObjectKind, Path, Share, Span, Spanned,
    Value,
};

impl Node<'_> {
    /// The literal that the node is: also a text, a timestamp, a parameter.
    pub(crate) fn literal(&self) -> Result<Spanned<Literal>> {
        let mut children = self.children();
        let literal = match self.rule() {
            Rule::literal | Rule::timestamp | Rule::nullable => match children.operand()? {
                minus if minus.rule() == Rule::minus => {
                    Literal::Value(children.node()?.number(true)?)
                }
                inner => inner.literal()?.node,
            },
            Rule::number => Literal::Value(self.number(false)?),
            Rule::string => Literal::from(unquote(self.text(), '\'')),
            Rule::json => Literal::Value(self.json()?),
            Rule::parameter => Literal::Parameter(self.text().trim_start_matches(':').into()),
            Rule::k_true => Literal::from(true),
            Rule::k_false => Literal::from(false),
            Rule::k_null => Literal::Value(Value::Null),
            _ => return Err(self.unexpected()),
        };
        Ok(self.spanned(literal))
    }

    fn json(&self) -> Result<Value> {
        Value::from_json(self.text()).map_err(|error| match error {
            JsonError::NumberRange { at: Some((start, end)) } => {
                let before = self.spanned(()).span.start as usize;
                Error::from(ErrorKind::Json(error)).at(Span::new(before + start, before + end))
            }
            other => self.error(ErrorKind::Json(other)),
        })
    }

    /// The number of a token, with its sign: the least integer has no positive counterpart.
    pub(super) fn number(&self, negative: bool) -> Result<Value> {
        let text = if negative { format!("-{}", self.text()) } else { self.text().to_owned() };
        if text.contains(['.', 'e', 'E']) {
            return self.decimal(text);
        }
        let number = text.parse().map(Value::Integer);
        number.map_err(|_| self.error(ErrorKind::IntegerRange { text }))
    }

    fn decimal(&self, text: String) -> Result<Value> {
        match text.parse::<f64>() {
            Ok(double) if double.is_finite() => Ok(Value::Double(double)),
            _ => {
                let why = "no double is that large".to_owned();
                Err(self.error(ErrorKind::BadLiteral { what: "the number", text, why }))
            }
        }
    }

    /// The whole number of a token, which has no sign.
    fn integer(&self) -> Result<Spanned<u64>> {
        match self.number(false)? {
            Value::Integer(number) => Ok(self.spanned(number.unsigned_abs())),
            _ => Err(self.unexpected()),
        }
    }

    /// The name of a key, segment or config, or one in one piece: an attribute, a step of one, an arm.
    fn name(&self) -> Result<Spanned<Name>> {
        if self.rule() == Rule::built_in {
            return Ok(self.spanned(Name::everyone()));
        }
        let names = [Rule::name, Rule::simple, Rule::step, Rule::alias_name, Rule::given_name];
        if !names.contains(&self.rule()) {
            return Err(self.unexpected());
        }
        let text = self.text();
        let name =
            if text.starts_with('"') { Name::new(unquote(text, '"')) } else { Name::new(text) };
        name.map(|name| self.spanned(name)).map_err(|e| self.error(ErrorKind::BadName(e)))
    }

    /// The attribute that the node is.
    pub(super) fn path(&self) -> Result<Spanned<Path>> {
        Ok(self.spanned(self.children().steps()?))
    }

    /// What stands here, or the parameter that stands for it.
    fn given<T>(&self, read: impl FnOnce(&Self) -> Result<T>) -> Result<Spanned<Given<T>>> {
        let token = self.children().node()?;
        let given = match token.rule() {
            Rule::parameter => Given::Parameter(token.text().trim_start_matches(':').into()),
            _ => Given::Here(read(&token)?),
        };
        Ok(self.spanned(given))
    }

    /// A percentage, or the parameter for one.
    fn share(&self) -> Result<Spanned<Given<Share>>> {
        self.given(|token| share(token.text()).map_err(|kind| self.error(kind)))
    }

    /// An instant: a text, a parameter, or `NOW()` and a duration.
    fn instant(&self) -> Result<Spanned<Instant>> {
        let mut children = self.children();
        if !children.saw(Rule::k_now) {
            return children.literal().map(|text| self.spanned(Instant::Text(text.node)));
        }
        let (mut sign, mut length) = (None, None);
        for child in children {
            match child.rule() {
                Rule::plus | Rule::minus => sign = Some(child.rule()),
                Rule::length => length = Some(child.length()?),
                _ => {}
            }
        }
        Ok(self.spanned(match (sign, length) {
            (Some(Rule::minus), Some(length)) => Instant::Before(length),
            (_, Some(length)) => Instant::After(length),
            (_, None) => Instant::Now,
        }))
    }

    /// A duration, or the parameter for one.
    fn length(&self) -> Result<Spanned<Given<Duration>>> {
        self.given(|token| token.duration().map(|duration| duration.node))
    }

    /// A whole number of some unit.
    pub(super) fn duration(&self) -> Result<Spanned<Duration>> {
        let mut children = self.children();
        let token = children.node()?;
        let unit = children.node()?.text().to_ascii_uppercase();
        let range = || self.error(ErrorKind::IntegerRange { text: token.text().to_owned() });
        let count = token.text().parse().map_err(|_| range())?;
        let duration = Duration::from_units(count, unit_secs(&unit)).ok_or_else(|| {
            self.error(ErrorKind::DurationRange { text: self.trimmed().to_owned() })
        })?;
        Ok(self.spanned(duration))
    }
}

impl Cursor<'_> {
    /// The name of a key, segment or config.
    pub(crate) fn name(&mut self) -> Result<Spanned<Name>> {
        self.operand()?.name()
    }

    /// The kind of an object and its name.
    pub(crate) fn object(&mut self) -> Result<(ObjectKind, Spanned<Name>)> {
        let kind = match self.operand()?.children().node()?.rule() {
            Rule::k_key => ObjectKind::Key,
            Rule::k_segment => ObjectKind::Segment,
            Rule::k_attribute => ObjectKind::Attribute,
            _ => ObjectKind::Config,
        };
        Ok((kind, self.name()?))
    }

    /// A segment; `None` is `EVERYONE`.
    pub(crate) fn segment(&mut self) -> Result<Spanned<Option<Name>>> {
        let node = self.operand()?;
        if node.rule() == Rule::k_everyone {
            return Ok(node.spanned(None));
        }
        let name = node.name()?;
        Ok(Spanned::new(Some(name.node), name.span))
    }

    /// An attribute.
    pub(crate) fn path(&mut self) -> Result<Spanned<Path>> {
        self.operand()?.path()
    }

    /// Whether the rows of a table are only counted: `COUNT OF`.
    pub(crate) fn counts(&mut self) -> bool {
        self.saw(Rule::k_count) && self.saw(Rule::k_of)
    }

    /// A column of a table, and steps into it: one that is called `value`, too.
    pub(crate) fn column(&mut self) -> Result<Spanned<Path>> {
        let node = self.operand()?;
        let path = node.path()?;
        if node.rule() != Rule::check_value {
            return Ok(path);
        }
        Ok(Spanned::new(column_of_value(&path.node), path.span))
    }

    /// The steps that follow, dots passed over.
    pub(super) fn steps(self) -> Result<Path> {
        let steps = self.filter(|child| matches!(child.rule(), Rule::simple | Rule::step));
        steps.map(|step| Ok(step.name()?.node.to_arc())).collect()
    }

    /// A literal, text, timestamp or parameter.
    pub(crate) fn literal(&mut self) -> Result<Spanned<Literal>> {
        self.operand()?.literal()
    }

    /// A literal after a keyword, if the keyword is there.
    pub(crate) fn literal_after(&mut self, keyword: Rule) -> Result<Option<Spanned<Literal>>> {
        if self.saw(keyword) { self.literal().map(Some) } else { Ok(None) }
    }

    /// A whole number.
    pub(crate) fn integer(&mut self) -> Result<Spanned<u64>> {
        self.operand()?.integer()
    }

    /// A whole number, or the parameter for one.
    pub(crate) fn whole(&mut self) -> Result<Spanned<Given<u64>>> {
        let node = self.operand()?;
        node.given(|token| token.integer().map(|number| number.node))
    }

    /// A whole number after a keyword, or the parameter for one, if the keyword is there.
    pub(crate) fn whole_after(&mut self, keyword: Rule) -> Result<Option<Spanned<Given<u64>>>> {
        if self.saw(keyword) { self.whole().map(Some) } else { Ok(None) }
    }

    /// A percentage, or the parameter for one.
    pub(crate) fn share(&mut self) -> Result<Spanned<Given<Share>>> {
        self.operand()?.share()
    }

    /// A duration, or the parameter for one.
    pub(crate) fn length(&mut self) -> Result<Spanned<Given<Duration>>> {
        self.operand()?.length()
    }

    /// An instant.
    pub(crate) fn instant(&mut self) -> Result<Spanned<Instant>> {
        self.operand()?.instant()
    }

    /// An instant after a keyword, if the keyword is there.
    pub(crate) fn instant_after(&mut self, keyword: Rule) -> Result<Option<Spanned<Instant>>> {
        if self.saw(keyword) { self.instant().map(Some) } else { Ok(None) }
    }
}

/// The column that `VALUE` and steps into it are, where names are columns.
pub(crate) fn column_of_value(steps: &[Arc<str>]) -> Path {
    std::iter::once("value".into()).chain(steps.iter().cloned()).collect()
}

/// The text in quotes, where a quote is written twice.
pub(super) fn unquote(text: &str, quote: char) -> Arc<str> {
    let inner = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)).unwrap_or(text);
    let double: String = [quote, quote].iter().collect();
    inner.replace(&double, quote.encode_utf8(&mut [0; 4])).into()
}

/// The share of a number of percent: at most three decimals, at most 100 %.
pub(super) fn share(number: &str) -> std::result::Result<Share, ErrorKind> {
    let text = || number.to_owned();
    let thousandths =
        thousandths(number).ok_or_else(|| ErrorKind::ShareDecimals { text: text() })?;
    let share = u32::try_from(thousandths).ok().and_then(Share::from_thousandths);
    share.ok_or_else(|| ErrorKind::ShareTooLarge { text: text() })
}

/// A decimal number times a thousand, exactly: `None` if that is not whole, `u64::MAX` if it is too large.
fn thousandths(text: &str) -> Option<u64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let bare = significant.trim_end_matches('0');
    let zeros = i64::try_from(significant.len() - bare.len()).unwrap_or(i64::MAX);
    let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let exponent =
        exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
    let shift = exponent.saturating_sub(places).saturating_add(zeros).saturating_add(3);
    let power = u32::try_from(shift).ok().or(if shift < 0 { None } else { Some(u32::MAX) })?;
    let scale = 10_u64.checked_pow(power).unwrap_or(u64::MAX);
    Some(bare.parse::<u64>().map_or(u64::MAX, |n| n.saturating_mul(scale)))
}

fn unit_secs(unit: &str) -> i64 {
    match unit.trim_end_matches('S') {
        "WEEK" => 604_800,
        "DAY" => 86_400,
        "HOUR" => 3_600,
        "MINUTE" => 60,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_exactly() {
        let cases = [
            ("0", Some(0)),
            ("12.5", Some(12_500)),
            ("0.001", Some(1)),
            ("0.0001", None),
            ("1e1", Some(10_000)),
            ("1e-3", Some(1)),
            ("1e-4", None),
            ("0e-99", Some(0)),
            ("33.33300000", Some(33_333)),
            ("100.001", Some(100_001)),
            ("1e99", Some(u64::MAX)),
            ("1e99999999999999999999", Some(u64::MAX)),
            ("1e-99999999999999999999", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(thousandths(text), wanted, "{text}");
        }
    }
}
