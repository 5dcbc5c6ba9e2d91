//! The fences around `unsafe`: a few folders may hold it, and every use says why it is sound.

use super::Violation;
use super::source::{Source, find_word};

/// The folders whose code may be unsafe. Each one's `mod.rs` opens with the invariants it rests on.
const FENCES: &[&str] = &[
    "crates/codegen-llvm/src/llvm/",
    "crates/codegen-llvm/src/orc/",
    "crates/runtime/src/vm/",
    "crates/runtime/src/sys/",
    "crates/c-runtime/src/ffi/",
    // Breaks protections on purpose.
    "crates/wootz/tests/address_space/",
];

/// The violations of one file.
pub(super) fn check(path: &str, source: &Source) -> Vec<Violation> {
    let fenced = FENCES.iter().any(|fence| path.starts_with(fence));
    let mut violations = Vec::new();
    for (index, code) in source.code.iter().enumerate() {
        let allows = code.contains("allow(unsafe_code") || code.contains("expect(unsafe_code");
        let uses = find_word(code, "unsafe").filter(|&at| !is_pointer_type(&code[at..]));
        if !fenced && (allows || uses.is_some()) {
            let what = if allows { "`unsafe_code` is allowed" } else { "`unsafe` stands" };
            violations.push(Violation::at(
                path,
                index + 1,
                format!("{what} outside the fences ({FENCES:?})"),
            ));
        }
        if fenced && uses.is_some_and(|at| is_use(&code[at..])) && !explained(source, index) {
            violations.push(Violation::at(
                path,
                index + 1,
                "this `unsafe` has no `// SAFETY:` comment above it",
            ));
        }
    }
    violations
}

/// Whether this is the type of a pointer to an unsafe function, which anyone may name.
fn is_pointer_type(code: &str) -> bool {
    let words: String = code.split_whitespace().collect();
    ["unsafefn(", "unsafeexternfn("].iter().any(|start| words.starts_with(start))
}

/// Whether this `unsafe` relies on an invariant (a block, an implementation) and does not only demand one (a function,
/// a trait, a foreign block).
fn is_use(code: &str) -> bool {
    let rest = code["unsafe".len()..].trim_start();
    rest.is_empty() || rest.starts_with('{') || rest.starts_with("impl")
}

/// Whether a SAFETY comment stands on the line, or above it and above nothing but the statement's own lines.
fn explained(source: &Source, index: usize) -> bool {
    let says_why = |line: usize| source.comments[line].contains("SAFETY:");
    if says_why(index) {
        return true;
    }
    for line in (0..index).rev() {
        if says_why(line) {
            return true;
        }
        let code = source.code[line].trim();
        let is_comment = code.is_empty() && !source.comments[line].trim().is_empty();
        let continues = !code.is_empty() && !code.ends_with([';', '}']) && !ends_opening(code);
        if !is_comment && !continues {
            return false;
        }
    }
    false
}

/// Whether the line opens a block of statements, so that a comment before it speaks of something else.
fn ends_opening(code: &str) -> bool {
    code.ends_with('{') && !code.ends_with("= {")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::source::Source;

    fn violations(path: &str, text: &str) -> usize {
        check(path, &Source::new(text)).len()
    }

    const FENCED: &str = "crates/runtime/src/vm/memory.rs";
    const OUTSIDE: &str = "crates/runtime/src/store.rs";

    #[test]
    fn outside_the_fences_nothing_is_unsafe() {
        assert_eq!(violations(OUTSIDE, "// SAFETY: none\nunsafe { f() }\n"), 1);
        assert_eq!(violations(OUTSIDE, "unsafe fn f() {}\n"), 1);
        assert_eq!(violations(OUTSIDE, "#![allow(unsafe_code, reason = \"…\")]\n"), 1);
        assert_eq!(
            violations(OUTSIDE, "#![deny(unsafe_code)]\n// unsafe in words\nlet s = \"unsafe {\";\n"),
            0
        );
    }

    #[test]
    fn inside_the_fences_every_use_is_explained() {
        assert_eq!(violations(FENCED, "fn f() {\n    unsafe { g() }\n}\n"), 1);
        assert_eq!(violations(FENCED, "// SAFETY: another place\nf();\nunsafe { g() }\n"), 1);
        assert_eq!(violations(FENCED, "// SAFETY: about the body?\nfn f() {\n    unsafe { g() }\n}\n"), 1);
        assert_eq!(violations(FENCED, "unsafe impl Send for S {}\n"), 1);
        assert_eq!(violations(FENCED, "// SAFETY: nothing is shared,\n// ever.\nunsafe { g() }\n"), 0);
        assert_eq!(violations(FENCED, "// SAFETY: in bounds\nlet a =\n    unsafe { g() };\n"), 0);
        assert_eq!(violations(FENCED, "let a = unsafe { g() }; // SAFETY: in bounds\n"), 0);
        assert_eq!(violations(FENCED, "unsafe fn f() {}\nunsafe extern \"C\" {}\nunsafe trait T {}\n"), 0);
    }
}
