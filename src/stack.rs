//! Room on the stack. What recurses is bounded by limits, and has the room to reach them on a thread of any size:
//! where little is left, it goes on in a piece of memory that is given back afterwards.

/// What must be left for a step of a recursion and all that it calls, in bytes; a build without optimization takes
/// most of it.
const RESERVE: usize = 96 << 10;

/// The least that is taken at once, in bytes. Only what is used of it takes memory.
const PIECE: usize = 1 << 20;

/// What a level of a recursion in another crate takes at most, in bytes.
const FOREIGN_LEVEL: usize = 24 << 10;

/// Takes a step of a recursion.
#[inline]
pub(crate) fn step<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RESERVE, PIECE, work)
}

/// Does work of another crate that recurses, so many levels deep at most.
pub(crate) fn levels<T>(levels: usize, work: impl FnOnce() -> T) -> T {
    let room = RESERVE + levels.saturating_mul(FOREIGN_LEVEL);
    stacker::maybe_grow(room, room.max(PIECE), work)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recursion of frames that are as large as they may be.
    fn deep(levels: usize) -> usize {
        let frame = std::hint::black_box([levels; 2 << 10]);
        if levels == 0 { 0 } else { step(|| deep(levels - 1)) + frame.len() / frame.len() }
    }

    #[test]
    fn a_recursion_has_room_on_a_small_thread() {
        let small = std::thread::Builder::new().stack_size(256 << 10);
        assert_eq!(small.spawn(|| deep(512)).unwrap().join().unwrap(), 512);
    }
}
