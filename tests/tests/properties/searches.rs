//! Loops that search: with conditions of every kind on what one or two places hold, with and without a count, near the end of the memory
//! and far from it, they find what wasmi finds, or trap where it does.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use wootz::{CheckStrategy, Config, Engine, OptLevel};

use super::outcomes::{expected, found};
use super::runner;

/// Loops to try, each with several arguments under every configuration.
const CASES: u32 = 150;

/// Bytes of the memory: a page.
const SIZE: usize = 65536;

/// What every byte is that no mark changes.
const FILL: u8 = b'a';

/// What is loaded: the instruction, the type, bytes.
const LOADS: [(&str, &str, i64); 8] = [
    ("i32.load8_u", "i32", 1),
    ("i32.load8_u", "i32", 1),
    ("i32.load8_s", "i32", 1),
    ("i32.load16_u", "i32", 2),
    ("i32.load16_s", "i32", 2),
    ("i32.load", "i32", 4),
    ("i64.load32_u", "i64", 4),
    ("i64.load", "i64", 8),
];

const COMPARISONS: [&str; 10] = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];

/// Which values a condition is of: what the first or the second place holds.
#[derive(Clone, Debug)]
enum Condition {
    /// A comparison with a constant.
    Constant(usize, &'static str, i64),
    /// Of the value plus a constant, maybe without its upper bits, with another.
    Moved(usize, i64, bool, &'static str, i64),
    /// With the needle, which is a parameter.
    Needle(usize, &'static str),
    /// Of both.
    Places(&'static str),
    /// Both, one of them, or the second if the first.
    Both(Box<Condition>, Box<Condition>, &'static str),
    Not(Box<Condition>),
}

/// A way to leave the loop, in its order.
#[derive(Clone, Debug)]
enum Exit {
    If(Condition),
    /// Only looked at if another condition holds.
    Nested(Condition, Condition),
    /// By a `br_table` with the value minus a constant.
    Switch(i64),
    /// When the count is used up, up or down.
    Counted(bool),
}

#[derive(Clone, Debug)]
struct Search {
    wide: bool,
    /// Whether the memory may grow.
    grows: bool,
    load: (&'static str, &'static str, i64),
    /// By how many elements the places move.
    step: i64,
    offsets: [u32; 2],
    exits: Vec<Exit>,
    /// Whether it stores, before the exits or behind them, and what it adds to what the first place holds; else nothing of that.
    store: Option<(bool, i64)>,
    marks: Vec<(usize, u8)>,
    calls: Vec<Call>,
}

#[derive(Clone, Debug)]
struct Call {
    places: [i64; 2],
    /// Where it stores.
    to: i64,
    needle: i64,
    count: i64,
}

fn constants() -> impl Strategy<Value = i64> {
    prop::sample::select(
        &[0, 0, 1, 97, 97, 98, 127, 128, 200, 255, 256, -1, -31, -128, -129, 0x6161, 0x6162, 0x6161_6161][..],
    )
}

fn conditions() -> impl Strategy<Value = Condition> {
    let comparisons = || prop::sample::select(&COMPARISONS[..]);
    let likely = || prop::sample::select(&["eq", "eq", "ne", "lt_u", "gt_s"][..]);
    let place = || 0..2_usize;
    let leaf = prop_oneof![
        3 => (place(), comparisons(), constants()).prop_map(|(place, op, constant)| Condition::Constant(place, op, constant)),
        2 => (place(), prop::sample::select(&[-97, -90, -48, 1, -1, 31][..]), any::<bool>(), comparisons(), prop::sample::select(&[0, 1, 8, 10, 26, 166, 200][..]))
            .prop_map(|(place, moved, masked, op, bound)| Condition::Moved(place, moved, masked, op, bound)),
        2 => (place(), likely()).prop_map(|(place, op)| Condition::Needle(place, op)),
        2 => likely().prop_map(Condition::Places),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), prop::sample::select(&["and", "or", "select"][..]))
                .prop_map(|(a, b, op)| Condition::Both(Box::new(a), Box::new(b), op)),
            inner.prop_map(|condition| Condition::Not(Box::new(condition))),
        ]
    })
}

fn searches() -> impl Strategy<Value = Search> {
    let exits = prop_oneof![
        5 => conditions().prop_map(Exit::If),
        1 => (conditions(), conditions()).prop_map(|(first, second)| Exit::Nested(first, second)),
        1 => prop::sample::select(&[90, 96, 48][..]).prop_map(Exit::Switch),
        2 => any::<bool>().prop_map(Exit::Counted),
    ];
    let near = prop_oneof![
        3 => 0..SIZE as i64,
        3 => (-150..20_i64).prop_map(|distance| SIZE as i64 + distance),
        1 => -20..40_i64,
    ];
    let close = (any::<bool>(), prop_oneof![-20..80_i64, -400..400_i64]);
    let calls = (
        [near.clone(), near.clone()],
        near,
        close,
        constants(),
        prop_oneof![0..40_i64, 0..1000_i64, Just(-1)],
    )
        .prop_map(|(places, to, (is_close, distance), needle, count)| {
            let to = if is_close { places[0] + distance } else { to };
            Call { places, to, needle, count }
        });
    let parts = (
        prop::bool::weighted(0.25),
        any::<bool>(),
        prop::sample::select(&LOADS[..]),
        prop::sample::select(&[1, 1, 1, 1, 1, 1, 2, -1][..]),
        [prop::sample::select(&[0, 0, 0, 1, 8][..]), prop::sample::select(&[0, 0, 1, 4][..])],
        prop::collection::vec(exits, 1..4),
        prop::option::weighted(0.4, (any::<bool>(), prop::sample::select(&[0, 0, 1, -32][..]))),
        prop::collection::vec((0..SIZE, prop::sample::select(&[0, 0, 98, 96, 255, 128, 57][..])), 200..900),
        prop::collection::vec(calls, 8),
    );
    parts.prop_map(|(wide, grows, load, step, offsets, exits, store, marks, calls)| Search {
        wide,
        grows,
        load,
        step,
        offsets,
        exits,
        store,
        marks,
        calls,
    })
}

impl Condition {
    fn text(&self, ty: &str) -> String {
        let value = |place: &usize| format!("(local.get $v{place})");
        match self {
            Self::Constant(place, op, constant) => {
                format!("({ty}.{op} {} ({ty}.const {constant}))", value(place))
            }
            Self::Moved(place, moved, masked, op, bound) => {
                let sum = format!("({ty}.add {} ({ty}.const {moved}))", value(place));
                let sum = if *masked { format!("({ty}.and {sum} ({ty}.const 255))") } else { sum };
                format!("({ty}.{op} {sum} ({ty}.const {bound}))")
            }
            Self::Needle(place, op) => format!("({ty}.{op} {} (local.get $x))", value(place)),
            Self::Places(op) => format!("({ty}.{op} (local.get $v0) (local.get $v1))"),
            Self::Both(a, b, "select") => format!("(select {} (i32.const 0) {})", a.text(ty), b.text(ty)),
            Self::Both(a, b, op) => format!("(i32.{op} {} {})", a.text(ty), b.text(ty)),
            Self::Not(condition) => format!("(i32.eqz {})", condition.text(ty)),
        }
    }
}

impl Search {
    fn module(&self) -> String {
        let (index, wide) = if self.wide { ("i64 ", "i64") } else { ("", "i32") };
        let (load, ty, bytes) = self.load;
        let most = if self.grows { "" } else { " 1" };
        let narrow = match (self.wide, ty) {
            (true, "i32") => "(i32.wrap_i64 (local.get $needle))",
            (false, "i64") => "(i64.extend_i32_s (local.get $needle))",
            _ => "(local.get $needle)",
        };
        let mut text = format!(
            "(module (memory (export \"m\") {index}1{most}) (global $g (export \"g\") (mut i64) (i64.const 0))
  (func (export \"f\") (param $p0 {wide}) (param $p1 {wide}) (param $p2 {wide}) (param $needle {wide}) (param $n {wide}) (result i64)
      (local $v0 {ty}) (local $v1 {ty}) (local $x {ty}) (local $i {wide}) (local $way i64)
    (local.set $x {narrow})
    (global.set $g (i64.const 1))
    (block $out (loop $again
"
        );
        for (place, offset) in self.offsets.iter().enumerate() {
            text += &format!("      (local.set $v{place} ({load} offset={offset} (local.get $p{place})))\n");
        }
        let store = self.store.map(|(is_first, added)| {
            let op = match bytes * 8 {
                32 if ty == "i32" => "i32.store".to_owned(),
                64 => "i64.store".to_owned(),
                bits => format!("{ty}.store{bits}"),
            };
            let value = format!("({ty}.add (local.get $v0) ({ty}.const {added}))");
            (is_first, format!("      ({op} (local.get $p2) {value})\n"))
        });
        text += store
            .iter()
            .filter(|(is_first, _)| *is_first)
            .map(|(_, text)| text.as_str())
            .collect::<String>()
            .as_str();
        for (number, exit) in self.exits.iter().enumerate() {
            let leave = format!("(local.set $way (i64.const {number})) (br $out)");
            text += "      ";
            text += &match exit {
                Exit::If(condition) => format!("(if {} (then {leave}))", condition.text(ty)),
                Exit::Nested(first, second) => {
                    format!("(if {} (then (if {} (then {leave}))))", first.text(ty), second.text(ty))
                }
                Exit::Switch(from) => {
                    let value = format!("({ty}.sub (local.get $v0) ({ty}.const {from}))");
                    let value = if ty == "i64" { format!("(i32.wrap_i64 {value})") } else { value };
                    format!("(block $on (br_table $out $on $on $out $on {value}))")
                }
                Exit::Counted(true) => {
                    format!("(if ({wide}.ge_u (local.get $i) (local.get $n)) (then {leave}))")
                }
                Exit::Counted(false) => {
                    let less = format!("(local.tee $n ({wide}.sub (local.get $n) ({wide}.const 1)))");
                    format!("(if ({wide}.eqz {less}) (then {leave}))")
                }
            };
            text += "\n";
        }
        text += store
            .iter()
            .filter(|(is_first, _)| !is_first)
            .map(|(_, text)| text.as_str())
            .collect::<String>()
            .as_str();
        let way = self.step * bytes;
        for place in 0..3 {
            text += &format!(
                "      (local.set $p{place} ({wide}.add (local.get $p{place}) ({wide}.const {way})))\n"
            );
        }
        let long = |name: &str, of: &str| match of {
            "i64" => format!("(local.get ${name})"),
            _ => format!("(i64.extend_i32_u (local.get ${name}))"),
        };
        text += &format!("      (local.set $i ({wide}.add (local.get $i) ({wide}.const 1)))
      (br $again)))
    (global.set $g {})
    (i64.add (i64.mul {} (i64.const 1000003)) (i64.add (i64.mul {} (i64.const 31)) (i64.add {} (i64.add {} (local.get $way))))))
  (func (export \"grow\") (drop (memory.grow ({wide}.const 1)))))",
            long("v1", ty), long("i", wide), long("p0", wide), long("v0", ty), long("n", wide)
        );
        text
    }

    fn memory(&self) -> Vec<u8> {
        let mut memory = vec![FILL; SIZE];
        for (place, byte) in &self.marks {
            memory[*place] = *byte;
        }
        memory
    }
}

fn check(engines: &[Engine], case: &Search) -> Result<(), TestCaseError> {
    let wasm = wat::parse_str(case.module()).expect("the text is a module");
    let memory = case.memory();
    let calls: Vec<_> = case
        .calls
        .iter()
        .map(|call| vec![call.places[0], call.places[1], call.to, call.needle, call.count])
        .collect();
    let expected = expected(&wasm, &memory, &calls);
    for engine in engines {
        let found = found(engine, &wasm, &memory, &calls);
        for ((call, expected), found) in calls.iter().zip(&expected).zip(&found) {
            prop_assert!(
                found == expected,
                "{:?} {} instead of {:?} {} for {call:?} under {:?}\n{}",
                found.result,
                found.global,
                expected.result,
                expected.global,
                engine.config(),
                case.module()
            );
        }
    }
    Ok(())
}

#[test]
fn searches_end_and_trap_as_they_should() {
    let engines: Vec<_> = [CheckStrategy::Guard, CheckStrategy::Explicit]
        .into_iter()
        .map(|checks| Engine::new(&Config::new().checks(checks).opt_level(OptLevel::O2)))
        .collect();
    let result = runner(CASES).run(&searches(), |case| check(&engines, &case));
    if let Err(error) = result {
        panic!("{error}");
    }
}
