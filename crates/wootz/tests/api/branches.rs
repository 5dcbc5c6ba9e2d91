//! Profiles of branches: exact counts whatever the checks and the level, code that is compiled for them, and what is refused.

use std::sync::Arc;

use wootz::{
    BranchProfile, BranchProfileError, Branches, CheckStrategy, CompileError, Config, Engine, Error,
    Instance, Mode, Module, OptLevel, Store, TrapCode, Val,
};

/// One function. Its code: `00` no locals, `03 40` loop, `20 00 41 01 6b 22 00` the parameter less one, `0d 00` br_if at 10, ….
const COUNTDOWN: &str = r#"(module (func (export "f") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;

/// `00`, three times `02 40`, `20 00`, then br_table at 9.
const TABLE: &str = r#"(module (func (export "f") (param i32)
    (block (block (block (br_table 0 1 2 (local.get 0)))))))"#;

/// Adds up a memory of a page; out of bounds for more than 16384.
const SUM: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "f") (param $count i32) (result i32) (local $i i32) (local $sum i32)
        (loop $next
            (local.set $sum (i32.add (local.get $sum) (i32.load (i32.shl (local.get $i) (i32.const 2)))))
            (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
            (br_if $next
                (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
        (local.get $sum)))"#;

fn counting() -> Vec<Config> {
    let levels = [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::O3];
    let checks = [CheckStrategy::Guard, CheckStrategy::Explicit];
    let config = |level| checks.map(|checks| Config::new().opt_level(level).checks(checks));
    levels.into_iter().flat_map(config).map(|config| config.branches(Branches::Counted)).collect()
}

fn profiled(config: &Config, profile: &BranchProfile) -> Config {
    config.clone().branches(Branches::Profiled(Arc::new(profile.clone())))
}

/// Compiles a module, calls `f` with each argument, and returns what that gave.
fn run(config: &Config, wat: &str, arguments: &[i32]) -> (Module, Vec<Result<Option<i32>, TrapCode>>) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let f = instance.get_func(&store, "f").unwrap();
    let number = |value: &Val| if let Val::I32(number) = value { Some(*number) } else { None };
    let call = |argument: &i32| match f.call(&mut store, &[Val::I32(*argument)]) {
        Ok(results) => Ok(results.first().and_then(number)),
        Err(error) => Err(error.trap().unwrap().code),
    };
    (module, arguments.iter().map(call).collect())
}

#[test]
fn a_conditional_branch_counts_both_ways() {
    for config in counting() {
        let (module, _) = run(&config, COUNTDOWN, &[5, 1]);
        let profile = module.branch_profile().unwrap();
        let counted: Vec<u64> = profile.counts_from(0, 14).collect();
        assert_eq!(counted, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0], "{config:?}");
    }
}

#[test]
fn a_table_counts_each_target() {
    for config in counting() {
        let (module, _) = run(&config, TABLE, &[0, 1, 0, 2, 7, -1]);
        let profile = module.branch_profile().unwrap();
        assert_eq!(profile.counts_from(8, 5).collect::<Vec<_>>(), [0, 2, 1, 3, 0], "{config:?}");
        assert_eq!(profile.count(0), 6);
    }
}

/// A trap leaves what was counted before, and all instances count together.
#[test]
fn traps_and_instances_lose_no_counts() {
    let mut profiles = Vec::new();
    for config in counting() {
        let (module, results) = run(&config, SUM, &[100, 20000]);
        assert_eq!(results, [Ok(Some(0)), Err(TrapCode::MemoryOutOfBounds)]);
        let mut store = Store::new(module.engine(), ());
        let again = Instance::new(&mut store, &module, &[]).unwrap();
        again.get_func(&store, "f").unwrap().call(&mut store, &[Val::I32(1)]).unwrap();
        profiles.push(module.branch_profile().unwrap());
    }
    assert_eq!((profiles[0].count(0), profiles[0].summary().total), (3, 3 + 100 + 16384 + 1));
    for profile in &profiles[1..] {
        assert_eq!(*profile, profiles[0]);
    }
}

#[test]
fn what_is_compiled_for_a_profile_does_the_same() {
    for wat in [COUNTDOWN, TABLE, SUM] {
        let arguments = [3, 100, 16384, 1 << 20, 1];
        for counting in counting() {
            let (module, expected) = run(&counting, wat, &arguments);
            let config = profiled(&counting, &module.branch_profile().unwrap());
            let (module, results) = run(&config, wat, &arguments);
            assert_eq!(results, expected, "{config:?}");
            assert!(module.branch_profile().is_none());
            let (_, lazily) = run(&config.mode(Mode::Lazy).hot(50), wat, &arguments);
            assert_eq!(lazily, expected);
        }
    }
}

#[test]
fn a_profile_of_another_module_is_refused() {
    let config = &counting()[0];
    let profile = run(config, COUNTDOWN, &[1]).0.branch_profile().unwrap();
    for mode in [Mode::Regular, Mode::Lazy] {
        let engine = Engine::new(&profiled(config, &profile).mode(mode));
        let Err(Error::Compile(error)) = Module::new(&engine, TABLE) else { panic!("it is not refused") };
        let error = error.downcast_ref::<CompileError>().unwrap();
        assert_eq!(*error, CompileError::Profile(BranchProfileError::OtherCode));
        // Custom sections and names make no other module of it.
        let named = COUNTDOWN.replace("(module (func", "(module $named (@custom \"x\" \"y\") (func $f");
        Module::new(&engine, named).unwrap();
    }
}

#[test]
fn lazily_compiled_code_has_no_profile_to_keep() {
    let config = Config::new().branches(Branches::Counted).mode(Mode::Lazy);
    let (module, results) = run(&config, SUM, &[4]);
    assert_eq!(results, [Ok(Some(0))]);
    assert!(module.branch_profile().is_none());
}

#[test]
fn modules_without_code_have_empty_profiles() {
    let engine = Engine::new(&counting()[0]);
    let module = Module::new(&engine, "(module (memory 1))").unwrap();
    let profile = module.branch_profile().unwrap();
    assert_eq!(BranchProfile::decode(&profile.encode()).unwrap().summary().total, 0);
}
