//! What a session has come to: its store, what is defined in it, and what led there.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use wootz::wasi::WasiCtx;
use wootz::{Engine, Error, Extern, Func, FuncType, Global, GlobalType, Instance, Store, Val};
use wootz_cli::input::Input;
use wootz_wasm_ir::{FuncIndex, Module};

use super::compose::{Kind, RUN};
use super::log::Log;
use super::scope::{Meant, Scope, is_simple};

/// An entry whose instance has something that the session uses.
pub(super) struct Loaded {
    pub(super) input: Input,
    pub(super) module: Module,
    pub(super) instance: Instance,
}

/// What is gone when the session is reset.
pub(super) struct State {
    pub(super) store: Store<WasiCtx>,
    pub(super) scope: Scope,
    pub(super) entries: BTreeMap<usize, Loaded>,
    /// By type: the function through which expressions are called, and the last one's instance.
    runners: HashMap<FuncType, (Func, Option<Instance>)>,
    /// By number from 0: the globals of values that were mentioned.
    globals_of_results: HashMap<usize, Global>,
    /// What made the session what it is, to do again.
    pub(super) log: Log,
}

impl State {
    pub(super) fn new(engine: &Engine, ctx: WasiCtx) -> Self {
        Self {
            store: Store::new(engine, ctx),
            scope: Scope::default(),
            entries: BTreeMap::new(),
            runners: HashMap::new(),
            globals_of_results: HashMap::new(),
            log: Log::default(),
        }
    }

    /// Runs an expression.
    pub(super) fn run(
        &mut self,
        declared: &Module,
        module: &wootz::Module,
        imports: &[Extern],
    ) -> Result<Vec<Val>, Error> {
        let instance = Instance::new(&mut self.store, module, imports)?;
        let declarations = declared.declarations();
        let func = declarations.defined_functions().last().unwrap_or(FuncIndex(0));
        if !is_simple(declarations, func) {
            let func = instance.get_func(&self.store, RUN);
            return func.map_or_else(|| Ok(Vec::new()), |func| func.call(&mut self.store, &[]));
        }
        let ty = declarations.signature(func).clone();
        let (runner, last) = match self.runners.get(&ty) {
            Some(runner) => *runner,
            None => (undefined(&mut self.store, ty.clone()), None),
        };
        redirect(&mut self.store, runner, instance, RUN)?;
        self.runners.insert(ty, (runner, Some(instance)));
        if let Some(last) = last {
            // It defines functions only, and nothing else ever referred to the one that it has.
            let _ = last.remove(&mut self.store);
        }
        runner.call(&mut self.store, &[])
    }

    /// What an entry imports of the session. A value gets its global when it is first mentioned.
    pub(super) fn given(&mut self, kind: Kind, index: usize) -> Result<Extern, Error> {
        match self.scope.meant(kind, index) {
            Meant::Item(item) => Ok(item.clone()),
            Meant::Result(number, value) => Ok(match self.globals_of_results.entry(number) {
                Occupied(global) => *global.get(),
                Vacant(place) => {
                    let ty = GlobalType { content: value.ty(), mutable: false };
                    *place.insert(Global::new(&mut self.store, ty, *value)?)
                }
            }
            .into()),
        }
    }

    /// Has the session's tables and globals refer to a function's successor of another type, where they may. What else refers to it calls nothing
    /// any more.
    pub(super) fn retype(&mut self, Retyped { old, new }: Retyped) {
        let is_old = |value: &Val| matches!(value, Val::FuncRef(Some(func)) if *func == old);
        let new = Val::FuncRef(Some(new));
        for item in self.scope.tables.iter().chain(&self.scope.globals) {
            match &item.item {
                Extern::Table(table) => {
                    for index in 0..table.size(&self.store) {
                        if table.get(&self.store, index).is_some_and(|element| is_old(&element)) {
                            // An element of a more precise type stays as it is.
                            let _ = table.set(&mut self.store, index, new);
                        }
                    }
                }
                Extern::Global(global) if is_old(&global.get(&self.store)) => {
                    // The same goes for it, and for one that is constant.
                    let _ = global.set(&mut self.store, new);
                }
                _ => {}
            }
        }
        // It is a function of the session's own making, and none of its code runs.
        let _ = old.restore(&mut self.store);
    }

    /// Frees the instances of entries of which nothing is used.
    pub(super) fn drop_unused(&mut self, entries: BTreeSet<usize>) {
        for number in entries {
            let kinds = [Kind::Function, Kind::Table, Kind::Memory, Kind::Global];
            let is_used =
                kinds.iter().flat_map(|kind| self.scope.items(*kind)).any(|item| item.owner == Some(number));
            let Some(entry) = self.entries.get(&number).filter(|_| !is_used) else { continue };
            // What still refers to it keeps it.
            if entry.instance.remove(&mut self.store).is_ok() {
                self.entries.remove(&number);
            }
        }
    }
}

/// A function that got another type, and is another one now.
pub(super) struct Retyped {
    old: Func,
    new: Func,
}

impl Retyped {
    pub(super) fn new(old: &Extern, new: &Extern) -> Option<Self> {
        let (Extern::Func(old), Extern::Func(new)) = (old, new) else { return None };
        (old != new).then_some(Self { old: *old, new: *new })
    }
}

/// A function that fails as long as it is not led to a definition.
pub(super) fn undefined(store: &mut Store<WasiCtx>, ty: FuncType) -> Func {
    let error = "the function is not defined: it has got another type, or its entry was refused";
    Func::new(store, ty, move |_, _, _| Err(error.into()))
}

pub(super) fn redirect(
    store: &mut Store<WasiCtx>,
    func: Func,
    instance: Instance,
    label: &str,
) -> Result<(), Error> {
    func.redirect(store, instance, label).map_err(|error| Error::Compile(Box::new(error)))
}
