//! Views of a module, and `validate`.

use crate::{Dir, binary};

const MODULE: &str = r#"(module $sample
  (import "env" "log" (func $log (param i32 f64)))
  (import "env" "base" (global $base i32))
  (memory (export "memory") 2 16)
  (table $calls 3 funcref)
  (global $count (mut i64) (i64.const 42))
  (elem (i32.const 0) $main $log)
  (data (i32.const 0) "hello")
  (data "passive")
  (func $main (export "main") (param i32) (result i32)
    (i32.add (i32.load offset=4 (local.get 0)) (i32.const 1)))
  (func $begin)
  (start $begin))"#;

#[test]
fn the_summary_is_a_set_of_tables() {
    let dir = Dir::with("m.wat", MODULE);
    let expected = "\
m.wat · 208 B · module \"sample\"

Sections         items  offset  size
  type               3     0xa  14 B
  import             2    0x1a  23 B
  function           2    0x33   3 B
  table              1    0x38   4 B
  memory             1    0x3e   4 B
  global             1    0x44   6 B
  export             2    0x4c  17 B
  start                   0x5f   1 B
  element            1    0x62   8 B
  code               2    0x6c  15 B
  data               2    0x7d  20 B
  custom \"name\"           0x93  61 B

Imports (2)  module · name  type
  func 0     env · log      (i32, f64) -> ()
  global 0   env · base     i32

Exports (2)  name    type
  memory 0   memory  2 to 16 pages (128.0 KiB)
  func 1     main    (i32) -> (i32)

Functions (3)
  defined      2 in 12 B of code
  imported     1
  types        3
  named        3 in the name section
  start        begin (2)

Memories (1)  size                       name
  0           2 to 16 pages (128.0 KiB)

Tables (1)  size                 name
  0         3 or more × funcref  calls

Globals (2)  type     value     name
  0          i32      imported  base
  1          mut i64  42        count

Segments
  data     2 with 12 B
  element  1 with 2 items
";
    assert_eq!(dir.wootz(&["inspect", "m.wat"]).output(), expected);
}

#[test]
fn memories_and_tables_of_every_kind_and_computed_values() {
    let module = r#"(module
      (import "m" "base" (global i32))
      (memory $small 100 (pagesize 1))
      (memory $wide i64 1 0x1_0000_0000_0000)
      (memory $all i64 0xffff_ffff_ffff_ffff (pagesize 1))
      (table $calls i64 10 20 funcref)
      (global i32 (i32.mul (i32.add (global.get 0) (i32.const 8)) (i32.const -2))))"#;
    let dir = Dir::with("m.wat", module);
    let text = dir.wootz(&["inspect", "m.wat"]).output();
    for line in [
        "  0           100 or more pages of 1 byte (100 B)",
        "  1           1 to 281474976710656 pages (64.0 KiB), 64-bit",
        "  0         10 to 20 × funcref, 64-bit",
        "  1          i32   ((global 0 + 8) * -2)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&dir.wootz(&["inspect", "--json", "m.wat"]).output()).unwrap();
    assert_eq!(json["memories"][2]["type"]["minimum"], u64::MAX);
    assert_eq!(json["memories"][2]["type"]["page_size"], 1);
    assert_eq!(json["memories"][1]["type"]["memory64"], true);
    assert_eq!(json["tables"][0]["type"]["table64"], true);
}

#[test]
fn branch_hints_are_counted() {
    let module = r#"(module (func (export "f") (param i32)
      (block $out
        (@metadata.code.branch_hint "\01")
        (br_if $out (local.get 0)))))"#;
    let dir = Dir::with("m.wat", module);
    let text = dir.wootz(&["inspect", "m.wat"]).output();
    assert!(text.contains("  hinted       1 branch, 1 expected to be taken\n"), "{text}");
    let text = dir.wootz(&["inspect", "m.wat", "--ir", "f"]).output();
    assert!(text.contains(", hinted\n"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&dir.wootz(&["inspect", "--json", "m.wat"]).output()).unwrap();
    assert_eq!(json["functions"][0]["branch_hints"][0]["taken"], true);
    assert!(json["branch_hints_refused"].is_null());

    // The byte before the last of the section, whose contents are the last bytes of it: neither taken nor not.
    let mut damaged = binary(module);
    let name = b"metadata.code.branch_hint";
    let start = damaged.windows(name.len()).position(|bytes| bytes == name).unwrap() + name.len();
    damaged[start + 5] = 7;
    let dir = Dir::with("m.wasm", damaged);
    let text = dir.wootz(&["inspect", "m.wasm"]).output();
    assert!(text.contains("  hinted       nothing: malformed module: invalid"), "{text}");
    assert_eq!(dir.wootz(&["run", "--invoke", "f", "m.wasm", "1"]).code, 0);
}

