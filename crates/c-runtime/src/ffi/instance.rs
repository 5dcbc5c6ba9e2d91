//! Instances: what the C functions in an object call.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;

use wootz_runtime::{Caller, Extern, Func, HostError, Image, Store, ValRaw};
use wootz_vm_abi::linked::{ImportThunk, LinkedImport, LinkedModule};
use wootz_wasm_types::{Declarations, EntityIndex, FuncType, HeapType, Import, ValType};

use super::trap::guarded;
use super::wasi::WasiHandle;
use crate::instance::{self, Instance, has_references};
use crate::trap::Trap;

/// What `NAME_t *` points to.
struct Handle {
    /// A box: the store that `current` leads to while nothing runs.
    store: *mut Store,
    /// The store as an imported function that is running was lent it, or null.
    current: Cell<*mut Store>,
    instance: UnsafeCell<Instance>,
    /// A copy of the structure of imports.
    imports: Box<[u128]>,
}

impl Handle {
    /// The store, for the calls that are made now.
    fn store(&self) -> *mut Store {
        let lent = self.current.get();
        if lent.is_null() { self.store } else { lent }
    }

    /// A field of the imports.
    ///
    /// # Safety
    /// The structure has a `T` at `offset`, of which every bit pattern is one.
    unsafe fn import<T: Copy>(&self, offset: usize) -> T {
        let imports = self.imports.as_ptr().cast::<u8>();
        // SAFETY: the caller's promise; the copy is aligned to 16 bytes, and the field to its own size in it.
        unsafe { imports.add(offset).cast::<T>().read_unaligned() }
    }
}

impl Handle {
    /// What the program gives for an import, or what is made for it.
    ///
    /// # Safety
    /// `place` describes the import in the structure of imports.
    unsafe fn resolve(
        &self,
        store: &mut Store,
        declarations: &Declarations,
        import: &Import,
        place: &LinkedImport,
        wasi: &mut Option<Vec<wootz_wasi::Import>>,
    ) -> Result<Extern, Trap> {
        match (import.item, place.thunk) {
            (EntityIndex::Function(func), Some(thunk)) => {
                let ty = declarations.signature(func);
                // SAFETY: the caller's promise; the field is a pointer to a function.
                let given: usize = unsafe { self.import(place.offset) };
                if given == 0 {
                    return Err(Trap::error("the function is not given"));
                }
                self.import_function(store, ty, thunk).map(Extern::Func)
            }
            (EntityIndex::Function(_), None) => {
                // SAFETY: the caller's promise; the field is a pointer to the configuration or null.
                let given: *const WasiHandle = unsafe { self.import(place.offset) };
                // SAFETY: as before.
                let given = unsafe { given.as_ref() }.ok_or_else(|| Trap::error("`wasi` is not given"))?;
                if wasi.is_none() {
                    *wasi = Some((given.provider.provide)(&given.wasi, store).map_err(Trap::error)?);
                }
                let functions = wasi.as_mut().ok_or_else(|| Trap::error("WASI is missing"))?;
                let position =
                    functions.iter().position(|f| f.module == import.module && f.name == import.name);
                let position = position.ok_or_else(|| Trap::error("WASI preview 1 has no such function"))?;
                let function = functions.swap_remove(position);
                Ok(Extern::Func(Func::new(store, function.ty, function.call)))
            }
            (EntityIndex::Global(index), _) => {
                let ty = declarations.globals[index].ty.content;
                // SAFETY: the caller's promise; any bits are a number or a pointer.
                let slot = unsafe { self.initial_value(place.offset, ty) };
                // SAFETY: no call runs.
                let references = unsafe { &mut (*self.instance.get()).references };
                let initial = references.receive(store, slot, ty)?;
                instance::make_import(store, declarations, import.item, Some(initial))
            }
            _ => instance::make_import(store, declarations, import.item, None),
        }
    }

    /// # Safety
    /// The structure of imports has a value of type `ty` at `offset`.
    unsafe fn initial_value(&self, offset: usize, ty: ValType) -> ValRaw {
        match ty {
            // SAFETY: the caller's promise.
            ValType::I32 | ValType::F32 => ValRaw(u128::from(unsafe { self.import::<u32>(offset) })),
            // SAFETY: the caller's promise.
            ValType::V128 => ValRaw(unsafe { self.import::<u128>(offset) }),
            // SAFETY: the caller's promise.
            _ => ValRaw(u128::from(unsafe { self.import::<u64>(offset) })),
        }
    }

