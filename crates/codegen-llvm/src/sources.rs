//! The lines of a module's sources, for backtraces: what `debuginfo` reads, as the runtime looks it up.

use wootz_vm_abi::addrmap::NONE;
use wootz_vm_abi::sources::Sources;
use wootz_wasm_ir::Module;

/// The encoded lines of a module; empty if it has no DWARF.
pub(crate) fn encoded(module: &Module) -> Vec<u8> {
    sources(module).map_or_else(Vec::new, |sources| sources.encode())
}

fn sources(module: &Module) -> Option<Sources> {
    let map = wootz_debuginfo::source_map(module)?;
    let mut sources = Sources::default();
    for place in &map.places {
        sources.push_place(&place.function, &place.file)?;
    }
    for frame in &map.frames {
        sources.push_line(frame.place, frame.line, frame.caller.unwrap_or(NONE));
    }
    for (start, frame) in &map.rows {
        sources.push_row(*start, frame.unwrap_or(NONE));
    }
    Some(sources)
}
