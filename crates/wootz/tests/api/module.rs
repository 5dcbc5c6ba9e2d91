//! Modules: refused ones, their types, images.

use wootz::{
    CheckStrategy, Config, Engine, Error, ExternType, FuncIndex, Instance, Linker, Module, ModuleErrorKind,
    OptLevel, Store,
};

fn refused(bytes: impl AsRef<[u8]>) -> (ModuleErrorKind, u64) {
    match Module::new(&Engine::default(), bytes).unwrap_err() {
        Error::Module(error) => (error.kind, error.offset),
        error => panic!("{error}"),
    }
}

#[test]
fn refusals_say_which_kind_and_where() {
    assert_eq!(refused("(module (func (nonsense)))").0, ModuleErrorKind::Text);
    assert_eq!(refused(b"\0asm\x01\0\0\0\x01\x7f").0, ModuleErrorKind::Malformed);
    assert_eq!(refused("(module (func (result i32)))").0, ModuleErrorKind::Invalid);
    assert_eq!(refused("(module (tag))").0, ModuleErrorKind::Unsupported);
}

#[test]
fn a_module_over_the_limit_is_refused_unread() {
    let engine = Engine::new(&Config::new().max_module_size(16));
    let Err(Error::Module(error)) = Module::new(&engine, "(module (func) (func))") else {
        panic!("it is refused")
    };
    assert_eq!(error.kind, ModuleErrorKind::Limit);
    assert!(error.to_string().contains("22 bytes"), "{error}");
    Module::new(&engine, "(module)").unwrap();
}

#[test]
fn imports_and_exports_have_types() {
    let module = Module::new(
        &Engine::default(),
        r#"(module $m (import "a" "f" (func $f (param i64))) (memory (export "mem") 1) (export "g" (func $f)))"#,
    )
    .unwrap();
    assert_eq!(module.name(), Some("m"));
    let import = module.imports().next().unwrap();
    assert_eq!((import.module, import.name), ("a", "f"));
    assert!(matches!(&import.ty, ExternType::Function(ty) if ty.to_string() == "(i64) -> ()"));
    let exports: Vec<_> = module.exports().map(|export| export.name).collect();
    assert_eq!(exports, ["mem", "g"]);
    assert!(matches!(module.export("mem"), Some(ExternType::Memory(_))));
    assert_eq!(module.export("f"), None);
    assert_eq!(module.exported_function("g"), Some(FuncIndex(0)));
}

const ANSWER: &str = r#"(module (memory 1) (func (export "answer") (param i32) (result i32)
    (i32.store (i32.const 4) (local.get 0)) (i32.add (i32.load (i32.const 4)) (i32.const 2))))"#;

fn answer(module: &Module) -> i32 {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    instance.get_typed_func::<i32, i32>(&store, "answer").unwrap().call(&mut store, 40).unwrap()
}

#[test]
fn an_image_runs_without_being_compiled_again() {
    let engine = Engine::default();
    let image = Module::new(&engine, ANSWER).unwrap().serialize().unwrap();
    assert_eq!(image, engine.precompile(ANSWER).unwrap(), "the same module gives the same image");
    let loaded = Module::from_image(&engine, image.clone()).unwrap();
    assert_eq!(answer(&loaded), 42);
    assert_eq!(loaded.serialize().unwrap(), image);
}

#[test]
fn what_is_no_image_is_refused() {
    let engine = Engine::default();
    assert!(matches!(Module::from_image(&engine, *b"\0asm\x01\0\0\0"), Err(Error::Image(_))));
    let image = engine.precompile(ANSWER).unwrap();
    for length in [0, 4, 64, image.len() / 2, image.len() - 1] {
        assert!(matches!(Module::from_image(&engine, &image[..length]), Err(Error::Image(_))), "{length}");
    }
}

#[test]
fn every_strategy_and_level_gives_the_same() {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit, CheckStrategy::Auto] {
        for level in [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::O3] {
            let engine = Engine::new(&Config::new().checks(checks).opt_level(level));
            assert_eq!(answer(&Module::new(&engine, ANSWER).unwrap()), 42, "{checks:?} {level:?}");
        }
    }
}

#[test]
fn a_module_is_shared_between_threads() {
    let engine = Engine::default();
    let module = Module::new(&engine, ANSWER).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| answer(&module))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), 42);
        }
    });
}

#[test]
fn a_start_function_runs_at_instantiation_and_may_trap() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "begin", |mut caller: wootz::Caller<'_, i32>| {
            *caller.data_mut() += 1;
        })
        .unwrap();
    let mut store = Store::new(&engine, 0);
    let good = Module::new(&engine, r#"(module (import "h" "begin" (func $f)) (start $f))"#).unwrap();
    linker.instantiate(&mut store, &good).unwrap();
    assert_eq!(*store.data(), 1);
    let bad = Module::new(&engine, "(module (func $f unreachable) (start $f))").unwrap();
    let error = linker.instantiate(&mut store, &bad).unwrap_err();
    assert!(error.trap().is_some(), "{error}");
    assert_eq!(store.into_data(), 1);
}

#[test]
fn a_segment_that_does_not_fit_traps_and_what_came_before_stays() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let owner = Module::new(&engine, r#"(module (memory (export "m") 1))"#).unwrap();
    let owner = Instance::new(&mut store, &owner, &[]).unwrap();
    let memory = owner.get_memory(&store, "m").unwrap();
    let module = Module::new(
        &engine,
        r#"(module (import "o" "m" (memory 1)) (data (i32.const 0) "ab") (data (i32.const 65535) "cd"))"#,
    )
    .unwrap();
    let error = Instance::new(&mut store, &module, &[memory.into()]).unwrap_err();
    assert_eq!(error.trap().map(|trap| trap.code), Some(wootz::TrapCode::MemoryOutOfBounds), "{error}");
    assert_eq!(&memory.data(&store)[..2], b"ab");
}
