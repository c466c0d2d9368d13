//! The list of what the official SDKs get wrong is no wish: each line that applies has a test.

use crate::read;

#[test]
fn each_bug_that_applies_has_a_test_that_is_named_after_it() {
    let list = read("docs/sdk-bugs.md");
    let rows: Vec<Vec<&str>> = list
        .lines()
        .filter(|line| line.starts_with("| B"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let numbers: Vec<String> = rows.iter().map(|row| row[1].to_lowercase()).collect();
    assert_eq!(numbers, (1..=24).map(|number| format!("b{number}")).collect::<Vec<_>>());
    for (row, number) in rows.iter().zip(&numbers) {
        let file = row[4].trim_matches('`');
        assert_eq!(row[3].starts_with("yes"), !file.is_empty(), "{number}");
        assert!(row[3].starts_with("yes") || row[3].starts_with("no: "), "{number} applies or has a reason");
        if !file.is_empty() {
            let text = read(file);
            let name = format!("fn {number}_");
            let at = text.find(&name).unwrap_or_else(|| panic!("{file} has no test {number}_…"));
            let attribute = text[..at].rsplit_once("#[").map(|(_, attribute)| attribute).unwrap_or_default();
            assert!(attribute.starts_with("test]") || attribute.starts_with("tokio::test"), "{number} is no test");
        }
    }
}
