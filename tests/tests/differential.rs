//! A short run of the differential tests, always the same modules, and the modules that once made a difference.
//! `cargo xtask fuzz` runs as many others as there is time for.

use std::path::Path;
use std::time::{Duration, Instant};

use wootz_tests::differential::{Case, Comparison, Judges, Oracles};

/// Enough to notice a broken generator or judge. A slow machine gets less far.
const CASES: u64 = 60;
const TIME: Duration = Duration::from_secs(15);

fn judges() -> Judges {
    Judges::new(Oracles::Auto).expect("wasmi is always there")
}

#[test]
fn random_modules_make_no_difference() {
    let judges = judges();
    let end = Instant::now() + TIME;
    let mut run = 0;
    for number in (0..CASES).take_while(|_| Instant::now() < end) {
        let Some(verdict) = judges.judge_case(&Case::new(0, number)) else { continue };
        if let Comparison::Different(what) = verdict.comparison {
            panic!("{what} (cargo xtask fuzz --show {number} prints the module)");
        }
        run += 1;
    }
    assert!(run > 0, "no module was run");
}

#[test]
fn a_difference_is_found() {
    // What the host hears is a part of the run, so a judge that leaves out a note is caught; here, one module instead of
    // another stands for such a judge.
    let module = |note: i64| {
        let text = format!(
            "(module (import \"host\" \"note\" (func (param i64)))
               (memory (export \"memory\") 1 1)
               (func (export \"f\") (call 0 (i64.const {note})) (i64.store (i32.const 8) (i64.const {note})) unreachable))"
        );
        wat::parse_str(text).expect("the text is a module")
    };
    for oracles in [Oracles::Wasmi, Oracles::Wasmtime] {
        let judges = match Judges::new(oracles) {
            Ok(judges) => judges,
            Err(error) if oracles == Oracles::Wasmtime => {
                eprintln!("{error:#}");
                continue;
            }
            Err(error) => panic!("{error:#}"),
        };
        assert_eq!(judges.judge_pair(&module(1), &module(1)).comparison, Comparison::Same);
        match judges.judge_pair(&module(1), &module(2)).comparison {
            Comparison::Different(what) => assert!(what.contains("note 0: 0x1, but 0x2"), "{what}"),
            other => panic!("{oracles:?}: {other:?}"),
        }
    }
}

#[test]
fn modules_that_made_a_difference_make_none() {
    let judges = judges();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut run = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        let wasm = wat::parse_file(&path).expect("a regression is a module");
        if let Comparison::Different(what) = judges.judge(&wasm).comparison {
            panic!("{}: {what}", path.display());
        }
        run += 1;
    }
    assert!(run > 0, "no module was run");
}
