//! Versions and delete markers, in a bucket that keeps them.

use super::{Subject, assert_refused, assert_same_bytes};
use crate::{
    Administration, CopyObjectOptions, CopySource, ErrorKind, ListRequest, ListedVersion, ObjectRef, PutCondition,
    VersionId, VersionListRequest, Versioning,
};

/// All versions below a prefix, in pages of this many entries.
async fn versions(store: &dyn Administration, bucket: &str, prefix: &str, max_keys: u32) -> Vec<ListedVersion> {
    let mut request =
        VersionListRequest { prefix: prefix.to_owned(), max_keys: Some(max_keys), ..VersionListRequest::default() };
    let mut found = Vec::new();
    loop {
        let page = store.list_versions(bucket, &request).await.expect("versions can be listed");
        assert!(page.entries.len() <= max_keys as usize, "a page has at most what was asked for");
        found.extend(page.entries);
        match page.next {
            Some(next) => request.after = Some(next),
            None => return found,
        }
    }
}

fn id(version: &ListedVersion) -> VersionId {
    version.version.clone().expect("a bucket that keeps versions names them")
}

/// What is replaced and deleted stays, can be read, brought back and deleted for good; removing a marker undoes the
/// deletion. The bucket must never have kept versions; afterwards it has none of `versions/` left.
pub async fn versions_are_kept_read_and_deleted(subject: &Subject<'_>, store: &dyn Administration) {
    let Subject { bucket, .. } = subject;
    let (object, other) = (subject.at("versions/k"), subject.at("versions/k2"));
    let state = async || store.versioning(bucket).await.expect("a bucket says whether it keeps versions");
    assert_eq!(state().await, Versioning::Never);
    subject.put(&object, "before").await;
    store.set_versioning(bucket, true).await.expect("a bucket can begin to keep versions");
    assert_eq!(state().await, Versioning::Enabled);
    assert_eq!(store.describe_bucket(bucket).await.expect("a description").versioning, Some(Versioning::Enabled));

    let one = subject.put(&object, "one").await.version.expect("a put tells its version");
    let two = subject.put(&object, "two!").await.version.expect("a put tells its version");
    subject.put(&other, "other").await;
    store.delete_object(&object).await.expect("an object can be deleted");
    assert_refused(store.head_object(&object).await, ErrorKind::ObjectNotFound, "a key whose newest is a marker");
    let plain = ListRequest { prefix: "versions/".into(), ..ListRequest::default() };
    let listed = store.list_objects(bucket, &plain).await.expect("objects can be listed");
    let keys: Vec<_> = listed.objects.into_iter().map(|object| object.key).collect();
    assert_eq!(keys, std::slice::from_ref(&other.key), "a plain listing shows no deleted keys");

    let all = versions(store, bucket, "versions/", 1000).await;
    for page_len in [1, 2, 3] {
        assert_eq!(versions(store, bucket, "versions/", page_len).await, all, "pages of {page_len} join");
    }
    let facts: Vec<_> = all
        .iter()
        .map(|entry| (entry.key.as_str(), entry.is_latest, entry.object.as_ref().map(|facts| facts.size_bytes)))
        .collect();
    let key = object.key.as_str();
    let expected = [
        (key, true, None),
        (key, false, Some(4)),
        (key, false, Some(3)),
        (key, false, Some(6)),
        (other.key.as_str(), true, Some(5)),
    ];
    assert_eq!(facts, expected, "the newest first, the marker before them");
    assert!(all.iter().all(|entry| entry.modified.is_some()), "each says when");
    assert_eq!((id(&all[1]), id(&all[2])), (two.clone(), one.clone()), "the ids are those of the puts");

    let at = |version: &VersionId| ObjectRef { version: Some(version.clone()), ..object.clone() };
    for (version, content) in [(&two, "two!"), (&one, "one"), (&id(&all[3]), "before")] {
        assert_same_bytes(&subject.get_whole(&at(version)).await, content.as_bytes(), "an older version");
        let head = store.head_object(&at(version)).await.expect("an older version can be looked at");
        assert_eq!(head.version.as_ref(), Some(version));
    }
    let made_up = store.head_object(&at(&VersionId("made-up".into()))).await;
    assert_refused(made_up, ErrorKind::ObjectNotFound, "a version that is not there");
    let nameless = store.delete_object(&at(&VersionId(String::new()))).await;
    assert!(nameless.is_err(), "a version without an id is none, and certainly not the object");

    // Removing the marker undoes the deletion.
    store.delete_object(&at(&id(&all[0]))).await.expect("a marker can be removed");
    assert_same_bytes(&subject.get_whole(&object).await, b"two!", "a key whose marker was removed");
    // An older version copied over the key is the newest.
    let source = CopySource { object: at(&one), if_match: None };
    let options = CopyObjectOptions { source, replace_settings: None, condition: PutCondition::Always };
    let copied = store.copy_object(&object, &options).await.expect("a version can be copied over its key");
    assert_same_bytes(&subject.get_whole(&object).await, b"one", "a version that was brought back");
    // Deleted for good, one and many at once.
    store.delete_object(&at(&two)).await.expect("a version can be deleted");
    assert_refused(store.head_object(&at(&two)).await, ErrorKind::ObjectNotFound, "a version deleted for good");
    let left: Vec<_> =
        versions(store, bucket, key, 1000).await.iter().filter(|entry| entry.key == key).map(id).collect();
    assert_eq!(left, [copied.version.expect("a copy tells its version"), one, id(&all[3])]);
    let doomed: Vec<ObjectRef> = left.iter().map(at).collect();
    let failed = store.delete_objects(bucket, &doomed).await.expect("many versions can be deleted at once");
    assert_eq!(failed, []);
    assert_eq!(versions(store, bucket, "versions/", 1000).await.len(), 1, "the other key is still there");
    store.delete_object(&ObjectRef { version: Some(id(&all[4])), ..other }).await.expect("the last one");
    assert_eq!(versions(store, bucket, "versions/", 1000).await, []);
}

/// Once suspended, older versions stay and new ones replace each other. Works in a bucket that keeps versions.
pub async fn suspended_versioning_keeps_what_there_was(subject: &Subject<'_>, store: &dyn Administration) {
    let Subject { bucket, .. } = subject;
    let object = subject.at("suspended/a/k");
    store.set_versioning(bucket, true).await.expect("a bucket can keep versions");
    subject.put(&object, "kept").await;
    store.set_versioning(bucket, false).await.expect("a bucket can stop to keep versions");
    assert_eq!(store.versioning(bucket).await.expect("a state"), Versioning::Suspended);
    for content in ["first", "second"] {
        subject.put(&object, content).await;
    }
    let all = versions(store, bucket, "suspended/", 1000).await;
    let sizes: Vec<_> = all.iter().filter_map(|entry| entry.object.as_ref()).map(|facts| facts.size_bytes).collect();
    assert_eq!(sizes, [6, 4], "the two of now are one, the older stays");
    store.delete_object(&object).await.expect("an object can be deleted");
    let all = versions(store, bucket, "suspended/", 1000).await;
    assert_eq!(all.iter().map(|entry| entry.object.is_some()).collect::<Vec<_>>(), [false, true]);

    let grouped = VersionListRequest {
        prefix: "suspended/".into(),
        delimiter: Some("/".into()),
        ..VersionListRequest::default()
    };
    let page = store.list_versions(bucket, &grouped).await.expect("versions can be grouped");
    assert_eq!((page.common_prefixes.as_slice(), page.entries.len()), (&["suspended/a/".to_owned()][..], 0));
}
