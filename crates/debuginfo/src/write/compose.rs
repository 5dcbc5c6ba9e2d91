//! Composes locations: what a module's DWARF says in terms of WebAssembly locals and linear memory becomes what LLVM's says in terms of
//! registers and the process's memory. What one of the two does not know is nowhere.

use std::collections::BTreeSet;
use std::ops::Range;

use gimli::constants as dw;
use gimli::{Expression as Read, Operation, write};
use wootz_wasm_ir::ir::operand;
use wootz_wasm_ir::{LocalIndex, WasmOffset};

use super::context::ContextLayout;
use crate::Bytes;
use crate::native::{Locations, Native};
use crate::place::{Operands, Place, Step};

/// How many operations an expression may have: compilers write a dozen.
const MAX_OPERATIONS: usize = 256;

/// A location as the guest states it: parts that follow each other, mostly one of the whole.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Stated(Vec<Part>);

#[derive(Clone, PartialEq, Debug)]
struct Part {
    /// Nothing, if the part is nowhere.
    steps: Vec<Guest>,
    /// Whether the steps compute the value itself and not its address.
    is_value: bool,
    /// Bits, unless it is the whole.
    bits: Option<u64>,
}

/// One operation of the guest's.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Guest {
    Local(u32),
    /// What stands for a place on the operand stack, and the offset from which on it holds what is meant; 0 until that is known.
    Operand(LocalIndex, WasmOffset),
    Global(u32),
    Load(u8),
    Native(Step),
}

/// What the value is for: how it is shown.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    /// As it lies in memory.
    Plain,
    /// A pointer of the guest, as the address that it means in the process.
    Pointer,
}

impl Stated {
    /// Reads an expression; `frame_base` is the function's. `None` if it has what nothing can be made of.
    pub(super) fn read(
        expression: Read<Bytes<'_>>,
        frame_base: Option<Read<Bytes<'_>>>,
        encoding: gimli::Encoding,
    ) -> Option<Self> {
        let mut parts = Vec::new();
        let mut part = Part { steps: Vec::new(), is_value: false, bits: None };
        let mut operations = expression.operations(encoding);
        let mut count = 0;
        while let Some(operation) = operations.next().ok()? {
            count += 1;
            if count > MAX_OPERATIONS || part.is_value && !matches!(operation, Operation::Piece { .. }) {
                return None;
            }
            match operation {
                Operation::StackValue => part.is_value = true,
                Operation::Piece { size_in_bits, bit_offset: None | Some(0) } => {
                    let empty = Part { steps: Vec::new(), is_value: false, bits: None };
                    let done = std::mem::replace(&mut part, empty);
                    parts.push(Part { bits: Some(size_in_bits), ..done });
                }
                Operation::FrameOffset { offset } => {
                    let Self(base) = Self::read(frame_base?, None, encoding)?;
                    let [Part { steps, is_value: true, bits: None }] = &*base else { return None };
                    part.steps.extend(steps);
                    part.steps.extend([
                        Guest::Native(Step::Signed(offset)),
                        Guest::Native(Step::Plain(dw::DW_OP_plus)),
                    ]);
                }
                Operation::ImplicitValue { data } => {
                    part.steps.push(Guest::Native(Step::number(data.slice())?));
                    part.is_value = true;
                }
                operation => part.steps.push(Guest::read(&operation)?),
            }
        }
        match (parts.is_empty(), part.steps.is_empty()) {
            (true, true) => None,
            (true, false) => Some(Self(vec![part])),
            (false, true) => Some(Self(parts)),
            (false, false) => None,
        }
    }

    /// Says from which offset on places on the operand stack hold what is meant.
    pub(super) fn since(mut self, offset: WasmOffset) -> Self {
        for step in self.0.iter_mut().flat_map(|part| &mut part.steps) {
            if let Guest::Operand(_, since) = step {
                *since = offset;
            }
        }
        self
    }

    fn operands(&self) -> impl Iterator<Item = (LocalIndex, WasmOffset)> + '_ {
        let steps = self.0.iter().flat_map(|part| &part.steps);
        steps.filter_map(
            |step| if let Guest::Operand(place, since) = step { Some((*place, *since)) } else { None },
        )
    }

    /// Whether it is a place in memory, all of it.
    pub(super) fn is_memory(&self) -> bool {
        matches!(&*self.0, [Part { is_value: false, bits: None, .. }])
    }

    /// The locals it needs.
    pub(super) fn locals(&self) -> BTreeSet<u32> {
        let steps = self.0.iter().flat_map(|part| &part.steps);
        steps.filter_map(|step| if let Guest::Local(local) = step { Some(*local) } else { None }).collect()
    }

    fn has_globals(&self) -> bool {
        self.0.iter().flat_map(|part| &part.steps).any(|step| matches!(step, Guest::Global(_)))
    }
}

