//! The suite in every configuration: as tests to run side by side, as a table, and as a report for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::iter::once;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use wootz::{Engine, Llvm};
use wootz_wast::apart::run_apart;
use wootz_wast::{Configuration, Failure, Outcome, run};

use super::session;
use super::suite::{Script, Suite};

/// Configurations beside each other in the table.
const COLUMNS: usize = 4;

/// One run: every configuration over every suite.
pub struct Grid {
    configurations: Vec<Column>,
    /// The binary `spec-script`, which runs scripts without a compiler.
    runner: PathBuf,
    suites: Vec<&'static Suite>,
    results: Arc<Mutex<Vec<Record>>>,
}

/// A configuration, and what of the suite it runs.
struct Column {
    configuration: Configuration,
    /// All scripts, or every so many-th.
    step: usize,
    /// The binary `wootz-compiler`, if this is the mode `repl`.
    sessions: Option<PathBuf>,
}

struct Record {
    configuration: usize,
    suite: usize,
    script: String,
    /// What became of it, or why it was not run.
    result: Result<Outcome, &'static str>,
    /// How many of its commands were left out, by reason.
    left_out: BTreeMap<&'static str, usize>,
}

#[derive(Copy, Clone, Default, PartialEq, Eq, Debug)]
struct Counts {
    passed: usize,
    failed: usize,
    /// Scripts that are not run, and commands of others that are not.
    skipped: usize,
    /// Of these, what no list gives a reason for.
    unexplained: usize,
}

impl Counts {
    fn add(&mut self, record: &Record) {
        self.skipped += record.left_out.values().sum::<usize>();
        match &record.result {
            Ok(outcome) => {
                self.passed += outcome.passed;
                self.failed += outcome.failed.len();
                self.skipped += outcome.skipped.len();
                self.unexplained += outcome.skipped.len();
            }
            Err(_) => self.skipped += 1,
        }
    }

    fn is_clean(self) -> bool {
        self.failed == 0 && self.unexplained == 0
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.unexplained += other.unexplained;
    }
}

impl Grid {
    /// A run of all scripts, which has not begun. `runner` is the binary `spec-script`, for the mode `aot`.
    pub fn new(configurations: Vec<Configuration>, suites: Vec<&'static Suite>, runner: &Path) -> Self {
        let grid =
            Self { configurations: Vec::new(), runner: runner.to_owned(), suites, results: Arc::default() };
        grid.with_samples(configurations, 1)
    }

    /// The same with further configurations that run every `step`-th script each, each beginning at another one.
    #[must_use]
    pub fn with_samples(mut self, configurations: Vec<Configuration>, step: usize) -> Self {
        let column = |configuration| Column { configuration, step, sessions: None };
        self.configurations.extend(configurations.into_iter().map(column));
        self
    }

    /// The same with further configurations in the mode `repl`: `compiler` is the binary `wootz-compiler`.
    #[must_use]
    pub fn with_sessions(mut self, configurations: Vec<Configuration>, step: usize, compiler: &Path) -> Self {
        let column = |configuration: Configuration| {
            let name = format!("{} {}", session::MODE, configuration.name);
            let configuration = Configuration { name, ..configuration };
            Column { configuration, step, sessions: Some(compiler.to_owned()) }
        };
        self.configurations.extend(configurations.into_iter().map(column));
        self
    }

