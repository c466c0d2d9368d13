//! `ls`, `stat`, `mb` and `presign`: one question to the store each. None needs the ledger, so all of them work while
//! another program moves things.

use std::sync::Arc;
use std::time::SystemTime;

use store::{ErrorKind, ListRequest, ObjectRef, ObjectStore, PresignMethod};

use crate::account::{self, Choice};
use crate::address::Remote;
use crate::args::{AccountOptions, ListOptions, Method, PresignOptions};
use crate::attempts::{self, ask};
use crate::exit::{Ending, Failure};
use crate::json_lines::{self, time_text};
use crate::output::{self, printable};
use crate::stores::CommandStores;

/// A store, and what keeps it alive: the practice server ends with its command.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) store: Arc<dyn ObjectStore>,
    _stores: CommandStores,
}

/// Opens the store that addresses mean.
pub(crate) async fn connect(options: &AccountOptions) -> Result<Connection, Failure> {
    let stores = CommandStores::new(account::data_folder(options)?, Choice::of(options)?);
    let (_, store) = stores.default().await?;
    Ok(Connection { store, _stores: stores })
}

/// Runs `ls`.
pub(crate) async fn list(account: &AccountOptions, options: ListOptions) -> Result<Ending, Failure> {
    let place = options.address.as_deref().map(Remote::parse).transpose()?;
    let connection = connect(account).await?;
    match place {
        None => list_buckets(connection.store.as_ref(), options.json).await?,
        Some(place) => list_objects(connection.store.as_ref(), &place, &options).await?,
    }
    Ok(Ending::Done)
}

async fn list_buckets(store: &dyn ObjectStore, json: bool) -> Result<(), Failure> {
    let buckets = ask(&attempts::bucket(""), async || store.list_buckets().await).await?;
    for bucket in buckets {
        if json {
            output::json(&json_lines::Bucket {
                name: bucket.name,
                region: bucket.region,
                storage_class: None,
                created: bucket.created.and_then(time_text),
            });
        } else {
            let region = bucket.region.unwrap_or_default();
            output::line(&format!("{}  {region:<16} tos://{}", when(bucket.created), printable(&bucket.name)));
        }
    }
    Ok(())
}

async fn list_objects(store: &dyn ObjectStore, place: &Remote, options: &ListOptions) -> Result<(), Failure> {
    let mut request = ListRequest {
        prefix: place.key.clone(),
        delimiter: (!options.recursive).then(|| "/".to_owned()),
        ..ListRequest::default()
    };
    loop {
        let page =
            ask(&attempts::bucket(&place.bucket), async || store.list_objects(&place.bucket, &request).await).await?;
        for prefix in page.common_prefixes {
            if options.json {
                output::json(&json_lines::Prefix { prefix });
            } else {
                output::line(&format!("{:20}  {:>14}  {}", "", "folder", printable(&prefix)));
            }
        }
        for object in page.objects {
            if options.json {
                output::json(&json_lines::Object {
                    key: object.key,
                    size_bytes: object.size_bytes,
                    modified: object.modified.and_then(time_text),
                    etag: object.etag,
                    crc64: object.crc64,
                    storage_class: object.storage_class,
                    content_type: None,
                    version: None,
                    metadata: Default::default(),
                });
            } else {
                output::line(&format!(
                    "{}  {:>14}  {}",
                    when(object.modified),
                    object.size_bytes,
                    printable(&object.key)
                ));
            }
        }
        match page.next {
            Some(next) => request.continuation_token = Some(next),
            None => return Ok(()),
        }
    }
}

/// A time in a column of 20.
fn when(time: Option<SystemTime>) -> String {
    format!("{:20}", time.and_then(time_text).unwrap_or_default())
}

/// Runs `stat`.
pub(crate) async fn stat(account: &AccountOptions, address: &str, json: bool) -> Result<Ending, Failure> {
    let place = Remote::parse(address)?;
    let connection = connect(account).await?;
    if place.key.is_empty() {
        let details =
            ask(&attempts::bucket(&place.bucket), async || connection.store.head_bucket(&place.bucket).await).await?;
        let bucket = json_lines::Bucket {
            name: place.bucket,
            region: details.region,
            storage_class: details.storage_class,
            created: None,
        };
        if json {
            output::json(&bucket);
        } else {
            output::line(&format!("tos://{}", bucket.name));
            field("region", bucket.region);
            field("storage class", bucket.storage_class);
        }
        return Ok(Ending::Done);
    }
    let object = place.object()?;
    let details = ask(&object, async || connection.store.head_object(&object).await).await?;
    let shown = json_lines::Object {
        key: object.key.clone(),
        size_bytes: details.size_bytes,
        modified: details.modified.and_then(time_text),
        etag: Some(details.etag),
        crc64: details.crc64,
        storage_class: details.settings.storage_class,
        content_type: details.settings.content_type,
        version: details.version.map(|version| version.0),
        metadata: details.settings.metadata,
    };
    if json {
        output::json(&shown);
    } else {
        tell_object(&object, shown);
    }
    Ok(Ending::Done)
}

fn tell_object(object: &ObjectRef, shown: json_lines::Object) {
    output::line(&printable(&object.to_string()));
    field("size", Some(format!("{} ({} bytes)", crate::size::size(shown.size_bytes), shown.size_bytes)));
    field("modified", shown.modified);
    field("content type", shown.content_type);
    field("storage class", shown.storage_class);
    field("etag", shown.etag.map(|etag| etag.to_string()));
    field("CRC64", shown.crc64.map(|crc64| crc64.to_string()));
    field("version", shown.version);
    for (name, value) in shown.metadata {
        field(&format!("meta {name}"), Some(value));
    }
}

fn field(name: &str, value: Option<String>) {
    if let Some(value) = value {
        output::line(&format!("  {name:<14} {}", printable(&value)));
    }
}

/// Runs `mb`.
pub(crate) async fn make_bucket(account: &AccountOptions, address: &str) -> Result<Ending, Failure> {
    let place = Remote::parse(address)?;
    if !place.key.is_empty() {
        return Err(Failure::usage(format!("A bucket has no key; write tos://{}.", place.bucket)));
    }
    let connection = connect(account).await?;
    match attempts::try_call(async || connection.store.create_bucket(&place.bucket).await).await {
        Ok(()) => {
            output::line(&format!("tos://{} is made.", place.bucket));
            Ok(Ending::Done)
        }
        Err(error) if error.kind == ErrorKind::AlreadyExists => Err(Failure::new(format!(
            "There is a bucket {} already; the names of buckets are shared by everybody, so choose another.",
            place.bucket
        ))
        .because(error)),
        Err(error) => Err(engine::TransferError::store(&error, &attempts::bucket(&place.bucket)).into()),
    }
}

/// Runs `presign`.
pub(crate) async fn presign(account: &AccountOptions, options: PresignOptions) -> Result<Ending, Failure> {
    let object = Remote::parse(&options.address)?.object()?;
    let connection = connect(account).await?;
    let method = match options.method {
        Method::Get => PresignMethod::Get,
        Method::Put => PresignMethod::Put,
        Method::Head => PresignMethod::Head,
        Method::Delete => PresignMethod::Delete,
    };
    let url = connection
        .store
        .presign(method, &object, options.expires)
        .map_err(|error| engine::TransferError::store(&error, &object))?;
    output::line(&url);
    Ok(Ending::Done)
}
