//! Parts of keys as names of files, and back.
//!
//! A key may hold what no file name may: `..`, a colon where Windows has drives, a device's name. Such a part is not
//! refused but written with escapes, `%` and two digits, so that it names a file inside its folder and the key can be
//! told from the name again. A part that can be a name as it is stays as it is, also with a `%` in it; that is escaped
//! only where it would read as an escape itself. So names are chosen by the system that the file is made on, and the
//! price is that one key may have two names on two systems.
//!
//! Two parts never get one name. On a disk that takes `A` and `a`, or two spellings of `é`, for the same name, they
//! still meet in one file: that is a target that exists, and the [conflict rule](crate::ConflictRule) decides.

/// Which names a system can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Linux and macOS: anything but a slash, NUL, `.` and `..`; 255 bytes.
    Unix,
    /// Windows: no `<>:"/\|?*` and no control character, no dot or space at the end, no name of a device with whatever
    /// extension; 255 units of UTF-16.
    Windows,
}

/// A name that the system cannot hold and no escape can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a file name may have {NAME_MAX} {unit}, but this one needs {len}", unit = match .naming {
    Naming::Unix => "bytes",
    Naming::Windows => "characters",
})]
pub struct NameTooLong {
    naming: Naming,
    len: usize,
}

/// What file systems allow in one name.
const NAME_MAX: usize = 255;

/// The name of a part without characters, which the two slashes of `a//b` have between them.
const EMPTY: &str = "%";

impl Naming {
    /// That of this computer.
    pub const fn here() -> Self {
        if cfg!(windows) { Self::Windows } else { Self::Unix }
    }

    /// The name of the file that `part` of a key, the text between two slashes, is kept in. It never leads out of its
    /// folder.
    ///
    /// # Errors
    /// If it is longer than a name can be. It is not cut: what is cut off could not be told again.
    pub fn file_name(self, part: &str) -> Result<String, NameTooLong> {
        let name = self.escaped(part);
        let len = match self {
            Self::Unix => name.len(),
            Self::Windows => name.encode_utf16().count(),
        };
        if len > NAME_MAX { Err(NameTooLong { naming: self, len }) } else { Ok(name) }
    }

    /// The part of a key that a file of this name holds: the inverse of [`Naming::file_name`]. A name that no part
    /// would be given is the part itself.
    pub fn key_part(self, name: &str) -> String {
        let part = self.unescaped(name);
        if self.escaped(&part) == name { part } else { name.to_owned() }
    }

    /// The key of a file that is uploaded below a prefix: what was downloaded gets its key again. If the store could
    /// not have had that key, the name is taken as it is.
    pub fn key_beneath(self, prefix: &str, name: &str) -> String {
        let key = format!("{prefix}{}", self.key_part(name));
        if store::check_key(&key).is_ok() { key } else { format!("{prefix}{name}") }
    }

    fn escaped(self, part: &str) -> String {
        if part.is_empty() {
            return EMPTY.to_owned();
        }
        let mut name = String::with_capacity(part.len());
        for (at, character) in part.char_indices() {
            match u8::try_from(character) {
                Ok(byte) if byte.is_ascii() && self.is_escaped(part, at, byte) => {
                    name.push('%');
                    name.extend([byte >> 4, byte & 0xF].map(|digit| char::from(HEX[usize::from(digit)])));
                }
                _ => name.push(character),
            }
        }
        name
    }

    fn unescaped(self, name: &str) -> String {
        if name == EMPTY {
            return String::new();
        }
        let mut part = String::with_capacity(name.len());
        let mut rest = name.char_indices();
        while let Some((at, character)) = rest.next() {
            match self.escape_at(name, at) {
                Some(byte) => {
                    part.push(char::from(byte));
                    rest.nth(1);
                }
                None => part.push(character),
            }
        }
        part
    }

    /// Whether the character at this place of a part cannot stand in a name there.
    fn is_escaped(self, part: &str, at: usize, byte: u8) -> bool {
        let is_last = at + 1 == part.len();
        let ends_badly = match self {
            Self::Unix => matches!(part, "." | ".."),
            Self::Windows => matches!(byte, b'.' | b' '),
        };
        self.is_never_in_a_name(byte)
            || (is_last && ends_badly)
            || (at == 0 && self == Self::Windows && is_device(part))
            || (byte == b'%' && (part == EMPTY || self.escape_at(part, at).is_some()))
    }

