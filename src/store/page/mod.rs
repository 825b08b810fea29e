//! Pages of the file: each is checked when it is read.
//!
//! redb keeps a checksum of every page in the page above it: a branch has those of its children, a leaf of
//! the tree of tables those of the roots of its tables, and the header those of the two trees of tables. It
//! compares them only when a file was not closed properly, so a file that was damaged later would be believed.
//! [`Checked`] stands between redb and a backend and compares them as pages are read. It learns from each page,
//! beginning with the header, what those below it must be; a page that is not so is an error, and nothing
//! of it comes to redb.
//!
//! What is known of a page stays right for as long as anything may read it. A page is never changed while a
//! state that may still be read refers to it, so of all parents that can be read at one time, each says the same of
//! it. Once it was given to another use the new parent is read before it is, and says what it is now. A page
//! that this process writes is not known any more: the parent that has its new sum is not read but made here.
//! So what is checked is what others wrote, or an earlier process.
//!
//! A file that was not closed properly is opened for writing or through an overlay. redb checks all of it, unless it
//! was killed before its first commit: then the lists of free pages from when it was closed are still right, and redb
//! believes the file as if it were closed. So it is checked here in the same way, and so is any other file whose last
//! commit was on the disk before it was named. Of the rest only redb can tell a commit that was cut short, which it
//! takes back, from damage.
//!
//! | file | has |
//! |---|---|
//! | `number` | numbers of pages, and where they are |
//! | `node` | what is in a page |
//! | `tree` | what pages belong to, and what is below them |
//! | `header` | the first page, and what it must say |
//! | `known` | what pages must be |
//! | `damage` | what was found, as an error that redb carries |
//! | `checked` | the backend |
//! | `walk` | all pages, for verification |
//! | `harvest` | what the sound pages of a damaged file hold |

mod checked;
mod damage;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod harvest;
mod header;
mod known;
mod node;
mod number;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub(super) use checked::{Checked, Role};
pub(super) use damage::Damage;
pub(super) use harvest::{Gap, Harvest, Source};
pub(super) use walk::damaged_pages;
