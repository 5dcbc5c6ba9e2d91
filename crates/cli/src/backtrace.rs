//! The calls that led to a trap, as lines of a report.

use wootz_engine::TrapFrame;

use crate::report::one_line;
use crate::source::guest;

/// Lines shown from each end of a long backtrace.
const ENDS: usize = 8;

/// One line for each frame; equal frames that follow one another, as recursion makes them, share one. `text_place` is where an offset is in the
/// module's text, if it has one.
pub(crate) fn lines(
    frames: &[TrapFrame],
    omitted: usize,
    text_place: impl Fn(u64) -> Option<String>,
) -> Vec<String> {
    let width = frames.len().saturating_sub(1).to_string().len();
    let mut lines = Vec::new();
    let mut number = 0;
    let texts: Vec<_> = frames.iter().map(|frame| line(frame, &text_place)).collect();
    for run in texts.chunk_by(|a, b| a == b) {
        let line = format!("{number:>width$}: {}", run[0]);
        lines.push(if run.len() == 1 { line } else { format!("{line}, {} times", run.len()) });
        number += run.len();
    }
    if let Some(cut) = lines.len().checked_sub(2 * ENDS + 1) {
        lines.splice(ENDS..=ENDS + cut, [format!("{:width$}  … {} lines", "", cut + 1)]);
    }
    if omitted > 0 {
        lines.push(format!("{:width$}  … {omitted} more calls", ""));
    }
    lines
}

fn line(frame: &TrapFrame, text_place: impl Fn(u64) -> Option<String>) -> String {
    let name = match &frame.name {
        Some(name) => format!("{} (func {})", one_line(name), frame.func.0),
        None => format!("func {}", frame.func.0),
    };
    if let [inlined @ .., line] = &*frame.sources {
        let inlined = inlined
            .iter()
            .map(|line| format!("{} at {}, inlined into ", one_line(&line.function), guest::place(line)));
        return format!("{}{name} at {}", String::from_iter(inlined), guest::place(line));
    }
    match frame.offset {
        0 => name,
        offset => match text_place(u64::from(offset)) {
            Some(place) => format!("{name} at {place}"),
            None => format!("{name} at offset {offset:#x}"),
        },
    }
}
