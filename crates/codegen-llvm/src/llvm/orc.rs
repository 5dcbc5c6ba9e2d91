//! ORC, LLVM's library for code that is made on demand, as a table of symbols: who asks for one that has no address yet runs its
//! materialisation unit, and whoever else asks waits for that.
//!
//! There is one session in the process. The C interface has no way to remove a symbol table (`JITDylib`), but it can clear one: tables
//! are used again. Nor can it define a unit of our own under a resource tracker other than a table's default one, so what is
//! to be removed by itself has a table by itself.

use std::ffi::{CStr, CString, c_void};
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};

use llvm_sys::error::{LLVMDisposeErrorMessage, LLVMErrorRef, LLVMGetErrorMessage};
use llvm_sys::orc2::lljit::{LLVMOrcCreateLLJIT, LLVMOrcLLJITGetExecutionSession};
use llvm_sys::orc2::*;

/// A session, or a symbol table in it.
struct Shared<T>(*mut T);

impl<T> Copy for Shared<T> {}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

// SAFETY: ORC locks its session; the pointers are valid for the life of the process.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

/// The session and how many tables it has, or why there is none.
struct Session {
    session: Shared<LLVMOrcOpaqueExecutionSession>,
    idle: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    cleared: Vec<Shared<LLVMOrcOpaqueJITDylib>>,
    made: usize,
}

static SESSION: OnceLock<Result<Session, String>> = OnceLock::new();

fn session() -> Result<&'static Session, String> {
    let session = SESSION.get_or_init(|| {
        super::init();
        let mut jit = ptr::null_mut();
        // SAFETY: without a builder the defaults are used; the result is kept for ever.
        unsafe {
            check(LLVMOrcCreateLLJIT(&mut jit, ptr::null_mut()))?;
            Ok(Session { session: Shared(LLVMOrcLLJITGetExecutionSession(jit)), idle: Mutex::default() })
        }
    });
    session.as_ref().map_err(String::clone)
}

/// # Safety
/// The error must be owned by the caller.
unsafe fn check(error: LLVMErrorRef) -> Result<(), String> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: as the caller promises; the message is ours and is disposed of.
    unsafe {
        let message = LLVMGetErrorMessage(error);
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        LLVMDisposeErrorMessage(message);
        Err(text)
    }
}

/// Makes what a symbol names. Returns its address.
pub(crate) type Materialise = Box<dyn FnOnce() -> Result<u64, String> + Send>;
/// Is told once whether a symbol has an address now.
pub(crate) type Found = Box<dyn FnOnce(Result<u64, String>) + Send>;

/// A table of symbols.
pub(crate) struct Library {
    session: &'static Session,
    table: Shared<LLVMOrcOpaqueJITDylib>,
}

impl Library {
    /// An empty table.
    pub(crate) fn new() -> Result<Self, String> {
        let session = session()?;
        let mut idle = session.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let table = match idle.cleared.pop() {
            Some(table) => table,
            None => {
                idle.made += 1;
                let name =
                    CString::new(format!("module {}", idle.made)).map_err(|error| error.to_string())?;
                // SAFETY: the session lives for ever; no other table has the name.
                Shared(unsafe { LLVMOrcExecutionSessionCreateBareJITDylib(session.session.0, name.as_ptr()) })
            }
        };
        Ok(Self { session, table })
    }

    /// Defines a symbol, unless it is defined already.
    pub(crate) fn define(&self, symbol: &str, materialise: Materialise) -> Result<(), String> {
        let name = CString::new(symbol).map_err(|error| error.to_string())?;
        let flags = LLVMJITSymbolFlags {
            GenericFlags: LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsExported as u8
                | LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsCallable as u8,
            TargetFlags: 0,
        };
        // SAFETY: interning gives a reference that the unit takes over; the unit belongs to the table if it took it, else to us.
        // The unit's state is freed by `destroy` or taken by `materialise`.
        unsafe {
            let symbol = LLVMOrcExecutionSessionIntern(self.session.session.0, name.as_ptr());
            // For `materialise`, which tells by it what was made.
            LLVMOrcRetainSymbolStringPoolEntry(symbol);
            let unit =
                Box::into_raw(Box::new(Unit { symbol: Shared(symbol), materialise: Some(materialise) }));
            let mut pair = LLVMOrcCSymbolFlagsMapPair { Name: symbol, Flags: flags };
            let unit = LLVMOrcCreateCustomMaterializationUnit(
                name.as_ptr(),
                unit.cast(),
                &mut pair,
                1,
                ptr::null_mut(),
                materialise_unit,
                discard,
                destroy,
            );
            let error = LLVMOrcJITDylibDefine(self.table.0, unit);
            if check(error).is_err() {
                // The only reason is that the symbol is there.
                LLVMOrcDisposeMaterializationUnit(unit);
            }
        }
        Ok(())
    }

