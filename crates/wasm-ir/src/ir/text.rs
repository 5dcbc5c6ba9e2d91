//! The text form of a body, for people and for file tests. `docs/ir.md` has the grammar.

use std::fmt::{self, Display, Formatter};

use crate::{Declarations, FuncIndex, GlobalIndex, MemoryIndex, WasmOffset};

use super::mnemonic::Mnemonic;
use super::{
    BlockCall, Body, Callee, Constant, Inst, List, LocalRecord, LocalValue, MemoryAccess, Op, Terminator,
    Value, VectorOp,
};

/// Prints a body; see `docs/ir.md` for the grammar.
#[derive(Debug)]
pub struct DisplayBody<'a>(pub &'a Body);

/// Prints a body with the names that a module gives to functions, globals and memories.
#[derive(Debug)]
pub struct DisplayNamed<'a>(pub &'a Body, pub &'a Declarations);

impl Display for DisplayBody<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer { body: self.0, declarations: None }.print(f)
    }
}

impl Display for DisplayNamed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer { body: self.0, declarations: Some(self.1) }.print(f)
    }
}

struct Printer<'a> {
    body: &'a Body,
    declarations: Option<&'a Declarations>,
}

impl Printer<'_> {
    fn print(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let body = self.body;
        write!(f, "function {}", self.func(body.func))?;
        writeln!(f, " {} {{", body.signature)?;
        let offsets = body.blocks.values().map(|block| block.terminator.offset);
        let width = format!("{:x}", offsets.max().unwrap_or(0)).len();
        for (block, data) in body.blocks.iter() {
            write!(f, "{block}")?;
            for (index, param) in data.params.iter().enumerate() {
                write!(f, "{}{param}: {}", if index == 0 { "(" } else { ", " }, body.ty(*param))?;
            }
            writeln!(f, "{}:", if data.params.is_empty() { "" } else { ")" })?;
            let mut records = body.locals.of(block).iter().peekable();
            for (position, inst) in data.insts.iter().enumerate() {
                while let Some(record) = records.next_if(|record| record.position as usize <= position) {
                    self.record(f, record, width)?;
                }
                self.offset(f, body.insts[*inst].offset, width)?;
                self.inst(f, *inst)?;
                writeln!(f)?;
            }
            records.try_for_each(|record| self.record(f, record, width))?;
            self.offset(f, data.terminator.offset, width)?;
            self.terminator(f, &data.terminator.kind)?;
            match body.hint(data.terminator.offset) {
                Some(true) => writeln!(f, ", hinted")?,
                Some(false) => writeln!(f, ", hinted not")?,
                None => writeln!(f)?,
            }
        }
        f.write_str("}\n")
    }

    fn offset(&self, f: &mut Formatter<'_>, offset: WasmOffset, width: usize) -> fmt::Result {
        write!(f, "  {offset:0width$x}:  ")
    }

    fn record(&self, f: &mut Formatter<'_>, record: &LocalRecord, width: usize) -> fmt::Result {
        let names = self.declarations.and_then(|d| d.names.locals.get(&self.body.func));
        let name = names.and_then(|names| names.get(record.local));
        write!(f, "  {:width$}   {} := ", "", Named(record.local, name))?;
        match record.value {
            LocalValue::Value(value) => writeln!(f, "{value}"),
            LocalValue::Default => writeln!(f, "default"),
            LocalValue::Unknown => writeln!(f, "unknown"),
        }
    }

    fn inst(&self, f: &mut Formatter<'_>, inst: Inst) -> fmt::Result {
        let body = self.body;
        let results = body.results(inst);
        if !results.is_empty() {
            write!(f, "{} = ", Values(results))?;
        }
        let op = body.insts[inst].op;
        let args = body.args(inst);
        match (op, args) {
            (Op::Const(constant), _) => write!(f, "{} {}", Mnemonic(op, None), ConstantText(constant)),
            (Op::Load { access, .. }, [address]) => {
                write!(f, "{} {}", Mnemonic(op, None), self.access(access, *address))
            }
            (Op::Store { access }, [address, value]) => {
                let mnemonic = Mnemonic(op, Some(body.ty(*value)));
                write!(f, "{mnemonic} {}, {value}", self.access(access, *address))
            }
            (Op::Call(func), _) => self.call(f, Callee::Func(func), args),
            (Op::CallIndirect { table, ty }, _) => self.call(f, Callee::Table { table, ty }, args),
            (Op::CallRef(ty), _) => self.call(f, Callee::Ref(ty), args),
            (Op::VectorLoad { access, .. }, [address]) => {
                write!(f, "{} {}", Mnemonic(op, None), self.access(access, *address))
            }
            (
                Op::VectorLoadLane { access, lane } | Op::VectorStoreLane { access, lane },
                [address, vector],
            ) => {
                let access = self.access(access, *address);
                write!(f, "{} {access} {lane}, {vector}", Mnemonic(op, None))
            }
            (Op::Atomic(_, access), [address, rest @ ..]) => {
                write!(f, "{} {}", Mnemonic(op, None), self.access(access, *address))?;
                write!(f, "{}{}", if rest.is_empty() { "" } else { ", " }, Values(rest))
            }
            _ => {
                write!(f, "{}", Mnemonic(op, None))?;
                self.immediates(f, op)?;
                write!(f, "{}{}", if args.is_empty() { "" } else { " " }, Values(args))
            }
        }
    }

    fn call(&self, f: &mut Formatter<'_>, callee: Callee, args: &[Value]) -> fmt::Result {
        match (callee, args) {
            (Callee::Table { table, ty }, [args @ .., index]) => {
                write!(f, "call_indirect {ty} {table}[{index}]({})", Values(args))
            }
            (Callee::Ref(ty), [args @ .., reference]) => {
                write!(f, "call_ref {ty} {reference}({})", Values(args))
            }
            (Callee::Func(func), _) => write!(f, "call {}({})", self.func(func), Values(args)),
            (Callee::Table { .. } | Callee::Ref(_), []) => write!(f, "call {callee:?}"),
        }
    }

    /// The entities that an operator names, each with a space before it.
    fn immediates(&self, f: &mut Formatter<'_>, op: Op) -> fmt::Result {
        match op {
            Op::Vector(VectorOp::ExtractLane { lane, .. } | VectorOp::ReplaceLane { lane, .. }) => {
                write!(f, " {lane}")
            }
            Op::Vector(VectorOp::Shuffle(lanes)) => lanes.iter().try_for_each(|lane| write!(f, " {lane}")),
            Op::MemoryLength(memory)
            | Op::Prefetch(memory)
            | Op::MemorySize(memory)
            | Op::MemoryGrow(memory)
            | Op::MemoryFill(memory) => {
                write!(f, " {}", self.memory(memory))
            }
            Op::MemoryCopy { dst, src } => write!(f, " {} {}", self.memory(dst), self.memory(src)),
            Op::MemoryInit(memory, data) => write!(f, " {} {data}", self.memory(memory)),
            Op::DataDrop(data) => write!(f, " {data}"),
            Op::TableGet(table)
            | Op::TableSet(table)
            | Op::TableSize(table)
            | Op::TableGrow(table)
            | Op::TableFill(table) => write!(f, " {table}"),
            Op::TableCopy { dst, src } => write!(f, " {dst} {src}"),
            Op::TableInit(table, elem) => write!(f, " {table} {elem}"),
            Op::ElemDrop(elem) => write!(f, " {elem}"),
            Op::RefNull(heap) => write!(f, " {heap}"),
            Op::RefFunc(func) => write!(f, " {}", self.func(func)),
            Op::GlobalGet(global) | Op::GlobalSet(global) => write!(f, " {}", self.global(global)),
            _ => Ok(()),
        }
    }

    fn terminator(&self, f: &mut Formatter<'_>, terminator: &Terminator) -> fmt::Result {
        match terminator {
            Terminator::Jump(target) => write!(f, "jump {}", self.target(*target)),
            Terminator::Branch { condition, then, otherwise } => {
                write!(f, "branch {condition}, {}, {}", self.target(*then), self.target(*otherwise))
            }
            Terminator::Switch { index, targets, default } => {
                write!(f, "switch {index}, [")?;
                for (position, target) in targets.iter().enumerate() {
                    write!(f, "{}{}", if position == 0 { "" } else { ", " }, self.target(*target))?;
                }
                write!(f, "], {}", self.target(*default))
            }
            Terminator::Return(values) if self.list(*values).is_empty() => f.write_str("return"),
            Terminator::Return(values) => write!(f, "return {}", Values(self.list(*values))),
            Terminator::ReturnCall { callee, args } => {
                f.write_str("return_")?;
                self.call(f, *callee, self.list(*args))
            }
            Terminator::Unreachable => f.write_str("unreachable"),
        }
    }

    fn list(&self, list: List) -> &[Value] {
        self.body.list(list)
    }

    fn target(&self, call: BlockCall) -> impl Display {
        fmt::from_fn(move |f| match self.list(call.args) {
            [] => write!(f, "{}", call.block),
            args => write!(f, "{}({})", call.block, Values(args)),
        })
    }

    fn access(&self, access: MemoryAccess, address: Value) -> impl Display {
        fmt::from_fn(move |f| {
            write!(f, "{}[{address}", self.memory(access.memory))?;
            if access.offset != 0 {
                write!(f, " + {}", access.offset)?;
            }
            f.write_str("]")?;
            let align = 1u64 << access.align_log2;
            if align != u64::from(access.bytes) {
                write!(f, " align={align}")?;
            }
            write!(f, "{}", access.bounds)
        })
    }

    fn func(&self, func: FuncIndex) -> impl Display {
        Named(func, self.declarations.and_then(|d| d.function_name(func)))
    }

    fn memory(&self, memory: MemoryIndex) -> impl Display {
        Named(memory, self.declarations.and_then(|d| d.names.memories.get(memory)))
    }

    fn global(&self, global: GlobalIndex) -> impl Display {
        Named(global, self.declarations.and_then(|d| d.names.globals.get(global)))
    }
}

