//! Small programs, each timed by itself: how it is compiled to WebAssembly × how traps are found, against native code for this processor.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wootz::{CheckStrategy, Config, TrapPrecision};

use super::{Plot, Ratios, Spread};
use crate::builds::root;
use crate::c_program::CProgram;
use crate::rust_program::RustProgram;
use crate::wasi_program::WasiProgram;

/// Kernels, and how often each is run: for some tens of milliseconds natively.
type Kernels = &'static [(&'static str, &'static str)];

const LOOPS: Kernels = &[
    ("gemm", "20"),
    ("gemm-small", "60000"),
    ("stencil", "5000"),
    ("jacobi", "400"),
    ("copy", "10000"),
    ("byte-sum", "20000"),
    ("dot", "20000"),
    ("conditional-store", "20000"),
    ("conditional-sum", "10000"),
    ("saturate", "30000"),
    ("gather", "5000"),
    ("histogram", "3000"),
    ("strided", "10000"),
    ("pointer-chase", "2000"),
    ("hash-table", "500"),
    ("lz-decode", "100"),
    ("string-length", "200"),
    ("string-length-long", "300"),
    ("compare", "400"),
    ("compare-long", "500"),
    ("find-byte", "1000"),
    ("find-word", "100000"),
    ("copy-string", "500"),
];
const ALGORITHMS: Kernels = &[
    ("sort", "40"),
    ("hash", "3000"),
    ("search", "200"),
    ("parse", "150"),
    ("recursion", "300"),
    ("indirect-calls", "150"),
    ("trees", "300"),
    ("nbody", "1000000"),
    ("sieve", "500"),
    ("multiply", "5000"),
    ("chacha", "1500"),
];
const RUST: Kernels = &[
    ("windows", "10000"),
    ("chunks", "1500"),
    ("zip", "50000"),
    ("matrix", "100"),
    ("sort-unstable", "40"),
    ("count-words", "50"),
    ("tree", "30"),
    ("letters", "200"),
    ("distance", "100"),
    ("shortest", "30"),
    ("shapes", "1000"),
    ("parse", "200"),
];
const BY_HAND: Kernels =
    &[("tail-calls", "200"), ("wide", "10000"), ("moves", "1500"), ("rare", "300"), ("hinted", "500")];

/// The sets, by the names that ratios are kept under: how programs are compiled to WebAssembly.
const SETS: [(&str, Source); 6] = [
    ("plain", Source::C(&[])),
    ("rolled", Source::C(&["-fno-unroll-loops"])),
    ("simd128", Source::C(&["-msimd128"])),
    ("Rust", Source::Rust(&[])),
    ("Rust, simd128", Source::Rust(&["-Ctarget-feature=+simd128"])),
    ("by hand", Source::Text),
];

/// What the programs of a set are written in, with options for compiling it to WebAssembly.
#[derive(Copy, Clone)]
enum Source {
    C(&'static [&'static str]),
    Rust(&'static [&'static str]),
    /// The text format; natively C.
    Text,
}

/// Where a program is, natively and for WebAssembly, and its kernels.
struct Built {
    native: PathBuf,
    wasm: PathBuf,
    kernels: Kernels,
}

const PRECISIONS: [(&str, CheckStrategy, TrapPrecision); 3] = [
    ("guard, exact", CheckStrategy::Guard, TrapPrecision::Exact),
    ("guard, relaxed", CheckStrategy::Guard, TrapPrecision::Relaxed),
    ("explicit, exact", CheckStrategy::Explicit, TrapPrecision::Exact),
];

impl Source {
    /// Why its kernels have to be left out, if so.
    fn missing(self) -> Option<&'static str> {
        let missing = matches!(self, Self::Rust(_)) && !RustProgram::has_guest_library();
        missing
            .then_some("there is no standard library for WASI: `rustup target add wasm32-wasip1` installs it")
    }

    fn build(self) -> Result<Vec<Built>> {
        let c = |name: &str| {
            let source = CProgram::new(program(name, "c")).includes(&["kernel.h"]).opt_level("-O3");
            source.native_options(&["-march=native"])
        };
        match self {
            Self::C(options) => [("kernels", LOOPS), ("algorithms", ALGORITHMS)]
                .into_iter()
                .map(|(name, kernels)| {
                    let source = c(name).wasm_options(options);
                    Ok(Built { native: source.native()?, wasm: source.wasm()?, kernels })
                })
                .collect(),
            Self::Rust(options) => {
                let source = RustProgram::new(program("kernels", "rs"), options);
                Ok(vec![Built { native: source.native()?, wasm: source.wasm()?, kernels: RUST }])
            }
            Self::Text => {
                let native = c("by_hand").native()?;
                Ok(vec![Built { native, wasm: program("by_hand", "wat"), kernels: BY_HAND }])
            }
        }
    }
}

