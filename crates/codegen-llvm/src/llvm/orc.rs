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

/// Makes what a symbol names, and what others name that it takes on. Returns the address that they all get.
pub(crate) type Materialise = Box<dyn FnOnce(&mut Responsibility) -> Result<u64, String> + Send>;
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

    /// Defines symbols, at least one, that are made together.
    ///
    /// # Errors
    /// If one is defined already. Then none of them is.
    pub(crate) fn define(&self, symbols: &[String], materialise: Materialise) -> Result<(), String> {
        let names = symbols.iter().map(|symbol| CString::new(&**symbol));
        let names = names.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        // SAFETY: interning gives a reference that the unit takes over; the unit belongs to the table if it took it, else to us.
        // The unit's state is freed by `destroy` or taken by `materialise`.
        unsafe {
            let session = self.session.session;
            let symbols: Vec<_> = names
                .iter()
                .map(|name| Shared(LLVMOrcExecutionSessionIntern(session.0, name.as_ptr())))
                .collect();
            let pair = |symbol: &Shared<LLVMOrcOpaqueSymbolStringPoolEntry>| {
                // The other reference is for `materialise_unit`, which tells by it what was made.
                LLVMOrcRetainSymbolStringPoolEntry(symbol.0);
                LLVMOrcCSymbolFlagsMapPair { Name: symbol.0, Flags: flags() }
            };
            let mut pairs: Vec<_> = symbols.iter().map(pair).collect();
            let unit = Box::new(Unit { session, symbols, materialise: Some(materialise) });
            let unit = LLVMOrcCreateCustomMaterializationUnit(
                c"entries".as_ptr(),
                Box::into_raw(unit).cast(),
                pairs.as_mut_ptr(),
                pairs.len(),
                ptr::null_mut(),
                materialise_unit,
                discard,
                destroy,
            );
            let defined = check(LLVMOrcJITDylibDefine(self.table.0, unit));
            if defined.is_err() {
                LLVMOrcDisposeMaterializationUnit(unit);
            }
            defined
        }
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
    session: Shared<LLVMOrcOpaqueExecutionSession>,
    symbols: Vec<Shared<LLVMOrcOpaqueSymbolStringPoolEntry>>,
    materialise: Option<Materialise>,
}

impl Drop for Unit {
    fn drop(&mut self) {
        for symbol in &self.symbols {
            // SAFETY: `define` retained the entry for the unit.
            unsafe { LLVMOrcReleaseSymbolStringPoolEntry(symbol.0) };
        }
    }
}

/// What a unit has to make.
pub(crate) struct Responsibility {
    raw: LLVMOrcMaterializationResponsibilityRef,
    session: Shared<LLVMOrcOpaqueExecutionSession>,
    symbols: Vec<Shared<LLVMOrcOpaqueSymbolStringPoolEntry>>,
}

impl Responsibility {
    /// Takes on another symbol, which nobody has defined.
    pub(crate) fn take_on(&mut self, symbol: &str) -> Result<(), String> {
        let name = CString::new(symbol).map_err(|error| error.to_string())?;
        // SAFETY: interning gives a reference, which is ours and is released with the responsibility; ORC gets one of its own.
        unsafe {
            let symbol = LLVMOrcExecutionSessionIntern(self.session.0, name.as_ptr());
            self.symbols.push(Shared(symbol));
            LLVMOrcRetainSymbolStringPoolEntry(symbol);
            let mut pair = LLVMOrcCSymbolFlagsMapPair { Name: symbol, Flags: flags() };
            let taken =
                check(LLVMOrcMaterializationResponsibilityDefineMaterializing(self.raw, &mut pair, 1));
            if taken.is_err() {
                self.symbols.pop();
                LLVMOrcReleaseSymbolStringPoolEntry(symbol);
            }
            taken
        }
    }

    /// Says that all symbols have an address now.
    fn resolve(&self, address: u64) -> Result<(), String> {
        let pair = |symbol: &Shared<LLVMOrcOpaqueSymbolStringPoolEntry>| {
            // SAFETY: the entry is alive: the responsibility has a reference. ORC takes over the new one.
            unsafe { LLVMOrcRetainSymbolStringPoolEntry(symbol.0) };
            let sym = LLVMJITEvaluatedSymbol { Address: address, Flags: flags() };
            LLVMOrcCSymbolMapPair { Name: symbol.0, Sym: sym }
        };
        let mut pairs: Vec<_> = self.symbols.iter().map(pair).collect();
        // SAFETY: these are all symbols that are to be made, each once.
        unsafe {
            check(LLVMOrcMaterializationResponsibilityNotifyResolved(
                self.raw,
                pairs.as_mut_ptr(),
                pairs.len(),
            ))?;
            check(LLVMOrcMaterializationResponsibilityNotifyEmitted(self.raw, ptr::null_mut(), 0))
        }
    }
}

impl Drop for Responsibility {
    fn drop(&mut self) {
        // SAFETY: each symbol has a reference of ours; the responsibility was handed over, and ends here.
        unsafe {
            for symbol in &self.symbols {
                LLVMOrcReleaseSymbolStringPoolEntry(symbol.0);
            }
            LLVMOrcDisposeMaterializationResponsibility(self.raw);
        }
    }
}

/// What symbols are: functions, for everyone.
fn flags() -> LLVMJITSymbolFlags {
    LLVMJITSymbolFlags {
        GenericFlags: LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsExported as u8
            | LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsCallable as u8,
        TargetFlags: 0,
    }
}

extern "C" fn materialise_unit(unit: *mut c_void, responsibility: LLVMOrcMaterializationResponsibilityRef) {
    // SAFETY: ORC calls this once with the state that `define` gave it, and hands over the responsibility.
    let mut unit = unsafe { Box::from_raw(unit.cast::<Unit>()) };
    let symbols = std::mem::take(&mut unit.symbols);
    let mut responsibility = Responsibility { raw: responsibility, session: unit.session, symbols };
    let make = unit.materialise.take();
    let made = make.map_or_else(|| Err("made twice".into()), |make| make(&mut responsibility));
    if made.and_then(|address| responsibility.resolve(address)).is_err() {
        // SAFETY: it is not disposed of yet.
        unsafe { LLVMOrcMaterializationResponsibilityFailMaterialization(responsibility.raw) };
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
                        let make = move |_: &mut Responsibility| {
                            Ok(1000 + made.fetch_add(1, Ordering::SeqCst) as u64)
                        };
                        // Only the first can.
                        let _ = library.define(std::slice::from_ref(&symbol), Box::new(make));
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
        library.define(&["f".into()], Box::new(|_| Err("no".into()))).unwrap();
        assert!(find(&library, "f").unwrap_err().contains('f'));
        assert!(find(&library, "g").is_err());
        library.define(&["g".into()], Box::new(|_| Ok(7))).unwrap();
        assert_eq!(find(&library, "g"), Ok(7));
    }

    #[test]
    fn a_table_that_is_used_again_is_empty() {
        for _ in 0..3 {
            let library = Library::new().unwrap();
            assert!(find(&library, "once").is_err());
            library.define(&["once".into()], Box::new(|_| Ok(3))).unwrap();
            assert_eq!(find(&library, "once"), Ok(3));
            // A unit that is never run is freed with the table.
            library.define(&["never".into()], Box::new(|_| Ok(4))).unwrap();
        }
    }
}
