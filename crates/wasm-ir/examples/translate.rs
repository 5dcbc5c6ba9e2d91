//! Translates every function of a module and says how long it took:
//! `cargo run --release -p wootz-wasm-ir --example translate FILE`.

use std::process::ExitCode;
use std::time::Instant;

use wootz_wasm_ir::{Error, Module, Translator, ir};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: translate FILE");
        return ExitCode::from(2);
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    match run(bytes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(bytes: Vec<u8>) -> Result<(), Error> {
    let start = Instant::now();
    let module = Module::new(bytes)?;
    println!("decoded and validated in {:?}", start.elapsed());

    let declarations = module.declarations();
    let mut translator = Translator::new();
    let (mut blocks, mut params, mut insts, mut values) = (0, 0, 0, 0);
    let start = Instant::now();
    for func in declarations.defined_functions() {
        let body = translator.translate(&module, func)?;
        blocks += body.blocks.len();
        params += body.blocks.values().map(|block| block.params.len()).sum::<usize>();
        insts += body.insts.len();
        values += body.values.len();
    }
    println!(
        "translated {} functions in {:?}: {blocks} blocks, {params} block parameters, {insts} instructions, \
         {values} values",
        declarations.defined_functions().len(),
        start.elapsed()
    );

    let start = Instant::now();
    for func in declarations.defined_functions() {
        let body = translator.translate(&module, func)?;
        if let Err(error) = ir::verify(declarations, body) {
            println!("{func}: {error}");
        }
    }
    println!("translated again and verified in {:?}", start.elapsed());
    Ok(())
}
