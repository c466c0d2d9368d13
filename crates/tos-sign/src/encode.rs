//! Percent-encoding as the signature wants it: upper-case hex of UTF-8 bytes, all but the unreserved characters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &COMPONENT.remove(b'/');

/// Encodes a path, keeping `/`. The result is both the canonical URI and what a client should put on the wire.
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// Encodes a name or a value of a query, or a segment of a path: `/` too.
pub fn encode_component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Decodes percent-escapes once; `+` stays a plus. `None` if the bytes are not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_and_the_slash_of_a_path_stay_as_they_are() {
        assert_eq!(encode_path("/a b/~-_.+%/目"), "/a%20b/~-_.%2B%25/%E7%9B%AE");
        assert_eq!(encode_component("a/b!*'()"), "a%2Fb%21%2A%27%28%29");
    }

    #[test]
    fn decoding_is_done_once_and_leaves_a_plus_alone() {
        assert_eq!(decode("a%2Bb+c%2525").as_deref(), Some("a+b+c%25"));
        assert_eq!(decode("%ff"), None);
    }
}
