//! What a store has where, from the runtime's own books: the system is asked only what is in memory.

use std::ops::Range;

use super::arena::Block;
use super::image::LoadedImage;
use super::memory::StoreMemory;
use super::store::StoreInner;
use super::table::StoreTable;
use crate::regions::{Protection, Region, RegionKind};
use crate::sys::memory::page_size;

impl StoreInner {
    /// Every region, in no order, and those that several things lie in several times.
    pub(crate) fn regions_of_everything(&self) -> Vec<Region> {
        let mut list = List(Vec::new());
        self.images().for_each(|image| list.image(image));
        for (index, instance) in self.instances.iter() {
            list.context(instance.context.block(), index);
        }
        self.tables.iter().enumerate().for_each(|(index, table)| list.table(table, index));
        self.memories.iter().enumerate().for_each(|(index, memory)| list.memory(memory, index));
        list.0
    }

    /// Every region of an instance, as above. Tables and memories have the numbers of its module.
    pub(crate) fn regions_of_instance(&self, index: usize) -> Vec<Region> {
        let mut list = List(Vec::new());
        let instance = &self.instances[index];
        list.image(&instance.image);
        list.context(instance.context.block(), index);
        for (number, table) in instance.tables.iter().enumerate() {
            list.table(&self.tables[*table as usize], number);
        }
        for (number, memory) in instance.memories.iter().enumerate() {
            list.memory(&self.memories[*memory as usize], number);
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

    fn image(&mut self, image: &LoadedImage) {
        let name = image.info().declarations.names.module.as_deref().unwrap_or("a module without a name");
        for (addresses, protection, kind) in image.parts() {
            self.add(addresses, protection, kind, name);
        }
    }

    fn context(&mut self, block: &Block, instance: usize) {
        let kind = RegionKind::Contexts;
        self.block(block, kind, kind, &format!("instance {instance}"));
    }

    fn table(&mut self, table: &StoreTable, number: usize) {
        if let Some(block) = table.elements().block() {
            self.block(block, RegionKind::Tables, RegionKind::TablesView, &format!("table {number}"));
        }
    }

    fn memory(&mut self, memory: &StoreMemory, number: usize) {
        for part in memory.parts() {
            let kind = match part.protection {
                _ if part.is_guard => RegionKind::Guard,
                Protection::NONE => RegionKind::Reserve,
                _ => RegionKind::Memory,
            };
            self.add(part.addresses, part.protection, kind, &format!("memory {number}"));
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
