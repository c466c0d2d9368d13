//! `rm`: deletes what was named, and says of each what became of it.

use store::{ListRequest, ObjectRef, ObjectStore};

use crate::address::Remote;
use crate::args::{AccountOptions, RemoveOptions};
use crate::attempts::{self, ask};
use crate::exit::{Ending, Failure};
use crate::object_commands::connect;
use crate::output::{self, printable};

/// Runs `rm`. All addresses are understood before the first object is deleted.
pub(crate) async fn run(account: &AccountOptions, options: RemoveOptions) -> Result<Ending, Failure> {
    let places: Vec<Remote> = options.addresses.iter().map(|text| Remote::parse(text)).collect::<Result<_, _>>()?;
    if !options.recursive {
        let objects: Vec<ObjectRef> = places.iter().map(object_of).collect::<Result<_, _>>()?;
        let connection = connect(account).await?;
        for object in objects {
            remove(connection.store.as_ref(), &object).await?;
        }
        return Ok(Ending::Done);
    }
    for place in &places {
        if place.key.is_empty() && !options.whole_bucket {
            return Err(Failure::usage(format!(
                "This would delete every object in tos://{}; if that is meant, add --whole-bucket.",
                place.bucket
            )));
        }
    }
    let connection = connect(account).await?;
    let mut ending = Ending::Done;
    for place in &places {
        if remove_folder(connection.store.as_ref(), place).await? == Ending::Failed {
            ending = Ending::Failed;
        }
    }
    Ok(ending)
}

fn object_of(place: &Remote) -> Result<ObjectRef, Failure> {
    if place.key.is_empty() {
        return Err(Failure::usage(format!(
            "tos://{} is a bucket; name an object in it, or empty it with --recursive --whole-bucket.",
            place.bucket
        )));
    }
    place.object()
}

/// Deletes one object. TOS answers "deleted" for what was never there, so it is looked for first: a mistyped key is
/// worth a sentence.
async fn remove(store: &dyn ObjectStore, object: &ObjectRef) -> Result<(), Failure> {
    ask(object, async || store.head_object(object).await).await?;
    ask(object, async || store.delete_object(object).await).await?;
    output::line(&format!("{} is deleted.", printable(&object.to_string())));
    Ok(())
}

/// Deletes a folder page by page. What cannot be deleted is told, and the rest goes on.
async fn remove_folder(store: &dyn ObjectStore, place: &Remote) -> Result<Ending, Failure> {
    // `logs` must not take `logs-of-last-year/` with it.
    let prefix = match place.key.as_str() {
        "" => String::new(),
        key if key.ends_with('/') => key.to_owned(),
        key => format!("{key}/"),
    };
    let about = attempts::bucket(&place.bucket);
    let (mut deleted, mut refused) = (0_u64, 0_u64);
    let mut request = ListRequest { prefix: prefix.clone(), ..ListRequest::default() };
    loop {
        let page = ask(&about, async || store.list_objects(&place.bucket, &request).await).await?;
        let objects: Vec<ObjectRef> =
            page.objects.iter().map(|object| ObjectRef::new(place.bucket.clone(), object.key.clone())).collect();
        if !objects.is_empty() {
            let failures = ask(&about, async || store.delete_objects(&place.bucket, &objects).await).await?;
            deleted += objects.len().saturating_sub(failures.len()) as u64;
            refused += failures.len() as u64;
            for failure in failures {
                output::error(&format!(
                    "tern-cli: tos://{}/{} was not deleted.\n  cause: {}\n  code: {}",
                    place.bucket,
                    printable(&failure.key),
                    printable(&failure.message),
                    printable(&failure.code)
                ));
            }
        }
        match page.next {
            Some(next) => request.continuation_token = Some(next),
            None => break,
        }
    }
    output::line(&format!(
        "{deleted} objects in {} are deleted.",
        printable(&format!("tos://{}/{prefix}", place.bucket))
    ));
    Ok(if refused == 0 { Ending::Done } else { Ending::Failed })
}