impl Guest {
    fn read(operation: &Operation<Bytes<'_>>) -> Option<Self> {
        Some(match *operation {
            Operation::WasmLocal { index } => Self::Local(index),
            Operation::WasmStack { index } => Self::Operand(operand(index)?, 0),
            Operation::WasmGlobal { index } => Self::Global(index),
            Operation::Address { address } => Self::Native(Step::Unsigned(address)),
            Operation::Deref { size, space: false, base_type: gimli::UnitOffset(0) } => Self::Load(size),
            Operation::RegisterOffset { .. } | Operation::FrameOffset { .. } | Operation::CallFrameCFA => {
                return None;
            }
            ref operation => Self::Native(Step::read(operation)?),
        })
    }
}

/// Makes of the number on the stack, of which 32 bits count, the one that they are without a sign.
fn mask(out: &mut write::Expression) {
    out.op_constu(u64::from(u32::MAX));
    out.op(dw::DW_OP_and);
}

/// The same with a sign.
fn extend(out: &mut write::Expression) {
    for shift in [dw::DW_OP_shl, dw::DW_OP_shra] {
        out.op_constu(32);
        out.op(shift);
    }
}

/// Does something with both operands on the stack.
fn both(out: &mut write::Expression, each: fn(&mut write::Expression)) {
    for _ in 0..2 {
        each(out);
        out.op(dw::DW_OP_swap);
    }
}

fn place_at(locations: &Locations, address: u64) -> Option<&Place> {
    locations.iter().find(|(range, _)| range.contains(&address)).map(|(_, place)| place)
}

/// A place that nothing has: for a value that is nowhere, of a type that the debugger must find in memory.
pub(super) fn nowhere() -> write::Expression {
    let mut out = write::Expression::new();
    out.op(dw::DW_OP_lit0);
    out.op(dw::DW_OP_not);
    out
}

/// What locations are composed with: the function, or inlined copy, that a variable is in.
pub(super) struct Composer<'a> {
    pub(super) native: &'a Native,
    pub(super) context: &'a ContextLayout,
    /// Bytes of the types of the function's locals; 0 for what is no integer.
    pub(super) sizes: &'a dyn Fn(u32) -> u8,
    /// Whether code may keep globals elsewhere than in their places.
    pub(super) optimised: bool,
}

