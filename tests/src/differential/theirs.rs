//! wasmi as a judge: an interpreter that shares nothing with Wootz but the specification.

use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{
    Caller, Config, Engine, Error, Extern, Instance, Linker, Module, Nullable, Store, TrapCode, Val,
};

use super::observation::{Contents, Ended, Observation, Stop, Value};
use super::plan::Call;
use super::{FUEL, FUEL_GLOBAL, NOTE};

type Notes = Vec<i64>;

/// wasmi with every feature it has but relaxed vector instructions: it does not choose among their results as the
/// deterministic profile does.
pub(super) struct Wasmi {
    engine: Engine,
}

impl Default for Wasmi {
    fn default() -> Self {
        let mut config = Config::default();
        config.set_max_recursion_depth(100_000);
        config.set_max_stack_height(64 << 20);
        config.wasm_multi_memory(true).wasm_memory64(true).wasm_tail_call(true).wasm_extended_const(true);
        config
            .wasm_custom_page_sizes(true)
            .wasm_wide_arithmetic(true)
            .wasm_simd(true)
            .wasm_relaxed_simd(false);
        Self { engine: Engine::new(&config) }
    }
}

impl Wasmi {
    /// Whether it knows everything that a module uses.
    pub(super) fn accepts(&self, wasm: &[u8]) -> bool {
        Module::validate(&self.engine, wasm).is_ok()
    }

    /// Runs a module; an error is a module that wasmi refuses.
    pub(super) fn observe(&self, wasm: &[u8], calls: &[Call]) -> Result<Observation, Error> {
        let module = Module::new(&self.engine, wasm)?;
        let mut store = Store::new(&self.engine, Notes::new());
        let mut linker: Linker<Notes> = Linker::new(&self.engine);
        linker.func_wrap(NOTE.0, NOTE.1, |mut caller: Caller<'_, Notes>, note: i64| {
            caller.data_mut().push(note);
        })?;
        let mut observation = Observation::default();
        match linker.instantiate_and_start(&mut store, &module) {
            Ok(instance) => run(&mut store, instance, calls, &mut observation),
            Err(error) => observation.calls.push((String::new(), Err(stop(&error)))),
        }
        observation.notes = store.into_data();
        observation.sort();
        Ok(observation)
    }
}

fn run(store: &mut Store<Notes>, instance: Instance, calls: &[Call], observation: &mut Observation) {
    let fuel = instance.get_global(&*store, FUEL_GLOBAL);
    for call in calls {
        if let Some(fuel) = fuel
            && let Err(error) = fuel.set(&mut *store, Val::I32(FUEL))
        {
            observation.calls.push((FUEL_GLOBAL.to_owned(), Err(Stop::Other(error.to_string()))));
        }
        let ended = invoke(store, instance, call);
        let exhausted = ended == Err(Stop::StackExhausted);
        observation.calls.push((call.name.clone(), ended));
        if exhausted {
            break;
        }
    }
    let exports: Vec<(String, Extern)> =
        instance.exports(&*store).map(|export| (export.name().to_owned(), export.into_extern())).collect();
    for (name, export) in exports {
        match export {
            Extern::Global(global) => observation.globals.push((name, seen(&global.get(&*store)))),
            Extern::Memory(memory) => {
                let bytes = memory.data(&*store).to_vec();
                observation.memories.push((name, Contents { pages: memory.size(&*store), bytes }));
            }
            Extern::Table(table) => {
                let null = |index| table.get(&*store, index).is_none_or(|element| element.is_null());
                observation.tables.push((name, (0..table.size(&*store)).map(null).collect()));
            }
            Extern::Func(_) => {}
        }
    }
}

fn invoke(store: &mut Store<Notes>, instance: Instance, call: &Call) -> Ended {
    let Some(func) = instance.get_func(&*store, &call.name) else {
        return Err(Stop::Other("not exported".to_owned()));
    };
    let arguments: Vec<Val> = call.arguments.iter().map(|value| given(*value)).collect();
    let mut results: Vec<Val> =
        func.ty(&*store).results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    match func.call(&mut *store, &arguments, &mut results) {
        Ok(()) => Ok(results.iter().map(seen).collect()),
        Err(error) => Err(stop(&error)),
    }
}

fn given(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(wasmi::F64::from_bits(bits)),
        Value::V128(bits) => Val::V128(wasmi::V128::from(bits)),
        Value::FuncRef(_) => Val::FuncRef(Nullable::Null),
        Value::ExternRef(_) => Val::ExternRef(Nullable::Null),
    }
}

fn seen(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::f32(value.to_bits()),
        Val::F64(value) => Value::f64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(reference) => Value::FuncRef(reference.is_null()),
        Val::ExternRef(reference) => Value::ExternRef(reference.is_null()),
    }
}

fn stop(error: &Error) -> Stop {
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Stop::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Stop::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => Stop::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Stop::NullCall,
        Some(TrapCode::BadSignature) => Stop::SignatureMismatch,
        Some(TrapCode::IntegerDivisionByZero) => Stop::DivideByZero,
        Some(TrapCode::IntegerOverflow) => Stop::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => Stop::InvalidConversion,
        Some(TrapCode::StackOverflow) => Stop::StackExhausted,
        _ => match error.kind() {
            // An active segment outside of its table, which the specification counts as a trap of `table.init`.
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
                Stop::TableOutOfBounds
            }
            _ => Stop::Other(error.to_string()),
        },
    }
}
