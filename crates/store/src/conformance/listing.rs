//! Listings of objects.

use super::Subject;
use crate::{Crc64, ListPage, ListRequest};

/// Follows the pages to the end; returns keys and groups in the order in which they came.
async fn follow(subject: &Subject<'_>, request: &ListRequest) -> (Vec<String>, Vec<String>, usize) {
    let (mut keys, mut groups, mut pages) = (Vec::new(), Vec::new(), 0);
    let mut request = request.clone();
    loop {
        let page: ListPage =
            subject.store.list_objects(subject.bucket, &request).await.expect("a page of a listing can be had");
        let len = page.objects.len() + page.common_prefixes.len();
        if let Some(most) = request.max_keys {
            assert!(len <= most as usize, "a page of at most {most} entries has {len}");
        }
        keys.extend(page.objects.into_iter().map(|entry| entry.key));
        groups.extend(page.common_prefixes);
        pages += 1;
        assert!(pages <= 1000, "the listing does not end");
        match page.next {
            Some(next) => request.continuation_token = Some(next),
            None => return (keys, groups, pages),
        }
    }
}

/// Every key once, in the order of UTF-8 bytes, at every page size; entries tell size, tag and checksum.
pub async fn a_listing_is_complete_and_in_order(subject: &Subject<'_>) {
    let prefix = "listing/";
    let mut expected: Vec<String> =
        ["", "!", "+", "0", "A", "a", "a b", "a/", "a/1", "a//2", "a0", "b", "z", "é", "目录/x", "🐦", "%2F", "&=?#"]
            .iter()
            .map(|end| format!("{prefix}{end}"))
            .collect();
    for key in &expected {
        subject.put(&subject.at(key), key.clone()).await;
    }
    subject.put(&subject.at("listinh"), "a neighbour").await;
    expected.sort();
    for max_keys in [None, Some(1), Some(2), Some(7), Some(1000)] {
        let request = ListRequest { prefix: prefix.into(), max_keys, ..ListRequest::default() };
        let (keys, groups, pages) = follow(subject, &request).await;
        assert_eq!(keys, expected, "keys below {prefix} in pages of {max_keys:?}");
        assert_eq!(groups, [] as [String; 0], "without a delimiter there are no groups");
        if max_keys == Some(1) {
            assert!(pages >= expected.len(), "pages of one key each: {pages}");
        }
    }

    let request = ListRequest { prefix: format!("{prefix}目录/"), ..ListRequest::default() };
    let page = subject.store.list_objects(subject.bucket, &request).await.expect("a listing");
    let entry = page.objects.first().expect("the one key is listed");
    let content = format!("{prefix}目录/x");
    assert_eq!(entry.size_bytes, content.len() as u64, "a listing tells the size");
    let head = subject.store.head_object(&subject.at(&content)).await.expect("HEAD of a listed object");
    assert_eq!(entry.etag.as_ref(), Some(&head.etag), "a listing tells the ETag as HEAD does");
    if let Some(crc64) = entry.crc64 {
        assert_eq!(crc64, Crc64::of(content.as_bytes()), "a checksum in a listing is the right one");
    }

    let nothing = ListRequest { prefix: "listing-nothing-here/".into(), ..ListRequest::default() };
    let page = subject.store.list_objects(subject.bucket, &nothing).await.expect("an empty listing");
    assert_eq!(page, ListPage::default(), "nothing is below a prefix that no key has");
}

/// A delimiter shows one level; groups are counted and paged like keys.
pub async fn a_delimiter_groups_keys(subject: &Subject<'_>) {
    let root = "groups/";
    for end in ["a", "b/1", "b/2", "b/c/3", "d", "e/1", "目录/1", "目录/2", "f g/1", "h+/1", "/x"] {
        subject.put(&subject.at(format!("{root}{end}")), "x").await;
    }
    let below = |ends: &[&str]| ends.iter().map(|end| format!("{root}{end}")).collect::<Vec<_>>();
    for max_keys in [None, Some(1), Some(2), Some(3)] {
        let level =
            |prefix: String| ListRequest { prefix, delimiter: Some("/".into()), max_keys, ..ListRequest::default() };
        let (keys, groups, _) = follow(subject, &level(root.into())).await;
        assert_eq!(keys, below(&["a", "d"]), "keys of the first level in pages of {max_keys:?}");
        let expected = below(&["/", "b/", "e/", "f g/", "h+/", "目录/"]);
        assert_eq!(groups, expected, "groups of the first level in pages of {max_keys:?}");
        let (keys, groups, _) = follow(subject, &level(format!("{root}b/"))).await;
        assert_eq!(keys, below(&["b/1", "b/2"]), "keys of the second level in pages of {max_keys:?}");
        assert_eq!(groups, below(&["b/c/"]), "groups of the second level in pages of {max_keys:?}");
    }
}

/// `start_after` leaves out that key and all before it.
pub async fn a_listing_can_start_after_a_key(subject: &Subject<'_>) {
    for end in ["1", "2", "2 a", "3", "文"] {
        subject.put(&subject.at(format!("after/{end}")), "x").await;
    }
    for (after, expected) in [("2", vec!["2 a", "3", "文"]), ("2 ", vec!["2 a", "3", "文"]), ("文", vec![])] {
        let request = ListRequest {
            prefix: "after/".into(),
            start_after: Some(format!("after/{after}")),
            max_keys: Some(2),
            ..ListRequest::default()
        };
        let (keys, ..) = follow(subject, &request).await;
        let expected: Vec<_> = expected.iter().map(|end| format!("after/{end}")).collect();
        assert_eq!(keys, expected, "keys after {after:?}");
    }
}
