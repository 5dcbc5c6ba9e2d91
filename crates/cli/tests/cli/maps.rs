//! `wootz maps`.

use crate::Dir;

const MODULE: &str = r#"(module $sample
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  (memory 2 16)
  (table 3 funcref)
  (data (i32.const 65536) "x")
  (func (export "f")))"#;

#[test]
fn the_table_has_a_line_for_each_region() {
    let dir = Dir::with("m.wat", MODULE);
    let text = dir.wootz(&["maps", "-O0", "--checks", "guard", "m.wat"]).output();
    let line = |what: &str| {
        let found = text.lines().find(|line| line.ends_with(what));
        found.unwrap_or_else(|| panic!("no {what} in\n{text}")).split_whitespace().collect::<Vec<_>>()
    };
    assert!(text.starts_with("instance of sample\naddresses "), "{text}");
    let memory = line("memory: memory 0");
    assert_eq!(memory[1..6], ["128", "KiB", "4", "KiB", "rw-"], "{text}");
    assert_eq!(line("reserve: memory 0")[5], "---", "{text}");
    assert!(line("code: sample")[5].ends_with('x'), "{text}");
    for (what, protection) in [
        ("constants: sample", "r--"),
        ("tables: of all stores", "r--"),
        ("tables, to write: of all stores", "rw-"),
        ("contexts: of all stores", "rw-"),
        ("guard: memory 0", "---"),
        ("guard: contexts", "---"),
    ] {
        assert_eq!(line(what)[5], protection, "{text}");
    }
    let mut addresses: Vec<_> = text.lines().filter_map(|line| line.get(..12)).skip(1).collect();
    addresses.retain(|address| address.starts_with('0') || address.starts_with('7'));
    assert!(addresses.is_sorted(), "{text}");
}

#[test]
fn json_has_the_same() {
    let dir = Dir::with("m.wat", MODULE);
    let text = dir.wootz(&["maps", "--json", "-O0", "--checks", "explicit", "m.wat"]).output();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["file"], "m.wat");
    let instances = value["instances"].as_array().unwrap();
    assert_eq!((instances.len(), &instances[0]["module"]), (1, &"sample".into()));
    let regions = instances[0]["regions"].as_array().unwrap();
    let memory = regions.iter().find(|region| region["kind"] == "memory").unwrap();
    assert_eq!((&memory["size"], &memory["protection"]), (&131_072.into(), &"rw-".into()));
    assert_eq!(
        memory["end"].as_u64().unwrap() - memory["start"].as_u64().unwrap(),
        memory["size"].as_u64().unwrap()
    );
}

#[test]
fn what_cannot_be_instantiated_is_told_as_by_run() {
    let dir = Dir::with("m.wat", r#"(module (import "env" "f" (func)) (func unreachable))"#);
    let error = dir.wootz(&["maps", "m.wat"]).error(65);
    assert!(error.contains("1 unknown import"), "{error}");
    dir.write("start.wat", "(module (start $s) (func $s unreachable))");
    let error = dir.wootz(&["maps", "start.wat"]).error(134);
    assert!(error.contains("unreachable"), "{error}");
}
