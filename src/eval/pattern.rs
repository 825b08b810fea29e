//! Patterns of `MATCHES`: regexes that are compiled when they are first asked for.
//!
//! A short text may be a large regex, so all of a store together have a bound: when it is reached those that were not
//! asked for lately are let go of, and compiled once more when they are.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::ArcSwapOption;
use regex_automata::meta::{self, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::hir::Hir;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{NESTING, REGEX_BYTES, REGEX_SEARCH_BYTES, REGEXES_BYTES};
use crate::stack;

/// A regex.
#[derive(Debug)]
pub(super) struct Pattern {
    text: Arc<str>,
    compiled: ArcSwapOption<Regex>,
    /// Whether it was asked for since that was last looked at.
    asked: AtomicBool,
    shelf: Arc<Shelf>,
}

impl Pattern {
    /// Whether a text has a match; `None` if the pattern is no regex, which only a damaged store brings about.
    pub(super) fn is_match(self: &Arc<Self>, text: &str) -> Option<bool> {
        if let Some(regex) = &*self.compiled.load() {
            if !self.asked.load(Ordering::Relaxed) {
                self.asked.store(true, Ordering::Relaxed);
            }
            return Some(regex.is_match(text));
        }
        let regex = self.compile().ok()?;
        Some(regex.is_match(text))
    }

    /// Checks it, and gives how many bytes it takes, compiled.
    pub(super) fn check(self: &Arc<Self>) -> Result<usize> {
        match &*self.compiled.load() {
            Some(regex) => Ok(regex.memory_usage()),
            None => self.compile().map(|regex| regex.memory_usage()),
        }
    }

    fn compile(self: &Arc<Self>) -> Result<Arc<Regex>> {
        let levels = self.text.len().min(NESTING);
        let regex = stack::levels(levels, || compile(&self.text)).map(Arc::new)?;
        self.shelf.keep(self, &regex);
        Ok(regex)
    }
}

fn compile(text: &str) -> Result<Regex> {
    // what is asked is whether there is a match, never where
    let config = meta::Config::new()
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(REGEX_BYTES))
        .hybrid_cache_capacity(REGEX_SEARCH_BYTES);
    let built = meta::Builder::new().configure(config).build_from_hir(&parse(text)?);
    built.map_err(|error| match error.size_limit() {
        Some(_) => ErrorKind::RegexTooLarge.into(),
        None => no_regex(text, &error),
    })
}

fn parse(text: &str) -> Result<Hir> {
    let nesting = u32::try_from(NESTING).unwrap_or(u32::MAX);
    let parsed = regex_syntax::ParserBuilder::new().nest_limit(nesting).build().parse(text);
    parsed.map_err(|error| match &error {
        regex_syntax::Error::Parse(flaw) if is_too_deep(flaw) => {
            ErrorKind::NestingTooDeep { what: "the parts of a regex" }.into()
        }
        regex_syntax::Error::Parse(flaw) => no_regex(text, flaw.kind()),
        regex_syntax::Error::Translate(flaw) => no_regex(text, flaw.kind()),
        _ => no_regex(text, &error),
    })
}

fn is_too_deep(flaw: &regex_syntax::ast::Error) -> bool {
    matches!(flaw.kind(), regex_syntax::ast::ErrorKind::NestLimitExceeded(_))
}

fn no_regex(text: &str, why: &impl ToString) -> Error {
    let (what, text, why) = ("regex", text.to_owned(), why.to_string());
    ErrorKind::BadLiteral { what, text, why }.into()
}

/// The patterns that are compiled.
#[derive(Debug)]
struct Shelf {
    kept: Mutex<Kept>,
    /// How many bytes they take at most.
    room: usize,
}

impl Default for Shelf {
    fn default() -> Self {
        Self { kept: Mutex::default(), room: REGEXES_BYTES }
    }
}

#[derive(Debug, Default)]
struct Kept {
    /// The one that is first to go in front, each with its bytes.
    patterns: VecDeque<(Weak<Pattern>, usize)>,
    bytes: usize,
}

impl Shelf {
    /// Keeps a regex with its pattern.
    fn keep(&self, pattern: &Arc<Pattern>, regex: &Arc<Regex>) {
        let mut kept = lock(&self.kept);
        if pattern.compiled.load().is_some() {
            return; // another thread did
        }
        pattern.compiled.store(Some(Arc::clone(regex)));
        pattern.asked.store(true, Ordering::Relaxed);
        let bytes = cost(regex);
        kept.patterns.push_back((Arc::downgrade(pattern), bytes));
        kept.bytes += bytes;
        if kept.bytes > self.room {
            kept.shrink(self.room);
        }
    }
}

