//! Images as the compiler makes them, with wrong bytes.

use wootz_runtime::{Image, ImageError};
use wootz_vm_abi::seal::{Sealed, seal};

use crate::MODES;

const TEXT: &str = r#"(module $damaged
  (import "host" "call" (func $call (param i32) (result f64)))
  (memory 1 3) (table 4 funcref) (global $g (mut i64) (i64.const 7))
  (data (i32.const 8) "some data") (elem (i32.const 1) $step $call)
  (func $step (param i32) (result f64) (f64.add (call $call (local.get 0)) (f64.load (local.get 0))))
  (func (export "run") (param i32) (result f64)
    (call_indirect (param i32) (result f64) (local.get 0) (local.get 0))))"#;

/// Numbers that look random and are the same each time (xorshift).
fn numbers(mut state: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state)
    })
}

/// What comes of it is open, as long as it is an answer. (Running such an image is not safe: nobody checks instructions.)
#[test]
fn wrong_bytes_are_found_and_loading_them_is_safe() {
    for mode in MODES {
        let module = wootz_wasm_ir::Module::new(TEXT.as_bytes()).unwrap();
        let bytes = wootz_codegen_llvm::compile_image(&module, &mode.options()).unwrap();
        assert!(Image::load(&bytes).is_ok());
        let mut random = numbers(0x9e37_79b9_7f4a_7c15);
        let mut next = |below: usize| (random.next().unwrap_or(0) % below as u64) as usize;
        for _ in 0..2000 {
            let mut damaged = Sealed::new(&bytes).unwrap().contents().to_vec();
            for _ in 0..=next(3) {
                let at = next(damaged.len());
                damaged[at] ^= 1 << next(8);
            }
            let mut found = damaged.clone();
            found.extend(&bytes[damaged.len()..]);
            assert!(Image::load(&found).is_err(), "{mode:?}");
            seal(&mut damaged);
            match Image::load(&damaged) {
                Ok(image) => drop(format!("{:?}", image.info())),
                Err(ImageError::Damaged) => panic!("the digest is right"),
                Err(error) => drop(error.to_string()),
            }
        }
    }
}
