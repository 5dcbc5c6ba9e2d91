//! `wootz inspect`: a module as a summary for people, as JSON, as text, as IR, as LLVM IR, as assembly.

mod json;
mod summary;

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use wootz_codegen_llvm::{CompileOptions, TextKind, emit_text};
use wootz_wasm_ir::ir::DisplayBody;
use wootz_wasm_ir::{Module, Translator};

use crate::failure::compile_report;
use wootz_cli::args::View;
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::names::find_defined_function;
use wootz_cli::report::{Outcome, Report, Style, output, output_error};

/// Shows a module. `options` are those of compiled code, if the view is of it.
pub(crate) fn inspect(input: &Input, module: &Module, view: &View, options: &CompileOptions) -> Outcome {
    match view {
        View::Summary => {
            let style = Style::for_stream(io::stdout().is_terminal());
            output(summary::summary(&input.name, module, style).as_bytes())
        }
        View::Json => {
            let mut text = serde_json::to_string_pretty(&json::module(&input.name, module))
                .map_err(|error| Report::new(Exit::Bug, error.to_string()).help(wootz_cli::report::BUG))?;
            text.push('\n');
            output(text.as_bytes())
        }
        View::Wat => wat(module),
        View::Ir(func) => ir(input, module, func.as_deref()),
        View::LlvmIr(func) => text(input, module, options, TextKind::LlvmIr, func.as_deref()),
        View::Assembly(func) => text(input, module, options, TextKind::Assembly, func.as_deref()),
    }
}

fn wat(module: &Module) -> Outcome {
    let mut text = String::new();
    let mut print = wasmprinter::PrintFmtWrite(&mut text);
    wasmprinter::Config::new()
        .print(module.bytes(), &mut print)
        .map_err(|error| Report::new(Exit::BadModule, format!("the module cannot be printed: {error}")))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    output(text.as_bytes())
}

fn ir(input: &Input, module: &Module, func: Option<&str>) -> Outcome {
    let declarations = module.declarations();
    let mut translator = Translator::new();
    let mut print = |func| {
        let body = translator.translate(module, func).map_err(|error| input.refusal(&error))?;
        let mut text = DisplayBody(body).to_string();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok::<_, Box<Report>>(text)
    };
    if let Some(func) = func {
        return output(print(find_defined_function(declarations, func)?)?.as_bytes());
    }
    // One function at a time: a module's IR may be far larger than the module.
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    for (number, func) in declarations.defined_functions().enumerate() {
        let text = print(func)?;
        let separator = if number == 0 { "" } else { "\n" };
        io::Write::write_all(&mut stdout, (separator.to_owned() + &text).as_bytes()).map_err(output_error)?;
    }
    io::Write::flush(&mut stdout).map_err(output_error)
}

fn text(
    input: &Input,
    module: &Module,
    options: &CompileOptions,
    kind: TextKind,
    func: Option<&str>,
) -> Outcome {
    let func = func.map(|func| find_defined_function(module.declarations(), func)).transpose()?;
    let text = emit_text(module, options, kind, func).map_err(|error| compile_report(input, &error))?;
    output(text.as_bytes())
}

/// A size as people read it: bytes, or binary units with one digit.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{value:.1} {}", UNITS[unit]);
    text
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_one_digit() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1024), "1.0 KiB");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size((1 << 20) - 1), "1.0 MiB");
        assert_eq!(size(4 << 30), "4.0 GiB");
    }
}