/// What a regex takes while one thread at a time searches with it.
fn cost(regex: &Regex) -> usize {
    2 * regex.memory_usage() + REGEX_SEARCH_BYTES
}

impl Kept {
    /// Lets go of patterns until the others have room: those that are gone, then those that nobody asked for since
    /// their last turn.
    fn shrink(&mut self, room: usize) {
        self.patterns.retain(|(pattern, _)| pattern.strong_count() > 0);
        self.bytes = self.patterns.iter().map(|(_, bytes)| bytes).sum();
        let mut turns = self.patterns.len();
        while self.bytes > room
            && let Some((weak, bytes)) = self.patterns.pop_front()
        {
            let pattern = weak.upgrade();
            let asked = pattern.as_ref().is_some_and(|p| p.asked.swap(false, Ordering::Relaxed));
            if asked && turns > 0 {
                turns -= 1;
                self.patterns.push_back((weak, bytes));
                continue;
            }
            self.bytes -= bytes;
            pattern.inspect(|pattern| pattern.compiled.store(None));
        }
    }
}

/// Patterns by their texts, each there once.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    known: Mutex<HashMap<Arc<str>, Weak<Pattern>>>,
    shelf: Arc<Shelf>,
}

impl Patterns {
    /// The pattern of a text.
    pub(super) fn at(&self, text: &Arc<str>) -> Arc<Pattern> {
        let mut known = lock(&self.known);
        if let Some(pattern) = known.get(text).and_then(Weak::upgrade) {
            return pattern;
        }
        if known.len() == known.capacity() {
            known.retain(|_, pattern| pattern.strong_count() > 0); // rather than grow by what is gone
        }
        let pattern = Arc::new(Pattern {
            text: Arc::clone(text),
            compiled: ArcSwapOption::empty(),
            asked: AtomicBool::new(false),
            shelf: Arc::clone(&self.shelf),
        });
        known.insert(Arc::clone(text), Arc::downgrade(&pattern));
        pattern
    }
}

/// What is locked is whole between any two operations.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(patterns: &[Arc<Pattern>]) -> usize {
        patterns.iter().filter(|pattern| pattern.compiled.load().is_some()).count()
    }

    fn bytes(patterns: &Patterns) -> usize {
        lock(&patterns.shelf.kept).bytes
    }

    #[test]
    fn a_text_is_one_pattern_and_compiled_when_it_is_asked() {
        let patterns = Patterns::default();
        let (a, b) = (patterns.at(&"^a+$".into()), patterns.at(&"^a+$".into()));
        assert!(Arc::ptr_eq(&a, &b) && compiled(std::slice::from_ref(&a)) == 0);
        assert_eq!((a.is_match("aaa"), b.is_match("aba")), (Some(true), Some(false)));
        assert_eq!(compiled(&[a]), 1);
        assert_eq!(patterns.at(&"(".into()).is_match("("), None);
        for number in 0..1_000 {
            patterns.at(&format!("{number}").into());
        }
        assert!(lock(&patterns.known).capacity() < 100, "the patterns that are gone are kept");
    }

    #[test]
    fn those_that_nobody_asks_for_make_room() {
        let room = 20 * REGEX_SEARCH_BYTES;
        let shelf = Arc::new(Shelf { kept: Mutex::default(), room });
        let patterns = Patterns { known: Mutex::default(), shelf };
        let numbered = |number: usize| patterns.at(&format!("^a{{{number}}}$").into());
        let often = numbered(1);
        let all: Vec<_> = (2..100).map(numbered).collect();
        for (pattern, number) in all.iter().zip(2..) {
            assert_eq!(pattern.is_match(&"a".repeat(number)), Some(true));
            assert_eq!(often.is_match("a"), Some(true));
            assert!(bytes(&patterns) <= room);
        }
        let left = compiled(&all);
        assert!(left > 5 && left < 20, "{left}");
        assert_eq!(compiled(&[often]), 1, "it was asked for all the time");
        assert_eq!(all[0].is_match("aa"), Some(true), "it is compiled again");
        // what is gone takes no room of the others
        drop(all);
        let more: Vec<_> = (200..210).map(numbered).collect();
        assert!(more.iter().all(|pattern| pattern.is_match("a") == Some(false)));
        assert_eq!(compiled(&more), 10);
        assert!(bytes(&patterns) <= room);
    }
}
