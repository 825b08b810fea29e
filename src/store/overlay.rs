//! Overlay over a file: a layer of memory that takes all writes. What redb repairs or marks as it opens
//! a file stays off the disk. So a file can be looked at that may not be ours, and a store that was not
//! closed properly can be read by those who may not write.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};

const BLOCK: u64 = 4096;

/// The file below and what was written over it.
#[derive(Debug)]
pub(super) struct Overlay<F> {
    file: F,
    layer: Mutex<Layer>,
}

#[derive(Debug, Default)]
struct Layer {
    /// How long the whole is; not known before redb has locked the file, for until then others may write.
    length: Option<u64>,
    /// How much of the file still shows: what was cut off comes back as zeros.
    below: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl<F: StorageBackend> Overlay<F> {
    pub(super) fn new(file: F) -> Self {
        Self { file, layer: Mutex::default() }
    }

    /// The layer and the length of the whole.
    fn layer(&self) -> io::Result<(MutexGuard<'_, Layer>, u64)> {
        let mut layer = self.layer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(length) = layer.length {
            return Ok((layer, length));
        }
        let length = self.file.len()?;
        layer.below = length;
        layer.length = Some(length);
        Ok((layer, length))
    }

    /// A block as it is seen now.
    fn block(&self, layer: &Layer, number: u64) -> io::Result<Vec<u8>> {
        if let Some(block) = layer.blocks.get(&number) {
            return Ok(block.clone());
        }
        let start = number.saturating_mul(BLOCK);
        let mut block = vec![0; size(BLOCK)];
        let shown = size(layer.below.saturating_sub(start).min(BLOCK));
        if let Some(shown) = block.get_mut(..shown).filter(|shown| !shown.is_empty()) {
            self.file.read(start, shown)?;
        }
        Ok(block)
    }
}

/// A length within a block.
fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// The pieces of a range, block by block: the block, where in it, and how long.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let end = offset.saturating_add(length as u64);
    let mut at = offset;
    std::iter::from_fn(move || {
        let within = at % BLOCK;
        let piece = (BLOCK - within).min(end - at);
        let number = at / BLOCK;
        at += piece;
        (piece > 0).then(|| (number, size(within), size(piece)))
    })
}

impl<F: StorageBackend> StorageBackend for Overlay<F> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.layer()?.1)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (layer, length) = self.layer()?;
        if offset.saturating_add(out.len() as u64) > length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut rest = out;
        for (number, within, length) in pieces(offset, rest.len()) {
            let (piece, after) = rest.split_at_mut(length);
            let block = self.block(&layer, number)?;
            let bytes = block.get(within..within + length).ok_or(io::ErrorKind::UnexpectedEof)?;
            piece.copy_from_slice(bytes);
            rest = after;
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let (mut layer, _) = self.layer()?;
        let last = length / BLOCK;
        let mut edge = self.block(&layer, last)?;
        edge.get_mut(size(length % BLOCK)..).unwrap_or_default().fill(0);
        layer.blocks.split_off(&last);
        layer.blocks.insert(last, edge);
        layer.below = layer.below.min(length);
        layer.length = Some(length);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let (mut layer, length) = self.layer()?;
        let mut rest = data;
        for (number, within, length) in pieces(offset, data.len()) {
            let (piece, after) = rest.split_at(length);
            let mut block = self.block(&layer, number)?;
            let bytes =
                block.get_mut(within..within + length).ok_or(io::ErrorKind::UnexpectedEof)?;
            bytes.copy_from_slice(piece);
            layer.blocks.insert(number, block);
            rest = after;
        }
        layer.length = Some(length.max(offset.saturating_add(data.len() as u64)));
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
