//! Differential tests: random modules in Wootz under every strategy and level and in an engine that shares nothing with it.
//!
//! | file | is |
//! |---|---|
//! | `smith` | modules of wasm-smith: anything that validates |
//! | `program` | small programs that do what matters: accesses near the end of a memory, loops, calls, traps after effects |
//! | `plan` | which exports are called with which arguments |
//! | `ours`, `theirs` | Wootz and wasmi as judges |
//! | `observation` | what a run shows, and how two runs differ |
//! | `shrink` | a smaller case with the same difference |
//! | `random` | random numbers by seed |
//!
//! A case is a list of bytes from which a generator makes its decisions, so both generators are reduced in the same
//! way: by taking bytes away. `cargo xtask fuzz` runs cases in processes of their own; `cargo test` runs a few.

mod observation;
mod ours;
mod plan;
mod program;
mod random;
pub mod shrink;
mod smith;
mod theirs;

use std::panic::{AssertUnwindSafe, catch_unwind};

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
    /// Our own.
    Program,
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
        let (generator, most) =
            if random.below(3) == 0 { (Generator::Smith, 4096) } else { (Generator::Program, 1536) };
        let count = 256 + random.below(most) as usize;
        Self { generator, entropy: random.bytes(count) }
    }
}

/// Everything that runs modules.
pub struct Judges {
    ours: Vec<ours::Ours>,
    theirs: theirs::Wasmi,
    smith: wasm_smith::Config,
}

impl Default for Judges {
    fn default() -> Self {
        let mut judges = Self {
            ours: ours::all(),
            theirs: theirs::Wasmi::default(),
            smith: wasm_smith::Config::default(),
        };
        judges.smith = smith::config(&judges);
        judges
    }
}

impl Judges {
    /// Whether every judge takes a module.
    fn accept(&self, wasm: &[u8]) -> bool {
        self.theirs.accepts(wasm) && self.ours.iter().all(|ours| ours.engine.validate_binary(wasm).is_ok())
    }

    /// The module of a case. `None` if its bytes stand for none.
    ///
    /// # Errors
    /// If our generator made a text that is not a module.
    pub fn module(&self, case: &Case) -> anyhow::Result<Option<Vec<u8>>> {
        match case.generator {
            Generator::Smith => Ok(smith::module(&self.smith, &case.entropy)),
            Generator::Program => Ok(Some(wat::parse_str(program::text(&case.entropy))?)),
        }
    }

    /// Runs a module everywhere and compares. All of Wootz's configurations are compared with wasmi.
    pub fn judge(&self, wasm: &[u8]) -> Comparison {
        self.judge_pair(wasm, wasm)
    }

    /// Runs one module in Wootz and another in wasmi: with two that differ, a test of the comparison itself.
    pub fn judge_pair(&self, ours: &[u8], theirs: &[u8]) -> Comparison {
        let calls = match self.ours[0].calls(ours) {
            Ok(calls) => calls,
            Err(error) => return Comparison::Different(format!("wootz refuses the module: {error}")),
        };
        // wasmi has bugs of its own: 2.0.0 panics on some stores. Wootz is then compared with itself at least.
        let theirs = catch_unwind(AssertUnwindSafe(|| self.theirs.observe(theirs, &calls)));
        let mut inconclusive = theirs.is_err();
        let expected = match theirs {
            Ok(observed) => observed.map_err(|error| format!("wasmi refuses the module: {error}")),
            Err(_) => self.ours[0].observe(ours, &calls).map_err(|error| format!("wootz fails: {error}")),
        };
        let expected = match expected {
            Ok(expected) => expected,
            Err(what) => return Comparison::Different(what),
        };
        for judge in &self.ours {
            let observed = match judge.observe(ours, &calls) {
                Ok(observed) => observed,
                Err(error) => return Comparison::Different(format!("{} fails: {error}", judge.name)),
            };
            match compare(&observed, &expected) {
                Comparison::Same => {}
                Comparison::Inconclusive => inconclusive = true,
                Comparison::Different(what) => {
                    return Comparison::Different(format!("{} and wasmi: {what}", judge.name));
                }
            }
        }
        if inconclusive { Comparison::Inconclusive } else { Comparison::Same }
    }
}
