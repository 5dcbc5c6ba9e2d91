//! The layering of the crates: who may depend on whom (the table in ARCHITECTURE.md), and who must never see LLVM.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Violation;
use crate::command::{cargo, output};

/// One crate of ours: what it may depend on, and what its tests and examples may use besides.
struct Layer {
    package: &'static str,
    may: &'static [&'static str],
    tests_may: &'static [&'static str],
}

const fn layer(package: &'static str, may: &'static [&'static str]) -> Layer {
    Layer { package, may, tests_may: &[] }
}

/// Every crate of the workspace. A new crate or edge needs a decision record, then a line here.
const LAYERS: &[Layer] = &[
    layer("wootz-wasm-types", &[]),
    layer("wootz-wasm-ir", &["wootz-wasm-types"]),
    layer("wootz-vm-abi", &["wootz-wasm-types"]),
    Layer { tests_may: &["wootz-codegen-llvm"], ..layer("wootz-debuginfo", &["wootz-wasm-ir"]) },
    layer("wootz-codegen-baseline", &["wootz-wasm-ir", "wootz-vm-abi"]),
    layer(
        "wootz-codegen-llvm",
        &["wootz-wasm-ir", "wootz-vm-abi", "wootz-debuginfo", "wootz-codegen-baseline"],
    ),
    layer("wootz-runtime", &["wootz-vm-abi", "wootz-wasm-types"]),
    layer("wootz-wasi", &["wootz-runtime", "wootz-wasm-types"]),
    Layer {
        tests_may: &["wootz"],
        ..layer("wootz-engine", &["wootz-runtime", "wootz-wasi", "wootz-vm-abi", "wootz-wasm-types"])
    },
    Layer {
        tests_may: &["wootz-runtime", "wootz-vm-abi"],
        ..layer("wootz", &["wootz-engine", "wootz-codegen-llvm", "wootz-wasm-ir"])
    },
    layer("wootz-c-runtime", &["wootz-runtime", "wootz-wasi", "wootz-vm-abi", "wootz-wasm-types"]),
    Layer { tests_may: &["wootz"], ..layer("wootz-wast", &["wootz-engine"]) },
    layer("wootz-cli", &["wootz", "wootz-engine", "wootz-wast", "wootz-wasm-ir", "wootz-codegen-llvm"]),
    layer(
        "wootz-tests",
        &["wootz", "wootz-engine", "wootz-wast", "wootz-codegen-llvm", "wootz-vm-abi", "wootz-wasm-ir"],
    ),
    layer("xtask", &[]),
];

/// Packages of others that only some of ours may name as a dependency, and why.
const RESERVED: &[(&str, &[&str], &str)] = &[
    ("wasmparser", &["wootz-wasm-ir"], "decoding and validation live in wasm-ir"),
    (
        "cranelift-assembler-x64",
        &["wootz-codegen-baseline"],
        "machine code without LLVM is made in codegen-baseline",
    ),
    ("inkwell", &["wootz-codegen-llvm"], "LLVM lives in codegen-llvm"),
    ("llvm-sys", &["wootz-codegen-llvm"], "LLVM lives in codegen-llvm"),
];

/// LLVM.
const LLVM: &[&str] = &["inkwell", "llvm-sys"];
/// LLVM, and our code that reads WebAssembly.
const OUR_COMPILER: &[&str] = &["inkwell", "llvm-sys", "wootz-wasm-ir"];
/// LLVM, and what reads WebAssembly.
const COMPILER: &[&str] = &["inkwell", "llvm-sys", "wasmparser", "wootz-wasm-ir"];

/// What must not be reachable from a crate by any way, and why. [`Kind::Tests`]: not by its tests and examples either.
const UNREACHABLE: &[(&str, Kind, &[&str], &str)] = &[
    ("wootz-wasm-types", Kind::Tests, COMPILER, "both sides of the seam read it"),
    ("wootz-wasm-ir", Kind::Tests, LLVM, "the IR serves any back end"),
    ("wootz-codegen-baseline", Kind::Tests, LLVM, "it is the compiler that is not LLVM"),
    ("wootz-vm-abi", Kind::Tests, COMPILER, "both sides of the seam read it"),
    ("wootz-runtime", Kind::Tests, COMPILER, "an image must run in a process without a compiler"),
    // The bindings of WASI name a parser for their error types; nothing of it is linked.
    ("wootz-wasi", Kind::Tests, OUR_COMPILER, "an image must run in a process without a compiler"),
    ("wootz-engine", Kind::Normal, OUR_COMPILER, "an image must run in a process without a compiler"),
    ("wootz-c-runtime", Kind::Normal, OUR_COMPILER, "an object must run in a process without a compiler"),
    ("xtask", Kind::Tests, LLVM, "it installs LLVM"),
];

/// How one package uses another.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    /// In what is built and shipped, or in a build script.
    Normal,
    /// In tests, examples and benches.
    Tests,
}

