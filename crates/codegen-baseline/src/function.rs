//! One function: the walk over its body, and what stands around it.
//!
//! ```text
//! prologue    frame, saved registers, stack check         (written last, when it is known what it needs)
//! body        one run of code for each block, in order
//! aside       what hot counters do, tables of branches, traps
//! epilogue
//! departures  calls that a private function ends with
//! ```
//!
//! Values are in registers within a block, and from it into blocks that nothing else leads to. Where paths meet, they are in their slots.

use std::collections::BTreeMap;

use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, Op, Terminator, Value};
use wootz_wasm_ir::{MemoryIndex, WasmOffset};

use crate::code::{Code, Label};
use crate::control::Aside;
use crate::convention::{Argument, Arguments};
use crate::frame::{Frame, NO_SLOT, PARAMETERS};
use crate::machine::{CONTEXT, Cond, Gp, Kind, NO_REG, Reg, SAVED, emit};
use crate::module::ModuleInfo;
use crate::ranges::Ranges;
use crate::registers::State;
use crate::unwind::Unwind;

/// Why a function is left to another compiler.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Unsupported(pub &'static str);

/// State of one function.
pub(crate) struct Function<'a> {
    pub(crate) module: &'a ModuleInfo<'a>,
    pub(crate) body: &'a Body,
    pub(crate) ranges: Ranges,
    pub(crate) code: Code,
    pub(crate) state: State,
    /// The register of each value.
    pub(crate) reg_of: Vec<Reg>,
    /// The place of each value in the frame.
    pub(crate) slot_of: Vec<i32>,
    pub(crate) frame: Frame,
    /// Registers that must not change during the current instruction, a bit each.
    pub(crate) locked: u32,
    /// General-purpose registers that are ever used, a bit each.
    pub(crate) used: u32,
    pub(crate) block: Block,
    pub(crate) position: u32,
    pub(crate) next_call: usize,
    /// Byte offset of the current instruction in the module.
    pub(crate) offset: WasmOffset,
    pub(crate) labels: Vec<Label>,
    /// What registers hold at the beginning of blocks that one edge leads to.
    pub(crate) states: Vec<Option<Box<State>>>,
    pub(crate) asides: Vec<Aside>,
    traps: Vec<(Label, TrapCode, WasmOffset)>,
    /// Where code of each instruction begins; of none if the function is not active there.
    rows: Vec<(u32, Option<WasmOffset>)>,
    pub(crate) epilogue: Label,
    /// Calls by which a private function leaves, with the bytes that the callee pops.
    pub(crate) departures: Vec<(Label, i32)>,
    /// Where this function's parameters are.
    pub(crate) arguments: Arguments,
    /// The slot of the pointer to where the caller wants results, if they are returned through memory.
    pub(crate) result_slots: i32,
    /// Where callees put results that they return through memory.
    pub(crate) results: i32,
    /// Whether the base of memory 0 has a register.
    pub(crate) has_base: bool,
    pub(crate) unwind: Unwind,
    /// The next counter of branches, if they are counted.
    pub(crate) next_counter: Option<usize>,
    /// The counters of ways that are counted where they lead: into blocks that nothing else leads to.
    pub(crate) way_into: BTreeMap<Block, usize>,
    /// What the heads of loops need, once that is known.
    pub(crate) loops: Option<BTreeMap<Block, Vec<Value>>>,
}

/// The code of a function.
pub(crate) struct Compiled {
    pub(crate) prologue: Code,
    pub(crate) code: Code,
    pub(crate) rows: Vec<(u32, Option<WasmOffset>)>,
    pub(crate) unwind: Unwind,
    /// Length of prologue and code in which the function is active.
    pub(crate) active: u32,
    /// Length of prologue and code without tables.
    pub(crate) len: u32,
}

/// Compiles a function whose body begins at an offset in the module. Branches are counted from a counter on, if there is one.
pub(crate) fn compile<'a>(
    module: &'a ModuleInfo<'a>,
    body: &'a Body,
    start: WasmOffset,
    first_counter: Option<usize>,
) -> Result<Compiled, Unsupported> {
    module.check(body)?;
    let mut function = Function::new(module, body, start, first_counter);
    function.enter();
    for (block, data) in body.blocks.iter() {
        function.begin_block(block);
        for inst in &data.insts {
            function.position += 1;
            function.set_offset(body.insts[*inst].offset);
            function.inst(*inst);
            function.unlock();
        }
        function.position += 1;
        function.set_offset(data.terminator.offset);
        function.end_block(&data.terminator.kind);
        function.unlock();
    }
    Ok(function.finish(start))
}

