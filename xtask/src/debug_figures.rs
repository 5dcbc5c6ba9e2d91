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
    let own = sum(&module_sections(&fs::read(module)?).context("not a module")?, ".debug_");
    let (sections, bare) = (image_sections(&debug)?, image_sections(&plain)?);
    let made = sum(&sections, ".debug_");
    let of = |path: &Path| Ok::<_, anyhow::Error>(fs::metadata(path)?.len());
    println!("image           {} bytes, with -g {}", of(&plain)?, of(&debug)?);
    println!("debug sections  {made} bytes, the module's {own}: {:.2} times", made as f64 / own as f64);
    for (name, size) in
        sections.iter().filter(|(name, _)| name.starts_with(".debug_") || name.starts_with(".wootz"))
    {
        println!("  {name:<18} {size}");
    }
    ensure!(bare.get(".text") == sections.get(".text") && text(&plain)? == text(&debug)?, "the code differs");
    println!("code            the same {} bytes", sections.get(".text").unwrap_or(&0));
    for option in [&[][..], &["-g"]] {
        println!("lazy {}", option.join(" "));
        let mut lazy = wootz();
        lazy.args(["run", "--mode", "lazy", "-O2", "--stats"]).args(option).arg(module).args(arguments);
        let output = lazy.stdout(std::process::Stdio::null()).output()?;
        print!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
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

/// The sections of an image, by name.
fn image_sections(image: &Path) -> Result<BTreeMap<String, u64>> {
    let output = Command::new("readelf").args(["--section-headers", "--wide"]).arg(image).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut found = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.split_once(']').map(|(_, rest)| rest)) {
        if let [name, _, _, _, size, ..] = *line.split_whitespace().collect::<Vec<_>>()
            && let Ok(size) = u64::from_str_radix(size, 16)
        {
            found.insert(name.to_owned(), size);
        }
    }
    Ok(found)
}

/// The code of an image.
fn text(image: &Path) -> Result<Vec<u8>> {
    let out = image.with_extension("text");
    let dump = format!(".text={}", out.display());
    run(Command::new("objcopy").args(["--dump-section", &dump]).arg(image).arg("/dev/null"))?;
    Ok(fs::read(out)?)
}

/// The custom sections of a module (WebAssembly core specification, binary format, modules), by name.
fn module_sections(module: &[u8]) -> Option<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    let mut rest = module.get(8..)?;
    while let Some((id, after)) = rest.split_first() {
        let (size, after) = number(after)?;
        let contents = after.get(..size)?;
        if *id == 0 {
            let (length, name) = number(contents)?;
            found.insert(String::from_utf8_lossy(name.get(..length)?).into_owned(), size as u64);
        }
        rest = &after[size..];
    }
    Some(found)
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let value = bytes[..=end].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    Some((value, &bytes[end + 1..]))
}

fn sum(sections: &BTreeMap<String, u64>, prefix: &str) -> u64 {
    sections.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, size)| size).sum()
}
