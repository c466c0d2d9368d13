//! Tags of objects.

use std::collections::BTreeSet;

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name, unique within an object; case counts.
    pub key: String,
    /// Its value, which may be empty.
    pub value: String,
}

/// Why tags cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTags {
    /// At most 10.
    #[error("an object may have at most 10 tags")]
    TooMany,
    /// Keys have 1 to 128 characters.
    #[error("the name of a tag has 1 to 128 characters")]
    KeyLength,
    /// Values have at most 256 characters.
    #[error("the value of a tag has at most 256 characters")]
    ValueLength,
    /// Keys are unique.
    #[error("two tags have the name “{0}”")]
    Twice(String),
    /// Letters, digits, spaces and `: + - = . _ /`.
    #[error("a tag may not have the character “{0}”")]
    Character(char),
}

/// Checks tags by the rules of TOS (protocol.md, section 11.5).
///
/// # Errors
/// The first rule that they break.
pub fn check_tags(tags: &[Tag]) -> Result<(), InvalidTags> {
    if tags.len() > 10 {
        return Err(InvalidTags::TooMany);
    }
    let mut keys = BTreeSet::new();
    for Tag { key, value } in tags {
        if !(1..=128).contains(&key.chars().count()) {
            return Err(InvalidTags::KeyLength);
        }
        if value.chars().count() > 256 {
            return Err(InvalidTags::ValueLength);
        }
        let is_allowed = |c: &char| c.is_alphanumeric() || " :+-=._/".contains(*c);
        if let Some(wrong) = key.chars().chain(value.chars()).find(|c| !is_allowed(c)) {
            return Err(InvalidTags::Character(wrong));
        }
        if !keys.insert(key) {
            return Err(InvalidTags::Twice(key.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tags: &[(&str, &str)], expected: Result<(), InvalidTags>) {
        let tags: Vec<Tag> =
            tags.iter().map(|(key, value)| Tag { key: (*key).into(), value: (*value).into() }).collect();
        assert_eq!(check_tags(&tags), expected, "{tags:?}");
    }

    #[test]
    fn tags_follow_the_rules() {
        let (long, longer) = ("k".repeat(129), "v".repeat(257));
        check(&[], Ok(()));
        check(&[("k", ""), ("K", "a b:+-=._/c"), ("项目", "二")], Ok(()));
        check(&[("", "v")], Err(InvalidTags::KeyLength));
        check(&[(&long, "v")], Err(InvalidTags::KeyLength));
        check(&[("k", &longer)], Err(InvalidTags::ValueLength));
        check(&[("k", "a"), ("k", "b")], Err(InvalidTags::Twice("k".into())));
        check(&[("k", "a&b")], Err(InvalidTags::Character('&')));
        check(&[("k", "v"); 11], Err(InvalidTags::TooMany));
    }
}
