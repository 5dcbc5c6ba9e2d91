//! `wootz run --stats`: what was compiled while the guest ran.

use wootz_engine::{LazyStatistics, Module, TierStatistics};

/// Prints the statistics of a module to standard error.
pub(super) fn print(module: &Module) {
    let functions = module.declarations().defined_functions().len();
    let Some(statistics) = module.lazy_statistics() else {
        eprintln!("{functions} functions, compiled before the guest started");
        return;
    };
    eprintln!("{functions} functions, compiled when they were called");
    for (name, tier) in ["first tier", "second tier"].into_iter().zip(&statistics.tiers) {
        eprintln!("{}", line(name, tier));
    }
    let LazyStatistics { swaps, superseded, .. } = statistics;
    eprintln!("  {:<12} {swaps:>7} functions, {superseded} bytes of the first tier's code", "swapped");
    eprintln!("  {:<12} {:>7}", "still hot", statistics.pending);
    let [placing, showing] = [statistics.placing, statistics.showing].map(|time| time.as_secs_f64() * 1000.0);
    eprintln!("  {:<12} {placing:>7.1} ms, {showing:.1} of them to show code to debuggers", "placing");
}

fn line(name: &str, tier: &TierStatistics) -> String {
    let TierStatistics { fragments, functions, by_baseline, profiled, loops, bytes, time } = tier;
    let milliseconds = time.as_secs_f64() * 1000.0;
    format!(
        "  {name:<12} {functions:>7} functions ({by_baseline} without LLVM, {profiled} for what was counted) and {loops} loops in {fragments} batches, {bytes} bytes, {milliseconds:.1} ms"
    )
}
