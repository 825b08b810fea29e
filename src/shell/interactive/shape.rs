//! Shapes of statements: how one that is begun may go on, as its help has it.

use pcq::statement::{HELP, TOPICS};
use pcq::{TokenKind, Tokens};

/// The rest of the shape of a statement, after what is typed of it; `None` if that is no start of one, or all of one, or if
/// something in it is open: that ends first.
pub(super) fn rest(typed: &str) -> Option<String> {
    let words = words(typed)?;
    let rest = rest_of(&words)?;
    let is_opened = words.last().is_some_and(|word| word == "(");
    let rest = rest.strip_prefix('(').filter(|_| is_opened).map_or(rest.clone(), str::to_owned);
    (!rest.is_empty()).then_some(rest)
}

/// The words of a statement, keywords in capitals: a name with its dots is one. `None` if something is open, or if the
/// statement has ended.
fn words(typed: &str) -> Option<Vec<String>> {
    let (mut words, mut open) = (Vec::<String>::new(), 0_i32);
    let mut is_dotted = false;
    for token in Tokens::new(typed).filter(|token| !token.kind.is_trivia()) {
        let is_open_json = token.kind == TokenKind::Json && !token.text.ends_with([']', '}']);
        if token.is_open() || is_open_json {
            return None;
        }
        open += i32::from(token.text == "(") - i32::from(token.text == ")");
        let text = token.text.to_ascii_uppercase();
        let goes_on = is_dotted || text == "." || text == "%";
        match words.last_mut().filter(|_| goes_on) {
            Some(name) => name.push_str(&text),
            None => words.push(text),
        }
        is_dotted = token.text == ".";
    }
    let last = words.last()?;
    (last != ";" && (open <= 0 || last == "(")).then_some(words)
}

/// The rest after the words of a statement.
fn rest_of(words: &[String]) -> Option<String> {
    if let [explain, get, ..] = words
        && (explain.as_str(), get.as_str()) == ("EXPLAIN", "GET")
    {
        return words.get(1..).and_then(rest_of);
    }
    let begun = HELP.iter().filter(|help| begins(words, help.name));
    let forms = begun.max_by_key(|help| help.name.len())?.syntax.split(';').map(str::trim);
    let walks = best(forms, words);
    let walk = walks.first()?;
    let inner = words.get(walk.since..).unwrap_or_default();
    match walk.filled_part().map(Part::bare) {
        Some("<action>") => {
            let actions = TOPICS.iter().filter(|topic| topic.name == "ACTIONS");
            Some(alternatives(&best(
                actions.flat_map(|topic| topic.forms).map(|form| form.0),
                inner,
            )))
        }
        Some("<statement>" | "<write>") => rest_of(inner),
        _ => Some(walk.rest()),
    }
}

/// Whether a statement of a name is begun, all the words of which are there. Besides them there may be those that say how.
fn begins(words: &[String], name: &str) -> bool {
    let is_how = |word: &str| matches!(word, "OR" | "COUNT" | "OF");
    let is_altering = |at: usize| at > 1 && words.get(at - 1).is_some_and(|word| word == "OR");
    let own = words.iter().enumerate().filter(|(at, word)| !is_how(word) && !is_altering(*at));
    let mut own = own.map(|(_, word)| word.as_str());
    let is = |typed: &str, word: &str| {
        typed.strip_prefix(word).is_some_and(|more| matches!(more, "" | "S"))
    };
    name.split(' ').all(|word| own.next().is_some_and(|typed| is(typed, word)))
}

/// The forms that most of the words stand in.
fn best<'f>(forms: impl Iterator<Item = &'f str>, words: &[String]) -> Vec<Walk<'f>> {
    let mut walks: Vec<_> = forms.map(|form| Walk::through(form, words)).collect();
    let most = walks.iter().map(|walk| walk.known).max();
    walks.retain(|walk| Some(walk.known) == most);
    walks
}

/// What is next in several forms, or the rest of the only one.
fn alternatives(walks: &[Walk<'_>]) -> String {
    if let [only] = walks {
        return only.rest();
    }
    let mut next: Vec<_> =
        walks.iter().filter_map(|walk| Some(walk.parts.get(walk.next)?.bare())).collect();
    next.dedup();
    next.join(" | ")
}

/// Part of a form: a word, or a place that is filled in.
struct Part<'f> {
    text: &'f str,
    /// How many brackets are open before it, and after it.
    before: usize,
    after: usize,
}

impl<'f> Part<'f> {
    /// The parts of a form.
    fn all(form: &'f str) -> Vec<Self> {
        let (mut is_in_place, mut depth) = (false, 0_usize);
        let texts = form.split(|c: char| {
            is_in_place = c == '<' || is_in_place && c != '>';
            c == ' ' && !is_in_place
        });
        let part = |text: &'f str| {
            let before = depth;
            depth = (depth + text.matches('[').count()).saturating_sub(text.matches(']').count());
            Self { text, before, after: depth }
        };
        texts.map(part).collect()
    }

    /// It without brackets.
    fn bare(&self) -> &'f str {
        self.text.trim_matches(['[', ']', '(', ')', ','])
    }

    fn is_place(&self) -> bool {
        self.text.contains(['<', '\'', '…'])
    }

    /// Whether one word fills it.
    fn is_short(&self) -> bool {
        let words =
            ["<name>", "<key>", "<segment>", "<config>", "<attribute>", "<percent>", "<type>"];
        let is_letter = self.bare().starts_with('<') && self.bare().len() == "<n>".len();
        self.text.contains('\'') || is_letter || words.contains(&self.bare())
    }

    /// Whether it is the first in brackets.
    fn is_first(&self) -> bool {
        self.text.starts_with('[')
    }
}

