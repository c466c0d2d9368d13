//! Downloads that are to go into another folder than the one that could not take them.

use std::path::{Component, Path, PathBuf};

use engine::{End, TransferSpec};

/// Gives downloads their places in `folder`: those that they had to each other, so that no two become one.
pub fn retarget(specs: &mut [TransferSpec], folder: &Path) {
    let common =
        specs.iter().filter_map(target).filter_map(Path::parent).fold(None, |known: Option<PathBuf>, parent| {
            Some(known.map_or_else(|| parent.to_owned(), |known| shared(&known, parent)))
        });
    let Some(common) = common else { return };
    for spec in specs {
        if let End::File { path } = &mut spec.target
            && let Ok(relative) = path.strip_prefix(&common)
        {
            *path = folder.join(beneath(relative));
        }
    }
}

fn target(spec: &TransferSpec) -> Option<&Path> {
    match &spec.target {
        End::File { path } => Some(path),
        End::Object { .. } => None,
    }
}

/// Without a root, which joined to a folder would lead out of it. A drive becomes a folder of its letter: two drives have
/// nothing in common, and what has the same path on both stays two.
fn beneath(path: &Path) -> PathBuf {
    let folder = |part: Component<'_>| match part {
        Component::Normal(name) => Some(PathBuf::from(name)),
        Component::Prefix(drive) => {
            let letters = drive.as_os_str().to_string_lossy();
            Some(letters.chars().filter(char::is_ascii_alphanumeric).collect::<String>().into())
        }
        _ => None,
    };
    path.components().filter_map(folder).collect()
}

/// The folder that holds both.
fn shared(one: &Path, other: &Path) -> PathBuf {
    one.components().zip(other.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

#[cfg(test)]
mod tests {
    use engine::{StoreId, TransferOptions};
    use store::ObjectRef;

    use super::*;

    fn download(to: &str) -> TransferSpec {
        let source = End::object(StoreId("one".into()), ObjectRef::new("media", "k"));
        TransferSpec { source, target: End::file(to), options: TransferOptions::default() }
    }

    fn moved(targets: &[&str]) -> Vec<String> {
        let mut specs: Vec<_> = targets.iter().map(|to| download(to)).collect();
        retarget(&mut specs, Path::new("/new"));
        specs.iter().map(|spec| target(spec).unwrap().display().to_string()).collect()
    }

    #[test]
    fn one_file_goes_straight_into_the_folder() {
        assert_eq!(moved(&["/old/a/1.bin"]), ["/new/1.bin"]);
    }

    #[test]
    fn two_of_one_name_stay_two() {
        assert_eq!(moved(&["/old/a/1.bin", "/old/b/1.bin"]), ["/new/a/1.bin", "/new/b/1.bin"]);
        assert_eq!(moved(&["/old/a/1.bin", "/old/1.bin"]), ["/new/a/1.bin", "/new/1.bin"]);
        assert_eq!(moved(&["/x/1.bin", "/y/1.bin"]), ["/new/x/1.bin", "/new/y/1.bin"]);
    }

    #[cfg(windows)]
    #[test]
    fn two_drives_stay_two() {
        let targets = moved(&[r"C:\dl\1.bin", r"D:\dl\1.bin"]);
        assert_ne!(targets[0], targets[1]);
    }
}