#[test]
fn an_empty_module_is_one_line() {
    let dir = Dir::with("m.wasm", b"\0asm\x01\0\0\0");
    assert_eq!(dir.wootz(&["inspect", "m.wasm"]).output(), "m.wasm · 8 B\n");
}

#[test]
fn long_lists_are_cut_and_json_has_all() {
    let functions: String = (0..60).map(|i| format!("(func (export \"f{i}\"))")).collect();
    let dir = Dir::with("m.wat", format!("(module {functions})"));
    let text = dir.wootz(&["inspect", "m.wat"]).output();
    assert!(text.contains("f39") && !text.contains("f40"), "{text}");
    assert!(text.contains("  … and 20 more: --json lists all\n"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&dir.wootz(&["inspect", "--json", "m.wat"]).output()).unwrap();
    assert_eq!(json["exports"].as_array().unwrap().len(), 60);
}

#[test]
fn json_has_everything() {
    let dir = Dir::with("m.wat", MODULE);
    let text = dir.wootz(&["inspect", "m.wat", "--json"]).output();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["name"], "sample");
    assert_eq!(json["size"], 208);
    assert_eq!(json["start"], 2);
    assert_eq!(json["sections"][0]["kind"], "type");
    assert_eq!(json["sections"][11]["name"], "name");
    assert_eq!(json["imports"][0]["type"]["params"], serde_json::json!(["i32", "f64"]));
    assert_eq!(json["exports"][0]["type"]["maximum"], 16);
    assert_eq!(json["functions"][0]["imported"], true);
    assert_eq!(json["functions"][1]["name"], "main");
    assert_eq!(json["globals"][1]["type"]["mutable"], true);
    assert_eq!(json["data"][1]["mode"], "passive");
    assert_eq!(json["elements"][0]["items"], 2);
    assert_eq!(text, dir.wootz(&["inspect", "--json", "m.wat"]).output(), "the same bytes each time");
}

#[test]
fn text_reads_back_as_the_same_module() {
    let dir = Dir::with("m.wasm", binary(MODULE));
    let text = dir.wootz(&["inspect", "--wat", "m.wasm"]).output();
    assert_eq!(binary(&text), binary(MODULE));
}

#[test]
fn functions_are_shown_by_index_and_name_in_every_form() {
    let dir = Dir::with("m.wat", MODULE);
    for (view, marker) in [("--ir", "i32.load"), ("--llvm-ir", "define"), ("--asm", "retq")] {
        let by_name = dir.wootz(&["inspect", "m.wat", view, "main"]).output();
        assert!(by_name.contains(marker), "{view}: {by_name}");
        assert_eq!(by_name, dir.wootz(&["inspect", "m.wat", view, "1"]).output(), "{view}");
        assert_eq!(by_name, dir.wootz(&["inspect", "m.wat", view, "$main"]).output(), "{view}");
        let all = dir.wootz(&["inspect", view, "m.wat"]).output();
        assert!(all.len() > by_name.len(), "{view}");
    }
    let guarded = dir.wootz(&["inspect", "m.wat", "--asm", "main", "--checks", "guard"]).output();
    let explicit = dir.wootz(&["inspect", "m.wat", "--asm", "main", "--checks", "explicit"]).output();
    assert!(explicit.matches("cmp").count() > guarded.matches("cmp").count(), "{explicit}");
    let o0 = dir.wootz(&["inspect", "m.wat", "--llvm-ir", "main", "-O0"]).output();
    assert!(o0.contains("define"), "{o0}");
}

#[test]
fn output_that_is_no_terminal_has_no_colours() {
    let dir = Dir::with("m.wat", MODULE);
    assert!(!dir.wootz(&["inspect", "m.wat"]).stdout.contains('\x1b'));
    assert!(!dir.wootz(&["run", "m.wat"]).stderr.contains('\x1b'));
}

#[test]
fn validate_says_nothing_of_a_valid_module() {
    let dir = Dir::with("m.wat", MODULE);
    assert_eq!(dir.wootz(&["validate", "m.wat"]).output(), "");
    assert_eq!(dir.wootz_with_stdin(&["validate", "-"], &binary(MODULE)).output(), "");
}

#[test]
fn names_cannot_drive_the_terminal() {
    let dir = Dir::with("m.wat", r#"(module (func (export "\1b[2J\nx") unreachable))"#);
    let text = dir.wootz(&["inspect", "m.wat"]).output();
    assert!(text.contains(r"\u{1b}[2J\nx") && !text.contains('\x1b'), "{text}");
    let error = dir.wootz(&["run", "m.wat"]).error(2);
    assert!(error.contains(r"\u{1b}[2J") && !error.contains('\x1b'), "{error}");
    let error = dir.wootz(&["run", "--invoke", "\x1b[2J\nx", "m.wat"]).error(134);
    assert!(!error.contains('\x1b'), "{error}");
}
