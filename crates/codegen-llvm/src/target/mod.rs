//! The machine that code is made for: triple, CPU, features.

mod features;

use std::cell::RefCell;
use std::rc::Rc;

use inkwell::OptimizationLevel;
use inkwell::targets::{CodeModel, RelocMode, Target, TargetMachine, TargetTriple};
use wootz_vm_abi::machine::Machine;
use wootz_vm_abi::options::{CompileOptions, Cpu, OptLevel};

use crate::error::CompileError;

/// What compiles: LLVM and its version.
pub fn compiler() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("LLVM {major}.{minor}.{patch}")
}

/// What of the instruction set the lowering looks at; the rest is LLVM's business.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Isa {
    X86(X86Features),
    /// Its vectors have what WebAssembly wants in every version.
    Aarch64,
}

/// Features of x86-64 that the lowering chooses by.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct X86Features {
    pub(crate) ssse3: bool,
    pub(crate) sse41: bool,
    pub(crate) fma: bool,
    pub(crate) avx512vl: bool,
}

impl Isa {
    /// Whether rounding a float to an integer is an instruction and not a call.
    pub(crate) fn rounds(self) -> bool {
        match self {
            Self::X86(x86) => x86.sse41,
            Self::Aarch64 => true,
        }
    }

    /// Whether there is a multiplication and addition with one rounding.
    pub(crate) fn has_fma(self) -> bool {
        match self {
            Self::X86(x86) => x86.fma,
            Self::Aarch64 => true,
        }
    }

    /// Whether bytes of a vector can be chosen by variable indices.
    pub(crate) fn swizzles(self) -> bool {
        match self {
            Self::X86(x86) => x86.ssse3,
            Self::Aarch64 => true,
        }
    }
}

/// How many machines a thread keeps: both tiers' of two engines.
const MOST_KEPT: usize = 4;

thread_local! {
    static KEPT: RefCell<Vec<(TargetInfo, OptLevel, Rc<TargetMachine>)>> = const { RefCell::new(Vec::new()) };
}

/// The machine that code is made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetInfo {
    /// The instruction set.
    pub machine: Machine,
    /// CPU, by LLVM's name.
    pub cpu: String,
    /// Features that the code may need beyond those that every CPU of the machine has, by LLVM's names, sorted.
    pub features: Vec<String>,
    /// The features as LLVM's target machine takes them.
    llvm_features: String,
}

impl TargetInfo {
    /// Resolves the choice of machine, CPU and features.
    ///
    /// # Errors
    /// [`CompileError::UnknownCpu`] and [`CompileError::UnknownFeature`] for a name that is not one of the documented,
    /// [`CompileError::NotNative`] for the native CPU of another machine than this one.
    pub fn new(options: &CompileOptions) -> Result<Self, CompileError> {
        let machine = options.machine;
        let mut target = match &options.cpu {
            Cpu::Native => Self::native(machine)?,
            Cpu::Baseline => Self::level(machine, 0),
            Cpu::Named(name) => match name.as_str() {
                "native" => Self::native(machine)?,
                "baseline" => Self::level(machine, 0),
                name => {
                    let level = features::levels(machine).iter().position(|(level, _)| *level == name);
                    Self::level(machine, level.ok_or_else(|| unknown_cpu(machine, name))?)
                }
            },
        };
        options.cpu_features.iter().try_for_each(|change| target.change(change))?;
        target.features.sort_unstable();
        target.features.dedup();
        Ok(target)
    }

    /// This machine's CPU.
    fn native(machine: Machine) -> Result<Self, CompileError> {
        if Machine::host() != Some(machine) {
            return Err(CompileError::NotNative(machine));
        }
        crate::llvm::init();
        let llvm_features = TargetMachine::get_host_cpu_features().to_string();
        let present = llvm_features.split(',').filter_map(|feature| feature.strip_prefix('+'));
        let baseline = features::baseline(machine);
        let features = present.filter(|feature| !baseline.contains(feature)).map(String::from).collect();
        let cpu = TargetMachine::get_host_cpu_name().to_string();
        Ok(Self { machine, cpu, features, llvm_features })
    }

