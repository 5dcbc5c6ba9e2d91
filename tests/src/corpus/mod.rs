//! Real programs against native builds of themselves, in Wootz and in other engines: for `cargo xtask bench --table corpus`.
//!
//! Each program runs once in each engine, then all of them again: a round. Figures are ratios to the native run of the same
//! round, of processor time, since the time by the clock is also that of whatever else the machine does.

mod engines;
mod plot;
mod programs;
mod usage;

use std::fmt::Write;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::c_program::{CProgram, root};
use crate::figures::{Ratios, Spread, geometric_mean};

pub use engines::{DEFAULT, Engine, NATIVE, installed};
pub use plot::plot;
pub use programs::{Program, all, prefetching};
pub use usage::{Ended, Usage, run};

/// What was measured of a program in an engine.
pub struct Cell {
    /// Run time in processor seconds, one for each round.
    pub seconds: Vec<f64>,
    /// Processor seconds of compiling; nothing for what has only been linked.
    pub compiling: f64,
    /// Most memory while compiling, in bytes, where that is a process of its own.
    pub compiling_peak: Option<u64>,
    /// Most memory while running, in bytes.
    pub peak: u64,
    /// Bytes of the image.
    pub size: Option<u64>,
}

/// What was measured of a program.
pub struct Row {
    /// Its name.
    pub name: String,
    /// One for each engine.
    pub cells: Vec<Cell>,
}

/// What was measured.
pub struct Table {
    /// Names of the engines.
    pub engines: Vec<&'static str>,
    /// One for each program.
    pub rows: Vec<Row>,
    /// Milliseconds from start to exit of a program that prints a line, in each engine, if they were measured: compiling is in it where
    /// an engine makes no files.
    pub start_up: Vec<Spread>,
}

/// Starts a small program in all engines, in turns.
///
/// # Errors
/// If it does not compile or run.
pub fn start_up(wootz: &Path, engines: &[Engine], rounds: usize) -> Result<Vec<Spread>> {
    let hello = CProgram::new(root().join("tests/programs/hello.c")).opt_level("-O3");
    let folder = tempfile::tempdir()?;
    let prepared: Vec<_> = engines
        .iter()
        .map(|engine| engine.prepare(wootz, &hello, &[], folder.path()))
        .collect::<Result<_>>()?;
    let mut times = vec![Vec::new(); engines.len()];
    for _ in 0..rounds {
        for (prepared, times) in prepared.iter().zip(&mut times) {
            times.push(prepared.run(&[])?.usage.wall * 1e3);
        }
    }
    Ok(times.into_iter().map(Spread::new).collect())
}

/// Builds and runs a program in all engines.
///
/// # Errors
/// If it does not compile or run, or prints something else than its native build.
pub fn measure(wootz: &Path, engines: &[Engine], program: &Program, rounds: usize) -> Result<Row> {
    let folder = tempfile::tempdir()?;
    let mut prepared = Vec::new();
    for engine in engines {
        prepared.push(engine.prepare(wootz, &program.source, program.training, folder.path())?);
    }
    let mut cells = Vec::new();
    for prepared in &prepared {
        cells.push(Cell {
            seconds: Vec::new(),
            compiling: prepared.compiling.as_ref().map_or(0.0, |usage| usage.cpu),
            compiling_peak: prepared.compiling.as_ref().map(|usage| usage.peak),
            peak: 0,
            size: prepared.size()?,
        });
    }
    let mut expected = None;
    for _ in 0..rounds {
        for ((prepared, engine), cell) in prepared.iter().zip(engines).zip(&mut cells) {
            let run = prepared.run(program.arguments)?;
            let expected = expected.get_or_insert_with(|| run.stdout.clone());
            ensure!(
                run.stdout == *expected,
                "{} printed something else in {}",
                program.source.name(),
                engine.name
            );
            cell.seconds.push(run.cpu);
            cell.peak = cell.peak.max(run.usage.peak);
            cell.compiling = run.compiling.unwrap_or(cell.compiling);
        }
    }
    Ok(Row { name: program.source.name().to_owned(), cells })
}

impl Row {
    /// Run time in an engine ÷ native run time.
    pub fn ratio(&self, engine: usize) -> Spread {
        Spread::of_ratios(&self.cells[engine].seconds, &self.cells[0].seconds)
    }
}

impl Table {
    /// Adds the ratios in some engines to others.
    pub fn add_to(&self, ratios: &mut Ratios, set: &str, engines: &[usize]) {
        for engine in engines {
            for row in &self.rows {
                ratios.add(set, self.engines[*engine], &row.name, row.ratio(*engine).median);
            }
        }
    }

    /// The geometric mean of the programs' ratios in an engine.
    pub fn mean(&self, engine: usize) -> f64 {
        geometric_mean(self.rows.iter().map(|row| row.ratio(engine).median))
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut part = |title: &str, cell: &dyn Fn(&Row, usize) -> String, mean: bool| {
            let mut text = format!("{title}\n  {:20}", "");
            let names = self.rows.iter().map(|row| row.name.trim_end_matches("_driver"));
            for name in names.chain(mean.then_some("geom. mean")) {
                write!(text, " {name:>18}")?;
            }
            text.push('\n');
            for (engine, name) in self.engines.iter().enumerate() {
                write!(text, "  {name:20}")?;
                for row in &self.rows {
                    write!(text, " {:>18}", cell(row, engine))?;
                }
                if mean {
                    write!(text, " {:18.2}", self.mean(engine))?;
                }
                text.push('\n');
            }
            f.write_str(&text)
        };
        let dash = || "–".to_owned();
        let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        part(
            "Run time ÷ native: median (minimum–maximum) of paired ratios",
            &|row, engine| {
                let Spread { median, minimum, maximum } = row.ratio(engine);
                format!("{median:.2} ({minimum:.2}–{maximum:.2})")
            },
            true,
        )?;
        part("Compiling, CPU s", &|row, engine| format!("{:.2}", row.cells[engine].compiling), false)?;
        part(
            "Compiling, most memory, MB",
            &|row, engine| row.cells[engine].compiling_peak.map_or_else(dash, megabytes),
            false,
        )?;
        part("Running, most memory, MB", &|row, engine| megabytes(row.cells[engine].peak), false)?;
        part("Image, MB", &|row, engine| row.cells[engine].size.map_or_else(dash, megabytes), false)?;
        if !self.start_up.is_empty() {
            writeln!(f, "Start to exit of a program that prints a line, ms: median (minimum–maximum)")?;
        }
        self.engines.iter().zip(&self.start_up).try_for_each(|(name, time)| writeln!(f, "  {name:20} {time}"))
    }
}
