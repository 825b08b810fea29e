//! Ids as files have them: what is around them, and what was made of them.

use crate::shell::text::is_unseen;
use pcq::{Error, ErrorKind, Short};

/// What a line of one id has none of: with them it is of several cells, or a cell in quotes.
pub(super) const SIGNS: [char; 4] = ['"', ',', ';', '\t'];

/// What spreadsheets write where they have no value.
const NO_VALUES: [&str; 7] = ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"];

/// The id of a line, without the blanks around it; none if the line is empty.
pub(super) fn of_line(line: &str) -> Result<Option<&str>, Error> {
    let Some(sign) = line.trim().chars().find(|c| SIGNS.contains(c)) else { return of_cell(line) };
    let why = format!("`{}` is between cells or around them", sign.escape_debug());
    let hint = "`--format csv` reads cells, and `--format lines` takes each line as it is";
    Err(strange(line.trim(), why).hint(hint))
}

/// The same of a cell.
pub(super) fn of_cell(cell: &str) -> Result<Option<&str>, Error> {
    let id = cell.trim();
    if id.contains(is_unseen) {
        return Err(strange(id, "it has a character that cannot be seen".to_owned()));
    }
    if is_rounded(id) || NO_VALUES.contains(&id) {
        return Err(strange(
            id,
            "a spreadsheet wrote it in the place of something else".to_owned(),
        ));
    }
    Ok(as_it_is(id))
}

/// The id of a line, whatever it is made of but blanks around it.
pub(super) fn as_it_is(line: &str) -> Option<&str> {
    Some(line.trim()).filter(|id| !id.is_empty())
}

fn strange(id: &str, why: String) -> Error {
    ErrorKind::BadLiteral { what: "a user id", text: Short(id).to_string(), why }.into()
}

/// Whether it is a long number as spreadsheets show it: `1.23457E+15`.
fn is_rounded(id: &str) -> bool {
    let Some((digits, exponent)) = id.split_once("E+") else { return false };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, rest) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    are_digits(exponent) && are_digits(whole) && are_digits(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_an_id_are_not_of_it() {
        for (line, id) in [
            (" ada\u{a0} ", Some("ada")),
            ("Ada Lovelace\r", Some("Ada Lovelace")),
            ("1E+", Some("1E+")),
            ("E+15", Some("E+15")),
            ("a1E+5", Some("a1E+5")),
            ("1.2", Some("1.2")),
            ("   ", None),
        ] {
            assert_eq!(of_line(line).unwrap(), id, "{line:?}");
        }
    }

    #[test]
    fn what_no_id_looks_like_is_strange() {
        for line in
            ["a,b", "\"a\"", "a;b", "a\tb", "1.23457E+15", "1E+15", "#N/A", "a\u{200b}", "a\0b"]
        {
            assert_eq!(of_line(line).unwrap_err().code(), "bad-literal", "{line:?}");
        }
        assert_eq!(of_cell("a, \"b\"").unwrap(), Some("a, \"b\""));
        assert_eq!(as_it_is(" 1E+15,\" "), Some("1E+15,\""));
    }
}