    /// A level, by its number. What it adds is named to LLVM one by one.
    fn level(machine: Machine, level: usize) -> Self {
        let adds = features::levels(machine)[..=level].iter().flat_map(|(_, adds)| *adds);
        let features: Vec<String> = adds.map(|feature| (*feature).into()).collect();
        let (cpu, llvm_features) = match machine {
            Machine::X86_64 => (features::levels(machine)[level].0, String::new()),
            Machine::Aarch64 => {
                ("generic", features.iter().map(|name| format!("+{name}")).collect::<Vec<_>>().join(","))
            }
        };
        Self { machine, cpu: cpu.into(), features, llvm_features }
    }

    /// Adds a feature with what it implies (`+name`), or takes one away with what implies it (`-name`).
    fn change(&mut self, change: &str) -> Result<(), CompileError> {
        let unknown = || unknown_feature(self.machine, change);
        let (sign, name) = change.split_at_checked(1).ok_or_else(unknown)?;
        let names = match sign {
            "+" => features::with_implied(self.machine, name),
            "-" => features::with_dependents(self.machine, name),
            _ => return Err(unknown()),
        };
        if names.is_empty() {
            return Err(unknown());
        }
        for name in names {
            match sign {
                "+" => self.features.push(name.into()),
                _ => self.features.retain(|feature| feature != name),
            }
            let separator = if self.llvm_features.is_empty() { "" } else { "," };
            self.llvm_features += &format!("{separator}{sign}{name}");
        }
        Ok(())
    }

    /// Whether it has all that a level, by its number, and those below it add.
    pub(crate) fn has_level(&self, level: usize) -> bool {
        let mut needed = features::levels(self.machine)[..=level].iter().flat_map(|(_, adds)| *adds);
        needed.all(|feature| self.features.iter().any(|known| known == feature))
    }

    pub(crate) fn isa(&self) -> Isa {
        let has = |name: &str| self.features.iter().any(|feature| feature == name);
        match self.machine {
            Machine::X86_64 => Isa::X86(X86Features {
                ssse3: has("ssse3"),
                sse41: has("sse4.1"),
                fma: has("fma"),
                avx512vl: has("avx512f") && has("avx512vl"),
            }),
            Machine::Aarch64 => Isa::Aarch64,
        }
    }

    /// LLVM's machine for it, which this thread keeps for the next time: making one, and its tables of features, takes as long as
    /// compiling a small function.
    pub(crate) fn kept_machine(&self, opt: OptLevel) -> Result<Rc<TargetMachine>, CompileError> {
        KEPT.with_borrow_mut(|kept| {
            let known = kept.iter().find(|(target, level, _)| *level == opt && target == self);
            if let Some((_, _, machine)) = known {
                return Ok(Rc::clone(machine));
            }
            if kept.len() == MOST_KEPT {
                kept.remove(0);
            }
            let machine = Rc::new(self.machine(opt)?);
            kept.push((self.clone(), opt, Rc::clone(&machine)));
            Ok(machine)
        })
    }

    /// LLVM's machine for it.
    pub(crate) fn machine(&self, opt: OptLevel) -> Result<TargetMachine, CompileError> {
        crate::llvm::init();
        let unsupported = |reason: String| CompileError::UnsupportedTarget(reason);
        let triple = TargetTriple::create(self.machine.triple());
        let target = Target::from_triple(&triple).map_err(|error| unsupported(error.to_string()))?;
        let level = match opt {
            OptLevel::O0 => OptimizationLevel::None,
            OptLevel::O1 => OptimizationLevel::Less,
            OptLevel::O2 => OptimizationLevel::Default,
            OptLevel::O3 => OptimizationLevel::Aggressive,
        };
        target
            .create_target_machine(
                &triple,
                &self.cpu,
                &self.llvm_features,
                level,
                RelocMode::PIC,
                CodeModel::Small,
            )
            .ok_or_else(|| unsupported(format!("LLVM has no target machine for {}", self.machine)))
    }
}

/// The names that a CPU may be given by, native and baseline aside.
fn cpu_names(machine: Machine) -> impl Iterator<Item = &'static str> {
    features::levels(machine).iter().map(|(name, _)| *name)
}

fn unknown_cpu(machine: Machine, name: &str) -> CompileError {
    let close = features::close_matches(name, cpu_names(machine));
    let known = ["native", "baseline"].into_iter().chain(cpu_names(machine)).map(String::from).collect();
    CompileError::UnknownCpu { name: name.into(), machine, close, known }
}

