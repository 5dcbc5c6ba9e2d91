//! Options for the machine that code is made for, and for what it does where the specification leaves a choice.

use clap::Args;
use wootz_engine::{Config, Cpu, Machine};

use crate::parse::{cpu, machine};

#[derive(Args, Debug)]
pub struct MachineArgs {
    /// The machine to compile for, such as aarch64-linux [default: this one].
    #[arg(long = "target", value_name = "TRIPLE", default_value_t, hide_default_value = true, value_parser = machine)]
    pub target: Machine,
}

#[derive(Args, Debug)]
pub struct TargetArgs {
    /// The CPU to compile for: native, baseline, or a level such as x86-64-v3 [default: native; of another machine
    /// baseline].
    #[arg(long, value_name = "CPU", value_parser = cpu)]
    pub(super) cpu: Option<Cpu>,
    /// What the CPU has besides (+NAME) or does not have (-NAME), by LLVM's names: such as +avx2,-bmi2.
    #[arg(long, value_name = "+NAME,-NAME…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(super) features: Vec<String>,
    /// Make every NaN that is computed the canonical one.
    #[arg(long)]
    pub(super) canonicalize_nans: bool,
    /// Give the same results on every machine, also where the specification leaves them open: relaxed vector
    /// instructions, and NaNs.
    #[arg(long)]
    pub(super) deterministic: bool,
}

impl TargetArgs {
    /// The engine's settings, the others as they are without options.
    pub fn config(&self) -> Config {
        Config::new()
            .cpu(self.cpu.clone().unwrap_or_default())
            .cpu_features(&self.features)
            .canonicalize_nans(self.canonicalize_nans)
            .deterministic(self.deterministic)
    }
}
