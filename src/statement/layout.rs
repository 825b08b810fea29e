//! Layout of a statement: the pieces that it is made of, and which of them begin a line.

use std::fmt::{self, Display};
use std::iter;

use crate::syntax::{TokenKind, Tokens};

/// The longest line that stays whole if it can be broken, in characters.
const LINE_CHARS: usize = 100;
/// How far a line is in for each step down.
const INDENT: &str = "    ";

/// Piece of a statement: a line of it, where it is broken wherever it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    /// 0: the words that the statement starts with; 1: a clause or an action, or what closes its list; 2: an item of the
    /// list of a clause.
    pub(crate) depth: usize,
    pub(crate) text: &'t str,
}

impl<'t> Piece<'t> {
    /// The pieces of the text of a statement that is broken wherever it can be.
    pub(crate) fn all_of(text: &'t str) -> Vec<Self> {
        let (mut pieces, mut start, mut end, mut depth) = (Vec::new(), 0, 0, 0);
        for token in Tokens::new(text) {
            let next = end + token.text.len();
            if let (TokenKind::Blank, Some(indent)) = (token.kind, token.text.strip_prefix('\n')) {
                pieces.push(Self { depth, text: text.get(start..end).unwrap_or_default() });
                (start, depth) = (next, indent.len() / INDENT.len());
            }
            end = next;
        }
        pieces.push(Self { depth, text: text.get(start..).unwrap_or_default() });
        pieces
    }

    /// Whether it belongs to the clause before it.
    fn is_inside(self) -> bool {
        self.depth > 1 || self.closes()
    }

    /// Whether it closes the list of a clause.
    fn closes(self) -> bool {
        self.text.starts_with(')')
    }

    /// Whether a list begins after it.
    pub(crate) fn opens(self) -> bool {
        self.text.ends_with('(') || self.text.ends_with("SEGMENTS")
    }

    /// What stands between it and the piece before on one line.
    pub(crate) fn glue(self, before: Self) -> &'static str {
        if before.text.ends_with('(') || self.closes() { "" } else { " " }
    }

    /// What stands before it at the start of a line.
    pub(crate) fn indent(self) -> String {
        INDENT.repeat(self.depth)
    }

    /// What stands before the comments on the lines before it.
    pub(crate) fn indent_of_comments(self) -> String {
        INDENT.repeat(self.depth + usize::from(self.closes()))
    }
}

/// Which pieces begin a line, given those that have to. A statement that is too long has a line for each clause, and a
/// clause that is too long then one for each item.
pub(crate) fn breaks(pieces: &[Piece<'_>], forced: &[usize]) -> Vec<bool> {
    let Some((_, clauses)) = pieces.split_first() else { return Vec::new() };
    let is_whole = forced.is_empty() && chars(pieces) <= LINE_CHARS;
    let mut breaks = vec![false];
    for clause in clauses.chunk_by(|_, next| next.is_inside()) {
        let inside = breaks.len() + 1..breaks.len() + clause.len();
        let is_broken = INDENT.len() + chars(clause) > LINE_CHARS
            || forced.iter().any(|piece| inside.contains(piece));
        breaks.push(!is_whole);
        breaks.extend(iter::repeat_n(!is_whole && is_broken, inside.len()));
    }
    breaks
}

/// How many characters pieces have on one line, and a comma or `;` behind them.
fn chars(pieces: &[Piece<'_>]) -> usize {
    let texts = pieces.iter().map(|piece| piece.text.chars().count());
    let pairs = pieces.iter().zip(pieces.iter().skip(1));
    let glue = pairs.map(|(before, piece)| piece.glue(*before).len());
    texts.chain(glue).sum::<usize>() + 1
}

/// Writes pieces, some of which begin a line.
fn write(f: &mut fmt::Formatter<'_>, pieces: &[Piece<'_>], breaks: &[bool]) -> fmt::Result {
    let mut before = None;
    for (piece, starts_line) in pieces.iter().zip(breaks) {
        let start = match before {
            None => String::new(),
            Some(_) if *starts_line => format!("\n{}", piece.indent()),
            Some(before) => piece.glue(before).to_owned(),
        };
        write!(f, "{start}{}", piece.text)?;
        before = Some(*piece);
    }
    Ok(())
}

/// A clause of a statement, with a list or without.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    /// What stands before the list, or all of it.
    open: String,
    /// The items, and how far each is in.
    items: Vec<(usize, String)>,
    /// What stands behind the list.
    close: &'static str,
    /// Whether a comma stands behind it.
    comma: bool,
}

