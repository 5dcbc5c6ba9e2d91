//! Random control flow over a few locals, run twice: as it was written, and as the IR it becomes. Both must log the same
//! values and return the same one.

use proptest::prelude::*;
use wasm_encoder::{
    BlockType, CodeSection, EntityType, Function, FunctionSection, ImportSection, Instruction as I,
    Module as Binary, TypeSection, ValType,
};
use wootz_wasm_ir::ir::{self, BlockCall, Body, Constant, IntBinary, IntWidth, Op, Terminator, Value};
use wootz_wasm_ir::{FuncIndex, Module, Translator};

/// Two parameters and two more.
const LOCALS: u8 = 4;
/// Statements that the original runs at most; the IR runs more instructions than that can be.
const STEPS: usize = 2_000;

/// A statement. Locals are taken modulo their number, labels modulo those that are open.
#[derive(Clone, Debug)]
enum Statement {
    Log(u8),
    Set(u8, i32),
    Copy(u8, u8),
    Add(u8, u8, i32),
    /// A block, with a result for a local from a local if asked for.
    Block(Vec<Statement>, Option<(u8, u8)>),
    Loop(Vec<Statement>),
    /// By a local's lowest bit.
    If(u8, Vec<Statement>, Option<Vec<Statement>>),
    /// The last operand is the local whose value a label with a result gets.
    Branch(u8, u8),
    BranchIf(u8, u8, u8),
    Switch(u8, Vec<u8>, u8, u8),
    Return(u8),
}

fn local(index: u8) -> u32 {
    u32::from(index % LOCALS)
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    use Statement as S;
    let n = any::<u8>;
    let leaf = prop_oneof![
        3 => n().prop_map(S::Log),
        2 => (n(), 0..4).prop_map(|(to, value)| S::Set(to, value)),
        3 => (n(), n()).prop_map(|(to, from)| S::Copy(to, from)),
        3 => (n(), n(), -1..2).prop_map(|(to, from, value)| S::Add(to, from, value)),
        1 => (n(), n()).prop_map(|(label, value)| S::Branch(label, value)),
        4 => (n(), n(), n()).prop_map(|(condition, label, value)| S::BranchIf(condition, label, value)),
        2 => (n(), prop::collection::vec(n(), 0..4), n(), n())
            .prop_map(|(index, targets, default, value)| S::Switch(index, targets, default, value)),
        1 => n().prop_map(S::Return),
    ];
    let list = prop::collection::vec(leaf, 0..6).boxed();
    list.prop_recursive(8, 200, 3, move |inner| {
        let construct = prop_oneof![
            (inner.clone(), prop::option::of((n(), n()))).prop_map(|(body, result)| S::Block(body, result)),
            inner.clone().prop_map(S::Loop),
            (n(), inner.clone(), prop::option::of(inner.clone()))
                .prop_map(|(c, then, other)| S::If(c, then, other)),
        ];
        (inner.clone(), prop::collection::vec((construct, inner), 1..3)).prop_map(|(mut all, more)| {
            for (construct, after) in more {
                all.push(construct);
                all.extend(after);
            }
            all
        })
    })
}

/// The open labels, innermost last: whether each takes a value. The function's own does.
type Labels = Vec<bool>;

fn depth(labels: &Labels, label: u8) -> usize {
    usize::from(label) % labels.len()
}

fn takes_value(labels: &Labels, depth: usize) -> bool {
    labels[labels.len() - 1 - depth]
}

/// The depths of a table: those that do not take what the default takes are the default.
fn table(labels: &Labels, targets: &[u8], default: u8) -> (Vec<usize>, usize) {
    let default = depth(labels, default);
    let fits = |depth: usize| takes_value(labels, depth) == takes_value(labels, default);
    let targets =
        targets.iter().map(|target| depth(labels, *target)).map(|d| if fits(d) { d } else { default });
    (targets.collect(), default)
}

// ---- as written ----

