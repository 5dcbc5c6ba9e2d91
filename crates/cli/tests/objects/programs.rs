//! Programs that call modules: the example, several modules and threads, WASI, references, Rust.

use std::os::unix::process::ExitStatusExt;

use super::{Dir, LIBRARIES, include, runtime, succeed, workspace};

#[test]
fn the_example_prints_what_its_tutorial_says() {
    let example = |name: &str| {
        let path = workspace().join("examples/c-library").join(name);
        std::fs::read_to_string(path).expect("the example is there")
    };
    let dir = Dir::new();
    dir.object("ledger", &example("ledger.wat"), &[]).link(&example("main.c"), &["ledger.o"]);
    let output = dir.run();
    let tutorial =
        std::fs::read_to_string(workspace().join("docs/objects.md")).expect("the tutorial is there");
    assert!(tutorial.contains(&format!("```\n{output}```\n")), "{output}");
}

const COUNTER: &str = r#"(module $counter
  (memory (export "memory") 1)
  (func (export "count") (param i32) (result i32)
    (loop $again
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.load (i32.const 0))))"#;

const POWERS: &str = r#"(module $powers
  (func (export "mod") (param f64 f64) (result f64)
    ;; The remainder as C computes it: LLVM makes a loop of it, or none.
    (f64.sub (local.get 0) (f64.mul (f64.trunc (f64.div (local.get 0) (local.get 1))) (local.get 1))))
  (func (export "choose") (param i32) (result i32)
    (block (block (block (block (block (br_table 0 1 2 3 4 (local.get 0)))
      (return (i32.const 10))) (return (i32.const 21))) (return (i32.const 33))) (return (i32.const 46)))
    (i32.const 60)))"#;

#[test]
fn two_objects_and_two_threads_share_a_program() {
    let dir = Dir::new();
    dir.object("counter", COUNTER, &[]).object("powers", POWERS, &["--cpu", "baseline"]);
    dir.link(
        r#"
#include <pthread.h>
#include <stdio.h>
#include "counter.h"
#include "powers.h"

static void *work(void *rounds) {
    wootz_trap_t *trap = NULL;
    counter_t *counter = counter_new(&trap);
    int32_t sum = 0;
    for (int i = 0; i < 100; i++) sum = counter_count(counter, *(int *)rounds, &trap);
    counter_free(counter);
    *(int *)rounds = sum;
    return NULL;
}

int main(void) {
    int rounds[2] = {1000, 2000};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, work, &rounds[i]);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    powers_t *powers = powers_new(NULL);
    printf("%d %d %.2f", rounds[0], rounds[1], powers_mod(powers, 7.5, 2, NULL));
    for (int i = 0; i < 6; i++) printf(" %d", powers_choose(powers, i, NULL));
    powers_free(powers);
    return 0;
}"#,
        &["counter.o", "powers.o"],
    );
    assert_eq!(dir.run(), "100000 200000 1.50 10 21 33 46 60 60");
}