impl<'a> Function<'a> {
    fn new(
        module: &'a ModuleInfo<'a>,
        body: &'a Body,
        offset: WasmOffset,
        next_counter: Option<usize>,
    ) -> Self {
        let mut code = Code::default();
        let labels = body.blocks.keys().map(|_| code.label()).collect();
        let epilogue = code.label();
        let tail_calls =
            body.blocks.values().any(|block| matches!(block.terminator.kind, Terminator::ReturnCall { .. }));
        // A tail call restores registers before it is known which are used.
        let used =
            if tail_calls { SAVED.iter().fold(0, |used, reg| used | 1 << reg.0) } else { 1 << CONTEXT.0 };
        let uses_memory = body.insts.values().any(|inst| accesses_memory0(&inst.op));
        Self {
            module,
            body,
            ranges: Ranges::new(body),
            state: State::NOTHING,
            reg_of: vec![NO_REG; body.values.len()],
            slot_of: vec![NO_SLOT; body.values.len()],
            frame: Frame::new(),
            locked: 0,
            used,
            block: Body::ENTRY,
            position: 0,
            next_call: 0,
            offset,
            labels,
            states: vec![None; body.blocks.len()],
            asides: Vec::new(),
            traps: Vec::new(),
            rows: Vec::new(),
            epilogue,
            departures: Vec::new(),
            arguments: Arguments::new(
                body.signature.params.iter().copied(),
                &body.signature.results,
                module.convention(body.func),
            ),
            result_slots: NO_SLOT,
            results: NO_SLOT,
            has_base: uses_memory && module.keeps_base(MemoryIndex(0)),
            unwind: Unwind::default(),
            next_counter,
            way_into: BTreeMap::new(),
            loops: None,
            code,
        }
    }

    /// Takes over the parameters.
    fn enter(&mut self) {
        self.set_offset(self.offset);
        let params = &self.body.blocks[Body::ENTRY].params;
        for (param, place) in params.iter().zip(std::mem::take(&mut self.arguments.params)) {
            match place {
                Argument::Register(reg) if self.ranges.uses[param.index()] > 0 => {
                    self.bind(*param, reg);
                    if self.kind(*param) == Kind::I32 {
                        self.zero_upper_half(reg);
                    }
                }
                Argument::Register(_) => {}
                Argument::Stack(offset) => self.slot_of[param.index()] = PARAMETERS + offset,
            }
        }
        match self.arguments.results {
            Some(Argument::Register(reg)) => {
                self.result_slots = self.frame.reserve(16);
                self.store_slot(self.result_slots, Kind::I64, reg);
            }
            Some(Argument::Stack(offset)) => self.result_slots = PARAMETERS + offset,
            None => {}
        }
        let results = self.body.insts.values().filter_map(|inst| self.module.results_in_memory(&inst.op));
        if let Some(results) = results.max() {
            self.results = self.frame.reserve(results as i32 * 16);
        }
        self.unlock();
    }

    /// Makes an `i32` that came from elsewhere one of ours.
    pub(crate) fn zero_upper_half(&mut self, reg: Reg) {
        emit!(self.code, movl_rm(Gp(reg), Gp(reg)));
    }

    /// What is emitted next comes from an instruction.
    pub(crate) fn set_offset(&mut self, offset: WasmOffset) {
        self.offset = offset;
        self.set_row(Some(offset));
    }

    /// What is emitted next is run when the function is not active any more.
    pub(crate) fn set_nowhere(&mut self) {
        self.set_row(None);
    }

    fn set_row(&mut self, offset: Option<WasmOffset>) {
        if self.rows.last().is_none_or(|(_, last)| *last != offset) {
            let here = self.code.here();
            self.rows.push((here, offset));
        }
    }

    /// Traps if the flags say so.
    pub(crate) fn trap_if(&mut self, cond: Cond, trap: TrapCode) {
        let label = self.trap_label(trap);
        self.code.branch(cond, label);
    }

    /// Traps in any case, aside.
    pub(crate) fn trap_always(&mut self, trap: TrapCode) {
        let label = self.trap_label(trap);
        self.code.jump(label);
    }

    fn trap_label(&mut self, trap: TrapCode) -> Label {
        match self.traps.last() {
            Some((label, code, offset)) if (*code, *offset) == (trap, self.offset) => *label,
            _ => {
                let label = self.code.label();
                self.traps.push((label, trap, self.offset));
                label
            }
        }
    }

    /// Writes what stands behind the body, and then the prologue.
    fn finish(mut self, start: WasmOffset) -> Compiled {
        for aside in std::mem::take(&mut self.asides) {
            self.aside(aside);
        }
        for (label, code, offset) in std::mem::take(&mut self.traps) {
            self.set_offset(offset);
            self.code.bind(label);
            self.code.trap(code);
        }
        self.set_offset(start);
        self.leave();
        let active = self.code.here();
        self.depart();
        let len = self.code.here();
        self.tables();
        let mut prologue = Code::default();
        self.prologue(&mut prologue);
        self.code.resolve();
        prologue.resolve();
        let [active, len] = [active, len].map(|end| prologue.here() + end);
        Compiled { prologue, code: self.code, rows: self.rows, unwind: self.unwind, active, len }
    }
}

/// Whether an operator computes addresses in memory 0.
fn accesses_memory0(op: &Op) -> bool {
    let zero = MemoryIndex(0);
    match op {
        Op::Atomic(_, access) => access.memory == zero,
        Op::MemoryFill(memory) => *memory == zero,
        Op::MemoryCopy { dst, src } => *dst == zero || *src == zero,
        op => op.access().is_some_and(|access| access.memory == zero),
    }
}
