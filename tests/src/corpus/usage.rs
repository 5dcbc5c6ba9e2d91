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
    /// The most memory that it, or one that it started, had at a time, in bytes, as far as it was seen: looked at every two milliseconds.
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

/// How often the memory of a process is looked at, and after how many looks what it has started is looked for.
const PAUSE: Duration = Duration::from_millis(2);
const LOOKS: usize = 5;

/// Looks at the memory of a process, and of those that it starts (a compiler may be a driver that does), until it has none any more.
fn watch(id: u32, peak: &AtomicU64) {
    let mut family = vec![id];
    for look in 0.. {
        if look % LOOKS == LOOKS - 1 {
            find_children(&mut family);
        }
        let Some(own) = peak_of(id) else { return };
        let largest = family[1..].iter().filter_map(|child| peak_of(*child)).fold(own, u64::max);
        peak.fetch_max(largest, Ordering::Relaxed);
        std::thread::park_timeout(PAUSE);
    }
}

/// The most memory that a process had so far, in bytes; none if it has ended.
fn peak_of(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// Adds the processes whose parents are in a list to it. They are younger than its first, which has all the smaller numbers behind it but
/// when numbers start again.
fn find_children(family: &mut Vec<u32>) {
    let Ok(entries) = std::fs::read_dir("/proc") else { return };
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut younger: Vec<u32> = ids.filter(|id| *id > family[0] && !family.contains(id)).collect();
    younger.sort_unstable();
    for id in younger {
        // The name, in parentheses, may hold spaces.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        if parent.is_some_and(|parent| family.contains(&parent)) {
            family.push(id);
        }
    }
}

/// Processor time of all processes that were waited for, in seconds.
fn cpu() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::run;

    #[test]
    fn what_a_process_starts_counts_as_its_memory() {
        let fill = "head -c 40000000 /dev/zero | tail -c 39999999 | { sleep 0.3; wc -c; }";
        let ended = run(Command::new("sh").args(["-c", fill])).unwrap();
        assert_eq!(ended.stdout.trim_ascii(), b"39999999");
        assert!(ended.usage.peak > 39_000_000, "{}", ended.usage.peak);
    }
}
