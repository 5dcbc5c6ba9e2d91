//! Compares what debuggers show of the builds of one program.
//!
//! The *truth* is the native build without optimisation: there a variable holds at each line what the source says. The native build at the
//! level in question says how much of that optimised code can show at all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::trace::{Trace, Variable};

/// How much of a program can be seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// Lines that are reached.
    pub(crate) lines: usize,
    /// Variables at lines, each counted as the share of the stops at its line that show it.
    pub(crate) variables: f64,
    /// Values of variables, or parts of them, that are compared.
    pub(crate) values: usize,
    /// Those of another moment in the same function: optimised code is not in the order of the source.
    pub(crate) early_or_late: usize,
    /// Those that the variable never has, once each: where and what part, and what is shown.
    pub(crate) wrong: BTreeMap<(u64, String), String>,
}

/// Both builds of one level.
pub(crate) struct Comparison {
    pub(crate) native: Seen,
    pub(crate) ours: Seen,
    /// Lines of the native build that ours reaches as well.
    pub(crate) lines: usize,
    /// Of the variables that the native build shows, those that the module's DWARF has a place for where the line begins, or ours shows.
    pub(crate) stated: f64,
    /// Those that ours shows.
    pub(crate) variables: f64,
    /// Variables at lines that the native build shows more often, with the shares.
    pub(crate) missing: Vec<Missing>,
}

/// A variable that the native build shows at a line more often.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) line: u64,
    pub(crate) name: String,
    pub(crate) native: f64,
    pub(crate) ours: f64,
    pub(crate) why: Why,
}

/// Why a variable is not shown as often as natively.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Why {
    /// No code of the line is reached.
    NoCode,
    /// The module's DWARF has no place for the variable in the line.
    NotStated,
    /// It has none in the inlined copy that was stopped in.
    NotInCopy,
    /// The module has a place somewhere in the line, and it is not shown where was stopped.
    NotShown,
}

impl Why {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::NoCode => "the line is not reached",
            Self::NotStated => "the module has no place for it in the line",
            Self::NotInCopy => "the module does not have it in the inlined copy of the function",
            Self::NotShown => "the module has a place for it in the line, not shown where was stopped",
        }
    }
}

/// A variable, at a line of the source.
pub(crate) type Key = (u64, String);

/// What is known of a program besides its traces.
pub(crate) struct Program {
    /// What the module that ours was made from has a place for.
    pub(crate) stated: BTreeSet<Key>,
    /// What a part of a variable may be before it is written, of a moment too early: nothing, where the truth has that filled in.
    pub(crate) unwritten: Option<&'static str>,
}

/// Compares two builds of a level, of the same program as `truth`.
pub(crate) fn compare(truth: &Trace, native: &Trace, ours: &Trace, program: &Program) -> Comparison {
    let Program { stated, unwritten } = program;
    let truth = Truth::new(truth, *unwritten);
    let (of_native, of_ours) = (shown(native), shown(ours));
    let mut missing = Vec::new();
    let (mut variables, mut possible) = (0.0, 0.0);
    for ((line, name), share) in &of_native {
        let own = of_ours.get(&(*line, name.clone())).copied().unwrap_or(0.0);
        variables += share.min(own);
        let is_stated = stated.contains(&(*line, name.clone()));
        possible += if is_stated { *share } else { share.min(own) };
        if own < *share {
            let mut stops = ours.iter().filter(|stop| stop.line == *line).peekable();
            let why = match () {
                () if stops.peek().is_none() => Why::NoCode,
                () if !is_stated => Why::NotStated,
                () if stops.any(|stop| !stop.variables.contains_key(name)) => Why::NotInCopy,
                () => Why::NotShown,
            };
            missing.push(Missing { line: *line, name: name.clone(), native: *share, ours: own, why });
        }
    }
    let lines = lines(native).intersection(&lines(ours)).count();
    let (native, mut ours) = (truth.judge(native), truth.judge(ours));
    // What the compiler of both gets wrong is not ours.
    ours.wrong.retain(|wrong, _| !native.wrong.contains_key(wrong));
    Comparison { native, ours, lines, stated: possible, variables, missing }
}

fn lines(trace: &Trace) -> BTreeSet<u64> {
    trace.iter().map(|stop| stop.line).collect()
}

