//! Which way a copy goes: inside the store, or through this computer.

use std::collections::BTreeMap;
use std::sync::Mutex;

use store::{ErrorKind, ObjectRef, ObjectStore, Retry};

use super::{about, slot};
use crate::error::{ErrorCode, TransferError};
use crate::transfer::{Route, RouteChoice, StoreId};

/// Regions of buckets that are known already, by the bucket.
pub(crate) type Regions = Mutex<BTreeMap<String, String>>;

/// The way of a copy whose target is at `store`. TOS copies by itself only within one account and one region.
pub(crate) async fn route(
    wanted: RouteChoice,
    (from, old): (&StoreId, &ObjectRef),
    (to, new): (&StoreId, &ObjectRef),
    store: &dyn ObjectStore,
    known: &Regions,
) -> Result<Route, TransferError> {
    if wanted == RouteChoice::Relay {
        return Ok(Route::Relay);
    }
    let apart = if from != to {
        Some((from.0.clone(), to.0.clone()))
    } else if old.bucket == new.bucket {
        None
    } else {
        // Where a region is not known the store itself refuses what it cannot do.
        let regions = region(store, old, known).await?.zip(region(store, new, known).await?);
        regions.filter(|(a, b)| a != b)
    };
    match apart {
        None => Ok(Route::Server),
        Some(_) if wanted == RouteChoice::Auto => Ok(Route::Relay),
        Some((a, b)) => Err(TransferError::new(ErrorCode::CrossRegion).with("from", a).with("to", b)),
    }
}

async fn region(store: &dyn ObjectStore, object: &ObjectRef, known: &Regions) -> Result<Option<String>, TransferError> {
    if let Some(region) = slot(known).get(&object.bucket) {
        return Ok(Some(region.clone()));
    }
    let mut looked = store.head_bucket(&object.bucket).await;
    if looked.as_ref().is_err_and(|error| error.kind == ErrorKind::CrossRegion && error.retry == Retry::Later) {
        // By now the store knows where that bucket is.
        looked = store.head_bucket(&object.bucket).await;
    }
    match looked {
        Ok(details) => {
            if let Some(region) = &details.region {
                slot(known).insert(object.bucket.clone(), region.clone());
            }
            Ok(details.region)
        }
        // Keys that may copy need not be allowed to look at the bucket.
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        Err(error) => Err(about(object)(error)),
    }
}
