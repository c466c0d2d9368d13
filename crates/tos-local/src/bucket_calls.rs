//! ListBuckets, CreateBucket, HeadBucket, GetBucketLocation, DeleteBucket, GetBucketInfo.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::request::{Call, host_without_port};
use crate::route::blocking;
use crate::shared::Shared;
use crate::times::iso;
use crate::version_calls::versioning_status;

pub(crate) const OWNER: &str = "practice";

pub(crate) fn owner() -> Value {
    json!({"ID": OWNER, "DisplayName": OWNER})
}

pub(crate) fn list(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let endpoint = endpoint(shared, call);
    let all = shared.options.behaviour.list_buckets_of_all_regions;
    let records = shared.buckets().values().map(|bucket| bucket.record()).collect::<Vec<_>>();
    let shown = records.into_iter().filter(|record| all || record.region == call.region);
    let buckets: Vec<Value> = shown
        .map(|record| {
            json!({
                "Name": record.name,
                "CreationDate": iso(record.created_ms),
                "Location": record.region,
                "ExtranetEndpoint": endpoint,
                "IntranetEndpoint": endpoint,
                "ProjectName": "default",
                "BucketType": "fns",
            })
        })
        .collect();
    Ok(Answer::json(&json!({"Buckets": buckets, "Owner": owner()})))
}

pub(crate) async fn create(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    if call.header("x-tos-bucket-type").is_some_and(|kind| kind != "fns") {
        return Err(Refusal::not_implemented("buckets other than fns"));
    }
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let storage_class = call.header("x-tos-storage-class").unwrap_or("STANDARD");
        shared.create_bucket(call.bucket_name(), &call.region, storage_class)?;
        Ok(Answer::ok().header("location", format!("/{}", call.bucket_name())))
    })
    .await
}

pub(crate) fn head(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let record = shared.bucket(call.bucket_name())?.record();
    Ok(Answer::ok()
        .header("x-tos-bucket-region", record.region)
        .header("x-tos-storage-class", record.storage_class)
        .header("x-tos-az-redundancy", "single-az")
        .header("x-tos-project-name", "default")
        .header("x-tos-bucket-type", "fns"))
}

pub(crate) fn location(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let record = shared.bucket(call.bucket_name())?.record();
    let endpoint = endpoint(shared, call);
    Ok(Answer::json(&json!({"Region": record.region, "ExtranetEndpoint": endpoint, "IntranetEndpoint": endpoint})))
}

pub(crate) fn facts(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let record = shared.bucket(call.bucket_name())?.record();
    let endpoint = endpoint(shared, call);
    let mut facts = json!({
        "Name": record.name,
        "Owner": owner(),
        "CreationDate": iso(record.created_ms),
        "StorageClass": record.storage_class,
        "ProjectName": "default",
        "Type": "fns",
        "Location": record.region,
        "AzRedundancy": "single-az",
        "ExtranetEndpoint": endpoint,
        "IntranetEndpoint": endpoint,
        "CrossRegionReplication": "Disabled",
        "TransferAcceleration": "Disabled",
    });
    if let Some(status) = versioning_status(shared, record.versioning) {
        facts["Versioning"] = status.into();
    }
    Ok(Answer::json(&json!({"Bucket": facts})))
}

pub(crate) async fn delete(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        shared.delete_bucket(call.bucket_name())?;
        Ok(Answer::no_content())
    })
    .await
}

/// The endpoint as the client reached it: the host without the bucket in front. All regions share one address here.
fn endpoint(shared: &Shared, call: &Call) -> String {
    let name = host_without_port(&call.host);
    let domain = [shared.options.domain.as_str(), "localhost"]
        .into_iter()
        .find(|domain| name.len() > domain.len() && name.ends_with(domain));
    match domain {
        Some(domain) => format!("{domain}{}", &call.host[name.len()..]),
        None => call.host.clone(),
    }
}