fn program(name: &str, extension: &str) -> PathBuf {
    root().join("tests/programs").join(name).with_extension(extension)
}

/// Prints what kernels take, adds it to ratios, and draws a picture of each set in a folder. Sets whose compiler is not installed are
/// left out, with a line on standard error.
///
/// # Errors
/// If something does not compile or run, or prints something else than its native build.
pub fn table(pictures: &Path, rounds: usize, ratios: &mut Ratios) -> Result<()> {
    println!(
        "Kernels, run time ÷ native (clang -O3 -march=native -ffp-contract=off, rustc -Copt-level=3 -Ctarget-cpu=native), median \
         (minimum–maximum)"
    );
    for (build, source) in SETS {
        if let Some(why) = source.missing() {
            eprintln!("not measured: kernels, {build}: {why}");
            continue;
        }
        let set = format!("kernels, {build}");
        let mut plot = Plot::new(format!("{set}: run time ÷ native"), PRECISIONS.map(|(name, ..)| name));
        for program in source.build()? {
            let compiled = compile(&program.wasm, build)?;
            for (kernel, count) in program.kernels {
                let spreads = kernel_ratios(&program.native, &compiled, &[kernel, count], rounds)?;
                print!("  {build:13} {kernel:18}");
                for (spread, (name, ..)) in spreads.iter().zip(PRECISIONS) {
                    print!(" {name} {spread}");
                    ratios.add(&set, name, kernel, spread.median);
                }
                println!();
                plot.add(kernel, spreads);
            }
        }
        print!("  {build:13} {:18}", "geometric mean");
        for (name, ..) in PRECISIONS {
            let mean = ratios.summary(&set, name).map_or(f64::NAN, |(mean, ..)| mean);
            print!(" {name} {mean:8.2}");
        }
        println!();
        let picture = pictures.join(format!("{}.svg", set.replace(", ", "-").replace(' ', "-")));
        std::fs::write(&picture, plot.svg()?)?;
        println!("  {build:13} as a picture: {}", picture.display());
    }
    Ok(())
}

fn compile(wasm: &Path, build: &str) -> Result<Vec<WasiProgram>> {
    let compiled = PRECISIONS.into_iter().map(|(name, checks, precision)| {
        let config = Config::new().checks(checks).trap_precision(precision).verify(false);
        WasiProgram::compile_as(format!("{}, {build}, {name}", wasm.display()), wasm, &config)
    });
    compiled.collect()
}

/// The times that a kernel measures of itself, each divided by the native one of the same round.
fn kernel_ratios(
    native: &Path,
    compiled: &[WasiProgram],
    arguments: &[&str],
    rounds: usize,
) -> Result<Vec<Spread>> {
    let nanoseconds = |bytes: &[u8]| -> Result<f64> {
        std::str::from_utf8(bytes)?.trim().parse().context("a kernel prints the time that it took")
    };
    let mut ratios = vec![Vec::new(); compiled.len()];
    for _ in 0..rounds {
        let output = Command::new(native).args(arguments).output()?;
        ensure!(output.status.success(), "{} failed: {}", native.display(), output.status);
        let native_time = nanoseconds(&output.stderr)?;
        for (program, ratios) in compiled.iter().zip(&mut ratios) {
            let folder = tempfile::tempdir().context("making a folder for a program's files")?;
            let run = program.run(arguments, &[], folder.path())?;
            ensure!(
                run.code == 0 && run.stdout == output.stdout,
                "{} printed something else",
                program.name()
            );
            ratios.push(nanoseconds(&run.stderr)? / native_time);
        }
    }
    Ok(ratios.into_iter().map(Spread::new).collect())
}
