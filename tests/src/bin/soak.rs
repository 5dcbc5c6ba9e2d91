//! `cargo xtask soak`: the process with many instances in it, and after many have come and gone.

use anyhow::{Result, ensure};
use clap::Parser;
use wootz::CheckStrategy;
use wootz_tests::soak::{Footprint, cycles, lazy_cycles, live, redefinitions};

/// Counts what live instances and cycles of load, instantiate, run and drop cost in memory and in mappings.
#[derive(Parser)]
struct Options {
    /// Live instances with a guarded memory; 0 for none.
    #[arg(long, default_value_t = 10_000)]
    guarded: usize,
    /// Live instances with a memory of explicit checks; 0 for none.
    #[arg(long, default_value_t = 100_000)]
    explicit: usize,
    /// Cycles, each way; 0 for none.
    #[arg(long, default_value_t = 100_000)]
    cycles: usize,
    /// Cycles of modules that are compiled lazily; 0 for none.
    #[arg(long, default_value_t = 10_000)]
    lazy: usize,
    /// Redefinitions in a session; 0 for none.
    #[arg(long, default_value_t = 10_000)]
    redefinitions: usize,
}

fn main() -> Result<()> {
    let options = Options::parse();
    // First, so that nothing can hide in what live instances leave to the allocator.
    for (name, checks, pooled) in [
        ("guard, mapped", CheckStrategy::Guard, false),
        ("guard, pooled", CheckStrategy::Guard, true),
        ("explicit, mapped", CheckStrategy::Explicit, false),
        ("explicit, pooled", CheckStrategy::Explicit, true),
    ] {
        if options.cycles > 0 {
            let samples = cycles(checks, options.cycles, pooled)?;
            println!("{} cycles of load, instantiate, run, drop, {name}:", options.cycles);
            print(&samples);
            let (Some((_, first)), Some((_, last))) = (samples.get(1), samples.last()) else { continue };
            ensure!(last.mappings <= first.mappings + 8, "the number of mappings grows");
            ensure!(last.resident <= first.resident + (2 << 20), "the memory of the process grows");
        }
    }
    if options.lazy > 0 {
        let samples = lazy_cycles(options.lazy)?;
        println!("{} cycles of open, instantiate, run, optimise, drop, lazily:", options.lazy);
        print(&samples);
        // The allocator and the compile threads come to rest after the first tenth.
        if let (Some((_, first)), Some((_, last))) = (samples.get(1), samples.last()) {
            ensure!(last.mappings <= first.mappings + 64, "the number of mappings grows");
            ensure!(last.resident <= first.resident + (16 << 20), "the memory of the process grows");
        }
    }
    if options.redefinitions > 0 {
        let compiler = std::env::current_exe()?.with_file_name("wootz-compiler");
        let samples = redefinitions(&compiler, options.redefinitions)?;
        println!("{} redefinitions in a session, each with a call:", options.redefinitions);
        print(&samples);
        // By the second tenth the session's first code of each kind is there, and the threads that compile.
        if let (Some((_, first)), Some((_, last))) = (samples.get(2), samples.last()) {
            ensure!(last.mappings <= first.mappings + 16, "the number of mappings grows");
            // What `:undo` needs, the texts, and the results of the calls.
            let kept = options.redefinitions << 10;
            ensure!(last.resident <= first.resident + kept, "the memory of the session grows");
        }
    }
    for (name, checks, count) in [
        ("guard", CheckStrategy::Guard, options.guarded),
        ("explicit", CheckStrategy::Explicit, options.explicit),
    ] {
        if count > 0 {
            let result = live(checks, count)?;
            println!(
                "{count} live instances, {name}, pooled: {:.1} KiB resident and {:.2} mappings each, {:.1} µs each",
                result.resident_each() as f64 / 1024.0,
                (result.with.mappings - result.before.mappings) as f64 / count as f64,
                result.making.as_secs_f64() * 1e6 / count as f64,
            );
        }
    }
    Ok(())
}

fn print(samples: &[(usize, Footprint)]) {
    for (number, Footprint { resident, mappings }) in samples {
        println!("  {number:>8}: {:>7} KiB resident, {mappings} mappings", resident >> 10);
    }
}
