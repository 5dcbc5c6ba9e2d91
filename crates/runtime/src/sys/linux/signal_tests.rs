//! Signals that are not ours: the process must die, or not, as if the runtime had never installed a handler.
//!
//! Each case runs in a child process: this test binary again, told by a variable what to do.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use wootz_wasm_types::FuncType;

use crate::{Func, Image, Instance, Store, StoreConfig, TrapCode};

/// The name of the test below that the children run.
const CHILD: &str = "sys::linux::signal_tests::child";
const CASE: &str = "WOOTZ_SIGNAL_CASE";

/// Enters compiled code once, so that handlers and the alternate stack are in place.
fn enter() -> (Store, Instance) {
    let image = Image::load(crate::tiny_image::tiny_image()).unwrap();
    let mut store = Store::new(StoreConfig::default(), Box::new(()));
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    let fail = instance.export(&store, "fail").unwrap().into_func().unwrap();
    assert_eq!(fail.call(&mut store, &[]).unwrap_err().trap_code(), Some(TrapCode::Unreachable));
    (store, instance)
}

fn run(case: &str) -> Output {
    let this = std::env::current_exe().unwrap();
    Command::new(this)
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
        .env(CASE, case)
        .output()
        .unwrap()
}

/// Not a test by itself: what the children do.
#[test]
fn child() {
    match std::env::var(CASE).as_deref() {
        Ok("wild-pointer") => {
            enter();
            wild_pointer();
        }
        Ok("wild-pointer-of-compiled-code") => {
            let (mut store, instance) = enter();
            let wild = instance.export(&store, "wild").unwrap().into_func().unwrap();
            println!("{:?}", wild.call(&mut store, &[]));
        }
        Ok("wild-pointer-on-a-thread") => {
            std::thread::spawn(|| {
                enter();
                wild_pointer();
            })
            .join()
            .unwrap();
        }
        Ok("illegal-instruction") => {
            enter();
            illegal_instruction();
        }
        Ok("overflow-on-a-thread") => {
            std::thread::Builder::new()
                .name("deep".into())
                .stack_size(1 << 20)
                .spawn(|| {
                    enter();
                    println!("{}", overflow(0));
                })
                .unwrap()
                .join()
                .unwrap();
        }
        Ok("sent-to-rust") => {
            raise(libc::SIGSEGV);
            println!("still alive");
        }
        Ok("sent-past-us-to-rust") => {
            enter();
            raise(libc::SIGSEGV);
            println!("still alive");
        }
        Ok("sent") => {
            set(libc::SIGSEGV, libc::SIG_DFL);
            enter();
            raise(libc::SIGSEGV);
        }
        Ok("sent-but-ignored") => {
            set(libc::SIGSEGV, libc::SIG_IGN);
            enter();
            raise(libc::SIGSEGV);
            println!("still alive");
        }
        Ok("fault-though-ignored") => {
            set(libc::SIGSEGV, libc::SIG_IGN);
            enter();
            wild_pointer();
        }
        Ok("own-handler-before") => {
            set(libc::SIGSEGV, exit_77 as *const () as usize);
            enter();
            wild_pointer();
        }
        Ok("urgent") => {
            enter();
            raise(libc::SIGURG);
            let (store, _) = enter();
            store.interrupt_handle().interrupt();
            println!("still alive");
        }
        Ok("own-handler-for-urgent") => {
            set(libc::SIGURG, exit_77 as *const () as usize);
            let (_store, _) = enter();
            // Ours, with nothing to stop: nobody else hears of it.
            super::interrupt::interrupt(super::interrupt::current_thread());
            println!("still alive");
            raise(libc::SIGURG);
        }
        Ok("threads-come-and-go") => {
            for _ in 0..200 {
                std::thread::spawn(enter).join().unwrap();
            }
            println!("still alive");
        }
        Ok("exchanged-store") => {
            let mut store = Store::new(StoreConfig::default(), Box::new(()));
            let exchange = Func::new(&mut store, FuncType::default(), |mut caller, _| {
                let other = Store::new(StoreConfig::default(), Box::new(()));
                // Dropping the running store must not free it: this very closure is inside.
                drop(std::mem::replace(caller.store_mut(), other));
                Ok(())
            });
            println!("{:?}", exchange.call(&mut store, &[]));
        }
        Ok("panic-after-trap") => {
            enter();
            panic!("a panic like any other");
        }
        Ok(other) => panic!("no case {other}"),
        Err(_) => {}
    }
}

