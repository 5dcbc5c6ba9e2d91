//! Debug information changes no machine code, where that is optimised.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object::{Object as _, ObjectSection as _};
use wootz_codegen_llvm::{CompileOptions, Cpu, OptLevel, SourceText, compile_image};
use wootz_wasm_ir::Module;

fn modules(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            modules(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "wat") {
            found.push(path);
        }
    }
}

fn code(image: &[u8]) -> Vec<u8> {
    let file = object::File::parse(image).expect("an image is an ELF file");
    file.section_by_name(".text").expect("an image has code").data().expect("it is in the file").to_vec()
}

#[test]
fn optimised_code_is_the_same_with_and_without() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    modules(&root.join("filetests"), &mut files);
    modules(&root.join("../wasm-ir/filetests"), &mut files);
    assert!(files.len() > 50, "the file tests are gone");
    for file in files {
        let Ok(module) = Module::new(std::fs::read(&file).unwrap()) else { continue };
        for opt in [OptLevel::O1, OptLevel::O2, OptLevel::O3] {
            let compile = |debug: Option<Arc<SourceText>>| {
                let options = CompileOptions {
                    opt,
                    cpu: Cpu::Baseline,
                    verify: true,
                    debug,
                    ..CompileOptions::default()
                };
                compile_image(&module, &options)
            };
            let Ok(plain) = compile(None) else { continue };
            let text = SourceText { path: "module.wat".into(), lines: Vec::new() };
            let debug = compile(Some(Arc::new(text))).unwrap();
            assert!(code(&plain) == code(&debug), "{} at {opt:?}", file.display());
        }
    }
}
