//! Wootz as a judge: one for each check strategy and two levels, and one in which something else differs.

use std::sync::Arc;

use wootz::{
    Branches, CheckStrategy, Config, Cpu, Engine, Error, Extern, Features, Global, Instance, Linker, Mode,
    Module, OptLevel, Store, TrapCode, Val,
};

use super::observation::{Comparison, Contents, Ended, Observation, Stop, Value, compare};
use super::plan::Call;
use super::{FUEL, FUEL_GLOBAL, NOTE, Random};

/// Wootz in one configuration.
pub(super) struct Ours {
    /// What it is called in messages.
    pub(super) name: String,
    pub(super) engine: Engine,
}

/// How an engine differs from the default: a name and the changes.
type Change = (&'static str, fn(Config) -> Config);

/// What every module runs under.
const ALWAYS: &[Change] = &[
    ("guard -O0", |config| config.checks(CheckStrategy::Guard).opt_level(OptLevel::O0)),
    ("guard -O2", |config| config.checks(CheckStrategy::Guard).opt_level(OptLevel::O2)),
    ("explicit -O0", |config| config.checks(CheckStrategy::Explicit).opt_level(OptLevel::O0)),
    ("explicit -O2", |config| config.checks(CheckStrategy::Explicit).opt_level(OptLevel::O2)),
    // Nothing gets hot: the baseline compiler alone.
    ("guard lazy -O0", |config| lazy(config).checks(CheckStrategy::Guard).opt_level(OptLevel::O0)),
];

/// Of these every module runs under one.
const SOMETIMES: &[Change] = &[
    ("guard -O3", |config| config.checks(CheckStrategy::Guard).opt_level(OptLevel::O3)),
    ("explicit -O3", |config| config.checks(CheckStrategy::Explicit).opt_level(OptLevel::O3)),
    ("guard -O1", |config| config.checks(CheckStrategy::Guard).opt_level(OptLevel::O1)),
    ("-O2 baseline", |config| config.opt_level(OptLevel::O2).cpu(Cpu::Baseline)),
    ("-O0 baseline", |config| config.opt_level(OptLevel::O0).cpu(Cpu::Baseline)),
    ("-O2 x86-64-v2", |config| config.opt_level(OptLevel::O2).cpu(Cpu::Named("x86-64-v2".to_owned()))),
    ("-O2 x86-64-v3", |config| config.opt_level(OptLevel::O2).cpu(Cpu::Named("x86-64-v3".to_owned()))),
    ("-O2 deterministic", |config| config.opt_level(OptLevel::O2).deterministic(true)),
    ("-O2 canonical NaNs", |config| config.opt_level(OptLevel::O2).canonicalize_nans(true)),
    ("-O0 canonical NaNs", |config| config.opt_level(OptLevel::O0).canonicalize_nans(true)),
    ("explicit lazy -O0", |config| lazy(config).checks(CheckStrategy::Explicit).opt_level(OptLevel::O0)),
    ("lazy -O0 canonical NaNs", |config| lazy(config).opt_level(OptLevel::O0).canonicalize_nans(true)),
    ("-O2 counted, then profiled", |config| config.opt_level(OptLevel::O2).branches(Branches::Counted)),
    ("guard -O2, fuel", |config| config.checks(CheckStrategy::Guard).opt_level(OptLevel::O2).fuel(ENOUGH)),
    ("explicit -O1, fuel", |config| {
        config.checks(CheckStrategy::Explicit).opt_level(OptLevel::O1).fuel(ENOUGH)
    }),
    ("lazy -O2, soon hot", |config| lazy(config).opt_level(OptLevel::O2).hot(100)),
];

/// Fuel that no module uses up, and fuel that many do.
const ENOUGH: u64 = u64::MAX >> 1;
const LITTLE: u64 = 3000;

fn lazy(config: Config) -> Config {
    config.mode(Mode::Lazy)
}

/// Every configuration.
pub(super) struct Configurations {
    always: Vec<Ours>,
    sometimes: Vec<Ours>,
    /// The same twice, with the specification's deterministic profile, for modules with relaxed instructions.
    deterministic: (Vec<Ours>, Vec<Ours>),
    /// Everything but relaxed instructions.
    strict: Engine,
}

impl Default for Configurations {
    fn default() -> Self {
        let engines = |changes: &[Change], deterministic: bool| -> Vec<Ours> {
            let ours = |(name, change): &Change| Ours {
                name: format!("wootz {name}{}", if deterministic { " deterministic" } else { "" }),
                engine: Engine::new(&if deterministic {
                    change(Config::new()).deterministic(true)
                } else {
                    change(Config::new())
                }),
            };
            changes.iter().map(ours).collect()
        };
        let strict = Config::new().features(Features::ALL.without(Features::RELAXED_SIMD));
        Self {
            always: engines(ALWAYS, false),
            sometimes: engines(SOMETIMES, false),
            deterministic: (engines(ALWAYS, true), engines(SOMETIMES, true)),
            strict: Engine::new(&strict),
        }
    }
}

impl Configurations {
    /// Those that a module runs under, the same ones each time.
    pub(super) fn of(&self, wasm: &[u8]) -> Vec<&Ours> {
        let (always, sometimes) = match self.strict.validate_binary(wasm) {
            Ok(()) => (&self.always, &self.sometimes),
            Err(_) => (&self.deterministic.0, &self.deterministic.1),
        };
        let sum: u64 = wasm.iter().map(|byte| u64::from(*byte)).sum();
        let chosen = Random::new(sum).below(sometimes.len() as u64) as usize;
        always.iter().chain([&sometimes[chosen]]).collect()
    }
}

type Notes = Vec<i64>;

impl Ours {
    /// Compiles a module; an error is a module that Wootz refuses.
    pub(super) fn compile(&self, wasm: &[u8]) -> Result<Module, String> {
        Module::from_binary(&self.engine, wasm)
            .map_err(|error| format!("{} refuses the module: {error}", self.name))
    }

    /// Compiles a module and runs it; one that counts its branches is then compiled for what was counted and run again, which must look
    /// the same; one that counts fuel runs with little of it, too.
    pub(super) fn run(&self, wasm: &[u8], calls: &[Call]) -> Result<Observation, String> {
        let module = self.compile(wasm)?;
        let seen = self.observe(&module, calls)?;
        if seen.fuel > 0 {
            self.compare_fuel(wasm, calls)?;
        }
        let Some(profile) = module.branch_profile() else { return Ok(seen) };
        let config = self.engine.config().clone().branches(Branches::Profiled(Arc::new(profile)));
        let profiled = Self { name: format!("{} (profiled)", self.name), engine: Engine::new(&config) };
        let again = profiled.observe(&profiled.compile(wasm)?, calls)?;
        match compare(&seen, &again) {
            Comparison::Different(what) => Err(format!("{} and {}: {what}", self.name, profiled.name)),
            Comparison::Same | Comparison::Inconclusive => Ok(again),
        }
    }

    /// Runs a module with so little fuel that its loops may be stopped: optimised or not it must end alike and leave the same fuel.
    fn compare_fuel(&self, wasm: &[u8], calls: &[Call]) -> Result<(), String> {
        let config = self.engine.config().clone().fuel(LITTLE);
        let [optimised, plain] = [config.clone(), config.opt_level(OptLevel::O0)].map(|config| Self {
            name: format!("{} (little fuel)", self.name),
            engine: Engine::new(&config),
        });
        let left = optimised.observe(&optimised.compile(wasm)?, calls)?;
        let right = plain.observe(&plain.compile(wasm)?, calls)?;
        match compare(&left, &right) {
            Comparison::Different(what) => Err(format!("{} and the same at -O0: {what}", optimised.name)),
            Comparison::Same if left.fuel != right.fuel => {
                Err(format!("{} leaves {}, and {} at -O0", optimised.name, left.fuel, right.fuel))
            }
            Comparison::Same | Comparison::Inconclusive => Ok(()),
        }
    }

    /// Runs a compiled module.
    pub(super) fn observe(&self, module: &Module, calls: &[Call]) -> Result<Observation, String> {
        let mut store: Store<Notes> = Store::new(&self.engine, Notes::new());
        let mut linker: Linker<Notes> = Linker::new(&self.engine);
        let note = |mut caller: wootz::Caller<'_, Notes>, note: i64| caller.data_mut().push(note);
        linker.func_wrap(NOTE.0, NOTE.1, note).map_err(|error| format!("{}: {error}", self.name))?;
        let mut observation = Observation::default();
        match linker.instantiate(&mut store, module) {
            Ok(instance) => run(&mut store, instance, calls, &mut observation),
            Err(error) => observation.calls.push((String::new(), Err(stop(&error)))),
        }
        observation.fuel = store.fuel();
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
        TrapCode::NullReference | TrapCode::NullFunctionReference => Stop::NullReference,
        TrapCode::UnalignedAtomic => Stop::UnalignedAtomic,
        TrapCode::IndirectCallTypeMismatch => Stop::SignatureMismatch,
        TrapCode::IntegerDivideByZero => Stop::DivideByZero,
        TrapCode::IntegerOverflow => Stop::IntegerOverflow,
        TrapCode::InvalidConversionToInteger => Stop::InvalidConversion,
        TrapCode::StackExhausted => Stop::StackExhausted,
        code => Stop::Other(code.to_string()),
    }
}
