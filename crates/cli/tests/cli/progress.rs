//! What is told about a compilation: on a terminal how far it is, and afterwards what it took.

use std::fs::OpenOptions;
use std::io::Read;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::Dir;

/// A module that takes a while to optimise.
fn large() -> String {
    let store = "(i64.store (local.get 0) (i64.rotl (i64.load (local.get 0)) (i64.const 7)))".repeat(60);
    let functions = format!("(func (param i32) {store})").repeat(300);
    format!("(module (memory 1) {functions} (func (export \"_start\")))")
}

/// What the command writes to a terminal as its standard error.
fn on_a_terminal(dir: &Dir, args: &[&str]) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let other_end = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut command = dir.command(args);
    command.stdout(Stdio::null()).stderr(other_end).env("TERM", "xterm");
    let mut child = command.spawn().unwrap();
    // It holds the other end open.
    drop(command);
    let mut written = Vec::new();
    // Reading fails when no one has the other end any more.
    let _ = std::fs::File::from(terminal).read_to_end(&mut written);
    assert!(child.wait().unwrap().success());
    String::from_utf8(written).unwrap()
}

#[test]
fn a_long_compilation_shows_on_a_terminal_how_far_it_is() {
    let dir = Dir::with("large.wat", large());
    for command in ["compile", "run"] {
        let shown = on_a_terminal(&dir, &[command, "-j1", "large.wat"]);
        for part in ["Compiling large.wat [", "/301 functions", "/s", " left"] {
            assert!(shown.contains(part), "{command}: {part} is not in {shown:?}");
        }
        for quiet in ["--no-progress", "--quiet", "-q"] {
            let shown = on_a_terminal(&dir, &[command, "-O0", quiet, "large.wat"]);
            assert_eq!(shown, "", "{command} {quiet}");
        }
    }
    // Not a terminal.
    assert_eq!(dir.wootz(&["compile", "-O0", "large.wat"]).output(), "");
}

#[test]
fn timings_are_a_table_or_json() {
    let dir = Dir::with("large.wat", large());
    let table = dir.wootz(&["compile", "-O1", "-j2", "--timings", "large.wat"]);
    assert_eq!((table.code, table.stdout.as_str()), (0, ""));
    let first: Vec<_> = table.stderr.lines().map(|line| line.split("  ").next().unwrap()).collect();
    let phases = [
        "decode",
        "translate",
        "lower",
        "optimise",
        "generate",
        "link",
        "debug-info",
        "write",
        "all threads",
    ];
    assert_eq!(first[..10], [&["phase"][..], &phases].concat(), "{}", table.stderr);
    assert!(table.stderr.contains("301 functions in ") && table.stderr.contains(" on 2 threads"));
    assert!(table.stderr.contains("\nmemory: peak "), "{}", table.stderr);

    let args = ["compile", "-O0", "--timings=json", "--memory-budget", "64M", "large.wat"];
    let json = dir.wootz(&args);
    assert_eq!((json.code, json.stdout.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!(json["functions"], 301);
    assert_eq!(json["memory_budget"], 64 << 20);
    assert_eq!(json["image_bytes"], std::fs::metadata(dir.path().join("large.image")).unwrap().len());
    for phase in &phases[..8] {
        assert!(json["phases"][phase]["wall"].as_f64() > Some(0.0), "{phase}: {json}");
    }
    assert!(json["cpu"].as_f64() > json["phases"]["generate"]["cpu"].as_f64());
    assert!(json["peak_memory"].as_u64() > json["image_bytes"].as_u64());
    assert!(json["peak_memory"].as_u64() >= json["peak_before_link"].as_u64());
    assert!(json["peak_before_link"].as_u64() > Some(1 << 20));
    assert_eq!(json["degraded"], serde_json::json!([]));

    let object = dir.wootz(&["compile", "-O0", "--emit", "obj", "--timings=json", "large.wat"]);
    let object: serde_json::Value = serde_json::from_str(&object.stderr).unwrap();
    assert_eq!(object["image_bytes"], std::fs::metadata(dir.path().join("large.o")).unwrap().len());
    for phase in &phases[..8] {
        assert!(object["phases"][phase]["wall"].as_f64() > Some(0.0), "{phase}: {object}");
    }
    let refused = dir.wootz(&["compile", "--timings", "--emit", "asm", "large.wat"]).error(2);
    assert!(
        refused.starts_with("error: --timings measures how images, executables and objects are made\n"),
        "{refused}"
    );
}

#[test]
fn functions_too_large_to_be_optimised_are_named() {
    let adds = "local.get 0 i32.const 7 i32.rotl local.get 0 i32.add local.set 0 ".repeat(30_000);
    let dir = Dir::with("giant.wat", format!("(module (func) (func $giant (param i32) {adds}))"));
    let told = dir.wootz(&["compile", "-O1", "-v", "giant.wat"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, ""));
    let (what, why) = told.stderr.split_once(" bytes: ").unwrap();
    assert!(what.starts_with("not optimised: function 1 \"giant\", "), "{}", told.stderr);
    assert!(why.ends_with(" instructions, of which at most 50000 are optimised\n"), "{}", told.stderr);
    assert_eq!(dir.wootz(&["compile", "-O1", "giant.wat"]).output(), "");
    let json = dir.wootz(&["compile", "-O1", "--timings=json", "giant.wat"]);
    let json: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    let giant = &json["degraded"][0];
    assert_eq!((giant["index"].as_u64(), giant["name"].as_str()), (Some(1), Some("giant")));
    assert!(giant["size"].as_u64() > Some(200_000), "{giant}");
}
