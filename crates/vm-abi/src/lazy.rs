//! Code that is compiled when it is first called: what the compiler and the runtime of such a module agree on.
//!
//! A module opened lazily has one reservation of address space, in which everything is at a distance that 32 bits reach:
//!
//! ```text
//! stubs   R X   one per entry: jump through the entry's slot; behind it, ask for the code
//! data    R W   slots: address of each entry's code, at first that of the second half of its stub
//!               library calls: address of each
//!               counters: how often each function was entered and went round a loop
//!               branches: where those of functions of the first tier went
//! code    R X   fragments, each of whole pages: constants, unwind information, functions
//! ```
//!
//! An *entry* is what is compiled on demand: a function of the module, or a trampoline of a type. The seam is bytes: the compiler
//! hands over a [`Fragment`], the runtime puts it into the reservation and stores the slots. Compiled code calls through slots, whose
//! distance is all that is not known when a fragment is linked.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use wootz_wasm_types::entity::Entity;
use wootz_wasm_types::{Declarations, FuncIndex, TypeIndex};

use crate::libcall::Libcall;
use crate::plan::MemoryPlan;

/// Symbol of the first byte of the data, in objects.
pub const DATA_SYMBOL: &str = "wootz.lazy";

/// A function is hot when its counter has come to this, unless the compiler is told otherwise: entering counts [`ENTERED`], a loop's
/// next round 1.
pub const HOT: u32 = 20_000;
/// What entering a function adds to its counter.
pub const ENTERED: u32 = 20;
/// Of what a hot function has counted it counts one part in so many again before it asks once more for better code.
pub const AGAIN: u32 = 10;

/// Something that is compiled on demand.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Entry {
    /// A function of the module.
    Function(FuncIndex),
    /// The host-entry trampoline of a type.
    HostEntry(TypeIndex),
    /// The host-exit trampoline of a type.
    HostExit(TypeIndex),
}

/// Number of an entry: functions first, then host entries, then host exits.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntryNumber(pub u32);

/// Where things are in the data of a module's reservation, in bytes from its first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LazyLayout {
    imported: usize,
    functions: usize,
    types: usize,
    branches: usize,
}

/// Bytes of an address.
const CELL: usize = 8;
/// How many counters of branches there may be, so that all data is at a distance that 32 bits reach.
const MOST_BRANCHES: usize = 1 << 24;

impl LazyLayout {
    /// Cells before the slots that the stubs use: the runtime's module, and its function that has an entry compiled.
    pub const HEADER: usize = 2;
    /// Offset of the first slot.
    pub const SLOTS: usize = Self::HEADER * CELL;
    /// Bytes of a slot, as a power of two.
    pub const SLOT_SHIFT: u64 = CELL.trailing_zeros() as u64;

    /// The layout for a module whose function bodies have so many bytes.
    pub fn new(declarations: &Declarations, body_bytes: usize) -> Self {
        Self {
            imported: declarations.imported_functions,
            functions: declarations.functions.len() - declarations.imported_functions,
            types: declarations.types.len(),
            // Each has a byte of its own to be named by.
            branches: body_bytes.min(MOST_BRANCHES),
        }
    }

    /// How many functions the module defines.
    pub fn functions(&self) -> usize {
        self.functions
    }

    /// How many entries there are.
    pub fn entries(&self) -> usize {
        self.functions + 2 * self.types
    }

    /// The number of an entry.
    ///
    /// # Panics
    /// If it is an imported function.
    pub fn number(&self, entry: Entry) -> EntryNumber {
        let number = match entry {
            Entry::Function(func) => {
                func.index().checked_sub(self.imported).expect("an imported function is compiled elsewhere")
            }
            Entry::HostEntry(ty) => self.functions + ty.index(),
            Entry::HostExit(ty) => self.functions + self.types + ty.index(),
        };
        EntryNumber(number as u32)
    }

    /// The entry with a number, or `None` if there is none.
    pub fn entry(&self, number: EntryNumber) -> Option<Entry> {
        let number = number.0 as usize;
        let of_type = |first: usize| Some(TypeIndex::new(number.checked_sub(first)?));
        Some(match number {
            number if number < self.functions => Entry::Function(FuncIndex::new(self.imported + number)),
            number if number < self.functions + self.types => Entry::HostEntry(of_type(self.functions)?),
            number if number < self.entries() => Entry::HostExit(of_type(self.functions + self.types)?),
            _ => return None,
        })
    }

