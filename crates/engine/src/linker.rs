//! Imports by name: what a linker has been told of, it gives to every module that asks for it.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wootz_runtime as runtime;
use wootz_wasm_types::{EntityType, FuncType, hint};

use crate::caller::Caller;
use crate::engine::Engine;
use crate::error::{Error, HostError, ImportError, LinkError};
use crate::externals::Extern;
use crate::func::{Func, HostFunction, IntoFunc, dynamic};
use crate::instance::Instance;
use crate::module::{ImportType, Module};
use crate::shared::SharedMemory;
use crate::store::{AsContext, AsContextMut, state, state_mut};
use crate::values::Val;

/// Definitions under a module name and a field name, and instantiation from them.
///
/// Host functions defined here belong to no store: one linker serves any number of stores. What [`define`](Self::define)
/// and [`instance`](Self::instance) put in belongs to its store.
///
/// ```
/// # fn main() -> Result<(), wootz::Error> {
/// use wootz::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("math", "double", |x: i32| x * 2)?;
/// let module = Module::new(&engine, r#"
///     (module
///       (import "math" "double" (func $double (param i32) (result i32)))
///       (func (export "quadruple") (param i32) (result i32)
///         local.get 0 call $double call $double))
/// "#)?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let quadruple = instance.get_typed_func::<i32, i32>(&store, "quadruple")?;
/// assert_eq!(quadruple.call(&mut store, 10)?, 40);
/// # Ok(())
/// # }
/// ```
pub struct Linker<T> {
    engine: Engine,
    modules: BTreeMap<String, BTreeMap<String, Definition>>,
    shadowing: bool,
    data: PhantomData<fn(T)>,
}

#[derive(Clone)]
enum Definition {
    Extern(Extern),
    Host(HostDefinition),
}

#[derive(Clone)]
struct HostDefinition {
    /// Unique in the process: a store remembers by it which function it made of the definition.
    id: u64,
    ty: FuncType,
    function: Arc<HostFunction>,
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            modules: self.modules.clone(),
            shadowing: self.shadowing,
            data: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.modules.iter().map(|(module, items)| (module, items.keys().collect::<Vec<_>>()));
        f.debug_map().entries(names).finish()
    }
}

