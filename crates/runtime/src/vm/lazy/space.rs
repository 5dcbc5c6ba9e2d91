//! The reservation of a module that is compiled while it runs: stubs, slots, and the fragments that come in.
//!
//! A page of it is writable or executable, never both: a fragment has pages of its own, which become executable once it is complete. It stays
//! until the reservation goes: code that a thread may be executing is never freed, even if better code has taken its place.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use region::Protection;
use wootz_vm_abi::addrmap;
use wootz_vm_abi::lazy::{
    CodeSpace, Entry, EntryCompiler, EntryNumber, Fragment, LazyLayout, Maker, Part, Tier,
};
use wootz_vm_abi::libcall::Libcall;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::FuncIndex;

use super::publish::{Cell, Cells, publish};
use crate::lazy::{LazyStatistics, TierStatistics};
use crate::profiler::{self, FunctionCode};
use crate::sys::memory::{Mapping, page_size, round_to_pages};
use crate::sys::stubs;
use crate::vm::debugger::{self, Contexts, ShownImage};
use crate::vm::libcalls;

/// Address space for code: so much for each byte of function bodies …
const CODE_PER_BYTE: usize = 64;
/// … and within these bounds.
const CODE_BOUNDS: (usize, usize) = (16 << 20, 1 << 30);

/// A reservation.
pub(crate) struct LazySpace {
    reservation: Mapping,
    layout: LazyLayout,
    /// First address of the data.
    data: usize,
    /// Addresses that fragments may take.
    code: Range<usize>,
    /// The fragment that each page of `code` belongs to, or null. A signal handler reads it.
    fragments: Mapping,
    /// What the defined functions are called in profiles, if anyone makes one.
    names: Vec<String>,
    /// The contexts of the module's instances, if debuggers are shown its code.
    contexts: Option<Arc<Contexts>>,
    books: Mutex<Books>,
}

/// What only those look at who add code or ask for it.
struct Books {
    /// Offset in `code` of the first page that was never used.
    next: usize,
    owned: Vec<ptr::NonNull<PlacedFragment>>,
    tiers: Vec<Option<Tier>>,
    loops: HashMap<(FuncIndex, u32), usize>,
    statistics: LazyStatistics,
}

// SAFETY: the pointers are owned, and lead to what never changes after it was shared.
unsafe impl Send for Books {}

/// A fragment in its place.
pub(crate) struct PlacedFragment {
    _shown: Option<ShownImage>,
    base: usize,
    text: Range<usize>,
    eh_frame: Range<usize>,
    eh_frame_hdr: Range<usize>,
    parts: Vec<(Part, Range<u32>)>,
    /// Empty if it is not known; once somebody asked, what the compiler could say.
    address_map: OnceLock<Vec<u8>>,
}

impl PlacedFragment {
    /// Addresses of its code.
    pub(crate) fn text(&self) -> Range<usize> {
        self.text.clone()
    }

    /// Unwind information and its address.
    pub(crate) fn eh_frame(&self) -> (&[u8], usize) {
        (bytes(&self.eh_frame), self.eh_frame.start)
    }

    /// The search table over the unwind information and its address.
    pub(crate) fn eh_frame_hdr(&self) -> (&[u8], usize) {
        (bytes(&self.eh_frame_hdr), self.eh_frame_hdr.start)
    }

    /// The code from an address in it on.
    pub(crate) fn code_bytes(&self, address: usize) -> &[u8] {
        if self.text.contains(&address) { bytes(&(address..self.text.end)) } else { &[] }
    }

    /// The functions active at an address of its code, innermost first. Code without an address map is compiled again for it.
    pub(crate) fn mapped_frames(&self, address: usize, compiler: &dyn EntryCompiler) -> Vec<addrmap::Frame> {
        let map = self.address_map.get_or_init(|| {
            let parts: Vec<_> = self.parts.iter().map(|(part, _)| *part).collect();
            compiler.address_map(&parts, bytes(&self.text))
        });
        addrmap::lookup(map, (address - self.text.start) as u32, |_| true)
    }

    /// What the code at an address is.
    pub(crate) fn part_at(&self, address: usize) -> Option<Part> {
        let offset = u32::try_from(address.checked_sub(self.base)?).ok()?;
        self.parts.iter().find(|(_, range)| range.contains(&offset)).map(|(part, _)| *part)
    }
}

/// Bytes of a fragment, which are readable and constant as long as the fragment is known.
fn bytes<'a>(range: &Range<usize>) -> &'a [u8] {
    let start = ptr::with_exposed_provenance(range.start);
    // SAFETY: `LazySpace::add` put the fragment there and made it read-only before anyone knew of it; who asks borrows the
    // fragment.
    unsafe { std::slice::from_raw_parts(start, range.len()) }
}