enum Flow {
    Next,
    Branch(usize, i32),
    Stopped,
}

struct Original {
    locals: [i32; LOCALS as usize],
    log: Vec<i32>,
    steps: usize,
}

impl Original {
    fn get(&self, index: u8) -> i32 {
        self.locals[local(index) as usize]
    }

    fn set(&mut self, index: u8, value: i32) {
        self.locals[local(index) as usize] = value;
    }

    fn run(&mut self, list: &[Statement], labels: &mut Labels) -> Flow {
        for statement in list {
            self.steps += 1;
            if self.steps > STEPS {
                return Flow::Stopped;
            }
            match self.step(statement, labels) {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    fn inside(&mut self, list: &[Statement], takes_value: bool, labels: &mut Labels) -> Flow {
        labels.push(takes_value);
        let flow = self.run(list, labels);
        labels.pop();
        flow
    }

    fn step(&mut self, statement: &Statement, labels: &mut Labels) -> Flow {
        use Statement as S;
        match statement {
            S::Log(from) => self.log.push(self.get(*from)),
            S::Set(to, value) => self.set(*to, *value),
            S::Copy(to, from) => self.set(*to, self.get(*from)),
            S::Add(to, from, value) => self.set(*to, self.get(*from).wrapping_add(*value)),
            S::Block(body, result) => {
                let value = match self.inside(body, result.is_some(), labels) {
                    Flow::Next => result.map(|(_, from)| self.get(from)),
                    Flow::Branch(0, value) => result.map(|_| value),
                    Flow::Branch(depth, value) => return Flow::Branch(depth - 1, value),
                    Flow::Stopped => return Flow::Stopped,
                };
                if let (Some((to, _)), Some(value)) = (result, value) {
                    self.set(*to, value);
                }
            }
            S::Loop(body) => loop {
                self.steps += 1;
                if self.steps > STEPS {
                    return Flow::Stopped;
                }
                match self.inside(body, false, labels) {
                    Flow::Next => break,
                    Flow::Branch(0, _) => {}
                    Flow::Branch(depth, value) => return Flow::Branch(depth - 1, value),
                    Flow::Stopped => return Flow::Stopped,
                }
            },
            S::If(condition, then, otherwise) => {
                let taken = if self.get(*condition) & 1 != 0 { Some(then) } else { otherwise.as_ref() };
                match taken.map_or(Flow::Next, |body| self.inside(body, false, labels)) {
                    Flow::Next | Flow::Branch(0, _) => {}
                    Flow::Branch(depth, value) => return Flow::Branch(depth - 1, value),
                    Flow::Stopped => return Flow::Stopped,
                }
            }
            S::Branch(label, value) => return Flow::Branch(depth(labels, *label), self.get(*value)),
            S::BranchIf(condition, label, value) => {
                if self.get(*condition) & 1 != 0 {
                    return Flow::Branch(depth(labels, *label), self.get(*value));
                }
            }
            S::Switch(index, targets, default, value) => {
                let (targets, default) = table(labels, targets, *default);
                let target = targets.get(self.get(*index) as u32 as usize).copied().unwrap_or(default);
                return Flow::Branch(target, self.get(*value));
            }
            S::Return(value) => return Flow::Branch(labels.len() - 1, self.get(*value)),
        }
        Flow::Next
    }
}

// ---- as WebAssembly ----

fn encode(list: &[Statement]) -> Vec<u8> {
    let i32 = ValType::I32;
    let mut types = TypeSection::new();
    types.ty().function([i32], []);
    types.ty().function([i32, i32], [i32]);
    let mut imports = ImportSection::new();
    imports.import("", "log", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1);
    let mut function = Function::new([(u32::from(LOCALS) - 2, i32)]);
    emit_all(list, &mut vec![true], &mut function);
    function.instruction(&I::LocalGet(0)).instruction(&I::End);
    let mut code = CodeSection::new();
    code.function(&function);
    let mut module = Binary::new();
    module.section(&types).section(&imports).section(&functions).section(&code);
    module.finish()
}

fn emit_all(list: &[Statement], labels: &mut Labels, out: &mut Function) {
    list.iter().for_each(|statement| emit(statement, labels, out));
}

fn emit_condition(condition: u8, out: &mut Function) {
    out.instruction(&I::LocalGet(local(condition))).instruction(&I::I32Const(1)).instruction(&I::I32And);
}

fn emit(statement: &Statement, labels: &mut Labels, out: &mut Function) {
    use Statement as S;
    match statement {
        S::Log(from) => {
            out.instruction(&I::LocalGet(local(*from))).instruction(&I::Call(0));
        }
        S::Set(to, value) => {
            out.instruction(&I::I32Const(*value)).instruction(&I::LocalSet(local(*to)));
        }
        S::Copy(to, from) => {
            out.instruction(&I::LocalGet(local(*from))).instruction(&I::LocalSet(local(*to)));
        }
        S::Add(to, from, value) => {
            out.instruction(&I::LocalGet(local(*from))).instruction(&I::I32Const(*value));
            out.instruction(&I::I32Add).instruction(&I::LocalSet(local(*to)));
        }
        S::Block(body, result) => {
            let ty = if result.is_some() { BlockType::Result(ValType::I32) } else { BlockType::Empty };
            out.instruction(&I::Block(ty));
            labels.push(result.is_some());
            emit_all(body, labels, out);
            labels.pop();
            if let Some((to, from)) = result {
                out.instruction(&I::LocalGet(local(*from))).instruction(&I::End);
                out.instruction(&I::LocalSet(local(*to)));
            } else {
                out.instruction(&I::End);
            }
        }
        S::Loop(body) => {
            out.instruction(&I::Loop(BlockType::Empty));
            labels.push(false);
            emit_all(body, labels, out);
            labels.pop();
            out.instruction(&I::End);
        }
        S::If(condition, then, otherwise) => {
            emit_condition(*condition, out);
            out.instruction(&I::If(BlockType::Empty));
            labels.push(false);
            emit_all(then, labels, out);
            if let Some(otherwise) = otherwise {
                out.instruction(&I::Else);
                emit_all(otherwise, labels, out);
            }
            labels.pop();
            out.instruction(&I::End);
        }
        S::Branch(label, value) => {
            let depth = depth(labels, *label);
            emit_value(labels, depth, *value, out);
            out.instruction(&I::Br(depth as u32));
        }
        S::BranchIf(condition, label, value) => {
            let depth = depth(labels, *label);
            let carries = emit_value(labels, depth, *value, out);
            emit_condition(*condition, out);
            out.instruction(&I::BrIf(depth as u32));
            if carries {
                out.instruction(&I::Drop);
            }
        }
        S::Switch(index, targets, default, value) => {
            let (targets, default) = table(labels, targets, *default);
            emit_value(labels, default, *value, out);
            out.instruction(&I::LocalGet(local(*index)));
            let targets: Vec<u32> = targets.iter().map(|depth| *depth as u32).collect();
            out.instruction(&I::BrTable(targets.into(), default as u32));
        }
        S::Return(value) => {
            out.instruction(&I::LocalGet(local(*value))).instruction(&I::Return);
        }
    }
}

fn emit_value(labels: &Labels, depth: usize, value: u8, out: &mut Function) -> bool {
    let carries = takes_value(labels, depth);
    if carries {
        out.instruction(&I::LocalGet(local(value)));
    }
    carries
}

// ---- as IR ----

struct Translated<'a> {
    body: &'a Body,
    values: Vec<i32>,
    log: Vec<i32>,
}

impl Translated<'_> {
    fn get(&self, value: Value) -> i32 {
        self.values[value.0 as usize]
    }

    /// Runs from the entry, for a limited number of blocks.
    fn run(&mut self, params: &[i32]) -> Option<i32> {
        self.values[..params.len()].copy_from_slice(params);
        let mut block = Body::ENTRY;
        for _ in 0..20 * STEPS {
            let data = &self.body.blocks[block];
            for inst in &data.insts {
                let args: Vec<i32> = self.body.args(*inst).iter().map(|value| self.get(*value)).collect();
                let result = match self.body.insts[*inst].op {
                    Op::Const(Constant::I32(value)) => value,
                    Op::IntBinary(IntWidth::I32, IntBinary::Add) => args[0].wrapping_add(args[1]),
                    Op::IntBinary(IntWidth::I32, IntBinary::And) => args[0] & args[1],
                    Op::Call(FuncIndex(0)) => {
                        self.log.push(args[0]);
                        continue;
                    }
                    other => panic!("{other:?} is not in the program"),
                };
                self.values[self.body.results(*inst)[0].0 as usize] = result;
            }
            block = match &data.terminator.kind {
                Terminator::Jump(target) => self.enter(*target),
                Terminator::Branch { condition, then, otherwise } => {
                    self.enter(if self.get(*condition) != 0 { *then } else { *otherwise })
                }
                Terminator::Switch { index, targets, default } => {
                    self.enter(*targets.get(self.get(*index) as u32 as usize).unwrap_or(default))
                }
                Terminator::Return(values) => return Some(self.get(self.body.list(*values)[0])),
                Terminator::ReturnCall { .. } => panic!("the program has no tail calls"),
                Terminator::Unreachable => panic!("the program has no trap"),
            };
        }
        None
    }

    /// Gives a block's parameters their arguments, all at once.
    fn enter(&mut self, target: BlockCall) -> ir::Block {
        let args: Vec<i32> = self.body.list(target.args).iter().map(|value| self.get(*value)).collect();
        for (param, arg) in self.body.blocks[target.block].params.iter().zip(args) {
            self.values[param.0 as usize] = arg;
        }
        target.block
    }
}

/// A block parameter that receives nothing but itself and one other value.
fn redundant_param(body: &Body) -> Option<Value> {
    let calls = || body.blocks.values().flat_map(|data| data.terminator.kind.successors());
    body.blocks.iter().skip(1).find_map(|(block, data)| {
        data.params.iter().enumerate().find_map(|(index, param)| {
            let received = calls().filter(|call| call.block == block).map(|call| body.list(call.args)[index]);
            let mut others: Vec<Value> = received.filter(|value| value != param).collect();
            others.dedup();
            (others.len() < 2).then_some(*param)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ir_does_what_the_program_does(list in statements(), params in any::<[i8; 2]>()) {
        let params = params.map(i32::from);
        let module = Module::from_binary(encode(&list)).unwrap();
        let mut translator = Translator::new();
        let body = translator.translate(&module, FuncIndex(1)).unwrap();
        if let Err(error) = ir::verify(module.declarations(), body) {
            panic!("{error}\n{}", ir::DisplayBody(body));
        }
        prop_assert_eq!(redundant_param(body), None, "\n{}", ir::DisplayBody(body));
        let mut original = Original { locals: [params[0], params[1], 0, 0], log: Vec::new(), steps: 0 };
        let result = match original.run(&list, &mut vec![true]) {
            Flow::Next => Some(original.locals[0]),
            Flow::Branch(_, value) => Some(value),
            Flow::Stopped => None,
        };
        let mut translated = Translated { body, values: vec![0; body.values.len()], log: Vec::new() };
        let translated_result = translated.run(&params);
        if result.is_some() {
            prop_assert_eq!(translated_result, result, "\n{}", ir::DisplayBody(body));
            prop_assert_eq!(translated.log, original.log, "\n{}", ir::DisplayBody(body));
        } else {
            prop_assert!(translated.log.starts_with(&original.log), "\n{}", ir::DisplayBody(body));
        }
    }
}
