//! What all functions of a module share.

use wootz_vm_abi::callconv;
use wootz_vm_abi::context::VMContextLayout;
use wootz_vm_abi::lazy::LazyLayout;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Body, Callee, Op};
use wootz_wasm_ir::{Declarations, FuncIndex, FuncType, MemoryIndex, PrivateFunctions};

use crate::convention::Convention;
use crate::function::Unsupported;
use crate::vector;

/// A body with more values than this is left to another compiler: what it needs for them is not small.
const MANY_VALUES: usize = 1 << 20;

/// A module as its functions see it.
pub struct ModuleInfo<'a> {
    /// Its declarations.
    pub declarations: &'a Declarations,
    /// Its instances' contexts.
    pub layout: &'a VMContextLayout,
    /// Its data outside of the code.
    pub entries: &'a LazyLayout,
    /// The plan of each memory.
    pub plans: &'a [MemoryPlan],
    /// The functions that nothing but calls of the module reaches. They take no part in tail calls.
    pub private: &'a PrivateFunctions,
    /// What counters come to in hot functions; `None` if code does not count.
    pub hot: Option<u32>,
    /// Whether code consumes fuel.
    pub fuel: bool,
    /// Whether every NaN that arithmetic returns is the positive canonical one.
    pub canonicalize_nans: bool,
}

impl ModuleInfo<'_> {
    /// Refuses what this compiler has no code for.
    pub(crate) fn check(&self, body: &Body) -> Result<(), Unsupported> {
        if body.values.len() > MANY_VALUES {
            return Err(Unsupported("its size"));
        }
        let canonical = self.canonicalize_nans;
        if body.insts.values().any(|inst| vector::is_unsupported(&inst.op, canonical)) {
            return Err(Unsupported("operators on vectors"));
        }
        Ok(())
    }

    /// The signature of what an operator calls.
    pub(crate) fn callee(&self, op: &Op) -> Option<&FuncType> {
        match op {
            Op::Call(func) => Some(self.declarations.signature(*func)),
            Op::CallIndirect { ty, .. } | Op::CallRef(ty) => Some(&self.declarations.types[*ty]),
            _ => None,
        }
    }

    /// The convention of what a call goes to.
    pub(crate) fn convention_of(&self, callee: Callee) -> Convention {
        match callee {
            Callee::Func(func) => self.convention(func),
            Callee::Table { table, ty } if self.private.are_elements(self.declarations, table, ty) => {
                Convention::Private
            }
            Callee::Table { .. } | Callee::Ref(_) => Convention::Wasm,
        }
    }

    /// The convention of a function.
    pub(crate) fn convention(&self, func: FuncIndex) -> Convention {
        if self.private.contains(func) { Convention::Private } else { Convention::Wasm }
    }

    /// How many results an operator returns through memory.
    pub(crate) fn results_in_memory(&self, op: &Op) -> Option<usize> {
        let ty = self.callee(op)?;
        callconv::returns_through_memory(ty).then_some(ty.results.len())
    }

    /// Whether the base of a memory never changes: it is guarded or shared, or cannot grow.
    pub(crate) fn keeps_base(&self, memory: MemoryIndex) -> bool {
        self.plans[memory.index()].guarded
            || self.declarations.memories[memory].shared
            || self.constant_length(memory).is_some()
    }

    /// The length that a memory keeps, because its type allows no other.
    pub(crate) fn constant_length(&self, memory: MemoryIndex) -> Option<u64> {
        let ty = &self.declarations.memories[memory];
        let length = u128::from(ty.minimum) << ty.page_size_log2;
        u64::try_from(length).ok().filter(|_| ty.maximum == Some(ty.minimum))
    }
}