impl<T: Send + 'static> Linker<T> {
    /// A linker without definitions but those of [hints](wootz_wasm_types::hint), which do nothing.
    pub fn new(engine: &Engine) -> Self {
        let mut linker =
            Self { engine: engine.clone(), modules: BTreeMap::new(), shadowing: false, data: PhantomData };
        // Nothing has the names yet, which is the only error there is.
        let _ = linker.func_wrap(hint::MODULE, hint::PREFETCH, |_: i32| ());
        let _ = linker.func_wrap(hint::MODULE, hint::PREFETCH64, |_: i64| ());
        linker
    }

    /// The engine it was made with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a definition may replace an earlier one of the same names; otherwise that is an error.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.shadowing = allow;
        self
    }

    /// Defines anything that is in a store.
    ///
    /// # Errors
    /// [`LinkError::Duplicate`] if the names are taken.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Extern(item.into()))
    }

    /// Defines a host function by a closure: see [`Func::wrap`].
    ///
    /// # Errors
    /// [`LinkError::Duplicate`] if the names are taken.
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Self, Error> {
        let (ty, function) = func.into_host_function();
        self.host_function(module, name, ty, function)
    }

    /// Defines a host function of a type known only at run time: see [`Func::new`].
    ///
    /// # Errors
    /// [`LinkError::Duplicate`] if the names are taken.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), HostError> + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        let function = dynamic(ty.clone(), func);
        self.host_function(module, name, ty, function)
    }

    pub(crate) fn host_function(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: Arc<HostFunction>,
    ) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Host(HostDefinition { id: next_id(), ty, function }))
    }

    /// Defines every export of an instance under a module name.
    ///
    /// # Errors
    /// [`LinkError::Duplicate`] if a name is taken.
    pub fn instance(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self, Error> {
        for (name, item) in instance.exports(store) {
            self.insert(module, &name, Definition::Extern(item))?;
        }
        Ok(self)
    }

    /// Instantiates a module and defines its exports under a module name.
    ///
    /// # Errors
    /// As [`instantiate`](Self::instantiate), and [`LinkError::Duplicate`] if a name is taken.
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        name: &str,
        module: &Module,
    ) -> Result<&mut Self, Error> {
        let instance = self.instantiate(&mut store, module)?;
        self.instance(&store, name, instance)
    }

    /// Defines every import of a module that is not defined yet and is a function as one that fails when called.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) {
        for import in module.imports() {
            let EntityType::Function(ty) = import.ty.clone() else { continue };
            if self.definition(import.module, import.name).is_some() {
                continue;
            }
            let unknown = unknown(&import);
            let function = Arc::new(move |_: runtime::Caller<'_>, _: &mut [_]| {
                Err(Error::from(LinkError::Unknown(vec![unknown.clone()])).into())
            });
            let defined = self.host_function(import.module, import.name, ty, function);
            debug_assert!(defined.is_ok(), "the name was free");
        }
    }

    /// Instantiates a module with its imports found here and runs its start function.
    ///
    /// # Errors
    /// [`LinkError::Unknown`] with every import that is not defined; else as [`Instance::new`].
    ///
    /// # Panics
    /// As [`Instance::new`].
    pub fn instantiate(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance, Error> {
        let store = store.as_context_mut().inner;
        let mut imports = Vec::with_capacity(module.imports().len());
        let mut missing = Vec::new();
        for import in module.imports() {
            match self.definition(import.module, import.name) {
                Some(definition) => imports.push(materialize::<T>(store, definition)),
                None => missing.push(unknown(&import)),
            }
        }
        if !missing.is_empty() {
            return Err(LinkError::Unknown(missing).into());
        }
        Instance::from_imports(store, module, &imports)
    }

    /// The definition under two names, put into `store` if it is a host function.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        let definition = self.definition(module, name)?;
        let store = store.as_context_mut().inner;
        let item = materialize::<T>(store, definition);
        Some(Extern::from_runtime(store, item))
    }

    /// The shared memory defined under two names, if one is.
    pub(crate) fn shared_memory(&self, module: &str, name: &str) -> Option<SharedMemory> {
        match self.definition(module, name)? {
            Definition::Extern(Extern::SharedMemory(memory)) => Some(memory.clone()),
            _ => None,
        }
    }

    /// Lets every host function defined so far do `before` first, and fail if that does.
    pub(crate) fn wrap_host_functions(
        &mut self,
        before: impl Fn() -> Result<(), HostError> + Send + Sync + 'static,
    ) {
        let before = Arc::new(before);
        for definition in self.modules.values_mut().flat_map(BTreeMap::values_mut) {
            if let Definition::Host(host) = definition {
                let (before, function) = (Arc::clone(&before), Arc::clone(&host.function));
                host.id = next_id();
                host.function = Arc::new(move |caller: runtime::Caller<'_>, slots: &mut [_]| {
                    before()?;
                    function(caller, slots)
                });
            }
        }
    }

    fn definition(&self, module: &str, name: &str) -> Option<&Definition> {
        self.modules.get(module)?.get(name)
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition) -> Result<&mut Self, Error> {
        if !self.shadowing && self.definition(module, name).is_some() {
            return Err(LinkError::Duplicate { module: module.into(), name: name.into() }.into());
        }
        self.modules.entry(module.into()).or_default().insert(name.into(), definition);
        Ok(self)
    }
}

/// A number for a [`HostDefinition`].
fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn unknown(import: &ImportType<'_>) -> ImportError {
    ImportError {
        module: import.module.into(),
        name: import.name.into(),
        expected: import.ty.clone(),
        given: None,
        note: None,
    }
}

/// The definition as something in the store, making its host function at the first use.
fn materialize<T: Send + 'static>(store: &mut runtime::Store, definition: &Definition) -> runtime::Extern {
    match definition {
        Definition::Extern(item) => item.to_runtime(store),
        Definition::Host(HostDefinition { id, ty, function }) => {
            if let Some(func) = state::<T>(store).linked.get(id) {
                return runtime::Extern::Func(*func);
            }
            let func = Func::from_host(store, ty.clone(), function.clone()).0;
            state_mut::<T>(store).linked.insert(*id, func);
            runtime::Extern::Func(func)
        }
    }
}
