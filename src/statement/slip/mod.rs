//! Slips of a statement: what is legal and likely not what was meant.

mod condition;
mod contradiction;
mod name;
mod text;

use super::binder::Binder;
use super::meaning::{read_check, stored_today};
use super::part::Parts;
use super::{CellSpec, CommandKind, Preview, Previewed, Statement};
use crate::error::{Note, NoteKind, Slip};
use crate::model::{
    AttributeType, Catalog, Expr, KeyType, Literal, Name, Path, Span, Spanned, Value,
};
use name::Known;

/// The slips of a statement, in the order in which they stand there. What cannot be found out, because a parameter has
/// no value, is left to whoever checks the statement.
pub(crate) fn slips(statement: &Statement, binder: &Binder<'_>) -> Vec<Note> {
    if !statement.kind().writes() && statement.kind() != CommandKind::Preview {
        return Vec::new(); // what is looked at stands in writes alone, and in previews of them
    }
    let mut found = Finder { binder, known: Known::of(binder.catalog), notes: Vec::new() };
    let parts = Parts::of(statement);
    parts.conditions.iter().for_each(|condition| found.condition(condition));
    let kind = value_type(statement, binder.catalog);
    parts.checks.iter().for_each(|check| found.check(check, kind));
    parts.defaults.iter().for_each(|(key, kind, value)| found.value(key, *kind, value));
    parts.rollouts.iter().for_each(|rollout| found.by(rollout.by.as_ref()));
    parts.cells().for_each(|(key, cell)| found.cell(&key.node, cell));
    found.notes.sort_by_key(|note| note.span().map_or(0, |span| span.start));
    found.notes
}

/// Finder of slips in one statement.
struct Finder<'f> {
    binder: &'f Binder<'f>,
    known: Known<'f>,
    notes: Vec<Note>,
}

impl Finder<'_> {
    fn condition(&mut self, condition: &Expr) {
        self.slips(condition, |bound| stored_today(self.binder.catalog, bound));
    }

    fn check(&mut self, check: &Expr, kind: Option<AttributeType>) {
        self.slips(check, |bound| read_check(bound, kind?));
    }

    /// The slips of a condition as it is read, or, if it cannot be, as it is written.
    fn slips(&mut self, condition: &Expr, read: impl FnOnce(&Expr) -> Option<Expr>) {
        let Ok(bound) = self.binder.parameters.bind(condition) else { return };
        let read = read(&bound);
        let read = read.as_ref().unwrap_or(&bound);
        self.notes.extend(condition::slips(&bound, read, &self.known));
    }

    fn cell(&mut self, key: &Name, cell: &CellSpec) {
        match cell {
            CellSpec::Value(value) => self.value(key, None, value),
            CellSpec::Split(split) => {
                split.node.arms.iter().for_each(|arm| self.value(key, None, &arm.value));
                self.by(split.node.by.as_ref());
            }
        }
    }

    /// The attribute of whose values something is a share.
    fn by(&mut self, by: Option<&Spanned<Path>>) {
        let note = by.and_then(|by| Some(self.known.misspelt(&by.node)?.at(by.span)));
        self.notes.extend(note);
    }

    /// A value of a key, whose type is that of the key there is if none is said.
    fn value(&mut self, key: &Name, kind: Option<KeyType>, literal: &Spanned<Literal>) {
        let there = self.binder.catalog.key_named(key.as_str()).map(|key| key.kind);
        if kind.or(there) != Some(KeyType::Json) {
            return;
        }
        let Ok(Value::String(text)) = self.binder.parameters.resolve(literal) else { return };
        let what = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(_)) => "an object",
            Ok(Value::List(_)) => "a list",
            _ => return,
        };
        let note = slip_note(Slip::TextForJson { key: key.clone(), what }, literal.span);
        self.notes.push(note.hint(format!("without the quotes it is {what}")));
    }
}

/// The type of the attribute that a statement gives a `CHECK`.
fn value_type(statement: &Statement, catalog: &Catalog) -> Option<AttributeType> {
    match statement {
        Statement::Preview(Preview { what: Previewed::Write(write), .. }) => {
            value_type(write, catalog)
        }
        Statement::CreateAttribute(create) => Some(create.kind),
        Statement::AlterAttribute(alter) => {
            catalog.attribute_named(alter.name.node.as_str()).map(|attribute| attribute.kind)
        }
        _ => None,
    }
}

/// The note of a slip and its place.
fn slip_note(slip: Slip, span: Span) -> Note {
    Note::new(NoteKind::Slip(slip)).at(span)
}
