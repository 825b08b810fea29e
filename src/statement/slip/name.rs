//! Names of attributes: which are known, and which are nearly one of those.

use std::sync::Arc;

use crate::error::{Note, NoteKind, Slip};
use crate::limits::NAME_BYTES;
use crate::model::{AttributeType, Catalog, USER_ID};

/// Attributes that are declared, or that conditions use.
pub(super) struct Known<'k> {
    catalog: &'k Catalog,
}

impl<'k> Known<'k> {
    pub(super) fn of(catalog: &'k Catalog) -> Self {
        Self { catalog }
    }

    /// Whether an attribute is known.
    pub(super) fn has(&self, name: &str) -> bool {
        self.is_declared(name) || self.catalog.used_attributes().contains_key(name)
    }

    /// Whether an attribute is declared.
    pub(super) fn is_declared(&self, name: &str) -> bool {
        name == USER_ID || self.catalog.attribute_named(name).is_some_and(|found| !found.archived)
    }

    /// Whether nothing says of which type the value of a path is.
    pub(super) fn is_of_any_type(&self, path: &[Arc<str>]) -> bool {
        let is_json = |name: &str| {
            self.catalog
                .attribute_named(name)
                .is_some_and(|found| found.kind == AttributeType::Json)
        };
        !matches!(path, [name] if self.is_declared(name) && !is_json(name))
    }

    /// A note on an attribute that is not known and nearly the same as one that is.
    pub(super) fn misspelt(&self, path: &[Arc<str>]) -> Option<Note> {
        let name = path.first().filter(|name| !self.has(name))?;
        let known = self.closest(name)?;
        let slip = Slip::CloseName { name: name.to_string(), known: known.to_owned() };
        Some(Note::new(NoteKind::Slip(slip)).hint(format!("did you mean `{known}`?")))
    }

    /// The known attribute that is nearest to a name, if that is one or two letters away.
    pub(super) fn closest(&self, name: &str) -> Option<&'k str> {
        if name.len() > NAME_BYTES {
            return None;
        }
        let used = self.catalog.used_attributes().keys().map(|name| &**name);
        let declared = self.catalog.attributes().filter(|attribute| !attribute.archived);
        let declared = declared.map(|attribute| attribute.name.as_str());
        let near = used
            .chain(declared)
            .chain([USER_ID])
            .filter_map(|known| Some((letters(name, known)?, known)));
        near.min().map(|(_, known)| known)
    }
}

/// How many letters two names differ by, if it is so few that one may be meant for the other.
///
/// Names are compared word by word: `max_age` is not meant for `min_age`, `v2` is not for `v1`, nor `devices` for `device`.
fn letters(name: &str, known: &str) -> Option<usize> {
    let is_plural =
        |one: &str, other: &str| ["s", "es"].iter().any(|end| one.strip_suffix(end) == Some(other));
    let is_far = name.len().abs_diff(known.len()) > 2;
    if is_far || is_plural(name, known) || is_plural(known, name) {
        return None;
    }
    let (own, other) = (words(name), words(known));
    if own.len() != other.len() {
        let far = strsim::damerau_levenshtein(&own.concat(), &other.concat());
        return (far == 0 || (far == 1 && name.len() >= LONG)).then_some(1);
    }
    let pairs = own.iter().zip(&other).filter(|(a, b)| a != b);
    let mut sum = 0;
    for (a, b) in pairs {
        let digits = |word: &str| word.trim_matches(|c: char| c.is_ascii_digit()).to_owned();
        let far = strsim::damerau_levenshtein(a, b);
        if far > allowed(a.chars().count().min(b.chars().count())) || digits(a) == digits(b) {
            return None;
        }
        sum += far;
    }
    (sum <= 2).then_some(sum)
}

/// The length from which on two letters may be wrong.
const LONG: usize = 8;

/// How many letters of a word may be wrong.
fn allowed(length: usize) -> usize {
    match length {
        0..4 => 0,
        4..LONG => 1,
        _ => 2,
    }
}

/// The words of a name, in small letters: parts between signs, and from one capital to the next.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let starts = !c.is_alphanumeric() || (c.is_uppercase() && was_small);
        if starts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase() || c.is_ascii_digit();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn names_that_may_be_meant_for_one_another_are_near() {
        for (name, known, far) in [
            ("contry", "country", 1),
            ("cuontry", "country", 1),
            ("ctiy", "city", 1),
            ("subscrpition", "subscription", 1),
            ("subscrptoin", "subscription", 2),
            ("app_verison", "app_version", 1),
            ("Country", "country", 0),
            ("userid", "user_id", 1),
            ("appversion", "app_version", 1),
            ("lastLogn", "lastLogin", 1),
        ] {
            assert_eq!(letters(name, known), Some(far), "{name} {known}");
        }
    }

    #[test]
    fn names_that_people_have_beside_one_another_are_not() {
        for (name, known) in [
            ("min_age", "max_age"),
            ("v1", "v2"),
            ("a", "b"),
            ("age", "ago"),
            ("lat", "lon"),
            ("day_1", "day_2"),
            ("address2", "address1"),
            ("address2", "address"),
            ("plan", "city"),
            ("devices", "device"),
            ("box", "boxes"),
            ("is_ios", "is_web"),
            ("first_name", "last_name"),
            ("os", "osx"),
            ("min_price", "max_price"),
            ("started_at", "stopped_at"),
            ("app_version", "os_version"),
        ] {
            assert_eq!(letters(name, known), None, "{name} {known}");
        }
    }
}
