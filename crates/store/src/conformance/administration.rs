//! What a person does by hand: properties, archives, names, rules of a bucket. (Versions are in `versions`.)

use super::{Subject, assert_refused, assert_same_bytes};
use crate::{
    AclSetting, Administration, CannedAcl, ErrorKind, GetOptions, Grant, Grantee, Lifecycle, LifecycleRule, ObjectAcl,
    ObjectDetails, ObjectSettings, PutCondition, RestoreAnswer, RestoreRequest, RestoreState, Tag, Versioning,
};

/// Properties are replaced as a whole; bytes, class, ACL and tags stay.
pub async fn properties_are_replaced_as_a_whole(subject: &Subject<'_>, store: &dyn Administration) {
    let object = subject.at("properties/object");
    let settings = ObjectSettings {
        content_type: Some("text/plain".into()),
        cache_control: Some("no-cache".into()),
        storage_class: Some("IA".into()),
        metadata: [("old".to_owned(), "1".to_owned()), ("both".to_owned(), "1".to_owned())].into(),
        ..ObjectSettings::default()
    };
    let put = subject.put_with(&object, "content", &settings).await;
    let tags = vec![Tag { key: "k".into(), value: "v".into() }];
    store.set_object_tags(&object, &tags).await.expect("an object can be tagged");
    store.set_object_acl(&object, &AclSetting::Canned(CannedAcl::PublicRead)).await.expect("an ACL can be set");

    let demanding = super::objects::demanding_settings();
    store.set_object_meta(&object, &demanding).await.expect("properties can be changed");
    let head = store.head_object(&object).await.expect("it is still there");
    let expected = ObjectSettings { storage_class: Some("IA".into()), acl: None, ..demanding };
    assert_eq!(head.settings, expected, "what was not given is gone, and the class stays");
    assert_eq!(head.etag, put.etag, "the bytes stay");
    assert_same_bytes(&subject.get_whole(&object).await, b"content", "an object with other properties");
    assert_eq!(store.object_tags(&object).await.expect("tags can be asked for"), tags, "the tags stay");
    let acl = store.object_acl(&object).await.expect("an ACL can be asked for");
    assert_eq!(acl.canned(), Some(CannedAcl::PublicRead), "the ACL stays: {acl:?}");

    let missing = subject.at("properties/none");
    let set = store.set_object_meta(&missing, &ObjectSettings::default()).await;
    assert_refused(set, ErrorKind::ObjectNotFound, "properties of a missing object");
}

/// Ready-made ACLs are told as what they are, and chosen grants come back as they went.
pub async fn acls_round_trip(subject: &Subject<'_>, store: &dyn Administration) {
    let object = subject.at("acl/object");
    subject.put(&object, "x").await;
    let told = async || store.object_acl(&object).await.expect("an ACL can be asked for");
    for canned in [
        CannedAcl::PublicReadWrite,
        CannedAcl::PublicRead,
        CannedAcl::AuthenticatedRead,
        CannedAcl::Private,
        CannedAcl::Default,
    ] {
        store.set_object_acl(&object, &AclSetting::Canned(canned)).await.expect("a ready-made ACL can be set");
        assert_eq!(told().await.canned(), Some(canned));
    }
    let owner_id = told().await.owner_id;
    let grant = |grantee: Grantee, permission: &str| Grant { grantee, permission: permission.to_owned() };
    let chosen = ObjectAcl {
        grants: vec![
            grant(Grantee::Account("2100000001".into()), "READ"),
            grant(Grantee::Group("AllUsers".into()), "READ_ACP"),
        ],
        owner_id,
        bucket_owner_entrusted: false,
        is_default: false,
    };
    store.set_object_acl(&object, &AclSetting::Explicit(chosen.clone())).await.expect("grants can be chosen");
    assert_eq!(told().await, chosen);
    assert_eq!(chosen.canned(), None);
    let missing = store.object_acl(&subject.at("acl/none")).await;
    assert_refused(missing, ErrorKind::ObjectNotFound, "the ACL of a missing object");
}

