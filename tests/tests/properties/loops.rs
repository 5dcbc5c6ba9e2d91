//! Loops over arrays around the ends of a memory, with steps of every kind, do what wasmi says they do: the same result or
//! trap, the same memory and globals after it. Both copies of a versioned loop are reached, and neither at the wrong time.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use wootz::{CheckStrategy, Config, Engine, OptLevel};

use super::outcomes::{expected, found};
use super::runner;

/// Loops to try, each with several arguments under every configuration.
const CASES: u32 = 80;

/// Bytes of the memory: a page.
const SIZE: i64 = 65536;

/// An access of an array: `base + (i << scale) + constant`, and a static offset.
#[derive(Clone, Debug)]
struct Access {
    /// Number of the base, a parameter.
    base: usize,
    scale: u32,
    constant: i32,
    offset: u32,
    /// Bits of an integer, `128` of a vector, or `32x8` of bytes that a load makes a vector of.
    width: &'static str,
    stores: bool,
    /// Whether it is made only in some repetitions.
    conditional: bool,
}

/// How the loop ends.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Test {
    Counts,
    Differs,
    Compares(&'static str),
}

/// A loop: `for (i = first; i TEST last; i += step) { accesses }`.
#[derive(Clone, Debug)]
struct Loop {
    /// Whether the memory's addresses have 64 bits, and all that they are computed from.
    wide: bool,
    step: i32,
    /// Whether the step is a parameter.
    variable_step: bool,
    test: Test,
    /// Whether the test comes before the accesses, else after them, or between.
    test_at: usize,
    accesses: Vec<Access>,
    unrolled: Unrolled,
    outer: Option<Outer>,
    arguments: Vec<Arguments>,
}

/// What a producer makes of a loop: copies of its body, one after the other, in each repetition.
#[derive(Copy, Clone, Debug)]
struct Unrolled {
    copies: i32,
    /// Whether every other copy branches the other way round.
    inverted: bool,
    /// Added to the addresses of the last copy, which is none then.
    odd: i32,
}

/// A loop around: `for (row = 0; row < rows; row++)`, which moves all bases by a pitch.
#[derive(Copy, Clone, Debug)]
struct Outer {
    /// Whether an address is computed from the number of the row, else bases are moved.
    multiplies: bool,
    /// Whether the pitch is a parameter.
    variable_pitch: bool,
    pitch: i32,
    rows: i32,
    /// Whether the first access is made once more behind the inner loop, as for what a producer leaves over.
    has_rest: bool,
    /// Whether with this many rows the inner loop is left out.
    without: i32,
}

#[derive(Clone, Debug)]
struct Arguments {
    bases: [i32; 3],
    first: i32,
    trips: i32,
    /// Added to the limit, so that an exact test may be missed.
    slack: i32,
}

fn accesses() -> impl Strategy<Value = Access> {
    let widths = prop::sample::select(&["8", "16", "", "64", "128", "32x8"][..]);
    let constants = prop::sample::select(&[0, 0, 0, 1, 4, -4, 8, 100, -8][..]);
    let offsets = prop::sample::select(&[0, 0, 0, 4, 8, 64, 65528][..]);
    (0..3_usize, 0..4_u32, constants, offsets, widths, any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(base, scale, constant, offset, width, stores, conditional)| Access {
            base,
            scale,
            constant,
            offset,
            width,
            stores,
            conditional,
        },
    )
}

fn arguments() -> impl Strategy<Value = Arguments> {
    let near = prop_oneof![
        4 => 0..60_000_i32,
        4 => (-600..40_i32).prop_map(|distance| SIZE as i32 + distance),
        2 => -300..300_i32,
        1 => any::<i32>(),
    ];
    let bases = [near.clone(), near.clone(), near];
    let first = prop::sample::select(&[0, 0, 0, 1, -1, 40, i32::MAX - 3, i32::MIN + 3, -3][..]);
    let trips = prop_oneof![0..4_i32, 0..70_i32, 500..700_i32];
    (bases, first, trips, prop::sample::select(&[0, 0, 0, 0, 1, -1][..]))
        .prop_map(|(bases, first, trips, slack)| Arguments { bases, first, trips, slack })
}

