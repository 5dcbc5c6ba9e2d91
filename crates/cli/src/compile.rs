//! `wootz compile`: a module to a file that something else takes further.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use wootz::Machine;
use wootz_codegen_llvm::{TextKind, compile_bitcode, compile_c_library, compile_image, emit_text};
use wootz_wasm_ir::Module;

use crate::failure::compile_report;
use wootz_cli::args::{CompileFileArgs, Emit};
use wootz_cli::executable;
use wootz_cli::exit::Exit;
use wootz_cli::files::replace;
use wootz_cli::input::Input;
use wootz_cli::report::{Outcome, Report, output};
use wootz_cli::run::require_command;

/// Compiles the module and writes what was asked for: all of it or no file.
pub(crate) fn compile(args: &CompileFileArgs) -> Outcome {
    let target = Target::of(args)?;
    if args.emit != Emit::Exe && args.executable.any() {
        return Err(Report::new(
            Exit::Usage,
            "--dir, --env, --isolated and --stack-size are for executables",
        )
        .help("--emit exe makes one; `wootz run` takes these options when it runs an image"));
    }
    let input = Input::read(&args.file, args.input.max_module_size)?;
    let module = input.decode()?;
    let options = args.compile.options(args.machine.target);
    let text = |kind| emit_text(&module, &options, kind, None).map(String::into_bytes);
    let made = match args.emit {
        Emit::Image => compile_image(&module, &options),
        Emit::Exe => return compile_executable(args, &target, &input, &module),
        Emit::Obj => return compile_object(args, &target, &input, &module),
        Emit::Bitcode => compile_bitcode(&module, &options),
        Emit::LlvmIr => text(TextKind::LlvmIr),
        Emit::Asm => text(TextKind::Assembly),
    };
    target.write(&made.map_err(|error| compile_report(&input, &error))?)
}

/// Compiles to an object and writes it with its header.
fn compile_object(args: &CompileFileArgs, target: &Target, input: &Input, module: &Module) -> Outcome {
    let missing = |what: &str, option: &str| {
        Report::new(Exit::Usage, format!("an object on standard output needs {what}"))
            .help(format!("{option} gives it"))
    };
    let path = if let Target::File(path) = target { Some(path) } else { None };
    let header = args.header.clone().or_else(|| path.map(|path| path.with_extension("h")));
    let header = header.ok_or_else(|| missing("a place for its header", "--header HEADER"))?;
    let stem = || path.and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    let prefix = args
        .prefix
        .clone()
        .or_else(stem)
        .ok_or_else(|| missing("a name for its functions", "--prefix NAME"))?;
    let options = args.compile.options(args.machine.target);
    let library =
        compile_c_library(module, &options, &prefix).map_err(|error| compile_report(input, &error))?;
    Target::File(header).write(library.header.as_bytes())?;
    target.write(&library.object)
}

/// Compiles to an executable.
fn compile_executable(args: &CompileFileArgs, target: &Target, input: &Input, module: &Module) -> Outcome {
    if args.machine.target != Machine::default() {
        return Err(Report::new(Exit::Usage, "executables are made for this machine only")
            .help("--emit image makes a file for another, which `wootz run` runs there"));
    }
    require_command(module.declarations())?;
    let options = args.compile.options(args.machine.target);
    let image = compile_image(module, &options).map_err(|error| compile_report(input, &error))?;
    let missing = |error: io::Error| {
        Report::new(Exit::System, format!("cannot read what executables are made of: {error}")).help(
            "`wootz-stub` belongs beside `wootz`: install both, as `cargo install --path crates/cli` does",
        )
    };
    let stub = wootz_cli::stub().and_then(std::fs::read).map_err(missing)?;
    let executable = executable::build(&stub, &image, &args.executable.settings())
        .map_err(|error| Report::new(Exit::System, error.to_string()))?;
    target.write_as(&executable, EXECUTABLE)
}

/// The mode of a file that anybody may run.
const EXECUTABLE: u32 = 0o777;
/// The mode of one that nobody runs.
const PLAIN: u32 = 0o666;

/// Where the result goes.
enum Target {
    Stdout,
    File(PathBuf),
}

impl Target {
    fn of(args: &CompileFileArgs) -> Outcome<Self> {
        match &args.output {
            Some(path) if path.as_os_str() != "-" => Ok(Self::File(path.clone())),
            None if args.file.as_os_str() != "-" => {
                let name = Path::new(args.file.file_name().unwrap_or_default());
                let result = name.with_extension(args.emit.ending());
                if result == name {
                    return Err(Report::new(Exit::Usage, "the result would take the place of the module")
                        .help("-o OUT names a file for it"));
                }
                Ok(Self::File(result))
            }
            None | Some(_) if io::stdout().is_terminal() && !args.emit.is_text() => {
                Err(Report::new(Exit::Usage, "the result is no text to show on a terminal")
                    .help("-o OUT names a file for it"))
            }
            None | Some(_) => Ok(Self::Stdout),
        }
    }

    fn write(&self, bytes: &[u8]) -> Outcome {
        self.write_as(bytes, PLAIN)
    }

    /// Writes it with a mode, of which the user's mask takes its share.
    fn write_as(&self, bytes: &[u8], mode: u32) -> Outcome {
        match self {
            Self::Stdout => output(bytes),
            Self::File(path) => replace(path, bytes, mode).map_err(|error| {
                Report::new(Exit::Output, format!("cannot write {}: {error}", path.display()))
            }),
        }
    }
}
