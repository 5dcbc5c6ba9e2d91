//! WASI through compiled code: which memory a call sees, how it ends the guest, what is refused. The functions themselves
//! are tested in `wootz-wasi`, over bytes.

use wootz::wasi::{Exit, OutputBuffer, WasiCtx};
use wootz::{CheckStrategy, Config, Engine, Error, Instance, Linker, Module, OptLevel, Store, Val};

const FD_WRITE: &str =
    r#"(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))"#;

/// A guest that has been instantiated, and what it wrote.
struct Guest {
    store: Store<WasiCtx>,
    instance: Instance,
    output: OutputBuffer,
}

fn engines() -> impl Iterator<Item = Engine> {
    [CheckStrategy::Guard, CheckStrategy::Explicit]
        .into_iter()
        .map(|checks| Engine::new(&Config::new().opt_level(OptLevel::O0).checks(checks)))
}

fn linker(engine: &Engine) -> Linker<WasiCtx> {
    let mut linker = Linker::new(engine);
    linker.define_wasi(|ctx: &mut WasiCtx| ctx).unwrap();
    linker
}

fn guest(engine: &Engine, text: &str) -> Result<Guest, Error> {
    let output = OutputBuffer::new();
    let mut store = Store::new(engine, WasiCtx::builder().stdout(output.clone()).build());
    let instance = linker(engine).instantiate(&mut store, &Module::new(engine, text)?)?;
    Ok(Guest { store, instance, output })
}

impl Guest {
    fn start(&mut self) -> Result<(), Error> {
        let start = self.instance.get_typed_func::<(), ()>(&self.store, "_start")?;
        start.call(&mut self.store, ())
    }
}

#[test]
fn a_call_sees_the_memory_as_it_is_now() {
    // The text is written to a page that did not exist when the instance was made.
    let text = format!(
        r#"(module {FD_WRITE}
          (memory (export "memory") 1)
          (func (export "_start")
            (drop (memory.grow (i32.const 200)))
            (i32.store (i32.const 13107000) (i32.const 0x0a216968))
            (i32.store (i32.const 0) (i32.const 13107000))
            (i32.store (i32.const 4) (i32.const 4))
            (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
            (if (i32.ne (i32.load (i32.const 8)) (i32.const 4)) (then unreachable))))"#
    );
    for engine in engines() {
        let mut guest = guest(&engine, &text).unwrap();
        guest.start().unwrap();
        assert_eq!(guest.output.contents(), b"hi!\n");
    }
}

#[test]
fn each_instance_is_served_from_its_own_memory() {
    let text = |letter: &str| {
        format!(
            r#"(module {FD_WRITE}
              (memory (export "memory") 1)
              (data (i32.const 0) "\08\00\00\00\01\00\00\00{letter}")
              (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#
        )
    };
    for engine in engines() {
        let output = OutputBuffer::new();
        let mut store = Store::new(&engine, WasiCtx::builder().stdout(output.clone()).build());
        let starts = ["a", "b"].map(|letter| {
            let module = Module::new(&engine, text(letter)).unwrap();
            let instance = linker(&engine).instantiate(&mut store, &module).unwrap();
            instance.get_typed_func::<(), ()>(&store, "_start").unwrap()
        });
        for index in [0, 1, 1, 0] {
            starts[index].call(&mut store, ()).unwrap();
        }
        assert_eq!(output.contents(), b"abba");
    }
}

#[test]
fn proc_exit_ends_the_guest_from_any_depth() {
    // The older module has the function as well, and it needs no memory.
    for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
        let text = format!(
            r#"(module
              (import "{module}" "proc_exit" (func $proc_exit (param i32)))
              (global (export "left") (mut i32) (i32.const 0))
              (func $down (param i32)
                (if (i32.eqz (local.get 0)) (then (call $proc_exit (i32.const 200))))
                (call $down (i32.sub (local.get 0) (i32.const 1)))
                (global.set 0 (i32.const 1)))
              (func (export "_start") (call $down (i32.const 50))))"#
        );
        for engine in engines() {
            let mut guest = guest(&engine, &text).unwrap();
            let error = guest.start().unwrap_err();
            assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(200)), "{error}");
            assert!(error.frames().len() + 1 >= 50, "{error}");
            assert!(error.trap().is_none());
            // The instance can still be called: nothing after the exit was done.
            assert_eq!(guest.start().unwrap_err().downcast_ref::<Exit>(), Some(&Exit(200)));
            let left = guest.instance.get_global(&guest.store, "left").unwrap();
            assert!(matches!(left.get(&guest.store), Val::I32(0)));
        }
    }
}

#[test]
fn a_pointer_outside_the_memory_ends_the_guest() {
    let text = format!(
        r#"(module {FD_WRITE}
          (memory (export "memory") 1)
          (func $write (export "_start")
            (drop (call $fd_write (i32.const 1) (i32.const 65532) (i32.const 1) (i32.const 8)))
            (unreachable)))"#
    );
    for engine in engines() {
        let error = guest(&engine, &text).unwrap().start().unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("fd_write: Pointer out of bounds"), "{message}");
        assert!(message.contains("write"), "{message}");
        assert_eq!(error.frames().len(), 1, "{message}");
    }
}

#[test]
fn a_guest_without_an_exported_memory_is_told_so() {
    for exported in ["", r#"(export "store")"#] {
        let text = format!(
            r#"(module {FD_WRITE}
              (memory {exported} 1)
              (func (export "_start")
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
        );
        for engine in engines() {
            let message = guest(&engine, &text).unwrap().start().unwrap_err().to_string();
            let expected = "fd_write: the calling module exports no memory named \"memory\"";
            assert!(message.starts_with(expected), "{message}");
        }
    }
}

#[test]
fn imports_of_other_names_or_types_are_refused() {
    let import = |module, name, ty| format!(r#"(module (import "{module}" "{name}" (func {ty})))"#);
    for engine in engines() {
        for (module, name, ty, reason) in [
            ("wasi_snapshot_preview1", "fd_fly", "", "unknown import"),
            ("wasi_unstable", "sock_accept", "(param i32 i32 i32) (result i32)", "unknown import"),
            ("wasi_snapshot_preview1", "fd_close", "(param i64) (result i32)", "incompatible import type"),
            ("wasi_snapshot_preview1", "proc_exit", "(param i32) (result i32)", "incompatible import type"),
        ] {
            let Err(error) = guest(&engine, &import(module, name, ty)) else {
                panic!("{module} {name} {ty} is linked");
            };
            let message = error.to_string();
            assert!(message.contains(reason) && message.contains(name), "{message}");
        }
    }
}
