//! What is there now, against what the receipt says.

use store::{Crc64, ETag};

use crate::entry::Entry;

/// Which end of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the bytes came from. It may have been changed since, rightly.
    Source,
    /// Where they are. This is what a receipt is about.
    Target,
}

/// What an end must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Size in bytes.
    pub size_bytes: u64,
    /// CRC64 of the content, unless neither end had one.
    pub crc64: Option<Crc64>,
    /// Entity tag of an object.
    pub etag: Option<ETag>,
}

impl Expected {
    /// What the entry says of one of its ends. Both ends had the same content, so the checksum of one serves for both.
    pub fn of(entry: &Entry, side: Side) -> Self {
        let (place, crc64, other) = match side {
            Side::Source => (&entry.source, entry.source_crc64, entry.target_crc64),
            Side::Target => (&entry.target, entry.target_crc64, entry.source_crc64),
        };
        Self { size_bytes: entry.size_bytes, crc64: crc64.or(other), etag: place.etag().cloned() }
    }
}

/// What an end has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Size in bytes.
    pub size_bytes: u64,
    /// CRC64 of the content: read here, or reported by the store.
    pub crc64: Option<Crc64>,
    /// Entity tag of an object.
    pub etag: Option<ETag>,
}

/// How it is known that nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Size and CRC64 are equal.
    Content {
        /// Whether the object has another entity tag all the same: somebody wrote the same content once more.
        rewritten: bool,
    },
    /// Size and entity tag are equal; there was no CRC64 to compare.
    Tag,
    /// Only the size is known, and equal.
    Size,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The size in bytes.
    Size {
        /// What is there.
        found: u64,
        /// What the receipt says.
        expected: u64,
    },
    /// The content, by its CRC64.
    Content {
        /// What is there.
        found: Crc64,
        /// What the receipt says.
        expected: Crc64,
    },
    /// The entity tag, with no CRC64 to tell whether the content has changed too.
    Tag {
        /// What is there.
        found: ETag,
        /// What the receipt says.
        expected: ETag,
    },
}

/// Compares, by the best that both sides know: content before tag before size.
///
/// # Errors
/// The first difference.
pub fn compare(expected: &Expected, found: &Found) -> Result<Proof, Difference> {
    if expected.size_bytes != found.size_bytes {
        return Err(Difference::Size { found: found.size_bytes, expected: expected.size_bytes });
    }
    let tags = expected.etag.as_ref().zip(found.etag.as_ref());
    match (expected.crc64.zip(found.crc64), tags) {
        (Some((expected, found)), _) if expected != found => Err(Difference::Content { found, expected }),
        (Some(_), tags) => Ok(Proof::Content { rewritten: tags.is_some_and(|(then, now)| then != now) }),
        (None, Some((expected, found))) if expected != found => {
            Err(Difference::Tag { found: found.clone(), expected: expected.clone() })
        }
        (None, Some(_)) => Ok(Proof::Tag),
        (None, None) => Ok(Proof::Size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(then: (u64, Option<u64>, &str), now: (u64, Option<u64>, &str), expected: Result<Proof, Difference>) {
        let tag = |text: &str| (!text.is_empty()).then(|| ETag::new(text));
        let (before, after) = (
            Expected { size_bytes: then.0, crc64: then.1.map(Crc64), etag: tag(then.2) },
            Found { size_bytes: now.0, crc64: now.1.map(Crc64), etag: tag(now.2) },
        );
        assert_eq!(compare(&before, &after), expected, "{then:?}, now {now:?}");
    }

    #[test]
    fn content_outweighs_the_tag_and_the_tag_the_size() {
        let (same, rewritten) = (Proof::Content { rewritten: false }, Proof::Content { rewritten: true });
        let content = |found, expected| Difference::Content { found: Crc64(found), expected: Crc64(expected) };
        let tag =
            |found: &str, expected: &str| Difference::Tag { found: ETag::new(found), expected: ETag::new(expected) };
        check((5, Some(1), "a"), (5, Some(1), "a"), Ok(same));
        check((5, Some(1), "a"), (5, Some(1), "b"), Ok(rewritten));
        check((5, Some(1), ""), (5, Some(1), "b"), Ok(same)); // a tag that was never known cannot have changed
        check((5, Some(1), "a"), (5, Some(2), "a"), Err(content(2, 1)));
        check((5, Some(1), "a"), (6, Some(1), "a"), Err(Difference::Size { found: 6, expected: 5 }));
        check((5, Some(1), "a"), (5, None, "a"), Ok(Proof::Tag));
        check((5, None, "a"), (5, Some(2), "a"), Ok(Proof::Tag));
        check((5, Some(1), "a"), (5, None, "b"), Err(tag("b", "a")));
        check((5, Some(1), ""), (5, None, "b"), Ok(Proof::Size));
    }
}
