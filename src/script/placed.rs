//! Comments of a statement, each at the piece of its layout at which it is written.

use super::comment::{Trailing, Trivia};
use crate::statement::{Piece, breaks};
use crate::syntax::{Token, TokenKind, Tokens};

/// How many tokens ahead one is looked for that stands in the other text, too.
const WINDOW: usize = 32;

/// A piece of a statement and its comments.
pub(super) struct Placed<'t> {
    pub(super) piece: Piece<'t>,
    /// Comments before it, each on a line of its own.
    pub(super) before: Vec<&'t str>,
    /// Comments at the end of its line.
    pub(super) after: Vec<&'t str>,
    /// Whether it begins a line.
    pub(super) starts_line: bool,
}

/// Places the comments of a statement, given its text, the comments behind it and the pieces of its layout.
///
/// A comment on a line of its own stays before the piece that comes next, one at the end of a line at the piece that
/// it follows. Lists that are written with a line for each item stay so.
pub(super) fn placed<'t>(
    written: &'t str,
    trailing: &'t str,
    pieces: &[Piece<'t>],
) -> Vec<Placed<'t>> {
    let place = |piece: &Piece<'t>| Placed {
        piece: *piece,
        before: Vec::new(),
        after: Vec::new(),
        starts_line: false,
    };
    let mut placing = Placing { placed: pieces.iter().map(place).collect(), forced: Vec::new() };
    for gap in gaps(written, pieces) {
        placing.gap(&gap);
    }
    placing.trailing(trailing);
    placing.done(pieces)
}

/// What stands between two tokens of a statement as it is written, and the pieces before and after it.
struct Gap<'t> {
    text: &'t str,
    before: usize,
    after: usize,
    /// Whether the token before it only joins what follows: `AND` at the end of a line.
    joins: bool,
}

struct Placing<'t> {
    placed: Vec<Placed<'t>>,
    /// The pieces that have to begin a line.
    forced: Vec<usize>,
}

impl<'t> Placing<'t> {
    fn gap(&mut self, gap: &Gap<'t>) {
        let trivia = Trivia::parse(gap.text);
        let is_broken =
            trivia.breaks_at_end > 0 || trivia.comments.iter().any(|c| c.breaks_before > 0);
        if gap.before + 1 == gap.after && is_broken && self.begins_list(gap.after) {
            self.forced.push(gap.after);
        }
        let (same, own) = trivia.comments.split_at(trivia.on_first_line());
        let left = if gap.joins { gap.before.saturating_sub(1) } else { gap.before };
        for comment in same {
            self.after(left, comment.text);
        }
        for comment in own {
            // one in the midst of a line, and of what stands on it
            if gap.before == gap.after && !is_broken {
                self.after(gap.before, comment.text);
            } else {
                self.before(gap.after, comment.text);
            }
        }
    }

    /// Whether a piece is the first of a list between brackets or of segments.
    fn begins_list(&self, at: usize) -> bool {
        let opens = at.checked_sub(1).and_then(|before| self.placed.get(before));
        let is_item = self.placed.get(at).is_some_and(|placed| placed.piece.depth > 1);
        is_item && opens.is_some_and(|placed| placed.piece.opens())
    }

    fn before(&mut self, at: usize, comment: &'t str) {
        if let Some(placed) = self.placed.get_mut(at) {
            placed.before.push(comment);
            self.forced.push(at);
        }
    }

    fn after(&mut self, at: usize, comment: &'t str) {
        if let Some(placed) = self.placed.get_mut(at) {
            placed.after.push(comment);
            self.forced.push(at + 1);
        }
    }

    /// Places the comments behind the statement, which stay behind it.
    fn trailing(&mut self, trailing: &'t str) {
        let last = self.placed.len().saturating_sub(1);
        for comment in Trivia::parse(trailing).comments {
            self.after(last, comment.text);
        }
    }

