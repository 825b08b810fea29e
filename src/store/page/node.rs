//! Nodes of trees: what is in one page. Whatever the bytes are, nothing here fails but by saying `None`.
//!
//! A leaf is its type, a byte of padding, the count of its pairs as two bytes; then where each key ends and where
//! each value ends, four bytes each, unless their width is fixed; then the keys, and the values. A branch has
//! the count of its keys in the same place, and four bytes of padding; then the sums of its children, which are one
//! more than the keys, and their numbers; then where each key ends, unless their width is fixed, and the keys.

use xxhash_rust::xxh3::xxh3_128;

use super::number::PageNumber;

const LEAF: u8 = 1;
const BRANCH: u8 = 2;

/// Where what follows the counts begins.
const LEAF_HEAD: usize = 4;
const BRANCH_HEAD: usize = 8;
/// The bytes of an offset, a sum, and the number of a page.
const OFFSET: usize = 4;
const SUM: usize = 16;
const NUMBER: usize = 8;

/// Sum of a page: the lower half of the 128 bits of XXH3 that redb keeps. A damaged page has the same with a
/// probability of one in 2^64, and what is known of a page is kept in memory.
pub(super) type Sum = u64;

/// Widths of the keys and the values of a tree, in bytes, where they are fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Widths {
    pub(super) key: Option<u32>,
    pub(super) value: Option<u32>,
}

impl Widths {
    /// The widths of keys and values, as redb's types say them.
    pub(super) fn new((key, value): (Option<usize>, Option<usize>)) -> Self {
        let width = |width: Option<usize>| width.and_then(|width| u32::try_from(width).ok());
        Self { key: width(key), value: width(value) }
    }
}

/// Child of a page: which one, and its sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Child {
    pub(super) page: PageNumber,
    pub(super) sum: Sum,
}

/// The sum of some bytes.
pub(super) fn sum(bytes: &[u8]) -> Sum {
    number_at(&whole_sum(bytes), 0).unwrap_or_default()
}

/// All of the sum of some bytes, as redb writes it.
pub(super) fn whole_sum(bytes: &[u8]) -> [u8; SUM] {
    xxh3_128(bytes).to_le_bytes()
}

/// Four bytes at a place.
pub(super) fn offset_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Eight bytes at a place. Of a sum they are the lower half.
pub(super) fn number_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// What a branch, the header or a table says of a page: its number, and its sum behind that.
pub(super) fn root_at(bytes: &[u8], at: usize) -> Option<Child> {
    let page = PageNumber(number_at(bytes, at)?);
    Some(Child { page, sum: number_at(bytes, at + NUMBER)? })
}

/// The bytes of a page that redb sums: all but what is not used at its end.
pub(super) fn summed(page: &[u8], widths: Widths) -> Option<&[u8]> {
    let end = match *page.first()? {
        LEAF => Leaf::new(page, widths)?.end()?,
        BRANCH => Branch::new(page)?.end(widths.key)?,
        _ => return None,
    };
    page.get(..usize::try_from(end).ok()?)
}

/// The children of a branch; a leaf has none.
pub(super) fn children(page: &[u8]) -> impl Iterator<Item = Child> {
    let branch = (page.first() == Some(&BRANCH)).then(|| Branch::new(page)).flatten();
    branch.into_iter().flat_map(|branch| (0..=branch.keys).map_while(move |n| branch.child(n)))
}

/// The keys and values of a leaf; a branch has none.
pub(super) fn pairs(page: &[u8], widths: Widths) -> impl Iterator<Item = (&[u8], &[u8])> {
    let leaf = (page.first() == Some(&LEAF)).then(|| Leaf::new(page, widths)).flatten();
    leaf.into_iter().flat_map(|leaf| (0..leaf.pairs).map_while(move |n| leaf.pair(n)))
}

