//! Host functions: errors, panics, nesting, references.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wootz_runtime::{CallError, ExternRef, Func, HostError, Store, TrapCode, Val, ValRaw};
use wootz_wasm_ir::{FuncType, ValType};

use super::{MODES, USUAL, call, func, names};

const NOTHING: [ValType; 0] = [];

fn host(
    store: &mut Store,
    f: impl Fn(wootz_runtime::Caller<'_>) -> Result<(), HostError> + Send + Sync + 'static,
) -> Func {
    Func::new(store, FuncType::new(NOTHING, NOTHING), move |caller, _| f(caller))
}

const CALLER: &str = r#"(module $caller (import "host" "f" (func $host))
    (func $inner (call $host))
    (func (export "outer") (call $inner) (call $inner))
    (func (export "traps") unreachable)
    (export "again" (func $host)))"#;

#[test]
fn values_of_every_type_pass_in_both_directions() {
    let types =
        [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::EXTERNREF, ValType::FUNCREF];
    let wat = r#"(module
        (import "host" "reverse" (func $reverse (param i32 i64 f32 f64 externref funcref)
          (result funcref externref f64 f32 i64 i32)))
        (func (export "f") (param i32 i64 f32 f64 externref funcref)
          (result funcref externref f64 f32 i64 i32)
          (call $reverse (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))))"#;
    for mode in MODES {
        let mut store = mode.store();
        let ty = FuncType::new(types, types.into_iter().rev());
        let reverse = Func::new(&mut store, ty, |_, slots| {
            slots.reverse();
            Ok(())
        });
        let instance = mode.add(&mut store, wat, &[reverse.into()]).unwrap();
        let reference = ExternRef::new(&mut store, String::from("mine"));
        let args = [
            Val::I32(-5),
            Val::I64(i64::MIN),
            Val::F32(0x7fa0_0001),
            Val::F64(0xfff4_0000_0000_0002),
            Val::ExternRef(Some(reference)),
            Val::FuncRef(Some(reverse)),
        ];
        let results = call(&mut store, instance, "f", &args).unwrap();
        assert!(results.iter().eq(args.iter().rev()), "{mode:?}: {results:?}");
        assert_eq!(reference.data(&store).downcast_ref::<String>().unwrap(), "mine");
        let nulls = [args[0], args[1], args[2], args[3], Val::ExternRef(None), Val::FuncRef(None)];
        assert!(call(&mut store, instance, "f", &nulls).unwrap().iter().eq(nulls.iter().rev()));
    }
}

#[test]
fn a_host_error_passes_through_with_frames() {
    for mode in MODES {
        let mut store = mode.store();
        let fails = host(&mut store, |_| Err("the disk is full".into()));
        let instance = mode.add(&mut store, CALLER, &[fails.into()]).unwrap();
        let error = call(&mut store, instance, "outer", &[]).unwrap_err();
        assert!(matches!(&error, CallError::Host { .. }), "{error:?}");
        assert_eq!(names(&error), ["inner", "outer"], "{mode:?}");
        assert!(error.to_string().starts_with("the disk is full\n  0: caller!inner (wasm[1]) at offset 0x"));
        // A host function that is exported again is the same function, and needs no WebAssembly to be called.
        assert_eq!(func(&store, instance, "again"), fails);
        let error = fails.call(&mut store, &[]).unwrap_err();
        assert_eq!(error.to_string(), "the disk is full");
    }
}

#[test]
fn a_host_function_sees_who_called() {
    let mut store = USUAL.store();
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let look = host(&mut store, move |caller| {
        let export = caller.export("outer");
        assert_eq!(export.is_some(), caller.instance().is_some());
        seen.fetch_add(1 + usize::from(export.is_some()), Ordering::Relaxed);
        Ok(())
    });
    let instance = USUAL.add(&mut store, CALLER, &[look.into()]).unwrap();
    call(&mut store, instance, "outer", &[]).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 4);
    look.call(&mut store, &[]).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 5);
}

