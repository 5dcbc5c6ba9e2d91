//! A session at a terminal: lines that can be edited, several for one entry, with history, completion and colours.

use std::borrow::Cow;
use std::path::PathBuf;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Editor, Helper};
use wast::lexer::TokenKind;
use wootz_cli::exit::Exit;
use wootz_cli::report::{Outcome, Report, Style, output};

use super::command::COMMANDS;
use super::compose::Kind;
use super::session::{Answer, Session};
use super::{enter, show, text};

const PROMPT: &str = "wootz> ";

/// Reads entries until the end of the input or `:quit`.
///
/// # Errors
/// The report of a terminal that cannot be used.
pub(super) fn run(session: &mut Session) -> Outcome<Exit> {
    let refused =
        |error: ReadlineError| Report::new(Exit::System, format!("cannot use the terminal: {error}"));
    let config = rustyline::Config::builder().auto_add_history(true).build();
    let mut editor: Editor<Help, DefaultHistory> = Editor::with_config(config).map_err(refused)?;
    editor.set_helper(Some(Help::new()));
    let history = history();
    if let Some(file) = &history {
        // There is none at first.
        let _ = editor.load_history(file);
    }
    output(b"Enter fields of a module or an expression; :help lists the commands.\n")?;
    loop {
        if let Some(help) = editor.helper_mut() {
            help.names = names(session);
        }
        let answer = match editor.readline(PROMPT) {
            Ok(line) => enter(session, &line),
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(refused(error)),
        };
        match answer {
            Ok(Answer::Quit) => break,
            Ok(answer) => output(show(session, &answer).as_bytes())?,
            Err(report) => report.print(),
        }
    }
    if let Some(file) = &history {
        // The session is over; what it was is a convenience.
        let _ = editor.save_history(file);
    }
    Ok(Exit::Success)
}

/// Where the history is kept: beside what other programs keep of their state.
fn history() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = var("XDG_STATE_HOME").or_else(|| Some(var("HOME")?.join(".local/state")))?;
    let folder = state.join("wootz");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("repl_history"))
}

fn names(session: &Session) -> Vec<String> {
    let kinds = [Kind::Function, Kind::Global, Kind::Memory, Kind::Table];
    let items = kinds.iter().flat_map(|kind| session.scope().items(*kind));
    let mut names: Vec<_> = items.filter_map(|item| Some(format!("${}", item.name.as_ref()?))).collect();
    names.sort();
    names
}

/// What the editor asks.
struct Help {
    names: Vec<String>,
    files: FilenameCompleter,
    style: Style,
}

impl Help {
    fn new() -> Self {
        Self { names: Vec::new(), files: FilenameCompleter::new(), style: Style::for_stream(true) }
    }
}

impl Helper for Help {}

impl Hinter for Help {
    type Hint = String;
}

impl Completer for Help {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        if line.starts_with(":load ") || line.starts_with(":save ") {
            return self.files.complete(line, at, context);
        }
        Ok(complete(&self.names, line, at))
    }
}

/// What the word before a position may become, and where it starts.
fn complete(names: &[String], line: &str, at: usize) -> (usize, Vec<Pair>) {
    let is_end = |c: char| c.is_whitespace() || c == '(' || c == ')';
    let start = line[..at].rfind(is_end).map_or(0, |end| end + 1);
    let word = &line[start..at];
    let commands = COMMANDS.iter().map(|command| command.name).filter(|_| start == 0);
    let all = commands.chain(names.iter().map(String::as_str)).chain(KEYWORDS.iter().copied());
    let fits = all.filter(|name| !word.is_empty() && name.starts_with(word));
    (start, fits.map(|name| Pair { display: name.to_owned(), replacement: name.to_owned() }).collect())
}

/// Words that are long to write.
const KEYWORDS: &[&str] = &[
    "call",
    "call_indirect",
    "drop",
    "export",
    "f32.const",
    "f64.const",
    "func",
    "global",
    "global.get",
    "global.set",
    "i32.add",
    "i32.const",
    "i32.load",
    "i32.mul",
    "i32.store",
    "i32.sub",
    "i64.add",
    "i64.const",
    "i64.load",
    "i64.mul",
    "i64.store",
    "i64.sub",
    "import",
    "local",
    "local.get",
    "local.set",
    "local.tee",
    "memory",
    "memory.grow",
    "memory.size",
    "param",
    "ref.func",
    "ref.null",
    "result",
    "table",
    "table.get",
    "table.set",
    "v128.const",
];

impl Validator for Help {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let is_command = context.input().starts_with(':');
        let is_open = !is_command && text::is_open(context.input());
        Ok(if is_open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Highlighter for Help {
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        let Ok(tokens) = text::tokens(line) else { return Cow::Borrowed(line) };
        let pair = matching(&tokens, at);
        let (mut out, mut copied) = (String::new(), 0);
        for token in &tokens {
            let word = token.src(line);
            let painted = match token.kind {
                _ if pair.is_some_and(|pair| pair.contains(&token.offset)) => self.style.heading(word),
                TokenKind::Keyword => self.style.strong(word),
                TokenKind::Id => self.style.good(word),
                TokenKind::Integer(_) | TokenKind::Float(_) | TokenKind::String => self.style.dim(word),
                _ => continue,
            };
            out.push_str(&line[copied..token.offset]);
            out.push_str(&painted);
            copied = token.offset + word.len();
        }
        out.push_str(&line[copied..]);
        Cow::Owned(out)
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        true
    }
}

/// The parenthesis at or before a position, and its counterpart.
fn matching(tokens: &[wast::lexer::Token], at: usize) -> Option<[usize; 2]> {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::LParen => open.push(token.offset),
            TokenKind::RParen => pairs.extend(open.pop().map(|start| [start, token.offset])),
            _ => {}
        }
    }
    let before = at.checked_sub(1);
    pairs.into_iter().find(|pair| pair.contains(&at) || before.is_some_and(|before| pair.contains(&before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_completed_by_what_there_is() {
        let names = ["$fib".to_owned(), "$fill".to_owned()];
        let words = |line: &str| -> (usize, Vec<String>) {
            let (start, pairs) = complete(&names, line, line.len());
            (start, pairs.into_iter().map(|pair| pair.replacement).collect())
        };
        assert_eq!(words("(call $fi"), (6, vec!["$fib".into(), "$fill".into()]));
        assert_eq!(words(":un"), (0, vec![":undo".into()]));
        assert_eq!(words("(memory.g"), (1, vec!["memory.grow".into()]));
        assert_eq!(words("(call "), (6, vec![]));
    }

    #[test]
    fn parentheses_have_counterparts() {
        let tokens = text::tokens("(a (b) c)").unwrap();
        assert_eq!(matching(&tokens, 0), Some([0, 8]));
        assert_eq!(matching(&tokens, 6), Some([3, 5]));
        assert_eq!(matching(&tokens, 9), Some([0, 8]));
    }
}
