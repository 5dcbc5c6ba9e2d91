//! x86-64: whether the processor has what an image needs, by LLVM's names for features.

use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv, CpuidResult};

/// Features whose instructions come from intrinsics only. A compiler that runs on a processor lists all that the processor
/// has; code made from WebAssembly contains none of these instructions, so their absence does not matter.
const INTRINSICS_ONLY: &[&str] = &[
    "amx-avx512",
    "amx-bf16",
    "amx-complex",
    "amx-fp16",
    "amx-fp8",
    "amx-int8",
    "amx-movrs",
    "amx-tf32",
    "amx-tile",
    "cldemote",
    "clflushopt",
    "clwb",
    "clzero",
    "enqcmd",
    "fsgsbase",
    "hreset",
    "invpcid",
    "kl",
    "lwp",
    "movdir64b",
    "movdiri",
    "movrs",
    "mwaitx",
    "pconfig",
    "pku",
    "prefetchi",
    "prfchw",
    "ptwrite",
    "raoint",
    "rdpid",
    "rdpru",
    "rtm",
    "serialize",
    "shstk",
    "tsxldtrk",
    "uintr",
    "usermsr",
    "waitpkg",
    "wbnoinvd",
    "widekl",
];

/// Whether the processor has a feature, by LLVM's name. A name that is not known here counts as absent.
pub(crate) fn has_cpu_feature(name: &str) -> bool {
    macro_rules! detect {
        ($($llvm:tt $(= $rust:tt)?),* $(,)?) => {
            match name {
                $($llvm => detect!(@ $llvm $($rust)?),)*
                _ => by_cpuid(name) || INTRINSICS_ONLY.contains(&name),
            }
        };
        (@ $llvm:tt) => { std::is_x86_feature_detected!($llvm) };
        (@ $llvm:tt $rust:tt) => { std::is_x86_feature_detected!($rust) };
    }
    detect!(
        "adx",
        "aes",
        "avx",
        "avx2",
        "avx512bf16",
        "avx512bitalg",
        "avx512bw",
        "avx512cd",
        "avx512dq",
        "avx512f",
        "avx512fp16",
        "avx512ifma",
        "avx512vbmi",
        "avx512vbmi2",
        "avx512vl",
        "avx512vnni",
        "avx512vp2intersect",
        "avx512vpopcntdq",
        "avxifma",
        "avxneconvert",
        "avxvnni",
        "avxvnniint16",
        "avxvnniint8",
        "bmi" = "bmi1",
        "bmi2",
        "crc32" = "sse4.2",
        "cx16" = "cmpxchg16b",
        "f16c",
        "fma",
        "gfni",
        "lzcnt",
        "movbe",
        "pclmul" = "pclmulqdq",
        "popcnt",
        "rdrnd" = "rdrand",
        "rdseed",
        "sha",
        "sha512",
        "sm3",
        "sm4",
        "sse3",
        "sse4.1",
        "sse4.2",
        "sse4a",
        "ssse3",
        "tbm",
        "vaes",
        "vpclmulqdq",
        "xsave",
        "xsavec",
        "xsaveopt",
        "xsaves",
    )
}

/// Features that the standard library does not tell.
fn by_cpuid(name: &str) -> bool {
    let bit = |register: u32, bit: u32| register & (1 << bit) != 0;
    let avx = || std::is_x86_feature_detected!("avx");
    let avx512 = || std::is_x86_feature_detected!("avx512f");
    match name {
        // Every x86-64 processor has these.
        "64bit" | "cmov" | "cx8" | "fxsr" | "mmx" | "sse" | "sse2" | "x87" => true,
        "sahf" => bit(leaf(0x8000_0001, 0).ecx, 0),
        "xop" => avx() && bit(leaf(0x8000_0001, 0).ecx, 11),
        "fma4" => avx() && bit(leaf(0x8000_0001, 0).ecx, 16),
        "avx10.1" => avx512() && avx10_version() >= 1,
        "avx10.2" => avx512() && avx10_version() >= 2,
        _ => false,
    }
}

fn avx10_version() -> u32 {
    if leaf(7, 1).edx & (1 << 19) == 0 { 0 } else { leaf(0x24, 0).ebx & 0xff }
}

/// A leaf of CPUID; zeroes if the processor has none of that number.
fn leaf(number: u32, subleaf: u32) -> CpuidResult {
    let highest = __cpuid(number & 0x8000_0000).eax;
    if number > highest {
        return CpuidResult { eax: 0, ebx: 0, ecx: 0, edx: 0 };
    }
    __cpuid_count(number, subleaf)
}

/// What a compiler may look at to choose instructions for this processor: its maker and model, the leaves of CPUID that list
/// features, and which registers the system saves.
pub(crate) fn cpu_description() -> String {
    /// Leaf and subleaf.
    const LEAVES: &[(u32, u32)] = &[
        (0, 0),
        (7, 0),
        (7, 1),
        (0xd, 1),
        (0x14, 0),
        (0x19, 0),
        (0x1e, 1),
        (0x24, 0),
        (0x8000_0001, 0),
        (0x8000_0008, 0),
    ];
    // Register B of leaf 1 differs from core to core.
    let model = leaf(1, 0);
    let mut text = format!("{:x} {:x} {:x}", model.eax, model.ecx, model.edx);
    for (number, subleaf) in LEAVES {
        let leaf = leaf(*number, *subleaf);
        text += &format!(" {:x} {:x} {:x} {:x}", leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);
    }
    let saves_registers = model.ecx & (1 << 27) != 0;
    if saves_registers {
        // SAFETY: the system has switched XSAVE and this instruction on.
        let saved = unsafe { saved_registers() };
        text += &format!(" {saved:x}");
    }
    text
}

/// Which registers the system saves.
///
/// # Safety
/// The system has enabled XSAVE.
#[target_feature(enable = "xsave")]
unsafe fn saved_registers() -> u64 {
    // SAFETY: the caller's promise.
    unsafe { _xgetbv(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_go_by_llvms_names() {
        assert!(has_cpu_feature("sse2") && has_cpu_feature("64bit") && has_cpu_feature("prfchw"));
        assert_eq!(has_cpu_feature("bmi"), std::is_x86_feature_detected!("bmi1"));
        assert_eq!(has_cpu_feature("sse4.2"), std::is_x86_feature_detected!("sse4.2"));
        assert!(!has_cpu_feature("warp-drive") && !has_cpu_feature(""));
    }

    #[test]
    fn the_description_is_the_same_on_every_core() {
        let descriptions: Vec<_> =
            (0..8).map(|_| std::thread::spawn(cpu_description).join().unwrap()).collect();
        assert!(descriptions.iter().all(|text| *text == descriptions[0]), "{descriptions:?}");
    }

    #[test]
    fn leaves_past_the_last_are_zero() {
        assert_eq!(leaf(0x8fff_ffff, 0), CpuidResult { eax: 0, ebx: 0, ecx: 0, edx: 0 });
        assert_ne!(leaf(1, 0).edx, 0);
    }
}
