//! `wootz repl`: WebAssembly entered piece by piece, at a terminal or from a script.
//!
//! | file | what |
//! |---|---|
//! | `session` | the session itself: entries in, definitions and values out |
//! | `state`, `scope` | what it has come to; what it has, by name |
//! | `log` | what was entered, for `:undo` |
//! | `entry`, `compose` | an entry, read, as a module of its own |
//! | `text` | what is known of a text before it is parsed |
//! | `command` | what starts with a colon |
//! | `save` | the session as one module |
//! | `interrupter` | Ctrl-C |
//! | `print`, `trap` | values and errors for people |
//! | `script`, `terminal` | where entries come from |

mod command;
mod compose;
mod entry;
mod interrupter;
mod log;
mod print;
mod save;
mod scope;
mod script;
mod session;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod trap;

use std::io::{self, IsTerminal};

use wootz::{Engine, Mode};
use wootz_cli::args::ReplArgs;
use wootz_cli::debug::text_folder;
use wootz_cli::exit::Exit;
use wootz_cli::report::{Outcome, Report};
use wootz_cli::run::HOST_STACK;
use wootz_engine::Machine;

use session::{Answer, Session};

/// Runs a session.
pub(crate) fn repl(args: &ReplArgs) -> Outcome<Exit> {
    if let Some(profiler) = args.profiler {
        profiler.start()?;
    }
    let thread = std::thread::Builder::new().name("session".into());
    let thread = thread.stack_size(args.stack_size.saturating_add(HOST_STACK));
    std::thread::scope(|scope| {
        let thread = thread.spawn_scoped(scope, || {
            let mut config = args.compile.config().mode(Mode::Lazy).max_wasm_stack(args.stack_size);
            if args.compile.debug.is_some() {
                config = config.debug_info(text_folder());
            }
            let options = args.compile.options(Machine::default());
            let mut session = Session::new(Engine::new(&config), options, args.grants.clone())?;
            let terminal = io::stdin().is_terminal();
            session.interrupter().end();
            session.interrupter().arm(!terminal)?;
            if let Some(file) = &args.file {
                session.interrupter().begin();
                let answer = command::load(&mut session, file)?;
                session.interrupter().end();
                if terminal {
                    print!("{}", show(&session, &answer));
                }
            }
            if terminal { terminal::run(&mut session) } else { script::run(&mut session, args.strict) }
        });
        let thread = thread.map_err(|error| {
            Report::new(Exit::System, format!("cannot start a thread for the session: {error}"))
                .help("lower --stack-size")
        })?;
        // The panic hook ends the process, so a panic does not come to here.
        thread.join().unwrap_or_else(|_| Err(Report::new(Exit::Bug, "the session's thread panicked")))
    })
}

/// Takes a line or several: a command, fields or an expression.
fn enter(session: &mut Session, text: &str) -> Outcome<Answer> {
    let interrupter = session.interrupter();
    interrupter.begin();
    let is_command = text.trim_start().starts_with(':');
    let answer = if is_command { command::run(session, text) } else { session.enter(text) };
    interrupter.end();
    answer
}

/// An answer as a terminal shows it, in whole lines.
fn show(session: &Session, answer: &Answer) -> String {
    match answer {
        Answer::Nothing | Answer::Quit => String::new(),
        Answer::Defined(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
        Answer::Values(values) => {
            let line = |(number, value): &(usize, wootz::Val)| {
                format!("${number}: {} = {}\n", value.ty(), print::value(session.scope(), value))
            };
            values.iter().map(line).collect()
        }
        Answer::Text(text) if text.is_empty() || text.ends_with('\n') => text.clone(),
        Answer::Text(text) => format!("{text}\n"),
    }
}
