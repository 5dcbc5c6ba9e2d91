//! Memories whose address space is the embedder's.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use wootz::{
    CheckStrategy, Engine, Error, HostMemory, MemoryCreator, MemoryError, MemoryRequest, Module, Store,
    TrapCode,
};

use super::{config, instantiate};

const PAGE: usize = 4096;
const ROOM: usize = 4 << 16;

/// Memory from Rust's allocator: never guarded, and no larger than it is.
struct Allocated {
    base: NonNull<u8>,
    accessible: usize,
    dropped: Arc<AtomicUsize>,
}

impl Allocated {
    const LAYOUT: Layout = match Layout::from_size_align(ROOM, PAGE) {
        Ok(layout) => layout,
        Err(_) => panic!("the size is a multiple of the alignment"),
    };

    fn new(accessible: usize, dropped: &Arc<AtomicUsize>) -> Self {
        // SAFETY: the layout has a size.
        let base = NonNull::new(unsafe { alloc_zeroed(Self::LAYOUT) }).unwrap();
        base.as_ptr().expose_provenance();
        Self { base, accessible, dropped: Arc::clone(dropped) }
    }
}

// SAFETY: an allocation that only this refers to.
unsafe impl Send for Allocated {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for Allocated {}

// SAFETY: the allocation is aligned to pages, zeroed, wholly accessible and nobody else's until it is dropped; plans with
// guards are refused by the creator.
unsafe impl HostMemory for Allocated {
    fn base(&self) -> NonNull<u8> {
        self.base
    }

    fn accessible(&self) -> usize {
        self.accessible
    }

    fn reserved(&self) -> usize {
        ROOM
    }

    fn extend(&mut self, bytes: usize) -> io::Result<()> {
        assert!(bytes > self.accessible && bytes <= ROOM && bytes.is_multiple_of(PAGE));
        self.accessible = bytes;
        Ok(())
    }
}

impl Drop for Allocated {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.base.as_ptr(), Self::LAYOUT) };
    }
}

#[derive(Default)]
struct Creator {
    made: Mutex<Vec<usize>>,
    dropped: Arc<AtomicUsize>,
}

impl MemoryCreator for Creator {
    fn create(&self, request: &MemoryRequest) -> io::Result<Option<Box<dyn HostMemory>>> {
        if request.plan.guarded {
            return Ok(None);
        }
        if request.minimum > ROOM {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let memory = Allocated::new(request.minimum, &self.dropped);
        self.made.lock().unwrap().push(memory.base.addr().get());
        Ok(Some(Box::new(memory)))
    }
}

const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 5) "steel")
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#;

#[test]
fn compiled_code_works_in_the_embedders_memory() {
    let creator = Arc::new(Creator::default());
    let engine = Engine::new(&config(CheckStrategy::Explicit).memory_creator(creator.clone()));
    let (mut store, instance) = instantiate(&engine, WAT).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    let base = memory.data(&store).as_ptr().addr();
    assert_eq!(*creator.made.lock().unwrap(), [base]);
    let load = instance.get_typed_func::<i32, i32>(&store, "load").unwrap();
    let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
    let put = instance.get_typed_func::<(i32, i32), ()>(&store, "store").unwrap();
    assert_eq!(load.call(&mut store, 5).unwrap(), i32::from(b's'));
    assert_eq!(load.call(&mut store, 65536).unwrap_err().trap().unwrap().code, TrapCode::MemoryOutOfBounds);
    assert_eq!(grow.call(&mut store, 3).unwrap(), 1);
    put.call(&mut store, (4 * 65536 - 1, 7)).unwrap();
    assert_eq!(load.call(&mut store, 4 * 65536 - 1).unwrap(), 7);
    // It does not leave the embedder's memory, so it ends where that does.
    assert_eq!(grow.call(&mut store, 1).unwrap(), -1);
    assert_eq!(memory.data(&store).as_ptr().addr(), base);
    assert_eq!(creator.dropped.load(Ordering::Relaxed), 0);
    drop(store);
    assert_eq!(creator.dropped.load(Ordering::Relaxed), 1);
}

#[test]
fn a_creator_may_decline_or_fail() {
    let creator = Arc::new(Creator::default());
    let guarded = Engine::new(&config(CheckStrategy::Guard).memory_creator(creator.clone()));
    assert!(instantiate(&guarded, WAT).is_ok());
    assert!(creator.made.lock().unwrap().is_empty());
    let explicit = Engine::new(&config(CheckStrategy::Explicit).memory_creator(creator));
    let error = instantiate(&explicit, "(module (memory 5))").unwrap_err();
    assert!(matches!(error, Error::Memory(MemoryError::System { .. })), "{error:?}");
}

/// Gives memories that are not what was asked for.
struct Wrong(usize);

struct Shifted(Allocated, usize);

// SAFETY: the runtime refuses these before it uses them, which is what is tested.
unsafe impl HostMemory for Shifted {
    fn base(&self) -> NonNull<u8> {
        // SAFETY: inside of the allocation.
        unsafe { self.0.base.add(if self.1 == 0 { 8 } else { 0 }) }
    }

    fn accessible(&self) -> usize {
        if self.1 == 1 { PAGE } else { 65536 }
    }

    fn reserved(&self) -> usize {
        if self.1 == 2 { PAGE } else { ROOM }
    }

    fn extend(&mut self, _: usize) -> io::Result<()> {
        Ok(())
    }
}

impl MemoryCreator for Wrong {
    fn create(&self, request: &MemoryRequest) -> io::Result<Option<Box<dyn HostMemory>>> {
        Ok(Some(Box::new(Shifted(Allocated::new(request.minimum, &Arc::default()), self.0))))
    }
}

#[test]
fn memories_that_do_not_fit_are_refused() {
    for (wrong, checks, reason) in [
        (0, CheckStrategy::Explicit, "not at the start of a page"),
        (1, CheckStrategy::Explicit, "less than the minimum"),
        (2, CheckStrategy::Explicit, "less is reserved"),
        (3, CheckStrategy::Guard, "less is reserved"),
    ] {
        let engine = Engine::new(&config(checks).memory_creator(Arc::new(Wrong(wrong))));
        let module = Module::new(&engine, "(module (memory 1))").unwrap();
        let error = wootz::Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
