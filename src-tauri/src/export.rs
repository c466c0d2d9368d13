//! The list of what has failed, as a file: CSV for a table, JSONL for a program.
//!
//! Read a page at a time and written as it is read, so its length costs no memory. It is written beside its name and
//! takes that name only when it is whole.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use accounts::{Readers, new_file_beside};
use engine::{Engine, Filter, PageRequest};
use serde::Serialize;
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::dto::AppError;
use crate::view;

/// Rows that are read at a time.
const ROWS_A_PAGE: usize = 500;
/// Spreadsheets take a file without it for one in the letters of their system.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    from: String,
    to: String,
    direction: &'static str,
    size_bytes: Option<u64>,
    cause: String,
    http_status: Option<u16>,
    store_code: Option<String>,
    extended_code: Option<String>,
    request_id: Option<String>,
    message: String,
    tries: u64,
    failed_at: String,
}

/// A list that is being written.
enum Writer {
    Csv(Box<csv::Writer<BufWriter<NamedTempFile>>>),
    Jsonl(BufWriter<NamedTempFile>),
}

impl Writer {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        match self {
            Self::Csv(csv) => csv.serialize(line).map_err(io::Error::other),
            Self::Jsonl(file) => {
                serde_json::to_writer(&mut *file, line)?;
                file.write_all(b"\n")
            }
        }
    }

    fn finish(self) -> io::Result<NamedTempFile> {
        let file = match self {
            Self::Csv(csv) => csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?,
            Self::Jsonl(file) => file,
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

/// Writes all that has failed to `path`: as JSONL if it ends so, else as CSV. Says how many lines it has.
///
/// # Errors
/// If the ledger cannot be read or the file not be written; nothing is left of it then.
pub fn failed(engine: &Engine, path: &Path) -> Result<u64, AppError> {
    let told = |error: io::Error| AppError::from(engine::TransferError::target(path, &error));
    let mut file = BufWriter::new(new_file_beside(path, Readers::Usual).map_err(told)?);
    let is_jsonl = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("jsonl"));
    let mut writer = if is_jsonl {
        Writer::Jsonl(file)
    } else {
        file.write_all(BYTE_ORDER_MARK).map_err(told)?;
        Writer::Csv(Box::new(csv::Writer::from_writer(file)))
    };
    let (mut count, mut after) = (0, None);
    loop {
        let page = engine.page(PageRequest { filter: Filter::Failed, after, limit: ROWS_A_PAGE })?;
        for view in &page.rows {
            writer.line(&line(view)).map_err(told)?;
            count += 1;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let file = writer.finish().map_err(told)?;
    file.persist(path).map_err(|error| told(error.error))?;
    Ok(count)
}

fn line(view: &engine::TransferView) -> Line {
    let row = view::failed_row(view);
    let answer = row.answer;
    let failed_at =
        row.ended_ms.and_then(|ms| OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok());
    Line {
        name: row.name,
        from: row.from,
        to: row.to,
        direction: match view.kind() {
            engine::Kind::Upload => "upload",
            engine::Kind::Download => "download",
            engine::Kind::Copy => "copy",
        },
        size_bytes: row.size_bytes,
        cause: row.why.code,
        http_status: answer.as_ref().and_then(|answer| answer.status),
        store_code: answer.as_ref().and_then(|answer| answer.code.clone()),
        extended_code: answer.as_ref().and_then(|answer| answer.extended_code.clone()),
        request_id: answer.as_ref().and_then(|answer| answer.request_id.clone()),
        message: answer.map(|answer| answer.message).unwrap_or_default(),
        tries: row.tries,
        failed_at: failed_at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default(),
    }
}