/// Walk through a form, along the words that are typed.
struct Walk<'f> {
    parts: Vec<Part<'f>>,
    /// The part that is next.
    next: usize,
    /// The place that the last words fill.
    filled: Option<usize>,
    /// The first of those words.
    since: usize,
    /// How many words stand in the form, or begin to fill a place.
    known: usize,
}

impl<'f> Walk<'f> {
    fn through(form: &'f str, words: &[String]) -> Self {
        let parts = Part::all(form);
        let mut walk = Self { parts, next: 0, filled: None, since: 0, known: 0 };
        words.iter().enumerate().for_each(|(at, word)| walk.take(at, word));
        walk
    }

    fn take(&mut self, at: usize, word: &str) {
        let is_repeated = self.filled_part().is_some_and(|part| part.text.ends_with(','));
        if let Some(found) = self.keyword(word) {
            (self.next, self.filled) = (found + 1, None);
        } else if word == "," && is_repeated {
            (self.next, self.filled) = (self.start_of_item(), None);
            return;
        } else if let Some(found) = self.place(word) {
            (self.next, self.filled, self.since) = (found + 1, Some(found), at);
        } else {
            return;
        }
        self.known += 1;
    }

    fn filled_part(&self) -> Option<&Part<'f>> {
        self.parts.get(self.filled?)
    }

    /// The parts that may come next, with their numbers: not those inside of brackets that were not entered.
    fn reachable(&self) -> impl Iterator<Item = (usize, &Part<'f>)> {
        let taken = self.next.checked_sub(1).and_then(|at| self.parts.get(at));
        let (mut least, word) = (taken.map_or(0, |part| part.after), taken.map(Part::bare));
        let mut before: Option<&Part<'f>> = None;
        self.parts.iter().enumerate().skip(self.next).filter(move |(_, part)| {
            least = least.min(part.before);
            let is_begun = before.is_some_and(|part| part.text == "|" || Some(part.bare()) == word);
            before = Some(*part);
            part.before <= least || is_begun && part.before == least + 1
        })
    }

    fn keyword(&self, word: &str) -> Option<usize> {
        self.reachable().find(|(_, part)| part.bare() == word).map(|(at, _)| at)
    }

    /// The place that a word begins to fill: the one that has to be filled, or one that may be by what looks like it.
    fn place(&self, word: &str) -> Option<usize> {
        if word == "(" || word == ")" {
            return None;
        }
        let looks_like = word.starts_with(|c: char| c.is_ascii_digit() || c == '{');
        let is_filling = self.filled_part().is_some_and(|part| !part.is_short());
        let start = self.end_of_alternatives(self.next);
        for (at, part) in self.reachable().skip_while(|(at, _)| *at < start) {
            match (part.is_first(), part.is_place()) {
                (true, true) if looks_like => return Some(at),
                (true, _) => {}
                (false, true) if !is_filling => return Some(at),
                _ => return None,
            }
        }
        None
    }

    /// The first part of what is repeated after the comma behind the place that is filled.
    fn start_of_item(&self) -> usize {
        let mut at = self.filled.unwrap_or(self.next);
        while at > 1 && self.parts.get(at - 1).is_some_and(|part| part.text == "=") {
            at -= 2;
        }
        at
    }

    /// What is left of the form.
    fn rest(&self) -> String {
        let mut at = self.next;
        let is_more = |part: &Part<'_>| part.text.trim_end_matches([']', ')', ',']) == "…";
        while self.filled.is_some() && self.parts.get(at).is_some_and(is_more) {
            at += 1;
        }
        let rest = self.parts.get(self.end_of_alternatives(at)..).unwrap_or_default();
        let rest: Vec<_> = rest.iter().map(|part| part.text).collect();
        balanced(&rest.join(" "))
    }

    /// The first part after the alternatives to what stands before a part: to a word other words, else all up to the
    /// end of the brackets around them, or to the next ones.
    fn end_of_alternatives(&self, mut at: usize) -> usize {
        let is_alternative = |at: usize| self.parts.get(at).is_some_and(|part| part.text == "|");
        let is_word = |part: &&Part<'_>| part.before > 0 && !part.is_first() && !part.is_place();
        if self.filled.is_none() && is_alternative(at) {
            while is_alternative(at) {
                at += 2;
            }
            // the last of them has more words, as all have
            if let Some(more) = self.parts.get(at).filter(is_word) {
                at += self
                    .parts
                    .iter()
                    .skip(at)
                    .take_while(|part| part.before >= more.before)
                    .count();
            }
        } else if let Some(first) = self.parts.get(at).filter(|_| is_alternative(at)) {
            let left = self.parts.iter().skip(at);
            let all = left.take_while(|part| {
                part.before >= first.before && !(part.before == first.before && part.is_first())
            });
            at += all.count();
        }
        at
    }
}

/// The form without brackets that close nothing in it.
fn balanced(form: &str) -> String {
    let (mut depth, mut balanced) = (0_u32, String::with_capacity(form.len()));
    for c in form.chars() {
        match c {
            '[' => depth += 1,
            ']' if depth == 0 => continue,
            ']' => depth -= 1,
            _ => {}
        }
        balanced.push(c);
    }
    balanced
}
