//! SetObjectMeta.

use std::sync::Arc;

use crate::answer::Answer;
use crate::object_calls::{attributes, check_restored, position, shown_version};
use crate::refusal::Refusal;
use crate::request::Call;
use crate::route::blocking;
use crate::shared::Shared;

/// What an object keeps when its metadata is replaced.
const STAYS: [&str; 5] = [
    "x-tos-acl",
    "x-tos-server-side-encryption",
    "x-tos-server-side-encryption-kms-key-id",
    "x-tos-tagging",
    "x-tos-website-redirect-location",
];

/// Replaces type, encodings and metadata: whatever the request leaves out is gone.
pub(crate) async fn set(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let choose = |versions: &[_]| {
            let at = position(&shared, versions, call.filled("versionId"))?;
            check_restored(&shared, &versions[at])?;
            Ok(at)
        };
        let ((), version) = bucket.change_version(call.key(), choose, |facts| {
            let stays = |name: &str| STAYS.contains(&name);
            let mut new = attributes(&call);
            new.retain(|name, _| !stays(name));
            facts.attributes.retain(|name, _| stays(name));
            facts.attributes.append(&mut new);
            Ok(())
        })?;
        Ok(Answer::ok().header_if("x-tos-version-id", shown_version(&bucket, &version)))
    })
    .await
}
