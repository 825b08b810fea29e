//! Backend that checks what is read from another one.

use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};

use super::damage::Damage;
use super::header::{FLAGS, HEADER_BYTES, Header, SLOT_SUM, SLOTS};
use super::known::Known;
use super::node::Child;
use super::number::Geometry;
use super::tree::Tree;
use super::walk::{is_forged, is_whole};

/// Backend that checks what is read from the one below.
#[derive(Debug)]
pub(in crate::store) struct Checked<B> {
    below: B,
    role: Role,
    damage: Damage,
    is_damaged: AtomicBool,
    known: Mutex<Known>,
    untouched: Mutex<Option<Untouched>>,
}

/// What redb does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Role {
    /// It reads, maybe beside another process that writes: what is on the disk by the header is whole.
    Reads,
    /// It writes, so nobody else does; of a file that was not closed properly it checks what it does not believe.
    Writes,
}

/// File that was closed properly, and in which nothing was changed since but for the flag that says so.
#[derive(Debug)]
struct Untouched {
    header: Vec<u8>,
    is_flagged: bool,
}

impl<B: StorageBackend> Checked<B> {
    /// Checks what is read from a backend; what is found is noted in `damage`.
    pub(in crate::store) fn new(below: B, role: Role, damage: &Damage) -> Self {
        Self {
            below,
            role,
            damage: damage.clone(),
            is_damaged: AtomicBool::new(false),
            known: Mutex::default(),
            untouched: Mutex::default(),
        }
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn untouched(&self) -> MutexGuard<'_, Option<Untouched>> {
        self.untouched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn damaged(&self, what: String) -> io::Error {
        self.is_damaged.store(true, Ordering::Release);
        self.damage.note(what)
    }

    /// Checks the header, and learns where the trees begin of the commit that redb goes on with. redb holds its lock on
    /// the header, so nobody begins to write meanwhile, and the length of a file that nobody writes stays.
    fn check_header(&self, bytes: &mut [u8]) -> io::Result<()> {
        let Some(mut header) = Header::read(bytes) else { return Ok(()) };
        let length = self.below.len()?;
        if let Some(problem) = header.is_closed().then(|| header.problem(length)).flatten() {
            return Err(self.damaged(problem));
        }
        let is_still = header.is_closed() || self.role == Role::Writes;
        let doubted = header.doubted().filter(|_| is_still);
        if let (Some(newest), Some(flags)) = (doubted, bytes.get_mut(FLAGS)) {
            *flags = header.reopened(is_whole(&self.below, &header, newest)?);
            header = Header::read(bytes).unwrap_or(header);
        }
        if header.is_closed() {
            self.untouched().get_or_insert_with(|| Untouched::new(bytes));
        }
        let mut known = self.known();
        (known.geometry, known.length) = (header.geometry, length);
        let newest = match self.role {
            Role::Writes if !header.is_believed() => return self.hide_forged(&header, bytes),
            Role::Writes => header.named(),
            Role::Reads => header.newest(),
        };
        let Some(newest) = newest else {
            return Err(self.damaged("the newest commit in its header is damaged".to_owned()));
        };
        if newest.roots.into_iter().flatten().any(|root| !known.holds(root)) {
            return Err(
                self.damaged("the newest commit in its header is not in the file".to_owned())
            );
        }
        let tables = Tree::Tables.into();
        known.begin(newest.roots, is_still);
        let mut roots = newest.roots.into_iter().flatten();
        if roots.all(|root: Child| known.learn(root, &tables, 0)) {
            return Ok(());
        }
        Err(self.damaged("the newest commit in its header is tangled".to_owned()))
    }

    /// Makes the sum of a slot wrong whose commit refers to pages that are not in the file, or to more than the file has:
    /// redb, which checks all pages of such a header, would take memory for them first, or for ever.
    fn hide_forged(&self, header: &Header, bytes: &mut [u8]) -> io::Result<()> {
        for (slot, at) in header.slots().into_iter().zip(SLOTS) {
            let Some(slot) = slot else { continue };
            if is_forged(&self.below, header, slot)?
                && let Some(sum) = bytes.get_mut(at + SLOT_SUM)
            {
                *sum ^= u8::MAX;
            }
        }
        Ok(())
    }

    /// Checks a page, if it is known what it must be, and learns what those below it must be. They are all in the file:
    /// redb takes memory for a page before it reads it, and the number of a page says how much. Each is below this page
    /// once and below no other, or few pages would be a tree that takes for ever to be read.
    fn check_page(&self, offset: u64, page: &[u8]) -> io::Result<()> {
        let Some(expected) = self.known().find(offset, page.len()) else { return Ok(()) };
        if !expected.is_met(page) {
            return Err(self.damaged(expected.damaged(offset)));
        }
        let mut below = Vec::new();
        expected.each_below(page, |child, tree| below.push((child, Arc::clone(tree))));
        if below.is_empty() {
            return Ok(());
        }
        let mut known = self.known();
        let is_within = below.iter().all(|(child, _)| known.holds(*child));
        let mut is_alone = !is_any_twice(&below, known.geometry);
        for (child, tree) in &below {
            is_alone &= known.learn(*child, tree, offset);
        }
        drop(known);
        match (is_within, is_alone) {
            (true, true) => Ok(()),
            (false, _) => Err(self.damaged(expected.leads_outside(offset))),
            (true, false) => Err(self.damaged(expected.is_tangled(offset))),
        }
    }

    /// Puts the flag back of a file in which damage was found and nothing was changed. Else the next who opens it
    /// would have to read all of it, and could read nothing of it.
    fn put_back(&self) -> io::Result<()> {
        let untouched = self.untouched().take().filter(|untouched| untouched.is_flagged);
        match untouched.filter(|_| self.is_damaged.load(Ordering::Acquire)) {
            Some(untouched) => {
                self.below.write(0, &untouched.header)?;
                self.below.sync_data()
            }
            None => Ok(()),
        }
    }
}

/// Whether some pages begin at one place, be they of one size or not.
fn is_any_twice(pages: &[(Child, Arc<Tree>)], geometry: Geometry) -> bool {
    let start = |child: Child| child.page.place(geometry).start;
    let mut starts: Vec<_> = pages.iter().map(|(child, _)| start(*child)).collect();
    starts.sort_unstable();
    starts.windows(2).any(|two| two.first() == two.last())
}

impl Untouched {
    fn new(header: &[u8]) -> Self {
        Self { header: header.to_vec(), is_flagged: false }
    }

    /// What is left after a write: the same, if it only changes the flags.
    fn after(mut self, offset: u64, data: &[u8]) -> Option<Self> {
        let others = |bytes: &[u8]| {
            bytes.iter().copied().enumerate().filter(|(at, _)| *at != FLAGS).collect::<Vec<_>>()
        };
        self.is_flagged = true;
        (offset == 0 && others(&self.header) == others(data)).then_some(self)
    }
}

impl<B: StorageBackend> StorageBackend for Checked<B> {
    fn len(&self) -> io::Result<u64> {
        self.below.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.below.read(offset, out)?;
        match offset {
            0 if out.len() == HEADER_BYTES => self.check_header(out),
            _ => self.check_page(offset, out),
        }
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.untouched().take();
        self.below.set_len(length)?;
        self.known().length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.below.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut untouched = self.untouched();
        *untouched = untouched.take().and_then(|untouched| untouched.after(offset, data));
        drop(untouched);
        self.known().forget(offset);
        self.below.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        let put_back = self.put_back();
        self.below.close().and(put_back)
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.below.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.below.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.below.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.below.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.below.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.below.query_lock_range(start, end)
    }
}
