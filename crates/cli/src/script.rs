//! `wootz wast`: test scripts in the specification's format.

use std::path::Path;
use std::process::Command;
use std::{fmt, panic};

use wootz::{Engine, Llvm};
use wootz_wast::Configuration;
use wootz_wast::apart::{ApartError, run_apart};

use wootz_cli::args::WastArgs;
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::report::{BUG, Outcome, Report, output, printable};

/// Bytes that a script may have.
const LIMIT: usize = 1 << 30;

/// Runs every script in every configuration; tells of each command that failed, then of the numbers.
pub(crate) fn run(args: &WastArgs) -> Outcome<Exit> {
    let configurations = Configuration::all(&args.target.config(), &args.mode, &args.checks, &args.opt);
    let configurations = configurations
        .map_err(|names| Report::new(Exit::Usage, format!("there is no configuration `{names}`")))?;
    let scripts: Vec<Script> = args.files.iter().map(|file| Script::read(file)).collect::<Outcome<_>>()?;
    let mut total = Counts::default();
    for configuration in &configurations {
        let name = (configurations.len() > 1).then_some(&*configuration.name);
        let mut counts = Counts::default();
        for script in &scripts {
            counts.add(&script.run(configuration, name)?);
        }
        if let Some(name) = name {
            output(format!("{name}: {counts}\n").as_bytes())?;
        }
        total.passed += counts.passed;
        total.failed += counts.failed;
        total.skipped += counts.skipped;
    }
    output(format!("{total}\n").as_bytes())?;
    Ok(if total.failed + total.skipped == 0 { Exit::Success } else { Exit::Failed })
}

struct Script {
    name: String,
    text: String,
}

impl Script {
    fn read(file: &Path) -> Outcome<Self> {
        let input = Input::read(file, LIMIT)?;
        match std::str::from_utf8(&input.bytes) {
            Ok(text) => Ok(Self { name: input.name, text: text.to_owned() }),
            Err(_) => Err(Report::new(Exit::BadModule, "a test script is text, this is not").at(input.name)),
        }
    }

    /// Runs the script and prints what failed, with the name of the configuration if there are several.
    fn run(&self, configuration: &Configuration, name: Option<&str>) -> Outcome<wootz_wast::Outcome> {
        // A panic is a failure of one command: the engine of scripts says so at its line and goes on.
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let outcome = self.outcome(configuration);
        panic::set_hook(hook);
        let outcome = outcome?;
        let failures = outcome.failed.iter().map(|failure| (failure.line, failure.message.as_str()));
        let others = outcome.skipped.iter().map(|line| (*line, "this command is not supported"));
        let mut lines: Vec<(usize, &str)> = failures.chain(others).collect();
        lines.sort_unstable();
        let place = name.map_or_else(String::new, |name| format!(" {name}:"));
        for (line, message) in lines {
            eprintln!("{}", printable(&format!("{}:{line}:{place} {message}", self.name)));
        }
        Ok(outcome)
    }

    fn outcome(
        &self,
        Configuration { config, is_ahead, .. }: &Configuration,
    ) -> Outcome<wootz_wast::Outcome> {
        if !is_ahead {
            return Ok(wootz_wast::run(&Engine::new(config), &self.text));
        }
        let without_compiler = wootz_cli::front().map_err(|error| {
            Report::new(Exit::System, format!("the system does not say where wootz is: {error}"))
        })?;
        let mut process = Command::new(without_compiler);
        run_apart(Llvm, config, &self.text, process.arg("wast-apart")).map_err(|error| match error {
            ApartError::Folder(_) | ApartError::Start(..) => Report::new(Exit::System, error.to_string()),
            ApartError::Process(_) | ApartError::Differs { .. } => {
                Report::new(Exit::Bug, error.to_string()).at(self.name.clone()).help(BUG)
            }
        })
    }
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, outcome: &wootz_wast::Outcome) {
        self.passed += outcome.passed;
        self.failed += outcome.failed.len();
        self.skipped += outcome.skipped.len();
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
