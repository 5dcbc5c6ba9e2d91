//! Compiles a WebAssembly file, binary or text, to a relocatable object: `compile_object INPUT OUTPUT`.
//!
//! Look at the result with `objdump -dr OUTPUT`.

use std::error::Error;

use wootz_codegen_llvm::{CompileOptions, compile_object};
use wootz_wasm_ir::Module;

const SAMPLE: &str = r#"(module
  (func (export "gcd") (param $a i32) (param $b i32) (result i32)
    (local $rest i32)
    (loop $again
      (if (local.get $b)
        (then
          (local.set $rest (i32.rem_u (local.get $a) (local.get $b)))
          (local.set $a (local.get $b))
          (local.set $b (local.get $rest))
          (br $again))))
    (local.get $a)))"#;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let input = match arguments.next() {
        Some(path) => std::fs::read(path)?,
        None => SAMPLE.into(),
    };
    let module = Module::new(input)?;
    let object = compile_object(&module, &CompileOptions::default())?;
    match arguments.next() {
        Some(path) => std::fs::write(path, &object)?,
        None => println!("an object of {} bytes; give INPUT and OUTPUT to keep one", object.len()),
    }
    Ok(())
}
