//! Files that the four SDKs wrote, read field by field, and what is wrong with files that are not theirs.

use super::*;

const GO: [&str; 3] = [
    include_str!("../../tests/sdk_checkpoints/go_upload_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/go_download_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/go_copy_checkpoint.json"),
];
const PYTHON: [&str; 3] = [
    include_str!("../../tests/sdk_checkpoints/python_upload_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/python_download_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/python_copy_checkpoint.json"),
];
const JS: [&str; 3] = [
    include_str!("../../tests/sdk_checkpoints/js_upload_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/js_download_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/js_copy_checkpoint.json"),
];
const CPP: [&str; 3] = [
    include_str!("../../tests/sdk_checkpoints/cpp_upload_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/cpp_download_checkpoint.json"),
    include_str!("../../tests/sdk_checkpoints/cpp_copy_checkpoint.json"),
];

const SECOND: u64 = 1_760_000_000;
const PART_ETAG: &str = "6f09f74398438e23d1b3a229a955facb";
const PART_CRC64: Crc64 = Crc64(18_248_944_585_340_369_051);
const WHOLE_CRC64: Crc64 = Crc64(13_354_207_504_815_459_064);
/// The ETag that the SDKs run over the JS one saw; the others saw `etag-dl-1`.
const JS_SOURCE_ETAG: &str = "81e2e4bac6338ebc488e39147c0fad79";

fn at(millis: u64, resolution: Resolution) -> Option<RecordedTime> {
    Some(RecordedTime { time: SystemTime::UNIX_EPOCH + Duration::from_millis(millis), resolution })
}

fn part(number: u32, etag: Option<&str>, crc64: Option<Crc64>, is_completed: bool) -> SdkPart {
    const SIZE: u64 = 5_242_880;
    let size_bytes = if number == 3 { 2_097_152 } else { SIZE };
    let offset = u64::from(number - 1) * SIZE;
    SdkPart {
        number: PartNumber::new(number).unwrap(),
        offset,
        size_bytes,
        etag: etag.map(ETag::new),
        crc64,
        is_completed,
    }
}

/// Two parts that arrived, and a third that the SDK may have noted too.
fn two_of_three(etag: Option<&str>, crc64: Option<Crc64>, has_third: bool) -> Vec<SdkPart> {
    let done = [part(1, etag, crc64, true), part(2, etag, crc64, true)];
    done.into_iter().chain(has_third.then(|| part(3, None, None, false))).collect()
}

fn upload(sdk: Sdk) -> SdkCheckpoint {
    let (modified, path, has_third) = match sdk {
        Sdk::Go => (at(SECOND * 1000, Resolution::Second), Some("/data/src.bin"), true),
        Sdk::Python => (at(SECOND * 1000 + 500, Resolution::Microsecond), Some("/data/src.bin"), false),
        Sdk::Js => (at(SECOND * 1000 + 500, Resolution::Microsecond), None, true),
        Sdk::Cpp => (at(SECOND * 1000, Resolution::Second), None, true),
    };
    let upload_id = if sdk == Sdk::Python { "up000004" } else { "up000002" };
    SdkCheckpoint {
        sdk,
        transfer: SdkTransfer::Upload,
        object: ObjectRef::new("bkt-a", "up/对象.bin"),
        upload_id: Some(UploadId(upload_id.to_owned())),
        local_path: path.map(str::to_owned),
        temp_path: None,
        source: SdkSource { size_bytes: 12_582_912, modified, ..SdkSource::default() },
        part_size_bytes: 5_242_880,
        parts: two_of_three(Some(PART_ETAG), Some(PART_CRC64), has_third),
        has_customer_key: false,
    }
}

