//! Versions of software: semantic ones, and dotted whole numbers.

use std::cmp::Ordering;
use std::fmt;

/// A semantic version (2.0.0), read leniently: a leading `v`, and a missing minor or patch as 0.
///
/// Order and equality are by precedence: build metadata does not count.
#[derive(Clone, Debug)]
pub struct SemanticVersion(semver::Version);

impl SemanticVersion {
    /// Parses a version; `None` if the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        if let Some([major, minor, patch]) = three_numbers(text) {
            return Some(Self(semver::Version::new(major, minor, patch))); // the usual case
        }
        let (text, build) = text.split_once('+').map_or((text, None), |(t, b)| (t, Some(b)));
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(n, p)| (n, Some(p)));
        let [major, minor, patch] = three_numbers(numbers)?;
        let mut version = semver::Version::new(major, minor, patch);
        if let Some(pre) = pre {
            version.pre = semver::Prerelease::new(pre).ok().filter(|pre| !pre.is_empty())?;
        }
        if let Some(build) = build {
            version.build = semver::BuildMetadata::new(build).ok().filter(|b| !b.is_empty())?;
        }
        Some(Self(version))
    }

    /// Its numbers, by which versions are in order unless they are the same.
    #[inline]
    pub(crate) fn numbers(&self) -> [u64; 3] {
        [self.0.major, self.0.minor, self.0.patch]
    }
}

/// One to three whole numbers without leading zeros; missing ones are 0.
fn three_numbers(text: &str) -> Option<[u64; 3]> {
    let (mut numbers, mut index) = ([0_u64; 3], 0);
    let mut has_digits = false;
    for byte in text.bytes() {
        let number = numbers.get_mut(index)?;
        match byte {
            b'0'..=b'9' if has_digits && *number == 0 => return None,
            b'0'..=b'9' => {
                *number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                has_digits = true;
            }
            b'.' if has_digits => (index, has_digits) = (index + 1, false),
            _ => return None,
        }
    }
    has_digits.then_some(numbers)
}

impl PartialEq for SemanticVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SemanticVersion {}

impl PartialOrd for SemanticVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SemanticVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp_precedence(&other.0)
    }
}

impl fmt::Display for SemanticVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A version of one to eight dotted whole numbers of 64 bits; missing parts are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DottedVersion([u64; 8]);

impl DottedVersion {
    /// Parses a version; `None` if the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = [0; 8];
        for (index, part) in text.split('.').enumerate() {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *parts.get_mut(index)? = part.parse().ok()?;
        }
        Some(Self(parts))
    }
}

/// Writes it without zeros at the end.
impl fmt::Display for DottedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.iter().rposition(|part| *part > 0).unwrap_or(0);
        let parts = self.0.iter().take(last + 1).map(u64::to_string);
        f.write_str(&parts.collect::<Vec<_>>().join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semantic_versions_are_read_leniently() {
        let v = |text| SemanticVersion::parse(text).unwrap();
        assert_eq!(v("v5.10"), v("5.10.0"));
        assert_eq!(v("4"), v("4.0.0+build.7"));
        assert!(v("1.0-rc.2") < v("1.0.0-rc.10"));
        assert!(v("1-alpha") < v("1"));
        for bad in ["", "v", "1.2.3.4", "01.2", "1.2.3-01", "1..2", "x", "vv1", "1.2.3-"] {
            assert!(SemanticVersion::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn whole_semantic_versions_are_those_of_the_standard() {
        let long = "18446744073709551616.0.0";
        let texts = ["1.2.3", "1.2.3+", "1.2.3-+b", "1.2.3-a+b.-", "1.2.3+b-c", "1.2.3-a..b", long];
        for text in texts.iter().chain(&["1.2.3-0a", "1.2.3-a-b", "1.+2.3", "1.2.3+01", "1.2.3 "]) {
            let (ours, theirs) = (SemanticVersion::parse(text), semver::Version::parse(text).ok());
            assert_eq!(ours.map(|v| v.0), theirs, "{text}");
        }
    }

    #[test]
    fn dotted_versions_have_up_to_eight_parts() {
        let v = |text| DottedVersion::parse(text).unwrap();
        assert_eq!(v("112.1"), v("112.1.0.0"));
        assert!(v("112.1.51.89") < v("112.01.52"));
        assert_eq!(v("112.0.01.0").to_string(), "112.0.1");
        assert_eq!(v("0.0").to_string(), "0");
        for bad in ["", ".", "1.", "1.2.3.4.5.6.7.8.9", "1.x", "-1", "18446744073709551616"] {
            assert!(DottedVersion::parse(bad).is_none(), "{bad}");
        }
    }
}
