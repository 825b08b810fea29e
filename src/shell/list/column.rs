//! The column of a file in which the ids are.

use crate::shell::args::ColumnArg;
use crate::shell::track::flaw::{abridged, unexpected};
use pcq::{Error, ErrorKind};

/// What columns of ids are called, if nothing else is said; the first of them that is there.
const USUAL: [&str; 6] = ["user", "user_id", "userid", "user id", "uid", "id"];

/// A column, and whether the first row of the file is a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// From 0.
    pub(super) index: usize,
    pub(super) has_header: bool,
}

/// Whether a cell is what columns of ids are called.
pub(super) fn is_usual(cell: &str) -> bool {
    USUAL.iter().any(|name| is_called(cell, name))
}

/// Finds the column by the first row of a file.
pub(super) fn find(first: &[&str], wanted: Option<&ColumnArg>) -> Result<Found, Error> {
    match wanted {
        Some(ColumnArg::Named(name)) => named(first, name),
        Some(ColumnArg::Number(number)) => numbered(first, *number),
        None => usual(first),
    }
}

fn named(first: &[&str], name: &str) -> Result<Found, Error> {
    let exact = first.iter().position(|cell| cell.trim() == name.trim());
    let found = exact.or_else(|| first.iter().position(|cell| is_called(cell, name)));
    let index = found.ok_or_else(|| unexpected(first, name))?;
    Ok(Found { index, has_header: true })
}

fn numbered(first: &[&str], number: usize) -> Result<Found, Error> {
    let index = number - 1;
    let Some(cell) = first.get(index) else {
        let expected = vec![format!("a column from 1 to {}", first.len())];
        return Err(ErrorKind::Expected { expected, found: number.to_string() }.into());
    };
    Ok(Found { index, has_header: is_usual(cell) })
}

fn usual(first: &[&str]) -> Result<Found, Error> {
    let position = |name: &&str| first.iter().position(|cell| is_called(cell, name));
    match (USUAL.iter().find_map(position), first) {
        (Some(index), _) => Ok(Found { index, has_header: true }),
        (None, [_]) => Ok(Found { index: 0, has_header: false }),
        (None, _) => Err(which(first)),
    }
}

fn which(first: &[&str]) -> Error {
    let expected =
        vec![format!("a column called {}", USUAL.map(|name| format!("`{name}`")).join(", "))];
    let cells = first.iter().map(|cell| cell.trim()).collect::<Vec<_>>().join("`, `");
    let found = format!("a first row of `{}`", abridged(&cells));
    Error::new(ErrorKind::Expected { expected, found })
        .hint("`--column NAME` or `--column 2` says where the ids are")
        .hint("`--format lines` takes each line as an id, whatever is in it")
}

fn is_called(cell: &str, name: &str) -> bool {
    cell.trim().eq_ignore_ascii_case(name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(first: &[&str], wanted: Option<&ColumnArg>) -> Option<(usize, bool)> {
        let found = find(first, wanted).ok()?;
        Some((found.index, found.has_header))
    }

    #[test]
    fn a_column_is_found_by_name_or_number_or_what_ids_are_called() {
        let named = |name: &str| ColumnArg::Named(name.to_owned());
        let number = ColumnArg::Number;
        let first = ["id", " Name", "User_ID", "name"];
        assert_eq!(found(&first, None), Some((2, true)));
        assert_eq!(found(&first, Some(&named("name"))), Some((3, true)));
        assert_eq!(found(&first, Some(&named("NAME"))), Some((1, true)));
        assert_eq!(found(&first, Some(&named("mail"))), None);
        assert_eq!(found(&first, Some(&number(3))), Some((2, true)));
        assert_eq!(found(&first, Some(&number(2))), Some((1, false)));
        assert_eq!(found(&first, Some(&number(5))), None);
        assert_eq!(found(&["ada"], None), Some((0, false)));
        assert_eq!(found(&["ada", "bob"], None), None);
    }
}
