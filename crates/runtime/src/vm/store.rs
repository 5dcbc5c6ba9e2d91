//! The inside of a store: what its instances own and share.

use std::any::Any;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wootz_vm_abi::context::{VMFuncRef, VMStoreContext, VMTypeId};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::entity::Entity;
use wootz_wasm_types::{FuncType, HeapType, RefType};

use super::faults::FaultRegions;
use super::funcs::Funcs;
use super::globals::StoreGlobal;
use super::host::HostFunc;
use super::image::LoadedImage;
use super::instance::InstanceInner;
use super::instances::Instances;
use super::interrupt::{self, DeadlineKey, Interruption};
use super::limits::Usage;
use super::memory::StoreMemory;
use super::shared::SharedInner;
use super::table::StoreTable;
use super::types::Types;
use crate::{HostError, HostFunction, StoreConfig};

/// Why a trap is pending.
pub(crate) enum Pending {
    /// A builtin failed.
    Trap(TrapCode),
    /// A host function returned an error.
    Host(HostError),
    /// A host function panicked.
    Panic(Box<dyn Any + Send>),
}

/// The inside of a store.
pub(crate) struct StoreInner {
    id: u64,
    config: StoreConfig,
    pub(crate) data: Box<dyn Any + Send>,
    /// Owned; compiled code reads and writes it.
    context: NonNull<VMStoreContext>,
    /// Owned; signal handlers read it.
    regions: NonNull<FaultRegions>,
    types: Types,
    funcs: Funcs,
    /// The images that have instances, by address, with the identity of their types. They stay as long as those, for the regions and
    /// for the instances' contexts, which point to both; or for good, if they brought a trampoline.
    images: HashMap<usize, (Arc<LoadedImage>, Arc<[VMTypeId]>)>,
    /// Owned.
    hosts: Vec<NonNull<HostFunc>>,
    /// Function references of host functions whose type has no trampoline yet.
    without_code: HashMap<VMTypeId, Vec<NonNull<VMFuncRef>>>,
    pub(crate) instances: Instances,
    pub(crate) memories: Vec<StoreMemory>,
    pub(crate) tables: Vec<StoreTable>,
    pub(crate) globals: Vec<StoreGlobal>,
    pub(crate) externs: Vec<Box<dyn Any + Send + Sync>>,
    pending: Option<Pending>,
    /// Activations in this store, of any thread.
    active: usize,
    pub(crate) usage: Usage,
    interruption: Arc<Interruption>,
    pub(crate) deadline: Option<DeadlineKey>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl StoreInner {
    fn new(config: StoreConfig, data: Box<dyn Any + Send>) -> Self {
        let context = VMStoreContext {
            stack_limit: 0,
            caller: ptr::null_mut(),
            runtime: ptr::null_mut(),
            fuel: config.fuel.map_or(i64::MAX, clamp),
        };
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            config,
            data,
            context: NonNull::from(Box::leak(Box::new(context))),
            regions: NonNull::from(Box::leak(Box::new(FaultRegions::new()))),
            types: Types::default(),
            funcs: Funcs::default(),
            images: HashMap::new(),
            hosts: Vec::new(),
            without_code: HashMap::new(),
            instances: Instances::default(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            externs: Vec::new(),
            pending: None,
            active: 0,
            usage: Usage::default(),
            interruption: Arc::default(),
            deadline: None,
        }
    }

    /// Identity of the store, in every handle.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Its configuration.
    pub(crate) fn config(&self) -> &StoreConfig {
        &self.config
    }

    /// What compiled code shares.
    pub(crate) fn context(&self) -> NonNull<VMStoreContext> {
        self.context
    }

    /// What a signal handler may look at.
    pub(crate) fn regions(&self) -> &FaultRegions {
        // SAFETY: owned, and changed only through `&mut self`.
        unsafe { self.regions.as_ref() }
    }

    /// The images that have instances.
    pub(crate) fn images(&self) -> impl Iterator<Item = &LoadedImage> {
        self.images.values().map(|(image, _)| &**image)
    }

    /// Its request to stop.
    pub(crate) fn interruption(&self) -> &Arc<Interruption> {
        &self.interruption
    }

    /// Whether any thread is in the store's code, or in a host function that it called.
    pub(crate) fn is_active(&self) -> bool {
        self.active > 0
    }

    /// Its types.
    pub(crate) fn types(&self) -> &Types {
        &self.types
    }

    /// Its functions.
    pub(crate) fn funcs(&self) -> &Funcs {
        &self.funcs
    }

    /// The id of a function's type.
    pub(crate) fn func_type_id(&self, func: NonNull<VMFuncRef>) -> VMTypeId {
        // SAFETY: function references of the store live as long as the store.
        unsafe { func.as_ref() }.type_id
    }

    /// The type of a function.
    pub(crate) fn func_type(&self, func: NonNull<VMFuncRef>) -> &Arc<super::types::TypeInfo> {
        // SAFETY: function references of the store live as long as the store.
        self.types.get(unsafe { func.as_ref() }.type_id)
    }

    /// A new host function.
    pub(crate) fn add_host_func(&mut self, ty: &FuncType, call: Arc<HostFunction>) -> u32 {
        let id = self.types.intern(ty);
        let host = HostFunc::new(self, id, call);
        self.hosts.push(host);
        // SAFETY: the host function was just made and is kept until the store is dropped.
        let func_ref = unsafe { HostFunc::func_ref(host) };
        let start = func_ref.as_ptr().expose_provenance();
        // SAFETY: as above.
        unsafe { self.funcs.add(start..start + size_of::<VMFuncRef>()) };
        if self.types.host_exit(id).is_none() {
            self.waits_for_code(func_ref, id);
        }
        self.funcs.handle(start).expect("a reference that was just added")
    }

    /// The ids of an image's types, by the module's index.
    pub(crate) fn type_ids(&mut self, image: &Arc<LoadedImage>) -> Arc<[VMTypeId]> {
        match self.images.get(&Arc::as_ptr(image).addr()) {
            Some((_, type_ids)) => Arc::clone(type_ids),
            None => self.types.intern_module(&image.info().declarations),
        }
    }

    /// The id of a function type in the store's numbers.
    pub(crate) fn intern_type(&mut self, ty: &FuncType) -> VMTypeId {
        self.types.intern(ty)
    }

    /// Whether a word is a reference of a type in the store's numbers.
    pub(crate) fn is_reference(&self, word: usize, ty: RefType) -> bool {
        if word == 0 {
            return ty.nullable;
        }
        match ty.heap {
            HeapType::Extern => true,
            HeapType::Func => self.funcs.find(word).is_some(),
            HeapType::Concrete(index) => {
                // SAFETY: function references of the store live as long as the store.
                let type_id = self.funcs.find(word).map(|func| unsafe { func.as_ref() }.type_id);
                type_id == Some(VMTypeId(index.0))
            }
            _ => false,
        }
    }

    /// Makes an image known to the store, keeps it alive, and returns the identity of its types.
    pub(crate) fn attach(&mut self, image: &Arc<LoadedImage>) -> Arc<[VMTypeId]> {
        let key = Arc::as_ptr(image).addr();
        if let Some((_, type_ids)) = self.images.get(&key) {
            return Arc::clone(type_ids);
        }
        let info = image.info();
        let type_ids = self.types.intern_module(&info.declarations);
        // SAFETY: the regions are owned; the image is kept as long as they are.
        unsafe { self.regions.as_mut().add_code(image) };
        self.images.insert(key, (Arc::clone(image), Arc::clone(&type_ids)));
        for (id, offset) in type_ids.iter().zip(&info.host_exits) {
            if let Some(offset) = offset {
                self.set_host_exit(*id, image.code(*offset));
            }
        }
        type_ids
    }

    fn set_host_exit(&mut self, id: VMTypeId, code: *const std::ffi::c_void) {
        if !self.types.set_host_exit(id, code) {
            return;
        }
        for func_ref in self.without_code.remove(&id).unwrap_or_default() {
            // SAFETY: references of host functions live as long as the store, and nothing borrows them.
            unsafe { (*func_ref.as_ptr()).code = code };
        }
    }

    /// Lets an image go, unless an instance has it, or host functions its trampolines. No code of the store may run.
    pub(super) fn detach(&mut self, image: &Arc<LoadedImage>) {
        let is_used = self.instances.iter().any(|(_, instance)| Arc::ptr_eq(&instance.image, image));
        if self.is_active() || is_used || self.types.has_host_exit_in(&image.text()) {
            return;
        }
        // SAFETY: the regions are owned, and no handler looks at them while nobody is inside of the store.
        unsafe { self.regions.as_mut().remove_code(image) };
        self.images.remove(&Arc::as_ptr(image).addr());
    }

    /// The host functions.
    pub(super) fn hosts(&self) -> &[NonNull<HostFunc>] {
        &self.hosts
    }

    /// A host function's reference has code, of whatever kind: no trampoline that comes later is to replace it.
    pub(super) fn has_code(&mut self, func: NonNull<VMFuncRef>, id: VMTypeId) {
        if let Some(waiting) = self.without_code.get_mut(&id) {
            waiting.retain(|other| *other != func);
        }
    }

    /// A host function's reference has no code: the first trampoline for its type that comes is to be that.
    pub(super) fn waits_for_code(&mut self, func: NonNull<VMFuncRef>, id: VMTypeId) {
        self.without_code.entry(id).or_default().push(func);
    }

    /// Removes the array of function references of an instance's context, by its start.
    pub(super) fn forget_func_refs(&mut self, start: usize) {
        self.funcs.remove(start);
    }

    /// Adds the array of function references of an instance's context.
    ///
    /// # Safety
    /// They must live as long as the store.
    pub(crate) unsafe fn add_func_refs(&mut self, addresses: std::ops::Range<usize>) {
        // SAFETY: as the caller promises.
        unsafe { self.funcs.add(addresses) };
    }

    /// Adds a memory and returns its index.
    pub(crate) fn add_memory(&mut self, memory: StoreMemory) -> u32 {
        if let Some(addresses) = memory.guarded_addresses() {
            // SAFETY: the regions are owned, and this is the only access.
            unsafe { self.regions.as_mut().add_memory(addresses) };
        }
        let is_shared = memory.shared().is_some();
        if !is_shared {
            self.usage.own_memory_bytes += memory.length() as u128;
        }
        let index = push(&mut self.memories, memory);
        if is_shared {
            self.usage.shared_memories.push(index);
        }
        index
    }

    /// Adds a shared memory, unless the store has it already, and returns its index.
    pub(crate) fn add_shared_memory(&mut self, memory: &Arc<SharedInner>) -> u32 {
        let is_it = |index: &u32| {
            self.memories[*index as usize].shared().is_some_and(|other| Arc::ptr_eq(other, memory))
        };
        match self.usage.shared_memories.iter().copied().find(is_it) {
            Some(index) => index,
            None => self.add_memory(StoreMemory::Shared(Arc::clone(memory))),
        }
    }

    /// Adds a table and returns its index.
    pub(crate) fn add_table(&mut self, table: StoreTable) -> u32 {
        self.usage.table_elements += u128::from(table.elements().ty().minimum);
        push(&mut self.tables, table)
    }

    /// Adds a global and returns its index.
    pub(crate) fn add_global(&mut self, global: StoreGlobal) -> u32 {
        push(&mut self.globals, global)
    }

    /// Adds host data for an `externref` and returns its index.
    pub(crate) fn add_extern(&mut self, data: Box<dyn Any + Send + Sync>) -> u32 {
        push(&mut self.externs, data)
    }

    /// Adds an instance and returns its index.
    pub(crate) fn add_instance(&mut self, instance: InstanceInner) -> u32 {
        self.instances.add(instance)
    }

    /// The index that [`add_instance`](Self::add_instance) returns next.
    pub(crate) fn next_instance(&self) -> usize {
        self.instances.next()
    }

    /// Notes the reason for a trap that compiled code is about to raise.
    pub(crate) fn set_pending(&mut self, reason: Pending) {
        self.pending = Some(reason);
    }

    /// The reason for a trap that compiled code raised.
    pub(crate) fn take_pending(&mut self) -> Option<Pending> {
        self.pending.take()
    }

    /// A thread enters the store's code.
    pub(crate) fn enter(&mut self) {
        self.active += 1;
    }

    /// A thread left the store's code.
    pub(crate) fn leave(&mut self) {
        self.active -= 1;
    }
}

fn push<T>(items: &mut Vec<T>, item: T) -> u32 {
    let index = u32::try_from(items.len()).expect("fewer than 2^32 entities of a kind in a store");
    items.push(item);
    index
}

/// As much as the counter can hold.
fn clamp(fuel: u64) -> i64 {
    i64::try_from(fuel).unwrap_or(i64::MAX)
}

impl StoreInner {
    /// Fuel that is left.
    pub(crate) fn fuel(&self) -> u64 {
        // SAFETY: the context is owned, and compiled code does not run while anyone borrows the store.
        unsafe { (*self.context.as_ptr()).fuel }.try_into().unwrap_or(0)
    }

