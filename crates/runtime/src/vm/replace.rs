//! Changing where the calls of a function go, and freeing an instance before its store.
//!
//! Both want a store whose code does not run: no frame, no register and no signal handler knows anything of it then. What is
//! left that can lead to an instance's code is enumerable: function references (in tables, globals, element segments,
//! imports, and those that the host has handles for) and copies of code addresses (in imports and in redirected functions).

use std::ops::Range;
use std::ptr::{self, NonNull};

use wootz_vm_abi::context::{VMContext, VMFuncRef};
use wootz_wasm_types::FuncIndex;
use wootz_wasm_types::entity::Entity;

use super::host::HostFunc;
use super::instance::Context;
use super::store::StoreInner;
use crate::replace::{RedirectError, RemoveError};

impl StoreInner {
    /// Makes a host function's reference, and all copies of what it says, those of a function of an instance.
    pub(crate) fn redirect(
        &mut self,
        func: NonNull<VMFuncRef>,
        instance: usize,
        target: FuncIndex,
    ) -> Result<(), RedirectError> {
        self.host_func(func)?;
        let target = self.instances[instance].context.own_func_ref(target);
        let is_own = |target: &NonNull<VMFuncRef>| {
            // SAFETY: the reference is of a live instance.
            let callee = unsafe { target.as_ref() }.callee;
            callee.cast() == self.instances[instance].context.header().as_ptr()
        };
        let target = target.filter(is_own).ok_or(RedirectError::NoSuchFunction)?;
        // SAFETY: as above.
        let new = unsafe { target.read() };
        if new.type_id != self.func_type_id(func) {
            return Err(RedirectError::Type);
        }
        self.has_code(func, new.type_id);
        self.lead(func, new);
        Ok(())
    }

    /// Makes a host function's reference, and all copies of what it says, the host function's own again.
    pub(crate) fn restore(&mut self, func: NonNull<VMFuncRef>) -> Result<(), RedirectError> {
        let host = self.host_func(func)?;
        let code = self.types().host_exit(self.func_type_id(func));
        // SAFETY: the host function is the store's.
        let own = unsafe { HostFunc::own_func_ref(host, code.unwrap_or(ptr::null())) };
        if code.is_none() {
            self.waits_for_code(func, own.type_id);
        }
        self.lead(func, own);
        Ok(())
    }

    /// The host function with a reference, in a store in which no code runs.
    fn host_func(&self, func: NonNull<VMFuncRef>) -> Result<NonNull<HostFunc>, RedirectError> {
        if self.is_active() {
            return Err(RedirectError::Running);
        }
        // SAFETY: host functions live as long as the store.
        let is_it = |host: &&NonNull<HostFunc>| unsafe { HostFunc::func_ref(**host) } == func;
        self.hosts().iter().find(is_it).copied().ok_or(RedirectError::NotOfTheHost)
    }

    /// Changes what a host function's reference says, and the copies of it. No code runs.
    fn lead(&mut self, func: NonNull<VMFuncRef>, new: VMFuncRef) {
        // SAFETY: the reference lives as long as the store; the code does until the instance is removed, which
        // `remove_instance` refuses while this reference leads there. Nobody reads it meanwhile: no code runs.
        unsafe { func.write(new) };
        for (_, instance) in self.instances.iter() {
            for import in imports(&instance.context) {
                // SAFETY: the imports of an instance are filled, and no code runs that reads them.
                unsafe {
                    if std::ptr::eq((*import.as_ptr()).func_ref, func.as_ptr()) {
                        (*import.as_ptr()).code = new.code;
                        (*import.as_ptr()).callee = new.callee;
                    }
                }
            }
        }
    }

    /// Frees an instance that nothing refers to.
    pub(crate) fn remove_instance(&mut self, index: usize) -> Result<(), RemoveError> {
        if self.is_active() {
            return Err(RemoveError::Running);
        }
        let instance = &self.instances[index];
        let declarations = &instance.image.info().declarations;
        if declarations.memories.len() > declarations.imported_memories
            || declarations.tables.len() > declarations.imported_tables
            || declarations.globals.len() > declarations.imported_globals
        {
            return Err(RemoveError::Defines);
        }
        let references = instance.context.func_refs();
        let context = instance.context.header();
        if self.is_referred(index, &references, context) {
            return Err(RemoveError::Referred);
        }
        // SAFETY: the store's context is owned, and no code runs that reads it.
        unsafe {
            let caller = &raw mut (*self.context().as_ptr()).caller;
            if *caller == context.as_ptr() {
                *caller = std::ptr::null_mut();
            }
        }
        self.forget_func_refs(references.start);
        let instance = self.instances.remove(index);
        self.detach(&instance.image);
        Ok(())
    }

    /// Whether anything outside of an instance leads to it.
    fn is_referred(&self, index: usize, references: &Range<usize>, context: NonNull<VMContext>) -> bool {
        let is_reference = |word: &usize| references.contains(word);
        let in_tables = self.tables.iter().any(|table| table.elements().words().iter().any(is_reference));
        // Whatever its type: a number that looks like one only keeps the instance alive.
        let in_globals = self.globals.iter().any(|global| is_reference(&(global.get().0 as usize)));
        let is_here = |callee: *mut std::ffi::c_void| callee.cast() == context.as_ptr();
        // SAFETY: host functions live as long as the store.
        let in_hosts = self.host_func_refs().any(|func| is_here(unsafe { func.as_ref() }.callee));
        let in_instance = |(number, instance): (usize, &super::instance::InstanceInner)| {
            let imported = |import: NonNull<wootz_vm_abi::context::VMFunctionImport>| {
                // SAFETY: the imports of an instance are filled.
                let import = unsafe { import.read() };
                is_here(import.callee) || is_reference(&import.func_ref.addr())
            };
            number != index
                && (instance.elements.iter().flatten().any(is_reference)
                    || imports(&instance.context).any(imported))
        };
        in_tables
            || in_globals
            || in_hosts
            || self.funcs().has_handle_in(references)
            || self.instances.iter().any(in_instance)
    }

    fn host_func_refs(&self) -> impl Iterator<Item = NonNull<VMFuncRef>> {
        // SAFETY: host functions live as long as the store.
        self.hosts().iter().map(|host| unsafe { HostFunc::func_ref(*host) })
    }
}

/// Where the imported functions of an instance are.
fn imports(context: &Context) -> impl Iterator<Item = NonNull<wootz_vm_abi::context::VMFunctionImport>> {
    let count = context.layout().shape().imported_functions;
    (0..count).map(|index| context.import(FuncIndex::new(index)))
}