/// Tags are replaced as a whole, and none is no error.
pub async fn tags_round_trip(subject: &Subject<'_>, store: &dyn Administration) {
    let object = subject.at("tags/object");
    subject.put(&object, "x").await;
    let told = async || store.object_tags(&object).await.expect("tags can be asked for");
    assert_eq!(told().await, [], "an object without tags");
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    for tags in [vec![tag("项目", "转 码"), tag("t", "a+b=c")], vec![tag("empty", "")], vec![]] {
        store.set_object_tags(&object, &tags).await.expect("an object can be tagged");
        assert_eq!(told().await, tags);
    }
    store.set_object_tags(&object, &[tag("k", "v")]).await.expect("an object can be tagged");
    for _ in 0..2 {
        store.delete_object_tags(&object).await.expect("tags can be removed, and again");
        assert_eq!(told().await, []);
    }
    let twice = store.set_object_tags(&object, &[tag("k", "1"), tag("k", "2")]).await;
    assert_refused(twice, ErrorKind::Refused, "two tags of one name");
    let missing = store.object_tags(&subject.at("tags/none")).await;
    assert_refused(missing, ErrorKind::ObjectNotFound, "the tags of a missing object");
}

/// An archived object is refused until it is restored, and asking again is no error.
pub async fn archived_objects_come_back(subject: &Subject<'_>, store: &dyn Administration) {
    let object = subject.at("archive/object");
    let archive = ObjectSettings { storage_class: Some("ARCHIVE".into()), ..ObjectSettings::default() };
    subject.put_with(&object, "ice", &archive).await;
    let read = store.get_object(&object, &GetOptions::default()).await;
    assert_refused(read, ErrorKind::Archived, "reading an archived object");
    let state = |head: ObjectDetails| head.restore.as_deref().and_then(RestoreState::parse);
    let head = async || store.head_object(&object).await.expect("an archived object can be looked at");
    assert_eq!(state(head().await), None);
    let set = store.set_object_meta(&object, &ObjectSettings::default()).await;
    assert_refused(set, ErrorKind::Archived, "changing an archived object");

    let request = RestoreRequest::new(7, None).expect("a week is a time that can be asked for");
    let answer = store.restore_object(&object, request).await.expect("an archived object can be restored");
    assert_eq!(answer, RestoreAnswer::Started);
    let again = store.restore_object(&object, request).await.expect("asking again is no error");
    if subject.expect.restores_at_once {
        assert_eq!(again, RestoreAnswer::Extended);
        assert!(matches!(state(head().await), Some(RestoreState::Readable(Some(_)))), "it says until when");
        assert_same_bytes(&subject.get_whole(&object).await, b"ice", "a restored object");
    } else {
        assert_eq!(again, RestoreAnswer::Running);
        assert_eq!(state(head().await), Some(RestoreState::Running));
        let read = store.get_object(&object, &GetOptions::default()).await;
        assert_refused(read, ErrorKind::Archived, "reading an object that is being restored");
    }
    let warm = subject.at("archive/warm");
    subject.put(&warm, "x").await;
    assert_refused(store.restore_object(&warm, request).await, ErrorKind::Refused, "restoring what is not archived");
}

/// A renamed object is the same under another key, where the bucket renames.
pub async fn objects_are_renamed(subject: &Subject<'_>, store: &dyn Administration) {
    let enabled = async || store.rename_enabled(subject.bucket).await.expect("a bucket says whether it renames");
    assert!(!enabled().await, "a new bucket renames nothing");
    let (old, taken) = (subject.at("rename/旧 + 名"), subject.at("rename/taken"));
    subject.put(&old, "x").await;
    let refused = store.rename_object(&old, "rename/new", PutCondition::Always).await;
    assert_refused(refused, ErrorKind::Unsupported, "renaming in a bucket that does not");
    store.set_rename_enabled(subject.bucket, true).await.expect("renaming can be switched on");
    assert!(enabled().await);

    let put = subject.put_with(&old, "content", &super::objects::demanding_settings()).await;
    subject.put(&taken, "other").await;
    let onto = store.rename_object(&old, &taken.key, PutCondition::IfAbsent).await;
    assert_refused(onto, ErrorKind::AlreadyExists, "renaming onto an object");
    let new = subject.at("rename/新 名/a+b&c=1%.txt");
    store.rename_object(&old, &new.key, PutCondition::IfAbsent).await.expect("an object can be renamed");
    assert_refused(store.head_object(&old).await, ErrorKind::ObjectNotFound, "the old key");
    let head = store.head_object(&new).await.expect("the new key is there");
    assert_eq!((&head.etag, head.crc64), (&put.etag, put.crc64), "it is the same object");
    assert_eq!(head.settings.metadata, super::objects::demanding_settings().metadata);
    store.rename_object(&new, &taken.key, PutCondition::Always).await.expect("an object can be renamed onto another");
    assert_same_bytes(&subject.get_whole(&taken).await, b"content", "an object renamed onto another");
    let again = store.rename_object(&new, &taken.key, PutCondition::Always).await;
    assert_refused(again, ErrorKind::ObjectNotFound, "renaming what is not there");
    let odd = store.rename_object(&taken, "a/../b", PutCondition::Always).await;
    assert_refused(odd, ErrorKind::InvalidName, "renaming to an unusable key");
    store.set_rename_enabled(subject.bucket, false).await.expect("renaming can be switched off");
    assert!(!enabled().await);
}

