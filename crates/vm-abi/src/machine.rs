//! The machines that code is made for, by every name they go by.

use serde::{Deserialize, Serialize};

/// An instruction set, with Linux on it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Machine {
    /// x86-64.
    X86_64,
    /// 64-bit Arm, little-endian.
    Aarch64,
}

impl Machine {
    /// Every machine.
    pub const ALL: &[Self] = &[Self::X86_64, Self::Aarch64];

    /// The one that this program was compiled for; `None` if Wootz makes no code for it.
    pub fn host() -> Option<Self> {
        Self::ALL.iter().copied().find(|machine| machine.name() == std::env::consts::ARCH)
    }

    /// Its name: the first part of its triple.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    /// Its triple, as LLVM writes it.
    pub fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Aarch64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// The machine of a triple: written in full, or without vendor or environment.
    pub fn from_triple(triple: &str) -> Option<Self> {
        let mut parts = triple.split('-');
        let name = parts.next()?;
        let machine = Self::ALL.iter().copied().find(|machine| machine.name() == name)?;
        parts.any(|part| part == "linux").then_some(machine)
    }

    /// Its number in the header of an ELF file, `e_machine`.
    pub fn elf(self) -> u16 {
        match self {
            Self::X86_64 => 62,
            Self::Aarch64 => 183,
        }
    }

    /// The machine of an ELF file.
    pub fn from_elf(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|machine| machine.elf() == number)
    }

    /// The largest page that a kernel for it may use, in bytes: segments of an image start at its multiples.
    pub fn page(self) -> u64 {
        match self {
            Self::X86_64 => 4 << 10,
            Self::Aarch64 => 64 << 10,
        }
    }
}

impl Default for Machine {
    /// The [host](Self::host), or x86-64 where there is none.
    fn default() -> Self {
        Self::host().unwrap_or(Self::X86_64)
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn every_name_leads_back() {
        for &machine in Machine::ALL {
            assert_eq!(Machine::from_triple(machine.triple()), Some(machine));
            assert_eq!(Machine::from_triple(&format!("{machine}-linux-musl")), Some(machine));
            assert_eq!(Machine::from_elf(machine.elf()), Some(machine));
            assert!(machine.page().is_power_of_two());
        }
        for other in ["", "x86_64", "x86_64-apple-darwin", "riscv64-unknown-linux-gnu", "linux"] {
            assert_eq!(Machine::from_triple(other), None, "{other}");
        }
        assert_eq!(Machine::from_elf(3), None);
    }
}
