//! The documentation of traps names every code, with the message that users see.

use wootz_runtime::TrapCode;

#[test]
fn every_trap_code_has_a_row() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/traps.md");
    let page = std::fs::read_to_string(path).unwrap();
    // The first table with rows of codes: others on the page take up some of them again.
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .take_while(|line| line.starts_with('|'))
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let expected: Vec<(String, &str)> =
        TrapCode::ALL.iter().map(|code| (format!("`{code:?}` ({})", *code as u8), code.message())).collect();
    let found: Vec<(String, &str)> = rows.iter().map(|row| (row[0].to_owned(), row[1])).collect();
    assert_eq!(found, expected);
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}");
    }
}
