//! What hints are worth: a program that prefetches, with them and without.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::Spread;
use crate::corpus;

/// Processor time of Zstandard ÷ that of its native build, where both prefetch, and where the module cannot.
///
/// # Errors
/// If something does not compile, fails, or prints something else.
pub fn prefetches(wootz: &Path, rounds: usize) -> Result<()> {
    let program = corpus::prefetching()?;
    let native = program.source.clone().native_options(&["-march=native"]).native()?;
    let builds: [(&str, &'static [&'static str]); 2] =
        [("without hints", &[]), ("with hints", &["-DWITH_HINTS"])];
    let folder = tempfile::tempdir()?;
    let mut commands = vec![Command::new(native)];
    for (name, options) in builds {
        let (wasm, image) = (program.source.clone().wasm_options(options).wasm()?, folder.path().join(name));
        let mut compile = Command::new(wootz);
        compile.args(["compile", "-O2", "--no-progress"]).arg(wasm).arg("-o").arg(&image);
        ensure!(compile.status()?.success(), "it does not compile {name}");
        let mut run = Command::new(wootz);
        run.arg("run").arg(image);
        commands.push(run);
    }
    commands.iter_mut().for_each(|command| _ = command.args(program.arguments));
    let mut times = vec![Vec::new(); commands.len()];
    for _ in 0..rounds {
        let mut expected = None;
        for (command, times) in commands.iter_mut().zip(&mut times) {
            let ended = corpus::run(command)?;
            ensure!(ended.code == Some(0), "{command:?} failed: {}", ended.stderr);
            ensure!(
                *expected.get_or_insert(ended.stdout.clone()) == ended.stdout,
                "{command:?} prints something else"
            );
            times.push(ended.usage.cpu);
        }
    }
    println!(
        "Zstandard with prefetches ÷ native (clang -O3 -march=native), median (minimum–maximum) of paired ratios"
    );
    for ((name, _), wasm) in builds.iter().zip(&times[1..]) {
        println!("  {name:14} {}", Spread::of_ratios(wasm, &times[0]));
    }
    Ok(())
}
