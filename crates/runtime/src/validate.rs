//! Whether an image's module information fits this machine and itself, for the loader.
//!
//! What the runtime indexes without asking is checked here once: afterwards every index is in range, every constant
//! expression has its type, every plan suits its memory.

use std::ops::Range;

use wootz_vm_abi::context::FuncRefs;
use wootz_vm_abi::image::ImageInfo;
use wootz_vm_abi::machine::Machine;
use wootz_wasm_types::entity::Entity;
use wootz_wasm_types::{
    ConstExpr, ConstOp, Declarations, EntityIndex, FuncIndex, HeapType, RefType, SegmentMode, ValType,
};

use crate::ImageError;
use crate::sys;

type Checked = Result<(), ImageError>;

fn require(condition: bool, reason: impl FnOnce() -> String) -> Checked {
    if condition { Ok(()) } else { Err(ImageError::Corrupt(reason())) }
}

/// Whether this machine runs the image's code.
pub(crate) fn target(info: &ImageInfo) -> Checked {
    let machine = Machine::from_triple(&info.target);
    if machine.is_none() || machine != Machine::host() {
        return Err(ImageError::Target(info.target.clone()));
    }
    match info.cpu_features.iter().find(|feature| !sys::has_cpu_feature(feature)) {
        Some(missing) => Err(ImageError::CpuFeature(missing.clone())),
        None => Ok(()),
    }
}

/// Whether the information agrees with itself, with `text` bytes of code and `data` bytes of data segments.
pub(crate) fn info(info: &ImageInfo, text: u64, data: u64) -> Checked {
    let declarations = &info.declarations;
    index_spaces(declarations)?;
    imports_and_exports(declarations)?;
    initialisers(declarations)?;
    memories(info)?;
    code(info, text)?;
    require(info.data.len() == declarations.data.len(), || {
        format!("{} ranges for {} data segments", info.data.len(), declarations.data.len())
    })?;
    for (index, range) in info.data.iter().enumerate() {
        require(is_inside(range, data), || format!("data segment {index} lies outside its section"))?;
    }
    Ok(())
}

fn is_inside(range: &Range<u32>, length: u64) -> bool {
    range.start <= range.end && u64::from(range.end) <= length
}

fn index_spaces(declarations: &Declarations) -> Checked {
    if !declarations.tags.is_empty() {
        return Err(ImageError::Unsupported("exception tags".into()));
    }
    types(declarations)?;
    for global in declarations.globals.values() {
        val_type(global.ty.content, declarations.types.len())?;
    }
    for table in declarations.tables.values() {
        ref_type(table.ty.element, declarations.types.len())?;
    }
    let counts = [
        ("functions", declarations.imported_functions, declarations.functions.len()),
        ("tables", declarations.imported_tables, declarations.tables.len()),
        ("memories", declarations.imported_memories, declarations.memories.len()),
        ("globals", declarations.imported_globals, declarations.globals.len()),
        ("tags", declarations.imported_tags, declarations.tags.len()),
    ];
    for (what, imported, all) in counts {
        require(imported <= all, || format!("{imported} imported {what} of {all}"))?;
    }
    for (func, decl) in declarations.functions.iter() {
        require(declarations.types.get(decl.ty).is_some(), || format!("{func} has no type"))?;
    }
    if let Some(start) = declarations.start {
        let ty = declarations.functions.get(start).map(|decl| &declarations.types[decl.ty]);
        require(ty.is_some_and(|ty| ty.params.is_empty() && ty.results.is_empty()), || {
            format!("the start function {start} is missing or has the wrong type")
        })?;
    }
    Ok(())
}

