//! Structured control instructions: what a label is, and what happens where control splits and joins.

use wasmparser::{BlockType, BrTable};

use crate::entity::Entity;
use crate::ir::{Callee, List, Op, Value};
use crate::{Error, RefType, TypeIndex, ValType};

use super::decode_error;
use super::env::Snapshot;
use super::function::Function;
use super::graph::{Edge, Exit, Node};

/// The type of a construct (specification: Block Types), or of the whole function.
#[derive(Copy, Clone, Debug)]
pub(super) enum Signature {
    /// No parameters, at most one result.
    Result(Option<ValType>),
    /// A type of the module.
    Type(TypeIndex),
}

/// An open construct.
#[derive(Debug)]
pub(super) struct Frame {
    kind: Kind,
    signature: Signature,
    /// Height of the operand stack below the construct's parameters.
    height: usize,
    /// Where branches to it lead: a loop's header, else a join at the end, made when a branch needs it.
    label: Option<Node>,
    /// The last `br_table` that had this label as a target, and its edge: equal targets share one.
    switch: Option<(u32, Edge)>,
}

#[derive(Debug)]
enum Kind {
    /// The function itself, a block, an `else`, or a loop without back edges.
    Block,
    /// A loop with back edges.
    Loop,
    /// An `if` whose `else` may come: the block that ends in its branch, the locals there, and the position in
    /// [`Function::saved`] of its operands.
    If { split: Node, env: Snapshot, saved: usize },
}

