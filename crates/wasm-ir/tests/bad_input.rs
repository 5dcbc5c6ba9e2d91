//! Damaged input: an error or a module that translates, never a panic.

use std::path::Path;

use proptest::prelude::*;
use wootz_wasm_ir::{ErrorKind, Module, Translator, ir};

/// Every file test is a seed, as text and as binary.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("filetests");
    let mut texts = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            texts.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    texts.sort();
    let seeds = texts.into_iter().filter_map(|text| {
        let binary = Module::new(text.as_bytes()).ok()?.bytes().to_vec();
        Some((text, binary))
    });
    seeds.collect()
}

/// Takes the input as far as it goes.
fn exercise(input: &[u8]) {
    let module = match Module::new(input) {
        Ok(module) => module,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let mut translator = Translator::new();
    for func in module.declarations().defined_functions() {
        let body = translator.translate(&module, func).expect("a valid function translates");
        ir::verify(module.declarations(), body).unwrap();
        assert!(ir::DisplayNamed(body, module.declarations()).to_string().ends_with("}\n"));
    }
}

#[test]
fn truncated_anywhere() {
    for (_, binary) in seeds() {
        for end in 0..binary.len() {
            match Module::new(&binary[..end]) {
                // A prefix that ends between sections can be a module of its own.
                Ok(_) => exercise(&binary[..end]),
                Err(error) => {
                    assert!(
                        matches!(error.kind, ErrorKind::Malformed | ErrorKind::Invalid),
                        "{end}: {error}"
                    );
                    assert!(error.offset <= end as u64, "{end}: {error}");
                }
            }
        }
    }
}

#[test]
fn text_truncated_anywhere() {
    for (text, _) in seeds().iter().step_by(5) {
        let source = text.split(";; ----").next().unwrap();
        for (end, _) in source.char_indices() {
            exercise(&source.as_bytes()[..end]);
        }
    }
}

#[test]
fn every_bit_flipped_once() {
    let (_, binary) = seeds().into_iter().max_by_key(|(_, binary)| binary.len()).unwrap();
    for bit in 0..binary.len() * 8 {
        let mut damaged = binary.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        exercise(&damaged);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bits_flipped_in_any_module(seed in any::<prop::sample::Index>(), bits in prop::collection::vec(any::<prop::sample::Index>(), 1..6)) {
        static SEEDS: std::sync::LazyLock<Vec<(String, Vec<u8>)>> = std::sync::LazyLock::new(seeds);
        let mut damaged = seed.get(&SEEDS).1.clone();
        for bit in bits {
            let bit = bit.index(damaged.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        exercise(&damaged);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        exercise(&bytes);
        let mut binary = b"\0asm\x01\0\0\0".to_vec();
        binary.extend(bytes);
        exercise(&binary);
    }
}

#[test]
fn text_nested_too_deeply() {
    for open in ["(", "(module (func (block ", "(block ", "(if (then ", "(type (func (param (ref "] {
        let text = format!("(module (func {}", open.repeat(100_000));
        assert_eq!(Module::new(text.as_bytes()).unwrap_err().kind, ErrorKind::Text, "{open}");
    }
    // Flat text nests without parentheses, and any depth of that is fine.
    let text = format!("(module (func {} {}))", "block ".repeat(100_000), "end ".repeat(100_000));
    exercise(text.as_bytes());
}