impl LazySpace {
    /// A reservation with the stubs of a module whose function bodies have so many bytes, and an address for the header's `record`.
    pub(crate) fn new(
        layout: LazyLayout,
        body_bytes: usize,
        names: Vec<String>,
        contexts: Option<Arc<Contexts>>,
    ) -> io::Result<Self> {
        let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
        let stubs = round_to_pages(stubs::HEADER + layout.entries() * stubs::STUB).ok_or_else(too_large)?;
        let data = round_to_pages(layout.size()).ok_or_else(too_large)?;
        let code = body_bytes.saturating_mul(CODE_PER_BYTE).clamp(CODE_BOUNDS.0, CODE_BOUNDS.1);
        let code = round_to_pages(code).ok_or_else(too_large)?;
        let reservation = Mapping::reserve(stubs + data + code)?;
        let base = reservation.base().expose_provenance();
        let space = Self {
            data: base + stubs,
            code: base + stubs + data..base + stubs + data + code,
            fragments: Mapping::allocate(code / page_size() * size_of::<AtomicPtr<PlacedFragment>>())?,
            books: Mutex::new(Books {
                next: 0,
                owned: Vec::new(),
                tiers: vec![None; layout.entries()],
                loops: HashMap::new(),
                statistics: LazyStatistics::default(),
            }),
            names,
            contexts,
            reservation,
            layout,
        };
        space.fill(stubs, data)?;
        Ok(space)
    }

    /// Writes stubs, slots and the addresses of library functions.
    fn fill(&self, stubs: usize, data: usize) -> io::Result<()> {
        self.reservation.commit(0..stubs + data)?;
        let base = self.reservation.addresses().start;
        let (record, enter) = (self.data, self.data + size_of::<usize>());
        write(base, &stubs::header(base, record, enter));
        self.cell(enter - self.data)
            .store((stubs::enter as *const ()).expose_provenance(), Ordering::Relaxed);
        for entry in (0..self.layout.entries() as u32).map(EntryNumber) {
            let (here, slot) = (self.stub(entry), self.layout.slot(entry));
            let stub = stubs::stub(here, self.data + slot, entry.0, base, TrapCode::Pending as u8);
            write(here, &stub);
            self.cell(slot).store(here + stubs::ASK, Ordering::Relaxed);
        }
        for call in Libcall::ALL {
            let address = libcalls::address(*call).expose_provenance();
            self.cell(self.layout.libcall(*call)).store(address, Ordering::Relaxed);
        }
        // SAFETY: the pages hold stubs and nothing else, and nothing refers to them.
        unsafe { self.reservation.protect(0..stubs, Protection::READ_EXECUTE) }
    }

    /// Tells the stubs whom to ask: what `find` gets as its record.
    pub(crate) fn set_record(&self, record: usize) {
        self.cell(0).store(record, Ordering::Release);
    }

    /// The layout.
    pub(crate) fn layout(&self) -> &LazyLayout {
        &self.layout
    }

