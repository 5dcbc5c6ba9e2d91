//! Effects and control: loops over arrays, jumps, early ends.

use super::vector::canonical;
use super::{COUNTERS, Function, Type};

impl Function<'_, '_> {
    /// A statement, on lines of its own.
    pub(super) fn statement(&mut self, depth: usize) -> String {
        if !self.take() {
            return String::new();
        }
        match self.choose(19) {
            0 => format!("    (call $note {})\n", self.exact(Type::I64, 2)),
            1..=3 => self.store(),
            4 => {
                let ty = self.pick(&Type::ALL);
                format!("    (local.set {} {})\n", self.local(ty), self.value(ty, 3))
            }
            5 => {
                let ty = self.pick(&Type::ALL);
                format!("    (global.set ${} {})\n", ty.name(), self.value(ty, 3))
            }
            6 => self.bulk(),
            7 => self.table(),
            8 => self.call_dropped(),
            9 if depth > 0 => self.branch(depth - 1),
            10 | 11 if depth > 0 && self.loops < COUNTERS - 1 => self.array_loop(depth - 1),
            12 if depth > 0 => self.jumps(depth - 1),
            13 if depth > 0 && self.loops < COUNTERS - 1 => self.general_loop(depth - 1),
            14 => self.leave(),
            15 if self.beyond => self.references(),
            16 | 17 if self.loops < COUNTERS => self.even_loop(),
            _ => {
                let ty = self.pick(&Type::ALL);
                format!("    (drop {})\n", self.value(ty, 3))
            }
        }
    }

    fn statements(&mut self, most: usize, depth: usize) -> String {
        let count = 1 + self.choose(most);
        (0..count).map(|_| self.statement(depth)).collect()
    }

    fn branch(&mut self, depth: usize) -> String {
        let condition = self.value(Type::I32, 2);
        let then = self.statements(2, depth);
        let otherwise = self.statements(2, depth);
        format!("    (if {condition} (then\n{then}    ) (else\n{otherwise}    ))\n")
    }

    /// The head and tail of a loop whose counter `$iN` goes from `first` in steps, a number of times.
    fn counted(&mut self, first: &str, step: i32, times: usize, body: &str) -> String {
        let level = self.loops;
        let label = self.label();
        format!(
            "    (local.set $i{level} {first})\n    (local.set $n{level} (i32.const {times}))\n    (loop {label}\n{body}    \
             (local.set $i{level} (i32.add (local.get $i{level}) (i32.const {step})))\n    \
             (br_if {label} (local.tee $n{level} (i32.sub (local.get $n{level}) (i32.const 1)))))\n"
        )
    }

    fn general_loop(&mut self, depth: usize) -> String {
        let times = 1 + self.choose(6);
        self.loops += 1;
        let body = self.statements(3, depth);
        self.loops -= 1;
        let first = self.value(Type::I32, 1);
        let step = self.pick(&[1, -1, 4]);
        self.counted(&first, step, times, &body)
    }

    /// A loop that an optimiser would like to turn around, split or make wide: it reads and writes elements one after the
    /// other, towards the end of the memory or past it, and may leave in the middle.
    fn array_loop(&mut self, depth: usize) -> String {
        let ty = self.pick(&Type::ALL);
        let (name, size) = (ty.name(), ty.bits() as usize / 8);
        let memory = self.memory();
        let number = memory.number;
        let level = self.loops;
        let times = self.pick(&[4, 9, 16, 17, 33, 64]);
        let first = self.first_element(memory, size, times);
        let step = self.pick(&[size as i32, size as i32, size as i32, size as i32, 1, -(size as i32)]);
        let back = self.pick(&["", "", "", "", "", " offset=4", " offset=8", " offset=64"]);
        let address = memory.extended(&format!("(local.get $i{level})"));
        let read = format!("({name}.load $m{number}{back} {address})");
        self.loops += 1;
        let shape = if ty == Type::V128 { self.pick(&["i8x16", "i32x4", "f32x4", "f64x2"]) } else { name };
        let mut value = match self.choose(4) {
            0 => format!("({shape}.add {read} {})", self.constant(ty)),
            1 => format!("({shape}.sub {read} {})", self.value(ty, 1)),
            2 if ty != Type::V128 => format!("({name}.mul {read} {})", self.value(ty, 1)),
            _ => format!("({shape}.add (local.get ${name}_0) {read})"),
        };
        value = if ty.is_float() {
            format!("(call $canon{} {value})", ty.bits())
        } else {
            canonical(shape, &value)
        };
        if self.chance(3) {
            value = format!("(local.tee ${name}_0 {value})");
        }
        let mut body = format!("    ({name}.store $m{number} {address} {value})\n");
        if self.chance(3) {
            body = format!("    (global.set ${name} {read})\n{body}");
        }
        if self.chance(3) {
            body += &self.statement(depth);
        }
        self.loops -= 1;
        self.counted(&first, step, times, &body)
    }

