//! What a store can do, as numbers that the engine plans with.

/// Limits and abilities of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Smallest size of any part but the last, in bytes.
    pub part_size_bytes_min: u64,
    /// Largest size of a part, in bytes; also of a single put and of a single copy.
    pub part_size_bytes_max: u64,
    /// Most parts in one upload; part numbers run from 1 to this.
    pub parts_max: u32,
    /// Whether an object can be copied without its bytes passing through this computer.
    pub server_side_copy: bool,
}

impl Capabilities {
    /// The published limits of TOS (protocol.md, section 8).
    pub const TOS: Self =
        Self { part_size_bytes_min: 5 << 20, part_size_bytes_max: 5 << 30, parts_max: 10_000, server_side_copy: true };
}
