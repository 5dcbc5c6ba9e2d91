//! Random signatures, with many values and vectors among them: whoever calls, every value arrives and the stack is as before.

use std::fmt::Write as _;

use proptest::prelude::*;
use wootz::{
    CheckStrategy, Config, Engine, Func, FuncType, Instance, Mode, Module, OptLevel, Store, Val, ValType,
};

const TYPES: [(ValType, &str); 5] = [
    (ValType::I32, "i32"),
    (ValType::I64, "i64"),
    (ValType::F32, "f32"),
    (ValType::F64, "f64"),
    (ValType::V128, "v128"),
];

/// Calls in a row, so that a stack pointer that drifts goes far.
const ROUNDS: u32 = 50_000;

/// A signature: the types of its parameters, and which of these it returns.
#[derive(Clone, Debug)]
struct Signature {
    params: Vec<usize>,
    results: Vec<usize>,
}

impl Signature {
    fn names(&self, positions: impl Iterator<Item = usize>) -> String {
        positions.map(|position| TYPES[self.params[position]].1).collect::<Vec<_>>().join(" ")
    }

    /// `(param …) (result …)`, with the parameters in either order.
    fn text(&self, reversed: bool) -> String {
        let count = self.params.len();
        let params = self.names((0..count).map(|index| if reversed { count - 1 - index } else { index }));
        format!("(param {params}) (result {})", self.names(self.results.iter().copied()))
    }

    fn ty(&self) -> FuncType {
        let ty = |position: usize| TYPES[self.params[position]].0;
        let results: Vec<_> = self.results.iter().map(|position| ty(*position)).collect();
        FuncType::new((0..self.params.len()).map(ty), results)
    }

    /// A module that passes its parameters on in every way: as they come, and from a function that takes them the other
    /// way round.
    fn module(&self) -> String {
        let count = self.params.len();
        let get = |reversed: bool| -> String {
            let mut text = String::new();
            for index in 0..count {
                let index = if reversed { count - 1 - index } else { index };
                write!(text, "(local.get {index})").unwrap();
            }
            text
        };
        let (same, swapped) = (get(false), get(true));
        let returned: String = self.results.iter().map(|index| format!("(local.get {index})")).collect();
        let drops = "(drop)".repeat(self.results.len());
        let mut text = format!(
            "(module (type $t (func {})) (type $r (func {}))
               (import \"\" \"host\" (func $host (type $t)))
               (table funcref (elem $own $host))
               (func $own (export \"own\") (type $t) {returned})",
            self.text(false),
            self.text(true),
        );
        let callees = [
            ("own", "call $own", ""),
            ("host", "call $host", ""),
            ("table", "call_indirect (type $t)", "(i32.const 0)"),
        ];
        for (name, call, index) in callees {
            write!(
                text,
                "(func (export \"{name}.call\") (type $t) ({call} {same} {index}))
                 (func (export \"{name}.tail\") (type $t) (return_{call} {same} {index}))
                 (func $r.{name} (type $r) ({call} {swapped} {index}))
                 (func (export \"{name}.swapped\") (type $t) (call $r.{name} {swapped}))
                 (func $q.{name} (type $r) (return_{call} {swapped} {index}))
                 (func (export \"{name}.swapped.tail\") (type $t) (return_call $q.{name} {swapped}))
                 (func (export \"{name}.often\") (type $t) (local $n i32)
                   (loop $again
                     ({call} {same} {index}) {drops}
                     (local.set $n (i32.add (local.get $n) (i32.const 1)))
                     (br_if $again (i32.lt_u (local.get $n) (i32.const {ROUNDS}))))
                   ({call} {same} {index}))",
            )
            .unwrap();
        }
        text + ")"
    }
}

/// Few integers, many floats and vectors, since these have to fill eight registers before a vector is on the stack.
fn signature() -> impl Strategy<Value = Signature> {
    let ty = prop_oneof![2 => 0..2_usize, 2 => 2..4_usize, 3 => Just(4_usize)];
    prop::collection::vec(ty, 8..24).prop_flat_map(|params| {
        let results = prop::collection::vec(0..params.len(), 0..6);
        results.prop_map(move |results| Signature { params: params.clone(), results })
    })
}

fn value(ty: usize, position: usize) -> Val {
    let bits = (position as u128 + 1) * 0x0101_0203_0405_0607_0809_0a0b_0c0d_0e0f;
    match TYPES[ty].0 {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(bits as u32),
        ValType::F64 => Val::F64(bits as u64),
        _ => Val::V128(bits),
    }
}

fn check(engine: &Engine, signature: &Signature) -> Result<(), TestCaseError> {
    let mut store = Store::new(engine, ());
    let chosen = signature.results.clone();
    let host = Func::new(&mut store, signature.ty(), move |_, params, results| {
        for (result, position) in results.iter_mut().zip(&chosen) {
            *result = params[*position];
        }
        Ok(())
    });
    let module = Module::new(engine, signature.module()).unwrap();
    let instance = Instance::new(&mut store, &module, &[host.into()]).unwrap();
    let args: Vec<_> = signature.params.iter().enumerate().map(|(index, ty)| value(*ty, index)).collect();
    let expected: Vec<_> = signature.results.iter().map(|index| format!("{:?}", args[*index])).collect();
    for export in module.exports() {
        let func = instance.get_func(&store, export.name).unwrap();
        let results = func.call(&mut store, &args).unwrap();
        let results: Vec<_> = results.iter().map(|value| format!("{value:?}")).collect();
        prop_assert_eq!(&results, &expected, "{}", export.name);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_arrives(signature in signature()) {
        for level in [OptLevel::O0, OptLevel::O2] {
            let config = Config::new().opt_level(level).checks(CheckStrategy::Guard);
            check(&Engine::new(&config), &signature)?;
        }
        check(&Engine::new(&Config::new().mode(Mode::Lazy)), &signature)?;
    }
}
