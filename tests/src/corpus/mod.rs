//! Real programs against native builds of themselves, in Wootz and in other engines: for `cargo xtask bench --table corpus`.
//!
//! Each program runs once in each engine, then all of them again: a round. Figures are ratios to the native run of the same
//! round, of processor time, since the time by the clock is also that of whatever else the machine does.

mod engines;
mod programs;
mod usage;

use std::path::Path;

use anyhow::{Result, ensure};

use crate::figures::{Plot, Ratios, Spread, geometric_mean};

pub use engines::{DEFAULT, Engine, NATIVE, SAME_PATHS, installed};
pub use programs::{Program, all, hello, prefetching};
pub use usage::{Ended, Usage, run};

/// What was measured of a program in an engine.
pub struct Cell {
    /// Run time in processor seconds, one for each round.
    pub seconds: Vec<f64>,
    /// Processor seconds of compiling; nothing for what has only been linked.
    pub compiling: f64,
    /// Most memory while compiling, in bytes, of the process and whatever else is in it; nothing for what is not compiled.
    pub compiling_peak: Option<u64>,
    /// Most memory while running, in bytes. If that is the process that compiles, it is no less than when compiling.
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
    let hello = hello();
    let folder = tempfile::tempdir()?;
    let prepared: Vec<_> =
        engines.iter().map(|engine| engine.prepare(wootz, &hello, folder.path())).collect::<Result<_>>()?;
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
        prepared.push(engine.prepare(wootz, program, folder.path())?);
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
            if let Some((seconds, peak)) = run.compiling {
                (cell.compiling, cell.compiling_peak) = (seconds, Some(peak));
            }
        }
    }
    Ok(Row { name: program.source.name().to_owned(), cells })
}

impl Row {
    /// Run time in an engine ÷ that in another, for example native run time.
    pub fn ratio(&self, engine: usize, to: usize) -> Spread {
        Spread::of_ratios(&self.cells[engine].seconds, &self.cells[to].seconds)
    }
}

/// A part of the table: what it is of, and what a program's row says of an engine.
struct Part<'a> {
    title: &'a str,
    cell: &'a dyn Fn(&Row, usize) -> String,
    /// A title for a last column, and what of it there is a geometric mean of.
    mean: Option<(&'a str, Figure<'a>)>,
}

/// A figure of a program in an engine, if there is one.
type Figure<'a> = &'a dyn Fn(&Row, usize) -> Option<f64>;

impl Table {
    /// Adds the ratios in some engines to others.
    pub fn add_to(&self, ratios: &mut Ratios, set: &str, engines: &[usize]) {
        for engine in engines {
            for row in &self.rows {
                ratios.add(set, self.engines[*engine], &row.name, row.ratio(*engine, 0).median);
            }
        }
    }

    /// The geometric mean of the programs' ratios in an engine to those in another.
    pub fn mean(&self, engine: usize, to: usize) -> f64 {
        geometric_mean(self.rows.iter().map(|row| row.ratio(engine, to).median))
    }

    /// The ratios to the first engine as a picture.
    pub fn plot(&self) -> Plot<'static> {
        let title = "Run time ÷ native (clang -O3 -march=native -ffp-contract=off)".to_owned();
        let mut plot = Plot::new(title, self.engines[1..].iter().copied());
        for row in &self.rows {
            let ratios = (1..self.engines.len()).map(|engine| row.ratio(engine, 0)).collect();
            plot.add(row.name.trim_end_matches("_driver"), ratios);
        }
        plot
    }

    fn write(&self, f: &mut std::fmt::Formatter<'_>, part: &Part<'_>) -> std::fmt::Result {
        write!(f, "{}\n  {:22}", part.title, "")?;
        let names = self.rows.iter().map(|row| row.name.trim_end_matches("_driver"));
        for name in names.chain(part.mean.map(|(title, _)| title)) {
            write!(f, " {name:>18}")?;
        }
        writeln!(f)?;
        for (engine, name) in self.engines.iter().enumerate() {
            write!(f, "  {name:22}")?;
            for row in &self.rows {
                write!(f, " {:>18}", (part.cell)(row, engine))?;
            }
            if let Some((_, figure)) = part.mean {
                let figures: Option<Vec<f64>> = self.rows.iter().map(|row| figure(row, engine)).collect();
                let mean = figures.map(|figures| format!("{:.2}", geometric_mean(figures)));
                write!(f, " {:>18}", mean.unwrap_or_else(dash))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn write_run_time(&self, f: &mut std::fmt::Formatter<'_>, to: usize) -> std::fmt::Result {
        let title = format!("Run time ÷ {}: median (minimum–maximum) of paired ratios", self.engines[to]);
        let cell = |row: &Row, engine| {
            let Spread { median, minimum, maximum } = row.ratio(engine, to);
            format!("{median:.2} ({minimum:.2}–{maximum:.2})")
        };
        let median = |row: &Row, engine| Some(row.ratio(engine, to).median);
        self.write(f, &Part { title: &title, cell: &cell, mean: Some(("geom. mean", &median)) })
    }

    fn write_start_up(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(native) = self.start_up.first() else { return Ok(()) };
        writeln!(
            f,
            "Start to exit of a program that prints a line, ms: median (minimum–maximum); ÷ native: of the medians"
        )?;
        self.engines.iter().zip(&self.start_up).try_for_each(|(name, time)| {
            writeln!(f, "  {name:22} {:32} {:8.2}", time.to_string(), time.median / native.median)
        })
    }
}

/// Where there is no figure.
fn dash() -> String {
    "–".to_owned()
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let references =
            [NATIVE, SAME_PATHS].map(|name| self.engines.iter().position(|engine| *engine == name));
        references.into_iter().flatten().try_for_each(|to| self.write_run_time(f, to))?;
        let megabytes =
            |bytes: Option<u64>| bytes.map_or_else(dash, |bytes| format!("{:.1}", bytes as f64 / 1e6));
        let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
        let to_native = "mean ÷ native";
        let seconds = |row: &Row, engine: usize| row.cells[engine].compiling;
        self.write(
            f,
            &Part {
                title: "Compiling, CPU s",
                cell: &|row, engine| format!("{:.2}", seconds(row, engine)),
                mean: Some((to_native, &|row, engine| Some(seconds(row, engine) / seconds(row, 0)))),
            },
        )?;
        let compiling = |row: &Row, engine: usize| row.cells[engine].compiling_peak;
        self.write(
            f,
            &Part {
                title: "Compiling, most memory, MB",
                cell: &|row, engine| megabytes(compiling(row, engine)),
                mean: Some((to_native, &|row, engine| {
                    Some(bytes(compiling(row, engine))? / bytes(compiling(row, 0))?)
                })),
            },
        )?;
        let running = |row: &Row, engine: usize| row.cells[engine].peak;
        self.write(
            f,
            &Part {
                title: "Running, most memory, MB",
                cell: &|row, engine| megabytes(Some(running(row, engine))),
                mean: Some((to_native, &|row, engine| {
                    Some(running(row, engine) as f64 / running(row, 0) as f64)
                })),
            },
        )?;
        self.write(
            f,
            &Part { title: "Image, MB", cell: &|row, engine| megabytes(row.cells[engine].size), mean: None },
        )?;
        self.write_start_up(f)
    }
}
