//! Numbers of pages, and where in the file those pages are.

use std::ops::Range;

/// The bytes of the smallest page, and of the first one, which has the header. redb lets nobody choose others.
pub(super) const PAGE_BYTES: u64 = 4096;

/// The bits of a number that are the region, or the index in it.
const PART: u64 = 0x000F_FFFF;

/// Number of a page, as redb writes it: its order in the highest five bits, then the region, and in the lowest
/// twenty its index in that. A page has as many smallest pages as two to the power of its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageNumber(pub(super) u64);

/// Geometry of a file: the pages of each region. It never changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Pages before those with data.
    pub(super) header_pages: u32,
    /// The most pages with data.
    pub(super) data_pages: u32,
}

impl PageNumber {
    fn order(self) -> u32 {
        // five bits
        u32::try_from(self.0 >> 59).unwrap_or_default()
    }

    fn region(self) -> u64 {
        (self.0 >> 20) & PART
    }

    fn index(self) -> u64 {
        self.0 & (PART >> self.order())
    }

    /// Where the page is; behind every file, if a forged geometry leads there.
    pub(super) fn place(self, geometry: Geometry) -> Range<u64> {
        let bytes = PAGE_BYTES << self.order();
        let regions = geometry.region_bytes().saturating_mul(self.region());
        let within =
            PAGE_BYTES + u64::from(geometry.header_pages) * PAGE_BYTES + self.index() * bytes;
        let start = regions.saturating_add(within);
        start..start.saturating_add(bytes)
    }
}

impl Geometry {
    /// The geometry that redb gives its files, unless it is asked for another one.
    pub(super) const USUAL: Self = Self { header_pages: 0, data_pages: 1 << 20 };

    fn region_bytes(self) -> u64 {
        (u64::from(self.header_pages) + u64::from(self.data_pages)) * PAGE_BYTES
    }

    /// The length of a file with so many full regions, and one with so many pages of data behind them.
    pub(super) fn length(self, full_regions: u32, trailing_pages: u32) -> Option<u64> {
        let trailing = match u64::from(trailing_pages) {
            0 => 0,
            pages => (u64::from(self.header_pages) + pages) * PAGE_BYTES,
        };
        let full = self.region_bytes().checked_mul(full_regions.into())?;
        full.checked_add(trailing)?.checked_add(PAGE_BYTES)
    }
}
