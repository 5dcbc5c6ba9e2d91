//! How to get from an instance's context to its memory and globals, as operations of DWARF expressions.

use gimli::constants as dw;
use gimli::write::Expression;
use wootz_wasm_ir::ValType;

use super::sections::{Base, runtime};
use crate::place::Place;

/// Where a module's instances have what, by byte offsets in the context.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContextLayout {
    /// Of each memory.
    pub memories: Vec<Entity>,
    /// Offset of a memory's first address in its structure.
    pub memory_base: u64,
    /// Offset of a memory's length in its structure.
    pub memory_length: u64,
    /// Of each global, with its type.
    pub globals: Vec<(Entity, ValType)>,
}

/// Where an entity's structure is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Entity {
    /// In the context.
    Inline(u64),
    /// Where the pointer at this offset says.
    Pointer(u64),
}

impl Entity {
    /// From the context on the stack to the address of the structure.
    fn find(self, expression: &mut Expression) {
        let (Self::Inline(offset) | Self::Pointer(offset)) = self;
        add(offset, expression);
        if let Self::Pointer(_) = self {
            expression.op_deref();
        }
    }
}

fn add(offset: u64, expression: &mut Expression) {
    if offset != 0 {
        expression.op_plus_uconst(offset);
    }
}

/// Puts the context on the stack: from where the function has it, or else from where the runtime has that of the only instance.
pub(super) fn push_context(place: Option<&Place>, expression: &mut Expression) {
    match place {
        Some(place) => place.push(8, expression),
        None => {
            expression.op_addr(runtime(Base::Instance));
            expression.op_deref();
        }
    }
}

impl ContextLayout {
    /// Puts the first address of a memory on the stack. `false` if there is no such memory.
    pub(super) fn push_memory(
        &self,
        memory: usize,
        context: Option<&Place>,
        expression: &mut Expression,
    ) -> bool {
        let Some(entity) = self.memories.get(memory) else { return false };
        push_context(context, expression);
        entity.find(expression);
        add(self.memory_base, expression);
        expression.op_deref();
        true
    }

    /// Puts the address of a global on the stack. `false` if there is no such global.
    pub(super) fn push_global(
        &self,
        global: usize,
        context: Option<&Place>,
        expression: &mut Expression,
    ) -> bool {
        let Some((entity, _)) = self.globals.get(global) else { return false };
        push_context(context, expression);
        entity.find(expression);
        true
    }

    /// Makes an address of a pointer of the guest on the stack: null stays null.
    pub(super) fn follow(&self, memory: usize, context: Option<&Place>, expression: &mut Expression) -> bool {
        expression.op(dw::DW_OP_dup);
        let not_null = expression.op_bra();
        let null = expression.op_skip();
        expression.set_target(not_null, expression.next_index());
        let found = self.push_memory(memory, context, expression);
        expression.op(dw::DW_OP_plus);
        expression.set_target(null, expression.next_index());
        found
    }
}