    /// A function of the store that calls one of the program's.
    fn import_function(&self, store: &mut Store, ty: &FuncType, thunk: ImportThunk) -> Result<Func, Trap> {
        let concrete =
            |ty: &ValType| matches!(ty, ValType::Ref(ty) if matches!(ty.heap, HeapType::Concrete(_)));
        if ty.params.iter().chain(&ty.results).any(concrete) {
            return Err(Trap::error("a function with references of a concrete type cannot be one of C"));
        }
        let handle = std::ptr::from_ref(self).expose_provenance();
        let signature = ty.clone();
        let call = move |mut caller: Caller<'_>, slots: &mut [ValRaw]| {
            let handle: *const Self = std::ptr::with_exposed_provenance(handle);
            // SAFETY: the handle outlives its store, which the function is in; it is used by this thread.
            let handle = unsafe { &*handle };
            handle.call_out(caller.store_mut(), &signature, thunk, slots)
        };
        Ok(Func::new(store, ty.clone(), call))
    }

    /// Calls a function of the program, to which the store is lent meanwhile.
    fn call_out(
        &self,
        store: &mut Store,
        ty: &FuncType,
        thunk: ImportThunk,
        slots: &mut [ValRaw],
    ) -> Result<(), HostError> {
        let references = has_references(ty);
        if references {
            // SAFETY: the reference ends before C code runs.
            let references = unsafe { &mut (*self.instance.get()).references };
            for (slot, ty) in slots.iter_mut().zip(&ty.params) {
                *slot = references.hand_over(store, wootz_runtime::Val::from_raw(store, *slot, *ty));
            }
        }
        let mut trap: *mut c_void = std::ptr::null_mut();
        let store: *mut Store = store;
        let outer = self.current.replace(store);
        let imports = self.imports.as_ptr().cast();
        let instance = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the thunk is of this function's type, and the field it reads holds a function of that type.
        unsafe { thunk(imports, instance, slots.as_mut_ptr(), &raw mut trap) };
        self.current.set(outer);
        if !trap.is_null() {
            // SAFETY: an imported function sets its trap to one that was made by `wootz_trap_new` or left by a call, which it gives away.
            return Err(unsafe { Box::from_raw(trap.cast::<Trap>()) });
        }
        if references {
            // SAFETY: the store was only lent; calls that used it have ended.
            let store = unsafe { &mut *store };
            // SAFETY: no C code runs any more.
            let references = unsafe { &mut (*self.instance.get()).references };
            for (slot, ty) in slots.iter_mut().zip(&ty.results) {
                *slot = references.receive(store, *slot, *ty)?.to_raw(store);
            }
        }
        Ok(())
    }

    /// An item by its number.
    fn item(&self, number: u32) -> Result<Extern, Trap> {
        // SAFETY: the reference ends here, and items are only added where nothing runs.
        let items = unsafe { &(*self.instance.get()).items };
        let item = items.get(number as usize).map(|item| item.item);
        item.ok_or_else(|| Trap::error("the instance is not complete while its start function runs"))
    }

    fn call(&self, number: u32, slots: *mut ValRaw) -> Result<(), Trap> {
        let Extern::Func(func) = self.item(number)? else { return Err(Trap::error("not a function")) };
        // SAFETY: items stay where they are once the instance is complete.
        let ty = unsafe { &(&(*self.instance.get()).items)[number as usize].ty };
        let ty = ty.as_ref().ok_or_else(|| Trap::error("not a function"))?;
        let count = ty.params.len().max(ty.results.len());
        // SAFETY: an object passes as many slots as the type has.
        let slots = unsafe { std::slice::from_raw_parts_mut(slots, count) };
        // SAFETY: either nothing uses the store, or the imported function that calls was lent it.
        let store = unsafe { &mut *self.store() };
        let result = if has_references(ty) {
            self.call_with_references(store, func, ty, slots)
        } else {
            func.call_raw(store, slots).map_err(|error| Trap::from_call(&error))
        };
        if result.is_err() {
            slots.fill(ValRaw(0));
        }
        result
    }

    fn call_with_references(
        &self,
        store: &mut Store,
        func: Func,
        ty: &FuncType,
        slots: &mut [ValRaw],
    ) -> Result<(), Trap> {
        // SAFETY: the reference ends before the call.
        let references = unsafe { &mut (*self.instance.get()).references };
        let args = slots.iter().zip(&ty.params).map(|(slot, ty)| references.receive(store, *slot, *ty));
        let args = args.collect::<Result<Vec<_>, _>>()?;
        let results = func.call(store, &args).map_err(|error| Trap::from_call(&error))?;
        // SAFETY: the call has ended.
        let references = unsafe { &mut (*self.instance.get()).references };
        for (slot, result) in slots.iter_mut().zip(results) {
            *slot = references.hand_over(store, result);
        }
        Ok(())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it was made as a box, and nothing refers to it any more.
        drop(unsafe { Box::from_raw(self.store) });
    }
}

