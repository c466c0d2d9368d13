//! Names beside a name that is taken.

/// The `n`-th name beside `name`: `report.pdf` gives `report (2).pdf` for 2. A leading dot is no extension, and a
/// folder part before the last `/` is kept.
pub fn beside(name: &str, n: u32) -> String {
    let (folder, file) = name.rfind('/').map_or(("", name), |slash| name.split_at(slash + 1));
    // `.tar.gz` and its like belong together.
    let stem_end = match file.rfind('.') {
        None | Some(0) => file.len(),
        Some(dot) => match file[..dot].rfind('.') {
            Some(inner) if inner > 0 && &file[inner..dot] == ".tar" => inner,
            _ => dot,
        },
    };
    let (stem, extension) = file.split_at(stem_end);
    format!("{folder}{stem} ({n}){extension}")
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn the_extension_stays_at_the_end() {
        for (name, expected) in [
            ("report.pdf", "report (2).pdf"),
            ("a/b.c/report", "a/b.c/report (2)"),
            ("dump.tar.gz", "dump (2).tar.gz"),
            (".bashrc", ".bashrc (2)"),
            ("目录/文件.txt", "目录/文件 (2).txt"),
            (".tar.gz", ".tar (2).gz"),
        ] {
            assert_eq!(beside(name, 2), expected);
        }
    }
}