    /// A test for every script in every configuration whose name contains the filter. Each leaves what it found in the
    /// grid; those of scripts that are not run are marked as ignored, and counted as skipped.
    pub fn trials(&self, filter: Option<&str>) -> Vec<Trial> {
        let mut trials = Vec::new();
        for (configuration_index, column) in self.configurations.iter().enumerate() {
            let Column { configuration, step, sessions } = column;
            for (suite_index, suite) in self.suites.iter().enumerate() {
                for script in suite.scripts().into_iter().skip(configuration_index % step).step_by(*step) {
                    let name = format!("{} {}", configuration.name, script.name);
                    if filter.is_some_and(|filter| !name.contains(filter)) {
                        continue;
                    }
                    let results = Arc::clone(&self.results);
                    let record = move |script, result, left_out| {
                        let (configuration, suite) = (configuration_index, suite_index);
                        let record = Record { configuration, suite, script, result, left_out };
                        results.lock().unwrap_or_else(PoisonError::into_inner).push(record);
                    };
                    if let Some(reason) = script.skipped {
                        record(script.name, Err(reason), BTreeMap::new());
                        trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
                        continue;
                    }
                    let config = configuration.config.clone().features(suite.features);
                    let runner = configuration.is_ahead.then(|| self.runner.clone());
                    let sessions = sessions.clone();
                    trials.push(Trial::test(name, move || {
                        let nothing = BTreeMap::new();
                        let (outcome, left_out) = match (runner, sessions) {
                            (_, Some(compiler)) => session::run_sessions(&compiler, &config, script.text)
                                .map_err(|error| Failed::from(format!("{error:#}")))?,
                            (Some(runner), None) => {
                                let mut runner = Command::new(runner);
                                (run_apart(Llvm, &config, script.text, &mut runner)?, nothing)
                            }
                            (None, None) => (run(&Engine::new(&config), script.text), nothing),
                        };
                        let verdict = verdict(&script, &outcome);
                        record(script.name, Ok(outcome), left_out);
                        verdict
                    }));
                }
            }
        }
        trials
    }

    /// The table, in parts of as many configurations as fit side by side, without suites of which nothing was selected, and the closing line. `true` if nothing failed and nothing was skipped that [`SKIPPED`](super::SKIPPED)
    /// does not explain.
    pub fn summary(&self) -> (String, bool) {
        let mut text = String::new();
        let mut total = Counts::default();
        let columns: Vec<usize> = (0..self.configurations.len()).collect();
        for columns in columns.chunks(COLUMNS) {
            let names = columns.iter().map(|column| self.configurations[*column].configuration.name.clone());
            let mut table = vec![once(String::new()).chain(names).collect::<Vec<_>>()];
            for (row, suite) in self.suites.iter().enumerate() {
                let counts: Vec<Counts> = columns.iter().map(|column| self.counts(*column, row)).collect();
                if counts.iter().all(|counts| *counts == Counts::default()) {
                    continue;
                }
                counts.iter().for_each(|counts| total += *counts);
                table.push(once(suite.name.to_owned()).chain(counts.into_iter().map(cell)).collect());
            }
            text += &aligned(&table);
            text.push('\n');
        }
        let Counts { passed, failed, skipped, .. } = total;
        let _ = writeln!(text, "{passed} passed, {failed} failed, {skipped} skipped");
        (text, total.is_clean() && passed > 0)
    }

    /// The selected scripts that are not run, by reason.
    pub fn skipped(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut skipped: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for record in self.results.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Err(reason) = record.result {
                skipped.entry(reason).or_default().insert(record.script.clone());
            }
        }
        skipped
    }

    /// How many commands of the selected scripts were left out, by reason.
    pub fn left_out(&self) -> BTreeMap<&'static str, usize> {
        let mut all = BTreeMap::new();
        for record in self.results.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            record.left_out.iter().for_each(|(reason, count)| *all.entry(*reason).or_default() += count);
        }
        all
    }

    fn counts(&self, configuration: usize, suite: usize) -> Counts {
        let mut counts = Counts::default();
        for record in self.results.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if (record.configuration, record.suite) == (configuration, suite) {
                counts.add(record);
            }
        }
        counts
    }

    /// Everything that was found, the same whatever the order in which the scripts ended.
    pub fn report(&self) -> Value {
        let mut records = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        records.sort_by(|a, b| {
            (a.configuration, a.suite, &a.script).cmp(&(b.configuration, b.suite, &b.script))
        });
        let mut total = Counts::default();
        let mut scripts = Vec::new();
        for record in records.iter() {
            total.add(record);
            let mut script = json!({
                "configuration": self.configurations[record.configuration].configuration.name,
                "suite": self.suites[record.suite].name,
                "script": record.script,
            });
            match &record.result {
                Ok(outcome) => {
                    let failure = |f: &Failure| json!({"line": f.line, "message": f.message});
                    script["passed"] = json!(outcome.passed);
                    script["failed"] = outcome.failed.iter().map(failure).collect();
                    script["skipped"] = json!(outcome.skipped);
                    script["left_out"] = json!(record.left_out);
                }
                Err(reason) => script["not_run"] = json!(reason),
            }
            scripts.push(script);
        }
        json!({
            "passed": total.passed,
            "failed": total.failed,
            "skipped": total.skipped,
            "scripts": scripts,
        })
    }
}