/// `NAME_new`.
///
/// # Safety
/// `module` is the description in an object, `imports` the structure in its header or null if it has none.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_rt_new(
    module: &'static LinkedModule,
    imports: *const c_void,
    trap: *mut *mut Trap,
) -> *mut c_void {
    // SAFETY: the caller's promise.
    let handle = unsafe { guarded(trap, || new(module, imports)) };
    handle.map_or(std::ptr::null_mut(), |handle| Box::into_raw(handle).cast())
}

/// # Safety
/// That of [`wootz_rt_new`].
unsafe fn new(module: &'static LinkedModule, imports: *const c_void) -> Result<Box<Handle>, Trap> {
    // SAFETY: the caller's promise.
    let image = unsafe { Image::linked(module) }.map_err(Trap::error)?;
    let mut copy = vec![0u128; module.imports_size.div_ceil(size_of::<u128>())].into_boxed_slice();
    if !imports.is_null() {
        // SAFETY: the structure has so many bytes, and so has the copy.
        unsafe { imports.copy_to_nonoverlapping(copy.as_mut_ptr().cast(), module.imports_size) };
    }
    let handle = Box::new(Handle {
        store: Box::into_raw(Box::new(instance::new_store())),
        current: Cell::default(),
        instance: UnsafeCell::new(Instance { items: Vec::new(), references: Default::default() }),
        imports: copy,
    });
    // SAFETY: the store is the handle's own, and no other call is made meanwhile.
    let store = unsafe { &mut *handle.store };
    // SAFETY: the description has an entry for each import; without any the pointer may be dangling, as a slice's may.
    let places = unsafe { std::slice::from_raw_parts(module.imports, module.import_count) };
    let declarations = &image.info().declarations;
    if imports.is_null() && places.iter().any(|place| place.offset != LinkedImport::NOT_GIVEN) {
        return Err(Trap::error("no imports are given"));
    }
    let mut items = Vec::with_capacity(places.len());
    let mut wasi = None;
    for (import, place) in declarations.imports.iter().zip(places) {
        let named = |trap: Trap| Trap::error(format!("import \"{}.{}\": {trap}", import.module, import.name));
        // SAFETY: the description fits the structure of imports.
        let item = unsafe { handle.resolve(store, declarations, import, place, &mut wasi) };
        items.push(item.map_err(named)?);
    }
    let items = instance::instantiate(store, &image, &items)?;
    // SAFETY: nothing runs any more.
    unsafe { &mut *handle.instance.get() }.items = items;
    Ok(handle)
}

/// `NAME_free`.
///
/// # Safety
/// `handle` is null, or an instance that was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_rt_free(handle: *mut c_void) {
    let handle: *mut Handle = handle.cast();
    // SAFETY: the caller's promise. An instance that one of its imported functions wants to free is still in use, and stays.
    if !handle.is_null() && unsafe { &*handle }.current.get().is_null() {
        // SAFETY: instances are handed out as boxes.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// The instance that a C function was given.
///
/// # Safety
/// `handle` is null, or an instance that was not freed.
unsafe fn given<'a>(handle: *mut c_void) -> Result<&'a Handle, Trap> {
    // SAFETY: the caller's promise.
    unsafe { handle.cast::<Handle>().as_ref() }.ok_or_else(|| Trap::error("the instance is null"))
}

/// An exported function.
///
/// # Safety
/// `handle` is null or an instance, `slots` as many as the function of that number needs, `trap` null or valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_rt_call(handle: *mut c_void, item: u32, slots: *mut ValRaw, trap: *mut *mut Trap) {
    // SAFETY: the caller's promise.
    unsafe { guarded(trap, || given(handle)?.call(item, slots)) };
}

