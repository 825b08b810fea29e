//! Harm that is done to a file.

use std::ops::Range;

use super::random::Random;

const PAGE: usize = 4096;
/// What redb keeps in its first page.
const HEADER: usize = 320;

/// Kind of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    Flip,
    Header,
    Zero,
    Random,
    Swap,
    Copy,
    Truncate,
    Append,
}

impl Harm {
    pub(crate) const ALL: [Self; 8] = [
        Self::Flip,
        Self::Header,
        Self::Zero,
        Self::Random,
        Self::Swap,
        Self::Copy,
        Self::Truncate,
        Self::Append,
    ];

    /// A file with the harm done to it, and where.
    pub(crate) fn done(self, bytes: &[u8], random: &mut Random) -> (Vec<u8>, String) {
        let mut bytes = bytes.to_vec();
        let place = match self {
            Self::Flip => {
                let at = used(&bytes, random);
                flip(&mut bytes, at, random)
            }
            Self::Header => {
                let at = random.below(HEADER);
                flip(&mut bytes, at, random)
            }
            Self::Zero => {
                let run = run(&bytes, random);
                bytes[run.clone()].fill(0);
                format!("{run:?}")
            }
            Self::Random => {
                let run = run(&bytes, random);
                bytes[run.clone()].fill_with(|| random.between(0, 255).to_le_bytes()[0]);
                format!("{run:?}")
            }
            Self::Swap => {
                let (a, b) = (page(&bytes, random), page(&bytes, random));
                let (one, other) = (bytes[a.clone()].to_vec(), bytes[b.clone()].to_vec());
                bytes[a.clone()].copy_from_slice(&other);
                bytes[b.clone()].copy_from_slice(&one);
                format!("{} and {}", a.start, b.start)
            }
            Self::Copy => {
                let (from, to) = (page(&bytes, random), page(&bytes, random));
                bytes.copy_within(from.clone(), to.start);
                format!("{} to {}", from.start, to.start)
            }
            Self::Truncate => {
                let length = random.below(bytes.len());
                let at_a_page = random.below(2) == 0;
                bytes.truncate(if at_a_page { length / PAGE * PAGE } else { length });
                format!("{} bytes", bytes.len())
            }
            Self::Append => {
                let more = if random.below(2) == 0 { bytes.len() } else { random.below(3 * PAGE) };
                let more: Vec<_> = bytes[..more].to_vec();
                bytes.extend_from_slice(&more);
                format!("{} bytes", more.len())
            }
        };
        (bytes, place)
    }
}

fn flip(bytes: &mut [u8], at: usize, random: &mut Random) -> String {
    let bit = random.below(8);
    bytes[at] ^= 1 << bit;
    format!("bit {bit} of byte {at}")
}

/// A place in a page that is not empty.
fn used(bytes: &[u8], random: &mut Random) -> usize {
    page(bytes, random).start + random.below(PAGE)
}

/// A page that is not empty.
fn page(bytes: &[u8], random: &mut Random) -> Range<usize> {
    loop {
        let start = random.below(bytes.len() / PAGE) * PAGE;
        let page = start..start + PAGE;
        if bytes[page.clone()].iter().any(|byte| *byte != 0) {
            return page;
        }
    }
}

/// A run of bytes, from a few to some pages.
fn run(bytes: &[u8], random: &mut Random) -> Range<usize> {
    let start = used(bytes, random);
    let most = [8, 64, 512, PAGE, 4 * PAGE][random.below(5)];
    start..(start + 1 + random.below(most)).min(bytes.len())
}