impl Function<'_> {
    pub(super) fn push_function(&mut self) {
        let ty = self.declarations.functions[self.graph.body.func].ty;
        self.push_frame(Kind::Block, Signature::Type(ty), 0, None);
    }

    /// Opens a construct whose parameters are on the stack.
    fn push_frame(&mut self, kind: Kind, signature: Signature, height: usize, label: Option<Node>) {
        self.frames.push(Frame { kind, signature, height, label, switch: None });
    }

    fn signature(&self, ty: BlockType) -> Result<Signature, Error> {
        Ok(match ty {
            BlockType::Empty => Signature::Result(None),
            BlockType::Type(ty) => Signature::Result(Some(crate::decode::val_type(ty, self.offset.into())?)),
            BlockType::FuncType(index) => Signature::Type(TypeIndex(index)),
        })
    }

    fn params(&self, signature: Signature) -> &[ValType] {
        match signature {
            Signature::Result(_) => &[],
            Signature::Type(index) => &self.declarations.types[index].params,
        }
    }

    pub(super) fn block(&mut self, ty: BlockType) -> Result<(), Error> {
        let signature = self.signature(ty)?;
        let height = self.stack.len() - self.params(signature).len();
        self.push_frame(Kind::Block, signature, height, None);
        Ok(())
    }

    pub(super) fn loop_(&mut self, ty: BlockType) -> Result<(), Error> {
        let ordinal = self.next_loop();
        if !self.loops.info(ordinal).has_back_edge {
            return self.block(ty);
        }
        let signature = self.signature(ty)?;
        let declarations = self.declarations;
        let types = match signature {
            Signature::Result(_) => &[][..],
            Signature::Type(index) => &declarations.types[index].params,
        };
        let height = self.stack.len() - types.len();
        let header = self.graph.new_node();
        let edge = self.graph.edge(header, &self.stack[height..]);
        self.graph.finish(Exit::Jump(edge), self.offset);
        self.stack.truncate(height);
        let assigned = self.loops.assigned(ordinal);
        let local_type = |local| self.locals.ty(local);
        self.graph.start_loop(header, types, self.stack, assigned, local_type);
        self.push_frame(Kind::Loop, signature, height, Some(header));
        Ok(())
    }

    pub(super) fn if_(&mut self, ty: BlockType) -> Result<(), Error> {
        self.keep_hint();
        let signature = self.signature(ty)?;
        let condition = self.pop();
        let height = self.stack.len() - self.params(signature).len();
        let saved = self.saved.len();
        self.saved.extend_from_slice(&self.stack[height..]);
        let body = self.graph.new_node();
        let then = self.graph.edge(body, &[]);
        let env = self.graph.env.snapshot();
        // `else_` or `end` puts the right edge here.
        let split = self.graph.finish(Exit::Branch { condition, then, otherwise: then }, self.offset);
        self.graph.start(body);
        self.push_frame(Kind::If { split, env, saved }, signature, height, None);
        Ok(())
    }

    pub(super) fn else_(&mut self) {
        if self.reachable {
            self.branch_to(self.frames.len() - 1);
        }
        let top = self.frames.len() - 1;
        let frame = &mut self.frames[top];
        let height = frame.height;
        let Kind::If { split, env, saved } = std::mem::replace(&mut frame.kind, Kind::Block) else {
            unreachable!("validated: `else` stands in an `if`")
        };
        let node = self.graph.new_node();
        let edge = self.graph.edge_from(env, node, &[]);
        self.set_otherwise(split, edge);
        self.graph.env.restore(env);
        self.graph.start(node);
        self.stack.truncate(height);
        self.stack.extend(self.saved.drain(saved..));
        self.reachable = true;
    }

    fn set_otherwise(&mut self, split: Node, edge: Edge) {
        if let Exit::Branch { otherwise, .. } = &mut self.graph.nodes[split.index()].exit {
            *otherwise = edge;
        }
    }

    pub(super) fn end(&mut self) {
        let top = self.frames.len() - 1;
        if let Kind::If { split, env, saved } = self.frames[top].kind {
            let label = self.label(top);
            let edge = self.graph.edge_from(env, label, &self.saved[saved..]);
            self.set_otherwise(split, edge);
            self.saved.truncate(saved);
        }
        let join = match self.frames[top].kind {
            Kind::Loop => None,
            Kind::Block | Kind::If { .. } => self.frames[top].label,
        };
        if join.is_some() && self.reachable {
            self.branch_to(top);
        }
        let Some(frame) = self.frames.pop() else { return };
        if let Some(label) = join {
            self.stack.truncate(frame.height);
            let one;
            let types = match frame.signature {
                Signature::Result(None) => &[][..],
                Signature::Result(Some(ty)) => {
                    one = [ty];
                    &one
                }
                Signature::Type(index) => &self.declarations.types[index].results,
            };
            let local_type = |local| self.locals.ty(local);
            self.graph.start_join(label, types, self.stack, local_type);
            self.reachable = true;
        } else if !self.reachable {
            self.stack.truncate(frame.height);
        }
        if self.frames.is_empty() && self.reachable {
            self.return_();
        }
    }

    /// The block that branches to a construct lead to.
    fn label(&mut self, frame: usize) -> Node {
        *self.frames[frame].label.get_or_insert_with(|| self.graph.new_node())
    }

    /// How many operands a branch to a construct takes along.
    fn label_arity(&self, frame: usize) -> usize {
        let Frame { kind, signature, .. } = &self.frames[frame];
        match (kind, signature) {
            (_, Signature::Result(None)) | (Kind::Loop, Signature::Result(_)) => 0,
            (_, Signature::Result(Some(_))) => 1,
            (Kind::Loop, Signature::Type(index)) => self.declarations.types[*index].params.len(),
            (_, Signature::Type(index)) => self.declarations.types[*index].results.len(),
        }
    }

    /// An edge to a construct's label that takes its operands from the top of the stack.
    fn edge_to(&mut self, frame: usize) -> Edge {
        let first = self.stack.len() - self.label_arity(frame);
        let label = self.label(frame);
        self.graph.edge(label, &self.stack[first..])
    }

    fn frame_at(&self, depth: u32) -> usize {
        self.frames.len() - 1 - depth as usize
    }

    /// Ends the current block with a jump to a label.
    fn branch_to(&mut self, frame: usize) {
        let edge = self.edge_to(frame);
        self.graph.finish(Exit::Jump(edge), self.offset);
        self.reachable = false;
    }

    /// What follows is not reached until the end or `else` of the construct.
    fn leave(&mut self) {
        self.reachable = false;
        if let Some(frame) = self.frames.last() {
            self.stack.truncate(frame.height);
        }
    }

    pub(super) fn br(&mut self, depth: u32) {
        let frame = self.frame_at(depth);
        if frame == 0 {
            return self.return_();
        }
        self.branch_to(frame);
        self.leave();
    }

    pub(super) fn br_if(&mut self, depth: u32) {
        self.keep_hint();
        let condition = self.pop();
        let then = self.edge_to(self.frame_at(depth));
        let next = self.graph.new_node();
        let otherwise = self.graph.edge(next, &[]);
        self.graph.finish(Exit::Branch { condition, then, otherwise }, self.offset);
        self.graph.start(next);
    }

    /// `br_on_null`: the reference stays on the stack where it is not null.
    pub(super) fn br_on_null(&mut self, depth: u32) {
        let reference = self.pop();
        let condition = self.is_null(reference);
        let then = self.edge_to(self.frame_at(depth));
        let next = self.graph.new_node();
        let otherwise = self.graph.edge(next, &[]);
        self.graph.finish(Exit::Branch { condition, then, otherwise }, self.offset);
        self.graph.start(next);
        let reference = self.known_non_null(reference);
        self.stack.push(reference);
    }

    /// `br_on_non_null`: the reference goes to the label.
    pub(super) fn br_on_non_null(&mut self, depth: u32) {
        let reference = self.pop();
        let condition = self.is_null(reference);
        let known = self.known_non_null(reference);
        self.stack.push(known);
        let otherwise = self.edge_to(self.frame_at(depth));
        self.stack.pop();
        let next = self.graph.new_node();
        let then = self.graph.edge(next, &[]);
        self.graph.finish(Exit::Branch { condition, then, otherwise }, self.offset);
        self.graph.start(next);
    }

    fn is_null(&mut self, reference: Value) -> Value {
        let results = self.graph.emit(Op::RefIsNull, &[reference], &[ValType::I32], self.offset);
        self.graph.body.list(results)[0]
    }

    fn known_non_null(&mut self, reference: Value) -> Value {
        match self.graph.body.ty(reference) {
            ValType::Ref(ty) if ty.nullable => {
                let ty = ValType::Ref(RefType { nullable: false, ..ty });
                let results = self.graph.emit(Op::RefKnownNonNull, &[reference], &[ty], self.offset);
                self.graph.body.list(results)[0]
            }
            _ => reference,
        }
    }

    pub(super) fn return_call(&mut self, callee: Callee) {
        let params = callee.signature(self.declarations).params.len();
        let count = params + usize::from(!matches!(callee, Callee::Func(_)));
        let first = self.stack.len() - count;
        let args = self.graph.body.push_list(self.stack[first..].iter().copied());
        self.graph.finish(Exit::ReturnCall { callee, args }, self.offset);
        self.leave();
    }

    pub(super) fn br_table(&mut self, table: &BrTable<'_>) -> Result<(), Error> {
        let index = self.pop();
        self.switches += 1;
        let default = self.switch_edge(table.default());
        let mut targets = Vec::with_capacity(table.len() as usize);
        for depth in table.targets() {
            targets.push(self.switch_edge(depth.map_err(decode_error)?));
        }
        let exit =
            if targets.is_empty() { Exit::Jump(default) } else { Exit::Switch { index, targets, default } };
        self.graph.finish(exit, self.offset);
        self.leave();
        Ok(())
    }

    fn switch_edge(&mut self, depth: u32) -> Edge {
        let frame = self.frame_at(depth);
        if let Some((switch, edge)) = self.frames[frame].switch
            && switch == self.switches
        {
            return edge;
        }
        let edge = self.edge_to(frame);
        self.frames[frame].switch = Some((self.switches, edge));
        edge
    }

    pub(super) fn return_(&mut self) {
        let count = self.graph.body.signature.results.len();
        let first = self.stack.len() - count;
        let values: List = self.graph.body.push_list(self.stack[first..].iter().copied());
        self.graph.finish(Exit::Return(values), self.offset);
        self.leave();
    }

    pub(super) fn unreachable_(&mut self) {
        self.graph.finish(Exit::Unreachable, self.offset);
        self.leave();
    }

    /// Takes the top operand.
    pub(super) fn pop(&mut self) -> Value {
        self.stack.pop().expect("validated: the operand is on the stack")
    }
}
