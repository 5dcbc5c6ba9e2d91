//! Instantiation, in the order of the specification (Modules, Instantiation): imports are matched, entities allocated,
//! globals and element segments evaluated; then active segments are copied one by one, and the start function runs.
//!
//! Nothing of the store changes before all allocations have succeeded. From then on the store keeps the instance, even if a
//! segment or the start function traps: its functions may already be in tables of others.

use std::ptr::{self, NonNull};
use std::sync::Arc;

use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::context::{VMCONTEXT_MAGIC, VMContext, VMFuncRef, VMFunctionImport, VMGlobal, VMTypeId};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::IntWidth;
use wootz_wasm_types::entity::Entity;
use wootz_wasm_types::{
    ConstExpr, ConstOp, Declarations, FuncIndex, GlobalIndex, MemoryIndex, SegmentMode, TableIndex,
};

use super::builtins::{self, checked_range};
use super::counters::Counters;
use super::debugger::ShownInstance;
use super::globals::StoreGlobal;
use super::image::LoadedImage;
use super::instance::{Context, InstanceInner};
use super::memory::{LinearMemory, StoreMemory};
use super::shared::SharedInner;
use super::store::StoreInner;
use super::table::{Elements, StoreTable};
use crate::{
    CallError, Extern, ImageError, InstantiateError, MemoryError, MemorySettings, Store, Trap, imports,
};

/// Makes an instance and initialises its tables and memories. Returns its index and the function to start, if any.
pub(crate) fn instantiate(
    store: &mut Store,
    image: &Arc<LoadedImage>,
    externs: &[Extern],
) -> Result<(u32, Option<NonNull<VMFuncRef>>), InstantiateError> {
    let type_ids = store.inner.type_ids(image);
    imports::check(store, image.info(), &type_ids, externs)?;
    let store = &mut *store.inner;
    if store.config().fuel.is_some() && !image.info().fuel {
        return Err(InstantiateError::ConsumesNoFuel);
    }
    store.check_instance(&image.info().declarations).map_err(InstantiateError::Limit)?;
    for given in externs {
        if let Extern::Memory(memory) = given {
            let memory = &store.memories[memory.index as usize];
            store.check_imported_memory(memory).map_err(InstantiateError::Limit)?;
        }
    }
    let index = allocate(store, image, externs)?;
    initialise(store, index as usize).map_err(|code| {
        InstantiateError::Call(CallError::Trap(Trap { code, frames: Vec::new(), omitted: 0 }))
    })?;
    if image.is_lost() {
        let error = Box::new(ImageError::Shortened);
        return Err(InstantiateError::Call(CallError::Host { error, frames: Vec::new(), omitted: 0 }));
    }
    let start = image.info().declarations.start;
    let start = start.and_then(|func| store.instances[index as usize].context.func_ref(func));
    Ok((index, start))
}

