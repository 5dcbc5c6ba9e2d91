//! Functions of extreme shapes. Each would take hours, or the whole stack, if some step were quadratic or recursive.

use wootz_wasm_ir::ir::{self, Body};
use wootz_wasm_ir::{Error, ErrorKind, FuncIndex, Module, Translator};

const BLOCK: &[u8] = &[0x02, 0x40];
const LOOP: &[u8] = &[0x03, 0x40];
const IF: &[u8] = &[0x04, 0x40];
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const BR_IF: u8 = 0x0d;
const BR_TABLE: u8 = 0x0e;
const DROP: u8 = 0x1a;
const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const I32_CONST: u8 = 0x41;
const I32_ADD: u8 = 0x6a;

/// Code under construction.
#[derive(Default)]
struct Code(Vec<u8>);

impl Code {
    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn op(&mut self, opcode: u8, immediate: u32) -> &mut Self {
        self.0.push(opcode);
        unsigned(&mut self.0, immediate);
        self
    }

    fn number(&mut self, value: u32) -> &mut Self {
        unsigned(&mut self.0, value);
        self
    }

    fn times(
        &mut self,
        count: u32,
        mut f: impl for<'c> FnMut(&'c mut Self, u32) -> &'c mut Self,
    ) -> &mut Self {
        for index in 0..count {
            f(self, index);
        }
        self
    }

    /// Adds one to a local.
    fn increment(&mut self, local: u32) -> &mut Self {
        self.op(LOCAL_GET, local).op(I32_CONST, 1).raw(&[I32_ADD]).op(LOCAL_SET, local)
    }

    /// A module whose only function is `(param i32)`, has this many `i32` locals besides, and this code.
    fn module(&self, locals: u32) -> Module {
        let mut body = vec![1];
        unsigned(&mut body, locals);
        body.push(0x7f);
        body.extend_from_slice(&self.0);
        body.push(END);
        let mut code = vec![1];
        unsigned(&mut code, body.len() as u32);
        code.extend(body);
        let mut bytes = b"\0asm\x01\0\0\0\x01\x05\x01\x60\x01\x7f\x00\x03\x02\x01\x00\x0a".to_vec();
        unsigned(&mut bytes, code.len() as u32);
        bytes.extend(code);
        Module::from_binary(bytes).expect("the module is valid")
    }
}

