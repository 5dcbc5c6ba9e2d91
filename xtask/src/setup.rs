//! Installs LLVM 22 and friends where that can be done, and says exactly what is missing where it cannot.
//!
//! There is no stamp file: every run asks the package manager (a few milliseconds), so an uninstalled package is
//! noticed and a second run changes nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::command::{output, run};
use crate::platform::Family;

/// The major version of LLVM that everything is built and tested with.
const LLVM: &str = "22";

/// What the machine is to be able to do afterwards.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Build and run `wootz`.
    Build,
    /// Run every test: compile C for wasm and for this machine, debug compiled code.
    Test,
}

/// A Debian package and why it is needed.
struct Package {
    name: &'static str,
    why: &'static str,
    purpose: Purpose,
    /// A program that serves as well, whichever package it came with.
    instead: Option<&'static str>,
}

const PACKAGES: &[Package] = &[
    package("llvm-22-dev", "the compiler library that Wootz is built on", Purpose::Build),
    package("libpolly-22-dev", "a part of LLVM that its build configuration names", Purpose::Build),
    package("libzstd-dev", "LLVM links it", Purpose::Build),
    package("zlib1g-dev", "LLVM links it", Purpose::Build),
    Package { instead: Some("c++"), ..package("g++", "links against LLVM, which is C++", Purpose::Build) },
    package("clang-22", "compiles the tests' C programs", Purpose::Test),
    package("lld-22", "links the tests' programs for wasm", Purpose::Test),
    package("libclang-rt-22-dev-wasm32", "clang's support library for wasm", Purpose::Test),
    package("wasi-libc", "the C library for wasm", Purpose::Test),
    package("gdb", "tests the debug information", Purpose::Test),
    package("lldb-22", "tests the debug information", Purpose::Test),
    package("qemu-user", "runs code for 64-bit Arm in the tests", Purpose::Test),
];

/// What one test makes do without: not every system packages it.
const BROWSER: Package =
    package("chromium-headless-shell", "looks at the page of `wootz explore` in a test", Purpose::Test);

const fn package(name: &'static str, why: &'static str, purpose: Purpose) -> Package {
    Package { name, why, purpose, instead: None }
}

/// Makes sure that what `purpose` needs is there.
pub(crate) fn setup(purpose: Purpose) -> Result<()> {
    match Family::of_this_machine() {
        Family::Debian => Apt::default().setup(purpose),
        other => elsewhere(other, purpose, &|program| on_path(program, std::env::var_os("PATH"))),
    }
}

/// The programs of the package manager: a directory is put before their names in tests.
#[derive(Default)]
struct Apt {
    directory: Option<PathBuf>,
    user_id: Option<String>,
}

impl Apt {
    fn setup(&self, purpose: Purpose) -> Result<()> {
        let wanted: Vec<&Package> = PACKAGES.iter().filter(|package| wanted(package, purpose)).collect();
        let installed = self.installed(&wanted)?;
        let missing: Vec<&Package> = wanted
            .into_iter()
            .filter(|package| !installed.iter().any(|name| name == package.name))
            .filter(|package| !package.instead.is_some_and(|program| self.has_program(program)))
            .collect();
        if !missing.is_empty() {
            self.install(&missing)?;
        }
        if purpose == Purpose::Test { self.install_browser() } else { Ok(()) }
    }

    /// Installs a browser if there is none and a repository offers one. Without, a test says what it leaves out.
    fn install_browser(&self) -> Result<()> {
        let installed = self.installed(&[&BROWSER])?.iter().any(|name| name == BROWSER.name);
        if installed || self.has_program("chromium") {
            return Ok(());
        }
        let unknown = self.without_candidate(&[&BROWSER])?;
        if unknown.is_empty()
            && let Err(error) = self.install(&[&BROWSER])
        {
            eprintln!("Going on without {}: {error:#}", BROWSER.name);
        }
        Ok(())
    }

    /// Which of the packages are installed. `dpkg-query` fails when one is unknown and still prints the others.
    fn installed(&self, packages: &[&Package]) -> Result<Vec<String>> {
        let mut query = self.program("dpkg-query");
        query.args(["--show", "--showformat=${Package} ${db:Status-Status}\\n"]);
        query.args(packages.iter().map(|package| package.name));
        let output = query.output().context("cannot start `dpkg-query` to see what is installed")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let installed = text.lines().filter_map(|line| line.strip_suffix(" installed"));
        Ok(installed.map(str::to_owned).collect())
    }

