//! Functions that are too large to be optimised do what others do.

use wootz::{Config, Engine, Instance, Module, OptLevel, Store, TrapCode};

/// More blocks, and in the second function more loops, than LLVM's passes get to see.
const MANY: usize = 11_000;

fn giants() -> String {
    let ifs = "local.get 0 if local.get 0 i32.const 1 i32.add local.set 0 end ".repeat(MANY);
    let loops =
        "loop local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0 end i32.const 2 local.set 1 ".repeat(MANY);
    format!(
        r#"(module (memory 1)
        (func $ifs (export "ifs") (param i32) (result i32) {ifs} local.get 0)
        (func (export "loops") (param i32) (result i32) (local i32)
            i32.const 1 local.set 1 {loops} local.get 0 local.get 1 i32.add)
        (func (export "traps") (param i32) (result i32) {ifs} local.get 0 i32.load)
        (func $tail (export "tail") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
            local.get 0 i32.eqz if local.get 7 return end
            i32.const 0 if {ifs} end
            local.get 0 i32.const 1 i32.sub local.get 2 local.get 3 local.get 4 local.get 5 local.get 6 local.get 7
            local.get 1 return_call $tail)
        (func (export "calls") (param i32) (result i32) local.get 0 call $ifs))"#
    )
}

#[test]
fn a_giant_function_gives_the_same_results() {
    let binary = wat::parse_str(giants()).unwrap();
    for level in [OptLevel::O0, OptLevel::O2] {
        let engine = Engine::new(&Config::new().opt_level(level));
        let module = Module::new(&engine, &binary).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let mut call = |name: &str, with: i32| {
            instance.get_typed_func::<i32, i32>(&store, name).unwrap().call(&mut store, with)
        };
        let many = MANY as i32;
        assert_eq!(call("ifs", 7).unwrap(), 7 + many);
        assert_eq!(call("calls", -3).unwrap(), 0);
        assert_eq!(call("loops", 5).unwrap(), 7);
        assert_eq!(call("traps", 4).unwrap(), 0);
        let trap = call("traps", 65536).unwrap_err();
        assert_eq!(trap.trap().map(|trap| trap.code), Some(TrapCode::MemoryOutOfBounds));
        type Eight = (i32, i32, i32, i32, i32, i32, i32, i32);
        let tail = instance.get_typed_func::<Eight, i32>(&store, "tail").unwrap();
        // In constant stack: a million frames would not fit. The seven others turn with each call.
        assert_eq!(tail.call(&mut store, (1_000_000, 1, 2, 3, 4, 5, 6, 7)).unwrap(), 1);
    }
}