/// Where a leaf ends that begins with some bytes, if these are so many that they say it.
pub(super) fn leaf_end(bytes: &[u8], widths: Widths) -> Option<usize> {
    let leaf = (bytes.first() == Some(&LEAF)).then(|| Leaf::new(bytes, widths)).flatten();
    usize::try_from(leaf?.end()?).ok()
}

/// The count in a page, of pairs or of keys; none is empty.
fn count(page: &[u8]) -> Option<usize> {
    let count = page.get(2..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))?;
    Some(usize::from(count)).filter(|count| *count > 0)
}

#[derive(Clone, Copy)]
struct Leaf<'p> {
    page: &'p [u8],
    widths: Widths,
    pairs: usize,
}

impl<'p> Leaf<'p> {
    fn new(page: &'p [u8], widths: Widths) -> Option<Self> {
        Some(Self { page, widths, pairs: count(page)? })
    }

    /// Where the offsets of the values begin.
    fn value_offsets(self) -> usize {
        LEAF_HEAD + self.offsets(self.widths.key)
    }

    /// Where the keys begin.
    fn keys(self) -> usize {
        self.value_offsets() + self.offsets(self.widths.value)
    }

    /// The bytes of offsets.
    fn offsets(self, width: Option<u32>) -> usize {
        if width.is_some() { 0 } else { OFFSET * self.pairs }
    }

    /// Where the keys end.
    fn keys_end(self) -> Option<u64> {
        let last = self.pairs - 1;
        match self.widths.key {
            Some(width) => Some(self.keys() as u64 + u64::from(width) * self.pairs as u64),
            None => offset_at(self.page, LEAF_HEAD + OFFSET * last).map(u64::from),
        }
    }

    /// Where the values end, and so the leaf.
    fn end(self) -> Option<u64> {
        let last = self.pairs - 1;
        match self.widths.value {
            Some(width) => Some(self.keys_end()? + u64::from(width) * self.pairs as u64),
            None => offset_at(self.page, self.value_offsets() + OFFSET * last).map(u64::from),
        }
    }

    /// The key and the value of a pair.
    fn pair(self, n: usize) -> Option<(&'p [u8], &'p [u8])> {
        let keys_end = self.keys_end()?;
        let key = self.piece(self.widths.key, LEAF_HEAD, n, self.keys() as u64)?;
        Some((key, self.piece(self.widths.value, self.value_offsets(), n, keys_end)?))
    }

    /// A piece of those that begin at a place. Without a width it ends where the offset of its number says, and begins
    /// where the one before ends.
    fn piece(self, width: Option<u32>, offsets: usize, n: usize, first: u64) -> Option<&'p [u8]> {
        let ends = |n| offset_at(self.page, offsets + OFFSET * n).map(u64::from);
        let (start, end) = match width {
            Some(width) => {
                let start = first + u64::from(width) * n as u64;
                (start, start + u64::from(width))
            }
            None => (if n == 0 { first } else { ends(n - 1)? }, ends(n)?),
        };
        self.page.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }
}

#[derive(Clone, Copy)]
struct Branch<'p> {
    page: &'p [u8],
    keys: usize,
}

impl<'p> Branch<'p> {
    fn new(page: &'p [u8]) -> Option<Self> {
        Some(Self { page, keys: count(page)? })
    }

    fn numbers(self) -> usize {
        BRANCH_HEAD + SUM * (self.keys + 1)
    }

    fn child(self, n: usize) -> Option<Child> {
        let page = PageNumber(number_at(self.page, self.numbers() + NUMBER * n)?);
        Some(Child { page, sum: number_at(self.page, BRANCH_HEAD + SUM * n)? })
    }

    /// Where the keys end, and so the branch.
    fn end(self, width: Option<u32>) -> Option<u64> {
        let offsets = self.numbers() + NUMBER * (self.keys + 1);
        match width {
            Some(width) => Some(offsets as u64 + u64::from(width) * self.keys as u64),
            None => offset_at(self.page, offsets + OFFSET * (self.keys - 1)).map(u64::from),
        }
    }
}