/// Who depends on whom, by name. Two versions of one package are one here.
#[derive(Default, Debug)]
pub(super) struct Graph {
    /// Ours.
    members: BTreeSet<String>,
    edges: BTreeMap<String, BTreeSet<(String, Kind)>>,
}

impl Graph {
    /// The graph as cargo resolves it for this machine.
    pub(super) fn of_workspace() -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--filter-platform", host_triple()?.trim()]);
        let text = output(&mut command)?;
        let metadata: Value = serde_json::from_str(&text).context("cargo's metadata is not JSON")?;
        Self::from_metadata(&metadata).context("cargo's metadata has an unknown form")
    }

    fn from_metadata(metadata: &Value) -> Option<Self> {
        let mut names = BTreeMap::new();
        let mut macros = BTreeSet::new();
        for package in metadata["packages"].as_array()? {
            names.insert(package["id"].as_str()?, package["name"].as_str()?);
            let targets = package["targets"].as_array().into_iter().flatten();
            if targets.flat_map(|target| target["kind"].as_array()).flatten().any(|kind| kind == "proc-macro")
            {
                macros.insert(package["id"].as_str()?);
            }
        }
        let mut graph = Self::default();
        for member in metadata["workspace_members"].as_array()? {
            graph.members.insert((*names.get(member.as_str()?)?).to_owned());
        }
        for node in metadata["resolve"]["nodes"].as_array()? {
            // A procedural macro runs in the compiler: what it uses is not in what is built with it.
            if macros.contains(node["id"].as_str()?) {
                continue;
            }
            let from = *names.get(node["id"].as_str()?)?;
            for dependency in node["deps"].as_array()? {
                let to = *names.get(dependency["pkg"].as_str()?)?;
                for kind in dependency["dep_kinds"].as_array()? {
                    let kind = if kind["kind"] == "dev" { Kind::Tests } else { Kind::Normal };
                    graph.add(from, to, kind);
                }
            }
        }
        Some(graph)
    }

    fn add(&mut self, from: &str, to: &str, kind: Kind) {
        self.edges.entry(from.to_owned()).or_default().insert((to.to_owned(), kind));
    }

    fn of(&self, package: &str) -> impl Iterator<Item = (&str, Kind)> {
        self.edges.get(package).into_iter().flatten().map(|(to, kind)| (to.as_str(), *kind))
    }

    /// A way from `package` to `target` as names joined by arrows: through its tests in the first step if `widest` says so,
    /// as shipped in the others.
    fn way(&self, package: &str, widest: Kind, target: &str) -> Option<String> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting = vec![package];
        while let Some(at) = waiting.pop() {
            if at == target {
                let mut names = vec![at];
                while names[names.len() - 1] != package {
                    names.push(came_from[names[names.len() - 1]]);
                }
                names.reverse();
                return Some(names.join(" → "));
            }
            let next = self
                .of(at)
                .filter(|(_, kind)| *kind == Kind::Normal || (at == package && widest == Kind::Tests));
            for (to, _) in next {
                if to != package && !came_from.contains_key(to) {
                    came_from.insert(to, at);
                    waiting.push(to);
                }
            }
        }
        None
    }
}

