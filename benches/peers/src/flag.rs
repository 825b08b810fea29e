//! Flags: their names.

pub const FLAGS: usize = 1_000;

pub fn names() -> Vec<String> {
    (0..FLAGS).map(|n| format!("flag_{n:04}")).collect()
}