#[inline(never)]
fn overflow(depth: usize) -> usize {
    let frame = std::hint::black_box([depth; 100]);
    if depth == usize::MAX { 0 } else { overflow(depth + 1) + std::hint::black_box(frame)[7] }
}

fn wild_pointer() {
    // SAFETY: none: the process dies here.
    unsafe { std::ptr::without_provenance_mut::<u8>(0x10).write_volatile(1) };
}

fn illegal_instruction() {
    // SAFETY: none: the process dies here.
    unsafe { std::arch::asm!("ud2") };
}

fn raise(signal: i32) {
    // SAFETY: raising a signal has no precondition.
    unsafe { libc::raise(signal) };
}

fn set(signal: i32, handler: usize) {
    // SAFETY: the handler is a disposition or `exit_77`, which only exits.
    unsafe { libc::signal(signal, handler) };
}

extern "C" fn exit_77(_: i32) {
    // SAFETY: `_exit` may be called in a handler.
    unsafe { libc::_exit(77) };
}

#[test]
fn a_wild_pointer_of_the_host_is_a_segmentation_fault() {
    for case in ["wild-pointer", "wild-pointer-on-a-thread", "fault-though-ignored"] {
        let output = run(case);
        assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{case}: {output:?}");
    }
}

/// A fault that no instruction of a correct compiler makes must not look like a trap.
#[test]
fn a_wild_pointer_of_compiled_code_is_a_segmentation_fault() {
    let output = run("wild-pointer-of-compiled-code");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
}

#[test]
fn an_illegal_instruction_of_the_host_is_one() {
    let output = run("illegal-instruction");
    assert_eq!(output.status.signal(), Some(libc::SIGILL), "{output:?}");
}

#[test]
fn rust_reports_the_overflow_of_a_host_stack() {
    let output = run("overflow-on-a-thread");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("has overflowed its stack"), "{message}");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
}

#[test]
fn a_sent_signal_has_its_default_action() {
    let output = run("sent");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
}

/// Rust's own handler takes the first signal that is sent for a fault which will repeat.
#[test]
fn a_sent_signal_gets_to_rusts_handler_as_without_us() {
    let (without, with) = (run("sent-to-rust"), run("sent-past-us-to-rust"));
    assert_eq!(without.status, with.status, "{with:?}");
    let alive = |output: &Output| String::from_utf8_lossy(&output.stdout).contains("still alive");
    assert_eq!(alive(&without), alive(&with), "{with:?}");
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let output = run("sent-but-ignored");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("still alive"));
}

#[test]
fn an_earlier_handler_gets_what_is_not_ours() {
    let output = run("own-handler-before");
    assert_eq!(output.status.code(), Some(77), "{output:?}");
}

/// The signal that interrupts is ignored by default, and stays so for whoever else sends it.
#[test]
fn an_urgent_signal_is_still_ignored() {
    let output = run("urgent");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("still alive"));
}

#[test]
fn an_earlier_handler_gets_urgent_signals_but_not_ours() {
    let output = run("own-handler-for-urgent");
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("still alive"));
}

#[test]
fn signal_stacks_are_freed_with_their_threads() {
    let output = run("threads-come-and-go");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("still alive"));
}

#[test]
fn panics_still_work_after_a_trap() {
    let output = run("panic-after-trap");
    assert!(!output.status.success() && output.status.signal().is_none(), "{output:?}");
    let text = [output.stdout, output.stderr].concat();
    assert!(String::from_utf8_lossy(&text).contains("a panic like any other"));
}

#[test]
fn exchanging_the_running_store_ends_the_process() {
    let output = run("exchanged-store");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("a host function exchanged the store"), "{message}");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
}