#[test]
fn a_trap_that_nobody_wants_aborts_and_any_other_does_not() {
    let module = r#"(module
      (memory 1)
      (func $f (export "recurse") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;
    let dir = Dir::new();
    dir.object("lib", module, &[]);
    let main = |rest: &str| {
        format!(
            r#"
#include <stdio.h>
#include "lib.h"
int main(void) {{
    wootz_trap_t *trap = NULL;
    lib_t *lib = lib_new(NULL);
    {rest}
    lib_free(lib);
    return 0;
}}"#
        )
    };
    let codes = r#"
    lib_load(lib, -1, &trap);
    printf("%d ", wootz_trap_code(trap) == WOOTZ_TRAP_MEMORY_OUT_OF_BOUNDS);
    wootz_trap_free(trap);
    lib_recurse(lib, 1, &trap);
    printf("%d ", wootz_trap_code(trap) == WOOTZ_TRAP_STACK_EXHAUSTED);
    wootz_trap_free(trap);
    printf("%d ", lib_load(NULL, 0, &trap));
    printf("%d ", wootz_trap_code(trap) == WOOTZ_TRAP_ERROR);
    wootz_trap_free(trap);
    lib_load(lib, 0, &trap);
    printf("%d", trap == NULL);"#;
    assert_eq!(dir.link(&main(codes), &["lib.o"]).run(), "1 1 0 1 1");
    dir.link(&main("(void)trap; lib_load(lib, -1, NULL);"), &["lib.o"]);
    let output = dir.command(dir.path("program")).output().expect("the program starts");
    assert_eq!(output.status.signal(), Some(6), "it aborts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("out of bounds memory access"));
}

#[test]
fn wasi_is_what_the_program_gives() {
    let module = r#"(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
      (global $ready (export "ready") (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $ready (i32.const 1)))
      (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
        (drop (call $sizes (i32.const 32) (i32.const 36)))
        (call $exit (i32.add (i32.const 40) (i32.load (i32.const 32))))))"#;
    let dir = Dir::new();
    dir.object("app", module, &[]).link(
        r#"
#include <stdio.h>
#include "app.h"
int main(void) {
    wootz_trap_t *trap = NULL;
    app_imports_t imports = {0};
    app_t *app = app_new(&imports, &trap);
    printf("%d %s\n", app == NULL, wootz_trap_message(trap));
    wootz_trap_free(trap);
    wootz_wasi_t *wasi = wootz_wasi_new();
    wootz_wasi_arg(wasi, "app");
    wootz_wasi_arg(wasi, "argument");
    wootz_wasi_env(wasi, "NAME", "value");
    wootz_wasi_inherit_stdio(wasi);
    imports.wasi = wasi;
    app = app_new(&imports, &trap);
    wootz_wasi_free(wasi);
    printf("%d\n", app_ready(app));
    fflush(stdout);
    app__start(app, &trap);
    printf("%d %d", wootz_trap_code(trap) == WOOTZ_TRAP_EXIT, wootz_trap_exit_status(trap));
    wootz_trap_free(trap);
    app_free(app);
    return 0;
}"#,
        &["app.o"],
    );
    let expected = "1 import \"wasi_snapshot_preview1.fd_write\": `wasi` is not given\n1\nhello\n1 42";
    assert_eq!(dir.run(), expected);
}

#[test]
fn references_and_calls_back_go_both_ways() {
    let module = r#"(module
      (type $unary (func (param i32) (result i32)))
      (import "host" "see" (func $see (param externref funcref v128) (result i32 externref)))
      (import "host" "table" (table 4 funcref))
      (import "host" "origin" (global $origin externref))
      (table $kept 2 externref)
      (elem declare func $triple)
      (func $triple (export "triple") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
      (func (export "get_triple") (result funcref) (ref.func $triple))
      (func (export "call") (param funcref i32) (result i32)
        (table.set 0 (i32.const 1) (local.get 0))
        (call_indirect (type $unary) (local.get 1) (i32.const 1)))
      (func (export "keep") (param externref) (table.set $kept (i32.const 0) (local.get 0)))
      (func (export "kept") (result externref) (table.get $kept (i32.const 0)))
      (func (export "origin") (result externref) (global.get $origin))
      (func (export "ask") (param externref v128) (result externref i32)
        (local i32 externref)
        (call $see (local.get 0) (ref.func $triple) (local.get 1))
        (local.set 3) (local.set 2)
        (local.get 3) (local.get 2)))"#;
    let dir = Dir::new();
    dir.object("refs", module, &["--prefix", "r"]).link(
        r#"
#include <stdio.h>
#include "refs.h"
static void see(void *user, r_t *r, void *p0, wootz_func_t *p1, const wootz_v128_t *p2, r_host_see_results_t *results,
                wootz_trap_t **trap) {
    /* A call into the instance that called here. */
    results->r0 = r_call(r, p1, (int32_t)p2->u32[3], trap) + (p0 == user);
    results->r1 = p0;
}
int main(void) {
    int here = 0;
    wootz_trap_t *trap = NULL;
    r_imports_t imports = {0};
    imports.user = &here;
    imports.host_see = see;
    imports.host_origin = &imports;
    r_t *r = r_new(&imports, &trap);
    wootz_func_t *triple = r_get_triple(r, &trap);
    printf("%d ", r_call(r, triple, 14, &trap));
    r_keep(r, &here, &trap);
    printf("%d ", r_kept(r, &trap) == &here);
    r_keep(r, NULL, &trap);
    printf("%d %d ", r_kept(r, &trap) == NULL, r_origin(r, &trap) == &imports);
    wootz_v128_t vector = {.u32 = {0, 0, 0, 11}};
    r_ask_results_t answer;
    r_ask(r, &here, &vector, &answer, &trap);
    printf("%d %d %d ", answer.r0 == &here, answer.r1, trap == NULL);
    r_call(r, NULL, 1, &trap);
    printf("%d ", wootz_trap_code(trap) == WOOTZ_TRAP_UNINITIALIZED_ELEMENT);
    wootz_trap_free(trap);
    r_call(r, (wootz_func_t *)99, 1, &trap);
    printf("%d", wootz_trap_code(trap) == WOOTZ_TRAP_ERROR);
    wootz_trap_free(trap);
    r_free(r);
    return 0;
}"#,
        &["refs.o"],
    );
    assert_eq!(dir.run(), "42 1 1 1 1 34 1 1 1");
}

#[test]
fn a_rust_program_links_the_same_object() {
    let dir = Dir::new();
    dir.object("counter", COUNTER, &[]).write(
        "main.rs",
        r#"
use std::ffi::c_void;
unsafe extern "C" {
    fn counter_new(trap: *mut *mut c_void) -> *mut c_void;
    fn counter_count(counter: *mut c_void, rounds: i32, trap: *mut *mut c_void) -> i32;
    fn counter_memory(counter: *mut c_void, len: *mut usize) -> *mut u8;
    fn counter_free(counter: *mut c_void);
}
fn main() {
    let (mut trap, mut len) = (std::ptr::null_mut(), 0);
    unsafe {
        let counter = counter_new(&mut trap);
        let count = counter_count(counter, 300, &mut trap);
        let first = *counter_memory(counter, &mut len);
        counter_free(counter);
        print!("{count} {len} {first}");
    }
}"#,
    );
    let mut rustc = dir.command("rustc");
    rustc.args(["--edition", "2024", "-C", "panic=abort", "main.rs", "-o", "program"]);
    let objects = [dir.path("counter.o"), runtime().to_path_buf()];
    for argument in
        objects.iter().map(|path| path.as_os_str()).chain(LIBRARIES.iter().map(std::ffi::OsStr::new))
    {
        let mut option = std::ffi::OsString::from("link-arg=");
        option.push(argument);
        rustc.arg("-C").arg(option);
    }
    // The runtime brings the standard library that it was built with.
    rustc.args(["-C", "link-arg=-Wl,--allow-multiple-definition"]);
    succeed(&mut rustc);
    assert_eq!(dir.run(), "300 65536 44");
    assert!(include().join("wootz_rt.h").exists());
}
