//! Time and memory of the process, read from the system: for reports of compilations and for their memory budget.

use std::fs;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::report::Time;

/// Measures from when it is made, on the thread that makes it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Stopwatch {
    started: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), cpu: thread_cpu() }
    }

    /// The time since the start, and starts again.
    pub(crate) fn lap(&mut self) -> Time {
        let now = Self::start();
        let time = Time {
            wall: now.started.saturating_duration_since(self.started),
            cpu: now.cpu.saturating_sub(self.cpu),
        };
        *self = now;
        time
    }
}

/// What this thread has had of a processor.
fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// The most memory that the process has had resident so far, in bytes; `None` where the system does not say.
pub(crate) fn peak_memory() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM")
}

/// The memory that this process may have, in bytes: the machine's, or what its control group leaves of it. `None` where the
/// system does not say.
pub(crate) fn machine_memory() -> Option<u64> {
    let machine = field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal")?;
    Some(control_group_limit().map_or(machine, |limit| limit.min(machine)))
}

/// The least limit of the control groups (version 2) that this process is in.
fn control_group_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let limit = |group: &std::path::Path| {
        let text = fs::read_to_string(std::path::Path::new("/sys/fs/cgroup").join(group).join("memory.max"));
        text.ok()?.trim().parse::<u64>().ok()
    };
    std::path::Path::new(own).ancestors().filter_map(limit).min()
}

/// The bytes of a line `NAME: COUNT kB`.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let count: u64 = line.split_whitespace().next()?.parse().ok()?;
    count.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopwatch_tells_work_from_waiting() {
        let mut watch = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(20));
        let slept = watch.lap();
        assert!(slept.wall >= Duration::from_millis(20) && slept.cpu < slept.wall, "{slept:?}");
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "VmHWM1:\t 5 kB\nVmHWM:\t  1234 kB\nThreads:\t1\n";
        assert_eq!(field(text, "VmHWM"), Some(1234 << 10));
        assert_eq!(field(text, "VmRSS"), None);
        assert_eq!(field("VmHWM:\tx kB", "VmHWM"), None);
    }

    #[test]
    fn the_peak_is_at_least_what_is_touched_and_no_more_than_there_is() {
        let touched = vec![1u8; 8 << 20];
        let peak = peak_memory().expect("Linux says");
        assert!(peak >= touched.len() as u64 && peak <= machine_memory().expect("Linux says"));
    }
}