/// Types mention types of their own recursion group and earlier ones, and have the right numbers.
fn types(declarations: &Declarations) -> Checked {
    let mut end = 0;
    for group in &declarations.recursion_groups {
        let ordered = end <= group.start && group.start < group.end;
        require(ordered && group.end as usize <= declarations.types.len(), || {
            format!("the recursion group of types {group:?} is impossible")
        })?;
        end = group.end;
    }
    for group in declarations.type_groups() {
        for ty in declarations.type_group(group.clone()) {
            ty.params.iter().chain(&ty.results).try_for_each(|ty| val_type(*ty, group.end))?;
        }
    }
    let mut numbered = Declarations {
        types: declarations.types.clone(),
        recursion_groups: declarations.recursion_groups.clone(),
        ..Declarations::default()
    };
    numbered.number_types();
    let given = &declarations.type_numbers;
    require(given.is_empty() || *given == numbered.type_numbers, || "the types have wrong numbers".into())
}

/// A type that mentions none from `types` on.
fn val_type(ty: ValType, types: usize) -> Checked {
    match ty {
        ValType::Ref(ty) => ref_type(ty, types),
        _ => Ok(()),
    }
}

fn ref_type(ty: RefType, types: usize) -> Checked {
    match ty.heap {
        HeapType::Func | HeapType::Extern | HeapType::NoFunc | HeapType::NoExtern => Ok(()),
        HeapType::Concrete(index) => {
            require(index.index() < types, || format!("the reference type {ty} is of no type"))
        }
        _ => Err(ImageError::Unsupported(format!("the reference type {ty}"))),
    }
}

fn imports_and_exports(declarations: &Declarations) -> Checked {
    let mut next = [0; 4];
    for import in &declarations.imports {
        let (space, index) = match import.item {
            EntityIndex::Function(index) => (0, index.index()),
            EntityIndex::Table(index) => (1, index.index()),
            EntityIndex::Memory(index) => (2, index.index()),
            EntityIndex::Global(index) => (3, index.index()),
            EntityIndex::Tag(_) => return Err(ImageError::Unsupported("exception tags".into())),
        };
        require(index == next[space], || format!("the import \"{}\" is out of order", import.name))?;
        next[space] += 1;
    }
    let counts = [
        declarations.imported_functions,
        declarations.imported_tables,
        declarations.imported_memories,
        declarations.imported_globals,
    ];
    require(next == counts, || "the imports are not as many as counted".into())?;
    for export in &declarations.exports {
        let exists = match export.item {
            EntityIndex::Function(index) => declarations.functions.get(index).is_some(),
            EntityIndex::Table(index) => declarations.tables.get(index).is_some(),
            EntityIndex::Memory(index) => declarations.memories.get(index).is_some(),
            EntityIndex::Global(index) => declarations.globals.get(index).is_some(),
            EntityIndex::Tag(_) => false,
        };
        require(exists, || format!("the export \"{}\" gives nothing", export.name))?;
    }
    Ok(())
}

fn initialisers(declarations: &Declarations) -> Checked {
    let all = declarations.globals.len();
    for (index, global) in declarations.globals.iter() {
        match &global.init {
            None => require(index.index() < declarations.imported_globals, || {
                format!("{index} has no initial value")
            })?,
            // A global may read those before it only.
            Some(init) => const_expr(declarations, init, global.ty.content, index.index())?,
        }
    }
    for (index, table) in declarations.tables.iter() {
        let Some(init) = &table.init else { continue };
        require(index.index() >= declarations.imported_tables, || {
            format!("the imported {index} has an initial value")
        })?;
        const_expr(declarations, init, ValType::Ref(table.ty.element), all)?;
    }
    for (index, segment) in declarations.elements.iter() {
        ref_type(segment.ty, declarations.types.len())?;
        for item in &segment.items {
            const_expr(declarations, item, ValType::Ref(segment.ty), all)?;
        }
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let table = declarations.tables.get(*target).map(|table| table.ty);
            let fits = |element| declarations.is_subtype(ValType::Ref(segment.ty), ValType::Ref(element));
            require(table.is_some_and(|ty| fits(ty.element)), || {
                format!("{index} has no table of its type")
            })?;
            let index_type = table.map_or(ValType::I32, |ty| ty.index_type());
            const_expr(declarations, offset, index_type, all)?;
        }
    }
    for (index, segment) in declarations.data.iter() {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let memory = declarations.memories.get(*target);
            require(memory.is_some(), || format!("{index} has no memory"))?;
            let index_type = memory.map_or(ValType::I32, |ty| ty.index_type());
            const_expr(declarations, offset, index_type, all)?;
        }
    }
    Ok(())
}