impl From<String> for Clause {
    fn from(open: String) -> Self {
        Self { open, items: Vec::new(), close: "", comma: false }
    }
}

impl Clause {
    /// A clause with a list: items with commas between them.
    pub(super) fn of_list<T: Display>(open: String, items: &[T], close: &'static str) -> Self {
        let last = items.len().saturating_sub(1);
        let comma = |at| if at < last { "," } else { "" };
        let items = items.iter().enumerate().map(|(at, item)| (2, format!("{item}{}", comma(at))));
        Self { open, items: items.collect(), close, comma: false }
    }

    /// A word and a condition, whose parts are the items.
    pub(super) fn of_condition(word: &str, parts: Vec<String>) -> Self {
        let mut parts = parts.into_iter();
        let open = format!("{word} {}", parts.next().unwrap_or_default());
        Self { open, items: parts.map(|part| (2, part)).collect(), close: "", comma: false }
    }

    fn and_comma(mut self, comma: bool) -> Self {
        self.comma = comma;
        self
    }

    /// Its pieces, of which the last has the comma.
    fn texts(&self) -> Vec<(usize, String)> {
        let items = self.items.iter().cloned();
        let close = (!self.close.is_empty()).then(|| (1, self.close.to_owned()));
        let mut texts: Vec<_> =
            iter::once((1, self.open.clone())).chain(items).chain(close).collect();
        if let Some((_, last)) = texts.last_mut().filter(|_| self.comma) {
            last.push(',');
        }
        texts
    }
}

/// A statement's head and its clauses: on one line if they fit. The alternate form is broken wherever it can be.
#[derive(Debug)]
pub(super) struct Clauses {
    head: String,
    clauses: Vec<Clause>,
}

impl Clauses {
    pub(super) fn new(head: String) -> Self {
        Self { head, clauses: Vec::new() }
    }

    /// Those of a statement that goes on with more of them.
    pub(super) fn of(word: &str, statement: &impl Display) -> Self {
        let text = format!("{word} {statement:#}");
        let mut pieces = Piece::all_of(&text).into_iter();
        let mut clauses =
            Self::new(pieces.next().map(|piece| piece.text.to_owned()).unwrap_or_default());
        for piece in pieces {
            match clauses.clauses.last_mut().filter(|_| piece.is_inside()) {
                Some(clause) => clause.items.push((piece.depth, piece.text.to_owned())),
                None => clauses.push(piece.text.to_owned()),
            }
        }
        clauses
    }

    pub(super) fn push(&mut self, clause: impl Into<Clause>) {
        self.clauses.push(clause.into());
    }

    pub(super) fn extend<C: Into<Clause>>(&mut self, clauses: impl IntoIterator<Item = C>) {
        self.clauses.extend(clauses.into_iter().map(Into::into));
    }

    /// Adds a clause of a word and a text, if there is one.
    pub(super) fn text<T: Display>(&mut self, word: &str, text: Option<&T>) {
        self.extend(text.map(|text| format!("{word} {text}")));
    }

    /// Adds clauses with commas between them.
    pub(super) fn list<C: Into<Clause>>(&mut self, clauses: impl IntoIterator<Item = C>) {
        let mut clauses = clauses.into_iter().peekable();
        while let Some(clause) = clauses.next() {
            self.clauses.push(clause.into().and_comma(clauses.peek().is_some()));
        }
    }
}

impl Display for Clauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.clauses.iter().flat_map(Clause::texts).collect();
        let clauses = texts.iter().map(|(depth, text)| Piece { depth: *depth, text });
        let head = Piece { depth: 0, text: &self.head };
        let pieces: Vec<_> = iter::once(head).chain(clauses).collect();
        let breaks = if f.alternate() { vec![true; pieces.len()] } else { breaks(&pieces, &[]) };
        write(f, &pieces, &breaks)
    }
}

/// Writes a clause on one line.
impl Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.texts();
        let pieces = texts.iter().map(|(depth, text)| Piece { depth: *depth, text });
        let pieces: Vec<_> = pieces.collect();
        write(f, &pieces, &vec![false; pieces.len()])
    }
}
