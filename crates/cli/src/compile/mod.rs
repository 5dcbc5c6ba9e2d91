//! `wootz compile`: a module to a file that something else takes further.

mod progress;
mod timings;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use wootz::{CompilePhase, CompileReport, CompiledImage, Machine, PhaseTimes};
use wootz_cli::args::{CompileFileArgs, Emit};
use wootz_cli::debug::{absolute, own_text};
use wootz_cli::executable;
use wootz_cli::exit::Exit;
use wootz_cli::files::{EXECUTABLE, PLAIN, named_after, write};
use wootz_cli::input::Input;
use wootz_cli::report::{Outcome, Report};
use wootz_cli::run::require_command;
use wootz_codegen_llvm::{
    Branches, CLibrary, CompileError, CompileOptions, SourceText, TextKind, compile_bitcode,
    compile_c_library, compile_image_observed, emit_text, has_sources, link, print_text, set_options,
};
use wootz_wasm_ir::Module;

use crate::failure::compile_report;
pub(crate) use progress::with_progress;
use timings::Summary;

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
    if args.profile_generate && args.emit != Emit::Image {
        return Err(Report::new(Exit::Usage, "--profile-generate is for images")
            .help("what `wootz run --profile-generate` writes can be used for whatever --emit makes"));
    }
    set_options(&args.llvm_option)
        .map_err(|error| Report::new(Exit::Usage, format!("--llvm-option: {error}")))?;
    let input = Input::read(&args.file, args.input.max_module_size)?;
    if args.split_debug.is_some() && !matches!(args.emit, Emit::Image | Emit::Exe) {
        return Err(Report::new(Exit::Usage, "--split-debug is for images and executables").help(
            "debug information of an object is that of the program: objcopy and strip take it out of that",
        ));
    }
    let text = |kind| {
        move |module: &Module, options: &CompileOptions| {
            emit_text(module, options, kind, None).map(String::into_bytes)
        }
    };
    match args.emit {
        Emit::Image | Emit::Exe => image(args, &target, &input),
        Emit::Obj => compile_object(args, &target, &input),
        Emit::Bitcode => whole(args, &target, &input, compile_bitcode),
        Emit::LlvmIr => whole(args, &target, &input, text(TextKind::LlvmIr)),
        Emit::Asm => whole(args, &target, &input, text(TextKind::Assembly)),
    }
}

/// Compiles the module as one unit and writes what that gives.
fn whole(
    args: &CompileFileArgs,
    target: &Target,
    input: &Input,
    make: impl FnOnce(&Module, &CompileOptions) -> Result<Vec<u8>, CompileError>,
) -> Outcome {
    if args.timings.is_some() {
        return Err(Report::new(
            Exit::Usage,
            "--timings measures how images, executables and objects are made",
        )
        .help("leave out --emit, or --timings"));
    }
    let module = input.decode()?;
    let options = options(args, target, input, &module)?;
    target.write(&make(&module, &options).map_err(|error| compile_report(input, &error))?)
}

/// How to compile; with debug information, where its text is.
fn options(
    args: &CompileFileArgs,
    target: &Target,
    input: &Input,
    module: &Module,
) -> Outcome<CompileOptions> {
    let mut options = args.compile.options(args.machine.target);
    options.branches = if args.profile_generate { Branches::Counted } else { args.profile_use.branches()? };
    if args.compile.debug.is_some() {
        let path = if let Target::File(path) = target { Some(&**path) } else { None };
        options.debug = Some(Arc::new(text_for(module, input, path)?));
    }
    Ok(options)
}

