//! A session whose entries come from a file or a pipe: values are printed, and nothing else is.

use std::io::{self, BufRead};

use wootz_cli::exit::Exit;
use wootz_cli::report::{Outcome, Report, output};

use super::print::value;
use super::session::{Answer, Session};
use super::{enter, text};

/// Reads standard input to its end, or to the first error if it is `strict`.
///
/// # Errors
/// The first report, if it is strict; that of a trap, if the session breaks there; that of a failed read or write.
pub(super) fn run(session: &mut Session, strict: bool) -> Outcome<Exit> {
    let mut lines = io::stdin().lock().lines();
    let mut pending = String::new();
    loop {
        let line = lines.next().transpose();
        let line =
            line.map_err(|error| Report::new(Exit::NoInput, format!("cannot read the script: {error}")))?;
        let is_last = line.is_none();
        pending.push_str(&line.unwrap_or_default());
        pending.push('\n');
        if !is_last && text::is_open(&pending) {
            continue;
        }
        let answer = enter(session, &std::mem::take(&mut pending));
        match answer {
            Ok(Answer::Quit) => return Ok(Exit::Success),
            Ok(answer) => print(session, &answer)?,
            Err(report) if ends(session, strict, report.exit()) => return Err(report),
            Err(report) => report.print(),
        }
        if is_last {
            return Ok(Exit::Success);
        }
    }
}

/// Whether an error ends the script. Ctrl-C always does.
fn ends(session: &Session, strict: bool, exit: Exit) -> bool {
    strict || exit == Exit::Keyboard || (session.break_on_trap && exit == Exit::Trap)
}

fn print(session: &Session, answer: &Answer) -> Outcome {
    let text = match answer {
        Answer::Values(values) => values.iter().map(|(_, one)| value(session.scope(), one) + "\n").collect(),
        Answer::Text(_) => super::show(session, answer),
        Answer::Nothing | Answer::Defined(_) | Answer::Quit => String::new(),
    };
    output(text.as_bytes())
}
