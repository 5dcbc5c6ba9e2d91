//! `--profile-generate` and `--profile-use`.

use std::fs;

use crate::Dir;

/// `choose` does one of two things that no optimiser makes one of.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "choose") (param i32) (result i32)
    (if (local.get 0)
      (then (drop (call $yield)))
      (else (drop (call $close (i32.const 99)))))
    (i32.div_u (i32.const 6) (local.get 0)))
  (func (export "one") (result i32) (i32.const 1)))"#;

#[test]
fn a_profile_is_written_added_to_and_used() {
    let dir = Dir::with("m.wat", PROGRAM);
    let record = |invoke: &[&str]| {
        let options = ["run", "--no-cache", "--profile-generate", "p", "--invoke"];
        dir.wootz(&[&options[..], &[invoke[0], "m.wat"], &invoke[1..]].concat())
    };
    let size = || fs::read(dir.path().join("p")).unwrap().len();
    assert_eq!(record(&["one"]).output(), "1\n");
    let before = size();
    // The guest traps, and what it did is there all the same.
    assert!(record(&["choose", "0"]).error(134).contains("divide by zero"));
    let after = size();
    assert!(after > before, "{before} {after}");
    (0..3).for_each(|_| assert_eq!(record(&["choose", "6"]).output(), "1\n"));
    for command in [&["run", "--no-cache"][..], &["run", "--mode", "lazy"]] {
        let options = [command, &["--profile-use", "p", "--invoke", "one", "m.wat"]].concat();
        assert_eq!(dir.wootz(&options).output(), "1\n");
    }
    let ir = dir.wootz(&["compile", "--emit=llvm-ir", "--profile-use", "p", "m.wat", "-o", "-"]).output();
    let weighs = |weights: &str| ir.contains(&format!("!\"branch_weights\", {weights}}}"));
    assert!(weighs("i32 3, i32 1") || weighs("i32 1, i32 3"), "{ir}");
    assert!(ir.contains("!\"function_entry_count\", i64 4}") && ir.contains("ProfileSummary"), "{ir}");
}

#[test]
fn an_image_counts_if_it_was_made_for_it() {
    let dir = Dir::with("m.wat", PROGRAM);
    dir.wootz(&["compile", "--profile-generate", "m.wat", "-o", "counting.image"]).output();
    dir.wootz(&["compile", "m.wat", "-o", "m.image"]).output();
    let run = |image: &str| dir.wootz(&["run", "--profile-generate", "p", "--invoke", "one", image]);
    assert_eq!(run("counting.image").output(), "1\n");
    let message = run("m.image").error(2);
    assert!(message.contains("does not count its branches"), "{message}");
    dir.wootz(&["compile", "--profile-use", "p", "m.wat", "-o", "used.image"]).output();
}

#[test]
fn what_is_no_profile_of_the_module_is_refused_before_anything_runs() {
    let dir = Dir::with("m.wat", PROGRAM);
    let n = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    n("other.wat", br#"(module (func (export "one") (result i32) (i32.const 7)))"#);
    let record = |file: &str, module: &str| {
        dir.wootz(&["run", "--no-cache", "--profile-generate", file, "--invoke", "one", module])
    };
    assert_eq!(record("p", "other.wat").output(), "7\n");
    let profile = fs::read(dir.path().join("p")).unwrap();
    n("cut", &profile[..profile.len() - 1]);
    n("text", b"wootz");
    for command in [&["inspect", "--asm=one"][..], &["explore", "-o", "-"]] {
        let options = [command, &["--profile-use", "p", "m.wat"]].concat();
        assert!(dir.wootz(&options).error(2).contains("of another module"), "{options:?}");
    }
    for (file, reason) in [("p", "of another module"), ("cut", "cut or damaged"), ("text", "no profile")] {
        for message in [
            record(file, "m.wat").error(2),
            dir.wootz(&["run", "--no-cache", "--profile-use", file, "--invoke", "one", "m.wat"]).error(2),
            dir.wootz(&["compile", "--profile-use", file, "m.wat"]).error(2),
        ] {
            assert!(message.contains(reason), "{file}: {message}");
        }
    }
    assert_eq!(fs::read(dir.path().join("p")).unwrap(), profile);
    dir.wootz(&["run", "--profile-use", "none", "--invoke", "one", "m.wat"]).error(66);
    for wrong in [
        &["run", "--mode", "lazy", "--profile-generate", "q", "--invoke", "one", "m.wat"][..],
        &["run", "--profile-use", "p", "--profile-generate", "q", "m.wat"],
        &["compile", "--profile-generate", "--emit", "asm", "m.wat"],
    ] {
        dir.wootz(wrong).error(2);
    }
    assert!(!dir.path().join("q").exists());
    let message = record("missing/q", "m.wat");
    assert_eq!((message.code, message.stdout.as_str()), (74, "1\n"), "{}", message.stderr);
}
