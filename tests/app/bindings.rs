//! What TypeScript knows of the commands is what Rust has.

use specta_typescript::Typescript;

use crate::repository;

#[test]
fn the_generated_bindings_are_fresh() {
    let path = repository("ui/src/ipc/bindings.ts");
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("bindings.ts");
    let header =
        "// Generated from src-tauri/src: run `UPDATE_BINDINGS=1 cargo test --test app bindings` after a change.\n";
    tern_lib::bindings::builder::<tauri::Wry>().export(Typescript::default().header(header), &fresh).unwrap();
    let fresh = std::fs::read_to_string(fresh).unwrap();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == fresh, "ui/src/ipc/bindings.ts is stale; its first line says how to make it anew");
}
