//! Links objects into a fragment: code for the reservation of a module whose functions are compiled one by one.

use wootz_vm_abi::lazy::{Entry, Fragment, LazyLayout, Maker, Part};

use super::error::LinkError;
use super::info::{self, Code};
use super::layout::{Form, Layout};
use super::machine::Arch;
use super::{DebugParts, debug, input, layout, relocate, symbols, unwind, write};
use crate::symbol::Symbol;
use wootz_vm_abi::machine::Machine;

/// Links objects. Every function and trampoline that they define becomes a part of the fragment.
///
/// # Errors
/// [`LinkError`] for an object that is malformed or asks for more than a fragment can give.
pub(crate) fn fragment(
    objects: &[&[u8]],
    machine: Machine,
    data: &LazyLayout,
    debug: Option<DebugParts<'_>>,
) -> Result<Fragment, LinkError> {
    let form = Form::Fragment(data);
    let arch = Arch::of(machine);
    let objects = input::read(objects, machine)?;
    let symbols = symbols::resolve(&objects, true)?;
    let mut layout = layout::lay_out(arch, &objects, symbols.libcalls.len() as u64, form)?;
    relocate::apply(arch, &objects, &symbols, &mut layout, form, None)?;
    layout.write_outward_stubs(&symbols, data)?;
    unwind::write_search_table(&mut layout)?;
    let map = info::address_map(&layout)?;
    let address_map = if map.is_empty() { Vec::new() } else { map.encode() };

    let code = Code { objects: &objects, symbols: &symbols, layout: &layout };
    let text = layout.outputs[Layout::TEXT].address as u32;
    let mut parts = Vec::new();
    for symbol in symbols.globals.keys().filter_map(|name| Symbol::parse(std::str::from_utf8(name).ok()?)) {
        let part = match symbol {
            Symbol::Wasm(func) => Part::Entry(data.number(Entry::Function(func))),
            Symbol::HostEntry(ty) => Part::Entry(data.number(Entry::HostEntry(ty))),
            Symbol::HostExit(ty) => Part::Entry(data.number(Entry::HostExit(ty))),
            Symbol::Loop(func, block) => Part::Loop(func, block.0),
            // Calls of lazy code go through slots, and so does what a table refers to.
            Symbol::Table(_) => continue,
        };
        if let Some(range) = code.range(symbol)? {
            parts.push((part, text + range.start..text + range.end));
        }
    }
    parts.sort_by_key(|(_, range)| range.start);
    let debug = match debug {
        Some(parts) => {
            let addresses = debug::replace(&mut layout, parts)?.addresses;
            let contents = info::Contents { debug: Some(addresses.encode()), ..info::Contents::default() };
            write::for_debuggers(&objects, &symbols, &layout, &contents)?
        }
        None => Vec::new(),
    };
    let range = |output: usize| {
        let output = &layout.outputs[output];
        output.address as u32..(output.address + output.data.len() as u64) as u32
    };
    let mut bytes = Vec::new();
    for output in &layout.outputs[..Layout::LOADED] {
        bytes.resize(output.address as usize, 0);
        bytes.extend_from_slice(&output.data);
    }
    Ok(Fragment {
        maker: Maker::Llvm,
        profiled: 0,
        text: range(Layout::TEXT),
        eh_frame: range(Layout::EH_FRAME),
        eh_frame_hdr: range(Layout::EH_FRAME_HDR),
        bytes,
        references: std::mem::take(&mut layout.references),
        parts,
        address_map,
        debug,
    })
}
