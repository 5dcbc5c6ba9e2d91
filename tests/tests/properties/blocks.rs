//! Accesses of the same few addresses one after another, around the end of a memory that may grow between them, with other effects and traps
//! among them: the first that is outside traps, at its place, with all effects before it and none after it. What is expected comes from a few lines over
//! a `Vec<u8>`, and the place from code without optimisation.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use wootz::{CheckStrategy, Config, Engine, Instance, Module, OptLevel, Store, Trap, TrapCode, Val};

use super::runner;

/// Functions to try, each with several arguments under every configuration.
const CASES: u32 = 40;

/// Bytes of a page.
const PAGE: usize = 65536;
/// Pages that the memory may have.
const MOST_PAGES: usize = 2;

#[derive(Clone, Debug)]
enum Step {
    /// Adds bytes to the sum.
    Load(Place),
    /// Writes the sum's low bytes.
    Store(Place),
    /// Divides the sum by a parameter.
    Divide,
    /// Sets the global to the sum.
    Global,
    /// Adds a page, if there may be one more.
    Grow,
}

#[derive(Clone, Debug)]
struct Place {
    /// Which of the two parameters that are addresses.
    base: usize,
    offset: usize,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Case {
    wide: bool,
    pages: usize,
    /// Each, and whether it is taken only if the sum is even.
    steps: Vec<(Step, bool)>,
    calls: Vec<Call>,
}

#[derive(Clone, Debug)]
struct Call {
    bases: [i64; 2],
    divisor: i64,
}

fn steps() -> impl Strategy<Value = (Step, bool)> {
    let offsets = prop::sample::select(&[0, 1, 4, 8, 12, 16, 24, 40, 56, 60, 64, 200, 65536][..]);
    let bytes = prop::sample::select(&[1, 2, 4, 8][..]);
    let places = || {
        (0..2_usize, offsets.clone(), bytes.clone()).prop_map(|(base, offset, bytes)| Place {
            base,
            offset,
            bytes,
        })
    };
    let step = prop_oneof![
        8 => places().prop_map(Step::Load),
        8 => places().prop_map(Step::Store),
        1 => Just(Step::Divide),
        2 => Just(Step::Global),
        1 => Just(Step::Grow),
    ];
    (step, prop::bool::weighted(0.1))
}

fn cases() -> impl Strategy<Value = Case> {
    let near = prop_oneof![
        6 => (PAGE as i64 - 80)..PAGE as i64 + 10,
        2 => (2 * PAGE as i64 - 80)..2 * PAGE as i64 + 10,
        2 => 0..300_i64,
        1 => -20..0_i64,
    ];
    let divisors = prop::sample::select(&[0, 3, 3, 3][..]);
    let calls = ([near.clone(), near], divisors).prop_map(|(bases, divisor)| Call { bases, divisor });
    let parts = (
        prop::bool::weighted(0.3),
        prop::sample::select(&[0_usize, 1, 1, 1][..]),
        prop::collection::vec(steps(), 2..14),
        prop::collection::vec(calls, 8),
    );
    parts.prop_map(|(wide, pages, steps, calls)| Case { wide, pages, steps, calls })
}

impl Case {
    fn address_type(&self) -> &'static str {
        if self.wide { "i64" } else { "i32" }
    }

    fn module(&self) -> String {
        let ty = self.address_type();
        let memory = if self.wide { "i64 " } else { "" };
        let mut text = format!(
            "(module (memory (export \"m\") {memory}{} {MOST_PAGES}) (global $g (export \"g\") (mut i64) (i64.const 0))\n\
             (func (export \"f\") (param $b0 {ty}) (param $b1 {ty}) (param $d i64) (result i64) (local $sum i64)\n",
            self.pages
        );
        for (step, conditional) in &self.steps {
            let step = step.text(ty);
            let line = if *conditional {
                format!("(if (i64.eqz (i64.and (local.get $sum) (i64.const 1))) (then {step}))")
            } else {
                step
            };
            writeln!(text, "  {line}").expect("a string");
        }
        text + "  (local.get $sum)))"
    }

    /// What a call leaves.
    fn expected(&self, call: &Call) -> Left {
        let bytes = |pages: usize| (0..pages * PAGE).map(byte).collect::<Vec<_>>();
        let mut left = Left { result: Ok(0), global: 0, memory: bytes(self.pages) };
        let mut sum: i64 = 0;
        for (step, conditional) in &self.steps {
            if *conditional && sum & 1 == 1 {
                continue;
            }
            match step {
                Step::Load(place) | Step::Store(place) => {
                    let Some(range) = self.range(place, call, left.memory.len()) else {
                        left.result = Err(TrapCode::MemoryOutOfBounds);
                        return left;
                    };
                    let bytes = &mut left.memory[range];
                    if matches!(step, Step::Store(_)) {
                        bytes.copy_from_slice(&sum.to_le_bytes()[..place.bytes]);
                    } else {
                        let mut number = [0; 8];
                        number[..place.bytes].copy_from_slice(bytes);
                        sum = sum.wrapping_add(i64::from_le_bytes(number));
                    }
                }
                Step::Divide if call.divisor == 0 => {
                    left.result = Err(TrapCode::IntegerDivideByZero);
                    return left;
                }
                Step::Divide => sum = (sum as u64 / call.divisor as u64) as i64,
                Step::Global => left.global = sum,
                Step::Grow => {
                    let length = left.memory.len() + PAGE;
                    left.memory.resize(length.min(MOST_PAGES * PAGE), 0);
                }
            }
        }
        left.result = Ok(sum);
        left
    }

