//! What can be changed of an object without sending it again: metadata, ACL, tags.

use reqwest::Method;
use store::{AclSetting, ErrorKind, Grant, Grantee, ObjectAcl, ObjectRef, ObjectSettings, StoreError, Tag};

use crate::request::json_body;
use crate::wire::administration as wire;
use crate::{Result, TosStore, headers};

pub(crate) async fn set_meta(store: &TosStore, object: &ObjectRef, settings: &ObjectSettings) -> Result<()> {
    let mut call = store.object_call("changing the properties of", Method::POST, object)?.param("metadata", "");
    // Class and ACL have other ways; sent here they might be believed to have an effect.
    let settings = ObjectSettings { storage_class: None, acl: None, ..settings.clone() };
    call.headers = headers::of_settings(&settings);
    store.send(call).await?.looks_like_tos()
}

pub(crate) async fn acl(store: &TosStore, object: &ObjectRef) -> Result<ObjectAcl> {
    let call = store.object_call("asking for the permissions of", Method::GET, object)?.param("acl", "");
    let answer = store.send(call).await?;
    let is_acl = |acl: &wire::Acl| acl.grants.is_some() || acl.owner.is_some();
    let acl: wire::Acl = answer.json_if(is_acl).await?;
    let grants: Option<Vec<Grant>> = acl.grants.unwrap_or_default().into_iter().map(grant).collect();
    // Whoever gives back what was read must not take a right away by that.
    let grants = grants.ok_or_else(|| {
        let message = format!("the permissions of {object} name somebody in a form that is not known here");
        StoreError::new(ErrorKind::Unsupported, message)
    })?;
    Ok(ObjectAcl {
        owner_id: acl.owner.and_then(|owner| owner.id).unwrap_or_default(),
        grants,
        bucket_owner_entrusted: acl.bucket_owner_entrusted,
        is_default: acl.is_default,
    })
}

fn grant(grant: wire::Grant) -> Option<Grant> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let grantee = match filled(grant.grantee.canned) {
        Some(group) => Grantee::Group(group),
        None => Grantee::Account(filled(grant.grantee.id)?),
    };
    Some(Grant { grantee, permission: grant.permission })
}

pub(crate) async fn set_acl(store: &TosStore, object: &ObjectRef, acl: &AclSetting) -> Result<()> {
    let call = store.object_call("changing the permissions of", Method::PUT, object)?.param("acl", "");
    // A name in a header, or grants in a body: never both.
    let call = match acl {
        AclSetting::Canned(canned) => call.header("x-tos-acl", canned.as_str()),
        AclSetting::Explicit(acl) if acl.is_default => call.header("x-tos-acl", "default"),
        AclSetting::Explicit(acl) => json_body(call, &wire_acl(acl))?,
    };
    store.send(call).await?.looks_like_tos()
}

fn wire_acl(acl: &ObjectAcl) -> wire::Acl {
    let grantee = |grantee: &Grantee| match grantee {
        Grantee::Account(id) => {
            wire::Grantee { id: Some(id.clone()), kind: Some("CanonicalUser".into()), canned: None }
        }
        Grantee::Group(group) => wire::Grantee { id: None, kind: Some("Group".into()), canned: Some(group.clone()) },
    };
    let grant = |grant: &Grant| wire::Grant { grantee: grantee(&grant.grantee), permission: grant.permission.clone() };
    wire::Acl {
        owner: Some(wire::Owner { id: Some(acl.owner_id.clone()).filter(|id| !id.is_empty()) }),
        grants: Some(acl.grants.iter().map(grant).collect()),
        bucket_owner_entrusted: acl.bucket_owner_entrusted,
        is_default: false,
    }
}

pub(crate) async fn tags(store: &TosStore, object: &ObjectRef) -> Result<Vec<Tag>> {
    let call = store.object_call("asking for the tags of", Method::GET, object)?.param("tagging", "");
    let answer = match store.send(call).await {
        Ok(answer) => answer,
        Err(error) if is_untagged(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let tagging: wire::Tagging = answer.json_if(|tagging: &wire::Tagging| tagging.tag_set.is_some()).await?;
    let tags = tagging.tag_set.unwrap_or_default().tags.into_iter();
    Ok(tags.map(|tag| Tag { key: tag.key, value: tag.value }).collect())
}

/// Whether a 404 is about the tags and not about the object: its code is a word that no missing object has.
fn is_untagged(error: &StoreError) -> bool {
    const MISSING: [&str; 4] = ["NoSuchKey", "NoSuchVersion", "NoSuchBucket", "DeleteMarker"];
    let is_other = error.code.as_deref().is_some_and(|code| !MISSING.contains(&code));
    error.status == Some(404) && error.kind == ErrorKind::ObjectNotFound && is_other
}

pub(crate) async fn set_tags(store: &TosStore, object: &ObjectRef, tags: &[Tag]) -> Result<()> {
    store::check_tags(tags).map_err(|invalid| StoreError::new(ErrorKind::Refused, invalid.to_string()))?;
    let call = store.object_call("changing the tags of", Method::PUT, object)?.param("tagging", "");
    let tag = |tag: &Tag| wire::Tag { key: tag.key.clone(), value: tag.value.clone() };
    let tag_set = wire::TagSet { tags: tags.iter().map(tag).collect() };
    store.send(json_body(call, &wire::Tagging { tag_set: Some(tag_set) })?).await?.looks_like_tos()
}

pub(crate) async fn delete_tags(store: &TosStore, object: &ObjectRef) -> Result<()> {
    let call = store.object_call("removing the tags of", Method::DELETE, object)?.param("tagging", "");
    match store.send(call).await {
        Ok(answer) => answer.looks_like_tos(),
        Err(error) if is_untagged(&error) => Ok(()),
        Err(error) => Err(error),
    }
}
