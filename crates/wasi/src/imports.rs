//! The functions as host functions of a runtime store: the caller's memory and the store's context are found here.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;

use wootz_runtime::{Caller, Extern, HostError, ValRaw};
use wootz_wasm_types::FuncType;

use crate::{Bytes, Error, Function, MEMORY, WasiCtx, functions};

/// What a host function of the runtime does.
pub type Call = dyn Fn(Caller<'_>, &mut [ValRaw]) -> Result<(), HostError> + Send + Sync;

/// A host function and where a guest imports it from.
pub struct Import {
    /// Module name.
    pub module: &'static str,
    /// Field name.
    pub name: &'static str,
    /// Signature.
    pub ty: FuncType,
    /// What it does: for [`Func::new`](wootz_runtime::Func::new).
    pub call: Box<Call>,
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}{}", self.module, self.name, self.ty)
    }
}

/// Every function of the interface for stores whose data is a `T`, in which `get` finds the context.
///
/// `proc_exit` fails with [`Exit`](crate::Exit) as the host error, everything else that ends the guest with [`Error`].
pub fn imports<T: Any>(
    get: impl Fn(&mut T) -> &mut WasiCtx + Send + Sync + 'static,
) -> impl Iterator<Item = Import> {
    let get = Arc::new(get);
    functions().map(move |function| {
        let get = Arc::clone(&get);
        Import {
            module: function.module(),
            name: function.name(),
            ty: function.ty(),
            call: Box::new(move |caller, slots| match call(function, &*get, caller, slots) {
                Err(Error::Exit(exit)) => Err(exit.into()),
                outcome => Ok(outcome?),
            }),
        }
    })
}

fn call<T: Any>(
    function: &'static Function,
    get: &impl Fn(&mut T) -> &mut WasiCtx,
    mut caller: Caller<'_>,
    slots: &mut [ValRaw],
) -> Result<(), Error> {
    let memory = match caller.export(MEMORY) {
        Some(Extern::Memory(memory)) => Some(memory),
        _ if function.needs_memory() => return Err(Error::NoMemory { function: function.name() }),
        _ => None,
    };
    let store = caller.store_mut();
    let shared = memory.and_then(|memory| memory.shared(store));
    let (memory, data) = match (&shared, memory) {
        (Some(shared), _) => (Bytes::Shared(shared.cells()), store.data_mut()),
        (None, Some(memory)) => {
            let (bytes, data) = memory.data_and_host_mut(store);
            (Bytes::Own(bytes), data)
        }
        (None, None) => (Bytes::Own(&mut []), store.data_mut()),
    };
    let data = data
        .downcast_mut()
        .ok_or(Error::HostData { function: function.name(), expected: type_name::<T>() })?;
    function.call(get(data), memory, slots)
}
