//! Upload, download and many small puts.

use std::error::Error;
use std::fs::File;
use std::future::Future;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::task::JoinSet;
use ve_tos_rust_sdk::asynchronous::multipart::MultipartAPI as _;
use ve_tos_rust_sdk::asynchronous::object::ObjectAPI as _;
use ve_tos_rust_sdk::asynchronous::tos::TosClientImpl;
use ve_tos_rust_sdk::credential::{CommonCredentials, CommonCredentialsProvider};
use ve_tos_rust_sdk::multipart::{
    CompleteMultipartUploadInput, CreateMultipartUploadInput, UploadPartFromFileInput, UploadedPart,
};
use ve_tos_rust_sdk::object::{GetObjectInput, HeadObjectInput, PutObjectFromBufferInput};

use crate::runtime::TokioRuntime;

type Client = TosClientImpl<CommonCredentialsProvider<CommonCredentials>, CommonCredentials, TokioRuntime>;
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The client and the bucket.
pub struct Bench {
    client: Arc<Client>,
    bucket: String,
}

impl Bench {
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client: Arc::new(client), bucket }
    }

    /// Create, parts read from the file by the SDK, complete. The SDK checks the CRC64 of each part.
    pub async fn upload(&self, file: &Path, key: &str, part: u64, in_flight: usize) -> Result<(), Box<dyn Error>> {
        let size = file.metadata()?.len();
        let path = file.to_str().ok_or("the path is not UTF-8")?.to_owned();
        let created = self.client.create_multipart_upload(&CreateMultipartUploadInput::new(&self.bucket, key)).await?;
        let upload_id = created.upload_id().to_owned();
        let parts = (0..size.div_ceil(part)).map(|index| {
            let mut input = UploadPartFromFileInput::new_with_part_number_file_path(
                &self.bucket,
                key,
                &upload_id,
                index as isize + 1,
                &path,
            );
            input.set_offset((index * part) as i64);
            input.set_part_size(part.min(size - index * part) as i64);
            let client = self.client.clone();
            async move {
                let sent = client.upload_part_from_file(&input).await?;
                Ok(UploadedPart::new(sent.part_number(), sent.etag()))
            }
        });
        let mut sent = all(parts, in_flight).await?;
        sent.sort_by_key(UploadedPart::part_number);
        let input = CompleteMultipartUploadInput::new_with_parts(&self.bucket, key, &upload_id, sent);
        self.client.complete_multipart_upload(&input).await?;
        Ok(())
    }

    /// Ranges to their places in one file. Neither the SDK nor this checks a checksum: there is none for a range.
    pub async fn download(&self, key: &str, file: &Path, part: u64, in_flight: usize) -> Result<(), Box<dyn Error>> {
        let head = self.client.head_object(&HeadObjectInput::new(&self.bucket, key)).await?;
        let size = u64::try_from(head.content_length())?;
        let target = Arc::new(File::create(file)?);
        let parts = (0..size.div_ceil(part)).map(|index| {
            let (start, end) = (index * part, size.min((index + 1) * part));
            let mut input = GetObjectInput::new(&self.bucket, key);
            input.set_range(format!("bytes={start}-{}", end - 1));
            let (client, target) = (self.client.clone(), target.clone());
            async move {
                let mut body = client.get_object(&input).await?;
                let mut at = start;
                while let Some(chunk) = body.next().await {
                    let chunk = chunk?;
                    target.write_all_at(&chunk, at)?;
                    at += chunk.len() as u64;
                }
                if at == end { Ok(()) } else { Err(format!("{at} instead of {end}").into()) }
            }
        });
        all(parts, in_flight).await?;
        Ok(())
    }

    /// Every file of the folder, one PutObject each.
    pub async fn put_many(&self, folder: &Path, prefix: &str, in_flight: usize) -> Result<(), Box<dyn Error>> {
        let mut files = Vec::new();
        for entry in folder.read_dir()? {
            files.push(entry?.path());
        }
        let puts = files.into_iter().map(|path| {
            let (client, bucket, prefix) = (self.client.clone(), self.bucket.clone(), prefix.to_owned());
            async move {
                let name = path.file_name().and_then(|name| name.to_str()).ok_or("the name is not UTF-8")?;
                let mut input = PutObjectFromBufferInput::new(bucket, format!("{prefix}{name}"));
                input.set_content_nocopy(std::fs::read(&path)?);
                client.put_object_from_buffer(&input).await?;
                Ok(())
            }
        });
        all(puts, in_flight).await?;
        Ok(())
    }
}

/// Runs all, spread over the threads of the runtime, with a bounded number at a time.
async fn all<F, T>(jobs: impl Iterator<Item = F>, in_flight: usize) -> Result<Vec<T>, Box<dyn Error>>
where
    F: Future<Output = Outcome<T>> + Send + 'static,
    T: Send + 'static,
{
    let mut running: JoinSet<Outcome<T>> = JoinSet::new();
    let mut results = Vec::new();
    for job in jobs {
        if running.len() >= in_flight.max(1)
            && let Some(done) = running.join_next().await
        {
            results.push(done?.map_err(|error| error.to_string())?);
        }
        running.spawn(job);
    }
    while let Some(done) = running.join_next().await {
        results.push(done?.map_err(|error| error.to_string())?);
    }
    Ok(results)
}
