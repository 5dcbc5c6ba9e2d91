//! Exit codes: a promise to scripts, listed in `docs/cli.md` and at the end of `--help`.

/// How the process ends.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All went well.
    Success,
    /// A command of a test script does not do what the script says.
    Failed,
    /// The command line asks for something that cannot be: an option, an export, an argument.
    Usage,
    /// The module is refused, or needs imports that are not there.
    BadModule,
    /// A file or directory cannot be read.
    NoInput,
    /// A bug in wootz.
    Bug,
    /// The system refused memory or a thread.
    System,
    /// The output cannot be written.
    Output,
    /// The guest ran for longer than it may: what `timeout` reports.
    Timeout,
    /// Ctrl-C: what a process killed by SIGINT reports.
    Keyboard,
    /// The guest trapped.
    Trap,
    /// Whoever read the output went away: what a process killed by SIGPIPE reports.
    BrokenPipe,
    /// The code that the guest passed to `proc_exit`.
    Guest(u8),
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::BadModule => 65,
            Self::NoInput => 66,
            Self::Bug => 70,
            Self::System => 71,
            Self::Output => 74,
            Self::Timeout => 124,
            Self::Keyboard => 130,
            Self::Trap => 134,
            Self::BrokenPipe => 141,
            Self::Guest(code) => code,
        }
    }
}

/// The end of `--help`.
pub const HELP: &str = "\
Exit codes:
  the guest's own, when it ends by proc_exit
    0  success
    1  a command of a test script failed
    2  usage: a wrong option, an unknown export, wrong arguments for --invoke
   65  the module is malformed, invalid, unsupported or too large, or its imports are missing
   66  a file or directory cannot be read
   70  a bug in wootz
   71  the system refused memory or a thread
   74  the output cannot be written
  124  the guest ran for longer than --timeout allows
  130  the guest was interrupted by Ctrl-C
  134  the guest trapped
  141  whoever read the output went away";