    fn is_never_in_a_name(self, byte: u8) -> bool {
        match self {
            Self::Unix => matches!(byte, b'/' | 0),
            Self::Windows => byte < b' ' || br#"<>:"/\|?*"#.contains(&byte),
        }
    }

    /// What the `%` at this place of a name stands for, with the two digits that follow it, if it is an escape: of a
    /// character that is escaped anywhere, at the end or at the beginning.
    fn escape_at(self, name: &str, at: usize) -> Option<u8> {
        let [b'%', high, low] = *name.as_bytes().get(at..at + 3)? else { return None };
        let value = |digit| HEX.iter().position(|hex| *hex == digit).and_then(|value| u8::try_from(value).ok());
        let byte = value(high)? << 4 | value(low)?;
        let at_the_end = at + 3 == name.len();
        // A part has no slash, so none was ever escaped: `%2F` is what a program that saves pages writes.
        let escaped = (byte != b'/' && self.is_never_in_a_name(byte))
            || byte == b'%'
            || (at_the_end && (byte == b'.' || (byte == b' ' && self == Self::Windows)))
            || (at == 0 && self == Self::Windows && byte.is_ascii_alphabetic());
        escaped.then_some(byte)
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Names that Windows keeps for devices, whatever their extension and case.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_ascii_uppercase();
    let numbered = |stem: &str| {
        let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
        // The raised digits of Latin-1 count as digits there.
        number.is_some_and(|number| {
            let mut characters = number.chars();
            let is_digit = |one: char| one.is_ascii_digit() || matches!(one, '¹' | '²' | '³');
            characters.next().is_some_and(is_digit) && characters.next().is_none()
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || numbered(&stem)
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::Naming::{Unix, Windows};
    use super::*;

    fn check(naming: Naming, part: &str, name: &str) {
        assert_eq!(naming.file_name(part).as_deref(), Ok(name), "{naming:?} {part:?}");
        assert_eq!(naming.key_part(name), part, "{naming:?} {name:?}");
    }

    #[test]
    fn an_ordinary_name_is_itself() {
        for part in [
            "a",
            "报告 2.txt",
            ".bashrc",
            "100% sure",
            "a%20b.txt",
            "2024%2Freport.txt",
            "50%",
            "%%",
            "%zz",
            "a..b",
            "-rf",
            "é",
            "e\u{301}",
        ] {
            check(Unix, part, part);
            check(Windows, part, part);
        }
        for part in ["C:", r"a\b", "a:b?", "CON", "ends in a dot.", "and a space ", "\u{1}", "%3A", "%41.txt"] {
            check(Unix, part, part);
        }
    }

    #[test]
    fn what_leads_out_of_the_folder_or_names_no_file_is_escaped() {
        for (part, name) in [("", "%"), ("%", "%25"), (".", "%2E"), ("..", ".%2E"), ("a\0b", "a%00b")] {
            check(Unix, part, name);
            check(Windows, part, name);
        }
        for (part, name) in [
            ("C:", "C%3A"),
            (r"..\..\x", r"..%5C..%5Cx"),
            (r"\\server\share", "%5C%5Cserver%5Cshare"),
            ("a.txt:hidden", "a.txt%3Ahidden"),
            ("<>:\"|?*", "%3C%3E%3A%22%7C%3F%2A"),
            ("a\nb\u{1f}", "a%0Ab%1F"),
            ("dot.", "dot%2E"),
            ("...", "..%2E"),
            ("space ", "space%20"),
        ] {
            check(Windows, part, name);
        }
    }

    #[test]
    fn a_device_of_windows_is_a_name_like_any_other() {
        for (part, name) in [
            ("CON", "%43ON"),
            ("nul.txt", "%6Eul.txt"),
            ("Aux.tar.gz", "%41ux.tar.gz"),
            ("prn .x", "%70rn .x"),
            ("COM1", "%43OM1"),
            ("lpt9.log", "%6Cpt9.log"),
            ("COM²", "%43OM²"),
            ("CONOUT$", "%43ONOUT$"),
            ("CON.", "%43ON%2E"),
        ] {
            check(Windows, part, name);
        }
        for part in ["COMA", "console", "COM10", "LPT", "COM", "xCON", "CON-1"] {
            check(Windows, part, part);
        }
    }

    #[test]
    fn an_escape_in_a_key_is_told_from_one_of_ours() {
        for (naming, part, name) in [
            (Unix, "%2E", "%252E"),
            (Unix, "%25", "%2525"),
            (Unix, "a%00", "a%2500"),
            (Windows, "a%3A", "a%253A"),
            (Windows, "a%3a", "a%3a"),
            (Windows, "a%20", "a%2520"),
            (Windows, "%43ON", "%2543ON"),
            (Windows, "%:", "%%3A"),
            (Windows, "%2:", "%2%3A"),
        ] {
            check(naming, part, name);
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_refused_in_words() {
        for (naming, part, words) in [
            (Unix, "报".repeat(86), "a file name may have 255 bytes, but this one needs 258"),
            (Windows, "x".repeat(253) + "?", "a file name may have 255 characters, but this one needs 256"),
        ] {
            assert_eq!(naming.file_name(&part).unwrap_err().to_string(), words);
        }
        assert!(Windows.file_name(&"报".repeat(255)).is_ok());
        assert!(Unix.file_name(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn a_file_goes_up_under_the_key_that_it_came_down_from_if_a_store_can_have_it() {
        assert_eq!(Windows.key_beneath("in/", "a%3Ab"), "in/a:b");
        assert_eq!(Unix.key_beneath("in/", "a%3Ab"), "in/a%3Ab");
        assert_eq!(Unix.key_beneath("in/", "%2E"), "in/%2E", "no store has a key with a part of one dot");
        assert_eq!(Windows.key_beneath("", "a%0A"), "a%0A", "nor one with a line feed");
    }

    /// Names as a system may meet them, with many of those that make trouble.
    fn parts() -> impl Strategy<Value = String> {
        let trouble = prop::sample::select(vec![
            "%", "%2", "%25", "%2E", "%3A", "%00", "%41", ".", "..", " ", ":", "\\", "\0", "\n", "%2F", "CON", "nul",
            "COM1", "lpt³", "x", "É", "😀", "E", "2", "<", "*",
        ]);
        prop_oneof![
            any::<String>(),
            prop::collection::vec(trouble, 0..6).prop_map(|pieces| pieces.concat()),
            prop::collection::vec(0_u8..128, 0..8).prop_map(|bytes| String::from_utf8(bytes).unwrap()),
        ]
        // What is between two slashes has none.
        .prop_map(|part| part.replace('/', ""))
    }

    proptest! {
        #[test]
        fn every_part_comes_back_from_its_name(part in parts()) {
            for naming in [Unix, Windows] {
                prop_assert_eq!(naming.key_part(&naming.escaped(&part)), part.clone());
            }
        }

        #[test]
        fn two_parts_never_get_one_name(one in parts(), other in parts()) {
            for naming in [Unix, Windows] {
                prop_assert_eq!(naming.escaped(&one) == naming.escaped(&other), one == other);
            }
        }

        #[test]
        fn every_name_can_be_a_file_of_its_folder(part in parts()) {
            let unix = Unix.escaped(&part);
            prop_assert!(!unix.is_empty() && unix != "." && unix != ".." && !unix.contains(['/', '\0']));
            if !cfg!(windows) {
                let path = Path::new("/the/downloads").join(&unix);
                let inside: Vec<_> = path.strip_prefix("/the/downloads").unwrap().components().collect();
                prop_assert_eq!(inside, [Component::Normal(unix.as_ref())]);
            }
            let windows = Windows.escaped(&part);
            let reserved = |one: char| u32::from(one) < 32 || "<>:\"/\\|?*".contains(one);
            prop_assert!(!windows.is_empty() && !windows.contains(reserved));
            prop_assert!(!windows.ends_with(['.', ' ']) && !is_device(&windows));
        }

        #[test]
        fn a_name_that_needs_no_escape_has_none(part in "[a-zA-Z0-9_ .()%报é-]{0,20}[a-z]{5}") {
            for naming in [Unix, Windows] {
                let name = naming.escaped(&part);
                // A `%` may have to be told from an escape; nothing else is touched.
                prop_assert!(name == part || part.contains('%') || is_device(&part));
            }
        }

        #[test]
        fn every_name_is_the_name_of_some_part_or_is_taken_as_it_is(name in parts()) {
            for naming in [Unix, Windows] {
                let part = naming.key_part(&name);
                prop_assert!(naming.escaped(&part) == name || part == name);
            }
        }
    }
}
