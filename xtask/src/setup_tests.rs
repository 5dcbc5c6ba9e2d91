//! Tests of `setup`, against a package manager made of shell scripts that write down what they are asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Apt, BROWSER, Family, PACKAGES, Purpose, elsewhere, has_candidate, names};

/// One test at a time: a script that another thread's new process still holds open for writing cannot be started.
static ALONE: Mutex<()> = Mutex::new(());

/// A directory of scripts in place of the package manager; removed when dropped.
struct Fake {
    directory: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Fake {
    fn new(test: &str) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = std::env::temp_dir().join(format!("wootz-setup-{}-{test}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let fake = Self { directory, _alone: alone };
        fake.script("c++", "");
        fake.script("apt-get", "echo \"apt-get $*\" >> $(dirname \"$0\")/log");
        fake.script("sudo", "echo \"sudo $*\" >> $(dirname \"$0\")/log");
        fake.candidates("1:22.1");
        fake
    }

    fn script(&self, name: &str, body: &str) {
        let path = self.directory.join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn installed(&self, packages: &[&str]) {
        let lines: String = packages.iter().map(|name| format!("echo '{name} installed'\n")).collect();
        self.script("dpkg-query", &format!("{lines}echo 'gdb not-installed'\nexit 1"));
    }

    fn candidates(&self, version: &str) {
        let body = format!("shift; for p in \"$@\"; do printf '%s:\\n  Candidate: {version}\\n' $p; done");
        self.script("apt-cache", &body);
    }

    fn apt(&self, user_id: &str) -> Apt {
        Apt { directory: Some(self.directory.clone()), user_id: Some(user_id.to_owned()) }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.directory).unwrap();
    }
}

const BUILD: [&str; 4] = ["llvm-22-dev", "libpolly-22-dev", "libzstd-dev", "zlib1g-dev"];

#[test]
fn nothing_is_done_when_nothing_is_missing() {
    let fake = Fake::new("complete");
    fake.installed(&BUILD);
    fake.apt("0").setup(Purpose::Build).unwrap();
    assert_eq!(fake.log(), "");
}

#[test]
fn only_what_is_missing_is_installed() {
    let fake = Fake::new("partial");
    fake.installed(&["llvm-22-dev", "zlib1g-dev", "clang-22", "lld-22", "wasi-libc"]);
    fake.apt("0").setup(Purpose::Test).unwrap();
    let wanted = "libpolly-22-dev libzstd-dev libclang-rt-22-dev-wasm32 gdb lldb-22 qemu-user";
    let install = "apt-get install --yes --no-install-recommends";
    assert_eq!(fake.log(), format!("{install} {wanted}\n{install} {}\n", BROWSER.name));
}

#[test]
fn a_user_goes_through_sudo() {
    let fake = Fake::new("sudo");
    fake.installed(&BUILD[1..]);
    fake.apt("1000").setup(Purpose::Build).unwrap();
    let apt_get = fake.directory.join("apt-get");
    let expected = format!(
        "sudo env DEBIAN_FRONTEND=noninteractive {} install --yes --no-install-recommends llvm-22-dev\n",
        apt_get.display()
    );
    assert_eq!(fake.log(), expected);
}

#[test]
fn a_user_without_sudo_is_told_the_command() {
    let fake = Fake::new("no-sudo");
    fs::remove_file(fake.directory.join("sudo")).unwrap();
    fake.installed(&BUILD[1..]);
    let error = fake.apt("1000").setup(Purpose::Build).unwrap_err().to_string();
    assert!(error.contains("apt-get install llvm-22-dev"), "{error}");
    assert_eq!(fake.log(), "");
}

#[test]
fn unknown_packages_are_looked_for_again_after_an_update() {
    let fake = Fake::new("unknown");
    fake.installed(&BUILD[1..]);
    fake.candidates("(none)");
    let error = fake.apt("0").setup(Purpose::Build).unwrap_err().to_string();
    assert_eq!(fake.log(), "apt-get update\n");
    assert!(error.contains("no configured repository offers llvm-22-dev"), "{error}");
    assert!(error.contains("llvm.sh 22"), "{error}");
}

#[test]
fn a_failed_installation_is_tried_again_with_fresh_lists() {
    let fake = Fake::new("stale");
    fake.installed(&BUILD[1..]);
    let fail_before_update =
        "echo $1 >> $(dirname \"$0\")/log\n[ $1 = update ] || grep -q update $(dirname \"$0\")/log";
    fake.script("apt-get", fail_before_update);
    fake.apt("0").setup(Purpose::Build).unwrap();
    assert_eq!(fake.log(), "install\nupdate\ninstall\n");
}

#[test]
fn a_browser_that_does_not_come_stops_nothing() {
    let fake = Fake::new("browser");
    let all: Vec<&str> = PACKAGES.iter().map(|package| package.name).collect();
    fake.installed(&all);
    fake.candidates("(none)");
    fake.apt("0").setup(Purpose::Test).unwrap();
    assert_eq!(fake.log(), "", "nothing offers it");
    fake.candidates("1");
    fake.script("apt-get", "echo $1 >> $(dirname \"$0\")/log\nfalse");
    fake.apt("0").setup(Purpose::Test).unwrap();
    assert_eq!(fake.log(), "install\nupdate\n");
}

#[test]
fn a_compiler_from_elsewhere_serves_as_well() {
    let fake = Fake::new("compiler");
    fs::remove_file(fake.directory.join("c++")).unwrap();
    fake.installed(&BUILD);
    fake.apt("0").setup(Purpose::Build).unwrap();
    assert_eq!(fake.log(), "apt-get install --yes --no-install-recommends g++\n");
}

#[test]
fn candidates_are_read_from_the_right_paragraph() {
    let policy = "a:\n  Installed: (none)\n  Candidate: (none)\nb:\n  Installed: (none)\n  Candidate: 1.2\n";
    assert!(!has_candidate(policy, "a"));
    assert!(has_candidate(policy, "b"));
    assert!(!has_candidate(policy, "c"));
}

#[test]
fn other_systems_get_their_own_names_and_an_error() {
    let nothing = |_: &str| false;
    for (family, name) in [
        (Family::Fedora, "llvm-devel"),
        (Family::Arch, "pacman -S"),
        (Family::MacOs, "brew install llvm@22"),
        (Family::Other, "llvm-22-dev"),
    ] {
        let error = elsewhere(family, Purpose::Build, &nothing).unwrap_err().to_string();
        assert!(error.contains(name), "{family:?}: {error}");
    }
    let built = |program: &str| program == "llvm-config";
    elsewhere(Family::Arch, Purpose::Build, &built).unwrap();
    elsewhere(Family::Arch, Purpose::Test, &built).unwrap_err();
}

#[test]
fn every_package_is_named_once() {
    let all: Vec<_> = PACKAGES.iter().collect();
    let names = names(&all);
    let mut sorted: Vec<_> = names.split(' ').collect();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), PACKAGES.len());
}
