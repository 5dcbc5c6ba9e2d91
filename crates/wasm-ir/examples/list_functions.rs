//! Lists the functions of a module: `cargo run -p wootz-wasm-ir --example list_functions FILE`.

use std::process::ExitCode;

use wootz_wasm_ir::Module;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: list_functions FILE");
        return ExitCode::from(2);
    };
    let module = match std::fs::read(&path).map(Module::new) {
        Ok(Ok(module)) => module,
        Ok(Err(error)) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    let declarations = module.declarations();
    let names = declarations.function_names();
    for func in declarations.functions.keys() {
        let name = names[func].unwrap_or("");
        let place = match module.body_range(func) {
            Some(body) => format!("{:#x}, {} bytes", body.start, body.len()),
            None => "imported".into(),
        };
        println!("{func:>8?}  {}  {name}  ({place})", declarations.signature(func));
    }
    ExitCode::SUCCESS
}
