//! Branches are counted by the first tier as by regular code, and what becomes hot is compiled for the counts.

use std::sync::{Arc, Mutex};

use wootz::{Branches, Config, Engine, Instance, Mode, Module, Store};
use wootz_vm_abi::lazy::CodeSpace;
use wootz_wasm_ir::Translator;
use wootz_wasm_ir::ir::counted;

/// Every kind of branch: with and without values, to blocks with one way in and with several, tables of either length, loops.
const BRANCHES: &str = r#"(module (memory 1)
    (func $f (export "f") (param $n i32) (result i32) (local $i i32) (local $sum i32)
        (loop $next
            (if (i32.and (local.get $i) (i32.const 1))
                (then (local.set $sum (i32.add (local.get $sum) (i32.const 3))))
                (else (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 3)))
                    (then (i32.store (i32.const 8) (local.get $i))))))
            (block $d (block $c (block $b (block $a
                (br_table $a $b $c $a $c $b $d (i32.rem_u (local.get $i) (i32.const 11))))
                (local.set $sum (i32.xor (local.get $sum) (local.get $i))) (br $d))
                (local.set $sum (i32.add (local.get $sum) (local.get $i))))
                (local.set $sum (i32.mul (local.get $sum) (i32.const 5))))
            (block $y (block $x (br_table $x $y (i32.and (local.get $i) (i32.const 3))))
                (local.set $sum (i32.add (local.get $sum) (i32.const 7))))
            (local.set $sum (i32.add (local.get $sum) (block $v (result i32)
                (drop (br_if $v (local.get $i) (f64.lt (f64.convert_i32_u (local.get $i)) (f64.const 10))))
                (br_if $v (i32.const 1) (f64.ne (f64.convert_i32_u (local.get $i)) (f64.const 20)))
                (drop) (i32.const 2))))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (local.get $sum)))"#;

fn call(module: &Module, argument: i32) -> i32 {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    instance.get_typed_func::<i32, i32>(&store, "f").unwrap().call(&mut store, argument).unwrap()
}

#[test]
fn the_first_tier_counts_as_regular_code_does() {
    let decoded = wootz_wasm_ir::Module::new(BRANCHES.as_bytes()).unwrap();
    let engine = Engine::new(&Config::new().mode(Mode::Lazy).hot(u32::MAX));
    let (description, make) =
        wootz_codegen_llvm::lazy::open(&decoded, &engine.config().compile_options()).unwrap();
    let reservation = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&reservation);
    let make = Box::new(move |space: Arc<dyn CodeSpace>| {
        *seen.lock().unwrap() = Some(Arc::clone(&space));
        make(space)
    });
    let lazy = Module::from_opened(&engine, (description, make)).unwrap();
    let regular = Module::new(&Engine::new(&Config::new().branches(Branches::Counted)), BRANCHES).unwrap();
    for argument in [1, 40] {
        assert_eq!(call(&lazy, argument), call(&regular, argument));
    }
    let func = decoded.declarations().defined_functions().next().unwrap();
    let start = decoded.body_range(func).unwrap().start;
    let mut translator = Translator::new();
    let body = translator.translate(&decoded, func).unwrap();
    let names: Vec<_> = counted::counters(body, start).map(|name| name - start).collect();
    let profile = regular.branch_profile().unwrap();
    let expected: Vec<_> = names.iter().map(|name| profile.count(*name)).collect();
    assert!(expected.iter().filter(|count| **count != 0).count() > 15, "{expected:?}");
    let space = reservation.lock().unwrap().take().unwrap();
    assert_eq!(space.branch_counts(names.len()), expected);
}

#[test]
fn what_is_hot_is_compiled_for_the_counts() {
    let profiled = |config: Config| {
        let module = Module::new(&Engine::new(&config.mode(Mode::Lazy).hot(100)), BRANCHES).unwrap();
        for _ in 0..20 {
            call(&module, 50);
        }
        super::wait_for("the second tier", || module.lazy_statistics().unwrap().pending == 0);
        let second = module.lazy_statistics().unwrap().tiers[1];
        assert!(second.functions > 0);
        (second.functions + second.loops, second.profiled)
    };
    let (all, with_counts) = profiled(Config::new());
    assert_eq!(all, with_counts);
    // A profile of an earlier run is worth more.
    let counting = Module::new(&Engine::new(&Config::new().branches(Branches::Counted)), BRANCHES).unwrap();
    call(&counting, 50);
    let profile = Arc::new(counting.branch_profile().unwrap());
    assert_eq!(profiled(Config::new().branches(Branches::Profiled(profile))).1, 0);
}
