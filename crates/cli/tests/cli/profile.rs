//! `wootz profile`: what it draws, also of guests that do not end well.

use crate::Dir;

const SPIN: &str = r#"(module
  (func $spin (loop (br 0)))
  (func $<main> (export "_start") (call $spin)))"#;

#[test]
fn a_guest_that_is_stopped_has_a_profile_and_its_own_exit_code() {
    let dir = Dir::with("m.wat", SPIN.replace("$<main>", "$\"a<b;c\""));
    let outcome = dir.wootz(&["profile", "-O0", "--timeout", "300ms", "-o", "p.folded", "m.wat"]);
    assert_eq!(outcome.code, 124, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("ran for longer than 300ms"), "{}", outcome.stderr);
    let folded = std::fs::read_to_string(dir.path().join("p.folded")).unwrap();
    let (stack, count) = folded.lines().max().unwrap().rsplit_once(' ').unwrap();
    assert_eq!(stack, "a<b:c;spin");
    assert!(count.parse::<u64>().unwrap() > 0);
}

#[test]
fn a_drawing_is_an_svg_with_the_names() {
    let dir = Dir::with("m.wat", SPIN.replace("$<main>", "$\"a<b\""));
    let outcome = dir.wootz(&["profile", "--timeout", "300ms", "--frequency", "500", "m.wat"]);
    assert_eq!(outcome.code, 124, "{}", outcome.stderr);
    let svg = std::fs::read_to_string(dir.path().join("profile.svg")).unwrap();
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("spin") && svg.contains("a&lt;b") && !svg.contains("a<b"), "{svg}");
}

#[test]
fn a_program_that_does_not_start_leaves_no_profile() {
    let dir = Dir::with("m.wat", "(module (func unreachable");
    dir.wootz(&["profile", "m.wat"]).error(65);
    assert!(!dir.path().join("profile.svg").exists());
    dir.wootz(&["profile", "--frequency", "0", "m.wat"]).error(2);
}

const PROGRAM: &str = r#"(module $m
  (func $inner (param i32) (result i32)
    (i32.div_u (i32.const 7) (local.get 0)))
  (func (export "run") (result i32)
    (call $inner (i32.const 2))))"#;

/// Runs the program with an option for `perf`; the number of its process.
fn run_for_perf(dir: &Dir, options: &[&str]) -> u32 {
    let args = [&["run", "-O0", "--invoke", "run", "--no-cache"], options, &["m.wat"]].concat();
    let child = dir.command(&args).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout == b"3\n", "{output:?}");
    id
}

#[test]
fn a_map_for_perf_names_every_function() {
    let dir = Dir::with("m.wat", PROGRAM);
    for mode in ["regular", "lazy"] {
        let id = run_for_perf(&dir, &["--profile", "perfmap", "--mode", mode]);
        let path = format!("/tmp/perf-{id}.map");
        let map = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        let names: Vec<&str> = map.lines().map(|line| line.splitn(3, ' ').nth(2).unwrap()).collect();
        for name in ["m!inner", "m!run"] {
            assert!(names.contains(&name), "{mode}: {map}");
        }
        for line in map.lines() {
            let size = usize::from_str_radix(line.split(' ').nth(1).unwrap(), 16).unwrap();
            assert!((1..10_000).contains(&size), "{line}");
        }
    }
}

/// A record of a dump: kind and contents.
fn records(dump: &[u8]) -> Vec<(u32, &[u8])> {
    let u32_at = |at: usize| u32::from_ne_bytes(dump[at..at + 4].try_into().unwrap());
    assert_eq!((u32_at(0), u32_at(4)), (0x4a69_5444, 1), "magic and version");
    let (mut at, mut records) = (u32_at(8) as usize, Vec::new());
    while at < dump.len() {
        let size = u32_at(at + 4) as usize;
        records.push((u32_at(at), &dump[at + 16..at + size]));
        at += size;
    }
    records
}

#[test]
fn a_dump_for_perf_has_code_and_lines() {
    let dir = Dir::with("m.wat", PROGRAM);
    let id = run_for_perf(&dir, &["--profile", "jitdump", "-g"]);
    let dump = std::fs::read(dir.path().join(format!("jit-{id}.dump"))).unwrap();
    let u64_at = |bytes: &[u8], at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap());
    let mut lines = Vec::new();
    let mut functions = Vec::new();
    for (kind, contents) in records(&dump) {
        match kind {
            0 => {
                let (address, size) = (u64_at(contents, 8), u64_at(contents, 24) as usize);
                let name = contents[40..].split(|byte| *byte == 0).next().unwrap();
                let code = &contents[40 + name.len() + 1..][..size];
                assert!(code.iter().any(|byte| *byte != 0));
                functions.push((String::from_utf8(name.to_vec()).unwrap(), address, size as u64));
            }
            2 => {
                let (code, count) = (u64_at(contents, 0), u64_at(contents, 8));
                let mut rest = &contents[16..];
                for _ in 0..count {
                    let line = u32::from_ne_bytes(rest[8..12].try_into().unwrap());
                    let file = rest[16..].split(|byte| *byte == 0).next().unwrap();
                    assert!(file.ends_with(b"m.wat"), "{}", String::from_utf8_lossy(file));
                    lines.push((code, u64_at(rest, 0), line));
                    rest = &rest[16 + file.len() + 1..];
                }
            }
            other => panic!("a record of kind {other}"),
        }
    }
    let (_, address, size) = functions.iter().find(|(name, ..)| name == "m!inner").unwrap();
    let of_inner: Vec<u32> =
        lines.iter().filter(|(code, ..)| code == address).map(|(_, _, line)| *line).collect();
    assert!(of_inner.contains(&3), "the division is in line 3: {of_inner:?}");
    assert!(lines.iter().all(|(code, at, _)| at >= code));
    assert!(
        lines
            .iter()
            .filter(|(code, ..)| code == address)
            .all(|(_, at, _)| (*address..address + size).contains(at))
    );
}
