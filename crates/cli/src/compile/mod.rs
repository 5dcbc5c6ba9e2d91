//! `wootz compile`: a module to a file that something else takes further.

mod progress;
mod timings;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use wootz::{CompilePhase, CompileReport, CompiledImage, PhaseTimes};
use wootz_codegen_llvm::{
    CompileOptions, TextKind, compile_bitcode, compile_c_library, compile_image_observed, emit_text,
};
use wootz_wasm_ir::Module;

use crate::args::{CompileFileArgs, Emit};
use crate::debug::text_for;
use crate::exit::Exit;
use crate::files::replace;
use crate::input::Input;
use crate::report::{Outcome, Report, output};
use crate::run::compile_report;
pub(crate) use progress::with_progress;
use timings::Summary;

/// Compiles the module and writes what was asked for: all of it or no file.
pub(crate) fn compile(args: &CompileFileArgs) -> Outcome {
    let target = Target::of(args)?;
    let input = Input::read(&args.file, args.input.max_module_size)?;
    if args.emit == Emit::Image {
        return image(args, &target, &input);
    }
    if args.timings.is_some() {
        return Err(Report::new(Exit::Usage, "--timings measures how an image is made")
            .help("leave out --emit, or --timings"));
    }
    let module = input.decode()?;
    let options = options(args, &target, &input, &module)?;
    let text = |kind| emit_text(&module, &options, kind, None).map(String::into_bytes);
    let made = match args.emit {
        Emit::Image | Emit::Obj => return compile_object(args, &target, &input, &module),
        Emit::Bitcode => compile_bitcode(&module, &options),
        Emit::LlvmIr => text(TextKind::LlvmIr),
        Emit::Asm => text(TextKind::Assembly),
    };
    target.write(&made.map_err(|error| compile_report(&input, &error))?)
}

/// How to compile; with debug information, where its text is.
fn options(
    args: &CompileFileArgs,
    target: &Target,
    input: &Input,
    module: &Module,
) -> Outcome<CompileOptions> {
    let mut options = args.compile.options(args.machine.target);
    if args.compile.debug.is_some() {
        let path = if let Target::File(path) = target { Some(&**path) } else { None };
        options.debug = Some(Arc::new(text_for(module, input, path)?));
    }
    Ok(options)
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
    let options = options(args, target, input, module)?;
    let library =
        compile_c_library(module, &options, &prefix).map_err(|error| compile_report(input, &error))?;
    Target::File(header).write(library.header.as_bytes())?;
    target.write(&library.object)
}

/// Makes an image, and says how if that was asked for.
fn image(args: &CompileFileArgs, target: &Target, input: &Input) -> Outcome {
    let started = Instant::now();
    let mut times = PhaseTimes::default();
    let module = times.measure(CompilePhase::Decode, || input.decode())?;
    let options = options(args, target, input, &module)?;
    let compiled = with_progress(&input.name, !args.progress.no_progress, |observer| {
        compile_image_observed(&module, &options, observer)
    });
    let CompiledImage { image, mut report } = compiled.map_err(|error| compile_report(input, &error))?;
    times.measure(CompilePhase::Write, || target.write(&image))?;
    report.phases += &times;
    tell(args, &module, &report, started);
    Ok(())
}

/// Tells on standard error what compiling took, and which functions were too large to be optimised.
fn tell(args: &CompileFileArgs, module: &Module, report: &CompileReport, started: Instant) {
    let declarations = module.declarations();
    let summary = Summary { report, declarations, elapsed: started.elapsed() };
    let mut text = String::new();
    if args.verbose {
        text += &summary.degraded();
    }
    if let Some(timings) = args.timings {
        text += &summary.text(timings);
    }
    // The result is written; whether anyone reads this changes nothing.
    let _ = io::stderr().write_all(text.as_bytes());
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

    fn write(&self, bytes: &[u8]) -> Outcome {
        match self {
            Self::Stdout => output(bytes),
            Self::File(path) => replace(path, bytes).map_err(|error| {
                Report::new(Exit::Output, format!("cannot write {}: {error}", path.display()))
            }),
        }
    }
}