fn host_triple() -> Result<String> {
    let text = output(std::process::Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// The violations of the graph.
pub(super) fn check(graph: &Graph) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in &graph.members {
        match LAYERS.iter().find(|layer| layer.package == member) {
            Some(layer) => violations.extend(check_layer(graph, layer)),
            None => violations.push(Violation::of(member, "is not in the table of layers")),
        }
        for (target, may, why) in RESERVED {
            let names_it = graph.of(member).any(|(to, _)| to == *target);
            if names_it && !may.contains(&member.as_str()) {
                let message = format!("depends on {target}, which only {} may: {why}", may.join(", "));
                violations.push(Violation::of(member, message));
            }
        }
    }
    for (package, widest, targets, why) in UNREACHABLE {
        for way in targets.iter().filter_map(|target| graph.way(package, *widest, target)) {
            violations.push(Violation::of(package, format!("reaches what it must not: {way}: {why}")));
        }
    }
    violations
}

fn check_layer(graph: &Graph, layer: &Layer) -> Vec<Violation> {
    let ours = graph.of(layer.package).filter(|(to, _)| graph.members.contains(*to));
    let forbidden = ours.filter(|(to, kind)| {
        let in_tests = *kind == Kind::Tests && (layer.tests_may.contains(to) || *to == layer.package);
        !layer.may.contains(to) && !in_tests
    });
    forbidden
        .map(|(to, kind)| {
            let how = if kind == Kind::Tests { "uses it in its tests" } else { "depends on it" };
            Violation::of(layer.package, format!("must not know {to}, but {how}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Graph, Kind, LAYERS, check};

    fn graph(edges: &[(&str, &str, Kind)]) -> Graph {
        let mut graph = Graph::default();
        for layer in LAYERS {
            graph.members.insert(layer.package.to_owned());
        }
        for (from, to, kind) in edges {
            graph.add(from, to, *kind);
        }
        graph
    }

    fn messages(edges: &[(&str, &str, Kind)]) -> Vec<String> {
        check(&graph(edges)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_edges_of_the_table_are_allowed() {
        let good = [
            ("wootz-codegen-llvm", "inkwell", Kind::Normal),
            ("inkwell", "llvm-sys", Kind::Normal),
            ("wootz", "wootz-codegen-llvm", Kind::Normal),
            ("wootz-engine", "wootz-runtime", Kind::Normal),
            ("wootz-runtime", "wootz-vm-abi", Kind::Normal),
            ("wootz-vm-abi", "wootz-wasm-types", Kind::Normal),
            ("wootz-engine", "wootz", Kind::Tests),
            ("wootz", "wootz-wasm-ir", Kind::Normal),
            ("wootz-wasm-ir", "wasmparser", Kind::Normal),
        ];
        assert_eq!(messages(&good), [""; 0]);
    }

    #[test]
    fn an_edge_outside_the_table_is_refused() {
        let found = messages(&[("wootz-runtime", "wootz-debuginfo", Kind::Normal)]);
        assert_eq!(found, ["wootz-runtime: must not know wootz-debuginfo, but depends on it"]);
        let found = messages(&[("wootz-wasm-ir", "wootz", Kind::Tests)]);
        assert_eq!(found, ["wootz-wasm-ir: must not know wootz, but uses it in its tests"]);
    }

    #[test]
    fn llvm_does_not_reach_the_runtime_by_any_way() {
        let direct = messages(&[("wootz-runtime", "inkwell", Kind::Normal)]);
        assert_eq!(direct.len(), 2, "{direct:?}");
        assert!(direct[1].contains("wootz-runtime → inkwell"), "{direct:?}");
        let hidden = messages(&[("wootz-runtime", "some", Kind::Tests), ("some", "llvm-sys", Kind::Normal)]);
        assert_eq!(hidden.len(), 1, "{hidden:?}");
        assert!(hidden[0].contains("wootz-runtime → some → llvm-sys"), "{hidden:?}");
        let tests_of_others = [("wootz-runtime", "some", Kind::Normal), ("some", "llvm-sys", Kind::Tests)];
        assert_eq!(messages(&tests_of_others), [""; 0]);
    }

    #[test]
    fn no_decoder_reaches_the_runtime() {
        let found =
            messages(&[("wootz-runtime", "some", Kind::Normal), ("some", "wasmparser", Kind::Normal)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("wootz-runtime → some → wasmparser"), "{found:?}");
    }

    #[test]
    fn wasmparser_stays_under_the_ir() {
        let found = messages(&[("wootz-cli", "wasmparser", Kind::Normal)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("only wootz-wasm-ir may"), "{found:?}");
        let through_others =
            [("wootz-tests", "wasmprinter", Kind::Normal), ("wasmprinter", "wasmparser", Kind::Normal)];
        assert_eq!(messages(&through_others), [""; 0]);
    }

    #[test]
    fn a_crate_that_is_not_in_the_table_is_refused() {
        let mut graph = graph(&[]);
        graph.members.insert("wootz-gc".to_owned());
        assert_eq!(check(&graph)[0].to_string(), "wootz-gc: is not in the table of layers");
    }

    #[test]
    fn metadata_is_read_with_its_kinds() {
        let metadata = json!({
            "packages": [
                {"id": "1", "name": "a"},
                {"id": "2", "name": "b"},
                {"id": "3", "name": "m", "targets": [{"kind": ["proc-macro"]}]},
            ],
            "workspace_members": ["1"],
            "resolve": {"nodes": [
                {"id": "1", "deps": [{"pkg": "2", "dep_kinds": [{"kind": null}, {"kind": "dev"}]}]},
                {"id": "2", "deps": []},
                {"id": "3", "deps": [{"pkg": "2", "dep_kinds": [{"kind": null}]}]},
            ]},
        });
        let graph = Graph::from_metadata(&metadata).unwrap();
        let edges: Vec<_> = graph.of("a").collect();
        assert_eq!(edges, [("b", Kind::Normal), ("b", Kind::Tests)]);
        assert_eq!(graph.of("m").count(), 0, "a macro's dependencies are not linked");
        assert!(graph.members.contains("a") && !graph.members.contains("b"));
        assert!(Graph::from_metadata(&json!({"packages": 1})).is_none());
    }
}
