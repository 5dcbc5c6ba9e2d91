//! What is counted of a body, for compilers that count and those that are told of counts: its entry, and each way that a branch may go.
//!
//! A counter is named by a byte of the module, as `wootz_vm_abi::branches` says; a body's counters have an order, too, in which a compiler may put them
//! side by side.

use super::body::{Body, Terminator};
use crate::WasmOffset;

impl Terminator {
    /// How many ways are counted: none of what can go one way only.
    pub fn choices(&self) -> usize {
        match self {
            Self::Branch { .. } => 2,
            Self::Switch { targets, .. } => targets.len() + 1,
            Self::Jump(_) | Self::Return(_) | Self::ReturnCall { .. } | Self::Unreachable => 0,
        }
    }
}

/// The names of a body's counters in order: the entry's, which is where the body starts, then those of each block's end.
pub fn counters(body: &Body, start: WasmOffset) -> impl Iterator<Item = WasmOffset> + '_ {
    let ends = body.blocks.values().map(|block| &block.terminator);
    let ways = ends.flat_map(|end| (end.offset..).take(end.kind.choices()));
    std::iter::once(start).chain(ways)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Module, Translator};

    #[test]
    fn each_way_has_a_counter() {
        let text = "(module (func (param i32)
            (block (block (block (br_table 0 1 2 (local.get 0))) (br_if 0 (local.get 0))) (br 0))))";
        let module = Module::new(text.as_bytes()).unwrap();
        let func = module.declarations().defined_functions().next().unwrap();
        let start = module.body_range(func).unwrap().start;
        let mut translator = Translator::new();
        let body = translator.translate(&module, func).unwrap();
        let names: Vec<u32> = counters(body, start).map(|name| name - start).collect();
        // No locals, three blocks, local.get; br_table 0 1 2; end, local.get, br_if.
        assert_eq!(names, [0, 9, 10, 11, 17, 18]);
    }
}
