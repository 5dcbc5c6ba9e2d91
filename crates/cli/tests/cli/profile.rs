//! `wootz profile`: what it draws, also of guests that do not end well.

use crate::Dir;

const SPIN: &str = r#"(module
  (func $spin (loop (br 0)))
  (func $<main> (export "_start") (call $spin)))"#;

#[test]
fn a_guest_that_is_stopped_has_a_profile_and_its_own_exit_code() {
    let dir = Dir::with("m.wat", SPIN.replace("$<main>", "$\"a<b;c\""));
    let outcome = dir.wootz(&["profile", "-O0", "--timeout", "300ms", "-o", "p.folded", "m.wat"]);
    assert_eq!(outcome.code, 124, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("ran for longer than 300ms"), "{}", outcome.stderr);
    let folded = std::fs::read_to_string(dir.path().join("p.folded")).unwrap();
    let (stack, count) = folded.lines().max().unwrap().rsplit_once(' ').unwrap();
    assert_eq!(stack, "a<b:c;spin");
    assert!(count.parse::<u64>().unwrap() > 0);
}

#[test]
fn a_drawing_is_an_svg_with_the_names() {
    let dir = Dir::with("m.wat", SPIN.replace("$<main>", "$\"a<b\""));
    let outcome = dir.wootz(&["profile", "--timeout", "300ms", "--frequency", "500", "m.wat"]);
    assert_eq!(outcome.code, 124, "{}", outcome.stderr);
    let svg = std::fs::read_to_string(dir.path().join("profile.svg")).unwrap();
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("spin") && svg.contains("a&lt;b") && !svg.contains("a<b"), "{svg}");
}

#[test]
fn a_program_that_does_not_start_leaves_no_profile() {
    let dir = Dir::with("m.wat", "(module (func unreachable");
    dir.wootz(&["profile", "m.wat"]).error(65);
    assert!(!dir.path().join("profile.svg").exists());
    dir.wootz(&["profile", "--frequency", "0", "m.wat"]).error(2);
}