    /// A loop that a check before it could prove harmless: elements of two arrays, which may overlap or reach past the end, with
    /// steps, offsets and tests of every kind, and nothing else.
    fn even_loop(&mut self) -> String {
        let ty = self.pick(&Type::SCALARS);
        let (name, size) = (ty.name(), ty.bits() as usize / 8);
        let (level, memory) = (self.loops, self.memory());
        let number = memory.number;
        let times = self.pick(&[4, 9, 16, 17, 33, 64]);
        let (to, from) = (self.first_element(memory, size, times), self.first_element(memory, size, times));
        let step = self.pick(&[1, 1, 1, 2, -1, 3, 4]);
        let element = |function: &mut Self, base: usize| {
            let scale = function.pick(&[size.trailing_zeros(), size.trailing_zeros(), 0, 4]);
            let constant = function.pick(&[0, 0, 0, 4, 8, -8, 1]);
            let index = format!("(i32.shl (local.get $i{level}) (i32.const {scale}))");
            let address =
                format!("(i32.add (i32.add (local.get $i32_{base}) {index}) (i32.const {constant}))");
            let offset = function.pick(&["", "", "", " offset=8", " offset=4", " offset=65528"]);
            format!("$m{number}{offset} {}", memory.extended(&address))
        };
        let (target, source) = (element(self, 0), element(self, 1));
        let value = if ty.is_float() {
            // Arithmetic would need its NaNs replaced by a call.
            format!("({name}.load {source})")
        } else {
            format!("({name}.add ({name}.load {source}) {})", self.constant(ty))
        };
        let mut body = format!("    ({name}.store {target} {value})\n");
        if self.chance(3) {
            let condition = format!("(i32.and (local.get $i{level}) (i32.const 2))");
            body = format!("    (if {condition} (then\n{body}    ))\n");
        }
        if self.chance(3) {
            body += &format!("    (local.set ${name}_0 ({name}.load {source}))\n");
        }
        let end = format!("(i32.const {})", times as i32 * step);
        let test = match self.choose(4) {
            0 => format!("(local.tee $n{level} (i32.sub (local.get $n{level}) (i32.const 1)))"),
            1 => format!("(i32.ne (local.get $i{level}) {end})"),
            2 => format!("(i32.{} (local.get $i{level}) {end})", if step > 0 { "lt_s" } else { "gt_s" }),
            _ => format!("(i32.{} (local.get $i{level}) {end})", if step > 0 { "le_s" } else { "ge_s" }),
        };
        let label = self.label();
        format!(
            "    (local.set $i32_0 {to})\n    (local.set $i32_1 {from})\n    (local.set $i{level} (i32.const 0))\n    \
             (local.set $n{level} (i32.const {times}))\n    (loop {label}\n{body}    \
             (local.set $i{level} (i32.add (local.get $i{level}) (i32.const {step})))\n    (br_if {label} {test}))\n"
        )
    }

    /// Nested blocks and a jump out of one of them.
    fn jumps(&mut self, depth: usize) -> String {
        let labels: Vec<String> = (0..1 + self.choose(4)).map(|_| self.label()).collect();
        self.labels.extend(labels.iter().cloned());
        let targets: Vec<String> = (0..1 + self.choose(6)).map(|_| self.any_label()).collect();
        let inner = if self.chance(2) { self.statement(depth) } else { String::new() };
        let selector = match self.choose(3) {
            0 => self.value(Type::I32, 2),
            _ => format!("(i32.and {} (i32.const 7))", self.value(Type::I32, 2)),
        };
        let mut text = format!("{inner}    (br_table {} {selector})\n", targets.join(" "));
        for label in labels.iter().rev() {
            self.labels.pop();
            text = format!("    (block {label}\n{text}    )\n");
            text += &self.statement(depth);
        }
        text
    }

    fn any_label(&mut self) -> String {
        let index = self.choose(self.labels.len());
        self.labels[self.labels.len() - 1 - index].clone()
    }

    /// Ends something early: a block, the function, or everything.
    fn leave(&mut self) -> String {
        let condition = self.value(Type::I32, 2);
        match self.choose(5) {
            0 if !self.labels.is_empty() => format!("    (br_if {} {condition})\n", self.any_label()),
            1 => format!("    (if {condition} (then (return{})))\n", self.return_values()),
            2 | 3 => format!("    (if {condition} (then {}))\n", self.tail_call()),
            _ => format!("    (if {condition} (then unreachable))\n"),
        }
    }
}
