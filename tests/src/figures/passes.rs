//! What each of LLVM's passes is worth at `-O2`: compiling and running without it, against compiling and running with all of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};

use super::{Spread, geometric_mean};
use crate::corpus::{self, Program};

/// Programs of the corpus that are measured unless others are asked for: not the largest, and of several kinds.
const PROGRAMS: [&str; 4] = ["lua", "zlib", "regex", "lz4"];

/// Passes over LLVM's IR, by the names that pipelines have for them.
const PASSES: [&str; 36] = [
    "adce",
    "aggressive-instcombine",
    "bdce",
    "constraint-elimination",
    "correlated-propagation",
    "deadargelim",
    "div-rem-pairs",
    "dse",
    "early-cse",
    "float2int",
    "function-attrs",
    "globalopt",
    "gvn",
    "indvars",
    "inline",
    "instcombine",
    "instsimplify",
    "ipsccp",
    "jump-threading",
    "licm",
    "loop-deletion",
    "loop-idiom",
    "loop-rotate",
    "loop-unroll",
    "loop-unroll-full",
    "loop-vectorize",
    "memcpyopt",
    "mldst-motion",
    "reassociate",
    "sccp",
    "simple-loop-unswitch",
    "simplifycfg",
    "slp-vectorizer",
    "sroa",
    "tailcallelim",
    "vector-combine",
];

/// Passes of the code generator, by the option that leaves each out.
const GENERATOR: [(&str, &str); 11] = [
    ("block placement", "-disable-block-placement"),
    ("branch folding", "-disable-branch-fold"),
    ("common subexpressions", "-disable-machine-cse"),
    ("copy propagation", "-disable-copyprop"),
    ("early tail duplication", "-disable-early-taildup"),
    ("IR before selection", "-disable-cgp"),
    ("loop-invariant code", "-disable-machine-licm"),
    ("peepholes", "-disable-peephole"),
    ("scheduling", "-enable-misched=false"),
    ("sinking", "-disable-machine-sink"),
    ("tail duplication", "-disable-tail-duplicate"),
];

/// A program, compiled with all passes or without one.
struct Build {
    image: PathBuf,
    compiling: f64,
}

/// Compiles and runs the programs with these names, or some, without each of these passes, or of all, in turn; and prints what both take ÷ what
/// they take with all.
///
/// # Errors
/// If there is no pass of a name, or something does not compile, fails, or prints something else without a pass.
pub fn worth(wootz: &Path, programs: &[String], passes: &[String], rounds: usize) -> Result<()> {
    let mut wanted: Vec<&str> = programs.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted.extend(PROGRAMS);
    }
    let mut programs = corpus::all()?;
    programs.retain(|program| wanted.contains(&program.source.name()));
    let is_unknown =
        |pass: &&String| !PASSES.contains(&pass.as_str()) && GENERATOR.iter().all(|(name, _)| name != pass);
    if let Some(unknown) = passes.iter().find(is_unknown) {
        bail!("no pass is called {unknown:?}");
    }
    println!(
        "-O2 without a pass ÷ with all of them, processor time: geometric means of {}, and in brackets the smallest and largest",
        wanted.join(", ")
    );
    let of_ir = PASSES.map(|name| (name, format!("-opt-disable={name}")));
    let of_generator = GENERATOR.map(|(name, option)| (name, option.to_owned()));
    for (title, left_out) in [("passes", &of_ir[..]), ("code generator", &of_generator[..])] {
        println!("  {title:24} {:>22} {:>22}", "compiling", "running");
        for (name, option) in left_out {
            if !passes.is_empty() && !passes.iter().any(|pass| pass == name) {
                continue;
            }
            let mut ratios = [Vec::new(), Vec::new()];
            for program in &programs {
                for (all, figure) in ratios.iter_mut().zip(compare(wootz, program, option, rounds)?) {
                    all.push(figure);
                }
            }
            let [compiling, running] = ratios.map(|ratios| {
                let Spread { minimum, maximum, .. } = Spread::new(ratios.clone());
                format!("{:.2} ({minimum:.2}–{maximum:.2})", geometric_mean(ratios))
            });
            println!("  {name:24} {compiling:>22} {running:>22}");
        }
    }
    Ok(())
}

/// Compiling and running a program with an option of LLVM's ÷ the same without it: medians of rounds.
fn compare(wootz: &Path, program: &Program, option: &str, rounds: usize) -> Result<[f64; 2]> {
    let folder = tempfile::tempdir()?;
    let mut figures = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let [with, without] = [&[][..], &[option]].map(|options| {
            let image = folder.path().join(options.len().to_string());
            compile(wootz, program, options, image)
        });
        let (with, without) = (with?, without?);
        figures[0].push(without.compiling / with.compiling);
        let (with, without) = (run(wootz, program, &with)?, run(wootz, program, &without)?);
        ensure!(with.1 == without.1, "{} prints something else with {option}", program.source.name());
        figures[1].push(without.0 / with.0);
    }
    Ok(figures.map(|figures| Spread::new(figures).median))
}

fn compile(wootz: &Path, program: &Program, options: &[&str], image: PathBuf) -> Result<Build> {
    let mut command = Command::new(wootz);
    command.args(["compile", "-O2", "--jobs=1", "--no-progress"]);
    command.args(options.iter().map(|option| format!("--llvm-option={option}")));
    command.arg(program.source.wasm()?).arg("-o").arg(&image);
    let ended = corpus::run(&mut command)?;
    ensure!(ended.code == Some(0), "{command:?} failed: {}", ended.stderr);
    Ok(Build { image, compiling: ended.usage.cpu })
}

/// Processor seconds of a run, and what it printed.
fn run(wootz: &Path, program: &Program, build: &Build) -> Result<(f64, Vec<u8>)> {
    let mut command = Command::new(wootz);
    command.arg("run").arg(&build.image).args(program.arguments);
    let ended = corpus::run(&mut command)?;
    ensure!(ended.code == Some(0), "{command:?} failed: {}", ended.stderr);
    Ok((ended.usage.cpu, ended.stdout))
}
