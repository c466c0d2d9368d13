//! `uploads adopt`: go on with an upload that another tool, or another computer, has begun.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use engine::{Adoption, End, ForeignUpload, StoreId, TransferOptions, TransferSpec};
use store::{ObjectRef, ObjectSettings, ObjectStore, UploadId};
use tos::sdk_checkpoint::{self, SDK_CHECKPOINT_BYTES_MAX, SdkUpload};

use crate::address::Remote;
use crate::args::{AccountOptions, AdoptOptions};
use crate::attempts::ask;
use crate::copy_command::{listen, rates};
use crate::exit::{Ending, Failure};
use crate::json_lines::Adopted;
use crate::output::{self, printable};
use crate::watch::Watch;
use crate::workbench::Workbench;
use crate::{size, words};

/// What is to be adopted, as far as it was typed or written down.
#[derive(Debug)]
struct Wanted {
    file: PathBuf,
    object: ObjectRef,
    upload: Option<ForeignUpload>,
}

/// Runs `uploads adopt`.
pub(crate) async fn run(account: &AccountOptions, options: AdoptOptions) -> Result<Ending, Failure> {
    let started = Instant::now();
    let wanted = match &options.checkpoint {
        Some(path) => from_checkpoint(path, options.file.as_deref())?,
        None => typed(&options)?,
    };
    let bench = Workbench::open_for(account, None, rates(options.run))?;
    let (store_id, store) = bench.stores.default().await?;
    let upload = match wanted.upload {
        Some(upload) => upload,
        None => the_only_one(store.as_ref(), &wanted.object).await?,
    };
    let spec = spec(wanted.file, store_id, wanted.object, &options);
    let mut signals = listen()?;
    let events = bench.engine.events();
    let adopting = bench.engine.adopt(spec, upload);
    let adoption = tokio::select! {
        adoption = adopting => adoption.map_err(|error| words::engine_failure(&error))?,
        () = signals.next() => {
            bench.engine.shutdown().await;
            output::error("Stopped while the file was compared; nothing was changed.");
            return Ok(Ending::Paused);
        }
    };
    tell(&adoption, options.run.json);
    // It is new, so all that it has done it has done here.
    let watch = Watch::new(&bench.engine, &[adoption.id], &[], options.run)?;
    let report = watch.until_rest(events, &mut signals).await?;
    bench.engine.shutdown().await;
    Ok(report.close(started.elapsed()))
}

fn tell(adoption: &Adoption, json: bool) {
    if json {
        return output::json(&Adopted {
            transfer: adoption.id.0,
            parts_listed: adoption.parts_listed,
            parts_held: adoption.parts_held,
            held_bytes: adoption.held_bytes,
            size_bytes: adoption.size_bytes,
        });
    }
    let Adoption { id, parts_listed, parts_held, held_bytes, size_bytes } = *adoption;
    let has = match parts_listed {
        0 => "it has no parts yet".to_owned(),
        _ => format!(
            "{parts_held} of its {parts_listed} parts are parts of the file ({} of {})",
            size::size(held_bytes),
            size::size(size_bytes)
        ),
    };
    output::error(&format!("Transfer {id} goes on with it: {has}. From now on `tern-cli cancel {id}` aborts it."));
}

fn spec(file: PathBuf, store: StoreId, object: ObjectRef, options: &AdoptOptions) -> TransferSpec {
    TransferSpec {
        source: End::file(file),
        target: End::object(store, object),
        options: TransferOptions {
            parallel_parts: options.parallel,
            conflict: options.conflict.into(),
            // What the object will carry was said when the upload was begun.
            settings: ObjectSettings::default(),
            ..TransferOptions::default()
        },
    }
}

fn typed(options: &AdoptOptions) -> Result<Wanted, Failure> {
    let (Some(file), Some(address)) = (&options.file, &options.address) else {
        return Err(Failure::usage(
            "Name the file and tos://bucket/key, or a checkpoint of a TOS SDK with --checkpoint.",
        ));
    };
    let upload = options.upload_id.as_ref().map(|id| ForeignUpload {
        upload_id: UploadId(id.clone()),
        part_size_bytes: None,
        checksums: BTreeMap::new(),
    });
    Ok(Wanted { file: absolute(file)?, object: Remote::parse(address)?.object()?, upload })
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let shown = path.display();
    std::path::absolute(path).map_err(|error| Failure::usage(format!("{shown} cannot be a path.")).because(error))
}

/// What the checkpoint file of an SDK says; `file` is where the file is now, if it was moved.
fn from_checkpoint(path: &Path, file: Option<&Path>) -> Result<Wanted, Failure> {
    let shown = path.display();
    let unusable = |why: &str| Failure::new(format!("{shown} cannot be gone on with: {why}."));
    let checkpoint = sdk_checkpoint::parse(&read(path)?).map_err(|error| unusable(&error.to_string()))?;
    let SdkUpload { object, upload_id, local_path, size_bytes, part_size_bytes, checksums } =
        SdkUpload::try_from(checkpoint).map_err(|error| unusable(&error.to_string()))?;
    let file = match (file, &local_path) {
        (Some(file), _) => absolute(file)?,
        (None, Some(local)) => absolute(local)?,
        (None, None) => return Err(unusable("it does not say which file it is of; name the file after it")),
    };
    if let Ok(there) = std::fs::metadata(&file)
        && there.len() != size_bytes
    {
        return Err(Failure::new(format!(
            "{} has {} bytes, and had {} when the upload was begun; upload it anew with `tern-cli cp`.",
            file.display(),
            there.len(),
            size_bytes
        )));
    }
    let upload = ForeignUpload { upload_id, part_size_bytes: Some(part_size_bytes), checksums };
    Ok(Wanted { file, object, upload: Some(upload) })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    // One byte more than is looked at, so that what is too long is seen to be.
    let limit = SDK_CHECKPOINT_BYTES_MAX as u64 + 1;
    let read = std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|error| Failure::new(format!("{} cannot be read.", path.display())).because(error))?;
    Ok(bytes)
}

/// The unfinished upload of a key, if there is just one.
async fn the_only_one(store: &dyn ObjectStore, object: &ObjectRef) -> Result<ForeignUpload, Failure> {
    let found = ask(object, async || store::uploads_of(store, object).await).await?;
    let shown = printable(&object.to_string());
    match &found[..] {
        [one] => {
            Ok(ForeignUpload { upload_id: one.upload_id.clone(), part_size_bytes: None, checksums: BTreeMap::new() })
        }
        [] => {
            Err(Failure::new(format!("There is no unfinished upload of {shown}; upload the file with `tern-cli cp`.")))
        }
        several => {
            let ids: Vec<String> = several.iter().map(|upload| upload.upload_id.to_string()).collect();
            Err(Failure::new(format!(
                "There are {} unfinished uploads of {shown}; name one of them: {}.",
                ids.len(),
                ids.join(", ")
            )))
        }
    }
}