    /// Decides which pieces begin a line. Of the comments at the end of a line those that end it by themselves go before
    /// the piece, but for the last.
    fn done(mut self, pieces: &[Piece<'t>]) -> Vec<Placed<'t>> {
        for (at, placed) in self.placed.iter_mut().enumerate() {
            let Trailing { moved, kept } = Trailing::of(std::mem::take(&mut placed.after));
            self.forced.extend((!moved.is_empty()).then_some(at));
            placed.before.extend(moved);
            placed.after = kept;
        }
        self.forced.retain(|at| (1..pieces.len()).contains(at));
        for (placed, starts_line) in self.placed.iter_mut().zip(breaks(pieces, &self.forced)) {
            placed.starts_line = starts_line;
        }
        self.placed
    }
}

/// The gaps between the tokens of a statement as it is written. Its pieces are of the canonical text: words in capitals,
/// fewer quotes and parentheses, perhaps other clauses first.
fn gaps<'t>(written: &'t str, pieces: &[Piece<'t>]) -> Vec<Gap<'t>> {
    let (tokens, texts) = tokens_and_gaps(written);
    let layout: Vec<_> = pieces
        .iter()
        .enumerate()
        .flat_map(|(at, piece)| {
            let tokens = Tokens::new(piece.text).filter(|token| !token.kind.is_trivia());
            tokens.enumerate().map(move |(nth, token)| Place { token, piece: at, nth })
        })
        .collect();
    let places = aligned(&tokens, &layout);
    let mut after = Vec::with_capacity(places.len());
    let mut next = pieces.len().saturating_sub(1);
    for place in places.iter().rev() {
        next = place.map_or(next, |place| place.piece);
        after.push(next);
    }
    let (mut before, mut gaps) = (None, Vec::new());
    for ((place, text), after) in places.iter().zip(texts).zip(after.into_iter().rev()) {
        if let Some(Place { token, piece, nth }) = before {
            let joins = nth == 0 && after == piece && is_connective(token);
            gaps.push(Gap { text, before: piece, after, joins });
        }
        before = place.or(before);
    }
    gaps
}

/// The tokens of a text that mean something, and what stands before each.
fn tokens_and_gaps(text: &str) -> (Vec<Token<'_>>, Vec<&str>) {
    let (mut tokens, mut gaps, mut start, mut end) = (Vec::new(), Vec::new(), 0, 0);
    for token in Tokens::new(text) {
        let next = end + token.text.len();
        if !token.kind.is_trivia() {
            tokens.push(token);
            gaps.push(text.get(start..end).unwrap_or_default());
            start = next;
        }
        end = next;
    }
    (tokens, gaps)
}

/// A token of a piece.
#[derive(Clone, Copy)]
struct Place<'t> {
    token: Token<'t>,
    piece: usize,
    /// Which of the tokens of the piece.
    nth: usize,
}

/// Where each token of a text stands in a layout, in which some are missing and others are new.
fn aligned<'t>(tokens: &[Token<'_>], layout: &[Place<'t>]) -> Vec<Option<Place<'t>>> {
    let mut rest = layout;
    let mut places = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let fits = |ahead: &usize| {
            let is_here = rest.get(*ahead).is_some_and(|place| alike(*token, place.token));
            let follows = || {
                next.zip(rest.get(ahead + 1)).is_none_or(|(next, place)| alike(*next, place.token))
            };
            is_here && (*ahead == 0 || follows())
        };
        let found = (0..WINDOW.min(rest.len())).find(fits);
        places.push(found.and_then(|ahead| rest.get(ahead).copied()));
        if let Some(ahead) = found {
            rest = rest.get(ahead + 1..).unwrap_or_default();
        }
    }
    places
}

/// Whether two tokens may be the same in two texts of one statement.
fn alike(written: Token<'_>, canonical: Token<'_>) -> bool {
    let is_number = |token: Token<'_>| token.text.starts_with(|c: char| c.is_ascii_digit());
    let name = |token: Token<'_>| token.text.trim_matches('"').replace("\"\"", "\"");
    match (written.kind, canonical.kind) {
        (TokenKind::Json, TokenKind::Json) => true,
        (TokenKind::Word, TokenKind::Word) if is_number(written) => is_number(canonical),
        (TokenKind::Word, TokenKind::Word) => written.text.eq_ignore_ascii_case(canonical.text),
        (TokenKind::Name, TokenKind::Name | TokenKind::Word)
        | (TokenKind::Word, TokenKind::Name) => name(written) == name(canonical),
        (own, other) => own == other && written.text == canonical.text,
    }
}

fn is_connective(token: Token<'_>) -> bool {
    ["AND", "OR"].iter().any(|word| token.text.eq_ignore_ascii_case(word))
}
