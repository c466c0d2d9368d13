//! Buckets.

use reqwest::Method;
use store::{BucketDescription, BucketDetails, BucketSummary};

use crate::headers::{iso_time, text};
use crate::wire::administration::BucketInfo;
use crate::{Result, TosStore, versions, wire};

pub(crate) async fn list(store: &TosStore) -> Result<Vec<BucketSummary>> {
    let answer = store.send(store.service_call("listing", Method::GET)?).await?;
    // An account without buckets may have a null here, but then it has an owner.
    let list: wire::BucketList =
        answer.json_if(|list: &wire::BucketList| list.buckets.is_some() || list.owner.is_some()).await?;
    let summary = |bucket: wire::Bucket| BucketSummary {
        name: bucket.name,
        created: bucket.creation_date.as_deref().and_then(iso_time),
        region: bucket.location,
        endpoint: bucket.extranet_endpoint,
    };
    let buckets: Vec<BucketSummary> = list.buckets.unwrap_or_default().into_iter().map(summary).collect();
    store.homes.learn(&buckets);
    Ok(buckets)
}

pub(crate) async fn create(store: &TosStore, bucket: &str) -> Result<()> {
    // Through a custom domain this would be about the bucket that the domain stands for.
    store.homes.own().endpoint.service()?;
    let answer = store.send(store.own_bucket_call("making", Method::PUT, bucket)?).await?;
    answer.looks_like_tos()?;
    // One of that name may have been in another region, once.
    store.homes.forget(bucket);
    Ok(())
}

pub(crate) async fn head(store: &TosStore, bucket: &str) -> Result<BucketDetails> {
    let answer = store.send(store.bucket_call("looking at", Method::HEAD, bucket)?).await?;
    // Any web server answers this one with 200.
    answer.looks_like_tos()?;
    let headers = answer.headers();
    Ok(BucketDetails {
        region: text(headers, "x-tos-bucket-region"),
        storage_class: text(headers, "x-tos-storage-class"),
    })
}

pub(crate) async fn delete(store: &TosStore, bucket: &str) -> Result<()> {
    // Through a custom domain this would be about the bucket that the domain stands for.
    store.homes.own().endpoint.service()?;
    let answer = store.send(store.bucket_call("deleting", Method::DELETE, bucket)?).await?;
    answer.looks_like_tos()?;
    store.homes.forget(bucket);
    Ok(())
}

pub(crate) async fn describe(store: &TosStore, bucket: &str) -> Result<BucketDescription> {
    let call = store.bucket_call("asking for the facts of", Method::GET, bucket)?.param("bucketInfo", "");
    let answer = store.send(call).await?;
    let told: BucketInfo = answer.json_if(|told: &BucketInfo| told.bucket.is_some()).await?;
    let facts = told.bucket.unwrap_or_default();
    Ok(BucketDescription {
        region: facts.location,
        storage_class: facts.storage_class,
        bucket_type: facts.kind,
        created: facts.creation_date.as_deref().and_then(iso_time),
        endpoint: facts.extranet_endpoint,
        versioning: versions::state(&facts.versioning.unwrap_or_default()),
    })
}

pub(crate) async fn region(store: &TosStore, bucket: &str) -> Result<String> {
    let call = store.bucket_call("finding the region of", Method::GET, bucket)?.param("location", "");
    let answer = store.send(call).await?;
    let location: wire::Location = answer
        .json_if(|location: &wire::Location| location.region.as_deref().is_some_and(|region| !region.is_empty()))
        .await?;
    Ok(location.region.unwrap_or_default())
}
