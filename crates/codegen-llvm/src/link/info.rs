//! What an image says of itself: the module information, the address map, the data segments.

use std::ops::Range;

use wootz_debuginfo::LineMap;
use wootz_vm_abi::addrmap::{AddressMap, Frame, NONE};
use wootz_vm_abi::debug::DebugAddresses;
use wootz_vm_abi::image::ImageInfo;
use wootz_wasm_ir::TypeIndex;

use super::ImageParts;
use super::error::LinkError;
use super::input::Object;
use super::layout::Layout;
use super::symbols::Symbols;
use crate::symbol::Symbol;

/// Contents of the sections for the runtime.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) info: Vec<u8>,
    pub(super) address_map: Vec<u8>,
    pub(super) sources: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) debug: Option<Vec<u8>>,
}

impl Contents {
    /// Encodes the contents.
    pub(super) fn new(
        info: &ImageInfo,
        map: AddressMap,
        debug: Option<&DebugAddresses>,
        parts: &ImageParts<'_>,
    ) -> Result<Self, LinkError> {
        let mut data = Vec::new();
        for (index, segment) in parts.declarations.data.iter() {
            let range = segment.range.start as usize..segment.range.end as usize;
            data.extend_from_slice(parts.module.get(range).ok_or(LinkError::DataSegment(index))?);
        }
        let debug = debug.map(DebugAddresses::encode);
        Ok(Self {
            info: info.encode(),
            address_map: map.encode(),
            sources: parts.sources.to_vec(),
            data,
            debug,
        })
    }
}

/// The module information.
pub(super) fn image_info(
    objects: &[Object<'_>],
    symbols: &Symbols<'_>,
    layout: &Layout<'_>,
    parts: &ImageParts<'_>,
) -> Result<ImageInfo, LinkError> {
    let code = Code { objects, symbols, layout };
    let function = |func| code.range(Symbol::Wasm(func))?.ok_or(LinkError::MissingFunction(func));
    let trampolines = |symbol: fn(TypeIndex) -> Symbol| -> Result<Vec<Option<u32>>, LinkError> {
        let types = parts.declarations.types.keys();
        types.map(|ty| Ok(code.range(symbol(ty))?.map(|range| range.start))).collect()
    };
    let mut cpu_features = parts.cpu_features.to_vec();
    cpu_features.sort();
    cpu_features.dedup();
    Ok(ImageInfo {
        target: parts.machine.triple().into(),
        cpu_features,
        declarations: parts.declarations.clone(),
        memory_plans: parts.memory_plans.to_vec(),
        fuel: parts.fuel,
        counted: parts.counted,
        data: data_ranges(parts)?,
        functions: parts.declarations.defined_functions().map(function).collect::<Result<_, _>>()?,
        host_entries: trampolines(Symbol::HostEntry)?,
        host_exits: trampolines(Symbol::HostExit)?,
        libcalls: symbols.libcalls.iter().map(|call| call.name().into()).collect(),
    })
}

/// Looks up code by symbols.
pub(super) struct Code<'a> {
    pub(super) objects: &'a [Object<'a>],
    pub(super) symbols: &'a Symbols<'a>,
    pub(super) layout: &'a Layout<'a>,
}

impl Code<'_> {
    /// Range in the code of a global symbol, or `None` if it is not defined.
    pub(super) fn range(&self, symbol: Symbol) -> Result<Option<Range<u32>>, LinkError> {
        let name = symbol.to_string();
        let Some(global) = self.symbols.globals.get(name.as_bytes()) else { return Ok(None) };
        let size = self.objects[global.object].symbols[global.symbol].size;
        let target = self.symbols.target(global.object, global.symbol);
        let address = target.and_then(|target| self.layout.target_address(target));
        let range = address.and_then(|start| {
            Some(self.layout.code_offset(start)?..self.layout.code_offset(start.checked_add(size)?)?)
        });
        range.map(Some).ok_or(LinkError::NotCode(name))
    }
}

/// Where each data segment is among the data segments' bytes, one after another.
fn data_ranges(parts: &ImageParts<'_>) -> Result<Vec<Range<u32>>, LinkError> {
    let mut end = 0u32;
    let segments = parts.declarations.data.values();
    segments
        .map(|segment| {
            let start = end;
            let len = segment.range.end.saturating_sub(segment.range.start);
            end = start.checked_add(len).ok_or(LinkError::TooLarge("data segments exceed 4 GiB"))?;
            Ok(start..end)
        })
        .collect()
}

/// The map from code to WebAssembly, read from the debug information one object after another.
pub(super) fn address_map(layout: &Layout<'_>) -> Result<AddressMap, LinkError> {
    let debug = &layout.outputs[Layout::LOADED..];
    let section = |name: &str| debug.iter().find(|o| o.name == name).map_or(&[][..], |o| &o.data);
    let mut map = AddressMap::default();
    let mut end = 0;
    LineMap::read_units(section, |lines| {
        for frame in lines.frames() {
            let (func, offset) = (frame.location.func, frame.location.offset);
            map.push_frame(Frame { func, offset }, frame.caller.unwrap_or(NONE));
        }
        for row in lines.rows() {
            let Some(start) = layout.code_offset(row.start) else { continue };
            if start < end {
                return Err(LinkError::Overlap(row.start));
            }
            map.push_row(start, row.innermost.unwrap_or(NONE));
            end = start;
        }
        map.end_part();
        Ok(())
    })?;
    Ok(map)
}
