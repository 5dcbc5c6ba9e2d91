//! Units of compilation: runs of functions that one LLVM module holds.
//!
//! How a module is cut depends on the module alone, so that the code is the same whatever the number of threads. A
//! function that another unit calls is lowered there as well if it is small, for the inliner only: `available_externally`, in
//! LLVM's words, a copy that no code comes from.

use wootz_wasm_ir::{FuncIndex, Module};

/// A module is cut into about this many units, so that two processors, or eight, end at about the same time …
const UNITS: usize = 16;
/// … of at least so many bytes of bodies, below which what units repeat shows, and callees of callees get out of sight …
const MIN_BYTES: usize = 32 << 10;
/// … and at most so many, which bounds the memory of LLVM. A larger function is a unit of its own.
const MAX_BYTES: usize = 256 << 10;

/// Bytes of a body that is worth a copy in the units that call it: the inliner takes few larger ones.
pub(crate) const SMALL_BODY: usize = 250;

/// Functions that are compiled together, in the order of the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unit {
    pub(crate) functions: Vec<FuncIndex>,
    /// Whether the module's trampolines are in it.
    pub(crate) trampolines: bool,
    /// Bytes of the bodies.
    pub(crate) bytes: usize,
}

impl Unit {
    /// All of a module.
    pub(crate) fn whole(module: &Module) -> Self {
        let functions: Vec<_> = module.declarations().defined_functions().collect();
        let bytes = functions.iter().map(|func| body_bytes(module, *func)).sum();
        Self { functions, trampolines: true, bytes }
    }

    /// Without some of its functions, and each of these as a unit of its own; nothing if they are none.
    pub(crate) fn without(&self, apart: &[FuncIndex], module: &Module) -> Vec<Self> {
        if apart.is_empty() {
            return Vec::new();
        }
        let unit = |functions: Vec<FuncIndex>, trampolines| {
            let bytes = functions.iter().map(|func| body_bytes(module, *func)).sum();
            Self { functions, trampolines, bytes }
        };
        let rest = self.functions.iter().copied().filter(|func| !apart.contains(func)).collect();
        let rest = Some(unit(rest, self.trampolines));
        let rest = rest.filter(|unit| unit.trampolines || !unit.functions.is_empty());
        rest.into_iter().chain(apart.iter().map(|func| unit(vec![*func], false))).collect()
    }
}

/// The units of a module, at least one. The first has the trampolines.
pub(crate) fn partition(module: &Module) -> Vec<Unit> {
    let whole = Unit::whole(module);
    let target = (whole.bytes / UNITS).clamp(MIN_BYTES, MAX_BYTES);
    let mut units = vec![Unit { functions: Vec::new(), trampolines: true, bytes: 0 }];
    for func in whole.functions {
        let bytes = body_bytes(module, func);
        let last = units.last_mut().expect("there is a first unit");
        if last.bytes + bytes <= target || last.functions.is_empty() {
            last.functions.push(func);
            last.bytes += bytes;
        } else {
            units.push(Unit { functions: vec![func], trampolines: false, bytes });
        }
    }
    units
}

/// Bytes of a function's body.
pub(crate) fn body_bytes(module: &Module, func: FuncIndex) -> usize {
    module.body_range(func).map_or(0, |range| (range.end - range.start) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(bodies: impl Iterator<Item = usize>) -> Module {
        let nops = |count| "(nop)".repeat(count);
        let functions: String = bodies.map(|count| format!("(func {})", nops(count))).collect();
        Module::new(format!("(module {functions})").as_bytes()).unwrap()
    }

    #[test]
    fn a_small_module_is_one_unit() {
        for count in [0, 1, 100] {
            let module = module((0..count).map(|_| 10));
            assert_eq!(partition(&module), [Unit::whole(&module)]);
        }
    }

    #[test]
    fn functions_are_taken_out_of_a_unit() {
        let module = module([10, 20, 30].into_iter());
        let whole = Unit::whole(&module);
        let functions = |units: Vec<Unit>| {
            let functions = units.iter().map(|unit| unit.functions.iter().map(|func| func.0).collect());
            functions.collect::<Vec<Vec<u32>>>()
        };
        assert!(whole.without(&[], &module).is_empty());
        let parts = whole.without(&[FuncIndex(1)], &module);
        assert_eq!(parts.iter().map(|unit| unit.bytes).sum::<usize>(), whole.bytes);
        assert_eq!(parts.iter().map(|unit| unit.trampolines).collect::<Vec<_>>(), [true, false]);
        assert_eq!(functions(parts), [vec![0, 2], vec![1]]);
        let all = [0, 1, 2].map(FuncIndex);
        assert_eq!(functions(whole.without(&all, &module)), [vec![], vec![0], vec![1], vec![2]]);
        let other = Unit { trampolines: false, ..whole };
        assert_eq!(functions(other.without(&all, &module)), [[0], [1], [2]]);
    }

    #[test]
    fn units_are_runs_of_about_equal_size() {
        let module = module((0..100).map(|n| if n == 50 { 50_000 } else { 2000 }));
        let units = partition(&module);
        let functions: Vec<_> = units.iter().flat_map(|unit| unit.functions.clone()).collect();
        assert_eq!(functions, Unit::whole(&module).functions);
        assert!(units.iter().all(|unit| unit.bytes <= MIN_BYTES || unit.functions == [FuncIndex(50)]));
        assert_eq!(units.iter().filter(|unit| unit.trampolines).count(), 1);
        assert!((8..12).contains(&units.len()), "{}", units.len());
    }
}
