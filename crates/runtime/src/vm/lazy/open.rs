//! Images without code: modules whose functions are compiled when they are first called.

use std::sync::{Arc, OnceLock};

use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::image::ImageInfo;
use wootz_vm_abi::lazy::{CodeSpace, Entry, LazyLayout, LazyModule, MakeCompiler};

use super::{LazyCode, LazySpace};
use crate::image::Integrity;
use crate::vm::debugger::ShownWhole;
use crate::vm::image::{Bytes, LoadedImage, UnwindBytes};
use crate::{ImageError, profiler, validate};

/// Opens a module. In its image, the code of each function and trampoline is its stub.
pub(crate) fn open(module: LazyModule, compiler: MakeCompiler) -> Result<LoadedImage, ImageError> {
    let entries = LazyLayout::new(&module.declarations, module.body_bytes);
    let names = if profiler::is_started() { profiler::names(&module.declarations) } else { Vec::new() };
    let contexts = module.debug.then(Arc::default);
    let space =
        LazySpace::new(entries, module.body_bytes, names, contexts.clone()).map_err(ImageError::System)?;
    let space = Arc::new(space);
    let text = space.addresses();
    let stub = |entry| (space.stub(space.layout().number(entry)) - text.start) as u32;
    let types = || module.declarations.types.keys();
    let info = ImageInfo {
        functions: (module.declarations.defined_functions())
            .map(|func| stub(Entry::Function(func))..stub(Entry::Function(func)) + 1)
            .collect(),
        host_entries: types().map(|ty| Some(stub(Entry::HostEntry(ty)))).collect(),
        host_exits: types().map(|ty| Some(stub(Entry::HostExit(ty)))).collect(),
        target: module.target,
        cpu_features: module.cpu_features,
        memory_plans: module.memory_plans,
        fuel: module.fuel,
        counted: None,
        data: module.declarations.data.values().map(|segment| segment.range.clone()).collect(),
        libcalls: Vec::new(),
        declarations: module.declarations,
    };
    validate::target(&info)?;
    validate::info(&info, text.len() as u64, module.bytes.len() as u64)?;
    let nothing = || UnwindBytes { bytes: 0..0, address: 0 };
    let code = LazyCode::new(Arc::clone(&space), compiler(space as Arc<dyn CodeSpace>), module.hot);
    Ok(LoadedImage {
        // Each fragment is shown for itself.
        _shown: ShownWhole::default(),
        contexts,
        _mapping: None,
        addresses: text.clone(),
        parts: Vec::new(),
        code_view: None,
        to_code_view: 0,
        text,
        eh_frame: nothing(),
        eh_frame_hdr: nothing(),
        layout: VMContextLayout::new(&ModuleShape::new(&info.declarations)),
        info,
        data: 0..module.bytes.len(),
        bytes: Bytes::Shared(module.bytes),
        integrity: Integrity::Whole,
        file_pages: None,
        address_map: 0..0,
        sources: 0..0,
        data_images: OnceLock::new(),
        counters: None,
        lazy: Some(code),
    })
}
