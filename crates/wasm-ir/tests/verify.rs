//! The verifier finds what is broken: each test breaks one thing in a good body.

use wootz_wasm_ir::ir::{
    self, Block, Body, Bounds, BoundsCheck, Disjoint, Group, Inst, IntBinary, IntUnary, IntWidth, LocalValue,
    Op, Terminator, Value, ValueDef,
};
use wootz_wasm_ir::{FuncIndex, GlobalIndex, LocalIndex, MemoryIndex, Module, Translator, ValType};

/// entry: branch to a loop or to the end; the loop counts down; calls, loads and a switch besides.
const GOOD: &str = r#"
(module
  (memory 1)
  (global $constant i32 (i32.const 1))
  (func $callee (param i64) (result i32) (i32.const 0))
  (func $f (param $n i32) (param $wide i64) (result i32) (local $sum i32)
    (if (local.get $n)
      (then
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (call $callee (local.get $wide))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.load (local.get $n))))))))
    (block (block (br_table 0 1 (local.get $n))))
    (i32.add (global.get $constant) (local.get $sum))))"#;

fn good() -> (Module, Body) {
    let module = Module::new(GOOD.as_bytes()).unwrap();
    let body = Translator::keeping_locals().translate(&module, FuncIndex(1)).unwrap().clone();
    ir::verify(module.declarations(), &body).unwrap();
    (module, body)
}

/// Breaks the good body and gives the verifier's message.
fn broken(damage: impl FnOnce(&mut Body)) -> String {
    let (module, mut body) = good();
    damage(&mut body);
    ir::verify(module.declarations(), &body).expect_err("the verifier finds the damage").to_string()
}

fn inst(body: &Body, wanted: impl Fn(Op) -> bool) -> Inst {
    body.insts.iter().find(|(_, data)| wanted(data.op)).expect("the body has one").0
}

/// The block that ends in a branch to itself.
fn loop_block(body: &Body) -> Block {
    let is_loop = |(block, data): &(Block, &ir::BlockData)| {
        data.terminator.kind.successors().any(|target| target.block == *block)
    };
    body.blocks.iter().find(is_loop).expect("the body has a loop").0
}

macro_rules! assert_finds {
    ($message:literal, $damage:expr) => {
        let error = broken($damage);
        assert!(error.contains($message), "found instead: {error}");
    };
}

#[test]
fn signature() {
    assert_finds!("is declared", |body| body.signature.params = Box::new([ValType::I32]));
    assert_finds!("there is no func9", |body| body.func = FuncIndex(9));
    assert_finds!("entry block's parameters", |body| body.blocks[Body::ENTRY].params.clear());
    assert_finds!("entry block's parameters", Body::clear);
}

#[test]
fn definitions() {
    assert_finds!("is not what it is defined as", |body| {
        body.values[Value(0)].def = ValueDef::Param(Block(1), 0);
    });
    assert_finds!("stands in no block", |body| body.blocks[Body::ENTRY].insts.clear());
    assert_finds!("stands in two places", |body| {
        let block = loop_block(body);
        let first = body.blocks[block].insts[0];
        body.blocks[block].insts.push(first);
    });
    assert_finds!("which does not exist", |body| body.blocks[Body::ENTRY].insts.push(Inst(1000)));
    assert_finds!("is not defined", |body| {
        let data = body.values[Value(0)];
        body.values.push(data);
    });
}

#[test]
fn order_and_dominance() {
    assert_finds!("which is not defined on every path", |body| {
        let block = loop_block(body);
        body.blocks[block].insts.reverse();
    });
    assert_finds!("which is not defined on every path", |body| {
        // The last block uses what only the loop defines.
        let value = body.blocks[loop_block(body)].params[0];
        let last = Block(body.blocks.len() as u32 - 1);
        body.blocks[last].terminator.kind = Terminator::Return(body.push_list([value]));
    });
    assert_finds!("leads to the entry block", |body| {
        let block = loop_block(body);
        let Terminator::Branch { then, .. } = &mut body.blocks[block].terminator.kind else {
            panic!("a branch")
        };
        then.block = Body::ENTRY;
    });
    assert_finds!("leads back to", |body| {
        // The end of the function leads back into the loop, which has an entry of its own.
        let target = loop_block(body);
        let Terminator::Branch { then, .. } = body.blocks[target].terminator.kind else { panic!("a branch") };
        let last = Block(body.blocks.len() as u32 - 1);
        body.blocks[last].terminator.kind = Terminator::Jump(then);
    });
    assert_finds!("cannot be reached", |body| body.blocks[Body::ENTRY].terminator.kind =
        Terminator::Unreachable);
    assert_finds!("does not exist", |body| {
        let Terminator::Branch { then, .. } = &mut body.blocks[Body::ENTRY].terminator.kind else {
            panic!("a branch")
        };
        then.block = Block(99);
    });
}

