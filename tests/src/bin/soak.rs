//! `cargo xtask soak`: the process with many instances in it, and after many have come and gone.

use anyhow::{Result, ensure};
use clap::Parser;
use wootz::CheckStrategy;
use wootz_tests::soak::{Footprint, Redefinitions, cycles, lazy_cycles, live, redefinitions};

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
    /// Cycles of modules that are compiled lazily, and a tenth as many with debug information; 0 for none.
    #[arg(long, default_value_t = 10_000)]
    lazy: usize,
    /// Redefinitions in a session, and a tenth as many in one with debug information; 0 for none.
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
            is_flat(first, last, 2 << 20, 8)?;
        }
    }
    for (debug, shown) in [(false, ""), (true, ", shown to debuggers")] {
        if options.lazy > 0 {
            let count = if debug { options.lazy / 10 } else { options.lazy };
            let samples = lazy_cycles(count, debug)?;
            println!("{count} cycles of open, instantiate, run, optimise, drop, lazily{shown}:");
            print(&samples);
            // After the first tenth, code of both tiers was made, and the threads that compile are there.
            if let (Some((_, first)), Some((_, last))) = (samples.get(1), samples.last()) {
                is_flat(first, last, ONCE, 16)?;
            }
        }
    }
    for (arguments, shown) in [(&[][..], ""), (&["-g"], ", shown to debuggers")] {
        if options.redefinitions > 0 {
            let count = if arguments.is_empty() { options.redefinitions } else { options.redefinitions / 10 };
            sessions(arguments, shown, count)?;
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

/// Redefines a function in a session.
fn sessions(arguments: &[&str], shown: &str, count: usize) -> Result<()> {
    let compiler = std::env::current_exe()?.with_file_name("wootz-compiler");
    let Redefinitions { samples, reset } = redefinitions(&compiler, arguments, count)?;
    println!("{count} redefinitions in a session, each with a call{shown}:");
    print(&samples);
    println!("     reset: {reset}");
    let (Some((_, first)), Some((_, last))) = (samples.get(2), samples.last()) else { return Ok(()) };
    // What `:undo` needs, the texts, and the values of the calls; and once what the optimiser keeps for the next time, when the caller got hot.
    is_flat(first, last, ONCE + count * KEPT, 16)?;
    // All of that goes, but what the optimiser keeps.
    is_flat(first, &reset, ONCE, 16)
}

/// What compiling at the second tier for the first time leaves with LLVM and the allocator.
const ONCE: usize = 3 << 20;
/// What a session keeps of a redefinition and a call.
const KEPT: usize = 256;

/// Fails if a process has come to take more than before, by so many bytes or mappings, or shows debuggers more.
fn is_flat(first: &Footprint, last: &Footprint, bytes: usize, mappings: usize) -> Result<()> {
    ensure!(last.own <= first.own + bytes, "the memory of the process grows");
    ensure!(last.mappings <= first.mappings + mappings, "the number of mappings grows");
    // What the background is just compiling has some.
    ensure!(last.registrations <= first.registrations + 8, "the number of registrations grows");
    Ok(())
}

fn print(samples: &[(usize, Footprint)]) {
    for (number, footprint) in samples {
        println!("  {number:>8}: {footprint}");
    }
}
