//! What a compilation took, for people and as JSON: `--timings`.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use wootz::{CompilePhase as Phase, CompileReport, Degraded};
use wootz_wasm_ir::Declarations;
use wootz_wasm_ir::entity::Entity;

use wootz_cli::args::Timings;
use wootz_cli::report::one_line;

/// A report and what is not in it.
pub(super) struct Summary<'a> {
    pub(super) report: &'a CompileReport,
    pub(super) declarations: &'a Declarations,
    /// From the start of decoding to the end of writing.
    pub(super) elapsed: Duration,
}

impl Summary<'_> {
    pub(super) fn text(&self, timings: Timings) -> String {
        match timings {
            Timings::Text => self.table(),
            Timings::Json => self.json().to_string() + "\n",
        }
    }

    fn table(&self) -> String {
        let report = self.report;
        let total = report.phases.total();
        let row = |name: &str, time: wootz::CompileTime| {
            let share = 100.0 * time.cpu.as_secs_f64() / total.cpu.as_secs_f64().max(f64::MIN_POSITIVE);
            format!("{name:12}{}{}{share:7.1}\n", seconds(time.wall), seconds(time.cpu))
        };
        let mut text = format!("{:12}{:>10}{:>10}{:>7}\n", "phase", "wall s", "CPU s", "CPU %");
        text.extend(Phase::ALL.map(|phase| row(phase.name(), report.phases.of(phase))));
        text += &row("all threads", total);
        let elapsed = self.elapsed.as_secs_f64();
        let idle = report.idle.as_secs_f64();
        let (functions, units, threads) = (report.functions, report.units, report.threads);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{elapsed:.2} s elapsed: {functions} functions in {units} units on {threads} threads, which waited {idle:.2} s"
        );
        let code = report.body_bytes as f64 / 1e6;
        let (by_wall, by_cpu) = (code / elapsed, code / total.cpu.as_secs_f64());
        let _ = writeln!(text, "{code:.2} MB of code: {by_wall:.2} MB/s, {by_cpu:.2} MB per second of CPU");
        let (module, objects, image) = (report.module_bytes, report.object_bytes, report.image_bytes);
        let _ = writeln!(
            text,
            "module {}, objects {}, image {}",
            megabytes(module as u64),
            megabytes(objects as u64),
            megabytes(image as u64)
        );
        let [peak, before] = [report.peak_memory, report.peak_before_link]
            .map(|peak| peak.map_or_else(|| "unknown".into(), megabytes));
        let budget = megabytes(report.memory_budget);
        let _ = writeln!(text, "memory: peak {peak}, before linking {before}, budget {budget}");
        text
    }

    fn json(&self) -> Value {
        let report = self.report;
        let time = |time: wootz::CompileTime| json!({ "wall": time.wall.as_secs_f64(), "cpu": time.cpu.as_secs_f64() });
        let phases = Phase::ALL.map(|phase| (phase.name().to_owned(), time(report.phases.of(phase))));
        let degraded = |degraded: &Degraded| {
            json!({
                "index": degraded.func.index(),
                "name": self.declarations.function_name(degraded.func),
                "size": degraded.bytes,
                "reason": degraded.reason.to_string(),
            })
        };
        json!({
            "phases": phases.into_iter().collect::<serde_json::Map<_, _>>(),
            "cpu": report.phases.total().cpu.as_secs_f64(),
            "elapsed": self.elapsed.as_secs_f64(),
            "idle": report.idle.as_secs_f64(),
            "threads": report.threads,
            "functions": report.functions,
            "units": report.units,
            "module_bytes": report.module_bytes,
            "body_bytes": report.body_bytes,
            "object_bytes": report.object_bytes,
            "image_bytes": report.image_bytes,
            "memory_budget": report.memory_budget,
            "peak_memory": report.peak_memory,
            "peak_before_link": report.peak_before_link,
            "degraded": report.degraded.iter().map(degraded).collect::<Vec<_>>(),
        })
    }

    /// A line for each function that was not optimised.
    pub(super) fn degraded(&self) -> String {
        let line = |degraded: &Degraded| {
            let name = self.declarations.function_name(degraded.func);
            let name = name.map_or_else(String::new, |name| format!(" \"{}\"", one_line(name)));
            let (index, bytes, reason) = (degraded.func.index(), degraded.bytes, degraded.reason);
            format!("not optimised: function {index}{name}, {bytes} bytes: {reason}\n")
        };
        self.report.degraded.iter().map(line).collect()
    }
}

fn seconds(time: Duration) -> String {
    format!("{:10.2}", time.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
