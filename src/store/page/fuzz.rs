//! What the fuzzer does to pages: those that it forged get sums that are right.

use std::sync::Arc;

use super::header::{Header, SLOT_BYTES, SLOT_SUM, SLOTS};
use super::node::{Child, summed, whole_sum};
use super::number::Geometry;
use super::tree::{Expected, Tree};

/// How many pages are looked at: the same may be below many.
const PAGES: usize = 2_000;

/// File whose sums are made right.
struct Forgery<'f> {
    bytes: &'f mut [u8],
    geometry: Geometry,
    left: usize,
}

/// Makes the sums of all pages right that are reached from the header, and those of its slots.
pub(in crate::store) fn seal(bytes: &mut [u8]) {
    for at in SLOTS {
        seal_slot(bytes, at);
    }
    let Some(header) = Header::read(bytes) else { return };
    let roots = header.slots().map(|slot| slot.map(|slot| slot.roots).unwrap_or_default());
    let tables = Arc::new(Tree::Tables);
    for (at, roots) in SLOTS.into_iter().zip(roots) {
        let mut forgery = Forgery { bytes, geometry: header.geometry, left: PAGES };
        for root in roots.into_iter().flatten() {
            if let Some(sum) = forgery.seal(root, &tables) {
                let slot = bytes_of(root);
                forgery.put(at..at + SLOT_BYTES, &slot, sum);
            }
        }
        seal_slot(bytes, at);
    }
}

fn seal_slot(bytes: &mut [u8], at: usize) {
    let Some(slot) = bytes.get_mut(at..at + SLOT_BYTES) else { return };
    let (body, sum) = slot.split_at_mut(SLOT_SUM);
    sum.copy_from_slice(&whole_sum(body));
}

/// How a page is referred to: its number, and the half of its sum that is known.
fn bytes_of(child: Child) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&child.page.0.to_le_bytes());
    bytes[8..].copy_from_slice(&child.sum.to_le_bytes());
    bytes
}

impl Forgery<'_> {
    /// The sum of a page, once those of all below it are right.
    fn seal(&mut self, child: Child, tree: &Arc<Tree>) -> Option<[u8; 16]> {
        self.left = self.left.checked_sub(1)?;
        let place = child.page.place(self.geometry);
        let place = usize::try_from(place.start).ok()?..usize::try_from(place.end).ok()?;
        let page = self.bytes.get(place.clone())?.to_vec();
        let (expected, mut below) = (Expected { sum: 0, tree: Arc::clone(tree) }, Vec::new());
        expected.each_below(&page, |child, tree| below.push((child, Arc::clone(tree))));
        for (child, tree) in below {
            let Some(sum) = self.seal(child, &tree) else { continue };
            if page.first() == Some(&2) {
                // the sums of a branch stand apart from the numbers
                self.put(place.clone(), &child.sum.to_le_bytes(), sum);
            } else {
                self.put(place.clone(), &bytes_of(child), sum);
            }
        }
        summed(self.bytes.get(place)?, tree.widths()).map(whole_sum)
    }

    /// Writes a sum where a page is referred to.
    fn put(&mut self, within: std::ops::Range<usize>, reference: &[u8], sum: [u8; 16]) {
        let Some(page) = self.bytes.get_mut(within) else { return };
        let found = page.windows(reference.len()).position(|bytes| bytes == reference);
        let sum_at = found.map(|at| at + reference.len() - 8);
        if let Some(place) = sum_at.and_then(|at| page.get_mut(at..at + 16)) {
            place.copy_from_slice(&sum);
        }
    }
}