fn allocate(
    store: &mut StoreInner,
    image: &Arc<LoadedImage>,
    externs: &[Extern],
) -> Result<u32, InstantiateError> {
    let declarations = &image.info().declarations;
    let memories = allocate_memories(image, &store.config().memory)?;
    let type_ids = store.type_ids(image);
    let tables = allocate_tables(declarations, &type_ids)?;
    let context = Context::new(image.layout()).map_err(|error| {
        InstantiateError::Memory(MemoryError::Context { bytes: image.layout().size(), error })
    })?;
    let type_ids = store.attach(image);
    let header = VMContext {
        magic: VMCONTEXT_MAGIC,
        store: store.context().as_ptr(),
        builtins: builtins::TABLE.as_ptr(),
        type_ids: type_ids.as_ptr(),
        instance: ptr::without_provenance_mut(store.next_instance()),
        counters: image.counters().map_or(ptr::null_mut(), Counters::first),
    };
    // SAFETY: the context is new and as large as its layout says.
    unsafe { context.header().write(header) };
    let mut slots = Slots::default();
    import(store, &context, externs, &mut slots);
    fill_func_refs(store, image, &context, &type_ids);
    for (index, memory) in (declarations.imported_memories..).map(MemoryIndex::new).zip(memories) {
        slots.memories.push(match memory {
            NewMemory::Own(memory) => {
                // SAFETY: the context lives as long as the store, which gets the instance below.
                let memory = unsafe { StoreMemory::inline(memory, context.memory_at(index)) };
                store.add_memory(memory)
            }
            NewMemory::Shared(memory) => {
                let place = context.layout().memory(index);
                // SAFETY: the place is inside the context, and the store keeps the memory.
                unsafe { context.pointer_to(place).write(memory.definition()) };
                store.add_shared_memory(&memory)
            }
        });
    }
    for (index, global) in declarations.globals.iter().skip(declarations.imported_globals) {
        let value = global.init.as_ref().map_or(0, |init| evaluate(&context, init));
        let definition = context.global(index);
        // SAFETY: the global's storage is inside the new context; as above.
        let global = unsafe {
            definition.write(VMGlobal { bytes: value.to_le_bytes() });
            StoreGlobal::inline(imports::global_in_store(global.ty, &type_ids), definition)
        };
        slots.globals.push(store.add_global(global));
    }
    for ((index, decl), mut elements) in
        declarations.tables.iter().skip(declarations.imported_tables).zip(tables)
    {
        if let Some(init) = &decl.init {
            elements.words_mut().fill(evaluate(&context, init) as usize);
        }
        // SAFETY: as for memories.
        let table = unsafe { StoreTable::inline(elements, context.table(index)) };
        slots.tables.push(store.add_table(table));
    }
    let items = |segment: &wootz_wasm_types::ElementSegment| {
        segment.items.iter().map(|item| evaluate(&context, item) as usize).collect()
    };
    let elements = declarations.elements.values().map(items).collect();
    let memories = declarations.memories.keys().map(|memory| context.memory_at(memory).as_ptr());
    let shown = ShownInstance::new(image, context.header().as_ptr(), memories);
    Ok(store.add_instance(InstanceInner {
        _shown: shown,
        image: Arc::clone(image),
        context,
        memories: slots.memories.into(),
        tables: slots.tables.into(),
        globals: slots.globals.into(),
        elements,
        dropped_data: vec![false; declarations.data.len()],
    }))
}

/// The store's index of each entity, by the module's.
#[derive(Default)]
struct Slots {
    memories: Vec<u32>,
    tables: Vec<u32>,
    globals: Vec<u32>,
}

/// A memory that an instance defines.
enum NewMemory {
    Own(LinearMemory),
    Shared(Arc<SharedInner>),
}

fn allocate_memories(
    image: &LoadedImage,
    settings: &MemorySettings,
) -> Result<Vec<NewMemory>, InstantiateError> {
    let info = image.info();
    let all = info.declarations.memories.iter().zip(&info.memory_plans);
    all.skip(info.declarations.imported_memories)
        .map(|((index, ty), plan)| {
            let image = settings.copy_on_write.then(|| image.data_images().get(index)).flatten();
            Ok(if ty.shared {
                NewMemory::Shared(Arc::new(SharedInner::new(*ty, *plan, settings)?))
            } else {
                NewMemory::Own(LinearMemory::new(*ty, *plan, settings, image)?)
            })
        })
        .collect::<Result<_, _>>()
        .map_err(InstantiateError::Memory)
}

fn allocate_tables(
    declarations: &Declarations,
    type_ids: &[VMTypeId],
) -> Result<Vec<Elements>, InstantiateError> {
    let defined = declarations.tables.values().skip(declarations.imported_tables);
    defined
        .map(|table| {
            let elements = table.ty.minimum;
            let ty = imports::table_in_store(table.ty, type_ids);
            Elements::new(ty, 0).ok_or(InstantiateError::Table { elements })
        })
        .collect()
}