/// Whether an expression is a stack program that leaves one value of the type and reads only the first `globals`.
fn const_expr(declarations: &Declarations, expr: &ConstExpr, expected: ValType, globals: usize) -> Checked {
    let mut stack = Vec::with_capacity(1);
    for op in &expr.0 {
        let ty = match *op {
            ConstOp::I32(_) => Some(ValType::I32),
            ConstOp::I64(_) => Some(ValType::I64),
            ConstOp::F32(_) => Some(ValType::F32),
            ConstOp::F64(_) => Some(ValType::F64),
            ConstOp::V128(_) => Some(ValType::V128),
            ConstOp::GlobalGet(index) if index.index() < globals => {
                declarations.globals.get(index).map(|global| global.ty.content)
            }
            ConstOp::GlobalGet(_) => None,
            ConstOp::RefNull(heap) => Some(ValType::Ref(RefType { nullable: true, heap })),
            ConstOp::RefFunc(func) => declarations
                .functions
                .get(func)
                .map(|func| ValType::Ref(RefType { nullable: false, heap: HeapType::Concrete(func.ty) })),
            ConstOp::Int(width, _) => {
                let operands = (stack.pop(), stack.pop());
                (operands == (Some(width.ty()), Some(width.ty()))).then_some(width.ty())
            }
        };
        let ty =
            ty.ok_or_else(|| ImageError::Corrupt(format!("{op:?} in a constant expression is wrong")))?;
        stack.push(ty);
    }
    let fits = matches!(stack[..], [found] if declarations.is_subtype(found, expected));
    require(fits, || format!("a constant expression does not give {expected}"))
}

fn memories(info: &ImageInfo) -> Checked {
    let memories = &info.declarations.memories;
    require(info.memory_plans.len() == memories.len(), || {
        format!("{} plans for {} memories", info.memory_plans.len(), memories.len())
    })?;
    for ((index, ty), plan) in memories.iter().zip(&info.memory_plans) {
        require(matches!(ty.page_size_log2, 0 | 16), || {
            format!("{index} has pages of 2^{} bytes", ty.page_size_log2)
        })?;
        let limit = ty.absolute_maximum();
        let limits = ty.minimum <= limit && ty.maximum.is_none_or(|maximum| ty.minimum <= maximum);
        require(limits, || format!("{index} has impossible limits"))?;
        require(plan.suits(ty), || format!("the plan of {index} does not guard it"))?;
    }
    Ok(())
}

fn code(info: &ImageInfo, text: u64) -> Checked {
    let declarations = &info.declarations;
    let defined = declarations.functions.len() - declarations.imported_functions;
    require(info.functions.len() == defined, || {
        format!("{} ranges of code for {defined} functions", info.functions.len())
    })?;
    for (func, range) in declarations.defined_functions().zip(&info.functions) {
        let inside = is_inside(range, text) && range.start < range.end;
        require(inside, || format!("the code of {func} lies outside its section"))?;
    }
    for (what, trampolines) in [("host-entry", &info.host_entries), ("host-exit", &info.host_exits)] {
        require(trampolines.len() == declarations.types.len(), || {
            format!("{} {what} trampolines for {} types", trampolines.len(), declarations.types.len())
        })?;
        for offset in trampolines.iter().flatten() {
            require(u64::from(*offset) < text, || format!("a {what} trampoline lies outside the code"))?;
        }
    }
    let type_index = |func: FuncIndex| declarations.functions[func].ty;
    for func in (0..declarations.imported_functions).map(FuncIndex::new) {
        require(info.host_exits[type_index(func).index()].is_some(), || {
            format!("the imported {func} has no host-exit trampoline")
        })?;
    }
    for func in FuncRefs::new(declarations).functions() {
        let entry = info.host_entries[type_index(*func).index()];
        require(declarations.is_imported_function(*func) || entry.is_some(), || {
            format!("{func} has no host-entry trampoline")
        })?;
    }
    Ok(())
}