    fn install(&self, missing: &[&Package]) -> Result<()> {
        eprintln!("Wootz needs packages that are not installed:");
        for package in missing {
            eprintln!("  {:26} {}", package.name, package.why);
        }
        let as_root = self.is_root()?;
        if !as_root {
            ensure!(
                self.has_program("sudo"),
                "neither root nor `sudo` is at hand; let an administrator run\n  apt-get install {}",
                names(missing)
            );
            eprintln!("They are installed with apt-get through sudo, which may ask for your password.");
        }
        let fresh = self.without_candidate(missing)?.is_empty();
        if !fresh {
            self.update(as_root)?;
            let unknown = self.without_candidate(missing)?;
            ensure!(unknown.is_empty(), "{}", no_candidate(&unknown));
        }
        let mut install = self.apt_get(as_root);
        install.args(["install", "--yes", "--no-install-recommends"]);
        install.args(missing.iter().map(|package| package.name));
        let first = run(&mut install);
        if fresh && first.is_err() {
            eprintln!("The package lists may be out of date: updating them and trying once more.");
            self.update(as_root)?;
            return run(&mut install);
        }
        first
    }

    fn update(&self, as_root: bool) -> Result<()> {
        run(self.apt_get(as_root).arg("update"))
    }

    /// Those packages that no configured repository offers.
    fn without_candidate<'p>(&self, packages: &[&'p Package]) -> Result<Vec<&'p Package>> {
        let mut policy = self.program("apt-cache");
        policy.arg("policy").args(packages.iter().map(|package| package.name)).env("LC_ALL", "C");
        let text = output(&mut policy)?;
        Ok(packages.iter().filter(|package| !has_candidate(&text, package.name)).copied().collect())
    }

    fn apt_get(&self, as_root: bool) -> Command {
        let program = self.program("apt-get");
        if as_root {
            let mut command = program;
            command.env("DEBIAN_FRONTEND", "noninteractive");
            return command;
        }
        let mut command = self.program("sudo");
        command.arg("env").arg("DEBIAN_FRONTEND=noninteractive").arg(program.get_program());
        command
    }

    fn is_root(&self) -> Result<bool> {
        match &self.user_id {
            Some(id) => Ok(id == "0"),
            None => Ok(output(Command::new("id").arg("-u"))?.trim() == "0"),
        }
    }

    fn has_program(&self, program: &str) -> bool {
        let path = match &self.directory {
            Some(directory) => Some(directory.clone().into_os_string()),
            None => std::env::var_os("PATH"),
        };
        on_path(program, path)
    }

    fn program(&self, name: &str) -> Command {
        Command::new(self.directory.as_deref().unwrap_or(Path::new("")).join(name))
    }
}

fn wanted(package: &Package, purpose: Purpose) -> bool {
    package.purpose == Purpose::Build || purpose == Purpose::Test
}

fn names(packages: &[&Package]) -> String {
    packages.iter().map(|package| package.name).collect::<Vec<_>>().join(" ")
}

/// Whether `apt-cache policy` names a version that can be installed.
fn has_candidate(policy: &str, name: &str) -> bool {
    let mut lines = policy.lines().skip_while(|line| line.strip_suffix(':') != Some(name)).skip(1);
    lines
        .by_ref()
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.trim().strip_prefix("Candidate: "))
        .any(|version| version != "(none)")
}

fn no_candidate(packages: &[&Package]) -> String {
    format!(
        "no configured repository offers {}.\n\
         The LLVM project keeps a package repository of its own for Debian and Ubuntu: its page \"LLVM \
         Debian/Ubuntu packages\" has the line for your release, and its script `llvm.sh` adds it when run as \
         `llvm.sh {LLVM}`. Then run this command again.",
        names(packages)
    )
}

fn on_path(program: &str, path: Option<std::ffi::OsString>) -> bool {
    path.is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(program).is_file()))
}

/// On a system whose package manager we do not drive: look for the programs, and say what to install.
fn elsewhere(family: Family, purpose: Purpose, has: &dyn Fn(&str) -> bool) -> Result<()> {
    let any = |names: [&str; 2]| names.into_iter().any(has);
    let build_ready = any(["llvm-config-22", "llvm-config22"]) || any(["llvm-config", "llvm22-config"]);
    let test_ready = any(["clang-22", "clang"]) && any(["wasm-ld-22", "wasm-ld"]) && any(["gdb", "lldb"]);
    if build_ready && (purpose == Purpose::Build || test_ready) {
        return Ok(());
    }
    bail!("{}", advice(family))
}

fn advice(family: Family) -> String {
    let mut text = format!(
        "LLVM {LLVM} with its development files is needed (`llvm-config-{LLVM}`, or `llvm-config` of that version, \
         on PATH, or LLVM_SYS_221_PREFIX set to where it is installed), and for the tests clang, wasm-ld, wasi-libc \
         and gdb.\n"
    );
    match family.commands() {
        Some((build, test)) => {
            text += &format!("On this system:\n  to build:  {build}\n  to test:   {test}\n");
        }
        None => {
            let set = |purpose| names(&PACKAGES.iter().filter(|p| p.purpose == purpose).collect::<Vec<_>>());
            text += &format!(
                "No package names are known for this system. Debian calls them\n  to build:  {}\n  to test:   {}\n",
                set(Purpose::Build),
                set(Purpose::Test)
            );
        }
    }
    text += "Wootz itself runs on Linux on x86-64 so far.";
    text
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
