//! Rows as records of JSON.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::rows::{Column, Form, Rows};
use crate::error::{Error, ErrorKind, Result, Short};
use crate::model::Value;

/// A row with the names of its columns: in JSON an object with a member for each that is not blank, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    rows: &'r Rows,
    /// Which of them it is, from 0.
    row: usize,
    values: &'r [Value],
}

impl<'r> Record<'r> {
    /// The columns and the values in them; a blank cell is none.
    pub fn members(self) -> impl Iterator<Item = (&'r str, &'r Value)> {
        let is_blank = move |column| {
            matches!(self.rows.form(self.row, column), Some(Form::Blank | Form::Absent))
        };
        let members = self.rows.columns().iter().map(Column::name).zip(self.values).enumerate();
        members.filter(move |(column, _)| !is_blank(*column)).map(|(_, member)| member)
    }
}

impl Rows {
    /// The rows with the names of their columns.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY theme STRING DEFAULT 'light';")?;
    /// let outcomes = db.execute("GET theme FOR USER 'u1';")?;
    /// let record = outcomes[0].rows().and_then(|rows| rows.records().next()).unwrap();
    /// assert_eq!(record.members().nth(1), Some(("value", &pcq::Value::from("light"))));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        (0..self.len()).map(|row| self.record(row))
    }

    /// The rows as values of a type of Rust, whose members are named like columns. Instants are texts.
    ///
    /// # Errors
    ///
    /// `type-mismatch` if a row is no such value.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        self.records().map(Record::deserialize).collect()
    }

    /// A row with the names of its columns.
    pub(crate) fn record(&self, row: usize) -> Record<'_> {
        let values = self.rows().get(row).map(Vec::as_slice).unwrap_or_default();
        Record { rows: self, row, values }
    }

    /// The rows as JSON: an array of objects on one line.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY theme STRING DEFAULT 'light';")?;
    /// let outcomes = db.execute("SHOW STATS FOR KEYS;")?;
    /// let json = outcomes[0].rows().unwrap().to_json();
    /// assert!(json.starts_with(r#"[{"key":"theme","status":"active","#), "{json}");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let records: Vec<_> = self.records().map(Record::to_json).collect();
        format!("[{}]", records.join(","))
    }
}

impl Record<'_> {
    /// The row as a value of a type of Rust, whose members are named like columns. Instants are texts.
    ///
    /// # Errors
    ///
    /// `type-mismatch` if it is no such value.
    pub fn deserialize<T: DeserializeOwned>(self) -> Result<T> {
        let cells = self.rows.columns().iter().zip(self.values);
        let cell = |(column, value): (&Column, &Value)| {
            Ok((column.name().to_owned(), serde_json::to_value(value)?))
        };
        let object = cells.map(cell).collect::<serde_json::Result<_>>();
        let read = object.and_then(|o| serde_json::from_value(serde_json::Value::Object(o)));
        read.map_err(|error| {
            let (place, found) = ("a row".to_owned(), error.to_string());
            ErrorKind::Type { place, wanted: std::any::type_name::<T>().to_owned(), found }.into()
        })
    }

    /// The value of a column, as a type of Rust. Instants are texts.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY theme STRING DEFAULT 'light';")?;
    /// let rows = db.query("SELECT key, version, description FROM keys")?.into_rows()?;
    /// let row = rows.records().next().unwrap();
    /// let (key, version): (String, u32) = (row.get("key")?, row.get("version")?);
    /// assert_eq!((&*key, version), ("theme", 1));
    /// assert_eq!(row.get::<Option<String>>("description")?, None);
    /// assert_eq!(row.get::<u32>("key").unwrap_err().code(), "type-mismatch");
    /// assert_eq!(row.get::<u32>("kee").unwrap_err().code(), "unknown-column");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `unknown-column` if there is no such column, `type-mismatch` if its value is of another type.
    pub fn get<T: DeserializeOwned>(self, column: &str) -> Result<T> {
        let Some(value) = self.rows.value(self.row, column) else {
            let names = self.rows.columns().iter().map(Column::name);
            let kind = ErrorKind::UnknownColumn { name: column.to_owned() };
            return Err(Error::from(kind).suggest(column, names));
        };
        let read = serde_json::to_value(value).and_then(serde_json::from_value);
        read.map_err(|_| {
            let place = format!("the column `{}`", Short(column));
            let (wanted, found) = (std::any::type_name::<T>().to_owned(), value.kind().to_string());
            ErrorKind::Type { place, wanted, found }.into()
        })
    }

    /// The row as JSON: an object on one line.
    #[must_use]
    pub fn to_json(self) -> String {
        let members = self.members().map(|(name, value)| (name.into(), value.clone()));
        Value::Object(Arc::new(members.collect())).to_string()
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.members())
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.records())
    }
}
