//! WASI preview 1 for a [`Linker`], the glue between `wootz-wasi` and stores with data; programs with threads.

mod threads;

use std::sync::Arc;

pub use threads::{ThreadedProgram, is_threaded};
pub use wootz_wasi::{BuildError, Exit, OutputBuffer, WasiCtx, WasiCtxBuilder};

use crate::error::Error;
use crate::linker::Linker;
use crate::store::StoreState;

impl<T: Send + 'static> Linker<T> {
    /// Defines every function of WASI preview 1. `get` finds the context in the store's data.
    ///
    /// A guest that calls `proc_exit` ends the call from the host with an [`Error::Host`] that is an [`Exit`].
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// use wootz::wasi::{OutputBuffer, WasiCtx};
    /// use wootz::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, r#"
    ///     (module
    ///       (import "wasi_snapshot_preview1" "fd_write"
    ///         (func $fd_write (param i32 i32 i32 i32) (result i32)))
    ///       (memory (export "memory") 1)
    ///       (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
    ///       (func (export "_start")
    ///         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))
    /// "#)?;
    /// let mut linker = Linker::new(&engine);
    /// linker.define_wasi(|ctx: &mut WasiCtx| ctx)?;
    ///
    /// let output = OutputBuffer::new();
    /// let mut store = Store::new(&engine, WasiCtx::builder().stdout(output.clone()).build());
    /// let instance = linker.instantiate(&mut store, &module)?;
    /// instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ())?;
    /// assert_eq!(output.contents(), b"hello\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LinkError::Duplicate`](crate::LinkError::Duplicate) if a name is taken.
    pub fn define_wasi(
        &mut self,
        get: impl Fn(&mut T) -> &mut WasiCtx + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        for import in wootz_wasi::imports(move |state: &mut StoreState<T>| get(&mut state.data)) {
            self.host_function(import.module, import.name, import.ty, Arc::from(import.call))?;
        }
        Ok(self)
    }
}
