//! One page of keys, rolled up by a delimiter.
//!
//! The map is sorted, so a page costs what it shows and not what it skips: all keys below a common prefix are passed
//! over with one seek.

use std::collections::BTreeMap;
use std::ops::Bound;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageQuery<'a> {
    pub(crate) prefix: &'a str,
    /// Empty for none.
    pub(crate) delimiter: &'a str,
    pub(crate) after: After<'a>,
    pub(crate) entries_max: usize,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After<'a> {
    Start,
    /// After this key.
    Key(&'a str),
    /// After all keys that begin with this.
    CommonPrefix(&'a str),
}

/// A page: entries in order, and whether more follow.
#[derive(Debug)]
pub(crate) struct Page<'m, V> {
    pub(crate) entries: Vec<Entry<'m, V>>,
    pub(crate) truncated: bool,
}

#[derive(Debug)]
pub(crate) enum Entry<'m, V> {
    Key(&'m str, &'m V),
    CommonPrefix(String),
}

/// Reads a page; values for which `shown` is false (a key whose newest version is a delete marker) do not count.
pub(crate) fn page<'m, V>(
    map: &'m BTreeMap<String, V>,
    query: PageQuery<'_>,
    shown: impl Fn(&V) -> bool,
) -> Page<'m, V> {
    let mut page = Page { entries: Vec::new(), truncated: false };
    let mut from = first_bound(query);
    'seek: while let Some(bound) = from.take() {
        for (key, value) in map.range((bound, Bound::Unbounded)) {
            if !key.starts_with(query.prefix) {
                break 'seek;
            }
            if !shown(value) {
                continue;
            }
            if page.entries.len() == query.entries_max {
                page.truncated = true;
                break 'seek;
            }
            match rolled_up(key, query.prefix, query.delimiter) {
                Some(common) => {
                    from = successor(common).map(Bound::Included);
                    page.entries.push(Entry::CommonPrefix(common.to_owned()));
                    continue 'seek;
                }
                None => page.entries.push(Entry::Key(key, value)),
            }
        }
    }
    page
}

/// The part of a key up to the first delimiter after the prefix.
pub(crate) fn rolled_up<'k>(key: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
    let rest = key.strip_prefix(prefix).filter(|_| !delimiter.is_empty())?;
    rest.find(delimiter).map(|at| &key[..prefix.len() + at + delimiter.len()])
}

/// `None` if nothing can follow.
fn first_bound(query: PageQuery<'_>) -> Option<Bound<String>> {
    let from_prefix = Bound::Included(query.prefix.to_owned());
    match query.after {
        After::Key(key) if key >= query.prefix => Some(Bound::Excluded(key.to_owned())),
        After::Start | After::Key(_) => Some(from_prefix),
        After::CommonPrefix(common) => {
            let next = successor(common)?;
            Some(if next.as_str() < query.prefix { from_prefix } else { Bound::Included(next) })
        }
    }
}

/// The least text that sorts after everything that begins with `prefix`; `None` if there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(keys: &[&str], query: PageQuery<'_>) -> (Vec<String>, bool) {
        let map: BTreeMap<String, ()> = keys.iter().map(|key| ((*key).to_owned(), ())).collect();
        let page = page(&map, query, |_| true);
        let name = |entry: &Entry<'_, ()>| match entry {
            Entry::Key(key, _) => (*key).to_owned(),
            Entry::CommonPrefix(common) => format!("{common}*"),
        };
        (page.entries.iter().map(name).collect(), page.truncated)
    }

    const KEYS: [&str; 7] = ["a", "a/1", "a/2", "a0", "b/", "b/x", "目/一"];

    #[test]
    fn keys_below_a_delimiter_are_one_entry_and_pages_join_without_gap_or_repeat() {
        let all = PageQuery { prefix: "", delimiter: "/", after: After::Start, entries_max: 1000 };
        let whole = names(&KEYS, all).0;
        assert_eq!(whole, ["a", "a/*", "a0", "b/*", "目/*"]);
        for entries_max in 1..6 {
            let mut joined: Vec<String> = Vec::new();
            loop {
                let last = joined.last().cloned();
                let after = match last.as_deref() {
                    None => After::Start,
                    Some(last) => last.strip_suffix('*').map_or(After::Key(last), After::CommonPrefix),
                };
                let (page, truncated) = names(&KEYS, PageQuery { after, entries_max, ..all });
                assert!(page.len() <= entries_max);
                joined.extend(page);
                if !truncated {
                    break;
                }
            }
            assert_eq!(joined, whole);
        }
    }

    #[test]
    fn a_prefix_bounds_the_page_and_an_earlier_start_does_not_widen_it() {
        let query = PageQuery { prefix: "a/", delimiter: "", after: After::Key("A"), entries_max: 10 };
        assert_eq!(names(&KEYS, query), (vec!["a/1".to_owned(), "a/2".to_owned()], false));
        let query = PageQuery { after: After::Key("a/1"), ..query };
        assert_eq!(names(&KEYS, query).0, ["a/2"]);
        let query = PageQuery { entries_max: 0, ..query };
        assert_eq!(names(&KEYS, query), (Vec::new(), true));
    }

    #[test]
    fn the_successor_of_a_prefix_skips_what_is_no_character() {
        assert_eq!(successor("a/").as_deref(), Some("a0"));
        assert_eq!(successor("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10ffff}"), None);
    }
}
