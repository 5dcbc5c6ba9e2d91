//! Host functions: static and dynamic types, callers, errors, panics, calls back into the guest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wootz::{
    Caller, Engine, Error, Extern, Func, FuncType, HostError, Instance, Linker, Module, Store, TrapCode,
    TypeError, Val, ValType,
};

#[test]
fn every_arity_up_to_sixteen_passes_its_arguments_in_order() {
    let mut store = Store::new(&Engine::default(), ());
    let none = Func::wrap(&mut store, || 7i32);
    assert_eq!(none.ty(&store), FuncType::new([], [ValType::I32]));
    assert_eq!(none.call(&mut store, &[]).unwrap()[0].i32(), Some(7));

    let many = Func::wrap(
        &mut store,
        |a: i32,
         b: u32,
         c: i64,
         d: u64,
         e: f32,
         f: f64,
         g: i32,
         h: i32,
         i: i32,
         j: i32,
         k: i32,
         l: i32,
         m: i32,
         n: i32,
         o: i32,
         p: i64| {
            format!("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p}").len() as i32
        },
    );
    let ty = many.ty(&store);
    assert_eq!(ty.params.len(), 16);
    let mut args: Vec<Val> = (0..16).map(Val::I32).collect();
    args[2] = Val::I64(2);
    args[3] = Val::I64(3);
    args[4] = 4.5f32.into();
    args[5] = 5.5f64.into();
    args[15] = Val::I64(-15);
    let text = "0 1 2 3 4.5 5.5 6 7 8 9 10 11 12 13 14 -15";
    assert_eq!(many.call(&mut store, &args).unwrap()[0].i32(), Some(text.len() as i32));
}

#[test]
fn webassembly_calls_a_host_function_of_sixteen_parameters() {
    let engine = Engine::default();
    let mut linker = Linker::<Vec<i64>>::new(&engine);
    linker
        .func_wrap(
            "h",
            "f",
            |mut caller: Caller<'_, Vec<i64>>,
             a: i32,
             b: i64,
             c: f32,
             d: f64,
             e: i32,
             f: i64,
             g: f32,
             h: f64,
             i: i32,
             j: i64,
             k: f32,
             l: f64,
             m: i32,
             n: i64,
             o: f32,
             p: f64| {
                let floats = [c, g, k, o].map(f64::from).into_iter().chain([d, h, l, p]);
                let ints = [a, e, i, m].map(i64::from).into_iter().chain([b, f, j, n]);
                let all = ints.chain(floats.map(|x| x as i64)).collect();
                *caller.data_mut() = all;
                1i32
            },
        )
        .unwrap();
    let params: String = (0..4).map(|_| "i32 i64 f32 f64 ").collect();
    let args: String = (0..4)
        .map(|i| {
            let n = 4 * i;
            format!("(i32.const {n}) (i64.const {}) (f32.const {}) (f64.const {})", n + 1, n + 2, n + 3)
        })
        .collect();
    let wat = format!(
        r#"(module (import "h" "f" (func $f (param {params}) (result i32)))
           (func (export "run") (result i32) (call $f {args})))"#
    );
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 1);
    assert_eq!(store.data(), &[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
}

#[test]
fn results_may_be_nothing_one_many_or_a_result() {
    let mut store = Store::new(&Engine::default(), ());
    let unit = Func::wrap(&mut store, || {});
    assert!(unit.call(&mut store, &[]).unwrap().is_empty());
    let pair = Func::wrap(&mut store, |x: f64| (x as i32, x));
    assert_eq!(pair.ty(&store), FuncType::new([ValType::F64], [ValType::I32, ValType::F64]));
    let checked =
        Func::wrap(&mut store, |x: i32| x.checked_add(1).map(|y| (x, y)).ok_or("the number is too large"));
    let checked = checked.typed::<i32, (i32, i32)>(&store).unwrap();
    assert_eq!(checked.call(&mut store, 1).unwrap(), (1, 2));
    let error = checked.call(&mut store, i32::MAX).unwrap_err();
    assert!(matches!(error, Error::Host(_)));
    assert_eq!(error.to_string(), "the number is too large");
}

#[test]
fn a_dynamic_host_function_gets_and_gives_values() {
    let mut store = Store::new(&Engine::default(), 0usize);
    let ty = FuncType::new([ValType::I32, ValType::F64, ValType::FUNCREF], [ValType::F64, ValType::I64]);
    let func = Func::new(&mut store, ty, |mut caller: Caller<'_, usize>, params, results| {
        *caller.data_mut() += params.len();
        results[0] = params[1];
        results[1] = Val::I64(i64::from(params[0].unwrap_i32()));
        Ok(())
    });
    let results = func.call(&mut store, &[Val::I32(-4), 2.5f64.into(), Val::FuncRef(None)]).unwrap();
    assert_eq!((results[0].f64(), results[1].i64()), (Some(2.5), Some(-4)));
    assert_eq!(*store.data(), 3);
}

#[test]
fn a_dynamic_host_function_that_returns_another_type_fails() {
    let mut store = Store::new(&Engine::default(), ());
    let func = Func::new(&mut store, FuncType::new([], [ValType::I32]), |_, _, results| {
        results[0] = Val::I64(1);
        Ok(())
    });
    let error = func.call(&mut store, &[]).unwrap_err();
    let mismatch = error.downcast_ref::<TypeError>().expect("a type error");
    assert_eq!(*mismatch, TypeError::HostResult { wanted: ValType::I32, found: ValType::I64 });
}