fn unsigned(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Translates and verifies the only function, and gives the number of blocks, block parameters and values in lists.
fn sizes(module: &Module) -> (usize, usize, usize) {
    let mut translator = Translator::new();
    let body = translator.translate(module, FuncIndex(0)).expect("the function translates");
    ir::verify(module.declarations(), body).unwrap();
    (body.blocks.len(), params(body), body.pool.len())
}

fn params(body: &Body) -> usize {
    body.blocks.values().skip(1).map(|block| block.params.len()).sum()
}

fn refusal(module: &Module) -> Error {
    Translator::new().translate(module, FuncIndex(0)).expect_err("the function is too large")
}

#[test]
fn a_million_instructions() {
    let mut code = Code::default();
    code.op(LOCAL_GET, 0).times(500_000, |code, _| code.op(I32_CONST, 1).raw(&[I32_ADD]));
    let (blocks, params, pool) = sizes(&code.raw(&[DROP]).module(0));
    assert_eq!((blocks, params, pool), (1, 0, 4 * 500_000));
}

#[test]
fn blocks_nested_deeply() {
    let depth = 10_000;
    let mut code = Code::default();
    code.times(depth, |code, _| code.raw(BLOCK));
    // All locals change inside, and then a branch leads to each block: all of them join equal locals.
    code.times(1_000, |code, local| code.op(I32_CONST, local).op(LOCAL_SET, local + 1));
    code.times(depth, |code, label| code.op(LOCAL_GET, 0).op(BR_IF, label));
    code.times(depth, |code, _| code.raw(&[END]));
    code.times(1_000, |code, local| code.op(LOCAL_GET, local + 1).raw(&[DROP]));
    let (blocks, params, _) = sizes(&code.module(1_000));
    assert_eq!((blocks, params), (1 + 2 * depth as usize, 0));
}

#[test]
fn ifs_nested_deeply() {
    let depth = 100_000;
    let mut code = Code::default();
    code.times(depth, |code, _| code.op(LOCAL_GET, 0).raw(IF));
    code.increment(1);
    code.times(depth, |code, _| code.raw(&[ELSE, END]));
    code.op(LOCAL_GET, 1).op(LOCAL_SET, 0).increment(0);
    let (blocks, params, _) = sizes(&code.module(1));
    assert_eq!((blocks, params), (1 + 3 * depth as usize, depth as usize));
}

#[test]
fn loops_nested_deeply() {
    let depth = 20_000;
    let mut code = Code::default();
    code.times(depth, |code, _| code.raw(LOOP));
    code.increment(0);
    code.times(depth, |code, _| code.op(LOCAL_GET, 0).op(BR_IF, 0).raw(&[END]));
    let (blocks, params, _) = sizes(&code.module(0));
    assert_eq!((blocks, params), (1 + 2 * depth as usize, depth as usize));
}

#[test]
fn loops_whose_parameters_are_all_redundant() {
    // Each loop assigns every local the value it has: all parameters vanish, each when the one outside it has.
    let (depth, locals) = (2_000, 200);
    let mut code = Code::default();
    code.times(depth, |code, _| code.raw(LOOP));
    code.times(locals, |code, local| code.op(LOCAL_GET, local + 1).op(LOCAL_SET, local + 1));
    code.times(depth, |code, _| code.op(LOCAL_GET, 0).op(BR_IF, 0).raw(&[END]));
    code.times(locals, |code, local| code.op(LOCAL_GET, local + 1).op(LOCAL_SET, 0).increment(0));
    let (blocks, params, _) = sizes(&code.module(locals));
    assert_eq!((blocks, params), (1 + 2 * depth as usize, 0));
}

#[test]
fn many_locals_and_many_joins() {
    // Each of many ifs changes one local of many, and all are read at the end.
    let (ifs, locals) = (20_000, 49_000);
    let mut code = Code::default();
    code.times(ifs, |code, index| code.op(LOCAL_GET, 0).raw(IF).increment(index + 1).raw(&[END]));
    code.times(locals, |code, local| code.op(LOCAL_GET, local + 1).op(LOCAL_SET, 0).increment(0));
    let (blocks, params, pool) = sizes(&code.module(locals));
    assert_eq!((blocks, params), (1 + 2 * ifs as usize, ifs as usize));
    assert!(pool < 10 * (ifs + locals) as usize);
}

#[test]
fn a_giant_table() {
    let (labels, targets) = (1_000, 500_000);
    let mut code = Code::default();
    code.times(labels, |code, _| code.raw(BLOCK));
    code.increment(1).op(LOCAL_GET, 0).op(BR_TABLE, targets);
    code.times(targets, |code, index| code.number(index % labels)).number(0);
    code.times(labels, |code, _| code.raw(&[END]).increment(1));
    code.op(LOCAL_GET, 1).op(BR_IF, 0);
    let module = code.module(1);
    let (blocks, params, pool) = sizes(&module);
    assert_eq!((blocks, params), (1 + labels as usize + 2, labels as usize - 1));
    assert!(pool < 20 * labels as usize, "equal targets share their arguments: {pool}");
}

#[test]
fn declared_locals_cost_nothing() {
    let module = Code::default().increment(49_999).module(49_999);
    let mut translator = Translator::new();
    // Half a billion local slots, three bytes each time.
    for _ in 0..10_000 {
        translator.translate(&module, FuncIndex(0)).unwrap();
    }
}

#[test]
fn inherently_large_ssa_form_is_a_limit() {
    // Every loop carries every local around.
    let (depth, locals) = (4_000, 4_000);
    let mut code = Code::default();
    code.times(depth, |code, _| code.raw(LOOP));
    code.times(locals, |code, local| code.increment(local + 1));
    code.times(depth, |code, _| code.op(LOCAL_GET, 0).op(BR_IF, 0).raw(&[END]));
    let module = code.module(locals);
    let error = refusal(&module);
    assert_eq!(error.kind, ErrorKind::Limit);
    assert_eq!(error.message, "the SSA form of function 0 is too large");
    assert_eq!(error.offset, u64::from(module.body_range(FuncIndex(0)).unwrap().start));
}

#[test]
fn a_translator_works_after_an_error() {
    let mut large = Code::default();
    large.times(4_000, |code, _| code.raw(LOOP));
    large.times(4_000, |code, local| code.increment(local + 1));
    large.times(4_000, |code, _| code.op(LOCAL_GET, 0).op(BR_IF, 0).raw(&[END]));
    let mut translator = Translator::new();
    translator.translate(&large.module(4_000), FuncIndex(0)).unwrap_err();
    let small = Code::default().increment(0).op(LOCAL_GET, 0).raw(&[DROP]).module(0);
    let body = translator.translate(&small, FuncIndex(0)).unwrap();
    ir::verify(small.declarations(), body).unwrap();
    assert_eq!(body.insts.len(), 2);
}