/// Failed commands as a compiler would list them. What follows the first few is only counted.
fn verdict(script: &Script, outcome: &Outcome) -> Result<(), Failed> {
    const SHOWN: usize = 20;
    let mut text = String::new();
    for failure in outcome.failed.iter().take(SHOWN) {
        let _ = writeln!(text, "{}.wast:{}: {}", script.name, failure.line, failure.message);
    }
    if let Some(more) = outcome.failed.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more");
    }
    for line in &outcome.skipped {
        let _ = writeln!(text, "{}.wast:{line}: not executed", script.name);
    }
    if text.is_empty() { Ok(()) } else { Err(text.into()) }
}

fn cell(counts: Counts) -> String {
    match counts {
        Counts { passed, failed: 0, skipped: 0, .. } => format!("{passed} passed"),
        Counts { passed, failed, skipped: 0, .. } => format!("{passed} passed, {failed} failed"),
        Counts { passed: 0, failed: 0, skipped, .. } => format!("{skipped} skipped"),
        Counts { passed, failed: 0, skipped, .. } => format!("{passed} passed, {skipped} skipped"),
        Counts { passed, failed, skipped, .. } => {
            format!("{passed} passed, {failed} failed, {skipped} skipped")
        }
    }
}

fn aligned(table: &[Vec<String>]) -> String {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in table {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wootz::Config;
    use wootz_wast::{Configuration, Failure, Outcome};

    use super::{Grid, Path, Record};

    use crate::spec::SUITES;

    fn grid(records: Vec<Record>) -> Grid {
        let one = |checks, level| Configuration::new(Config::new(), "regular", checks, level).unwrap();
        let configurations = vec![one("guard", "0"), one("explicit", "2")];
        let grid = Grid::new(configurations, vec![&SUITES[0], &SUITES[1]], Path::new("spec-script"));
        grid.results.lock().unwrap().extend(records);
        grid
    }

    fn record(configuration: usize, suite: usize, passed: usize, failed: usize, skipped: usize) -> Record {
        let failure = |line| Failure { line, message: "expected".to_owned() };
        let outcome =
            Outcome { passed, failed: (0..failed).map(failure).collect(), skipped: (0..skipped).collect() };
        let (script, left_out) = (format!("s{passed}"), BTreeMap::new());
        Record { configuration, suite, script, result: Ok(outcome), left_out }
    }

    #[test]
    fn the_table_has_a_row_for_each_suite() {
        let (text, clean) =
            grid(vec![record(0, 0, 1, 0, 0), record(0, 0, 2, 0, 0), record(1, 1, 5, 0, 0)]).summary();
        let expected = "     guard -O0  explicit -O2\n\
                        1.0  3 passed   0 passed\n\
                        2.0  0 passed   5 passed\n\n\
                        8 passed, 0 failed, 0 skipped\n";
        assert_eq!(text, expected);
        assert!(clean);
    }

    #[test]
    fn failures_and_skips_are_not_clean() {
        let (text, clean) = grid(vec![record(0, 0, 1, 2, 0)]).summary();
        assert!(text.ends_with("1 passed, 2 failed, 0 skipped\n"), "{text}");
        assert!(!clean);
        assert!(!grid(vec![record(0, 0, 1, 0, 1)]).summary().1);
        assert!(!grid(Vec::new()).summary().1, "nothing ran");
    }

    #[test]
    fn what_is_skipped_for_a_reason_is_counted_but_clean() {
        let skipped = Record { result: Err("not built"), ..record(0, 1, 0, 0, 0) };
        let (text, clean) = grid(vec![record(0, 0, 1, 0, 0), skipped]).summary();
        assert!(text.contains("1 skipped\n") && text.ends_with("1 passed, 0 failed, 1 skipped\n"), "{text}");
        assert!(clean);
    }

    #[test]
    fn the_report_does_not_depend_on_the_order() {
        let one = grid(vec![record(0, 0, 1, 1, 0), record(1, 1, 5, 0, 0)]).report();
        let other = grid(vec![record(1, 1, 5, 0, 0), record(0, 0, 1, 1, 0)]).report();
        assert_eq!(one.to_string(), other.to_string());
        assert_eq!(one["passed"], 6);
        assert_eq!(one["scripts"][0]["failed"][0]["message"], "expected");
    }
}
