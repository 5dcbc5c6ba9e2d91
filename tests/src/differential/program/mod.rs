//! Small programs as text, made to be hard on a compiler of memories and traps: accesses around the end of a memory that
//! grows in the middle, loops over arrays, effects before a trap, tables that change under indirect calls, NaNs.
//!
//! Some use what wasmi lacks (`beyond`: typed function references, atomic accesses), some relaxed vector instructions.
//!
//! A program ends: loops count down, and each function takes from the exported global `fuel`. NaNs whose bits the
//! specification leaves open are replaced (`$canon32`, `$canon64`) where their bits would be seen.
//!
//! | file | is |
//! |---|---|
//! | `mod` | the module: its memory, table, globals, functions |
//! | `expression` | scalar values |
//! | `vector` | vectors |
//! | `memory` | memories, addresses, accesses |
//! | `calls` | calls, tables, typed references |
//! | `statement` | effects and control |

mod calls;
mod expression;
mod memory;
mod statement;
mod vector;

use std::fmt::Write as _;

use arbitrary::Unstructured;

use memory::Memory;

use super::{FUEL, FUEL_GLOBAL, NOTE};

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Type {
    I32,
    I64,
    F32,
    F64,
    V128,
}

impl Type {
    const ALL: [Self; 5] = [Self::I32, Self::I64, Self::F32, Self::F64, Self::V128];
    const SCALARS: [Self; 4] = [Self::I32, Self::I64, Self::F32, Self::F64];

    fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
        }
    }

    fn bits(self) -> u32 {
        match self {
            Self::I32 | Self::F32 => 32,
            Self::I64 | Self::F64 => 64,
            Self::V128 => 128,
        }
    }

    fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    fn float(bits: u32) -> Self {
        if bits == 32 { Self::F32 } else { Self::F64 }
    }
}

/// The types of functions, each also a `(type $tN)`.
const SIGNATURES: &[(&[Type], &[Type])] = &[
    (&[], &[]),
    (&[Type::I32], &[Type::I32]),
    (&[Type::I32, Type::I64], &[Type::I64]),
    (&[Type::F64, Type::I32], &[Type::F64]),
    (&[Type::F32, Type::F32, Type::I32], &[Type::F32, Type::I32]),
    (
        &[Type::I64, Type::F64, Type::I32, Type::I32, Type::I32, Type::I32, Type::I64, Type::F32],
        &[Type::I32, Type::F64, Type::I64, Type::F32, Type::I32],
    ),
    (&[Type::V128, Type::I32], &[Type::V128]),
    (&[Type::V128, Type::F32, Type::V128], &[Type::V128, Type::I64, Type::V128]),
    // Tail calls between functions whose arguments take different places.
    (&[Type::I32, Type::I32, Type::I32, Type::I32, Type::I32, Type::I32, Type::I32, Type::I64], &[Type::I32]),
    (
        &[Type::F64, Type::V128, Type::I64, Type::I64, Type::I64, Type::I64, Type::I64, Type::I64],
        &[Type::I64],
    ),
];

/// Locals of each type besides the parameters, and of loop counters.
const LOCALS: usize = 2;
const COUNTERS: usize = 3;

/// What a function knows while it is made.
struct Function<'a, 'b> {
    bytes: &'a mut Unstructured<'b>,
    index: usize,
    /// Signatures of every function by index.
    signatures: &'a [usize],
    memories: &'a [Memory],
    /// Whether it may use what wasmi lacks.
    beyond: bool,
    /// Whether it may use relaxed vector instructions.
    relaxed: bool,
    /// Loops around this place.
    loops: usize,
    /// Blocks with nothing to carry around this place, by label.
    labels: Vec<String>,
    label_count: usize,
    /// How many nodes may still come.
    room: usize,
}

impl Function<'_, '_> {
    /// A number below `end`; 0, which should be the simplest, once the bytes are used up.
    fn choose(&mut self, end: usize) -> usize {
        self.bytes.int_in_range(0..=end - 1).unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.choose(choices.len())]
    }

    fn chance(&mut self, of: usize) -> bool {
        of > 0 && self.choose(of) == of - 1
    }

    fn params(&self) -> &'static [Type] {
        SIGNATURES[self.signatures[self.index]].0
    }

    fn results(&self) -> &'static [Type] {
        SIGNATURES[self.signatures[self.index]].1
    }

    fn local(&mut self, ty: Type) -> String {
        let params: Vec<usize> = self
            .params()
            .iter()
            .enumerate()
            .filter(|(_, param)| **param == ty)
            .map(|(index, _)| index)
            .collect();
        match self.choose(LOCALS + params.len()) {
            index if index < LOCALS => format!("${}_{index}", ty.name()),
            index => params[index - LOCALS].to_string(),
        }
    }

    fn label(&mut self) -> String {
        self.label_count += 1;
        format!("$l{}", self.label_count)
    }

    /// Takes one node out of the room. `false` if there is none left.
    fn take(&mut self) -> bool {
        let taken = self.room > 0 && !self.bytes.is_empty();
        self.room = self.room.saturating_sub(1);
        taken
    }
}

