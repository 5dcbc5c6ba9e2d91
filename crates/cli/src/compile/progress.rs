//! A bar on the terminal that says how far a compilation is.

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wootz::{CompileEvent, CompileObserver};

/// What is over by then shows nothing.
const DELAY: Duration = Duration::from_millis(500);
/// How often the time shown goes on.
const TICK: Duration = Duration::from_millis(200);

const TEMPLATE: &str = "{prefix} [{bar:24}] {msg}, {binary_bytes_per_sec}, {eta} left";
const LINKING: &str = "{prefix} [{bar:24}] {msg}, linking";

/// Compiles something and shows how far it is, if standard error is a terminal and it takes a while. `work` must tell the
/// observer what it does.
pub(crate) fn with_progress<T>(name: &str, wanted: bool, work: impl FnOnce(&dyn CompileObserver) -> T) -> T {
    if !wanted || !stderr().is_terminal() {
        return work(&());
    }
    let progress = Progress::new(name);
    let result = thread::scope(|scope| {
        let (done, wait) = channel::<()>();
        let bar = &progress.bar;
        scope.spawn(move || {
            if wait.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(TICK);
            }
        });
        let result = work(&progress);
        drop(done);
        result
    });
    progress.bar.finish_and_clear();
    result
}

struct Progress {
    /// Counts bytes of bodies: functions differ too much for a rate.
    bar: ProgressBar,
    functions: AtomicUsize,
    done: AtomicUsize,
}

impl Progress {
    fn new(name: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_prefix(format!("Compiling {}", wootz_cli::report::one_line(name)));
        bar.set_style(style(TEMPLATE));
        Self { bar, functions: AtomicUsize::new(0), done: AtomicUsize::new(0) }
    }

    fn show(&self, more: usize) {
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        let all = self.functions.load(Ordering::Relaxed);
        self.bar.set_message(format!("{done}/{all} functions"));
    }
}

impl CompileObserver for Progress {
    fn event(&self, event: CompileEvent) {
        match event {
            CompileEvent::Start { functions, bytes } => {
                self.functions.store(functions, Ordering::Relaxed);
                self.bar.set_length(bytes as u64);
                self.show(0);
            }
            CompileEvent::Compiled { functions, bytes } => {
                self.bar.inc(bytes as u64);
                self.show(functions);
            }
            CompileEvent::Link => self.bar.set_style(style(LINKING)),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that does not parse is found by the tests; users should still get their module.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse() {
        for template in [TEMPLATE, LINKING] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn events_add_up() {
        let progress = Progress::new("a\n.wasm");
        progress.event(CompileEvent::Start { functions: 7, bytes: 100 });
        progress.event(CompileEvent::Compiled { functions: 3, bytes: 60 });
        progress.event(CompileEvent::Compiled { functions: 4, bytes: 40 });
        progress.event(CompileEvent::Link);
        assert_eq!((progress.bar.position(), progress.bar.length()), (100, Some(100)));
        assert_eq!(progress.bar.message(), "7/7 functions");
        assert_eq!(progress.bar.prefix(), "Compiling a\\n.wasm");
    }
}
