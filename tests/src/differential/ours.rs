//! Wootz as a judge: one for each check strategy and level.

use wootz::{
    CheckStrategy, Config, Engine, Error, Extern, Global, Instance, Linker, Module, OptLevel, Store,
    TrapCode, Val,
};

use super::observation::{Contents, Ended, Observation, Stop, Value};
use super::plan::{self, Call};
use super::{FUEL, FUEL_GLOBAL, NOTE};

/// Wootz in one configuration.
pub(super) struct Ours {
    /// What it is called in messages.
    pub(super) name: String,
    pub(super) engine: Engine,
}

/// Every configuration that is run. A new one is a line here.
const CONFIGURATIONS: &[(&str, CheckStrategy, OptLevel)] = &[
    ("guard -O0", CheckStrategy::Guard, OptLevel::O0),
    ("guard -O2", CheckStrategy::Guard, OptLevel::O2),
    ("explicit -O0", CheckStrategy::Explicit, OptLevel::O0),
    ("explicit -O2", CheckStrategy::Explicit, OptLevel::O2),
];

/// All of them.
pub(super) fn all() -> Vec<Ours> {
    let ours = |(name, checks, level): &(&str, CheckStrategy, OptLevel)| Ours {
        name: format!("wootz {name}"),
        engine: Engine::new(&Config::new().checks(*checks).opt_level(*level)),
    };
    CONFIGURATIONS.iter().map(ours).collect()
}

type Notes = Vec<i64>;

impl Ours {
    /// What is called of a module. It is compiled once more for that, at `-O0`.
    pub(super) fn calls(&self, wasm: &[u8]) -> Result<Vec<Call>, Error> {
        Ok(plan::calls(&Module::from_binary(&self.engine, wasm)?))
    }

    /// Runs a module; an error is a module that Wootz refuses.
    pub(super) fn observe(&self, wasm: &[u8], calls: &[Call]) -> Result<Observation, Error> {
        let module = Module::from_binary(&self.engine, wasm)?;
        let mut store: Store<Notes> = Store::new(&self.engine, Notes::new());
        let mut linker: Linker<Notes> = Linker::new(&self.engine);
        linker.func_wrap(NOTE.0, NOTE.1, |mut caller: wootz::Caller<'_, Notes>, note: i64| {
            caller.data_mut().push(note);
        })?;
        let mut observation = Observation::default();
        match linker.instantiate(&mut store, &module) {
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
            observation.calls.push((FUEL_GLOBAL.to_owned(), Err(stop(&error))));
        }
        let arguments: Vec<Val> = call.arguments.iter().map(|value| given(*value)).collect();
        let ended = match instance.get_func(&*store, &call.name) {
            Some(func) => match func.call(&mut *store, &arguments) {
                Ok(results) => Ok(results.into_iter().map(seen).collect()),
                Err(error) => Err(stop(&error)),
            },
            None => Err(Stop::Other("not exported".to_owned())),
        };
        let exhausted = ended == Ended::Err(Stop::StackExhausted);
        observation.calls.push((call.name.clone(), ended));
        if exhausted {
            break;
        }
    }
    for (name, export) in instance.exports(&*store) {
        match export {
            Extern::Global(global) => observation.globals.push((name, global_value(store, global))),
            Extern::Memory(memory) => {
                let bytes = memory.data(&*store).to_vec();
                observation.memories.push((name, Contents { pages: memory.size(&*store), bytes }));
            }
            Extern::Table(table) => {
                let null = |index| match table.get(&*store, index).map(seen) {
                    Some(Value::FuncRef(null) | Value::ExternRef(null)) => null,
                    _ => true,
                };
                let nulls = (0..table.size(&*store)).map(null).collect();
                observation.tables.push((name, nulls));
            }
            _ => {}
        }
    }
}

fn global_value(store: &Store<Notes>, global: Global) -> Value {
    seen(global.get(store))
}

fn given(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits),
        Value::FuncRef(_) => Val::FuncRef(None),
        Value::ExternRef(_) => Val::ExternRef(None),
    }
}

fn seen(value: Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(value),
        Val::I64(value) => Value::I64(value),
        Val::F32(bits) => Value::f32(bits),
        Val::F64(bits) => Value::f64(bits),
        Val::V128(bits) => Value::V128(bits),
        Val::FuncRef(reference) => Value::FuncRef(reference.is_none()),
        Val::ExternRef(reference) => Value::ExternRef(reference.is_none()),
    }
}

fn stop(error: &Error) -> Stop {
    let Some(trap) = error.trap() else { return Stop::Other(error.to_string()) };
    match trap.code {
        TrapCode::Unreachable => Stop::Unreachable,
        TrapCode::MemoryOutOfBounds => Stop::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => Stop::TableOutOfBounds,
        TrapCode::UninitializedElement => Stop::NullCall,
        TrapCode::IndirectCallTypeMismatch => Stop::SignatureMismatch,
        TrapCode::IntegerDivideByZero => Stop::DivideByZero,
        TrapCode::IntegerOverflow => Stop::IntegerOverflow,
        TrapCode::InvalidConversionToInteger => Stop::InvalidConversion,
        TrapCode::StackExhausted => Stop::StackExhausted,
        code => Stop::Other(code.to_string()),
    }
}
