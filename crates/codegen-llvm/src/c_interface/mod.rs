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

use std::time::Instant;

use wootz_wasm_ir::Module;

use crate::compile::{CompiledModule, compile_units, complete};
use crate::error::CompileError;
use crate::link;
use crate::report::{CompileReport, Event, Observer, Phase};
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
    /// What compiling it took.
    pub report: CompileReport,
}

/// Compiles a module to an object that a C program links, and its header. Everything that the header declares starts with
/// `prefix`, which is made an identifier; objects with different prefixes go into one program. `observer` is told how far it is.
///
/// # Errors
/// As [`compile_image`](crate::compile_image); [`CompileError::NoCForm`] for a module that uses what C cannot say.
pub fn compile_c_library(
    module: &Module,
    options: &CompileOptions,
    prefix: &str,
    observer: &dyn Observer,
) -> Result<CLibrary, CompileError> {
    let started = Instant::now();
    let declarations = module.declarations();
    let interface = Interface::new(declarations, prefix)?;
    let target = TargetInfo::new(options)?;
    let CompiledModule { objects, mut report } = compile_units(module, options, observer)?;
    observer.event(Event::Link);
    let glue = report.phases.measure(Phase::Generate, || glue::object(&interface, &target))?;
    let plans = crate::compile::memory_plans(declarations, options);
    let sources = crate::sources::encoded(module);
    let parts = crate::compile::image_parts(module, options, &target, &plans, &sources);
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let (imports, size) = (interface.linked_imports(), interface.imports_size);
    let object = link::link_object(&objects, &glue, &imports, size, &parts, &mut report.phases)?;
    complete(&mut report, &objects, &object, started);
    Ok(CLibrary { object, header: header::header(&interface), report })
}
