//! The disks of this computer, whatever its system: what the engine relies on.

use std::io::ErrorKind;

use engine::{Disk as _, LocalDisk};

#[test]
fn a_file_keeps_its_id_under_another_name_and_one_in_its_place_has_another() {
    let folder = tempfile::tempdir().unwrap();
    let [first, moved] = ["first", "moved"].map(|name| folder.path().join(name));
    let ours = LocalDisk.create_new(&first).unwrap();
    ours.write_all_at(b"ours", 0).unwrap();
    let id = ours.facts().unwrap().file_id;
    assert!(id.is_some());
    assert_eq!(LocalDisk.facts(&first).unwrap(), ours.facts().unwrap());
    LocalDisk.rename(&first, &moved, false).unwrap();
    assert_eq!(LocalDisk.facts(&moved).unwrap().file_id, id);
    assert!(LocalDisk.is_named(ours.as_ref(), &moved).unwrap());

    let theirs = LocalDisk.create_new(&first).unwrap();
    assert_ne!(theirs.facts().unwrap().file_id, id);
    assert!(!LocalDisk.is_named(ours.as_ref(), &first).unwrap());
    assert!(!LocalDisk.is_named(theirs.as_ref(), &moved).unwrap());
}

#[test]
fn bytes_are_read_where_they_were_written_and_none_beyond_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let file = LocalDisk.create_new(&path).unwrap();
    file.reserve(1 << 20).unwrap();
    file.write_all_at(b"second", 600_000).unwrap();
    file.write_all_at(b"first", 3).unwrap();
    file.sync().unwrap();
    let read_only = LocalDisk.open(&path).unwrap();
    assert_eq!(read_only.facts().unwrap().size_bytes, 1 << 20);
    let mut bytes = [0; 6];
    read_only.read_exact_at(&mut bytes, 600_000).unwrap();
    assert_eq!(&bytes, b"second");
    read_only.read_exact_at(&mut bytes, 2).unwrap();
    assert_eq!(&bytes, b"\0first");
    let beyond = read_only.read_exact_at(&mut bytes, (1 << 20) - 5).unwrap_err();
    assert_eq!(beyond.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn an_open_file_is_renamed_and_takes_the_place_of_another_only_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let [temp, taken] = ["a.tern-part", "a"].map(|name| folder.path().join(name));
    let ours = LocalDisk.create_new(&temp).unwrap();
    ours.write_all_at(b"ours", 0).unwrap();
    std::fs::write(&taken, "theirs").unwrap();
    assert_eq!(LocalDisk.rename(&temp, &taken, false).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "theirs");
    // Somebody is still reading what is replaced.
    let _read_by_others = std::fs::File::open(&taken).unwrap();
    LocalDisk.rename(&temp, &taken, true).unwrap();
    assert!(!LocalDisk.is_taken(&temp).unwrap());
    assert!(LocalDisk.is_named(ours.as_ref(), &taken).unwrap());
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "ours");
}

#[test]
fn a_long_path_and_a_folder_that_is_not_there_yet_are_no_hindrance() {
    let folder = tempfile::tempdir().unwrap();
    let deep = (0..6).fold(folder.path().to_owned(), |path, _| path.join("a-folder-".repeat(7)));
    let (temp, name) = (deep.join("报告.tern-part"), deep.join("报告"));
    assert!(temp.as_os_str().len() > 300);
    let resolved = LocalDisk.resolved(&deep).unwrap();
    LocalDisk.create_new(&temp).unwrap().write_all_at(b"deep", 0).unwrap();
    assert_eq!(LocalDisk.resolved(&deep).unwrap(), resolved);
    LocalDisk.rename(&resolved.join("报告.tern-part"), &name, false).unwrap();
    assert_eq!(std::fs::read_to_string(&name).unwrap(), "deep");
    LocalDisk.remove(&name).unwrap();
    assert!(!LocalDisk.is_taken(&name).unwrap());
}

#[test]
fn below_a_file_no_file_can_be_and_that_is_no_name_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "theirs").unwrap();
    for below in ["a", "folder/a"] {
        assert_eq!(LocalDisk.create_new(&file.join(below)).unwrap_err().kind(), ErrorKind::NotADirectory, "{below}");
    }
}
