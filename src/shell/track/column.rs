//! The header of a file of comma-separated values: what each column is, and what its cells are.

use std::collections::HashSet;
use std::sync::Arc;

use super::flaw::{Flaw, abridged, unexpected};
use super::instant::instant_of_cell;
use crate::shell::row_format::TimeUnit;
use crate::shell::text::counted;
use pcq::model::{AttributeType, JsonError, NameError};
use pcq::{Error, ErrorKind, Event, Fact, Object, Profile, Timestamp, Value};

/// The columns that are no properties, unless they have a type.
const ROLES: [Role; 4] = [Role::Event, Role::User, Role::At, Role::Id];

/// The types of cells.
const TYPES: [(&str, CellType); 4] = [
    ("string", CellType::String),
    ("number", CellType::Number),
    ("boolean", CellType::Boolean),
    ("json", CellType::Json),
];

/// Columns of a file, by what they mean.
#[derive(Debug, Default)]
pub(super) struct Columns {
    all: Vec<Column>,
    has_events: bool,
    /// The unit of times that are numbers, if it is said.
    unit: Option<TimeUnit>,
}

#[derive(Debug)]
enum Column {
    Role(Role),
    /// A property of the event, or an attribute of the user.
    Value(Arc<str>, CellType),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Role {
    Event,
    User,
    At,
    Id,
}

/// Type of the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellType {
    String,
    Number,
    Boolean,
    Json,
}

/// Contents of a row, cell by cell.
#[derive(Debug, Default)]
struct Said<'a> {
    event: &'a str,
    user: &'a str,
    at: Option<Timestamp>,
    id: Option<&'a str>,
    values: Object,
}

impl Columns {
    /// Reads a header. `unit`: of times that are numbers, if it is said.
    pub(super) fn of(header: &[&str], unit: Option<TimeUnit>) -> Result<Self, Error> {
        let columns: Vec<_> =
            header.iter().map(|name| Column::of(name)).collect::<Result<_, _>>()?;
        refuse_repeated(&columns)?;
        let columns = Self { has_events: has(&columns, Role::Event), all: columns, unit };
        columns.check(header)?;
        Ok(columns)
    }

    fn check(&self, header: &[&str]) -> Result<(), Error> {
        if !has(&self.all, Role::User) {
            let expected = vec!["a column `user`".to_owned()];
            let found = format!("`{}`", abridged(&header.join("`, `")));
            return Err(ErrorKind::Expected { expected, found }.into());
        }
        if !self.has_events && has(&self.all, Role::Id) {
            let hint = "a file without `event` holds profiles; `id:string` is an attribute `id`";
            let expected = vec!["a column `event`".to_owned()];
            let found = "an `id` without it".to_owned();
            return Err(Error::new(ErrorKind::Expected { expected, found }).hint(hint));
        }
        self.sample().check()
    }

    /// A fact with a value in every column: what is wrong with it is wrong with the header.
    fn sample(&self) -> Fact {
        let names = self.all.iter().filter_map(|column| match column {
            Column::Value(name, _) => Some((Arc::clone(name), Value::Null)),
            Column::Role(_) => None,
        });
        self.said(&Said { event: "e", user: "u", values: names.collect(), ..Said::default() })
    }

    /// What a row says.
    pub(super) fn fact(&self, cells: &[&str]) -> Result<Fact, Flaw> {
        if cells.len() != self.all.len() {
            let cells = counted(self.all.len() as u64, "cell");
            let expected = vec![format!("{cells}, as in the header")];
            let found = cells.len().to_string();
            return Err(Error::from(ErrorKind::Expected { expected, found }).into());
        }
        let mut said = Said::default();
        for (column, cell) in self.all.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            column.read(cell, self.unit, &mut said)?;
        }
        Ok(self.said(&said))
    }

    fn said(&self, said: &Said<'_>) -> Fact {
        if !self.has_events {
            let profile = Profile::new(said.user).with_all(&said.values);
            return if let Some(at) = said.at { profile.at(at) } else { profile }.into();
        }
        let mut event = Event::new(said.event, said.user).with_all(&said.values);
        if let Some(at) = said.at {
            event = event.at(at);
        }
        if let Some(id) = said.id {
            event = event.id(id);
        }
        event.into()
    }
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::User => "user",
            Self::At => "at",
            Self::Id => "id",
        }
    }
}

impl Column {
    /// Reads a name of the header, with the type after it.
    fn of(header: &str) -> Result<Self, Error> {
        let Some((name, kind)) = header.rsplit_once(':') else { return Self::without_type(header) };
        match TYPES.iter().find(|(word, _)| *word == kind) {
            Some((_, kind)) => Self::value(name, *kind),
            None => Err(unexpected(&TYPES.map(|(word, _)| word), kind).hint(format!(
                "after a name with a colon goes its type: `{}:string`",
                abridged(header)
            ))),
        }
    }