impl Composer<'_> {
    /// The location at each address of some ranges, in a scope. Ranges in which it is nowhere are left out.
    pub(super) fn locate(
        &self,
        stated: &Stated,
        shown: Shown,
        bytes: u64,
        scope: usize,
        ranges: &[Range<u64>],
    ) -> Vec<(Range<u64>, write::Expression)> {
        let locals = stated.locals();
        let variables = &self.native.variables[scope];
        let contexts: Vec<&Locations> =
            self.native.around(scope).map(|scope| &self.native.variables[scope].context).collect();
        let needed = locals.iter().filter_map(|local| variables.locals.get(&LocalIndex(*local)));
        let mut bounds = BTreeSet::new();
        let operands = stated.operands();
        let operands = operands.filter_map(|operand| variables.operands.get(&operand));
        for (range, _) in needed.chain(operands).flatten().chain(contexts.iter().copied().flatten()) {
            bounds.extend([range.start, range.end]);
        }
        let mut found: Vec<(Range<u64>, write::Expression)> = Vec::new();
        for range in ranges {
            let mut at = range.start;
            while at < range.end {
                let end = bounds.range(at + 1..).next().map_or(range.end, |bound| (*bound).min(range.end));
                let context = contexts.iter().find_map(|locations| place_at(locations, at));
                let local = |step: &Guest| match step {
                    Guest::Local(local) => place_at(variables.locals.get(&LocalIndex(*local))?, at),
                    Guest::Operand(place, since) => place_at(variables.operands.get(&(*place, *since))?, at),
                    _ => None,
                };
                if let Some(expression) = self.compose(stated, shown, bytes, context, &local) {
                    match found.last_mut() {
                        Some((last, same)) if last.end == at && *same == expression => last.end = end,
                        _ => found.push((at..end, expression)),
                    }
                }
                at = end;
            }
        }
        found
    }

    /// The location of what needs no local, wherever the process is.
    pub(super) fn everywhere(&self, stated: &Stated, shown: Shown, bytes: u64) -> Option<write::Expression> {
        self.compose(stated, shown, bytes, None, &|_| None)
    }

    fn compose<'l>(
        &self,
        stated: &Stated,
        shown: Shown,
        bytes: u64,
        context: Option<&Place>,
        local: &dyn Fn(&Guest) -> Option<&'l Place>,
    ) -> Option<write::Expression> {
        if stated.has_globals() && self.optimised {
            return None;
        }
        let mut out = write::Expression::new();
        let (mut any, mut covered) = (false, 0);
        for part in &stated.0 {
            match self.part(part, shown, bytes, context, local, &mut out) {
                Some(()) => any = true,
                // Of some parts, one may be nowhere.
                None if part.bits.is_some() && part.steps.is_empty() => {}
                None => return None,
            }
            if let Some(bits) = part.bits {
                if bits % 8 != 0 || shown == Shown::Pointer {
                    return None;
                }
                out.op_piece(bits / 8);
                covered += bits / 8;
            }
        }
        if covered > 0 && covered < bytes {
            // gdb takes what no piece is about for zero.
            out.op_piece(bytes - covered);
        }
        any.then_some(out)
    }

    fn part<'l>(
        &self,
        part: &Part,
        shown: Shown,
        bytes: u64,
        context: Option<&Place>,
        local: &dyn Fn(&Guest) -> Option<&'l Place>,
        out: &mut write::Expression,
    ) -> Option<()> {
        if part.steps.is_empty() {
            return None;
        }
        if let ([step @ (Guest::Local(_) | Guest::Operand(..))], true, Shown::Plain) =
            (&*part.steps, part.is_value, shown)
        {
            // A float has no other form, and a register or a slot on the stack can be assigned to.
            local(step)?.describe(out);
            return Some(());
        }
        let is_narrow = self.is_narrow(part, bytes);
        for step in &part.steps {
            match *step {
                Guest::Local(index) => match (self.sizes)(index) {
                    0 => return None,
                    bytes => local(step)?.push(bytes, out),
                },
                // What is smaller than 8 bytes in the guest is an i32.
                Guest::Operand(..) => local(step)?.push(if bytes <= 4 { 4 } else { 8 }, out),
                Guest::Global(index) => {
                    if !self.context.push_global(index as usize, context, out) {
                        return None;
                    }
                    out.op_deref_size(4);
                }
                Guest::Load(size) => {
                    self.native_address(context, out)?;
                    out.op_deref_size(size.min(8));
                }
                Guest::Native(step) => {
                    match step.operands() {
                        Operands::Signed if is_narrow => both(out, extend),
                        Operands::Unsigned if is_narrow => both(out, mask),
                        _ => {}
                    }
                    step.write(out);
                }
            }
        }
        if !part.is_value {
            self.native_address(context, out)?;
        }
        match (shown, part.is_value) {
            (Shown::Plain, true) => out.op(dw::DW_OP_stack_value),
            (Shown::Plain, false) => {}
            (Shown::Pointer, is_value) => {
                if !is_value {
                    out.op_deref_size(u8::try_from(bytes).ok().filter(|bytes| matches!(bytes, 4 | 8))?);
                }
                if is_value && is_narrow && part.steps.len() > 1 {
                    mask(out);
                }
                if !self.context.follow(0, context, out) {
                    return None;
                }
                out.op(dw::DW_OP_stack_value);
            }
        }
        Some(())
    }

    /// Whether a part is computed of numbers of 32 bits.
    fn is_narrow(&self, part: &Part, bytes: u64) -> bool {
        part.steps.iter().all(|step| match *step {
            Guest::Local(index) => (self.sizes)(index) == 4,
            Guest::Operand(..) => bytes <= 4,
            _ => true,
        })
    }

    /// From an address in linear memory to that in the process.
    fn native_address(&self, context: Option<&Place>, out: &mut write::Expression) -> Option<()> {
        mask(out);
        self.context.push_memory(0, context, out).then_some(())?;
        out.op(dw::DW_OP_plus);
        Some(())
    }
}
