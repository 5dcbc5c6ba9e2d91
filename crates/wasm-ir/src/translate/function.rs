//! One function's translation: its state, and the loop over its operators.

use std::ops::Range;

use wasmparser::{BinaryReader, FunctionBody, Operator};

use crate::decode::{SUPPORTED, val_type};
use crate::ir::{Op, Value};
use crate::{BranchHint, Declarations, Error, ErrorKind, FuncIndex, Module, ValType, WasmOffset};

use super::control::Frame;
use super::graph::Graph;
use super::loops::Loops;
use super::{PARAMETERS_LIMIT, Translator, decode_error};

/// The state of a function's translation: what the module gives, and arenas lent by the translator.
pub(super) struct Function<'a> {
    pub(super) declarations: &'a Declarations,
    /// The function whose calls are hints.
    pub(super) prefetch: Option<FuncIndex>,
    pub(super) loops: &'a Loops,
    /// Hints of its branches, those that are behind the current operator or at it.
    hints: &'a [BranchHint],
    pub(super) locals: Locals,
    pub(super) graph: &'a mut Graph,
    /// The operand stack.
    pub(super) stack: &'a mut Vec<Value>,
    /// Open constructs, the function itself first.
    pub(super) frames: &'a mut Vec<Frame>,
    /// Operands of the open `if`s, for their `else`.
    pub(super) saved: &'a mut Vec<Value>,
    /// Whether control can reach the current place.
    pub(super) reachable: bool,
    /// Offset of the current operator.
    pub(super) offset: WasmOffset,
    /// `br_table`s so far.
    pub(super) switches: u32,
    /// `loop`s so far.
    loops_seen: usize,
    /// Open constructs that began in unreachable code.
    skipped: usize,
}

/// The types of a function's locals, parameters included.
#[derive(Debug)]
pub(super) struct Locals {
    /// One past the last local of each run of equal types.
    ends: Vec<(u32, ValType)>,
}

impl Locals {
    pub(super) fn ty(&self, local: u32) -> ValType {
        self.ends[self.ends.partition_point(|(end, _)| *end <= local)].1
    }
}

/// Translates the body at `range` into the translator's graph.
pub(super) fn build(
    translator: &mut Translator,
    module: &Module,
    range: Range<WasmOffset>,
    too_large: impl Fn() -> Error,
) -> Result<(), Error> {
    let declarations = &**module.declarations();
    let bytes = &module.bytes()[range.start as usize..range.end as usize];
    let body = FunctionBody::new(BinaryReader::new_features(bytes, range.start.into(), SUPPORTED));
    let runs = supported_locals(&body)?;
    let Translator { graph, loops, stack, frames, saved, operands, .. } = translator;
    let reader = || body.get_operators_reader().map_err(decode_error);
    loops.scan(reader()?, PARAMETERS_LIMIT).map_err(decode_error)?.map_err(|_| too_large())?;
    graph.offset = range.start;
    graph.reset(&runs);
    stack.clear();
    frames.clear();
    saved.clear();
    let locals = Locals::new(&graph.body.signature.params, &runs);
    let mut function = Function {
        declarations,
        prefetch: module.prefetch,
        loops,
        hints: module.branch_hints().within(range.clone()),
        locals,
        graph,
        stack,
        frames,
        saved,
        reachable: true,
        offset: range.start,
        switches: 0,
        loops_seen: 0,
        skipped: 0,
    };
    function.push_function();
    let mut reader = reader()?;
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset().map_err(decode_error)?;
        function.offset = offset as WasmOffset;
        function.graph.offset = function.offset;
        function.operator(operator)?;
        let behind = reader.original_position() as WasmOffset;
        let described = operands.partition_point(|(offset, _)| *offset < behind);
        for (_, depth) in operands[described..].iter().take_while(|(offset, _)| *offset == behind) {
            let value = function.stack.get(*depth as usize).copied().filter(|_| function.reachable);
            value.into_iter().for_each(|value| function.graph.record_operand(*depth, value, behind));
        }
        if function.graph.params.len() > PARAMETERS_LIMIT {
            return Err(too_large());
        }
    }
    Ok(())
}

/// The locals that a body declares.
pub(super) fn read_locals(body: &[u8], start: WasmOffset) -> Result<Vec<(u32, ValType)>, Error> {
    supported_locals(&FunctionBody::new(BinaryReader::new_features(body, start.into(), SUPPORTED)))
}

fn supported_locals(body: &FunctionBody<'_>) -> Result<Vec<(u32, ValType)>, Error> {
    let mut reader = body.get_locals_reader().map_err(decode_error)?;
    let mut runs = Vec::with_capacity(reader.get_count() as usize);
    for _ in 0..reader.get_count() {
        let offset = reader.original_position();
        let (count, ty) = reader.read().map_err(decode_error)?;
        let ty = val_type(ty, offset)?;
        if !ty.is_ref() && Graph::default_op(ty).is_none() {
            let message = format!("a local of type {ty} is not implemented");
            return Err(Error::new(ErrorKind::Unsupported, offset, message));
        }
        runs.push((count, ty));
    }
    Ok(runs)
}

impl Locals {
    fn new(params: &[ValType], runs: &[(u32, ValType)]) -> Self {
        let mut end = 0;
        let runs = params.iter().map(|ty| (1, *ty)).chain(runs.iter().copied());
        Self {
            ends: runs
                .map(|(count, ty)| {
                    end += count;
                    (end, ty)
                })
                .collect(),
        }
    }
}

impl Function<'_> {
    /// Translates one operator, or skips it where control cannot come.
    fn operator(&mut self, operator: Operator<'_>) -> Result<(), Error> {
        if self.reachable {
            return self.translate(operator);
        }
        match operator {
            Operator::Block { .. } | Operator::If { .. } => self.skipped += 1,
            Operator::Loop { .. } => {
                self.next_loop();
                self.skipped += 1;
            }
            Operator::Else if self.skipped == 0 => self.else_(),
            Operator::End if self.skipped == 0 => self.end(),
            Operator::End => self.skipped -= 1,
            _ => {}
        }
        Ok(())
    }

    /// The ordinal of a `loop` that is being entered or skipped.
    pub(super) fn next_loop(&mut self) -> usize {
        self.loops_seen += 1;
        self.loops_seen - 1
    }

    /// Keeps what the producer says of the current operator, which is a branch.
    pub(super) fn keep_hint(&mut self) {
        let behind = self.hints.partition_point(|hint| hint.offset < self.offset);
        self.hints = &self.hints[behind..];
        if let Some((hint, rest)) = self.hints.split_first()
            && hint.offset == self.offset
        {
            self.graph.body.hints.push(*hint);
            self.hints = rest;
        }
    }

    /// Emits an instruction that takes `count` operands from the stack and leaves its results there.
    pub(super) fn emit_with(&mut self, op: Op, count: usize, results: &[ValType]) {
        let first = self.stack.len() - count;
        let results = self.graph.emit(op, &self.stack[first..], results, self.offset);
        self.stack.truncate(first);
        self.stack.extend_from_slice(self.graph.body.list(results));
    }

    /// The error for an operator without a translation.
    #[cold]
    pub(super) fn unsupported(&self, operator: &Operator<'_>) -> Error {
        let debug = format!("{operator:?}");
        let name = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let message = format!("the instruction {name} is not implemented");
        Error::new(ErrorKind::Unsupported, self.offset.into(), message)
    }
}