/// An index, and in quotes the name if there is one.
struct Named<'a, I>(I, Option<&'a str>);

impl<I: Display> Display for Named<'_, I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(name) => write!(f, "{}{name:?}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Values with commas between them.
struct Values<'a>(&'a [Value]);

impl Display for Values<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            write!(f, "{}{value}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A constant's value, as the WebAssembly text format writes it; floating point in decimal.
struct ConstantText(Constant);

impl Display for ConstantText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let nan = |f: &mut Formatter<'_>, negative: bool, payload: u64| {
            write!(f, "{}nan:{payload:#x}", if negative { "-" } else { "" })
        };
        match self.0 {
            Constant::I32(value) => write!(f, "{value}"),
            Constant::I64(value) => write!(f, "{value}"),
            Constant::F32(bits) => match f32::from_bits(bits) {
                value if value.is_nan() => nan(f, bits >> 31 == 1, u64::from(bits & 0x007f_ffff)),
                value => write!(f, "{value:?}"),
            },
            Constant::F64(bits) => match f64::from_bits(bits) {
                value if value.is_nan() => nan(f, bits >> 63 == 1, bits & 0x000f_ffff_ffff_ffff),
                value => write!(f, "{value:?}"),
            },
            Constant::V128(bytes) => {
                f.write_str("i32x4")?;
                let (lanes, _) = bytes.as_chunks();
                lanes.iter().try_for_each(|lane| write!(f, " {:#010x}", u32::from_le_bytes(*lane)))
            }
        }
    }
}
