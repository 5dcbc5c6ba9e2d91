//! What people read when something is wrong: what, where with an excerpt, what to do.
//!
//! ```text
//! error: integer divide by zero
//!   --> bad.wat:4:6, in function $ratio (offset 0x31)
//!    |
//!  4 |     (i32.div_s (local.get 0) (local.get 1)))
//!    |      ^^^^^^^^^
//!    = 0: ratio (func 0) at 0x31, bad.wat:4:6
//! help: …
//! ```

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};

use crate::exit::Exit;
use crate::source::Excerpt;

/// What to do about a bug.
pub const BUG: &str = "this is a bug in wootz: please report it with the module and the command line";

/// Has a panic reported as the bug that it is, and end the process by `end`, on whatever thread it is.
pub fn report_panics(end: fn(i32) -> !) {
    std::panic::set_hook(Box::new(move |panic| {
        Report::new(Exit::Bug, format!("wootz panicked: {panic}")).help(BUG).print();
        end(Exit::Bug.code().into());
    }));
}

/// A failure to tell, and the exit code it ends with.
#[derive(Debug)]
pub struct Report {
    exit: Exit,
    message: String,
    place: Option<String>,
    excerpt: Option<Excerpt>,
    backtrace: Vec<String>,
    notes: Vec<String>,
    help: Vec<String>,
}

/// What every command returns.
pub type Outcome<T = ()> = Result<T, Box<Report>>;

/// Ends the process as a command ended: with its exit code, and with its report if it failed.
pub fn end(outcome: Outcome<Exit>) -> ! {
    std::process::exit(conclude(outcome))
}

/// The exit code of a command that ended, whose report is printed if it failed.
pub fn conclude(outcome: Outcome<Exit>) -> i32 {
    let exit = outcome.unwrap_or_else(|report| {
        report.print();
        report.exit()
    });
    exit.code().into()
}

impl Report {
    /// A failure with an exit code and what is wrong.
    pub fn new(exit: Exit, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            exit,
            message: printable(&message.into()),
            place: None,
            excerpt: None,
            backtrace: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        })
    }

    /// Where it is.
    pub fn at(mut self: Box<Self>, place: impl Into<String>) -> Box<Self> {
        self.place = Some(printable(&place.into()));
        self
    }

    /// The lines around it.
    pub fn excerpt(mut self: Box<Self>, excerpt: Option<Excerpt>) -> Box<Self> {
        self.excerpt = excerpt.map(|mut excerpt| {
            for (_, text) in &mut excerpt.lines {
                *text = printable(text);
            }
            excerpt
        });
        self
    }

    /// One line for each active function.
    pub fn backtrace(mut self: Box<Self>, lines: Vec<String>) -> Box<Self> {
        self.backtrace = lines.iter().map(|line| printable(line)).collect();
        self
    }

    /// Something more to know; lines after the first are a list.
    pub fn note(mut self: Box<Self>, note: impl Into<String>) -> Box<Self> {
        self.notes.push(printable(&note.into()));
        self
    }

    /// What to do.
    pub fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help.push(printable(&help.into()));
        self
    }

    /// The exit code it ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Writes it to standard error. Nothing can be done if that fails.
    pub fn print(&self) {
        if self.exit == Exit::BrokenPipe {
            return;
        }
        let text = self.render(Style::for_stream(std::io::stderr().is_terminal()));
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// As text, without colours.
    pub fn text(&self) -> String {
        self.render(Style { colours: false })
    }

    fn render(&self, style: Style) -> String {
        let mut out = String::new();
        line(&mut out, format_args!("{} {}", style.error("error:"), style.strong(&self.message)));
        let width = self.excerpt.as_ref().map_or(1, |excerpt| excerpt.label_width());
        if let Some(place) = &self.place {
            line(&mut out, format_args!("{:width$}{} {place}", "", style.dim("-->")));
        }
        if let Some(excerpt) = &self.excerpt {
            self.render_excerpt(&mut out, excerpt, width, style);
        }
        if !self.backtrace.is_empty() {
            line(&mut out, format_args!("{:width$} {} calls, innermost first:", "", style.dim("=")));
            for frame in &self.backtrace {
                line(&mut out, format_args!("{:width$}   {frame}", ""));
            }
        }
        for note in &self.notes {
            line(&mut out, format_args!("{} {note}", style.dim("note:")));
        }
        for help in &self.help {
            line(&mut out, format_args!("{} {help}", style.good("help:")));
        }
        out
    }

    fn render_excerpt(&self, out: &mut String, excerpt: &Excerpt, width: usize, style: Style) {
        let bar = style.dim("|");
        line(out, format_args!("{:width$} {bar}", ""));
        for (index, (label, text)) in excerpt.lines.iter().enumerate() {
            line(out, format_args!("{} {bar} {text}", style.dim(&format!("{label:>width$}"))));
            if index == excerpt.marked {
                let caret = "^".repeat(excerpt.length.max(1));
                let indent = excerpt.column;
                line(out, format_args!("{:width$} {bar} {:indent$}{}", "", "", style.error(&caret)));
            }
        }
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// A text with control characters escaped: names of a module could otherwise drive the terminal.
pub fn printable(text: &str) -> String {
    let escape = |c: char| c.is_control() && c != '\n';
    if !text.contains(escape) {
        return text.to_owned();
    }
    text.chars().map(|c| if escape(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// The same on one line, for a name within a list.
pub fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// Colours, or none.
#[derive(Copy, Clone, Debug)]
pub struct Style {
    colours: bool,
}

impl Style {
    /// Colours for a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    pub fn for_stream(terminal: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { colours: terminal && !set("NO_COLOR") && !dumb }
    }

    /// As a failure.
    pub fn error(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// As advice.
    pub fn good(self, text: &str) -> String {
        self.paint("1;32", text)
    }

    /// As the main thing.
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// As frame and ornament.
    pub fn dim(self, text: &str) -> String {
        self.paint("34", text)
    }

    /// As a heading.
    pub fn heading(self, text: &str) -> String {
        self.paint("1;36", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Writes all of a command's output to standard output.
pub fn output(text: &[u8]) -> Outcome {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(output_error)
}

/// The report of a failed write to standard output.
pub fn output_error(error: std::io::Error) -> Box<Report> {
    let exit = if error.kind() == std::io::ErrorKind::BrokenPipe { Exit::BrokenPipe } else { Exit::Output };
    Report::new(exit, format!("cannot write to standard output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_from_what_to_where_to_what_to_do() {
        let excerpt = Excerpt {
            lines: vec![("9".into(), "(func".into()), ("10".into(), "  i32.add)".into())],
            marked: 1,
            column: 2,
            length: 7,
        };
        let report = Report::new(Exit::BadModule, "type mismatch")
            .at("a.wat:10:3")
            .excerpt(Some(excerpt))
            .backtrace(vec!["0: f".into()])
            .note("a note")
            .help("some help");
        let expected = "\
error: type mismatch
  --> a.wat:10:3
   |
 9 | (func
10 |   i32.add)
   |   ^^^^^^^
   = calls, innermost first:
     0: f
note: a note
help: some help
";
        assert_eq!(report.render(Style { colours: false }), expected);
        assert!(report.render(Style { colours: true }).starts_with("\x1b[1;31merror:\x1b[0m"));
    }
}
