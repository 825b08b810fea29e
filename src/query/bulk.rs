//! Much of one kind that a query keeps. The memory of millions of rows takes seconds to be given back: another thread
//! does that, so that nobody who ends a query waits for it.

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::thread;
use std::time::Duration;

/// From how many on another thread gives them back.
const MANY: usize = 20_000;
/// How many it gives back before it pauses: an allocator that others use at the same time puts together what was given
/// back when it is next asked for memory, and whoever asked waits for that.
const PIECE: usize = 4_096;
const PAUSE: Duration = Duration::from_millis(1);

/// Rows, or what is made of them. If there are many, another thread gives their memory back.
#[derive(Debug, Default)]
pub(super) struct Bulk<T: Many>(T);

/// What may be many.
pub(super) trait Many: Default + Send + 'static {
    fn count(&self) -> usize;

    /// Gives them back, with a pause after each piece.
    fn give_back(self, pause: impl Fn());
}

impl<T: Send + 'static> Many for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn give_back(mut self, pause: impl Fn()) {
        while !self.is_empty() {
            self.truncate(self.len().saturating_sub(PIECE));
            pause();
        }
    }
}

impl<T: Send + 'static, S: Default + Send + 'static> Many for HashSet<T, S> {
    fn count(&self) -> usize {
        self.len()
    }

    fn give_back(mut self, pause: impl Fn()) {
        give_back_all(self.drain(), pause);
    }
}

impl<K: Send + 'static, V: Send + 'static, S: Default + Send + 'static> Many for HashMap<K, V, S> {
    fn count(&self) -> usize {
        self.len()
    }

    fn give_back(mut self, pause: impl Fn()) {
        give_back_all(self.drain(), pause);
    }
}

fn give_back_all<T>(mut all: impl ExactSizeIterator<Item = T>, pause: impl Fn()) {
    while all.len() > 0 {
        all.by_ref().take(PIECE).for_each(drop);
        pause();
    }
}

impl<T: Many> Bulk<T> {
    pub(super) fn new(many: T) -> Self {
        Self(many)
    }

    /// The same, to be given back by whoever takes it.
    pub(super) fn into_inner(mut self) -> T {
        std::mem::take(&mut self.0)
    }
}

impl<T: Default + Send + 'static> Bulk<Vec<T>> {
    /// Takes them out, one by one.
    pub(super) fn taken(&mut self) -> impl Iterator<Item = T> {
        self.iter_mut().map(std::mem::take)
    }
}

impl<T: Many> Deref for Bulk<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Many> DerefMut for Bulk<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Many> Drop for Bulk<T> {
    fn drop(&mut self) {
        if self.0.count() >= MANY {
            let many = std::mem::take(&mut self.0);
            // without another thread this one does it
            drop(
                thread::Builder::new()
                    .name("pcq-free".into())
                    .spawn(move || many.give_back(|| thread::sleep(PAUSE))),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::thread::ThreadId;

    use super::*;

    /// Tells on which thread it is dropped.
    struct Told(Sender<ThreadId>);

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    #[test]
    fn another_thread_gives_many_back() {
        let (told, heard) = channel();
        for (count, is_here) in [(MANY - 1, true), (MANY, false)] {
            drop(Bulk::new((0..count).map(|_| Told(told.clone())).collect::<Vec<_>>()));
            for _ in 0..count {
                assert_eq!(heard.recv().unwrap() == thread::current().id(), is_here, "{count}");
            }
        }
        drop(Bulk::new(vec![Told(told)]).into_inner());
        assert_eq!(heard.recv().unwrap(), thread::current().id());
    }
}
