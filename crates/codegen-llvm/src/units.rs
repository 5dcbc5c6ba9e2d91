//! Units of compilation: runs of functions that one LLVM module holds, and the threads that compile them.
//!
//! How a module is cut depends on the module alone, so that the code is the same whatever the number of threads. A
//! function that another unit calls is lowered there as well if it is small, for the inliner only: `available_externally`, in
//! LLVM's words, a copy that no code comes from.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use wootz_wasm_ir::{FuncIndex, Module};

/// A module is cut into about this many units, so that two processors, or eight, end at about the same time …
const UNITS: usize = 16;
/// … of at least so many bytes of bodies, below which what units repeat shows, and callees of callees get out of sight …
const MIN_BYTES: usize = 32 << 10;
/// … and at most so many, which bounds the memory of LLVM. A larger function is a unit of its own.
const MAX_BYTES: usize = 256 << 10;

/// Bytes of a body that is worth a copy in the units that call it: the inliner takes few larger ones.
pub(crate) const SMALL_BODY: usize = 100;

/// Stack of a compiling thread, and more of it for each byte of the largest unit. LLVM recurses over expressions and loops, so
/// how deep it goes is the module's choice: 64 bytes of stack for each operator of a chain, of which one has at least a
/// byte. Only what is touched is ever backed by memory.
const STACK: usize = 256 << 20;
const STACK_PER_BYTE: usize = 128;

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

/// Works on every unit and returns the results in order: on so many threads, or with 0 on one for each processor. They take
/// the largest units first.
pub(crate) fn compile<R: Send>(units: &[Unit], threads: usize, work: impl Fn(&Unit) -> R + Sync) -> Vec<R> {
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = if threads == 0 { processors() } else { threads }.min(units.len());
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(units[*index].bytes));
    let next = AtomicUsize::new(0);
    let run = || {
        let take = || order.get(next.fetch_add(1, Ordering::Relaxed)).copied();
        std::iter::from_fn(take).map(|index| (index, work(&units[index]))).collect::<Vec<_>>()
    };
    let largest = units.iter().map(|unit| unit.bytes).max().unwrap_or(0);
    let stack = STACK.saturating_add(largest.saturating_mul(STACK_PER_BYTE));
    let mut results = thread::scope(|scope| {
        let spawn = |_| {
            thread::Builder::new().name("wootz-compile".into()).stack_size(stack).spawn_scoped(scope, run)
        };
        let workers: Vec<_> = (0..threads).map_while(|number| spawn(number).ok()).collect();
        // A machine that gives no thread still compiles.
        let mut results = if workers.is_empty() { run() } else { Vec::new() };
        for worker in workers {
            results.extend(worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        results
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
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
    fn units_are_runs_of_about_equal_size() {
        let module = module((0..100).map(|n| if n == 50 { 50_000 } else { 2000 }));
        let units = partition(&module);
        let functions: Vec<_> = units.iter().flat_map(|unit| unit.functions.clone()).collect();
        assert_eq!(functions, Unit::whole(&module).functions);
        assert!(units.iter().all(|unit| unit.bytes <= MIN_BYTES || unit.functions == [FuncIndex(50)]));
        assert_eq!(units.iter().filter(|unit| unit.trampolines).count(), 1);
        assert!((8..12).contains(&units.len()), "{}", units.len());
    }

    #[test]
    fn results_are_in_order_whatever_the_threads() {
        let units = partition(&module((0..40).map(|_| 2000)));
        for threads in 0..5 {
            let first = compile(&units, threads, |unit| unit.functions[0]);
            assert!(first.is_sorted() && first.len() == units.len());
        }
    }
}
