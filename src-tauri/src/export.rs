//! The list of what has failed, as a file: CSV for a table, JSONL for a program.
//!
//! Read a page at a time and written as it is read, so its length costs no memory. It is written beside its name and
//! takes that name only when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use engine::{Engine, Filter, PageRequest};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::dto::AppError;
use crate::view;

/// Rows that are read at a time.
const ROWS_A_PAGE: usize = 500;
/// Names that are tried for the file while it is written; so many are never taken.
const NAMES_TRIED_MAX: u32 = 1_000;
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
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Jsonl(BufWriter<File>),
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

    fn finish(self) -> io::Result<()> {
        let file = match self {
            Self::Csv(csv) => csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?,
            Self::Jsonl(file) => file,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

/// Writes all that has failed to `path`: as JSONL if it ends so, else as CSV. Says how many lines it has.
///
/// # Errors
/// If the ledger cannot be read or the file not be written; nothing is left of it then.
pub fn failed(engine: &Engine, path: &Path) -> Result<u64, AppError> {
    let told = |error: io::Error| AppError::from(engine::TransferError::target(path, &error));
    let (file, unfinished) = create_beside(path).map_err(told)?;
    let written = write(engine, path, file, &unfinished);
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

/// A new file beside a path, by a name that nobody has: whatever else is there is the user's.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut number = 0_u32;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".part-{}-{number}", std::process::id()));
        match File::create_new(&name) {
            Ok(file) => return Ok((file, name.into())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < NAMES_TRIED_MAX => number += 1,
            Err(error) => return Err(error),
        }
    }
}

fn write(engine: &Engine, path: &Path, file: File, unfinished: &Path) -> Result<u64, AppError> {
    let told = |error: io::Error| AppError::from(engine::TransferError::target(path, &error));
    let mut file = BufWriter::new(file);
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
    writer.finish().map_err(told)?;
    std::fs::rename(unfinished, path).map_err(told)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_beside_a_path_takes_no_name_that_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("failed.csv");
        let (_, first) = create_beside(&path).unwrap();
        std::fs::write(&first, "of the user").unwrap();
        let (_, second) = create_beside(&path).unwrap();
        assert_ne!(first, second);
        assert_eq!(std::fs::read_to_string(&first).unwrap(), "of the user");
        assert!(create_beside(&folder.path().join("gone").join("failed.csv")).is_err());
    }
}