fn loops() -> impl Strategy<Value = Loop> {
    let steps = prop::sample::select(&[1, 1, 1, -1, 2, 4, -4, 3, 8, -5][..]);
    let tests = prop::sample::select(
        &[
            Test::Counts,
            Test::Counts,
            Test::Differs,
            Test::Differs,
            Test::Compares("lt_s"),
            Test::Compares("lt_u"),
            Test::Compares("le_s"),
            Test::Compares("le_u"),
        ][..],
    );
    let parts = (
        prop::bool::weighted(0.3),
        steps,
        prop::bool::weighted(0.2),
        tests,
        0..3_usize,
        prop::collection::vec(accesses(), 1..4),
        prop::collection::vec(arguments(), 6),
    );
    parts.prop_map(|(wide, step, variable_step, test, test_at, accesses, arguments)| Loop {
        wide,
        step,
        variable_step,
        test,
        test_at,
        accesses,
        unrolled: Unrolled { copies: 1, inverted: false, odd: 0 },
        outer: None,
        arguments,
    })
}

/// Loops that a producer has unrolled, with branches in them.
fn unrolled() -> impl Strategy<Value = Loop> {
    let copies = (2..5_i32, any::<bool>(), prop::sample::select(&[0, 0, 0, 0, 0, 1, 4, -4][..]));
    (loops(), copies, 0..3_usize).prop_map(|(mut case, (copies, inverted, odd), conditional)| {
        case.variable_step = false;
        case.test_at = usize::MAX;
        case.unrolled = Unrolled { copies, inverted, odd };
        let conditional = conditional % case.accesses.len();
        case.accesses[conditional].conditional = true;
        case
    })
}

/// Loops in loops, which one check is made for.
fn nests() -> impl Strategy<Value = Loop> {
    let outer = (
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(&[0, 8, 64, 64, 512, 100, 4096, -64, -1000][..]),
        1..14_i32,
        any::<bool>(),
        0..14_i32,
    );
    (loops(), outer).prop_map(|(mut case, (multiplies, variable_pitch, pitch, rows, has_rest, without))| {
        case.outer = Some(Outer { multiplies, variable_pitch, pitch, rows, has_rest, without });
        // What has branches in its inner loop is no nest.
        case.accesses.iter_mut().for_each(|access| access.conditional = false);
        case
    })
}

