//! Values of single arguments.

use std::time::Duration;

use jiff::SignedDuration;

use pcq::{Name, Role, Short, Timestamp, Value};

/// What becomes of the deliveries that a command makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::shell) enum Deliveries {
    /// They are counted.
    Counted,
    /// They leave no trace.
    #[default]
    Uncounted,
}

/// Reads `name=value`, whose value is a literal of the language, else the text as it is.
pub(super) fn parameter(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected name=value")?;
    let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if !name.chars().all(is_name)
        || name.starts_with(|c: char| c.is_ascii_digit())
        || name.is_empty()
    {
        return Err(format!("`{}` is no name of a parameter", Short(name)));
    }
    let value = pcq::parse_value(value).unwrap_or_else(|_| Value::from(value));
    Ok((name.to_owned(), value))
}

/// Reads what is between the cells of a row.
pub(super) fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [b'"' | b'\r' | b'\n'] => Err("rows and quotes need it".to_owned()),
        [byte] => Ok(*byte),
        _ => Err("expected one character of ASCII, or \\t".to_owned()),
    }
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::shell) enum ColumnArg {
    /// The one with a name in the header.
    Named(String),
    /// One by its number, from 1.
    Number(usize),
}

/// Reads the name or the number of a column.
pub(super) fn column(text: &str) -> Result<ColumnArg, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(ColumnArg::Named(text.to_owned()));
    }
    match text.parse() {
        Ok(number) if number > 0 => Ok(ColumnArg::Number(number)),
        _ => Err("columns are counted from 1".to_owned()),
    }
}

/// Reads a name without quotes.
pub(super) fn name(text: &str) -> Result<Name, String> {
    Name::new(text).map_err(|error| error.to_string())
}

/// Reads a role.
pub(super) fn role(text: &str) -> Result<Role, String> {
    let found = Role::ALL.into_iter().find(|role| role.as_str() == text);
    found.ok_or_else(|| "the roles are values, read, draft, publish and admin".to_owned())
}

/// Reads an instant.
pub(super) fn timestamp(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| {
        let error = pcq::Error::from(error);
        error.hints().iter().fold(error.to_string(), |told, hint| format!("{told}; {hint}"))
    })
}

/// Reads how long something takes: as the language writes it, or shorter.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let read = text.to_ascii_lowercase().parse::<SignedDuration>().ok();
    read.and_then(|read| read.try_into().ok())
        .ok_or_else(|| "expected a duration such as 5s, 500ms or '2 MINUTES'".to_owned())
}