    /// Addresses of the reservation.
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.reservation.addresses()
    }

    /// Addresses of the stubs, of the data, and of the fragments so far.
    pub(crate) fn parts(&self) -> [Range<usize>; 3] {
        let start = self.reservation.addresses().start;
        [start..self.data, self.data..self.code.start, self.code.start..self.code.start + self.books().next]
    }

    /// Address of an entry's stub, which is code with the entry's signature.
    pub(crate) fn stub(&self, entry: EntryNumber) -> usize {
        self.reservation.addresses().start + stubs::HEADER + entry.0 as usize * stubs::STUB
    }

    /// The entry whose stub is at an address.
    pub(crate) fn stub_at(&self, address: usize) -> Option<EntryNumber> {
        let offset = address.checked_sub(self.stub(EntryNumber(0)))?;
        let number = offset / stubs::STUB;
        (number < self.layout.entries()).then_some(EntryNumber(number as u32))
    }

    /// The stubs from an address in them on.
    pub(crate) fn stub_bytes(&self, address: usize) -> &[u8] {
        let stubs = self.reservation.addresses().start..self.data;
        if stubs.contains(&address) { bytes(&(address..stubs.end)) } else { &[] }
    }

    /// Where a stub whose entry has no code traps.
    pub(crate) fn trap(&self, entry: EntryNumber) -> usize {
        self.stub(entry) + stubs::TRAP
    }

    /// The address of an entry's code, if it has any.
    pub(crate) fn code(&self, entry: EntryNumber) -> Option<usize> {
        let address = Cells::<PlacedFragment>::slot(self, entry).get();
        (address != self.stub(entry) + stubs::ASK).then_some(address)
    }

    /// Whether a function has code of the second tier.
    pub(crate) fn is_optimised(&self, func: FuncIndex) -> bool {
        let entry = self.layout.number(Entry::Function(func));
        self.books().tiers[entry.0 as usize] == Some(Tier::Second)
    }

    /// The address of the way in at a loop, if there is one.
    pub(crate) fn loop_code(&self, func: FuncIndex, at_loop: u32) -> Option<usize> {
        self.books().loops.get(&(func, at_loop)).copied()
    }

    /// A function's counter.
    pub(crate) fn counter(&self, func: FuncIndex) -> &AtomicU32 {
        let address = self.data + self.layout.counter(func);
        // SAFETY: the counter lies in the data, aligned; compiled code changes it with plain accesses, which on this processor
        // are atomic, and no number in it is wrong.
        unsafe { AtomicU32::from_ptr(ptr::with_exposed_provenance_mut(address)) }
    }

    /// The fragment at an address. Safe in a signal handler.
    pub(crate) fn fragment_at(&self, address: usize) -> Option<&PlacedFragment> {
        let offset = self.code.contains(&address).then(|| address - self.code.start)?;
        let fragment = Cells::page(self, offset / page_size()).get();
        // SAFETY: fragments are freed with the reservation, which is borrowed.
        unsafe { fragment.as_ref() }
    }

    /// What was compiled so far.
    pub(crate) fn statistics(&self) -> LazyStatistics {
        let mut statistics = self.books().statistics;
        statistics.entries = self.layout.entries();
        statistics
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn branch(&self, number: usize) -> &AtomicU64 {
        assert!(number < self.layout.branches());
        let address = self.data + self.layout.branch(number);
        // SAFETY: the counter lies in the data, aligned; compiled code changes it with plain accesses, which on this processor
        // are atomic, and no number in it is wrong.
        unsafe { AtomicU64::from_ptr(ptr::with_exposed_provenance_mut(address)) }
    }

    fn cell(&self, offset: usize) -> &AtomicUsize {
        // SAFETY: cells lie in the data, aligned; compiled code only reads them.
        unsafe { AtomicUsize::from_ptr(ptr::with_exposed_provenance_mut(self.data + offset)) }
    }

    /// How many bytes of code an entry has at an address.
    fn bytes_of(&self, entry: EntryNumber, address: usize) -> usize {
        let parts = self.fragment_at(address).map_or(&[][..], |fragment| &fragment.parts);
        parts.iter().find(|(part, _)| *part == Part::Entry(entry)).map_or(0, |(_, range)| range.len())
    }

    /// Puts a fragment's bytes, completed, into pages that nobody uses, and makes them executable.
    fn place(&self, fragment: &Fragment, books: &mut Books) -> io::Result<Box<PlacedFragment>> {
        let started = Instant::now();
        let len = round_to_pages(fragment.bytes.len()).ok_or(io::ErrorKind::OutOfMemory)?;
        if len > self.code.len() - books.next {
            return Err(io::Error::new(
                io::ErrorKind::OutOfMemory,
                "the address space for its code is used up",
            ));
        }
        let base = self.code.start + books.next;
        let mut bytes = fragment.bytes.clone();
        for reference in &fragment.references {
            let (field, at) = (base + reference.at as usize, reference.at as usize);
            let distance = (self.data as i64).wrapping_add(reference.to).wrapping_sub(field as i64);
            let distance = i32::try_from(distance).map_err(|_| io::ErrorKind::InvalidData)?;
            let target = bytes.get_mut(at..at + size_of::<i32>()).ok_or(io::ErrorKind::InvalidData)?;
            target.copy_from_slice(&distance.to_le_bytes());
        }
        let start = base - self.reservation.addresses().start;
        self.reservation.commit(start..start + len)?;
        write(base, &bytes);
        // SAFETY: the pages hold the fragment only, of which nobody knows yet.
        unsafe { self.reservation.protect(start..start + len, Protection::READ_EXECUTE) }?;
        books.next += len;
        let absolute = |range: &Range<u32>| base + range.start as usize..base + range.end as usize;
        let placed = started.elapsed();
        let contexts = self.contexts.as_ref();
        let shown = contexts.and_then(|contexts| ShownImage::new(&fragment.debug, base, contexts));
        books.statistics.placing += started.elapsed();
        books.statistics.showing += started.elapsed() - placed;
        Ok(Box::new(PlacedFragment {
            _shown: shown,
            base,
            text: absolute(&fragment.text),
            eh_frame: absolute(&fragment.eh_frame),
            eh_frame_hdr: absolute(&fragment.eh_frame_hdr),
            parts: fragment.parts.clone(),
            address_map: match &fragment.address_map[..] {
                [] => OnceLock::new(),
                map => map.to_vec().into(),
            },
        }))
    }
}