    /// Looks for a symbol, and runs its unit on this thread if nobody did. `found` is called when it has an address, or cannot have
    /// one: on this thread or on the one that runs the unit.
    pub(crate) fn look_up(&self, symbol: &str, found: Found) -> Result<(), String> {
        let name = CString::new(symbol).map_err(|error| error.to_string())?;
        let found = Box::into_raw(Box::new(found));
        // SAFETY: the lookup takes over the reference that interning gives, and calls `answer` once with `found`, which it frees.
        unsafe {
            let symbol = LLVMOrcExecutionSessionIntern(self.session.session.0, name.as_ptr());
            let mut order = LLVMOrcCJITDylibSearchOrderElement {
                JD: self.table.0,
                JDLookupFlags: LLVMOrcJITDylibLookupFlags::LLVMOrcJITDylibLookupFlagsMatchAllSymbols,
            };
            let mut set = LLVMOrcCLookupSetElement {
                Name: symbol,
                LookupFlags: LLVMOrcSymbolLookupFlags::LLVMOrcSymbolLookupFlagsRequiredSymbol,
            };
            LLVMOrcExecutionSessionLookup(
                self.session.session.0,
                LLVMOrcLookupKind::LLVMOrcLookupKindStatic,
                &mut order,
                1,
                &mut set,
                1,
                answer,
                found.cast(),
            );
        }
        Ok(())
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the table is ours alone, and no lookup in it is under way: each holds the library.
        let cleared = unsafe { check(LLVMOrcJITDylibClear(self.table.0)) };
        // One that cannot be cleared is not used again.
        if cleared.is_ok() {
            let mut idle = self.session.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.cleared.push(self.table);
            if idle.cleared.len().is_multiple_of(64) {
                // SAFETY: the pool lives as long as the session; entries that someone holds stay.
                unsafe {
                    let pool = LLVMOrcExecutionSessionGetSymbolStringPool(self.session.session.0);
                    LLVMOrcSymbolStringPoolClearDeadEntries(pool);
                }
            }
        }
    }
}

/// State of a materialisation unit.
struct Unit {
    symbol: Shared<LLVMOrcOpaqueSymbolStringPoolEntry>,
    materialise: Option<Materialise>,
}

impl Drop for Unit {
    fn drop(&mut self) {
        // SAFETY: `define` retained the entry for the unit.
        unsafe { LLVMOrcReleaseSymbolStringPoolEntry(self.symbol.0) };
    }
}

extern "C" fn materialise_unit(unit: *mut c_void, responsibility: LLVMOrcMaterializationResponsibilityRef) {
    // SAFETY: ORC calls this once with the state that `define` gave it, and hands over the responsibility. What it is told has the
    // shape that it was promised: one symbol, retained for the call.
    unsafe {
        let mut unit = Box::from_raw(unit.cast::<Unit>());
        let made = unit.materialise.take().map_or_else(|| Err("made twice".into()), |make| make());
        let told = made.and_then(|address| {
            LLVMOrcRetainSymbolStringPoolEntry(unit.symbol.0);
            let flags = LLVMJITSymbolFlags {
                GenericFlags: LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsExported as u8
                    | LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsCallable as u8,
                TargetFlags: 0,
            };
            let sym = LLVMJITEvaluatedSymbol { Address: address, Flags: flags };
            let mut pair = LLVMOrcCSymbolMapPair { Name: unit.symbol.0, Sym: sym };
            check(LLVMOrcMaterializationResponsibilityNotifyResolved(responsibility, &mut pair, 1))?;
            check(LLVMOrcMaterializationResponsibilityNotifyEmitted(responsibility, ptr::null_mut(), 0))
        });
        if told.is_err() {
            LLVMOrcMaterializationResponsibilityFailMaterialization(responsibility);
        }
        LLVMOrcDisposeMaterializationResponsibility(responsibility);
    }
}

extern "C" fn discard(_: *mut c_void, _: LLVMOrcJITDylibRef, _: LLVMOrcSymbolStringPoolEntryRef) {
    // Symbols are strong: none is overridden.
}

extern "C" fn destroy(unit: *mut c_void) {
    // SAFETY: ORC calls this with the state of a unit that it did not materialise.
    drop(unsafe { Box::from_raw(unit.cast::<Unit>()) });
}

extern "C" fn answer(error: LLVMErrorRef, symbols: LLVMOrcCSymbolMapPairs, count: usize, found: *mut c_void) {
    // SAFETY: called once with what `look_up` gave, also after an error (LLVM 22), and with `count` symbols.
    unsafe {
        let found = Box::from_raw(found.cast::<Found>());
        let result = check(error).and_then(|()| match count {
            0 => Err("a lookup without a result".into()),
            _ => Ok((*symbols).Sym.Address),
        });
        found(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn find(library: &Library, symbol: &str) -> Result<u64, String> {
        let (sender, receiver) = mpsc::channel();
        library.look_up(symbol, Box::new(move |result| sender.send(result).unwrap())).unwrap();
        receiver.recv().unwrap()
    }

    #[test]
    fn of_many_who_ask_at_once_one_makes_it() {
        let (library, made) = (Arc::new(Library::new().unwrap()), Arc::new(AtomicUsize::new(0)));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let (library, made) = (Arc::clone(&library), Arc::clone(&made));
                scope.spawn(move || {
                    for round in 0..50 {
                        let (symbol, made) = (format!("f{round}"), Arc::clone(&made));
                        let make = move || Ok(1000 + made.fetch_add(1, Ordering::SeqCst) as u64);
                        library.define(&symbol, Box::new(make)).unwrap();
                        let address = find(&library, &symbol).unwrap();
                        assert_eq!(find(&library, &symbol), Ok(address));
                    }
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 50);
    }

    #[test]
    fn a_failure_is_told() {
        let library = Library::new().unwrap();
        library.define("f", Box::new(|| Err("no".into()))).unwrap();
        assert!(find(&library, "f").unwrap_err().contains('f'));
        assert!(find(&library, "g").is_err());
        library.define("g", Box::new(|| Ok(7))).unwrap();
        assert_eq!(find(&library, "g"), Ok(7));
    }

    #[test]
    fn a_table_that_is_used_again_is_empty() {
        for _ in 0..3 {
            let library = Library::new().unwrap();
            assert!(find(&library, "once").is_err());
            library.define("once", Box::new(|| Ok(3))).unwrap();
            assert_eq!(find(&library, "once"), Ok(3));
            // A unit that is never run is freed with the table.
            library.define("never", Box::new(|| Ok(4))).unwrap();
        }
    }
}
