//! `wootz compile`: a module to a file that something else takes further.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wootz_codegen_llvm::{TextKind, compile_bitcode, compile_image, compile_object, emit_text};

use crate::args::{CompileFileArgs, Emit};
use crate::debug::text_for;
use crate::exit::Exit;
use crate::files::replace;
use crate::input::Input;
use crate::report::{Outcome, Report, output};
use crate::run::compile_report;

/// Compiles the module and writes what was asked for: all of it or no file.
pub(crate) fn compile(args: &CompileFileArgs) -> Outcome {
    let target = Target::of(args)?;
    let input = Input::read(&args.file, args.input.max_module_size)?;
    let module = input.decode()?;
    let mut options = args.compile.options();
    if args.compile.debug.is_some() {
        options.debug = Some(Arc::new(text_for(&module, &input, target.file())?));
    }
    let text = |kind| emit_text(&module, &options, kind, None).map(String::into_bytes);
    let made = match args.emit {
        Emit::Image => compile_image(&module, &options),
        Emit::Obj => compile_object(&module, &options),
        Emit::Bitcode => compile_bitcode(&module, &options),
        Emit::LlvmIr => text(TextKind::LlvmIr),
        Emit::Asm => text(TextKind::Assembly),
    };
    target.write(&made.map_err(|error| compile_report(&input, &error))?)
}

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
                Ok(Self::File(name.with_extension(args.emit.ending())))
            }
            None | Some(_) if io::stdout().is_terminal() && !args.emit.is_text() => {
                Err(Report::new(Exit::Usage, "the result is no text to show on a terminal")
                    .help("-o OUT names a file for it"))
            }
            None | Some(_) => Ok(Self::Stdout),
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::File(path) => Some(path),
        }
    }

    fn write(&self, bytes: &[u8]) -> Outcome {
        match self {
            Self::Stdout => output(bytes),
            Self::File(path) => replace(path, bytes).map_err(|error| {
                Report::new(Exit::Output, format!("cannot write {}: {error}", path.display()))
            }),
        }
    }
}
