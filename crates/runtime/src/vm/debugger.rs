//! Shows images to a debugger that is attached or will be: the JIT interface of gdb, which lldb reads too, and the words that debug
//! information of ours refers to.
//!
//! A debugger has a breakpoint in [`__jit_debug_register_code`] and, when it is hit, reads the list. Without a debugger a registration is a copy
//! of the debug information and a call of an empty function. The names and types are fixed (GDB manual, JIT Compilation Interface).

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wootz_vm_abi::context::{VMContext, VMMemory};

use super::image::LoadedImage;
use crate::debug_file::{Bases, debug_file};

/// Symbols by which a debugger finds the interface. A program that has others taken away keeps these.
pub const SYMBOLS: [&str; 2] = ["__jit_debug_descriptor", "__jit_debug_register_code"];

/// Actions of the interface.
const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// An image that a debugger is shown.
#[repr(C)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    file: *const u8,
    size: u64,
}

/// What the debugger reads.
#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut Entry,
    first: *mut Entry,
}

/// The list, and what has just happened to it. Only written under [`LOCK`].
#[unsafe(no_mangle)]
static mut __jit_debug_descriptor: Descriptor =
    Descriptor { version: 1, action: 0, relevant: ptr::null_mut(), first: ptr::null_mut() };

/// Where the debugger stops to look at the list.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    // Something that the optimiser takes for an effect, so that the call and the function stay.
    std::hint::black_box(&raw const __jit_debug_descriptor);
}

static LOCK: Mutex<()> = Mutex::new(());

/// How many memories debug information can find; pointers into others show no target.
const MEMORIES: usize = 1 << 12;

/// The memories of instances whose images have debug information: `Memories` of `vm_abi::debug`.
#[repr(C)]
struct Memories {
    count: AtomicUsize,
    places: [AtomicUsize; MEMORIES],
}

#[unsafe(export_name = "wootz_debug_memories")]
static MEMORY_LIST: Memories =
    Memories { count: AtomicUsize::new(0), places: [const { AtomicUsize::new(0) }; MEMORIES] };

fn lock() -> MutexGuard<'static, ()> {
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An ELF file of nothing: a header and no section.
static NOTHING: [u8; 64] = {
    let mut header = [0; 64];
    // 64 bits, little-endian, of the current version; a program for x86-64 with such a header.
    let bytes: [(usize, u8); 12] = [
        (0, 0x7f),
        (1, b'E'),
        (2, b'L'),
        (3, b'F'),
        (4, 2),
        (5, 1),
        (6, 1),
        (16, 2),
        (18, 62),
        (20, 1),
        (52, 64),
        (58, 64),
    ];
    let mut index = 0;
    while index < bytes.len() {
        header[bytes[index].0] = bytes[index].1;
        index += 1;
    }
    header
};

/// Adds an entry to the list and tells the debugger.
///
/// # Safety
/// The lock must be held, and the entry stay where it is until it is taken out.
unsafe fn add(entry: *mut Entry) {
    // SAFETY: the descriptor and all entries are written under the lock only, and every entry in the list is alive: it
    // leaves the list before it is dropped.
    unsafe {
        let list = &raw mut __jit_debug_descriptor;
        (*entry).next = (*list).first;
        if let Some(next) = (*entry).next.as_mut() {
            next.previous = entry;
        }
        (*list).first = entry;
        (*list).relevant = entry;
        (*list).action = REGISTER;
    }
    __jit_debug_register_code();
}

/// Takes an entry out of the list and tells the debugger.
///
/// # Safety
/// The lock must be held, and the entry be in the list.
unsafe fn take_out(entry: *mut Entry) {
    // SAFETY: as in `add`.
    unsafe {
        let list = &raw mut __jit_debug_descriptor;
        match (*entry).previous.as_mut() {
            Some(previous) => previous.next = (*entry).next,
            None => (*list).first = (*entry).next,
        }
        if let Some(next) = (*entry).next.as_mut() {
            next.previous = (*entry).previous;
        }
        (*list).relevant = entry;
        (*list).action = UNREGISTER;
    }
    __jit_debug_register_code();
}

/// Has the debugger let go of code that it is not shown any more, before the code's memory is. gdb 13 takes its breakpoints out of such code only when
/// something else is shown: by then other code may be there, and would get the bytes that the breakpoints have replaced.
pub(crate) fn let_go() {
    let mut nothing = Entry {
        next: ptr::null_mut(),
        previous: ptr::null_mut(),
        file: NOTHING.as_ptr(),
        size: NOTHING.len() as u64,
    };
    let entry = &raw mut nothing;
    let _guard = lock();
    // SAFETY: the lock is held, and the entry lives until it is taken out.
    unsafe {
        add(entry);
        take_out(entry);
    }
}