impl Loop {
    fn module(&self) -> String {
        let ty = if self.wide { "i64" } else { "i32" };
        let index = if self.wide { "i64 " } else { "" };
        let step = if self.variable_step {
            "(local.get $step)".to_owned()
        } else {
            format!("({ty}.const {})", self.way())
        };
        let ends = match self.test {
            Test::Counts => format!("({ty}.eqz (local.tee $n ({ty}.sub (local.get $n) ({ty}.const 1))))"),
            Test::Differs => format!("(i32.eqz ({ty}.ne (local.get $i) (local.get $last)))"),
            Test::Compares(op) => {
                let op = if self.step > 0 { op.to_owned() } else { op.replace('l', "g") };
                format!("(i32.eqz ({ty}.{op} (local.get $i) (local.get $last)))")
            }
        };
        let test = format!("    (br_if $out {ends})\n");
        let mut text = format!(
            "(module (memory (export \"m\") {index}1 1) (global $g (export \"g\") (mut i64) (i64.const 0))
  (func (export \"f\") (param $b0 {ty}) (param $b1 {ty}) (param $b2 {ty}) (param $i {ty}) (param $last {ty}) (param $n {ty})
      (param $step {ty}) (param $rows {ty}) (param $pitch {ty}) (result i64) (local $sum i64) (local $vector v128)
      (local $row i32) (local $first {ty}) (local $count {ty}) (local $way {ty})
    (global.set $g (i64.const 1))
"
        );
        if let Some(outer) = &self.outer {
            text += "    (local.set $first (local.get $i)) (local.set $count (local.get $n))
    (loop $next (local.set $i (local.get $first)) (local.set $n (local.get $count))\n";
            if outer.multiplies {
                let row = if self.wide { "(i64.extend_i32_u (local.get $row))" } else { "(local.get $row)" };
                let _ = writeln!(text, "    (local.set $way ({ty}.mul {row} {}))", self.pitch(outer));
            }
            let _ = writeln!(
                text,
                "    (block $out (br_if $out ({ty}.eq (local.get $rows) ({ty}.const {}))) (loop $again",
                outer.without
            );
        } else {
            text += "    (block $out (loop $again\n";
        }
        for copy in 0..self.unrolled.copies {
            for (position, access) in self.accesses.iter().enumerate() {
                if position == self.test_at {
                    text += &test;
                }
                text += &self.access(access, copy, ty);
            }
        }
        let _ = writeln!(text, "    (local.set $i ({ty}.add (local.get $i) {step}))");
        if self.test_at >= self.accesses.len() {
            text += &test;
        }
        let last = if self.wide { "(local.get $i)" } else { "(i64.extend_i32_u (local.get $i))" };
        text += "    (br $again)))\n";
        if let Some(outer) = &self.outer {
            text += &self.after_row(outer);
        }
        text += "    (global.set $g (i64.const 2))
    (local.set $sum (i64.xor (i64.add (local.get $sum) (i64x2.extract_lane 0 (local.get $vector)))
      (i64x2.extract_lane 1 (local.get $vector))))
    ;; What traps or not after the loop must find its effects done.
    (local.set $sum (i64.add (local.get $sum) (i64.load8_u (local.get $b1))))
    (i64.store8 (local.get $b0) (local.get $sum))
    (global.set $g (local.get $sum))\n";
        let _ = writeln!(text, "    (i64.add (local.get $sum) {last})))");
        text
    }

    fn pitch(&self, outer: &Outer) -> String {
        let ty = if self.wide { "i64" } else { "i32" };
        if outer.variable_pitch {
            "(local.get $pitch)".to_owned()
        } else {
            format!("({ty}.const {})", outer.pitch)
        }
    }

    /// What stands behind the inner loop.
    fn after_row(&self, outer: &Outer) -> String {
        let ty = if self.wide { "i64" } else { "i32" };
        let mut text = String::new();
        if outer.has_rest {
            text += &self.access(&self.accesses[0], 0, ty);
        }
        if !outer.multiplies {
            for base in 0..3 {
                let pitch = self.pitch(outer);
                let _ = writeln!(text, "    (local.set $b{base} ({ty}.add (local.get $b{base}) {pitch}))");
            }
        }
        text += "    (local.set $row (i32.add (local.get $row) (i32.const 1)))\n";
        let row = if self.wide { "(i64.extend_i32_u (local.get $row))" } else { "(local.get $row)" };
        let _ = writeln!(text, "    (br_if $next ({ty}.lt_u {row} (local.get $rows))))");
        text
    }

    /// What a repetition adds to the index.
    fn way(&self) -> i32 {
        self.step * self.unrolled.copies
    }

    /// An access in a copy of the body.
    fn access(&self, access: &Access, copy: i32, ty: &str) -> String {
        let Unrolled { copies, inverted, odd } = self.unrolled;
        let mut access = access.clone();
        if copy > 0 && copy == copies - 1 {
            access.constant += odd;
        }
        let multiplies = self.outer.is_some_and(|outer| outer.multiplies);
        access.text(ty, copy * self.step, inverted && copy % 2 == 1, multiplies)
    }

    /// Arguments of a call. The limit is what the test meets after about so many repetitions.
    fn call(&self, arguments: &Arguments) -> Vec<i64> {
        let Arguments { bases, first, trips, slack } = *arguments;
        let [a, b, c] = bases.map(i64::from);
        let first = if self.wide { at_the_ends(first) } else { first.into() };
        let way = i64::from(trips) * i64::from(self.way());
        let last = self.wrap(first.wrapping_add(way).wrapping_add(slack.into()));
        let (rows, pitch) = self.outer.map_or((0, 0), |outer| (outer.rows, outer.pitch));
        vec![a, b, c, first, last, trips.max(1).into(), self.step.into(), rows.into(), pitch.into()]
    }

    /// A number as the loop's type holds it, signed.
    fn wrap(&self, number: i64) -> i64 {
        if self.wide { number } else { (number as i32).into() }
    }

    /// Whether a call ends soon, in a simulation of the test alone; the accesses may end it sooner.
    fn ends(&self, call: &[i64]) -> bool {
        let (mut i, last, mut n) = (call[3], call[4], call[5]);
        let tested_first = self.test_at < self.accesses.len();
        for _ in 0..3000 {
            let moved = self.wrap(i.wrapping_add(self.way().into()));
            let seen = if tested_first { i } else { moved };
            n = self.wrap(n.wrapping_sub(1));
            let goes_on = match self.test {
                Test::Counts => n != 0,
                Test::Differs => seen != last,
                Test::Compares(op) => {
                    let (x, y) = if self.step > 0 { (seen, last) } else { (last, seen) };
                    match op {
                        "lt_s" => x < y,
                        "lt_u" => (x as u64) < y as u64,
                        "le_s" => x <= y,
                        _ => x as u64 <= y as u64,
                    }
                }
            };
            if !goes_on {
                return true;
            }
            i = moved;
        }
        false
    }
}

/// A number near an end of `i32` as one near that end of `i64`.
fn at_the_ends(number: i32) -> i64 {
    let distance = i64::MAX - i64::from(i32::MAX);
    match number {
        ..-0x4000_0000 => i64::from(number) - distance,
        0x4000_0000.. => i64::from(number) + distance,
        _ => number.into(),
    }
}

impl Access {
    /// The access, whose address is of a type, so far ahead of the index. `inverted` says which way the branch is written, `has_way`
    /// whether a row's distance is added.
    fn text(&self, ty: &str, ahead: i32, inverted: bool, has_way: bool) -> String {
        let Self { base, scale, constant, offset, .. } = self;
        let index = match ahead {
            0 => "(local.get $i)".to_owned(),
            ahead => format!("({ty}.add (local.get $i) ({ty}.const {ahead}))"),
        };
        let number = index.clone();
        let index = format!("({ty}.shl {index} ({ty}.const {scale}))");
        let base = format!("(local.get $b{base})");
        let base = if has_way { format!("({ty}.add {base} (local.get $way))") } else { base };
        let address = format!("({ty}.add ({ty}.add {base} {index}) ({ty}.const {constant}))");
        let vector = match (self.width, self.stores) {
            ("128" | "32x8", true) => Some(format!(
                "(v128.store offset={offset} {address} (i32x4.mul (local.get $vector) (i32x4.splat (i32.const 77))))"
            )),
            ("128", false) => Some(format!("(v128.load offset={offset} {address})")),
            ("32x8", false) => Some(format!(
                "(i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_s (v128.load32_zero offset={offset} {address})))"
            )),
            _ => None,
        };
        let (load, store) = match self.width {
            "64" => ("i64.load".to_owned(), "i64.store".to_owned()),
            "" => ("i64.load32_s".to_owned(), "i64.store32".to_owned()),
            width => (format!("i64.load{width}_u"), format!("i64.store{width}")),
        };
        let access = if let Some(vector) = vector {
            if self.stores {
                vector
            } else {
                format!("(local.set $vector (i32x4.add (local.get $vector) {vector}))")
            }
        } else if self.stores {
            format!("({store} offset={offset} {address} (i64.add (local.get $sum) (i64.const 5)))")
        } else {
            format!("(local.set $sum (i64.add (local.get $sum) ({load} offset={offset} {address})))")
        };
        let is_not = format!("({ty}.eqz ({ty}.and {number} ({ty}.const 2)))");
        if self.conditional && inverted {
            format!("    (if {is_not} (then) (else {access}))\n")
        } else if self.conditional {
            format!("    (if (i32.eqz {is_not}) (then {access}))\n")
        } else {
            format!("    {access}\n")
        }
    }
}

fn pattern() -> Vec<u8> {
    (0..SIZE).map(|index| (index as u8).wrapping_mul(41) ^ (index >> 8) as u8).collect()
}

fn check(engines: &[Engine], case: &Loop) -> Result<(), TestCaseError> {
    let wasm = wat::parse_str(case.module()).expect("the text is a module");
    let calls: Vec<_> = case.arguments.iter().map(|arguments| case.call(arguments)).collect();
    let calls: Vec<_> = calls.into_iter().filter(|call| case.ends(call)).collect();
    let pattern = pattern();
    let expected = expected(&wasm, &pattern, &calls);
    for engine in engines {
        let found = found(engine, &wasm, &pattern, &calls);
        for ((call, expected), found) in calls.iter().zip(&expected).zip(&found) {
            let what = || format!("{call:?} under {:?}\n{}", engine.config(), case.module());
            prop_assert_eq!((found.result, found.global), (expected.result, expected.global), "{}", what());
            let changed =
                found.memory.iter().zip(&expected.memory).position(|(found, wanted)| found != wanted);
            prop_assert_eq!(changed, None, "a byte of memory after {}", what());
        }
    }
    Ok(())
}

fn check_all(cases: impl Strategy<Value = Loop>) {
    let engines: Vec<_> = [CheckStrategy::Guard, CheckStrategy::Explicit]
        .into_iter()
        .map(|checks| Engine::new(&Config::new().checks(checks).opt_level(OptLevel::O2)))
        .collect();
    if let Err(error) = runner(CASES).run(&cases, |case| check(&engines, &case)) {
        panic!("{error}");
    }
}

#[test]
fn loops_end_and_trap_as_they_should() {
    check_all(loops());
}

#[test]
fn unrolled_loops_end_and_trap_as_they_should() {
    check_all(unrolled());
}

#[test]
fn nests_end_and_trap_as_they_should() {
    check_all(nests());
}
