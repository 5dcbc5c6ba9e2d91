//! What a process took: its processor time, which other processes change less than its time by the clock, and its memory.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};

/// What a process and the processes that it waited for took.
pub struct Usage {
    /// Seconds of a processor, in the process and in the system for it.
    pub cpu: f64,
    /// Seconds by the clock.
    pub wall: f64,
    /// The most memory that it had at a time, in bytes, as far as it was seen: looked at every two milliseconds.
    pub peak: u64,
}

impl Usage {
    /// One process after another.
    pub fn then(self, next: Self) -> Self {
        Self { cpu: self.cpu + next.cpu, wall: self.wall + next.wall, peak: self.peak.max(next.peak) }
    }
}

/// A process that has ended.
pub struct Ended {
    /// What it took.
    pub usage: Usage,
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Seconds by the clock until the first of that was there, if there was any.
    pub first: Option<f64>,
    /// Its standard error.
    pub stderr: String,
}

/// Runs a command to its end, with nothing on standard input. No other process may be waited for at the same time.
///
/// # Errors
/// If it cannot be started.
pub fn run(command: &mut Command) -> Result<Ended> {
    let name = command.get_program().to_owned();
    let before = cpu()?;
    let started = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("starting {}", name.display()))?;
    let peak = AtomicU64::new(0);
    let (stdout, first, stderr, status) = std::thread::scope(|scope| -> Result<_> {
        let watch = scope.spawn({
            let (id, peak) = (child.id(), &peak);
            move || watch(id, peak)
        });
        let (stdout, first, stderr) = outputs(&mut child, started)?;
        let status = child.wait()?;
        watch.thread().unpark();
        Ok((stdout, first, stderr, status))
    })?;
    let usage = Usage {
        cpu: cpu()? - before,
        wall: started.elapsed().as_secs_f64(),
        peak: peak.load(Ordering::Relaxed),
    };
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    Ok(Ended { usage, code: status.code(), stdout, first, stderr })
}

/// Reads both outputs at once: a process that fills one of them waits. Between them: when the first came on standard output.
fn outputs(child: &mut Child, started: Instant) -> Result<(Vec<u8>, Option<f64>, Vec<u8>)> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (mut stdout, mut first, mut stderr) = (vec![0], None, Vec::new());
    std::thread::scope(|scope| -> Result<()> {
        let reader = scope.spawn(|| err.map_or(Ok(0), |mut err| err.read_to_end(&mut stderr)));
        let mut out = out.context("it has a standard output")?;
        match out.read(&mut stdout)? {
            0 => stdout.clear(),
            _ => first = Some(started.elapsed().as_secs_f64()),
        }
        out.read_to_end(&mut stdout)?;
        reader.join().map_err(|_| anyhow::anyhow!("reading standard error failed"))??;
        Ok(())
    })?;
    Ok((stdout, first, stderr))
}

/// Looks at the memory of a process until it has none any more.
fn watch(id: u32, peak: &AtomicU64) {
    while let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let Some(kilobytes) = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        else {
            return;
        };
        peak.store(kilobytes << 10, Ordering::Relaxed);
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Processor time of all processes that were waited for, in seconds.
fn cpu() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
