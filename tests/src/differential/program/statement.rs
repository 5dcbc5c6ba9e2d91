//! Effects and control: stores and bulk operations around the end of the memory, loops over arrays, jumps, tables.

use super::{COUNTERS, Function, SIGNATURES, Type};

impl Function<'_, '_> {
    /// A statement, on lines of its own.
    pub(super) fn statement(&mut self, depth: usize) -> String {
        if !self.take() {
            return String::new();
        }
        match self.choose(16) {
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

    fn store(&mut self) -> String {
        let ty = self.pick(&Type::ALL);
        let widths: &[&str] = match ty {
            Type::I32 => &["", "8", "16"],
            Type::I64 => &["", "8", "16", "32"],
            Type::F32 | Type::F64 => &[""],
        };
        let (width, offset) = (self.pick(widths), self.offset());
        let address = self.address(2);
        format!("    ({}.store{width}{offset} {address} {})\n", ty.name(), self.exact(ty, 2))
    }

    fn bulk(&mut self) -> String {
        let to = self.address(1);
        let length = match self.choose(3) {
            0 | 1 => format!("(i32.const {})", self.choose(40)),
            _ => self.value(Type::I32, 1),
        };
        match self.choose(4) {
            0 => format!("    (memory.fill {to} {} {length})\n", self.value(Type::I32, 1)),
            1 => format!("    (memory.copy {to} {} {length})\n", self.address(1)),
            2 => format!("    (memory.init $data {to} (i32.const {}) {length})\n", self.choose(18)),
            _ => "    (data.drop $data)\n".to_owned(),
        }
    }

    fn table(&mut self) -> String {
        let index = self.element(1);
        let function = self.choose(self.signatures.len());
        let value = self.pick(&[true, false]).then(|| format!("(ref.func $f{function})"));
        let value = value.unwrap_or_else(|| "(ref.null func)".to_owned());
        let length = self.choose(4);
        match self.choose(6) {
            0 => format!("    (table.set $table {index} {value})\n"),
            1 => format!("    (drop (table.grow $table {value} (i32.const {length})))\n"),
            2 => format!("    (table.fill $table {index} {value} (i32.const {length}))\n"),
            3 => format!("    (table.copy $table $table {index} {} (i32.const {length}))\n", self.element(1)),
            4 => format!("    (table.init $table $elements {index} (i32.const 1) (i32.const {length}))\n"),
            _ => "    (elem.drop $elements)\n".to_owned(),
        }
    }

    fn call_dropped(&mut self) -> String {
        let signature = self.choose(SIGNATURES.len());
        let call = self.call_of(signature, 2);
        let drops = " drop".repeat(SIGNATURES[signature].1.len());
        format!("    {call}{drops}\n")
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
        let level = self.loops;
        let times = self.pick(&[4, 9, 16, 17, 33, 64]);
        let first = match self.choose(3) {
            0 => format!("(i32.const {})", self.pick(&[0, 4, 65536 - 16 * size, 65536 - 64 * size])),
            1 => {
                let before = self.pick(&[4, 9, 16, 17, 33, 64]) * size + self.choose(3);
                format!("(i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {before}))")
            }
            _ => format!("(i32.and {} (i32.const 65535))", self.value(Type::I32, 1)),
        };
        let step = self.pick(&[size as i32, size as i32, -(size as i32), 1]);
        let back = self.pick(&["", " offset=4", " offset=8", " offset=64"]);
        let read = format!("({name}.load{back} (local.get $i{level}))");
        self.loops += 1;
        let mut value = match self.choose(3) {
            0 => format!("({name}.add {read} {})", self.constant(ty)),
            1 => format!("({name}.mul {read} {})", self.value(ty, 1)),
            _ => format!("(local.tee ${name}_0 ({name}.add (local.get ${name}_0) {read}))"),
        };
        if ty.is_float() {
            value = format!("(call $canon{} {value})", ty.bits());
        }
        let mut body = format!("    ({name}.store (local.get $i{level}) {value})\n");
        if self.chance(3) {
            body = format!("    (global.set ${name} {read})\n{body}");
        }
        if self.chance(3) {
            body += &self.statement(depth);
        }
        self.loops -= 1;
        self.counted(&first, step, times, &body)
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
        match self.choose(3) {
            0 if !self.labels.is_empty() => format!("    (br_if {} {condition})\n", self.any_label()),
            1 => {
                let results: String =
                    self.results().to_vec().iter().map(|ty| format!(" {}", self.value(*ty, 1))).collect();
                format!("    (if {condition} (then (return{results})))\n")
            }
            _ => format!("    (if {condition} (then unreachable))\n"),
        }
    }
}
