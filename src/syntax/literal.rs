//! Names, numbers, texts, shares, durations: tokens to values.

use std::sync::Arc;

use super::cursor::{Cursor, Node};
use super::{Rule, parse, split};
use crate::error::{ErrorKind, Result};
use crate::model::{Duration, Literal, Name, Path, Share, Spanned, Value};

/// Parses a literal that stands alone, as the caller of a program gives it.
pub(crate) fn value(text: &str) -> Result<Value> {
    split::check(text)?;
    let node = parse(Rule::lone_literal, text)?;
    match literal(&node)?.node {
        Literal::Value(value) => Ok(value),
        Literal::Parameter(_) => {
            let expected = vec!["a literal".to_owned()];
            Err(node.error(ErrorKind::Expected { expected, found: format!("`{}`", node.text()) }))
        }
    }
}

/// The literal of a node: also of a text, a timestamp, a parameter.
pub(super) fn literal(node: &Node<'_>) -> Result<Spanned<Literal>> {
    let mut children = node.children();
    let literal = match node.rule() {
        Rule::literal | Rule::timestamp => match children.operand()? {
            minus if minus.rule() == Rule::minus => {
                Literal::Value(number(&children.node()?, true)?)
            }
            inner => literal(&inner)?.node,
        },
        Rule::number => Literal::Value(number(node, false)?),
        Rule::string => Literal::from(unquote(node.text(), '\'')),
        Rule::json => Literal::Value(json(node)?),
        Rule::parameter => Literal::Parameter(node.text().trim_start_matches(':').into()),
        Rule::k_true => Literal::from(true),
        Rule::k_false => Literal::from(false),
        Rule::k_null => Literal::Value(Value::Null),
        _ => return Err(node.unexpected()),
    };
    Ok(node.spanned(literal))
}

fn json(node: &Node<'_>) -> Result<Value> {
    Value::from_json(node.text()).map_err(|e| node.error(ErrorKind::Json(e)))
}

/// The number of a token, with its sign: the least integer has no positive counterpart.
pub(super) fn number(node: &Node<'_>, negative: bool) -> Result<Value> {
    let text = if negative { format!("-{}", node.text()) } else { node.text().to_owned() };
    if text.contains(['.', 'e', 'E']) {
        return decimal(node, text);
    }
    let number = text.parse().map(Value::Integer);
    number.map_err(|_| node.error(ErrorKind::IntegerRange { text }))
}

fn decimal(node: &Node<'_>, text: String) -> Result<Value> {
    match text.parse::<f64>() {
        Ok(double) if double.is_finite() => Ok(Value::Double(double)),
        _ => {
            let why = "no double is that large".to_owned();
            Err(node.error(ErrorKind::BadLiteral { what: "the number", text, why }))
        }
    }
}

/// The whole number of a token, which has no sign.
pub(super) fn integer(node: &Node<'_>) -> Result<Spanned<u64>> {
    match number(node, false)? {
        Value::Integer(number) => Ok(node.spanned(number.unsigned_abs())),
        _ => Err(node.unexpected()),
    }
}

/// The text in quotes, where a quote is written twice.
pub(super) fn unquote(text: &str, quote: char) -> Arc<str> {
    let inner = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)).unwrap_or(text);
    let double: String = [quote, quote].iter().collect();
    inner.replace(&double, quote.encode_utf8(&mut [0; 4])).into()
}

/// A name in one piece: an attribute, a step of one, an arm.
pub(super) fn simple(node: &Node<'_>) -> Result<Spanned<Arc<str>>> {
    let name = name(node)?;
    Ok(Spanned::new(name.node.to_arc(), name.span))
}

/// The name of a key, segment or config.
pub(super) fn name(node: &Node<'_>) -> Result<Spanned<Name>> {
    if node.rule() == Rule::built_in {
        return Ok(node.spanned(Name::everyone()));
    }
    if !matches!(node.rule(), Rule::name | Rule::simple | Rule::step) {
        return Err(node.unexpected());
    }
    let text = node.text();
    let name = if text.starts_with('"') { Name::new(unquote(text, '"')) } else { Name::new(text) };
    name.map(|name| node.spanned(name)).map_err(|e| node.error(ErrorKind::BadName(e)))
}

/// The steps of an attribute.
pub(super) fn path(node: &Node<'_>) -> Result<Spanned<Path>> {
    Ok(node.spanned(steps(node.children())?))
}

/// The steps that follow, dots passed over.
pub(super) fn steps(children: Cursor<'_>) -> Result<Path> {
    let steps = children.filter(|child| matches!(child.rule(), Rule::simple | Rule::step));
    steps.map(|step| Ok(simple(&step)?.node)).collect()
}

/// The share of a percentage: at most three decimals, at most 100 %.
pub(super) fn share(node: &Node<'_>) -> Result<Spanned<Share>> {
    let token = node.children().node()?;
    let text = || token.text().to_owned();
    let Some(thousandths) = thousandths(token.text()) else {
        return Err(node.error(ErrorKind::ShareDecimals { text: text() }));
    };
    let share = u32::try_from(thousandths).ok().and_then(Share::from_thousandths);
    let share = share.ok_or_else(|| node.error(ErrorKind::ShareTooLarge { text: text() }))?;
    Ok(node.spanned(share))
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

/// A whole number of some unit.
pub(super) fn duration(node: &Node<'_>) -> Result<Spanned<Duration>> {
    let mut children = node.children();
    let token = children.node()?;
    let unit = children.node()?.text().to_ascii_uppercase();
    let range = || node.error(ErrorKind::IntegerRange { text: token.text().to_owned() });
    let count = token.text().parse().map_err(|_| range())?;
    let duration = Duration::from_units(count, unit_secs(&unit))
        .ok_or_else(|| node.error(ErrorKind::DurationRange { text: node.trimmed().to_owned() }))?;
    Ok(node.spanned(duration))
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

    #[test]
    fn lone_values() {
        assert_eq!(value("'it''s'").unwrap(), Value::from("it's"));
        assert_eq!(value("-9223372036854775808").unwrap(), Value::Integer(i64::MIN));
        assert_eq!(value(" - 1.5e3 ").unwrap(), Value::Double(-1500.0));
        assert_eq!(value("9223372036854775808").unwrap_err().code(), "limit");
        assert_eq!(value("1e999").unwrap_err().code(), "bad-literal");
        assert_eq!(value(r#"{"a": 1, "a": 2}"#).unwrap_err().code(), "duplicate");
        for wrong in [":x", "", "1 2", "abc", "[1,]"] {
            assert_eq!(value(wrong).unwrap_err().code(), "syntax", "{wrong}");
        }
    }
}