/// Fills the imports, whose types are checked.
fn import(store: &StoreInner, context: &Context, externs: &[Extern], slots: &mut Slots) {
    let mut functions = 0;
    let layout = context.layout();
    for given in externs {
        // SAFETY: each place is inside the context, for an entity of just this kind, and gets the address of one that
        // lives as long as the store.
        unsafe {
            match given {
                Extern::Func(func) => {
                    let func_ref = store.funcs().pointer(func.index);
                    let VMFuncRef { code, callee, .. } = func_ref.read();
                    let import = VMFunctionImport { code, callee, func_ref: func_ref.as_ptr() };
                    context.import(FuncIndex::new(functions)).write(import);
                    functions += 1;
                }
                Extern::Table(table) => {
                    let place = layout.table(TableIndex::new(slots.tables.len()));
                    context.pointer_to(place).write(store.tables[table.index as usize].definition());
                    slots.tables.push(table.index);
                }
                Extern::Memory(memory) => {
                    let place = layout.memory(MemoryIndex::new(slots.memories.len()));
                    context.pointer_to(place).write(store.memories[memory.index as usize].definition());
                    slots.memories.push(memory.index);
                }
                Extern::Global(global) => {
                    let place = layout.global(GlobalIndex::new(slots.globals.len()));
                    context.pointer_to(place).write(store.globals[global.index as usize].definition());
                    slots.globals.push(global.index);
                }
            }
        }
    }
}

/// Fills the references of the functions that escape.
fn fill_func_refs(store: &mut StoreInner, image: &LoadedImage, context: &Context, type_ids: &[VMTypeId]) {
    let info = image.info();
    let declarations = &info.declarations;
    let escaping = context.layout().shape().func_refs.functions();
    for &func in escaping {
        let (Some(own), Some(decl)) = (context.own_func_ref(func), declarations.functions.get(func)) else {
            continue;
        };
        let ty = decl.ty.index();
        let func_ref = match func.index().checked_sub(declarations.imported_functions) {
            // A slot that nobody reads: the reference of an imported function is the exporter's.
            // SAFETY: imports are filled, and references live as long as the store.
            None => unsafe { *context.import(func).as_ref().func_ref },
            Some(defined) => VMFuncRef {
                code: image.code(info.functions[defined].start),
                callee: context.header().as_ptr().cast(),
                host_entry: info.host_entries[ty].map_or(ptr::null(), |offset| image.code(offset)),
                type_id: type_ids[ty],
            },
        };
        // SAFETY: the place is inside the context.
        unsafe { own.write(func_ref) };
    }
    let first = escaping.iter().find_map(|func| context.own_func_ref(*func));
    if let Some(first) = first {
        let start = first.as_ptr().expose_provenance();
        // SAFETY: the references lie one after another in the context, which lives as long as the store.
        unsafe { store.add_func_refs(start..start + escaping.len() * size_of::<VMFuncRef>()) };
    }
}

/// The value of a constant expression, which is checked to be a stack program of one value over what exists already.
fn evaluate(context: &Context, expr: &ConstExpr) -> u128 {
    if let [op] = expr.0[..] {
        return constant(context, op);
    }
    let mut stack: Vec<u128> = Vec::with_capacity(2);
    for op in &expr.0 {
        let value = match *op {
            ConstOp::Int(width, op) => {
                let (b, a) = (stack.pop().unwrap_or(0), stack.pop().unwrap_or(0));
                match width {
                    IntWidth::I32 => ValRaw::i32(op.i32(a as i32, b as i32)).0,
                    IntWidth::I64 => ValRaw::i64(op.i64(a as i64, b as i64)).0,
                }
            }
            op => constant(context, op),
        };
        stack.push(value);
    }
    stack.pop().unwrap_or(0)
}

/// The value of an instruction without operands.
fn constant(context: &Context, op: ConstOp) -> u128 {
    match op {
        ConstOp::I32(value) => ValRaw::i32(value).0,
        ConstOp::I64(value) => ValRaw::i64(value).0,
        ConstOp::F32(bits) => ValRaw::f32(bits).0,
        ConstOp::F64(bits) => ValRaw::f64(bits).0,
        ConstOp::V128(value) => value,
        // SAFETY: the global is imported or earlier in this context, so it is filled.
        ConstOp::GlobalGet(index) => u128::from_le_bytes(unsafe { context.global(index).read() }.bytes),
        ConstOp::RefFunc(func) => {
            context.func_ref(func).map_or(0, |func_ref| func_ref.as_ptr().expose_provenance() as u128)
        }
        ConstOp::RefNull(_) | ConstOp::Int(..) => 0,
    }
}

