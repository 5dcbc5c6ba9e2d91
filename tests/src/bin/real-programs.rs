//! `cargo xtask real-programs`: compiles large programs from elsewhere ahead of time, puts them to work, and says what it cost.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use serde_json::Value;
use wootz_tests::real::{Guest, PROGRAMS, Packages, RealProgram};

/// Compiles large programs to images, runs them and compares what they do.
#[derive(Parser)]
struct Options {
    /// The `wootz` command that compiles and runs them.
    #[arg(long)]
    wootz: PathBuf,
    /// Levels of optimisation, separated by commas.
    #[arg(short = 'O', value_delimiter = ',', default_value = "0,2", value_parser = ["0", "1", "2", "3"])]
    opt: Vec<String>,
    /// Numbers of threads that compile, separated by commas; 0 is one for each processor.
    #[arg(short = 'j', long, value_delimiter = ',', default_value = "0")]
    jobs: Vec<usize>,
    /// Bytes of memory for the compiler, with K, M or G.
    #[arg(long)]
    memory_budget: Option<String>,
    /// Only compile, for the figures.
    #[arg(long)]
    figures: bool,
    /// The programs; all of them unless given.
    #[arg(value_parser = PossibleValuesParser::new(PROGRAMS.map(|program| program.name)))]
    programs: Vec<String>,
}

const HEAD: &str =
    "program      threads   wall s    CPU s   MB/s  MB/CPU s   idle s  peak MB (linking)  image/code";

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let packages = Packages::new()?;
    let chosen = |program: &&RealProgram| {
        options.programs.is_empty() || options.programs.iter().any(|name| name == program.name)
    };
    println!("{HEAD}");
    let mut failed = Vec::new();
    for program in PROGRAMS.iter().filter(chosen) {
        let module = (program.module)(&packages).with_context(|| program.name)?;
        // In a folder of its own: programs such as clang look at the name that they are called by.
        let folder = packages.folder().join(program.name);
        std::fs::create_dir_all(&folder)?;
        for level in &options.opt {
            let image = folder.join(format!("O{level}.image"));
            for threads in &options.jobs {
                let report = compile(options, &module, &image, level, *threads)?;
                println!("{}", row(program.name, level, &report));
            }
            if options.figures {
                continue;
            }
            if let Err(error) = (program.check)(&packages, &Guest::new(&options.wootz, &image)) {
                eprintln!("error: {} -O{level}: {error:#}", program.name);
                failed.push(program.name);
            }
        }
        if let Some(compiler) = program.native_compiler.filter(|_| options.figures) {
            let (wall, cpu) = timed(&mut compiler(&folder.join("native"))?)?;
            println!("{:12} {:7} {wall:8.1} {cpu:8.1}   natively, by clang -O3", program.name, 1);
        }
    }
    ensure!(failed.is_empty(), "these do not do what they should: {}", failed.join(", "));
    Ok(())
}

/// Runs a command and returns the seconds that it took, by the clock and of a processor.
fn timed(command: &mut Command) -> Result<(f64, f64)> {
    // Of this process's children that have ended: fields 16 and 17, in hundredths of a second.
    let of_children = || -> Result<f64> {
        let text = std::fs::read_to_string("/proc/self/stat")?;
        let (_, fields) = text.rsplit_once(')').context("/proc/self/stat is not as expected")?;
        let ticks = fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>());
        Ok(ticks.sum::<Result<u64, _>>()? as f64 / 100.0)
    };
    let (started, before) = (Instant::now(), of_children()?);
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok((started.elapsed().as_secs_f64(), of_children()? - before))
}

/// Compiles a module to an image and returns the report.
fn compile(options: &Options, module: &Path, image: &Path, level: &str, threads: usize) -> Result<Value> {
    let mut command = Command::new(&options.wootz);
    command.args(["compile", "--timings=json", &format!("-O{level}")]);
    if threads > 0 {
        command.args(["-j", &threads.to_string()]);
    }
    if let Some(budget) = &options.memory_budget {
        command.args(["--memory-budget", budget]);
    }
    command.arg(module).arg("-o").arg(image).stdin(Stdio::null());
    let output = command.output().with_context(|| format!("cannot start {}", options.wootz.display()))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{command:?} ended with {}:\n{text}", output.status);
    }
    serde_json::from_str(&text).with_context(|| format!("the report is not JSON: {text}"))
}

fn row(name: &str, level: &str, report: &Value) -> String {
    let number = |key: &str| report[key].as_f64().unwrap_or(f64::NAN);
    let (wall, cpu, code) = (number("elapsed"), number("cpu"), number("body_bytes") / 1e6);
    format!(
        "{:12} {:7} {wall:8.1} {cpu:8.1} {:6.2} {:9.3} {:8.1} {:8.0} {:+9.0} {:11.1}",
        format!("{name} -O{level}"),
        number("threads"),
        code / wall,
        code / cpu,
        number("idle"),
        number("peak_memory") / 1e6,
        (number("peak_memory") - number("peak_before_link")) / 1e6,
        number("image_bytes") / 1e6 / code,
    )
}