/// Writes bytes at an address of a reservation whose pages were just made writable, and that nobody reads yet.
fn write(address: usize, bytes: &[u8]) {
    let target: *mut u8 = ptr::with_exposed_provenance_mut(address);
    // SAFETY: the callers, all in this file, write to pages of their reservation only.
    unsafe { target.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
}

impl LazySpace {
    fn tell_profiler(&self, fragment: &Fragment, base: usize) {
        let code = fragment.parts.iter().filter_map(|(part, range)| {
            let entry = match *part {
                Part::Entry(entry) => entry,
                Part::Loop(func, _) => self.layout.number(Entry::Function(func)),
            };
            // Trampolines have no names.
            let name = self.names.get(entry.0 as usize)?;
            let bytes = fragment.bytes.get(range.start as usize..range.end as usize)?;
            Some(FunctionCode { address: base + range.start as usize, bytes, name })
        });
        profiler::tell(code, &[]);
    }
}

impl Cells<PlacedFragment> for LazySpace {
    fn slot(&self, entry: EntryNumber) -> &impl Cell<usize> {
        self.cell(self.layout.slot(entry))
    }

    fn page(&self, page: usize) -> &impl Cell<*mut PlacedFragment> {
        assert!((page + 1) * size_of::<usize>() <= self.fragments.len());
        // SAFETY: the mapping has a pointer for each page, zero at first, which is accessed atomically only.
        unsafe { AtomicPtr::from_ptr(self.fragments.base().cast::<*mut PlacedFragment>().add(page)) }
    }
}

impl CodeSpace for LazySpace {
    fn add(&self, fragment: &Fragment, tier: Tier, time: Duration) -> io::Result<usize> {
        let fits =
            |range: &Range<u32>| range.start <= range.end && range.end as usize <= fragment.bytes.len();
        let mut ranges = [&fragment.text, &fragment.eh_frame, &fragment.eh_frame_hdr].into_iter();
        if !ranges.all(fits) || !fragment.parts.iter().all(|(_, range)| fits(range)) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut books = self.books();
        let placed = self.place(fragment, &mut books)?;
        let base = placed.base;
        let placed = ptr::NonNull::from(Box::leak(placed));
        books.owned.push(placed);
        let first = (base - self.code.start) / page_size();
        let pages = first..first + fragment.bytes.len().div_ceil(page_size());
        let (mut entries, mut functions, mut loops) = (Vec::new(), 0, 0);
        for (part, range) in &fragment.parts {
            let address = base + range.start as usize;
            match *part {
                Part::Entry(entry) => {
                    functions += usize::from((entry.0 as usize) < self.layout.functions());
                    entries.push((entry, address));
                }
                Part::Loop(func, at_loop) => {
                    loops += 1;
                    books.loops.insert((func, at_loop), address);
                }
            }
        }
        let (mut swaps, mut superseded) = (0, 0);
        publish(self, &mut books.tiers, (placed.as_ptr(), pages), entries.into_iter(), tier, |entry, old| {
            swaps += 1;
            superseded += self.bytes_of(entry, old);
        });
        if !self.names.is_empty() {
            self.tell_profiler(fragment, base);
        }
        let by_baseline = if fragment.maker == Maker::Baseline { functions } else { 0 };
        books.statistics.swaps += swaps;
        books.statistics.superseded += superseded;
        books.statistics.tiers[tier as usize] += TierStatistics {
            fragments: 1,
            functions,
            by_baseline,
            profiled: fragment.profiled,
            loops,
            bytes: fragment.bytes.len(),
            time,
        };
        Ok(swaps)
    }

    fn branch_counts(&self, counters: usize) -> Vec<u64> {
        (0..counters).map(|number| self.branch(number).load(Ordering::Relaxed)).collect()
    }
}

impl Drop for LazySpace {
    fn drop(&mut self) {
        for fragment in self.books.get_mut().unwrap_or_else(PoisonError::into_inner).owned.drain(..) {
            // SAFETY: `add` leaked the box; nobody borrows a fragment without the space.
            drop(unsafe { Box::from_raw(fragment.as_ptr()) });
        }
        if self.contexts.is_some() {
            debugger::let_go();
        }
    }
}
