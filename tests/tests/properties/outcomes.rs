//! What calls of a function over a memory leave, in this engine and in wasmi: for the properties of loops.
//!
//! The module exports a function `f`, a memory `m` of a page and a global `g` of type `i64`.

use wootz::{Engine, Instance, Module, Store, TrapCode, Val, ValType};

/// What a call leaves.
#[derive(PartialEq, Debug)]
pub(crate) struct Left {
    /// The result; `None` is a trap out of bounds.
    pub(crate) result: Option<i64>,
    pub(crate) global: i64,
    pub(crate) memory: Vec<u8>,
}

/// What calls leave in wasmi. Each finds the memory as given; arguments are `i32` where `f` wants that.
pub(crate) fn expected(wasm: &[u8], memory: &[u8], calls: &[Vec<i64>]) -> Vec<Left> {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wasm).expect("the module is valid");
    calls.iter().map(|call| expected_of(&engine, &module, memory, call)).collect()
}

fn expected_of(engine: &wasmi::Engine, module: &wasmi::Module, content: &[u8], call: &[i64]) -> Left {
    let mut store = wasmi::Store::new(engine, ());
    let instance =
        wasmi::Linker::new(engine).instantiate_and_start(&mut store, module).expect("it has no imports");
    let memory = instance.get_memory(&store, "m").expect("exported");
    memory.data_mut(&mut store).copy_from_slice(content);
    let func = instance.get_func(&store, "f").expect("exported");
    let argument = |(value, ty): (&i64, &wasmi::ValType)| match ty {
        wasmi::ValType::I32 => wasmi::Val::I32(*value as i32),
        _ => wasmi::Val::I64(*value),
    };
    let arguments: Vec<_> = call.iter().zip(func.ty(&store).params()).map(argument).collect();
    let mut results = [wasmi::Val::I64(0)];
    let result = match func.call(&mut store, &arguments, &mut results) {
        Ok(()) => results[0].i64(),
        Err(error) => {
            assert_eq!(error.as_trap_code(), Some(wasmi::TrapCode::MemoryOutOfBounds), "{error}");
            None
        }
    };
    let global = instance.get_global(&store, "g").expect("exported").get(&store).i64().expect("an i64");
    Left { result, global, memory: memory.data(&store).to_vec() }
}

/// What they leave in an engine of ours.
pub(crate) fn found(engine: &Engine, wasm: &[u8], content: &[u8], calls: &[Vec<i64>]) -> Vec<Left> {
    let module = Module::new(engine, wasm).expect("the module is valid");
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("nothing is imported");
    let memory = instance.get_memory(&store, "m").expect("exported");
    let global = instance.get_global(&store, "g").expect("exported");
    let func = instance.get_func(&store, "f").expect("exported");
    let params = func.ty(&store).params;
    let argument = |(value, ty): (&i64, &ValType)| match ty {
        ValType::I32 => Val::I32(*value as i32),
        _ => Val::I64(*value),
    };
    let one = |call: &Vec<i64>| {
        memory.data_mut(&mut store).copy_from_slice(content);
        let arguments: Vec<_> = call.iter().zip(&*params).map(argument).collect();
        let result = match func.call(&mut store, &arguments) {
            Ok(values) => Some(int(&values[0])),
            Err(error) => {
                assert_eq!(error.trap().map(|trap| trap.code), Some(TrapCode::MemoryOutOfBounds));
                None
            }
        };
        Left { result, global: int(&global.get(&store)), memory: memory.data(&store).to_vec() }
    };
    calls.iter().map(one).collect()
}

fn int(value: &Val) -> i64 {
    match value {
        Val::I64(value) => *value,
        other => panic!("{other:?} is no i64"),
    }
}
