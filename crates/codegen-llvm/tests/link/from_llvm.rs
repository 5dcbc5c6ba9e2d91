//! Objects from LLVM assembly that has what compiled modules have: constants, jump tables, library calls, inlining.

use std::process::Command;

use inkwell::OptimizationLevel;

use crate::support::{Image, assemble, link_functions};

const MODULE: &str = include_str!("module.ll");

#[test]
fn other_tools_read_the_image_without_complaint() {
    for level in [OptimizationLevel::None, OptimizationLevel::Default] {
        let object = assemble(MODULE, level);
        let image = link_functions(&[&object], 4).expect("links");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("image.elf");
        std::fs::write(&path, &image).expect("writes");
        let _ = Image::read(&image);
        for (tool, arguments) in [("readelf", &["-aW"][..]), ("objdump", &["-d"])] {
            let output =
                Command::new(tool).args(arguments).arg(&path).output().expect("binutils are installed");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && errors.is_empty(), "{tool} at {level:?}: {errors}");
        }
    }
}