    /// The function that an entry is, or `None` if it is a trampoline.
    pub fn function(&self, number: EntryNumber) -> Option<FuncIndex> {
        match self.entry(number)? {
            Entry::Function(func) => Some(func),
            Entry::HostEntry(_) | Entry::HostExit(_) => None,
        }
    }

    /// Offset of an entry's slot.
    pub fn slot(&self, entry: EntryNumber) -> usize {
        Self::SLOTS + ((entry.0 as usize) << Self::SLOT_SHIFT)
    }

    /// Offset of the address of a library function.
    pub fn libcall(&self, call: Libcall) -> usize {
        (Self::HEADER + self.entries() + call as usize) * CELL
    }

    /// Offset of a function's counter, 32 bits.
    ///
    /// # Panics
    /// If it is an imported function.
    pub fn counter(&self, func: FuncIndex) -> usize {
        let counters = (Self::HEADER + self.entries() + Libcall::ALL.len()) * CELL;
        counters + self.number(Entry::Function(func)).0 as usize * size_of::<u32>()
    }

    /// How many counters of branches there may be. Which of them a function has, the compiler decides; what is never touched takes no memory.
    pub fn branches(&self) -> usize {
        self.branches
    }

    /// Offset of a counter of branches, 64 bits.
    pub fn branch(&self, number: usize) -> usize {
        let counters = (Self::HEADER + self.entries() + Libcall::ALL.len()) * CELL;
        (counters + self.functions * size_of::<u32>()).next_multiple_of(CELL) + number * size_of::<u64>()
    }

    /// Size of the data.
    pub fn size(&self) -> usize {
        self.branch(self.branches)
    }
}

/// How well code is compiled.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tier {
    /// Quickly, with a counter; what is hot gets better code.
    First,
    /// Optimised.
    Second,
}

/// What made code.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Maker {
    /// The baseline compiler: one pass, without LLVM.
    Baseline,
    /// LLVM.
    #[default]
    Llvm,
}

/// What code in a fragment is.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// An entry's code: its slot is set to it.
    Entry(EntryNumber),
    /// A way into a function at the head of a loop: the loop's number is that of the block.
    Loop(FuncIndex, u32),
}

/// Where a 32-bit field holds the distance from itself to a place in the data.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct DataReference {
    /// Offset of the field in the fragment.
    pub at: u32,
    /// Offset in the data, with the addend of the distance.
    pub to: i64,
}

/// Linked code that lacks nothing but its distance to the data of its module's reservation. It starts at a page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fragment {
    /// What made it.
    pub maker: Maker,
    /// All of it.
    pub bytes: Vec<u8>,
    /// Where the code is in it.
    pub text: Range<u32>,
    /// Where the unwind information is.
    pub eh_frame: Range<u32>,
    /// Where the search table over that is.
    pub eh_frame_hdr: Range<u32>,
    /// The distances to fill in.
    pub references: Vec<DataReference>,
    /// How many of its functions and ways into loops were compiled for what they did before, as far as that was counted.
    pub profiled: usize,
    /// What the code is, with its range in the fragment.
    pub parts: Vec<(Part, Range<u32>)>,
    /// An encoded [`AddressMap`](crate::addrmap), of offsets from the start of the code. Empty if it is made when somebody asks for it:
    /// [`EntryCompiler::address_map`].
    pub address_map: Vec<u8>,
    /// An ELF file with the debug information that debuggers are to be shown, as an image has it: sections of the code with addresses relative to the
    /// fragment, debug sections, [`DebugAddresses`](crate::debug::DebugAddresses). Empty if there is none.
    pub debug: Vec<u8>,
}

/// A module to open: all that instances need, without code.
#[derive(Clone, Debug)]
pub struct LazyModule {
    /// Target triple of the code to come, as LLVM writes it.
    pub target: String,
    /// CPU features that the code may need, by LLVM's names, sorted.
    pub cpu_features: Vec<String>,
    /// The module's declarations.
    pub declarations: Declarations,
    /// The module's binary, which the declarations' data segments are ranges of.
    pub bytes: Arc<[u8]>,
    /// Plan of each memory, imported ones included.
    pub memory_plans: Vec<MemoryPlan>,
    /// Whether the code consumes fuel.
    pub fuel: bool,
    /// What counters come to in hot functions.
    pub hot: u32,
    /// Whether fragments have debug information.
    pub debug: bool,
    /// Bytes of all function bodies: how much address space code may need depends on it.
    pub body_bytes: usize,
}

