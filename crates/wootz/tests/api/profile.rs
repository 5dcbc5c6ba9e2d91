//! Samples of running guests: the stacks that they show, and that taking them disturbs nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use wootz::{Config, Engine, Instance, Linker, Mode, Module, OptLevel, Profile, Store, TrapCode};

/// Takes samples, as fast as it goes, while something runs in a store.
fn profile_of<T>(store: &mut Store<()>, run: impl FnOnce(&mut Store<()>) -> T) -> (T, Profile) {
    let (mut sampler, ended) = (store.sampler(), AtomicBool::new(false));
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                sampler.sample();
                std::thread::yield_now();
            }
        });
        let result = run(&mut *store);
        ended.store(true, Ordering::Relaxed);
        result
    });
    (result, store.profile(sampler))
}

#[test]
fn stacks_lead_from_the_export_to_where_the_time_goes() {
    let text = r#"(module
      (import "host" "more" (func $more (result i32)))
      (global $g (mut i32) (i32.const 0))
      (func $spin (local i32 i32)
        (local.set 1 (i32.const 1))
        (loop $again
          (local.set 1 (i32.xor (local.get 1) (i32.shl (local.get 1) (i32.const 13))))
          (local.set 1 (i32.xor (local.get 1) (i32.shr_u (local.get 1) (i32.const 17))))
          (local.set 1 (i32.xor (local.get 1) (i32.shl (local.get 1) (i32.const 5))))
          (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100000))))
        (global.set $g (local.get 1)))
      (func $middle (call $spin))
      (func $outer (export "run") (loop $again (call $middle) (br_if $again (call $more)))))"#;
    for config in [
        Config::new().opt_level(OptLevel::O0),
        Config::new().opt_level(OptLevel::O2),
        Config::new().mode(Mode::Lazy),
    ] {
        let engine = Engine::new(&config);
        let mut linker = Linker::new(&engine);
        let started = std::time::Instant::now();
        linker.func_wrap("host", "more", move || i32::from(started.elapsed().as_millis() < 700)).unwrap();
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
        let (ended, profile) = profile_of(&mut store, |store| run.call(store, ()));
        ended.unwrap();
        let names = |stack: &[wootz::TrapFrame]| -> Vec<String> {
            stack.iter().rev().map(|frame| frame.name.clone().unwrap()).collect()
        };
        let mut deepest = 0;
        for (stack, count) in &profile.stacks {
            let names = names(stack);
            assert!(
                ["outer", "middle", "spin"]
                    .starts_with(&names.iter().map(String::as_str).collect::<Vec<_>>()),
                "{names:?}"
            );
            if names.len() == 3 {
                deepest += count;
            }
        }
        assert!(deepest > 0, "{profile:#?}");
    }
}

#[test]
fn samples_meet_traps_and_the_end_of_the_stack() {
    let text = r#"(module
      (memory 1)
      (func $deep (export "deep") (call $deep) (call $deep))
      (func (export "fault") (drop (i32.load (i32.const -4)))))"#;
    let engine = Engine::new(&Config::new().max_wasm_stack(256 << 10));
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let [deep, fault] =
        ["deep", "fault"].map(|name| instance.get_typed_func::<(), ()>(&store, name).unwrap());
    let ((), profile) = profile_of(&mut store, |store| {
        for _ in 0..500 {
            let code = |ended: Result<(), wootz::Error>| ended.unwrap_err().trap().unwrap().code;
            assert_eq!(code(deep.call(&mut *store, ())), TrapCode::StackExhausted);
            assert_eq!(code(fault.call(&mut *store, ())), TrapCode::MemoryOutOfBounds);
        }
    });
    assert!(profile.stacks.iter().all(|(stack, _)| stack.len() <= 250));
    assert!(!store.is_interrupted());
}

#[test]
fn a_store_that_runs_nothing_has_no_stacks() {
    let store = Store::new(&Engine::default(), ());
    let mut sampler = store.sampler();
    sampler.sample();
    let profile = store.profile(sampler);
    assert_eq!((profile.stacks.len(), profile.outside, profile.missed), (0, 1, 0));
}