/// Runs the inside of a C function that has no trap to leave; without a result it is the default.
fn or_default<T: Default>(run: impl FnOnce() -> Result<T, Trap>) -> T {
    let mut trap = std::ptr::null_mut();
    // SAFETY: the variable is valid.
    let result = unsafe { guarded(&raw mut trap, run) };
    if !trap.is_null() {
        // SAFETY: it was just made.
        drop(unsafe { Box::from_raw(trap) });
    }
    result.unwrap_or_default()
}

/// A memory's bytes and, unless `len` is null, how many they are. Null if there is no such memory.
///
/// # Safety
/// `handle` is null or an instance, `len` null or valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_rt_memory(handle: *mut c_void, item: u32, len: *mut usize) -> *mut u8 {
    let (start, length) = or_default(|| {
        // SAFETY: the caller's promise.
        let handle = unsafe { given(handle) }?;
        let Extern::Memory(memory) = handle.item(item)? else { return Err(Trap::error("not a memory")) };
        // SAFETY: see `Handle::call`.
        let store = unsafe { &mut *handle.store() };
        Ok(match memory.shared(store) {
            Some(shared) => (shared.cells().as_ptr().expose_provenance(), shared.cells().len()),
            None => {
                let bytes = memory.data_mut(store);
                (bytes.as_mut_ptr().expose_provenance(), bytes.len())
            }
        })
    });
    if !len.is_null() {
        // SAFETY: the caller's promise.
        unsafe { len.write(length) };
    }
    std::ptr::with_exposed_provenance_mut(start)
}

/// Grows a memory by so many pages: its size before, or -1.
///
/// # Safety
/// `handle` is null or an instance.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_rt_memory_grow(handle: *mut c_void, item: u32, pages: u64) -> i64 {
    or_default(|| {
        // SAFETY: the caller's promise.
        let handle = unsafe { given(handle) }?;
        let Extern::Memory(memory) = handle.item(item)? else { return Err(Trap::error("not a memory")) };
        // SAFETY: see `Handle::call`.
        Ok(memory.grow(unsafe { &mut *handle.store() }, pages).map(|pages| pages as i64))
    })
    .unwrap_or(-1)
}

/// A global's value; 0 if there is no such global.
///
/// # Safety
/// `handle` is null or an instance, `value` valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_rt_global_get(handle: *mut c_void, item: u32, value: *mut ValRaw) {
    let slot = or_default(|| {
        // SAFETY: the caller's promise.
        let handle = unsafe { given(handle) }?;
        let Extern::Global(global) = handle.item(item)? else { return Err(Trap::error("not a global")) };
        // SAFETY: see `Handle::call`; the references are not used by others meanwhile.
        let (store, references) = unsafe { (&*handle.store(), &mut (*handle.instance.get()).references) };
        Ok(references.hand_over(store, global.get(store)).0)
    });
    // SAFETY: the caller's promise.
    unsafe { value.write(ValRaw(slot)) };
}

/// Sets a global that is mutable.
///
/// # Safety
/// `handle` is null or an instance, `value` valid and of the global's type.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_rt_global_set(handle: *mut c_void, item: u32, value: *const ValRaw) {
    or_default(|| {
        // SAFETY: the caller's promise.
        let (handle, slot) = unsafe { (given(handle)?, value.read()) };
        let Extern::Global(global) = handle.item(item)? else { return Err(Trap::error("not a global")) };
        // SAFETY: as for `wootz_rt_global_get`.
        let (store, references) = unsafe { (&mut *handle.store(), &mut (*handle.instance.get()).references) };
        let ty = global.ty(store).content;
        let value = references.receive(store, slot, ty)?;
        global.set(store, value).map_err(Trap::error)
    });
}
