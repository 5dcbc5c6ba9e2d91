//! The cache of `wootz run`: that it is used, by whom, and that nothing breaks it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Dir, Outcome, outcome};

const ANSWER: &str = r#"(module (func (export "answer") (result i32) (i32.const 42)))"#;
const QUESTION: &str = r#"(module (func (export "answer") (result i32) (i32.const 6)))"#;

/// A directory with a module and a cache.
struct Cached(Dir);

impl Cached {
    fn with(module: &str) -> Self {
        Self(Dir::with("m.wat", module))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.0.command(args);
        command.env("WOOTZ_CACHE_DIR", self.0.path().join("cache")).env_remove("WOOTZ_CACHE_SIZE");
        command
    }

    fn wootz(&self, args: &[&str]) -> Outcome {
        outcome(self.command(args).output().expect("the command starts"))
    }

    fn answer(&self, options: &[&str]) -> String {
        self.wootz(&[&["run"], options, &["--invoke", "answer", "m.wat"]].concat()).output()
    }

    /// The files of the cache.
    fn files(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.0.path().join("cache")).into_iter().flatten();
        let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        files.sort();
        files
    }
}

#[test]
fn a_module_is_compiled_once() {
    let dir = Cached::with(QUESTION);
    assert_eq!(dir.answer(&[]), "6\n");
    let [question] = &dir.files()[..] else { panic!("{:?}", dir.files()) };
    dir.0.write("m.wat", ANSWER);
    assert_eq!(dir.answer(&[]), "42\n");
    assert_eq!(dir.files().len(), 2);
    // With the other's image in its place, the module answers what the other does: it was not compiled.
    let answer = dir.files().into_iter().find(|file| file != question).unwrap();
    std::fs::copy(question, &answer).unwrap();
    assert_eq!(dir.answer(&[]), "6\n");
    assert_eq!(dir.answer(&["--no-cache"]), "42\n");
    assert_eq!(dir.answer(&["-O0"]), "42\n");
    assert_eq!(dir.files().len(), 3, "other options are another image");
    // How many threads compile is not one of them.
    assert_eq!(dir.answer(&["-O0", "-j1"]), "42\n");
    assert_eq!(dir.files().len(), 3);
}

#[test]
fn a_trap_is_reported_as_without_a_cache() {
    let dir = Cached::with(r#"(module (func $f (export "answer") unreachable))"#);
    let args = ["run", "--invoke", "answer", "m.wat"];
    let first = dir.wootz(&args).error(134);
    assert!(first.contains("m.wat:1:") && first.contains("unreachable"), "{first}");
    assert_eq!(dir.wootz(&args).error(134), first);
    assert_eq!(dir.files().len(), 1);
}

#[test]
fn damaged_entries_are_replaced() {
    let dir = Cached::with(ANSWER);
    dir.answer(&[]);
    let file = dir.files().remove(0);
    let image = std::fs::read(&file).unwrap();
    let mut flipped = image.clone();
    flipped[image.len() / 2] ^= 1;
    for damaged in [&b""[..], b"\x7fELF", &image[..image.len() - 1], &flipped] {
        std::fs::write(&file, damaged).unwrap();
        assert_eq!(dir.answer(&[]), "42\n");
        assert!(std::fs::read(&file).unwrap() == image);
    }
}

#[test]
fn entries_are_listed_and_removed() {
    let dir = Cached::with(ANSWER);
    assert!(
        dir.wootz(&["cache", "list"]).output().starts_with("0 images, 0 bytes of at most 2147483648, in ")
    );
    dir.answer(&[]);
    let list = dir.wootz(&["cache", "list"]).output();
    assert!(list.lines().count() == 2 && list.contains("bytes  used 0 seconds ago\n1 images, "), "{list}");
    assert!(dir.wootz(&["cache", "clean"]).output().starts_with("removed 1 images, "));
    assert!(dir.files().is_empty());

    let mut command = dir.command(&["run", "--invoke", "answer", "m.wat"]);
    let off = outcome(command.env("WOOTZ_CACHE_SIZE", "0").output().unwrap());
    assert_eq!((off.output().as_str(), dir.files().len()), ("42\n", 0));
    let mut command = dir.command(&["run", "--invoke", "answer", "m.wat"]);
    let wrong = outcome(command.env("WOOTZ_CACHE_SIZE", "much").output().unwrap());
    assert!(wrong.error(2).contains("WOOTZ_CACHE_SIZE is \"much\""));
}

#[test]
fn many_processes_share_it() {
    let dir = Cached::with(ANSWER);
    let start = || {
        let mut command = dir.command(&["run", "--invoke", "answer", "m.wat"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts")
    };
    let children: Vec<_> = (0..12).map(|_| start()).collect();
    for child in children {
        assert_eq!(outcome(child.wait_with_output().unwrap()).output(), "42\n");
    }
    assert_eq!(dir.files().len(), 1);
}

#[test]
fn killing_it_at_any_moment_breaks_nothing() {
    let dir = Cached::with(ANSWER);
    let run = || {
        let mut command = dir.command(&["run", "-O0", "--invoke", "answer", "m.wat"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command starts")
    };
    let whole = std::time::Instant::now();
    assert!(run().wait().unwrap().success());
    let whole = whole.elapsed();
    dir.wootz(&["cache", "clean"]).output();
    for attempt in 0..60u32 {
        let mut child = run();
        std::thread::sleep(whole * attempt / 40 + Duration::from_micros(137 * u64::from(attempt % 7)));
        child.kill().unwrap();
        child.wait().unwrap();
        for file in dir.files().iter().filter(|file| file.extension().is_some_and(|ending| ending == "image"))
        {
            assert_eq!(dir.answer(&["-O0"]), "42\n", "{}", file.display());
            std::fs::remove_file(file).unwrap();
        }
    }
    assert_eq!(dir.answer(&["-O0"]), "42\n");
    dir.wootz(&["cache", "clean"]).output();
    assert!(dir.files().is_empty(), "{:?}", dir.files());
}