/// Whether a variable has a value at a line, as the source says: it is declared further up.
fn counts(line: u64, variable: &Variable) -> bool {
    variable.is_parameter || variable.declared < line
}

/// The share of the stops at each line that show each variable.
fn shown(trace: &Trace) -> BTreeMap<Key, f64> {
    let mut stops: BTreeMap<u64, usize> = BTreeMap::new();
    let mut shown: BTreeMap<Key, usize> = BTreeMap::new();
    for stop in trace {
        *stops.entry(stop.line).or_default() += 1;
        for (name, variable) in &stop.variables {
            if counts(stop.line, variable) && variable.value.is_some() {
                *shown.entry((stop.line, name.clone())).or_default() += 1;
            }
        }
    }
    shown
        .into_iter()
        .map(|(key, count)| {
            let share = count as f64 / stops[&key.0] as f64;
            (key, share)
        })
        .collect()
}

/// What a part of a variable is in the truth before it has a value: clang is asked to fill it with this.
const UNSET: [&str; 8] = [
    "-1431655766",
    "2863311530",
    "-86",
    "170",
    "43690",
    "12297829382473034410",
    "-6148914691236517206",
    "\"nan\"",
];

/// What every variable holds when.
struct Truth {
    /// Each stop at a line: by variable and path in it, the values.
    at_line: BTreeMap<u64, Vec<BTreeMap<String, String>>>,
    /// All that a part of a variable ever is, by name, line of the declaration and path.
    ever: BTreeMap<(u64, String), BTreeSet<String>>,
    unwritten: Option<&'static str>,
}

impl Truth {
    fn new(trace: &Trace, unwritten: Option<&'static str>) -> Self {
        let mut truth = Self { at_line: BTreeMap::new(), ever: BTreeMap::new(), unwritten };
        for stop in trace {
            let mut values = BTreeMap::new();
            for (name, variable) in &stop.variables {
                let Some(value) = &variable.value else { continue };
                for (path, value) in leaves(name, value) {
                    truth.ever.entry((variable.declared, path.clone())).or_default().insert(value.clone());
                    values.insert(path, value);
                }
            }
            truth.at_line.entry(stop.line).or_default().push(values);
        }
        truth
    }

    /// Judges every value: the one of its line and time, that of another moment, or wrong.
    fn judge(&self, trace: &Trace) -> Seen {
        let mut seen =
            Seen { lines: lines(trace).len(), variables: shown(trace).values().sum(), ..Seen::default() };
        let mut stops: BTreeMap<u64, usize> = BTreeMap::new();
        trace.iter().for_each(|stop| *stops.entry(stop.line).or_default() += 1);
        let mut reached: BTreeMap<u64, usize> = BTreeMap::new();
        for stop in trace {
            let time = reached.entry(stop.line).or_default();
            let all = self.at_line.get(&stop.line).map_or(&[][..], Vec::as_slice);
            // Which of the stops at the line this is can be told if there are as many.
            let now = if all.len() == stops[&stop.line] { &all[*time..=*time] } else { all };
            *time += 1;
            for (name, variable) in stop.variables.iter().filter(|(_, variable)| counts(stop.line, variable))
            {
                let Some(value) = &variable.value else { continue };
                for (path, value) in leaves(name, value) {
                    seen.values += 1;
                    let right = |held: &String| *held == value || UNSET.contains(&held.as_str());
                    if now.iter().any(|values| values.get(&path).is_some_and(right)) {
                        continue;
                    }
                    let ever = self.ever.get(&(variable.declared, path.clone()));
                    let unwritten = self.unwritten == Some(&*value);
                    if unwritten || ever.is_some_and(|ever| ever.contains(&value)) {
                        seen.early_or_late += 1;
                    } else {
                        seen.wrong.insert((stop.line, path), value);
                    }
                }
            }
        }
        seen
    }
}

/// The numbers and texts in a value, each with the way to it.
fn leaves(name: &str, value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![(name.to_owned(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Array(parts) => {
                open.extend(parts.iter().enumerate().map(|(index, part)| (format!("{path}[{index}]"), part)));
            }
            Value::Object(parts) => {
                open.extend(parts.iter().map(|(member, part)| (format!("{path}.{member}"), part)));
            }
            value => found.push((path, value.to_string())),
        }
    }
    found
}