/// An image that debuggers are shown, until it is dropped. The code's memory must stay until [`let_go`] has been called after that.
pub(crate) struct ShownImage {
    entry: Box<Entry>,
    /// What the entry points to.
    _file: Vec<u8>,
    /// What the file points to.
    _contexts: Arc<Contexts>,
}

/// The contexts of a module's instances, for the debug information of all of its code.
#[derive(Default)]
pub(crate) struct Contexts {
    /// That of the only instance, or 0: `Instance` of `vm_abi::debug`.
    only: AtomicUsize,
    /// The same in the program, if that has the debug information.
    word: Option<&'static AtomicUsize>,
    all: Mutex<Vec<usize>>,
}

impl Contexts {
    /// None yet; that of the only instance will be told in a word, too.
    pub(crate) fn told_in(word: &'static AtomicUsize) -> Self {
        Self { word: Some(word), ..Self::default() }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<usize>)) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut all);
        let only = if let [only] = **all { only } else { 0 };
        self.only.store(only, Ordering::Relaxed);
        if let Some(word) = self.word {
            word.store(only, Ordering::Relaxed);
        }
    }
}

// SAFETY: the pointers are for the debugger; links are only followed under the lock.
unsafe impl Send for ShownImage {}
// SAFETY: as above.
unsafe impl Sync for ShownImage {}

impl ShownImage {
    /// Shows an image that is loaded at an address, if it has anything to show, of instances with these contexts.
    pub(crate) fn new(image: &[u8], base: usize, contexts: &Arc<Contexts>) -> Option<Self> {
        let bases = Bases {
            image: base as u64,
            instance: ptr::from_ref(&contexts.only).addr() as u64,
            memories: ptr::from_ref(&MEMORY_LIST).addr() as u64,
        };
        let file = debug_file(image, bases)?;
        let entry = Entry {
            next: ptr::null_mut(),
            previous: ptr::null_mut(),
            file: file.as_ptr(),
            size: file.len() as u64,
        };
        let mut shown = Self { entry: Box::new(entry), _file: file, _contexts: Arc::clone(contexts) };
        let entry = &raw mut *shown.entry;
        let _guard = lock();
        // SAFETY: the lock is held, and the entry stays in its box until it is dropped.
        unsafe { add(entry) };
        Some(shown)
    }
}

impl Drop for ShownImage {
    fn drop(&mut self) {
        let entry = &raw mut *self.entry;
        let _guard = lock();
        // SAFETY: the lock is held, and the entry has been in the list since it was made.
        unsafe { take_out(entry) };
    }
}

/// An image that is shown, if it is, and whose memory may go when this has been dropped.
#[derive(Default)]
pub(crate) struct ShownWhole(Option<ShownImage>);

impl From<Option<ShownImage>> for ShownWhole {
    fn from(shown: Option<ShownImage>) -> Self {
        Self(shown)
    }
}

impl Drop for ShownWhole {
    fn drop(&mut self) {
        if self.0.take().is_some() {
            let_go();
        }
    }
}

/// An instance that debug information can find, until it is dropped.
pub(crate) struct ShownInstance {
    contexts: Arc<Contexts>,
    context: usize,
    memories: Vec<usize>,
}

impl ShownInstance {
    /// Makes the instance with a context and memories known, if its image is shown.
    pub(crate) fn new(
        image: &Arc<LoadedImage>,
        context: *mut VMContext,
        memories: impl Iterator<Item = *mut VMMemory>,
    ) -> Option<Self> {
        let contexts = image.contexts()?;
        contexts.change(|all| all.push(context.addr()));
        let memories = memories.map(|memory| memory.addr()).collect();
        let instance = Self { contexts: Arc::clone(contexts), context: context.addr(), memories };
        let _guard = lock();
        for memory in &instance.memories {
            let count = MEMORY_LIST.count.load(Ordering::Relaxed);
            if let Some(place) = MEMORY_LIST.places.get(count) {
                place.store(*memory, Ordering::Relaxed);
                MEMORY_LIST.count.store(count + 1, Ordering::Relaxed);
            }
        }
        Some(instance)
    }
}

impl Drop for ShownInstance {
    fn drop(&mut self) {
        self.contexts.change(|all| all.retain(|context| *context != self.context));
        let _guard = lock();
        for memory in &self.memories {
            let count = MEMORY_LIST.count.load(Ordering::Relaxed);
            let places = &MEMORY_LIST.places[..count];
            if let Some(place) = places.iter().find(|place| place.load(Ordering::Relaxed) == *memory) {
                // One memory may be in the list for several instances: each takes one away.
                place.store(places[count - 1].load(Ordering::Relaxed), Ordering::Relaxed);
                MEMORY_LIST.count.store(count - 1, Ordering::Relaxed);
            }
        }
    }
}
