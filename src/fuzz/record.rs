//! Records of the store.

use crate::store::fuzz;
use crate::syntax;

/// The first byte says of which kind a record is, the others are its payload. It is a record or is refused, and takes no
/// more memory than its length accounts for; written and read again it is the same.
///
/// # Panics
///
/// Where that is not so.
pub fn record(bytes: &[u8]) {
    if let Some((kind, payload)) = bytes.split_first() {
        fuzz::record(*kind, payload, syntax::condition);
    }
}
