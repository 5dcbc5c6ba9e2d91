//! Features of CPUs that code may be told to need, by LLVM's names.
//!
//! They are those that a runtime can look for: an image lists what it needs. What is good for tuning only, and
//! instructions that nothing in WebAssembly leads to, have no row.

use wootz_vm_abi::machine::Machine;

/// A feature and those without which no CPU has it.
type Feature = (&'static str, &'static [&'static str]);

/// A set of features that many CPUs have in common: its name and what it adds to the one before.
pub(super) type Level = (&'static str, &'static [&'static str]);

/// What every CPU of a machine has, as far as the lowering or a user may name it.
pub(super) fn baseline(machine: Machine) -> &'static [&'static str] {
    match machine {
        Machine::X86_64 => &["64bit", "cmov", "cx8", "fxsr", "mmx", "sse", "sse2", "x87"],
        Machine::Aarch64 => &["fp-armv8", "neon"],
    }
}

/// The levels of a machine, each including those before it. The first adds nothing to the baseline.
pub(super) fn levels(machine: Machine) -> &'static [Level] {
    match machine {
        // The levels of the x86-64 psABI.
        Machine::X86_64 => &[
            ("x86-64", &[]),
            ("x86-64-v2", &["cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"]),
            ("x86-64-v3", &["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"]),
            ("x86-64-v4", &["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"]),
        ],
        // Of the architecture's versions, what is of use to a program.
        Machine::Aarch64 => &[
            ("armv8-a", &[]),
            ("armv8.1-a", &["crc", "lse", "rdm"]),
            ("armv8.4-a", &["dotprod", "flagm", "jsconv", "lse2", "rcpc", "rcpc-immo"]),
        ],
    }
}

/// The features of a machine beyond its baseline, by name.
pub(super) fn known(machine: Machine) -> &'static [Feature] {
    match machine {
        Machine::X86_64 => X86_64,
        Machine::Aarch64 => AARCH64,
    }
}

const X86_64: &[Feature] = &[
    ("adx", &[]),
    ("aes", &[]),
    ("avx", &["sse4.2"]),
    ("avx2", &["avx"]),
    ("avx512bf16", &["avx512bw"]),
    ("avx512bitalg", &["avx512bw"]),
    ("avx512bw", &["avx512f"]),
    ("avx512cd", &["avx512f"]),
    ("avx512dq", &["avx512f"]),
    ("avx512f", &["avx2", "f16c", "fma"]),
    ("avx512fp16", &["avx512bw", "avx512dq", "avx512vl"]),
    ("avx512ifma", &["avx512f"]),
    ("avx512vbmi", &["avx512bw"]),
    ("avx512vbmi2", &["avx512bw"]),
    ("avx512vl", &["avx512f"]),
    ("avx512vnni", &["avx512f"]),
    ("avx512vp2intersect", &["avx512f"]),
    ("avx512vpopcntdq", &["avx512f"]),
    ("avxifma", &["avx2"]),
    ("avxneconvert", &["avx2"]),
    ("avxvnni", &["avx2"]),
    ("avxvnniint16", &["avx2"]),
    ("avxvnniint8", &["avx2"]),
    ("bmi", &[]),
    ("bmi2", &[]),
    ("crc32", &[]),
    ("cx16", &[]),
    ("f16c", &["avx"]),
    ("fma", &["avx"]),
    ("fma4", &["avx", "sse4a"]),
    ("gfni", &[]),
    ("lzcnt", &[]),
    ("movbe", &[]),
    ("pclmul", &[]),
    ("popcnt", &[]),
    ("rdrnd", &[]),
    ("rdseed", &[]),
    ("sahf", &[]),
    ("sha", &[]),
    ("sha512", &["avx2"]),
    ("sm3", &["avx"]),
    ("sm4", &["avx2"]),
    ("sse3", &[]),
    ("sse4.1", &["ssse3"]),
    ("sse4.2", &["sse4.1"]),
    ("sse4a", &["sse3"]),
    ("ssse3", &["sse3"]),
    ("tbm", &[]),
    ("vaes", &["aes", "avx2"]),
    ("vpclmulqdq", &["avx", "pclmul"]),
    ("xop", &["fma4"]),
    ("xsave", &[]),
    ("xsavec", &["xsave"]),
    ("xsaveopt", &["xsave"]),
    ("xsaves", &["xsave"]),
];

/// Without the scalable vectors: a frame that holds some cannot be described to the walker of frames.
const AARCH64: &[Feature] = &[
    ("aes", &[]),
    ("bf16", &[]),
    ("crc", &[]),
    ("cssc", &[]),
    ("dotprod", &[]),
    ("flagm", &[]),
    ("fptoint", &[]),
    ("fullfp16", &[]),
    ("i8mm", &[]),
    ("jsconv", &[]),
    ("lse", &[]),
    ("lse2", &[]),
    ("rcpc", &[]),
    ("rcpc-immo", &["rcpc"]),
    ("rdm", &[]),
    ("sha2", &[]),
    ("sha3", &["sha2"]),
];

/// The row of a feature beyond the baseline.
fn row(machine: Machine, name: &str) -> Option<&'static Feature> {
    known(machine).iter().find(|(known, _)| *known == name)
}

