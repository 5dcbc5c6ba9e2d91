//! What a store or an instance has in the address space, for people and tools that look at it.

use std::fmt;
use std::ops::Range;

use crate::sys::pages;
use crate::{Instance, Store};

/// What may be done with the bytes of a region.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Protection {
    /// They may be read.
    pub read: bool,
    /// They may be written.
    pub write: bool,
    /// They may be executed.
    pub execute: bool,
}

impl Protection {
    /// Every access faults.
    pub const NONE: Self = Self { read: false, write: false, execute: false };
    /// Reading only.
    pub const READ: Self = Self { read: true, ..Self::NONE };
    /// Reading and writing.
    pub const READ_WRITE: Self = Self { read: true, write: true, execute: false };
    /// Reading and executing.
    pub const READ_EXECUTE: Self = Self { read: true, write: false, execute: true };
    /// Executing only.
    pub const EXECUTE: Self = Self { execute: true, ..Self::NONE };
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |allowed, letter| if allowed { letter } else { '-' };
        write!(f, "{}{}{}", letter(self.read, 'r'), letter(self.write, 'w'), letter(self.execute, 'x'))
    }
}

/// What a region is for.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RegionKind {
    /// Machine code of a module, shared by all instances.
    Code,
    /// The same code to read, where the code itself can only be executed.
    CodeView,
    /// Constants and unwind information of a module, and the addresses of library functions.
    Constants,
    /// Addresses of functions that are compiled while the module runs, and counters.
    Slots,
    /// Elements of tables as compiled code sees them.
    Tables,
    /// The same elements as the runtime sees them.
    TablesView,
    /// Contexts of instances, with their globals.
    Contexts,
    /// The accessible part of a linear memory.
    Memory,
    /// What a linear memory can grow into.
    Reserve,
    /// Never accessible.
    Guard,
}

impl RegionKind {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::CodeView => "code, to read",
            Self::Constants => "constants",
            Self::Slots => "slots",
            Self::Tables => "tables",
            Self::TablesView => "tables, to write",
            Self::Contexts => "contexts",
            Self::Memory => "memory",
            Self::Reserve => "reserve",
            Self::Guard => "guard",
        }
    }
}

/// A range of the address space. Whole pages; contexts and tables of other stores may lie in the same ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// The addresses.
    pub addresses: Range<usize>,
    /// What may be done with them.
    pub protection: Protection,
    /// What it is for.
    pub kind: RegionKind,
    /// Which one: the module's name, `memory 0`, ….
    pub name: String,
    /// Bytes of it that are in memory now.
    pub resident: usize,
}

impl Store {
    /// Every region of the store by address, those of its modules included. Tables and memories are numbered as they came.
    pub fn regions(&self) -> Vec<Region> {
        listed(self.inner.regions_of_everything())
    }
}

impl Instance {
    /// Every region that the instance's code uses, by address: its module's, its context, its tables and memories, imported
    /// ones too, by the module's numbers. Other instances may use the same.
    ///
    /// # Panics
    /// If the instance is of another store.
    pub fn regions(&self, store: &Store) -> Vec<Region> {
        listed(store.inner.regions_of_instance(store.own("instance", self.store, self.index)))
    }
}

/// Each once, by address, with what is in memory.
fn listed(mut regions: Vec<Region>) -> Vec<Region> {
    regions.sort_by_key(|region| (region.addresses.start, region.addresses.end));
    regions.dedup_by(|next, first| next.addresses == first.addresses && next.kind == first.kind);
    for region in &mut regions {
        if region.protection != Protection::NONE {
            region.resident = pages::resident(&region.addresses);
        }
    }
    regions
}
