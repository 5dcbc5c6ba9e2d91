//! The module `spectest` that the suite's scripts import, as the specification's reference interpreter defines it.

use wootz_engine::{
    Error, FuncType, Global, GlobalType, Linker, Memory, MemoryType, SharedMemory, Store, Table, TableType,
    Val, ValType,
};

const MODULE: &str = "spectest";

/// Defines everything that `spectest` exports.
pub(super) fn define(linker: &mut Linker<()>, store: &mut Store<()>) -> Result<(), Error> {
    functions(linker)?;
    globals(linker, store)?;
    let ty =
        TableType { element: wootz_engine::RefType::FUNCREF, table64: false, minimum: 10, maximum: Some(20) };
    let table = Table::new(&mut *store, ty, Val::FuncRef(None))?;
    linker.define(MODULE, "table", table)?;
    let ty = MemoryType { memory64: false, shared: false, minimum: 1, maximum: Some(2), page_size_log2: 16 };
    let memory = Memory::new(&mut *store, ty)?;
    linker.define(MODULE, "memory", memory)?;
    let shared = SharedMemory::new(store.engine(), MemoryType { shared: true, ..ty })?;
    linker.define(MODULE, "shared_memory", shared)?;
    Ok(())
}

/// The printing functions. The suite never looks at what they print, so they take their arguments and are silent.
fn functions(linker: &mut Linker<()>) -> Result<(), Error> {
    use ValType::{F32, F64, I32, I64};
    let functions: &[(&str, &[ValType])] = &[
        ("print", &[]),
        ("print_i32", &[I32]),
        ("print_i64", &[I64]),
        ("print_f32", &[F32]),
        ("print_f64", &[F64]),
        ("print_i32_f32", &[I32, F32]),
        ("print_f64_f64", &[F64, F64]),
    ];
    for (name, params) in functions {
        let ty = FuncType::new(params.iter().copied(), []);
        linker.func_new(MODULE, name, ty, |_caller, _params, _results| Ok(()))?;
    }
    Ok(())
}

fn globals(linker: &mut Linker<()>, store: &mut Store<()>) -> Result<(), Error> {
    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::from(666.6f32)),
        ("global_f64", Val::from(666.6f64)),
    ];
    for (name, value) in globals {
        let ty = GlobalType { content: value.ty(), mutable: false };
        let global = Global::new(&mut *store, ty, value)?;
        linker.define(MODULE, name, global)?;
    }
    Ok(())
}
