//! Texts that look like something that is in another order.

use crate::error::Short;
use crate::model::SemanticVersion;

/// What a text looks like that is in another order than texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A number.
    Number,
    /// A semantic version.
    Semver,
    /// A version of more parts.
    Version,
}

impl Look {
    /// What a text looks like. With a zero in front it is the number of something, such as a postal code.
    pub(super) fn of(text: &str) -> Option<Self> {
        if is_number(text) {
            return Some(Self::Number);
        }
        let bare = text.strip_prefix('v').unwrap_or(text);
        let numbers = bare.split(['-', '+']).next().unwrap_or_default();
        let parts: Vec<_> = numbers.split('.').collect();
        let is_whole = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        match parts.len() {
            2 | 3 if SemanticVersion::parse(text).is_some() => Some(Self::Semver),
            4..=8 if numbers.len() == text.len() && parts.iter().all(is_whole) => {
                Some(Self::Version)
            }
            _ => None,
        }
    }

    /// What it is called.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Semver | Self::Version => "version",
        }
    }

    /// How it is written as what it looks like.
    pub(super) fn advice(self, text: &str) -> String {
        let text = Short(text);
        match self {
            Self::Number if text.0.contains('.') => {
                format!("a number is `{text}`, a version `SEMVER '{text}'`")
            }
            Self::Number => format!("a number is `{text}`, without quotes"),
            Self::Semver => format!("a version is `SEMVER '{text}'`"),
            Self::Version => format!("a version is `VERSION '{text}'`"),
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_part = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    !whole.is_empty() && is_part(whole) && is_part(part) && !is_padded && !digits.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_look_like_what_they_are() {
        let numbers = ["18", "-3", "5.2", "0", "0.5", "20260101"];
        let semvers = ["5.2.0", "v5.2.0", "v1.2", "5.2.0-beta.1", "1.0.0+7"];
        let others = [
            "",
            "18 ",
            "x",
            "007",
            "02139",
            "2026-01-01",
            "5.",
            ".5",
            "1e3",
            "v5",
            "5.2.x",
            "1.2-",
        ];
        assert!(numbers.iter().all(|text| Look::of(text) == Some(Look::Number)), "{numbers:?}");
        assert!(semvers.iter().all(|text| Look::of(text) == Some(Look::Semver)), "{semvers:?}");
        assert!(
            ["112.1.51.89", "1.2.3.4"].iter().all(|text| Look::of(text) == Some(Look::Version))
        );
        assert!(others.iter().all(|text| Look::of(text).is_none()), "{others:?}");
    }
}
