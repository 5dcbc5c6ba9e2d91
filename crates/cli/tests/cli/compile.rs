//! `wootz compile`: every kind of output, images that run, and files that are no images.

use super::Dir;

const PROGRAM: &str = r#"(module
  (func $check (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
  (func (export "half") (param i32) (result i32)
    (call $check (local.get 0))
    (i32.shr_u (local.get 0) (i32.const 1))))"#;

#[test]
fn an_image_runs_as_its_module_does() {
    let dir = Dir::with("half.wat", PROGRAM);
    for options in [&["-O0", "--checks", "guard"], &["-O2", "--checks", "explicit"]] {
        let mut args = vec!["compile"];
        args.extend(options);
        args.push("half.wat");
        assert_eq!(dir.wootz(&args).output(), "");
        assert_eq!(dir.wootz(&["run", "--invoke", "half", "half.image", "42"]).output(), "21\n");
    }
    let trap = dir.wootz(&["run", "--invoke", "half", "half.image", "0"]).error(134);
    assert!(trap.contains("the guest trapped: unreachable") && trap.contains("check (func 0)"), "{trap}");
    let unknown = dir.wootz(&["run", "half.image"]).error(2);
    assert!(unknown.contains("half  (i32) -> (i32)"), "{unknown}");
}

#[test]
fn every_kind_has_its_form() {
    let dir = Dir::with("half.wat", PROGRAM);
    for (kind, name, start) in [
        ("image", "half.image", b"\x7fELF".as_slice()),
        ("obj", "half.o", b"\x7fELF"),
        ("bitcode", "half.bc", b"BC\xc0\xde"),
        ("llvm-ir", "half.ll", b"; ModuleID"),
        ("asm", "half.s", b"\t.file"),
    ] {
        assert_eq!(dir.wootz(&["compile", "--emit", kind, "half.wat"]).output(), "");
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        assert!(bytes.starts_with(start), "{kind}: {:?}", String::from_utf8_lossy(&bytes[..20]));
    }
    let assembly = dir.wootz(&["compile", "--emit", "asm", "-o", "-", "half.wat"]).output();
    assert!(assembly.contains("\"wasm[1]\":"), "{assembly}");
    let header = std::fs::read_to_string(dir.path().join("half.h")).unwrap();
    assert!(header.contains("half"), "{header}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 7, "nothing else is left");
}

#[test]
fn the_same_module_gives_the_same_file() {
    let dir = Dir::with("half.wat", PROGRAM);
    for name in ["a", "b"] {
        dir.wootz(&["compile", "-j", if name == "a" { "1" } else { "4" }, "-o", name, "half.wat"]).output();
    }
    let read = |name| std::fs::read(dir.path().join(name)).unwrap();
    assert!(read("a") == read("b"));
}

#[test]
fn llvm_gets_its_own_options() {
    let dir = Dir::with("half.wat", PROGRAM);
    let ir = |options: &[&str]| {
        let args = [&["compile", "--emit", "llvm-ir", "-o", "-"], options, &["half.wat"]].concat();
        dir.wootz(&args).output()
    };
    let without_inliner = ir(&["--llvm-option=-opt-disable=inline"]);
    let calls = |ir: &str| ir.matches("notail call void @\"wasm[").count();
    assert!(calls(&without_inliner) > calls(&ir(&[])));
}

#[test]
fn damaged_images_are_refused() {
    let dir = Dir::with("half.wat", PROGRAM);
    dir.wootz(&["compile", "half.wat"]).output();
    let image = std::fs::read(dir.path().join("half.image")).unwrap();
    for len in [4, 64, image.len() / 2, image.len() - 1] {
        dir.write("cut.image", &image[..len]);
        let refusal = dir.wootz(&["run", "--invoke", "half", "cut.image", "2"]).error(65);
        assert!(refusal.contains("cut.image") && refusal.contains("image"), "{refusal}");
    }
    dir.wootz(&["compile", "--emit", "obj", "half.wat"]).output();
    assert!(dir.wootz(&["run", "half.o"]).error(65).contains("nor an image of one"));
    assert!(dir.wootz(&["inspect", "half.image"]).error(65).contains("only `wootz run` takes images"));
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing() {
    let dir = Dir::with("half.wat", PROGRAM);
    let refusal = dir.wootz(&["compile", "-o", "missing/half.image", "half.wat"]).error(74);
    assert!(refusal.contains("cannot write missing/half.image"), "{refusal}");
    dir.write("bad.wat", "(module (func (result i32)))");
    dir.wootz(&["compile", "bad.wat"]).error(65);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn an_image_of_another_machine_or_cpu_is_made_and_refused_here() {
    let dir = Dir::with("half.wat", PROGRAM);
    assert_eq!(dir.wootz(&["compile", "--target", "aarch64-linux", "half.wat"]).output(), "");
    let refusal = dir.wootz(&["run", "--invoke", "half", "half.image", "2"]).error(65);
    assert!(refusal.contains("compiled for aarch64, this machine is x86_64"), "{refusal}");
    let assembly = ["inspect", "--asm", "--target=aarch64", "--features", "+lse", "half.wat"];
    assert!(dir.wootz(&assembly).output().contains("brk\t#0x5501"));

    // No processor has all of these.
    dir.wootz(&["compile", "--cpu", "baseline", "--features", "+xop,+avx512vp2intersect", "half.wat"])
        .output();
    let refusal = dir.wootz(&["run", "--invoke", "half", "half.image", "2"]).error(65);
    assert!(refusal.contains("the image needs the CPU feature"), "{refusal}");
    dir.wootz(&["compile", "--cpu", "x86-64-v2", "--features", "-sse4.2,-popcnt", "half.wat"]).output();
    assert_eq!(dir.wootz(&["run", "--invoke", "half", "half.image", "2"]).output(), "1\n");
}

#[test]
fn unknown_machines_cpus_and_features_are_told() {
    let dir = Dir::with("half.wat", PROGRAM);
    let told = |args: &[&str]| dir.wootz(&[&["compile"], args, &["half.wat"]].concat()).error(2);
    assert!(told(&["--target", "riscv64-linux"]).contains("known are x86_64-linux, aarch64-linux"));
    let unknown = told(&["--features", "+avx2,+sse41"]);
    assert!(unknown.contains(r#"unknown feature "+sse41" of x86_64; close are "sse4.1""#), "{unknown}");
    assert!(told(&["--features", "avx2"]).contains(r#"switched on by "+avx2""#));
    assert!(told(&["--cpu", "x86-64-v5"]).contains(r#"close are "x86-64-v2""#));
    assert!(told(&["--target", "aarch64", "--cpu", "native"]).contains("this machine is no aarch64"));
}

/// Debug information in a file of its own leaves an image that is as one without, and whose traps still say where they are.
#[test]
fn debug_information_goes_to_a_file_of_its_own() {
    let wat = r#"(module
      (func $deep (param i32) (unreachable))
      (func (export "_start") (call $deep (i32.const 1))))"#;
    let dir = Dir::with("m.wat", wat);
    dir.wootz(&["compile", "-g", "m.wat", "-o", "whole"]).output();
    dir.wootz(&["compile", "-g", "m.wat", "-o", "split", "--split-debug", "apart"]).output();
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    let [whole, split, apart] = ["whole", "split", "apart"].map(read);
    let contains = |file: &[u8], text: &[u8]| file.windows(text.len()).any(|part| part == text);
    assert!(contains(&whole, b".debug_info\0") && !contains(&split, b".debug_info\0"));
    assert!(contains(&apart, b".debug_info\0") && contains(&split, b"apart\0"));
    assert!(split.len() < whole.len());

    let trap = |image: &str| {
        let outcome = dir.wootz(&["run", image]);
        assert_eq!(outcome.code, 134, "{}", outcome.stderr);
        outcome.stderr.replace(image, "image")
    };
    let report = trap("split");
    assert!(report.contains("deep"), "{report}");
    assert_eq!(report, trap("whole"));
    std::fs::remove_file(dir.path().join("apart")).unwrap();
    assert_eq!(report, trap("split"));

    dir.wootz(&["compile", "m.wat", "--split-debug", "apart"]).error(2);
    dir.wootz(&["compile", "-g", "m.wat", "--emit", "obj", "--split-debug", "apart"]).error(2);
}

/// A module without sources is printed for debuggers, beside the result; one with sources is not.
#[test]
fn only_a_module_without_sources_is_printed() {
    let dir = Dir::with("t.c", "int half(int of) { return of / 2; }");
    let clang = |options: &[&str], out: &str| {
        let mut clang = std::process::Command::new("clang-22");
        clang.args(["--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-Wl,--export=half"]).args(options);
        let status = clang.arg(dir.path().join("t.c")).arg("-o").arg(dir.path().join(out)).status();
        assert!(status.unwrap().success());
    };
    clang(&["-g"], "with.wasm");
    clang(&[], "without.wasm");
    for name in ["with", "without"] {
        let (module, image) = (format!("{name}.wasm"), format!("{name}.image"));
        dir.wootz(&["compile", "-g", &module, "-o", &image]).output();
    }
    assert!(!dir.path().join("with.wat").exists());
    let printed = std::fs::read_to_string(dir.path().join("without.wat")).unwrap();
    assert!(printed.contains("(func $half"), "{printed}");
    let to_output =
        |module: &str| dir.command(&["compile", "-g", module, "-o", "-"]).output().unwrap().status;
    assert_eq!(to_output("with.wasm").code(), Some(0));
    assert_eq!(to_output("without.wasm").code(), Some(2), "there is no place for the print");
}
