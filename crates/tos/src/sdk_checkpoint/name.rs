//! Which files are worth opening.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use percent_encoding::percent_decode_str;

use super::SdkTransfer;

/// What a file with this name would be the checkpoint of, if it is one: `NAME.HASH.upload`, `HASH.download` and so on.
///
/// The names of Go's copies and of what JS writes for downloads and copies say nothing, so those are not found.
pub fn kind_by_name(file_name: &str) -> Option<SdkTransfer> {
    let (stem, ending) = file_name.rsplit_once('.')?;
    let transfer = match ending {
        "upload" => SdkTransfer::Upload,
        "download" => SdkTransfer::Download,
        "copy" => SdkTransfer::Copy,
        _ => return None,
    };
    let last = stem.rsplit_once('.').map_or(stem, |(_, last)| last);
    // Go and C++: Base64; JS: hexadecimal; Python: the bytes themselves, percent-encoded, among which a dot may be.
    let is_hash = URL_SAFE.decode(last).is_ok_and(|bytes| bytes.len() == 16)
        || (last.len() == 32 && last.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || (stem.contains('%') && percent_decode_str(stem).count() == 16);
    is_hash.then_some(transfer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_hash_are_recognised() {
        use SdkTransfer::{Copy, Download, Upload};
        for (name, expected) in [
            ("src.bin.CfudbAhQSqe8MSC7ptRU1A==.upload", Some(Upload)),
            ("out.bin.nlqnbZ9oyPPxrzlY-1eSrw==.download", Some(Download)),
            ("nlqnbZ9oyPPxrzlY-1eSrw==.copy", Some(Copy)),
            ("up对象.bin.09fb9d6c08504aa7bc3120bba6d454d4.upload", Some(Upload)),
            ("%D8%81%FD%BAl%87%F7%05%24%D5%3D%C04%80%84%EF.upload", Some(Upload)),
            ("%8B%EFq%24B%12%D7%BC%D9%CB10%9D8%05%86.download", Some(Download)),
            ("%2B%A50F%8A%85%B1F%3E%D3%AF%E3X%9A%E9%0C.copy", Some(Copy)),
            ("%A8%17B%28%CD%BE%F4%99%F2k.%EC%26%E5%2B%D3.download", Some(Download)),
            ("bkt-a_dl对象.bin.undefined.json", None),
            ("film.mkv.download", None),
            ("a.copy", None),
            ("upload", None),
            ("", None),
        ] {
            assert_eq!(kind_by_name(name), expected, "{name}");
        }
    }
}