/// Our rule is added, changed and removed; the rules of others stay as they came, unknown fields included.
pub async fn lifecycle_rules_of_others_stay(subject: &Subject<'_>, store: &dyn Administration) {
    let told = async || store.lifecycle(subject.bucket).await.expect("lifecycle rules can be asked for");
    assert_eq!(told().await, Lifecycle::default(), "a new bucket has no rules");
    let theirs = r#"{"Expiration":{"Days":30},"ID":"theirs","NewAction":{"After":[1,"day"]},"Prefix":"tmp/","Status":"Enabled"}"#;
    let theirs = LifecycleRule::from_json(theirs).expect("a rule");
    let others = Lifecycle { rules: vec![theirs], allows_overlap: true };
    store.set_lifecycle(subject.bucket, &others).await.expect("rules can be set");
    for days in [7, 30] {
        let with = told().await.with_abort_rule(days);
        store.set_lifecycle(subject.bucket, &with).await.expect("a rule can be added and changed");
        let now = told().await;
        assert_eq!(now.abort_rule().and_then(LifecycleRule::abort_after_days), Some(days));
        assert_eq!((now.rules.len(), now.allows_overlap), (2, true));
        assert_eq!(now.rules[0].id(), "theirs");
        assert!(now.rules[0].json().contains("NewAction"), "nothing of it is lost: {}", now.rules[0].json());
    }
    store.set_lifecycle(subject.bucket, &told().await.without_abort_rule()).await.expect("a rule can be removed");
    assert_eq!(told().await.rules.len(), 1);
    for _ in 0..2 {
        let none = store.set_lifecycle(subject.bucket, &Lifecycle::default()).await;
        none.expect("all rules can be removed, and again");
        assert_eq!(told().await, Lifecycle::default());
    }
}

/// A bucket tells everything in one answer, and is deleted only when it is empty. The bucket is gone afterwards.
pub async fn a_bucket_is_deleted_when_it_is_empty(subject: &Subject<'_>, store: &dyn Administration) {
    let Subject { bucket, .. } = subject;
    let described = store.describe_bucket(bucket).await.expect("a bucket can be described");
    let head = store.head_bucket(bucket).await.expect("a bucket can be looked at");
    assert_eq!((described.region, described.storage_class), (head.region, head.storage_class));
    assert_eq!(described.versioning, Some(Versioning::Never));
    let object = subject.at("last");
    subject.put(&object, "x").await;
    assert_refused(store.delete_bucket(bucket).await, ErrorKind::NotEmpty, "deleting a bucket with an object");
    store.delete_object(&object).await.expect("an object can be deleted");
    store.delete_bucket(bucket).await.expect("an empty bucket can be deleted");
    assert_refused(store.head_bucket(bucket).await, ErrorKind::BucketNotFound, "a deleted bucket");
    assert_refused(store.delete_bucket(bucket).await, ErrorKind::BucketNotFound, "deleting it again");
    let missing = ErrorKind::BucketNotFound;
    assert_refused(store.lifecycle(bucket).await, missing, "the rules of a missing bucket");
    assert_refused(store.versioning(bucket).await, missing, "the versioning of a missing bucket");
}
