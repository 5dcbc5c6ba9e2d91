//! The section of branch hints: what it says, and what of it is wrong.

use proptest::prelude::*;
use wootz_wasm_ir::{BranchHint, FuncIndex, Module, Translator};

const NAME: &[u8] = b"metadata.code.branch_hint";
/// Locals, `block`, `local.get 0`, `br_if 0`, `end`, `end`: the branch is at byte 5.
const BODY: &[u8] = &[0, 0x02, 0x40, 0x20, 0, 0x0d, 0, 0x0b, 0x0b];
const BRANCH: u8 = 5;

fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    let mut section = vec![id, u8::try_from(contents.len()).expect("it is short")];
    section.extend_from_slice(contents);
    section
}

fn custom(contents: &[u8]) -> Vec<u8> {
    section(0, &[&[NAME.len() as u8], NAME, contents].concat())
}

/// A module of one imported and two defined functions, with sections before and behind their bodies.
fn module(before: &[u8], behind: &[u8]) -> Module {
    let body = section(BODY.len() as u8, BODY)[1..].to_vec();
    let bytes = [
        &b"\0asm\x01\0\0\0"[..],
        &section(1, &[1, 0x60, 1, 0x7f, 0]),
        &section(2, &[1, 0, 0, 0, 0]),
        &section(3, &[2, 0, 0]),
        before,
        &section(10, &[&[2], &body[..], &body[..]].concat()),
        behind,
    ];
    Module::from_binary(bytes.concat()).expect("a custom section is never wrong")
}

fn hinted(contents: &[u8]) -> Module {
    module(&custom(contents), &[])
}

fn hints(module: &Module, func: u32) -> Vec<BranchHint> {
    Translator::new().translate(module, FuncIndex(func)).expect("it is valid").hints.clone()
}

#[test]
fn a_hint_is_of_the_branch_at_its_offset() {
    let module = hinted(&[2, 1, 1, BRANCH, 1, 0, 2, 1, BRANCH, 1, 1]);
    assert_eq!(module.branch_hints().refused(), None);
    for (func, taken) in [(1, false), (2, true)] {
        let start = module.body_range(FuncIndex(func)).unwrap().start;
        assert_eq!(hints(&module, func), [BranchHint { offset: start + u32::from(BRANCH), taken }]);
    }
}

#[test]
fn hints_of_other_instructions_have_no_effect() {
    let module = hinted(&[1, 1, 3, 0, 1, 1, 4, 1, 1, BRANCH + 2, 1, 1]);
    assert_eq!(module.branch_hints().refused(), None);
    assert_eq!(module.branch_hints().hints().len(), 3);
    assert_eq!(hints(&module, 1), []);
}

#[test]
fn what_is_wrong_makes_the_section_count_for_nothing() {
    let good = [1, 1, 1, BRANCH, 1, 0];
    for (contents, why) in [
        (&[1, 0, 1, BRANCH, 1, 0][..], "imported"),
        (&[1, 3, 1, BRANCH, 1, 0], "does not exist"),
        (&[2, 2, 1, BRANCH, 1, 0, 1, 1, BRANCH, 1, 0], "not behind the last one"),
        (&[2, 1, 1, BRANCH, 1, 0, 1, 1, BRANCH, 1, 0], "not behind the last one"),
        (&[1, 1, 2, BRANCH, 1, 0, BRANCH, 1, 0], "not behind the last one"),
        (&[1, 1, 1, BODY.len() as u8, 1, 0], "not in the function's body"),
        (&[1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0], "not in the function's body"),
        (&[1, 1, 1, BRANCH, 2, 0, 0], "invalid branch hint byte"),
        (&[1, 1, 1, BRANCH, 1, 2], "invalid branch hint taken byte"),
        (&[1, 1, 1, BRANCH, 1, 0, 0], ""),
        (&[], "unexpected end"),
    ] {
        let module = hinted(contents);
        let refused = module.branch_hints().refused().unwrap_or_else(|| panic!("{contents:?} is refused"));
        assert!(refused.message.contains(why), "{contents:?}: {refused}");
        assert_eq!(module.branch_hints().hints(), []);
        assert_eq!(hints(&module, 1), []);
    }
    for end in 0..good.len() {
        assert!(hinted(&good[..end]).branch_hints().refused().is_some(), "{end}");
    }
    let behind = module(&[], &custom(&good));
    assert_eq!(behind.branch_hints().refused().unwrap().message, "branch hints behind the code");
}

#[test]
fn the_first_of_several_sections_counts() {
    let [first, second] = [0, 1].map(|taken| custom(&[1, 1, 1, BRANCH, 1, taken]));
    let module = module(&[first, second].concat(), &[]);
    assert!(!module.branch_hints().hints()[0].taken);
}

proptest! {
    #[test]
    fn any_contents_leave_the_functions_as_they_are(contents in prop::collection::vec(0u8..12, 0..40)) {
        let module = hinted(&contents);
        prop_assert!(module.branch_hints().hints().is_sorted_by_key(|hint| hint.offset));
        for func in 1..3 {
            prop_assert!(hints(&module, func).len() <= 1);
        }
    }
}