fn unknown_feature(machine: Machine, change: &str) -> CompileError {
    let name = change.trim_start_matches(['+', '-']);
    let names = features::known(machine).iter().map(|(name, _)| *name);
    CompileError::UnknownFeature {
        change: change.into(),
        machine,
        close: features::close_matches(name, names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(machine: Machine, cpu: &str, features: &[&str]) -> Result<TargetInfo, CompileError> {
        let cpu_features = features.iter().map(|feature| (*feature).into()).collect();
        let cpu = Cpu::Named(cpu.into());
        TargetInfo::new(&CompileOptions { machine, cpu, cpu_features, ..CompileOptions::default() })
    }

    #[test]
    fn levels_resolve_and_accumulate() {
        let features = |name| target(Machine::X86_64, name, &[]).unwrap().features;
        assert!(features("baseline").is_empty());
        assert!(features("x86-64-v3").contains(&"sse4.1".to_owned()));
        assert!(features("x86-64-v4").len() > features("x86-64-v3").len());
        assert!(features("native").is_sorted());
        assert_eq!(target(Machine::Aarch64, "armv8.1-a", &[]).unwrap().features, ["crc", "lse", "rdm"]);
    }

    #[test]
    fn features_come_and_go_with_what_they_imply() {
        let features = |cpu, changes: &[&str]| target(Machine::X86_64, cpu, changes).unwrap().features;
        assert_eq!(features("baseline", &["+sse4.1"]), ["sse3", "sse4.1", "ssse3"]);
        assert_eq!(features("x86-64-v2", &["-ssse3"]), ["cx16", "popcnt", "sahf", "sse3"]);
        assert_eq!(features("baseline", &["+avx2", "-sse3"]), [""; 0]);
    }

    #[test]
    fn unknown_names_list_what_is_close() {
        let error = |machine, cpu, features: &[&str]| target(machine, cpu, features).unwrap_err().to_string();
        assert_eq!(
            error(Machine::X86_64, "x86-64-v5", &[]),
            "unknown CPU \"x86-64-v5\" of x86_64; close are \"x86-64-v2\", \"x86-64-v3\", \"x86-64-v4\", \"x86-64\""
        );
        assert_eq!(
            error(Machine::X86_64, "pentium", &[]),
            "unknown CPU \"pentium\" of x86_64; known are \"native\", \"baseline\", \"x86-64\", \"x86-64-v2\", \
             \"x86-64-v3\", \"x86-64-v4\""
        );
        assert_eq!(
            error(Machine::X86_64, "baseline", &["+sse41"]),
            "unknown feature \"+sse41\" of x86_64; close are \"sse4.1\", \"sse4.2\", \"sse4a\""
        );
        assert_eq!(
            error(Machine::Aarch64, "baseline", &["lse"]),
            "a feature is switched on by \"+lse\" and off by \"-lse\", not by \"lse\""
        );
        assert_eq!(error(Machine::Aarch64, "baseline", &["+warp"]), "unknown feature \"+warp\" of aarch64");
        assert!(error(Machine::Aarch64, "native", &[]).contains("this machine is no aarch64"));
    }

    /// LLVM's own list, from its compiler for LLVM IR.
    #[test]
    fn llvm_knows_every_feature() {
        for &machine in Machine::ALL {
            let mut llc = std::process::Command::new("llc-22");
            let output = llc.args(["-mattr=help", "-mtriple", machine.triple()]).output();
            let output = output.or_else(|_| {
                let mut llc = std::process::Command::new("llc");
                llc.args(["-mattr=help", "-mtriple", machine.triple()]).output()
            });
            let output = output.expect("llc, which comes with LLVM, starts");
            let help = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            let listed: Vec<_> = help.lines().filter_map(|line| line.split_once(" - ")).collect();
            let listed: Vec<_> = listed.iter().map(|(name, _)| name.trim()).collect();
            let features = features::known(machine).iter().map(|(name, _)| *name);
            for name in features.chain(features::baseline(machine).iter().copied()) {
                assert!(listed.contains(&name), "{machine}: {name} is not among {} features", listed.len());
            }
        }
    }
}
