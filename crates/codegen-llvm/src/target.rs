//! The machine that code is made for: triple, CPU, features.

use inkwell::OptimizationLevel;
use inkwell::targets::{CodeModel, RelocMode, Target, TargetMachine, TargetTriple};

use crate::error::CompileError;
use wootz_vm_abi::options::{Cpu, OptLevel};

/// The triple of everything we emit.
pub const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// What compiles: LLVM and its version.
pub fn compiler() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("LLVM {major}.{minor}.{patch}")
}

/// A level of the x86-64 psABI: its name and the features it adds to the level before, by LLVM's names.
pub(crate) struct Level {
    pub(crate) name: &'static str,
    adds: &'static [&'static str],
}

/// Levels, each including those before it.
pub(crate) const LEVELS: &[Level] = &[
    Level { name: "x86-64", adds: &[] },
    Level { name: "x86-64-v2", adds: &["cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"] },
    Level {
        name: "x86-64-v3",
        adds: &["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"],
    },
    Level { name: "x86-64-v4", adds: &["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"] },
];

/// Features that every x86-64 has.
const BASELINE: &[&str] = &["64bit", "cmov", "cx8", "fxsr", "mmx", "sse", "sse2", "x87"];

/// What of the CPU's features the lowering looks at; the rest is LLVM's business.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct CpuFeatures {
    pub(crate) ssse3: bool,
    pub(crate) sse41: bool,
    pub(crate) fma: bool,
    pub(crate) avx512vl: bool,
}

/// The machine that code is made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetInfo {
    /// Triple, as LLVM writes it.
    pub triple: String,
    /// CPU, by LLVM's name.
    pub cpu: String,
    /// Features that the code may need beyond those of every x86-64, by LLVM's names, sorted.
    pub features: Vec<String>,
    /// The features as LLVM's target machine takes them.
    llvm_features: String,
}

impl TargetInfo {
    /// Resolves a choice of CPU.
    ///
    /// # Errors
    /// [`CompileError::UnknownCpu`] for a name that is not one of the documented.
    pub fn new(cpu: &Cpu) -> Result<Self, CompileError> {
        match cpu {
            Cpu::Native => Ok(Self::native()),
            Cpu::Baseline => Self::level("x86-64"),
            Cpu::Named(name) => match name.as_str() {
                "native" => Ok(Self::native()),
                "baseline" => Self::level("x86-64"),
                name => Self::level(name),
            },
        }
    }

    fn native() -> Self {
        crate::llvm::init();
        let llvm_features = TargetMachine::get_host_cpu_features().to_string();
        let present = llvm_features.split(',').filter_map(|feature| feature.strip_prefix('+'));
        let mut features: Vec<_> =
            present.filter(|feature| !BASELINE.contains(feature)).map(String::from).collect();
        features.sort_unstable();
        Self {
            triple: TRIPLE.into(),
            cpu: TargetMachine::get_host_cpu_name().to_string(),
            features,
            llvm_features,
        }
    }

    fn level(name: &str) -> Result<Self, CompileError> {
        let index = LEVELS.iter().position(|level| level.name == name);
        let index = index.ok_or_else(|| CompileError::UnknownCpu { name: name.into() })?;
        let mut features: Vec<_> =
            LEVELS[..=index].iter().flat_map(|level| level.adds).map(|feature| (*feature).into()).collect();
        features.sort_unstable();
        Ok(Self { triple: TRIPLE.into(), cpu: name.into(), features, llvm_features: String::new() })
    }

    pub(crate) fn cpu_features(&self) -> CpuFeatures {
        let has = |name: &str| self.features.iter().any(|feature| feature == name);
        CpuFeatures {
            ssse3: has("ssse3"),
            sse41: has("sse4.1"),
            fma: has("fma"),
            avx512vl: has("avx512f") && has("avx512vl"),
        }
    }

    /// LLVM's machine for it.
    pub(crate) fn machine(&self, opt: OptLevel) -> Result<TargetMachine, CompileError> {
        crate::llvm::init();
        let unsupported = |reason: String| CompileError::UnsupportedTarget(reason);
        let triple = TargetTriple::create(&self.triple);
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
            .ok_or_else(|| unsupported(format!("LLVM has no target machine for {}", self.triple)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_resolve_and_accumulate() {
        let features = |name: &str| TargetInfo::new(&Cpu::Named(name.into())).unwrap().features;
        assert!(features("baseline").is_empty());
        assert!(features("x86-64-v3").contains(&"sse4.1".to_owned()));
        assert!(features("x86-64-v4").len() > features("x86-64-v3").len());
        assert!(features("native").is_sorted());
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = TargetInfo::new(&Cpu::Named("i386".into())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown CPU \"i386\"; known are \"native\", \"baseline\", \"x86-64\", \"x86-64-v2\", \
             \"x86-64-v3\", \"x86-64-v4\""
        );
    }
}