fn download(sdk: Sdk) -> SdkCheckpoint {
    let (path, temp_path) = match sdk {
        Sdk::Go => ("/data/dl/out.bin", "/data/dl/out.bin.temp.1795293084148022325"),
        Sdk::Python => ("/data/dl/out.bin", "/data/dl/out.bin.temp"),
        Sdk::Js | Sdk::Cpp => ("/data/out.bin", "/data/out.bin.temp"),
    };
    let crc64 = (sdk != Sdk::Js).then_some(PART_CRC64);
    SdkCheckpoint {
        sdk,
        transfer: SdkTransfer::Download,
        object: ObjectRef::new("bkt-a", "dl/对象.bin"),
        upload_id: None,
        local_path: Some(path.to_owned()),
        temp_path: Some(temp_path.to_owned()),
        source: source_object(sdk),
        part_size_bytes: 5_242_880,
        parts: two_of_three(None, crc64, sdk != Sdk::Python),
        has_customer_key: false,
    }
}

fn copy(sdk: Sdk) -> SdkCheckpoint {
    let upload_id = match sdk {
        Sdk::Go | Sdk::Cpp => "up000102",
        Sdk::Python => "up000064",
        Sdk::Js => "up000018",
    };
    let object = (sdk == Sdk::Go).then(|| ObjectRef::new("bkt-a", "dl/对象.bin"));
    let part_etag = if sdk == Sdk::Cpp { "e" } else { PART_ETAG };
    SdkCheckpoint {
        sdk,
        transfer: SdkTransfer::Copy,
        object: ObjectRef::new("bkt-b", "cp/目标.bin"),
        upload_id: Some(UploadId(upload_id.to_owned())),
        local_path: None,
        temp_path: None,
        source: SdkSource { object, ..source_object(sdk) },
        part_size_bytes: 5_242_880,
        parts: two_of_three(Some(part_etag), None, sdk != Sdk::Python),
        has_customer_key: sdk == Sdk::Cpp,
    }
}

fn source_object(sdk: Sdk) -> SdkSource {
    SdkSource {
        object: None,
        size_bytes: 12_582_912,
        modified: at(SECOND * 1000, Resolution::Second),
        etag: Some(ETag::new(if sdk == Sdk::Js { JS_SOURCE_ETAG } else { "etag-dl-1" })),
        crc64: Some(WHOLE_CRC64),
    }
}