/// A feature with all that it implies.
pub(super) fn with_implied(machine: Machine, name: &str) -> Vec<&'static str> {
    let Some((name, implied)) = row(machine, name) else { return Vec::new() };
    let mut all = vec![*name];
    all.extend(implied.iter().flat_map(|implied| with_implied(machine, implied)));
    all
}

/// A feature with all that imply it: what goes when it goes.
pub(super) fn with_dependents(machine: Machine, name: &str) -> Vec<&'static str> {
    let depends = |(other, _): &&Feature| with_implied(machine, other).contains(&name);
    known(machine).iter().filter(depends).map(|(other, _)| *other).collect()
}

/// The names of a list that are most like one that is not in it, best first.
pub(super) fn close_matches<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let letters = |text: &str| text.to_lowercase().replace(['_', '-', '.'], "");
    let wanted = letters(name);
    let near = |candidate: &str| {
        let candidate = letters(candidate);
        let distance = strsim::levenshtein(&wanted, &candidate);
        let part = wanted.len() > 1 && (candidate.contains(&wanted) || wanted.contains(&candidate));
        (distance * 3 <= wanted.len().max(3) || part).then_some(distance)
    };
    let mut matches: Vec<_> =
        known.filter_map(|known| near(known).map(|distance| (distance, known))).collect();
    matches.sort_unstable();
    matches.into_iter().take(4).map(|(_, known)| known.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_closed() {
        for &machine in Machine::ALL {
            let names = || known(machine).iter().map(|(name, _)| *name);
            assert!(names().is_sorted() && !names().any(|name| baseline(machine).contains(&name)));
            let implied = known(machine).iter().flat_map(|(_, implied)| *implied);
            let leveled = levels(machine).iter().flat_map(|(_, adds)| *adds);
            for name in implied.chain(leveled) {
                assert!(row(machine, name).is_some(), "{name} has no row");
            }
        }
    }

    #[test]
    fn a_feature_comes_with_what_it_implies_and_goes_with_what_implies_it() {
        let mut all = with_implied(Machine::X86_64, "avx2");
        all.sort_unstable();
        assert_eq!(all, ["avx", "avx2", "sse3", "sse4.1", "sse4.2", "ssse3"]);
        let gone = with_dependents(Machine::X86_64, "fma");
        assert!(gone.contains(&"fma") && gone.contains(&"avx512vl") && !gone.contains(&"avx2"), "{gone:?}");
        assert_eq!(with_implied(Machine::Aarch64, "avx2"), [""; 0]);
    }

    #[test]
    fn close_matches_are_close() {
        let close = |name| close_matches(name, known(Machine::X86_64).iter().map(|(name, _)| *name));
        assert_eq!(close("avx512")[0], "avx512f");
        assert_eq!(close("sse41"), ["sse4.1", "sse4.2", "sse4a"]);
        assert_eq!(close("AVX-2")[0], "avx2");
        assert_eq!(close("turbo"), [""; 0]);
        assert_eq!((strsim::levenshtein("kitten", "sitting"), strsim::levenshtein("", "ab")), (3, 2));
    }
}
