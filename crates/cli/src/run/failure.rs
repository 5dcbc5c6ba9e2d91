//! From an error of the API to a report: traps with their place in the source, missing imports with what there is.

use wootz_engine::wasi::Exit as ProcExit;
use wootz_engine::{DecodeError, Error, ImageError, ImportError, LinkError, TrapCode, TrapFrame};
use wootz_wasm_ir::Declarations;

use super::stop::Reason;
use crate::backtrace::lines;
use crate::exit::Exit;
use crate::input::Input;
use crate::report::{Report, one_line};
use crate::source::{Source, guest};

/// The exit code, if the guest ended by `proc_exit`. As everywhere on this system, its low 8 bits count.
pub(super) fn exit_code(error: &Error) -> Option<Exit> {
    error.downcast_ref::<ProcExit>().map(|exit| Exit::Guest(exit.0 as u8))
}

/// The report of any other error. `reason` is why the guest was stopped, if it was.
pub fn report(
    input: &Input,
    declarations: &Declarations,
    error: &Error,
    reason: Option<Reason>,
) -> Box<Report> {
    match error {
        Error::Module(error) => input.refusal(error),
        Error::Trap(trap) => {
            let report = match reason.filter(|_| trap.code == TrapCode::Interrupted) {
                Some(reason) => Report::new(reason.exit(), reason.to_string()),
                None => Report::new(Exit::Trap, format!("the guest trapped: {}", trap.code)),
            };
            let report = stopped(report, input, &trap.frames, trap.omitted);
            match advice(trap.code) {
                Some(advice) => report.help(advice),
                None => report,
            }
        }
        Error::Host(failure) => {
            let report = Report::new(Exit::Trap, format!("the guest was stopped: {}", failure.error));
            stopped(report, input, &failure.frames, failure.omitted)
        }
        Error::Link(error) => link(input, declarations, error),
        Error::ConsumesNoFuel => Report::new(Exit::Usage, error.to_string())
            .at(input.name.clone())
            .help("run the module, not an image of it, with --fuel"),
        Error::Limit(error) => Report::new(Exit::System, error.to_string())
            .at(input.name.clone())
            .help("--max-memory and --max-table-elements raise the limits"),
        Error::Image(error) if input.is_image() => image(input, error),
        Error::Memory(_) | Error::Image(wootz_engine::ImageError::System(_)) | Error::Value(_) => {
            Report::new(Exit::System, error.to_string()).at(input.name.clone())
        }
        // The plan has looked at all exports but those that only threads need.
        Error::UnknownExport { .. } | Error::Type(_) => {
            Report::new(Exit::BadModule, error.to_string()).at(input.name.clone()).note(
                "a module that imports wasi.thread-spawn exports wasi_thread_start with the type (i32, i32) -> ()",
            )
        }
        Error::Thread { .. } => Report::new(Exit::System, error.to_string()).help("lower --stack-size"),
        error => Report::new(Exit::Bug, format!("internal error: {error}")).help(crate::report::BUG),
    }
}

fn stopped(report: Box<Report>, input: &Input, frames: &[TrapFrame], omitted: usize) -> Box<Report> {
    let source = Source::new(input);
    let Some(innermost) = frames.iter().find(|frame| frame.offset != 0) else {
        return report
            .at(input.name.clone())
            .backtrace(lines(frames, omitted, |offset| source.text_place(offset)));
    };
    let offset = u64::from(innermost.offset);
    let line = innermost.sources.first();
    let place = match line.map(guest::place).or_else(|| source.text_place(offset)) {
        Some(place) => format!("{place}, in {} (offset {offset:#x})", function(innermost)),
        None => format!("{}, in {}", source.place(offset), function(innermost)),
    };
    let report = report.at(place).excerpt(line.and_then(guest::excerpt).or_else(|| source.excerpt(offset)));
    let calls = frames.len() + innermost.sources.len().saturating_sub(1) + omitted;
    if calls > 1 {
        report.backtrace(lines(frames, omitted, |offset| source.text_place(offset)))
    } else {
        report
    }
}

fn function(frame: &TrapFrame) -> String {
    match &frame.name {
        Some(name) => format!("function {} \"{}\"", frame.func.0, one_line(name)),
        None => format!("function {}", frame.func.0),
    }
}

/// What a user may do about a trap, where there is something to say.
fn advice(code: TrapCode) -> Option<&'static str> {
    match code {
        TrapCode::StackExhausted => {
            Some("the guest recurses without end, or needs more stack: --stack-size raises the limit")
        }
        TrapCode::Unreachable => Some(
            "programs compiled from C or Rust execute `unreachable` after abort() or a panic: see their output",
        ),
        _ => None,
    }
}

fn link(input: &Input, declarations: &Declarations, error: &LinkError) -> Box<Report> {
    match error {
        LinkError::Unknown(imports) => {
            let plural = if imports.len() == 1 { "" } else { "s" };
            let message = format!("{} unknown import{plural}", imports.len());
            let mut report = Report::new(Exit::BadModule, message).at(input.name.clone());
            for import in imports {
                report = report.note(import.to_string());
            }
            report.help(provided(imports))
        }
        LinkError::Incompatible(import) => {
            let report = Report::new(Exit::BadModule, import.to_string()).at(input.name.clone());
            if declarations.imports.len() > 1 {
                report.help("wootz inspect FILE lists the imports with their types")
            } else {
                report
            }
        }
        error => Report::new(Exit::Bug, format!("internal error: {error}")).help(crate::report::BUG),
    }
}

fn provided(imports: &[ImportError]) -> String {
    let preview1 = imports.iter().any(|import| import.module.starts_with("wasi_"));
    let what = "`wootz run` gives WASI preview 1 (module \"wasi_snapshot_preview1\"), for threads wasi.thread-spawn and env.memory, \
                and nothing else";
    if preview1 {
        format!("{what}: the module wants another version of WASI")
    } else {
        format!("{what}: give other imports with the Rust API, see docs/embedding.md")
    }
}

/// The report of an image that is refused.
pub(super) fn image(input: &Input, error: &ImageError) -> Box<Report> {
    let report = |message| Report::new(Exit::BadModule, message).at(input.name.clone());
    match error {
        ImageError::Decode(DecodeError::NotAnImage) => {
            report("neither a WebAssembly module nor an image of one".to_owned())
        }
        error => report(error.to_string()).help("compile the module again: wootz compile FILE"),
    }
}
