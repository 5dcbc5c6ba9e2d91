//! Errors of what a session ran, with the place in the entry that each frame is of.

use wootz::{Error, TrapFrame};
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::report::{Report, one_line};
use wootz_cli::source::Source;

use super::session::is_interruption;

/// The report of an error while an entry was compiled, instantiated or run. `entry` has the texts of earlier ones, by the names of their
/// modules.
pub(super) fn report<'a>(
    input: &'a Input,
    error: &Error,
    entry: &dyn Fn(&str) -> Option<&'a Input>,
) -> Box<Report> {
    let (report, frames, omitted) = match error {
        Error::Trap(trap) if is_interruption(error) => {
            (Report::new(Exit::Keyboard, "interrupted"), &trap.frames, trap.omitted)
        }
        Error::Trap(trap) => {
            (Report::new(Exit::Trap, format!("trap: {}", trap.code)), &trap.frames, trap.omitted)
        }
        Error::Host(failure) => {
            let message = match error.downcast_ref::<wootz::wasi::Exit>() {
                Some(exit) => format!("the guest exited with code {}", exit.0),
                None => failure.error.to_string(),
            };
            (Report::new(Exit::Trap, message), &failure.frames, failure.omitted)
        }
        Error::Link(error) => {
            return Report::new(Exit::BadModule, error.to_string()).at(input.name.clone());
        }
        Error::Limit(_) | Error::Memory(_) | Error::Value(_) | Error::Image(_) => {
            return Report::new(Exit::System, error.to_string()).at(input.name.clone());
        }
        Error::Module(error) => return input.refusal(error),
        error => return super::session::bug(error),
    };
    let of = |frame: &TrapFrame| {
        let module = frame.module.as_deref().unwrap_or("");
        if module == input.name { Some(input) } else { entry(module) }
    };
    let place = |frame: &TrapFrame| {
        of(frame).and_then(|input| Source::new(input).text_place(u64::from(frame.offset)))
    };
    let line = |(number, frame): (usize, &TrapFrame)| {
        let place = place(frame).map_or_else(String::new, |place| format!(" at {place}"));
        format!("{number}: {}{place}", name(frame))
    };
    let mut lines: Vec<String> = frames.iter().enumerate().map(line).collect();
    const SHOWN: usize = 16;
    if lines.len() > SHOWN || omitted > 0 {
        let more = lines.len().saturating_sub(SHOWN) + omitted;
        lines.truncate(SHOWN);
        lines.push(format!("… {more} more calls"));
    }
    let report = match frames.iter().find(|frame| frame.offset != 0) {
        Some(frame) => {
            let excerpt = of(frame).and_then(|input| Source::new(input).excerpt(u64::from(frame.offset)));
            let place = place(frame).unwrap_or_else(|| input.name.clone());
            report.at(format!("{place}, in {}", name(frame))).excerpt(excerpt)
        }
        None => report.at(input.name.clone()),
    };
    if lines.len() > 1 { report.backtrace(lines) } else { report }
}

fn name(frame: &TrapFrame) -> String {
    match frame.name.as_deref() {
        Some("expression") => "the expression".to_owned(),
        Some(name) => format!("${}", one_line(name)),
        None => "a function without a name".to_owned(),
    }
}
