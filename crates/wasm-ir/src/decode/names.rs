//! The name section (specification: Appendix, Custom Sections).
//!
//! A custom section cannot make a module malformed: reading stops silently at the first thing that is wrong, and names
//! of entities that do not exist are dropped.

use std::collections::BTreeMap;

use wasmparser::{BinaryReader, IndirectNameMap, Name, NameSectionReader};

use crate::entity::Entity;
use crate::{Declarations, FuncIndex, LocalIndex, NameMap, Names};

/// Names from the contents of the name section.
pub(super) fn read(contents: BinaryReader<'_>, declarations: &Declarations) -> Names {
    let d = declarations;
    let mut names = Names::default();
    for subsection in NameSectionReader::new(contents) {
        match subsection {
            Ok(Name::Module { name, .. }) => names.module = Some(name.to_owned()),
            Ok(Name::Function(map)) => names.functions = name_map(map, d.functions.len()),
            Ok(Name::Local(map)) => names.locals = locals(map, d.functions.len()),
            Ok(Name::Type(map)) => names.types = name_map(map, d.types.len()),
            Ok(Name::Table(map)) => names.tables = name_map(map, d.tables.len()),
            Ok(Name::Memory(map)) => names.memories = name_map(map, d.memories.len()),
            Ok(Name::Global(map)) => names.globals = name_map(map, d.globals.len()),
            Ok(Name::Element(map)) => names.elements = name_map(map, d.elements.len()),
            Ok(Name::Data(map)) => names.data = name_map(map, d.data.len()),
            Ok(Name::Tag(map)) => names.tags = name_map(map, d.tags.len()),
            Ok(
                Name::Label(_)
                | Name::Field(_)
                | Name::Parameter(_)
                | Name::TagParameter(_)
                | Name::Unknown { .. },
            ) => {}
            Err(_) => break,
        }
    }
    names
}

fn name_map<K: Entity + Ord>(map: wasmparser::NameMap<'_>, count: usize) -> NameMap<K> {
    map.map_while(Result::ok)
        .filter(|naming| (naming.index as usize) < count)
        .map(|naming| (K::new(naming.index as usize), naming.name))
        .collect()
}

fn locals(map: IndirectNameMap<'_>, functions: usize) -> BTreeMap<FuncIndex, NameMap<LocalIndex>> {
    map.map_while(Result::ok)
        .filter(|naming| (naming.index as usize) < functions)
        .map(|naming| (FuncIndex(naming.index), name_map(naming.names, u32::MAX as usize)))
        .collect()
}