    /// The bytes that an access is of, if the memory has them.
    fn range(&self, place: &Place, call: &Call, length: usize) -> Option<std::ops::Range<usize>> {
        let base = call.bases[place.base];
        let base = if self.wide { base as u64 } else { u64::from(base as u32) };
        let start = u128::from(base) + place.offset as u128;
        let end = start + place.bytes as u128;
        (end <= length as u128).then_some(start as usize..end as usize)
    }
}

impl Step {
    fn text(&self, ty: &str) -> String {
        let bits = |bytes: &usize| if *bytes == 8 { String::new() } else { (bytes * 8).to_string() };
        match self {
            Self::Load(Place { base, offset, bytes }) => {
                let sign = if *bytes == 8 { "" } else { "_u" };
                let load = format!("i64.load{}{sign}", bits(bytes));
                format!(
                    "(local.set $sum (i64.add (local.get $sum) ({load} offset={offset} (local.get $b{base}))))"
                )
            }
            Self::Store(Place { base, offset, bytes }) => {
                format!("(i64.store{} offset={offset} (local.get $b{base}) (local.get $sum))", bits(bytes))
            }
            Self::Divide => "(local.set $sum (i64.div_u (local.get $sum) (local.get $d)))".into(),
            Self::Global => "(global.set $g (local.get $sum))".into(),
            Self::Grow => format!("(drop (memory.grow ({ty}.const 1)))"),
        }
    }
}

/// What a call leaves.
#[derive(PartialEq, Debug)]
struct Left {
    result: Result<i64, TrapCode>,
    global: i64,
    memory: Vec<u8>,
}

fn byte(index: usize) -> u8 {
    (index as u8).wrapping_mul(41) ^ (index >> 8) as u8
}

/// What the call leaves in a new instance, and the trap.
fn found(case: &Case, module: &Module, engine: &Engine, call: &Call) -> (Left, Option<Trap>) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).expect("nothing is imported");
    let memory = instance.get_memory(&store, "m").expect("exported");
    memory.data_mut(&mut store).iter_mut().enumerate().for_each(|(index, to)| *to = byte(index));
    let address = |base: i64| if case.wide { Val::I64(base) } else { Val::I32(base as i32) };
    let arguments = [address(call.bases[0]), address(call.bases[1]), Val::I64(call.divisor)];
    let called = instance.get_func(&store, "f").expect("exported").call(&mut store, &arguments);
    let trap = called.as_ref().err().map(|error| error.trap().expect("a trap").clone());
    let result = match (&called, &trap) {
        (Ok(values), _) => Ok(int(&values[0])),
        (Err(_), Some(trap)) => Err(trap.code),
        (Err(error), None) => panic!("{error}"),
    };
    let global = int(&instance.get_global(&store, "g").expect("exported").get(&store));
    (Left { result, global, memory: memory.data(&store).to_vec() }, trap)
}

fn int(value: &Val) -> i64 {
    match value {
        Val::I64(value) => *value,
        other => panic!("{other:?} is no i64"),
    }
}

/// Compares engines, each with whether it says where a trap is as exactly as the first. A guarded load that becomes a part of the addition
/// behind it has that one's place.
fn check(engines: &[(Engine, bool)], case: &Case) -> Result<(), TestCaseError> {
    let wasm = wat::parse_str(case.module()).expect("the text is a module");
    let mut places = Vec::new();
    for (engine, is_placed) in engines {
        let module = Module::new(engine, &wasm).expect("the module is valid");
        for (number, call) in case.calls.iter().enumerate() {
            let what = || format!("{call:?} under {:?}\n{}", engine.config(), case.module());
            let expected = case.expected(call);
            let (left, trap) = found(case, &module, engine, call);
            prop_assert_eq!((left.result, left.global), (expected.result, expected.global), "{}", what());
            prop_assert_eq!(left.memory.len(), expected.memory.len(), "{}", what());
            let changed =
                left.memory.iter().zip(&expected.memory).position(|(found, wanted)| found != wanted);
            prop_assert_eq!(changed, None, "a byte of memory after {}", what());
            let place = trap.map(|trap| trap.frames.iter().map(|frame| frame.offset).collect::<Vec<_>>());
            if places.len() == number {
                places.push(place);
            } else if *is_placed {
                prop_assert_eq!(&place, &places[number], "the place of the trap after {}", what());
            }
        }
    }
    Ok(())
}

#[test]
fn the_first_access_outside_traps() {
    let engine = |checks, opt| Engine::new(&Config::new().checks(checks).opt_level(opt));
    let engines = [
        (engine(CheckStrategy::Explicit, OptLevel::O0), true),
        (engine(CheckStrategy::Explicit, OptLevel::O1), true),
        (engine(CheckStrategy::Explicit, OptLevel::O2), true),
        (engine(CheckStrategy::Guard, OptLevel::O2), false),
    ];
    let result = runner(CASES).run(&cases(), |case| check(&engines, &case));
    if let Err(error) = result {
        panic!("{error}");
    }
}
