//! Differential tests: random modules in Wootz under every strategy and level and in engines that share nothing with it.
//! `docs/fuzzing.md` says what is compared, and what is not and why.
//!
//! | file | is |
//! |---|---|
//! | `smith` | modules of wasm-smith: anything that validates |
//! | `program` | small programs that do what matters: accesses near the end of a memory, loops, calls, traps after effects |
//! | `damage` | modules and images with wrong bytes, which must be refused or compile |
//! | `plan` | which exports are called with which arguments |
//! | `ours`, `theirs`, `wasmtime` | Wootz, wasmi and wasmtime as judges; `driver.py` is wasmtime's side of the talk |
//! | `observation` | what a run shows, and how two runs differ |
//! | `shrink` | a smaller case with the same difference |
//! | `random` | random numbers by seed |
//!
//! A case is a list of bytes from which a generator makes its decisions, so all generators are reduced in the same
//! way: by taking bytes away. `cargo xtask fuzz` runs cases in processes of their own; `cargo test` runs a few.

mod damage;
mod observation;
mod ours;
mod plan;
mod program;
mod random;
pub mod shrink;
mod smith;
mod theirs;
mod wasmtime;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Context as _;

pub use observation::{Comparison, Contents, Observation, Stop, Value, compare};
pub use random::Random;

/// Bytes of a page.
const PAGE: u64 = 65536;
/// The host function that generated programs tell of their progress, by module and name.
const NOTE: (&str, &str) = ("host", "note");
/// The exported global that bounds how many functions a generated program calls; set before each call.
const FUEL_GLOBAL: &str = "fuel";
const FUEL: i32 = 150;

/// Where modules come from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Generator {
    /// wasm-smith.
    Smith,
    /// wasm-smith with relaxed vector instructions.
    Relaxed,
    /// Our own.
    Program,
    /// Either, with some bytes of the module replaced.
    Damaged,
}

impl Generator {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Smith, Self::Relaxed, Self::Program, Self::Damaged];

    /// What a case's file ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Smith => "smith",
            Self::Relaxed => "relaxed",
            Self::Program => "program",
            Self::Damaged => "damaged",
        }
    }
}

/// A random module before it is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Which generator reads the bytes.
    pub generator: Generator,
    /// What it decides by.
    pub entropy: Vec<u8>,
}

impl Case {
    /// A case of a run.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut random = Random::of_case(seed, number);
        let (generator, most) = match random.below(8) {
            0 | 1 => (Generator::Smith, 4096),
            2 => (Generator::Relaxed, 4096),
            3 => (Generator::Damaged, 1536),
            _ => (Generator::Program, 1536),
        };
        let count = 256 + random.below(most) as usize;
        Self { generator, entropy: random.bytes(count) }
    }
}

/// Which engines Wootz is compared with.
#[derive(Copy, Clone, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Oracles {
    /// wasmi, and wasmtime if there is one.
    Auto,
    /// wasmi alone.
    Wasmi,
    /// wasmtime alone, which must be there.
    Wasmtime,
}

/// What the judges say of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// How the runs compare.
    pub comparison: Comparison,
    /// Whether wasmi ran it.
    pub wasmi: bool,
    /// Whether wasmtime ran it.
    pub wasmtime: bool,
    /// How wasmi differs, where wasmtime agrees with Wootz.
    pub alone: Option<String>,
}

/// Everything that runs modules.
pub struct Judges {
    ours: ours::Configurations,
    wasmi: Option<theirs::Wasmi>,
    wasmtime: Option<RefCell<wasmtime::Wasmtime>>,
}

impl Judges {
    /// Wootz and these.
    ///
    /// # Errors
    /// If wasmtime is asked for and there is none.
    pub fn new(oracles: Oracles) -> anyhow::Result<Self> {
        let wasmi = (oracles != Oracles::Wasmtime).then(theirs::Wasmi::default);
        let wasmtime = match oracles {
            Oracles::Wasmi => None,
            Oracles::Auto => wasmtime::Wasmtime::start().ok(),
            Oracles::Wasmtime => Some(wasmtime::Wasmtime::start().context("wasmtime cannot be a judge")?),
        };
        Ok(Self { ours: ours::Configurations::default(), wasmi, wasmtime: wasmtime.map(RefCell::new) })
    }

    /// Their names.
    pub fn names(&self) -> String {
        let names = [(self.wasmi.is_some(), "wasmi"), (self.wasmtime.is_some(), "wasmtime")];
        let names: Vec<&str> = names.into_iter().filter(|(there, _)| *there).map(|(_, name)| name).collect();
        names.join(" and ")
    }

    /// Makes a case's module and runs it everywhere, or says that a damaged one is refused or compiles. `None` if its bytes
    /// stand for none.
    pub fn judge_case(&self, case: &Case) -> Option<Verdict> {
        let alone = |comparison| Some(Verdict { comparison, wasmi: false, wasmtime: false, alone: None });
        match module(case) {
            Ok(None) => None,
            Ok(Some(wasm)) if case.generator == Generator::Damaged => alone(damage::judge(&self.ours, &wasm)),
            Ok(Some(wasm)) => Some(self.judge(&wasm)),
            Err(error) => alone(Comparison::Different(format!("the generator's text is no module: {error}"))),
        }
    }

