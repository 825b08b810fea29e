//! Lines of a difference: what one thing is in two versions.

use crate::model::{HIDDEN, Key, Literal, Name, Value};
use crate::query::rows::{Form, Row};
use crate::query::value::{is_json, optional, text};

/// A row of the table.
pub(in crate::query) struct Line {
    pub(super) item: &'static str,
    pub(super) segment: Value,
    pub(super) key: Value,
    /// The part that differs; `None` is all of it.
    pub(super) path: Option<String>,
    pub(super) from: Side,
    pub(super) to: Side,
}

/// What one version has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Side {
    value: Value,
    form: Option<Form>,
    /// Whether it is a value of a key, which a sentence has as a literal.
    is_value: bool,
}

/// The most characters of a value that a sentence has.
const MOST_CHARS: usize = 40;

impl Line {
    /// A line about no segment and no key; `None` if nothing differs.
    pub(super) fn of(
        item: &'static str,
        from: impl Into<Side>,
        to: impl Into<Side>,
    ) -> Option<Self> {
        let (from, to) = (from.into(), to.into());
        Self::of_hidden(item, from != to, from, to)
    }

    /// The same, if it is known whether anything differs: what is shown may hide it.
    pub(super) fn of_hidden(
        item: &'static str,
        differs: bool,
        from: impl Into<Side>,
        to: impl Into<Side>,
    ) -> Option<Self> {
        let (segment, key, path) = (Value::Null, Value::Null, None);
        differs.then(|| Self { item, segment, key, path, from: from.into(), to: to.into() })
    }

    /// The forms of its cells, as a row of a number.
    pub(super) fn forms(&self, row: usize) -> impl Iterator<Item = ((usize, usize), Form)> + use<> {
        let form = move |column, form: Option<Form>| form.map(|form| ((row, column), form));
        form(4, self.from.form).into_iter().chain(form(5, self.to.form))
    }

    pub(super) fn into_row(self) -> Row {
        let path = optional(self.path.as_deref());
        vec![text(self.item), self.segment, self.key, path, self.from.value, self.to.value]
    }

    /// The same in words.
    pub(super) fn told(&self) -> String {
        let [segment, key] = [&self.segment, &self.key].map(name);
        let change = || format!("{} → {}", self.from.told(), self.to.told());
        let is_new = self.from.value == Value::Null || self.from.value == Value::Boolean(false);
        let done = if is_new { "added" } else { "dropped" };
        let path = self.path.as_deref().unwrap_or_default();
        match self.item {
            "segment" => format!("segment {segment} {done}"),
            "key" => format!("key {key} {done}"),
            "move" => format!("move {segment} {}", change()),
            "rollout" => format!("rollout {segment} {}", change()),
            "salt" => format!("salt {segment}"),
            "split" => format!("{key} of {segment}: {} {}", cut(path), change()),
            "cell" => format!("{key}{} of {segment} {}", cut(path), change()),
            other => other.to_owned(),
        }
    }
}

/// A name as a statement writes it.
fn name(value: &Value) -> String {
    let written = |text: &str| Name::new(text).map_or_else(|_| text.to_owned(), |n| n.to_string());
    let text = value.as_str().unwrap_or_default();
    if text == Name::everyone().as_str() { text.to_owned() } else { written(text) }
}

/// A text that is cut off where it gets long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl From<Value> for Side {
    fn from(value: Value) -> Self {
        Self { value, form: None, is_value: false }
    }
}

impl Side {
    /// A value of a key as it may be shown.
    pub(super) fn of_key(key: Option<&Key>, value: &Value, hidden: bool) -> Self {
        if hidden {
            return text(HIDDEN).into();
        }
        let is_text = value.as_str().is_some() && is_json(key);
        let form = is_text.then_some(Form::JsonText);
        Self { value: value.clone(), form, is_value: true }
    }

    /// A part of a value of JSON, which is not there in one of the two.
    pub(super) fn of_part(part: Option<&Value>) -> Self {
        let Some(part) = part else {
            return Self { value: Value::Null, form: Some(Form::Absent), is_value: false };
        };
        let form = part.as_str().map(|_| Form::JsonText);
        Self { value: part.clone(), form, is_value: true }
    }

    /// A cell that is blank.
    pub(super) fn blank() -> Self {
        Self { value: Value::Null, form: Some(Form::Blank), is_value: false }
    }

    fn told(&self) -> String {
        match (self.form, &self.value) {
            (Some(Form::Blank), _) => "BLANK".to_owned(),
            (Some(Form::Absent), _) => "nothing".to_owned(),
            (Some(Form::JsonText), value) => cut(&value.to_string()),
            (_, value) if self.is_value => cut(&Literal::Value(value.clone()).to_string()),
            (_, value) => {
                cut(value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str())
            }
        }
    }
}