    fn without_type(name: &str) -> Result<Self, Error> {
        match ROLES.iter().find(|role| name.trim().eq_ignore_ascii_case(role.word())) {
            Some(role) if role.word() == name => Ok(Self::Role(*role)),
            Some(role) => Err(unexpected(&[role.word()], name).hint(format!(
                "`{}:string` is a property or attribute of that name",
                abridged(name)
            ))),
            None => Self::value(name, CellType::String),
        }
    }

    fn value(name: &str, kind: CellType) -> Result<Self, Error> {
        if name.is_empty() {
            return Err(NameError::Empty.into());
        }
        Ok(Self::Value(name.into(), kind))
    }

    /// What it is, and of what name.
    fn name(&self) -> (Option<Role>, &str) {
        match self {
            Self::Role(role) => (Some(*role), role.word()),
            Self::Value(name, _) => (None, name),
        }
    }

    /// Takes in what a cell says, which is not empty.
    fn read<'a>(
        &self,
        cell: &'a str,
        unit: Option<TimeUnit>,
        said: &mut Said<'a>,
    ) -> Result<(), Flaw> {
        match self {
            Self::Role(Role::Event) => said.event = cell,
            Self::Role(Role::User) => said.user = cell,
            Self::Role(Role::At) => said.at = Some(instant_of_cell(cell, unit)?),
            Self::Role(Role::Id) => said.id = Some(cell),
            Self::Value(name, kind) => {
                let value =
                    kind.read(cell).map_err(|why| Flaw::cell(name, cell, kind.wanted(), why))?;
                said.values.insert(Arc::clone(name), value);
            }
        }
        Ok(())
    }
}

impl CellType {
    /// The type of cells with the values of an attribute; `None`: they are texts.
    pub(super) fn of(kind: AttributeType) -> Option<Self> {
        match kind {
            AttributeType::Boolean => Some(Self::Boolean),
            AttributeType::Integer | AttributeType::Double => Some(Self::Number),
            AttributeType::Json => Some(Self::Json),
            _ => None,
        }
    }

    /// The word for it in a header.
    pub(super) fn word(self) -> &'static str {
        TYPES.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// The value of a cell; if it has none, perhaps why.
    fn read(self, cell: &str) -> Result<Value, Option<JsonError>> {
        match self {
            Self::String => Ok(cell.into()),
            Self::Number => number(cell).ok_or(None),
            Self::Boolean => boolean(cell).ok_or(None),
            Self::Json => Value::from_json(cell).map_err(Some),
        }
    }

    /// What is wanted in a cell.
    fn wanted(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Number => "a number as JSON writes it",
            Self::Boolean => "true or false",
            Self::Json => "JSON",
        }
    }
}

fn number(cell: &str) -> Option<Value> {
    Value::from_json(cell).ok().filter(|value| value.as_double().is_some())
}

/// Spreadsheets write `TRUE`, and programs `True` or `true`.
fn boolean(cell: &str) -> Option<Value> {
    let is = |word: &str| cell.eq_ignore_ascii_case(word);
    if is("true") { Some(true.into()) } else { is("false").then(|| false.into()) }
}

fn has(columns: &[Column], role: Role) -> bool {
    columns.iter().any(|column| matches!(column, Column::Role(found) if *found == role))
}

/// A role and a value of the same name are two columns.
fn refuse_repeated(columns: &[Column]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    match columns.iter().map(Column::name).find(|name| !seen.insert(*name)) {
        Some((_, name)) => {
            let name = abridged(name).into_owned();
            Err(ErrorKind::Duplicate { what: "column", name }.into())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Columns, Error> {
        Columns::of(&text.split(',').collect::<Vec<_>>(), None)
    }

    fn fact(columns: &str, row: &str) -> Fact {
        header(columns).unwrap().fact(&row.split(',').collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn columns_have_roles_names_and_types() {
        let event = Event::new("e", "u").with("a", 1.5).with("b", true).with("user", "x");
        let columns = "event,user,at,id,a:number,b:boolean,user:string,c";
        let at = Timestamp::from_millis(1_771_718_400_000.0).unwrap();
        let row = fact(columns, "e,u,1771718400000,i,1.5,TRUE,x,");
        assert_eq!(row, event.at(at).id("i").into());
        let list = Value::from_json("[1]").unwrap();
        let profile = Profile::new("u").with("utm:source", "x").with("t", list).with("n", 7);
        assert_eq!(fact("user,utm:source:string,t:json,n:number", "u,x,[1],7"), profile.into());
    }

    #[test]
    fn a_header_makes_sense() {
        for (columns, code) in [
            ("event,a", "syntax"),
            ("user,id", "syntax"),
            ("Event,user", "syntax"),
            ("event, user", "syntax"),
            ("event,user,a:float", "syntax"),
            ("event,user,", "syntax"),
            ("event,user,:number", "syntax"),
            ("event,user,a,a:number", "duplicate"),
            ("event,user,user", "duplicate"),
            ("user,user_id", "duplicate"),
        ] {
            assert_eq!(header(columns).unwrap_err().code(), code, "{columns}");
        }
        let error = header("event,user,a:numbr").unwrap_err();
        assert!(error.hints()[0].contains("number"), "{error:?}");
    }
}
