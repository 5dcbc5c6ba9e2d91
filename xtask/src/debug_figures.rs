//! `cargo xtask debug-figures`: what debug information of a module costs: bytes, time to compile, and nothing in the code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::{cargo, run};

/// Compiles a module at -O2 with and without `-g`, alternately, so many times each; the fastest counts.
const ROUNDS: usize = 3;

/// Prints the figures of a module. What follows it are arguments for a run of it in lazy mode.
pub(crate) fn debug_figures(arguments: &[String]) -> Result<()> {
    let [module, arguments @ ..] = arguments else { anyhow::bail!("name a module with DWARF") };
    ensure!(
        Path::new(module).is_file(),
        "there is no file {module}; name a module with DWARF, and then its arguments"
    );
    run(cargo().args(["build", "--quiet", "--release", "--package", "wootz-cli"]))?;
    let folder = Path::new("target").join("debug-figures");
    fs::create_dir_all(&folder)?;
    let [plain, debug] = [folder.join("plain.image"), folder.join("debug.image")];
    let (mut without, mut with) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        without = without.min(compile(module, &[], &plain)?);
        with = with.min(compile(module, &["-g"], &debug)?);
    }
    println!(
        "compile -O2     {without:.2} s, with -g {with:.2} s of the processor: {:.2} times",
        with / without
    );
    let own = sum(&sections(Path::new(module))?, ".debug_");
    let (with_debug, bare) = (sections(&debug)?, sections(&plain)?);
    let made = sum(&with_debug, ".debug_");
    let of = |path: &Path| Ok::<_, anyhow::Error>(fs::metadata(path)?.len());
    println!("image           {} bytes, with -g {}", of(&plain)?, of(&debug)?);
    println!("debug sections  {made} bytes, the module's {own}: {:.2} times", made as f64 / own as f64);
    for (name, size) in
        with_debug.iter().filter(|(name, _)| name.starts_with(".debug_") || name.starts_with(".wootz"))
    {
        println!("  {name:<18} {size}");
    }
    ensure!(
        bare.get(".text") == with_debug.get(".text") && text(&plain)? == text(&debug)?,
        "the code differs"
    );
    println!("code            the same {} bytes", with_debug.get(".text").unwrap_or(&0));
    for option in [&[][..], &["-g"]] {
        println!("lazy {}", option.join(" "));
        let mut lazy = wootz();
        lazy.args(["run", "--mode", "lazy", "-O2", "--stats"]).args(option).arg(module).args(arguments);
        let output = lazy.stdout(std::process::Stdio::null()).output()?;
        let statistics = String::from_utf8_lossy(&output.stderr);
        print!("{statistics}");
        println!("  {}", per_function(&statistics).context("the run said nothing of what was compiled")?);
    }
    Ok(())
}

/// What a function of the first tier cost, by what `--stats` says.
fn per_function(statistics: &str) -> Option<String> {
    let numbers = |name: &str| {
        let line = statistics.lines().find(|line| line.trim_start().starts_with(name))?;
        let words = line.split(|c: char| !c.is_ascii_digit() && c != '.');
        Some(words.filter_map(|word| word.parse::<f64>().ok()).collect::<Vec<_>>())
    };
    let (tier, placing) = (numbers("first tier")?, numbers("placing")?);
    let (functions, compiling) = (*tier.first()?, *tier.last()?);
    let [placed, shown] = placing[..] else { return None };
    let each = |milliseconds: f64| milliseconds / functions;
    Some(format!(
        "per function   {:.2} ms to compile and link, {:.3} ms to put it into its place, {:.3} ms of them to show it to debuggers",
        each(compiling),
        each(placed),
        each(shown)
    ))
}

fn wootz() -> Command {
    Command::new("target/release/wootz")
}

/// Seconds of the processor that compiling takes.
fn compile(module: &str, options: &[&str], image: &Path) -> Result<f64> {
    let mut compile = wootz();
    compile
        .args(["compile", "-O2", "--no-progress", "--timings=json"])
        .args(options)
        .arg(module)
        .arg("-o")
        .arg(image);
    let output = compile.output()?;
    let timings = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{timings}");
    let timings: serde_json::Value = serde_json::from_str(&timings)?;
    timings["cpu"].as_f64().context("timings without a sum")
}

/// Sizes of the sections of an image or a module, by name.
fn sections(file: &Path) -> Result<BTreeMap<String, u64>> {
    let output = Command::new("llvm-objdump-22").arg("--section-headers").arg(file).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let size = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        Some((words.next()?.to_owned(), u64::from_str_radix(words.next()?, 16).ok()?))
    };
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(size).collect())
}

/// The code of an image.
fn text(image: &Path) -> Result<Vec<u8>> {
    let out = image.with_extension("text");
    let dump = format!(".text={}", out.display());
    run(Command::new("objcopy").args(["--dump-section", &dump]).arg(image).arg("/dev/null"))?;
    Ok(fs::read(out)?)
}

fn sum(sections: &BTreeMap<String, u64>, prefix: &str) -> u64 {
    sections.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, size)| size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_shared_among_functions() {
        let statistics = "1422 functions, compiled when they were called\n  first tier       850 functions (0 without LLVM) and 0 loops in 860 batches, 27 bytes, 8500.0 ms\n  placing        255.0 ms, 17.0 of them to show code to debuggers\n";
        let told = per_function(statistics).unwrap();
        assert!(
            told.contains(" 10.00 ms") && told.contains(" 0.300 ms") && told.contains(" 0.020 ms"),
            "{told}"
        );
        assert_eq!(per_function("2 functions, compiled before the guest started"), None);
    }
}
