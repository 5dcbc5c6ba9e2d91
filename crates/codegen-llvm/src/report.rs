//! What a compilation did: time in each phase, bytes in and out, functions that were not optimised. For whoever asked for it.

use std::fmt;
use std::time::Duration;

use wootz_wasm_ir::FuncIndex;

use crate::measure::Stopwatch;

/// A phase of the way from a module's bytes to the result.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Reading and validating the module. Whoever does it adds it to the report: compiling starts behind it.
    Decode,
    /// Bodies to our IR.
    Translate,
    /// Our IR to LLVM's.
    Lower,
    /// LLVM's passes.
    Optimise,
    /// LLVM's code generation: selection of instructions, registers, the object's bytes.
    Generate,
    /// Objects to an image.
    Link,
    /// Line tables to the address map, while linking.
    DebugInfo,
    /// Writing the result to where it goes. Added by whoever does it.
    Write,
}

impl Phase {
    /// All phases, in the order of a compilation.
    pub const ALL: [Self; 8] = [
        Self::Decode,
        Self::Translate,
        Self::Lower,
        Self::Optimise,
        Self::Generate,
        Self::Link,
        Self::DebugInfo,
        Self::Write,
    ];

    /// Its name in tables and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Translate => "translate",
            Self::Lower => "lower",
            Self::Optimise => "optimise",
            Self::Generate => "generate",
            Self::Link => "link",
            Self::DebugInfo => "debug-info",
            Self::Write => "write",
        }
    }
}

/// How long something took: by the clock, and of a processor.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Time {
    /// By the clock. Of what several threads did at the same time it is the sum.
    pub wall: Duration,
    /// Of a processor.
    pub cpu: Duration,
}

impl std::ops::AddAssign for Time {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

impl std::iter::Sum for Time {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        let mut sum = Self::default();
        times.for_each(|time| sum += time);
        sum
    }
}

/// The time of each phase.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct PhaseTimes([Time; Phase::ALL.len()]);

impl PhaseTimes {
    /// The time of a phase.
    pub fn of(&self, phase: Phase) -> Time {
        self.0[phase as usize]
    }

    /// Adds to the time of a phase.
    pub fn add(&mut self, phase: Phase, time: Time) {
        self.0[phase as usize] += time;
    }

    /// Does something that belongs to a phase, on this thread.
    pub fn measure<T>(&mut self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let mut watch = Stopwatch::start();
        let result = work();
        self.add(phase, watch.lap());
        result
    }

    /// The time of all phases.
    pub fn total(&self) -> Time {
        self.0.into_iter().sum()
    }
}

impl std::ops::AddAssign<&Self> for PhaseTimes {
    fn add_assign(&mut self, other: &Self) {
        Phase::ALL.into_iter().for_each(|phase| self.add(phase, other.of(phase)));
    }
}

/// A function that was compiled as with [`OptLevel::O0`](crate::OptLevel::O0), because LLVM takes more than proportional time for
/// one so large.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Degraded {
    /// The function.
    pub func: FuncIndex,
    /// Bytes of its body.
    pub bytes: usize,
    /// What it has too many of.
    pub reason: TooMany,
}

/// What a function has too many of to be optimised: how many, and how many may be.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TooMany {
    Blocks { count: usize, limit: usize },
    Instructions { count: usize, limit: usize },
    Loops { count: usize, limit: usize },
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, count, limit) = match self {
            Self::Blocks { count, limit } => ("blocks", count, limit),
            Self::Instructions { count, limit } => ("instructions", count, limit),
            Self::Loops { count, limit } => ("loops", count, limit),
        };
        write!(f, "{count} {what}, of which at most {limit} are optimised")
    }
}

/// What a compilation to an image did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CompileReport {
    /// The time of each phase. Threads add up, so the sum of the processor's times is what the compilation cost, and that of
    /// the clock's is not how long it took.
    pub phases: PhaseTimes,
    /// How long it took by the clock, without what is before and behind compiling.
    pub wall: Duration,
    /// Threads that compiled.
    pub threads: usize,
    /// How long threads had nothing to do while others still compiled, added up.
    pub idle: Duration,
    /// Functions with a body.
    pub functions: usize,
    /// Units that they were compiled in.
    pub units: usize,
    /// Bytes of the module.
    pub module_bytes: usize,
    /// Bytes of the bodies.
    pub body_bytes: usize,
    /// Bytes of the objects that were linked.
    pub object_bytes: usize,
    /// Bytes of the image, or of the object for a C program.
    pub image_bytes: usize,
    /// Functions that were not optimised although it was asked for, in order.
    pub degraded: Vec<Degraded>,
    /// The bytes of memory that units were scheduled for.
    pub memory_budget: u64,
    /// The most memory that the process has had resident so far, in bytes; `None` where the system does not say.
    pub peak_memory: Option<u64>,
    /// The same before objects were linked: what is more afterwards, the linker took.
    pub peak_before_link: Option<u64>,
}

/// Is told how far a compilation is, while it goes on, by the threads that do it.
pub trait Observer: Sync {
    /// Something happened.
    fn event(&self, event: Event);
}

/// No one who wants to know.
impl Observer for () {
    fn event(&self, _: Event) {}
}

/// What happened in a compilation.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// It starts: with so many functions, and bytes of their bodies.
    Start {
        /// Functions with a body.
        functions: usize,
        /// Bytes of the bodies.
        bytes: usize,
    },
    /// So many more of them are compiled.
    Compiled {
        /// Functions.
        functions: usize,
        /// Bytes of their bodies.
        bytes: usize,
    },
    /// All of them are, and are linked now.
    Link,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_add_up_by_phase() {
        let second = Duration::from_secs(1);
        let mut times = PhaseTimes::default();
        times.add(Phase::Link, Time { wall: 2 * second, cpu: second });
        let mut sum = times;
        sum += &times;
        sum.add(Phase::Decode, Time { wall: second, cpu: second });
        assert_eq!(sum.of(Phase::Link), Time { wall: 4 * second, cpu: 2 * second });
        assert_eq!(sum.total(), Time { wall: 5 * second, cpu: 3 * second });
        assert_eq!(sum.measure(Phase::Write, || 7), 7);
        assert_eq!(sum.of(Phase::Optimise), Time::default());
    }

    #[test]
    fn phases_are_their_own_positions() {
        assert!(Phase::ALL.iter().enumerate().all(|(index, phase)| *phase as usize == index));
    }
}