/// The program that these bytes stand for.
pub(super) fn text(entropy: &[u8]) -> String {
    let mut bytes = Unstructured::new(entropy);
    let mut number = |end: usize| bytes.int_in_range(0..=end).unwrap_or(0);
    let kind = number(7);
    let (beyond, relaxed) = (kind & 3 == 3, kind == 6);
    let count = 1 + number(3);
    let signatures: Vec<usize> = (0..count).map(|_| number(SIGNATURES.len() - 1)).collect();
    let memories = memories(&mut number);
    let mut text = String::from("(module\n");
    let _ = writeln!(text, "  (import {:?} {:?} (func $note (param i64)))", NOTE.0, NOTE.1);
    for (index, (params, results)) in SIGNATURES.iter().enumerate() {
        let _ =
            writeln!(text, "  (type $t{index} (func{}{}))", list("param", params), list("result", results));
    }
    for memory in &memories {
        text += &memory.declaration();
    }
    let _ = writeln!(text, "  (global $fuel (export {FUEL_GLOBAL:?}) (mut i32) (i32.const {FUEL}))");
    for ty in Type::SCALARS.map(Type::name) {
        let _ = writeln!(text, "  (global ${ty} (export \"{ty}\") (mut {ty}) ({ty}.const 3))");
    }
    text += "  (global $v128 (export \"v128\") (mut v128) (v128.const i32x4 3 -3 0x80000000 7))\n";
    text += &tables(&signatures, beyond);
    if memories[0].first_end() > 65536 {
        let ty = memories[0].address_type().name();
        let _ = writeln!(text, "  (data ({ty}.const 65500) \"abcdefghijklmnopqrstuvwxyz0123456789\")");
    }
    text += "  (data $data \"\\01\\02\\03\\04\\f5\\f6\\f7\\f8\\ff\\7f\\c0\\7f\\00\\00\\a0\\ff\")\n";
    text += "  (func $canon32 (param f32) (result f32)\n    (select (f32.const nan) (local.get 0) (f32.ne (local.get 0) (local.get 0))))\n";
    text += "  (func $canon64 (param f64) (result f64)\n    (select (f64.const nan) (local.get 0) (f64.ne (local.get 0) (local.get 0))))\n";
    for index in 0..count {
        let mut function = Function {
            bytes: &mut bytes,
            index,
            signatures: &signatures,
            memories: &memories,
            beyond,
            relaxed,
            loops: 0,
            labels: Vec::new(),
            label_count: 0,
            room: 220,
        };
        text += &function.text();
    }
    text + ")\n"
}

/// One to three memories, the first mostly a plain one.
fn memories(number: &mut dyn FnMut(usize) -> usize) -> Vec<Memory> {
    let count = 1 + number(3).saturating_sub(1);
    let memory = |index| {
        let form = number(5);
        let (wide, bytes) = (matches!(form, 3 | 5), matches!(form, 4 | 5));
        let minimum =
            if bytes { [100, 65537, 1000, 70, 20, 0][number(5)] } else { [1, 1, 2, 1, 2, 0][number(5)] };
        let maximum = minimum + number(3);
        Memory { number: index, wide, bytes, minimum, maximum }
    };
    (0..count).map(memory).collect()
}

/// The table of functions and its segments, and what holds typed references.
fn tables(signatures: &[usize], beyond: bool) -> String {
    let mut text = String::new();
    let elements: String = (0..signatures.len()).map(|index| format!(" (ref.func $f{index})")).collect();
    let _ = writeln!(text, "  (table $table (export \"table\") 6 9 funcref)");
    let _ = writeln!(text, "  (elem (table $table) (i32.const 1) funcref{elements})");
    let _ = writeln!(text, "  (elem $elements funcref (ref.null func){elements})");
    // Nothing writes to this one, and nobody else has it.
    let _ = writeln!(text, "  (table $fixed 6 9 funcref)");
    let _ = writeln!(text, "  (elem (table $fixed) (i32.const 1) funcref{elements})");
    for index in (0..SIGNATURES.len()).filter(|_| beyond) {
        let function = signatures.iter().position(|signature| *signature == index);
        let first =
            function.map_or(format!("(ref.null $t{index})"), |function| format!("(ref.func $f{function})"));
        let _ = writeln!(text, "  (global $r{index} (mut (ref null $t{index})) {first})");
        let _ = writeln!(
            text,
            "  (table $typed{index} (export \"typed{index}\") 3 3 (ref null $t{index}) {first})"
        );
    }
    text
}

fn list(what: &str, types: &[Type]) -> String {
    if types.is_empty() {
        return String::new();
    }
    let names: String = types.iter().map(|ty| format!(" {}", ty.name())).collect();
    format!(" ({what}{names})")
}

impl Function<'_, '_> {
    fn text(&mut self) -> String {
        let (index, ty) = (self.index, self.signatures[self.index]);
        let mut text = format!("  (func $f{index} (export \"f{index}\") (type $t{ty})");
        text += &list("param", self.params());
        text += &list("result", self.results());
        text.push('\n');
        for ty in Type::ALL {
            for number in 0..LOCALS {
                let _ = writeln!(text, "    (local ${}_{number} {})", ty.name(), ty.name());
            }
        }
        text += "    (local $canon v128)\n";
        for number in 0..COUNTERS {
            let _ = writeln!(text, "    (local $i{number} i32) (local $n{number} i32)");
        }
        text += "    (if (i32.eqz (global.get $fuel)) (then unreachable))\n";
        text += "    (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))\n";
        let statements = 1 + self.choose(8);
        for _ in 0..statements {
            text += &self.statement(3);
        }
        for ty in self.results().to_vec() {
            let value = self.value(ty, 3);
            let _ = writeln!(text, "    {value}");
        }
        text + "  )\n"
    }
}

#[cfg(test)]
mod tests {
    use super::super::Random;
    use super::text;

    #[test]
    fn every_program_is_valid() {
        let engine = wootz::Engine::new(&wootz::Config::new());
        let mut random = Random::new(7);
        for number in 0..400 {
            let count = random.below(1500) as usize;
            let text = text(&random.bytes(count));
            if let Err(error) = engine.validate(&text) {
                panic!("{number}: {error}\n{text}");
            }
        }
    }

    #[test]
    fn no_bytes_are_the_simplest_program() {
        assert!(text(&[]).lines().count() < 60, "{}", text(&[]));
    }
}