/// Copies the active segments: elements first, then data, each in order. What is copied before a trap stays.
fn initialise(store: &mut StoreInner, index: usize) -> Result<(), TrapCode> {
    initialise_tables(store, index).inspect_err(|_| forget_images(store, index))?;
    initialise_memories(store, index)
}

/// No data is in the memories of an instance whose tables could not be initialised. Others may reach its functions.
fn forget_images(store: &mut StoreInner, index: usize) {
    let imported = store.instances[index].image.info().declarations.imported_memories;
    for memory in store.instances[index].memories.iter().skip(imported) {
        if let Some(memory) = store.memories[*memory as usize].own_mut() {
            memory.forget_image();
        }
    }
}

fn initialise_tables(store: &mut StoreInner, index: usize) -> Result<(), TrapCode> {
    let image = Arc::clone(&store.instances[index].image);
    let declarations = &image.info().declarations;
    for (segment, decl) in declarations.elements.iter() {
        if let SegmentMode::Active { target, offset } = &decl.mode {
            let instance = &store.instances[index];
            let table = super::store::slot(*target, &instance.tables);
            let index_type = declarations.tables[*target].ty.index_type();
            let dst = address(evaluate(&instance.context, offset), index_type);
            let len = instance.elements[segment.index()].len() as u64;
            init_table(store, index, table, segment.index(), dst, 0, len)?;
        }
        if !matches!(decl.mode, SegmentMode::Passive) {
            store.instances[index].elements[segment.index()] = Box::default();
        }
    }
    Ok(())
}

fn initialise_memories(store: &mut StoreInner, index: usize) -> Result<(), TrapCode> {
    let image = Arc::clone(&store.instances[index].image);
    let declarations = &image.info().declarations;
    for (segment, decl) in declarations.data.iter() {
        let SegmentMode::Active { target, offset } = &decl.mode else { continue };
        let instance = &store.instances[index];
        let memory = super::store::slot(*target, &instance.memories);
        let is_defined = target.index() >= declarations.imported_memories;
        let has_image = store.memories[memory].own().is_some_and(LinearMemory::has_image);
        if is_defined && has_image && image.data_images().has(segment.index()) {
            store.instances[index].dropped_data[segment.index()] = true;
            continue;
        }
        let index_type = declarations.memories[*target].index_type();
        let dst = address(evaluate(&instance.context, offset), index_type);
        let len = instance.data(segment.index()).len() as u64;
        init_memory(store, index, memory, segment.index(), dst, 0, len)?;
        store.instances[index].dropped_data[segment.index()] = true;
    }
    Ok(())
}

/// An offset of the target's index type, unsigned.
fn address(value: u128, index_type: wootz_wasm_types::ValType) -> u64 {
    if index_type == wootz_wasm_types::ValType::I64 { value as u64 } else { u64::from(value as u32) }
}

/// `table.init`, with the store's index of the table.
pub(crate) fn init_table(
    store: &mut StoreInner,
    instance: usize,
    table: usize,
    segment: usize,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<(), TrapCode> {
    let items = &store.instances[instance].elements[segment];
    let words = store.tables[table].words_mut();
    let source = checked_range(src, len, items.len(), TrapCode::TableOutOfBounds)?;
    let target = checked_range(dst, len, words.len(), TrapCode::TableOutOfBounds)?;
    words[target].copy_from_slice(&items[source]);
    Ok(())
}

/// `memory.init`, with the store's index of the memory.
pub(crate) fn init_memory(
    store: &mut StoreInner,
    instance: usize,
    memory: usize,
    segment: usize,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<(), TrapCode> {
    let contents = store.instances[instance].data(segment);
    let source = checked_range(src, len, contents.len(), TrapCode::MemoryOutOfBounds)?;
    store.memories[memory].write(dst, &contents[source])
}