#[test]
fn types() {
    assert_finds!("has type i32, not i64", |body| {
        let add = inst(body, |op| matches!(op, Op::IntBinary(_, IntBinary::Add)));
        body.insts[add].op = Op::IntBinary(IntWidth::I64, IntBinary::Add);
    });
    assert_finds!("operands instead of 1", |body| {
        let add = inst(body, |op| matches!(op, Op::IntBinary(_, IntBinary::Add)));
        body.insts[add].op = Op::IntUnary(IntWidth::I32, IntUnary::Clz);
    });
    assert_finds!("results instead of 0", |body| {
        let call = inst(body, |op| matches!(op, Op::Call(_)));
        let load = inst(body, |op| matches!(op, Op::Load { .. }));
        let Op::Load { access, .. } = body.insts[load].op else { unreachable!() };
        body.insts[call].op = Op::Store { access };
        body.insts[call].args = body.push_list([Value(0), Value(1)]);
    });
    assert_finds!("there is no global7", |body| {
        let get = inst(body, |op| matches!(op, Op::GlobalGet(_)));
        body.insts[get].op = Op::GlobalGet(GlobalIndex(7));
    });
    assert_finds!("not mutable", |body| {
        let get = inst(body, |op| matches!(op, Op::GlobalGet(_)));
        body.insts[get].op = Op::GlobalSet(GlobalIndex(0));
    });
    assert_finds!("an access of 8 bytes", |body| {
        let load = inst(body, |op| matches!(op, Op::Load { .. }));
        if let Op::Load { access, .. } = &mut body.insts[load].op {
            access.bytes = 8;
        }
    });
    assert_finds!("condition v1 has type i64", |body| {
        let Terminator::Branch { condition, .. } = &mut body.blocks[Body::ENTRY].terminator.kind else {
            panic!()
        };
        *condition = Value(1);
    });
}

#[test]
fn bounds() {
    let claim = |body: &mut Body, bounds: Bounds| {
        let load = inst(body, |op| matches!(op, Op::Load { .. }));
        body.insts[load].op.access_mut().expect("a load is an access").bounds = bounds;
    };
    assert_finds!("there is no group3", |body| claim(body, Bounds::Ranged(Group(3))));
    assert_finds!("nothing leads check7 to here", |body| claim(body, Bounds::Follows(BoundsCheck(7))));
    assert_finds!("has type i32, not i64", |body| {
        let group = body.groups.push(Disjoint { first: Group(0), count: 1 });
        claim(body, Bounds::Ranged(group));
    });
    assert_finds!("has type i32, not i64", |body| {
        let add = inst(body, |op| matches!(op, Op::IntBinary(_, IntBinary::Add)));
        body.insts[add].op = Op::MemoryLength(MemoryIndex(0));
        body.insts[add].args = body.push_list([]);
    });
}

#[test]
fn costs() {
    assert_finds!("there are 1 costs for", |body| body.costs.push(7));
}

#[test]
fn arguments_and_offsets() {
    assert_finds!("arguments instead of", |body| {
        let block = loop_block(body);
        let empty = body.push_list([]);
        let Terminator::Branch { then, .. } = &mut body.blocks[block].terminator.kind else {
            panic!("a branch")
        };
        then.args = empty;
    });
    assert_finds!("results instead of 1", |body| {
        let last = Block(body.blocks.len() as u32 - 1);
        body.blocks[last].terminator.kind = Terminator::Return(body.push_list([]));
    });
    assert_finds!("has no offset", |body| body.insts[Inst(0)].offset = 0);
    assert_finds!("its end has no offset", |body| body.blocks[Body::ENTRY].terminator.offset = 0);
    assert_finds!("outside the pool", |body| body.pool.truncate(1));
}

#[test]
fn what_locals_hold() {
    assert_finds!("out of order", |body| body.locals.records.reverse());
    assert_finds!("there is no local9", |body| body.locals.records[0].local = LocalIndex(9));
    assert_finds!("which there are not", |body| body.locals.records[0].position = 99);
    assert_finds!("which there are not", |body| body.locals.records[0].block = Block(99));
    assert_finds!("not i64", |body| {
        let value = body.locals.records[0].value;
        body.locals.records[1].value = value;
    });
    assert_finds!("not defined on every path", |body| {
        let last = body.values.keys().last().expect("the body has values");
        body.locals.records[0].value = LocalValue::Value(last);
    });
}
