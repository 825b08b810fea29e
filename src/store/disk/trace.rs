//! Trace of what was done to a disk, and what a power cut leaves of it.

use std::ops::Range;
use std::sync::Arc;

use super::Chance;

/// The size of the sectors that a disk writes whole.
const SECTOR: usize = 512;

/// Operation that changes a disk, or makes the changes before it durable.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Write(usize, Arc<[u8]>),
    Length(usize),
    Sync,
}

/// Operations in their order, and what was on the disk before them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) before: Vec<u8>,
    pub(crate) operations: Vec<Operation>,
}

/// Power cut after so many operations.
pub(crate) struct Cut<'t> {
    pub(crate) after: usize,
    durable: &'t [u8],
    /// What was done since the last sync.
    pending: &'t [Operation],
}

/// What a power cut takes of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// All of it.
    Everything,
    Nothing,
    /// Some operations, whichever.
    Some,
    /// Some sectors of each write.
    Sectors,
    /// The end of the last write.
    End,
}

impl Loss {
    pub(crate) const ALL: [Self; 5] =
        [Self::Everything, Self::Nothing, Self::Some, Self::Sectors, Self::End];
}

impl Trace {
    /// Calls a function with a cut before the first operation, after the first one, and so on.
    pub(crate) fn each_cut(&self, mut look: impl FnMut(&Cut<'_>)) {
        let (mut durable, mut synced) = (self.before.clone(), 0);
        for after in 0..=self.operations.len() {
            if after > 0 && matches!(self.operations[after - 1], Operation::Sync) {
                for operation in &self.operations[synced..after] {
                    operation.apply(&mut durable);
                }
                synced = after;
            }
            look(&Cut { after, durable: &durable, pending: &self.operations[synced..after] });
        }
    }
}

impl Operation {
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => write(bytes, *offset, data),
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Sync => {}
        }
    }
}

fn write(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    bytes.resize(bytes.len().max(end), 0);
    bytes[offset..end].copy_from_slice(data);
}

impl Cut<'_> {
    /// Whether nothing can be lost.
    pub(crate) fn is_calm(&self) -> bool {
        self.pending.is_empty()
    }

    /// What is found afterwards.
    pub(crate) fn image(&self, loss: Loss, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = self.durable.to_vec();
        let eighths = [1, 4, 7][chance.index(3)];
        let mut survives = || chance.index(8) < eighths;
        match loss {
            Loss::Everything => {}
            Loss::Nothing => self.pending.iter().for_each(|operation| operation.apply(&mut bytes)),
            Loss::Some => {
                let kept = self.pending.iter().filter(|_| survives());
                kept.for_each(|operation| operation.apply(&mut bytes));
            }
            Loss::Sectors => {
                self.pending
                    .iter()
                    .for_each(|operation| tear(operation, &mut bytes, &mut survives));
            }
            Loss::End => self.shorten(&mut bytes, chance),
        }
        bytes
    }

    /// All up to the last write, and the beginning of that.
    fn shorten(&self, bytes: &mut Vec<u8>, chance: &mut Chance) {
        let is_write = |operation: &Operation| matches!(operation, Operation::Write(..));
        let last = self.pending.iter().rposition(is_write);
        let (before, rest) = self.pending.split_at(last.unwrap_or(self.pending.len()));
        for operation in before {
            operation.apply(bytes);
        }
        if let Some(Operation::Write(offset, data)) = rest.first() {
            write(bytes, *offset, &data[..chance.index(data.len())]);
        }
    }
}

/// Applies the sectors of an operation that survive.
fn tear(operation: &Operation, bytes: &mut Vec<u8>, survives: &mut dyn FnMut() -> bool) {
    match operation {
        Operation::Write(offset, data) => {
            for part in sectors(*offset, data.len()).filter(|_| survives()) {
                write(bytes, offset + part.start, &data[part]);
            }
        }
        whole if survives() => whole.apply(bytes),
        _ => {}
    }
}

/// The parts of a write that are in one sector each.
fn sectors(offset: usize, length: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let end = length.min(start + SECTOR - (offset + start) % SECTOR);
        (start < length).then(|| std::mem::replace(&mut start, end)..end)
    })
}

#[test]
fn writes_are_torn_at_sectors() {
    assert_eq!(sectors(0, 1_024).collect::<Vec<_>>(), [0..512, 512..1_024]);
    assert_eq!(sectors(500, 20).collect::<Vec<_>>(), [0..12, 12..20]);
    assert_eq!(sectors(512, 0).count(), 0);
}

#[test]
fn what_is_not_synced_may_be_lost() {
    let data = |byte: u8| vec![byte; 700].into();
    let operations = vec![
        Operation::Write(0, data(1)),
        Operation::Sync,
        Operation::Length(2_000),
        Operation::Write(1_000, data(2)),
    ];
    let trace = Trace { before: vec![0; 100], operations };
    let mut found = Vec::new();
    trace.each_cut(|cut| {
        let image = |loss| cut.image(loss, &mut Chance(1));
        let (least, most) = (image(Loss::Everything), image(Loss::Nothing));
        found.push((cut.is_calm(), least.len(), most.len()));
        if cut.after == 4 {
            assert_eq!(least, [1; 700]);
            assert_eq!((most[999], most[1_000], most[1_700]), (0, 2, 0));
            let short = image(Loss::End);
            assert!(short[..1_000] == most[..1_000] && short != most && short.len() == 2_000);
            assert!((0..9).any(|n| cut.image(Loss::Some, &mut Chance(n)).len() == 1_700));
            let torn = |n| cut.image(Loss::Sectors, &mut Chance(n));
            assert!(
                (0..9)
                    .any(|n| torn(n)[1_000..].starts_with(&[2; 24]) && !torn(n).ends_with(&[2; 6]))
            );
        }
    });
    let wanted = [
        (true, 100, 100),
        (false, 100, 700),
        (true, 700, 700),
        (false, 700, 2_000),
        (false, 700, 2_000),
    ];
    assert_eq!(found, wanted);
}
