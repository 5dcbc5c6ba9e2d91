//! What a store has where, from the runtime's own books: the system is asked only what is in memory.

use std::ops::Range;

use super::arena::Block;
use super::store::StoreInner;
use crate::regions::{Protection, Region, RegionKind};
use crate::sys::memory::page_size;

impl StoreInner {
    /// Every region, in no order, and those that several things lie in several times.
    pub(crate) fn regions_of_everything(&self) -> Vec<Region> {
        let mut list = List(Vec::new());
        for image in self.images() {
            let name = image.info().declarations.names.module.clone();
            let name = name.unwrap_or_else(|| "a module without a name".to_owned());
            for (addresses, protection, kind) in image.parts() {
                list.add(addresses, protection, kind, &name);
            }
        }
        for (index, instance) in self.instances.iter().enumerate() {
            let kind = RegionKind::Contexts;
            list.block(instance.context.block(), kind, kind, &format!("instance {index}"));
        }
        for (index, table) in self.tables.iter().enumerate() {
            if let Some(block) = table.elements().block() {
                list.block(block, RegionKind::Tables, RegionKind::TablesView, &format!("table {index}"));
            }
        }
        for (index, memory) in self.memories.iter().enumerate() {
            for part in memory.parts() {
                let kind = match part.protection {
                    _ if part.is_guard => RegionKind::Guard,
                    Protection::NONE => RegionKind::Reserve,
                    _ => RegionKind::Memory,
                };
                list.add(part.addresses, part.protection, kind, &format!("memory {index}"));
            }
        }
        list.0
    }
}

struct List(Vec<Region>);

impl List {
    fn add(&mut self, addresses: Range<usize>, protection: Protection, kind: RegionKind, name: &str) {
        if !addresses.is_empty() {
            self.0.push(Region { addresses, protection, kind, name: name.to_owned(), resident: 0 });
        }
    }

    /// The pages that a block lies in, and their guards.
    fn block(&mut self, block: &Block, read: RegionKind, write: RegionKind, name: &str) {
        let name = if block.is_alone() { name } else { "of all stores" };
        let (writable, readable) = block.pages();
        let views = [(Some(writable), Protection::READ_WRITE, write), (readable, Protection::READ, read)];
        for (pages, protection, kind) in views {
            let Some(Range { start, end }) = pages else { continue };
            let page = page_size();
            self.add(start..start + page, Protection::NONE, RegionKind::Guard, kind.name());
            self.add(start + page..end - page, protection, kind, name);
            self.add(end - page..end, Protection::NONE, RegionKind::Guard, kind.name());
        }
    }
}
