fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The window is inside the program then, so a new window makes a new program. Plain builds need no ui/dist.
    if std::env::var_os("CARGO_FEATURE_CUSTOM_PROTOCOL").is_some() {
        println!("cargo::rerun-if-changed=ui/dist");
    }
    // The builder of Tauri watches its default folder only.
    println!("cargo::rerun-if-changed=src-tauri/permissions");
    let permissions = tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*.toml");
    Ok(tauri_build::try_build(tauri_build::Attributes::new().app_manifest(permissions))?)
}
