//! `wootz compile --emit obj`: modules as objects, linked by `cc` with the C runtime into programs that run.

mod debugger;
mod interface;
mod machines;
mod programs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A folder for one test's files.
struct Dir(tempfile::TempDir);

/// Warnings that a header must not cause are errors.
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-pedantic", "-Werror"];

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).expect("the file is written");
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file can be read")
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path());
        command
    }

    /// Compiles a module to `NAME.o` and `NAME.h`.
    fn object(&self, name: &str, module: &str, options: &[&str]) -> &Self {
        self.write(&format!("{name}.wat"), module);
        let mut wootz = self.command(env!("CARGO_BIN_EXE_wootz"));
        wootz.args(["compile", "--emit", "obj"]).args(options).arg(format!("{name}.wat"));
        succeed(&mut wootz);
        self
    }

    /// Compiles C strictly and links it with objects and the runtime into `program`.
    fn link(&self, source: &str, objects: &[&str]) -> &Self {
        self.write("main.c", source);
        let mut cc = self.command("cc");
        cc.args(["-std=c11", "-g", "-D_POSIX_C_SOURCE=200809L", "main.c", "-o", "program", "-I"])
            .arg(include());
        succeed(cc.args(STRICT).args(objects).arg(runtime()).args(LIBRARIES));
        self
    }

    /// Runs `program` and returns its output.
    fn run(&self) -> String {
        let output = succeed(&mut self.command(self.path("program")));
        String::from_utf8(output.stdout).expect("text")
    }
}

/// What the runtime wants from the system.
const LIBRARIES: [&str; 3] = ["-lm", "-lpthread", "-ldl"];

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    output
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The folder of `wootz_rt.h`.
fn include() -> PathBuf {
    workspace().join("crates/c-runtime/include")
}

/// `libwootz_rt.a`, built when it is first asked for.
fn runtime() -> &'static Path {
    static RUNTIME: OnceLock<PathBuf> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        // Beside the tests: <target>/<profile>/deps/objects-….
        let deps = std::env::current_exe().expect("this program has a path");
        let folder = deps.parent().and_then(Path::parent).expect("it is in the target directory");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "-p", "wootz-c-runtime"]).current_dir(workspace());
        cargo.arg("--target-dir").arg(folder.parent().expect("the target directory"));
        cargo.args(if cfg!(debug_assertions) { None } else { Some("--release") });
        succeed(&mut cargo);
        folder.join("libwootz_rt.a")
    })
}
