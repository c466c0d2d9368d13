//! How an object is cut into parts.

use store::{ByteRange, Capabilities, PartNumber};

use crate::error::{ErrorCode, TransferError};

/// Size of a part unless said otherwise.
pub const PART_SIZE_BYTES_DEFAULT: u64 = 20 << 20;
/// Most parts of one object at TOS.
pub const PARTS_MAX: u32 = Capabilities::TOS.parts_max;

const MIB: u64 = 1 << 20;

/// A size cut into parts of one length, the last one shorter. An empty object has one empty part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlan {
    /// Size of the whole.
    pub size_bytes: u64,
    /// Size of each part but the last.
    pub part_size_bytes: u64,
}

impl PartPlan {
    /// Plans `size_bytes` with the wanted part size, made larger (by whole MiB) where more than the store's number of
    /// parts would come out.
    ///
    /// # Errors
    /// `invalid_option` if the wanted size is outside the store's range, or the object is too large for any.
    pub fn new(size_bytes: u64, wanted_bytes: u64, limits: &Capabilities) -> Result<Self, TransferError> {
        let (min, max) = (limits.part_size_bytes_min, limits.part_size_bytes_max);
        if !(min..=max).contains(&wanted_bytes) {
            return Err(TransferError::new(ErrorCode::InvalidOption)
                .with("name", "part size")
                .with("value", wanted_bytes)
                .with("min", min)
                .with("max", max));
        }
        let needed = size_bytes.div_ceil(u64::from(limits.parts_max));
        let part_size_bytes = if needed <= wanted_bytes { wanted_bytes } else { needed.next_multiple_of(MIB).min(max) };
        let plan = Self { size_bytes, part_size_bytes };
        if plan.part_count() > limits.parts_max {
            return Err(TransferError::new(ErrorCode::InvalidOption)
                .with("name", "object size")
                .with("value", size_bytes)
                .with("min", 0)
                .with("max", max.saturating_mul(u64::from(limits.parts_max))));
        }
        Ok(plan)
    }

    /// How many parts there are; at least one.
    pub fn part_count(&self) -> u32 {
        u32::try_from(self.size_bytes.div_ceil(self.part_size_bytes).max(1)).unwrap_or(u32::MAX)
    }

    /// Whether the object goes in one request.
    pub fn is_single(&self) -> bool {
        self.size_bytes <= self.part_size_bytes
    }

    /// The bytes of a part.
    pub fn range(&self, number: PartNumber) -> ByteRange {
        let start = u64::from(number.get() - 1) * self.part_size_bytes;
        ByteRange { start, end: (start + self.part_size_bytes).min(self.size_bytes) }
    }

    /// All part numbers, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = PartNumber> + use<> {
        (1..=self.part_count()).filter_map(PartNumber::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIB: u64 = 1 << 30;

    fn check(size_bytes: u64, wanted_bytes: u64, expected: (u64, u32)) {
        let plan = PartPlan::new(size_bytes, wanted_bytes, &Capabilities::TOS).unwrap();
        assert_eq!((plan.part_size_bytes, plan.part_count()), expected, "{size_bytes} in parts of {wanted_bytes}");
    }

    #[test]
    fn parts_grow_so_that_there_are_never_more_than_ten_thousand() {
        let part = 20 * MIB;
        check(0, part, (part, 1)); // the empty object is one empty part
        check(1, part, (part, 1));
        check(part, part, (part, 1)); // exactly one: still a single request
        check(part + 1, part, (part, 2));
        check(10_000 * part, part, (part, 10_000)); // the most that fit
        check(10_000 * part + 1, part, (21 * MIB, 9524));
        check(10_000 * 5 * GIB, part, (5 * GIB, 10_000)); // the largest object
    }

    #[test]
    fn b11_sizes_out_of_range_are_refused() {
        for (size, wanted) in [(1, 0), (1, 5 * MIB - 1), (1, 5 * GIB + 1), (10_000 * 5 * GIB + 1, 5 * GIB)] {
            assert_eq!(
                PartPlan::new(size, wanted, &Capabilities::TOS).unwrap_err().code,
                ErrorCode::InvalidOption,
                "{size} in parts of {wanted}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_parts_cover_the_object_exactly(size in 0..100 * GIB, wanted in 5 * MIB..64 * MIB) {
            let plan = PartPlan::new(size, wanted, &Capabilities::TOS).unwrap();
            let mut next = 0;
            for number in plan.numbers() {
                let range = plan.range(number);
                prop_assert_eq!(range.start, next);
                prop_assert!(range.len_bytes() <= plan.part_size_bytes);
                next = range.end;
            }
            prop_assert_eq!(next, size);
        }
    }
}