/// Makes the compiler of a module for the place where its code goes.
pub type MakeCompiler = Box<dyn FnOnce(Arc<dyn CodeSpace>) -> Arc<dyn EntryCompiler> + Send>;

/// Why an entry cannot be compiled.
#[derive(Clone, Debug)]
pub struct CompileFailure {
    /// What was to be compiled.
    pub entry: Entry,
    /// The compiler's error.
    pub error: Arc<dyn std::error::Error + Send + Sync>,
}

impl fmt::Display for CompileFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Entry::Function(func) => write!(f, "{func} cannot be compiled: {}", self.error),
            Entry::HostEntry(ty) | Entry::HostExit(ty) => {
                write!(f, "a trampoline of type {} cannot be compiled: {}", ty.0, self.error)
            }
        }
    }
}

impl std::error::Error for CompileFailure {}

/// Called once with the outcome of a request, on any thread.
pub type Done = Box<dyn FnOnce(Result<(), CompileFailure>) + Send>;

/// What compiles the entries of one module. Its answers are fragments in the module's [`CodeSpace`].
pub trait EntryCompiler: Send + Sync {
    /// Has an entry compiled in the first tier, and says when that is done. Of several requests for the same entry one compiles.
    fn compile(&self, entry: EntryNumber, done: Done);

    /// Has a hot function compiled in the second tier some time, or a way into one of its loops. Each is asked for once, the loop
    /// after its function has code of the second tier.
    fn optimise(&self, func: FuncIndex, at_loop: Option<u32>);

    /// How many functions and ways into loops are asked for in the second tier and neither made nor given up.
    fn pending(&self) -> usize;

    /// The lines of the module's sources, encoded [`Sources`](crate::sources); empty if it has no DWARF. Asked at a trap, and only once.
    fn sources(&self) -> Vec<u8>;

    /// The address map of a fragment that came without one: it is compiled again, now knowing where code comes from. `code` is the text as it was in the
    /// fragment or as it is in its place. Empty if it cannot be compiled as it was.
    fn address_map(&self, parts: &[Part], code: &[u8]) -> Vec<u8>;

    /// No more code is wanted: what has not begun need not begin.
    fn close(&self);
}

/// The reservation of a module, as its compiler sees it.
pub trait CodeSpace: Send + Sync {
    /// Puts a fragment, which took a time to compile, into the reservation, lets it be executed, and stores its entries' slots. A slot that has code of a higher
    /// tier stays as it is. Returns how many slots had code already, and have better code now.
    ///
    /// # Errors
    /// If the reservation is full, or the system refuses.
    fn add(&self, fragment: &Fragment, tier: Tier, time: Duration) -> std::io::Result<usize>;

    /// What counters of branches have come to, from the first on. Threads that run may be counting.
    fn branch_counts(&self, counters: usize) -> Vec<u64>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_numbers_correspond_and_nothing_overlaps() {
        let layout = LazyLayout { imported: 3, functions: 5, types: 2, branches: 9 };
        let mut offsets: Vec<usize> = (0..LazyLayout::HEADER).map(|cell| cell * CELL).collect();
        for number in (0..layout.entries() as u32).map(EntryNumber) {
            let entry = layout.entry(number).unwrap();
            assert_eq!(layout.number(entry), number);
            offsets.push(layout.slot(number));
        }
        assert_eq!(layout.entry(EntryNumber(layout.entries() as u32)), None);
        assert_eq!(layout.entry(EntryNumber(0)), Some(Entry::Function(FuncIndex(3))));
        offsets.extend(Libcall::ALL.iter().map(|call| layout.libcall(*call)));
        assert!(offsets.windows(2).all(|pair| pair[1] == pair[0] + CELL));
        assert_eq!(layout.counter(FuncIndex(3)), offsets.last().unwrap() + CELL);
        assert_eq!((layout.counter(FuncIndex(7)) + 4).next_multiple_of(CELL), layout.branch(0));
        assert_eq!(layout.branch(8) + CELL, layout.size());
    }
}
