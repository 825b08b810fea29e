//! Bytes of an input, from which choices are made.

/// What is left of an input; of nothing all choices are zero.
pub(crate) struct Input<'i>(pub(crate) &'i [u8]);

impl<'i> Input<'i> {
    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    /// A number below an end, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let bytes = self.take(if end > 256 { 3 } else { 1 });
        bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) % end.max(1)
    }

    /// So many bytes, or as many as there are.
    pub(crate) fn take(&mut self, length: usize) -> &'i [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
