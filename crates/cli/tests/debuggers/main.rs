//! Sessions with gdb and lldb: each file in `sessions/` is a script for the debugger its name ends with, with what is expected of the
//! output as comments.
//!
//! ```text
//! # program: values.c -O0         a program in tests/programs/debug, and how it is compiled for WebAssembly; or a module there
//! # code: -O0 -O2                 how the module is compiled: the session is run for each
//! # ways: run image               how it is run, these two unless said otherwise: see `Way`
//! # arguments: x y                of the program, or options of `wootz run` before its name, if they start with a dash
//! break values.c:@loop            @NAME is the line with the comment `mark: NAME`
//! # check: …                      directives of the crate `filecheck` for the whole output
//! ```

mod tutorial;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use filecheck::{CheckerBuilder, NO_VARIABLES};
use libtest_mimic::{Arguments, Failed, Trial};

const WOOTZ: &str = env!("CARGO_BIN_EXE_wootz");

/// Seconds after which a session is ended, and fails: none takes a tenth of it.
const LIMIT: &str = "300";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("tests/debuggers/sessions"))
        .expect("the folder is readable")
        .map(|entry| entry.expect("the folder is readable").path())
        .collect();
    files.sort();
    assert!(files.len() > 5, "the sessions are gone");
    let mut trials = vec![Trial::test("tutorial", tutorial::check)];
    for file in files {
        let session = Arc::new(Session::read(&file));
        for code in &session.code {
            for way in session.ways.clone() {
                let name = format!("{} {code} {way:?}", session.name).to_lowercase();
                let (session, code) = (Arc::clone(&session), code.clone());
                trials.push(Trial::test(name, move || session.check(&code, way)));
            }
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

struct Session {
    name: String,
    debugger: Debugger,
    program: PathBuf,
    /// How clang is to compile it.
    options: Vec<String>,
    code: Vec<String>,
    ways: Vec<Way>,
    arguments: Vec<String>,
    commands: String,
    directives: Vec<String>,
}

/// How a program is run.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Way {
    /// `wootz run` compiles it.
    Run,
    /// `wootz run --mode lazy` does, function by function.
    Lazy,
    /// `wootz run` takes an image that `wootz compile` made.
    Image,
    /// It is an executable that `wootz compile` made.
    Exe,
    /// It is an image whose debug information is in a file beside it.
    SplitImage,
    /// It is an executable whose debug information is in a file that is found by build id.
    SplitExe,
    /// It is what is entered in `wootz repl`.
    Repl,
}

impl Way {
    fn read(name: &str) -> Self {
        let all =
            [Self::Run, Self::Lazy, Self::Image, Self::Exe, Self::SplitImage, Self::SplitExe, Self::Repl];
        let found = all.into_iter().find(|way| format!("{way:?}").to_lowercase() == name);
        found.unwrap_or_else(|| panic!("programs are not run in the way `{name}`"))
    }
}

#[derive(Copy, Clone, PartialEq)]
enum Debugger {
    Gdb,
    Lldb,
}

impl Session {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("the session is readable");
        let debugger = match file.extension().and_then(|extension| extension.to_str()) {
            Some("gdb") => Debugger::Gdb,
            Some("lldb") => Debugger::Lldb,
            _ => panic!("{} is for no debugger", file.display()),
        };
        let (mut headers, mut directives, mut commands) = (BTreeMap::new(), Vec::new(), String::new());
        for line in text.lines() {
            let Some(comment) = line.strip_prefix("# ") else {
                commands += &format!("{line}\n");
                continue;
            };
            match comment.split_once(':') {
                Some((key @ ("program" | "code" | "ways" | "arguments"), value)) => {
                    headers.insert(key, value.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
                }
                Some(("check" | "nextln" | "sameln" | "not" | "unordered" | "regex", _)) => {
                    directives.push(comment.to_owned());
                }
                _ => {}
            }
        }
        let mut program = headers.remove("program").expect("a session names its program");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs/debug");
        let source = folder.canonicalize().expect("the folder exists").join(program.remove(0));
        Self {
            name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            debugger,
            commands: replace_marks(
                &commands,
                &fs::read_to_string(&source).expect("the program is readable"),
            ),
            program: source,
            options: program,
            code: headers.remove("code").expect("a session says how code is compiled"),
            ways: match headers.remove("ways") {
                Some(ways) => ways.iter().map(|way| Way::read(way)).collect(),
                None => vec![Way::Run, Way::Image],
            },
            arguments: headers.remove("arguments").unwrap_or_default(),
            directives,
        }
    }

    fn check(&self, code: &str, way: Way) -> Result<(), Failed> {
        let dir = tempfile::tempdir()?;
        let module = self.module(dir.path())?;
        let output = self.run(&module, code, way, dir.path())?;
        let mut builder = CheckerBuilder::new();
        for directive in &self.directives {
            if !builder.directive(directive)? {
                return Err(format!("not a directive: {directive}").into());
            }
        }
        let checker = builder.finish();
        if checker.is_empty() {
            return Err("a session that expects nothing".into());
        }
        if checker.check(&output, NO_VARIABLES)? {
            return Ok(());
        }
        let (_, explanation) = checker.explain(&output, NO_VARIABLES)?;
        Err(explanation.into())
    }

    /// The program as a WebAssembly module.
    fn module(&self, dir: &Path) -> Result<PathBuf, Failed> {
        if self.program.extension().is_some_and(|extension| extension == "wat" || extension == "repl") {
            return Ok(self.program.clone());
        }
        let module = dir.join("program.wasm");
        if self.program.extension().is_some_and(|extension| extension == "rs") {
            // Without the standard library, which is not there for WebAssembly everywhere, the compiler has to be asked for what is not stable.
            let mut rustc = Command::new("rustc");
            rustc.env("RUSTC_BOOTSTRAP", "1").args([
                "--edition",
                "2021",
                "--target",
                "wasm32-unknown-unknown",
            ]);
            rustc.args(["-C", "linker=wasm-ld-22", "-C", "panic=abort", "-C", "overflow-checks=off", "-g"]);
            rustc.args(&self.options).arg(&self.program).arg("-o").arg(&module);
            succeed(&mut rustc)?;
            return Ok(module);
        }
        let mut clang = Command::new("clang-22");
        clang.args(["--target=wasm32-wasi", "-Wno-deprecated", "--sysroot=/usr", "--no-wasm-opt", "-g"]);
        clang.args(&self.options).arg(&self.program).arg("-o").arg(&module);
        succeed(&mut clang)?;
        Ok(module)
    }

    /// The command line that is debugged.
    fn program(&self, module: &Path, compiled: &Path, debug: &str, code: &str, way: Way) -> Vec<String> {
        let (options, arguments): (Vec<_>, Vec<_>) =
            self.arguments.iter().cloned().partition(|argument| argument.starts_with('-'));
        let path = |path: &Path| path.display().to_string();
        let run = |with: &[&str]| {
            let mut line = vec![WOOTZ.to_owned(), "run".into(), "--no-cache".into()];
            line.extend(with.iter().map(|part| part.to_string()));
            line
        };
        match way {
            Way::Run => [run(&[debug, code]), options, vec![path(module)], arguments].concat(),
            Way::Lazy => {
                [run(&[debug, code, "--mode", "lazy"]), options, vec![path(module)], arguments].concat()
            }
            Way::Image | Way::SplitImage => [run(&[]), options, vec![path(compiled)], arguments].concat(),
            Way::Exe | Way::SplitExe => [vec![path(compiled)], arguments].concat(),
            Way::Repl => vec![WOOTZ.into(), "repl".into(), debug.into(), code.into()],
        }
    }

    fn run(&self, module: &Path, code: &str, way: Way, dir: &Path) -> Result<String, Failed> {
        let debug = match self.debugger {
            Debugger::Gdb => "-g",
            Debugger::Lldb => "-g=lldb",
        };
        let compiled = dir.join("compiled");
        if !matches!(way, Way::Run | Way::Lazy | Way::Repl) {
            compile(module, &compiled, &[debug, code], way, dir)?;
        }
        let program = self.program(module, &compiled, debug, code, way);
        let script = dir.join("commands");
        fs::write(&script, &self.commands)?;
        let mut debugger = match self.debugger {
            Debugger::Gdb => {
                let mut gdb = Command::new("timeout");
                gdb.args([LIMIT, "gdb", "-nx", "-batch"]);
                for setting in [
                    "pagination off",
                    "breakpoint pending on",
                    "confirm off",
                    "debuginfod enabled off",
                    "width 0",
                    // Stepping from a breakpoint on an AVX instruction: see docs/debugging.md.
                    "displaced-stepping off",
                ] {
                    gdb.arg("-iex").arg(format!("set {setting}"));
                }
                gdb.arg("-x").arg(script).arg("--args");
                gdb
            }
            Debugger::Lldb => {
                let mut lldb = Command::new("timeout");
                lldb.args([LIMIT, "lldb-22"]);
                // `wootz` becomes `wootz-compiler` if it has to compile.
                lldb.args(["--no-lldbinit", "--no-use-colors", "-b"]);
                lldb.args(["-O", "settings set target.process.stop-on-exec false"]);
                if way == Way::Repl {
                    // lldb gives the program a terminal, not its own input.
                    lldb.arg("-O").arg(format!("settings set target.input-path {}", module.display()));
                }
                lldb.arg("-s").arg(script).arg("--");
                lldb
            }
        };
        let input = if way == Way::Repl { fs::File::open(module)?.into() } else { Stdio::null() };
        debugger.env("WOOTZ_DEBUG_DIR", dir.join("folder"));
        let output = debugger.args(program).current_dir(dir).stdin(input).output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Compiles a module to a file that is run, with its debug information in it or apart.
fn compile(module: &Path, compiled: &Path, options: &[&str], way: Way, dir: &Path) -> Result<(), Failed> {
    let debug = dir.join("compiled.debug");
    let mut compile = Command::new(WOOTZ);
    compile.arg("compile").args(options).arg("--no-progress").arg(module).arg("-o").arg(compiled);
    compile.args(if matches!(way, Way::Exe | Way::SplitExe) { &["--emit", "exe"][..] } else { &[] });
    if matches!(way, Way::SplitImage | Way::SplitExe) {
        compile.arg("--split-debug").arg(&debug);
    }
    succeed(&mut compile)?;
    if way == Way::SplitExe {
        // Away from where it was made, to where its build id says.
        let notes = Command::new("readelf").arg("--notes").arg(&debug).output()?.stdout;
        let notes = String::from_utf8_lossy(&notes).into_owned();
        let (_, id) = notes.split_once("Build ID: ").ok_or("the file has no build id")?;
        let (first, rest) = id.trim().split_at(2);
        let folder = dir.join("folder/.build-id").join(first);
        fs::create_dir_all(&folder)?;
        fs::rename(debug, folder.join(format!("{rest}.debug")))?;
    }
    Ok(())
}

/// Replaces `@NAME` by the number of the source's line that has the comment `mark: NAME`.
fn replace_marks(commands: &str, source: &str) -> String {
    let mut replaced = commands.to_owned();
    for (number, line) in (1..).zip(source.lines()) {
        if let Some((_, name)) = line.split_once("mark: ") {
            replaced = replaced.replace(&format!("@{}\n", name.trim()), &format!("{number}\n"));
            replaced = replaced.replace(&format!("@{} ", name.trim()), &format!("{number} "));
        }
    }
    replaced
}

fn succeed(command: &mut Command) -> Result<(), Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)).into())
}