fn sentence(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn every_kind_of_every_sdk_is_read_field_by_field() {
    for (sdk, files) in [(Sdk::Go, GO), (Sdk::Python, PYTHON), (Sdk::Js, JS), (Sdk::Cpp, CPP)] {
        for (text, expected) in files.iter().zip([upload(sdk), download(sdk), copy(sdk)]) {
            assert_eq!(parse(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }
}

/// What Go has on disk between CreateMultipartUpload and the end of the first part (protocol.md, B6).
#[test]
fn an_upload_of_go_that_has_no_id_yet_is_read() {
    let text = GO[0].replace(r#""UploadID":"up000002","#, "");
    let text = text.replace(&format!(r#","ETag":"\"{PART_ETAG}\"","HashCrc64Ecma":{PART_CRC64}"#), "");
    let found = parse(text.replace("true", "false").as_bytes()).unwrap();
    assert_eq!(found.upload_id, None);
    assert_eq!(found.parts, [1, 2, 3].map(|number| part(number, None, None, false)));
}

/// C++ writes some keys that it does not read (protocol.md, B12).
#[test]
fn b12_both_spellings_of_cpp_mean_the_same() {
    for name in ["SSECustomerAlgorithm", "SSECAlgorithm"] {
        for id in ["UploadId", "UploadID"] {
            let text = CPP[2].replace("SSECustomerAlgorithm", name).replace("UploadId", id);
            assert_eq!(parse(text.as_bytes()).unwrap(), copy(Sdk::Cpp), "{name} {id}");
        }
    }
}

#[test]
fn parts_of_an_empty_source_are_empty() {
    let go = r#"{"Bucket":"bkt-a","Key":"k","UploadID":"u","PartSize":20971520,"FileInfo":{"LastModified":1},
        "PartsInfo":[{"PartNumber":1,"PartSize":0,"Offset":0,"ETag":"\"e\"","IsCompleted":true}]}"#;
    let js = r#"{"bucket":"bkt-a","key":"k","part_size":5242880,"upload_id":"u","parts_info":[{"part_number":1,
        "copy_source_range_start":0,"copy_source_range_end":-1,"is_completed":true,"etag":"e"}],
        "copy_source_object_info":{"last_modified":"Thu, 09 Oct 2025 08:53:20 GMT","etag":"e","object_size":0}}"#;
    let cpp = r#"{"Bucket":"bkt-a","Key":"k","PartSize":5242880,"UploadId":"u",
        "CopySourceObjectInfo":"{\"ObjectSize\":0}","PartsInfo":["{\"PartNum\":1,\"CopySourceRangeStart\":0,
        \"CopySourceRangeEnd\":0,\"ETag\":\"e\",\"IsCompleted\":true}"]}"#
        .replace('\n', "");
    for text in [go, js, &cpp] {
        let found = parse(text.as_bytes()).unwrap();
        assert_eq!((found.source.size_bytes, found.parts.len()), (0, 1), "{text}");
        assert_eq!((found.parts[0].offset, found.parts[0].size_bytes), (0, 0), "{text}");
    }
}

#[test]
fn a_time_agrees_with_what_its_resolution_would_have_kept() {
    let exact = SystemTime::UNIX_EPOCH + Duration::new(SECOND, 500_000_123);
    let cut =
        RecordedTime { time: SystemTime::UNIX_EPOCH + Duration::from_secs(SECOND), resolution: Resolution::Second };
    assert!(cut.agrees_with(exact) && cut.agrees_with(cut.time));
    assert!(!cut.agrees_with(exact + Duration::from_millis(500)));
    assert!(!cut.agrees_with(cut.time - Duration::from_nanos(1)));
    let float = |text: &str| raw::file_time(text.parse().unwrap(), Sdk::Python).unwrap();
    assert!(float("1760000000.5000001").agrees_with(exact));
    assert!(!float("1760000000.50001").agrees_with(exact));
    assert!(raw::file_time(1_760_000_000_500.000_1, Sdk::Js).unwrap().agrees_with(exact));
    let before_1970 = raw::file_time(-2.0, Sdk::Go).unwrap();
    assert!(before_1970.agrees_with(SystemTime::UNIX_EPOCH - Duration::from_millis(1500)));
    assert_eq!(raw::file_time(f64::INFINITY, Sdk::Python), None);
}

/// Every SDK writes in place, so that a crash leaves the beginning of a file (protocol.md, B7).
#[test]
fn b7_a_checkpoint_that_breaks_off_anywhere_is_an_error_and_not_a_crash() {
    for text in [GO, PYTHON, JS, CPP].concat() {
        let whole = text.trim_end();
        for end in 1..whole.len() {
            let found = parse(&whole.as_bytes()[..end]).unwrap_err();
            let cut_in_a_character = !whole.is_char_boundary(end);
            assert!(found == SdkCheckpointError::BrokenOff || cut_in_a_character, "{end}: {found}");
        }
    }
}

#[test]
fn files_of_other_programs_are_refused_with_a_reason() {
    let not_ours = "this is no checkpoint of a TOS SDK: ";
    for (text, reason) in [
        (" []", "it is a list"),
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("7", "a field is missing, twice, or of another type (line 1, column 1)"),
        ("# notes", "it is not JSON (line 1, column 1)"),
        ("{} {}", "it is not JSON (line 1, column 4)"),
        ("{}", "it names no bucket and key"),
        (r#"{"bucket":"bkt","key":null}"#, "it names no bucket and key"),
        (r#"{"Bucket":"bkt","bucket":"b","key":"k"}"#, "it records no file and no source object"),
        (r#"{"bucket":"bkt","key":"k"}"#, "it records no file and no source object"),
        (r#"{"bucket":"bkt","key":"k","file_info":{}}"#, "it does not tell the size of the file"),
        (r#"{"bucket":"bkt","key":"k","file_info":{"file_size":1}}"#, "it has no part size"),
        (r#"{"bucket":"bkt","key":"k","part_size":0,"file_info":{"file_size":1}}"#, "it has no part size"),
        (r#"{"bucket":"bkt","key":"k","copy_source_object_info":{}}"#, "it does not tell the size of the object"),
        (r#"{"bucket":"bkt","key":"k","file_info":"{}"}"#, "it mixes what several SDKs write"),
        (r#"{"Bucket":"bkt","Key":"k","FileInfo":"{}","PartsInfo":[{}]}"#, "it mixes what several SDKs write"),
        (
            r#"{"bucket":"bkt","key":"k","key":"k"}"#,
            "a field is missing, twice, or of another type (line 1, column 31)",
        ),
    ] {
        assert_eq!(sentence(text), format!("{not_ours}{reason}"), "{text}");
    }
    let many = " ".repeat(SDK_CHECKPOINT_BYTES_MAX + 1);
    assert_eq!(sentence(&many), format!("{not_ours}it has more than 32 MiB"));
    let deep = format!(r#"{{"bucket":"bkt","key":"k","other":{}"#, "[".repeat(1 << 20));
    assert_eq!(parse(deep.as_bytes()), Err(SdkCheckpointError::BrokenOff));
}

#[test]
fn numbers_and_names_that_cannot_be_are_refused() {
    let impossible = "the checkpoint cannot be right: ";
    let js = JS[0].replace(char::is_whitespace, "");
    for (old, new, reason) in [
        (r#""part_number":2"#, r#""part_number":1"#, "part 1 is there twice"),
        (r#""part_number":2"#, r#""part_number":0"#, "its parts are not numbered from 1 to 10000"),
        (r#""part_number":2"#, r#""part_number":10001"#, "its parts are not numbered from 1 to 10000"),
        (r#""part_number":2"#, r#""x":2"#, "its parts are not numbered from 1 to 10000"),
        (r#""part_number":2"#, r#""part_number":4"#, "parts 3 and 4 overlap"),
        (r#""offset":5242880"#, r#""offset":5242879"#, "parts 1 and 2 overlap"),
        (r#""offset":10485760"#, r#""offset":10485761"#, "part 3 lies behind the end of the source"),
        (r#""offset":10485760"#, r#""offset":18446744073709551615"#, "part 3 has no range that makes sense"),
        (r#""part_size":2097152"#, r#""part_size":0"#, "part 3 is empty"),
        (r#""bucket":"bkt-a""#, r#""bucket":"B""#, "a bucket name has 3 to 63 characters"),
        (
            r#""key":"up/对象.bin""#,
            r#""key":"up/../x""#,
            "an object key may not have a “.” or “..” segment: HTTP would turn it into another key",
        ),
    ] {
        let changed = js.replace(old, new);
        assert_ne!(changed, js, "{old}");
        assert_eq!(sentence(&changed), format!("{impossible}{reason}"), "{new}");
    }
    for end in ["5242878", "-1", "9223372036854775807"] {
        let changed = JS[1].replace("10485759", end);
        assert_eq!(sentence(&changed), format!("{impossible}part 2 has no range that makes sense"), "{end}");
    }
    for number in ["-1", "1.5", "18446744073709551616", "\"1\""] {
        let changed = js.replace(r#""part_number":2"#, &format!(r#""part_number":{number}"#));
        assert!(sentence(&changed).starts_with("this is no checkpoint of a TOS SDK: "), "{number}");
    }
}

#[test]
fn ten_thousand_parts_are_read_and_no_more() {
    let file = |count: u64| {
        let part = |number: u64| {
            format!(r#"{{"part_number":{number},"offset":{},"part_size":7,"is_completed":false}}"#, (number - 1) * 7)
        };
        let parts: Vec<String> = (1..=count).map(part).collect();
        let info = format!(r#""file_info":{{"last_modified":1,"file_size":{}}}"#, count * 7);
        format!(
            r#"{{"bucket":"bkt","key":"k","part_size":7,"upload_id":"u",{info},"parts_info":[{}]}}"#,
            parts.join(",")
        )
    };
    assert_eq!(parse(file(10_000).as_bytes()).unwrap().parts.len(), 10_000);
    assert_eq!(sentence(&file(10_001)), "the checkpoint cannot be right: it has more than 10000 parts");
    assert_eq!(sentence(&file(20_000)), "the checkpoint cannot be right: it has more than 10000 parts");
}