/// Compiles to an object and writes it with its header.
fn compile_object(args: &CompileFileArgs, target: &Target, input: &Input) -> Outcome {
    let started = Instant::now();
    let mut times = PhaseTimes::default();
    let module = times.measure(CompilePhase::Decode, || input.decode())?;
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
    let options = options(args, target, input, &module)?;
    let library = with_progress(&input.name, !args.progress.no_progress, |observer| {
        compile_c_library(&module, &options, &prefix, observer)
    });
    let CLibrary { object, header: text, mut report } =
        library.map_err(|error| compile_report(input, &error))?;
    times.measure(CompilePhase::Write, || {
        Target::File(header).write(text.as_bytes())?;
        target.write(&object)
    })?;
    report.phases += &times;
    tell(args, &module, &report, started);
    Ok(())
}

/// Makes an image, or an executable of one, and says how if that was asked for.
fn image(args: &CompileFileArgs, target: &Target, input: &Input) -> Outcome {
    let started = Instant::now();
    let mut times = PhaseTimes::default();
    let module = times.measure(CompilePhase::Decode, || input.decode())?;
    let options = options(args, target, input, &module)?;
    let executable = args.emit == Emit::Exe;
    if executable {
        check_executable(args, &module)?;
    }
    let compiled = with_progress(&input.name, !args.progress.no_progress, |observer| {
        compile_image_observed(&module, &options, observer)
    });
    let CompiledImage { mut image, mut report } = compiled.map_err(|error| compile_report(input, &error))?;
    times.measure(CompilePhase::Write, || {
        if let Some(path) = &args.split_debug {
            let split = link::split_debug(&image, &debug_name(path)?)
                .map_err(|error| Report::new(Exit::Bug, error.to_string()))?;
            Target::File(path.clone()).write(&split.debug)?;
            image = split.image;
        }
        if executable {
            target.write_as(&executable_of(args, &image)?, EXECUTABLE)
        } else {
            target.write(&image)
        }
    })?;
    report.phases += &times;
    tell(args, &module, &report, started);
    Ok(())
}

/// What an image calls the file that has its debug information.
fn debug_name(path: &Path) -> Outcome<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        Report::new(Exit::Usage, format!("{} names no file that an image can refer to", path.display()))
    })
}

/// Whether an executable can be made of a module.
fn check_executable(args: &CompileFileArgs, module: &Module) -> Outcome {
    if args.machine.target != Machine::default() {
        return Err(Report::new(Exit::Usage, "executables are made for this machine only")
            .help("--emit image makes a file for another, which `wootz run` runs there"));
    }
    require_command(module.declarations())
}

/// The executable of an image.
fn executable_of(args: &CompileFileArgs, image: &[u8]) -> Outcome<Vec<u8>> {
    let missing = |error: io::Error| {
        Report::new(Exit::System, format!("cannot read what executables are made of: {error}")).help(
            "`wootz-stub` belongs beside `wootz`: install both, as `cargo install --path crates/cli` does",
        )
    };
    let stub = wootz_cli::stub().and_then(std::fs::read).map_err(missing)?;
    executable::build(&stub, image, &args.executable.settings())
        .map_err(|error| Report::new(Exit::System, error.to_string()))
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
                named_after(&args.file, args.emit.ending()).map(Self::File)
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
        let file = if let Self::File(path) = self { Some(&**path) } else { None };
        write(file, bytes, mode)
    }
}

/// The text that debug information of a compiled file refers to: the module's own, or a print of it beside the file, if it brings no sources.
fn text_for(module: &Module, input: &Input, output: Option<&Path>) -> Outcome<SourceText> {
    if let Some(text) = own_text(input) {
        return Ok(text);
    }
    if has_sources(module) {
        return Ok(SourceText::default());
    }
    let output = output.ok_or_else(|| {
        Report::new(Exit::Usage, "the module's text needs a file, since debug information refers to it")
            .help("-o OUT names a file for the result; the text goes beside it")
    })?;
    let path = absolute(&output.with_extension("wat"));
    let (text, printed) = print_text(module.bytes(), path)
        .ok_or_else(|| Report::new(Exit::BadModule, "the module cannot be printed as text"))?;
    write(Some(&text.path), printed.as_bytes(), PLAIN)?;
    Ok(text)
}
