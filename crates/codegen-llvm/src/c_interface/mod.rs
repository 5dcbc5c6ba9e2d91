//! A module as a C library: an object with a C function for each export, and the header that declares them.
//!
//! | file | is |
//! |---|---|
//! | `names` | identifiers of C for names of WebAssembly |
//! | `interface` | what the header declares and the object defines, in C's terms |
//! | `header` | the header as text |
//! | `glue` | the C functions in LLVM IR: between the C convention and the runtime's slots |
//!
//! `docs/objects.md` is the user's view.

mod glue;
mod header;
mod interface;
mod names;

use wootz_wasm_ir::Module;

use crate::compile::compile_units;
use crate::error::CompileError;
use crate::link;
use crate::target::TargetInfo;
use interface::Interface;
use wootz_vm_abi::options::CompileOptions;

/// A module as a C library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CLibrary {
    /// A relocatable ELF object, to be linked with the C runtime.
    pub object: Vec<u8>,
    /// Its header, which includes `wootz_rt.h`.
    pub header: String,
}

/// Compiles a module to an object that a C program links, and its header. Everything that the header declares starts with
/// `prefix`, which is made an identifier; objects with different prefixes go into one program.
///
/// # Errors
/// As [`compile_image`](crate::compile_image); [`CompileError::NoCForm`] for a module that uses what C cannot say.
pub fn compile_c_library(
    module: &Module,
    options: &CompileOptions,
    prefix: &str,
) -> Result<CLibrary, CompileError> {
    let declarations = module.declarations();
    let interface = Interface::new(declarations, prefix)?;
    let target = TargetInfo::new(options)?;
    let objects = compile_units(module, options, &())?.objects;
    let glue = glue::object(&interface, &target)?;
    let plans = crate::compile::memory_plans(declarations, options);
    let sources = crate::sources::encoded(module);
    let parts = crate::compile::image_parts(module, options, &target, &plans, &sources);
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let object =
        link::link_object(&objects, &glue, &interface.linked_imports(), interface.imports_size, &parts)?;
    Ok(CLibrary { object, header: header::header(&interface) })
}