#[test]
fn a_panic_crosses_the_frames_and_the_store_lives_on() {
    for mode in MODES {
        let mut store = mode.store();
        let first = AtomicUsize::new(0);
        let panics = host(&mut store, move |_| {
            if first.fetch_add(1, Ordering::Relaxed) == 0 {
                std::panic::panic_any(String::from("kept as it is"));
            }
            Ok(())
        });
        let instance = mode.add(&mut store, CALLER, &[panics.into()]).unwrap();
        let payload =
            catch_unwind(AssertUnwindSafe(|| call(&mut store, instance, "outer", &[]))).unwrap_err();
        assert_eq!(payload.downcast_ref::<String>().unwrap(), "kept as it is");
        call(&mut store, instance, "outer", &[]).unwrap();
        let error = call(&mut store, instance, "traps", &[]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
    }
}

/// Counts what is alive of it.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Neither the payload, nor what the host function had, nor what a host function further out had.
#[test]
fn panics_and_errors_leak_nothing() {
    let alive = Arc::new(AtomicUsize::new(0));
    for mode in MODES {
        let mut store = mode.store();
        let counted = Arc::clone(&alive);
        let rounds = AtomicUsize::new(0);
        let fails = host(&mut store, move |mut caller| {
            let _local = Counted::new(&counted);
            match rounds.fetch_add(1, Ordering::Relaxed) % 4 {
                // Into the guest once more, which comes back here.
                0 | 2 => {
                    let again = caller.export("outer").unwrap().into_func().unwrap();
                    again.call(caller.store_mut(), &[]).map(drop)?;
                }
                1 => std::panic::resume_unwind(Box::new(Counted::new(&counted))),
                _ => return Err(Box::new(Failed(Counted::new(&counted)))),
            }
            Ok(())
        });
        let instance = mode.add(&mut store, CALLER, &[fails.into()]).unwrap();
        for round in 0..200 {
            let outcome = catch_unwind(AssertUnwindSafe(|| call(&mut store, instance, "outer", &[])));
            match outcome {
                Err(payload) => assert!(payload.is::<Counted>() && round % 2 == 0),
                Ok(Err(CallError::Host { error, .. })) => assert!(error.is::<Failed>() && round % 2 == 1),
                Ok(other) => panic!("{other:?}"),
            }
            assert_eq!(alive.load(Ordering::Relaxed), 0, "{mode:?} round {round}");
        }
    }
}

struct Failed(#[allow(dead_code, reason = "counted until it is dropped")] Counted);

impl std::fmt::Debug for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Failed")
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for Failed {}

#[test]
fn nested_calls_report_all_frames() {
    for mode in MODES {
        let mut store = mode.store();
        let reenter = host(&mut store, |mut caller| {
            let traps = caller.export("traps").unwrap().into_func().unwrap();
            traps.call(caller.store_mut(), &[])?;
            Ok(())
        });
        let instance = mode.add(&mut store, CALLER, &[reenter.into()]).unwrap();
        let error = call(&mut store, instance, "outer", &[]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
        assert_eq!(names(&error), ["traps", "inner", "outer"], "{mode:?}");
    }
}

#[test]
fn a_handled_trap_in_a_nested_call_leaves_the_outer_call_alone() {
    for mode in MODES {
        let mut store = mode.store();
        let handled = host(&mut store, |mut caller| {
            for _ in 0..10 {
                let traps = caller.export("traps").unwrap().into_func().unwrap();
                traps.call(caller.store_mut(), &[]).unwrap_err();
            }
            Ok(())
        });
        let instance = mode.add(&mut store, CALLER, &[handled.into()]).unwrap();
        call(&mut store, instance, "outer", &[]).unwrap();
    }
}

#[test]
fn recursion_through_the_host_is_bounded_by_the_stack_limit() {
    let wat = r#"(module (import "host" "f" (func $host)) (func (export "f") (call $host)))"#;
    for mode in MODES {
        let mut store = mode.store();
        let again = host(&mut store, |mut caller| {
            let f = caller.export("f").unwrap().into_func().unwrap();
            Ok(f.call(caller.store_mut(), &[]).map(|_| ())?)
        });
        let instance = mode.add(&mut store, wat, &[again.into()]).unwrap();
        let error = call(&mut store, instance, "f", &[]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::StackExhausted), "{mode:?}");
        let frames = names(&error);
        assert!(frames.len() > 50 && frames.iter().all(|name| *name == "f"), "{} frames", frames.len());
    }
}

#[test]
fn a_function_reference_of_another_store_is_refused() {
    let wat = r#"(module (import "host" "f" (func $host (result funcref)))
        (func (export "f") (result i32) (ref.is_null (call $host))))"#;
    let mut store = USUAL.store();
    let ty = FuncType::new(NOTHING, [ValType::FUNCREF]);
    let forged = Func::new(&mut store, ty, |_, slots| {
        slots[0] = ValRaw::reference(0x1234);
        Ok(())
    });
    let instance = USUAL.add(&mut store, wat, &[forged.into()]).unwrap();
    let error = call(&mut store, instance, "f", &[]).unwrap_err();
    assert!(error.to_string().starts_with("result 1 of a host function is not a reference"), "{error}");

    let wat = r#"(module (func (export "f") (param i32 funcref)))"#;
    let (mut store, instance) = USUAL.instantiate(wat, &[]);
    let f = func(&store, instance, "f");
    let error = f.call_raw(&mut store, &mut [ValRaw::i32(0), ValRaw::reference(8)]).unwrap_err();
    assert_eq!(error.to_string(), "argument 2 is not a reference that this store made");
    f.call_raw(&mut store, &mut [ValRaw::i32(0), ValRaw::reference(0)]).unwrap();
}

#[test]
fn host_functions_may_grow_everything_under_running_code() {
    let wat = r#"(module
        (import "host" "f" (func $host))
        (memory (export "memory") 1)
        (table (export "table") 1 externref)
        (func (export "f") (result i32)
          (i32.store (i32.const 65532) (i32.const 7))
          (call $host)
          (i32.add
            (i32.mul (memory.size) (table.size))
            (i32.mul (i32.const 1000)
              (i32.add (i32.load (i32.const 65532)) (i32.load (i32.const 1048572)))))))"#;
    for mode in MODES {
        let mut store = mode.store();
        let grow = host(&mut store, |mut caller| {
            let memory = caller.export("memory").unwrap().into_memory().unwrap();
            assert_eq!(memory.grow(caller.store_mut(), 15), Some(1));
            memory.write(caller.store_mut(), 0xf_fffc, &[1, 0, 0, 0])?;
            let table = caller.export("table").unwrap().into_table().unwrap();
            assert_eq!(table.grow(caller.store_mut(), 9999, Val::ExternRef(None)), Ok(1));
            for _ in 0..100 {
                host(caller.store_mut(), |_| Ok(()));
            }
            Ok(())
        });
        let instance = mode.add(&mut store, wat, &[grow.into()]).unwrap();
        assert_eq!(call(&mut store, instance, "f", &[]).unwrap(), [Val::I32(168_000)], "{mode:?}");
    }
}

/// The unwinder meets code that it knows nothing of, and must stop there.
#[test]
fn a_backtrace_in_a_host_function_is_sane() {
    let mut store = USUAL.store();
    let looks = host(&mut store, |_| {
        let backtrace = std::backtrace::Backtrace::force_capture().to_string();
        assert!(backtrace.contains("a_backtrace_in_a_host_function_is_sane"), "{backtrace}");
        Ok(())
    });
    let instance = USUAL.add(&mut store, CALLER, &[looks.into()]).unwrap();
    call(&mut store, instance, "outer", &[]).unwrap();
}
