//! Walk over all pages of a file, which says which are damaged.

use std::io;
use std::sync::Arc;

use redb::StorageBackend;

use super::header::{HEADER_BYTES, Header, Slot};
use super::node::Child;
use super::number::Geometry;
use super::tree::{Expected, Tree};

/// How often a header is read that somebody may be writing.
const TRIES: usize = 100;

/// Reads every page of the newest commit of a file, and calls a function with what is wrong, until it says that it
/// is enough. The caller holds a read transaction, so no page of a table is used for something else meanwhile;
/// redb's own tables are read only where nobody writes.
pub(in crate::store) fn damaged_pages(
    file: &impl StorageBackend,
    goes_on: &dyn Fn(u64) -> bool,
    mut report: impl FnMut(String) -> bool,
) -> io::Result<()> {
    let length = file.len()?;
    let Some((header, slot)) = newest(file)? else {
        report("the newest commit in its header is damaged".to_owned());
        return Ok(());
    };
    if let Some(problem) = header.is_closed().then(|| header.problem(length)).flatten() {
        report(problem);
        return Ok(());
    }
    let slot = match header.doubted().filter(|_| header.is_closed()) {
        Some(newest) if is_whole(file, &header, newest)? => newest,
        _ => &slot,
    };
    let [tables, own] = slot.roots;
    let mut walk = Walk::new(file, header.geometry, [tables, own.filter(|_| header.is_closed())])?;
    walk.goes_on = Some(goes_on);
    while let Some(problem) = walk.next_problem()? {
        if !report(problem) {
            break;
        }
    }
    Ok(())
}

/// Whether every page of a commit is what it must be.
pub(super) fn is_whole(
    file: &impl StorageBackend,
    header: &Header,
    slot: &Slot,
) -> io::Result<bool> {
    is_sound(file, header.geometry, slot)
}

/// The same, by a geometry.
pub(super) fn is_sound(
    file: &impl StorageBackend,
    geometry: Geometry,
    slot: &Slot,
) -> io::Result<bool> {
    Ok(Walk::new(file, geometry, slot.roots)?.next_problem()?.is_none())
}

/// Whether a commit refers to pages that are not in the file, or to more than the file has, as far as its pages are what
/// they must be.
pub(super) fn is_forged(
    file: &impl StorageBackend,
    header: &Header,
    slot: &Slot,
) -> io::Result<bool> {
    let mut walk = Walk::new(file, header.geometry, slot.roots)?;
    while !walk.is_forged && walk.next_problem()?.is_some() {}
    Ok(walk.is_forged)
}

/// The header, and the slot of the newest commit.
fn newest(file: &impl StorageBackend) -> io::Result<Option<(Header, Slot)>> {
    let mut bytes = [0; HEADER_BYTES];
    for _ in 0..TRIES {
        file.read(0, &mut bytes)?;
        let header = Header::read(&bytes);
        let slot = header.as_ref().and_then(Header::newest).cloned();
        if let Some(found) = header.zip(slot) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

struct Walk<'f, B> {
    file: &'f B,
    geometry: Geometry,
    length: u64,
    /// How many bytes there may still be: a forged file may have the same page below many.
    left: u64,
    /// Whether a page was not in the file, or one too many.
    is_forged: bool,
    /// What is told how many bytes were read, and says whether to go on.
    goes_on: Option<&'f dyn Fn(u64) -> bool>,
    /// The pages to be read.
    pages: Vec<(Child, Arc<Tree>)>,
}

impl<'f, B: StorageBackend> Walk<'f, B> {
    fn new(file: &'f B, geometry: Geometry, roots: [Option<Child>; 2]) -> io::Result<Self> {
        let length = file.len()?;
        let pages = roots.into_iter().flatten().map(|root| (root, Arc::new(Tree::Tables)));
        let (left, pages) = (length, pages.collect());
        Ok(Self { file, geometry, length, left, is_forged: false, goes_on: None, pages })
    }

    /// Goes on to the next page that is damaged.
    fn next_problem(&mut self) -> io::Result<Option<String>> {
        while let Some((child, tree)) = self.pages.pop() {
            let place = child.page.place(self.geometry);
            let expected = Expected { sum: child.sum, tree };
            let length = place.end - place.start;
            if place.end > self.length || length > self.left {
                self.is_forged = true;
                return Ok(Some(expected.damaged(place.start)));
            }
            self.left -= length;
            if self.goes_on.is_some_and(|goes_on| !goes_on(length)) {
                return Ok(None);
            }
            let mut page = vec![0; usize::try_from(length).unwrap_or_default()];
            self.file.read(place.start, &mut page)?;
            if !expected.is_met(&page) {
                return Ok(Some(expected.damaged(place.start)));
            }
            expected.each_below(&page, |child, tree| self.pages.push((child, Arc::clone(tree))));
        }
        Ok(None)
    }
}