    /// Runs a module everywhere and compares. All of Wootz's configurations are compared with each other engine.
    pub fn judge(&self, wasm: &[u8]) -> Verdict {
        self.judge_pair(wasm, wasm)
    }

    /// Runs one module in Wootz and another in the others: with two that differ, a test of the comparison itself.
    pub fn judge_pair(&self, ours: &[u8], theirs: &[u8]) -> Verdict {
        let mut verdict =
            Verdict { comparison: Comparison::Same, wasmi: false, wasmtime: false, alone: None };
        if let Err(what) = self.run(ours, theirs, &mut verdict) {
            verdict.comparison = Comparison::Different(what);
        }
        verdict
    }

    fn run(&self, ours: &[u8], theirs: &[u8], verdict: &mut Verdict) -> Result<(), String> {
        let configurations = self.ours.of(ours);
        let [first, rest @ ..] = configurations.as_slice() else { return Err("no configuration".to_owned()) };
        let module = first.compile(ours)?;
        let calls = plan::calls(&module);
        let own = first.observe(&module, &calls)?;
        let mut expected = vec![];
        if let Some(wasmi) = self.wasmi.as_ref().filter(|wasmi| wasmi.accepts(theirs)) {
            // wasmi has bugs of its own: 2.0.0 panics on some stores.
            match catch_unwind(AssertUnwindSafe(|| wasmi.observe(theirs, &calls))) {
                Ok(Ok(observation)) => expected.push(("wasmi", observation)),
                Ok(Err(error)) => return Err(format!("wasmi refuses the module: {error}")),
                Err(_) => verdict.comparison = Comparison::Inconclusive,
            }
        }
        if let Some(wasmtime) = &self.wasmtime {
            match wasmtime
                .borrow_mut()
                .observe(theirs, &calls)
                .map_err(|error| format!("wasmtime: {error:#}"))?
            {
                wasmtime::Outcome::Ran(observation) => expected.push(("wasmtime", observation)),
                wasmtime::Outcome::Refused(why) => return Err(format!("wasmtime refuses the module: {why}")),
                wasmtime::Outcome::Failed => verdict.comparison = Comparison::Inconclusive,
            }
        }
        verdict.wasmi = expected.iter().any(|(name, _)| *name == "wasmi");
        verdict.wasmtime = expected.iter().any(|(name, _)| *name == "wasmtime");
        verdict.alone = outvoted(&own, &mut expected);
        // Where no other engine runs it, Wootz is compared with itself at least.
        if expected.is_empty() {
            expected.push((first.name.as_str(), own.clone()));
        }
        let mut check = |name: &str, observed: &Observation| {
            for (other, expected) in &expected {
                match compare(observed, expected) {
                    Comparison::Same => {}
                    Comparison::Inconclusive => verdict.comparison = Comparison::Inconclusive,
                    Comparison::Different(what) => return Err(format!("{name} and {other}: {what}")),
                }
            }
            Ok(())
        };
        check(&first.name, &own)?;
        for judge in rest {
            check(&judge.name, &judge.run(ours, &calls)?)?;
        }
        Ok(())
    }
}

/// Takes wasmi out of the judges if it differs and wasmtime does not, and says how it differs.
fn outvoted(own: &Observation, judges: &mut Vec<(&str, Observation)>) -> Option<String> {
    let [(_, wasmi), (_, wasmtime)] = judges.as_slice() else { return None };
    let Comparison::Different(what) = compare(own, wasmi) else { return None };
    if compare(own, wasmtime) != Comparison::Same {
        return None;
    }
    judges.remove(0);
    Some(what)
}

/// The module of a case. `None` if its bytes stand for none.
///
/// # Errors
/// If our generator made a text that is not a module.
pub fn module(case: &Case) -> anyhow::Result<Option<Vec<u8>>> {
    match case.generator {
        Generator::Smith => Ok(smith::module(&case.entropy)),
        Generator::Relaxed => smith::relaxed(&case.entropy),
        Generator::Program => Ok(Some(wat::parse_str(program::text(&case.entropy))?)),
        Generator::Damaged => damage::module(&case.entropy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasmi_is_outvoted_by_wasmtime_and_by_nobody_else() {
        let seen = |note| Observation { notes: vec![note], ..Observation::default() };
        let against = |wasmi, wasmtime: Option<i64>| {
            let mut judges = vec![("wasmi", seen(wasmi))];
            judges.extend(wasmtime.map(|note| ("wasmtime", seen(note))));
            (outvoted(&seen(1), &mut judges).is_some(), judges.len())
        };
        assert_eq!(against(2, Some(1)), (true, 1));
        assert_eq!(against(2, Some(2)), (false, 2));
        assert_eq!(against(1, Some(2)), (false, 2));
        assert_eq!(against(2, None), (false, 1));
    }
}