    /// Replaces what is left.
    pub(crate) fn set_fuel(&mut self, fuel: u64) {
        // SAFETY: as in `fuel`.
        unsafe { (*self.context.as_ptr()).fuel = clamp(fuel) };
    }

    /// Whether more fuel has been taken than there was.
    pub(crate) fn has_debt(&self) -> bool {
        // SAFETY: as in `fuel`.
        unsafe { (*self.context.as_ptr()).fuel < 0 }
    }

    /// Takes fuel, more than there is if need be: compiled code traps when it looks.
    pub(crate) fn burn(&mut self, amount: u64) {
        // SAFETY: as in `fuel`.
        unsafe {
            let fuel = &raw mut (*self.context.as_ptr()).fuel;
            *fuel = (*fuel).saturating_sub(clamp(amount));
        }
    }
}

impl Drop for StoreInner {
    fn drop(&mut self) {
        if let Some(key) = self.deadline.take() {
            interrupt::cancel(key);
        }
        for host in self.hosts.drain(..) {
            // SAFETY: `HostFunc::new` leaked a box, and no code of the store runs any more.
            drop(unsafe { Box::from_raw(host.as_ptr()) });
        }
        // SAFETY: `new` leaked both boxes, and they are freed once.
        unsafe {
            drop(Box::from_raw(self.context.as_ptr()));
            drop(Box::from_raw(self.regions.as_ptr()));
        }
    }
}

/// Owner of a store's inside, which stays at its address: compiled code and host functions find it by pointer.
pub(crate) struct StoreBox(NonNull<StoreInner>);

// SAFETY: everything inside may be used from any thread, one at a time: data and host functions are `Send`, the raw
// pointers lead to what the store owns, and no part is tied to the thread that made it.
unsafe impl Send for StoreBox {}

impl StoreBox {
    /// A new store.
    pub(crate) fn new(config: StoreConfig, data: Box<dyn Any + Send>) -> Self {
        let inner = NonNull::from(Box::leak(Box::new(StoreInner::new(config, data))));
        // SAFETY: both were just made, and nobody else knows them.
        unsafe { (*inner.as_ref().context.as_ptr()).runtime = inner.as_ptr().cast() };
        Self(inner)
    }

    /// Another handle to a store.
    ///
    /// # Safety
    /// It must not be dropped, and the first must not be used while it is.
    pub(crate) unsafe fn from_pointer(inner: NonNull<StoreInner>) -> Self {
        Self(inner)
    }

    /// The address of the inside.
    pub(crate) fn pointer(&self) -> NonNull<StoreInner> {
        self.0
    }
}

impl Deref for StoreBox {
    type Target = StoreInner;

    fn deref(&self) -> &StoreInner {
        // SAFETY: the inside lives as long as its owner, who is borrowed.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for StoreBox {
    fn deref_mut(&mut self) -> &mut StoreInner {
        // SAFETY: as in `deref`, and the owner is borrowed exclusively.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for StoreBox {
    fn drop(&mut self) {
        // A store that is dropped while its code is active (which takes `mem::swap` in a host function) is leaked: its code
        // may go on.
        if self.active == 0 {
            // SAFETY: `new` leaked the box, this is its owner, and nothing inside runs.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }
}

/// The index of an entity as the store's vectors use it.
pub(crate) fn slot(index: impl Entity, slots: &[u32]) -> usize {
    slots[index.index()] as usize
}