const CALLS_OUT: &str = r#"
    (module $outer
      (import "host" "f" (func $f))
      (memory (export "memory") 1)
      (data (i32.const 0) "hi")
      (global (export "count") (mut i32) (i32.const 1))
      (func $inner (call $f))
      (func (export "run") (call $inner))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "trap") unreachable))"#;

fn calls_out<T: Send + 'static, P, R>(data: T, func: impl wootz::IntoFunc<T, P, R>) -> (Store<T>, Instance) {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "f", func).unwrap();
    let mut store = Store::new(&engine, data);
    let module = Module::new(&engine, CALLS_OUT).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

#[test]
fn a_caller_reaches_the_exports_of_the_instance_that_called() {
    let (mut store, instance) = calls_out(Vec::new(), |mut caller: Caller<'_, Vec<u8>>| {
        let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
        let (bytes, data) = memory.data_and_store_mut(&mut caller);
        data.extend_from_slice(&bytes[..2]);
        bytes[0] = b'H';
        assert!(caller.get_export("no such export").is_none());
    });
    crate::call(&mut store, instance, "run").unwrap();
    assert_eq!(store.data(), b"hi");
    assert_eq!(&instance.get_memory(&store, "memory").unwrap().data(&store)[..2], b"Hi");
}

#[test]
fn the_host_calling_itself_has_no_instance() {
    let mut store = Store::new(&Engine::default(), ());
    let func =
        Func::wrap(&mut store, |caller: Caller<'_, ()>| i32::from(caller.get_export("memory").is_none()));
    assert_eq!(func.call(&mut store, &[]).unwrap()[0].i32(), Some(1));
}

#[test]
fn a_host_function_calls_back() {
    let (mut store, instance) = calls_out(0, |mut caller: Caller<'_, i32>| -> Result<(), Error> {
        let add = caller.get_export("add").and_then(Extern::into_func).unwrap();
        let sum = add.typed::<(i32, i32), i32>(&caller)?.call(&mut caller, (40, 2))?;
        *caller.data_mut() = sum;
        Ok(())
    });
    crate::call(&mut store, instance, "run").unwrap();
    assert_eq!(*store.data(), 42);
}

#[test]
fn a_trap_in_a_nested_call_passes_through_the_host_as_a_trap() {
    let (mut store, instance) = calls_out((), |mut caller: Caller<'_, ()>| -> Result<(), Error> {
        caller.get_export("trap").and_then(Extern::into_func).unwrap().call(&mut caller, &[])?;
        Ok(())
    });
    let error = crate::call(&mut store, instance, "run").unwrap_err();
    assert_eq!(error.trap().expect("a trap").code, TrapCode::Unreachable);
    let names: Vec<_> = error.frames().iter().map(|frame| frame.name.as_deref().unwrap_or("")).collect();
    assert_eq!(names, ["trap", "inner", "run"]);
}

#[derive(Debug, PartialEq)]
struct Refused(u8);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused with {}", self.0)
    }
}

impl std::error::Error for Refused {}

#[test]
fn a_host_error_arrives_with_its_type_and_a_backtrace() {
    let (mut store, instance) = calls_out((), || Err::<(), _>(Refused(3)));
    let error = crate::call(&mut store, instance, "run").unwrap_err();
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused(3)));
    let names: Vec<_> = error.frames().iter().map(|frame| frame.name.as_deref().unwrap_or("")).collect();
    assert_eq!(names, ["inner", "run"]);
    assert!(error.frames().iter().all(|frame| frame.offset != 0 && frame.module.as_deref() == Some("outer")));
    assert!(error.to_string().starts_with("refused with 3\n  0: outer!inner"), "{error}");
    assert!(error.trap().is_none());
    assert_eq!(error.downcast::<Refused>().unwrap(), Refused(3));
}

#[test]
fn downcast_gives_the_error_back_if_it_is_another() {
    let (mut store, instance) = calls_out((), || Err::<(), HostError>("plain".into()));
    let error = crate::call(&mut store, instance, "run").unwrap_err();
    let error = error.downcast::<Refused>().unwrap_err();
    assert!(error.to_string().starts_with("plain\n"));
    crate::call(&mut store, instance, "run").unwrap_err();
}

#[test]
fn a_panic_passes_the_guest_and_leaves_the_store_usable() {
    let (mut store, instance) = calls_out(0, |mut caller: Caller<'_, i32>| {
        *caller.data_mut() += 1;
        assert!(*caller.data() > 1, "the first call panics");
    });
    let caught = catch_unwind(AssertUnwindSafe(|| crate::call(&mut store, instance, "run")));
    let payload = caught.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the first call panics"));
    crate::call(&mut store, instance, "run").unwrap();
    assert_eq!(*store.data(), 2);
}

#[test]
fn destructors_of_host_frames_run_when_a_nested_call_traps() {
    struct Bell(std::sync::Arc<std::sync::atomic::AtomicBool>);
    impl Drop for Bell {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let rung = std::sync::Arc::<std::sync::atomic::AtomicBool>::default();
    let bell = rung.clone();
    let (mut store, instance) = calls_out((), move |mut caller: Caller<'_, ()>| -> Result<(), Error> {
        let _bell = Bell(bell.clone());
        caller.get_export("trap").and_then(Extern::into_func).unwrap().call(&mut caller, &[])?;
        Ok(())
    });
    crate::call(&mut store, instance, "run").unwrap_err();
    assert!(rung.load(std::sync::atomic::Ordering::Relaxed));
}
