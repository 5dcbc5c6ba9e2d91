//! `cargo xtask test`, `spec-test`, `fuzz`, `soak`, `stress` and `debug-coverage`: every check there is, one after the other, with one total.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::command::{cargo, display, each_line, run};
use crate::setup::{Purpose, setup};

/// Formatting, lints, every test and document of the workspace (the tidiness of the sources and the specification's
/// suite are among the tests); with filters, only the tests whose names contain one of them.
pub(crate) fn test(filters: &[String]) -> Result<()> {
    if let Some(option) = filters.iter().find(|filter| filter.starts_with('-')) {
        bail!("`test` takes parts of test names, got the option `{option}`");
    }
    setup(Purpose::Test)?;
    let mut total = Total::default();
    if filters.is_empty() {
        total.step(cargo().args(["fmt", "--all", "--", "--check"]));
        total.step(cargo().args(CLIPPY));
        total.tests(cargo().args(TEST))?;
    }
    for filter in filters {
        total.tests(cargo().args(TEST).args(["--", filter]))?;
    }
    total.finish()
}

const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--keep-going", "--", "-D", "warnings"];
const TEST: &[&str] = &["test", "--workspace", "--no-fail-fast"];

/// The specification's suite with the given options.
pub(crate) fn spec_test(arguments: &[String]) -> Result<()> {
    setup(Purpose::Build)?;
    // The process of the mode `aot`.
    run(cargo().args(["build", "--quiet", "--package", "wootz-tests", "--bin", "spec-script"]))?;
    // The sessions of the mode `repl`.
    if arguments.iter().any(|argument| argument.split([',', '=']).any(|mode| mode == "repl")) {
        run(cargo().args(["build", "--quiet", "--package", "wootz-cli", "--bin", "wootz-compiler"]))?;
    }
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "wootz-tests", "--bin", "spec-test", "--"]).args(arguments);
    run(&mut command)
}

/// Differential tests with the given options.
pub(crate) fn fuzz(arguments: &[String]) -> Result<()> {
    setup(Purpose::Build)?;
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "wootz-tests", "--bin", "fuzz", "--"]).args(arguments);
    run(&mut command)
}

/// Many instances with the given options, as fast as they are shipped.
pub(crate) fn soak(arguments: &[String]) -> Result<()> {
    setup(Purpose::Build)?;
    // The session of redefinitions.
    run(cargo().args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "wootz-cli",
        "--bin",
        "wootz-compiler",
    ]))?;
    let mut command = cargo();
    command
        .args(["run", "--quiet", "--release", "--package", "wootz-tests", "--bin", "soak", "--"])
        .args(arguments);
    run(&mut command)
}

/// The figures of the test of the same name, of all its programs or of some.
pub(crate) fn debug_coverage(programs: &[String]) -> Result<()> {
    setup(Purpose::Test)?;
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "wootz-cli", "--test", "coverage", "--", "table"]);
    run(command.args(programs))
}

/// Threads over shared memories with the given options.
pub(crate) fn stress(arguments: &[String]) -> Result<()> {
    setup(Purpose::Test)?;
    let (sanitized, arguments): (Vec<_>, Vec<_>) =
        arguments.iter().partition(|argument| *argument == "--sanitize");
    let mut command = cargo();
    if !sanitized.is_empty() {
        command = sanitized_cargo();
    }
    command.args(["run", "--quiet", "--package", "wootz-tests", "--bin", "stress"]);
    if !sanitized.is_empty() {
        // The standard library with it: its locks and threads are what tells that accesses are in order.
        command.args(["-Zbuild-std", "--target", "x86_64-unknown-linux-gnu"]);
    }
    run(command.arg("--").args(arguments))
}

/// A nightly cargo, which compiles for ThreadSanitizer. It wants the toolchain's `rust-src`.
fn sanitized_cargo() -> Command {
    let mut command = Command::new("cargo");
    // Those of the cargo that started us say which toolchain to use, and would win.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env_remove("RUSTC");
    command.current_dir(crate::root()).arg("+nightly");
    command
        .env("RUSTFLAGS", "-Zsanitizer=thread -Cdebuginfo=1")
        .env("CARGO_TARGET_DIR", crate::root().join("target/sanitized"));
    command
}

/// What passed and what did not, over all steps.
#[derive(Default)]
struct Total {
    counts: Counts,
    failed: Vec<String>,
}

impl Total {
    /// A check that passes or fails as a whole.
    fn step(&mut self, command: &mut Command) {
        let started = Instant::now();
        match run(command) {
            Ok(()) => self.counts.passed += 1,
            Err(error) => {
                eprintln!("error: {error:#}");
                self.counts.failed += 1;
                self.failed.push(display(command));
            }
        }
        eprintln!("  ({:.1} s)", started.elapsed().as_secs_f64());
    }

    /// A run of tests that says itself how many passed.
    fn tests(&mut self, command: &mut Command) -> Result<()> {
        let started = Instant::now();
        let line = display(command);
        eprintln!("$ {line}");
        let mut counts = Counts::default();
        let succeeded = each_line(command, |line| {
            println!("{line}");
            counts.add(Counts::of_line(line).unwrap_or_default());
        })?;
        // A test that takes its process down, or one that does not compile, is in no count.
        if !succeeded && counts.failed == 0 {
            counts.failed = 1;
        }
        if !succeeded {
            self.failed.push(line);
        }
        self.counts.add(counts);
        eprintln!("  ({:.1} s)", started.elapsed().as_secs_f64());
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let Counts { passed, failed, skipped } = self.counts;
        for step in &self.failed {
            println!("failed: {step}");
        }
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        if failed > 0 || !self.failed.is_empty() {
            bail!("not everything passed");
        }
        if passed == 0 {
            bail!("no test has such a name");
        }
        Ok(())
    }
}

/// Numbers of tests.
#[derive(Copy, Clone, Default, PartialEq, Eq, Debug)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The counts of a test binary's closing line: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn of_line(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |name: &str| {
            let mut parts = counts.split("; ").filter_map(|part| part.trim().split_once(' '));
            parts.find(|(_, what)| *what == name).and_then(|(number, _)| number.parse().ok())
        };
        Some(Self { passed: count("passed")?, failed: count("failed")?, skipped: count("ignored")? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Total};

    #[test]
    fn closing_lines_are_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.0s";
        assert_eq!(Counts::of_line(line), Some(Counts { passed: 12, failed: 2, skipped: 1 }));
        assert_eq!(Counts::of_line("test result: ok."), None);
        assert_eq!(Counts::of_line("test a ... ok"), None);
    }

    #[test]
    fn a_failure_fails_the_whole() {
        let passed = Counts { passed: 1, ..Counts::default() };
        assert!(Total { counts: passed, failed: Vec::new() }.finish().is_ok());
        assert!(Total { counts: passed, failed: vec!["cargo fmt".to_owned()] }.finish().is_err());
        assert!(Total { counts: Counts { failed: 1, ..passed }, failed: Vec::new() }.finish().is_err());
        assert!(Total::default().finish().is_err(), "nothing ran");
    }
}
