//! Calls: direct ones, through the table, through typed references, and each of them in the tail of a function.

use super::{Function, SIGNATURES, Type};

impl Function<'_, '_> {
    /// An index into the table, sometimes outside.
    pub(super) fn element(&mut self, depth: usize) -> String {
        match self.choose(8) {
            0..=4 => format!("(i32.const {})", self.choose(6)),
            5 => format!("(i32.const {})", self.choose(10)),
            6 => format!("(i32.and {} (i32.const 3))", self.value(Type::I32, depth)),
            _ => self.value(Type::I32, depth),
        }
    }

    /// Mostly the index of a function of this signature, if there is one.
    fn callee(&mut self, direct: &[usize], depth: usize) -> String {
        if direct.is_empty() || self.chance(12) {
            return self.element(depth);
        }
        // The first element is null.
        format!("(i32.const {})", 1 + self.pick(direct))
    }

    /// A call of a function whose only result has the type.
    pub(super) fn call(&mut self, ty: Type, depth: usize) -> String {
        let fits = |index: &usize| SIGNATURES[*index].1 == [ty];
        let mut fitting: Vec<usize> = self.signatures.iter().copied().filter(fits).collect();
        if fitting.is_empty() && self.chance(4) {
            fitting = (0..SIGNATURES.len()).filter(fits).collect();
        }
        if fitting.is_empty() {
            return self.load(ty, depth);
        }
        let signature = self.pick(&fitting);
        self.call_of(signature, depth)
    }

    /// A call of a function of this signature: directly if there is one, else through the table.
    pub(super) fn call_of(&mut self, signature: usize, depth: usize) -> String {
        self.call_as("call", signature, depth)
    }

    fn call_as(&mut self, call: &str, signature: usize, depth: usize) -> String {
        let arguments: String =
            SIGNATURES[signature].0.iter().map(|ty| format!(" {}", self.value(*ty, depth))).collect();
        let direct: Vec<usize> =
            (0..self.signatures.len()).filter(|index| self.signatures[*index] == signature).collect();
        if self.beyond && self.chance(3) {
            return format!("({call}_ref $t{signature}{arguments} {})", self.reference(signature));
        }
        if direct.is_empty() || self.chance(2) {
            let callee = self.callee(&direct, depth);
            let table = if self.chance(2) { "$fixed" } else { "$table" };
            return format!("({call}_indirect {table} (type $t{signature}){arguments} {callee})");
        }
        format!("({call} $f{}{arguments})", self.pick(&direct))
    }

    /// A typed reference, perhaps null.
    fn reference(&mut self, signature: usize) -> String {
        let direct: Vec<usize> =
            (0..self.signatures.len()).filter(|index| self.signatures[*index] == signature).collect();
        match self.choose(4) {
            0 if !direct.is_empty() => format!("(ref.func $f{})", self.pick(&direct)),
            1 => format!("(ref.as_non_null (global.get $r{signature}))"),
            2 => format!("(table.get $typed{signature} (i32.and {} (i32.const 3)))", self.element(1)),
            _ => format!("(global.get $r{signature})"),
        }
    }

    /// What typed references are kept in, and branches on them.
    pub(super) fn references(&mut self) -> String {
        let own = self.signatures;
        let signature = if self.chance(4) { self.choose(SIGNATURES.len()) } else { self.pick(own) };
        let null = format!("(ref.null $t{signature})");
        match self.choose(5) {
            0 => format!("    (global.set $r{signature} {null})\n"),
            1 => format!("    (global.set $r{signature} {})\n", self.reference(signature)),
            2 => {
                let element = self.element(1);
                format!("    (table.set $typed{signature} {element} {})\n", self.reference(signature))
            }
            3 => {
                let label = self.label();
                let reference = self.reference(signature);
                let inner = self.statement(0);
                format!("    (block {label}\n    (drop (br_on_null {label} {reference}))\n{inner}    )\n")
            }
            _ => {
                let label = self.label();
                let reference = self.reference(signature);
                let inner = self.statement(0);
                format!(
                    "    (drop (block {label} (result (ref $t{signature}))\n    (br_on_non_null {label} {reference})\n\
                     {inner}    (return{})))\n",
                    self.return_values()
                )
            }
        }
    }

    pub(super) fn return_values(&mut self) -> String {
        self.results().to_vec().iter().map(|ty| format!(" {}", self.value(*ty, 1))).collect()
    }

    /// Leaves the function with a call of one that returns the same types.
    pub(super) fn tail_call(&mut self) -> String {
        let results = self.results();
        let fitting: Vec<usize> =
            self.signatures.iter().copied().filter(|index| SIGNATURES[*index].1 == results).collect();
        let signature = self.pick(&fitting);
        self.call_as("return_call", signature, 2)
    }

    pub(super) fn table(&mut self) -> String {
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

    pub(super) fn call_dropped(&mut self) -> String {
        let own = self.signatures;
        let signature = if self.chance(8) { self.choose(SIGNATURES.len()) } else { self.pick(own) };
        let call = self.call_of(signature, 2);
        let drops = " drop".repeat(SIGNATURES[signature].1.len());
        format!("    {call}{drops}\n")
    }
}
